//! The synchronous core: a request goes in, an answer and its effects come out.
//!
//! It reads no clock but the world's: what the wall clock says comes in as a value ([`Reception`]).

mod administer;
mod arm;
mod batch;
mod bearer;
mod fault;
mod gateway;
mod graph;
mod headers;
mod outbox;
mod promises;
mod provisioning;
mod target;
mod validation;

use crate::arm as management;
use crate::login::{self, Flows, Keys, LoginCall, Seal};
use crate::validate;
use bearer::{Audience, Bearer, Token};
use bytes::Bytes;
use forestbed_sim::clock::SimTime;
use forestbed_sim::fault::HttpAction;
use forestbed_sim::ids::Guid;
use forestbed_sim::journal::{Entry, Side};
use forestbed_sim::world::World;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use promises::Promises;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;
pub(crate) use validation::{Ask, Asked, Failure};

pub use administer::administer;
pub use outbox::{OutgoingPost, PostOutcome};
pub use validation::Validation;

/// What a shell knows about a request beside its bytes: the wall clock, which the core never reads, and
/// whether the connection was encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reception {
    /// Seconds since 1970 by the wall clock: what clients hold a token's `iat` and `exp` against.
    pub wall_seconds: u64,
    /// A clock that never goes back, from any origin: it measures whether a client waited as it was told.
    pub monotonic: Duration,
    /// Whether the request came over TLS: the scheme of links when the request itself names none.
    pub secure: bool,
}

/// What a shell has to do beside sending the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// Close the connection after the answer: what the client still sends is not read.
    Close,
    /// Send no answer at all: close the connection (over HTTP/2, reset the stream).
    Drop,
    /// Send the answer so much later, in wall time.
    Delay(Duration),
    /// Send half of the answer's body, then close the connection (over HTTP/2, reset the stream).
    Truncate,
}

/// An answer and its effects.
#[derive(Debug)]
pub struct Reply {
    /// What goes back to the client.
    pub response: Response<Bytes>,
    /// What the shell carries out.
    pub effects: Vec<Effect>,
    /// An address to be asked first: then the answer is the one of [`TenantCore::validated`].
    pub validation: Option<Box<Validation>>,
}

/// Why a shell could not read a request to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// Its body is larger than `limits.max_body_bytes`, or `limits.max_provisioning_body_bytes`.
    TooLarge,
    /// Its body did not arrive in time.
    TimedOut,
    /// The connection broke, or its framing did.
    Broken,
}

/// The whole tenant as a function of a request: the token service under `/{tenant}/...`, Microsoft Graph
/// under `/v1.0` and `/beta`, and under `/subscriptions` and `/tenants` what programs ask Azure Resource Manager
/// while they sign in.
///
/// It is not a server: [`GraphServer`](crate::GraphServer), [`TenantService`](crate::TenantService) and the
/// wiremock responder are shells around it.
pub struct TenantCore {
    world: Arc<World>,
    public_url: Option<String>,
    check_answers: bool,
    keys: Keys,
    seal: Seal,
    flows: Flows,
    bearer: Bearer,
    promises: Promises,
    outbox: outbox::Outbox,
    requests: AtomicU64,
    swept: AtomicI64,
}

impl fmt::Debug for TenantCore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantCore").field("public_url", &self.public_url).finish_non_exhaustive()
    }
}

/// One request on its way through the core.
struct Exchange<'a> {
    request: &'a Request<Bytes>,
    reception: Reception,
    base: String,
    id: Guid,
    now: SimTime,
    entry: Entry,
    effects: Vec<Effect>,
    /// What an address has to be asked before the answer counts, and the answers if it fails.
    ask: Option<Asked<Response<Bytes>>>,
    /// Whether it is an item of a batch.
    nested: bool,
    /// The resource units that it was charged.
    units: u32,
}

impl TenantCore {
    /// The tenant of `world`. Links in answers begin with `public_url`, or with what each client asked.
    pub fn new(world: Arc<World>, public_url: Option<String>) -> TenantCore {
        TenantCore {
            seal: Seal::new(world.seed),
            flows: Flows::default(),
            world,
            public_url,
            check_answers: false,
            keys: Keys::committed(),
            bearer: Bearer::default(),
            promises: Promises::default(),
            outbox: outbox::Outbox::default(),
            requests: AtomicU64::new(0),
            swept: AtomicI64::new(i64::MIN),
        }
    }

