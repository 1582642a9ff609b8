//! The tree of a `$filter` expression, and its canonical text.

use forestbed_sim::clock::SimTime;
use forestbed_sim::ids::Guid;
use std::fmt;

/// An expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expr {
    /// A constant.
    Literal(Literal),
    /// `displayName`, `manager/id`, `$it/x`, `assignedLicenses/$count`, `microsoft.graph.user/mail`.
    Path(Vec<String>),
    /// Two or more operands of `and`.
    And(Vec<Expr>),
    /// Two or more operands of `or`.
    Or(Vec<Expr>),
    /// `not x`.
    Not(Box<Expr>),
    /// `-x`.
    Negate(Box<Expr>),
    /// `a eq b`, `a add b`...
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `a in ('x','y')`.
    In(Box<Expr>, Vec<Expr>),
    /// `startsWith(displayName,'a')`.
    Call(String, Vec<Expr>),
    /// `proxyAddresses/any(p:p eq 'x')`.
    Lambda(Box<Lambda>),
}

/// `path/any(variable:body)`; `any()` has no body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lambda {
    /// The collection.
    pub(crate) path: Vec<String>,
    /// `all` instead of `any`.
    pub(crate) all: bool,
    /// The range variable and what must hold of it.
    pub(crate) body: Option<(String, Expr)>,
}

/// Operators with two operands, `and`, `or` and `in` apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BinaryOp {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
    Has,
    Add,
    Sub,
    Mul,
    Div,
    Mod,
}

impl BinaryOp {
    const ALL: [BinaryOp; 12] = [
        BinaryOp::Eq,
        BinaryOp::Ne,
        BinaryOp::Gt,
        BinaryOp::Ge,
        BinaryOp::Lt,
        BinaryOp::Le,
        BinaryOp::Has,
        BinaryOp::Add,
        BinaryOp::Sub,
        BinaryOp::Mul,
        BinaryOp::Div,
        BinaryOp::Mod,
    ];

    /// The operator of a name, in any case.
    pub(crate) fn of(name: &str) -> Option<BinaryOp> {
        BinaryOp::ALL.into_iter().find(|op| op.name().eq_ignore_ascii_case(name))
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            BinaryOp::Eq => "eq",
            BinaryOp::Ne => "ne",
            BinaryOp::Gt => "gt",
            BinaryOp::Ge => "ge",
            BinaryOp::Lt => "lt",
            BinaryOp::Le => "le",
            BinaryOp::Has => "has",
            BinaryOp::Add => "add",
            BinaryOp::Sub => "sub",
            BinaryOp::Mul => "mul",
            BinaryOp::Div => "div",
            BinaryOp::Mod => "mod",
        }
    }

    /// Its name in the messages of the OData library.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            BinaryOp::Eq => "Equal",
            BinaryOp::Ne => "NotEqual",
            BinaryOp::Gt => "GreaterThan",
            BinaryOp::Ge => "GreaterThanOrEqual",
            BinaryOp::Lt => "LessThan",
            BinaryOp::Le => "LessThanOrEqual",
            BinaryOp::Has => "Has",
            BinaryOp::Add => "Add",
            BinaryOp::Sub => "Subtract",
            BinaryOp::Mul => "Multiply",
            BinaryOp::Div => "Divide",
            BinaryOp::Mod => "Modulo",
        }
    }

    /// `a op b` said as `b op' a`.
    pub(crate) fn mirrored(self) -> BinaryOp {
        match self {
            BinaryOp::Gt => BinaryOp::Lt,
            BinaryOp::Ge => BinaryOp::Le,
            BinaryOp::Lt => BinaryOp::Gt,
            BinaryOp::Le => BinaryOp::Ge,
            other => other,
        }
    }

    /// How tightly it binds: comparison, sum, product.
    pub(crate) fn level(self) -> u8 {
        match self {
            BinaryOp::Add | BinaryOp::Sub => 1,
            BinaryOp::Mul | BinaryOp::Div | BinaryOp::Mod => 2,
            _ => 0,
        }
    }
}

