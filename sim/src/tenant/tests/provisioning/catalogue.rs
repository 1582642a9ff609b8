//! Every row of sync-errors.tsv has a case here that provokes it.

use super::*;

/// Name and text of what is answered.
type Told = (String, String);

fn told(result: SyncResult) -> Told {
    (result.error_code.unwrap_or_default(), result.error_description.unwrap_or_default())
}

fn first_wins() -> Tenant {
    let mut tenant = switched(&[("duplicate_attribute", "first-wins")]);
    set(&mut tenant, "one", json!({ "userPrincipalName": "one@contoso.com", "mail": "m@contoso.com" }));
    tenant
}

fn with_group() -> Tenant {
    let mut tenant = tenant();
    let sent = json!({ "displayName": "G", "proxyAddresses": ["SMTP:joe@contoso.com"] });
    id_of(&set_kind(&mut tenant, SyncType::Group, "g", sent));
    tenant
}

fn quarantined() -> Told {
    let mut tenant = tenant();
    set(&mut tenant, "one", json!({ "userPrincipalName": "one@contoso.com" }));
    told(set(&mut tenant, "two", json!({ "userPrincipalName": "one@contoso.com" })))
}

fn duplicate() -> Told {
    let mut tenant = first_wins();
    set(&mut tenant, "two", json!({ "userPrincipalName": "two@contoso.com" }));
    told(set(&mut tenant, "two", json!({ "mail": "m@contoso.com" })))
}

fn type_mismatch() -> Told {
    let mut tenant = tenant();
    cloud_user(&mut tenant, "cloud@contoso.com", json!({ "mail": "m@contoso.com" }));
    let sent = json!({ "displayName": "C", "proxyAddresses": ["SMTP:m@contoso.com"] });
    told(set_kind(&mut tenant, SyncType::Contact, "c", sent))
}

fn hard_match() -> Told {
    let mut tenant = switched(&[("block_hard_match_takeover", "on")]);
    cloud_user(&mut tenant, "cloud@contoso.com", json!({ "onPremisesImmutableId": "anchor" }));
    told(set(&mut tenant, "anchor", json!({ "userPrincipalName": "z@contoso.com" })))
}

fn federated() -> Told {
    let spec = TenantSpec {
        verified_domains: vec!["contoso.com".to_owned(), "fabrikam.com".to_owned()],
        switches: [("federated_domain_change".to_owned(), "error".to_owned())].into_iter().collect(),
        ..spec()
    };
    let mut tenant = tenant_of(&spec);
    set(&mut tenant, "u", json!({ "userPrincipalName": "u@contoso.com" }));
    std::sync::Arc::make_mut(&mut tenant.domains).iter_mut().for_each(|domain| domain.is_federated = true);
    told(set(&mut tenant, "u", json!({ "userPrincipalName": "u@fabrikam.com" })))
}

fn delete_cloud_only() -> Told {
    let mut tenant = tenant();
    let id = cloud_user(&mut tenant, "cloud@contoso.com", json!({}));
    let anchor = json!({ "CloudAnchor": format!("User_{id}") });
    let delete = sync(SyncType::User, SyncOperation::Delete, "anchor", anchor);
    let result = told(tenant.provision(&ctx(), &[delete]).remove(0));
    assert!(tenant.object(id).is_some());
    result
}

fn not_activated() -> Told {
    let mut tenant = tenant();
    tenant.update_organization(&ctx(), &object(json!({ "onPremisesSyncEnabled": false })));
    let refused = tenant.provision_credentials(&ctx(), &[]).unwrap_err();
    let result = told(set(&mut tenant, "u", json!({ "userPrincipalName": "u@contoso.com" })));
    assert_eq!((refused.code, refused.text), (result.0.as_str(), result.1.clone()));
    result
}

fn credential(tenant: &mut Tenant, cloud_anchor: Option<String>, anchor: &str) -> Result<Told, SyncFault> {
    let item = SyncCredential {
        source_anchor: Some(anchor.to_owned()),
        cloud_anchor,
        data: "not one".to_owned(),
        ..SyncCredential::default()
    };
    let result = tenant.provision_credentials(&ctx(), &[item])?.remove(0);
    Ok((result.error_code.unwrap_or_default(), result.error_description.unwrap_or_default()))
}

fn credential_cloud_only() -> Told {
    let mut tenant = tenant();
    let id = cloud_user(&mut tenant, "cloud@contoso.com", json!({}));
    let fault = credential(&mut tenant, Some(format!("User_{id}")), "").unwrap_err();
    (fault.code.to_owned(), fault.text)
}

fn credential_form() -> Told {
    let mut tenant = tenant();
    set(&mut tenant, "u", json!({ "userPrincipalName": "u@contoso.com" }));
    credential(&mut tenant, None, "u").unwrap()
}

fn sent(properties: Value) -> Told {
    let mut properties = object(properties);
    properties.entry("userPrincipalName").or_insert(json!("u@contoso.com"));
    told(set(&mut tenant(), "u", Value::Object(properties)))
}

fn one_too_many(limit: (&str, &str), kind: SyncType, properties: Value) -> Told {
    told(set_kind(&mut switched(&[limit]), kind, "one", properties))
}

