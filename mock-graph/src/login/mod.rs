//! The token service: discovery, key sets, tokens, home realms.
//!
//! It answers under `/{tenant}/...`, where the tenant is named by its id, by a verified domain, or by
//! `common` or `organizations`. Interactive sign-in is not here.

mod discovery;
mod error;
mod form;
mod keys;
mod realm;
mod route;
mod token;

pub(crate) use keys::Keys;
pub(crate) use route::{Endpoint, route};
pub(crate) use token::{GRAPH_APP_ID, GRAPH_URI, LIFETIME_SECONDS, issued_at};

use error::StsError;
use forestbed_sim::clock::SimTime;
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::Tenant;
use http::{HeaderMap, Method};
use serde::Serialize;
use serde_json::Value;

/// One request to the token service.
pub(crate) struct LoginCall<'a> {
    /// The tenant that answers.
    pub(crate) tenant: &'a Tenant,
    /// The keys that sign.
    pub(crate) keys: &'a Keys,
    /// The HTTP method.
    pub(crate) method: &'a Method,
    /// What follows the question mark, still percent-encoded.
    pub(crate) query: &'a str,
    /// The request's headers.
    pub(crate) headers: &'a HeaderMap,
    /// The request's body.
    pub(crate) body: &'a [u8],
    /// Scheme and host of links: `https://127.0.0.1:1234`.
    pub(crate) base: &'a str,
    /// The virtual instant.
    pub(crate) now: SimTime,
    /// Seconds since 1970 by the client's clock: what it holds `iat` and `exp` against.
    pub(crate) wall_seconds: u64,
    /// The request's id.
    pub(crate) request_id: Guid,
}

impl LoginCall<'_> {
    /// The id that the client gave this exchange, or the request's own.
    pub(crate) fn correlation_id(&self) -> String {
        let given = self.headers.get("client-request-id").and_then(|value| value.to_str().ok());
        given.and_then(Guid::parse).unwrap_or(self.request_id).to_string()
    }

    /// Host and port of the links.
    fn authority(&self) -> &str {
        self.base.split_once("://").map_or(self.base, |(_, authority)| authority)
    }
}

/// One answer of the token service. The common headers are the core's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LoginReply {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The media type of the body.
    pub(crate) content_type: &'static str,
    /// The body.
    pub(crate) body: Vec<u8>,
    /// The application that asked, when it is known.
    pub(crate) client: String,
    /// What the server did not know.
    pub(crate) unknown: Option<String>,
    /// Whether the answer may be kept for a day, as discovery documents are.
    pub(crate) cacheable: bool,
}

impl LoginReply {
    fn json(status: u16, body: &impl Serialize) -> LoginReply {
        LoginReply {
            status,
            content_type: "application/json; charset=utf-8",
            body: serde_json::to_vec(body).unwrap_or_default(),
            client: String::new(),
            unknown: None,
            cacheable: false,
        }
    }

    fn document(body: &Value) -> LoginReply {
        LoginReply { cacheable: true, ..LoginReply::json(200, body) }
    }

    fn empty(status: u16, unknown: Option<String>) -> LoginReply {
        LoginReply { body: Vec::new(), unknown, ..LoginReply::json(status, &Value::Null) }
    }
}

/// An answer for which the tenant is not needed any more: tokens are signed after its lock is let go.
pub(crate) enum Draft {
    /// It is complete.
    Ready(LoginReply),
    /// A token may have to be signed.
    Token(Box<token::Decision>),
}

impl Draft {
    /// Signs what has to be signed.
    pub(crate) fn finish(self, keys: &Keys) -> LoginReply {
        match self {
            Draft::Ready(reply) => reply,
            Draft::Token(decision) => decision.answer(keys),
        }
    }
}

/// Answers a request to the token service, up to the signature.
pub(crate) fn handle(call: &LoginCall<'_>, endpoint: &Endpoint<'_>) -> Draft {
    match endpoint {
        Endpoint::Token { tenant, version } => Draft::Token(Box::new(token::decide(call, tenant, *version))),
        _ => Draft::Ready(document(call, endpoint)),
    }
}

fn document(call: &LoginCall<'_>, endpoint: &Endpoint<'_>) -> LoginReply {
    if let Endpoint::Unknown(path) = endpoint {
        return LoginReply::empty(404, Some(format!("{} {path}", call.method)));
    }
    if !matches!(*call.method, Method::GET | Method::HEAD) {
        return LoginReply::empty(405, Some(format!("{} of a discovery document", call.method)));
    }
    match endpoint {
        Endpoint::Configuration { tenant, version } => discovery::configuration(call, tenant, *version),
        Endpoint::Keys { tenant, version } => discovery::keys(call, tenant, *version),
        Endpoint::Instance => discovery::instance(call),
        Endpoint::UserRealm { user } => realm::user_realm(call, user),
        Endpoint::SignInRealm => realm::sign_in_realm(call),
        Endpoint::Token { .. } | Endpoint::Unknown(_) => LoginReply::empty(404, None),
    }
}

/// What a scripted fault with this status answers.
pub(crate) fn fault(call: &LoginCall<'_>, status: u16) -> LoginReply {
    StsError::fault(status).reply(call)
}

/// What a tenant's name in a path stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    /// This tenant.
    Tenant,
    /// Any tenant: `common` or `organizations`.
    Any,
}

/// Whose endpoint a path names. Personal accounts (`consumers`) are a tenant that is not here.
fn resolve(tenant: &Tenant, name: &str) -> Result<Named, StsError> {
    if ["common", "organizations"].iter().any(|any| name.eq_ignore_ascii_case(any)) {
        return Ok(Named::Any);
    }
    let own = |domain: &&forestbed_sim::tenant::Domain| {
        domain.is_verified && domain.name.eq_ignore_ascii_case(name)
    };
    if Guid::parse(name) == Some(tenant.id()) || tenant.domains().iter().any(|domain| own(&domain)) {
        return Ok(Named::Tenant);
    }
    let dns = |label: &str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    let plausible = Guid::parse(name).is_some()
        || name.eq_ignore_ascii_case("consumers")
        || name.contains('.') && name.split('.').all(dns);
    Err(StsError::new(if plausible { 90002 } else { 900_023 }).with("tenant", name))
}
