//! Provisioning: directory-sync.md 2.1 to 2.6, tenant-switches.tsv.

mod catalogue;
mod conflicts;
mod credentials;
mod limits;
mod matching;
mod reading_back;
mod switching;

use super::*;

fn code(result: &SyncResult) -> Option<&str> {
    result.error_code.as_deref()
}

fn cloud_user(tenant: &mut Tenant, upn: &str, changes: Value) -> Guid {
    let mut body = user_body(upn);
    body.extend(object(changes));
    tenant.create_user(&ctx(), &body).unwrap()
}

fn is_synced(tenant: &Tenant, id: Guid) -> bool {
    tenant.object(id).unwrap().is_synchronized()
}

#[test]
fn a_new_user_gets_what_was_sent_and_what_on_premises_is() {
    let mut tenant = tenant();
    let sent = json!({
        "userPrincipalName": "ada@contoso.com", "displayName": " Ada ", "givenName": "Ada", "surname": "",
        "accountEnabled": false, "telephoneNumber": "+31 20 555", "company": "Contoso", "title": "Analyst",
        "onPremisesSamAccountName": "ada", "dnsDomainName": "contoso.local",
        "onPremisesDistinguishedName": "CN=Ada,DC=contoso,DC=local",
        // golden/02: S-1-5-21-528325506-1846095025-539502035-1103
        "onPremiseSecurityIdentifier": "AQUAAAAAAAUVAAAAgpt9H7EsCW7TJSggTwQAAA==",
        "lastPasswordChangeTimestamp": "20210101000000.0Z", "extensionAttribute7": "x", "msExchMailboxGuid": "y",
    });
    let result = set(&mut tenant, "Z0UjAauJ780BI0VniavN7w==", sent);
    let id = id_of(&result);
    assert_eq!(result.cloud_anchor, Some(format!("User_{id}")));
    assert_eq!((result.error_code, result.error_description), (None, None));
    let user = tenant.object(id).unwrap();
    let read = |property| tenant.property(user, property).to_json();
    for (property, expected) in [
        (Property::DisplayName, json!("Ada")),
        (Property::Surname, json!(null)),
        (Property::AccountEnabled, json!(false)),
        (Property::BusinessPhones, json!(["+31 20 555"])),
        (Property::CompanyName, json!("Contoso")),
        (Property::JobTitle, json!("Analyst")),
        (Property::OnPremisesSamAccountName, json!("ada")),
        (Property::OnPremisesDomainName, json!("contoso.local")),
        (Property::OnPremisesImmutableId, json!("Z0UjAauJ780BI0VniavN7w==")),
        (Property::OnPremisesSecurityIdentifier, json!("S-1-5-21-528325506-1846095025-539502035-1103")),
        (Property::OnPremisesSyncEnabled, json!(true)),
        (Property::OnPremisesLastSyncDateTime, json!("2026-01-05T08:00:00Z")),
        (Property::OnPremisesUserPrincipalName, json!("ada@contoso.com")),
        (Property::LastPasswordChangeDateTime, json!("2021-01-01T00:00:00Z")),
        (Property::UserType, json!("Member")),
        (Property::UsageLocation, json!(null)),
        (Property::AssignedLicenses, json!([])),
    ] {
        assert_eq!(read(property), expected, "{}", property.name());
    }
    assert_eq!(read(Property::OnPremisesExtensionAttributes)["extensionAttribute7"], "x");
    assert_eq!(tenant.organization().on_premises_sync_enabled, Some(true));
    assert_eq!(tenant.organization().on_premises_last_sync, Some(DEFAULT_START));
}

