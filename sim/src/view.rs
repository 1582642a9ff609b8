//! How late readers of the tenant see what was written: three views, each with a lag of its own.
//!
//! Entra ID writes to one replica and answers reads from others, and lists, searches and delta queries from
//! indexes that follow later still (microsoft-graph.md section 4, "Eventual consistency").

use crate::clock::SimTime;
use crate::seed::Seed;
use crate::spec::LagSpec;
use crate::tenant::Tenant;
use std::collections::VecDeque;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError, RwLockReadGuard};
use std::time::Duration;

/// Most states that are kept of the past, whatever the lags are.
const STATES_MAX: u32 = 1024;
/// States this far apart are told apart at most.
const COARSEST: Duration = Duration::from_secs(1);
/// How long a drawn jitter holds: a client that asks again meets another replica.
const JITTER_HOLDS: Duration = Duration::from_secs(1);

/// Who reads the tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Reads of one object by its id or name, and of what hangs on it.
    Object,
    /// Lists, filters, searches, counts.
    Query,
    /// Delta queries.
    Delta,
}

impl View {
    /// Every view.
    pub const ALL: [View; 3] = [View::Object, View::Query, View::Delta];

    fn name(self) -> &'static str {
        match self {
            View::Object => "object",
            View::Query => "query",
            View::Delta => "delta",
        }
    }
}

impl LagSpec {
    /// The lag of a view.
    pub fn of(&self, view: View) -> Duration {
        match view {
            View::Object => self.object,
            View::Query => self.query,
            View::Delta => self.delta,
        }
    }

    /// Whether any view lags: without lag no past is kept.
    pub fn is_on(&self) -> bool {
        View::ALL.iter().any(|view| !self.of(*view).is_zero())
    }

    /// The instant that a view shows at `now`.
    fn shown(&self, view: View, now: SimTime, seed: Seed) -> SimTime {
        let jitter = self.jitter.as_millis() as u64;
        let drawn = match jitter {
            0 => 0,
            span => {
                let nth = now.since(SimTime::default()).as_millis() / JITTER_HOLDS.as_millis();
                seed.hash("lag", view.name(), nth as u64) % (span + 1)
            }
        };
        now.minus(self.of(view) + Duration::from_millis(drawn))
    }

    fn longest(&self) -> Duration {
        View::ALL.iter().map(|view| self.of(*view)).max().unwrap_or_default() + self.jitter
    }

    /// How far apart the kept states lie: an eighth of the shortest lag, at most a second, and never so close
    /// that there would be more than [`STATES_MAX`].
    fn spacing(&self) -> Duration {
        let lags = View::ALL.iter().map(|view| self.of(*view)).filter(|lag| !lag.is_zero());
        let fine = lags.min().unwrap_or_default() / 8;
        fine.min(COARSEST).max(self.longest() / STATES_MAX)
    }
}

/// The tenant as one of the views shows it.
///
/// It is no copy that could be changed: writers see the live tenant ([`World::tenant_mut`](crate::world::World::tenant_mut)).
#[derive(Debug)]
pub enum TenantView<'w> {
    /// The live tenant.
    Live(RwLockReadGuard<'w, Tenant>),
    /// The tenant as it was a lag ago.
    Past(Arc<Tenant>),
}

impl Deref for TenantView<'_> {
    type Target = Tenant;

    fn deref(&self) -> &Tenant {
        match self {
            TenantView::Live(tenant) => tenant,
            TenantView::Past(tenant) => tenant,
        }
    }
}

/// States of the tenant that lie behind, as far back as the longest lag.
///
/// A clone of a tenant shares its pages with the live one, so a state costs what was written since.
#[derive(Debug, Default)]
pub(crate) struct Past {
    /// Each with the instant until which it held; ascending.
    states: Mutex<VecDeque<(SimTime, Arc<Tenant>)>>,
}

impl Past {
    /// Keeps the state that somebody is about to change; called with the tenant locked for writing.
    pub(crate) fn keep(&self, tenant: &Tenant, now: SimTime, lag: &LagSpec) {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        let outlived = now.minus(lag.longest());
        while states.front().is_some_and(|(until, _)| *until <= outlived) {
            states.pop_front();
        }
        // what is written shortly after a kept state is seen with the next one: a little early
        let close = states.back().is_some_and(|(until, _)| now.since(*until) < lag.spacing());
        if !close {
            states.push_back((now, Arc::new(tenant.clone())));
        }
    }

    /// The state that a view shows; none when that is the live one. Called with the tenant locked.
    pub(crate) fn shown(&self, view: View, now: SimTime, lag: &LagSpec, seed: Seed) -> Option<Arc<Tenant>> {
        let instant = lag.shown(view, now, seed);
        let states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        let at = states.partition_point(|(until, _)| *until <= instant);
        states.get(at).map(|(_, tenant)| tenant.clone())
    }

