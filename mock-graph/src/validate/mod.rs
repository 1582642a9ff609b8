//! Holds an answer of Graph against the property tables: an unknown or wrongly typed property is a fault.
//!
//! It shares the tables with what writes the answers, and no code: it reads the finished bytes, as a client would.
//! Tests put it around every call; `exec --check-answers` puts it around every answer to a real client.

mod context;
mod entity;
mod envelope;
mod tables;

use context::Shape;
use serde_json::Value;

/// A finished answer of Graph.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The path that was asked, with its version: `/v1.0/users`.
    pub path: &'a str,
    /// The HTTP status.
    pub status: u16,
    /// The Content-Type; empty when it has none.
    pub content_type: &'a str,
    /// The body, not compressed.
    pub body: &'a [u8],
}

/// What is wrong with an answer, each fault with the place in the body (`value/3/mail`); empty when nothing is.
///
/// JSON is checked on every path of Graph: bodies of errors against the error envelope, items of a `$batch` each
/// for itself, all other bodies by the type that `@odata.context` names. Bodies that are not JSON pass, and so
/// does JSON with `odata.metadata=none`, which names no type.
pub fn faults(answer: &Answer<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    check(answer, &mut faults);
    faults
}

fn check(answer: &Answer<'_>, faults: &mut Vec<String>) {
    if answer.body.is_empty() {
        // to HEAD, an answer has the headers of a body alone
        if answer.status == 204 && !answer.content_type.is_empty() {
            faults.push("a Content-Type without a body".to_owned());
        }
        return;
    }
    if !answer.content_type.starts_with("application/json") {
        if answer.content_type.is_empty() {
            faults.push("a body without a Content-Type".to_owned());
        }
        return;
    }
    let Ok(body) = serde_json::from_slice::<Value>(answer.body) else {
        return faults.push("the body is not JSON".to_owned());
    };
    judge(answer.path, answer.status, &body, answer.content_type.contains("odata.metadata=none"), faults);
}

fn judge(path: &str, status: u16, body: &Value, bare: bool, faults: &mut Vec<String>) {
    if status >= 400 {
        return envelope::error(body, faults);
    }
    let beta = path.starts_with("/beta");
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or("");
    if last.eq_ignore_ascii_case("$batch") || last.eq_ignore_ascii_case("%24batch") {
        return envelope::batch(path, body, faults);
    }
    // the service document lists sets, not entities
    if bare || matches!(last, "v1.0" | "beta") {
        return;
    }
    let mut at = entity::At { faults, place: String::new(), beta };
    let Some(context) = body.get("@odata.context").and_then(Value::as_str) else {
        // some actions answer with a bare value (microsoft-graph.md 2.1: revokeSignInSessions gives {"value":true})
        let bare = body.as_object().is_some_and(|object| object.keys().all(|key| key == "value"));
        if !bare || body["value"].is_array() {
            at.fault("no @odata.context");
        }
        return;
    };
    match context::read(context) {
        Ok(Shape::Entity(ty)) => at.entity(body, ty, true),
        Ok(Shape::Entities(ty)) => at.collection(body, |at, element| at.entity(element, ty, false)),
        Ok(Shape::Value(ty)) => at.value_member(body, ty),
        Ok(Shape::Values(ty)) => at.collection(body, |at, element| at.value(element, ty, false)),
        Ok(Shape::References) => at.collection(body, |at, element| at.reference(element)),
        Ok(Shape::Reference) => at.reference(body),
        Err(why) => at.fault(&why),
    }
}

#[cfg(test)]
mod tests;
