//! `$batch`: up to twenty requests in one (microsoft-graph.md section 2.5).
//!
//! Each item goes the way of a request of its own: permissions, throttling, faults, an entry of the journal. It
//! shares the batch's token and its instant.

mod answer;
mod read;

use super::graph::{Answer, finish};
use super::{Effect, Exchange, TenantCore, gateway, target};
use crate::resources::{ApiCall, ApiError, ApiReply, Caller};
use bytes::Bytes;
use forestbed_sim::journal::{Entry, Side};
use http::header::{ALLOW, AUTHORIZATION, HeaderName};
use http::{Method, Request, Response};
use percent_encoding::percent_decode_str;
use read::{Asked, Item};
use std::sync::atomic::Ordering;

/// What an item shares with its batch unless it has its own.
const SHARED: HeaderName = HeaderName::from_static("client-request-id");

/// Whether the path behind the version is that of a batch.
pub(super) fn is_batch(path: &str) -> bool {
    let name = path.trim_matches('/');
    name.len() <= 16 && percent_decode_str(name).decode_utf8_lossy().eq_ignore_ascii_case("$batch")
}

/// The answer to an item, before it is written.
struct Answered {
    status: u16,
    response: Response<Bytes>,
    units: u32,
}

impl TenantCore {
    /// Answers a batch whose token has been checked.
    pub(super) fn batch(&self, exchange: &mut Exchange<'_>, call: &ApiCall<'_>) -> Answer {
        if exchange.nested {
            return gateway::error("batch-nested").reply(call).into();
        }
        if *call.method != Method::POST {
            return gateway::error("method").reply(call).with_header(ALLOW, "POST").into();
        }
        if let Err(error) = crate::resources::demand_json(call) {
            return error.reply(call).into();
        }
        let items = match read::read(call.body, call.version) {
            Ok(items) => items,
            Err(error) => return error.reply(call).into(),
        };
        let mut order: Vec<usize> = (0..items.len()).collect();
        // what nothing holds back runs in the order of the request; sorting is stable
        order.sort_by_key(|place| items[*place].level);
        let mut answers: Vec<Option<Answered>> = items.iter().map(|_| None).collect();
        for place in order {
            let item = &items[place];
            let failed = |other: &usize| answers[*other].as_ref().is_none_or(|before| before.status >= 400);
            let stopped = item.depends_on.iter().any(failed);
            answers[place] = Some(self.item(exchange, item, stopped));
        }
        let answers: Vec<Answered> = answers.into_iter().flatten().collect();
        let units = answers.iter().map(|answer| answer.units).sum();
        let seed = self.world.seed;
        let body = answer::write(&items, &answers, |id, place| seed.hash("batch", id, place as u64));
        let mut reply = ApiReply::json(200, body, items.len() as u32);
        let ignored = items.iter().find_map(|item| item.ignored.as_ref());
        reply.unknown = ignored.map(|name| format!("batch item property {name}"));
        Answer { units: Some(units), ..reply.into() }
    }

    fn item(&self, outer: &mut Exchange<'_>, item: &Item, stopped: bool) -> Answered {
        let bad = gateway::error("batch-dependency-failed");
        let (asked, refused) = match &item.asked {
            Ok(asked) => (Some(asked), stopped.then_some(&bad)),
            Err(error) => (None, Some(error)),
        };
        let request = request(outer, asked);
        let path = request.uri().path();
        let full = request.uri().path_and_query().map_or(path, |full| full.as_str());
        let shape = target::shape(request.method(), path);
        let mut entry = Entry::new(outer.now, Side::Graph, shape, target::cut(full));
        entry.client.clone_from(&outer.entry.client);
        let mut exchange = Exchange {
            request: &request,
            reception: outer.reception,
            base: outer.base.clone(),
            id: self.world.seed.guid("request", "", self.requests.fetch_add(1, Ordering::Relaxed)),
            now: outer.now,
            entry,
            effects: Vec::new(),
            ask: None,
            nested: true,
            units: 0,
        };
        let response = match refused {
            Some(error) => self.refuse_item(&mut exchange, error),
            None => self.graph(&mut exchange, None),
        };
        let response = match self.check_answers {
            true => super::checked(&mut exchange.entry, path, response),
            false => response,
        };
        let (status, units) = (response.status().as_u16(), exchange.units);
        // a client that waited is owed its instant: the items behind this one are sent at the same time
        outer.now = exchange.now;
        outer.effects.extend(exchange.effects.iter().filter(|effect| matches!(effect, Effect::Delay(_))));
        exchange.entry.time = exchange.now;
        exchange.entry.status = status;
        self.world.journal.record(exchange.entry);
        Answered { status, response, units }
    }
}

impl TenantCore {
    /// An item that is not carried out: no limit counts it, the journal does.
    fn refuse_item(&self, exchange: &mut Exchange<'_>, error: &ApiError) -> Response<Bytes> {
        let base = exchange.base.clone();
        let nobody = Caller::default();
        let call = target::call(exchange.request, &base, &nobody, exchange.now, exchange.id);
        finish(exchange, error.reply(&call).into())
    }
}

/// An item as a request of its own; one that cannot be understood is a GET of nothing.
fn request(outer: &Exchange<'_>, asked: Option<&Asked>) -> Request<Bytes> {
    let mut request = Request::new(Bytes::new());
    if let Some(asked) = asked {
        *request.method_mut() = asked.method.clone();
        *request.uri_mut() = asked.uri.clone();
        *request.headers_mut() = asked.headers.clone();
        *request.body_mut() = asked.body.clone();
    }
    let (own, batch) = (request.headers_mut(), outer.request.headers());
    if let Some(token) = batch.get(AUTHORIZATION) {
        own.insert(AUTHORIZATION, token.clone());
    }
    if let Some(shared) = batch.get(SHARED).filter(|_| !own.contains_key(SHARED)) {
        own.insert(SHARED, shared.clone());
    }
    request
}
