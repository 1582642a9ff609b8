//! Graph's side of the core: token, promises, faults, limits, permissions, then the resource.

use super::bearer::{Audience, Expected, Token};
use super::promises::Told;
use super::{
    Asked, Effect, Exchange, TenantCore, Unread, batch, gateway, head_bytes, headers, status_code, target,
    tell_retry_after,
};
use crate::login;
use crate::resources::{self, ApiCall, ApiReply, Caller};
use bytes::Bytes;
use forestbed_sim::clock::ClockMode;
use forestbed_sim::fault::HttpFault;
use forestbed_sim::ids::Guid;
use forestbed_sim::journal::Side;
use forestbed_sim::tenant::{Admission, Charge, Priority};
use http::header::{ALLOW, HeaderName, WWW_AUTHENTICATE};
use http::{Method, Response};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

/// From this share of a limit on, a client is told how much of it is used (microsoft-graph.md section 4).
const PERCENTAGE_FROM: f64 = 0.8;

/// What Graph answers, before the common headers.
pub(super) struct Answer {
    pub(super) reply: ApiReply,
    pub(super) retry_after: Option<Duration>,
    /// Whether coming back before the Retry-After is refused again.
    pub(super) refuses: bool,
    /// Whether the Retry-After is the rest of one that was given before.
    pub(super) repeated: bool,
    /// The resource units that it tells, when they are not those of the request itself.
    pub(super) units: Option<u32>,
}

impl From<ApiReply> for Answer {
    fn from(reply: ApiReply) -> Answer {
        Answer { reply, retry_after: None, refuses: false, repeated: false, units: None }
    }
}

impl TenantCore {
    pub(super) fn graph(&self, exchange: &mut Exchange<'_>, unread: Option<Unread>) -> Response<Bytes> {
        let token = self.token(exchange, Audience::Graph);
        let mut early = None;
        if let Ok(token) = &token {
            exchange.entry.client = token.caller.app_id.to_string();
            if self.is_judged(exchange, token.caller.app_id) {
                early = self.judge(exchange, token.caller.app_id);
            }
        }
        let request = exchange.request;
        let nobody = Caller::default();
        let base = exchange.base.clone();
        let caller = token.as_ref().map_or(&nobody, |token| &token.caller);
        let call = target::call(request, &base, caller, exchange.now, exchange.id);
        let cost = resources::cost(&call);
        exchange.entry.write = cost.write && !batch::is_batch(call.path);
        let answer = self.decide(exchange, &call, &token, unread, early);
        if let (Ok(token), Some(wait), false) = (&token, answer.retry_after, answer.repeated) {
            let told = Told {
                now: exchange.now,
                wall: exchange.reception.monotonic,
                wait: super::promises::whole_seconds(wait),
                refuses: answer.refuses,
            };
            let generation = self.world.generation();
            self.promises.promise(generation, token.caller.app_id, fingerprint(exchange), told);
        }
        exchange.units = answer.units.unwrap_or(cost.units);
        finish(exchange, answer)
    }

