//! Devices, applications, service principals, directory roles and administrative units: lists, objects and
//! their relations.

use super::body::{properties, single_reference};
use super::call::{ApiCall, ApiReply};
use super::collection::{Collection, Members, options};
use super::error::ApiError;
use super::object_rights::owned;
use super::objects::Writer;
use super::projection::Shape;
use super::read::{find, set_of};
use super::rooms::Templates;
use super::route::Matched;
use super::tail;
use super::write::target;
use crate::odata::{Entity, Options};
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::{AppSecret, CallContext, ObjectKind, Registered, Tenant};
use forestbed_sim::view::View;
use forestbed_sim::world::World;
use http::header::LOCATION;

/// The templates of this room.
pub(super) const TEMPLATES: Templates = &[
    ("/devices", collection),
    ("/devices/{id}", one),
    ("/devices/{id}/memberOf", relation),
    ("/devices/{id}/transitiveMemberOf", relation),
    ("/devices/{id}/registeredOwners", relation),
    ("/devices/{id}/registeredOwners/$ref", reference),
    ("/devices/{id}/registeredOwners/{id}/$ref", reference),
    ("/devices/{id}/registeredUsers", relation),
    ("/devices/{id}/registeredUsers/$ref", reference),
    ("/devices/{id}/registeredUsers/{id}/$ref", reference),
    ("/applications", collection),
    ("/applications/{id}", one),
    ("/applications/{id}/owners", relation),
    ("/applications/{id}/owners/$ref", reference),
    ("/applications/{id}/owners/{id}/$ref", reference),
    ("/servicePrincipals", collection),
    ("/servicePrincipals/{id}", one),
    ("/servicePrincipals/{id}/owners", relation),
    ("/servicePrincipals/{id}/owners/$ref", reference),
    ("/servicePrincipals/{id}/owners/{id}/$ref", reference),
    ("/servicePrincipals/{id}/memberOf", relation),
    ("/servicePrincipals/{id}/transitiveMemberOf", relation),
    ("/servicePrincipals/{id}/ownedObjects", relation),
    ("/directoryRoles", collection),
    ("/directoryRoles/{id}", one),
    ("/directoryRoles/{id}/members", relation),
    ("/directoryRoles/{id}/members/$ref", reference),
    ("/directoryRoles/{id}/members/{id}/$ref", reference),
    ("/directory/administrativeUnits", collection),
    ("/directory/administrativeUnits/{id}", one),
    ("/directory/administrativeUnits/{id}/members", relation),
    ("/directory/administrativeUnits/{id}/members/$ref", reference),
    ("/directory/administrativeUnits/{id}/members/{id}/$ref", reference),
    ("/users/{id}/ownedObjects", relation),
    ("/users/{id}/ownedDevices", relation),
    ("/users/{id}/registeredDevices", relation),
];

/// The type that a template is about.
pub(super) fn entity_of(template: &str) -> Entity {
    match template.split('/').nth(1).unwrap_or("") {
        "users" => Entity::User,
        "groups" => Entity::Group,
        "contacts" => Entity::OrgContact,
        "devices" => Entity::Device,
        "applications" => Entity::Application,
        "servicePrincipals" => Entity::ServicePrincipal,
        "directoryRoles" => Entity::DirectoryRole,
        "directory" => Entity::AdministrativeUnit,
        _ => Entity::DirectoryObject,
    }
}

/// Who calls, for the tenant.
pub(super) fn context(call: &ApiCall<'_>) -> CallContext {
    CallContext { now: call.now, app: Some(call.caller.app_id) }
}

fn collection(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let entity = entity_of(matched.template);
    let set = entity.kind().map_or("", set_of);
    if call.method == http::Method::GET {
        let tenant = &*world.tenant_view(View::Query);
        let all = Collection { entity, set, cast: matched.cast, members: Members::All };
        return all.list(world, tenant, call);
    }
    let body = properties(call)?.properties;
    let ctx = context(call);
    let tenant = &mut *world.tenant_mut();
    let mut secrets = Vec::new();
    let id = match entity {
        Entity::Device => tenant.create_device(&ctx, &body)?,
        Entity::Application => {
            let (id, made) = tenant.create_application(&ctx, &body)?;
            secrets = made;
            id
        }
        Entity::ServicePrincipal => tenant.create_service_principal(&ctx, &body)?,
        Entity::DirectoryRole => {
            let template = body.get("roleTemplateId").and_then(|value| value.as_str()).unwrap_or("");
            tenant.activate_role(&ctx, template)?
        }
        _ => tenant.create_administrative_unit(&ctx, &body)?,
    };
    created(tenant, call, entity, id, &secrets)
}

