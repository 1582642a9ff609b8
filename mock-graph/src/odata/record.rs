//! `$filter` over records: what is no directory object (log entries, subscriptions) and is made as JSON.
//!
//! Every property of the type's table can be compared, as these collections have no table of operators.

use super::ast::{BinaryOp, Expr, Lambda, Literal};
use super::error::QueryError;
use super::metadata::{PropertyInfo, Type, described, members};
use super::parser;
use forestbed_sim::clock::SimTime;
use serde_json::Value;
use std::cmp::Ordering;

/// A `$filter` whose names were checked against a type.
#[derive(Debug)]
pub(crate) struct RecordFilter {
    expr: Expr,
}

/// Reads a `$filter` for records of a type.
pub(crate) fn record_filter(ty: &'static str, text: &str) -> Result<RecordFilter, QueryError> {
    let expr = parser::parse(text)?;
    check(&expr, Scope::Root(ty))?;
    if !is_condition(&expr, Scope::Root(ty)) {
        return Err(QueryError::new("filter-not-boolean"));
    }
    Ok(RecordFilter { expr })
}

impl RecordFilter {
    /// Whether a record meets it.
    pub(crate) fn holds(&self, record: &Value) -> bool {
        holds(&self.expr, record, None)
    }
}

/// What names are looked up in: the record itself, or also the variable of a lambda.
#[derive(Clone, Copy)]
enum Scope<'e> {
    Root(&'static str),
    Variable { root: &'static str, name: &'e str, ty: Type },
}

impl<'e> Scope<'e> {
    fn root(self) -> &'static str {
        match self {
            Scope::Root(ty) | Scope::Variable { root: ty, .. } => ty,
        }
    }

    /// The type at the end of a path, and whether it is a collection.
    fn resolve(self, path: &[String]) -> Result<(Type, bool), QueryError> {
        let unknown = |name: &str, ty: &str| {
            QueryError::new("filter-unknown-property")
                .arg("property", name)
                .arg("type", format!("microsoft.graph.{ty}"))
                .unknown(format!("$filter by {name}"))
        };
        let (mut at, rest) = match (self, path.split_first()) {
            (Scope::Variable { name, ty, .. }, Some((first, rest))) if first == name => ((ty, false), rest),
            (_, Some((first, rest))) => {
                let found = described(self.root()).iter().find(|own| own.name.eq_ignore_ascii_case(first));
                let found = found.ok_or_else(|| unknown(first, self.root()))?;
                ((found.ty, found.collection), rest)
            }
            (_, None) => return Err(QueryError::new("unsupported-query")),
        };
        for name in rest.iter().filter(|name| !name.to_ascii_lowercase().starts_with("microsoft.graph.")) {
            let Type::Complex(complex) = at.0 else { return Err(unknown(name, &at.0.edm())) };
            if at.1 {
                return Err(QueryError::new("filter-any-on-single").arg("word", name));
            }
            let member: Option<&PropertyInfo> =
                members(complex).find(|member| member.name.eq_ignore_ascii_case(name));
            at = match member {
                Some(member) => (member.ty, member.collection),
                // a type without rows is open
                None if members(complex).next().is_none() => (Type::String, false),
                None => return Err(unknown(name, complex)),
            };
        }
        Ok(at)
    }
}

fn unsupported(what: &Expr) -> QueryError {
    QueryError::new("unsupported-query").unknown(format!("$filter {what}"))
}

fn check(expr: &Expr, scope: Scope<'_>) -> Result<(), QueryError> {
    match expr {
        Expr::Literal(_) => Ok(()),
        Expr::Path(path) => scope.resolve(path).map(drop),
        Expr::And(parts) | Expr::Or(parts) => parts.iter().try_for_each(|part| check(part, scope)),
        Expr::Not(inner) => check(inner, scope),
        Expr::Binary(op, left, right) if op.level() == 0 && *op != BinaryOp::Has => {
            check(left, scope)?;
            check(right, scope)
        }
        Expr::In(left, list) => {
            check(left, scope)?;
            list.iter().try_for_each(|one| check(one, scope))
        }
        Expr::Call(name, args) if function(name).is_some() && args.len() == 2 => {
            args.iter().try_for_each(|arg| check(arg, scope))
        }
        Expr::Call(name, _) if function(name).is_some() => {
            Err(QueryError::new("filter-no-signature").arg("function", name))
        }
        Expr::Call(name, _) => Err(QueryError::new("filter-unknown-function").arg("function", name)),
        Expr::Lambda(lambda) => match (scope, lambda.all) {
            (Scope::Root(root), false) => check_lambda(lambda, root, scope),
            _ => Err(unsupported(expr)),
        },
        Expr::Negate(_) | Expr::Binary(..) => Err(unsupported(expr)),
    }
}

