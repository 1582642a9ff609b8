//! The sign-in page: authorization codes and ID tokens for a browser.

use super::error::StsError;
use super::form::Form;
use super::grant::delegated::{client_info, wanted};
use super::grant::log::Log;
use super::grant::{claims, client, scope, user};
use super::page::{self, Field};
use super::route::Version;
use super::seal::{Ticket, Use};
use super::{LoginCall, LoginReply, Named, pkce, resolve};
use forestbed_sim::tenant::{Client, CloudObject, SignInKind};
use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// How an answer goes back to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Query,
    Fragment,
    FormPost,
}

/// What the client wants back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wanted {
    code: bool,
    id_token: bool,
}

/// A request whose client and redirect URI are good: from here on the client is told what is wrong.
struct Page<'c, 'a> {
    call: &'c LoginCall<'a>,
    named: Named,
    version: Version,
    params: &'c Form,
    client: Client,
    redirect: String,
    mode: Mode,
}

/// `authorize`: shows the page, and takes what is typed there.
pub(super) fn authorize(call: &LoginCall<'_>, tenant: &str, version: Version) -> LoginReply {
    let mut params = Form::parse(call.query.as_bytes());
    let typed = match *call.method {
        Method::POST => Form::of_body(call.headers, call.body),
        _ => Form::default(),
    };
    params.extend(&typed);
    let mut log = Log::new(SignInKind::InteractiveUser, true);
    let page = match Page::open(call, tenant, version, &params, &mut log) {
        Ok(page) => page,
        Err(error) => return page::error(call, &error),
    };
    let client = page.client.app_id.to_string();
    let shown = typed.get("login").is_none() && typed.get("cancel").is_none();
    let outcome = page.answer(shown, &mut log);
    let (mut reply, failed) = match outcome {
        Ok(Some(reply)) => (reply, None),
        Ok(None) => return LoginReply { client, ..page.form(None) },
        Err(Refused::There(error)) => (page.refuse(&error), Some(error.summary())),
        Err(Refused::Here(error)) => {
            let wrong = (error.status(), error.description(call));
            (page.form(Some(wrong)), Some(error.summary()))
        }
    };
    reply.noted = log.finish(call, failed);
    LoginReply { client, ..reply }
}

/// Where a refusal is told.
enum Refused {
    /// To the user, who may try again.
    Here(StsError),
    /// To the client.
    There(StsError),
}

impl<'c, 'a> Page<'c, 'a> {
    fn open(
        call: &'c LoginCall<'a>,
        tenant: &str,
        version: Version,
        params: &'c Form,
        log: &mut Log,
    ) -> Result<Page<'c, 'a>, StsError> {
        if !matches!(*call.method, Method::GET | Method::HEAD | Method::POST) {
            return Err(StsError::new(9_002_313));
        }
        let missing = |parameter| StsError::new(900_144).with("parameter", parameter);
        let named = resolve(call.tenant, tenant)?;
        let client = params.get("client_id").ok_or_else(|| missing("client_id"))?;
        let client = client::known(call, client)?;
        log.app(client.app_id);
        let first = || client.redirect_uris.first().map(String::as_str);
        let redirect = params.get("redirect_uri").or_else(first).ok_or_else(|| missing("redirect_uri"))?;
        if !registered(&client, redirect) {
            let app = client.app_id.to_string();
            return Err(StsError::new(50_011).with("redirect", redirect).with("client", app));
        }
        let redirect = redirect.to_owned();
        let tokens = params.get("response_type").is_some_and(|kind| kind.contains("token"));
        let mode = match params.get("response_mode") {
            Some("form_post") => Mode::FormPost,
            Some("fragment") => Mode::Fragment,
            Some("query") => Mode::Query,
            _ if tokens => Mode::Fragment,
            _ => Mode::Query,
        };
        Ok(Page { call, named, version, params, client, redirect, mode })
    }

    /// The answer once somebody has signed in; none to show the page.
    fn answer(&self, shown: bool, log: &mut Log) -> Result<Option<LoginReply>, Refused> {
        let (call, params) = (self.call, self.params);
        let kind = self.wanted().map_err(Refused::There)?;
        let missing = |name| Refused::There(StsError::new(900_144).with("parameter", name));
        if kind.id_token && params.get("nonce").is_none() {
            return Err(missing("nonce"));
        }
        let scope = wanted(params, self.version);
        let scope = scope.or_else(|| (self.version == Version::V1).then(|| "openid".to_owned()));
        let scope = scope.ok_or_else(|| missing("scope"))?;
        let asked = scope::delegated(call, &self.client, &scope).map_err(Refused::There)?;
        log.resource(&asked.resource);
        let challenge = pkce::challenge(params.get("code_challenge"), params.get("code_challenge_method"));
        let challenge = challenge.map_err(Refused::There)?;
        if params.get("prompt") == Some("none") {
            // nobody is signed in: the page keeps no cookie
            return Err(Refused::There(StsError::new(50_058)));
        }
        if params.get("cancel").is_some() {
            return Err(Refused::There(StsError::new(65_004)));
        }
        if shown {
            return Ok(None);
        }
        let typed = (params.get("login").unwrap_or(""), params.get("passwd").unwrap_or(""));
        let second = params.get("mfa").is_some();
        let user = user::check(call, self.named, typed, second, log).map_err(Refused::Here)?;
        asked
            .granted(call, &self.client, user.id())
            .map_err(|error| Refused::There(error.called("consent_required")))?;
        let mut methods = vec!["pwd".to_owned()];
        methods.extend(second.then(|| "mfa".to_owned()));
        let code = kind.code.then(|| self.code(user, scope, methods, challenge));
        let failed = || Refused::There(StsError::new(90_033));
        let id_token = match kind.id_token {
            true => Some(self.id_token(user, &asked.openid, code.as_deref()).ok_or_else(failed)?),
            false => None,
        };
        let info = client_info(call, params, user);
        let fields = [("code", code), ("id_token", id_token), ("client_info", info)];
        let fields = fields.into_iter().filter_map(|(name, value)| Some((name, value?)));
        Ok(Some(self.send(fields.collect())))
    }

