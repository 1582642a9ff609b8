//! How several forests belong together, and how one person of several is recognised.

use super::scalars::checked;
use forestbed_sim::spec::{PeopleMatch, Topology};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::Deserializer;
use std::borrow::Cow;

/// The name of a topology.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopologyName(pub Topology);

impl<'de> Deserialize<'de> for TopologyName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<TopologyName, D::Error> {
        checked(deserializer, "the name of a topology", |text| text.parse().map(TopologyName))
    }
}

impl JsonSchema for TopologyName {
    fn schema_name() -> Cow<'static, str> {
        "Topology".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let one =
            |topology: Topology| json_schema!({ "const": topology.name(), "description": topology.about() });
        json_schema!({ "oneOf": Topology::ALL.map(one) })
    }
}

/// How people of several forests are recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeopleMatchName(pub PeopleMatch);

impl<'de> Deserialize<'de> for PeopleMatchName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PeopleMatchName, D::Error> {
        checked(deserializer, "sid, mail, account-and-alias, or attribute:NAME", |text| {
            text.parse().map(PeopleMatchName)
        })
    }
}

impl JsonSchema for PeopleMatchName {
    fn schema_name() -> Cow<'static, str> {
        "PeopleMatch".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "oneOf": [
            { "enum": ["sid", "mail", "account-and-alias"] },
            { "type": "string", "pattern": "^attribute:[A-Za-z0-9-]+$" }
        ] })
    }
}
