//! The journal: every request on LDAP, Graph, login and provisioning, in order of arrival, bounded; with totals that never forget.
//!
//! Its order is the order of arrival and so never enters a snapshot.

mod ring;

use crate::clock::SimTime;
use ring::Ring;
use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

/// Which door a request came through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// LDAP, of any forest.
    Ldap,
    /// Microsoft Graph.
    Graph,
    /// Tokens and discovery.
    Login,
    /// The provisioning service.
    Provisioning,
    /// What was asked of the proxy itself: tunnels, and hosts that it refuses.
    Proxy,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Side::Ldap => "ldap",
            Side::Graph => "graph",
            Side::Login => "login",
            Side::Provisioning => "provisioning",
            Side::Proxy => "proxy",
        })
    }
}

/// What a client did with a Retry-After that it had been given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    /// It came back no earlier than told.
    Kept,
    /// It came back too early.
    Broken,
}

/// One request.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its number, from 1 on; given by [`Journal::record`].
    pub seq: u64,
    /// When, in virtual time.
    pub time: SimTime,
    /// Which door.
    pub side: Side,
    /// Who: a bound name, an application id, or empty.
    pub client: String,
    /// What: `search`, `modify`, or `PATCH /v1.0/users/{id}`.
    pub operation: String,
    /// On what: a base DN and filter, a path and query; shortened when it is long.
    pub target: String,
    /// LDAP result code or HTTP status.
    pub status: u16,
    /// Whether it may change the world (by its kind, not by its outcome).
    pub write: bool,
    /// The Retry-After given with the answer, in milliseconds.
    pub retry_after_ms: Option<u64>,
    /// Whether this request followed a Retry-After, and kept it.
    pub after_retry: Option<RetryAfter>,
    /// Entries or objects in the answer.
    pub returned: u32,
    /// What the server did not know: a control, a route, a filter function, an attribute.
    pub unknown: Option<String>,
    /// The scripted fault that answered instead of the server.
    pub fault: bool,
    /// LDAP searches: how the answer was found.
    pub explain: Option<Explain>,
}

/// How a search came to its answer: for whoever wonders why it is slow, or empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Explain {
    /// What gave the candidates: the attributes whose indexes were used (`sAMAccountName`,
    /// `department & objectClass`, `mail | proxyAddresses`), `base`, `children`, `subtree` for what lies below
    /// the base, or `all` when every object had to be looked at.
    pub index: Cow<'static, str>,
    /// Objects in scope that had to be looked at.
    pub candidates: u32,
    /// Objects that this answer looked at: fewer than the candidates when it is one page of several, or was
    /// cut short.
    pub examined: u32,
    /// Of an empty answer: the condition that rejected those candidates which satisfied all others, or that
    /// no object satisfies.
    pub rejected_by: Option<String>,
}

/// One request, as it is handed to the journal by those who have its texts already: see [`Entry`].
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// When, in virtual time.
    pub time: SimTime,
    /// Which door.
    pub side: Side,
    /// Who.
    pub client: &'a str,
    /// What.
    pub operation: &'a str,
    /// On what.
    pub target: &'a str,
    /// LDAP result code or HTTP status.
    pub status: u16,
    /// Whether it may change the world.
    pub write: bool,
    /// The Retry-After given with the answer, in milliseconds.
    pub retry_after_ms: Option<u64>,
    /// Whether this request followed a Retry-After, and kept it.
    pub after_retry: Option<RetryAfter>,
    /// Entries or objects in the answer.
    pub returned: u32,
    /// What the server did not know.
    pub unknown: Option<&'a str>,
    /// The scripted fault that answered.
    pub fault: bool,
    /// How a search was done.
    pub explain: Option<&'a Explain>,
}

impl<'a> Line<'a> {
    /// A line with its necessary parts; the rest is set by field.
    pub fn new(time: SimTime, side: Side, operation: &'a str, target: &'a str) -> Line<'a> {
        Line {
            time,
            side,
            client: "",
            operation,
            target,
            status: 0,
            write: false,
            retry_after_ms: None,
            after_retry: None,
            returned: 0,
            unknown: None,
            fault: false,
            explain: None,
        }
    }

    fn failed(&self) -> bool {
        match self.side {
            // 5 and 6 are compare's answers, 10 a referral, 14 a SASL step
            Side::Ldap => !matches!(self.status, 0 | 5 | 6 | 10 | 14),
            _ => self.status >= 400,
        }
    }
}

impl Entry {
    /// An entry with its necessary parts; the rest is set by field.
    pub fn new(time: SimTime, side: Side, operation: impl Into<String>, target: impl Into<String>) -> Entry {
        Entry {
            seq: 0,
            time,
            side,
            client: String::new(),
            operation: operation.into(),
            target: target.into(),
            status: 0,
            write: false,
            retry_after_ms: None,
            after_retry: None,
            returned: 0,
            unknown: None,
            fault: false,
            explain: None,
        }
    }

    fn line(&self) -> Line<'_> {
        Line {
            time: self.time,
            side: self.side,
            client: &self.client,
            operation: &self.operation,
            target: &self.target,
            status: self.status,
            write: self.write,
            retry_after_ms: self.retry_after_ms,
            after_retry: self.after_retry,
            returned: self.returned,
            unknown: self.unknown.as_deref(),
            fault: self.fault,
            explain: self.explain.as_ref(),
        }
    }
}

/// What a tool cost: counted over all entries, also those that the bounded journal has dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// All requests.
    pub requests: u64,
    /// Requests that may change the world.
    pub writes: u64,
    /// Requests that failed.
    pub failures: u64,
    /// `$batch` requests.
    pub batches: u64,
    /// Answers with 429.
    pub throttled: u64,
    /// Retry-After values that clients kept.
    pub retry_after_kept: u64,
    /// Retry-After values that clients broke.
    pub retry_after_broken: u64,
    /// Entries and objects in answers.
    pub returned: u64,
}

