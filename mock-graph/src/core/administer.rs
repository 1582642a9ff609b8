//! Requests that an administrator of the tenant sends beside the tools: life in the cloud, as scenarios tell it.

use super::{gateway, status_code, target};
use crate::resources::{self, Caller};
use bytes::Bytes;
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::{CloudObject, ObjectKind, Tenant};
use forestbed_sim::world::World;
use http::{Method, Request, Response};

/// Where links in the answers lead: nobody follows them.
const BASE: &str = "https://graph.microsoft.com";

/// Answers a request to Graph (`/v1.0/...` or `/beta/...`) as its first global administrator would have it
/// answered, with every permission.
///
/// It is the administrator's and nobody's cost: no token is looked at, no limit counts it, no fault strikes it, it
/// takes no virtual time and leaves no line in the journal. What it changes, it changes as any other request of
/// Graph does. An address that would have to be asked first (a new webhook) is not asked: that is a 501.
pub fn administer(world: &World, request: &Request<Bytes>) -> Response<Bytes> {
    let caller = {
        let tenant = world.tenant();
        let app_id = tenant.applications().first().map(|own| own.app_id).unwrap_or_default();
        Caller { app_id, user: administrator(&tenant), unchecked: true, ..Caller::default() }
    };
    let now = world.clock.now();
    let id = world.seed.guid("request", "administrator", world.tenant().last_change());
    let call = target::call(request, BASE, &caller, now, id);
    let known = [Method::GET, Method::POST, Method::PATCH, Method::PUT, Method::DELETE];
    let mut reply = match known.contains(call.method) {
        true => resources::handle(world, &call),
        false => gateway::error("method").reply(&call),
    };
    if reply.ask.take().is_some() {
        reply = resources::ApiError::of("not-implemented", &[]).reply(&call);
    }
    let mut response = Response::new(Bytes::from(reply.body));
    *response.status_mut() = status_code(reply.status);
    for (name, value) in reply.headers {
        response.headers_mut().append(name, value);
    }
    response
}

fn administrator(tenant: &Tenant) -> Option<Guid> {
    let mut users = tenant.iter(ObjectKind::User).map(CloudObject::id);
    users.find(|id| tenant.is_global_administrator(*id))
}
