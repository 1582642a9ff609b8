//! Scripted faults: rules that a request is held against before the server answers it.

use crate::journal::Side;
use crate::seed::Seed;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// The odds of a fault that always hits.
pub const MILLION: u32 = 1_000_000;

/// What a fault does to the request that it hits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Graph and login: do this to the answer.
    Http(HttpFault),
    /// LDAP: do this to the answer.
    Ldap(LdapFault),
}

impl Effect {
    /// Graph and login: this status instead of an answer, and a Retry-After if there is one.
    pub const fn status(status: u16, retry_after: Option<Duration>) -> Effect {
        Effect::Http(HttpFault { action: HttpAction::Status { status, retry_after }, after_commit: false })
    }
}

/// What happens to an HTTP request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpFault {
    /// What happens to its answer.
    pub action: HttpAction,
    /// The request is carried out all the same; then only its answer is lost.
    pub after_commit: bool,
}

impl HttpFault {
    /// Whether the request is carried out: an answer that is late or cut in two must be made first.
    pub const fn carries_out(&self) -> bool {
        self.after_commit || matches!(self.action, HttpAction::Delay(_) | HttpAction::Truncate)
    }
}

/// What happens to the answer to an HTTP request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpAction {
    /// It is this status, with a Retry-After if there is one.
    Status {
        /// The HTTP status.
        status: u16,
        /// The Retry-After that goes with it.
        retry_after: Option<Duration>,
    },
    /// There is none: the connection is closed.
    Drop,
    /// It comes so much later, in wall time: what a client's own timeout sees.
    Delay(Duration),
    /// Half of its body comes, then the connection is closed.
    Truncate,
}

/// What happens to an LDAP request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LdapFault {
    /// What happens to its answer.
    pub action: LdapAction,
    /// The request is carried out all the same, but for searches, which commit nothing.
    pub after_commit: bool,
}

/// What happens to the answer to an LDAP request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LdapAction {
    /// It is this result code.
    Result(u32),
    /// There is none: the connection is closed.
    Drop,
    /// It comes so much later, in wall time: what a client's own timeout sees.
    Delay(Duration),
    /// Half of it comes, then the connection is closed.
    Truncate,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Which door it watches.
    pub side: Side,
    /// For HTTP `METHOD PATH`, for LDAP `OPERATION DN`, for the provisioning service `POST OPERATION`; each half is a glob
    /// in which `*` is any run of characters.
    pub pattern: String,
    /// It hits first at this matching request (from 1 on).
    pub nth: u64,
    /// It hits this many times; none means for ever.
    pub count: Option<u64>,
    /// From `nth` on, it hits every so many matching requests: 1 for each.
    pub every: u64,
    /// It hits so many times out of a million, by the seed.
    pub per_million: u32,
    /// What happens.
    pub effect: Effect,
}

#[derive(Debug, Clone)]
struct Armed {
    id: u64,
    fault: Fault,
    seen: u64,
    hits: u64,
}

impl Armed {
    /// Counts a matching request; whether the rule hits it.
    fn is_hit(&mut self, seed: Seed) -> bool {
        let fault = &self.fault;
        self.seen += 1;
        let due = self.seen.checked_sub(fault.nth.max(1)).is_some_and(|n| n % fault.every.max(1) == 0);
        let spent = fault.count.is_some_and(|count| self.hits >= count);
        let drawn = || seed.hash("fault", &fault.pattern, self.id << 40 | self.seen) % u64::from(MILLION);
        let hits = due && !spent && (fault.per_million >= MILLION || drawn() < u64::from(fault.per_million));
        self.hits += u64::from(hits);
        hits
    }
}

/// The faults in force.
#[derive(Debug, Default)]
pub struct Faults {
    seed: Seed,
    state: Mutex<(u64, Vec<Armed>)>,
}

impl Faults {
    /// None yet; what they draw comes from the seed.
    pub fn new(seed: Seed) -> Faults {
        Faults { seed, state: Mutex::default() }
    }

    /// Adds a rule and returns its number.
    pub fn add(&self, fault: Fault) -> u64 {
        let mut state = self.lock();
        state.0 += 1;
        let id = state.0;
        state.1.push(Armed { id, fault, seen: 0, hits: 0 });
        id
    }

    /// The rules in force with their numbers and how many requests each has matched.
    pub fn list(&self) -> Vec<(u64, Fault, u64)> {
        self.lock().1.iter().map(|armed| (armed.id, armed.fault.clone(), armed.seen)).collect()
    }

    /// Whether any rule watches a door.
    pub fn watch(&self, side: Side) -> bool {
        self.lock().1.iter().any(|armed| armed.fault.side == side)
    }

