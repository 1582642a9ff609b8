//! Reading users, groups, contacts and their relations.

use super::call::{ApiCall, ApiReply};
use super::collection::{Collection, Members, options};
use super::error::ApiError;
use super::object_rights::{permitted, reading};
use super::objects::Writer;
use super::projection::Shape;
use super::relations::transitive;
use super::route::{Matched, Route};
use crate::odata::{Entity, decode};
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::{CloudObject, ObjectKind, Property, Tenant};
use forestbed_sim::view::{TenantView, View};
use forestbed_sim::world::World;
use std::sync::Arc;

/// The object that a key names: an id, or a user's principal name.
pub(crate) fn find<'t>(tenant: &'t Tenant, entity: Entity, key: &str) -> Result<&'t CloudObject, ApiError> {
    let found = match entity {
        Entity::User => tenant.user(key),
        _ if key.contains('=') => by_alternate_key(tenant, entity, key),
        _ => Guid::parse(key).and_then(|id| tenant.object(id)),
    };
    let fits = |object: &&CloudObject| entity.kind().is_none_or(|kind| object.kind() == kind);
    found.filter(fits).ok_or_else(|| ApiError::not_found(key))
}

/// `appId='...'` and its like.
fn by_alternate_key<'t>(tenant: &'t Tenant, entity: Entity, key: &str) -> Option<&'t CloudObject> {
    let (name, value) = key.split_once('=')?;
    let value = value.trim().strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'");
    let kind = entity.kind()?;
    match (kind, name.trim().to_ascii_lowercase().as_str()) {
        (ObjectKind::Application | ObjectKind::ServicePrincipal, "appid")
        | (ObjectKind::Device, "deviceid")
        | (ObjectKind::Group, "uniquename") => tenant.by_alternate_key(kind, &value),
        (ObjectKind::Application, "uniquename") => {
            tenant.iter(kind).find(|object| object.text(Property::UniqueName) == Some(&value))
        }
        (ObjectKind::DirectoryRole, "roletemplateid") => {
            let same = |own: &str| own.eq_ignore_ascii_case(&value);
            tenant.iter(kind).find(|object| object.text(Property::RoleTemplateId).is_some_and(same))
        }
        _ => None,
    }
}

/// `GET` of a collection, its count, or one object.
pub(crate) fn get(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    // it asks again for what it lists: a lock that is held meanwhile would wait for a writer that waits for it
    if matches!(matched.route, Route::MembersRef | Route::OwnersRef) {
        return super::tail::references(world, call, call.path);
    }
    let tenant = &*shown(world, call, view(matched.route));
    let all = |entity, set| Collection { entity, set, cast: matched.cast, members: Members::All };
    match matched.route {
        Route::Users => all(Entity::User, "users").list(world, tenant, call),
        Route::UsersCount => all(Entity::User, "users").count(world, tenant, call),
        Route::Groups => all(Entity::Group, "groups").list(world, tenant, call),
        Route::GroupsCount => all(Entity::Group, "groups").count(world, tenant, call),
        Route::Contacts => all(Entity::OrgContact, "contacts").list(world, tenant, call),
        Route::ContactsCount => all(Entity::OrgContact, "contacts").count(world, tenant, call),
        Route::User => single(world, tenant, call, Entity::User, "users", matched.key(0)),
        Route::Group => single(world, tenant, call, Entity::Group, "groups", matched.key(0)),
        Route::Contact => single(world, tenant, call, Entity::OrgContact, "contacts", matched.key(0)),
        Route::DirectoryObject => {
            single(world, tenant, call, Entity::DirectoryObject, "directoryObjects", matched.key(0))
        }
        _ => relation(world, tenant, call, matched),
    }
}

/// Objects that one request may look at while it holds the tenant's lock.
const LOOKED_AT_MAX: usize = 1000;

/// The tenant to read from. Whatever looks at many objects (a filter, a search, an order) does so on a copy, which
/// shares its pages with the live one: nobody who writes waits for a scan.
fn shown<'w>(world: &'w World, call: &ApiCall<'_>, view: View) -> TenantView<'w> {
    let shown = world.tenant_view(view);
    let option = |pair: &str| {
        let name = decode(pair.split('=').next().unwrap_or("")).to_ascii_lowercase();
        matches!(name.trim_start_matches('$'), "filter" | "search" | "orderby")
    };
    let objects = || ObjectKind::ALL.iter().map(|kind| shown.count(*kind)).sum::<usize>();
    let scans = call.query.split('&').any(option) && objects() > LOOKED_AT_MAX;
    match shown {
        TenantView::Live(live) if scans => TenantView::Past(Arc::new(live.clone())),
        shown => shown,
    }
}

/// What a route reads from: by id what replicas hold, everything else an index that follows later.
fn view(route: Route) -> View {
    match route {
        Route::User
        | Route::Group
        | Route::Contact
        | Route::DirectoryObject
        | Route::UserManager
        | Route::ContactManager => View::Object,
        _ => View::Query,
    }
}