    /// The same core, which holds each of its answers of Graph against the property tables and gives a 500 that
    /// names the faults instead of one that does not fit ([`validate`](crate::validate)). Off by default: it is
    /// for tests of this server with real clients.
    pub fn checking_answers(mut self, check: bool) -> TenantCore {
        self.check_answers = check;
        self
    }

    /// The world behind it.
    pub fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// The largest body that a path takes, in bytes.
    pub(crate) fn largest_body(&self, path: &str) -> usize {
        let limits = &self.world.limits;
        match crate::provisioning::serves(path) {
            true => limits.max_provisioning_body_bytes,
            false => limits.max_body_bytes,
        }
    }

    /// Answers a request whose body was read to its end.
    pub fn handle(&self, request: &Request<Bytes>, reception: Reception) -> Reply {
        self.answer(request, reception, None)
    }

    /// Answers a request whose body could not be read.
    pub fn refuse(&self, request: &Request<Bytes>, reception: Reception, why: Unread) -> Reply {
        self.answer(request, reception, Some(why))
    }

    fn answer(&self, request: &Request<Bytes>, reception: Reception, unread: Option<Unread>) -> Reply {
        let generation = self.world.generation();
        let now = self.charge();
        let nth = self.requests.fetch_add(1, Ordering::Relaxed);
        let path = request.uri().path();
        let endpoint = match target::version(path) {
            Some(_) => None,
            None => login::route(path),
        };
        let base = target::base(request, self.public_url.as_deref(), reception.secure);
        let is_provisioning = crate::provisioning::serves(path);
        let is_managed = endpoint.is_none()
            && !is_provisioning
            && target::version(path).is_none()
            && management::serves(&base, path);
        let side = if endpoint.is_some() || is_managed { Side::Login } else { Side::Graph };
        let full = request.uri().path_and_query().map_or(path, |full| full.as_str());
        let mut shape = target::shape(request.method(), path);
        if endpoint.is_some() {
            shape = target::without_tenant(&shape);
        }
        let entry = Entry::new(now, side, shape, target::cut(full));
        let mut exchange = Exchange {
            request,
            reception,
            base,
            id: self.world.seed.guid("request", "", nth),
            now,
            entry,
            effects: Vec::new(),
            ask: None,
            nested: false,
            units: 0,
        };
        let unread =
            unread.or_else(|| (request.body().len() > self.largest_body(path)).then_some(Unread::TooLarge));
        let mut response = match endpoint {
            Some(endpoint) => self.login(&mut exchange, &endpoint, unread),
            None if is_provisioning => self.provisioning(&mut exchange, unread),
            None if is_managed => self.arm(&mut exchange, unread),
            None => self.graph(&mut exchange, unread),
        };
        if self.check_answers && target::version(path).is_some() {
            response = checked(&mut exchange.entry, path, response);
        }
        if *request.method() == Method::HEAD {
            *response.body_mut() = Bytes::new();
        }
        exchange.entry.time = exchange.now;
        exchange.entry.status = response.status().as_u16();
        let ask = exchange.ask.take().filter(|_| response.status() == StatusCode::CREATED);
        let validation = ask.map(|asked| {
            let (success, entry) = (response.clone(), exchange.entry.clone());
            Box::new(Validation { asked, success, entry, generation })
        });
        if validation.is_none() {
            self.world.journal.record(exchange.entry);
        }
        Reply { response, effects: exchange.effects, validation }
    }

    /// Charges the request to the clock, and runs what has fallen due, once a virtual second.
    fn charge(&self) -> SimTime {
        let now = self.world.clock.charge_request();
        if self.swept.swap(now.seconds(), Ordering::Relaxed) != now.seconds() {
            self.world.advance(Duration::ZERO);
        }
        now
    }

