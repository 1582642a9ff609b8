//! Users and groups through Graph: texts of microsoft-graph.md 2.1 to 2.3.

use super::*;

fn created(tenant: &mut Tenant, upn: &str) -> Guid {
    tenant.create_user(&ctx(), &user_body(upn)).unwrap()
}

fn with(mut body: Map<String, Value>, changes: Value) -> Map<String, Value> {
    for (name, value) in object(changes) {
        let _ = if value == json!("<absent>") { body.remove(&name) } else { body.insert(name, value) };
    }
    body
}

#[test]
fn a_new_user_is_refused_with_the_texts_of_graph() {
    let mut tenant = tenant();
    created(&mut tenant, "ada@contoso.com");
    let unverified = "The domain portion of the userPrincipalName property is invalid. You must use one of the \
                      verified domain names in your organization.";
    let weak = "The specified password does not comply with password complexity requirements. Please provide a \
                different password.";
    for (changes, message) in [
        (
            json!({ "userPrincipalName": "ADA@contoso.com" }),
            "Another object with the same value for property userPrincipalName already exists.",
        ),
        (json!({ "userPrincipalName": "bob@fabrikam.com" }), unverified),
        (json!({ "userPrincipalName": "bob" }), "Property userPrincipalName is invalid."),
        (json!({ "userPrincipalName": "b b@contoso.com" }), "Property userPrincipalName is invalid."),
        (
            json!({ "userPrincipalName": format!("{}@contoso.com", "b".repeat(65)) }),
            "Property userPrincipalName is invalid.",
        ),
        (
            json!({ "mailNickname": "naveen.mills,.jr." }),
            "Invalid value specified for property 'mailNickname' of resource 'User'.",
        ),
        (json!({ "passwordProfile": { "password": "short" } }), weak),
        (
            json!({ "displayName": "<absent>" }),
            "A value is required for property 'displayName' of resource 'User'.",
        ),
        (
            json!({ "displayName": null }),
            "A value is required for property 'displayName' of resource 'User'.",
        ),
        (
            json!({ "onPremisesSyncEnabled": true }),
            "Property 'onPremisesSyncEnabled' is read-only and cannot be set.",
        ),
        (json!({ "proxyAddresses": [] }), "Property 'proxyAddresses' is read-only and cannot be set."),
        (
            json!({ "usageLocation": "XX" }),
            "Invalid value specified for property 'usageLocation' of resource 'User'.",
        ),
    ] {
        let error =
            tenant.create_user(&ctx(), &with(user_body("bob@contoso.com"), changes.clone())).unwrap_err();
        assert_eq!((error.status, error.code), (400, "Request_BadRequest"), "{changes}");
        assert_eq!(error.message, message, "{changes}");
    }
    assert_eq!(tenant.count(ObjectKind::User), 4);
}

#[test]
fn a_mail_becomes_the_primary_address_and_a_taken_one_is_refused_with_its_holder() {
    // microsoft-graph.md 2.2 and Appendix A6
    let mut tenant = tenant();
    let (ada, bob) = (created(&mut tenant, "ada@contoso.com"), created(&mut tenant, "bob@contoso.com"));
    tenant.update(&ctx(), ada, &object(json!({ "mail": "ada@fabrikam.com" }))).unwrap();
    assert_eq!(proxies(&tenant, ada), ["SMTP:ada@fabrikam.com"]);
    tenant.update(&ctx(), ada, &object(json!({ "mail": "al@fabrikam.com" }))).unwrap();
    assert_eq!(proxies(&tenant, ada), ["SMTP:al@fabrikam.com", "smtp:ada@fabrikam.com"]);
    let changes = tenant.last_change();
    let error = tenant.update(&ctx(), bob, &object(json!({ "mail": "Ada@fabrikam.com" }))).unwrap_err();
    assert_eq!(
        error.message,
        "Another object with the same value for property proxyAddresses already exists."
    );
    let codes: Vec<(&str, &str)> =
        error.details.iter().map(|detail| (detail.code, detail.target.as_str())).collect();
    assert_eq!(
        codes,
        [("ObjectConflict", "proxyAddresses"), ("ConflictingObjects", ada.to_string().as_str())]
    );
    assert_eq!(tenant.last_change(), changes);
    assert_eq!(text(&tenant, bob, Property::Mail), None);
}

#[test]
fn an_update_is_found_by_every_index_afterwards() {
    let mut tenant = tenant();
    let ada = created(&mut tenant, "ada@contoso.com");
    let body = object(
        json!({ "userPrincipalName": "al@contoso.com", "onPremisesImmutableId": "abc=", "jobTitle": "x" }),
    );
    tenant.update(&ctx(), ada, &body).unwrap();
    assert!(tenant.user("ada@contoso.com").is_none());
    assert_eq!(tenant.user("AL@contoso.com").map(|user| user.id()), Some(ada));
    let found = tenant.lookup(ObjectKind::User, Property::OnPremisesImmutableId, "abc=").unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(tenant.lookup(ObjectKind::User, Property::OnPremisesImmutableId, "ABC=").unwrap().len(), 0);
    let error = tenant
        .create_user(&ctx(), &with(user_body("bob@contoso.com"), json!({ "onPremisesImmutableId": "abc=" })));
    assert_eq!(
        error.unwrap_err().message,
        "Another object with the same value for property onPremisesImmutableId already exists."
    );
    let changes = tenant.last_change();
    tenant.update(&ctx(), ada, &object(json!({ "jobTitle": "x" }))).unwrap();
    assert_eq!(tenant.last_change(), changes, "a value that is there already is no change");
    tenant.update(&ctx(), ada, &object(json!({ "jobTitle": null }))).unwrap();
    assert_eq!(text(&tenant, ada, Property::JobTitle), None);
}