    pub(super) fn token(
        &self,
        exchange: &Exchange<'_>,
        audience: Audience,
    ) -> Result<Arc<Token>, &'static str> {
        let text = Token::text(exchange.request.headers()).ok_or("token-empty")?;
        self.token_of(exchange, text, audience)
    }

    /// The token that came with a request, wherever it stood.
    pub(super) fn token_of(
        &self,
        exchange: &Exchange<'_>,
        text: &str,
        audience: Audience,
    ) -> Result<Arc<Token>, &'static str> {
        let frozen = self.world.clock.mode() == ClockMode::Frozen;
        // the signature is checked without the tenant's lock, so that nobody waits for it
        let (id, epoch, strict) = {
            let tenant = self.world.tenant();
            (tenant.id(), login::epoch(&tenant, exchange.now), tenant.switches().strict_tokens)
        };
        if !strict {
            return self.any_token(text);
        }
        let expected = Expected {
            audience,
            tenant: id,
            wall_seconds: exchange.reception.wall_seconds,
            virtual_now: frozen.then_some(exchange.now),
            epoch,
        };
        let token = self.bearer.check(text, &self.keys, expected)?;
        let tenant = self.world.tenant();
        let app = token.caller.app_id;
        if tenant.application(app).is_none() && tenant.client(app).is_none() {
            return Err("application-unknown");
        }
        drop(tenant);
        Ok(token)
    }

    /// Whether the request as such can keep or break a Retry-After: a batch cannot, its items do, unless it was
    /// the batch that was refused.
    fn is_judged(&self, exchange: &Exchange<'_>, app: Guid) -> bool {
        let path = target::version(exchange.request.uri().path()).map_or("", |(_, rest)| rest);
        let generation = self.world.generation();
        !batch::is_batch(path) || self.promises.is_open(generation, app, || fingerprint(exchange))
    }

    /// The token of a request where any will do: what it says counts as far as the tenant knows it. An unknown
    /// application is the estate's own.
    fn any_token(&self, text: &str) -> Result<Arc<Token>, &'static str> {
        let mut token = Token::unchecked(text);
        let tenant = self.world.tenant();
        if tenant.application(token.caller.app_id).is_none() {
            let first = tenant.applications().first().ok_or("application-unknown")?;
            token.caller.app_id = first.app_id;
        }
        Ok(Arc::new(token))
    }

    /// Holds the request against the Retry-After values that its application was given; the span is how long
    /// it is refused again.
    fn judge(&self, exchange: &mut Exchange<'_>, app: Guid) -> Option<Duration> {
        let (now, wall) = (exchange.now, exchange.reception.monotonic);
        let generation = self.world.generation();
        let judgement = self.promises.arrive(generation, app, now, wall, || fingerprint(exchange));
        exchange.entry.after_retry = judgement.verdict;
        if let Some(instant) = judgement.owed {
            exchange.now = self.world.advance_to(instant);
        }
        judgement.refused_for
    }

    fn decide(
        &self,
        exchange: &mut Exchange<'_>,
        call: &ApiCall<'_>,
        token: &Result<Arc<Token>, &'static str>,
        unread: Option<Unread>,
        early: Option<Duration>,
    ) -> Answer {
        if let Some(refused) = self.unreadable(exchange, call, unread) {
            return refused.into();
        }
        let struck = self.struck(exchange, Side::Graph);
        if let Some(fault) = struck.filter(|fault| !fault.carries_out()) {
            return super::fault::of_graph(exchange, call, fault.action, None);
        }
        let answer = self.serve(exchange, call, token, early);
        match struck {
            None => answer,
            Some(HttpFault { action, .. }) => super::fault::of_graph(exchange, call, action, Some(answer)),
        }
    }

    fn serve(
        &self,
        exchange: &mut Exchange<'_>,
        call: &ApiCall<'_>,
        token: &Result<Arc<Token>, &'static str>,
        early: Option<Duration>,
    ) -> Answer {
        if let Some(reply) = resources::describe(call) {
            return reply.into();
        }
        if let Err(key) = token {
            return unauthorized(call, key).into();
        }
        if let Some(wait) = early {
            let reply = gateway::throttled(call);
            return Answer { retry_after: Some(wait), refuses: true, repeated: true, ..reply.into() };
        }
        // what is in a batch is charged item by item
        if batch::is_batch(call.path) {
            return self.batch(exchange, call);
        }
        let cost = resources::cost(call);
        let charge = Charge {
            app: call.caller.app_id,
            units: cost.units,
            write: cost.write,
            priority: priority(call),
            requests: u32::from(self.world.clock.mode() != ClockMode::Frozen),
        };
        let admission = self.world.tenant().admit(charge, call.now, &self.world.limits);
        let percentage = match admission {
            Admission::Admitted { percentage } => percentage,
            Admission::Refused { percentage, retry_after, scope, information } => {
                let mut reply = gateway::throttled(call)
                    .with_header(HeaderName::from_static("x-ms-throttle-scope"), &scope);
                if !information.is_empty() {
                    let name = HeaderName::from_static("x-ms-throttle-information");
                    reply = reply.with_header(name, information);
                }
                let reply = with_percentage(reply, percentage);
                let retry_after = Some(retry_after);
                return Answer { retry_after, refuses: true, ..reply.into() };
            }
        };
        with_percentage(self.resource(call), percentage).into()
    }

    fn resource(&self, call: &ApiCall<'_>) -> ApiReply {
        let allowed = resources::may(&self.world.tenant(), call);
        if !allowed {
            return gateway::error("denied").reply(call);
        }
        resources::handle(&self.world, call)
    }

    /// What is refused before anybody asks who sent it.
    fn unreadable(
        &self,
        exchange: &mut Exchange<'_>,
        call: &ApiCall<'_>,
        unread: Option<Unread>,
    ) -> Option<ApiReply> {
        let limits = &self.world.limits;
        if let Some(why) = unread {
            exchange.effects.push(Effect::Close);
            let error = match why {
                Unread::TooLarge => {
                    gateway::error_about("body-too-large", &limits.max_body_bytes.to_string())
                }
                Unread::TimedOut => gateway::error("body-timeout"),
                Unread::Broken => gateway::error("body-broken"),
            };
            return Some(error.reply(call));
        }
        // a batch may carry urls that no request line could (microsoft-graph.md section 2.5)
        if !exchange.nested && head_bytes(exchange.request) > limits.max_head_bytes {
            let limit = limits.max_head_bytes.to_string();
            return Some(gateway::error_about("head-too-large", &limit).reply(call));
        }
        let path = exchange.request.uri().path();
        if target::version(path).is_none() {
            let version = path.trim_start_matches('/').split('/').next().unwrap_or("");
            let error = gateway::error_about("version", &target::cut(version));
            return Some(error.with_unknown(format!("path {}", target::cut(path))).reply(call));
        }
        if let Some(reply) = gateway::preflight(call) {
            return Some(reply);
        }
        let known = [Method::GET, Method::POST, Method::PATCH, Method::PUT, Method::DELETE];
        if !known.contains(call.method) {
            let error = gateway::error("method").with_unknown(format!("method {}", call.method));
            return Some(error.reply(call).with_header(ALLOW, &allowed(call.path)));
        }
        None
    }
}