#[test]
fn a_set_that_changes_nothing_leaves_no_trace() {
    let mut tenant = tenant();
    let people = [
        json!({ "userPrincipalName": "a@contoso.com", "mail": "x@contoso.com", "extensionAttribute1": "e", "info": "i" }),
        json!({ "userPrincipalName": "b@contoso.com", "proxyAddresses": ["SMTP:x@contoso.com", "smtp:y@contoso.com"],
                "manager": "p0" }),
        json!({ "userPrincipalName": "a@contoso.com" }),
    ];
    let mut batch: Vec<SyncObject> = people
        .iter()
        .enumerate()
        .map(|(at, sent)| sync(SyncType::User, SyncOperation::Set, &format!("p{at}"), sent.clone()))
        .collect();
    let group = json!({ "displayName": "G", "securityEnabled": true, "member": ["p0", "p1", "gone"] });
    batch.insert(0, sync(SyncType::Group, SyncOperation::Set, "g0", group));
    batch.push(sync(
        SyncType::Contact,
        SyncOperation::Set,
        "c0",
        json!({ "displayName": "C", "mail": "c@fabrikam.com" }),
    ));
    let first = tenant.provision(&ctx(), &batch);
    assert!(first.iter().all(|result| result.result == SyncOutcome::Success), "{first:?}");
    let (changes, quarantined) =
        (tenant.last_change(), first.iter().filter(|r| r.error_code.is_some()).count());
    assert_eq!(quarantined, 2);
    let later = CallContext { now: DEFAULT_START.plus(Duration::from_secs(1800)), app: None };
    let second = tenant.provision(&later, &batch);
    assert!(second.iter().all(|result| result.result == SyncOutcome::Success && result.error_code.is_none()));
    assert_eq!(tenant.last_change(), changes);
}

#[test]
fn cloud_users_are_matched_by_anchor_address_and_name() {
    for (cloud, sent, switches, matched) in [
        // hard match
        (
            json!({ "onPremisesImmutableId": "anchor" }),
            json!({ "userPrincipalName": "z@contoso.com" }),
            vec![],
            true,
        ),
        // soft match by primary address, against any address of the cloud object
        (
            json!({ "mail": "m@contoso.com" }),
            json!({ "userPrincipalName": "z@contoso.com", "proxyAddresses": ["SMTP:M@contoso.com"] }),
            vec![],
            true,
        ),
        // a secondary address matches only where the switch compares all
        (
            json!({ "mail": "m@contoso.com" }),
            json!({ "userPrincipalName": "z@contoso.com", "proxyAddresses": ["smtp:m@contoso.com"] }),
            vec![],
            false,
        ),
        (
            json!({ "mail": "m@contoso.com" }),
            json!({ "userPrincipalName": "z@contoso.com", "proxyAddresses": ["smtp:m@contoso.com"] }),
            vec![("soft_match_on", "all")],
            true,
        ),
        // by name
        (json!({}), json!({ "userPrincipalName": "cloud@contoso.com" }), vec![], true),
        (
            json!({}),
            json!({ "userPrincipalName": "cloud@contoso.com" }),
            vec![("soft_match_upn", "off")],
            false,
        ),
        (
            json!({}),
            json!({ "userPrincipalName": "cloud@contoso.com" }),
            vec![("block_soft_match", "on")],
            false,
        ),
        // an object with another immutable ID is never matched
        (
            json!({ "onPremisesImmutableId": "other" }),
            json!({ "userPrincipalName": "cloud@contoso.com" }),
            vec![],
            false,
        ),
    ] {
        let mut tenant = switched(&switches);
        let id = cloud_user(&mut tenant, "cloud@contoso.com", cloud.clone());
        let result = set(&mut tenant, "anchor", sent.clone());
        assert_eq!(id_of(&result) == id, matched, "{cloud} {sent} {switches:?}");
        assert_eq!(is_synced(&tenant, id), matched);
        if matched {
            assert_eq!(text(&tenant, id, Property::OnPremisesImmutableId).as_deref(), Some("anchor"));
        }
    }
}