#[test]
fn a_synchronized_user_takes_a_usage_location_and_nothing_that_on_premises_masters() {
    // microsoft-graph.md 2.1, Appendix A5
    let mut tenant = tenant();
    let id = id_of(&set(
        &mut tenant,
        "a1",
        json!({ "userPrincipalName": "ada@contoso.com", "displayName": "Ada" }),
    ));
    let error = tenant.update(&ctx(), id, &object(json!({ "displayName": "x" }))).unwrap_err();
    assert_eq!((error.status, error.code), (400, "Request_BadRequest"));
    assert_eq!(
        error.message,
        "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects \
         currently undergoing migration."
    );
    tenant.update(&ctx(), id, &object(json!({ "usageLocation": "NL" }))).unwrap();
    assert_eq!(text(&tenant, id, Property::UsageLocation).as_deref(), Some("NL"));
    tenant.delete(&ctx(), id).unwrap();
}

#[test]
fn unknown_objects_get_the_text_of_a_404() {
    // microsoft-graph.md 2.3
    let mut tenant = tenant();
    let error = tenant.update(&ctx(), Guid::NIL, &Map::new()).unwrap_err();
    assert_eq!((error.status, error.code), (404, "Request_ResourceNotFound"));
    assert_eq!(
        error.message,
        "Resource '00000000-0000-0000-0000-000000000000' does not exist or one of its queried \
         reference-property objects are not present."
    );
}

fn group_body(name: &str, unified: bool) -> Map<String, Value> {
    object(json!({
        "displayName": name, "mailNickname": name, "mailEnabled": unified, "securityEnabled": !unified,
        "groupTypes": if unified { vec!["Unified"] } else { vec![] },
    }))
}

#[test]
fn groups_follow_the_rules_of_their_kinds() {
    let mut tenant = tenant();
    let security = tenant.create_group(&ctx(), &group_body("sales", false)).unwrap();
    let unified = tenant.create_group(&ctx(), &group_body("project", true)).unwrap();
    assert_eq!(text(&tenant, security, Property::Visibility).as_deref(), Some("Private"));
    assert_eq!(text(&tenant, unified, Property::Visibility).as_deref(), Some("Public"));
    assert_eq!(text(&tenant, unified, Property::Mail).as_deref(), Some("project@contoso.com"));
    for (changes, message) in [
        (json!({}), "Another object with the same value for property mailNickname already exists."),
        (
            json!({ "mailNickname": "a b" }),
            "Invalid value specified for property 'mailNickname' of resource 'Group'.",
        ),
        (
            json!({ "mailNickname": "<absent>" }),
            "A value is required for property 'mailNickname' of resource 'Group'.",
        ),
    ] {
        let error = tenant.create_group(&ctx(), &with(group_body("sales", false), changes)).unwrap_err();
        assert_eq!(error.message, message);
    }
    let list = with(group_body("list", false), json!({ "mailEnabled": true, "securityEnabled": false }));
    assert_eq!(tenant.create_group(&ctx(), &list).unwrap_err().status, 400);
    let nested = tenant.add_member(&ctx(), security, unified).unwrap_err();
    assert_eq!(nested.status, 400);
}

#[test]
fn members_are_added_once_and_removed_once() {
    let mut tenant = tenant();
    let group = tenant.create_group(&ctx(), &group_body("sales", false)).unwrap();
    let ada = created(&mut tenant, "ada@contoso.com");
    tenant.add_member(&ctx(), group, ada).unwrap();
    assert_eq!(tenant.members(group), [ada]);
    assert_eq!(tenant.member_of(ada), [group]);
    let error = tenant.add_member(&ctx(), group, ada).unwrap_err();
    assert_eq!(
        error.message,
        "One or more added object references already exist for the following modified properties: 'members'."
    );
    tenant.remove_member(&ctx(), group, ada).unwrap();
    let error = tenant.remove_member(&ctx(), group, ada).unwrap_err();
    assert_eq!((error.status, error.code), (404, "Request_ResourceNotFound"));
    assert_eq!(tenant.add_member(&ctx(), group, Guid::NIL).unwrap_err().status, 404);
    let reference = format!("https://graph.microsoft.com/v1.0/directoryObjects/{ada}");
    let bind = |urls: Vec<&str>| object(json!({ "members@odata.bind": urls }));
    tenant.update(&ctx(), group, &bind(vec![reference.as_str()])).unwrap();
    assert_eq!(tenant.members(group), [ada]);
    assert_eq!(tenant.update(&ctx(), group, &bind(vec![reference.as_str(); 21])).unwrap_err().status, 400);
}

