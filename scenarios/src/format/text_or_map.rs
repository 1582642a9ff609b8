//! Values that are either a word or a mapping. Their visitors are written by hand, so that an error names the
//! place and what is allowed there; an untagged enum would say neither.

use super::scalars::{Count, Country, Share, Whole, checked};
use forestbed_sim::spec::DefectMix;
use forestbed_sim::spec::{PlanTarget, Seats, UsageLocation};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// Which defects: a profile (`idfix-classic`, `idfix-classic:0.05`) or counts by id.
#[derive(Debug, Clone, PartialEq)]
pub enum Defects {
    /// A named mix, and its rate if it names one.
    Profile(String, Option<Share>),
    /// Rows of the ledger by id.
    Exact(BTreeMap<String, u32>),
}

impl Defects {
    /// From an argument: `PROFILE`, `PROFILE:rate` or `ID=n,ID=n`.
    ///
    /// # Errors
    /// What is wrong and what is allowed.
    pub fn parse(text: &str) -> Result<Defects, String> {
        if !text.contains('=') {
            return Defects::profile(text);
        }
        let row = |part: &str| {
            let (id, count) = part.split_once('=').ok_or_else(|| format!("'{part}' is not ID=n"))?;
            let count = count.trim().parse().map_err(|_| format!("'{count}' is not a number of defects"))?;
            Ok((super::known::defect(id.trim())?.to_owned(), count))
        };
        text.split(',').map(row).collect::<Result<_, String>>().map(Defects::Exact)
    }

    /// As the world is told; a profile without a rate gets the default one.
    pub fn mix(&self) -> DefectMix {
        match self {
            Defects::Profile(name, rate) => DefectMix::Profile {
                name: name.clone(),
                rate: rate.unwrap_or(Share(super::DEFAULT_DEFECT_RATE)).0,
            },
            Defects::Exact(rows) => DefectMix::Exact(rows.clone()),
        }
    }

    fn profile(text: &str) -> Result<Defects, String> {
        let Some((name, rate)) = text.split_once(':') else {
            super::known::profile(text)?;
            return Ok(Defects::Profile(text.to_owned(), None));
        };
        super::known::profile(name)?;
        match rate.parse::<f64>() {
            Ok(rate) if (0.0..=1.0).contains(&rate) => {
                Ok(Defects::Profile(name.to_owned(), Some(Share(rate))))
            }
            _ => Err(format!("'{rate}' is not a rate: write defects per person, from 0 to 1")),
        }
    }
}

impl<'de> Deserialize<'de> for Defects {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Defects, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Defects;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a defect profile, or counts by id such as { PA26: 25, UP15: 40 }")
            }
            fn visit_str<E: de::Error>(self, value: &str) -> Result<Defects, E> {
                Defects::profile(value).map_err(E::custom)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Defects, A::Error> {
                let mut rows = BTreeMap::new();
                while let Some(id) = map.next_key::<DefectId>()? {
                    rows.insert(id.0, map.next_value::<Count>()?.get());
                }
                Ok(Defects::Exact(rows))
            }
        }
        deserializer.deserialize_any(V)
    }
}

impl JsonSchema for Defects {
    fn schema_name() -> Cow<'static, str> {
        "Defects".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let count = generator.subschema_for::<Count>();
        json_schema!({
            "oneOf": [
                { "type": "string", "description": "Name of a defect profile, with an optional rate: idfix-classic, idfix-classic:0.05." },
                { "type": "object", "additionalProperties": count, "propertyNames": { "pattern": "^[A-Z]{2}[0-9]{2}$" },
                  "description": "Rows of the ledger by id of the defect catalogue; for a duplicate: pairs." }
            ]
        })
    }
}

/// An id of the defect catalogue.
struct DefectId(String);

impl<'de> Deserialize<'de> for DefectId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<DefectId, D::Error> {
        let known = |text: &str| super::known::defect(text).map(|id| DefectId(id.to_owned()));
        checked(deserializer, "an id of the defect catalogue", known)
    }
}

/// A product by part number or skuId.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Product(pub String);

impl<'de> Deserialize<'de> for Product {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Product, D::Error> {
        checked(deserializer, "a part number or skuId", |text| {
            super::known::product(text).map(|()| Product(text.to_owned()))
        })
    }
}

impl JsonSchema for Product {
    fn schema_name() -> Cow<'static, str> {
        "Product".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

/// Seats by subscription, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Licenses(pub Vec<(String, Seats)>);

/// The seats of one subscription.
struct SeatCount(Seats);

impl<'de> Deserialize<'de> for SeatCount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SeatCount, D::Error> {
        struct V;
        const ALLOWED: &str =
            "a whole number of seats from 0 to 10000000, more-than-users or fewer-than-users";
        impl Visitor<'_> for V {
            type Value = SeatCount;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(ALLOWED)
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<SeatCount, E> {
                match u32::try_from(value) {
                    Ok(seats) if seats <= 10_000_000 => Ok(SeatCount(Seats::Exactly(seats))),
                    _ => Err(E::custom(format!("{value} is not allowed here: write {ALLOWED}"))),
                }
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<SeatCount, E> {
                self.visit_u64(
                    u64::try_from(value)
                        .map_err(|_| E::custom(format!("{value} is not allowed here: write {ALLOWED}")))?,
                )
            }
            fn visit_str<E: de::Error>(self, value: &str) -> Result<SeatCount, E> {
                match value {
                    "more-than-users" => Ok(SeatCount(Seats::MoreThanUsers)),
                    "fewer-than-users" => Ok(SeatCount(Seats::FewerThanUsers)),
                    other => Err(E::custom(format!("'{other}' is not allowed here: write {ALLOWED}"))),
                }
            }
        }
        deserializer.deserialize_any(V)
    }
}