fn check_lambda(lambda: &Lambda, root: &'static str, scope: Scope<'_>) -> Result<(), QueryError> {
    let (ty, collection) = scope.resolve(&lambda.path)?;
    if !collection {
        return Err(QueryError::new("filter-any-on-single").arg("word", "any"));
    }
    match &lambda.body {
        Some((name, body)) => check(body, Scope::Variable { root, name, ty }),
        None => Ok(()),
    }
}

fn is_condition(expr: &Expr, scope: Scope<'_>) -> bool {
    match expr {
        Expr::Literal(literal) => matches!(literal, Literal::Bool(_)),
        Expr::Path(path) => scope.resolve(path).is_ok_and(|found| found == (Type::Boolean, false)),
        _ => true,
    }
}

type Function = fn(&str, &str) -> bool;

fn function(name: &str) -> Option<Function> {
    match name.to_ascii_lowercase().as_str() {
        "startswith" => Some(|text, part| text.starts_with(part)),
        "endswith" => Some(|text, part| text.ends_with(part)),
        "contains" => Some(|text, part| text.contains(part)),
        _ => None,
    }
}

/// The variable of a lambda with its value.
type Bound<'a> = Option<(&'a str, &'a Value)>;

fn holds(expr: &Expr, record: &Value, bound: Bound<'_>) -> bool {
    match expr {
        Expr::Literal(literal) => *literal == Literal::Bool(true),
        Expr::Path(_) => operand(expr, record, bound) == Some(Operand::Json(&Value::Bool(true))),
        Expr::And(parts) => parts.iter().all(|part| holds(part, record, bound)),
        Expr::Or(parts) => parts.iter().any(|part| holds(part, record, bound)),
        Expr::Not(inner) => !holds(inner, record, bound),
        Expr::Binary(op, left, right) => compared(*op, left, right, record, bound),
        Expr::In(left, list) => list.iter().any(|one| compared(BinaryOp::Eq, left, one, record, bound)),
        Expr::Call(name, args) => {
            let text = |at: usize| args.get(at).and_then(|arg| operand(arg, record, bound)?.text());
            match (function(name), text(0), text(1)) {
                (Some(function), Some(text), Some(part)) => function(&text, &part),
                _ => false,
            }
        }
        Expr::Lambda(lambda) => {
            let found = walk(&lambda.path, record, bound);
            let Some(elements) = found.as_array() else { return false };
            match &lambda.body {
                None => !elements.is_empty(),
                Some((name, body)) => {
                    elements.iter().any(|element| holds(body, record, Some((name.as_str(), element))))
                }
            }
        }
        Expr::Negate(_) => false,
    }
}

/// One side of a comparison.
#[derive(Clone, Copy, PartialEq)]
enum Operand<'a> {
    Json(&'a Value),
    Literal(&'a Literal),
}

impl Operand<'_> {
    /// Texts are compared in lower case, as everywhere in Graph.
    fn text(self) -> Option<String> {
        match self {
            Operand::Json(Value::String(text)) => Some(text.to_lowercase()),
            Operand::Literal(Literal::Text(text) | Literal::Prefixed(_, text)) => Some(text.to_lowercase()),
            Operand::Literal(Literal::Guid(guid)) => Some(guid.to_string()),
            Operand::Literal(Literal::Instant(_, text) | Literal::Date(text)) => Some(text.to_lowercase()),
            _ => None,
        }
    }

    fn instant(self) -> Option<SimTime> {
        match self {
            Operand::Json(Value::String(text)) => SimTime::parse_rfc3339(text),
            Operand::Literal(Literal::Instant(time, _)) => Some(*time),
            Operand::Literal(Literal::Date(text)) => SimTime::parse_rfc3339(&format!("{text}T00:00:00Z")),
            Operand::Literal(Literal::Text(text)) => SimTime::parse_rfc3339(text),
            _ => None,
        }
    }

    fn number(self) -> Option<i64> {
        match self {
            Operand::Json(value) => value.as_i64(),
            Operand::Literal(Literal::Integer(number)) => Some(*number),
            Operand::Literal(_) => None,
        }
    }

    fn boolean(self) -> Option<bool> {
        match self {
            Operand::Json(value) => value.as_bool(),
            Operand::Literal(Literal::Bool(value)) => Some(*value),
            Operand::Literal(_) => None,
        }
    }

    fn is_null(self) -> bool {
        matches!(self, Operand::Json(Value::Null) | Operand::Literal(Literal::Null))
    }
}

