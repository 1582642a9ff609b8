//! The provisioning service's side of the core: the envelope, the token inside it, faults, the limit of writes.

use super::bearer::Audience;
use super::graph::fingerprint;
use super::promises::{Told, whole_seconds};
use super::{
    Effect, Exchange, TenantCore, Unread, fault, head_bytes, headers, status_code, tell_retry_after,
};
use crate::binary_xml::{Element, Text};
use crate::provisioning::{self, Ask, CONTENT_TYPE, Call, Fault, Outcome};
use crate::resources::Caller;
use bytes::Bytes;
use forestbed_sim::fault::{HttpAction, HttpFault};
use forestbed_sim::ids::Guid;
use forestbed_sim::journal::Side;
use forestbed_sim::tenant::{CallContext, GLOBAL_ADMINISTRATOR, Tenant};
use http::header::ALLOW;
use http::{HeaderMap, HeaderValue, Method, Response};
use std::time::Duration;

/// Role templates that may synchronize (role-templates.tsv): the global administrator, Directory Synchronization
/// Accounts, Hybrid Identity Administrator.
const SYNC_ROLES: [&str; 3] =
    [GLOBAL_ADMINISTRATOR, "d29b2b05-8046-44ba-8758-1e26182fcf32", "8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2"];
/// The permission of an application that synchronizes (assumed: no source names the one that Entra Connect with
/// application-based authentication has).
const SYNC_PERMISSION: &str = "OnPremDirectorySynchronization.ReadWrite.All";

/// What a call came to.
struct Answered {
    status: u16,
    body: Vec<u8>,
    wait: Option<Duration>,
}

