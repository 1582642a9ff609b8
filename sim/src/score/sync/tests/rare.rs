//! What is rarely right, and nearly the same that is wrong.

use super::*;

fn refused(changed: &[(&str, &str)], change: fn(&mut CloudRecord)) -> SyncScore {
    let mut bob = person(BOB, "bob", "bob@contoso.com");
    bob.attributes.insert("proxyaddresses", vec![b"SMTP:ada@contoso.com".to_vec()]);
    bob.attributes.insert("department", vec![b"IT".to_vec()]);
    let before = vec![cloud_person(ADA, "ada"), cloud_person(BOB, "bob")];
    let mut now = before.clone();
    change(&mut now[1]);
    score(vec![person(ADA, "ada", "ada@contoso.com"), bob], before, now, changed)
}

#[test]
fn without_resiliency_an_update_to_a_value_of_another_object_fails_as_a_whole() {
    // directory-sync.md 2.3.7
    let first_wins = [("duplicate_attribute", "first-wins")];
    let result = refused(&first_wins, |_| {});
    assert!(result.converged, "{result:#?}");
    assert_eq!((result.expected, result.right, result.conflicts.count), (2, 2, 1));
    let half = refused(&first_wins, |bob| set(bob, "department", "IT"));
    assert_eq!((found(&half), half.right), (vec!["wrong attributes"], 1));
    // with it the rest of the update goes through
    let kept = refused(&[], |_| {});
    assert_eq!((found(&kept), kept.right), (vec!["wrong attributes"], 1));
}

#[test]
fn an_object_is_refused_for_a_value_of_an_object_of_another_kind() {
    // directory-sync.md 2.3.4
    let held = |kind| record(kind, 0x80, None, &[("proxyAddresses", "SMTP:ada@contoso.com")]);
    let people = || vec![person(ADA, "ada", "ada@contoso.com")];
    let contact = held(SyncKind::Contact);
    let result = score(people(), vec![contact.clone()], vec![contact], &[]);
    assert!(result.converged, "{result:#?}");
    assert_eq!((result.expected, result.conflicts.count), (0, 1));
    assert_eq!(found(&score(people(), vec![], vec![], &[])), ["missing"]);
}

#[test]
fn over_the_threshold_only_what_is_synchronized_is_extra() {
    let changed = [("delete_threshold", "1")];
    let with = |more: CloudRecord| {
        let gone: Vec<OnPremObject> = directory().into_iter().take(1).collect();
        let mut now = right_cloud();
        now.push(more);
        score(gone, right_cloud(), now, &changed)
    };
    let new = with(cloud_person(7, "new"));
    assert_eq!((found(&new), new.extra.count), (vec!["extra"], 1));
    assert!(with(record(SyncKind::User, 0x81, None, &[("displayName", "Guest")])).converged);
}

#[test]
fn a_group_that_has_its_addresses_is_mail_enabled() {
    let attributes = [
        ("cn", "Staff"),
        ("sAMAccountName", "Staff"),
        ("groupType", "-2147483640"),
        ("displayName", "Staff"),
        ("mail", "staff@contoso.com"),
        ("mailNickname", "staff"),
        ("proxyAddresses", "SMTP:staff@contoso.com"),
    ];
    let now = |enabled: &str| {
        let properties = [
            ("displayName", "Staff"),
            ("securityEnabled", "true"),
            ("mailEnabled", enabled),
            ("mail", "staff@contoso.com"),
            ("mailNickname", "staff"),
            ("proxyAddresses", "SMTP:staff@contoso.com"),
            ("onPremisesSamAccountName", "Staff"),
            ("onPremisesDomainName", "contoso.local"),
            ("onPremisesNetBiosName", "CONTOSO"),
        ];
        record(SyncKind::Group, STAFF | CLOUD, Some(&anchor(STAFF)), &properties)
    };
    let result = |enabled: &str| {
        score(vec![object(SyncKind::Group, STAFF, &attributes)], vec![], vec![now(enabled)], &[])
    };
    assert!(result("true").converged, "{:#?}", result("true"));
    let wrong: Vec<(String, u64)> = result("false").wrong_by_attribute.into_iter().collect();
    assert_eq!(wrong, [("mailEnabled".to_owned(), 1)]);
}

fn unmatched() -> CloudRecord {
    let mut own = cloud_person(ADA, "ada");
    (own.id, own.anchor, own.synced) = (guid(0x77), None, None);
    own
}

#[test]
fn of_two_that_fit_one_cloud_object_the_second_is_made_anew() {
    let mut now = quarantined(ADA, BOB);
    now[0].id = guid(0x77);
    let result = score(twins(), vec![unmatched()], now, &[]);
    assert!(result.wrong_matches.is_empty(), "{result:#?}");
}

#[test]
fn whoever_takes_the_cloud_object_of_another_is_matched_wrongly_and_so_is_the_other() {
    let mut taken = cloud_person(BOB, "bob");
    taken.id = guid(0x77);
    let people = vec![person(ADA, "ada", "ada@contoso.com"), person(BOB, "bob", "bob@contoso.com")];
    let result = score(people, vec![unmatched()], vec![cloud_person(ADA, "ada"), taken], &[]);
    assert_eq!(result.wrong_matches.count, 2, "{result:#?}");
}

#[test]
fn a_name_is_quarantined_only_while_another_object_has_it_or_the_sweep_has_not_come() {
    let mut now = cloud_person(ADA, "ada");
    set(&mut now, "userPrincipalName", "ada+1234@contoso.onmicrosoft.com");
    now.quarantined = vec![("userprincipalname".to_owned(), "ada@contoso.com".to_owned())];
    let result = |before: Vec<CloudRecord>| {
        score(vec![person(ADA, "ada", "ada@contoso.com")], before, vec![now.clone()], &[])
    };
    let alone: Vec<(String, u64)> = result(vec![]).wrong_by_attribute.into_iter().collect();
    assert_eq!(alone, [("userPrincipalName".to_owned(), 1)]);
    assert!(result(vec![now.clone()]).converged, "{:#?}", result(vec![now.clone()]));
}

#[test]
fn a_manager_that_the_cloud_knew_stays_with_the_match_and_not_with_a_synchronized_object() {
    let managed = |mut ada: CloudRecord| {
        ada.manager = Some(guid(0x80));
        ada
    };
    let mut own = cloud_person(ADA, "ada");
    (own.anchor, own.synced) = (None, None);
    let result = |before: CloudRecord| {
        let before = vec![managed(before), cloud_only()];
        let now = vec![managed(cloud_person(ADA, "ada")), cloud_only()];
        score(vec![person(ADA, "ada", "ada@contoso.com")], before, now, &[])
    };
    assert!(result(own).converged);
    let synced: Vec<(String, u64)> =
        result(cloud_person(ADA, "ada")).wrong_by_attribute.into_iter().collect();
    assert_eq!(synced, [("manager".to_owned(), 1)]);
}

#[test]
fn a_second_object_with_one_anchor_is_extra_of_whatever_kind() {
    for kind in [SyncKind::User, SyncKind::Contact] {
        let second = record(kind, 0x10, Some(&anchor(ADA)), &[("displayName", "ada")]);
        let score = check(|now| now.push(second), &["extra"]);
        assert_eq!(score.extra.count, 1);
    }
}
