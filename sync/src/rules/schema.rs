//! Which attributes there are on which side, and of what kind.

use super::ATTRIBUTES;
use crate::error::{Error, Result};
use crate::value::{Kind, Name, Names};
use std::collections::BTreeMap;

/// Where an attribute lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// A connector space of a forest.
    ActiveDirectory,
    /// The metaverse.
    Metaverse,
    /// The connector space of the tenant.
    Cloud,
}

/// An attribute of a side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute {
    /// Of its values.
    pub kind: Kind,
    /// Whether it may have several.
    pub multiple: bool,
}

/// The attributes that rules may name.
#[derive(Debug, Clone, Default)]
pub struct Schema(BTreeMap<(Side, Name), Attribute>);

impl Schema {
    /// The table that is compiled in: name, sides (`a` forest, `m` metaverse, `c` cloud), kind, `single` or
    /// `multi`, source, confidence.
    ///
    /// # Errors
    /// When the table is malformed.
    pub fn built_in(names: &mut Names) -> Result<Self> {
        let mut schema = Self::default();
        for line in ATTRIBUTES.lines().skip(1).filter(|line| !line.is_empty()) {
            let wrong = || Error::rules(format!("attributes.tsv: {line}"));
            let columns: Vec<&str> = line.split('\t').collect();
            let [name, sides, kind, count, _source, _confidence] = columns[..] else { return Err(wrong()) };
            let kind = match kind {
                "text" => Kind::Text,
                "octets" => Kind::Octets,
                "integer" => Kind::Integer,
                "boolean" => Kind::Boolean,
                "reference" => Kind::Reference,
                _ => return Err(wrong()),
            };
            let attribute = Attribute { kind, multiple: count == "multi" };
            for side in sides.chars() {
                let side = match side {
                    'a' => Side::ActiveDirectory,
                    'm' => Side::Metaverse,
                    'c' => Side::Cloud,
                    _ => return Err(wrong()),
                };
                schema.add(side, names.intern(name)?, attribute);
            }
        }
        Ok(schema)
    }

    /// Adds an attribute that a file declares.
    pub fn add(&mut self, side: Side, name: Name, attribute: Attribute) {
        self.0.insert((side, name), attribute);
    }

    /// What is known of an attribute.
    pub fn get(&self, side: Side, name: Name) -> Option<Attribute> {
        self.0.get(&(side, name)).copied()
    }
}
