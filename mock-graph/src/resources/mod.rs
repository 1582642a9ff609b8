//! Graph's resources: which path means what, what it costs, who may call it, and the answer.

mod call;
mod error;

pub(crate) use call::{ApiCall, ApiReply, ApiVersion, Caller};
use forestbed_sim::world::World;

pub(crate) use error::{ApiError, Detail};

/// What a request costs an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Resource units.
    pub(crate) units: u32,
    /// Whether it counts against the write limit.
    pub(crate) write: bool,
}

/// The cost of a request, by route and query options (microsoft-graph.md section 4, "RU cost").
pub(crate) fn cost(call: &ApiCall<'_>) -> Cost {
    Cost { units: 1, write: !call.method.is_safe() }
}

/// The application permissions of which any one suffices (microsoft-graph.md section 1.8); empty when the
/// route is unknown, which the resources then refuse themselves.
pub(crate) fn permissions(_call: &ApiCall<'_>) -> &'static [&'static str] {
    &[]
}

/// Answers a request whose token, limits and permissions have been checked.
pub(crate) fn handle(_world: &World, call: &ApiCall<'_>) -> ApiReply {
    let segment = call.path.trim_start_matches('/').split('/').next().unwrap_or("");
    ApiError::new(400, "BadRequest", format!("Resource not found for the segment '{segment}'."))
        .with_unknown(format!("{} {}", call.method, call.path))
        .reply(call)
}