    fn wanted(&self) -> Result<Wanted, StsError> {
        let missing = || StsError::new(900_144).with("parameter", "response_type");
        let text = self.params.get("response_type").ok_or_else(missing)?;
        let mut kind = Wanted { code: false, id_token: false };
        for part in text.split_ascii_whitespace() {
            match part {
                "code" => kind.code = true,
                "id_token" => kind.id_token = true,
                "token" => return Err(StsError::new(700_051)),
                other => return Err(StsError::new(70_005).with("type", other)),
            }
        }
        if kind.id_token && self.mode == Mode::Query {
            return Err(StsError::new(70_007));
        }
        Ok(kind)
    }

    fn code(
        &self,
        user: &CloudObject,
        scope: String,
        methods: Vec<String>,
        challenge: Option<(String, bool)>,
    ) -> String {
        self.call.seal.seal(&Ticket {
            purpose: Use::Code,
            client: self.client.app_id.to_string(),
            user: user.id().to_string(),
            session: user.session(),
            issued: self.call.now.millis(),
            scope,
            methods,
            serial: self.call.flows.serial(),
            nonce: self.params.get("nonce").map(str::to_owned),
            redirect_uri: self.params.get("redirect_uri").map(str::to_owned),
            challenge,
        })
    }

    fn id_token(&self, user: &CloudObject, openid: &[&str], code: Option<&str>) -> Option<String> {
        let nonce = self.params.get("nonce");
        let mut identity = claims::identity(self.call, &self.client, user, openid, nonce);
        if let (Some(code), Some(identity)) = (code, identity.as_object_mut()) {
            identity.insert("c_hash".to_owned(), claims::half_hash(code).into());
        }
        self.call.keys.sign(&identity, self.call.epoch())
    }

    /// Sends fields to the client, with its state.
    fn send(&self, mut fields: Vec<(&str, String)>) -> LoginReply {
        if let Some(state) = self.params.get("state") {
            fields.push(("state", state.to_owned()));
        }
        fields.push(("session_state", self.call.request_id.to_string()));
        if self.mode == Mode::FormPost {
            return page::form_post(&self.redirect, &fields);
        }
        let encode = |value: &str| utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
        let pairs: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let mark = match self.mode {
            Mode::Fragment => '#',
            _ if self.redirect.contains('?') => '&',
            _ => '?',
        };
        page::redirect(&format!("{}{mark}{}", self.redirect, pairs.join("&")))
    }

    fn refuse(&self, error: &StsError) -> LoginReply {
        self.send(vec![
            ("error", error.oauth().to_owned()),
            ("error_description", error.description(self.call)),
        ])
    }

    fn form(&self, wrong: Option<(u16, String)>) -> LoginReply {
        let hint = self.params.get("login").or_else(|| self.params.get("login_hint")).unwrap_or("");
        let mut fields = vec![
            Field::Text { name: "login", label: "User name", value: hint },
            Field::Password { name: "passwd", label: "Password" },
        ];
        if self.call.tenant.switches().require_mfa {
            fields.push(Field::Tick { name: "mfa", label: "The second factor approves" });
        }
        // what came in a body comes again in the next one
        let typed = ["login", "passwd", "mfa", "cancel"];
        let query = Form::parse(self.call.query.as_bytes());
        let carried = self.params.iter().filter(|(name, _)| !typed.contains(name));
        let carried = carried.filter(|(name, _)| query.get(name).is_none());
        fields.extend(carried.map(|(name, value)| Field::Hidden { name, value }));
        fields.push(Field::Button { name: "submit", label: "Sign in" });
        let title = format!("Sign in to {}", self.client.display_name);
        page::form(&title, &format!("?{}", self.call.query), &fields, wrong)
    }
}

/// Whether answers may go to an address. The port of a loopback address does not count (RFC 8252, section 7.3).
pub(super) fn registered(client: &Client, address: &str) -> bool {
    let plain = address.strip_suffix('/').unwrap_or(address);
    client.redirect_uris.iter().any(|known| {
        let known = known.strip_suffix('/').unwrap_or(known);
        plain == known || loopback(known).is_some() && loopback(known) == loopback(plain)
    })
}

/// Host and path of an address on the own machine.
fn loopback(address: &str) -> Option<(&str, &str)> {
    let rest = address.strip_prefix("http://")?;
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
    let local = matches!(host, "localhost" | "127.0.0.1") && port.bytes().all(|b| b.is_ascii_digit());
    local.then_some((host, path))
}
