//! What the customer wants synchronized.

use super::scalars::{DnsName, checked};
use forestbed_sim::directory::dn::Dn;
use forestbed_sim::oracle::identifying;
use forestbed_sim::spec::Synchronize;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer};
use std::borrow::Cow;

/// What the customer wants synchronized; what is left out is what an express installation does.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SynchronizeSection {
    /// Only these domains, by DNS name (all unless said).
    #[serde(default)]
    pub domains: Vec<DnsName>,
    /// Only these containers with all below, by distinguished name (all unless said); with several domains they are
    /// those of all of them.
    #[serde(default)]
    pub include: Vec<DnText>,
    /// Not these containers, with all below but for included ones deeper down.
    #[serde(default)]
    pub exclude: Vec<DnText>,
    /// Of this group's forest only the group's direct members, which it is not one of itself.
    pub group: Option<DnText>,
    /// The attribute that becomes the sign-in name in place of userPrincipalName.
    pub alternate_id: Option<IdentifyingName>,
    /// What becomes the source anchor of people: objectGUID, mS-DS-ConsistencyGuid, or an attribute's text (the
    /// tenant's default_anchor unless said).
    pub anchor: Option<AnchorName>,
}

impl SynchronizeSection {
    /// As the world is told.
    pub fn spec(&self) -> Synchronize {
        let texts = |names: &[DnText]| names.iter().map(|name| name.0.clone()).collect();
        Synchronize {
            domains: self.domains.iter().map(|name| name.0.to_ascii_lowercase()).collect(),
            include: texts(&self.include),
            exclude: texts(&self.exclude),
            group: self.group.as_ref().map(|name| name.0.clone()),
            alternate_id: self.alternate_id.as_ref().map(|name| name.0.to_owned()),
            anchor: self.anchor.as_ref().map(|name| name.0.to_owned()),
        }
    }
}

/// A distinguished name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnText(pub String);

impl<'de> Deserialize<'de> for DnText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<DnText, D::Error> {
        checked(deserializer, "a distinguished name", |text| match Dn::parse(text) {
            Ok(_) if !text.trim().is_empty() => Ok(DnText(text.to_owned())),
            _ => Err(format!("'{text}' is no distinguished name: write OU=Staff,DC=contoso,DC=local")),
        })
    }
}

impl JsonSchema for DnText {
    fn schema_name() -> Cow<'static, str> {
        "DistinguishedName".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "A distinguished name, such as OU=Staff,DC=contoso,DC=local." })
    }
}

/// An attribute by which people can be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdentifyingName(pub &'static str);

fn attribute(text: &str) -> Result<&'static str, String> {
    let known = forestbed_sim::oracle::IDENTIFYING;
    identifying(text).ok_or_else(|| format!("'{text}' identifies nobody: there are {}", known.join(", ")))
}

impl<'de> Deserialize<'de> for IdentifyingName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<IdentifyingName, D::Error> {
        checked(deserializer, "an attribute by which people are known", |text| {
            attribute(text).map(IdentifyingName)
        })
    }
}

impl JsonSchema for IdentifyingName {
    fn schema_name() -> Cow<'static, str> {
        "IdentifyingAttribute".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "enum": forestbed_sim::oracle::IDENTIFYING })
    }
}

/// What becomes a source anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnchorName(pub &'static str);

/// The anchors that are identifiers of the directory.
const GUIDS: [&str; 2] = ["objectGUID", "mS-DS-ConsistencyGuid"];

impl<'de> Deserialize<'de> for AnchorName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<AnchorName, D::Error> {
        checked(deserializer, "objectGUID, mS-DS-ConsistencyGuid, or an attribute", |text| {
            let guid = GUIDS.into_iter().find(|known| known.eq_ignore_ascii_case(text));
            match guid {
                Some(guid) => Ok(AnchorName(guid)),
                None => attribute(text)
                    .map(AnchorName)
                    .map_err(|wrong| format!("{wrong}, and {}", GUIDS.join(" and "))),
            }
        })
    }
}

impl JsonSchema for AnchorName {
    fn schema_name() -> Cow<'static, str> {
        "SourceAnchor".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = GUIDS.into_iter().chain(forestbed_sim::oracle::IDENTIFYING).collect();
        json_schema!({ "enum": names })
    }
}