/// A constant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Literal {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A whole number that fits.
    Integer(i64),
    /// Any other number, as it stands.
    Decimal(String),
    /// `'text'`, unescaped.
    Text(String),
    /// A GUID without quotes.
    Guid(Guid),
    /// A date with time and zone: the instant and the text.
    Instant(SimTime, String),
    /// `2026-01-05`.
    Date(String),
    /// `08:00:00`.
    TimeOfDay(String),
    /// `duration'PT1H'`, `microsoft.graph.x'y'`.
    Prefixed(String, String),
}

impl Literal {
    /// Its primitive type, as the OData library names it.
    pub(crate) fn edm(&self) -> &str {
        match self {
            Literal::Null => "Edm.Null",
            Literal::Bool(_) => "Edm.Boolean",
            Literal::Integer(n) if i32::try_from(*n).is_ok() => "Edm.Int32",
            Literal::Integer(_) => "Edm.Int64",
            Literal::Decimal(_) => "Edm.Double",
            Literal::Text(_) => "Edm.String",
            Literal::Guid(_) => "Edm.Guid",
            Literal::Instant(..) => "Edm.DateTimeOffset",
            Literal::Date(_) => "Edm.Date",
            Literal::TimeOfDay(_) => "Edm.TimeOfDay",
            Literal::Prefixed(prefix, _) if prefix.eq_ignore_ascii_case("duration") => "Edm.Duration",
            Literal::Prefixed(prefix, _) => prefix,
        }
    }
}

/// A text as it stands in an expression: quotes doubled, in quotes.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Literal::Null => f.write_str("null"),
            Literal::Bool(value) => write!(f, "{value}"),
            Literal::Integer(value) => write!(f, "{value}"),
            Literal::Text(text) => f.write_str(&quoted(text)),
            Literal::Guid(guid) => write!(f, "{guid}"),
            Literal::Decimal(text)
            | Literal::Instant(_, text)
            | Literal::Date(text)
            | Literal::TimeOfDay(text) => f.write_str(text),
            Literal::Prefixed(prefix, text) => write!(f, "{prefix}{}", quoted(text)),
        }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expr::Literal(literal) => write!(f, "{literal}"),
            Expr::Path(path) => f.write_str(&path.join("/")),
            Expr::And(parts) => joined(f, parts, " and "),
            Expr::Or(parts) => joined(f, parts, " or "),
            Expr::Not(inner) => write!(f, "not {}", Operand(inner)),
            Expr::Negate(inner) => write!(f, "-({inner})"),
            Expr::Binary(op, left, right) => {
                write!(f, "{} {} {}", Operand(left), op.name(), Operand(right))
            }
            Expr::In(left, list) => {
                write!(f, "{} in (", Operand(left))?;
                listed(f, list)?;
                f.write_str(")")
            }
            Expr::Call(name, args) => {
                write!(f, "{name}(")?;
                listed(f, args)?;
                f.write_str(")")
            }
            Expr::Lambda(lambda) => {
                write!(f, "{}/{}(", lambda.path.join("/"), if lambda.all { "all" } else { "any" })?;
                if let Some((variable, body)) = &lambda.body {
                    write!(f, "{variable}:{body}")?;
                }
                f.write_str(")")
            }
        }
    }
}

struct Operand<'e>(&'e Expr);

impl fmt::Display for Operand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Expr::Literal(_) | Expr::Path(_) | Expr::Call(..) | Expr::Lambda(_) => write!(f, "{}", self.0),
            compound => write!(f, "({compound})"),
        }
    }
}

fn joined(f: &mut fmt::Formatter<'_>, parts: &[Expr], separator: &str) -> fmt::Result {
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            f.write_str(separator)?;
        }
        write!(f, "{}", Operand(part))?;
    }
    Ok(())
}

fn listed(f: &mut fmt::Formatter<'_>, parts: &[Expr]) -> fmt::Result {
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            f.write_str(",")?;
        }
        write!(f, "{part}")?;
    }
    Ok(())
}
