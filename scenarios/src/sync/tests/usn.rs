//! Where DirSync is refused the engine goes by USN, and comes to the same.

use super::*;
use forestbed_sim::fault::{Effect, Fault, LdapAction, LdapFault, MILLION};
use forestbed_sim::journal::Side;

/// unavailableCriticalExtension: no such control.
const NO_SUCH_CONTROL: u32 = 12;

/// The first search of the domain, which is by DirSync, is refused.
fn refuse_dir_sync(lab: &Lab) {
    let action = LdapAction::Result(NO_SUCH_CONTROL);
    lab.world().faults.add(Fault {
        side: Side::Ldap,
        pattern: "search DC=contoso,DC=local".to_owned(),
        nth: 1,
        count: Some(1),
        every: 1,
        per_million: MILLION,
        effect: Effect::Ldap(LdapFault { action, after_commit: false }),
    });
}

#[tokio::test]
async fn a_server_without_dir_sync_is_read_by_usn_and_the_tenant_is_the_same() {
    let lab = lab(SMALL).await;
    let engine = engine(SyncOptions::default());
    let mut tenants = Vec::new();
    for by_usn in [false, true] {
        lab.reset().expect("it goes back");
        if by_usn {
            refuse_dir_sync(&lab);
        }
        cycle(&lab, &engine, Cycle::Initial).await;
        assert_converged(&lab, "the first cycle");
        let again = cycle(&lab, &engine, Cycle::Delta).await;
        assert_eq!((count(&again, "full imports"), writes(&again)), (0, 0), "{by_usn}: {again:?}");
        a_day(&lab, 0);
        let delta = cycle(&lab, &engine, Cycle::Delta).await;
        assert_eq!((count(&delta, "full imports"), count(&delta, "deleted")), (0, 1), "{by_usn}: {delta:?}");
        assert_converged(&lab, "the delta");
        let full = full_cycle(&lab).await;
        assert_eq!(writes(&full), 0, "{by_usn}: {full:?}");
        tenants.push(tenant(&lab));
    }
    assert_same(&tenants[1], &tenants[0], "by USN");
    lab.shutdown().await;
}

#[tokio::test]
async fn a_usn_of_another_controller_means_nothing_so_everything_is_read_again() {
    let estate = SMALL.replace("    decoys: 0\n", "    decoys: 0\n    controllers: 2\n");
    let lab = lab(&estate).await;
    refuse_dir_sync(&lab);
    cycle(&lab, &engine(SyncOptions::default()), Cycle::Initial).await;
    a_day(&lab, 0);
    a_minute(&lab);
    let other: fn(&mut ToolEnv) = |env| drop(env.forests[0].controllers.remove(0));
    refuse_dir_sync(&lab);
    let delta =
        cycle(&lab, &Told { engine: engine(SyncOptions::default()), edit: other }, Cycle::Delta).await;
    assert_eq!((count(&delta, "full imports"), count(&delta, "deleted")), (1, 1), "{delta:?}");
    assert_converged(&lab, "the other controller");
    lab.shutdown().await;
}

#[tokio::test]
async fn an_account_without_the_right_to_replicate_reads_by_usn() {
    let lab = lab(SMALL).await;
    let reader = people(&lab, 0).swap_remove(4);
    {
        let mut directory = lab.world().directory_mut(0);
        let id = directory.ids().find(|id| directory.entry(*id).is_some_and(|e| e.dn() == reader));
        let now = lab.world().clock.now();
        directory.set_password(id.expect("a person"), "S1mple-Reader!", now);
    }
    let plain = |full: bool| {
        let yaml =
            "connectors: [{ name: contoso.local, kind: active-directory }, { name: tenant, kind: cloud }]
anchor: objectGUID";
        let config = Some(Config::parse(yaml).expect("a configuration"));
        let edit: fn(&mut ToolEnv) = |env| {
            env.forests[0].bind_dn = env.forests[0].bind_upn.replace("Administrator", "reader");
            env.forests[0].bind_password = "S1mple-Reader!".to_owned();
        };
        Told { engine: engine(SyncOptions { config, full, ..SyncOptions::default() }), edit }
    };
    write(&lab, 0, &reader, ModifyOp::Replace, "userPrincipalName", &["reader@contoso.local"]);
    cycle(&lab, &plain(false), Cycle::Initial).await;
    assert_converged(&lab, "a plain account");
    a_day(&lab, 0);
    let delta = cycle(&lab, &plain(false), Cycle::Delta).await;
    assert_eq!(count(&delta, "full imports"), 0, "{delta:?}");
    assert!(tenant(&lab).contains("Astronaut"));
    // a plain account sees deleted objects here, which a real domain controller may keep from it
    cycle(&lab, &plain(true), Cycle::Delta).await;
    assert_converged(&lab, "a full cycle");
    lab.shutdown().await;
}
