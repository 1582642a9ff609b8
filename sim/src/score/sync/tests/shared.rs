//! What several objects share, and whom one refers to.

use super::*;

/// Two people of one forest with bob's source anchor, of whom one is Ada: everything of one of them, or of the other.
#[test]
fn of_two_people_with_one_source_anchor_the_cloud_may_hold_either_and_no_mixture() {
    let shared = |n: u8, name: &str| {
        let mut person = person(n, name, &format!("{name}@contoso.com"));
        person.attributes.insert("ms-ds-consistencyguid", vec![guid(BOB).to_bytes_le().to_vec()]);
        person
    };
    let twins = || vec![shared(ADA, "ada"), shared(BOB, "bob")];
    let as_bob = |name: &str| {
        let mut record = cloud_person(BOB, name);
        record.id = guid(BOB | CLOUD);
        record
    };
    for directory in [twins(), twins().into_iter().rev().collect()] {
        let judged = |now: Vec<CloudRecord>| score(directory.clone(), Vec::new(), now, &[]);
        for name in ["ada", "bob"] {
            let one = judged(vec![as_bob(name)]);
            assert!(one.converged && one.right == 1, "{name} {one:#?}");
        }
        let mut mixture = as_bob("ada");
        set(&mut mixture, "onPremisesSamAccountName", "bob");
        assert_eq!(found(&judged(vec![mixture])), ["wrong attributes"]);
        let mut stranger = as_bob("bob");
        set(&mut stranger, "department", "IT");
        assert_eq!(found(&judged(vec![stranger])), ["wrong attributes"]);
        assert_eq!(found(&judged(vec![])), ["missing"], "one of them is there");
        // each under an anchor of its own is what a wrong engine makes
        assert_eq!(found(&judged(vec![cloud_person(ADA, "ada"), as_bob("bob")])), ["orphans"]);
    }
}

#[test]
fn a_person_who_is_their_own_manager_may_have_that_manager_or_none() {
    // defects.tsv, GA14: "reference not exported", from memory: so both are permitted, and nobody else
    let mut directory = directory();
    directory[0].manager = Some(guid(ADA));
    let check = |manager: Option<Guid>, wanted: &[&str]| {
        let mut now = right_cloud();
        now[0].manager = manager;
        let score = score(directory.clone(), vec![cloud_only()], now, &[]);
        assert_eq!(found(&score), wanted, "{manager:?} {score:#?}");
    };
    check(None, &[]);
    check(Some(guid(ADA | CLOUD)), &[]);
    check(Some(guid(BOB | CLOUD)), &["wrong attributes"]);
}

#[test]
fn a_person_whose_anchor_was_edited_stays_as_the_cloud_knows_them() {
    // directory-sync.md 1.4: "SourceAnchor attribute has changed."; scenario 20: object frozen, no delete and create
    let sid = "S-1-5-21-1-2-3-1104";
    let edited = |department: &str| {
        let mut ada = person(ADA, "ada", "ada@contoso.com");
        ada.attributes.insert("ms-ds-consistencyguid", vec![guid(7).to_bytes_le().to_vec()]);
        ada.attributes.insert("objectsid", vec![sid.as_bytes().to_vec()]);
        ada.attributes.insert("department", vec![department.as_bytes().to_vec()]);
        ada
    };
    let mut known = cloud_person(ADA, "ada");
    set(&mut known, "onPremisesSecurityIdentifier", sid);
    let judged = |now: Vec<CloudRecord>| {
        score(vec![edited("IT"), person(BOB, "bob", "bob@contoso.com")], vec![known.clone()], now, &[])
    };
    let bob = cloud_person(BOB, "bob");
    let right = judged(vec![known.clone(), bob.clone()]);
    assert!(right.converged && right.right == 2, "{right:#?}");
    let mut updated = known.clone();
    set(&mut updated, "department", "IT");
    assert_eq!(found(&judged(vec![updated, bob.clone()])), ["wrong attributes"]);
    let mut anew = cloud_person(ADA, "ada");
    anew.id = guid(0x99);
    anew.anchor = Some(anchor(7));
    assert_eq!(found(&judged(vec![anew.clone(), bob.clone()])), ["orphans", "wrong deletes"]);
    assert_eq!(found(&judged(vec![known.clone(), anew, bob])), ["orphans"]);
    // whoever comes with another SID is somebody else, and the one whom the cloud knows is gone
    let mut stranger = known.clone();
    set(&mut stranger, "onPremisesSecurityIdentifier", "S-1-5-21-1-2-3-1105");
    let judged = score(vec![edited("Sales")], vec![stranger.clone()], vec![stranger], &[]);
    assert_eq!(found(&judged), ["missing", "deletes missed"]);
}

