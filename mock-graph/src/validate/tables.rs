//! The tables as the checker reads them: types with their properties, complex types, enumerations.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// One property or navigation property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) ty: &'static str,
    pub(super) collection: bool,
    pub(super) nullable: bool,
    pub(super) navigation: bool,
    /// Whether v1.0 has it, too.
    pub(super) beta_only: bool,
}

type Types = BTreeMap<&'static str, BTreeMap<&'static str, Member>>;

static ENTITIES: LazyLock<Types> = LazyLock::new(|| {
    let mut out = Types::new();
    let tables = [
        (include_str!("../../data/graph-properties.tsv"), false),
        (include_str!("../../data/graph-properties-beta.tsv"), true),
    ];
    for (table, beta_only) in tables {
        for cells in rows(table) {
            let [entity, kind, name, ty, nullable, ..] = cells[..] else { continue };
            let (ty, collection) = element(ty);
            let navigation = kind == "navigation";
            let member = Member { ty, collection, nullable: nullable != "no", navigation, beta_only };
            out.entry(entity).or_default().insert(name, member);
        }
    }
    out
});

static COMPLEX: LazyLock<Types> = LazyLock::new(|| {
    let mut out = Types::new();
    for cells in rows(include_str!("../../data/graph-complex-types.tsv")) {
        let [complex, name, ty, ..] = cells[..] else { continue };
        let (ty, collection) = element(ty);
        let member = Member { ty, collection, nullable: true, navigation: false, beta_only: false };
        out.entry(complex).or_default().insert(name, member);
    }
    out
});

static ENUMS: LazyLock<BTreeMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    let mut out = BTreeMap::<_, Vec<_>>::new();
    for cells in rows(include_str!("../../data/graph-enums.tsv")) {
        let [name, member, ..] = cells[..] else { continue };
        out.entry(name).or_default().push(member);
    }
    out
});

fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().filter(|line| !line.starts_with('#')).skip(1).map(|line| line.split('\t').collect())
}

/// `C(String)` is a collection of `String`.
fn element(ty: &'static str) -> (&'static str, bool) {
    match ty.strip_prefix("C(").and_then(|rest| rest.strip_suffix(')')) {
        Some(element) => (element, true),
        None => (ty, false),
    }
}

/// The members of an entity type.
pub(super) fn entity(name: &str) -> Option<(&'static str, &'static BTreeMap<&'static str, Member>)> {
    ENTITIES.get_key_value(name).map(|(name, members)| (*name, members))
}

/// The members of a complex type; none when it is open or unknown.
pub(super) fn complex(name: &str) -> Option<&'static BTreeMap<&'static str, Member>> {
    COMPLEX.get(name)
}

/// The members of an enumeration.
pub(super) fn enumeration(name: &str) -> Option<&'static [&'static str]> {
    ENUMS.get(name).map(Vec::as_slice)
}

/// The name of a complex type or an enumeration.
pub(super) fn complex_name(name: &str) -> Option<&'static str> {
    let complex = COMPLEX.get_key_value(name).map(|(name, _)| *name);
    complex.or_else(|| ENUMS.get_key_value(name).map(|(name, _)| *name))
}
