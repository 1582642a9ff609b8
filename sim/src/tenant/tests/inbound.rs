//! API-driven inbound provisioning: microsoft-graph.md 2.4.

use super::*;
use std::time::Duration;

fn principal(tenant: &Tenant) -> Guid {
    tenant.iter(ObjectKind::ServicePrincipal).next().unwrap().id()
}

fn job(tenant: &mut Tenant) -> String {
    let principal = principal(tenant);
    tenant.create_sync_job(&ctx(), principal, "API2AAD").unwrap()
}

fn operation(data: Value) -> UploadOperation {
    UploadOperation { bulk_id: "1".to_owned(), data }
}

#[test]
fn a_new_job_never_gets_the_id_of_another() {
    let mut tenant = tenant();
    let principal = principal(&tenant);
    let (first, second) = (job(&mut tenant), job(&mut tenant));
    tenant.delete_sync_job(&ctx(), principal, &first).unwrap();
    let third = job(&mut tenant);
    assert!(third != first && third != second);
    assert_eq!(tenant.sync_jobs(principal).count(), 2);
}

#[test]
fn what_waits_is_bounded_in_octets_too() {
    let mut tenant = tenant();
    let (principal, id) = (principal(&tenant), job(&mut tenant));
    let mebibytes = |count: usize| vec![operation(Value::from("x".repeat(count << 20)))];
    for _ in 0..15 {
        tenant.upload(&ctx(), principal, &id, mebibytes(4)).unwrap();
    }
    let refused = tenant.upload(&ctx(), principal, &id, mebibytes(4)).unwrap_err();
    assert_eq!(refused.status, 429);
    // a small one still fits, and there is room again when what waited is gone
    tenant.upload(&ctx(), principal, &id, mebibytes(1)).unwrap();
    tenant.delete_sync_job(&ctx(), principal, &id).unwrap();
    let id = job(&mut tenant);
    tenant.upload(&ctx(), principal, &id, mebibytes(4)).unwrap();
}

#[test]
fn one_run_matches_the_users_that_it_has_made_itself() {
    let mut tenant = tenant();
    let (principal, id) = (principal(&tenant), job(&mut tenant));
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let person = |external: &str, title: &str, manager: &str| {
        operation(json!({
            "externalId": external, "userName": format!("{external}@contoso.com"), "displayName": external,
            "active": true, "title": title, enterprise: { "manager": { "value": manager } },
        }))
    };
    tenant.run_sync_job(&ctx(), principal, &id, true).unwrap();
    let first = vec![person("e1", "Clerk", "e2"), person("e1", "Boss", "e2"), person("e2", "Head", "")];
    tenant.upload(&ctx(), principal, &id, first).unwrap();
    tenant
        .upload(&ctx(), principal, &id, vec![person("e3", "Clerk", "e1"), person("e2", "Chair", "")])
        .unwrap();
    tenant.run_due(DEFAULT_START.plus(Duration::from_secs(120)));
    let actions: Vec<_> = tenant.provisioning_log().map(|(_, entry)| entry.action.name()).collect();
    assert_eq!(actions, ["create", "update", "create", "create", "update"]);
    let user = |external: &str| {
        let own = |user: &&CloudObject| user.text(Property::EmployeeId) == Some(external);
        tenant.iter(ObjectKind::User).find(own).unwrap()
    };
    for (external, title, manager) in
        [("e1", "Boss", Some("e2")), ("e2", "Chair", None), ("e3", "Clerk", Some("e1"))]
    {
        assert_eq!(user(external).text(Property::JobTitle), Some(title), "{external}");
        assert_eq!(user(external).manager, manager.map(|own| user(own).id()), "{external}");
    }
}
