//! How much an answer says about itself: `odata.metadata=none`, `minimal` or `full` in Accept or `$format`.

use super::call::{ApiCall, ApiReply, JSON};
use super::describe::primitive;
use super::route::segments;
use crate::odata::{Target, decode, entity, walk};
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

/// The level that a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    None,
    Minimal,
    Full,
}

fn level(call: &ApiCall<'_>) -> Level {
    let format = call.query.split('&').filter_map(|pair| pair.split_once('='));
    let format = format
        .filter(|(name, _)| decode(name).eq_ignore_ascii_case("$format"))
        .map(|(_, value)| decode(value));
    let mut format = format;
    let asked = format.next_back().or_else(|| call.header("accept").map(str::to_owned)).unwrap_or_default();
    let asked = asked.to_ascii_lowercase().replace(' ', "");
    match asked.split("odata.metadata=").nth(1) {
        Some(rest) if rest.starts_with("none") => Level::None,
        Some(rest) if rest.starts_with("full") => Level::Full,
        _ => Level::Minimal,
    }
}

/// Gives an answer the level that its request asks for; answers are written at the minimal one.
pub(crate) fn apply(call: &ApiCall<'_>, tenant: impl Fn() -> String, reply: ApiReply) -> ApiReply {
    let level = level(call);
    if level == Level::Minimal || reply.status >= 300 || reply.body.is_empty() {
        return reply;
    }
    let kind = reply.headers.iter().position(|(name, value)| *name == CONTENT_TYPE && value == JSON);
    let (Some(kind), Ok(mut body)) = (kind, serde_json::from_slice::<Value>(&reply.body)) else {
        return reply;
    };
    let word = if level == Level::None { "none" } else { "full" };
    match level {
        Level::None => bare(&mut body),
        _ => {
            let own = match walk(&segments(call.path).0, None) {
                Some(Target::Set(ty) | Target::One(ty)) => Some(ty),
                _ => None,
            };
            let ids = format!("{}/v2/{}/directoryObjects", call.base, tenant());
            match body.get_mut("value").and_then(Value::as_array_mut) {
                Some(elements) => elements.iter_mut().for_each(|element| full(element, own, &ids)),
                None => full(&mut body, own, &ids),
            }
        }
    }
    let mut reply = ApiReply { body: body.to_string().into_bytes(), ..reply };
    if let Ok(value) =
        HeaderValue::from_str(&JSON.replace("odata.metadata=minimal", &format!("odata.metadata={word}")))
    {
        reply.headers[kind].1 = value;
    }
    reply
}

/// Takes out what only describes; what a client needs to go on stays.
fn bare(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| {
                !name.contains("@odata.")
                    || matches!(name.as_str(), "@odata.nextLink" | "@odata.deltaLink" | "@odata.count")
            });
            members.values_mut().for_each(bare);
        }
        Value::Array(elements) => elements.iter_mut().for_each(bare),
        _ => {}
    }
}

/// Adds an entity's type, id and edit link, and the type of each property whose JSON does not tell it.
fn full(value: &mut Value, ty: Option<&str>, ids: &str) {
    let Some(object) = value.as_object_mut() else { return };
    let own = object.get("@odata.type").and_then(Value::as_str).map(str::to_owned);
    let name = own.as_deref().map(|name| name.trim_start_matches("#microsoft.graph.")).or(ty);
    let Some(described) = name.and_then(entity) else { return };
    let mut added = Map::new();
    added.insert("@odata.type".to_owned(), format!("#microsoft.graph.{}", described.name).into());
    if let (Some(id), true) =
        (object.get("id").and_then(Value::as_str), described.base == Some("directoryObject"))
    {
        let mut class = described.name.to_owned();
        if let Some(first) = class.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let link = format!("{ids}/{id}/Microsoft.DirectoryServices.{class}");
        added.insert("@odata.id".to_owned(), link.clone().into());
        added.insert("@odata.editLink".to_owned(), link.into());
    }
    for (name, value) in object.iter_mut() {
        let Some(member) = described.member(name) else { continue };
        if member.navigation {
            match value {
                Value::Array(related) => related.iter_mut().for_each(|one| full(one, Some(member.ty), ids)),
                one => full(one, Some(member.ty), ids),
            }
            continue;
        }
        // JSON itself tells a string, a number and a truth value
        if value.is_null() || !member.collection && matches!(member.ty, "String" | "Boolean" | "Int32") {
            continue;
        }
        let ty = match (primitive(member.ty), member.collection) {
            (true, false) => format!("#{}", member.ty),
            (true, true) => format!("#Collection({})", member.ty),
            (false, false) => format!("#microsoft.graph.{}", member.ty),
            (false, true) => format!("#Collection(microsoft.graph.{})", member.ty),
        };
        added.insert(format!("{name}@odata.type"), ty.into());
    }
    object.append(&mut added);
}
