//! Which object an incoming one is: directory-sync.md 2.1.

use super::*;

/// Global administrator, role-templates.tsv.
const GLOBAL: &str = crate::tenant::GLOBAL_ADMINISTRATOR;

fn administrator(tenant: &mut Tenant, user: Guid) -> String {
    tenant.add_role_assignment(&ctx(), user, guid(GLOBAL), None).unwrap().id
}

fn flag(tenant: &Tenant, id: Guid) -> Option<bool> {
    let object = tenant.object(id).or_else(|| tenant.deleted_object(id)).unwrap();
    object.boolean(Property::OnPremisesSyncEnabled)
}

#[test]
fn an_immutable_id_is_matched_in_any_state() {
    // directory-sync.md 2.1.1
    let mut tenant = tenant();
    let id = cloud_user(&mut tenant, "cloud@contoso.com", json!({ "onPremisesImmutableId": "anchor" }));
    tenant.delete(&ctx(), id).unwrap();
    assert_eq!(id_of(&set(&mut tenant, "anchor", json!({ "userPrincipalName": "z@contoso.com" }))), id);
    assert_eq!((is_synced(&tenant, id), tenant.deleted_object(id).is_none()), (true, true));
    assert_eq!(text(&tenant, id, Property::UserPrincipalName).as_deref(), Some("z@contoso.com"));
    // one that was synchronized, and deleted by hand
    tenant.delete(&ctx(), id).unwrap();
    assert_eq!(id_of(&set(&mut tenant, "anchor", json!({ "userPrincipalName": "z@contoso.com" }))), id);
    // a purged one is gone
    tenant.delete(&ctx(), id).unwrap();
    tenant.purge_deleted(&ctx(), id).unwrap();
    assert_ne!(id_of(&set(&mut tenant, "anchor", json!({ "userPrincipalName": "z@contoso.com" }))), id);
}

#[test]
fn a_later_update_matches_nothing_and_is_an_error() {
    // directory-sync.md 2.1.2
    for (switches, expected) in [
        (vec![], (SyncOutcome::Success, "QuarantinedAttributeValueMustBeUnique")),
        (vec![("duplicate_attribute", "first-wins")], (SyncOutcome::Failure, "AttributeValueMustBeUnique")),
    ] {
        let mut tenant = switched(&switches);
        let cloud = cloud_user(&mut tenant, "cloud@contoso.com", json!({ "mail": "m@contoso.com" }));
        let id = id_of(&set(&mut tenant, "anchor", json!({ "userPrincipalName": "z@contoso.com" })));
        for sent in [json!({ "userPrincipalName": "cloud@contoso.com" }), json!({ "mail": "m@contoso.com" })]
        {
            let result = set(&mut tenant, "anchor", sent.clone());
            assert_eq!((result.result, code(&result).unwrap()), expected, "{sent}");
            assert_eq!((is_synced(&tenant, cloud), is_synced(&tenant, id)), (false, true));
            assert_eq!(text(&tenant, cloud, Property::UserPrincipalName).unwrap(), "cloud@contoso.com");
            assert_eq!(proxies(&tenant, cloud), ["SMTP:m@contoso.com"]);
        }
    }
}

#[test]
fn a_take_over_overwrites_stamps_and_keeps_licences() {
    // directory-sync.md 2.1.3
    let mut tenant = tenant();
    let changes =
        json!({ "displayName": "Cloud", "department": "D", "usageLocation": "NL", "jobTitle": "Boss" });
    let id = cloud_user(&mut tenant, "cloud@contoso.com", changes);
    license(&mut tenant, id, E3).unwrap();
    let group = security_group(&mut tenant, "team");
    tenant.add_member(&ctx(), group, id).unwrap();
    let sent = json!({ "userPrincipalName": "cloud@contoso.com", "displayName": "Ada", "department": "Sales",
        "accountEnabled": false });
    assert_eq!(id_of(&set(&mut tenant, "anchor", sent)), id);
    for (property, expected) in [
        (Property::DisplayName, "Ada"),
        (Property::Department, "Sales"),
        (Property::JobTitle, "Boss"),
        (Property::OnPremisesImmutableId, "anchor"),
    ] {
        assert_eq!(text(&tenant, id, property).as_deref(), Some(expected));
    }
    let user = tenant.object(id).unwrap();
    assert_eq!((user.boolean(Property::AccountEnabled), user.licenses().len()), (Some(false), 1));
    assert_eq!(tenant.members(group), [id]);
}

#[test]
fn groups_and_contacts_are_matched_by_proxy_addresses_only() {
    // directory-sync.md 2.1.4
    let team = |tenant: &mut Tenant| {
        let body = json!({ "displayName": "team", "mailNickname": "team", "mailEnabled": true,
            "securityEnabled": false, "groupTypes": ["Unified"] });
        tenant.create_group(&ctx(), &object(body)).unwrap()
    };
    for (sent, matched) in [
        (json!({ "displayName": "T", "proxyAddresses": ["SMTP:team@contoso.com"] }), true),
        (json!({ "displayName": "T", "proxyAddresses": ["smtp:team@contoso.com"] }), false),
        (json!({ "displayName": "T", "mail": "team@contoso.com" }), false),
        (json!({ "displayName": "team", "alias": "team" }), false),
    ] {
        let mut tenant = tenant();
        let own = team(&mut tenant);
        let result = set_kind(&mut tenant, SyncType::Group, "anchor", sent.clone());
        assert_eq!(id_of(&result) == own, matched, "{sent}");
    }
    // a security group without mail is never matched: there are two of the name then
    let mut tenant = tenant();
    let own = security_group(&mut tenant, "sales");
    let sent = json!({ "displayName": "sales", "SecurityEnabled": true });
    assert_ne!(id_of(&set_kind(&mut tenant, SyncType::Group, "anchor", sent)), own);
}