impl Totals {
    fn count(&mut self, entry: &Line<'_>) {
        self.requests += 1;
        self.writes += u64::from(entry.write);
        self.failures += u64::from(entry.failed());
        self.batches += u64::from(entry.operation.ends_with("/$batch"));
        self.throttled += u64::from(entry.status == 429);
        self.retry_after_kept += u64::from(entry.after_retry == Some(RetryAfter::Kept));
        self.retry_after_broken += u64::from(entry.after_retry == Some(RetryAfter::Broken));
        self.returned += u64::from(entry.returned);
    }

    /// What came on top of an earlier reading.
    pub fn since(self, earlier: Totals) -> Totals {
        Totals {
            requests: self.requests - earlier.requests,
            writes: self.writes - earlier.writes,
            failures: self.failures - earlier.failures,
            batches: self.batches - earlier.batches,
            throttled: self.throttled - earlier.throttled,
            retry_after_kept: self.retry_after_kept - earlier.retry_after_kept,
            retry_after_broken: self.retry_after_broken - earlier.retry_after_broken,
            returned: self.returned - earlier.returned,
        }
    }
}

type Listener = Arc<dyn Fn(u64) + Send + Sync>;

#[derive(Default)]
struct State {
    ring: Ring,
    last: u64,
    /// A side each, in the order of [`Side`].
    totals: [Totals; 5],
    listeners: Arc<Vec<Listener>>,
}

/// The journal of a world.
pub struct Journal {
    state: Mutex<State>,
    capacity: usize,
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("last", &self.last_seq()).finish()
    }
}

impl Journal {
    /// A journal that keeps the newest `capacity` entries.
    pub fn new(capacity: usize) -> Journal {
        Journal { state: Mutex::default(), capacity: capacity.max(1) }
    }

    /// Numbers an entry and keeps it; the oldest one goes when there is no more room.
    pub fn record(&self, entry: Entry) -> u64 {
        self.record_line(&entry.line())
    }

    /// The same, of texts that the caller keeps.
    pub fn record_line(&self, line: &Line<'_>) -> u64 {
        let (seq, listeners) = {
            let mut state = self.lock();
            state.last += 1;
            state.totals[line.side as usize].count(line);
            if state.ring.len() == self.capacity {
                state.ring.pop();
            }
            state.ring.push(line);
            (state.last, Arc::clone(&state.listeners))
        };
        listeners.iter().for_each(|listener| listener(seq));
        seq
    }

    /// The entries after number `seq`, at most `limit` of them.
    pub fn since(&self, seq: u64, limit: usize) -> Vec<Entry> {
        let state = self.lock();
        let kept = state.ring.len();
        let first = state.last - kept as u64;
        let skip = usize::try_from(seq.saturating_sub(first)).unwrap_or(usize::MAX).min(kept);
        let places = (skip..kept).take(limit);
        places.filter_map(|place| state.ring.entry(place, first + 1 + place as u64)).collect()
    }

    /// The number of the newest entry.
    pub fn last_seq(&self) -> u64 {
        self.lock().last
    }

    /// The totals of one side.
    pub fn totals(&self, side: Side) -> Totals {
        self.lock().totals[side as usize]
    }

    /// Calls `listener` with the number of each new entry, so that a test or `?wait=` need not poll.
    pub fn listen(&self, listener: impl Fn(u64) + Send + Sync + 'static) {
        Arc::make_mut(&mut self.lock().listeners).push(Arc::new(listener));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::DEFAULT_START;

    #[test]
    fn the_journal_is_bounded_and_its_totals_are_not() {
        let journal = Journal::new(2);
        for status in [200, 429, 200] {
            let mut entry = Entry::new(DEFAULT_START, Side::Graph, "GET /v1.0/users", "");
            entry.status = status;
            journal.record(entry);
        }
        let kept: Vec<u64> = journal.since(0, 10).iter().map(|e| e.seq).collect();
        assert_eq!(kept, [2, 3]);
        assert_eq!(journal.since(2, 10).len(), 1);
        assert_eq!(journal.since(9, 10).len(), 0);
        let totals = journal.totals(Side::Graph);
        assert_eq!((totals.requests, totals.throttled, totals.failures), (3, 1, 1));
    }

    fn noted(number: u32) -> Entry {
        let mut entry = Entry::new(DEFAULT_START, Side::Ldap, "search", "é".repeat(number as usize % 7));
        entry.client = format!("CONTOSO\\user{number}");
        entry.returned = number;
        entry.unknown = number.is_multiple_of(3).then(|| format!("control {number}"));
        entry.retry_after_ms = number.is_multiple_of(5).then_some(3000);
        entry.explain = number.is_multiple_of(2).then(|| Explain {
            index: Cow::Borrowed("sAMAccountName"),
            candidates: number,
            examined: 1,
            rejected_by: number.is_multiple_of(4).then(|| format!("(mail={number})")),
        });
        entry
    }

    #[test]
    fn an_entry_is_read_as_it_was_recorded_after_many_others_have_gone() {
        let journal = Journal::new(5);
        for number in 1..=100 {
            journal.record(noted(number));
            let kept = journal.since(0, 10);
            let first = number.saturating_sub(4).max(1);
            let expected: Vec<Entry> =
                (first..=number).map(|number| Entry { seq: u64::from(number), ..noted(number) }).collect();
            assert_eq!(kept, expected);
        }
    }
}
