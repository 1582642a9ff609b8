//! The audit log: who did what to whom, by the names of audit-activities.tsv.

use super::*;
use std::time::Duration;

const APP: &str = "11111111-2222-3333-4444-555555555555";

fn by_app() -> CallContext {
    CallContext { now: DEFAULT_START, app: Some(guid(APP)) }
}

fn activities(tenant: &Tenant) -> Vec<&'static str> {
    tenant.audits().map(|(_, entry)| entry.event.activity.name).collect()
}

#[test]
fn a_new_tenant_has_no_history() {
    assert_eq!((activities(&tenant()), tenant().sign_ins().count()), (Vec::new(), 0));
}

#[test]
fn each_change_of_users_and_groups_is_written() {
    let mut tenant = tenant();
    let ctx = by_app();
    let user = tenant.create_user(&ctx, &user_body("ada@contoso.com")).unwrap();
    let group = object(json!({
        "displayName": "Sales", "mailNickname": "sales", "mailEnabled": false, "securityEnabled": true,
        "members@odata.bind": [format!("https://graph.microsoft.com/v1.0/users/{user}")],
    }));
    let group = tenant.create_group(&ctx, &group).unwrap();
    tenant.remove_member(&ctx, group, user).unwrap();
    tenant.add_owner(&ctx, group, user).unwrap();
    tenant.update(&ctx, user, &object(json!({ "accountEnabled": false, "jobTitle": "Clerk" }))).unwrap();
    tenant.update(&ctx, user, &object(json!({ "jobTitle": "Clerk" }))).unwrap();
    tenant.update(&ctx, group, &object(json!({ "description": "x" }))).unwrap();
    tenant.delete(&ctx, user).unwrap();
    tenant.restore_deleted(&ctx, user).unwrap();
    tenant.delete(&ctx, user).unwrap();
    tenant.delete(&ctx, group).unwrap();
    assert_eq!(
        activities(&tenant),
        [
            "Add user",
            "Add group",
            "Add member to group",
            "Remove member from group",
            "Add owner to group",
            "Disable account",
            "Update user",
            "Update group",
            "Delete user",
            "Restore user",
            "Delete user",
            "Delete group",
        ]
    );
    assert!(tenant.audits().all(|(_, entry)| entry.event.initiator == Some(Initiator::App(guid(APP)))));
    let ids: std::collections::BTreeSet<&str> = tenant.audits().map(|(_, entry)| entry.id.as_str()).collect();
    assert_eq!(ids.len(), 12);
    let (_, update) = tenant.audits().find(|(_, entry)| entry.event.activity.name == "Update user").unwrap();
    let target = &update.event.targets[0];
    assert_eq!((target.kind, target.user_principal_name.as_deref()), ("User", Some("ada@contoso.com")));
    let told: Vec<_> =
        target.modified.iter().map(|m| (m.name.as_str(), m.old.as_deref(), m.new.as_deref())).collect();
    assert_eq!(
        told,
        [("accountEnabled", Some("[true]"), Some("[false]")), ("jobTitle", None, Some(r#"["Clerk"]"#))]
    );
    let (_, added) =
        tenant.audits().find(|(_, entry)| entry.event.activity.name == "Add member to group").unwrap();
    let kinds: Vec<&str> = added.event.targets.iter().map(|target| target.kind).collect();
    assert_eq!(kinds, ["User", "Group"]);
}

#[test]
fn the_logs_forget_after_thirty_days_and_are_bounded() {
    let mut tenant = tenant();
    let user = tenant.create_user(&by_app(), &user_body("ada@contoso.com")).unwrap();
    let mut ctx = by_app();
    for n in 0..12_000 {
        let body = object(json!({ "jobTitle": format!("{n}") }));
        tenant.update(&ctx, user, &body).unwrap();
    }
    assert!((10_000..11_000).contains(&tenant.audits().count()));
    ctx.now = DEFAULT_START.plus(Duration::from_secs(31 * 24 * 3600));
    tenant.run_due(ctx.now);
    assert_eq!(tenant.audits().count(), 0);
}

#[test]
fn what_a_synchronization_engine_writes_is_in_the_log_too() {
    let mut tenant = tenant();
    let properties = json!({ "userPrincipalName": "ada@contoso.com", "displayName": "Ada" });
    let _made = set(&mut tenant, "anchor", properties.clone());
    let _same = set(&mut tenant, "anchor", properties);
    assert_eq!(activities(&tenant), ["Add user"]);
}
