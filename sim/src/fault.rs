//! Scripted faults: rules that a request is held against before the server answers it.

use crate::journal::Side;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// What a fault does to the request that it hits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Graph and login: answer with this HTTP status, and a Retry-After if there is one.
    Status {
        /// The HTTP status.
        status: u16,
        /// The Retry-After that goes with it.
        retry_after: Option<Duration>,
    },
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Which door it watches.
    pub side: Side,
    /// For HTTP `METHOD PATH`, each a glob in which `*` is any run of characters.
    pub pattern: String,
    /// It hits first at this matching request (from 1 on).
    pub nth: u64,
    /// It hits this many matching requests in a row; none means for ever.
    pub count: Option<u64>,
    /// What happens.
    pub effect: Effect,
}

#[derive(Debug, Clone)]
struct Armed {
    id: u64,
    fault: Fault,
    seen: u64,
}

/// The faults in force.
#[derive(Debug, Default)]
pub struct Faults {
    state: Mutex<(u64, Vec<Armed>)>,
}

impl Faults {
    /// Adds a rule and returns its number.
    pub fn add(&self, fault: Fault) -> u64 {
        let mut state = self.lock();
        state.0 += 1;
        let id = state.0;
        state.1.push(Armed { id, fault, seen: 0 });
        id
    }

    /// The rules in force with their numbers and how many requests each has matched.
    pub fn list(&self) -> Vec<(u64, Fault, u64)> {
        self.lock().1.iter().map(|armed| (armed.id, armed.fault.clone(), armed.seen)).collect()
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
            armed.seen += 1;
            let first = armed.fault.nth.max(1);
            let hits =
                armed.seen >= first && armed.fault.count.is_none_or(|count| armed.seen < first + count);
            if hits && effect.is_none() {
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
        let effect = Effect::Status { status: 429, retry_after: Some(Duration::from_secs(3)) };
        let pattern = "POST /v1.0/users/*".to_owned();
        faults.add(Fault { side: Side::Graph, pattern, nth: 2, count: Some(2), effect });
        let hits: Vec<bool> =
            (0..5).map(|_| faults.hit(Side::Graph, "POST", "/v1.0/users/1").is_some()).collect();
        assert_eq!(hits, [false, true, true, false, false]);
        assert_eq!(faults.hit(Side::Graph, "GET", "/v1.0/users/1"), None);
        assert_eq!(faults.list()[0].2, 5);
        faults.clear();
        assert_eq!(faults.list().len(), 0);
    }
}
