//! The format of rule files: YAML, `format: 1`.

use super::{Comparison, ConnectorKind, Direction, Link, Merge, Side};
use crate::value::Kind;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A file of rules.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleFile {
    /// 1.
    pub format: u32,
    /// Attributes beyond those that are known.
    #[serde(default)]
    pub attributes: Vec<AttributeText>,
    /// The rules, in any order.
    pub rules: Vec<RuleText>,
}

/// An attribute that a file declares.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttributeText {
    /// Its name.
    pub name: String,
    /// Where it lives.
    pub sides: Vec<Side>,
    /// The kind of its values.
    pub kind: Kind,
    /// Whether it may have several.
    #[serde(default)]
    pub multiple: bool,
}

/// A rule as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleText {
    /// Unique.
    pub name: String,
    /// Lower wins; unique; custom rules below 100.
    pub precedence: u16,
    /// `inbound` or `outbound`.
    pub direction: Direction,
    /// `active-directory` or `cloud`.
    pub connector: ConnectorKind,
    /// Class in the connector space.
    pub object: String,
    /// Type in the metaverse; any when absent.
    #[serde(default)]
    pub metaverse: Option<String>,
    /// `Provision`, `Join` or `StickyJoin`.
    pub link: Link,
    /// Groups of clauses: OR between groups, AND inside.
    #[serde(default)]
    pub scope: Vec<Vec<ClauseText>>,
    /// Groups of pairs: OR between groups, AND inside.
    #[serde(default)]
    pub join: Vec<Vec<JoinText>>,
    /// Outbound: only towards the object that contributed this attribute of the metaverse.
    #[serde(default)]
    pub contributor_of: Option<String>,
    /// Only in configurations that choose this anchor.
    #[serde(default)]
    pub only_with_anchor: Option<String>,
    /// Attributes that keep their name and value.
    #[serde(default)]
    pub direct: Vec<String>,
    /// Attributes that keep their name, and whose texts are trimmed.
    #[serde(default)]
    pub trim: Vec<String>,
    /// Attributes that change their name only: target, source.
    #[serde(default)]
    pub rename: BTreeMap<String, String>,
    /// All other transformations.
    #[serde(default)]
    pub flows: Vec<FlowText>,
    /// Copies of this rule for other classes.
    #[serde(default)]
    pub copies: Vec<CopyText>,
    /// Where the rule is known from.
    pub source: String,
    /// `observed`, `documented`, `assumed` or `custom`.
    pub confidence: String,
}

/// A copy of a rule for another class.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopyText {
    /// Unique.
    pub name: String,
    /// Unique.
    pub precedence: u16,
    /// Class in the connector space.
    pub object: String,
}

/// One clause.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClauseText {
    /// Attribute of the side that the rule reads.
    pub attribute: String,
    /// How it compares.
    pub operator: Comparison,
    /// With what; several for `ISIN` are cut at `;`. `%Group.MemberLimit%` is the configured limit.
    #[serde(default)]
    pub value: Option<String>,
}

/// One pair of a join.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JoinText {
    /// Of the connector space.
    pub object: String,
    /// Of the metaverse.
    pub metaverse: String,
    /// Whether case counts.
    #[serde(default)]
    pub case_sensitive: bool,
}

/// One transformation.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowText {
    /// The attribute that it fills.
    pub to: String,
    /// An attribute as it is.
    #[serde(default)]
    pub from: Option<String>,
    /// A constant.
    #[serde(default)]
    pub constant: Option<String>,
    /// An expression.
    #[serde(default)]
    pub expression: Option<String>,
    /// Apply once.
    #[serde(default)]
    pub once: bool,
    /// What becomes of other values.
    #[serde(default)]
    pub merge: Merge,
}
