//! Creating, changing and deleting users and groups, and memberships.

use super::body::{Body, properties, single_reference};
use super::call::{ApiCall, ApiReply};
use super::error::ApiError;
use super::object_rights::{over_new_roles, over_passwords, over_roles};
use super::objects::Writer;
use super::projection::Shape;
use super::read::{find, set_of};
use super::route::{Matched, Route};
use crate::odata::{Entity, Options};
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::{CallContext, ObjectKind, Tenant, TenantError};
use forestbed_sim::world::World;
use http::header::LOCATION;
use serde_json::{Map, Value};

/// Answers a request that changes the tenant, under one lock. What fails in the middle leaves no trace.
pub(crate) fn change(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let ctx = CallContext { now: call.now, app: Some(call.caller.app_id) };
    let change = Change { call, ctx };
    // the body is read before the lock is taken
    match (matched.route, call.method.as_str()) {
        (Route::Users, "POST") => {
            let body = properties(call)?;
            locked(world, |tenant| change.create(tenant, ObjectKind::User, body))
        }
        (Route::Groups, "POST") => {
            let body = properties(call)?;
            locked(world, |tenant| change.create(tenant, ObjectKind::Group, body))
        }
        (Route::User, "PATCH") => {
            let body = properties(call)?;
            locked(world, |tenant| change.update(tenant, Entity::User, matched.key(0), body))
        }
        (Route::Group, "PATCH") => {
            let body = properties(call)?;
            locked(world, |tenant| match change.unique_name_to_create(tenant, matched.key(0)) {
                Some(name) => change.upsert(tenant, &name, body),
                None => change.update(tenant, Entity::Group, matched.key(0), body),
            })
        }
        (Route::User, "DELETE") => {
            locked(world, |tenant| change.delete(tenant, Entity::User, matched.key(0)))
        }
        (Route::Group, "DELETE") => {
            locked(world, |tenant| change.delete(tenant, Entity::Group, matched.key(0)))
        }
        (Route::MembersRef, "POST") => {
            let key = single_reference(call)?;
            locked(world, |tenant| change.add_member(tenant, matched.key(0), &key))
        }
        (Route::MemberRef, "DELETE") => {
            locked(world, |tenant| change.remove_member(tenant, matched.key(0), matched.key(1)))
        }
        (Route::OwnersRef, "POST") => {
            let key = single_reference(call)?;
            locked(world, |tenant| change.owner(tenant, matched.key(0), &key, Tenant::add_owner))
        }
        (Route::OwnerRef, "DELETE") => {
            locked(world, |tenant| change.owner(tenant, matched.key(0), matched.key(1), Tenant::remove_owner))
        }
        _ => Err(ApiError::of("method-not-allowed", &[])),
    }
}

fn locked(
    world: &World,
    change: impl FnOnce(&mut Tenant) -> Result<ApiReply, ApiError>,
) -> Result<ApiReply, ApiError> {
    change(&mut world.tenant_mut())
}

struct Change<'c> {
    call: &'c ApiCall<'c>,
    ctx: CallContext,
}

