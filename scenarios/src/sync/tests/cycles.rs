//! Cycles one after the other: full and delta, staging, kept state, deletions, several domains.

use super::*;
use forestbed_sim::tenant::CallContext;

#[tokio::test]
async fn a_delta_does_what_a_full_cycle_would_and_a_second_run_writes_nothing() {
    let lab = lab(SMALL).await;
    let engine = engine(SyncOptions::default());
    let first = cycle(&lab, &engine, Cycle::Initial).await;
    assert_converged(&lab, "the first cycle");
    // the forest and the tenant
    assert_eq!(count(&first, "full imports"), 2);
    a_day(&lab, 0);
    let delta = cycle(&lab, &engine, Cycle::Delta).await;
    assert_eq!((count(&delta, "full imports"), count(&delta, "deleted")), (0, 1), "{delta:?}");
    assert_eq!(count(&delta, "written back"), 1, "the newcomer's anchor");
    assert_converged(&lab, "the delta");
    let after = tenant(&lab);
    assert!(after.contains("Astronaut"));
    for (place, outcome) in
        [("full", full_cycle(&lab).await), ("delta", cycle(&lab, &engine, Cycle::Delta).await)]
    {
        assert_eq!(writes(&outcome), 0, "{place}: {outcome:?}");
        assert_same(&tenant(&lab), &after, place);
    }
    lab.shutdown().await;
}

#[tokio::test]
async fn an_engine_in_staging_writes_nothing_and_is_ready_when_it_takes_over() {
    let lab = lab(SMALL).await;
    // the set-up alone switches synchronization on
    cycle(&lab, &engine(SyncOptions { staging: true, ..SyncOptions::default() }), Cycle::Initial).await;
    let untouched = lab.snapshot();
    let staging = engine(SyncOptions { staging: true, ..SyncOptions::default() });
    let outcome = cycle(&lab, &staging, Cycle::Initial).await;
    assert!(outcome.output.contains("staging"), "{outcome:?}");
    assert_eq!(writes(&outcome), 0, "{outcome:?}");
    assert_same(&lab.snapshot(), &untouched, "staging");
    assert!(!untouched.contains("onPremisesImmutableId="), "nobody is synchronized");
    let active = cycle(&lab, &engine(SyncOptions::default()), Cycle::Delta).await;
    assert_eq!(count(&active, "full imports"), 0, "what staging read is known");
    assert!(writes(&active) > 0);
    assert_converged(&lab, "the switch-over");
    // the second engine of a tenant sees that all of it is done
    let folder = tempfile::tempdir().expect("a folder");
    let second =
        SyncOptions { staging: true, state: Some(folder.path().to_owned()), ..SyncOptions::default() };
    cycle(&lab, &engine(second.clone()), Cycle::Initial).await;
    let takes_over = SyncOptions { staging: false, ..second };
    assert_eq!(writes(&cycle(&lab, &engine(takes_over), Cycle::Delta).await), 0);
    lab.shutdown().await;
}

#[tokio::test]
async fn who_switched_synchronization_off_meant_it() {
    let lab = lab(SMALL).await;
    let is_on = || lab.world().tenant().organization().on_premises_sync_enabled;
    let dn = people(&lab, 0)[0].clone();
    let refused = engine(SyncOptions::default()).preview(&lab.tool_env(Cycle::Delta), &dn).await;
    assert!(refused.is_err(), "an engine that was never set up cannot read the tenant: {refused:?}");
    assert_ne!(is_on(), Some(true), "a preview switches nothing on");
    cycle(&lab, &engine(SyncOptions::default()), Cycle::Initial).await;
    assert_eq!(is_on(), Some(true), "the set-up does");
    let off = serde_json::json!({ "onPremisesSyncEnabled": false });
    let context = CallContext { now: lab.world().clock.now(), app: None };
    lab.world().tenant_mut().update_organization(&context, off.as_object().expect("an object"));
    let refused = lab.run_cycle(Role::Sync, &engine(SyncOptions::default()), Cycle::Delta).await;
    let said = format!("{refused:?}");
    assert!(said.contains("synchronization was switched off in the tenant"), "{said}");
    assert_eq!(is_on(), Some(false));
    lab.shutdown().await;
}

#[tokio::test]
async fn a_state_that_is_kept_knows_what_was_read_and_an_empty_one_learns_it_from_the_tenant() {
    let lab = lab(SMALL).await;
    let kept = tempfile::tempdir().expect("a folder");
    let options = |folder: &tempfile::TempDir| SyncOptions {
        state: Some(folder.path().to_owned()),
        ..SyncOptions::default()
    };
    cycle(&lab, &engine(options(&kept)), Cycle::Initial).await;
    let again = cycle(&lab, &engine(options(&kept)), Cycle::Delta).await;
    assert_eq!((count(&again, "full imports"), writes(&again)), (0, 0), "{again:?}");
    let before = tenant(&lab);
    let empty = tempfile::tempdir().expect("a folder");
    // a delta that has nothing to go on from is full
    let new = cycle(&lab, &engine(options(&empty)), Cycle::Delta).await;
    assert_eq!((count(&new, "full imports"), writes(&new)), (2, 0), "{new:?}");
    assert_same(&tenant(&lab), &before, "an engine of no memory");
    lab.shutdown().await;
}

