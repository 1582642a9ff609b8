//! Role templates, and roles as `roleManagement/directory` tells them.

use super::body::object;
use super::call::{ApiCall, ApiReply};
use super::error::ApiError;
use super::kinds::context;
use super::records::Listing;
use super::rooms::Templates;
use super::route::Matched;
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::{RoleAssignment, RoleTemplate, Tenant};
use forestbed_sim::view::View;
use forestbed_sim::world::World;
use serde_json::{Map, Value, json};

/// The templates of this room.
pub(super) const TEMPLATES: Templates = &[
    ("/directoryRoleTemplates", templates),
    ("/directoryRoleTemplates/{id}", template),
    ("/roleManagement/directory/roleDefinitions", definitions),
    ("/roleManagement/directory/roleDefinitions/{id}", definition),
    ("/roleManagement/directory/roleAssignments", assignments),
    ("/roleManagement/directory/roleAssignments/{id}", assignment),
];

fn known(key: &str) -> Result<&'static RoleTemplate, ApiError> {
    Guid::parse(key).and_then(RoleTemplate::find).ok_or_else(|| ApiError::not_found(key))
}

fn template_json(template: &RoleTemplate) -> Value {
    json!({
        "id": template.id.to_string(),
        "deletedDateTime": null,
        "description": template.name,
        "displayName": template.name,
    })
}

fn templates(world: &World, call: &ApiCall<'_>, _: &Matched) -> Result<ApiReply, ApiError> {
    let listing = Listing::of("directoryRoleTemplate", "directoryRoleTemplates");
    let options = listing.options(call)?;
    listing.page(world, call, &options, (1..).zip(RoleTemplate::all().iter().map(template_json)))
}

fn template(_: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let listing = Listing::of("directoryRoleTemplate", "directoryRoleTemplates");
    listing.one(call, 200, &template_json(known(matched.key(0))?))
}

/// A built-in role: its definition's id is the template's. Which actions it allows is not told.
fn definition_json(template: &RoleTemplate) -> Value {
    json!({
        "id": template.id.to_string(),
        "description": template.name,
        "displayName": template.name,
        "isBuiltIn": true,
        "isEnabled": true,
        "resourceScopes": ["/"],
        "rolePermissions": [],
        "templateId": template.id.to_string(),
        "version": "1",
    })
}

fn definitions(world: &World, call: &ApiCall<'_>, _: &Matched) -> Result<ApiReply, ApiError> {
    let listing = Listing::of("unifiedRoleDefinition", "roleManagement/directory/roleDefinitions");
    let options = listing.options(call)?;
    listing.page(world, call, &options, (1..).zip(RoleTemplate::all().iter().map(definition_json)))
}

fn definition(_: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let listing = Listing::of("unifiedRoleDefinition", "roleManagement/directory/roleDefinitions");
    listing.one(call, 200, &definition_json(known(matched.key(0))?))
}

fn assignment_json(tenant: &Tenant, assignment: &RoleAssignment) -> Value {
    let scope = assignment.unit.map_or("/".to_owned(), |unit| format!("/administrativeUnits/{unit}"));
    json!({
        "id": assignment.id,
        "directoryScopeId": scope,
        "principalId": assignment.principal_id.to_string(),
        "principalOrganizationId": tenant.id().to_string(),
        "roleDefinitionId": assignment.role_template_id.to_string(),
    })
}

fn listing() -> Listing {
    Listing::of("unifiedRoleAssignment", "roleManagement/directory/roleAssignments")
}

fn assignments(world: &World, call: &ApiCall<'_>, _: &Matched) -> Result<ApiReply, ApiError> {
    let listing = listing();
    if call.method == http::Method::GET {
        let options = listing.options(call)?;
        let tenant = &*world.tenant_view(View::Query);
        let all = tenant.role_assignments();
        let records = all.iter().map(|assignment| assignment_json(tenant, assignment));
        return listing.page(world, call, &options, (1..).zip(records));
    }
    let body = object(call)?;
    let (holder, role) = (guid(&body, "principalId")?, guid(&body, "roleDefinitionId")?);
    let scope = match body.get("directoryScopeId").and_then(Value::as_str) {
        None => return Err(ApiError::of("parameter-missing", &[("parameter", "directoryScopeId")])),
        Some("/") => None,
        Some(scope) => {
            let unit = scope.strip_prefix("/administrativeUnits/").and_then(Guid::parse);
            Some(unit.ok_or_else(|| ApiError::of("body-values", &[]))?)
        }
    };
    let tenant = &mut *world.tenant_mut();
    let made = tenant.add_role_assignment(&context(call), holder, role, scope)?;
    listing.one(call, 201, &assignment_json(tenant, &made))
}

fn guid(body: &Map<String, Value>, name: &'static str) -> Result<Guid, ApiError> {
    let value = body.get(name).ok_or_else(|| ApiError::of("parameter-missing", &[("parameter", name)]))?;
    value.as_str().and_then(Guid::parse).ok_or_else(|| ApiError::of("bad-json", &[]))
}

fn assignment(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    if call.method == http::Method::GET {
        let tenant = &*world.tenant_view(View::Object);
        let all = tenant.role_assignments();
        let found = all.iter().find(|one| one.id == matched.key(0));
        let found = found.ok_or_else(|| ApiError::not_found(matched.key(0)))?;
        return listing().one(call, 200, &assignment_json(tenant, found));
    }
    world.tenant_mut().remove_role_assignment(&context(call), matched.key(0))?;
    Ok(ApiReply::no_content())
}
