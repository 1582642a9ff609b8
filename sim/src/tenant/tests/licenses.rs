//! Direct licences: microsoft-graph.md 5.3 and Appendix B.

use super::*;

fn fresh(tenant: &mut Tenant, name: &str) -> Guid {
    let id = tenant.create_user(&ctx(), &user_body(&format!("{name}@contoso.com"))).unwrap();
    locate(tenant, id);
    id
}

fn consumed(tenant: &Tenant, sku: &str) -> u32 {
    tenant.subscription(guid(sku)).unwrap().consumed
}

#[test]
fn an_assignment_is_refused_with_the_texts_of_graph() {
    let mut tenant = tenant_of(&TenantSpec {
        licenses: vec![
            ("ENTERPRISEPACK".to_owned(), Seats::Exactly(1)),
            ("EXCHANGESTANDARD".to_owned(), Seats::Exactly(5)),
            ("MCOEV".to_owned(), Seats::Exactly(5)),
        ],
        ..spec()
    });
    let unlocated = tenant.create_user(&ctx(), &user_body("nowhere@contoso.com")).unwrap();
    let (ada, bob) = (fresh(&mut tenant, "ada"), fresh(&mut tenant, "bob"));
    let phone = "e43b5b99-8dfb-405f-9987-dc307f34bcbd";
    let not_owned = "05e9a617-0261-4cee-bb44-138d3ef5d965";
    license(&mut tenant, ada, E3).unwrap();
    for (user, sku, message) in [
        (unlocated, E3, "License assignment cannot be done for user with invalid usage location.".to_owned()),
        (bob, E3, format!("Subscription with SKU {E3} does not have any available licenses.")),
        (bob, not_owned, format!("License {not_owned} does not correspond to a valid company License.")),
        (
            ada,
            EXCHANGE,
            // plan ids of skus.tsv: EXCHANGE_S_STANDARD, EXCHANGE_S_ENTERPRISE
            "License assignment failed because service plans 9aaf7827-d63c-4b61-89c3-182f06f82e5c, \
             efb87545-963c-4e0d-99df-69c6916d9eb0 are mutually exclusive."
                .to_owned(),
        ),
        (
            bob,
            phone,
            // MCOEV needs MCOSTANDARD or TEAMS1
            "License assignment failed because service plan 4828c8ec-dc2e-4779-b502-87ac9ce28ab7 depends on the \
             service plan(s) 0feaeb32-d00e-4d66-bd5a-43b5b83db82c, 57ff2da0-773e-42df-b2af-ffb7a2317929"
                .to_owned(),
        ),
    ] {
        let changes = tenant.last_change();
        let error = license(&mut tenant, user, sku).unwrap_err();
        assert_eq!((error.status, error.code, error.message), (400, "Request_BadRequest", message));
        assert_eq!(tenant.last_change(), changes, "a refused assignment leaves no trace");
    }
    let error = tenant.assign_license(&ctx(), bob, &[], &[guid(E3)]).unwrap_err();
    assert_eq!(error.message, "User does not have a corresponding license.");
}

#[test]
fn an_assignment_is_atomic_and_counts_distinct_users() {
    let mut tenant = tenant();
    let ada = fresh(&mut tenant, "ada");
    let add = |sku: &str| AddLicense { sku_id: guid(sku), disabled_plans: Vec::new() };
    assert!(tenant.assign_license(&ctx(), ada, &[add(E3), add(EXCHANGE)], &[]).is_err());
    assert_eq!((consumed(&tenant, E3), consumed(&tenant, EXCHANGE)), (0, 0));
    license(&mut tenant, ada, E3).unwrap();
    license(&mut tenant, ada, E3).unwrap();
    assert_eq!(consumed(&tenant, E3), 1);
    // a plan is exchanged for another in one call
    tenant.assign_license(&ctx(), ada, &[add(EXCHANGE)], &[guid(E3)]).unwrap();
    assert_eq!((consumed(&tenant, E3), consumed(&tenant, EXCHANGE)), (0, 1));
    tenant.delete(&ctx(), ada).unwrap();
    assert_eq!(consumed(&tenant, EXCHANGE), 0);
    tenant.restore_deleted(&ctx(), ada).unwrap();
    assert_eq!(consumed(&tenant, EXCHANGE), 1);
}

