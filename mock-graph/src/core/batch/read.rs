//! Reads the body of a batch: its items, and in which order they may run.

use crate::core::gateway;
use crate::resources::{ApiError, ApiVersion, is_json};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Method, Uri};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The most items of a batch (microsoft-graph.md section 2.5).
pub(super) const MAX_ITEMS: usize = 20;
/// The properties of an item; the last one is read by nobody, as on the real service.
const KNOWN: [&str; 7] = ["id", "method", "url", "headers", "body", "dependsOn", "atomicityGroup"];
/// Characters that clients leave as they are in an item's url and that no URI may hold; `%` is left alone.
const NOT_IN_A_URI: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'|')
    .add(b'\\')
    .add(b'^');
/// Base64 as clients write it: with padding or without.
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// One request of a batch.
#[derive(Debug)]
pub(super) struct Item {
    /// Its id, unique within the batch.
    pub(super) id: String,
    /// What it asks; or the error that it alone gets.
    pub(super) asked: Result<Asked, ApiError>,
    /// The places of the items that must have succeeded before.
    pub(super) depends_on: Vec<usize>,
    /// A property that no batch has and that says something: for the journal.
    pub(super) ignored: Option<String>,
    /// How many items stand before it in a row of dependencies: 0 for one that depends on none.
    pub(super) level: usize,
}

/// An item as a request.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// Reads a batch that was sent to a version; an error refuses it as a whole.
pub(super) fn read(body: &[u8], version: ApiVersion) -> Result<Vec<Item>, ApiError> {
    let malformed = || gateway::error("batch-malformed");
    let value: Value = serde_json::from_slice(body).map_err(|_| malformed())?;
    let requests = value.get("requests").and_then(Value::as_array).ok_or_else(malformed)?;
    if requests.is_empty() {
        return Err(malformed());
    }
    if requests.len() > MAX_ITEMS {
        return Err(gateway::error_about("batch-size", &MAX_ITEMS.to_string()));
    }
    let mut places = BTreeMap::new();
    for (place, request) in requests.iter().enumerate() {
        let id =
            request.get("id").and_then(Value::as_str).filter(|id| !id.is_empty()).ok_or_else(malformed)?;
        if places.insert(id, place).is_some() {
            return Err(gateway::error_about("batch-id-twice", id));
        }
    }
    let mut items = Vec::with_capacity(requests.len());
    for request in requests {
        let request = request.as_object().ok_or_else(malformed)?;
        items.push(item(request, version, &places)?);
    }
    set_levels(&mut items)?;
    Ok(items)
}

fn item(
    request: &Map<String, Value>,
    version: ApiVersion,
    places: &BTreeMap<&str, usize>,
) -> Result<Item, ApiError> {
    let malformed = || gateway::error("batch-malformed");
    let text = |name: &str| request.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let id = text("id").ok_or_else(malformed)?;
    let method = text("method").ok_or_else(malformed)?.to_ascii_uppercase();
    let url = text("url").ok_or_else(malformed)?;
    let headers = headers(request.get("headers"))?;
    let mut depends_on = Vec::new();
    for named in names(request.get("dependsOn"))? {
        let place = places.get(named).ok_or_else(|| gateway::error_about("batch-dependency", named))?;
        depends_on.push(*place);
    }
    let body = request.get("body").filter(|body| !body.is_null());
    let media = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    // the real service looks at this before it runs anything
    let writes = matches!(method.as_str(), "POST" | "PATCH" | "PUT");
    if media.is_none() && (body.is_some() && method != "GET" || writes) {
        let key = if body.is_some() { "batch-no-content-type" } else { "batch-no-body" };
        return Err(gateway::error_about(key, id));
    }
    if writes && body.is_none() {
        return Err(gateway::error_about("batch-no-body", id));
    }
    let asked = asked(&method, url, version, body, media).map(|(method, uri, body)| Asked {
        method,
        uri,
        headers: headers.clone(),
        body,
    });
    let ignored =
        request.iter().find(|(name, value)| !KNOWN.contains(&name.as_str()) && says_something(value));
    let ignored = ignored.map(|(name, _)| crate::core::target::cut(name).into_owned());
    Ok(Item { id: id.to_owned(), asked, depends_on, ignored, level: 0 })
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(list) => !list.is_empty(),
        _ => true,
    }
}

/// What is wrong here is wrong with one item only.
fn asked(
    method: &str,
    url: &str,
    version: ApiVersion,
    body: Option<&Value>,
    media: Option<&str>,
) -> Result<(Method, Uri, Bytes), ApiError> {
    let method = match method {
        "GET" => Method::GET,
        "POST" => Method::POST,
        "PATCH" => Method::PATCH,
        "PUT" => Method::PUT,
        "DELETE" => Method::DELETE,
        _ => return Err(gateway::error("method").with_unknown("method of a batch item")),
    };
    let uri = target(url, version).parse().map_err(|_| gateway::error("batch-url"))?;
    let bytes = match body.filter(|_| method != Method::GET) {
        None => Bytes::new(),
        Some(body) if media.is_some_and(is_json) => Bytes::from(body.to_string()),
        Some(Value::String(text)) => {
            let decoded = BASE64.decode(text).or_else(|_| BASE64_URL.decode(text));
            Bytes::from(decoded.map_err(|_| gateway::error("batch-body"))?)
        }
        Some(_) => return Err(gateway::error("batch-body")),
    };
    Ok((method, uri, bytes))
}

