//! Throttling, and what becomes of a Retry-After (microsoft-graph.md section 4; DESIGN: a client that waits
//! never meets a frozen limit).

use super::support::{Answer, Lab, WALL, at, world};
use forestbed_sim::clock::ClockMode;
use forestbed_sim::fault::{Effect, Fault};
use forestbed_sim::journal::RetryAfter::{self, Broken, Kept};
use forestbed_sim::journal::Side;
use serde_json::json;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// A tenant that takes three writes in 150 seconds.
fn throttled(mode: ClockMode) -> (Lab, String) {
    let lab = Lab::of(world(mode, |limits| limits.graph_writes = 3));
    let bearer = lab.bearer();
    (lab, bearer)
}

fn write(lab: &Lab, bearer: &str, who: &str, wall: Duration) -> Answer {
    let path = format!("/v1.0/users/{who}");
    // the token does not age meanwhile: this is about waiting
    lab.graph("PATCH", &path, bearer, at(WALL, wall))
}

/// What the journal says about the last request.
fn last(lab: &Lab) -> (u16, Option<RetryAfter>) {
    let entry = lab.world.journal.since(lab.world.journal.last_seq() - 1, 1).remove(0);
    (entry.status, entry.after_retry)
}

/// Writes until the tenant refuses; the refusal.
fn exhaust(lab: &Lab, bearer: &str) -> Answer {
    for n in 0..3 {
        assert_ne!(write(lab, bearer, &format!("u{n}"), Duration::ZERO).status, 429);
    }
    let refused = write(lab, bearer, "u3", Duration::ZERO);
    assert_eq!(refused.status, 429);
    refused
}

#[test]
fn a_throttled_answer_has_the_body_and_headers_of_the_reference() {
    let (lab, bearer) = throttled(ClockMode::Frozen);
    let refused = exhaust(&lab, &bearer);
    assert_eq!(
        refused.body,
        json!({
            "error": {
                "code": "TooManyRequests",
                "innerError": {
                    "code": "429",
                    "date": "2026-01-05T08:00:00",
                    "message": "Please retry after",
                    "request-id": refused.header("request-id"),
                    "status": "429",
                },
                "message": "Please retry again later.",
            }
        })
    );
    assert_eq!(refused.header("retry-after"), "150");
    assert_eq!(refused.header("x-ms-throttle-information"), "WriteLimitExceeded");
    let scope = format!("Tenant_Application/ReadWrite/{}/{}", lab.app.app_id, lab.tenant);
    assert_eq!(refused.header("x-ms-throttle-scope"), scope);
    let percentage: f64 = refused.header("x-ms-throttle-limit-percentage").parse().unwrap();
    assert!((1.0..=1.8).contains(&percentage), "{percentage}");
}

#[test]
fn a_percentage_is_told_only_above_four_fifths() {
    let lab = Lab::of(world(ClockMode::Frozen, |limits| limits.graph_writes = 10));
    let bearer = lab.bearer();
    let told: Vec<bool> = (0..10)
        .map(|n| {
            !write(&lab, &bearer, &n.to_string(), Duration::ZERO)
                .header("x-ms-throttle-limit-percentage")
                .is_empty()
        })
        .collect();
    let first = told.iter().position(|told| *told);
    assert_eq!((first, told.iter().filter(|told| **told).count()), (Some(8), 2));
}

#[test]
fn a_client_that_waits_in_wall_time_is_let_in_on_every_clock() {
    for mode in [ClockMode::Frozen, ClockMode::Stepped] {
        let (lab, bearer) = throttled(mode);
        let before = lab.world.clock.now();
        let wait: u64 = exhaust(&lab, &bearer).header("retry-after").parse().unwrap();
        let wait = Duration::from_secs(wait);
        let again = write(&lab, &bearer, "u3", wait);
        assert_ne!(again.status, 429, "{mode}");
        assert_eq!(last(&lab).1, Some(Kept), "{mode}");
        assert!(lab.world.clock.now().since(before) >= wait - SECOND, "{mode}");
    }
}

