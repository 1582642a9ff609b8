//! Scripted faults on Graph and login: what comes instead of an answer, or becomes of it.

use super::graph::Answer;
use super::{Effect, Exchange, TenantCore, gateway};
use crate::login::{self, LoginCall};
use crate::resources::{ApiCall, ApiReply};
use forestbed_sim::fault::{self, HttpAction, HttpFault};
use forestbed_sim::journal::Side;
use std::time::Duration;

/// What the journal shows of a request whose connection is closed without an answer. HTTP has no number for it;
/// this is the one that nginx writes.
pub(super) const NO_ANSWER: u16 = 444;

impl TenantCore {
    /// The fault that hits a request, if there is one.
    pub(super) fn struck(&self, exchange: &mut Exchange<'_>, side: Side) -> Option<HttpFault> {
        let path = exchange.request.uri().path();
        self.struck_as(exchange, side, path)
    }

    /// As [`TenantCore::struck`], by another name than the path.
    pub(super) fn struck_as(&self, exchange: &mut Exchange<'_>, side: Side, name: &str) -> Option<HttpFault> {
        match self.world.faults.hit(side, exchange.request.method().as_str(), name)? {
            fault::Effect::Http(fault) => {
                exchange.entry.fault = true;
                Some(fault)
            }
            fault::Effect::Ldap(_) => None,
        }
    }
}

/// What a request to Graph comes to that a fault hits. `answer` is its own when it was carried out.
///
/// An item of a batch has no connection of its own: when its answer is lost, the gateway, which waited for it,
/// says that none came.
pub(super) fn of_graph(
    exchange: &mut Exchange<'_>,
    call: &ApiCall<'_>,
    action: HttpAction,
    answer: Option<Answer>,
) -> Answer {
    match action {
        HttpAction::Status { status, retry_after } => {
            let reply = gateway::fault(status, call);
            return Answer { retry_after, refuses: status == 429, ..reply.into() };
        }
        HttpAction::Drop if exchange.nested => return gateway::fault(504, call).into(),
        HttpAction::Truncate if exchange.nested => return gateway::fault(502, call).into(),
        _ => act(exchange, action),
    }
    answer.unwrap_or_else(|| ApiReply { status: NO_ANSWER, ..ApiReply::default() }.into())
}

/// Tells the shell what to do with the answer.
pub(super) fn act(exchange: &mut Exchange<'_>, action: HttpAction) {
    exchange.effects.extend(match action {
        HttpAction::Status { .. } => None,
        HttpAction::Drop => Some(Effect::Drop),
        HttpAction::Delay(span) => Some(Effect::Delay(span)),
        HttpAction::Truncate => Some(Effect::Truncate),
    });
}

/// What the token service answers instead.
pub(super) fn of_login(call: &LoginCall<'_>, fault: HttpFault) -> (login::Draft, Option<Duration>) {
    let (status, retry_after) = match fault.action {
        HttpAction::Status { status, retry_after } => (status, retry_after),
        _ => (NO_ANSWER, None),
    };
    (login::Draft::Ready(login::fault(call, status)), retry_after)
}