/// Path and query of an item's url, which is relative to the batch's version, begins with a version, or is
/// absolute with any host (clients.md, "Requests").
fn target(url: &str, version: ApiVersion) -> String {
    let url = url.trim();
    let path = match url.split_once("://") {
        Some((scheme, rest))
            if scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http") =>
        {
            rest.find(['/', '?']).map_or("", |at| &rest[at..])
        }
        _ => url,
    };
    let path = path.strip_prefix('/').unwrap_or(path);
    let encoded = utf8_percent_encode(path, NOT_IN_A_URI).to_string();
    let rooted = format!("/{encoded}");
    let alone = rooted.split('?').next().unwrap_or("");
    match crate::core::target::version(alone) {
        Some(_) => rooted,
        None => format!("/{}{rooted}", version.as_str()),
    }
}

/// The most headers of an item: as many as the servers take of a request.
const HEADERS_MAX: usize = 100;

/// The headers of an item. The connection's own, and who calls, are the batch's.
fn headers(value: Option<&Value>) -> Result<HeaderMap, ApiError> {
    let malformed = || gateway::error("batch-malformed");
    let mut out = HeaderMap::new();
    let object = match value {
        None | Some(Value::Null) => return Ok(out),
        Some(Value::Object(object)) => object,
        Some(_) => return Err(malformed()),
    };
    if object.len() > HEADERS_MAX {
        return Err(malformed());
    }
    for (name, value) in object {
        let name = HeaderName::try_from(name.as_str()).map_err(|_| malformed())?;
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            _ => return Err(malformed()),
        };
        let value = HeaderValue::try_from(text).map_err(|_| malformed())?;
        if ![AUTHORIZATION, HOST, CONTENT_LENGTH, TRANSFER_ENCODING].contains(&name) {
            out.try_append(name, value).map_err(|_| malformed())?;
        }
    }
    Ok(out)
}

/// The ids of `dependsOn`: a list, or one id; null and nothing mean none.
fn names(value: Option<&Value>) -> Result<Vec<&str>, ApiError> {
    let malformed = || gateway::error("batch-malformed");
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::String(one)) => Ok(vec![one.as_str()]),
        Some(Value::Array(list)) => list.iter().map(|id| id.as_str().ok_or_else(malformed)).collect(),
        Some(_) => Err(malformed()),
    }
}

/// Counts how deep each item hangs; a circle has no depth.
fn set_levels(items: &mut [Item]) -> Result<(), ApiError> {
    // a row of n items has n - 1 steps, so what still grows after n rounds goes round in a circle
    for _ in 0..=items.len() {
        let mut grown = None;
        for place in 0..items.len() {
            let below =
                items[place].depends_on.iter().map(|other| items[*other].level + 1).max().unwrap_or(0);
            if below > items[place].level {
                items[place].level = below;
                grown = Some(place);
            }
        }
        if grown.is_none() {
            return Ok(());
        }
    }
    Err(gateway::error("batch-circle"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn get(id: &str, depends_on: Value) -> Value {
        json!({ "id": id, "method": "GET", "url": "/users", "dependsOn": depends_on })
    }

    #[test]
    fn a_url_is_relative_or_absolute_with_or_without_a_slash() {
        // clients.md "Requests"; microsoft-graph.md section 2.5
        for (url, expected) in [
            ("/users", "/v1.0/users"),
            ("users", "/v1.0/users"),
            ("/v1.0/users", "/v1.0/users"),
            ("v1.0/users", "/v1.0/users"),
            ("https://graph.microsoft.com/v1.0/users?$top=1", "/v1.0/users?$top=1"),
            ("HTTPS://127.0.0.1:8443/users", "/v1.0/users"),
            ("https://graph.microsoft.com", "/v1.0/"),
            ("/users?$filter=displayName eq 'a|b'", "/v1.0/users?$filter=displayName%20eq%20'a%7Cb'"),
            ("/users/a%40b", "/v1.0/users/a%40b"),
            ("/beta/users", "/beta/users"),
        ] {
            assert_eq!(target(url, ApiVersion::V1), expected, "{url}");
        }
        assert_eq!(target("/users", ApiVersion::Beta), "/beta/users");
    }

    #[test]
    fn an_item_hangs_below_what_it_depends_on() {
        let levels = |requests: Value| -> Result<Vec<usize>, String> {
            let body = json!({ "requests": requests }).to_string();
            let items = read(body.as_bytes(), ApiVersion::V1).map_err(|error| error.message)?;
            Ok(items.iter().map(|item| item.level).collect())
        };
        let ok = |requests: Value, expected: &[usize]| assert_eq!(levels(requests).as_deref(), Ok(expected));
        ok(json!([get("1", Value::Null), get("2", json!([]))]), &[0, 0]);
        ok(json!([get("1", json!(["2"])), get("2", json!("3")), get("3", Value::Null)]), &[2, 1, 0]);
        ok(json!([get("a", Value::Null), get("b", json!(["a"])), get("c", json!(["a", "b"]))]), &[0, 1, 2]);
        for circle in [
            json!([get("1", json!(["1"]))]),
            json!([get("1", json!(["2"])), get("2", json!(["1"]))]),
            json!([get("0", Value::Null), get("1", json!(["2", "0"])), get("2", json!(["1"]))]),
        ] {
            assert_eq!(levels(circle), Err(gateway::error("batch-circle").message));
        }
        assert_eq!(
            levels(json!([get("1", json!(["9"]))])),
            Err(gateway::error_about("batch-dependency", "9").message)
        );
    }
}
