//! `/me`: the user who signed in, under the paths of `/users/{id}`.

use super::call::ApiCall;
use super::error::ApiError;
use std::borrow::Cow;

/// The path with `/me` read as the user's own; none when nobody signed in.
pub(super) fn path<'a>(call: &ApiCall<'a>) -> Option<Cow<'a, str>> {
    let rest = call.path.get(..3).filter(|head| head.eq_ignore_ascii_case("/me")).map(|_| &call.path[3..]);
    match rest.filter(|rest| rest.is_empty() || rest.starts_with('/')) {
        None => Some(Cow::Borrowed(call.path)),
        Some(rest) => call.caller.user.map(|user| Cow::Owned(format!("/users/{user}{rest}"))),
    }
}

/// The refusal when an application calls for itself.
pub(super) fn nobody() -> ApiError {
    ApiError::of("me-delegated", &[])
}
