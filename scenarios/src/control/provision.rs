//! The provisioning operation as JSON: what a synchronization engine under development calls instead of SOAP.

use super::problem::Problem;
use super::{Control, Shared, ok, read};
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use forestbed_sim::clock::{ClockMode, SimTime};
use forestbed_sim::journal::{Entry, RetryAfter, Side};
use forestbed_sim::tenant::{CallContext, ProvisionRequest, ProvisionResponse, SyncOutcome};
use std::sync::{MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The most objects of one call.
const MOST_OBJECTS: usize = 10_000;

/// A Retry-After that was given and not yet come back from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Promise {
    due: SimTime,
    given: Instant,
    span: Duration,
}

pub(super) async fn provision(State(control): Shared, body: Bytes) -> Result<Response, Problem> {
    let request: ProvisionRequest = read(&body)?;
    if request.objects.len() > MOST_OBJECTS {
        let detail = format!("{} objects in one call, at most {MOST_OBJECTS}", request.objects.len());
        return Err(Problem::new(413, "Too many objects", detail));
    }
    let world = &control.estate.world;
    let after_retry = come_back(&control);
    let now = world.clock.charge_request();
    let objects = u32::try_from(request.objects.len()).unwrap_or(u32::MAX);
    let mut entry = Entry::new(now, Side::Provisioning, "provision", format!("{objects} objects"));
    entry.write = true;
    entry.after_retry = after_retry;
    let admitted = world.tenant().admit_provisioning(objects, now, &world.limits);
    if let Err(span) = admitted {
        let seconds = span.as_secs().max(1);
        *promise(&control) = Some(Promise { due: now.plus(span), given: wall_clock(), span });
        entry.status = 429;
        entry.retry_after_ms = Some(seconds * 1000);
        world.journal.record(entry);
        let detail = format!("the write limit of the tenant is used up: come back in {seconds} s");
        return Err(Problem::new(429, "Too many requests", detail).retry_after(seconds));
    }
    let results = world.tenant_mut().provision(&CallContext { now, app: None }, &request.objects);
    entry.status = 200;
    entry.returned = u32::try_from(results.iter().filter(|r| r.result == SyncOutcome::Success).count())
        .unwrap_or(u32::MAX);
    world.journal.record(entry);
    let answer = ProvisionResponse { results };
    let value =
        serde_json::to_value(&answer).map_err(|e| Problem::new(500, "Cannot answer", e.to_string()))?;
    Ok(ok(&value))
}

/// Whether this call follows a Retry-After, and kept it. A caller that waited in wall time finds the promised
/// instant reached: it must never meet a limit that stands still.
fn come_back(control: &Control) -> Option<RetryAfter> {
    let given = promise(control).take()?;
    let world = &control.estate.world;
    if world.clock.now() >= given.due {
        return Some(RetryAfter::Kept);
    }
    let waited = wall_clock().duration_since(given.given) >= given.span;
    if waited && world.clock.mode() == ClockMode::Stepped {
        world.advance_to(given.due);
    }
    Some(if waited { RetryAfter::Kept } else { RetryAfter::Broken })
}

fn promise(control: &Control) -> MutexGuard<'_, Option<Promise>> {
    control.promise.lock().unwrap_or_else(PoisonError::into_inner)
}

#[expect(clippy::disallowed_methods, reason = "the shell measures whether a client waited as it was told")]
fn wall_clock() -> Instant {
    Instant::now()
}
