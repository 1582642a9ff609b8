//! What membership rules call the properties of users and devices: membership-rule-properties.tsv.

use crate::tenant::property::{ObjectKind, Property};
use std::sync::LazyLock;

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    User,
    Device,
}

impl Kind {
    pub(super) fn object(self) -> ObjectKind {
        match self {
            Kind::User => ObjectKind::User,
            Kind::Device => ObjectKind::Device,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Bool,
    First,
    Texts,
    Objects,
    Extension,
}

#[derive(Debug)]
struct Row {
    name: &'static str,
    kind: Kind,
    property: Property,
    form: Form,
    element: &'static str,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let lines = include_str!("../../../data/membership-rule-properties.tsv").lines();
    lines.filter(|line| !line.starts_with('#')).skip(1).filter_map(row).collect()
});

fn row(line: &'static str) -> Option<Row> {
    let cells: Vec<&'static str> = line.split('\t').collect();
    let [name, kind, property, form, element, ..] = cells[..] else { return None };
    let form = match form {
        "text" => Form::Text,
        "bool" => Form::Bool,
        "first" => Form::First,
        "texts" => Form::Texts,
        "objects" => Form::Objects,
        "extension" => Form::Extension,
        _ => return None,
    };
    let kind = if kind == "U" { Kind::User } else { Kind::Device };
    Some(Row { name, kind, property: Property::named(property)?, form, element })
}

/// The left side of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    /// A property: its row, and the number of an extension attribute.
    Property { row: usize, extension: u8 },
    /// The element of a collection of strings: `_`.
    Element,
    /// A member of an element: `assignedPlan.servicePlanId`.
    Member(&'static str),
}

/// The members of elements that can be asked for.
const MEMBERS: [(&str, &str); 4] = [
    ("assignedPlan", "servicePlanId"),
    ("assignedPlan", "capabilityStatus"),
    ("assignedPlan", "service"),
    ("group", "objectId"),
];

impl Subject {
    pub(super) fn parse(name: &str, in_element: bool) -> Result<Subject, String> {
        let unknown = || format!("'{name}' is no property");
        if in_element {
            if name == "_" {
                return Ok(Subject::Element);
            }
            let (element, member) = name.split_once('.').ok_or_else(unknown)?;
            let known = MEMBERS
                .iter()
                .find(|(e, m)| e.eq_ignore_ascii_case(element) && m.eq_ignore_ascii_case(member));
            return known.map(|(_, member)| Subject::Member(member)).ok_or_else(unknown);
        }
        let (of, property) = name.split_once('.').ok_or_else(unknown)?;
        let kind = match of.to_ascii_lowercase().as_str() {
            "user" => Kind::User,
            "device" => Kind::Device,
            _ => return Err(unknown()),
        };
        let digits = property.trim_start_matches(|letter: char| !letter.is_ascii_digit());
        let stem = &property[..property.len() - digits.len()];
        let found = |name: &str, extension: bool| {
            ROWS.iter().position(|row| {
                row.kind == kind
                    && row.name.eq_ignore_ascii_case(name)
                    && (row.form == Form::Extension) == extension
            })
        };
        if let Some(row) = found(property, false) {
            return Ok(Subject::Property { row, extension: 0 });
        }
        let number = digits.parse::<u8>().ok().filter(|number| (1..=15).contains(number));
        match (found(stem, true), number) {
            (Some(row), Some(extension)) => Ok(Subject::Property { row, extension }),
            _ => Err(unknown()),
        }
    }

    fn row(self) -> Option<&'static Row> {
        match self {
            Subject::Property { row, .. } => ROWS.get(row),
            _ => None,
        }
    }

    pub(super) fn kind(self) -> Option<Kind> {
        self.row().map(|row| row.kind)
    }

    pub(super) fn form(self) -> Form {
        self.row().map_or(Form::Text, |row| row.form)
    }

    pub(super) fn property(self) -> Option<Property> {
        self.row().map(|row| row.property)
    }

    /// Whether its elements are the groups that an object belongs to.
    pub(super) fn is_member_of(self) -> bool {
        self.row().is_some_and(|row| row.element == "group")
    }

    pub(super) fn is_boolean(self) -> bool {
        self.form() == Form::Bool
    }

    pub(super) fn is_collection(self) -> bool {
        matches!(self.form(), Form::Texts | Form::Objects)
    }

    pub(super) fn is_objects(self) -> bool {
        self.form() == Form::Objects
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_read_and_says_where_it_comes_from() {
        let table = include_str!("../../../data/membership-rule-properties.tsv").lines();
        let lines: Vec<&str> = table.filter(|line| !line.starts_with('#')).skip(1).collect();
        assert_eq!(ROWS.len(), lines.len());
        for (row, line) in ROWS.iter().zip(lines) {
            let cells: Vec<&str> = line.split('\t').collect();
            assert_eq!(cells.len(), 7, "{line}");
            assert!(!cells[5].is_empty() && ["documented", "assumed"].contains(&cells[6]), "{line}");
            assert!(row.property.belongs_to(row.kind.object()), "{line}");
        }
    }
}
