//! Paged results (RFC 2696): searches that wait for their next page, and the cookies that name them.

use super::plan::Scan;
use crate::ber::{Writer, tag};
use crate::request::SearchRequest;
use forestbed_sim::directory::QueryPolicy;
use forestbed_sim::directory::Scope;
use forestbed_sim::limits::Limits;
use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

/// Numbers of sessions, so that a cookie of one connection means nothing on another.
static SESSIONS: AtomicU64 = AtomicU64::new(1);

/// A page that was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    /// Entries in it.
    pub(super) size: u32,
    /// Fingerprint of the request.
    pub(super) asked: u64,
}

/// How much a connection may keep for its next pages.
#[derive(Debug, Clone, Copy)]
pub(super) struct KeptSearches {
    /// Searches.
    searches: usize,
    /// Candidates of all of them.
    candidates: usize,
    /// Octets of their filters and attributes.
    octets: usize,
}

impl KeptSearches {
    pub(super) fn of(limits: &Limits, policy: &QueryPolicy) -> KeptSearches {
        KeptSearches {
            searches: limits.max_paged_searches_per_connection,
            candidates: policy.max_result_set_size,
            octets: policy.max_receive_buffer_bytes,
        }
    }
}

/// The searches of one connection that wait for their next page.
#[derive(Debug)]
pub(in crate::session) struct PagedSearches {
    session: u64,
    last: u64,
    waiting: BTreeMap<u64, (u64, Scan)>,
}

impl Default for PagedSearches {
    fn default() -> PagedSearches {
        let session = SESSIONS.fetch_add(1, Ordering::Relaxed);
        PagedSearches { session, last: 0, waiting: BTreeMap::new() }
    }
}

impl PagedSearches {
    /// Keeps a search until its next page is asked for, and gives its cookie. The oldest ones go when there
    /// are too many of them, or they hold too many candidates or filters longer than a message may be.
    pub(super) fn keep(&mut self, scan: Scan, asked: u64, limits: &KeptSearches) -> [u8; 16] {
        self.last += 1;
        self.waiting.insert(self.last, (asked, scan));
        let too_many = |waiting: &BTreeMap<u64, (u64, Scan)>| {
            waiting.len() > limits.searches.max(1)
                || waiting.values().map(|(_, scan)| scan.left()).sum::<usize>() > limits.candidates
                || waiting.values().map(|(_, scan)| scan.octets).sum::<usize>() > limits.octets
        };
        while self.waiting.len() > 1 && too_many(&self.waiting) {
            self.waiting.pop_first();
        }
        let mut cookie = [0; 16];
        cookie[..8].copy_from_slice(&self.session.to_be_bytes());
        cookie[8..].copy_from_slice(&self.last.to_be_bytes());
        cookie
    }

    /// The search that a cookie names, if this connection has one and the request is still the same.
    pub(super) fn take(&mut self, cookie: &[u8], asked: u64) -> Option<Scan> {
        let cookie: [u8; 16] = cookie.try_into().ok()?;
        let (session, serial) = cookie.split_at(8);
        if session != self.session.to_be_bytes() {
            return None;
        }
        let serial = u64::from_be_bytes(serial.try_into().ok()?);
        let same = self.waiting.get(&serial).is_some_and(|(same, _)| *same == asked);
        same.then(|| self.waiting.remove(&serial)).flatten().map(|(_, scan)| scan)
    }

    /// Forgets all of them.
    pub(in crate::session) fn clear(&mut self) {
        self.waiting.clear();
    }
}

/// What makes two requests the same search.
pub(super) fn fingerprint(request: &SearchRequest<'_>) -> u64 {
    let scope = match request.scope {
        Scope::Base => 0u8,
        Scope::One => 1,
        Scope::Subtree => 2,
    };
    let mut hasher = DefaultHasher::new();
    (request.base, scope, request.raw_filter, &request.attributes, request.types_only).hash(&mut hasher);
    hasher.finish()
}

/// The value of the control that goes with an answer. Active Directory leaves the size at zero unless it is
/// asked for nothing else.
pub(super) fn paged_answer(estimate: usize, cookie: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out);
    let value = writer.begin(tag::SEQUENCE);
    writer.integer(i64::try_from(estimate).unwrap_or(i64::MAX));
    writer.octets(cookie);
    writer.end(value);
    out
}
