//! What the schema says of attributes and classes that only its own objects and security descriptors need.

use super::tables::TABLES;
use super::{AttrId, ClassId, Schema};
use crate::ids::Guid;
use std::collections::BTreeSet;
use std::sync::LazyLock;

const ATTRIBUTES: &str = include_str!("../../../data/ad-attribute-details.psv");
const SECURITY: &str = include_str!("../../../data/ad-class-security.psv");

/// Details of an attribute; none for what the schema does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AttributeDetails {
    /// `systemFlags`.
    pub system_flags: Option<i64>,
    /// `attributeSecurityGUID`: the property set that the attribute belongs to.
    pub property_set: Option<Guid>,
    /// `mAPIID`.
    pub mapi_id: Option<i64>,
    /// `schemaFlagsEx`.
    pub schema_flags: Option<i64>,
}

/// By attribute id.
static DETAILS: LazyLock<Vec<AttributeDetails>> = LazyLock::new(|| {
    let mut details = vec![AttributeDetails::default(); TABLES.attributes.len()];
    for cells in rows(ATTRIBUTES) {
        let [name, flags, set, mapi, extra, ..] = cells[..] else { continue };
        let Some(place) = TABLES.find_attribute(name).and_then(|id| details.get_mut(id.index())) else {
            continue;
        };
        *place = AttributeDetails {
            system_flags: flags.parse().ok(),
            property_set: Guid::parse(set),
            mapi_id: mapi.parse().ok(),
            schema_flags: extra.parse().ok(),
        };
    }
    details
});

/// By class id.
static DEFAULT_SECURITY: LazyLock<Vec<Option<&'static str>>> = LazyLock::new(|| {
    let mut security = vec![None; TABLES.classes.len()];
    for cells in rows(SECURITY) {
        let [sddl, classes, ..] = cells[..] else { continue };
        for class in classes.split(' ').filter_map(|name| TABLES.find_class(name)) {
            if let Some(place) = security.get_mut(class.index()) {
                *place = Some(sddl);
            }
        }
    }
    security
});

fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().filter(|line| !line.starts_with('#')).skip(1).map(|line| line.split('|').collect())
}

impl Schema {
    /// Details of an attribute.
    pub fn attribute_details(&self, id: AttrId) -> AttributeDetails {
        DETAILS.get(id.index()).copied().unwrap_or_default()
    }

    /// How many prefixes the OIDs of attributes and classes have.
    pub fn prefix_count(&self) -> usize {
        let attributes = self.attributes().map(|row| row.oid);
        let oids = attributes.chain(self.classes().map(|row| row.oid));
        let prefixes: BTreeSet<&str> = oids.filter_map(|oid| Some(oid.rsplit_once('.')?.0)).collect();
        prefixes.len()
    }

    /// `defaultSecurityDescriptor` of a class, in SDDL; none when the class itself has none.
    pub fn default_security(&self, id: ClassId) -> Option<&'static str> {
        DEFAULT_SECURITY.get(id.index()).copied().flatten()
    }
}
