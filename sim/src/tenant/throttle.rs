//! Throttling on virtual time: resource units and writes of an application, objects of the provisioning
//! service.
//!
//! Each limit is a window that opens with the first request that it counts. What does not fit any more is
//! refused until the window closes: so a client that waits exactly its Retry-After is admitted.

use crate::clock::SimTime;
use crate::ids::Guid;
use crate::limits::Limits;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a window of resource units is (microsoft-graph.md 4).
const UNIT_WINDOW: Duration = Duration::from_secs(10);
/// Applications whose windows are kept; above it those that have closed are forgotten.
const APPLICATIONS_MAX: usize = 4096;

/// What a call costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge {
    /// The application that calls.
    pub app: Guid,
    /// Resource units.
    pub units: u32,
    /// Whether it counts as a write.
    pub write: bool,
}

/// Whether a call is let in.
#[derive(Debug, Clone, PartialEq)]
pub enum Admission {
    /// It is. `percentage` is the used part of the fullest limit: 0.8 and more is told to the client
    /// (`x-ms-throttle-limit-percentage`).
    Admitted {
        /// 0.0 to 1.0.
        percentage: f64,
    },
    /// It is not.
    Refused {
        /// The used part of the limit, the refused calls counted in: 1.0 to 1.8.
        percentage: f64,
        /// Whole seconds, at least one.
        retry_after: Duration,
        /// `x-ms-throttle-scope`.
        scope: String,
        /// `x-ms-throttle-information`.
        information: &'static str,
    },
}

#[derive(Debug, Clone, Default)]
struct Window {
    opened: Option<SimTime>,
    used: u64,
    refused: u64,
}

impl Window {
    fn roll(&mut self, now: SimTime, span: Duration) {
        // a clock that was set back (reset, restore) opens a new window as well
        if self.opened.is_none_or(|opened| now >= opened.plus(span) || now < opened) {
            *self = Window { opened: Some(now), used: 0, refused: 0 };
        }
    }

    /// An empty window takes any one call, so that a small limit cannot shut a large call out for ever.
    fn fits(&self, cost: u64, limit: u64) -> bool {
        self.used == 0 || self.used + cost <= limit
    }

    fn wait(&self, now: SimTime, span: Duration) -> Duration {
        let left = self.opened.map_or(span, |opened| opened.plus(span).since(now));
        Duration::from_secs(left.as_millis().div_ceil(1000).max(1) as u64)
    }
}

#[derive(Debug, Clone, Default)]
struct AppWindows {
    units: Window,
    writes: Window,
}

#[derive(Debug, Clone, Default)]
struct State {
    apps: BTreeMap<Guid, AppWindows>,
    provisioning: Window,
}

/// The windows of a tenant. Behind a lock of its own, so that a call that only reads the tenant is counted.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    state: Mutex<State>,
}

impl Clone for Throttle {
    fn clone(&self) -> Throttle {
        Throttle { state: Mutex::new(self.lock().clone()) }
    }
}

impl Throttle {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn admit(
        &self,
        tenant: Guid,
        users: usize,
        charge: Charge,
        now: SimTime,
        limits: &Limits,
    ) -> Admission {
        let mut state = self.lock();
        if state.apps.len() >= APPLICATIONS_MAX {
            let (units, writes) = (UNIT_WINDOW, limits.graph_write_window);
            let open = |window: &Window, span| window.opened.is_some_and(|opened| now < opened.plus(span));
            state.apps.retain(|_, app| open(&app.units, units) || open(&app.writes, writes));
        }
        let app = state.apps.entry(charge.app).or_default();
        let scope = || format!("Tenant_Application/ReadWrite/{}/{tenant}", charge.app);
        let units_limit = u64::from(limits.graph_resource_units.unwrap_or_else(|| units_of_tenant(users)));
        let writes_limit = u64::from(limits.graph_writes);
        app.units.roll(now, UNIT_WINDOW);
        app.writes.roll(now, limits.graph_write_window);
        let (units, write) = (u64::from(charge.units), u64::from(charge.write));
        if charge.write && !app.writes.fits(write, writes_limit) {
            app.writes.refused += write;
            return Admission::Refused {
                percentage: overfull(&app.writes, writes_limit),
                retry_after: app.writes.wait(now, limits.graph_write_window),
                scope: scope(),
                information: "WriteLimitExceeded",
            };
        }
        if !app.units.fits(units, units_limit) {
            app.units.refused += units;
            return Admission::Refused {
                percentage: overfull(&app.units, units_limit),
                retry_after: app.units.wait(now, UNIT_WINDOW),
                scope: scope(),
                information: "ResourceUnitLimitExceeded",
            };
        }
        app.units.used += units;
        app.writes.used += write;
        let percentage = share(app.units.used, units_limit).max(share(app.writes.used, writes_limit));
        Admission::Admitted { percentage: percentage.min(1.0) }
    }

    /// `Err` is the time to wait, in whole seconds.
    pub(crate) fn admit_provisioning(
        &self,
        objects: u32,
        now: SimTime,
        limits: &Limits,
    ) -> Result<(), Duration> {
        let window = &mut self.lock().provisioning;
        window.roll(now, limits.provisioning_write_window);
        if !window.fits(u64::from(objects), u64::from(limits.provisioning_writes)) {
            return Err(window.wait(now, limits.provisioning_write_window));
        }
        window.used += u64::from(objects);
        Ok(())
    }
}

/// Resource units per ten seconds by tenant size (microsoft-graph.md 4): S below 50 users, M up to 500, L.
fn units_of_tenant(users: usize) -> u32 {
    match users {
        0..50 => 3500,
        50..=500 => 5000,
        _ => 8000,
    }
}

fn share(used: u64, limit: u64) -> f64 {
    used as f64 / limit.max(1) as f64
}

/// microsoft-graph.md 4: the percentage goes up to 1.8.
fn overfull(window: &Window, limit: u64) -> f64 {
    share(window.used + window.refused, limit).clamp(1.0, 1.8)
}
