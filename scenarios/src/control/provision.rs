//! The provisioning operation as JSON: what a synchronization engine under development calls instead of SOAP.

use super::problem::Problem;
use super::promises::Promise;
use super::{Control, Shared, ok, read};
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use forestbed_sim::clock::ClockMode;
use forestbed_sim::fault::{Effect, HttpAction, HttpFault};
use forestbed_sim::journal::{Entry, RetryAfter, Side};
use forestbed_sim::tenant::{CallContext, ProvisionRequest, ProvisionResponse, SyncOutcome};
use forestbed_sim::world::World;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Instant;

pub(super) async fn provision(State(control): Shared, body: Bytes) -> Result<Response, Problem> {
    let request: ProvisionRequest = read(&body)?;
    let most = ProvisionRequest::OBJECTS_MAX;
    let sent = request.objects.len().saturating_add(request.credentials.len());
    if sent > most {
        let detail = format!("{sent} objects and credentials in one call, at most {most}");
        return Err(Problem::new(413, "Too many objects", detail));
    }
    if !request.objects.is_empty() && !request.credentials.is_empty() {
        let detail = "send objects first, and credentials in another call".to_owned();
        return Err(Problem::new(400, "Objects and credentials in one call", detail));
    }
    let world = &control.estate.world;
    let caller = fingerprint(&body);
    let after_retry = come_back(&control, caller);
    let now = world.clock.charge_request();
    let objects = u32::try_from(request.objects.len()).unwrap_or(u32::MAX);
    let mut entry = Entry::new(now, Side::Provisioning, "provision", format!("{objects} objects"));
    entry.write = true;
    entry.after_retry = after_retry;
    let admitted = world.tenant().admit_provisioning(objects, now, &world.limits);
    if let Err(span) = admitted {
        let seconds = span.as_secs().max(1);
        let promise = Promise { due: now.plus(span), given: wall_clock(), span };
        control.promises.promise(world.generation(), caller, promise);
        entry.status = 429;
        entry.retry_after_ms = Some(seconds * 1000);
        world.journal.record(entry);
        let detail = format!("the write limit of the tenant is used up: come back in {seconds} s");
        return Err(Problem::new(429, "Too many requests", detail).retry_after(seconds));
    }
    let struck = match world.faults.hit(Side::Provisioning, "POST", "provision") {
        Some(Effect::Http(fault)) => Some(fault),
        _ => None,
    };
    entry.fault = struck.is_some();
    if let Some(fault) = struck.filter(|fault| !fault.carries_out()) {
        return Err(failed(world, entry, fault));
    }
    let context = CallContext { now, app: None };
    let results = world.tenant_mut().provision_as(&context, &request.objects, request.version);
    let credentials = match request.credentials.is_empty() {
        true => Vec::new(),
        false => match world.tenant_mut().provision_credentials(&context, &request.credentials) {
            Ok(results) => results,
            Err(fault) => {
                entry.status = 400;
                world.journal.record(entry);
                return Err(Problem::new(400, "Credentials are refused", fault.text));
            }
        },
    };
    if let Some(fault) = struck.filter(|fault| !matches!(fault.action, HttpAction::Delay(_))) {
        return Err(failed(world, entry, fault));
    }
    entry.status = 200;
    entry.returned = u32::try_from(results.iter().filter(|r| r.result == SyncOutcome::Success).count())
        .unwrap_or(u32::MAX);
    world.journal.record(entry);
    let answer = ProvisionResponse { results, credentials };
    let value =
        serde_json::to_value(&answer).map_err(|e| Problem::new(500, "Cannot answer", e.to_string()))?;
    Ok(ok(&value))
}

/// What a caller sees of a fault. This door has no gateway of its own that could close a connection: an answer that is
/// lost or cut is none that came in time.
fn failed(world: &World, mut entry: Entry, fault: HttpFault) -> Problem {
    let (status, wait) = match fault.action {
        HttpAction::Status { status, retry_after } => (status, retry_after.map(|span| span.as_secs())),
        _ => (504, None),
    };
    entry.status = status;
    entry.retry_after_ms = wait.map(|seconds| seconds.saturating_mul(1000));
    world.journal.record(entry);
    let problem = Problem::new(status, "A fault that was asked for", "POST /api/faults armed it".to_owned());
    match wait {
        Some(seconds) => problem.retry_after(seconds),
        None => problem,
    }
}

/// Whether this call follows a Retry-After, and kept it. A caller that waited in wall time finds the promised
/// instant reached: it must never meet a limit that stands still.
fn come_back(control: &Control, caller: u64) -> Option<RetryAfter> {
    let world = &control.estate.world;
    let now = world.clock.now();
    let judgement = control.promises.arrive(world.generation(), caller, now, wall_clock());
    if let Some(due) = judgement.owed
        && world.clock.mode() == ClockMode::Stepped
    {
        world.advance_to(due);
    }
    judgement.verdict
}

/// What tells one caller from another. It stays in this process, so the standard hasher with its fixed keys
/// will do.
fn fingerprint(body: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    hasher.finish()
}

#[expect(clippy::disallowed_methods, reason = "the shell measures whether a client waited as it was told")]
fn wall_clock() -> Instant {
    Instant::now()
}
