//! Graph's types and their properties, from graph-properties.tsv and graph-complex-types.tsv.

use forestbed_sim::tenant::{ObjectKind, Property};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// The types that queries are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entity {
    User,
    Group,
    OrgContact,
    Device,
    Application,
    ServicePrincipal,
    DirectoryRole,
    AdministrativeUnit,
    Domain,
    Organization,
    SubscribedSku,
    /// What members and memberOf are collections of: any object of the directory.
    DirectoryObject,
}

/// What a property's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    Boolean,
    Int32,
    String,
    DateTimeOffset,
    Guid,
    /// Another primitive type by its name behind `Edm.`: no filter compares it.
    Other(&'static str),
    /// A complex type by name.
    Complex(&'static str),
}

/// The names of the enumerations: their values travel and compare as strings.
static ENUMERATIONS: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
    rows(include_str!("../../data/graph-enums.tsv")).filter_map(|cells| cells.first().copied()).collect()
});

impl Type {
    fn read(name: &'static str) -> Type {
        match name {
            "Boolean" => Type::Boolean,
            "Int32" => Type::Int32,
            "String" => Type::String,
            "DateTimeOffset" => Type::DateTimeOffset,
            "Guid" => Type::Guid,
            "Binary" | "Double" | "Duration" | "Int64" | "Stream" | "TimeOfDay" => Type::Other(name),
            name if ENUMERATIONS.contains(name) => Type::String,
            complex => Type::Complex(complex),
        }
    }

    /// As the OData library names it.
    pub(crate) fn edm(self) -> String {
        match self {
            Type::Boolean => "Edm.Boolean".to_owned(),
            Type::Int32 => "Edm.Int32".to_owned(),
            Type::String => "Edm.String".to_owned(),
            Type::DateTimeOffset => "Edm.DateTimeOffset".to_owned(),
            Type::Guid => "Edm.Guid".to_owned(),
            Type::Other(name) => format!("Edm.{name}"),
            Type::Complex(name) => format!("microsoft.graph.{name}"),
        }
    }
}

/// A property of a type.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PropertyInfo {
    /// Its name as Graph spells it.
    pub(crate) name: &'static str,
    /// What it is, or what its elements are.
    pub(crate) ty: Type,
    /// Whether it is a collection.
    pub(crate) collection: bool,
    /// Whether v1.0 returns it when nothing is selected.
    pub(crate) default: bool,
    /// How the tenant knows it; none when it keeps no such thing, and the value is always empty.
    pub(crate) id: Option<Property>,
}

/// A type.
#[derive(Debug)]
pub(crate) struct EntityInfo {
    /// Its properties, in the order of the table.
    pub(crate) properties: Vec<PropertyInfo>,
    /// The names of its navigation properties.
    pub(crate) navigations: Vec<&'static str>,
}

struct Metadata {
    entities: Vec<(Entity, EntityInfo)>,
    complex: Vec<(&'static str, PropertyInfo)>,
}

const ENTITIES: [(Entity, &str); 11] = [
    (Entity::User, "user"),
    (Entity::Group, "group"),
    (Entity::OrgContact, "orgContact"),
    (Entity::Device, "device"),
    (Entity::Application, "application"),
    (Entity::ServicePrincipal, "servicePrincipal"),
    (Entity::DirectoryRole, "directoryRole"),
    (Entity::AdministrativeUnit, "administrativeUnit"),
    (Entity::Domain, "domain"),
    (Entity::Organization, "organization"),
    (Entity::SubscribedSku, "subscribedSku"),
];

static METADATA: LazyLock<Metadata> = LazyLock::new(|| Metadata {
    entities: ENTITIES.iter().map(|(entity, name)| (*entity, read_entity(*entity, name))).collect(),
    complex: rows(include_str!("../../data/graph-complex-types.tsv"))
        .filter_map(|cells| Some((*cells.first()?, property(cells.get(1)?, cells.get(2)?, true, None))))
        .collect(),
});

/// The lines of a table, comments and heading left out, cut into cells.
pub(crate) fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().filter(|line| !line.starts_with('#')).skip(1).map(|line| line.split('\t').collect())
}

fn property(name: &'static str, ty: &'static str, default: bool, kind: Option<ObjectKind>) -> PropertyInfo {
    let element = ty.strip_prefix("C(").and_then(|rest| rest.strip_suffix(')'));
    PropertyInfo {
        name,
        ty: Type::read(element.unwrap_or(ty)),
        collection: element.is_some(),
        default,
        id: kind.and_then(|kind| Property::parse(kind, name)),
    }
}