impl<'de> Deserialize<'de> for Licenses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Licenses, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Licenses;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("seats by part number or skuId, such as { ENTERPRISEPACK: 1500 }")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Licenses, A::Error> {
                let mut rows = Vec::new();
                while let Some(sku) = map.next_key::<Product>()? {
                    rows.push((sku.0, map.next_value::<SeatCount>()?.0));
                }
                Ok(Licenses(rows))
            }
        }
        deserializer.deserialize_map(V)
    }
}

impl JsonSchema for Licenses {
    fn schema_name() -> Cow<'static, str> {
        "Licenses".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "Seats by part number or skuId.",
            "additionalProperties": { "oneOf": [
                { "type": "integer", "minimum": 0, "maximum": 10_000_000 },
                { "enum": ["more-than-users", "fewer-than-users"] }
            ] }
        })
    }
}

/// For whom a licence is meant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Target {
    /// Every synchronized, enabled person.
    #[default]
    All,
    /// The first so many of them.
    First(u32),
    /// Those of one department.
    Department(String),
    /// The direct members of a synchronized group, through it.
    Group(String),
}

const TARGETS: &str = "all, { first: 100 }, { department: Sales } or { group: Team }";
const TARGET_KEYS: &[&str] = &["first", "department", "group"];

impl Target {
    pub(super) fn spec(&self) -> PlanTarget {
        match self {
            Target::All => PlanTarget::All,
            Target::First(count) => PlanTarget::First(*count),
            Target::Department(name) => PlanTarget::Department(name.clone()),
            Target::Group(name) => PlanTarget::Group(name.clone()),
        }
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Target, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Target;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(TARGETS)
            }
            fn visit_str<E: de::Error>(self, value: &str) -> Result<Target, E> {
                let wrong = || E::custom(format!("'{value}' is not allowed here: write {TARGETS}"));
                if value == "all" { Ok(Target::All) } else { Err(wrong()) }
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Target, A::Error> {
                let few = || de::Error::custom(format!("write one of {}", TARGET_KEYS.join(", ")));
                let key: String = map.next_key()?.ok_or_else(few)?;
                let target = match key.as_str() {
                    "first" => Target::First(map.next_value::<Whole<1, 10_000_000>>()?.get()),
                    "department" => Target::Department(map.next_value()?),
                    "group" => Target::Group(map.next_value()?),
                    other => return Err(de::Error::unknown_field(other, TARGET_KEYS)),
                };
                match map.next_key::<String>()? {
                    None => Ok(target),
                    Some(_) => {
                        Err(de::Error::custom(format!("write only one of {}", TARGET_KEYS.join(", "))))
                    }
                }
            }
        }
        deserializer.deserialize_any(V)
    }
}

impl JsonSchema for Target {
    fn schema_name() -> Cow<'static, str> {
        "Target".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "oneOf": [
            { "const": "all" },
            { "type": "object", "additionalProperties": false, "required": ["first"],
              "properties": { "first": { "type": "integer", "minimum": 1, "maximum": 10_000_000 } } },
            { "type": "object", "additionalProperties": false, "required": ["department"],
              "properties": { "department": { "type": "string" } } },
            { "type": "object", "additionalProperties": false, "required": ["group"],
              "properties": { "group": { "type": "string" } } }
        ] })
    }
}

/// Where a usage location comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Location {
    /// From the person's country.
    #[default]
    FromC,
    /// The same for all.
    Fixed(Country),
}

impl Location {
    pub(super) fn spec(&self) -> UsageLocation {
        match self {
            Location::FromC => UsageLocation::FromC,
            Location::Fixed(country) => UsageLocation::Fixed(country.0.clone()),
        }
    }
}

impl<'de> Deserialize<'de> for Location {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Location, D::Error> {
        checked(deserializer, "from-c or a country", |text| match Country::parse(text) {
            _ if text == "from-c" => Ok(Location::FromC),
            Ok(country) => Ok(Location::Fixed(country)),
            Err(_) => Err(format!("'{text}' is not allowed here: write from-c or a country such as NL")),
        })
    }
}

impl JsonSchema for Location {
    fn schema_name() -> Cow<'static, str> {
        "Location".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^(from-c|[A-Z]{2})$",
                       "description": "from-c, or a country by its two capital letters." })
    }
}