#[test]
fn an_administrator_is_matched_once_its_roles_are_gone() {
    // directory-sync.md 2.1.5: remove the roles, delete the quarantined object for good, synchronize, give them back
    let mut tenant = tenant();
    let admin = cloud_user(&mut tenant, "boss@contoso.com", json!({}));
    let role = administrator(&mut tenant, admin);
    let sent = json!({ "userPrincipalName": "boss@contoso.com" });
    let result = set(&mut tenant, "anchor", sent.clone());
    assert_eq!((result.result, code(&result)), (SyncOutcome::Success, Some("ExistingAdminRoleConflict")));
    let copy = id_of(&result);
    assert_eq!(errors(&tenant, copy), [("UserPrincipalName", "boss@contoso.com".to_owned())]);
    tenant.remove_role_assignment(&ctx(), &role).unwrap();
    tenant.delete(&ctx(), copy).unwrap();
    tenant.purge_deleted(&ctx(), copy).unwrap();
    assert_eq!(id_of(&set(&mut tenant, "anchor", sent)), admin);
    administrator(&mut tenant, admin);
    assert!(is_synced(&tenant, admin) && tenant.has_admin_role(admin));
    // a synchronized administrator is updated like everybody
    let result = set(&mut tenant, "anchor", json!({ "displayName": "Boss" }));
    assert_eq!((id_of(&result), code(&result)), (admin, None));
}

#[test]
fn an_administrator_is_not_taken_over_by_its_immutable_id_either() {
    let mut tenant = tenant();
    let admin = cloud_user(&mut tenant, "boss@contoso.com", json!({ "onPremisesImmutableId": "anchor" }));
    administrator(&mut tenant, admin);
    let result = set(&mut tenant, "anchor", json!({ "userPrincipalName": "boss@contoso.com" }));
    assert_eq!((result.result, code(&result)), (SyncOutcome::Failure, Some("ExistingAdminRoleConflict")));
    assert!(!is_synced(&tenant, admin));
}

#[test]
fn the_flag_of_ownership_says_whether_an_object_is_synchronized_was_or_never_was() {
    // directory-sync.md 2.1.8
    let mut tenant = tenant();
    let cloud = cloud_user(&mut tenant, "cloud@contoso.com", json!({}));
    let sent = json!({ "userPrincipalName": "ada@contoso.com", "displayName": "Ada" });
    let ada = id_of(&set(&mut tenant, "anchor", sent.clone()));
    assert_eq!((flag(&tenant, cloud), flag(&tenant, ada)), (None, Some(true)));
    remove(&mut tenant, SyncType::User, "anchor");
    assert_eq!(flag(&tenant, ada), Some(false));
    // brought back in the cloud it is still out of scope: the cloud may write it, the engine not delete it
    tenant.restore_deleted(&ctx(), ada).unwrap();
    assert_eq!(flag(&tenant, ada), Some(false));
    tenant.update(&ctx(), ada, &object(json!({ "displayName": "Lovelace" }))).unwrap();
    assert_eq!(code(&remove(&mut tenant, SyncType::User, "anchor")), Some("Error114"));
    // in scope again
    assert_eq!(id_of(&set(&mut tenant, "anchor", sent.clone())), ada);
    assert_eq!(flag(&tenant, ada), Some(true));
    assert_eq!(text(&tenant, ada, Property::DisplayName).as_deref(), Some("Ada"));
    // the same without a word that differs
    remove(&mut tenant, SyncType::User, "anchor");
    assert_eq!(id_of(&set(&mut tenant, "anchor", sent)), ada);
    assert_eq!(flag(&tenant, ada), Some(true));
}

#[test]
fn blocked_hard_matches_also_keep_out_whoever_was_out_of_scope() {
    // directory-sync.md 2.1.5
    let sent = json!({ "userPrincipalName": "ada@contoso.com" });
    for restored in [false, true] {
        let mut tenant = switched(&[("block_hard_match_takeover", "on")]);
        let ada = id_of(&set(&mut tenant, "anchor", sent.clone()));
        remove(&mut tenant, SyncType::User, "anchor");
        if restored {
            tenant.restore_deleted(&ctx(), ada).unwrap();
        }
        let result = set(&mut tenant, "anchor", sent.clone());
        assert_eq!((result.result, code(&result)), (SyncOutcome::Failure, Some("InvalidHardMatch")));
    }
}

#[test]
fn soft_match_by_name_cannot_be_switched_off_again() {
    // directory-sync.md 2.1.6
    let mut tenant = switched(&[("soft_match_upn", "off")]);
    tenant.set_sync_feature(&ctx(), "softMatchOnUpnEnabled", false).unwrap();
    tenant.set_sync_feature(&ctx(), "softMatchOnUpnEnabled", true).unwrap();
    assert!(tenant.set_sync_feature(&ctx(), "softMatchOnUpnEnabled", false).is_err());
    assert!(tenant.sync_feature("softMatchOnUpnEnabled"));
}
