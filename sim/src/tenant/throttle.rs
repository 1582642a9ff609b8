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
/// The window of the units of an application in all tenants (microsoft-graph.md 4).
const ALL_UNITS_WINDOW: Duration = Duration::from_secs(20);
/// The window of the writes of a tenant, and of an application in all tenants (microsoft-graph.md 4).
const LONG_WINDOW: Duration = Duration::from_secs(300);
/// The window of an application's requests (microsoft-graph.md 4).
const SECOND: Duration = Duration::from_secs(1);
/// Applications whose windows are kept; above it those that have closed are forgotten.
const APPLICATIONS_MAX: usize = 4096;

/// How urgent a call is (`x-ms-throttle-priority`): the less urgent ones are refused first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Priority {
    /// Refused from four fifths of a limit on, so that others find room.
    Low,
    /// As most calls are.
    #[default]
    Normal,
    /// A person waits for it. The limits are the same.
    High,
}

/// What a call costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge {
    /// The application that calls.
    pub app: Guid,
    /// Resource units.
    pub units: u32,
    /// Whether it counts as a write.
    pub write: bool,
    /// How urgent it is.
    pub priority: Priority,
    /// Requests that count against those of a second: 1, or 0 on a clock that stands, where no second passes.
    pub requests: u32,
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

/// The windows of an application; the second three count what it does in all tenants, of which there is one here.
#[derive(Debug, Clone, Default)]
struct AppWindows {
    units: Window,
    writes: Window,
    all_units: Window,
    all_writes: Window,
    requests: Window,
}

#[derive(Debug, Clone, Default)]
struct State {
    apps: BTreeMap<Guid, AppWindows>,
    tenant_writes: Window,
    provisioning: Window,
}

/// One limit as it stands before a call.
struct Gate<'w> {
    window: &'w mut Window,
    span: Duration,
    limit: u64,
    /// What the call takes of it.
    cost: u64,
    /// The first part of `x-ms-throttle-scope`.
    scope: &'static str,
    /// `x-ms-throttle-information`; empty when no document names one.
    information: &'static str,
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
        let State { apps, tenant_writes, .. } = &mut *state;
        if apps.len() >= APPLICATIONS_MAX {
            let open = |window: &Window, span| window.opened.is_some_and(|opened| now < opened.plus(span));
            let writes = limits.graph_write_window.max(LONG_WINDOW);
            apps.retain(|_, app| open(&app.all_units, ALL_UNITS_WINDOW) || open(&app.all_writes, writes));
        }
        let app = apps.entry(charge.app).or_default();
        let mut gates = gates(app, tenant_writes, users, charge, limits);
        for gate in &mut gates {
            gate.window.roll(now, gate.span);
        }
        let full = gates.iter_mut().find(|gate| {
            // a low priority leaves the last fifth of a limit to others
            let within = if charge.priority == Priority::Low { gate.limit * 4 / 5 } else { gate.limit };
            gate.cost > 0 && !gate.window.fits(gate.cost, within)
        });
        if let Some(gate) = full {
            gate.window.refused += gate.cost;
            return Admission::Refused {
                percentage: overfull(gate.window, gate.limit),
                retry_after: gate.window.wait(now, gate.span),
                scope: format!("{}/ReadWrite/{}/{tenant}", gate.scope, charge.app),
                information: gate.information,
            };
        }
        let mut percentage: f64 = 0.0;
        for gate in &mut gates {
            gate.window.used += gate.cost;
            percentage = percentage.max(share(gate.window.used, gate.limit));
        }
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

/// Every limit that a call to Graph meets (microsoft-graph.md 4), the narrower ones first.
fn gates<'w>(
    app: &'w mut AppWindows,
    tenant_writes: &'w mut Window,
    users: usize,
    charge: Charge,
    limits: &Limits,
) -> [Gate<'w>; 6] {
    let (units, write) = (u64::from(charge.units), u64::from(charge.write));
    let of_tenant = u64::from(limits.graph_resource_units.unwrap_or_else(|| units_of_tenant(users)));
    let gate = |window, span, limit, cost, scope, information| Gate {
        window,
        span,
        limit,
        cost,
        scope,
        information,
    };
    let (both, app_wide) = ("Tenant_Application", "Application");
    let (writes, resources) = ("WriteLimitExceeded", "ResourceUnitLimitExceeded");
    let count = u64::from;
    [
        gate(&mut app.writes, limits.graph_write_window, count(limits.graph_writes), write, both, writes),
        gate(&mut app.units, UNIT_WINDOW, of_tenant, units, both, resources),
        gate(tenant_writes, LONG_WINDOW, count(limits.graph_tenant_writes), write, "Tenant", writes),
        gate(&mut app.all_writes, LONG_WINDOW, count(limits.graph_app_writes), write, app_wide, writes),
        gate(&mut app.all_units, ALL_UNITS_WINDOW, count(limits.graph_app_units), units, app_wide, resources),
        gate(
            &mut app.requests,
            SECOND,
            count(limits.graph_requests_per_second),
            count(charge.requests),
            app_wide,
            "",
        ),
    ]
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
