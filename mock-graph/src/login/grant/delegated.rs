//! Tokens for users: by password, refresh token, authorization code, device code.

use super::super::error::StsError;
use super::super::flows::Verdict;
use super::super::form::Form;
use super::super::route::Version;
use super::super::seal::{Ticket, Use};
use super::super::{LoginCall, pkce};
use super::answer::{ForUser, Issue};
use super::claims::{self, Signed};
use super::log::Log;
use super::scope::{self, Asked};
use super::{Request, missing, user};
use crate::jwt::base64url;
use forestbed_sim::tenant::{Client, CloudObject};
use serde_json::json;
use std::time::Duration;

/// How long a refresh token is good when nobody uses it (microsoft-graph.md 1.5: 700082).
const REFRESH_LIFETIME: Duration = Duration::from_secs(90 * 86_400);
/// How long an authorization code is good.
const CODE_LIFETIME: Duration = Duration::from_secs(600);

/// A user's session, from which tokens are given.
struct Session<'a> {
    user: &'a CloudObject,
    methods: Vec<String>,
    nonce: Option<String>,
    /// What a refresh token remembers to have been asked for.
    scope: String,
    /// Whether there is a refresh token whatever was asked for.
    offline: bool,
}

/// `client_info`: who the user is and where from, as Microsoft's libraries name accounts.
pub(crate) fn client_info(call: &LoginCall<'_>, form: &Form, user: &CloudObject) -> Option<String> {
    let wanted = form.get("client_info") == Some("1");
    let info = || json!({ "uid": user.id().to_string(), "utid": call.tenant.id().to_string() });
    wanted.then(|| base64url(info().to_string().as_bytes()))
}

/// The text that asks for the same again, whichever endpoint it came to.
pub(crate) fn wanted(form: &Form, version: Version) -> Option<String> {
    let scope = form.get("scope");
    match (version, form.get("resource")) {
        (Version::V1, Some(resource)) => Some(format!("{resource}/.default {}", scope.unwrap_or("openid"))),
        _ => scope.map(str::to_owned),
    }
}

impl Request<'_, '_> {
    fn asked(&self, remembered: Option<&str>) -> Result<(Asked, String), StsError> {
        let (call, client) = (self.call, &self.client);
        let own = wanted(self.form, self.version);
        let text = own.as_deref().or(remembered);
        let text = text.ok_or_else(|| match self.version {
            Version::V1 => missing("resource"),
            Version::V2 => missing("scope"),
        })?;
        let mut asked = scope::delegated(call, client, text)?;
        if let (Version::V1, Some(resource)) = (self.version, self.form.get("resource")) {
            asked.written = resource.to_owned();
        }
        Ok((asked, text.to_owned()))
    }

    pub(super) fn password(&self, log: &mut Log) -> Result<Issue, StsError> {
        let field = |name: &str| self.form.get(name).ok_or_else(|| missing(name));
        let (name, password) = (field("username")?, field("password")?);
        let (asked, scope) = self.asked(None)?;
        log.resource(&asked.resource);
        let user = user::check(self.call, self.named, (name, password), false, log)?;
        let methods = vec!["pwd".to_owned()];
        let offline = self.version == Version::V1;
        self.issue(&asked, Session { user, methods, nonce: None, scope, offline })
    }

    pub(super) fn refresh(&self, log: &mut Log) -> Result<Issue, StsError> {
        let call = self.call;
        let text = self.form.get("refresh_token").ok_or_else(|| missing("refresh_token"))?;
        let ticket = call.seal.open(Use::Refresh, text);
        let ticket = ticket.ok_or_else(|| StsError::new(9_002_313).called("invalid_grant"))?;
        self.check_owner(&ticket)?;
        let issued = ticket.issued().rfc3339();
        let user = user::of_session(call, ticket.user(), ticket.session, &issued, log)?;
        // one from the future was given before the world was put back
        if call.now >= ticket.issued().plus(REFRESH_LIFETIME) || ticket.issued() > call.now {
            return Err(StsError::new(700_082).with("issued", issued));
        }
        let (asked, scope) = self.asked(Some(&ticket.scope))?;
        log.resource(&asked.resource);
        self.issue(&asked, Session { user, methods: ticket.methods, nonce: None, scope, offline: true })
    }

