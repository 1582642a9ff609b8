//! What may follow the path of any resource: one of its properties, `$value`, `$count`, `$ref`.
//!
//! The resource itself is read by whoever answers its path, with what the tail needs of it; so every room has
//! these forms without a word of its own.

use super::ApiError;
use super::call::{ApiCall, ApiReply};
use super::json::Object;
use super::objects::context_base;
use super::route::{Matched, segments};
use crate::odata::{Entity, Target, decode, entity, walk};
use forestbed_sim::world::World;
use serde_json::Value;
use std::fmt::Write as _;

/// What follows a resource's own path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tail {
    /// Nothing.
    None,
    /// A property, over so many segments, as JSON or as bare text (`$value`).
    Property { depth: usize, bare: bool },
    /// `$count`: how many objects a collection has.
    Count,
    /// `$ref`: where the related objects are.
    Reference,
}

impl Tail {
    /// How many segments of the path it takes.
    fn length(self) -> usize {
        match self {
            Tail::None => 0,
            Tail::Property { depth, bare } => depth + usize::from(bare),
            Tail::Count | Tail::Reference => 1,
        }
    }
}

/// Reads the tail of a path that no template matches as a whole: what precedes it, and what it asks.
pub(crate) fn split<'s>(segments: &'s [String], cast: Option<&str>) -> Option<(&'s [String], Tail)> {
    let (last, before) = segments.split_last()?;
    let named = |name: &str| last.eq_ignore_ascii_case(name);
    if named("$ref") {
        return Some((before, Tail::Reference));
    }
    if named("$count") {
        return matches!(walk(before, cast)?, Target::Set(_)).then_some((before, Tail::Count));
    }
    let bare = named("$value");
    let path = if bare { before } else { segments };
    match walk(path, cast)? {
        Target::Property(_, depth) => Some((&path[..path.len() - depth], Tail::Property { depth, bare })),
        _ => None,
    }
}

/// Answers a call whose path has a tail.
pub(crate) fn answer(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    if call.method != http::Method::GET {
        return Err(
            ApiError::of("method-not-allowed", &[]).with_unknown(format!("{} {}", call.method, call.path))
        );
    }
    match matched.tail {
        Tail::Count => count(world, call),
        Tail::Reference => references(world, call, call.path),
        _ => property(world, call, matched.tail),
    }
}

/// The path without its last segments, still encoded.
fn shortened(path: &str, segments: usize) -> &str {
    let mut rest = path.trim_end_matches('/');
    for _ in 0..segments {
        rest = rest.rsplit_once('/').map_or("", |(before, _)| before);
    }
    rest
}

fn read(world: &World, call: &ApiCall<'_>, path: &str, query: &str) -> Result<Value, ApiReply> {
    let reply = super::handle(world, &ApiCall { path, query, ..call.clone() });
    if reply.status != 200 {
        return Err(reply);
    }
    serde_json::from_slice(&reply.body).map_err(|_| ApiError::of("not-implemented", &[]).reply(call))
}

/// The query without some options.
fn without<'q>(query: &'q str, dropped: &[&str]) -> Vec<&'q str> {
    let keep = |pair: &&str| {
        let name = decode(pair.split('=').next().unwrap_or(""));
        !pair.is_empty() && !dropped.iter().any(|known| name.eq_ignore_ascii_case(known))
    };
    query.split('&').filter(keep).collect()
}

fn property(world: &World, call: &ApiCall<'_>, tail: Tail) -> Result<ApiReply, ApiError> {
    let Tail::Property { depth, bare } = tail else { return Err(ApiError::of("not-implemented", &[])) };
    let (all, cast) = segments(call.path);
    let cast = cast.map(Entity::type_name);
    let all = &all[..all.len() - usize::from(bare)];
    let (owner, names) = all.split_at(all.len() - depth);
    let (mut names, mut place) = (names.to_vec(), owner.to_vec());
    // the names as Graph spells them, for the context and for the look into the answer
    for name in &mut names {
        place.push(name.clone());
        if let Some(Target::Property(member, _)) = walk(&place, cast) {
            member.name.clone_into(name);
        }
    }
    let query = format!("$select={}", names[0]);
    let path = shortened(call.path, tail.length());
    let whole = match read(world, call, path, &query) {
        Ok(whole) => whole,
        Err(refused) => return Ok(refused),
    };
    let value = names.iter().try_fold(&whole, |value, name| value.get(name)).unwrap_or(&Value::Null);
    if value.is_null() {
        return Ok(ApiReply::no_content());
    }
    if bare {
        return Ok(ApiReply::text(value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
    }
    let context = format!("{}{}/{}", context_base(call), place_of(owner, cast), names.join("/"));
    let mut body = Vec::new();
    let mut json = Object::new(&mut body);
    json.text("@odata.context", &context);
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| json.bare(name, value)),
        value => json.bare("value", value),
    }
    json.end();
    Ok(ApiReply::json(200, body, 1))
}

