//! `users/{id}/manager/$ref`: reading, setting and clearing a user's manager.

use super::body::single_reference;
use super::call::{ApiCall, ApiReply};
use super::error::ApiError;
use super::read::find;
use super::rooms::Templates;
use super::route::Matched;
use super::tail;
use super::write::target;
use crate::odata::Entity;
use forestbed_sim::tenant::CallContext;
use forestbed_sim::world::World;

pub(super) const TEMPLATES: Templates = &[("/users/{id}/manager/$ref", manager)];

fn manager(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let ctx = CallContext { now: call.now, app: Some(call.caller.app_id) };
    match call.method.as_str() {
        "GET" => tail::references(world, call, call.path),
        "PUT" => {
            let key = single_reference(call)?;
            let tenant = &mut world.tenant_mut();
            let user = find(tenant, Entity::User, matched.key(0))?.id();
            let manager = target(tenant, &key)?;
            tenant.assign_manager(&ctx, user, manager)?;
            Ok(ApiReply::no_content())
        }
        "DELETE" => {
            let tenant = &mut world.tenant_mut();
            let user = find(tenant, Entity::User, matched.key(0))?.id();
            tenant.clear_manager(&ctx, user)?;
            Ok(ApiReply::no_content())
        }
        _ => Err(ApiError::of("method-not-allowed", &[])),
    }
}
