//! Going back: what a restore and a reset take back beside directories and tenant.

use crate::support::{Api, small_lab};
use forestbed_scenarios::{Role, tools::ReferenceSync};
use forestbed_sim::directory::{Modification, ModifyOp, UpdateContext};
use forestbed_sim::journal::{Entry, Side};
use serde_json::{Value, json};

/// A client's own write, as the LDAP server does and journals it.
fn write_over_ldap(api: &Api, value: &str) {
    let world = api.lab.world();
    let mut directory = world.directory_mut(0);
    let person = directory
        .ids()
        .filter_map(|id| directory.entry(id))
        .find(|entry| entry.is_class("user") && entry.text("mail").is_some())
        .map(|entry| entry.dn())
        .unwrap();
    let change = Modification {
        op: ModifyOp::Replace,
        attribute: "description".to_owned(),
        values: vec![value.as_bytes().to_vec()],
    };
    let now = world.clock.now();
    directory.modify(&UpdateContext::system(now), &person, &[change]).unwrap();
    drop(directory);
    let mut entry = Entry::new(now, Side::Ldap, "modify", person);
    entry.write = true;
    world.journal.record(entry);
}

async fn ok(api: &Api, path: &str) {
    assert_eq!(api.post(path, json!({})).await.status(), 200, "{path}");
}

async fn change(api: &Api) -> Value {
    let response = api.post("/api/change", json!({ "delete_users": 1, "rename": 2 })).await;
    assert_eq!(response.status(), 200);
    response.json().await.unwrap()
}

#[tokio::test]
async fn a_restore_takes_the_record_back_with_the_state() {
    let api = Api::start().await;
    change(&api).await;
    write_over_ldap(&api, "before");
    ok(&api, "/api/checkpoints/here").await;
    let score = api.get("/api/score").await;
    let first = change(&api).await;
    write_over_ldap(&api, "after");
    api.lab.run(Role::Sync, &ReferenceSync::default()).await.unwrap();
    let report = json!({ "format": 1, "findings": [] }).to_string();
    std::fs::write(&api.lab.env()["FORESTBED_REPORT_FILE"], report).unwrap();
    assert!(api.get("/api/score").await["detection"].is_object());
    ok(&api, "/api/checkpoints/here/restore").await;
    assert_eq!(api.get("/api/score").await, score);
    assert_eq!(change(&api).await, first);
    api.lab.shutdown().await;
}

#[tokio::test]
async fn a_reset_leaves_tools_nothing_to_remember() {
    let lab = small_lab().await;
    let env = lab.env().clone();
    lab.run(Role::Sync, &ReferenceSync::default()).await.unwrap();
    assert!(lab.score().sync.is_some_and(|score| score.converged));
    let state = std::path::Path::new(&env["FORESTBED_STATE_DIR"]);
    assert!(state.read_dir().unwrap().next().is_some());
    std::fs::create_dir(state.join("folder")).unwrap();
    std::fs::write(&env["FORESTBED_REPORT_FILE"], "{}").unwrap();
    lab.reset().unwrap();
    assert!(state.read_dir().unwrap().next().is_none());
    assert!(!std::path::Path::new(&env["FORESTBED_REPORT_FILE"]).exists());
    assert!(lab.score().sync.is_none());
    lab.run(Role::Sync, &ReferenceSync::default()).await.unwrap();
    let score = lab.score().sync.unwrap();
    assert!(score.converged, "{score:?}");
    std::fs::remove_dir_all(state).unwrap();
    lab.reset().unwrap();
    assert!(state.is_dir());
    lab.shutdown().await;
}

#[tokio::test]
async fn what_a_fixer_broke_outside_any_role_stays_its_own_after_a_change() {
    let api = Api::start().await;
    // life before a fixer writes is what the fixer is given
    change(&api).await;
    write_over_ldap(&api, "nobody asked for this");
    let repairs = api.get("/api/score").await["repairs"].clone();
    assert_eq!(repairs["collateral"]["count"], 1, "{repairs}");
    change(&api).await;
    assert_eq!(api.get("/api/score").await["repairs"], repairs);
    api.lab.shutdown().await;
}
