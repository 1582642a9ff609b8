//! The token service: discovery, key sets, tokens, home realms.
//!
//! It answers under `/{tenant}/...`, where the tenant is named by its id, by a verified domain, or by
//! `common` or `organizations`. `grant/` has the token endpoint, `authorize` and `page` what people see.

mod account;
mod authorize;
mod discovery;
mod error;
mod flows;
mod form;
mod grant;
mod keys;
mod page;
mod pkce;
mod realm;
mod route;
mod seal;
mod x509;

pub(crate) use flows::Flows;
pub(crate) use grant::claims::issued_at;
pub(crate) use grant::{GRAPH_APP_ID, GRAPH_URI, LIFETIME_SECONDS};
pub(crate) use keys::{Keys, epoch};
pub(crate) use route::{Endpoint, route};
pub(crate) use seal::Seal;

use crate::resources::{ApiError, Caller};
use error::StsError;
use forestbed_sim::clock::SimTime;
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::{SignInEvent, SignInRefusal, Tenant};
use http::header::HeaderName;
use http::{HeaderMap, Method};
use serde::Serialize;
use serde_json::Value;

/// One request to the token service.
pub(crate) struct LoginCall<'a> {
    /// The tenant that answers.
    pub(crate) tenant: &'a Tenant,
    /// The keys that sign.
    pub(crate) keys: &'a Keys,
    /// What seals refresh tokens and codes.
    pub(crate) seal: &'a Seal,
    /// The flows that take several requests.
    pub(crate) flows: &'a Flows,
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
        self.given_correlation_id().unwrap_or(self.request_id).to_string()
    }

    /// The id that the client gave this exchange.
    pub(crate) fn given_correlation_id(&self) -> Option<Guid> {
        let given = self.headers.get("client-request-id").and_then(|value| value.to_str().ok());
        given.and_then(Guid::parse)
    }

    /// Which key signs now.
    pub(crate) fn epoch(&self) -> u64 {
        keys::epoch(self.tenant, self.now)
    }

    /// Host and port of the links.
    fn authority(&self) -> &str {
        self.base.split_once("://").map_or(self.base, |(_, authority)| authority)
    }
}

/// What a request leaves behind in the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Noted {
    /// A password was tried.
    Password { user: Guid, password: String, outcome: Result<(), SignInRefusal> },
    /// An entry of the sign-in log.
    SignIn(Box<SignInEvent>),
}

impl Noted {
    /// Writes it down.
    pub(crate) fn write(self, tenant: &mut Tenant, now: SimTime) {
        match self {
            Noted::Password { user, password, outcome } => {
                tenant.note_password(user, &password, outcome, now);
            }
            Noted::SignIn(event) => tenant.record_sign_in(*event),
        }
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
    /// Further headers: where a browser goes on.
    pub(crate) headers: Vec<(HeaderName, String)>,
    /// What is left behind in the tenant.
    pub(crate) noted: Vec<Noted>,
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
            headers: Vec::new(),
            noted: Vec::new(),
        }
    }

    fn html(status: u16, body: String) -> LoginReply {
        let content_type = "text/html; charset=utf-8";
        LoginReply { content_type, body: body.into_bytes(), ..LoginReply::json(status, &Value::Null) }
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
    Token(Box<grant::Decision>),
}

impl Draft {
    /// This answer in the place of another one that was carried out: what that one leaves behind stays.
    pub(crate) fn leaving(self, carried_out: Draft) -> Draft {
        let noted = match carried_out {
            Draft::Ready(reply) => reply.noted,
            Draft::Token(decision) => decision.noted(),
        };
        match self {
            Draft::Ready(reply) => Draft::Ready(LoginReply { noted, ..reply }),
            token @ Draft::Token(_) => token,
        }
    }

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
        Endpoint::Token { tenant, version } => Draft::Token(Box::new(grant::decide(call, tenant, *version))),
        Endpoint::Authorize { tenant, version } => Draft::Ready(authorize::authorize(call, tenant, *version)),
        Endpoint::DeviceCode { tenant, version } => {
            Draft::Ready(grant::device::codes(call, tenant, *version))
        }
        Endpoint::DevicePage => Draft::Ready(grant::device::verification(call)),
        Endpoint::CredentialType => Draft::Ready(account::credential_type(call)),
        Endpoint::Logout => Draft::Ready(account::logout(call)),
        _ => Draft::Ready(document(call, endpoint)),
    }
}

/// Answers `userinfo` for a token that was checked, or says why it is refused.
pub(crate) fn user_info(call: &LoginCall<'_>, caller: Result<&Caller, &ApiError>) -> Draft {
    Draft::Ready(match caller {
        Ok(caller) => account::user_info(call, caller),
        Err(error) => {
            let told = serde_json::json!({ "code": error.code, "message": error.message });
            LoginReply::json(error.status, &serde_json::json!({ "error": told }))
        }
    })
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
        _ => LoginReply::empty(404, None),
    }
}

/// What a scripted fault with this status answers.
pub(crate) fn fault(call: &LoginCall<'_>, status: u16) -> LoginReply {
    StsError::fault(status).reply(call)
}

/// A host without its port.
fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    }
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