    pub(super) fn code(&self, log: &mut Log) -> Result<Issue, StsError> {
        let call = self.call;
        let text = self.form.get("code").ok_or_else(|| missing("code"))?;
        let ticket = call.seal.open(Use::Code, text);
        let ticket = ticket.ok_or_else(|| StsError::new(9_002_313).called("invalid_grant"))?;
        self.check_owner(&ticket)?;
        if call.now >= ticket.issued().plus(CODE_LIFETIME) || ticket.issued() > call.now {
            return Err(StsError::new(70_008));
        }
        let here = self.form.get("redirect_uri");
        let there = ticket.redirect_uri.as_deref();
        if here != there {
            let here = here.ok_or_else(|| missing("redirect_uri"))?;
            let mismatch = StsError::new(500_112).with("here", here);
            return Err(mismatch.with("there", there.unwrap_or("")));
        }
        pkce::check(ticket.challenge.as_ref(), self.form.get("code_verifier"))?;
        let issued = ticket.issued().rfc3339();
        let user = user::of_session(call, ticket.user(), ticket.session, &issued, log)?;
        let (asked, scope) = self.asked(Some(&ticket.scope))?;
        log.resource(&asked.resource);
        let offline = self.version == Version::V1;
        let session = Session { user, methods: ticket.methods, nonce: ticket.nonce, scope, offline };
        let issue = self.issue(&asked, session)?;
        // last, so that a request with a mistake does not use the code up
        match call.flows.redeem(ticket.serial) {
            true => Ok(issue),
            false => Err(StsError::new(54_005)),
        }
    }

    pub(super) fn device(&self, log: &mut Log) -> Result<Issue, StsError> {
        let call = self.call;
        // the older endpoint calls it `code`
        let code = self.form.get("device_code").or_else(|| self.form.get("code"));
        let code = code.ok_or_else(|| missing("device_code"))?;
        let device = call.flows.device(code).filter(|device| device.client == self.client.app_id);
        let device = device.ok_or_else(|| StsError::new(70_018))?;
        let (asked, scope) = self.asked(Some(&device.scope))?;
        log.resource(&asked.resource);
        if device.expired(call.now) {
            call.flows.finish(code);
            return Err(StsError::new(70_020));
        }
        let (user, session, methods) = match device.verdict {
            Verdict::Pending => return Err(StsError::new(70_016)),
            Verdict::Declined => {
                call.flows.finish(code);
                return Err(StsError::new(70_017));
            }
            Verdict::Approved { user, session, methods } => (user, session, methods),
        };
        let issued = device.issued.rfc3339();
        let user = user::of_session(call, Some(user), session, &issued, log)?;
        let offline = self.version == Version::V1;
        let issue = self.issue(&asked, Session { user, methods, nonce: None, scope, offline })?;
        match call.flows.finish(code) {
            true => Ok(issue),
            false => Err(StsError::new(70_018)),
        }
    }

    fn check_owner(&self, ticket: &Ticket) -> Result<(), StsError> {
        let own = ticket.client == self.client.app_id.to_string();
        if own { Ok(()) } else { Err(StsError::new(70_000)) }
    }

    fn issue(&self, asked: &Asked, session: Session<'_>) -> Result<Issue, StsError> {
        let (call, client) = (self.call, &self.client);
        let Session { user, methods, nonce, scope, offline } = session;
        let granted = asked.granted(call, client, user.id())?;
        let scopes = asked.claim(&granted);
        let signed = Signed { user, methods: &methods, scopes: &scopes };
        let access = claims::delegated(call, client, self.proof, &asked.resource, &signed);
        let identity =
            asked.openid().then(|| claims::identity(call, client, user, &asked.openid, nonce.as_deref()));
        let refresh_token =
            (offline || asked.offline()).then(|| refresh_token(call, client, user, &scope, &methods));
        let client_info = client_info(call, self.form, user);
        let for_user = ForUser { scope: asked.answer(&granted), refresh_token, identity, client_info };
        Ok(Issue::new(call, self.version, asked.written.clone(), access).for_user(for_user))
    }
}

fn refresh_token(
    call: &LoginCall<'_>,
    client: &Client,
    user: &CloudObject,
    scope: &str,
    methods: &[String],
) -> String {
    call.seal.seal(&Ticket {
        purpose: Use::Refresh,
        client: client.app_id.to_string(),
        user: user.id().to_string(),
        session: user.session(),
        issued: call.now.millis(),
        scope: scope.to_owned(),
        methods: methods.to_vec(),
        serial: call.flows.serial(),
        nonce: None,
        redirect_uri: None,
        challenge: None,
    })
}
