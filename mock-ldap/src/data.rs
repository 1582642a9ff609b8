//! The tables of this crate, compiled in: texts, controls, the root DSE. Each row names
//! its source and how sure it is, so that a correction needs no code.

use std::sync::LazyLock;

/// A text that the server itself says, with its result code.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text {
    key: &'static str,
    pub(crate) code: u32,
    template: &'static str,
}

impl Text {
    /// The text with its line ends in place and `{}` filled with `detail`; without the NUL byte that ends it
    /// on the wire.
    pub(crate) fn with(&self, detail: &str) -> String {
        self.template.replace("\\n", "\n").replace("\\t", "\t").replace("{}", detail)
    }
}

/// What the server does with a control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handling {
    /// It does what the control asks.
    Honoured,
    /// It accepts the control, which changes nothing here.
    Ignored,
    /// The control is only ever part of an answer.
    Answer,
    /// A domain controller knows it, this one does not yet: it is not listed in the root DSE.
    Absent,
}

/// A control that a domain controller knows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KnownControl {
    pub(crate) oid: &'static str,
    pub(crate) handling: Handling,
}

/// An attribute of the root DSE.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RootAttribute {
    pub(crate) name: &'static str,
    /// Whether it is part of the answer that names no attribute.
    pub(crate) default: bool,
}

static TEXTS: LazyLock<Vec<Text>> = LazyLock::new(|| {
    rows(include_str!("../data/texts.tsv"))
        .map(|[key, code, template, ..]: [&str; 5]| Text { key, code: code.parse().unwrap_or(1), template })
        .collect()
});

static CONTROLS: LazyLock<Vec<KnownControl>> = LazyLock::new(|| {
    rows(include_str!("../data/controls.tsv"))
        .map(|[oid, _, handling, ..]: [&str; 5]| {
            let handling = match handling {
                "honoured" => Handling::Honoured,
                "ignored" => Handling::Ignored,
                "answer" => Handling::Answer,
                _ => Handling::Absent,
            };
            KnownControl { oid, handling }
        })
        .collect()
});

static ROOT_ATTRIBUTES: LazyLock<Vec<RootAttribute>> = LazyLock::new(|| {
    rows(include_str!("../data/root-dse.tsv"))
        .map(|[name, returned, ..]: [&str; 4]| RootAttribute { name, default: returned == "default" })
        .collect()
});

static ROOT_VALUES: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
    rows(include_str!("../data/root-dse-values.tsv"))
        .map(|[name, value, ..]: [&str; 4]| (name, value))
        .collect()
});

static LLDAP_SCHEMA: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
    rows(include_str!("../data/lldap-schema.tsv")).map(|[name, value, ..]: [&str; 4]| (name, value)).collect()
});

/// The attributes of lldap's schema entry, a value a row; `{now}` stands for the present.
pub(crate) fn lldap_schema() -> &'static [(&'static str, &'static str)] {
    &LLDAP_SCHEMA
}

/// The text of a key of texts.tsv.
pub(crate) fn text(key: &str) -> Text {
    let unknown = Text { key: "", code: 1, template: "" };
    TEXTS.iter().find(|text| text.key == key).copied().unwrap_or(unknown)
}

/// Every control that a domain controller lists, in its order.
pub(crate) fn controls() -> &'static [KnownControl] {
    &CONTROLS
}

/// The attributes of the root DSE, in the order of a domain controller's answer.
pub(crate) fn root_attributes() -> &'static [RootAttribute] {
    &ROOT_ATTRIBUTES
}

/// The fixed values of a root DSE attribute.
pub(crate) fn root_values(name: &str) -> impl Iterator<Item = &'static str> {
    ROOT_VALUES.iter().filter(move |(of, _)| *of == name).map(|(_, value)| *value)
}

/// The rows of a table after its header. A row with too few columns is left out: a test refuses it.
fn rows<const N: usize>(table: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    table.lines().skip(1).filter_map(|line| {
        let mut cells = line.split('\t');
        let row: [Option<&str>; N] = std::array::from_fn(|_| cells.next());
        let whole = row.iter().all(Option::is_some);
        whole.then(|| row.map(Option::unwrap_or_default))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_whole_and_names_source_and_confidence() {
        for table in [
            include_str!("../data/texts.tsv"),
            include_str!("../data/controls.tsv"),
            include_str!("../data/root-dse.tsv"),
            include_str!("../data/root-dse-values.tsv"),
            include_str!("../data/lldap-schema.tsv"),
        ] {
            let columns = table.lines().next().unwrap_or_default().split('\t').count();
            for line in table.lines() {
                let cells: Vec<&str> = line.split('\t').collect();
                assert_eq!(cells.len(), columns, "{line}");
                assert!(cells.iter().all(|cell| !cell.is_empty()), "{line}");
                let confidence = cells[columns - 1];
                assert!(matches!(confidence, "confidence" | "observed" | "documented" | "assumed"), "{line}");
            }
        }
        assert!(TEXTS.iter().all(|text| text.code != 0));
    }

    #[test]
    fn the_root_dse_has_the_22_default_attributes_of_a_domain_controller() {
        // active-directory.md 2: "Default answer = these 22 attributes"
        assert_eq!(root_attributes().iter().filter(|attribute| attribute.default).count(), 22);
    }
}
