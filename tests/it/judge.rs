//! Broken copies of the reference tools: the score catches each.

use forestbed::directory::UpdateContext;
use forestbed::score::Scorecard;
use forestbed::tools::{ReferenceLicenser, ReferenceSync, SyncMistake, SyncOptions};
use forestbed::{Lab, Role};

fn mistaken(mistake: SyncMistake) -> SyncOptions {
    SyncOptions { mistake: Some(mistake), ..SyncOptions::default() }
}

async fn synchronized(lab: &Lab, options: SyncOptions) -> Scorecard {
    // a broken tool may well say that it failed: it is judged all the same
    let _ = lab.run(Role::Sync, &ReferenceSync::with_options(options)).await;
    lab.score()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_that_forgets_deletes_is_caught() {
    let lab = super::start(super::estate(7, 40, &[])).await;
    let forgetful = mistaken(SyncMistake::NeverDeletes);
    assert!(synchronized(&lab, forgetful.clone()).await.sync.expect("a sync ran").converged);
    delete_one_person(&lab);
    let sync = synchronized(&lab, forgetful).await.sync.expect("a sync ran");
    assert!(!sync.converged, "{sync:#?}");
    assert_eq!(sync.deletes_missed.count, 1, "{sync:#?}");
    // the right engine catches up
    assert!(synchronized(&lab, SyncOptions::default()).await.sync.expect("a sync ran").converged);
    lab.shutdown().await;
}

fn delete_one_person(lab: &Lab) {
    let mut directory = lab.world().directory_mut(0);
    let person = directory
        .ids()
        .filter_map(|id| directory.entry(id))
        .find(|entry| entry.is_class("user") && entry.text("employeeID").is_some())
        .expect("a person")
        .dn();
    let context = UpdateContext::system(lab.world().clock.now());
    directory.delete(&context, &person).expect("a leaf");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_that_takes_the_big_endian_guid_for_an_anchor_is_caught() {
    let mut spec = super::estate(7, 40, &[]);
    // with ms-DS-ConsistencyGuid the wrong octets are written to the forest, and are right from then on
    spec.synchronize.anchor = Some("objectGUID".to_owned());
    let lab = super::start(spec).await;
    let sync = synchronized(&lab, mistaken(SyncMistake::GuidByteOrder)).await.sync;
    let sync = sync.expect("a sync ran");
    assert!(!sync.converged, "{sync:#?}");
    assert!(sync.missing.count > 40 && sync.orphans.count > 40, "{sync:#?}");
    lab.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_that_writes_again_on_the_second_run_is_caught() {
    let writes = |lab: &Lab| lab.score().cost.expect("something ran").writes();
    for (mistake, expected) in [(None, false), (Some(SyncMistake::ResendsEverything), true)] {
        let lab = super::start(super::estate(7, 40, &[])).await;
        let options = SyncOptions { mistake, ..SyncOptions::default() };
        synchronized(&lab, options.clone()).await;
        let first = writes(&lab);
        synchronized(&lab, options).await;
        assert_eq!(writes(&lab) > first, expected, "{mistake:?}");
        lab.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_licenser_that_skips_the_usage_location_is_caught() {
    let lab = super::start(super::estate(7, 40, &[])).await;
    synchronized(&lab, SyncOptions::default()).await;
    let _ = lab.run(Role::Licenser, &ReferenceLicenser::without_usage_location()).await;
    let licenses = lab.score().licenses.expect("a licenser ran");
    assert!(!licenses.complete, "{licenses:#?}");
    // of forty people one or two have left, and there are accounts of services and administrators
    assert!(licenses.stranded.count >= 38, "{licenses:#?}");
    assert!(
        licenses.stranded.examples.iter().all(|who| who.contains("usage location null")),
        "{licenses:#?}"
    );
    lab.shutdown().await;
}