    /// Removes one rule; whether there was one.
    pub fn remove(&self, id: u64) -> bool {
        let mut state = self.lock();
        let before = state.1.len();
        state.1.retain(|armed| armed.id != id);
        state.1.len() != before
    }

    /// Removes all.
    pub fn clear(&self) {
        self.lock().1.clear();
    }

    /// Holds a request (`"PATCH"`, `"/v1.0/users/x"`) against every rule; the first that hits decides.
    pub fn hit(&self, side: Side, method: &str, path: &str) -> Option<Effect> {
        let mut effect = None;
        for armed in self.lock().1.iter_mut().filter(|armed| armed.fault.side == side) {
            let (methods, paths) = armed.fault.pattern.split_once(' ').unwrap_or(("*", &armed.fault.pattern));
            if !(glob(methods, method) && glob(paths, path)) {
                continue;
            }
            if armed.is_hit(self.seed) && effect.is_none() {
                effect = Some(armed.fault.effect.clone());
            }
        }
        effect
    }

    fn lock(&self) -> MutexGuard<'_, (u64, Vec<Armed>)> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Whether `text` matches `pattern`, in which `*` stands for any run of characters; letters in any case.
/// Linear in practice: it remembers one star only.
pub fn glob(pattern: &str, text: &str) -> bool {
    let (p, t) = (pattern.as_bytes(), text.as_bytes());
    let (mut i, mut j, mut star) = (0, 0, None);
    while j < t.len() {
        if i < p.len() && p[i] == b'*' {
            star = Some((i, j));
            i += 1;
        } else if i < p.len() && p[i].eq_ignore_ascii_case(&t[j]) {
            (i, j) = (i + 1, j + 1);
        } else if let Some((at, from)) = star {
            star = Some((at, from + 1));
            (i, j) = (at + 1, from + 1);
        } else {
            return false;
        }
    }
    p[i..].iter().all(|b| *b == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_matches_any_run_in_any_case() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("/v1.0/users/*/assignLicense", "/v1.0/Users/42/assignlicense", true),
            ("/v1.0/users/*/assignLicense", "/v1.0/users/42", false),
            ("*/organization*", "/v1.0/organization?$select=id", true),
            ("*a*b", "xxaxxbxab", true),
            ("*a*b", "xxaxxbxa", false),
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_fault_hits_from_its_nth_request_on_and_count_times() {
        let faults = Faults::default();
        let effect = Effect::status(429, Some(Duration::from_secs(3)));
        let pattern = "POST /v1.0/users/*".to_owned();
        let (every, per_million) = (1, MILLION);
        faults.add(Fault { side: Side::Graph, pattern, nth: 2, count: Some(2), every, per_million, effect });
        let hits: Vec<bool> =
            (0..5).map(|_| faults.hit(Side::Graph, "POST", "/v1.0/users/1").is_some()).collect();
        assert_eq!(hits, [false, true, true, false, false]);
        assert_eq!(faults.hit(Side::Graph, "GET", "/v1.0/users/1"), None);
        assert_eq!(faults.list()[0].2, 5);
        faults.clear();
        assert_eq!(faults.list().len(), 0);
    }

    #[test]
    fn a_fault_hits_every_so_many_requests_or_by_chance() {
        let hits = |seed: u64, nth: u64, count: Option<u64>, every: u64, per_million: u32| {
            let faults = Faults::new(Seed::new(seed));
            let effect = Effect::Ldap(LdapFault { action: LdapAction::Drop, after_commit: false });
            let pattern = "modify *OU=Staff,*".to_owned();
            faults.add(Fault { side: Side::Ldap, pattern, nth, count, every, per_million, effect });
            let hit =
                |_: &i32| faults.hit(Side::Ldap, "modify", "CN=Bob,OU=Staff,DC=contoso,DC=local").is_some();
            assert_eq!(faults.hit(Side::Ldap, "modify", "CN=Bob,DC=contoso,DC=local"), None);
            (1..=1000).filter(hit).collect::<Vec<i32>>()
        };
        assert_eq!(hits(1, 3, Some(3), 4, MILLION), [3, 7, 11]);
        assert_eq!(hits(1, 1, None, 500, MILLION), [1, 501]);
        let drawn = hits(1, 1, None, 1, 250_000);
        assert!((200..300).contains(&drawn.len()), "{}", drawn.len());
        assert_eq!(drawn, hits(1, 1, None, 1, 250_000));
        assert_ne!(drawn, hits(2, 1, None, 1, 250_000));
        assert_eq!(hits(1, 1, Some(2), 1, 250_000), drawn[..2]);
        assert!(hits(1, 1, None, 1, 0).is_empty());
    }
}
