//! Which attributes of a side hold references, and which octets: the table of the engine.

use forestbed_sync::rules::ATTRIBUTES;
use std::collections::BTreeSet;

/// Attributes that need another form on the wire, in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Kinds {
    references: BTreeSet<String>,
    octets: BTreeSet<String>,
    multiple: BTreeSet<String>,
}

impl Kinds {
    /// Of a side: `a` forest, `c` cloud.
    pub(super) fn of(side: char) -> Kinds {
        let mut kinds = Kinds::default();
        for line in ATTRIBUTES.lines().skip(1) {
            let mut columns = line.split('\t');
            let (Some(name), Some(sides), Some(kind), Some(count)) =
                (columns.next(), columns.next(), columns.next(), columns.next())
            else {
                continue;
            };
            if !sides.contains(side) {
                continue;
            }
            let name = name.to_ascii_lowercase();
            if count == "multi" {
                kinds.multiple.insert(name.clone());
            }
            match kind {
                "reference" => kinds.references.insert(name),
                "octets" => kinds.octets.insert(name),
                _ => false,
            };
        }
        kinds
    }

    /// It holds names of other objects.
    pub(super) fn is_reference(&self, name: &str) -> bool {
        self.references.contains(&name.to_ascii_lowercase())
    }

    /// It holds octets.
    pub(super) fn is_octets(&self, name: &str) -> bool {
        self.octets.contains(&name.to_ascii_lowercase())
    }

    /// It may hold several values.
    pub(super) fn is_multiple(&self, name: &str) -> bool {
        self.multiple.contains(&name.to_ascii_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::Kinds;

    #[test]
    fn a_side_knows_its_references_octets_and_lists_in_any_case() {
        let (forest, cloud) = (Kinds::of('a'), Kinds::of('c'));
        assert!(forest.is_reference("MANAGER") && forest.is_octets("objectGUID"));
        assert!(cloud.is_reference("member") && cloud.is_multiple("member"));
        assert!(!cloud.is_octets("objectGUID") && !cloud.is_multiple("manager"));
    }
}