#[tokio::test]
async fn more_deletions_than_the_threshold_stop_the_export_until_somebody_lets_them_through() {
    let lab = lab(SMALL).await;
    let careful = engine(SyncOptions { delete_threshold: Some(Some(2)), ..SyncOptions::default() });
    cycle(&lab, &careful, Cycle::Initial).await;
    let before = tenant(&lab);
    let leavers: Vec<String> = people(&lab, 0).into_iter().take(3).collect();
    {
        let context = UpdateContext::system(lab.world().clock.now());
        let mut directory = lab.world().directory_mut(0);
        leavers.iter().for_each(|dn| directory.delete(&context, dn).expect("a leaf"));
    }
    for kind in [Cycle::Delta, Cycle::Initial] {
        let stopped = lab.run_cycle(Role::Sync, &careful, kind).await.expect_err("three are too many");
        // directory-sync.md 2.4
        assert!(stopped.to_string().contains("stopped-deletion-threshold-exceeded"), "{stopped}");
        assert_same(&tenant(&lab), &before, "nothing was exported");
    }
    let three = engine(SyncOptions { delete_threshold: Some(Some(3)), ..SyncOptions::default() });
    assert_eq!(count(&cycle(&lab, &three, Cycle::Delta).await, "deleted"), 3);
    assert_converged(&lab, "at the threshold");
    lab.shutdown().await;
}

/// A forest of three domains, two of them with two controllers.
const DOMAINS: &str = "format: 1
name: domains
forests:
  - domain: contoso.local
    upn_suffixes: [contoso.com]
    population: { users: 8, groups: 2, contacts: 1, rooms: 0, computers: 0, services: 0 }
    defects: {}
    decoys: 0
    children:
      - { domain: emea.contoso.local, population: { users: 8, groups: 2, contacts: 0, rooms: 0, computers: 0, services: 0 }, controllers: 2 }
      - { domain: apac.contoso.local, population: { users: 8, groups: 2, contacts: 0, rooms: 0, computers: 0, services: 0 } }
clock: { mode: stepped }
";

#[tokio::test]
async fn the_domains_of_a_forest_are_one_directory_whose_objects_refer_to_each_other() {
    let lab = lab(DOMAINS).await;
    let engine = engine(SyncOptions::default());
    let boss = people(&lab, 1).swap_remove(0);
    write(&lab, 0, &people(&lab, 0)[3], ModifyOp::Replace, "manager", &[&boss]);
    write(&lab, 2, &groups(&lab, 2)[0], ModifyOp::Add, "member", &[&boss]);
    a_minute(&lab);
    cycle(&lab, &engine, Cycle::Initial).await;
    assert_converged(&lab, "three domains");
    a_day(&lab, 1);
    a_minute(&lab);
    let delta = cycle(&lab, &engine, Cycle::Delta).await;
    assert_eq!((count(&delta, "full imports"), count(&delta, "deleted")), (0, 1), "{delta:?}");
    assert_converged(&lab, "a day in one of them");
    let full = full_cycle(&lab).await;
    assert_eq!(writes(&full), 0, "{full:?}");
    lab.shutdown().await;
}

#[tokio::test]
async fn another_controller_of_the_domain_goes_on_where_the_first_one_fell_silent() {
    let estate = SMALL.replace("    decoys: 0\n", "    decoys: 0\n    controllers: 2\n");
    let lab = lab(&estate).await;
    cycle(&lab, &engine(SyncOptions::default()), Cycle::Initial).await;
    a_day(&lab, 0);
    a_minute(&lab);
    let silent: fn(&mut ToolEnv) = |env| {
        // the discard port: nobody listens
        env.forests[0].controllers[0].ldaps_url = "ldaps://127.0.0.1:9".to_owned();
    };
    let engine = Told { engine: engine(SyncOptions::default()), edit: silent };
    let delta = cycle(&lab, &engine, Cycle::Delta).await;
    assert_eq!(count(&delta, "deleted"), 1, "{delta:?}");
    assert_converged(&lab, "the second controller");
    a_minute(&lab);
    let back = full_cycle(&lab).await;
    assert_eq!(writes(&back), 0, "{back:?}");
    lab.shutdown().await;
}

#[tokio::test]
async fn people_who_moved_are_read_together_and_a_container_with_all_that_lies_in_it() {
    let lab = lab(SMALL).await;
    let engine = engine(SyncOptions::default());
    cycle(&lab, &engine, Cycle::Initial).await;
    let all = people(&lab, 0);
    let (first, unit) = (&all[0], parent(&all[0]));
    {
        let context = UpdateContext::system(lab.world().clock.now());
        let mut directory = lab.world().directory_mut(0);
        // everybody into the unit of the first one, and that unit gets a new name
        for dn in all.iter().filter(|dn| parent(dn) != unit) {
            let rdn = &dn[..dn.find(",OU=").expect("a container")];
            directory.modify_dn(&context, dn, rdn, true, Some(unit)).expect("a new place");
        }
        directory.modify_dn(&context, unit, "OU=Everybody", true, None).expect("a new name");
    }
    let moved = all.iter().filter(|dn| parent(dn) != unit).count();
    assert!(moved > 5, "{moved} moved, {first} did not");
    let delta = cycle(&lab, &engine, Cycle::Delta).await;
    // the connection, one answer of DirSync, one search for all who moved, one for the container
    assert_eq!(count(&delta, "ldap requests"), 4, "{delta:?}");
    assert_converged(&lab, "everybody in one place");
    assert!(tenant(&lab).contains("OU=Everybody"));
    assert_eq!(writes(&full_cycle(&lab).await), 0);
    lab.shutdown().await;
}