fn single(
    world: &World,
    tenant: &Tenant,
    call: &ApiCall<'_>,
    entity: Entity,
    set: &str,
    key: &str,
) -> Result<ApiReply, ApiError> {
    let options = options(world, call)?;
    let writer = Writer::new(tenant, call, entity, set, &options, Shape::Single)?;
    let object = find(tenant, entity, key)?;
    if entity == Entity::DirectoryObject {
        permitted(call, reading(object.kind()))?;
    }
    Ok(writer.single(200, object))
}

fn relation(
    world: &World,
    tenant: &Tenant,
    call: &ApiCall<'_>,
    matched: &Matched,
) -> Result<ApiReply, ApiError> {
    use Route::*;
    let owner = match matched.template.split('/').nth(1) {
        Some("groups") => Entity::Group,
        Some("contacts") => Entity::OrgContact,
        _ => Entity::User,
    };
    let object = find(tenant, owner, matched.key(0))?;
    let id = object.id();
    let ids = match matched.route {
        Members | MembersCount => tenant.members(id).to_vec(),
        Owners | OwnersCount => object.owners().to_vec(),
        TransitiveMembers | TransitiveMembersCount => transitive(tenant, id, Tenant::members),
        UserMemberOf | UserMemberOfCount | GroupMemberOf | ContactMemberOf => tenant.member_of(id).to_vec(),
        UserTransitiveMemberOf | UserTransitiveMemberOfCount | GroupTransitiveMemberOf => {
            transitive(tenant, id, Tenant::member_of)
        }
        UserDirectReports | ContactDirectReports => object.direct_reports().to_vec(),
        UserManager | ContactManager => return manager(world, tenant, call, object, matched.key(0)),
        _ => return Err(ApiError::of("not-implemented", &[])),
    };
    let collection = Collection {
        entity: Entity::DirectoryObject,
        set: "directoryObjects",
        cast: matched.cast,
        members: super::collection::Members::Ids(ids),
    };
    match matched.route {
        MembersCount
        | OwnersCount
        | TransitiveMembersCount
        | UserMemberOfCount
        | UserTransitiveMemberOfCount => collection.count(world, tenant, call),
        _ => collection.list(world, tenant, call),
    }
}

fn manager(
    world: &World,
    tenant: &Tenant,
    call: &ApiCall<'_>,
    object: &CloudObject,
    key: &str,
) -> Result<ApiReply, ApiError> {
    let manager = object.manager().and_then(|id| tenant.object(id));
    let manager = manager.ok_or_else(|| ApiError::not_found(key))?;
    let options = options(world, call)?;
    let writer =
        Writer::new(tenant, call, Entity::DirectoryObject, "directoryObjects", &options, Shape::Single)?;
    Ok(writer.single(200, manager))
}

/// What `@odata.context` names for objects of a kind.
pub(crate) fn set_of(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::User => "users",
        ObjectKind::Group => "groups",
        ObjectKind::Contact => "contacts",
        ObjectKind::Device => "devices",
        ObjectKind::Application => "applications",
        ObjectKind::ServicePrincipal => "servicePrincipals",
        ObjectKind::DirectoryRole => "directoryRoles",
        ObjectKind::AdministrativeUnit => "directory/administrativeUnits",
    }
}

#[cfg(test)]
mod tests {
    use super::super::call::{ApiVersion, Caller};
    use super::*;
    use forestbed_sim::clock::DEFAULT_START;
    use forestbed_sim::spec::{EstateSpec, TenantSpec};
    use http::{HeaderMap, Method};

    #[test]
    fn a_scan_of_a_large_tenant_holds_no_lock() {
        let mut spec = EstateSpec {
            tenant: TenantSpec { cloud_users: 1001, ..TenantSpec::default() },
            ..EstateSpec::default()
        };
        spec.forests.clear();
        let world = World::generate(spec, 1).unwrap();
        let (headers, caller) = (HeaderMap::new(), Caller::default());
        for (query, free) in [
            ("$filter=accountEnabled eq true", true),
            ("%24Search=x", true),
            ("$top=5&orderby=displayName", true),
            ("$top=999&$select=id", false),
            ("", false),
        ] {
            let call = ApiCall {
                method: &Method::GET,
                version: ApiVersion::V1,
                path: "/users",
                query,
                headers: &headers,
                body: &[],
                base: "",
                caller: &caller,
                now: DEFAULT_START,
                request_id: Guid::NIL,
            };
            let view = shown(&world, &call, View::Query);
            assert_eq!(matches!(view, TenantView::Past(_)), free, "{query}");
            if free {
                // it would wait for ever for a lock that this thread holds
                drop(world.tenant_mut());
            }
            assert!(view.count(ObjectKind::User) > 1000);
        }
    }
}
