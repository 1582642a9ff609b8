//! Values that other objects hold: the exceptions of directory-sync.md 2.3.4, and what the older mode does.

use super::*;

const SAME_ADDRESS: &str = "A synchronized object with the same proxy address already exists in your Microsoft Online Services directory.";

fn group(tenant: &mut Tenant, anchor: &str, address: &str) -> SyncResult {
    let sent = json!({ "displayName": anchor, "proxyAddresses": [format!("SMTP:{address}")] });
    set_kind(tenant, SyncType::Group, anchor, sent)
}

#[test]
fn a_user_whose_name_and_address_are_a_groups_fails_each_time() {
    // directory-sync.md 2.3.4a
    let sent = json!({ "userPrincipalName": "joe@contoso.com", "proxyAddresses": ["smtp:joe@contoso.com"] });
    let mut tenant = tenant();
    id_of(&group(&mut tenant, "group", "joe@contoso.com"));
    for _ in 0..3 {
        let changes = tenant.last_change();
        let result = set(&mut tenant, "joe", sent.clone());
        assert_eq!(result.result, SyncOutcome::Failure);
        assert_eq!(result.error_description.as_deref(), Some(SAME_ADDRESS));
        assert_eq!(tenant.last_change(), changes);
    }
    // the name alone, or the address alone, is quarantined as everywhere
    for (anchor, sent) in [
        ("name", json!({ "userPrincipalName": "joe@contoso.com" })),
        (
            "address",
            json!({ "userPrincipalName": "own@contoso.com", "proxyAddresses": ["smtp:joe@contoso.com"] }),
        ),
    ] {
        assert_eq!(set(&mut tenant, anchor, sent.clone()).result, SyncOutcome::Success, "{sent}");
    }
    // and so is what another user holds
    let mut tenant = super::tenant();
    set(&mut tenant, "holder", sent.clone());
    let result = set(&mut tenant, "joe", sent);
    assert_eq!(code(&result), Some("QuarantinedAttributeValueMustBeUnique"));
    assert_eq!(result.result, SyncOutcome::Success);
}

#[test]
fn of_two_new_groups_with_one_address_the_second_fails_once() {
    // directory-sync.md 2.3.4b
    let mut tenant = tenant();
    id_of(&group(&mut tenant, "first", "team@contoso.com"));
    let result = group(&mut tenant, "second", "team@contoso.com");
    assert_eq!(result.result, SyncOutcome::Failure);
    assert_eq!(result.error_description.as_deref(), Some(SAME_ADDRESS));
    let result = group(&mut tenant, "second", "team@contoso.com");
    assert_eq!(code(&result), Some("QuarantinedAttributeValueMustBeUnique"));
    let second = id_of(&result);
    assert_eq!(errors(&tenant, second), [("ProxyAddresses", "SMTP:team@contoso.com".to_owned())]);
    assert!(proxies(&tenant, second).iter().all(|proxy| !proxy.contains("team@contoso.com")));
}

#[test]
fn a_group_that_meets_an_older_one_is_quarantined_at_once() {
    // directory-sync.md 2.3.4b speaks of two new groups: the first one came in an earlier cycle here
    let quarantined = Some("QuarantinedAttributeValueMustBeUnique");
    let mut finished = tenant();
    id_of(&group(&mut finished, "first", "team@contoso.com"));
    let later = |seconds| CallContext { now: DEFAULT_START.plus(Duration::from_secs(seconds)), app: None };
    finished.finish_export(&later(1), 1, 1);
    assert_eq!(code(&group(&mut finished, "second", "team@contoso.com")), quarantined);
    let mut aged = tenant();
    id_of(&group(&mut aged, "first", "team@contoso.com"));
    let sent = json!({ "displayName": "2", "proxyAddresses": ["SMTP:team@contoso.com"] });
    let second = sync(SyncType::Group, SyncOperation::Set, "second", sent);
    assert_eq!(code(&aged.provision(&later(1800), &[second])[0]), quarantined);
}

#[test]
fn a_quarantined_value_is_told_once() {
    // directory-sync.md 2.3.3: the engine logs no error later on
    let mut tenant = tenant();
    set(&mut tenant, "one", json!({ "userPrincipalName": "user@contoso.com" }));
    let sent = json!({ "userPrincipalName": "user@contoso.com" });
    let first = set(&mut tenant, "two", sent.clone());
    assert_eq!((first.result, first.error_code.is_some()), (SyncOutcome::Success, true));
    let second = set(&mut tenant, "two", sent);
    assert_eq!((second.result, second.error_code), (SyncOutcome::Success, None));
    assert_eq!(errors(&tenant, id_of(&first)).len(), 1);
}

