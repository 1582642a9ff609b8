//! The token endpoint: every grant.

pub(crate) mod answer;
pub(crate) mod claims;
pub(crate) mod client;
pub(crate) mod delegated;
pub(crate) mod device;
pub(crate) mod log;
pub(crate) mod scope;
pub(crate) mod user;

use super::error::StsError;
use super::form::{Form, basic_credentials};
use super::route::Version;
use super::{Keys, LoginCall, LoginReply, Named, Noted, resolve};
use answer::Issue;
use client::Proof;
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::{Client, SignInKind};
use http::Method;
use log::Log;

/// Microsoft Graph's application id: one of the two audiences of its tokens.
pub(crate) const GRAPH_APP_ID: &str = "00000003-0000-0000-c000-000000000000";
/// The other one.
pub(crate) const GRAPH_URI: &str = "https://graph.microsoft.com";
/// Seconds that a token lives. A real one lives 60 to 90 minutes, by chance (microsoft-graph.md 1.3).
pub(crate) const LIFETIME_SECONDS: u64 = 3599;

/// `grant_type` of a device.
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// What the device flow's clients wrote before it was a standard.
const OLD_DEVICE_CODE: &str = "device_code";

/// The decision on a request for a token.
#[derive(Debug)]
pub(crate) struct Decision {
    issue: Option<Issue>,
    /// The refusal; of a grant what is said when signing fails.
    reply: LoginReply,
}

impl Decision {
    /// What it leaves behind in the tenant.
    pub(super) fn noted(self) -> Vec<Noted> {
        self.reply.noted
    }

    /// The answer, signed.
    pub(super) fn answer(self, keys: &Keys) -> LoginReply {
        let Some(signed) = self.issue.and_then(|issue| issue.reply(keys)) else { return self.reply };
        LoginReply { client: self.reply.client, noted: self.reply.noted, ..signed }
    }
}

/// A request to the token endpoint.
struct Request<'c, 'a> {
    call: &'c LoginCall<'a>,
    version: Version,
    named: Named,
    form: &'c Form,
    client: Client,
    proof: Proof,
}

/// Decides on a request to the token endpoint.
pub(super) fn decide(call: &LoginCall<'_>, tenant: &str, version: Version) -> Decision {
    let form = Form::of_body(call.headers, call.body);
    let basic = basic_credentials(call.headers);
    let name = basic.as_ref().map(|(user, _)| user.as_str()).or_else(|| form.get("client_id"));
    let mut log = Log::new(kind(&form), false);
    let decided = grant(call, tenant, version, &form, (name, basic.as_ref()), &mut log);
    let (issue, mut reply) = match decided {
        Ok(issue) => {
            let reply = StsError::new(90_033).reply(call);
            (Some(issue), LoginReply { noted: log.finish(call, None), ..reply })
        }
        Err(error) => {
            let noted = log.finish(call, Some(error.summary()));
            (None, LoginReply { noted, ..error.with_version(version).reply(call) })
        }
    };
    // only a GUID: the journal is no place for a secret that was put into the wrong field
    reply.client = name.and_then(Guid::parse).map(|id| id.to_string()).unwrap_or_default();
    reply.unknown = form
        .get("grant_type")
        .filter(|grant| !KNOWN.contains(grant))
        .map(|grant| format!("grant type {grant:.64}"));
    Decision { issue, reply }
}

/// The grants that are served.
const KNOWN: [&str; 6] =
    ["client_credentials", "password", "refresh_token", "authorization_code", DEVICE_CODE, OLD_DEVICE_CODE];

fn kind(form: &Form) -> SignInKind {
    match form.get("grant_type") {
        Some("client_credentials") => SignInKind::ServicePrincipal,
        Some("refresh_token") => SignInKind::NonInteractiveUser,
        _ => SignInKind::InteractiveUser,
    }
}

fn missing(parameter: &str) -> StsError {
    StsError::new(900_144).with("parameter", parameter)
}

fn grant(
    call: &LoginCall<'_>,
    tenant: &str,
    version: Version,
    form: &Form,
    (client, basic): (Option<&str>, Option<&(String, String)>),
    log: &mut Log,
) -> Result<Issue, StsError> {
    if *call.method != Method::POST {
        return Err(StsError::new(900_561).with("method", call.method.as_str()));
    }
    let grant = form.get("grant_type").ok_or_else(|| missing("grant_type"))?;
    let named = resolve(call.tenant, tenant)?;
    let client = client.ok_or_else(|| missing("client_id"))?;
    if !KNOWN.contains(&grant) {
        return Err(StsError::new(70_003).with("grant", grant));
    }
    let own = grant == "client_credentials";
    if own && named == Named::Any {
        return Err(StsError::new(50_059));
    }
    let client = client::known(call, client)?;
    log.app(client.app_id);
    let proof = client::authenticate(call, &client, form, basic, own)?;
    let request = Request { call, version, named, form, client, proof };
    match grant {
        "client_credentials" => request.own(log),
        "password" => {
            let common = tenant.eq_ignore_ascii_case("common");
            if common && version == Version::V2 {
                return Err(StsError::new(9_001_023));
            }
            request.password(log)
        }
        "refresh_token" => request.refresh(log),
        "authorization_code" => request.code(log),
        _ => request.device(log),
    }
}

impl Request<'_, '_> {
    /// An application for itself.
    fn own(&self, log: &mut Log) -> Result<Issue, StsError> {
        let (resource, written) = scope::app_only(self.call, self.version, self.form)?;
        log.resource(&resource);
        let access = claims::app_only(self.call, &self.client, self.proof, &resource);
        Ok(Issue::new(self.call, self.version, written, access))
    }
}