/// What `Allow` says of a path: its own methods, or all that Graph has where nothing is known of it.
fn allowed(path: &str) -> String {
    if batch::is_batch(path) {
        return "POST".to_owned();
    }
    let own = resources::methods(path);
    if own.is_empty() { "GET, POST, PATCH, PUT, DELETE".to_owned() } else { own.join(", ") }
}

/// How urgent the client says that the call is; anything but the three words means nothing.
fn priority(call: &ApiCall<'_>) -> Priority {
    match call.header("x-ms-throttle-priority").map(str::trim) {
        Some(word) if word.eq_ignore_ascii_case("low") => Priority::Low,
        Some(word) if word.eq_ignore_ascii_case("high") => Priority::High,
        _ => Priority::Normal,
    }
}

/// 401 says where tokens are given (the header is from memory: microsoft-graph.md section 1.7).
fn unauthorized(call: &ApiCall<'_>, key: &str) -> ApiReply {
    let challenge = format!(
        "Bearer realm=\"\", authorization_uri=\"{}/common/oauth2/authorize\", client_id=\"{}\"",
        call.base,
        crate::login::GRAPH_APP_ID,
    );
    gateway::error(key).reply(call).with_header(WWW_AUTHENTICATE, &challenge)
}

fn with_percentage(reply: ApiReply, percentage: f64) -> ApiReply {
    if percentage <= PERCENTAGE_FROM {
        return reply;
    }
    let name = HeaderName::from_static("x-ms-throttle-limit-percentage");
    reply.with_header(name, &format!("{percentage:.2}"))
}

/// What tells one request of an application from another. It stays in this process, so the standard hasher
/// with its fixed keys will do.
pub(super) fn fingerprint(exchange: &Exchange<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    exchange.request.method().hash(&mut hasher);
    exchange.request.uri().path_and_query().map(http::uri::PathAndQuery::as_str).hash(&mut hasher);
    exchange.request.body().hash(&mut hasher);
    hasher.finish()
}

pub(super) fn finish(exchange: &mut Exchange<'_>, answer: Answer) -> Response<Bytes> {
    let Answer { mut reply, retry_after, .. } = answer;
    if let Some(Asked { ask, mut refusals }) = reply.ask.take().map(|asked| *asked) {
        match refusals.pop_if(|_| exchange.nested) {
            // an item of a batch has to be answered at once: there nobody can be asked
            Some((_, refusal)) => reply = refusal,
            None => {
                let failures = refusals.into_iter();
                let responses = failures.map(|(failure, refusal)| (failure, respond(exchange, refusal)));
                let refusals = responses.collect();
                exchange.ask = Some(Asked { ask, refusals });
            }
        }
    }
    exchange.entry.unknown = reply.unknown.take();
    exchange.entry.returned = reply.returned;
    let mut response = respond(exchange, reply);
    tell_retry_after(&mut response, &mut exchange.entry, retry_after);
    response
}

fn respond(exchange: &Exchange<'_>, reply: ApiReply) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(reply.body));
    *response.status_mut() = status_code(reply.status);
    for (name, value) in reply.headers {
        response.headers_mut().append(name, value);
    }
    let asked = exchange.request.headers();
    headers::graph(response.headers_mut(), asked, exchange.id, exchange.now, exchange.units);
    response
}