fn read_entity(entity: Entity, wanted: &str) -> EntityInfo {
    let mut info = EntityInfo { properties: Vec::new(), navigations: Vec::new() };
    for cells in rows(include_str!("../../data/graph-properties.tsv")) {
        match cells[..] {
            [name, "property", property_name, ty, _, default, ..] if name == wanted => {
                info.properties.push(property(property_name, ty, default == "yes", entity.kind()));
            }
            [name, "navigation", navigation, ..] if name == wanted => info.navigations.push(navigation),
            _ => {}
        }
    }
    info
}

impl Entity {
    /// The type of a kind of object.
    pub(crate) fn of(kind: ObjectKind) -> Entity {
        match kind {
            ObjectKind::User => Entity::User,
            ObjectKind::Group => Entity::Group,
            ObjectKind::Contact => Entity::OrgContact,
            ObjectKind::Device => Entity::Device,
            ObjectKind::Application => Entity::Application,
            ObjectKind::ServicePrincipal => Entity::ServicePrincipal,
            ObjectKind::DirectoryRole => Entity::DirectoryRole,
            ObjectKind::AdministrativeUnit => Entity::AdministrativeUnit,
        }
    }

    /// The kind of object, for the types that the tenant's store keeps.
    pub(crate) fn kind(self) -> Option<ObjectKind> {
        match self {
            Entity::User => Some(ObjectKind::User),
            Entity::Group => Some(ObjectKind::Group),
            Entity::OrgContact => Some(ObjectKind::Contact),
            Entity::Device => Some(ObjectKind::Device),
            Entity::Application => Some(ObjectKind::Application),
            Entity::ServicePrincipal => Some(ObjectKind::ServicePrincipal),
            Entity::DirectoryRole => Some(ObjectKind::DirectoryRole),
            Entity::AdministrativeUnit => Some(ObjectKind::AdministrativeUnit),
            _ => None,
        }
    }

    /// The type's name behind `microsoft.graph.`.
    pub(crate) fn type_name(self) -> &'static str {
        let known = ENTITIES.iter().find(|(entity, _)| *entity == self);
        known.map_or("directoryObject", |(_, name)| name)
    }

    /// The type with a name, `microsoft.graph.` left out, in any case.
    pub(crate) fn named(name: &str) -> Option<Entity> {
        let known = ENTITIES.iter().find(|(_, own)| own.eq_ignore_ascii_case(name));
        known.map(|(entity, _)| *entity)
    }

    /// The name of the resource in Graph's refusals: `User`.
    pub(crate) fn resource(self) -> &'static str {
        match self.kind() {
            Some(kind) => kind.name(),
            None => "DirectoryObject",
        }
    }

    /// The types that objects of this one can have.
    pub(crate) fn concrete(self) -> &'static [Entity] {
        match self {
            Entity::User => &[Entity::User],
            Entity::Group => &[Entity::Group],
            Entity::OrgContact => &[Entity::OrgContact],
            Entity::Device => &[Entity::Device],
            Entity::Application => &[Entity::Application],
            Entity::ServicePrincipal => &[Entity::ServicePrincipal],
            Entity::DirectoryRole => &[Entity::DirectoryRole],
            Entity::AdministrativeUnit => &[Entity::AdministrativeUnit],
            Entity::Domain => &[Entity::Domain],
            Entity::Organization => &[Entity::Organization],
            Entity::SubscribedSku => &[Entity::SubscribedSku],
            Entity::DirectoryObject => &[
                Entity::User,
                Entity::Group,
                Entity::OrgContact,
                Entity::Device,
                Entity::Application,
                Entity::ServicePrincipal,
                Entity::DirectoryRole,
                Entity::AdministrativeUnit,
            ],
        }
    }

    /// What the table says of a concrete type; for directoryObject, of the user.
    pub(crate) fn info(self) -> &'static EntityInfo {
        let at = METADATA.entities.iter().position(|(entity, _)| *entity == self).unwrap_or(0);
        &METADATA.entities[at].1
    }

    /// A property by name, in any case; for directoryObject that of the first type that has it.
    pub(crate) fn property(self, name: &str) -> Option<&'static PropertyInfo> {
        let own = |entity: &Entity| {
            entity.info().properties.iter().find(|info| info.name.eq_ignore_ascii_case(name))
        };
        self.concrete().iter().find_map(own)
    }

    /// A navigation property by name, in any case.
    pub(crate) fn navigation(self, name: &str) -> Option<&'static str> {
        let own = |entity: &Entity| {
            entity.info().navigations.iter().copied().find(|own| own.eq_ignore_ascii_case(name))
        };
        self.concrete().iter().find_map(own)
    }
}