/// `users('1')/manager`, as a context names it.
fn place_of(segments: &[String], cast: Option<&str>) -> String {
    let mut out = String::new();
    for (at, segment) in segments.iter().enumerate() {
        match walk(&segments[..at], cast) {
            // what follows a set is a key
            Some(Target::Set(_)) => {
                let _ = write!(out, "('{}')", segment.replace('\'', "''"));
            }
            before => {
                let ty = match before {
                    Some(Target::One(ty)) => entity(ty),
                    _ => None,
                };
                let segment =
                    ty.and_then(|ty| ty.member(segment)).map_or(segment.as_str(), |member| member.name);
                let slash = if out.is_empty() { "" } else { "/" };
                let _ = write!(out, "{slash}{segment}");
            }
        }
    }
    if let (Some(Target::One("directoryObject")), Some(cast)) = (walk(segments, cast), cast) {
        let _ = write!(out, "/microsoft.graph.{cast}");
    }
    out
}

fn count(world: &World, call: &ApiCall<'_>) -> Result<ApiReply, ApiError> {
    if !call.eventual() {
        return Err(ApiError::of("count-unsupported", &[]));
    }
    let mut query = without(call.query, &["$count", "$top", "$select", "$orderby", "$expand", "$skiptoken"]);
    query.extend(["$count=true", "$top=1"]);
    match read(world, call, shortened(call.path, 1), &query.join("&")) {
        Ok(page) => match page.get("@odata.count") {
            Some(count) => Ok(ApiReply::text(count.to_string())),
            None => Err(ApiError::of("count-unsupported", &[])),
        },
        Err(refused) => Ok(refused),
    }
}

/// `$ref` of a relation: a page of references, or the one reference of a relation to one object.
pub(crate) fn references(world: &World, call: &ApiCall<'_>, path: &str) -> Result<ApiReply, ApiError> {
    let inner = shortened(path, 1);
    let query = without(call.query, &["$select", "$expand"]).join("&");
    let answer = match read(world, call, inner, &query) {
        Ok(answer) => answer,
        Err(refused) => return Ok(refused),
    };
    let tenant = world.tenant().id();
    let kind = match walk(&segments(inner).0, None) {
        Some(Target::Set(ty) | Target::One(ty)) => ty,
        _ => "directoryObject",
    };
    let id = |object: &Value| {
        let ty = object.get("@odata.type").and_then(Value::as_str).unwrap_or(kind);
        let mut class = ty.rsplit('.').next().unwrap_or(ty).to_owned();
        if let Some(first) = class.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let id = object["id"].as_str().unwrap_or("");
        format!("{}/v2/{tenant}/directoryObjects/{id}/Microsoft.DirectoryServices.{class}", call.base)
    };
    let mut body = Vec::new();
    let mut json = Object::new(&mut body);
    let Some(objects) = answer.get("value").and_then(Value::as_array) else {
        json.text("@odata.context", &format!("{}$ref", context_base(call)));
        json.text("@odata.id", &id(&answer));
        json.end();
        return Ok(ApiReply::json(200, body, 1));
    };
    json.text("@odata.context", &format!("{}Collection($ref)", context_base(call)));
    if let Some(count) = answer.get("@odata.count") {
        json.bare("@odata.count", count);
    }
    if let Some(next) = answer.get("@odata.nextLink").and_then(Value::as_str) {
        json.text("@odata.nextLink", &next.replacen(&format!("{inner}?"), &format!("{path}?"), 1));
    }
    json.array("value", objects, |out, object| {
        let mut json = Object::new(out);
        json.text("@odata.id", &id(object));
        json.end();
    });
    json.end();
    Ok(ApiReply::json(200, body, objects.len() as u32))
}
