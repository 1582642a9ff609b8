//! Graph's resources: which path means what, what it costs, who may call it, and the answer.

mod call;
mod error;
mod json;
mod route;
mod tables;

pub(crate) use call::{ApiCall, ApiReply, ApiVersion, Caller};
pub(crate) use error::{ApiError, Detail};
pub(crate) use tables::{Cost, cost, permissions};

use forestbed_sim::world::World;

/// Answers a call whose token, permissions and limits have been checked. It never panics; what it does not
/// know is refused in Graph's words and named in [`ApiReply::unknown`].
pub(crate) fn handle(_world: &World, call: &ApiCall<'_>) -> ApiReply {
    match route::route(call.path) {
        Ok(_) => ApiError::of("not-implemented", &[]).reply(call),
        Err(error) => error.reply(call),
    }
}