/// The properties of any type of the table, in its order, whether it is an [`Entity`] or not.
pub(crate) fn described(ty: &str) -> &'static [PropertyInfo] {
    static TYPES: LazyLock<Vec<(&'static str, Vec<PropertyInfo>)>> = LazyLock::new(|| {
        let mut types: Vec<(&'static str, Vec<PropertyInfo>)> = Vec::new();
        for cells in rows(include_str!("../../data/graph-properties.tsv")) {
            let [name, "property", own, ty, _, default, ..] = cells[..] else { continue };
            let property = property(own, ty, default == "yes", None);
            match types.iter_mut().find(|(known, _)| *known == name) {
                Some((_, properties)) => properties.push(property),
                None => types.push((name, vec![property])),
            }
        }
        types
    });
    TYPES.iter().find(|(known, _)| *known == ty).map_or(&[], |(_, properties)| properties)
}

/// The members of a complex type in the order in which Graph writes them; empty for a type that the table
/// does not have.
pub(crate) fn members(complex: &str) -> impl Iterator<Item = &'static PropertyInfo> {
    METADATA.complex.iter().filter(move |(ty, _)| *ty == complex).map(|(_, info)| info)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_tables_says_where_it_comes_from() {
        for table in [
            include_str!("../../data/graph-properties.tsv"),
            include_str!("../../data/graph-complex-types.tsv"),
            include_str!("../../data/graph-enums.tsv"),
            include_str!("../../data/graph-filter-support.tsv"),
        ] {
            let heading = table.lines().find(|line| !line.starts_with('#')).unwrap();
            assert!(heading.ends_with("source\tconfidence"), "{heading}");
            for cells in rows(table) {
                assert_eq!(cells.len(), heading.split('\t').count(), "{cells:?}");
                assert!(!cells[cells.len() - 2].is_empty(), "{cells:?}");
                assert!(["observed", "documented", "assumed"].contains(cells.last().unwrap()), "{cells:?}");
            }
        }
    }

    #[test]
    fn a_user_returns_eleven_properties_by_default() {
        // microsoft-graph.md 2.1, "Default-returned (v1.0)"
        let mut names: Vec<&str> =
            Entity::User.info().properties.iter().filter(|p| p.default).map(|p| p.name).collect();
        names.sort_unstable();
        assert_eq!(
            names.join(" "),
            "businessPhones displayName givenName id jobTitle mail mobilePhone officeLocation \
             preferredLanguage surname userPrincipalName"
        );
    }

    #[test]
    fn a_group_returns_what_the_reference_lists() {
        // microsoft-graph.md 2.3, "Returned by default" (creationOptions is not in the metadata of v1.0)
        let names: Vec<&str> =
            Entity::Group.info().properties.iter().filter(|p| p.default).map(|p| p.name).collect();
        let expected = "id deletedDateTime classification createdDateTime description displayName \
            expirationDateTime groupTypes isAssignableToRole mail mailEnabled mailNickname membershipRule \
            membershipRuleProcessingState onPremisesDomainName onPremisesLastSyncDateTime \
            onPremisesNetBiosName onPremisesProvisioningErrors onPremisesSamAccountName \
            onPremisesSecurityIdentifier onPremisesSyncEnabled preferredDataLocation preferredLanguage \
            proxyAddresses renewedDateTime resourceBehaviorOptions resourceProvisioningOptions \
            securityEnabled securityIdentifier serviceProvisioningErrors theme uniqueName visibility";
        assert_eq!(names, expected.split_whitespace().collect::<Vec<_>>());
    }

    #[test]
    fn names_are_read_in_any_case_and_types_with_their_elements() {
        for (entity, name, expected) in [
            (Entity::User, "MAILNICKNAME", Some(("mailNickname", Type::String, false))),
            (Entity::User, "proxyaddresses", Some(("proxyAddresses", Type::String, true))),
            (
                Entity::User,
                "assignedLicenses",
                Some(("assignedLicenses", Type::Complex("assignedLicense"), true)),
            ),
            (Entity::User, "groupTypes", None),
            (Entity::DirectoryObject, "groupTypes", Some(("groupTypes", Type::String, true))),
        ] {
            let found = entity.property(name).map(|info| (info.name, info.ty, info.collection));
            assert_eq!(found, expected, "{name}");
        }
        assert_eq!(Entity::Group.navigation("MEMBERS"), Some("members"));
        assert_eq!(members("assignedPlan").count(), 4);
    }
}
