//! Synchronization off and on again, what stays read-only, and what the cloud may change: directory-sync.md 1.7, 2.5.

use super::*;

const HOUR: u64 = 3600;

fn at(hours: u64) -> CallContext {
    CallContext { now: DEFAULT_START.plus(Duration::from_secs(hours * HOUR)), app: None }
}

fn switch(tenant: &mut Tenant, on: bool, hours: u64) {
    tenant.update_organization(&at(hours), &object(json!({ "onPremisesSyncEnabled": on })));
}

/// A user, a mail-enabled group and a contact.
fn filled() -> (Tenant, [Guid; 3]) {
    let mut tenant = tenant();
    let user =
        json!({ "userPrincipalName": "ada@contoso.com", "displayName": "Ada", "mail": "ada@contoso.com" });
    let group = json!({ "displayName": "G", "proxyAddresses": ["SMTP:g@contoso.com"], "member": ["u"] });
    let contact = json!({ "displayName": "C", "mail": "c@fabrikam.com" });
    let ids = [
        id_of(&set(&mut tenant, "u", user)),
        id_of(&set_kind(&mut tenant, SyncType::Group, "g", group)),
        id_of(&set_kind(&mut tenant, SyncType::Contact, "c", contact)),
    ];
    (tenant, ids)
}

#[test]
fn switched_off_objects_stay_read_only_for_three_days_and_are_the_clouds_then() {
    // directory-sync.md 2.5.6
    let (mut tenant, ids) = filled();
    switch(&mut tenant, false, 0);
    let result = set(&mut tenant, "u", json!({ "displayName": "x" }));
    assert_eq!(
        (result.result, result.error_description.as_deref()),
        (SyncOutcome::Failure, Some("Identity synchronization is not yet activated for this company"))
    );
    let change = object(json!({ "displayName": "Cloud" }));
    tenant.run_due(at(71).now);
    assert!(ids.iter().all(|id| is_synced(&tenant, *id)));
    assert!(tenant.update(&at(71), ids[0], &change).is_err());
    tenant.run_due(at(72).now);
    for id in ids {
        assert_eq!(tenant.object(id).unwrap().boolean(Property::OnPremisesSyncEnabled), None);
    }
    tenant.update(&at(72), ids[0], &change).unwrap();
    assert_eq!(tenant.synchronized_count(), 0);
    // the cloud's own now: its addresses are what the cloud makes of them
    tenant.update(&at(72), ids[0], &object(json!({ "mail": "new@contoso.com" }))).unwrap();
    assert_eq!(proxies(&tenant, ids[0]), ["SMTP:new@contoso.com", "smtp:ada@contoso.com"]);
    tenant.update(&at(72), ids[0], &object(json!({ "userPrincipalName": "ada.l@contoso.com" }))).unwrap();
    assert_eq!(proxies(&tenant, ids[0]), ["SMTP:new@contoso.com", "smtp:ada@contoso.com"]);
}

#[test]
fn switched_on_again_on_premises_overwrites_the_same_objects() {
    // directory-sync.md 2.5.6
    let (mut tenant, ids) = filled();
    switch(&mut tenant, false, 0);
    tenant.run_due(at(72).now);
    tenant.update(&at(73), ids[0], &object(json!({ "displayName": "Cloud", "jobTitle": "Boss" }))).unwrap();
    switch(&mut tenant, true, 74);
    let sent = [
        sync(
            SyncType::User,
            SyncOperation::Set,
            "u",
            json!({ "userPrincipalName": "ada@contoso.com", "displayName": "Ada", "mail": "ada@contoso.com" }),
        ),
        sync(
            SyncType::Group,
            SyncOperation::Set,
            "g",
            json!({ "displayName": "G", "proxyAddresses": ["SMTP:g@contoso.com"], "member": ["u"] }),
        ),
        sync(
            SyncType::Contact,
            SyncOperation::Set,
            "c",
            json!({ "displayName": "C", "mail": "c@fabrikam.com" }),
        ),
    ];
    let results = tenant.provision(&at(74), &sent);
    assert_eq!(results.iter().map(id_of).collect::<Vec<_>>(), ids);
    assert_eq!(text(&tenant, ids[0], Property::DisplayName).as_deref(), Some("Ada"));
    assert_eq!(text(&tenant, ids[0], Property::JobTitle).as_deref(), Some("Boss"));
    assert!(ids.iter().all(|id| is_synced(&tenant, *id)));
    assert_eq!(tenant.members(ids[1]), [ids[0]]);
}

#[test]
fn a_block_of_hard_matches_holds_after_off_and_on() {
    // directory-sync.md 2.1.5
    let (mut tenant, _) = filled();
    switch(&mut tenant, false, 0);
    tenant.run_due(at(72).now);
    switch(&mut tenant, true, 73);
    tenant.set_sync_feature(&at(73), "blockCloudObjectTakeoverThroughHardMatchEnabled", true).unwrap();
    let result = set(&mut tenant, "u", json!({ "userPrincipalName": "ada@contoso.com" }));
    assert_eq!((result.result, code(&result)), (SyncOutcome::Failure, Some("InvalidHardMatch")));
}

