//! `directory/deletedItems`: what was deleted in the last thirty days, brought back or purged.

use super::body::object;
use super::call::{ApiCall, ApiReply};
use super::collection::{Collection, Members, options};
use super::error::ApiError;
use super::kinds::context;
use super::object_rights::{over_roles, owned, permitted, reading};
use super::objects::Writer;
use super::projection::Shape;
use super::rooms::Templates;
use super::route::Matched;
use crate::odata::{Entity, Options};
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::{CloudObject, ObjectKind, Tenant};
use forestbed_sim::view::View;
use forestbed_sim::world::World;
use serde_json::Value;

/// The templates of this room.
pub(super) const TEMPLATES: Templates = &[
    ("/directory/deletedItems", list),
    ("/directory/deletedItems/{id}", one),
    ("/directory/deletedItems/{id}/restore", restore),
];

/// The permissions that restore or purge each kind, of which any one suffices (microsoft-graph 1.8: per type;
/// permanent deletion of users from memory).
fn writing(kind: ObjectKind) -> &'static [&'static str] {
    match kind {
        ObjectKind::User => &["User.ReadWrite.All", "User.DeleteRestore.All"],
        ObjectKind::Group => &["Group.ReadWrite.All"],
        ObjectKind::Device => &["Device.ReadWrite.All"],
        ObjectKind::AdministrativeUnit => &["AdministrativeUnit.ReadWrite.All"],
        _ => &["Application.ReadWrite.All", "Application.ReadWrite.OwnedBy"],
    }
}

/// The id of an object that the call may restore or purge.
fn writable(tenant: &Tenant, call: &ApiCall<'_>, object: &CloudObject) -> Result<Guid, ApiError> {
    permitted(call, writing(object.kind()))?;
    over_roles(tenant, call, object)?;
    owned(tenant, call, object)
}

/// The cast is mandatory (microsoft-graph 2.4).
fn list(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let kind = matched.cast.and_then(Entity::kind).ok_or_else(|| ApiError::of("deleted-cast", &[]))?;
    permitted(call, reading(kind))?;
    let tenant = &*world.tenant_view(View::Query);
    let mut ids: Vec<Guid> =
        tenant.deleted().filter(|object| object.kind() == kind).map(CloudObject::id).collect();
    ids.sort_unstable();
    let entity = Entity::of(kind);
    let set = super::read::set_of(kind);
    let deleted = Collection { entity, set, cast: None, members: Members::Deleted(ids) };
    deleted.list(world, tenant, call)
}

fn find<'t>(tenant: &'t Tenant, key: &str) -> Result<&'t CloudObject, ApiError> {
    let found = Guid::parse(key).and_then(|id| tenant.deleted_object(id));
    found.ok_or_else(|| ApiError::not_found(key))
}

fn one(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    if call.method == http::Method::GET {
        let tenant = &*world.tenant_view(View::Object);
        let object = find(tenant, matched.key(0))?;
        permitted(call, reading(object.kind()))?;
        let options = options(world, call)?;
        let entity = Entity::DirectoryObject;
        let writer = Writer::new(tenant, call, entity, "directoryObjects", &options, Shape::Single)?;
        return Ok(writer.single(200, object));
    }
    let tenant = &mut *world.tenant_mut();
    let object = find(tenant, matched.key(0))?;
    let id = writable(tenant, call, object)?;
    tenant.purge_deleted(&context(call), id)?;
    Ok(ApiReply::no_content())
}

fn restore(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let body = if call.body.is_empty() { Default::default() } else { object(call)? };
    let tenant = &mut *world.tenant_mut();
    let object = find(tenant, matched.key(0))?;
    let id = writable(tenant, call, object)?;
    let name = body.get("newUserPrincipalName").and_then(Value::as_str);
    tenant.restore_deleted_as(&context(call), id, name)?;
    let object = tenant.object(id).ok_or_else(|| ApiError::not_found(matched.key(0)))?;
    let entity = Entity::DirectoryObject;
    let writer = Writer::new(tenant, call, entity, "directoryObjects", &Options::default(), Shape::Single)?;
    Ok(writer.single(200, object))
}