    /// Forgets all: another world was put in place.
    pub(crate) fn clear(&self) {
        self.states.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ClockMode;
    use crate::ids::Guid;
    use crate::spec::EstateSpec;
    use crate::tenant::{CallContext, ObjectKind};
    use crate::world::World;
    use serde_json::json;

    const SECOND: Duration = Duration::from_secs(1);

    fn world(lag: LagSpec) -> World {
        let mut spec = EstateSpec { clock: ClockMode::Frozen, ..EstateSpec::default() };
        spec.forests.clear();
        spec.tenant.lag = lag;
        World::generate(spec, 1).unwrap()
    }

    fn seconds(object: u64, query: u64, delta: u64, jitter: u64) -> LagSpec {
        let [object, query, delta, jitter] = [object, query, delta, jitter].map(Duration::from_secs);
        LagSpec { object, query, delta, jitter }
    }

    fn group(world: &World, name: &str) -> Guid {
        let ctx = CallContext { now: world.clock.now(), app: None };
        let body = json!({"displayName": name, "mailNickname": name, "mailEnabled": false,
            "securityEnabled": true});
        world.tenant_mut().create_group(&ctx, body.as_object().unwrap()).unwrap()
    }

    fn sees(world: &World, id: Guid) -> [bool; 3] {
        View::ALL.map(|view| world.tenant_view(view).object(id).is_some())
    }

    #[test]
    fn each_view_follows_a_write_after_its_own_lag() {
        let world = world(seconds(2, 5, 30, 0));
        world.advance(SECOND * 60);
        let id = group(&world, "late");
        assert!(world.tenant().object(id).is_some(), "writers see what was written");
        let mut at = 0;
        for (second, expected) in [
            (0, [false, false, false]),
            (1, [false, false, false]),
            (2, [true, false, false]),
            (4, [true, false, false]),
            (5, [true, true, false]),
            (29, [true, true, false]),
            (30, [true, true, true]),
            (3000, [true, true, true]),
        ] {
            world.advance(SECOND * (second - at));
            at = second;
            assert_eq!(sees(&world, id), expected, "{second} s later");
        }
    }

    #[test]
    fn writes_that_follow_each_other_become_visible_one_after_the_other() {
        let world = world(seconds(0, 0, 40, 0));
        let mut made = Vec::new();
        for nth in 0..10 {
            made.push(group(&world, &format!("g{nth}")));
            world.advance(SECOND * 5);
        }
        // 50 s after the first one: those made at 0, 5 and 10
        let seen = |view| made.iter().filter(|id| world.tenant_view(view).object(**id).is_some()).count();
        assert_eq!(View::ALL.map(seen), [10, 10, 3]);
    }

    #[test]
    fn without_lag_no_past_is_kept() {
        let world = world(LagSpec::default());
        let id = group(&world, "now");
        assert_eq!(sees(&world, id), [true; 3]);
        assert!(View::ALL.iter().all(|view| matches!(world.tenant_view(*view), TenantView::Live(_))));
    }

    #[test]
    fn the_past_is_bounded_however_often_something_is_written() {
        let lag = seconds(1, 60, 3600, 0);
        let past = Past::default();
        let world = world(lag);
        let tenant = world.tenant();
        for nth in 0..40_000 {
            past.keep(&tenant, world.clock.now().plus(Duration::from_millis(nth * 250)), &lag);
        }
        let kept = past.states.lock().unwrap().len();
        assert!(kept as u32 <= STATES_MAX + 1, "{kept}");
    }

    #[test]
    fn going_back_forgets_the_past() {
        let world = world(seconds(10, 10, 10, 0));
        world.checkpoint("before");
        let id = group(&world, "gone");
        assert!(world.restore("before"));
        world.advance(SECOND * 5);
        assert_eq!(sees(&world, id), [false; 3]);
        assert_eq!(
            world.tenant_view(View::Query).count(ObjectKind::Group),
            world.tenant().count(ObjectKind::Group)
        );
    }

    #[test]
    fn jitter_is_drawn_from_the_seed_and_stays_within_its_bounds() {
        let appears = || {
            let world = world(seconds(0, 2, 0, 10));
            let id = group(&world, "jittery");
            let visible = |_| {
                world.advance(SECOND);
                world.tenant_view(View::Query).object(id).is_some()
            };
            (0..20).map(visible).collect::<Vec<bool>>()
        };
        let first = appears();
        assert_eq!(first, appears());
        assert!(!first[0] && first[12..].iter().all(|seen| *seen), "{first:?}");
    }
}