#[test]
fn a_mailbox_without_an_address_on_premises_keeps_its_sign_in_name_as_its_primary_address() {
    // directory-sync.md 2.2, table, row 1: licensed, {SMTP:user1upn@C, smtp:user1upn@C.onms}; and again next cycle
    let upn = "user1upn@contoso.com";
    let user = object(
        SyncKind::User,
        ADA,
        &[
            ("cn", "One"),
            ("sAMAccountName", "user1"),
            ("userPrincipalName", upn),
            ("userAccountControl", "512"),
        ],
    );
    let held = ["SMTP:user1upn@contoso.com", "smtp:user1upn@contoso.onmicrosoft.com"];
    let properties = |primary: &str, proxies: [&'static str; 2]| {
        let mut record = record(
            SyncKind::User,
            ADA | CLOUD,
            Some(&anchor(ADA)),
            &[
                ("userPrincipalName", upn),
                ("onPremisesUserPrincipalName", upn),
                ("displayName", "One"),
                ("mail", primary),
                ("mailNickname", "user1upn"),
                ("accountEnabled", "true"),
                ("onPremisesSamAccountName", "user1"),
                ("onPremisesDistinguishedName", "CN=One,OU=People,DC=contoso,DC=local"),
                ("onPremisesDomainName", "contoso.local"),
                ("proxyAddresses", proxies[0]),
                ("proxyAddresses", proxies[1]),
            ],
        );
        record.exchange = true;
        record.licenses.push(CloudLicense { sku: guid(7), disabled_plans: BTreeSet::new() });
        record
    };
    let right = properties(upn, held);
    let judged = |now: CloudRecord| score(vec![user.clone()], vec![right.clone()], vec![now], &[]);
    assert!(judged(right.clone()).converged, "{:#?}", judged(right.clone()));
    let foreign = ["SMTP:ada@contoso.com", "smtp:user1upn@contoso.onmicrosoft.com"];
    assert_eq!(found(&judged(properties("ada@contoso.com", foreign))), ["wrong attributes"]);
}

#[test]
fn a_reference_to_one_of_two_with_a_source_anchor_may_be_there_or_not() {
    let mut twin = person(EVE, "eve", "eve@contoso.com");
    twin.attributes.insert("ms-ds-consistencyguid", vec![guid(BOB).to_bytes_le().to_vec()]);
    let mut directory = directory();
    directory.retain(|object| object.guid != guid(EVE));
    directory.push(twin);
    let check = |drop_members: &[u8], wanted: &[&str]| {
        let mut now = right_cloud();
        now.retain(|record| record.id != guid(EVE | CLOUD));
        let group = now.iter_mut().find(|record| record.kind == SyncKind::Group).unwrap();
        drop_members.iter().for_each(|number| {
            group.members.remove(&guid(number | CLOUD));
        });
        let score = score(directory.clone(), vec![cloud_only()], now, &[]);
        assert_eq!(found(&score), wanted, "{drop_members:?} {score:#?}");
    };
    check(&[], &[]);
    check(&[BOB], &[]);
    check(&[ADA], &["wrong attributes"]);
}