/// A row's key, and what provokes it.
type Case = (&'static str, fn() -> Told);

const CASES: &[Case] = &[
    ("quarantined", quarantined),
    ("duplicate", duplicate),
    ("soft-match", || told(set(&mut first_wins(), "two", json!({ "userPrincipalName": "one@contoso.com" })))),
    ("proxy-of-group", || {
        let sent =
            json!({ "userPrincipalName": "joe@contoso.com", "proxyAddresses": ["smtp:joe@contoso.com"] });
        told(set(&mut with_group(), "joe", sent))
    }),
    ("hard-match", hard_match),
    ("type-mismatch", type_mismatch),
    ("admin-role", || {
        let sent = json!({ "userPrincipalName": "admin@contoso.onmicrosoft.com" });
        told(set(&mut tenant(), "anchor", sent))
    }),
    ("identity", || told(set(&mut tenant(), "u", json!({ "displayName": "nobody" })))),
    ("data", || sent(json!({ "accountEnabled": "maybe" }))),
    ("large", || {
        let all = (0..16).map(|n| Value::from(format!("{n}"))).collect::<Value>();
        sent(json!({ "userCertificate": all }))
    }),
    ("length", || sent(json!({ "displayName": "x".repeat(257) }))),
    ("members", || {
        let group = json!({ "displayName": "G", "member": ["a", "b"] });
        one_too_many(("group_member_limit", "1"), SyncType::Group, group)
    }),
    ("delete", || told(remove(&mut tenant(), SyncType::User, "unknown"))),
    ("quota", || {
        let full = tenant().quota_used().to_string();
        let user = json!({ "userPrincipalName": "u@contoso.com" });
        one_too_many(("object_quota", &full), SyncType::User, user)
    }),
    ("type", || told(set_kind(&mut tenant(), SyncType::Device, "d", json!({})))),
    ("federated", federated),
    ("delete-cloud-only", delete_cloud_only),
    ("not-activated", not_activated),
    ("credential-cloud-only", credential_cloud_only),
    ("credential-user", || credential(&mut tenant(), None, "nobody").unwrap()),
    ("credential-form", credential_form),
];

/// Whether a text is a row's, whatever its names were filled with.
fn is_filled(text: &str, row: &str) -> bool {
    let mut parts = row.split('{').map(|part| part.split_once('}').map_or(part, |(_, rest)| rest));
    let Some(mut rest) = parts.next().and_then(|head| text.strip_prefix(head)) else { return false };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    row.ends_with('}') || rest.is_empty()
}

#[test]
fn every_row_of_the_catalogue_is_provoked() {
    let rows = include_str!("../../../../data/sync-errors.tsv").lines().skip(2);
    let mut keys = Vec::new();
    for line in rows {
        let cells: Vec<&str> = line.split('\t').collect();
        let [key, name, text, ..] = cells[..] else { panic!("{line}") };
        let case = CASES.iter().find(|(known, _)| *known == key);
        let (_, provoke) = case.unwrap_or_else(|| panic!("nothing provokes {key}"));
        let (told_name, told_text) = provoke();
        assert_eq!(told_name, name, "{key}: {told_text}");
        assert!(is_filled(&told_text, text), "{key}: {told_text}");
        keys.push(key);
    }
    assert!(CASES.iter().all(|(key, _)| keys.contains(key)), "a case without a row");
}

#[test]
fn names_and_texts_of_the_reference_are_in_the_table() {
    // directory-sync.md 2.4, word for word; those of client-side rules and of run statuses are not the cloud's
    let table = include_str!("../../../../data/sync-errors.tsv");
    for name in [
        "AttributeValueMustBeUnique",
        "QuarantinedAttributeValueMustBeUnique",
        "InvalidSoftMatch",
        "InvalidHardMatch",
        "ObjectTypeMismatch",
        "IdentityDataValidationFailed",
        "DataValidationFailed",
        "FederatedDomainChangeError",
        "LargeObject",
        "ExceededAllowedLength",
    ] {
        assert!(table.lines().any(|line| line.split('\t').nth(1) == Some(name)), "{name}");
    }
    for text in [
        "Unable to update this object in Azure Active Directory, because the attribute [FederatedUser.UserPrincipalName], is not valid. Update the value in your local directory services.",
        "This synchronization operation, Delete, is not valid. Contact Technical Support. Tracking Id: ",
        "Synchronization has been stopped. This company has exceeded the number of objects that can be synchronized.",
        "Identity synchronization is not yet activated for this company",
        "Unable to update this object in Microsoft Online Services because the following attributes associated with this object have values that may already be associated with another object in your local directory.",
        "A synchronized object with the same proxy address already exists in your Microsoft Online Services directory.",
        "Unable to update this object because the user ID is not found.",
        "Maximum Group member count exceeded",
    ] {
        assert!(
            table.lines().any(|line| line.split('\t').nth(2).is_some_and(|own| own.starts_with(text))),
            "{text}"
        );
    }
}

#[test]
fn a_name_goes_from_one_federated_domain_to_another_today() {
    // directory-sync.md 2.2.5: since March 2019
    let spec =
        TenantSpec { verified_domains: vec!["contoso.com".to_owned(), "fabrikam.com".to_owned()], ..spec() };
    let mut tenant = tenant_of(&spec);
    let id = id_of(&set(&mut tenant, "u", json!({ "userPrincipalName": "u@contoso.com" })));
    std::sync::Arc::make_mut(&mut tenant.domains).iter_mut().for_each(|domain| domain.is_federated = true);
    set(&mut tenant, "u", json!({ "userPrincipalName": "u@fabrikam.com" }));
    assert_eq!(text(&tenant, id, Property::UserPrincipalName).as_deref(), Some("u@fabrikam.com"));
}
