//! Bodies of writing requests: their media type, their JSON, and the references in them.

use super::call::ApiCall;
use super::error::ApiError;
use super::route::segments;
use serde_json::{Map, Value};

/// The most references of one request (microsoft-graph.md section 2.3).
const MAX_REFERENCES: usize = 20;

/// A body that was read: properties, and the references that came with them.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Body {
    /// The properties; annotations (`@odata.type`...) are left out.
    pub(crate) properties: Map<String, Value>,
    /// The keys in `members@odata.bind`.
    pub(crate) members: Vec<String>,
    /// The keys in `owners@odata.bind`.
    pub(crate) owners: Vec<String>,
}

/// Refuses a body that is not said to be JSON.
pub(crate) fn demand_json(call: &ApiCall<'_>) -> Result<(), ApiError> {
    let media = call.header("content-type").map(|value| value.split(';').next().unwrap_or("").trim());
    match media {
        None => Err(ApiError::of("no-content-type", &[])),
        Some(media) if is_json(media) => Ok(()),
        Some(media) => Err(ApiError::of("media-type", &[("type", media)])),
    }
}

/// Reads the JSON object of a body.
pub(crate) fn object(call: &ApiCall<'_>) -> Result<Map<String, Value>, ApiError> {
    demand_json(call)?;
    match serde_json::from_slice(call.body) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(ApiError::of("bad-json", &[])),
    }
}

/// Whether a Content-Type is one of JSON's.
pub(crate) fn is_json(media: &str) -> bool {
    let lower = media.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    lower == "application/json" || lower == "text/json" || lower.ends_with("+json")
}

/// Reads the body of a create or update.
pub(crate) fn properties(call: &ApiCall<'_>) -> Result<Body, ApiError> {
    let mut body = Body::default();
    for (name, value) in object(call)? {
        match name.split_once("@odata.") {
            None => {
                body.properties.insert(name, value);
            }
            Some((relation, "bind")) if relation.eq_ignore_ascii_case("members") => {
                body.members = references(&value)?;
            }
            Some((relation, "bind")) if relation.eq_ignore_ascii_case("owners") => {
                body.owners = references(&value)?;
            }
            Some((relation, "bind")) => {
                let error = ApiError::of("body-values", &[]);
                return Err(error.with_unknown(format!("{relation}@odata.bind")));
            }
            Some(_) => {}
        }
    }
    if body.members.len() + body.owners.len() > MAX_REFERENCES {
        return Err(ApiError::of("too-many-references", &[("max", &MAX_REFERENCES.to_string())]));
    }
    Ok(body)
}

fn references(value: &Value) -> Result<Vec<String>, ApiError> {
    let list = match value {
        Value::Array(list) => list.iter().collect(),
        single => vec![single],
    };
    list.into_iter().map(|one| one.as_str().ok_or_else(wrong).and_then(reference)).collect()
}

fn wrong() -> ApiError {
    ApiError::of("body-values", &[])
}

/// The key at the end of a reference: absolute with any host, relative, or with the key in parentheses
/// (clients.md, "Requests").
pub(crate) fn reference(text: &str) -> Result<String, ApiError> {
    let path = text.split_once("://").map_or(text, |(_, rest)| rest.split_once('/').map_or("", |(_, p)| p));
    let path = path.split(['?', '#']).next().unwrap_or("");
    let (segments, _) = segments(path);
    let key = segments.last().filter(|_| segments.len() >= 2);
    key.cloned().ok_or_else(|| ApiError::of("bad-reference", &[("id", text)]))
}

/// The reference of a `$ref` body.
pub(crate) fn single_reference(call: &ApiCall<'_>) -> Result<String, ApiError> {
    let body = object(call)?;
    let value = body.iter().find(|(name, _)| name.eq_ignore_ascii_case("@odata.id"));
    reference(value.and_then(|(_, value)| value.as_str()).ok_or_else(wrong)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_come_in_many_forms() {
        // clients.md "Requests": `@odata.id` and `@odata.bind` values with any host
        for (text, expected) in [
            ("https://graph.microsoft.com/v1.0/directoryObjects/7", Some("7")),
            ("https://127.0.0.1:8443/beta/users/ada%40contoso.com", Some("ada@contoso.com")),
            ("http://localhost/v1.0/users('7')", Some("7")),
            ("/v1.0/directoryObjects/7", Some("7")),
            ("directoryObjects/7", Some("7")),
            ("https://graph.windows.net/contoso.com/directoryObjects/7/", Some("7")),
            ("https://graph.microsoft.com", None),
            ("7", None),
            ("", None),
        ] {
            assert_eq!(reference(text).ok().as_deref(), expected, "{text}");
        }
    }
}
