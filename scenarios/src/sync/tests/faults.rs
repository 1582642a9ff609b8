//! Lost connections, busy servers, answers that are lost after the commit: the engine converges, writes nothing twice
//! and deletes nothing that is there.

use super::*;
use forestbed_sim::fault::{Effect, Fault, HttpAction, HttpFault, LdapAction, LdapFault, MILLION};
use forestbed_sim::journal::Side;

const SERVICE: &str = "POST *";
const TOKENS: &str = "POST */token";
const BASE: &str = "search DC=contoso,DC=local";
const WRITE: &str = "modify *";
/// `busy` of RFC 4511.
const BUSY: u32 = 51;

fn ldap(pattern: &str, nth: u64, action: LdapAction, after_commit: bool) -> Fault {
    let effect = Effect::Ldap(LdapFault { action, after_commit });
    fault(Side::Ldap, pattern, nth, effect)
}

fn http(side: Side, nth: u64, action: HttpAction, after_commit: bool) -> Fault {
    let pattern = if side == Side::Login { TOKENS } else { SERVICE };
    fault(side, pattern, nth, Effect::Http(HttpFault { action, after_commit }))
}

fn fault(side: Side, pattern: &str, nth: u64, effect: Effect) -> Fault {
    let pattern = pattern.to_owned();
    Fault { side, pattern, nth, count: Some(1), every: 1, per_million: MILLION, effect }
}

fn status(status: u16, seconds: Option<u64>) -> HttpAction {
    HttpAction::Status { status, retry_after: seconds.map(Duration::from_secs) }
}

/// A life: a first cycle, a day on premises, a delta, both with the faults; then a cycle without any. The tenant, what
/// the cycles waited, and how many faults hit.
async fn live(lab: &Lab, faults: &[Fault], place: &str) -> (String, u64, u64) {
    lab.reset().expect("it goes back");
    let engine = engine(SyncOptions::default());
    let (mut waits, mut hits) = (0, 0);
    for day in [false, true] {
        if day {
            a_day(lab, 0);
        }
        let ids: Vec<u64> = faults.iter().map(|fault| lab.world().faults.add(fault.clone())).collect();
        let kind = if day { Cycle::Delta } else { Cycle::Initial };
        let outcome = lab.run_cycle(Role::Sync, &engine, kind).await;
        let outcome = outcome.unwrap_or_else(|error| panic!("{place}: {error}"));
        waits += count(&outcome, "waits");
        for (id, fault, seen) in lab.world().faults.list() {
            hits += u64::from(ids.contains(&id) && seen >= fault.nth);
        }
        lab.world().faults.clear();
        assert_converged(lab, place);
    }
    let calm = full_cycle(lab).await;
    assert_eq!(writes(&calm), 0, "{place}: {calm:?}");
    (tenant(lab), waits, hits)
}

async fn all_end_the_same(rows: Vec<(String, Vec<Fault>, bool)>) {
    let lab = lab(SMALL).await;
    let (wanted, ..) = live(&lab, &[], "nothing happens").await;
    for (place, faults, waits) in rows {
        let (is, waited, hits) = live(&lab, &faults, &place).await;
        assert!(hits > 0, "{place} never came");
        assert_eq!(waited > 0, waits, "{place} waited {waited} times");
        assert_same(&is, &wanted, &place);
    }
    lab.shutdown().await;
}

fn row(place: impl Into<String>, fault: Fault, waits: bool) -> (String, Vec<Fault>, bool) {
    (place.into(), vec![fault], waits)
}

#[tokio::test]
async fn what_happens_to_a_directory_changes_nothing_in_the_end() {
    let lost = |nth, after| ldap(WRITE, nth, LdapAction::Drop, after);
    all_end_the_same(vec![
        row("a search is cut off", ldap(BASE, 1, LdapAction::Drop, false), false),
        row("an answer is cut in two", ldap(BASE, 1, LdapAction::Truncate, false), false),
        row("a busy server", ldap(BASE, 1, LdapAction::Result(BUSY), false), true),
        row("a write is lost", lost(1, false), false),
        row("a later write is lost", lost(7, false), false),
        row("the answer to a write is lost", lost(1, true), false),
        row("the answer to a later write is lost", lost(7, true), false),
        row("busy with the first write", ldap(WRITE, 1, LdapAction::Result(BUSY), false), true),
        row("busy with a later write", ldap(WRITE, 7, LdapAction::Result(BUSY), false), true),
    ])
    .await;
}

#[tokio::test]
async fn answers_of_the_service_that_are_lost_change_nothing_in_the_end() {
    let mut rows = Vec::new();
    // company, import, export, end of the export
    for nth in 1..=4 {
        for (what, action, after) in [
            ("lost before", HttpAction::Drop, false),
            ("lost after", HttpAction::Drop, true),
            ("cut in two", HttpAction::Truncate, false),
        ] {
            rows.push(row(format!("call {nth} {what}"), http(Side::Provisioning, nth, action, after), false));
        }
    }
    all_end_the_same(rows).await;
}

#[tokio::test]
async fn a_service_that_asks_for_patience_gets_it() {
    let mut rows = Vec::new();
    for nth in [1, 2, 3, 4] {
        for (code, seconds) in [(429, Some(30)), (503, Some(2)), (503, None)] {
            let name = format!("call {nth}: {code} {seconds:?}");
            rows.push(row(name, http(Side::Provisioning, nth, status(code, seconds), false), true));
        }
    }
    rows.push(row("a gateway gives up", http(Side::Provisioning, 3, status(504, None), true), false));
    rows.push(row("no token", http(Side::Login, 1, HttpAction::Drop, false), false));
    rows.push(row("tokens later", http(Side::Login, 1, status(429, Some(5)), false), true));
    // every other call is refused, for ever
    let storm = Fault { count: None, every: 2, ..http(Side::Provisioning, 1, status(429, Some(1)), false) };
    rows.push(row("a storm", storm, true));
    // two waits of an hour: the token runs out in mid-export
    let long = Fault { count: Some(2), ..http(Side::Provisioning, 3, status(503, Some(3600)), false) };
    rows.push(row("an old token", long, true));
    all_end_the_same(rows).await;
}

#[tokio::test]
async fn a_service_that_never_answers_ends_the_cycle_with_its_words_and_the_next_one_goes_on() {
    let lab = lab(SMALL).await;
    for (action, words) in [(HttpAction::Drop, "ReadBackAzureADSyncObjects2"), (status(503, None), "waits")] {
        lab.reset().expect("it goes back");
        let dead = Fault { count: None, ..http(Side::Provisioning, 3, action, false) };
        lab.world().faults.add(dead);
        let engine = engine(SyncOptions::default());
        let error = lab.run_cycle(Role::Sync, &engine, Cycle::Initial).await.expect_err(words);
        assert!(error.to_string().contains(words), "{error}");
        lab.world().faults.clear();
        cycle(&lab, &engine, Cycle::Delta).await;
        assert_converged(&lab, words);
        assert_eq!(writes(&full_cycle(&lab).await), 0, "{words}");
    }
    lab.shutdown().await;
}