impl TenantCore {
    pub(super) fn provisioning(
        &self,
        exchange: &mut Exchange<'_>,
        unread: Option<Unread>,
    ) -> Response<Bytes> {
        exchange.entry.side = Side::Provisioning;
        let struck = if unread.is_none() { self.struck_operation(exchange) } else { None };
        let mut answered = match struck {
            Some(fault) if !fault.carries_out() => {
                Answered { status: fault::NO_ANSWER, body: Vec::new(), wait: None }
            }
            _ => self.provisioned(exchange, unread),
        };
        if let Some(fault) = struck {
            match fault.action {
                HttpAction::Status { status, retry_after } => {
                    answered = Answered { status, body: Vec::new(), wait: retry_after };
                }
                action => fault::act(exchange, action),
            }
        }
        let mut response = Response::new(Bytes::from(answered.body));
        *response.status_mut() = status_code(answered.status);
        let fields = response.headers_mut();
        if !response_is_empty(answered.status) {
            fields.insert(http::header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
        }
        headers::arm(fields, exchange.id, exchange.now, answered.status < 400);
        if answered.status == 405 {
            fields.insert(ALLOW, HeaderValue::from_static("POST"));
        }
        tell_retry_after(&mut response, &mut exchange.entry, answered.wait);
        response
    }

    /// A fault that hits this call: its path says nothing, the operation in it does.
    fn struck_operation(&self, exchange: &mut Exchange<'_>) -> Option<HttpFault> {
        if !self.world.faults.watch(Side::Provisioning) {
            return None;
        }
        let envelope = provisioning::read(exchange.request.body()).ok();
        let call = envelope.as_ref().and_then(|envelope| Call::of(envelope).ok());
        let operation = call.map_or("", |call| call.operation);
        self.struck_as(exchange, Side::Provisioning, operation)
    }

    fn provisioned(&self, exchange: &mut Exchange<'_>, unread: Option<Unread>) -> Answered {
        let empty = |status| Answered { status, body: Vec::new(), wait: None };
        if let Some(why) = unread {
            exchange.effects.push(Effect::Close);
            return empty(super::status_of(why));
        }
        let request = exchange.request;
        if *request.method() != Method::POST {
            return empty(405);
        }
        if head_bytes(request) > self.world.limits.max_head_bytes {
            return empty(431);
        }
        if !is_binary(request.headers()) {
            return empty(415);
        }
        let envelope = match provisioning::read(request.body()) {
            Ok(envelope) => envelope,
            Err(fault) => return failed(exchange, &fault, None),
        };
        let call = match Call::of(&envelope) {
            Ok(call) => call,
            Err(fault) => return failed(exchange, &fault, None),
        };
        exchange.entry.operation = format!("provisioning {}", call.operation);
        match self.operated(exchange, &call) {
            Ok(outcome) => {
                exchange.entry.returned = outcome.count;
                let body = provisioning::envelope(call.operation, call.message_id, outcome.result).encode();
                Answered { status: 200, body, wait: None }
            }
            Err((fault, wait)) => Answered { wait, ..failed(exchange, &fault, call.message_id) },
        }
    }

    fn operated(
        &self,
        exchange: &mut Exchange<'_>,
        call: &Call<'_>,
    ) -> Result<Outcome, (Fault, Option<Duration>)> {
        let plain = |fault| (fault, None);
        let token = self
            .token_of(exchange, &call.token, Audience::DirectoryService)
            .map_err(|_| plain(Fault::denied()))?;
        let app = token.caller.app_id;
        exchange.entry.client = app.to_string();
        if !may_synchronize(&self.world.tenant(), &token.caller) {
            return Err(plain(Fault::denied()));
        }
        let objects = provisioning::objects_of(call).map_err(plain)?;
        exchange.entry.write = !call.operation.starts_with("Get")
            && !call.operation.starts_with("ReadBack")
            && call.operation != "Capabilities";
        if let Some(objects) = &objects {
            self.admit_objects(exchange, app, u32::try_from(objects.len()).unwrap_or(u32::MAX))?;
        }
        let mut tenant = self.world.tenant_mut();
        let context = CallContext { now: exchange.now, app: None };
        provisioning::handle(Ask { tenant: &mut tenant, context }, call, objects).map_err(plain)
    }

    /// Holds a call against the limit of writes, and against the Retry-After that it was given before. A caller
    /// that waited in wall time finds the promised instant reached.
    fn admit_objects(
        &self,
        exchange: &mut Exchange<'_>,
        app: Guid,
        objects: u32,
    ) -> Result<(), (Fault, Option<Duration>)> {
        let generation = self.world.generation();
        let mark = fingerprint(exchange);
        let judged =
            self.promises.arrive(generation, app, exchange.now, exchange.reception.monotonic, || mark);
        exchange.entry.after_retry = judged.verdict;
        if let Some(owed) = judged.owed {
            exchange.now = self.world.advance_to(owed);
        }
        if let Some(wait) = judged.refused_for {
            return Err((Fault::throttled(wait.as_secs()), Some(wait)));
        }
        let admitted = self.world.tenant().admit_provisioning(objects, exchange.now, &self.world.limits);
        let Err(span) = admitted else { return Ok(()) };
        let wait = whole_seconds(span);
        let told = Told { now: exchange.now, wall: exchange.reception.monotonic, wait, refuses: true };
        self.promises.promise(generation, app, mark, told);
        Err((Fault::throttled(wait.as_secs()), Some(wait)))
    }
}

fn response_is_empty(status: u16) -> bool {
    matches!(status, 405 | 408 | 413 | 415 | 431)
}

fn failed(exchange: &mut Exchange<'_>, fault: &Fault, relates_to: Option<&Text>) -> Answered {
    let envelope: Element = provisioning::fault(fault, relates_to, exchange.id);
    Answered { status: fault.status, body: envelope.encode(), wait: None }
}

fn is_binary(headers: &HeaderMap) -> bool {
    let kind = headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let kind = kind.split(';').next().unwrap_or("").trim();
    kind.eq_ignore_ascii_case(CONTENT_TYPE)
}

/// A user by its roles, an application by its permission.
fn may_synchronize(tenant: &Tenant, caller: &Caller) -> bool {
    match caller.user {
        Some(user) => {
            tenant.roles_of(user).any(|role| SYNC_ROLES.iter().any(|known| Guid::parse(known) == Some(role)))
        }
        None => {
            let application = tenant.application(caller.app_id);
            caller.unchecked
                || application.is_some_and(|app| app.roles.iter().any(|role| role == SYNC_PERMISSION))
        }
    }
}
