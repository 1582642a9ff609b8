//! Retry-After, remembered: who was told to come back when, and who kept it.
//!
//! Virtual time need not move while a client waits, so a client that waited in wall time as long as it was
//! told is *owed* the promised instant: the core then moves the world there. One that came back earlier, with
//! the same request, broke its promise.
//!
//! Requests are told apart by a fingerprint (method, target, body), because an application may have many
//! workers: another worker's request that arrives while one of them waits says nothing about the one that
//! waits. An application that walks on with other requests and never comes back is not said to have kept
//! anything, and one that collects more refusals than any application has workers is said to have broken them.

use forestbed_sim::clock::SimTime;
use forestbed_sim::ids::Guid;
use forestbed_sim::journal::RetryAfter;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Timers of some runtimes fire a moment early.
const TOLERANCE: Duration = Duration::from_millis(20);
/// More open promises than this, and the application is not concurrent but deaf.
const WORKERS_MAX: usize = 64;
/// A promise that nobody came back for is forgotten so long after its instant, in virtual time.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(600);
/// Most open promises that are kept of one application; the oldest is forgotten first.
const OPEN_MAX: usize = 1024;
/// Most applications whose promises are kept.
const APPLICATIONS_MAX: usize = 1024;

/// One Retry-After that was given and not yet answered for.
#[derive(Debug, Clone, Copy)]
struct Promise {
    /// When the client may come back, in virtual time.
    instant: SimTime,
    /// When it was told, on the shell's monotonic clock.
    told: Duration,
    /// How long it was told to wait.
    wait: Duration,
    /// Whether coming back early is refused again (a throttled answer), or only noted (a fault).
    refuses: bool,
    /// Whether the application sent something else meanwhile.
    passed: bool,
}

/// What a request means for the promises of its application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Judgement {
    /// Whether it kept a Retry-After, or broke it.
    pub(crate) verdict: Option<RetryAfter>,
    /// The instant that the client is owed, when virtual time has not reached it.
    pub(crate) owed: Option<SimTime>,
    /// It came too early after a throttled answer: it is refused again, for so long.
    pub(crate) refused_for: Option<Duration>,
}

#[derive(Debug, Default)]
struct State {
    generation: u64,
    apps: BTreeMap<Guid, BTreeMap<u64, Promise>>,
}

/// All open promises.
#[derive(Debug, Default)]
pub(crate) struct Promises {
    state: Mutex<State>,
}

impl Promises {
    /// The promises of the world's present generation: a reset or restore makes the old ones void.
    fn lock(&self, generation: u64) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.generation != generation {
            *state = State { generation, apps: BTreeMap::new() };
        }
        state
    }

    /// Judges a request of `app` that arrives at `now` (virtual) and `wall` (the shell's monotonic clock).
    /// `fingerprint` is asked only when the application has an open promise.
    pub(crate) fn arrive(
        &self,
        generation: u64,
        app: Guid,
        now: SimTime,
        wall: Duration,
        fingerprint: impl FnOnce() -> u64,
    ) -> Judgement {
        let mut state = self.lock(generation);
        let Some(open) = state.apps.get_mut(&app).filter(|open| !open.is_empty()) else {
            return Judgement::default();
        };
        let waited = |promise: &Promise| wall.saturating_sub(promise.told) + TOLERANCE >= promise.wait;
        let owed = open.values().filter(|p| waited(p)).map(|p| p.instant).max().filter(|at| *at > now);
        let at = owed.unwrap_or(now);
        let fingerprint = fingerprint();
        let mut judgement = Judgement { owed, ..Judgement::default() };
        if let Some(promise) = open.get_mut(&fingerprint) {
            if at >= promise.instant {
                open.remove(&fingerprint);
                judgement.verdict = Some(RetryAfter::Kept);
            } else {
                let left = whole_seconds(promise.instant.since(at));
                judgement.verdict = Some(RetryAfter::Broken);
                judgement.refused_for = promise.refuses.then_some(left);
                *promise = Promise { told: wall, wait: left, ..*promise };
            }
            return judgement;
        }
        // the application moved on to something else, after a wait in which it sent nothing: that is kept too
        let due = open.iter().filter(|(_, p)| at >= p.instant && !p.passed).min_by_key(|(_, p)| p.told);
        if let Some(key) = due.map(|(key, _)| *key) {
            open.remove(&key);
            judgement.verdict = Some(RetryAfter::Kept);
            return judgement;
        }
        let waiting = open.values_mut().filter(|promise| at < promise.instant);
        let waiting = waiting.map(|promise| promise.passed = true).count();
        judgement.verdict = (waiting >= WORKERS_MAX).then_some(RetryAfter::Broken);
        judgement
    }

    /// Whether just this request was told to come back.
    pub(crate) fn is_open(&self, generation: u64, app: Guid, fingerprint: impl FnOnce() -> u64) -> bool {
        let state = self.lock(generation);
        state.apps.get(&app).is_some_and(|open| !open.is_empty() && open.contains_key(&fingerprint()))
    }

    /// Remembers that a request was told to come back after `wait`.
    pub(crate) fn promise(&self, generation: u64, app: Guid, fingerprint: u64, told: Told) {
        let mut state = self.lock(generation);
        if state.apps.len() >= APPLICATIONS_MAX && !state.apps.contains_key(&app) {
            state.apps.pop_first();
        }
        let open = state.apps.entry(app).or_default();
        open.retain(|_, promise| told.now < promise.instant.plus(FORGOTTEN_AFTER));
        if open.len() >= OPEN_MAX {
            let oldest = open.iter().min_by_key(|(_, promise)| promise.told).map(|(key, _)| *key);
            oldest.map(|key| open.remove(&key));
        }
        let Told { now, wall, wait, refuses } = told;
        let promise = Promise { instant: now.plus(wait), told: wall, wait, refuses, passed: false };
        open.insert(fingerprint, promise);
    }
}