    fn login(
        &self,
        exchange: &mut Exchange<'_>,
        endpoint: &login::Endpoint<'_>,
        unread: Option<Unread>,
    ) -> Response<Bytes> {
        let request = exchange.request;
        if let Some(why) = unread {
            exchange.effects.push(Effect::Close);
            return self.login_response(exchange, status_of(why), None, Bytes::new(), false);
        }
        if head_bytes(request) > self.world.limits.max_head_bytes {
            return self.login_response(exchange, 431, None, Bytes::new(), false);
        }
        self.flows.enter(self.world.generation());
        let struck = self.struck(exchange, Side::Login);
        let token =
            matches!(endpoint, login::Endpoint::UserInfo).then(|| self.token(exchange, Audience::Graph));
        let tenant = self.world.tenant();
        let call = LoginCall {
            tenant: &tenant,
            keys: &self.keys,
            seal: &self.seal,
            flows: &self.flows,
            method: request.method(),
            query: request.uri().query().unwrap_or(""),
            headers: request.headers(),
            body: request.body(),
            base: &exchange.base,
            now: exchange.now,
            wall_seconds: exchange.reception.wall_seconds,
            request_id: exchange.id,
        };
        let (draft, wait) = match struck {
            Some(fault) if !fault.carries_out() => fault::of_login(&call, fault),
            fault => {
                let draft = match &token {
                    Some(token) => user_info(&call, token),
                    None => login::handle(&call, endpoint),
                };
                match fault.filter(|fault| matches!(fault.action, HttpAction::Status { .. })) {
                    Some(fault) => {
                        let (instead, wait) = fault::of_login(&call, fault);
                        (instead.leaving(draft), wait)
                    }
                    None => (draft, None),
                }
            }
        };
        // a signature takes about a millisecond: nobody waits for the tenant meanwhile
        drop(tenant);
        let reply = draft.finish(&self.keys);
        if let Some(fault) = struck {
            fault::act(exchange, fault.action);
        }
        if !reply.noted.is_empty() {
            let mut tenant = self.world.tenant_mut();
            reply.noted.into_iter().for_each(|noted| noted.write(&mut tenant, exchange.now));
        }
        exchange.entry.client = reply.client;
        exchange.entry.unknown = reply.unknown;
        let kind = (!reply.body.is_empty()).then_some(reply.content_type);
        let mut response =
            self.login_response(exchange, reply.status, kind, reply.body.into(), reply.cacheable);
        for (name, value) in reply.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
        tell_retry_after(&mut response, &mut exchange.entry, wait);
        response
    }

    fn login_response(
        &self,
        exchange: &Exchange<'_>,
        status: u16,
        kind: Option<&'static str>,
        body: Bytes,
        cacheable: bool,
    ) -> Response<Bytes> {
        let mut response = Response::new(body);
        *response.status_mut() = status_code(status);
        if let Some(kind) = kind {
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        let asked = exchange.request.headers();
        headers::login(response.headers_mut(), asked, exchange.id, exchange.now, cacheable);
        response
    }
}

/// The answer itself, or a 500 that says what is wrong with it.
fn checked(entry: &mut Entry, path: &str, response: Response<Bytes>) -> Response<Bytes> {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let status = response.status().as_u16();
    let answer = validate::Answer { path, status, content_type: kind, body: response.body() };
    let faults = validate::faults(&answer);
    if faults.is_empty() {
        return response;
    }
    let told = format!("the answer does not fit the property tables: {}", faults.join("; "));
    let body = serde_json::json!({ "error": { "code": "AnswerCheck", "message": told } });
    entry.unknown = Some(told);
    let (mut parts, _) = response.into_parts();
    parts.status = StatusCode::INTERNAL_SERVER_ERROR;
    Response::from_parts(parts, Bytes::from(body.to_string()))
}

/// `userinfo`, for the token that came with the request.
fn user_info(call: &LoginCall<'_>, token: &Result<Arc<Token>, &'static str>) -> login::Draft {
    match token {
        Ok(token) => login::user_info(call, Ok(&token.caller)),
        Err(key) => login::user_info(call, Err(&gateway::error(key))),
    }
}

fn status_of(why: Unread) -> u16 {
    match why {
        Unread::TooLarge => 413,
        Unread::TimedOut => 408,
        Unread::Broken => 400,
    }
}

/// A status that a scenario asked for may be none: then it is an internal error.
fn status_code(status: u16) -> StatusCode {
    StatusCode::from_u16(status)
        .ok()
        .filter(|status| !status.is_informational())
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Bytes of the request line and the header fields.
fn head_bytes(request: &Request<Bytes>) -> usize {
    let line = request.uri().path_and_query().map_or(0, |full| full.as_str().len());
    let fields = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
    line + fields.sum::<usize>()
}

fn tell_retry_after(response: &mut Response<Bytes>, entry: &mut Entry, wait: Option<Duration>) {
    let Some(wait) = wait.map(promises::whole_seconds) else { return };
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs()));
    entry.retry_after_ms = Some(wait.as_millis() as u64);
}
