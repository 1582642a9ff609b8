//! Credentials and grants of applications: secrets, app roles, delegated permissions.

use super::body::object;
use super::call::{ApiCall, ApiReply};
use super::error::ApiError;
use super::kinds::{context, entity_of};
use super::object_rights::owned;
use super::objects::context_base;
use super::read::find;
use super::records::Listing;
use super::rooms::Templates;
use super::route::Matched;
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::{AppRoleAssignment, DelegatedGrant, Tenant};
use forestbed_sim::view::View;
use forestbed_sim::world::World;
use serde_json::{Map, Value, json};

/// The templates of this room.
pub(super) const TEMPLATES: Templates = &[
    ("/applications/{id}/addPassword", add_password),
    ("/applications/{id}/removePassword", remove_password),
    ("/servicePrincipals/{id}/addPassword", add_password),
    ("/servicePrincipals/{id}/removePassword", remove_password),
    ("/servicePrincipals/{id}/appRoleAssignments", app_roles),
    ("/servicePrincipals/{id}/appRoleAssignments/{id}", app_role),
    ("/servicePrincipals/{id}/appRoleAssignedTo", app_roles),
    ("/servicePrincipals/{id}/appRoleAssignedTo/{id}", app_role),
    ("/users/{id}/appRoleAssignments", app_roles),
    ("/users/{id}/appRoleAssignments/{id}", app_role),
    ("/groups/{id}/appRoleAssignments", app_roles),
    ("/groups/{id}/appRoleAssignments/{id}", app_role),
    ("/oauth2PermissionGrants", grants),
    ("/oauth2PermissionGrants/{id}", grant),
    ("/servicePrincipals/{id}/oauth2PermissionGrants", grants_of),
    ("/users/{id}/oauth2PermissionGrants", grants_of),
];

fn missing(parameter: &str) -> ApiError {
    ApiError::of("parameter-missing", &[("parameter", parameter)])
}

fn guid(body: &Map<String, Value>, name: &'static str) -> Result<Guid, ApiError> {
    let value = body.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    let text = value.ok_or_else(|| missing(name))?.as_str();
    text.and_then(Guid::parse).ok_or_else(|| ApiError::of("bad-json", &[]))
}

fn add_password(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let body = if call.body.is_empty() { Map::new() } else { object(call)? };
    let wanted = body.get("passwordCredential").cloned().unwrap_or(Value::Null);
    let tenant = &mut *world.tenant_mut();
    let id = owned(tenant, call, find(tenant, entity_of(matched.template), matched.key(0))?)?;
    let secret = tenant.add_password(&context(call), id, &wanted)?;
    let mut answer = Map::new();
    let context = format!("{}microsoft.graph.passwordCredential", context_base(call));
    answer.insert("@odata.context".to_owned(), Value::from(context));
    answer.extend(secret.json().as_object().cloned().unwrap_or_default());
    Ok(ApiReply::json(200, Value::from(answer).to_string().into_bytes(), 1))
}

fn remove_password(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let key = guid(&object(call)?, "keyId")?;
    let tenant = &mut *world.tenant_mut();
    let id = owned(tenant, call, find(tenant, entity_of(matched.template), matched.key(0))?)?;
    tenant.remove_password(&context(call), id, key)?;
    Ok(ApiReply::no_content())
}

/// The assignments that a path speaks of: those of a principal, or those to a resource.
fn assignments(tenant: &Tenant, matched: &Matched, id: Guid) -> Vec<AppRoleAssignment> {
    if matched.template.contains("appRoleAssignedTo") {
        tenant.app_roles_assigned_to(id).into_iter().cloned().collect()
    } else {
        tenant.app_role_assignments(id).to_vec()
    }
}

fn listing(matched: &Matched, id: Guid) -> Listing {
    let mut parts = matched.template.split('/').skip(1);
    let (root, relation) = (parts.next().unwrap_or(""), parts.nth(1).unwrap_or(""));
    Listing::of("appRoleAssignment", format!("{root}('{id}')/{relation}"))
}