fn operand<'a>(expr: &'a Expr, record: &'a Value, bound: Bound<'a>) -> Option<Operand<'a>> {
    match expr {
        Expr::Literal(literal) => Some(Operand::Literal(literal)),
        Expr::Path(path) => Some(Operand::Json(walk(path, record, bound))),
        _ => None,
    }
}

fn walk<'a>(path: &[String], record: &'a Value, bound: Bound<'a>) -> &'a Value {
    let (mut at, rest) = match (bound, path.split_first()) {
        (Some((name, value)), Some((first, rest))) if first == name => (value, rest),
        _ => (record, path),
    };
    for name in rest.iter().filter(|name| !name.to_ascii_lowercase().starts_with("microsoft.graph.")) {
        let member = at.as_object().and_then(|members| {
            members.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        });
        at = member.unwrap_or(&Value::Null);
    }
    at
}

fn compared(op: BinaryOp, left: &Expr, right: &Expr, record: &Value, bound: Bound<'_>) -> bool {
    let (Some(left), Some(right)) = (operand(left, record, bound), operand(right, record, bound)) else {
        return false;
    };
    let order = order(left, right);
    match op {
        BinaryOp::Eq => order == Some(Ordering::Equal),
        BinaryOp::Ne => order != Some(Ordering::Equal),
        BinaryOp::Gt => order == Some(Ordering::Greater),
        BinaryOp::Ge => order.is_some_and(Ordering::is_ge),
        BinaryOp::Lt => order == Some(Ordering::Less),
        BinaryOp::Le => order.is_some_and(Ordering::is_le),
        _ => false,
    }
}

fn order(left: Operand<'_>, right: Operand<'_>) -> Option<Ordering> {
    if left.is_null() || right.is_null() {
        return (left.is_null() && right.is_null()).then_some(Ordering::Equal);
    }
    if let (Some(left), Some(right)) = (left.instant(), right.instant()) {
        return Some(left.cmp(&right));
    }
    if let (Some(left), Some(right)) = (left.text(), right.text()) {
        return Some(left.cmp(&right));
    }
    if let (Some(left), Some(right)) = (left.number(), right.number()) {
        return Some(left.cmp(&right));
    }
    Some(left.boolean()?.cmp(&right.boolean()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry() -> Value {
        json!({
            "activityDisplayName": "Add user",
            "activityDateTime": "2026-01-05T08:00:01Z",
            "result": "success",
            "category": "UserManagement",
            "initiatedBy": { "app": { "displayName": "forestbed" }, "user": null },
            "targetResources": [{ "id": "7", "type": "User" }, { "id": "9", "type": "Group" }],
            "resultReason": null,
        })
    }

    #[test]
    fn records_are_compared_by_what_the_documents_name() {
        let entry = entry();
        for (text, expected) in [
            ("activityDisplayName eq 'add USER'", true),
            ("activityDisplayName ne 'Add user'", false),
            ("activityDateTime ge 2026-01-05T08:00:00Z", true),
            ("activityDateTime ge 2026-01-05T08:00:00.5Z and activityDateTime lt 2026-01-05T08:00:02Z", true),
            ("activityDateTime gt 2026-01-06", false),
            ("startswith(activityDisplayName,'Add')", true),
            ("initiatedBy/app/displayName eq 'forestbed'", true),
            ("initiatedBy/user/userPrincipalName eq 'x'", false),
            ("initiatedBy/user/userPrincipalName eq null", true),
            ("targetResources/any(t:t/id eq '9')", true),
            ("targetResources/any(t: t/id eq '9' and t/type eq 'User')", false),
            ("targetResources/any()", true),
            ("result in ('failure','timeout')", false),
            ("not (result eq 'failure')", true),
            ("category eq 'x' or category eq 'UserManagement'", true),
            ("true", true),
        ] {
            let filter =
                record_filter("directoryAudit", text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
            assert_eq!(filter.holds(&entry), expected, "{text}");
        }
    }

    #[test]
    fn what_no_record_has_is_refused() {
        for (text, key) in [
            ("nosuch eq 1", "filter-unknown-property"),
            ("initiatedBy/nosuch eq 1", "filter-unknown-property"),
            ("targetResources/any(t:t/nosuch eq 1)", "filter-unknown-property"),
            ("category/x eq 1", "filter-unknown-property"),
            ("category/any(c:c eq 'x')", "filter-any-on-single"),
            ("nosuch(category,'x')", "filter-unknown-function"),
            ("startswith(category)", "filter-no-signature"),
            ("targetResources/all(t:t/id eq '9')", "unsupported-query"),
            ("category", "filter-not-boolean"),
            ("category eq", "filter-expression-expected"),
        ] {
            assert_eq!(
                record_filter("directoryAudit", text).map_err(|error| error.key).err(),
                Some(key),
                "{text}"
            );
        }
    }
}
