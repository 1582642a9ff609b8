//! Graph's resources: which path means what, what it costs, who may call it, and the answer.

mod call;
mod error;

pub(crate) use call::{ApiCall, ApiReply, ApiVersion, Caller};
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
