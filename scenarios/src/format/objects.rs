//! What single objects of the tenant have to be.

use super::scalars::Whole;
use super::text_or_map::Product;
use forestbed_sim::oracle::{self, SyncKind};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// Objects of the tenant that a step looks for, and what they have to be.
#[derive(Debug, Clone, PartialEq, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectExpectation {
    /// Which kind of object: user unless said.
    #[serde(default)]
    pub kind: ObjectKindName,
    /// Which ones: all that have these values. Properties have the names of Graph; a text may hold `*` for any run of
    /// letters, and case counts: `SMTP:` is a primary address.
    pub find: BTreeMap<PropertyName, Wanted>,
    /// How many there are: 1 unless said; 0 says that there is none.
    pub count: Option<Whole<0, 1_000_000>>,
    /// Whether they are looked for among the deleted ones (false unless said).
    #[serde(default)]
    pub deleted: bool,
    /// What each of them has to have.
    #[serde(default)]
    pub is: BTreeMap<PropertyName, Wanted>,
    /// How many licences it has.
    pub licenses: Option<Whole<0, 1_000>>,
    /// Every assignment of a licence to a user, those that failed too, in any order.
    pub assignments: Option<Vec<AssignmentExpectation>>,
    /// Whether it has a photo.
    pub photo: Option<bool>,
    /// How many members it has.
    pub members: Option<Whole<0, 1_000_000>>,
}

/// One assignment of a licence to a user, as Graph's `licenseAssignmentStates` has it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignmentExpectation {
    /// Part number or skuId.
    pub sku: Product,
    /// Display name of the group that it comes from; a direct one unless said.
    pub group: Option<String>,
    /// What is wrong with it: nothing unless said. Whoever has an error does not have the licence, unless `kept`.
    pub error: Option<LicenseError>,
    /// With an error: the user has the licence all the same (`ActiveWithError`).
    #[serde(default)]
    pub kept: bool,
    /// Exactly these service plans are off, by name or id; not looked at unless said.
    pub disabled_plans: Option<Vec<String>>,
}

/// What is wrong with an assignment, by Graph's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize, JsonSchema)]
pub enum LicenseError {
    /// No seat is left.
    CountViolation,
    /// Two service plans exclude each other.
    MutuallyExclusiveViolation,
    /// A service plan needs another one.
    DependencyViolation,
    /// The product may not be used where the user is.
    ProhibitedInUsageLocationViolation,
    /// An address of the new mailbox belongs to another object.
    UniquenessViolation,
    /// Another product of the same group fails.
    Others,
}

impl LicenseError {
    /// As Graph spells it.
    pub fn name(self) -> &'static str {
        match self {
            LicenseError::CountViolation => "CountViolation",
            LicenseError::MutuallyExclusiveViolation => "MutuallyExclusiveViolation",
            LicenseError::DependencyViolation => "DependencyViolation",
            LicenseError::ProhibitedInUsageLocationViolation => "ProhibitedInUsageLocationViolation",
            LicenseError::UniquenessViolation => "UniquenessViolation",
            LicenseError::Others => "Others",
        }
    }
}

/// A kind of object that is synchronized.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ObjectKindName {
    /// A user.
    #[default]
    User,
    /// A group.
    Group,
    /// A contact.
    Contact,
}

impl ObjectKindName {
    /// The judge's word for it.
    pub fn kind(self) -> SyncKind {
        match self {
            ObjectKindName::User => SyncKind::User,
            ObjectKindName::Group => SyncKind::Group,
            ObjectKindName::Contact => SyncKind::Contact,
        }
    }
}

/// A property of Graph that the judge reads, or the anchor, whether it is synchronized, or its conflicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PropertyName(pub &'static str);

/// The source anchor, which the judge keeps apart.
pub const ANCHOR: &str = "onPremisesImmutableId";
/// `true`, or no value for what lives in the cloud alone.
pub const SYNCED: &str = "onPremisesSyncEnabled";
/// The names of properties whose values are in conflict, each once.
pub const CONFLICTS: &str = "onPremisesProvisioningErrors";
/// What the judge keeps apart from the properties that it compares.
const FURTHER: [&str; 3] = [ANCHOR, SYNCED, CONFLICTS];

impl<'de> Deserialize<'de> for PropertyName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PropertyName, D::Error> {
        let name = String::deserialize(deserializer)?;
        let known = oracle::PROPERTIES.iter().chain(&FURTHER).find(|known| **known == name);
        known.map(|known| PropertyName(known)).ok_or_else(|| {
            let all = oracle::PROPERTIES.join(", ");
            de::Error::custom(format!(
                "'{name}' is no property that is looked at: there are {all}, {}",
                FURTHER.join(", ")
            ))
        })
    }
}

impl JsonSchema for PropertyName {
    fn schema_name() -> Cow<'static, str> {
        "CloudProperty".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = oracle::PROPERTIES.iter().copied().chain(FURTHER).collect();
        json_schema!({ "enum": names })
    }
}

/// A value, no value, or the values of a collection in any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted(pub Vec<String>);

impl Wanted {
    /// Whether these values are right.
    pub fn fits(&self, values: &[String]) -> bool {
        // each pattern takes one value: the sets are small and their patterns differ
        let mut left: Vec<&String> = values.iter().collect();
        let all = self.0.iter().all(|pattern| {
            let at = left.iter().position(|value| matches(pattern, value));
            at.map(|at| left.remove(at)).is_some()
        });
        all && left.is_empty()
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        shown(&self.0, f)
    }
}

/// Whether a value is what a pattern says, in which `*` stands for any run of letters.
fn matches(pattern: &str, value: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == value };
    let Some(mut left) = value.strip_prefix(head) else { return false };
    let (middle, tail) = rest.rsplit_once('*').map_or(("", rest), |(middle, tail)| (middle, tail));
    for part in middle.split('*') {
        match left.find(part) {
            Some(at) => left = &left[at + part.len()..],
            None => return false,
        }
    }
    left.ends_with(tail)
}

/// Values for a message.
pub(crate) fn shown(values: &[String], f: &mut impl fmt::Write) -> fmt::Result {
    match values {
        [] => f.write_str("nothing"),
        values => f.write_str(&values.join(", ")),
    }
}

impl<'de> Deserialize<'de> for Wanted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Wanted, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Wanted;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, true or false, null for no value, or a list of texts")
            }
            fn visit_str<E: de::Error>(self, value: &str) -> Result<Wanted, E> {
                Ok(Wanted(vec![value.to_owned()]))
            }
            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Wanted, E> {
                Ok(Wanted(vec![value.to_string()]))
            }
            fn visit_unit<E: de::Error>(self) -> Result<Wanted, E> {
                Ok(Wanted(Vec::new()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Wanted, A::Error> {
                let mut all = Vec::new();
                while let Some(value) = seq.next_element::<String>()? {
                    all.push(value);
                }
                Ok(Wanted(all))
            }
        }
        deserializer.deserialize_any(V)
    }
}

impl JsonSchema for Wanted {
    fn schema_name() -> Cow<'static, str> {
        "WantedValue".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "oneOf": [
                { "type": ["string", "boolean", "null"] },
                { "type": "array", "items": { "type": "string" } }
            ],
            "description": "A text (with * for any run of letters), null for no value, or all values of a collection."
        })
    }
}