#[test]
fn blocked_matches_have_the_names_of_the_catalogue() {
    let mut tenant = switched(&[("block_hard_match_takeover", "on")]);
    cloud_user(&mut tenant, "cloud@contoso.com", json!({ "onPremisesImmutableId": "anchor" }));
    let result = set(&mut tenant, "anchor", json!({ "userPrincipalName": "z@contoso.com" }));
    assert_eq!((result.result, code(&result)), (SyncOutcome::Failure, Some("InvalidHardMatch")));

    // a new object with a provisioning error (directory-sync.md 2.1.5)
    let mut tenant = switched(&[("block_soft_match", "on")]);
    cloud_user(&mut tenant, "cloud@contoso.com", json!({}));
    let result = set(&mut tenant, "anchor", json!({ "userPrincipalName": "cloud@contoso.com" }));
    assert_eq!(code(&result), Some("QuarantinedAttributeValueMustBeUnique"));
    assert_eq!(errors(&tenant, id_of(&result)), [("UserPrincipalName", "cloud@contoso.com".to_owned())]);
}

#[test]
fn an_administrator_is_never_matched_softly() {
    let sent = json!({ "userPrincipalName": "admin@contoso.onmicrosoft.com" });
    let mut today = tenant();
    let admin = today.user("admin@contoso.onmicrosoft.com").unwrap().id();
    let result = set(&mut today, "anchor", sent.clone());
    assert_eq!(code(&result), Some("ExistingAdminRoleConflict"));
    assert_ne!(id_of(&result), admin);
    assert!(!is_synced(&today, admin));
    let mut before = switched(&[("duplicate_attribute", "first-wins")]);
    let result = set(&mut before, "anchor", sent);
    assert_eq!((result.result, code(&result)), (SyncOutcome::Failure, Some("ExistingAdminRoleConflict")));
}

#[test]
fn another_type_with_the_same_address_is_a_mismatch() {
    let mut tenant = tenant();
    cloud_user(&mut tenant, "cloud@contoso.com", json!({ "mail": "m@contoso.com" }));
    let sent = json!({ "displayName": "C", "proxyAddresses": ["SMTP:m@contoso.com"] });
    for kind in [SyncType::Contact, SyncType::Group] {
        let result = set_kind(&mut tenant, kind, "anchor", sent.clone());
        assert_eq!((result.result, code(&result)), (SyncOutcome::Failure, Some("ObjectTypeMismatch")));
    }
    set(&mut tenant, "user", json!({ "userPrincipalName": "u@contoso.com" }));
    let result = set_kind(&mut tenant, SyncType::Group, "user", json!({ "displayName": "G" }));
    assert_eq!(code(&result), Some("ObjectTypeMismatch"));
}

#[test]
fn a_take_over_keeps_what_on_premises_has_no_value_for() {
    let mut tenant = tenant();
    let id = cloud_user(
        &mut tenant,
        "cloud@contoso.com",
        json!({ "mail": "m@contoso.com", "jobTitle": "Boss", "usageLocation": "DE", "department": "D" }),
    );
    let sent =
        json!({ "userPrincipalName": "cloud@contoso.com", "displayName": "New", "department": "Sales" });
    assert_eq!(id_of(&set(&mut tenant, "anchor", sent)), id);
    for (property, expected) in [
        (Property::DisplayName, "New"),
        (Property::Department, "Sales"),
        (Property::JobTitle, "Boss"),
        (Property::UsageLocation, "DE"),
        (Property::Mail, "m@contoso.com"),
    ] {
        assert_eq!(text(&tenant, id, property).as_deref(), Some(expected));
    }
    assert_eq!(proxies(&tenant, id), ["SMTP:m@contoso.com"]);
}

#[test]
fn the_form_of_a_quarantined_name_follows_the_switch() {
    let mut tenant = switched(&[("quarantine_upn_form", "digits")]);
    set(&mut tenant, "one", json!({ "userPrincipalName": "user@contoso.com" }));
    let id = id_of(&set(&mut tenant, "two", json!({ "userPrincipalName": "user@contoso.com" })));
    let upn = text(&tenant, id, Property::UserPrincipalName).unwrap();
    assert!(
        upn.starts_with("user") && !upn.contains('+') && upn.ends_with("@contoso.onmicrosoft.com"),
        "{upn}"
    );
}

