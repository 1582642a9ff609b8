//! Graph's error envelope, and the texts of graph-texts.tsv.

use super::call::{ApiCall, ApiReply};
use super::json::Object;
use crate::odata::{QueryError, rows};
use forestbed_sim::tenant::TenantError;
use std::fmt::Display;
use std::sync::LazyLock;

/// key, status, code, message, source, confidence.
static TEXTS: LazyLock<Vec<Vec<&'static str>>> =
    LazyLock::new(|| rows(include_str!("../../data/graph-texts.tsv")).collect());

/// One element of `details`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Detail {
    /// `ObjectConflict`, `InvalidValue`...
    pub(crate) code: String,
    /// Its own text.
    pub(crate) message: String,
    /// The property or object that it is about.
    pub(crate) target: String,
}

/// An error as Graph tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    /// The HTTP status.
    pub(crate) status: u16,
    /// `Request_BadRequest`...
    pub(crate) code: String,
    /// The text.
    pub(crate) message: String,
    /// What exactly is wrong; mostly empty.
    pub(crate) details: Vec<Detail>,
    /// What the server did not know, for the journal.
    pub(crate) unknown: Option<String>,
}

impl ApiError {
    /// An error without details.
    pub(crate) fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> ApiError {
        ApiError { status, code: code.into(), message: message.into(), details: Vec::new(), unknown: None }
    }

    /// The error with this key of graph-texts.tsv. A key that the table does not have becomes Graph's general
    /// 400, so that no request panics; a test holds every key in the code against the table.
    pub(crate) fn of(key: &str, values: &[(&'static str, &str)]) -> ApiError {
        let row = TEXTS.iter().find(|cells| cells[0] == key).map(Vec::as_slice);
        let Some([_, status, code, message, ..]) = row else {
            return ApiError::new(400, "BadRequest", key);
        };
        ApiError::new(status.parse().unwrap_or(400), *code, fill(message, values))
    }

    /// The same error, with a note for the journal.
    pub(crate) fn with_unknown(mut self, unknown: impl Into<String>) -> ApiError {
        self.unknown = Some(unknown.into());
        self
    }

    /// The object does not exist.
    pub(crate) fn not_found(id: &str) -> ApiError {
        ApiError::of("not-found", &[("id", id)])
    }

    /// The answer that carries it: `{"error":{"code","message","details"?,"innerError"}}`.
    pub(crate) fn reply(&self, call: &ApiCall<'_>) -> ApiReply {
        let mut body = Vec::new();
        let mut outer = Object::new(&mut body);
        let mut error = Object::new(outer.key("error"));
        error.text("code", &self.code);
        error.text("message", &self.message);
        if !self.details.is_empty() {
            error.array("details", &self.details, |out, detail| {
                let mut object = Object::new(out);
                object.text("code", &detail.code);
                object.text("message", &detail.message);
                object.text("target", &detail.target);
                object.end();
            });
        }
        inner_error(error.key("innerError"), call);
        error.end();
        outer.end();
        let mut reply = ApiReply::json(self.status, body, 0);
        reply.unknown.clone_from(&self.unknown);
        reply
    }
}

/// Fills `{name}` in one pass: a value that itself holds braces stays as it is.
fn fill(text: &str, values: &[(&'static str, impl Display)]) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        rest = &rest[open..];
        let name = rest.find('}').map(|close| &rest[1..close]);
        let value = name.and_then(|name| values.iter().find(|(known, _)| *known == name));
        match (name, value) {
            (Some(name), Some((_, value))) => {
                out.push_str(&value.to_string());
                rest = &rest[name.len() + 2..];
            }
            _ => {
                out.push('{');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// `innerError`: the date has neither a zone nor a fraction (microsoft-graph.md section 4).
fn inner_error(out: &mut Vec<u8>, call: &ApiCall<'_>) {
    let mut object = Object::new(out);
    object.text("date", call.now.rfc3339().trim_end_matches('Z'));
    object.text("request-id", &call.request_id.to_string());
    object.text("client-request-id", &call.client_request_id());
    object.end();
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> ApiError {
        let values: Vec<(&'static str, &str)> =
            error.args.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let mut out = ApiError::of(error.key, &values);
        out.unknown = error.unknown;
        out
    }
}

impl From<TenantError> for ApiError {
    fn from(error: TenantError) -> ApiError {
        let detail = |d: forestbed_sim::tenant::ErrorDetail| Detail {
            code: d.code.to_owned(),
            message: d.message,
            target: d.target,
        };
        ApiError {
            status: error.status,
            code: error.code.to_owned(),
            message: error.message,
            details: error.details.into_iter().map(detail).collect(),
            unknown: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_in_the_code_has_a_row_and_every_row_a_source() {
        let mut known = Vec::new();
        for cells in rows(include_str!("../../data/graph-texts.tsv")) {
            assert_eq!(cells.len(), 6, "{cells:?}");
            assert!(!cells[4].is_empty() && cells[1].parse::<u16>().is_ok(), "{cells:?}");
            assert!(["observed", "documented", "assumed"].contains(&cells[5]), "{cells:?}");
            assert!(!known.contains(&cells[0]), "{} twice", cells[0]);
            known.push(cells[0]);
        }
        let code = [
            include_str!("../odata/bind.rs"),
            include_str!("../odata/lexer.rs"),
            include_str!("../odata/parser.rs"),
            include_str!("../odata/options.rs"),
            include_str!("../odata/search.rs"),
        ]
        .concat();
        let mut used = 0;
        for part in code.split("QueryError::new(\"").skip(1) {
            let key = part.split('"').next().unwrap();
            assert!(known.contains(&key), "{key}");
            used += 1;
        }
        assert!(used > 20, "{used}");
    }

    #[test]
    fn values_fill_the_braces_once() {
        let error = ApiError::of("page-size", &[("top", "{max}"), ("max", "999")]);
        assert_eq!(
            error.message,
            "Invalid page size specified: '{max}'. Must be between 1 and 999 inclusive."
        );
        assert_eq!((error.status, error.code.as_str()), (400, "Request_UnsupportedQuery"));
    }
}