#[test]
fn resiliency_cannot_be_switched_off() {
    // directory-sync.md 2.3.1
    for name in ["quarantineUponUpnConflictEnabled", "quarantineUponProxyAddressesConflictEnabled"] {
        let mut today = tenant();
        assert!(today.set_sync_feature(&ctx(), name, false).is_err());
        let mut before = switched(&[("duplicate_attribute", "first-wins")]);
        assert!(!before.sync_feature(name));
        before.set_sync_feature(&ctx(), name, true).unwrap();
        assert!(before.sync_feature(name));
    }
}

#[test]
fn the_profile_of_the_documents_is_the_older_mode() {
    // directory-sync.md 2.3.7: the second one does not appear, an error each time, until it is mended on-premises
    let mut tenant = tenant_of(&TenantSpec { profile: "documents".to_owned(), ..spec() });
    let users = tenant.count(ObjectKind::User);
    set(&mut tenant, "one", json!({ "userPrincipalName": "user@contoso.com", "mail": "m@contoso.com" }));
    for sent in [
        json!({ "userPrincipalName": "user@contoso.com" }),
        json!({ "userPrincipalName": "other@contoso.com", "proxyAddresses": ["SMTP:m@contoso.com"] }),
    ] {
        for _ in 0..3 {
            let result = set(&mut tenant, "two", sent.clone());
            assert_eq!((result.result, code(&result)), (SyncOutcome::Failure, Some("InvalidSoftMatch")));
            assert_eq!(tenant.count(ObjectKind::User), users + 1, "{sent}");
        }
    }
    set(&mut tenant, "one", json!({ "userPrincipalName": "first@contoso.com", "mail": "n@contoso.com" }));
    let id = id_of(&set(&mut tenant, "two", json!({ "userPrincipalName": "user@contoso.com" })));
    assert_eq!(text(&tenant, id, Property::UserPrincipalName).as_deref(), Some("user@contoso.com"));
}

#[test]
fn duplicates_are_set_aside_and_come_back_with_the_hourly_sweep() {
    let mut tenant = tenant();
    let first =
        json!({ "userPrincipalName": "user@contoso.com", "proxyAddresses": ["SMTP:mail@contoso.com"] });
    set(&mut tenant, "one", first);
    let second = json!({ "userPrincipalName": "user@contoso.com", "displayName": "2",
        "proxyAddresses": ["SMTP:own@contoso.com", "smtp:mail@contoso.com"] });
    let result = set(&mut tenant, "two", second);
    assert_eq!(
        result.error_description.as_deref(),
        Some(
            "This object has been updated in your Azure Active Directory, but with some modified properties, \
             because the following attributes are associated with another object [UserPrincipalName \
             user@contoso.com; ProxyAddresses smtp:mail@contoso.com;]. Please refer to \
             https://aka.ms/duplicateattributeresiliency for steps on how to resolve this issue."
        )
    );
    let id = id_of(&result);
    let upn = text(&tenant, id, Property::UserPrincipalName).unwrap();
    let digits = upn.strip_prefix("user+").and_then(|rest| rest.strip_suffix("@contoso.onmicrosoft.com"));
    assert!(digits.is_some_and(|d| d.len() == 4 && d.bytes().all(|b| b.is_ascii_digit())), "{upn}");
    assert_eq!(proxies(&tenant, id), ["SMTP:own@contoso.com"]);
    assert_eq!(errors(&tenant, id).len(), 2);

    set(&mut tenant, "one", json!({ "userPrincipalName": "first@contoso.com", "proxyAddresses": [] }));
    tenant.run_due(DEFAULT_START.plus(Duration::from_secs(3599)));
    assert_eq!(errors(&tenant, id).len(), 2, "the sweeper runs hourly");
    tenant.run_due(DEFAULT_START.plus(Duration::from_secs(3600)));
    assert!(errors(&tenant, id).is_empty());
    assert_eq!(text(&tenant, id, Property::UserPrincipalName).as_deref(), Some("user@contoso.com"));
    assert_eq!(proxies(&tenant, id), ["SMTP:own@contoso.com", "smtp:mail@contoso.com"]);
    let changes = tenant.last_change();
    tenant.run_due(DEFAULT_START.plus(Duration::from_secs(7200)));
    assert_eq!(tenant.last_change(), changes);
}
