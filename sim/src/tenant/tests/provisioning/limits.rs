//! How many and how large: directory-sync.md 1.6, 2.4, 2.5.1.

use super::*;

fn member_list(count: usize) -> Value {
    (0..count).map(|n| Value::from(format!("m{n}"))).collect()
}

#[test]
fn the_quota_grows_once_with_the_first_verified_domain() {
    // directory-sync.md 2.5.1
    let mut tenant = tenant_of(&TenantSpec { verified_domains: Vec::new(), ..spec() });
    assert_eq!(tenant.object_quota(), 50_000);
    for name in ["contoso.com", "fabrikam.com"] {
        tenant.create_domain(&ctx(), name).unwrap();
        assert_eq!(tenant.object_quota(), if name == "contoso.com" { 50_000 } else { 300_000 });
        tenant.verify_domain(&ctx(), name).unwrap();
        assert_eq!(tenant.object_quota(), 300_000);
    }
}

#[test]
fn four_deleted_objects_count_as_one_until_they_are_purged() {
    // directory-sync.md 2.5.1
    let mut tenant = tenant();
    let before = tenant.quota_used();
    for number in 0..8 {
        set(
            &mut tenant,
            &format!("n{number}"),
            json!({ "userPrincipalName": format!("n{number}@contoso.com") }),
        );
    }
    assert_eq!(tenant.quota_used(), before + 8);
    (0..8).for_each(|number| drop(remove(&mut tenant, SyncType::User, &format!("n{number}"))));
    assert_eq!(tenant.quota_used(), before + 2);
    tenant.run_due(DEFAULT_START.plus(Duration::from_secs(30 * 24 * 3600)));
    assert_eq!(tenant.quota_used(), before);
}

#[test]
fn over_the_quota_synchronization_is_stopped() {
    // directory-sync.md 2.4: error 016 stops all; 2.5.1
    let limit = tenant().quota_used() + 2;
    let mut tenant = switched(&[("object_quota", &limit.to_string())]);
    let user = |n: usize| {
        let sent = json!({ "userPrincipalName": format!("u{n}@contoso.com"), "displayName": "x" });
        sync(SyncType::User, SyncOperation::Set, &format!("u{n}"), sent)
    };
    let batch: Vec<SyncObject> = [0, 1, 2, 0, 3].into_iter().map(user).collect();
    let results = tenant.provision(&ctx(), &batch);
    let codes: Vec<Option<&str>> = results.iter().map(code).collect();
    let stopped = Some("Error016");
    // what follows is not looked at, though it needs no room
    assert_eq!(codes, [None, None, stopped, stopped, stopped]);
    assert_eq!(code(&tenant.provision(&ctx(), &[user(0)])[0]), None);
    // room for one more: four deleted ones would be needed for a quarter each, one gone is one free
    remove(&mut tenant, SyncType::User, "u0");
    assert_eq!(code(&tenant.provision(&ctx(), &[user(2)])[0]), None);
    assert_eq!(code(&tenant.provision(&ctx(), &[user(3)])[0]), stopped);
}

#[test]
fn members_are_limited_by_the_version_of_the_service() {
    // directory-sync.md 1.6
    let mut tenant = tenant();
    let mut taken = |version, count| {
        let sent = json!({ "displayName": "G", "member": member_list(count) });
        let group = sync(SyncType::Group, SyncOperation::Set, "g", sent);
        tenant.provision_as(&ctx(), &[group], version)[0].error_code.clone()
    };
    let refused = Some("MaximumGroupMemberCountExceeded".to_owned());
    assert_eq!(taken(ServiceVersion::First, 50_001), refused);
    assert_eq!(taken(ServiceVersion::First, 50_000), None);
    assert_eq!(taken(ServiceVersion::Second, 50_001), None);
    assert_eq!(taken(ServiceVersion::Second, 250_000), None);
    assert_eq!(taken(ServiceVersion::Second, 250_001), refused);
}

