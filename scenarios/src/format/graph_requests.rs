//! What an administrator does in the tenant between two cycles, as requests to Graph.

use super::scalars::Whole;
use axum::http::{Method, StatusCode};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;

/// The methods that Graph has.
const METHODS: [Method; 5] = [Method::GET, Method::POST, Method::PATCH, Method::PUT, Method::DELETE];
/// The longest request line, in bytes.
const MAX_BYTES: usize = 8 * 1024;
const KEYS: &[&str] = &["request", "body", "status"];
const EXPECTED: &str = "a request such as \"DELETE /users/ann@contoso.com\", or a mapping such as \
                        { request: \"PATCH /users/ann@contoso.com\", body: { mobilePhone: \"1\" }, status: 204 }";

/// One request, and how it has to be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphRequest {
    /// Its method.
    pub method: Method,
    /// Path and query below `/v1.0`, or with `/beta` before it, in parts.
    pub target: Vec<Part>,
    /// Its body; none when nothing is sent. Its texts may hold what stands in braces too.
    pub body: Option<Value>,
    /// The status of the answer; none when any that says success will do.
    pub status: Option<u16>,
}

/// A part of a text in which names may stand for ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// As it is.
    Text(String),
    /// What is meant by something in braces.
    Wish(Wish),
}

/// What stands in braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// `{organization}`: the tenant's id.
    Organization,
    /// `{sku=SPE_E3}`: the skuId of a product by its part number.
    Sku(String),
    /// `{groups/displayName=Team}`: the id of the one object of a collection with this value; without a collection
    /// it is the one before it in the path.
    Object {
        /// `users`, `groups`, `contacts`, `devices` or `directory/deletedItems`; empty when it is not said.
        collection: String,
        /// A property of Graph.
        property: String,
        /// Its value, or one of its values.
        value: String,
    },
}

impl Part {
    /// The parts of a text.
    ///
    /// # Errors
    /// In words, for a brace that is alone and for braces around something else than a [`Wish`].
    pub fn split(text: &str) -> Result<Vec<Part>, String> {
        let (mut parts, mut left) = (Vec::new(), text);
        while let Some((before, rest)) = left.split_once('{') {
            let Some((inside, after)) = rest.split_once('}') else {
                return Err(format!("'{text}': the brace is not closed"));
            };
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(Part::Wish(Wish::read(inside)?));
            left = after;
        }
        if !left.is_empty() {
            parts.push(Part::Text(left.to_owned()));
        }
        Ok(parts)
    }
}

impl Wish {
    fn read(inside: &str) -> Result<Wish, String> {
        if inside == "organization" {
            return Ok(Wish::Organization);
        }
        let wrong = || {
            format!(
                "'{{{inside}}}' names nothing: write {{organization}}, {{sku=SPE_E3}}, {{displayName=Team}} or \
                 {{groups/displayName=Team}}"
            )
        };
        let (name, value) = inside.split_once('=').ok_or_else(wrong)?;
        if value.is_empty() {
            return Err(wrong());
        }
        let (collection, property) = name.rsplit_once('/').unwrap_or(("", name));
        match (collection, property) {
            (_, "") => Err(wrong()),
            ("", "sku") => Ok(Wish::Sku(value.to_owned())),
            _ => Ok(Wish::Object {
                collection: collection.trim_start_matches('/').to_owned(),
                property: property.to_owned(),
                value: value.to_owned(),
            }),
        }
    }
}

/// The texts of a body are read when they are sent; what is wrong in them is told with the file.
fn check_texts(body: &Value) -> Result<(), String> {
    match body {
        Value::String(text) => Part::split(text).map(drop),
        Value::Array(values) => values.iter().try_for_each(check_texts),
        Value::Object(map) => map.values().try_for_each(check_texts),
        _ => Ok(()),
    }
}

/// Method and target of `METHOD /path`.
fn line(text: &str) -> Result<(Method, Vec<Part>), String> {
    let (method, target) = text.trim().split_once(' ').unwrap_or((text, ""));
    let names: Vec<&str> = METHODS.iter().map(Method::as_str).collect();
    let Some(method) = METHODS.iter().find(|known| known.as_str() == method) else {
        return Err(format!("'{method}' is no method of Graph: there are {}", names.join(", ")));
    };
    let target = target.trim();
    if !target.starts_with('/') || target.len() > MAX_BYTES {
        let shown: String = target.chars().take(80).collect();
        return Err(format!("'{shown}' is no path: write one such as /users/ann@contoso.com"));
    }
    Ok((method.clone(), Part::split(target)?))
}

impl GraphRequest {
    fn of(text: &str) -> Result<GraphRequest, String> {
        let (method, target) = line(text)?;
        Ok(GraphRequest { method, target, body: None, status: None })
    }

    /// Whether a status is the one that is right.
    pub fn allows(&self, status: StatusCode) -> bool {
        self.status.map_or(status.is_success(), |wanted| wanted == status.as_u16())
    }
}

impl<'de> Deserialize<'de> for GraphRequest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<GraphRequest, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = GraphRequest;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(EXPECTED)
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<GraphRequest, E> {
                GraphRequest::of(text).map_err(E::custom)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<GraphRequest, A::Error> {
                let (mut request, mut body, mut status) = (None, None, None);
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "request" => {
                            request = Some(map.next_value::<GraphRequest>()?);
                        }
                        "body" => {
                            let value: Value = map.next_value()?;
                            check_texts(&value).map_err(de::Error::custom)?;
                            body = Some(value);
                        }
                        "status" => status = Some(map.next_value::<Whole<200, 599>>()?),
                        other => return Err(de::Error::unknown_field(other, KEYS)),
                    }
                }
                let request: GraphRequest = request.ok_or_else(|| de::Error::missing_field("request"))?;
                let status = status.and_then(|status| u16::try_from(status.0).ok());
                Ok(GraphRequest { body, status, ..request })
            }
        }
        deserializer.deserialize_any(V)
    }
}

impl JsonSchema for GraphRequest {
    fn schema_name() -> Cow<'static, str> {
        "GraphRequest".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let line = json_schema!({
            "type": "string",
            "pattern": "^(GET|POST|PATCH|PUT|DELETE) /",
            "description": "Method and path below /v1.0. In braces: {organization}, {sku=SPE_E3}, \
                            {displayName=Team} or {groups/displayName=Team}."
        });
        json_schema!({
            "description": "A request to Graph with an administrator's rights.",
            "oneOf": [
                line,
                { "type": "object", "additionalProperties": false, "required": ["request"], "properties": {
                    "request": line,
                    "body": { "description": "What is sent as JSON; its texts may hold the same braces." },
                    "status": {
                        "type": "integer", "minimum": 200, "maximum": 599,
                        "description": "The status of the answer; any of 200 to 299 unless said."
                    }
                } }
            ]
        })
    }
}
