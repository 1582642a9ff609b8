//! Filters as trees of this test's own: printed for the server, and evaluated naively over its JSON.
//!
//! Nothing here is shared with the server: it has no parser at all, and its notion of a match is a few lines over
//! `serde_json::Value`.

use serde_json::Value;
use std::cmp::Ordering;

#[derive(Debug, Clone)]
pub(super) enum Lit {
    Null,
    Bool(bool),
    Text(String),
    Guid(String),
    /// An instant as Graph writes it, with Z.
    Time(String),
}

#[derive(Debug, Clone)]
pub(super) enum F {
    /// Path, operator, literal. Inside a lambda, the empty path is the element itself.
    Cmp(String, &'static str, Lit),
    In(String, Vec<Lit>),
    Starts(String, String),
    Ends(String, String),
    And(Vec<F>),
    Or(Vec<F>),
    Not(Box<F>),
    Any(String, Box<F>),
    /// `any()`.
    Some(String),
    Count(String, &'static str, usize),
}

pub(super) fn cmp(path: &str, op: &'static str, lit: Lit) -> F {
    F::Cmp(path.to_owned(), op, lit)
}

pub(super) fn text(value: &str) -> Lit {
    Lit::Text(value.to_owned())
}

pub(super) fn any(path: &str, body: F) -> F {
    F::Any(path.to_owned(), Box::new(body))
}

pub(super) fn not(inner: F) -> F {
    F::Not(Box::new(inner))
}

impl Lit {
    fn text(&self) -> String {
        match self {
            Lit::Null => "null".to_owned(),
            Lit::Bool(value) => value.to_string(),
            Lit::Text(text) => format!("'{}'", text.replace('\'', "''")),
            Lit::Guid(text) | Lit::Time(text) => text.clone(),
        }
    }

    fn order(&self, value: &Value, exact: bool) -> Option<Ordering> {
        match (self, value) {
            (Lit::Null, Value::Null) => Some(Ordering::Equal),
            (Lit::Bool(own), Value::Bool(other)) => Some(other.cmp(own)),
            (Lit::Text(own), Value::String(other)) if exact => Some(other.cmp(own)),
            (Lit::Text(own) | Lit::Guid(own), Value::String(other)) => {
                Some(other.to_lowercase().cmp(&own.to_lowercase()))
            }
            // the same form on both sides, so that the order of texts is that of instants
            (Lit::Time(own), Value::String(other)) => Some(other.as_str().cmp(own.as_str())),
            _ => None,
        }
    }
}

impl F {
    /// The filter as a client writes it; `variable` is that of the lambda around.
    pub(super) fn text(&self, variable: &str) -> String {
        let path = |path: &str| match (variable, path) {
            ("", path) => path.to_owned(),
            (variable, "") => variable.to_owned(),
            (variable, path) => format!("{variable}/{path}"),
        };
        let joined = |parts: &[F], word: &str| -> String {
            let inner = |part: &F| match part {
                F::And(_) | F::Or(_) => format!("({})", part.text(variable)),
                _ => part.text(variable),
            };
            parts.iter().map(inner).collect::<Vec<_>>().join(word)
        };
        match self {
            F::Cmp(p, op, lit) => format!("{} {op} {}", path(p), lit.text()),
            F::In(p, list) => {
                format!("{} in ({})", path(p), list.iter().map(Lit::text).collect::<Vec<_>>().join(","))
            }
            F::Starts(p, start) => format!("startsWith({},{})", path(p), Lit::Text(start.clone()).text()),
            F::Ends(p, end) => format!("endsWith({},{})", path(p), Lit::Text(end.clone()).text()),
            F::And(parts) => joined(parts, " and "),
            F::Or(parts) => joined(parts, " or "),
            F::Not(inner) => format!("not({})", inner.text(variable)),
            F::Any(p, body) => format!("{}/any(x:{})", path(p), body.text("x")),
            F::Some(p) => format!("{}/any()", path(p)),
            F::Count(p, op, n) => format!("{}/$count {op} {n}", path(p)),
        }
    }

    /// Whether an object of Graph's JSON meets it.
    pub(super) fn holds(&self, object: &Value) -> bool {
        let at = |path: &str| match path {
            "" => object,
            path => path.split('/').fold(object, |value, name| &value[name]),
        };
        let elements = |path: &str| at(path).as_array().cloned().unwrap_or_default();
        match self {
            F::Cmp(path, op, lit) => {
                // two anchors that differ in case are two anchors (docs/decisions/0005)
                let order = lit.order(at(path), path == "onPremisesImmutableId");
                match *op {
                    "eq" => order == Some(Ordering::Equal),
                    "ne" => order != Some(Ordering::Equal),
                    "gt" => order == Some(Ordering::Greater),
                    "ge" => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
                    "lt" => order == Some(Ordering::Less),
                    "le" => matches!(order, Some(Ordering::Less | Ordering::Equal)),
                    other => panic!("{other}"),
                }
            }
            F::In(path, list) => list.iter().any(|lit| cmp(path, "eq", lit.clone()).holds(object)),
            F::Starts(path, start) => {
                lower(at(path)).is_some_and(|own| own.starts_with(&start.to_lowercase()))
            }
            F::Ends(path, end) => lower(at(path)).is_some_and(|own| own.ends_with(&end.to_lowercase())),
            F::And(parts) => parts.iter().all(|part| part.holds(object)),
            F::Or(parts) => parts.iter().any(|part| part.holds(object)),
            F::Not(inner) => !inner.holds(object),
            F::Any(path, body) => elements(path).iter().any(|element| body.holds(element)),
            F::Some(path) => !elements(path).is_empty(),
            F::Count(path, op, n) => {
                let count = elements(path).len();
                match *op {
                    "eq" => count == *n,
                    "ne" => count != *n,
                    "gt" => count > *n,
                    "ge" => count >= *n,
                    "lt" => count < *n,
                    "le" => count <= *n,
                    other => panic!("{other}"),
                }
            }
        }
    }
}

fn lower(value: &Value) -> Option<String> {
    value.as_str().map(str::to_lowercase)
}
