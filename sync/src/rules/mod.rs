//! Rules: which objects meet in the metaverse, and which attribute becomes which.

mod check;
mod clause;
mod compile;
mod file;
mod picture;
mod schema;
#[cfg(test)]
pub(crate) mod tests;

pub use clause::{Clause, Comparison, in_scope};
pub use compile::compile;
pub(crate) use compile::compile_with;
pub use file::{ClauseText, FlowText, RuleFile, RuleText};
pub use picture::picture;
pub use schema::{Schema, Side};

use crate::expression::Expression;
use crate::value::{Name, Names, Value};

/// The default rules, compiled in: `data/default-rules.yaml`.
pub const DEFAULT_RULES: &str = include_str!("../../data/default-rules.yaml");
/// The rules of the option "Exchange hybrid", to be given beside the default ones:
/// `data/exchange-hybrid-rules.yaml`.
pub const EXCHANGE_HYBRID_RULES: &str = include_str!("../../data/exchange-hybrid-rules.yaml");
/// The attributes that rules may name, compiled in: `data/attributes.tsv`.
pub const ATTRIBUTES: &str = include_str!("../../data/attributes.tsv");

/// Which way a rule carries values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From a connector space to the metaverse.
    Inbound,
    /// From the metaverse to a connector space.
    Outbound,
}

/// The kind of directory behind a connector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectorKind {
    /// A forest.
    ActiveDirectory,
    /// The tenant.
    Cloud,
}

/// What a rule may do with the link between an object of a connector space and the metaverse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
pub enum Link {
    /// Make the other object where none is found.
    Provision,
    /// Join where one is found; keep attributes flowing.
    Join,
    /// As `Join`, and a link once made outlives the rule's scope.
    StickyJoin,
}

/// What becomes of the values of rules of lower precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
pub enum Merge {
    /// The highest precedence wins.
    #[default]
    Update,
    /// All values together.
    Merge,
    /// All values together, without those that differ in case only.
    MergeCaseInsensitive,
}

/// One pair of attributes that have to be equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinPair {
    /// Of the connector space.
    pub object: Name,
    /// Of the metaverse.
    pub metaverse: Name,
    /// Whether case counts.
    pub case_sensitive: bool,
}

/// Where the values of a flow come from.
#[derive(Debug, Clone, PartialEq)]
pub enum How {
    /// One value, always the same.
    Constant(Value),
    /// An attribute as it is.
    Direct(Name),
    /// An expression.
    Expression(Expression),
}

/// One transformation.
#[derive(Debug, Clone, PartialEq)]
pub struct Flow {
    /// The attribute that it fills.
    pub to: Name,
    /// Its source.
    pub how: How,
    /// Only while the target object is new, or (inbound) has no value yet.
    pub once: bool,
    /// What becomes of other values.
    pub merge: Merge,
}

/// A rule, checked and with numbers in place of names.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// Lower wins.
    pub precedence: u16,
    /// Which way.
    pub direction: Direction,
    /// For which connectors.
    pub connector: ConnectorKind,
    /// Class in the connector space.
    pub object: String,
    /// Type in the metaverse; `None` for any.
    pub metaverse: Option<String>,
    /// What it does with the link.
    pub link: Link,
    /// OR of ANDs; empty for all.
    pub scope: Vec<Vec<Clause>>,
    /// OR of ANDs; empty for none.
    pub join: Vec<Vec<JoinPair>>,
    /// Only towards the object that contributed this attribute (outbound).
    pub contributor_of: Option<Name>,
    /// The transformations.
    pub flows: Vec<Flow>,
}

/// All rules, by precedence, and the names that they use.
#[derive(Debug, Clone)]
pub struct RuleSet {
    pub(crate) rules: Vec<Rule>,
    pub(crate) names: Names,
    pub(crate) schema: Schema,
    /// Of the text that it was compiled from: other rules need a full synchronization.
    pub(crate) fingerprint: u64,
}

impl Rule {
    /// Whether it can link objects (or make them).
    pub fn links(&self) -> bool {
        self.link == Link::Provision || !self.join.is_empty()
    }
}

impl RuleSet {
    /// By precedence.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The names of attributes.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// The attributes that an import of this kind of connector has to ask for.
    pub fn wanted(&self, connector: ConnectorKind) -> Vec<String> {
        let mut wanted = std::collections::BTreeSet::new();
        for rule in self.rules.iter().filter(|rule| rule.connector == connector) {
            let inbound = rule.direction == Direction::Inbound;
            wanted.extend(rule.join.iter().flatten().map(|pair| pair.object));
            if inbound {
                wanted.extend(rule.scope.iter().flatten().map(|clause| clause.attribute));
            }
            for flow in &rule.flows {
                if !inbound {
                    wanted.insert(flow.to);
                    continue;
                }
                match &flow.how {
                    How::Constant(_) => {}
                    How::Direct(name) => wanted.extend([*name]),
                    How::Expression(expression) => {
                        expression.attributes(&mut |name| wanted.extend([name]));
                    }
                }
            }
        }
        wanted.into_iter().map(|name| self.names.spelling(name).to_owned()).collect()
    }

    /// The classes that rules of this kind of connector speak of.
    pub fn classes(&self, connector: ConnectorKind) -> std::collections::BTreeSet<&str> {
        let of = |rule: &&Rule| rule.connector == connector;
        self.rules.iter().filter(of).map(|rule| rule.object.as_str()).collect()
    }
}
