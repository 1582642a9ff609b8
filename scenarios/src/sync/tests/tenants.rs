//! One forest and two tenants, with an engine each (directory-sync.md 4.5): supported, with the same anchors in both, and
//! a domain that only one of them has verified.

use super::*;
use forestbed_sim::tenant::ObjectKind;
use std::collections::BTreeMap;
use std::path::Path;

/// Sign-in names of the synchronized people of a tenant by source anchor.
fn names(lab: &Lab) -> BTreeMap<String, String> {
    let tenant = lab.world().tenant();
    let users = tenant.iter(ObjectKind::User).filter(|user| user.is_synchronized());
    let name = |user: &forestbed_sim::tenant::CloudObject| {
        Some((user.source_anchor()?.to_owned(), user.user_principal_name()?.to_lowercase()))
    };
    users.filter_map(name).collect()
}

/// An engine for the tenant of one lab and the forest of another: its certificate authorities are those of both.
async fn across(tenant: &Lab, forest: &Lab, folder: &Path, kind: Cycle) -> ToolOutcome {
    let (mut env, other) = (tenant.tool_env(kind), forest.tool_env(kind));
    let both = [&env.ca_file, &other.ca_file].map(|file| std::fs::read_to_string(file).expect("a bundle"));
    let bundle = folder.join("both.pem");
    std::fs::write(&bundle, both.join("\n")).expect("written");
    env.forests = other.forests;
    env.ca_file = bundle;
    let engine = engine(SyncOptions::default());
    engine.run(&env).await.expect("the cycle ends")
}

#[tokio::test]
async fn one_forest_feeds_two_tenants_under_the_same_anchors() {
    let (first, second) = (
        lab(SMALL).await,
        lab(&SMALL.replace(
            "clock:",
            "tenant: { initial_domain: fabrikam.onmicrosoft.com, verified_domains: [fabrikam.com] }\nclock:",
        ))
        .await,
    );
    let folder = tempfile::tempdir().expect("a folder");
    let one = cycle(&first, &engine(SyncOptions::default()), Cycle::Initial).await;
    assert!(count(&one, "written back") > 0);
    let untouched = first.world().directory(0).highest_usn();
    let other = across(&second, &first, folder.path(), Cycle::Initial).await;
    // the anchors are in the forest already, so the second engine writes nothing there
    assert_eq!((count(&other, "written back"), count(&other, "failed")), (0, 0), "{other:?}");
    assert_eq!(first.world().directory(0).highest_usn(), untouched);
    let (here, there) = (names(&first), names(&second));
    assert!(here.len() > 12 && here.keys().eq(there.keys()), "{here:?} {there:?}");
    assert!(here.values().any(|name| name.ends_with("@contoso.com")));
    assert!(there.values().all(|name| name.ends_with("@fabrikam.onmicrosoft.com")), "{there:?}");
    // each goes its own way from there: both see a change once, and neither writes again
    a_day(&first, 0);
    cycle(&first, &engine(SyncOptions::default()), Cycle::Delta).await;
    assert!(writes(&across(&second, &first, folder.path(), Cycle::Delta).await) > 0);
    assert!(names(&first).keys().eq(names(&second).keys()));
    assert_converged(&first, "the first tenant");
    assert_eq!(writes(&cycle(&first, &engine(SyncOptions::default()), Cycle::Delta).await), 0);
    assert_eq!(writes(&across(&second, &first, folder.path(), Cycle::Delta).await), 0);
    let requests = first.score().cost.map_or(0, |cost| cost.requests());
    forestbed_witness::record("SYNC-TENANTS", requests, "scenarios/src/sync/tests/tenants.rs");
    first.shutdown().await;
    second.shutdown().await;
}
