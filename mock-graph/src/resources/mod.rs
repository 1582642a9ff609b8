//! Graph's resources: which path means what, what it costs, who may call it, and the answer.

mod audit_logs;
mod batch_get;
mod body;
mod call;
mod collection;
mod directory;
mod error;
mod json;
mod objects;
mod projection;
mod read;
mod records;
mod rooms;
mod route;
mod tables;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use call::{ApiCall, ApiReply, ApiVersion, Caller};
pub(crate) use error::ApiError;
pub(crate) use tables::{cost, permissions};

use forestbed_sim::world::World;
use http::header::ALLOW;
use route::Route;

/// Answers a call whose token, permissions and limits have been checked. It never panics; what it does not
/// know is refused in Graph's words and named in [`ApiReply::unknown`].
pub(crate) fn handle(world: &World, call: &ApiCall<'_>) -> ApiReply {
    answer(world, call).unwrap_or_else(|error| {
        let reply = error.reply(call);
        match route::route(call.path) {
            Ok(matched) if error.status == 405 => {
                reply.with_header(ALLOW, &tables::methods(matched.template).join(", "))
            }
            _ => reply,
        }
    })
}

fn answer(world: &World, call: &ApiCall<'_>) -> Result<ApiReply, ApiError> {
    let matched = route::route(call.path)?;
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
        | Route::SubscribedSku
        | Route::LicenseDetails
        | Route::LicenseDetail => directory::get(world, call, &matched),
        _ => read::get(world, call, &matched),
    }
}
