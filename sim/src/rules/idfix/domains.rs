//! The top-level domains that IdFix knows.
//!
//! Its `domains.txt` has 920 of them. Ours is made from the public suffix list, less what the table
//! `idfix-top-level-domains.tsv` says is missing there.

use std::sync::LazyLock;

/// Whether IdFix knows this top-level domain: the lower-case text after the last period of a value, whatever
/// that is.
pub(super) fn is_known(label: &str) -> bool {
    // the list has no punycode: only internationalized labels in their own letters
    if label.starts_with("xn--") {
        return false;
    }
    if let Some((_, known)) = named().iter().find(|(named, _)| *named == label) {
        return *known;
    }
    // a suffix of the list may be a rule for the level below alone: `*.ck`
    psl::suffix(format!("x.{label}").as_bytes()).is_some_and(|suffix| suffix.is_known())
}

/// Top-level domains about which the public suffix list does not decide, and whether IdFix knows them.
fn named() -> &'static [(&'static str, bool)] {
    static TABLE: LazyLock<Vec<(&str, bool)>> = LazyLock::new(|| {
        let rows = include_str!("../../../data/idfix-top-level-domains.tsv").lines().skip(1);
        rows.filter_map(|row| {
            let mut cells = row.split('\t');
            Some((cells.next().filter(|label| *label != "*")?, cells.next()? == "present"))
        })
        .collect()
    });
    &TABLE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_the_public_suffix_list_less_what_is_known_to_be_missing() {
        // preparation-rules.md section 2.3
        for label in ["com", "nl", "au", "africa", "cloud", "swiss", "gmbh", "ck", "za", "рф"] {
            assert!(is_known(label), "{label}");
        }
        for label in [
            "app",
            "microsoft",
            "shop",
            "blog",
            "local",
            "lan",
            "internal",
            "corp",
            "home",
            "test",
            "xn--p1ai",
            "com\u{200f}",
            "1",
            "jansen",
            "j@contoso",
            "",
        ] {
            assert!(!is_known(label), "{label}");
        }
    }
}
