//! The token endpoint: app-only tokens for a client and its secret.

use super::error::StsError;
use super::form::{Form, basic_credentials};
use super::route::Version;
use super::{Keys, LoginCall, LoginReply, Named, discovery, resolve};
use crate::jwt::{base64url, from_base64url};
use forestbed_sim::clock::SimTime;
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::Application;
use http::Method;
use serde::Serialize;
use serde_json::{Value, json};

/// Microsoft Graph's application id: one of the two audiences of its tokens.
pub(crate) const GRAPH_APP_ID: &str = "00000003-0000-0000-c000-000000000000";
/// The other one.
pub(crate) const GRAPH_URI: &str = "https://graph.microsoft.com";
/// Seconds that a token lives. A real one lives 60 to 90 minutes, by chance (microsoft-graph.md 1.3).
pub(crate) const LIFETIME_SECONDS: u64 = 3599;
/// `iat` and `nbf` lie five minutes back, so that clocks that differ a little do no harm.
const BACKDATED_SECONDS: u64 = 300;
/// The role template that every application's token names when it holds no directory role.
const DEFAULT_WIDS: &str = "0997a1d0-0d1d-4acb-b408-d5ca73121e90";

const RESOURCES: &str = include_str!("../../data/token-resources.tsv");

/// A token that is granted but not signed yet.
#[derive(Debug)]
struct Grant {
    claims: Value,
    version: Version,
    asked: String,
    wall_seconds: u64,
}

/// The decision on a request for a token.
#[derive(Debug)]
pub(crate) struct Decision {
    grant: Option<Grant>,
    /// The refusal; of a grant what is said when signing fails.
    reply: LoginReply,
}

impl Decision {
    /// The answer, signed.
    pub(super) fn answer(self, keys: &Keys) -> LoginReply {
        match self.grant.and_then(|grant| grant.reply(keys)) {
            Some(signed) => LoginReply { client: self.reply.client, ..signed },
            None => self.reply,
        }
    }
}

/// Decides on a request to the token endpoint.
pub(super) fn decide(call: &LoginCall<'_>, tenant: &str, version: Version) -> Decision {
    let form = Form::of_body(call.headers, call.body);
    let basic = basic_credentials(call.headers);
    let client = basic.as_ref().map(|(user, _)| user.as_str()).or_else(|| form.get("client_id"));
    let (grant, mut reply) = match grant(call, tenant, version, &form, client, basic.as_ref()) {
        Ok(grant) => (Some(grant), StsError::new(90_033).reply(call)),
        Err(error) => (None, error.reply(call)),
    };
    // only a GUID: the journal is no place for a secret that was put into the wrong field
    reply.client = client.and_then(Guid::parse).map(|id| id.to_string()).unwrap_or_default();
    reply.unknown = form
        .get("grant_type")
        .filter(|grant| *grant != "client_credentials")
        .map(|grant| format!("grant type {grant:.64}"));
    Decision { grant, reply }
}

fn grant(
    call: &LoginCall<'_>,
    tenant: &str,
    version: Version,
    form: &Form,
    client: Option<&str>,
    basic: Option<&(String, String)>,
) -> Result<Grant, StsError> {
    if *call.method != Method::POST {
        return Err(StsError::new(900_561).with("method", call.method.as_str()));
    }
    let missing = |parameter: &str| StsError::new(900_144).with("parameter", parameter);
    let grant = form.get("grant_type").ok_or_else(|| missing("grant_type"))?;
    let named = resolve(call.tenant, tenant)?;
    let client = client.ok_or_else(|| missing("client_id"))?;
    if grant != "client_credentials" {
        return Err(StsError::new(70_003).with("grant", grant));
    }
    if named == Named::Any {
        return Err(StsError::new(50_059));
    }
    let application = application(call, client)?;
    authenticate(application, form, basic)?;
    let asked = match version {
        Version::V1 => form.get("resource").ok_or_else(|| missing("resource"))?,
        Version::V2 => {
            let scope = form.get("scope").ok_or_else(|| missing("scope"))?;
            let resource = scope.strip_suffix("/.default").filter(|resource| !resource.contains(' '));
            resource.ok_or_else(|| StsError::new(1_002_012).with("scope", scope))?
        }
    };
    let audience = audience(call, asked)?;
    let claims = claims(call, application, &audience);
    Ok(Grant { claims, version, asked: asked.to_owned(), wall_seconds: call.wall_seconds })
}

fn application<'a>(call: &LoginCall<'a>, client: &str) -> Result<&'a Application, StsError> {
    let id = Guid::parse(client)
        .filter(|id| *id != Guid::NIL)
        .ok_or_else(|| StsError::new(700_038).with("client", client))?;
    call.tenant.application(id).ok_or_else(|| {
        let directory = call.tenant.organization().display_name.as_str();
        StsError::new(700_016).with("client", client).with("tenant", directory)
    })
}

