//! The whole schema of the tables, by name: what a path leads to, and what `$metadata` lists.

use super::metadata::rows;
use std::sync::LazyLock;

/// The container whose navigation properties are the entity sets and singletons.
pub(crate) const SERVICE: &str = "graphService";

/// A property or navigation property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Member {
    /// Its name as Graph spells it.
    pub(crate) name: &'static str,
    /// What it is, or what its elements are: `String`, `user`, `assignedLicense`.
    pub(crate) ty: &'static str,
    /// Whether it is a collection.
    pub(crate) collection: bool,
    /// Whether it may be null.
    pub(crate) nullable: bool,
    /// Whether it leads to other entities.
    pub(crate) navigation: bool,
}

/// A type with its members; those of its base are among them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Described {
    /// Its name behind `microsoft.graph.`.
    pub(crate) name: &'static str,
    /// The type that it derives from.
    pub(crate) base: Option<&'static str>,
    /// Its members, in the order of the table.
    pub(crate) members: Vec<Member>,
}

impl Described {
    /// A member by name, in any case.
    pub(crate) fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name.eq_ignore_ascii_case(name))
    }
}

/// Every type of the tables.
#[derive(Debug)]
pub(crate) struct Schema {
    /// Entity types and the containers that paths go through.
    pub(crate) entities: Vec<Described>,
    /// Complex types.
    pub(crate) complex: Vec<Described>,
    /// Enumerations: name, members, whether several may be set.
    pub(crate) enums: Vec<(&'static str, Vec<&'static str>, bool)>,
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let mut schema = Schema { entities: Vec::new(), complex: Vec::new(), enums: Vec::new() };
    for cells in rows(include_str!("../../data/graph-properties.tsv")) {
        let [entity, kind, name, ty, nullable, ..] = cells[..] else { continue };
        let member = member(name, ty, nullable != "no", kind == "navigation");
        add(&mut schema.entities, entity, member);
    }
    for cells in rows(include_str!("../../data/graph-complex-types.tsv")) {
        let [complex, name, ty, ..] = cells[..] else { continue };
        add(&mut schema.complex, complex, member(name, ty, true, false));
    }
    for cells in rows(include_str!("../../data/graph-enums.tsv")) {
        let [name, member, flags, ..] = cells[..] else { continue };
        match schema.enums.last_mut() {
            Some((known, members, _)) if *known == name => members.push(member),
            _ => schema.enums.push((name, vec![member], flags == "yes")),
        }
    }
    schema
});

fn member(name: &'static str, ty: &'static str, nullable: bool, navigation: bool) -> Member {
    let element = ty.strip_prefix("C(").and_then(|rest| rest.strip_suffix(')'));
    Member { name, ty: element.unwrap_or(ty), collection: element.is_some(), nullable, navigation }
}

fn add(types: &mut Vec<Described>, name: &'static str, member: Member) {
    match types.iter_mut().find(|known| known.name == name) {
        Some(known) => known.members.push(member),
        None => types.push(Described { name, base: base(name), members: vec![member] }),
    }
}

fn base(name: &str) -> Option<&'static str> {
    let mut bases = rows(include_str!("../../data/graph-base-types.tsv"));
    bases.find(|cells| cells[0] == name).and_then(|cells| cells.get(1).copied())
}

/// The tables' schema.
pub(crate) fn schema() -> &'static Schema {
    &SCHEMA
}

/// An entity type by name, in any case.
pub(crate) fn entity(name: &str) -> Option<&'static Described> {
    SCHEMA.entities.iter().find(|known| known.name.eq_ignore_ascii_case(name))
}

/// A complex type by name.
pub(crate) fn complex(name: &str) -> Option<&'static Described> {
    SCHEMA.complex.iter().find(|known| known.name == name)
}

/// Where a path leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// A collection of entities.
    Set(&'static str),
    /// One entity.
    One(&'static str),
    /// A property that begins this many segments before the end of the path.
    Property(Member, usize),
}

/// Follows a path from the service; none when a segment is neither a member nor a key. A directory object on the
/// way is taken for the type that the path casts it to.
pub(crate) fn walk(segments: &[String], cast: Option<&str>) -> Option<Target> {
    let mut at = Target::One(SERVICE);
    for segment in segments {
        at = match at {
            Target::Set(ty) => Target::One(ty),
            Target::One(ty) => {
                let cast = cast.filter(|_| ty == "directoryObject").and_then(entity);
                let found = *entity(ty)?.member(segment).or_else(|| cast?.member(segment))?;
                match (found.navigation, found.collection) {
                    (true, true) => Target::Set(found.ty),
                    (true, false) => Target::One(found.ty),
                    (false, _) => Target::Property(found, 1),
                }
            }
            Target::Property(outer, depth) if !outer.collection => {
                Target::Property(*complex(outer.ty)?.member(segment)?, depth + 1)
            }
            Target::Property(..) => return None,
        };
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_sets_entities_and_properties() {
        let kind = |path: &str| {
            let segments: Vec<String> = path.split('/').map(str::to_owned).collect();
            match walk(&segments, Some("group"))? {
                Target::Set(ty) => Some(format!("set of {ty}")),
                Target::One(ty) => Some(format!("one {ty}")),
                Target::Property(member, depth) => Some(format!("{} {} {depth}", member.name, member.ty)),
            }
        };
        for (path, expected) in [
            ("users", Some("set of user")),
            ("Users/1", Some("one user")),
            ("me/manager", Some("one directoryObject")),
            ("users/1/DISPLAYNAME", Some("displayName String 1")),
            ("users/1/employeeOrgData/costCenter", Some("costCenter String 2")),
            ("users/1/manager/id", Some("id String 1")),
            ("groups/1/members/2", Some("one directoryObject")),
            ("users/1/manager/mailEnabled", Some("mailEnabled Boolean 1")),
            ("users/1/manager/faxNumber", None),
            ("users/1/nosuch", None),
            ("users/1/assignedLicenses/skuId", None),
            ("nosuch", None),
        ] {
            assert_eq!(kind(path).as_deref(), expected, "{path}");
        }
    }
}
