//! The requests of an administrator to the tenant: names are looked up, then Graph itself answers.

use crate::format::{GraphRequest, Part, Wish};
use axum::body::Bytes;
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::http::{Request, Uri};
use forestbed_mock_graph::administer;
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::{Catalogue, CloudObject, ObjectKind, Property, Tenant};
use forestbed_sim::world::World;
use serde_json::Value;
use std::fmt::Write as _;

/// Collections by their paths; none is what was deleted, of any kind.
const COLLECTIONS: [(&str, Option<ObjectKind>); 7] = [
    ("users", Some(ObjectKind::User)),
    ("groups", Some(ObjectKind::Group)),
    ("contacts", Some(ObjectKind::Contact)),
    ("devices", Some(ObjectKind::Device)),
    ("applications", Some(ObjectKind::Application)),
    ("servicePrincipals", Some(ObjectKind::ServicePrincipal)),
    ("directory/deletedItems", None),
];

/// Sends requests in their order, and says what each was answered.
///
/// # Errors
/// In words, at the first that names nobody or several, or that is answered otherwise than it should be.
pub(super) fn send(world: &World, requests: &[GraphRequest]) -> Result<Vec<String>, String> {
    requests.iter().map(|request| send_one(world, request)).collect()
}

fn send_one(world: &World, asked: &GraphRequest) -> Result<String, String> {
    let (target, body) = {
        let tenant = world.tenant();
        let target = text(&tenant, &asked.target)?;
        let body = asked.body.as_ref().map(|body| named(&tenant, body)).transpose()?;
        (target, body)
    };
    let method = &asked.method;
    let versioned = match target.starts_with("/beta/") || target.starts_with("/v1.0/") {
        true => encoded(&target),
        false => format!("/v1.0{}", encoded(&target)),
    };
    let uri: Uri = versioned.parse().map_err(|error| format!("{method} {target}: {error}"))?;
    let mut request = Request::new(Bytes::new());
    *request.method_mut() = method.clone();
    *request.uri_mut() = uri;
    if let Some(body) = body {
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *request.body_mut() = Bytes::from(body.to_string());
    }
    let answer = administer(world, &request);
    let status = answer.status();
    let told = format!("{method} {target}: {}", status.as_u16());
    if asked.allows(status) {
        return Ok(told);
    }
    let wanted = asked.status.map_or_else(|| "a success".to_owned(), |status| status.to_string());
    let error: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    let said = match (&error["error"]["code"], &error["error"]["message"]) {
        (Value::String(code), Value::String(message)) => format!(": {code}: {message}"),
        _ => String::new(),
    };
    Err(format!("{told}, expected {wanted}{said}"))
}

/// The body with the ids in place of what names them.
fn named(tenant: &Tenant, body: &Value) -> Result<Value, String> {
    Ok(match body {
        Value::String(own) => Value::String(text(tenant, &Part::split(own)?)?),
        Value::Array(values) => {
            Value::Array(values.iter().map(|value| named(tenant, value)).collect::<Result<_, _>>()?)
        }
        Value::Object(map) => {
            let members = map.iter().map(|(name, value)| Ok((name.clone(), named(tenant, value)?)));
            Value::Object(members.collect::<Result<_, String>>()?)
        }
        plain => plain.clone(),
    })
}

fn text(tenant: &Tenant, parts: &[Part]) -> Result<String, String> {
    let mut out = String::new();
    for part in parts {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Wish(wish) => {
                let id = id(tenant, wish, &out)?;
                // writing to a string cannot fail
                let _ = write!(out, "{id}");
            }
        }
    }
    Ok(out)
}

/// The id that is meant, behind the path so far.
fn id(tenant: &Tenant, wish: &Wish, before: &str) -> Result<Guid, String> {
    let (collection, property, value) = match wish {
        Wish::Organization => return Ok(tenant.id()),
        Wish::Sku(name) => {
            return Catalogue::get().find(name).map(|sku| sku.id).map_err(|error| error.to_string());
        }
        Wish::Object { collection, property, value } => (collection.as_str(), property, value),
    };
    let collection = if collection.is_empty() { before.trim_matches('/') } else { collection };
    let is = |path: &str| collection.eq_ignore_ascii_case(path);
    let known = COLLECTIONS.iter().find(|(path, _)| is(path) || is(&format!("beta/{path}")));
    let Some((path, kind)) = known else {
        let names: Vec<&str> = COLLECTIONS.iter().map(|(path, _)| *path).collect();
        let all = names.join(", ");
        return Err(format!("nothing is looked up in '{collection}': there are {all}"));
    };
    let wanted = Property::named(property).ok_or_else(|| format!("'{property}' is no property of Graph"))?;
    let live = kind.iter().flat_map(|kind| tenant.iter(*kind));
    let deleted = tenant.deleted().filter(|_| kind.is_none());
    let mut found = live.chain(deleted).filter(|object| has(object, wanted, value)).map(CloudObject::id);
    match (found.next(), found.count()) {
        (Some(id), 0) => Ok(id),
        (None, _) => Err(format!("nothing in {path} has the {property} '{value}'")),
        (Some(_), more) => Err(format!(
            "{} objects in {path} have the {property} '{value}': name one that is alone",
            more + 1
        )),
    }
}

/// Graph compares texts in any case.
fn has(object: &CloudObject, property: Property, value: &str) -> bool {
    let wanted = value.to_lowercase();
    let single = object.text(property).into_iter();
    let mut all = single.chain(object.texts(property).iter().map(AsRef::as_ref));
    all.any(|own| own.to_lowercase() == wanted)
}

/// A target as it goes over the wire: what no URI holds is escaped, what is escaped stays.
fn encoded(target: &str) -> String {
    let mut out = String::with_capacity(target.len());
    for byte in target.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => out.push(char::from(byte)),
            _ if b"-._~:/?@!$&'()*+,;=%".contains(&byte) => out.push(char::from(byte)),
            // writing to a string cannot fail
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}
