//! Scoping filters: groups of clauses, OR between the groups, AND inside.

use crate::expression::{equal, less};
use crate::value::{Attributes, Name, Value};

/// How a clause compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs)]
pub enum Comparison {
    Equal,
    NotEqual,
    LessThan,
    LessThanOrEqual,
    GreaterThan,
    GreaterThanOrEqual,
    Contains,
    NotContains,
    StartsWith,
    NotStartsWith,
    EndsWith,
    NotEndsWith,
    IsNull,
    IsNotNull,
    IsIn,
    IsNotIn,
    IsBitSet,
    IsBitNotSet,
}

/// One condition on an attribute of the object that the rule reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    /// The attribute.
    pub attribute: Name,
    /// How it compares.
    pub comparison: Comparison,
    /// With what; several for `ISIN`.
    pub values: Vec<Value>,
}

/// Whether an object is in the scope of a rule; no clauses let everything in.
pub fn in_scope(scope: &[Vec<Clause>], attributes: &Attributes) -> bool {
    scope.is_empty() || scope.iter().any(|group| group.iter().all(|clause| clause.holds(attributes)))
}

impl Clause {
    /// Whether it holds. An absent attribute is not equal to, does not contain and does not begin with
    /// anything; a condition that holds for one of several values holds.
    pub fn holds(&self, attributes: &Attributes) -> bool {
        let values = attributes.get(self.attribute);
        let any = |test: &dyn Fn(&Value, &Value) -> bool| {
            values.iter().any(|value| self.values.iter().any(|with| test(value, with)))
        };
        let text = |test: fn(&str, &str) -> bool| {
            any(&|value, with| test(&value.display().to_lowercase(), &with.display().to_lowercase()))
        };
        match self.comparison {
            Comparison::Equal | Comparison::IsIn => any(&equal),
            Comparison::NotEqual | Comparison::IsNotIn => !any(&equal),
            Comparison::LessThan => any(&less),
            Comparison::GreaterThanOrEqual => any(&|value, with| !less(value, with)),
            Comparison::GreaterThan => any(&|value, with| less(with, value)),
            Comparison::LessThanOrEqual => any(&|value, with| !less(with, value)),
            Comparison::Contains => text(|value, with| value.contains(with)),
            Comparison::NotContains => !text(|value, with| value.contains(with)),
            Comparison::StartsWith => text(|value, with| value.starts_with(with)),
            Comparison::NotStartsWith => !text(|value, with| value.starts_with(with)),
            Comparison::EndsWith => text(|value, with| value.ends_with(with)),
            Comparison::NotEndsWith => !text(|value, with| value.ends_with(with)),
            Comparison::IsNull => values.is_empty(),
            Comparison::IsNotNull => !values.is_empty(),
            Comparison::IsBitSet => any(&bits),
            Comparison::IsBitNotSet => !any(&bits),
        }
    }
}

fn bits(value: &Value, mask: &Value) -> bool {
    matches!((value, mask), (Value::Integer(value), Value::Integer(mask)) if value & mask != 0)
}
