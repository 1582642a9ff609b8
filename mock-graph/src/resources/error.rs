//! Graph's error envelope.

use super::call::{ApiCall, ApiReply};
use serde_json::{Map, Value, json};

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

    /// The same error, with a note for the journal.
    pub(crate) fn with_unknown(mut self, unknown: impl Into<String>) -> ApiError {
        self.unknown = Some(unknown.into());
        self
    }

    /// The answer that carries it: `{"error":{"code","message","details"?,"innerError"}}`.
    pub(crate) fn reply(&self, call: &ApiCall<'_>) -> ApiReply {
        let mut error = Map::new();
        error.insert("code".to_owned(), json!(self.code));
        error.insert("message".to_owned(), json!(self.message));
        if !self.details.is_empty() {
            let detail = |d: &Detail| json!({"code": d.code, "message": d.message, "target": d.target});
            error.insert("details".to_owned(), self.details.iter().map(detail).collect());
        }
        error.insert("innerError".to_owned(), inner_error(call));
        let body = json!({ "error": Value::Object(error) }).to_string().into_bytes();
        let mut reply = ApiReply::json(self.status, body, 0);
        reply.unknown.clone_from(&self.unknown);
        reply
    }
}

/// `innerError`: the date has neither a zone nor a fraction (microsoft-graph.md section 4).
pub(crate) fn inner_error(call: &ApiCall<'_>) -> Value {
    json!({
        "date": call.now.rfc3339().trim_end_matches('Z'),
        "request-id": call.request_id.to_string(),
        "client-request-id": call.client_request_id(),
    })
}
