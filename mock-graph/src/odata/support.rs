//! Which property allows which operator, and how it must be asked: graph-filter-support.tsv.

use super::metadata::{Entity, rows};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Under which condition an operator is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Never.
    No,
    /// With `ConsistencyLevel: eventual` and `$count=true`.
    Advanced,
    /// Always.
    Default,
}

/// The columns of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Eq,
    Ne,
    Not,
    Ge,
    Le,
    In,
    StartsWith,
    Null,
}

/// One row: a level for each operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Support([Level; 8]);

impl Support {
    /// How an operator is allowed.
    pub(crate) fn level(&self, operator: Operator) -> Level {
        self.0[operator as usize]
    }
}

type Table = BTreeMap<(String, Option<&'static str>), Support>;

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = BTreeMap::new();
    for cells in rows(include_str!("../../data/graph-filter-support.tsv")) {
        let Some((subject, rest)) = cells.split_first() else { continue };
        let level = |cell: Option<&&str>| match cell {
            Some(&"D") => Level::Default,
            Some(&"A") => Level::Advanced,
            _ => Level::No,
        };
        let support = Support(std::array::from_fn(|i| level(rest.get(i))));
        let (paths, entity) = subjects(subject);
        paths.into_iter().for_each(|path| {
            table.insert((path, entity), support);
        });
    }
    table
});

/// `assignedLicenses {skuId} (Users)` is the path `assignedlicenses/skuid` of users only;
/// `x {extensionAttribute1-15}` is fifteen paths.
fn subjects(subject: &str) -> (Vec<String>, Option<&'static str>) {
    let lower = subject.to_ascii_lowercase();
    let (lower, entity) = match lower.split_once(" (") {
        Some((head, tail)) if tail.starts_with("user") => (head.to_owned(), Some("user")),
        Some((head, tail)) if tail.starts_with("group") => (head.to_owned(), Some("group")),
        _ => (lower, None),
    };
    let Some((head, member)) = lower.split_once(" {") else { return (vec![lower], entity) };
    let member = member.trim_end_matches('}');
    let range = member.split_once('-').and_then(|(first, last)| {
        let stem = first.trim_end_matches(|c: char| c.is_ascii_digit());
        Some((stem, first[stem.len()..].parse::<u32>().ok()?, last.parse::<u32>().ok()?))
    });
    let paths = match range {
        Some((stem, first, last)) => (first..=last).map(|i| format!("{head}/{stem}{i}")).collect(),
        None => vec![format!("{head}/{member}")],
    };
    (paths, entity)
}

/// The row of a path such as `displayName` or `assignedLicenses/skuId`; a member without a row of its own
/// has that of its property. None says that the property cannot be filtered at all.
pub(crate) fn of(entity: Entity, path: &str) -> Option<Support> {
    let lower = path.to_ascii_lowercase();
    let find = |path: &str| {
        let of_type = entity.concrete().iter().find_map(|concrete| {
            TABLE.get(&(path.to_owned(), Some(if *concrete == Entity::Group { "group" } else { "user" })))
        });
        of_type.or_else(|| TABLE.get(&(path.to_owned(), None))).copied()
    };
    find(&lower).or_else(|| find(lower.split_once('/')?.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_those_of_the_table() {
        use Level::{Advanced, Default, No};
        for (entity, path, operator, expected) in [
            (Entity::User, "displayName", Operator::Eq, Default),
            (Entity::User, "displayName", Operator::Ne, Advanced),
            (Entity::User, "DISPLAYNAME", Operator::StartsWith, Default),
            (Entity::User, "accountEnabled", Operator::StartsWith, No),
            (Entity::User, "onPremisesSamAccountName", Operator::Eq, Advanced),
            (Entity::User, "assignedLicenses/skuId", Operator::Not, Advanced),
            (Entity::Group, "assignedLicenses/skuId", Operator::Not, No),
            (Entity::User, "onPremisesExtensionAttributes/extensionAttribute15", Operator::Eq, Advanced),
            (Entity::User, "signInActivity/lastSignInDateTime", Operator::Le, Default),
            (Entity::User, "provisionedPlans/service", Operator::Eq, Advanced),
            (Entity::User, "onPremisesImmutableId", Operator::Null, No),
        ] {
            assert_eq!(of(entity, path).map(|row| row.level(operator)), Some(expected), "{path}");
        }
        assert_eq!(of(Entity::User, "aboutMe"), None);
        assert_eq!(of(Entity::User, "onPremisesExtensionAttributes/extensionAttribute16"), None);
    }
}
