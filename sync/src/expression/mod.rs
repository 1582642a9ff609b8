//! The language of transformations: expressions in the dialect of Visual Basic that sync rules use.
//!
//! `IIF(IsNullOrEmpty([displayName]), [cn], Trim([displayName]))`: attributes in brackets, parameters between
//! percent signs, texts in quotation marks (doubled inside), `&` joins texts, `&H` begins a hexadecimal
//! number, `$name` stands for an expression that the configuration gives. Names of functions are spelt as
//! they are listed, case included. Depth and length are bounded.

mod evaluate;
mod functions;
mod lexer;
mod parser;
#[cfg(test)]
mod tests;
mod texts;

pub(crate) use texts::components;

pub use evaluate::{Environment, Failure};
pub(crate) use evaluate::{equal, less};
pub use functions::Function;
pub use lexer::Problem;
pub(crate) use parser::Macros;
pub use parser::{MAX_DEPTH, MAX_LENGTH, parse};

use crate::value::{Kind, Name, Value};

/// A parsed expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// A literal.
    Constant(Value),
    /// `NULL`.
    Null,
    /// `IgnoreThisFlow`.
    Ignore,
    /// `[name]`: of the object that the rule reads.
    Attribute(Name),
    /// `[dn]`: the distinguished name of that object.
    DistinguishedName,
    /// `ImportedValue("name")`: what the directory itself last told, pending exports apart.
    Imported(Name),
    /// `%Domain.FQDN%` and the like.
    Parameter(Parameter),
    /// A function with its arguments.
    Call(Function, Vec<Expression>),
    /// Two operands.
    Binary(Operator, Box<Expression>, Box<Expression>),
    /// `-x`.
    Negative(Box<Expression>),
}

/// What stands between percent signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parameter {
    /// `%Connector.ID%`: the connector's name in the configuration.
    Connector,
    /// `%Domain.FQDN%`.
    Domain,
    /// `%Domain.Netbios%`.
    DomainNetbios,
    /// `%Forest.FQDN%`.
    Forest,
    /// `%Forest.Netbios%`.
    ForestNetbios,
    /// `%Group.MemberLimit%`: most members of a synchronized group (ours; no name of a real product).
    MemberLimit,
}

/// Between two operands, the loosest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `||`
    Or,
    /// `&&`
    And,
    /// `=`: texts without regard to case.
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `&`: texts one after the other.
    Join,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

impl Parameter {
    /// By its name between the percent signs; case counts.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "Connector.ID" => Self::Connector,
            "Domain.FQDN" => Self::Domain,
            "Domain.Netbios" => Self::DomainNetbios,
            "Forest.FQDN" => Self::Forest,
            "Forest.Netbios" => Self::ForestNetbios,
            "Group.MemberLimit" => Self::MemberLimit,
            _ => return None,
        })
    }
}

impl Expression {
    /// The kind of its values, where that can be told without running it.
    pub fn kind(&self, of_attribute: &dyn Fn(Name) -> Option<Kind>) -> Option<Kind> {
        match self {
            Self::Constant(value) => Some(value.kind()),
            Self::Null | Self::Ignore => None,
            Self::Attribute(name) | Self::Imported(name) => of_attribute(*name),
            Self::DistinguishedName => Some(Kind::Text),
            Self::Parameter(Parameter::MemberLimit) => Some(Kind::Integer),
            Self::Parameter(_) => Some(Kind::Text),
            Self::Call(function, arguments) => match function.result() {
                functions::Gives::Is(kind) => Some(kind),
                functions::Gives::Never => None,
                // a choice has the kind of its branches, a selection that of what is selected from
                functions::Gives::AsArgument(at) => {
                    arguments.iter().skip(at).find_map(|argument| argument.kind(of_attribute))
                }
            },
            Self::Binary(operator, ..) => Some(match operator {
                Operator::Join => Kind::Text,
                Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide => Kind::Integer,
                _ => Kind::Boolean,
            }),
            Self::Negative(_) => Some(Kind::Integer),
        }
    }

    /// Calls `see` with every attribute that is read.
    pub fn attributes(&self, see: &mut dyn FnMut(Name)) {
        match self {
            Self::Attribute(name) | Self::Imported(name) => see(*name),
            Self::Call(_, arguments) => arguments.iter().for_each(|argument| argument.attributes(see)),
            Self::Binary(_, left, right) => {
                left.attributes(see);
                right.attributes(see);
            }
            Self::Negative(inner) => inner.attributes(see),
            _ => {}
        }
    }
}