fn authenticate(
    application: &Application,
    form: &Form,
    basic: Option<&(String, String)>,
) -> Result<(), StsError> {
    if form.get("client_assertion").is_some() {
        // applications here have no certificate, so no key can have signed it
        return Err(StsError::new(700_027));
    }
    let secret = basic.map(|(_, secret)| secret.as_str()).or_else(|| form.get("client_secret"));
    match secret {
        Some(secret) if secret == application.secret => Ok(()),
        Some(secret) if !secret.is_empty() => {
            Err(StsError::new(7_000_215).with("client", application.app_id.to_string()))
        }
        _ => Err(StsError::new(7_000_218)),
    }
}

/// The audience of a token for what a client asked. Clients that are pointed at this tenant ask for it by its
/// own host, with and without the port, and some with a double slash (clients.md): that is Graph.
fn audience(call: &LoginCall<'_>, asked: &str) -> Result<String, StsError> {
    let resource = asked.trim_end_matches('/');
    for row in RESOURCES.lines().skip(2) {
        let mut cells = row.split('\t').skip(1);
        let (id, uri) = (cells.next().unwrap_or(""), cells.next().unwrap_or(""));
        if resource.eq_ignore_ascii_case(id) {
            return Ok(id.to_owned());
        }
        if resource.eq_ignore_ascii_case(uri) {
            return Ok(uri.to_owned());
        }
    }
    let host = resource.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or(""));
    let own = host.is_some_and(|host| {
        let name = without_port(host);
        name.eq_ignore_ascii_case(without_port(call.authority()))
            || ["localhost", "127.0.0.1", "[::1]"].iter().any(|local| name.eq_ignore_ascii_case(local))
    });
    if own {
        return Ok(GRAPH_URI.to_owned());
    }
    Err(StsError::new(500_011).with("resource", asked).with("tenant", call.tenant.id().to_string()))
}

fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    }
}

/// The claims of an app-only token in the format that Graph's tokens have (microsoft-graph.md 1.4).
fn claims(call: &LoginCall<'_>, application: &Application, audience: &str) -> Value {
    let tenant = call.tenant.organization();
    let issuer = format!("https://sts.windows.net/{}/", tenant.id);
    let from = call.wall_seconds.saturating_sub(BACKDATED_SECONDS);
    let roles: &[String] = match audience {
        GRAPH_APP_ID | GRAPH_URI => &application.roles,
        _ => &[],
    };
    json!({
        "aud": audience,
        "iss": issuer,
        "iat": from,
        "nbf": from,
        "exp": call.wall_seconds + LIFETIME_SECONDS,
        "aio": opaque(call.now),
        "app_displayname": application.display_name,
        "appid": application.app_id.to_string(),
        "appidacr": "1",
        "idp": issuer,
        "idtyp": "app",
        "oid": application.service_principal_id.to_string(),
        "roles": roles,
        "sub": application.service_principal_id.to_string(),
        "tenant_region_scope": discovery::region(&tenant.country_letter_code),
        "tid": tenant.id.to_string(),
        "uti": base64url(&call.request_id.to_bytes()),
        "ver": "1.0",
        "wids": [DEFAULT_WIDS],
        "xms_tcdt": tenant.created.seconds(),
    })
}

/// `aio` is Microsoft's own note in a token, opaque to everyone else. Here it holds the virtual instant at
/// which the token was given, which no other claim may: clients hold those against the wall clock.
fn opaque(now: SimTime) -> String {
    base64url(&now.millis().to_be_bytes())
}

/// The virtual instant at which a token with this `aio` was given.
pub(crate) fn issued_at(aio: &str) -> Option<SimTime> {
    let bytes = from_base64url(aio)?;
    Some(SimTime::from_millis(i64::from_be_bytes(bytes.try_into().ok()?)))
}

/// The body of a success, in the order in which the service writes it (microsoft-graph.md 1.3). The older
/// endpoint says numbers as strings.
#[derive(Serialize)]
struct Success<'a> {
    token_type: &'static str,
    expires_in: Value,
    ext_expires_in: Value,
    #[serde(flatten)]
    older: Option<Older<'a>>,
    access_token: &'a str,
}

/// What only the older endpoint says.
#[derive(Serialize)]
struct Older<'a> {
    expires_on: String,
    not_before: String,
    resource: &'a str,
}

impl Grant {
    /// Signs the token, which takes a while: nothing of the tenant is held here.
    fn reply(&self, keys: &Keys) -> Option<LoginReply> {
        let token = keys.sign(&self.claims)?;
        let lifetime = match self.version {
            Version::V1 => json!(LIFETIME_SECONDS.to_string()),
            Version::V2 => json!(LIFETIME_SECONDS),
        };
        let older = (self.version == Version::V1).then(|| Older {
            expires_on: (self.wall_seconds + LIFETIME_SECONDS).to_string(),
            not_before: self.wall_seconds.saturating_sub(BACKDATED_SECONDS).to_string(),
            resource: &self.asked,
        });
        let body = Success {
            token_type: "Bearer",
            expires_in: lifetime.clone(),
            ext_expires_in: lifetime,
            older,
            access_token: &token,
        };
        Some(LoginReply::json(200, &body))
    }
}