#[test]
fn a_group_that_grows_beyond_the_limit_stays_as_it_was_until_it_is_smaller() {
    // directory-sync.md 1.6
    let mut tenant = switched(&[("group_member_limit", "2")]);
    for n in 0..3 {
        set(&mut tenant, &format!("m{n}"), json!({ "userPrincipalName": format!("m{n}@contoso.com") }));
    }
    let mut group = |name: &str, count| {
        let sent = json!({ "displayName": name, "member": member_list(count) });
        set_kind(&mut tenant, SyncType::Group, "g", sent)
    };
    let id = id_of(&group("before", 2));
    assert_eq!(code(&group("grown", 3)), Some("MaximumGroupMemberCountExceeded"));
    assert_eq!(
        (text(&tenant, id, Property::DisplayName).unwrap(), tenant.members(id).len()),
        ("before".into(), 2)
    );
    let sent = json!({ "displayName": "smaller", "member": member_list(1) });
    assert_eq!(id_of(&set_kind(&mut tenant, SyncType::Group, "g", sent)), id);
    assert_eq!(tenant.members(id).len(), 1);
}

#[test]
fn large_attributes_are_refused_by_name() {
    // directory-sync.md 2.4: more than 15 certificates, thumbnailPhoto, too many proxies, extensions
    let addresses =
        |count: usize| (0..count).map(|n| Value::from(format!("smtp:a{n}@contoso.com"))).collect::<Value>();
    let certificates = |count: usize| (0..count).map(|n| Value::from(format!("{n}"))).collect::<Value>();
    let extensions = |count: usize| {
        let all = (0..count).map(|n| (format!("extension_1_{n}"), Value::from("x")));
        Value::Object(all.collect())
    };
    let (large, long) = (Some("LargeObject"), Some("ExceededAllowedLength"));
    for (sent, expected) in [
        (json!({ "userCertificate": certificates(15) }), None),
        (json!({ "userCertificate": certificates(16) }), large),
        (json!({ "userSMIMECertificates": certificates(16) }), large),
        (json!({ "ThumbnailPhoto": "A".repeat(4 * 34_134) }), large),
        (json!({ "ThumbnailPhoto": "A".repeat(4 * 34_133) }), None),
        (json!({ "extension_1_x": "x".repeat(250) }), None),
        (json!({ "extension_1_x": "x".repeat(251) }), long),
        (extensions(100), None),
        (extensions(101), large),
        (json!({ "proxyAddresses": addresses(332) }), None),
        (json!({ "proxyAddresses": addresses(333) }), large),
        (
            json!({ "proxyAddresses": addresses(329), "alias": "a", "userCertificate": certificates(10) }),
            None,
        ),
        (
            json!({ "proxyAddresses": addresses(330), "alias": "a", "userCertificate": certificates(10) }),
            large,
        ),
    ] {
        let mut tenant = tenant();
        let mut properties = object(sent);
        properties.insert("userPrincipalName".to_owned(), json!("u@contoso.com"));
        let names: Vec<&String> = properties.keys().take(2).collect();
        let described = format!("{names:?}");
        assert_eq!(code(&set(&mut tenant, "u", Value::Object(properties))), expected, "{described}");
    }
}

#[test]
fn four_licences_leave_room_for_311_addresses() {
    // directory-sync.md 2.4
    let mut tenant = tenant();
    let id = id_of(&set(&mut tenant, "u", json!({ "userPrincipalName": "u@contoso.com" })));
    locate(&mut tenant, id);
    let slot = tenant.store.slot(id).unwrap();
    license(&mut tenant, id, E3).unwrap();
    let own = tenant.object(id).unwrap().licenses[0].clone();
    tenant.store.edit(slot, |user| user.licenses = vec![own.clone(), own.clone(), own.clone(), own]);
    let mut taken = |count: usize| {
        let all = (0..count).map(|n| Value::from(format!("smtp:a{n}@contoso.com"))).collect::<Value>();
        set(&mut tenant, "u", json!({ "proxyAddresses": all })).error_code
    };
    assert_eq!(taken(312).as_deref(), Some("LargeObject"));
    assert_eq!(taken(311), None);
}