/// 201 with the new object, its new secrets told this once.
fn created(
    tenant: &Tenant,
    call: &ApiCall<'_>,
    entity: Entity,
    id: Guid,
    secrets: &[AppSecret],
) -> Result<ApiReply, ApiError> {
    let object = tenant.object(id).ok_or_else(|| ApiError::not_found(&id.to_string()))?;
    let set = set_of(object.kind());
    let writer = Writer::new(tenant, call, entity, set, &Options::default(), Shape::Single)?;
    let mut reply = writer.single(201, object);
    for secret in secrets {
        let hidden = format!("\"keyId\":\"{}\",\"secretText\":null", secret.key_id);
        let told = format!("\"keyId\":\"{}\",\"secretText\":\"{}\"", secret.key_id, secret.value);
        let text = String::from_utf8_lossy(&reply.body).replace(&hidden, &told);
        reply.body = text.into_bytes();
    }
    let location = format!(
        "{}/v2/{}/directoryObjects/{id}/Microsoft.DirectoryServices.{}",
        call.base,
        tenant.id(),
        object.kind().name()
    );
    Ok(reply.with_header(LOCATION, &location))
}

fn one(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let entity = entity_of(matched.template);
    let ctx = context(call);
    match call.method.as_str() {
        "GET" => {
            let tenant = &*world.tenant_view(View::Object);
            let object = find(tenant, entity, matched.key(0))?;
            let options = options(world, call)?;
            let writer = Writer::new(tenant, call, entity, set_of(object.kind()), &options, Shape::Single)?;
            Ok(writer.single(200, object))
        }
        "PATCH" => {
            let body = properties(call)?.properties;
            let tenant = &mut *world.tenant_mut();
            let id = owned(tenant, call, find(tenant, entity, matched.key(0))?)?;
            tenant.update(&ctx, id, &body)?;
            Ok(ApiReply::no_content())
        }
        _ => {
            let tenant = &mut *world.tenant_mut();
            let id = owned(tenant, call, find(tenant, entity, matched.key(0))?)?;
            tenant.delete(&ctx, id)?;
            Ok(ApiReply::no_content())
        }
    }
}

fn relation(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let tenant = &*world.tenant_view(View::Query);
    let object = find(tenant, entity_of(matched.template), matched.key(0))?;
    let id = object.id();
    let is_device = |id: &Guid| tenant.object(*id).is_some_and(|object| object.kind() == ObjectKind::Device);
    let mut ids = match matched.template.rsplit('/').next().unwrap_or("") {
        "members" => tenant.members(id).to_vec(),
        "memberOf" => tenant.member_of(id).to_vec(),
        "transitiveMemberOf" => tenant.transitive_member_of(id),
        "registeredUsers" => tenant.registered_users(id).to_vec(),
        "ownedObjects" => tenant.owned_objects(id),
        "ownedDevices" => tenant.owned_objects(id).into_iter().filter(is_device).collect(),
        "registeredDevices" => tenant.registered_devices(id),
        _ => object.owners().to_vec(),
    };
    ids.sort_unstable();
    let collection = Collection {
        entity: Entity::DirectoryObject,
        set: "directoryObjects",
        cast: matched.cast,
        members: Members::Ids(ids),
    };
    collection.list(world, tenant, call)
}

/// `$ref` of a relation: told, added to, taken from.
fn reference(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let entity = entity_of(matched.template);
    let add = match call.method.as_str() {
        "GET" => return tail::references(world, call, call.path),
        method => method == "POST",
    };
    let key = if add { single_reference(call)? } else { matched.key(1).to_owned() };
    let ctx = context(call);
    let tenant = &mut *world.tenant_mut();
    let object = owned(tenant, call, find(tenant, entity, matched.key(0))?)?;
    let who = target(tenant, &key)?;
    match (entity, add) {
        (Entity::DirectoryRole, true) => tenant.assign_role(&ctx, object, who)?,
        (Entity::DirectoryRole, false) => tenant.unassign_role(&ctx, object, who)?,
        (Entity::AdministrativeUnit, true) => tenant.add_unit_member(&ctx, object, who)?,
        (Entity::AdministrativeUnit, false) => tenant.remove_unit_member(&ctx, object, who)?,
        _ => {
            let users = matched.template.contains("registeredUsers");
            let as_what = if users { Registered::Users } else { Registered::Owners };
            tenant.register(&ctx, object, who, (as_what, add))?;
        }
    }
    Ok(ApiReply::no_content())
}