#[test]
fn switched_on_again_before_the_three_days_are_over_nothing_changes() {
    let (mut tenant, ids) = filled();
    switch(&mut tenant, false, 0);
    switch(&mut tenant, true, 10);
    tenant.run_due(at(100).now);
    assert!(ids.iter().all(|id| is_synced(&tenant, *id)));
}

#[test]
fn what_is_the_clouds_is_not_deleted_and_not_read_back_by_engines() {
    let (mut tenant, _) = filled();
    let told = |tenant: &Tenant| tenant.read_back(ReadBackCookie::default(), 100).objects.len();
    assert_eq!(told(&tenant), 3);
    switch(&mut tenant, false, 0);
    tenant.run_due(at(72).now);
    switch(&mut tenant, true, 73);
    assert_eq!(told(&tenant), 0);
    assert_eq!(code(&remove(&mut tenant, SyncType::User, "u")), Some("Error114"));
}

#[test]
fn a_synchronized_object_is_read_only_and_may_be_deleted() {
    // directory-sync.md 2.5.7, 2.5.10
    let (mut tenant, ids) = filled();
    for change in
        [json!({ "displayName": "x" }), json!({ "accountEnabled": false }), json!({ "jobTitle": "x" })]
    {
        let error = tenant.update(&ctx(), ids[0], &object(change.clone())).unwrap_err();
        assert_eq!(error.status, 400, "{change}");
    }
    assert!(tenant.remove_member(&ctx(), ids[1], ids[0]).is_err());
    tenant.update(&ctx(), ids[0], &object(json!({ "usageLocation": "NL" }))).unwrap();
    tenant.delete(&ctx(), ids[0]).unwrap();
    tenant.delete(&ctx(), ids[1]).unwrap();
    assert!(tenant.deleted_object(ids[0]).is_some() && tenant.object(ids[1]).is_none());
}

#[test]
fn a_mobile_number_that_was_changed_in_the_cloud_stays_until_the_override_is_bypassed() {
    // directory-sync.md 1.7
    let mut tenant = tenant();
    let sent = |number: &str| json!({ "userPrincipalName": "ada@contoso.com", "mobile": number });
    let id = id_of(&set(&mut tenant, "u", sent("1")));
    set(&mut tenant, "u", sent("2"));
    let number = |tenant: &Tenant| text(tenant, id, Property::MobilePhone).unwrap();
    assert_eq!(number(&tenant), "2");
    tenant.update(&ctx(), id, &object(json!({ "mobilePhone": "cloud" }))).unwrap();
    let result = set(&mut tenant, "u", sent("3"));
    assert_eq!(
        (result.result, result.error_code, number(&tenant)),
        (SyncOutcome::Success, None, "cloud".into())
    );
    tenant.set_sync_feature(&ctx(), "bypassDirSyncOverridesEnabled", true).unwrap();
    set(&mut tenant, "u", sent("3"));
    assert_eq!(number(&tenant), "3");
    // where the tenant is read-only in this too, nothing is overridden
    let mut strict = switched(&[("mobile_of_synchronized", "read-only")]);
    let id = id_of(&set(&mut strict, "u", sent("1")));
    assert!(strict.update(&ctx(), id, &object(json!({ "mobilePhone": "cloud" }))).is_err());
}

#[test]
fn the_settings_of_accidental_deletions_are_kept_and_keep_nothing_from_being_deleted() {
    // directory-sync.md 2.5.4: the threshold is kept in the tenant, and honoured by the engine
    let mut tenant = tenant();
    assert_eq!(tenant.deletion_prevention(), (Prevention::ForCount, 500));
    tenant.prevent_deletions(&ctx(), Some(Prevention::ForCount), Some(1)).unwrap();
    assert_eq!(tenant.deletion_prevention(), (Prevention::ForCount, 1));
    for n in 0..3 {
        set(&mut tenant, &format!("u{n}"), json!({ "userPrincipalName": format!("u{n}@contoso.com") }));
    }
    let gone = (0..3).map(|n| remove(&mut tenant, SyncType::User, &format!("u{n}")).result);
    assert!(gone.collect::<Vec<_>>().iter().all(|result| *result == SyncOutcome::Success));
    tenant.prevent_deletions(&ctx(), Some(Prevention::ForPercentage), Some(10)).unwrap();
    assert_eq!(tenant.deletion_prevention(), (Prevention::ForPercentage, 10));
    tenant.prevent_deletions(&ctx(), Some(Prevention::Disabled), None).unwrap();
    assert_eq!(tenant.deletion_prevention().0, Prevention::Disabled);
}