#[test]
fn a_client_that_waits_in_virtual_time_is_let_in_at_once() {
    let (lab, bearer) = throttled(ClockMode::Stepped);
    exhaust(&lab, &bearer);
    lab.world.advance(150 * SECOND);
    assert_ne!(write(&lab, &bearer, "u3", Duration::ZERO).status, 429);
    assert_eq!(last(&lab).1, Some(Kept));
}

#[test]
fn a_client_that_comes_back_early_is_refused_again() {
    let (lab, bearer) = throttled(ClockMode::Stepped);
    exhaust(&lab, &bearer);
    for wall in [Duration::ZERO, 10 * SECOND, 149 * SECOND] {
        let again = write(&lab, &bearer, "u3", wall);
        assert_eq!(last(&lab), (429, Some(Broken)), "{wall:?}");
        // the window itself did not move: virtual time stood, but for the requests' own cost
        assert_eq!(again.header("retry-after"), "150", "{wall:?}");
    }
    let totals = lab.world.journal.totals(Side::Graph);
    assert_eq!((totals.throttled, totals.retry_after_kept, totals.retry_after_broken), (4, 0, 3));
}

#[test]
fn the_retry_after_of_a_fault_is_watched_too() {
    let lab = Lab::new();
    let bearer = lab.bearer();
    let fault = |status| Fault {
        side: Side::Graph,
        pattern: "PATCH *".to_owned(),
        nth: 1,
        count: Some(1),
        every: 1,
        per_million: 1_000_000,
        effect: Effect::status(status, Some(3 * SECOND)),
    };
    lab.world.faults.add(fault(503));
    assert_eq!(write(&lab, &bearer, "a", Duration::ZERO).header("retry-after"), "3");
    // too early after a 503: noted, and answered
    assert_ne!(write(&lab, &bearer, "a", SECOND).status, 503);
    assert_eq!(last(&lab).1, Some(Broken));
    lab.world.faults.add(fault(429));
    write(&lab, &bearer, "b", Duration::ZERO);
    assert_eq!(write(&lab, &bearer, "b", SECOND).status, 429);
    assert_ne!(write(&lab, &bearer, "b", 4 * SECOND).status, 429);
    assert_eq!(last(&lab).1, Some(Kept));
}

/// Workers of one application that share a wall clock: each waits as it is told, the others go on meanwhile.
/// Returns how often one of them was refused.
fn work(lab: &Lab, workers: usize, writes_each: u32) -> u64 {
    let bearer = lab.bearer();
    let mut ready = vec![Duration::ZERO; workers];
    let mut done = vec![0; workers];
    let mut refused = 0;
    while let Some(worker) =
        (0..workers).filter(|worker| done[*worker] < writes_each).min_by_key(|worker| ready[*worker])
    {
        let answer = write(lab, &bearer, &format!("{worker}-{}", done[worker]), ready[worker]);
        ready[worker] += Duration::from_millis(1);
        if answer.status == 429 {
            refused += 1;
            let wait: u64 = answer.header("retry-after").parse().unwrap();
            ready[worker] += Duration::from_secs(wait);
        } else {
            done[worker] += 1;
        }
    }
    refused
}

#[test]
fn whoever_waits_as_told_finishes_and_kept_every_retry_after() {
    let check = |workers: usize, writes_each: u32, limit: u32, expected: Option<u64>| {
        let lab = Lab::of(world(ClockMode::Stepped, |limits| limits.graph_writes = limit));
        let refused = work(&lab, workers, writes_each);
        let totals = lab.world.journal.totals(Side::Graph);
        let told = (totals.throttled, totals.retry_after_kept, totals.retry_after_broken);
        assert_eq!(told, (refused, refused, 0), "{workers} workers");
        assert!(refused > 0, "{workers} workers");
        if let Some(expected) = expected {
            assert_eq!(refused, expected, "{workers} workers");
        }
    };
    // three fit into a window, so of fifty in turn every third but the last waits once
    check(1, 50, 3, Some(16));
    // the real limit (3,000 in 150 s): ten thousand writes fill it three times over
    check(1, 10_000, 3000, Some(3));
    check(8, 40, 20, None);
    check(32, 10, 5, None);
}
