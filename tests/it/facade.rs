//! What a user of the crate writes: a lab, a tool in Rust, a score, a snapshot.

use forestbed::tools::{ReferenceFixer, ReferenceLicenser, ReferenceSync};
use forestbed::{Lab, Role};

#[tokio::test(flavor = "multi_thread")]
async fn a_dirty_forest_is_fixed_synchronized_licensed_and_judged() {
    let spec = super::estate(7, 60, &[("PA26", 3), ("UP15", 4), ("DN02", 2), ("MN01", 2), ("PA02", 2)]);
    let lab: Lab = super::start(spec).await;

    lab.run(Role::Fixer, &ReferenceFixer::default()).await.expect("the fixer");
    let repairs = lab.score().repairs.expect("a fixer ran");
    assert_eq!((repairs.recall, repairs.injected), (1.0, 13), "{repairs:#?}");
    assert_eq!((repairs.collateral.count, repairs.decoys_touched.count), (0, 0), "{repairs:#?}");

    lab.run(Role::Sync, &ReferenceSync::default()).await.expect("the sync engine");
    let sync = lab.score().sync.expect("a sync engine ran");
    assert!(sync.converged, "{sync:#?}");
    assert!(sync.expected > 60, "people, groups and contacts: {}", sync.expected);

    lab.run(Role::Licenser, &ReferenceLicenser::default()).await.expect("the licenser");
    let licenses = lab.score().licenses.expect("a licenser ran");
    assert!(licenses.complete, "{licenses:#?}");

    insta::assert_snapshot!("small-estate", lab.snapshot());
    lab.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_goes_back_to_the_seed() {
    let lab = super::start(super::estate(7, 20, &[])).await;
    let before = lab.snapshot();
    lab.run(Role::Sync, &ReferenceSync::default()).await.expect("the sync engine");
    assert_ne!(lab.snapshot(), before, "the tenant has changed");
    lab.reset().unwrap();
    assert_eq!(lab.snapshot(), before);
    lab.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forest_whose_netbios_name_is_no_part_of_its_dns_name_converges() {
    let mut spec = super::estate(3, 20, &[]);
    spec.forests[0].netbios = Some("CORP".to_owned());
    let lab = super::start(spec).await;
    lab.run(Role::Sync, &ReferenceSync::default()).await.expect("the sync engine");
    let sync = lab.score().sync.expect("a sync engine ran");
    assert!(sync.converged, "{sync:#?}");
    lab.shutdown().await;
}
