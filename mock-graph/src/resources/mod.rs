//! Graph's resources: which path means what, what it costs, who may call it, and the answer.

mod applications;
mod audit_logs;
mod batch_get;
mod body;
mod call;
mod collection;
mod company;
mod deleted_items;
mod delta;
mod describe;
mod directory;
mod domains;
mod error;
mod json;
mod kinds;
mod levels;
mod licensing;
mod manager;
mod me;
mod memberships;
mod object_rights;
mod objects;
mod people;
mod privileges;
mod projection;
mod read;
mod records;
mod relations;
mod roles;
mod rooms;
mod route;
mod subscriptions;
mod synchronization;
mod tables;
mod tail;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use body::{demand_json, is_json};
pub(crate) use call::{ApiCall, ApiReply, ApiVersion, Caller};
pub(crate) use error::ApiError;
pub(crate) use json::{Object as JsonObject, string as json_string};
pub(crate) use privileges::may;
pub(crate) use tables::cost;

use forestbed_sim::world::World;
use http::header::ALLOW;
use route::Route;
use tail::Tail;

/// The methods of a path; none when it is unknown.
pub(crate) fn methods(path: &str) -> Vec<&'static str> {
    route::route(path).map_or_else(|_| Vec::new(), |matched| tables::methods(matched.template))
}

/// Answers a call whose token, permissions and limits have been checked. It never panics; what it does not
/// know is refused in Graph's words and named in [`ApiReply::unknown`].
pub(crate) fn handle(world: &World, call: &ApiCall<'_>) -> ApiReply {
    let Some(path) = me::path(call) else { return me::nobody().reply(call) };
    let call = &ApiCall { path: &path, ..call.clone() };
    let reply = answer(world, call).unwrap_or_else(|error| {
        let reply = error.reply(call);
        match route::route(call.path) {
            Ok(matched) if error.status == 405 && matched.tail != Tail::None => {
                reply.with_header(ALLOW, "GET")
            }
            Ok(matched) if error.status == 405 => {
                reply.with_header(ALLOW, &tables::methods(matched.template).join(", "))
            }
            _ => reply,
        }
    });
    levels::apply(call, || world.tenant().id().to_string(), reply)
}

/// What Graph tells without a token: the service document and the schema.
pub(crate) fn describe(call: &ApiCall<'_>) -> Option<ApiReply> {
    let path = call.path.trim_matches('/');
    match call.method == http::Method::GET {
        true if path.is_empty() => Some(describe::service_document(call)),
        true if path.eq_ignore_ascii_case("$metadata") => Some(describe::metadata()),
        _ => None,
    }
}

fn answer(world: &World, call: &ApiCall<'_>) -> Result<ApiReply, ApiError> {
    if let Some(reply) = describe(call) {
        return Ok(reply);
    }
    let matched = route::route(call.path)?;
    if matched.tail != Tail::None {
        return tail::answer(world, call, &matched);
    }
    if tables::allowed(call.method.as_str(), matched.template).is_none() {
        let note = format!("{} {}", call.method, matched.template);
        return Err(ApiError::of("method-not-allowed", &[]).with_unknown(note));
    }
    match matched.route {
        Route::Room => rooms::answer(world, call, &matched),
        Route::GetByIds => batch_get::get_by_ids(world, call),
        _ if call.method != http::Method::GET => write::change(world, call, &matched),
        Route::Domains
        | Route::Domain
        | Route::Organizations
        | Route::Organization
        | Route::SubscribedSkus
        | Route::SubscribedSku => directory::get(world, call, &matched),
        _ => read::get(world, call, &matched),
    }
}