#[test]
fn a_synchronized_group_takes_no_members_through_graph() {
    let mut tenant = tenant();
    let sent = json!({ "displayName": "G", "securityEnabled": true });
    let group = id_of(&set_kind(&mut tenant, SyncType::Group, "g1", sent));
    let ada = created(&mut tenant, "ada@contoso.com");
    let error = tenant.add_member(&ctx(), group, ada).unwrap_err();
    assert!(error.message.starts_with("Unable to update the specified properties for on-premises mastered"));
}

#[test]
fn a_deleted_user_is_restored_with_its_groups_and_purged_after_thirty_days() {
    let mut tenant = tenant();
    let group = tenant.create_group(&ctx(), &group_body("sales", false)).unwrap();
    let ada = created(&mut tenant, "ada@contoso.com");
    tenant.add_member(&ctx(), group, ada).unwrap();
    tenant.delete(&ctx(), ada).unwrap();
    assert!(tenant.object(ada).is_none() && tenant.user("ada@contoso.com").is_none());
    assert!(tenant.members(group).is_empty());
    tenant.restore_deleted(&ctx(), ada).unwrap();
    assert_eq!(tenant.members(group), [ada]);
    tenant.delete(&ctx(), ada).unwrap();
    let day = Duration::from_secs(86_400);
    tenant.run_due(DEFAULT_START.plus(day * 29));
    assert!(tenant.deleted_object(ada).is_some());
    tenant.run_due(DEFAULT_START.plus(day * 30));
    assert!(tenant.deleted_object(ada).is_none());
    let again = created(&mut tenant, "ada@contoso.com");
    assert_ne!(again, ada, "an id is never given twice");
}

#[test]
fn the_id_of_a_new_object_depends_on_its_name_and_not_on_the_order() {
    let (mut a, mut b) = (tenant(), tenant());
    let first = (created(&mut a, "x@contoso.com"), created(&mut a, "y@contoso.com"));
    let second = (created(&mut b, "y@contoso.com"), created(&mut b, "x@contoso.com"));
    assert_eq!(first, (second.1, second.0));
}

#[test]
fn arbitrary_values_are_refused_and_never_panic() {
    let mut tenant = tenant();
    let ada = created(&mut tenant, "ada@contoso.com");
    let values = [
        json!(null),
        json!(1),
        json!(-1.5),
        json!(""),
        json!("\u{0}"),
        json!([]),
        json!([[]]),
        json!({}),
        json!(true),
        json!("ä".repeat(5000)),
        json!(["a", 1]),
        json!({ "password": 7 }),
    ];
    for property in Property::all() {
        for value in &values {
            let mut body = Map::new();
            body.insert(property.name().to_owned(), value.clone());
            let _ = tenant.update(&ctx(), ada, &body);
            let _ =
                tenant.create_user(&ctx(), &with(user_body("bob@contoso.com"), Value::Object(body.clone())));
            let _ = tenant.create_group(&ctx(), &with(group_body("g", false), Value::Object(body)));
        }
    }
}

#[test]
fn a_group_is_created_with_users_as_owners_only() {
    let mut tenant = tenant();
    let ada = created(&mut tenant, "ada@contoso.com");
    let group = tenant.create_group(&ctx(), &group_body("sales", false)).unwrap();
    let owned = |name: &str, owner: Guid| {
        let url = format!("https://graph.microsoft.com/v1.0/directoryObjects/{owner}");
        with(group_body(name, false), json!({ "owners@odata.bind": [url] }))
    };
    // the answer is that of `POST /groups/{id}/owners/$ref`
    let later = tenant.add_owner(&ctx(), group, group).unwrap_err();
    let at_creation = tenant.create_group(&ctx(), &owned("staff", group)).unwrap_err();
    assert_eq!((at_creation.status, &at_creation.message), (later.status, &later.message));
    assert_eq!(at_creation.status, 404);
    assert_eq!(tenant.iter(ObjectKind::Group).count(), 1);
    let staff = tenant.create_group(&ctx(), &owned("staff", ada)).unwrap();
    assert_eq!(tenant.object(staff).unwrap().owners(), [ada]);
}

#[test]
fn the_last_owner_is_the_last_one_that_lives() {
    let mut tenant = tenant();
    let (ada, bob) = (created(&mut tenant, "ada@contoso.com"), created(&mut tenant, "bob@contoso.com"));
    let group = security_group(&mut tenant, "owned");
    tenant.add_owner(&ctx(), group, ada).unwrap();
    tenant.add_owner(&ctx(), group, bob).unwrap();
    tenant.delete(&ctx(), bob).unwrap();
    assert_eq!(tenant.remove_owner(&ctx(), group, ada).map_err(|error| error.status), Err(400));
    tenant.restore_deleted(&ctx(), bob).unwrap();
    tenant.remove_owner(&ctx(), group, ada).unwrap();
}
