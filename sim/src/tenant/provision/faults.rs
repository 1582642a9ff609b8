//! Why the provisioning service refuses an object, or takes it only in part: sync-errors.tsv.

use std::sync::LazyLock;

/// Why the service refuses something: a row of its catalogue (directory-sync.md 2.4), filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncFault {
    /// Its name: `AttributeValueMustBeUnique`.
    pub code: &'static str,
    /// What an engine shows.
    pub text: String,
}

static ROWS: LazyLock<Vec<[&'static str; 3]>> = LazyLock::new(|| {
    let lines = include_str!("../../../data/sync-errors.tsv").lines().skip(2);
    let row = |line: &'static str| {
        let mut cells = line.split('\t');
        Some([cells.next()?, cells.next()?, cells.next()?])
    };
    lines.filter_map(row).collect()
});

impl SyncFault {
    /// The fault with this key; `{name}` in its text is replaced by the value of that name.
    pub(crate) fn of(key: &str, values: &[(&str, &str)]) -> SyncFault {
        let row = ROWS.iter().find(|row| row[0] == key);
        let [_, code, text] = row.copied().unwrap_or(["", "DataValidationFailed", ""]);
        let fill = |text: String, (name, value): &(&str, &str)| text.replace(&format!("{{{name}}}"), value);
        SyncFault { code, text: values.iter().fold(text.to_owned(), fill) }
    }

    /// Whether synchronization comes to a stop with it (directory-sync.md 2.4, error 016).
    pub(crate) fn stops_all(&self) -> bool {
        self.code == "Error016"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_says_where_it_comes_from() {
        for line in include_str!("../../../data/sync-errors.tsv").lines().skip(2) {
            let cells: Vec<&str> = line.split('\t').collect();
            assert_eq!(cells.len(), 5, "{line}");
            assert!(["observed", "documented", "assumed"].contains(&cells[3]), "{line}");
        }
    }

    #[test]
    fn the_text_of_a_partial_update_is_the_one_that_was_seen() {
        // directory-sync.md 2.3.5
        let fault = SyncFault::of("quarantined", &[("values", "ProxyAddresses SMTP:x@y;")]);
        assert_eq!(fault.code, "QuarantinedAttributeValueMustBeUnique");
        assert_eq!(
            fault.text,
            "This object has been updated in your Azure Active Directory, but with some modified properties, \
             because the following attributes are associated with another object [ProxyAddresses SMTP:x@y;]. \
             Please refer to https://aka.ms/duplicateattributeresiliency for steps on how to resolve this issue."
        );
    }
}
