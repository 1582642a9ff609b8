//! Bodies that hold no entities: errors, and the items of a `$batch`.

use super::judge;
use serde_json::Value;

/// `{"error":{"code","message","target"?,"details"?,"innerError"}}` (microsoft-graph.md section 4).
pub(super) fn error(body: &Value, faults: &mut Vec<String>) {
    let Some(error) = body.get("error").and_then(Value::as_object) else {
        return faults.push("an error without `error`".to_owned());
    };
    for (name, value) in error {
        let fits = match name.as_str() {
            "code" | "message" | "target" => value.is_string(),
            "details" => value.as_array().is_some_and(|details| details.iter().all(detail)),
            // of 429, innerError has a message and a status too (Appendix A12)
            "innerError" => value.as_object().is_some_and(|inner| inner.values().all(Value::is_string)),
            _ => false,
        };
        if !fits {
            faults.push(format!("error/{name}: {value}"));
        }
    }
    for name in ["code", "message", "innerError"] {
        if !error.contains_key(name) {
            faults.push(format!("error/{name} is missing"));
        }
    }
    for name in ["date", "request-id"] {
        if error.get("innerError").is_some_and(|inner| inner.get(name).is_none()) {
            faults.push(format!("error/innerError/{name} is missing"));
        }
    }
}

fn detail(detail: &Value) -> bool {
    detail.as_object().is_some_and(|detail| {
        let known = |(name, value): (&String, &Value)| {
            matches!(name.as_str(), "code" | "message" | "target") && (value.is_string() || value.is_null())
        };
        detail.contains_key("code") && detail.iter().all(known)
    })
}

/// `{"responses":[{"id","status","headers","body"}]}` (microsoft-graph.md section 2.5).
pub(super) fn batch(path: &str, body: &Value, faults: &mut Vec<String>) {
    let Some(items) = body.get("responses").and_then(Value::as_array) else {
        return faults.push("a batch without `responses`".to_owned());
    };
    for (at, item) in items.iter().enumerate() {
        let mut own = Vec::new();
        let status = item.get("status").and_then(Value::as_u64);
        let status = status.and_then(|status| u16::try_from(status).ok());
        if !item["id"].is_string() || status.is_none() {
            own.push("no id or status".to_owned());
        }
        let known = |name: &String| matches!(name.as_str(), "id" | "status" | "headers" | "body");
        for name in item.as_object().into_iter().flat_map(|item| item.keys()).filter(|name| !known(name)) {
            own.push(format!("unknown member {name}"));
        }
        let header = |name: &str| {
            let headers = item.get("headers").and_then(Value::as_object);
            let found = headers.and_then(|all| all.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)));
            found.and_then(|(_, value)| value.as_str()).unwrap_or("")
        };
        let kind = header("content-type");
        if let (Some(body), true) = (item.get("body"), kind.starts_with("application/json")) {
            let path = if path.starts_with("/beta") { "/beta/item" } else { "/v1.0/item" };
            judge(path, status.unwrap_or(0), body, kind.contains("odata.metadata=none"), &mut own);
        }
        faults.extend(own.into_iter().map(|fault| format!("responses/{at}/{fault}")));
    }
}