fn app_roles(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let entity = entity_of(matched.template);
    if call.method == http::Method::GET {
        let tenant = &*world.tenant_view(View::Query);
        let id = find(tenant, entity, matched.key(0))?.id();
        let listing = listing(matched, id);
        let options = listing.options(call)?;
        let found = assignments(tenant, matched, id);
        let records = found.iter().map(|assignment| tenant.app_role_json(assignment));
        return listing.page(world, call, &options, (1..).zip(records));
    }
    let body = object(call)?;
    let (principal, resource, role) =
        (guid(&body, "principalId")?, guid(&body, "resourceId")?, guid(&body, "appRoleId")?);
    let tenant = &mut *world.tenant_mut();
    let id = find(tenant, entity, matched.key(0))?.id();
    let named = if matched.template.contains("appRoleAssignedTo") { resource } else { principal };
    if named != id {
        return Err(ApiError::of("body-values", &[]));
    }
    let made = tenant.assign_app_role(&context(call), principal, resource, role)?;
    listing(matched, id).one(call, 201, &tenant.app_role_json(&made))
}

fn app_role(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let entity = entity_of(matched.template);
    let found = {
        let tenant = &*world.tenant_view(View::Object);
        let id = find(tenant, entity, matched.key(0))?.id();
        let mut all = assignments(tenant, matched, id).into_iter();
        let found = all.find(|known| known.id == matched.key(1));
        let found = found.ok_or_else(|| ApiError::not_found(matched.key(1)))?;
        if call.method == http::Method::GET {
            return listing(matched, id).one(call, 200, &tenant.app_role_json(&found));
        }
        found
    };
    world.tenant_mut().remove_app_role(&context(call), found.principal_id, &found.id)?;
    Ok(ApiReply::no_content())
}

fn grant_json(grant: &DelegatedGrant) -> Value {
    json!({
        "id": grant.id,
        "clientId": grant.client_id.to_string(),
        "consentType": if grant.principal_id.is_some() { "Principal" } else { "AllPrincipals" },
        "principalId": grant.principal_id.map(|id| id.to_string()),
        "resourceId": grant.resource_id.to_string(),
        "scope": grant.scope,
    })
}

fn grant_listing(set: impl Into<String>) -> Listing {
    Listing::of("oAuth2PermissionGrant", set)
}

fn grants(world: &World, call: &ApiCall<'_>, _: &Matched) -> Result<ApiReply, ApiError> {
    let listing = grant_listing("oauth2PermissionGrants");
    if call.method == http::Method::GET {
        let options = listing.options(call)?;
        let tenant = &*world.tenant_view(View::Query);
        let records = tenant.delegated_grants().iter().map(grant_json);
        return listing.page(world, call, &options, (1..).zip(records));
    }
    let body = object(call)?;
    let made = world.tenant_mut().grant_delegated(&context(call), &body)?;
    listing.one(call, 201, &grant_json(&made))
}

fn grant(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let id = matched.key(0);
    match call.method.as_str() {
        "GET" => {
            let tenant = &*world.tenant_view(View::Object);
            let found = tenant.delegated_grants().iter().find(|grant| grant.id == id);
            let found = found.ok_or_else(|| ApiError::not_found(id))?;
            grant_listing("oauth2PermissionGrants").one(call, 200, &grant_json(found))
        }
        "PATCH" => {
            let body = object(call)?;
            let scope = body.get("scope").and_then(Value::as_str).ok_or_else(|| missing("scope"))?;
            world.tenant_mut().change_delegated(id, Some(scope))?;
            Ok(ApiReply::no_content())
        }
        _ => {
            world.tenant_mut().change_delegated(id, None)?;
            Ok(ApiReply::no_content())
        }
    }
}

fn grants_of(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let tenant = &*world.tenant_view(View::Query);
    let id = find(tenant, entity_of(matched.template), matched.key(0))?.id();
    let listing = grant_listing("oauth2PermissionGrants");
    let options = listing.options(call)?;
    let own = |grant: &&DelegatedGrant| grant.client_id == id || grant.principal_id == Some(id);
    let records: Vec<Value> = tenant.delegated_grants().iter().filter(own).map(grant_json).collect();
    listing.page(world, call, &options, (1..).zip(records))
}