#[test]
fn before_resiliency_the_first_wins_and_the_later_one_fails_each_time() {
    let mut tenant = switched(&[("duplicate_attribute", "first-wins")]);
    set(&mut tenant, "one", json!({ "userPrincipalName": "user@contoso.com", "mail": "m@contoso.com" }));
    for _ in 0..2 {
        let changes = tenant.last_change();
        let result = set(&mut tenant, "two", json!({ "userPrincipalName": "user@contoso.com" }));
        assert_eq!((result.result, code(&result)), (SyncOutcome::Failure, Some("InvalidSoftMatch")));
        assert_eq!(tenant.last_change(), changes);
    }
    let id = id_of(&set(&mut tenant, "three", json!({ "userPrincipalName": "three@contoso.com" })));
    let result = set(&mut tenant, "three", json!({ "mail": "m@contoso.com" }));
    assert_eq!((result.result, code(&result)), (SyncOutcome::Failure, Some("AttributeValueMustBeUnique")));
    assert_eq!(text(&tenant, id, Property::Mail), None);
}

#[test]
fn deleted_users_come_back_by_anchor_and_groups_do_not() {
    let mut tenant = tenant();
    let user = json!({ "userPrincipalName": "ada@contoso.com" });
    let group = json!({ "displayName": "G", "securityEnabled": true, "member": ["u"] });
    let ada = id_of(&set(&mut tenant, "u", user.clone()));
    let team = id_of(&set_kind(&mut tenant, SyncType::Group, "g", group.clone()));
    assert_eq!(tenant.members(team), [ada]);
    assert_eq!(remove(&mut tenant, SyncType::User, "u").result, SyncOutcome::Success);
    assert!(tenant.object(ada).is_none() && tenant.deleted_object(ada).is_some());
    assert_eq!(remove(&mut tenant, SyncType::User, "u").result, SyncOutcome::Success);
    assert_eq!(id_of(&set(&mut tenant, "u", user)), ada);
    assert_eq!(tenant.members(team), [ada]);
    remove(&mut tenant, SyncType::Group, "g");
    let again = id_of(&set_kind(&mut tenant, SyncType::Group, "g", group));
    assert_ne!(again, team);
    assert_eq!(tenant.members(again), [ada]);
}

#[test]
fn deleting_what_is_not_the_engines_fails_with_error_114() {
    let mut tenant = tenant();
    cloud_user(&mut tenant, "cloud@contoso.com", json!({ "onPremisesImmutableId": "anchor" }));
    for anchor in ["anchor", "unknown"] {
        let result = remove(&mut tenant, SyncType::User, anchor);
        assert_eq!((result.result, code(&result)), (SyncOutcome::Failure, Some("Error114")));
        let text = result.error_description.unwrap();
        assert!(
            text.starts_with(
                "This synchronization operation, Delete, is not valid. Contact Technical Support. Tracking Id: "
            ),
            "{text}"
        );
    }
}

