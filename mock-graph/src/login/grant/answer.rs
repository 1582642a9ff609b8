//! The body of a success (microsoft-graph.md 1.3).

use super::super::route::Version;
use super::super::{Keys, LoginCall, LoginReply};
use super::LIFETIME_SECONDS;
use super::claims::BACKDATED_SECONDS;
use serde::Serialize;
use serde_json::{Value, json};

/// What a user's grant adds to an answer.
#[derive(Debug)]
pub(crate) struct ForUser {
    /// The permissions.
    pub(crate) scope: String,
    /// The refresh token.
    pub(crate) refresh_token: Option<String>,
    /// The claims of the ID token.
    pub(crate) identity: Option<Value>,
    /// Who the user is, for clients that ask with `client_info=1`.
    pub(crate) client_info: Option<String>,
}

/// A token that is granted but not signed yet.
#[derive(Debug)]
pub(crate) struct Issue {
    access: Value,
    version: Version,
    written: String,
    wall_seconds: u64,
    epoch: u64,
    for_user: Option<ForUser>,
}

/// The body, in the order in which the service writes it. The older endpoint says numbers as strings.
#[derive(Serialize)]
struct Success<'a> {
    token_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
    expires_in: Value,
    ext_expires_in: Value,
    #[serde(flatten)]
    older: Option<Older<'a>>,
    access_token: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_info: Option<&'a str>,
}

/// What only the older endpoint says.
#[derive(Serialize)]
struct Older<'a> {
    expires_on: String,
    not_before: String,
    resource: &'a str,
}

impl Issue {
    /// A token of these claims; `written` is the resource as the client wrote it.
    pub(crate) fn new(call: &LoginCall<'_>, version: Version, written: String, access: Value) -> Issue {
        let (wall_seconds, epoch) = (call.wall_seconds, call.epoch());
        Issue { access, version, written, wall_seconds, epoch, for_user: None }
    }

    /// With what a user's grant adds.
    pub(crate) fn for_user(self, for_user: ForUser) -> Issue {
        Issue { for_user: Some(for_user), ..self }
    }

    /// Signs the tokens, which takes a while: nothing of the tenant is held here.
    pub(crate) fn reply(&self, keys: &Keys) -> Option<LoginReply> {
        let token = keys.sign(&self.access, self.epoch)?;
        let identity = self.for_user.as_ref().and_then(|user| user.identity.as_ref());
        let id_token = match identity {
            Some(claims) => Some(keys.sign(claims, self.epoch)?),
            None => None,
        };
        let lifetime = match self.version {
            Version::V1 => json!(LIFETIME_SECONDS.to_string()),
            Version::V2 => json!(LIFETIME_SECONDS),
        };
        let older = (self.version == Version::V1).then(|| Older {
            expires_on: (self.wall_seconds + LIFETIME_SECONDS).to_string(),
            not_before: self.wall_seconds.saturating_sub(BACKDATED_SECONDS).to_string(),
            resource: &self.written,
        });
        let user = self.for_user.as_ref();
        let body = Success {
            token_type: "Bearer",
            scope: user.map(|user| user.scope.as_str()),
            expires_in: lifetime.clone(),
            ext_expires_in: lifetime,
            older,
            access_token: &token,
            refresh_token: user.and_then(|user| user.refresh_token.as_deref()),
            id_token,
            client_info: user.and_then(|user| user.client_info.as_deref()),
        };
        Some(LoginReply::json(200, &body))
    }
}