impl Change<'_> {
    /// The user who signed in, or the application's service principal.
    fn caller(&self, tenant: &Tenant) -> Option<Guid> {
        let app = || tenant.application(self.call.caller.app_id).map(|known| known.service_principal_id);
        self.call.caller.user.or_else(app)
    }

    /// The id of the object that a key names, when the call may change it.
    fn changeable(&self, tenant: &Tenant, entity: Entity, key: &str) -> Result<Guid, ApiError> {
        let object = find(tenant, entity, key)?;
        over_roles(tenant, self.call, object)?;
        Ok(object.id())
    }

    fn create(&self, tenant: &mut Tenant, kind: ObjectKind, body: Body) -> Result<ApiReply, ApiError> {
        over_new_roles(tenant, self.call, &body.properties)?;
        let properties = resolved(tenant, Entity::of(kind), body)?;
        let id = match kind {
            ObjectKind::Group => tenant.create_group(&self.ctx, &properties)?,
            _ => tenant.create_user(&self.ctx, &properties)?,
        };
        let object = tenant.object(id).ok_or_else(|| ApiError::not_found(&id.to_string()))?;
        let (entity, set) = (Entity::of(kind), set_of(kind));
        let writer = Writer::new(tenant, self.call, entity, set, &Options::default(), Shape::Single)?;
        let location = format!(
            "{}/v2/{}/directoryObjects/{id}/Microsoft.DirectoryServices.{}",
            self.call.base,
            tenant.id(),
            kind.name()
        );
        Ok(writer.single(201, object).with_header(LOCATION, &location))
    }

    /// The name of a group that `PATCH /groups(uniqueName='...')` is to make: one that does not exist, when
    /// the client prefers so.
    fn unique_name_to_create(&self, tenant: &Tenant, key: &str) -> Option<String> {
        let prefer = self.call.header("prefer").unwrap_or("").to_ascii_lowercase();
        let name = key.split_once('=').filter(|(name, _)| name.eq_ignore_ascii_case("uniqueName"))?.1;
        let wanted = prefer.contains("create-if-missing") && find(tenant, Entity::Group, key).is_err();
        wanted.then(|| name.trim_matches('\'').replace("''", "'"))
    }

    fn upsert(&self, tenant: &mut Tenant, name: &str, mut body: Body) -> Result<ApiReply, ApiError> {
        body.properties.insert("uniqueName".to_owned(), Value::from(name));
        self.create(tenant, ObjectKind::Group, body)
    }

    fn update(
        &self,
        tenant: &mut Tenant,
        entity: Entity,
        key: &str,
        body: Body,
    ) -> Result<ApiReply, ApiError> {
        let id = self.changeable(tenant, entity, key)?;
        over_passwords(self.call, &body.properties)?;
        let properties = resolved(tenant, entity, body)?;
        let names: Vec<&str> = properties.keys().map(String::as_str).collect();
        tenant.check_sensitive(self.caller(tenant), id, Some(&names))?;
        tenant.update(&self.ctx, id, &properties)?;
        Ok(ApiReply::no_content())
    }

    fn delete(&self, tenant: &mut Tenant, entity: Entity, key: &str) -> Result<ApiReply, ApiError> {
        let id = self.changeable(tenant, entity, key)?;
        tenant.check_sensitive(self.caller(tenant), id, None)?;
        tenant.delete(&self.ctx, id)?;
        Ok(ApiReply::no_content())
    }

    fn add_member(&self, tenant: &mut Tenant, group: &str, member: &str) -> Result<ApiReply, ApiError> {
        let group = self.changeable(tenant, Entity::Group, group)?;
        let member = target(tenant, member)?;
        tenant.add_member(&self.ctx, group, member)?;
        Ok(ApiReply::no_content())
    }

    fn remove_member(&self, tenant: &mut Tenant, group: &str, member: &str) -> Result<ApiReply, ApiError> {
        let group = self.changeable(tenant, Entity::Group, group)?;
        let member = target(tenant, member)?;
        tenant.remove_member(&self.ctx, group, member)?;
        Ok(ApiReply::no_content())
    }

    fn owner(
        &self,
        tenant: &mut Tenant,
        group: &str,
        owner: &str,
        change: fn(&mut Tenant, &CallContext, Guid, Guid) -> Result<(), TenantError>,
    ) -> Result<ApiReply, ApiError> {
        let group = self.changeable(tenant, Entity::Group, group)?;
        let owner = target(tenant, owner)?;
        change(tenant, &self.ctx, group, owner)?;
        Ok(ApiReply::no_content())
    }
}

/// The properties of a body, with its references as ids: clients send users by principal name too.
fn resolved(tenant: &Tenant, entity: Entity, body: Body) -> Result<Map<String, Value>, ApiError> {
    let mut properties = body.properties;
    for (relation, keys) in [("members", &body.members), ("owners", &body.owners)] {
        if keys.is_empty() {
            continue;
        }
        if entity != Entity::Group {
            return Err(ApiError::of("body-values", &[]).with_unknown(format!("{relation}@odata.bind")));
        }
        let ids = targets(tenant, keys)?;
        let ids = ids.into_iter().map(|id| Value::from(id.to_string())).collect();
        properties.insert(format!("{relation}@odata.bind"), ids);
    }
    Ok(properties)
}

pub(super) fn target(tenant: &Tenant, key: &str) -> Result<Guid, ApiError> {
    let by_id = Guid::parse(key).and_then(|id| tenant.object(id));
    let found = by_id.or_else(|| tenant.user(key));
    found.map(forestbed_sim::tenant::CloudObject::id).ok_or_else(|| ApiError::not_found(key))
}

fn targets(tenant: &Tenant, keys: &[String]) -> Result<Vec<Guid>, ApiError> {
    keys.iter().map(|key| target(tenant, key)).collect()
}
