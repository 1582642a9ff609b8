//! What an object belongs to, as lists of ids: getMemberGroups, getMemberObjects, checkMemberGroups,
//! checkMemberObjects, isMemberOf.

use super::body::object;
use super::call::{ApiCall, ApiReply};
use super::error::ApiError;
use super::json::{Object, string};
use super::kinds::entity_of;
use super::objects::context_base;
use super::read::find;
use super::rooms::Templates;
use super::route::Matched;
use forestbed_sim::ids::Guid;
use forestbed_sim::view::View;
use forestbed_sim::world::World;
use serde_json::{Map, Value};

/// The most ids that an answer holds (microsoft-graph.md 2.1).
const ANSWER_MAX: usize = 2046;
/// The most ids that can be checked at once (microsoft-graph.md 2.1 [MEM]).
const CHECK_MAX: usize = 20;

/// The templates of this room.
pub(super) const TEMPLATES: Templates = &[
    ("/users/{id}/getMemberGroups", get),
    ("/users/{id}/getMemberObjects", get),
    ("/users/{id}/checkMemberGroups", check),
    ("/users/{id}/checkMemberObjects", check),
    ("/groups/{id}/getMemberGroups", get),
    ("/groups/{id}/getMemberObjects", get),
    ("/groups/{id}/checkMemberGroups", check),
    ("/groups/{id}/checkMemberObjects", check),
    ("/contacts/{id}/getMemberGroups", get),
    ("/contacts/{id}/getMemberObjects", get),
    ("/contacts/{id}/checkMemberGroups", check),
    ("/contacts/{id}/checkMemberObjects", check),
    ("/devices/{id}/getMemberGroups", get),
    ("/devices/{id}/getMemberObjects", get),
    ("/devices/{id}/checkMemberGroups", check),
    ("/devices/{id}/checkMemberObjects", check),
    ("/servicePrincipals/{id}/getMemberGroups", get),
    ("/servicePrincipals/{id}/getMemberObjects", get),
    ("/servicePrincipals/{id}/checkMemberGroups", check),
    ("/servicePrincipals/{id}/checkMemberObjects", check),
    ("/directoryObjects/{id}/getMemberGroups", get),
    ("/directoryObjects/{id}/getMemberObjects", get),
    ("/directoryObjects/{id}/checkMemberGroups", check),
    ("/directoryObjects/{id}/checkMemberObjects", check),
];

fn member<'b>(body: &'b Map<String, Value>, name: &str) -> Option<&'b Value> {
    body.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn get(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let body = object(call)?;
    let missing = || ApiError::of("parameter-missing", &[("parameter", "securityEnabledOnly")]);
    let only = member(&body, "securityEnabledOnly").ok_or_else(missing)?;
    let only = only.as_bool().ok_or_else(|| ApiError::of("bad-json", &[]))?;
    let tenant = &*world.tenant_view(View::Query);
    let id = find(tenant, entity_of(matched.template), matched.key(0))?.id();
    let ids = if matched.template.ends_with("getMemberGroups") {
        tenant.member_groups(id, only)
    } else {
        tenant.member_objects(id, only)
    };
    if ids.len() > ANSWER_MAX {
        return Err(ApiError::of("too-many-memberships", &[]));
    }
    Ok(answer(call, &ids))
}

fn check(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let body = object(call)?;
    let groups = matched.template.ends_with("checkMemberGroups");
    let name = if groups { "groupIds" } else { "ids" };
    let wanted =
        member(&body, name).ok_or_else(|| ApiError::of("parameter-missing", &[("parameter", name)]))?;
    let wanted = wanted.as_array().ok_or_else(|| ApiError::of("bad-json", &[]))?;
    if wanted.len() > CHECK_MAX {
        return Err(ApiError::of("too-many-references", &[("max", &CHECK_MAX.to_string())]));
    }
    let wanted: Option<Vec<Guid>> = wanted.iter().map(|id| id.as_str().and_then(Guid::parse)).collect();
    let wanted = wanted.ok_or_else(|| ApiError::of("bad-json", &[]))?;
    let tenant = &*world.tenant_view(View::Query);
    let id = find(tenant, entity_of(matched.template), matched.key(0))?.id();
    let own = if groups { tenant.member_groups(id, false) } else { tenant.member_objects(id, false) };
    let found: Vec<Guid> = wanted.into_iter().filter(|id| own.binary_search(id).is_ok()).collect();
    Ok(answer(call, &found))
}

fn answer(call: &ApiCall<'_>, ids: &[Guid]) -> ApiReply {
    let mut body = Vec::new();
    let mut json = Object::new(&mut body);
    json.text("@odata.context", &format!("{}Collection(Edm.String)", context_base(call)));
    json.array("value", ids, |out, id| string(out, &id.to_string()));
    json.end();
    ApiReply::json(200, body, ids.len() as u32)
}
