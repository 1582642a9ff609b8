//! The rooms that answer their templates themselves: each lists its templates with the function of each.
//!
//! A template's permissions and cost stand in graph-permissions.tsv and graph-costs.tsv, its methods too.

use super::call::{ApiCall, ApiReply};
use super::error::ApiError;
use super::route::Matched;
use forestbed_sim::world::World;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Answers a call on a template, for each of the methods that the table of permissions gives it.
pub(crate) type Handler = fn(&World, &ApiCall<'_>, &Matched) -> Result<ApiReply, ApiError>;

/// The templates of a room; fixed names stand before keys.
pub(crate) type Templates = &'static [(&'static str, Handler)];

/// One line a room.
const ROOMS: &[Templates] = &[
    super::audit_logs::TEMPLATES,
    super::company::TEMPLATES,
    super::delta::TEMPLATES,
    super::domains::TEMPLATES,
    super::licensing::TEMPLATES,
    super::manager::TEMPLATES,
    super::people::TEMPLATES,
    super::subscriptions::TEMPLATES,
    super::synchronization::TEMPLATES,
    super::applications::TEMPLATES,
    super::deleted_items::TEMPLATES,
    super::kinds::TEMPLATES,
    super::memberships::TEMPLATES,
    super::roles::TEMPLATES,
];

static HANDLERS: LazyLock<BTreeMap<&'static str, Handler>> =
    LazyLock::new(|| ROOMS.iter().flat_map(|room| room.iter().copied()).collect());

/// Every template of every room.
pub(super) fn templates() -> impl Iterator<Item = &'static str> {
    ROOMS.iter().flat_map(|room| room.iter()).map(|(template, _)| *template)
}

/// Answers a call that was matched to a template of a room.
pub(super) fn answer(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let handler = HANDLERS.get(matched.template).ok_or_else(|| ApiError::of("not-implemented", &[]))?;
    handler(world, call, matched)
}
