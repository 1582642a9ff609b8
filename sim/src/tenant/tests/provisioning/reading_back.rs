//! What engines read back: everything, or what changed since and what is gone (docs/decisions/0042).

use super::*;
use crate::tenant::ReadBackCookie;

/// What a delta of one object a page tells: operations and source anchors.
fn delta(tenant: &Tenant, from: &mut ReadBackCookie) -> Vec<(SyncOperation, String)> {
    let mut told = Vec::new();
    loop {
        let page = tenant.read_back(*from, 1);
        assert!(page.objects.len() <= 1);
        told.extend(page.objects.into_iter().map(|object| (object.operation, object.source_anchor)));
        *from = page.cookie;
        if !page.more {
            return told;
        }
    }
}

fn told<const N: usize>(told: [(SyncOperation, &str); N]) -> Vec<(SyncOperation, String)> {
    told.into_iter().map(|(operation, anchor)| (operation, anchor.to_owned())).collect()
}

#[test]
fn a_delta_tells_what_changed_and_then_what_is_gone_each_once() {
    use SyncOperation::{Delete, Set};
    let mut tenant = tenant();
    let cloud = cloud_user(&mut tenant, "cloud@contoso.com", json!({}));
    for anchor in ["u", "v", "w"] {
        set(&mut tenant, anchor, json!({ "userPrincipalName": format!("{anchor}@contoso.com") }));
    }
    set_kind(&mut tenant, SyncType::Group, "g", json!({ "displayName": "G", "member": ["u"] }));
    set_kind(&mut tenant, SyncType::Contact, "c", json!({ "displayName": "C", "mail": "c@fabrikam.com" }));
    let mut cookie = ReadBackCookie::default();
    let all = told([(Set, "u"), (Set, "v"), (Set, "w"), (Set, "g"), (Set, "c")]);
    assert_eq!(delta(&tenant, &mut cookie), all);
    assert_eq!(delta(&tenant, &mut cookie), []);
    // what only the cloud knows is told by nobody; a contact is gone for good at once
    tenant.delete(&ctx(), cloud).unwrap();
    remove(&mut tenant, SyncType::User, "u");
    remove(&mut tenant, SyncType::Contact, "c");
    set(&mut tenant, "v", json!({ "displayName": "V" }));
    // the group lost its member
    let changed = told([(Set, "v"), (Set, "g"), (Delete, "u"), (Delete, "c")]);
    assert_eq!(delta(&tenant, &mut cookie), changed);
    assert_eq!(delta(&tenant, &mut cookie), []);
    // gone and back is there; gone by hand and purged is gone
    let id = tenant.user("w@contoso.com").unwrap().id();
    tenant.delete(&ctx(), id).unwrap();
    set(&mut tenant, "w", json!({ "userPrincipalName": "w@contoso.com" }));
    let id = tenant.user("v@contoso.com").unwrap().id();
    tenant.delete(&ctx(), id).unwrap();
    tenant.purge_deleted(&ctx(), id).unwrap();
    assert_eq!(delta(&tenant, &mut cookie), told([(Set, "w"), (Delete, "v")]));
    // a full read tells what is there, and nothing of what is not
    assert_eq!(delta(&tenant, &mut ReadBackCookie::default()), told([(Set, "w"), (Set, "g")]));
}

#[test]
fn a_deletion_is_told_with_both_anchors() {
    let mut tenant = tenant();
    let id = id_of(&set(&mut tenant, "u", json!({ "userPrincipalName": "u@contoso.com" })));
    let cookie = tenant.read_back(ReadBackCookie::default(), 10).cookie;
    remove(&mut tenant, SyncType::User, "u");
    let [gone] = &tenant.read_back(cookie, 10).objects[..] else { panic!("one is gone") };
    assert_eq!(
        (gone.object_type, gone.properties["CloudAnchor"].as_str().unwrap()),
        (SyncType::User, &*format!("User_{id}"))
    );
}
