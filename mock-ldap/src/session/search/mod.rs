//! Searching: what is asked for is fixed once; then candidates are walked a chunk at a time.

mod attribute_scope;
mod dir_sync;
mod list_view;
mod notification;
mod paging;
mod plan;
mod referrals;
mod sorting;
mod walk;

pub(super) use dir_sync::Round;
pub(super) use notification::Watches;
pub(super) use paging::PagedSearches;
pub(super) use referrals::{Referrals, reachable};
pub(super) use walk::Walk;

use super::record::Record;
use super::{Reply, Session, State, root_dse};
use crate::reply::{Answer, Outcome, op, write_plain_entry, write_result};
use crate::request::{Controls, SearchRequest, oid};
use forestbed_sim::directory::Scope;
use list_view::ListView;
use paging::{Page, fingerprint, paged_answer};
use std::fmt;

impl Session {
    pub(super) fn search(&mut self, id: i32, request: SearchRequest<'_>, controls: Controls<'_>) -> Reply {
        let mut record = Record::new(self, "search", Target(&request), false);
        record.unknown(controls.unknown.iter().map(String::as_str));
        if request.base.is_empty() && request.scope == Scope::Base {
            return self.search_root_dse(id, &request, record);
        }
        if self.principal().is_none() {
            return record.answer(id, op::SEARCH_DONE, &Outcome::of("not-bound"));
        }
        if let Some(refused) = refused_view(id, &controls) {
            record.finish(refused.0, 0);
            return Reply::ready(refused.1);
        }
        if let Some(asked) = controls.dir_sync {
            return self.dir_sync(id, &request, &controls, asked, record);
        }
        if controls.notification {
            return self.watch(id, &request, &controls, record);
        }
        let asked = if controls.paged.is_some() { fingerprint(&request) } else { 0 };
        let (page, scan) = match controls.paged {
            Some((size, cookie)) if !cookie.is_empty() => match self.paged.take(cookie, asked) {
                Some(_) if size == 0 => return no_page(id, record, 0),
                Some(scan) => (Some(Page { size, asked }), Ok(scan)),
                None => return record.answer(id, op::SEARCH_DONE, &Outcome::of("control")),
            },
            Some((size, _)) => (Some(Page { size, asked }), self.scan(&request, &controls, &mut record)),
            None => (None, self.scan(&request, &controls, &mut record)),
        };
        match scan {
            Ok(scan) if scan.view_without_order() => {
                let view = scan.list_view.map(|view| view.refused(list_view::UNWILLING_TO_PERFORM));
                let (code, out) = refusal(id, view.as_ref(), list_view::UNWILLING_TO_PERFORM);
                record.finish(code, 0);
                Reply::ready(out)
            }
            Ok(scan) if page.is_some_and(|page| page.size == 0) => no_page(id, record, scan.left()),
            Ok(scan) => {
                let walk = Walk::new(self, id, scan, page, request.time_limit, record);
                Reply::of(State::Search(Box::new(walk)))
            }
            Err(refused) => record.answer(id, op::SEARCH_DONE, &refused),
        }
    }

    fn search_root_dse(&mut self, id: i32, request: &SearchRequest<'_>, mut record: Record) -> Reply {
        let mut out = Vec::new();
        let mut returned = 0;
        let outcome = match root_dse::read(self, request) {
            Ok(read) => {
                record.unknown(read.unknown.iter().map(String::as_str));
                if let Some(attributes) = read.attributes {
                    write_plain_entry(&mut out, id, &attributes, request.types_only);
                    returned = 1;
                }
                Outcome::success()
            }
            Err(refused) => refused,
        };
        write_result(&mut out, id, op::SEARCH_DONE, &outcome, &Answer::default());
        record.finish(outcome.code, returned);
        Reply::ready(out)
    }
}

/// The answer to a list view that cannot be: on a list without an order, or on pages of it.
fn refused_view(id: i32, controls: &Controls<'_>) -> Option<(u32, Vec<u8>)> {
    let asked = controls.list_view.clone()?;
    let result = match (&controls.sort, controls.paged) {
        (None, _) => list_view::SORT_CONTROL_MISSING,
        (Some(_), Some(_)) => list_view::UNWILLING_TO_PERFORM,
        _ => return None,
    };
    Some(refusal(id, Some(&ListView::new(asked).refused(result)), result))
}

/// The code and the answer of a search whose list view is refused.
fn refusal(id: i32, view: Option<&ListView>, code: u32) -> (u32, Vec<u8>) {
    let mut out = Vec::new();
    let controls: Vec<_> = view.map(|view| (oid::LIST_VIEW_ANSWER, view.answer(0))).into_iter().collect();
    let around = Answer { controls: &controls, ..Answer::default() };
    write_result(&mut out, id, op::SEARCH_DONE, &Outcome::code(code), &around);
    (code, out)
}

/// A page of size zero: the client wants an estimate, or ends its paged search (RFC 2696 section 3).
fn no_page(id: i32, record: Record, estimate: usize) -> Reply {
    let mut out = Vec::new();
    let controls = [(oid::PAGED_RESULTS, paged_answer(estimate, &[]))];
    let around = Answer { controls: &controls, ..Answer::default() };
    write_result(&mut out, id, op::SEARCH_DONE, &Outcome::success(), &around);
    record.finish(0, 0);
    Reply::ready(out)
}

/// Base, scope and filter, as the journal shows them.
struct Target<'a>(&'a SearchRequest<'a>);

impl fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scope = match self.0.scope {
            Scope::Base => "base",
            Scope::One => "one",
            Scope::Subtree => "sub",
        };
        [self.0.base, "?", scope, "?"].into_iter().try_for_each(|part| f.write_str(part))?;
        self.0.filter.fmt(f)
    }
}