#[test]
fn references_are_resolved_whatever_their_order_and_unknown_ones_are_dropped() {
    let mut tenant = tenant();
    let batch = [
        sync(
            SyncType::Group,
            SyncOperation::Set,
            "g",
            json!({ "displayName": "G", "member": ["u", "c", "h", "gone"] }),
        ),
        sync(SyncType::Group, SyncOperation::Set, "h", json!({ "displayName": "H" })),
        sync(
            SyncType::User,
            SyncOperation::Set,
            "u",
            json!({ "userPrincipalName": "u@contoso.com", "manager": "m" }),
        ),
        sync(
            SyncType::User,
            SyncOperation::Set,
            "m",
            json!({ "userPrincipalName": "m@contoso.com", "manager": "gone" }),
        ),
        sync(
            SyncType::Contact,
            SyncOperation::Set,
            "c",
            json!({ "displayName": "C", "telephoneNumber": "1" }),
        ),
    ];
    let ids: Vec<Guid> = tenant.provision(&ctx(), &batch).iter().map(id_of).collect();
    let mut members = vec![ids[1], ids[2], ids[4]];
    members.sort();
    assert_eq!(tenant.members(ids[0]), members);
    let user = tenant.object(ids[2]).unwrap();
    assert_eq!(user.manager(), Some(ids[3]));
    assert_eq!(tenant.object(ids[3]).unwrap().direct_reports(), [ids[2]]);
    let contact = tenant.object(ids[4]).unwrap();
    assert_eq!(
        tenant.property(contact, Property::Phones).to_json(),
        json!([{ "number": "1", "type": "business" }])
    );
    // a Set without members leaves them, an empty list takes them away
    set_kind(&mut tenant, SyncType::Group, "g", json!({ "displayName": "G2" }));
    assert_eq!(tenant.members(ids[0]).len(), 3);
    set_kind(&mut tenant, SyncType::Group, "g", json!({ "member": [] }));
    assert!(tenant.members(ids[0]).is_empty() && tenant.member_of(ids[2]).is_empty());
    set(&mut tenant, "u", json!({ "manager": null }));
    assert!(tenant.object(ids[3]).unwrap().direct_reports().is_empty());
}

#[test]
fn a_usage_location_is_never_cleared_by_what_is_absent() {
    // directory-sync.md 1.4
    let mut tenant = tenant();
    let sent = json!({ "userPrincipalName": "u@contoso.com", "usageLocation": "de" });
    let id = id_of(&set(&mut tenant, "u", sent));
    for sent in
        [json!({ "displayName": "x" }), json!({ "usageLocation": null }), json!({ "usageLocation": "" })]
    {
        set(&mut tenant, "u", sent);
        assert_eq!(text(&tenant, id, Property::UsageLocation).as_deref(), Some("DE"));
    }
}

#[test]
fn the_name_of_a_licensed_user_follows_the_switch() {
    for (value, expected) in [("on", "new@contoso.com"), ("off", "old@contoso.com")] {
        let mut tenant = switched(&[("update_upn_of_licensed", value)]);
        let id = id_of(&set(&mut tenant, "u", json!({ "userPrincipalName": "old@contoso.com" })));
        locate(&mut tenant, id);
        license(&mut tenant, id, E3).unwrap();
        set(&mut tenant, "u", json!({ "userPrincipalName": "new@contoso.com" }));
        assert_eq!(text(&tenant, id, Property::UserPrincipalName).as_deref(), Some(expected));
    }
}

#[test]
fn a_name_that_was_refused_follows_its_next_change_and_not_the_end_of_the_licence() {
    // directory-sync.md 2.2.3: recalculated only when the name on premises is updated
    let mut tenant = switched(&[("update_upn_of_licensed", "off")]);
    let id = id_of(&set(&mut tenant, "u", json!({ "userPrincipalName": "old@contoso.com" })));
    locate(&mut tenant, id);
    license(&mut tenant, id, E3).unwrap();
    let sent = |tenant: &mut Tenant, name: &str| {
        set(tenant, "u", json!({ "userPrincipalName": name }));
        let shown = |property| text(tenant, id, property).unwrap();
        (shown(Property::UserPrincipalName), shown(Property::OnPremisesUserPrincipalName))
    };
    let of = |cloud: &str, on_premises: &str| (cloud.to_owned(), on_premises.to_owned());
    assert_eq!(sent(&mut tenant, "new@contoso.com"), of("old@contoso.com", "new@contoso.com"));
    tenant.assign_license(&ctx(), id, &[], &[guid(E3)]).unwrap();
    assert_eq!(sent(&mut tenant, "new@contoso.com"), of("old@contoso.com", "new@contoso.com"));
    assert_eq!(sent(&mut tenant, "newer@contoso.com"), of("newer@contoso.com", "newer@contoso.com"));
}

