//! Retry-After of the provisioning service, remembered: who was told to come back when, and who kept it.
//!
//! Callers are told apart by what they send, because a sync engine may export with many workers. A reset or a
//! restore makes promises void: their instants belong to a time that has not been.

use forestbed_sim::clock::SimTime;
use forestbed_sim::journal::RetryAfter;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Most open promises; the oldest is forgotten first.
const OPEN_MAX: usize = 1024;

/// A Retry-After that was given and not yet come back from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Promise {
    /// The instant in virtual time.
    pub(super) due: SimTime,
    /// When it was told, on the shell's clock.
    pub(super) given: Instant,
    /// How long the caller was told to wait.
    pub(super) span: Duration,
}

/// What a call means for the open promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Judgement {
    /// Whether it kept a Retry-After, or broke it; none when it follows none of its own.
    pub(super) verdict: Option<RetryAfter>,
    /// The instant that a caller is owed who waited in wall time, when virtual time has not reached it.
    pub(super) owed: Option<SimTime>,
}

#[derive(Debug, Default)]
struct State {
    generation: u64,
    open: BTreeMap<u64, Promise>,
}

/// All open promises.
#[derive(Debug, Default)]
pub(crate) struct Promises {
    state: Mutex<State>,
}

impl Promises {
    fn lock(&self, generation: u64) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.generation != generation {
            *state = State { generation, open: BTreeMap::new() };
        }
        state
    }

    /// Judges the call with this fingerprint that arrives at `now` (virtual) and `wall` (the shell's clock).
    /// The promise made to it is answered for; one made to another call stays until that comes back.
    pub(super) fn arrive(&self, generation: u64, fingerprint: u64, now: SimTime, wall: Instant) -> Judgement {
        let mut state = self.lock(generation);
        let waited = |promise: &&Promise| wall.saturating_duration_since(promise.given) >= promise.span;
        let owed = state.open.values().filter(waited).map(|promise| promise.due).max();
        let owed = owed.filter(|due| *due > now);
        let at = owed.unwrap_or(now);
        let own = state.open.remove(&fingerprint);
        let verdict =
            own.map(|promise| if at >= promise.due { RetryAfter::Kept } else { RetryAfter::Broken });
        Judgement { verdict, owed }
    }

    /// Remembers what a call was told.
    pub(super) fn promise(&self, generation: u64, fingerprint: u64, promise: Promise) {
        let mut state = self.lock(generation);
        if state.open.len() >= OPEN_MAX && !state.open.contains_key(&fingerprint) {
            let oldest = state.open.iter().min_by_key(|(_, promise)| promise.given).map(|(key, _)| *key);
            oldest.map(|key| state.open.remove(&key));
        }
        state.open.insert(fingerprint, promise);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use forestbed_sim::clock::DEFAULT_START;

    const SECOND: Duration = Duration::from_secs(1);

    #[expect(clippy::disallowed_methods, reason = "an instant to count from; nothing is measured")]
    fn start() -> Instant {
        Instant::now()
    }

    fn told(given: Instant) -> Promises {
        let promises = Promises::default();
        let due = DEFAULT_START.plus(3 * SECOND);
        promises.promise(1, 100, Promise { due, given, span: 3 * SECOND });
        promises
    }

    #[test]
    fn a_promise_belongs_to_what_was_sent_and_to_one_generation() {
        let check = |generation, fingerprint, moved: u32, waited: u32, expected| {
            let given = start();
            let promises = told(given);
            let (now, wall) = (DEFAULT_START.plus(moved * SECOND), given + waited * SECOND);
            let got = promises.arrive(generation, fingerprint, now, wall);
            assert_eq!((got.verdict, got.owed.is_some()), expected, "{fingerprint} {moved} {waited}");
        };
        check(1, 100, 0, 1, (Some(RetryAfter::Broken), false));
        check(1, 100, 3, 0, (Some(RetryAfter::Kept), false));
        check(1, 100, 0, 3, (Some(RetryAfter::Kept), true));
        // another caller has promised nothing; after a wait in wall time the instant has come for all
        check(1, 200, 0, 1, (None, false));
        check(1, 200, 0, 3, (None, true));
        check(2, 100, 0, 1, (None, false));
        check(2, 100, 9, 9, (None, false));
    }

    #[test]
    fn another_call_leaves_a_promise_open_and_the_own_one_closes_it() {
        let given = start();
        let promises = told(given);
        let arrive =
            |fingerprint| promises.arrive(1, fingerprint, DEFAULT_START.plus(3 * SECOND), given).verdict;
        assert_eq!((arrive(200), arrive(100), arrive(100)), (None, Some(RetryAfter::Kept), None));
    }

    #[test]
    fn of_too_many_promises_the_oldest_is_forgotten() {
        let given = start();
        let promises = told(given);
        let promise = Promise { due: DEFAULT_START, given: given + SECOND, span: SECOND };
        (1000..1000 + OPEN_MAX as u64).for_each(|key| promises.promise(1, key, promise));
        let verdict = |key| promises.arrive(1, key, DEFAULT_START, given).verdict;
        assert_eq!((verdict(100), verdict(1000)), (None, Some(RetryAfter::Kept)));
    }
}