/// A Retry-After that was given.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told {
    /// The virtual instant.
    pub(crate) now: SimTime,
    /// The same on the shell's monotonic clock.
    pub(crate) wall: Duration,
    /// The Retry-After.
    pub(crate) wait: Duration,
    /// Whether coming back early is refused again.
    pub(crate) refuses: bool,
}

/// A span rounded up to whole seconds, at least one: what Retry-After carries.
pub(crate) fn whole_seconds(span: Duration) -> Duration {
    Duration::from_secs(span.as_millis().div_ceil(1000).clamp(1, u128::from(u32::MAX)) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use forestbed_sim::clock::DEFAULT_START;

    const APP: Guid = Guid::from_bytes([7; 16]);
    const SECOND: Duration = Duration::from_secs(1);

    fn told(wall: Duration) -> Promises {
        let promises = Promises::default();
        let told = Told { now: DEFAULT_START, wall, wait: 3 * SECOND, refuses: true };
        promises.promise(1, APP, 100, told);
        promises
    }

    #[test]
    fn a_client_is_judged_by_wall_time_or_virtual_time_whichever_it_waited_in() {
        let check = |fingerprint, waited: Duration, moved: Duration, expected: Judgement| {
            let promises = told(10 * SECOND);
            let now = DEFAULT_START.plus(moved);
            let got = promises.arrive(1, APP, now, 10 * SECOND + waited, || fingerprint);
            assert_eq!(got, expected, "{fingerprint} after {waited:?}, {moved:?}");
        };
        let kept = Judgement { verdict: Some(RetryAfter::Kept), ..Judgement::default() };
        let promised = DEFAULT_START.plus(3 * SECOND);
        check(100, 3 * SECOND, Duration::ZERO, Judgement { owed: Some(promised), ..kept });
        check(100, 3 * SECOND, 4 * SECOND, kept);
        check(100, Duration::ZERO, 3 * SECOND, kept);
        let broken = |left| Judgement {
            verdict: Some(RetryAfter::Broken),
            owed: None,
            refused_for: Some(Duration::from_secs(left)),
        };
        check(100, 2 * SECOND, Duration::ZERO, broken(3));
        check(100, Duration::ZERO, 1500 * Duration::from_millis(1), broken(2));
        // another request, early: another worker's; late: the application moved on, and waited
        check(200, SECOND, Duration::ZERO, Judgement::default());
        check(200, 3 * SECOND, Duration::ZERO, Judgement { owed: Some(promised), ..kept });
    }

    #[test]
    fn a_promise_is_answered_for_once_and_void_after_a_reset() {
        let promises = told(Duration::ZERO);
        let arrive = |generation| promises.arrive(generation, APP, DEFAULT_START, 9 * SECOND, || 100).verdict;
        assert_eq!((arrive(1), arrive(1)), (Some(RetryAfter::Kept), None));
        let promises = told(Duration::ZERO);
        assert_eq!(promises.arrive(2, APP, DEFAULT_START, SECOND, || 100), Judgement::default());
    }

    #[test]
    fn an_application_that_walks_on_keeps_nothing_and_at_last_breaks() {
        let promises = told(Duration::ZERO);
        let early = |n| promises.arrive(1, APP, DEFAULT_START, SECOND, || n).verdict;
        for n in 200..200 + WORKERS_MAX as u64 - 1 {
            assert_eq!(early(n), None);
            let told = Told { now: DEFAULT_START, wall: SECOND, wait: 3 * SECOND, refuses: true };
            promises.promise(1, APP, n, told);
        }
        assert_eq!(early(999), Some(RetryAfter::Broken));
        let late = promises.arrive(1, APP, DEFAULT_START.plus(9 * SECOND), 9 * SECOND, || 999);
        assert_eq!(late.verdict, None);
    }
}