#[test]
fn a_synchronized_user_is_shown_with_the_photo_from_on_premises() {
    use base64::Engine as _;
    let base64 = |octets: &[u8]| base64::engine::general_purpose::STANDARD.encode(octets);
    // ITU T.81 B.2: SOI, SOF0 with length 11, precision 8, 48 rows of 64, EOI
    let jpeg = [0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 48, 0, 64, 1, 1, 0x11, 0, 0xff, 0xd9];
    let mut tenant = tenant();
    let name = json!({ "userPrincipalName": "ada@contoso.com", "thumbnailPhoto": base64(&jpeg) });
    let id = id_of(&set(&mut tenant, "u", name));
    let photo = tenant.photo(id).unwrap();
    assert_eq!((&*photo.bytes, photo.width, photo.height), (&jpeg[..], 64, 48));
    // one that was put there in the cloud goes before it, and leaves it behind
    let other = [0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 10, 0, 20, 1, 1, 0x11, 0, 0xff, 0xd9];
    tenant.set_photo(&ctx(), id, &other).unwrap();
    assert_eq!(tenant.photo(id).unwrap().width, 20);
    tenant.delete_photo(&ctx(), id).unwrap();
    assert_eq!(tenant.photo(id).unwrap().width, 64);
    // no JPEG file: ignored, and no reason to refuse the user (defect OB04)
    for sent in [json!(base64(b"\x89PNG\r\n")), json!("no base64"), json!(null)] {
        let result = set(&mut tenant, "u", json!({ "thumbnailPhoto": sent }));
        assert_eq!((id_of(&result), tenant.photo(id)), (id, None), "{sent}");
    }
}

#[test]
fn what_is_too_much_or_no_value_is_refused_by_name() {
    let mut tenant = switched(&[("group_member_limit", "2"), ("object_quota", "6")]);
    let many: Vec<String> = (0..3).map(|n| format!("m{n}")).collect();
    let upn = "u@contoso.com";
    for (kind, anchor, sent, expected) in [
        (SyncType::User, "u", json!({}), "IdentityDataValidationFailed"),
        (
            SyncType::User,
            "u",
            json!({ "userPrincipalName": upn, "displayName": "x".repeat(257) }),
            "ExceededAllowedLength",
        ),
        (
            SyncType::User,
            "u",
            json!({ "userPrincipalName": upn, "accountEnabled": "maybe" }),
            "DataValidationFailed",
        ),
        (
            SyncType::User,
            "u",
            json!({ "userPrincipalName": upn, "usageLocation": "Europe" }),
            "DataValidationFailed",
        ),
        (SyncType::User, "", json!({ "userPrincipalName": upn }), "DataValidationFailed"),
        (SyncType::Device, "d", json!({}), "DataValidationFailed"),
        (
            SyncType::Group,
            "g",
            json!({ "displayName": "G", "member": many }),
            "MaximumGroupMemberCountExceeded",
        ),
    ] {
        let result = set_kind(&mut tenant, kind, anchor, sent.clone());
        assert_eq!((result.result, code(&result)), (SyncOutcome::Failure, Some(expected)), "{sent}");
    }
    for number in 0..3 {
        set(
            &mut tenant,
            &format!("n{number}"),
            json!({ "userPrincipalName": format!("n{number}@contoso.com") }),
        );
    }
    let result = set(&mut tenant, "last", json!({ "userPrincipalName": "last@contoso.com" }));
    assert_eq!(
        result.error_description.as_deref(),
        Some(
            "Synchronization has been stopped. This company has exceeded the number of objects that can be synchronized."
        )
    );
}