#[test]
fn assigning_again_replaces_the_disabled_plans_without_a_new_unit() {
    let mut tenant = tenant();
    let ada = fresh(&mut tenant, "ada");
    license(&mut tenant, ada, E3).unwrap();
    let exchange = Catalogue::get().plan_named("EXCHANGE_S_ENTERPRISE").unwrap().id;
    let add = AddLicense { sku_id: guid(E3), disabled_plans: vec![exchange] };
    tenant.assign_license(&ctx(), ada, &[add], &[]).unwrap();
    assert_eq!(consumed(&tenant, E3), 1);
    let user = tenant.object(ada).unwrap();
    assert_eq!(
        tenant.property(user, Property::AssignedLicenses).to_json(),
        json!([{ "disabledPlans": [exchange.to_string()], "skuId": E3 }])
    );
    let details = tenant.license_details(ada).unwrap();
    let off = details[0].plans.iter().filter(|(_, state)| *state == PlanState::Disabled);
    let off: Vec<&str> = off.map(|(plan, _)| plan.name).collect();
    assert_eq!(off, ["EXCHANGE_S_ENTERPRISE"]);
    let wrong = AddLicense { sku_id: guid(E3), disabled_plans: vec![Guid::NIL] };
    assert_eq!(tenant.assign_license(&ctx(), ada, &[wrong], &[]).unwrap_err().status, 400);
}

#[test]
fn a_licensed_user_shows_its_plans_and_states() {
    let mut tenant = tenant();
    let ada = fresh(&mut tenant, "ada");
    license(&mut tenant, ada, EXCHANGE).unwrap();
    let user = tenant.object(ada).unwrap();
    // microsoft-graph.md, Appendix A10
    assert_eq!(
        tenant.property(user, Property::LicenseAssignmentStates).to_json(),
        json!([{
            "skuId": EXCHANGE, "disabledPlans": [], "assignedByGroup": null, "state": "Active", "error": "None",
            "lastUpdatedDateTime": "2026-01-05T08:00:00Z",
        }])
    );
    let plans = tenant.property(user, Property::AssignedPlans).to_json();
    let exchange = plans.as_array().unwrap().iter().find(|plan| plan["service"] == "exchange").unwrap();
    assert_eq!(exchange["capabilityStatus"], "Enabled");
    // the services hear of it a lag later (microsoft-graph.md, Appendix B)
    let states = |tenant: &Tenant| -> std::collections::BTreeSet<&str> {
        tenant.license_details(ada).unwrap()[0].plans.iter().map(|(_, state)| state.name()).collect()
    };
    assert_eq!(tenant.property(user, Property::ProvisionedPlans).to_json(), json!([]));
    assert_eq!(states(&tenant), ["PendingInput"].into());
    tenant.run_due(DEFAULT_START.plus(tenant.switches().license_provisioning_lag));
    assert_eq!(states(&tenant), ["Success"].into());
    let user = tenant.object(ada).unwrap();
    let provisioned = tenant.property(user, Property::ProvisionedPlans).to_json();
    assert_eq!(provisioned.as_array().unwrap().len(), plans.as_array().unwrap().len());
    assert_eq!(proxies(&tenant, ada), ["SMTP:ada@contoso.com", "smtp:ada@contoso.onmicrosoft.com"]);
    tenant.assign_license(&ctx(), ada, &[], &[guid(EXCHANGE)]).unwrap();
    let user = tenant.object(ada).unwrap();
    assert_eq!(tenant.property(user, Property::AssignedPlans).to_json(), json!([]));
}