#[test]
fn the_request_is_read_from_its_json_form() {
    // DESIGN section 7
    let text = r#"{"objects":[{"type":"User","operation":"Set","source_anchor":"a","properties":{"displayName":"x"}}]}"#;
    let request: ProvisionRequest = serde_json::from_str(text).unwrap();
    assert_eq!(request.objects[0].object_type, SyncType::User);
    let mut tenant = tenant();
    let response =
        ProvisionResponse { results: tenant.provision(&ctx(), &request.objects), credentials: Vec::new() };
    assert_eq!(
        serde_json::to_value(&response).unwrap(),
        json!({ "results": [{
            "source_anchor": "a", "cloud_anchor": null, "result": "Failure",
            "error_code": "IdentityDataValidationFailed",
            "error_description": "Unable to update this object because the user ID is not found.",
        }] })
    );
    assert!(serde_json::from_str::<ProvisionRequest>(r#"{"objects":[{"type":"Cat"}]}"#).is_err());
}

#[test]
fn arbitrary_values_are_refused_or_taken_and_never_panic() {
    let mut tenant = tenant();
    let keys = [
        "userPrincipalName",
        "alias",
        "mail",
        "proxyAddresses",
        "member",
        "manager",
        "displayName",
        "accountEnabled",
        "telephoneNumber",
        "usageLocation",
        "onPremiseSecurityIdentifier",
        "lastPasswordChangeTimestamp",
        "extensionAttribute15",
        "EXTENSIONATTRIBUTE1",
        "SecurityEnabled",
        "anything",
        "",
        "\u{e9}",
    ];
    let values = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5e300),
        json!(""),
        json!(" "),
        json!("@"),
        json!("@@"),
        json!("a@"),
        json!("smtp:"),
        json!(":"),
        json!("SMTP:@"),
        json!("\u{0}\u{1f600}@contoso.com"),
        json!("x".repeat(10_000)),
        json!([]),
        json!([[["a"]]]),
        json!({}),
        json!(["SMTP:a@contoso.com", "smtp:A@contoso.com", 7]),
    ];
    for kind in [SyncType::User, SyncType::Group, SyncType::Contact] {
        for key in keys {
            for value in &values {
                let mut properties = object(json!({ "userPrincipalName": "u@contoso.com" }));
                properties.insert(key.to_owned(), value.clone());
                set_kind(&mut tenant, kind, &format!("{kind:?}"), Value::Object(properties.clone()));
                set_kind(&mut tenant, kind, &format!("{kind:?}"), Value::Object(properties));
            }
        }
    }
    assert!(tenant.count(ObjectKind::User) == 4, "one anchor is one user, whatever it was sent");
}

#[test]
fn with_an_alternate_id_the_name_on_premises_stays_beside_the_one_that_signs_in() {
    // directory-sync.md 1.4, alternate ID; 2.2.3: the cloud's name follows the one that it was calculated from
    let mut tenant = tenant();
    let mut names = |upn: &str, ordinary: Value| {
        let sent = json!({ "userPrincipalName": upn, "onPremisesUserPrincipalName": ordinary });
        let id = id_of(&set(&mut tenant, "ada", sent));
        let text = |property| text(&tenant, id, property).unwrap_or_default();
        (text(Property::UserPrincipalName), text(Property::OnPremisesUserPrincipalName))
    };
    let pair = |one: &str, other: &str| (one.to_owned(), other.to_owned());
    let (local, mail) = ("ada@contoso.local", "ada.byron@contoso.com");
    assert_eq!(names(mail, json!(local)), pair(mail, local));
    assert_eq!(names(mail, json!("ada@fabrikam.local")), pair(mail, "ada@fabrikam.local"));
    assert_eq!(names("ada.king@contoso.com", json!(local)), pair("ada.king@contoso.com", local));
    // the alternate ID is given up
    let ordinary = "ada@contoso.com";
    assert_eq!(names(ordinary, json!(null)), pair(ordinary, ordinary));
}
