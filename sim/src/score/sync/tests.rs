//! A small estate, its right cloud, and every kind of error made by hand.

use super::*;
use crate::oracle::testing::{domain, guid, object, record, tenant};
use crate::oracle::{CloudLicense, OnPremDomain, OnPremObject, Switches, expect};

const ADA: u8 = 1;
const BOB: u8 = 2;
const STAFF: u8 = 3;
const EVE: u8 = 4;
/// Added to a number: the cloud object of the on-premises object with that number.
const CLOUD: u8 = 0x40;

fn anchor(number: u8) -> String {
    guid(number).immutable_id()
}

fn person(number: u8, name: &str, upn: &str) -> OnPremObject {
    let mail = format!("{name}@contoso.com");
    let attributes = [
        ("cn", name),
        ("sAMAccountName", name),
        ("userPrincipalName", upn),
        ("mail", &mail),
        ("proxyAddresses", &format!("SMTP:{mail}")),
        ("mailNickname", name),
        ("userAccountControl", "512"),
        ("department", "Sales"),
    ];
    object(SyncKind::User, number, &attributes)
}

fn directory() -> Vec<OnPremObject> {
    let mut bob = person(BOB, "bob", "bob@contoso.com");
    bob.manager = Some(guid(ADA));
    let mut staff = object(
        SyncKind::Group,
        STAFF,
        &[("cn", "Staff"), ("sAMAccountName", "Staff"), ("groupType", "-2147483646")],
    );
    staff.members = vec![guid(ADA), guid(BOB)];
    let eve = object(SyncKind::Contact, EVE, &[("cn", "Eve"), ("mail", "eve@fabrikam.com")]);
    let built_in = object(
        SyncKind::User,
        9,
        &[("cn", "Administrator"), ("sAMAccountName", "Administrator"), ("isCriticalSystemObject", "TRUE")],
    );
    vec![person(ADA, "ada", "ada@contoso.com"), bob, staff, eve, built_in]
}

fn cloud_person(number: u8, name: &str) -> CloudRecord {
    let upn = format!("{name}@contoso.com");
    let properties = [
        ("userPrincipalName", upn.as_str()),
        ("onPremisesUserPrincipalName", &upn),
        ("displayName", name),
        ("mail", &upn),
        ("proxyAddresses", &format!("SMTP:{upn}")),
        ("mailNickname", name),
        ("accountEnabled", "true"),
        ("department", "Sales"),
        ("onPremisesSamAccountName", name),
        ("onPremisesDistinguishedName", &format!("CN={name},OU=People,DC=contoso,DC=local")),
        ("onPremisesDomainName", "contoso.local"),
    ];
    record(SyncKind::User, number | CLOUD, Some(&anchor(number)), &properties)
}

fn right_cloud() -> Vec<CloudRecord> {
    let mut bob = cloud_person(BOB, "bob");
    bob.manager = Some(guid(ADA | CLOUD));
    let mut staff = record(
        SyncKind::Group,
        STAFF | CLOUD,
        Some(&anchor(STAFF)),
        &[
            ("displayName", "Staff"),
            ("securityEnabled", "true"),
            ("mailEnabled", "false"),
            ("onPremisesSamAccountName", "Staff"),
            ("onPremisesDomainName", "contoso.local"),
            ("onPremisesNetBiosName", "CONTOSO"),
        ],
    );
    staff.members = BTreeSet::from([guid(ADA | CLOUD), guid(BOB | CLOUD)]);
    let eve = record(
        SyncKind::Contact,
        EVE | CLOUD,
        Some(&anchor(EVE)),
        &[("displayName", "Eve"), ("mail", "eve@fabrikam.com"), ("proxyAddresses", "SMTP:eve@fabrikam.com")],
    );
    vec![cloud_person(ADA, "ada"), bob, staff, eve, cloud_only()]
}

fn cloud_only() -> CloudRecord {
    let upn = "admin@contoso.onmicrosoft.com";
    record(SyncKind::User, 0x80, None, &[("userPrincipalName", upn), ("displayName", "Admin")])
}

fn view(objects: Vec<CloudRecord>) -> CloudView {
    tenant(&["contoso.com"], objects)
}

fn switches(changed: &[(&str, &str)]) -> Switches {
    let changed = changed.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Switches::of("today", &changed).unwrap()
}

/// Scores a cloud against what should come of a directory.
fn score(
    directory: Vec<OnPremObject>,
    before: Vec<CloudRecord>,
    now: Vec<CloudRecord>,
    changed: &[(&str, &str)],
) -> SyncScore {
    let domains: [OnPremDomain; 1] = [domain(directory)];
    let expected = expect(&domains, view(before), &switches(changed));
    judge(&expected, &view(now))
}

/// Names of the tallies that are not empty.
fn found(score: &SyncScore) -> Vec<&'static str> {
    let tallies = [
        ("missing", &score.missing),
        ("extra", &score.extra),
        ("wrong attributes", &score.wrong_attributes),
        ("wrong matches", &score.wrong_matches),
        ("orphans", &score.orphans),
        ("deletes missed", &score.deletes_missed),
        ("wrong deletes", &score.wrong_deletes),
        ("cloud-only touched", &score.cloud_only_touched),
    ];
    tallies.iter().filter(|(_, tally)| !tally.is_empty()).map(|(name, _)| *name).collect()
}

/// The right cloud with a change made to it, after a first synchronization.
fn check(change: impl FnOnce(&mut Vec<CloudRecord>), wanted: &[&str]) -> SyncScore {
    let mut now = right_cloud();
    change(&mut now);
    let score = score(directory(), vec![cloud_only()], now, &[]);
    assert_eq!(found(&score), wanted, "{score:#?}");
    assert_eq!(score.converged, wanted.is_empty());
    score
}

fn set(record: &mut CloudRecord, property: &'static str, value: &str) {
    record.properties.insert(property, vec![value.to_owned()]);
}

#[test]
fn a_right_synchronization_converges() {
    let score = check(|_| {}, &[]);
    assert_eq!((score.expected, score.right, score.conflicts.count), (4, 4, 0));
}

#[test]
fn every_kind_of_error_is_found_and_only_that_one() {
    check(
        |now| {
            now.remove(0);
        },
        &["missing", "wrong attributes"],
    ); // bob's manager and a member go too
    check(
        |now| {
            now.remove(3);
        },
        &["missing"],
    );
    check(|now| set(&mut now[0], "department", "IT"), &["wrong attributes"]);
    check(|now| set(&mut now[0], "accountEnabled", "false"), &["wrong attributes"]);
    check(|now| set(&mut now[0], "mail", "ada@fabrikam.com"), &["wrong attributes"]);
    check(|now| set(&mut now[0], "mailNickname", "countess"), &["wrong attributes"]);
    check(|now| set(&mut now[0], "userPrincipalName", "ada@contoso.onmicrosoft.com"), &["wrong attributes"]);
    check(|now| set(&mut now[0], "proxyAddresses", "smtp:ada@contoso.com"), &["wrong attributes"]);
    check(
        |now| {
            now[0].properties.remove("department");
        },
        &["wrong attributes"],
    );
    check(|now| set(&mut now[0], "city", "Oslo"), &["wrong attributes"]);
    check(|now| now[1].manager = None, &["wrong attributes"]);
    check(
        |now| {
            now[2].members.pop_first();
        },
        &["wrong attributes"],
    );
    check(
        |now| {
            now[2].members.insert(guid(0x80));
        },
        &["wrong attributes"],
    );
    check(
        |now| {
            now.pop();
        },
        &["cloud-only touched"],
    );
    let score = check(
        |now| now.push(record(SyncKind::User, 0x49, Some(&anchor(9)), &[("displayName", "Administrator")])),
        &["extra"],
    );
    assert!(score.extra.examples[0].contains("isCriticalSystemObject"), "{:?}", score.extra);
}

#[test]
fn an_anchor_in_the_wrong_byte_order_is_a_missing_object_and_an_orphan_with_its_cause() {
    use base64::Engine as _;
    let big_endian = base64::engine::general_purpose::STANDARD.encode(guid(EVE).to_bytes());
    let score = check(|now| now[3].anchor = Some(big_endian), &["missing", "orphans"]);
    assert!(score.orphans.examples[0].contains("wrong byte order"), "{:?}", score.orphans);
}

#[test]
fn a_forgotten_delete_is_missed_and_a_done_one_is_right() {
    let left: Vec<OnPremObject> = directory().into_iter().filter(|o| o.guid != guid(EVE)).collect();
    let forgotten = score(left.clone(), right_cloud(), right_cloud(), &[]);
    assert_eq!(found(&forgotten), ["deletes missed"]);
    let mut done = right_cloud();
    done[3].deleted = true;
    assert!(score(left, right_cloud(), done.clone(), &[]).converged);
    // the same deletion of an object that is still in scope
    let wrong = score(directory(), right_cloud(), done, &[]);
    assert_eq!(found(&wrong), ["wrong deletes"]);
    assert!(!wrong.mass_deletion);
}

#[test]
fn deleting_everybody_is_a_mass_deletion() {
    let people = |n: u8| (0x10..0x10 + n).map(|i| person(i, &format!("p{i}"), &format!("p{i}@contoso.com")));
    let before: Vec<CloudRecord> = (0x10..0x1a).map(|i| cloud_person(i, &format!("p{i}"))).collect();
    let score = score(people(10).collect(), before, Vec::new(), &[]);
    assert_eq!((score.wrong_deletes.count, score.mass_deletion), (10, true));
}

#[test]
fn over_the_threshold_nothing_may_be_exported() {
    // directory-sync.md 2.5.4: the export stops before any delete
    let changed = [("delete_threshold", "1")];
    let gone: Vec<OnPremObject> = directory().into_iter().take(1).collect();
    let held = score(gone.clone(), right_cloud(), right_cloud(), &changed);
    assert!(held.converged, "{held:#?}");
    let mut deleted = right_cloud();
    deleted.truncate(1);
    deleted.push(cloud_only());
    let score_deleted = score(gone.clone(), right_cloud(), deleted, &changed);
    assert_eq!(found(&score_deleted), ["wrong deletes"]);
    let mut updated = right_cloud();
    set(&mut updated[0], "department", "IT");
    assert_eq!(found(&score(gone, right_cloud(), updated, &changed)), ["wrong attributes"]);
}

#[test]
fn ten_wrong_deletes_are_a_mass_deletion_when_they_are_a_tenth() {
    // SyncScore::mass_deletion: ten, and a tenth of what was synchronized
    let check = |all: u8, deleted: u8, wanted: bool| {
        let of = |i: u8| format!("p{i}");
        let people = (0..all).map(|i| person(i, &of(i), &format!("{}@contoso.com", of(i)))).collect();
        let mut before: Vec<CloudRecord> = (0..all)
            .map(|i| record(SyncKind::User, i, Some(&anchor(i)), &[("displayName", &of(i))]))
            .collect();
        before.push(record(SyncKind::User, 0xff, None, &[("displayName", "Admin")]));
        let now = before[usize::from(deleted)..].to_vec();
        let score = score(people, before, now, &[]);
        assert_eq!((score.wrong_deletes.count, score.mass_deletion), (u64::from(deleted), wanted), "{all}");
    };
    check(100, 10, true);
    check(101, 10, false);
    check(20, 9, false);
    check(109, 11, true);
    check(111, 11, false);
}

#[test]
fn over_the_threshold_of_deletes_these_alone_are_held_back() {
    // directory-sync.md, open points: the threshold stops the export, or suppresses deletes
    let changed = [("delete_threshold", "1"), ("delete_threshold_effect", "suppress-deletes")];
    let gone = || directory().into_iter().take(1).collect::<Vec<OnPremObject>>();
    let kept = score(gone(), right_cloud(), right_cloud(), &changed);
    assert!(found(&kept).iter().all(|name| !name.contains("delete")), "{kept:#?}");
    let mut now = right_cloud();
    now.remove(3);
    let deleted = score(gone(), right_cloud(), now, &changed);
    assert_eq!(deleted.wrong_deletes.count, 1, "{deleted:#?}");
    assert!(deleted.wrong_deletes.examples[0].contains("Eve"), "{deleted:#?}");
}

#[test]
fn over_the_threshold_every_touch_is_counted() {
    let changed = [("delete_threshold", "1")];
    let gone: Vec<OnPremObject> = directory().into_iter().take(1).collect();
    let mut now = right_cloud();
    set(&mut now[0], "department", "IT");
    set(&mut now[1], "department", "IT");
    let updated = score(gone.clone(), right_cloud(), now, &changed);
    assert_eq!((updated.expected, updated.right), (5, 3));
    assert_eq!(updated.wrong_by_attribute.values().copied().collect::<Vec<_>>(), [2]);
    let mut now = right_cloud();
    set(&mut now[4], "displayName", "Other");
    assert_eq!(found(&score(gone.clone(), right_cloud(), now, &changed)), ["cloud-only touched"]);
    let mut now = right_cloud();
    now.push(cloud_person(7, "new"));
    now.push(record(SyncKind::User, 0x81, None, &[("displayName", "New admin")]));
    let added = score(gone, right_cloud(), now, &changed);
    assert_eq!((found(&added), added.extra.count), (vec!["extra"], 1));
}

#[test]
fn every_object_that_is_not_there_is_missing() {
    let score = score(directory(), vec![cloud_only()], vec![cloud_only()], &[]);
    assert_eq!((score.expected, score.right, score.missing.count), (4, 0, 4));
}

#[test]
fn links_are_held_against_the_directory_and_against_what_was_there() {
    check(|now| now[1].manager = None, &["wrong attributes"]);
    check(|now| now[1].manager = Some(guid(0x80)), &["wrong attributes"]);
    // nobody's manager, and one that the cloud knew before the match
    check(|now| now[0].manager = Some(guid(0x80)), &["wrong attributes"]);
    check(
        |now| {
            now[2].members.remove(&guid(BOB | CLOUD));
        },
        &["wrong attributes"],
    );
    // a member of the cloud that was not there before
    check(
        |now| {
            now[2].members.insert(guid(0x80));
        },
        &["wrong attributes"],
    );
    let mut before = right_cloud();
    before[2].members.insert(guid(0x80));
    let kept = score(directory(), before.clone(), before, &[]);
    assert!(kept.converged, "a member of the cloud's own stays: {kept:#?}");
}

/// Two people with the same user principal name and the same primary address.
fn twins() -> Vec<OnPremObject> {
    let mut bob = person(BOB, "bob", "ada@contoso.com");
    bob.attributes.insert("proxyaddresses", vec![b"SMTP:ada@contoso.com".to_vec()]);
    vec![person(ADA, "ada", "ada@contoso.com"), bob]
}

/// The twins in the cloud: `first` won everything, `second` is quarantined.
fn quarantined(first: u8, second: u8) -> Vec<CloudRecord> {
    let name = |number| if number == ADA { "ada" } else { "bob" };
    let mut winner = cloud_person(first, name(first));
    let mut loser = cloud_person(second, name(second));
    for twin in [&mut winner, &mut loser] {
        set(twin, "userPrincipalName", "ada@contoso.com");
        set(twin, "onPremisesUserPrincipalName", "ada@contoso.com");
        set(twin, "mail", "ada@contoso.com");
        set(twin, "proxyAddresses", "SMTP:ada@contoso.com");
    }
    set(&mut loser, "userPrincipalName", "ada+1234@contoso.onmicrosoft.com");
    loser.properties.remove("mail");
    loser.properties.remove("proxyAddresses");
    loser.quarantined = vec![
        ("userprincipalname".to_owned(), "ada@contoso.com".to_owned()),
        ("proxyaddresses".to_owned(), "smtp:ada@contoso.com".to_owned()),
    ];
    vec![winner, loser]
}

#[test]
fn of_two_duplicates_either_may_win_and_the_other_is_quarantined() {
    // directory-sync.md 2.3
    for (first, second) in [(ADA, BOB), (BOB, ADA)] {
        let result = score(twins(), vec![], quarantined(first, second), &[]);
        assert!(result.converged, "{result:#?}");
        assert_eq!(result.conflicts.count, 2);
    }
    let check = |change: fn(&mut Vec<CloudRecord>), wanted: &[&str]| {
        let mut now = quarantined(ADA, BOB);
        change(&mut now);
        let result = score(twins(), vec![], now, &[]);
        assert_eq!(found(&result), wanted, "{result:#?}");
    };
    // both lost it, the conflict is not on record, no digits, five digits, gone altogether
    check(
        |now| {
            let loser = now[1].clone();
            now[0].properties.extend(loser.properties.into_iter().filter(|(k, _)| *k == "userPrincipalName"));
        },
        &["wrong attributes"],
    );
    check(|now| now[1].quarantined.clear(), &["wrong attributes"]);
    check(|now| set(&mut now[1], "userPrincipalName", "ada@contoso.onmicrosoft.com"), &["wrong attributes"]);
    check(
        |now| set(&mut now[1], "userPrincipalName", "ada+12345@contoso.onmicrosoft.com"),
        &["wrong attributes"],
    );
    check(
        |now| {
            now.pop();
        },
        &["missing"],
    );
}

#[test]
fn a_secondary_address_left_behind_makes_the_initial_address_primary() {
    // directory-sync.md 2.2: no primary but a secondary address, so the initial-domain address is primary
    let secondary = "smtp:b.bob@contoso.com";
    let cloud = |addresses: &[&str]| {
        let mut now = quarantined(ADA, BOB);
        let values = addresses.iter().map(|value| (*value).to_owned()).collect();
        now[1].properties.insert("proxyAddresses", values);
        set(&mut now[1], "mail", "bob@contoso.onmicrosoft.com");
        now
    };
    let mut people = twins();
    people[1]
        .attributes
        .insert("proxyaddresses", vec![b"SMTP:ada@contoso.com".to_vec(), secondary.as_bytes().to_vec()]);
    let right = score(people.clone(), vec![], cloud(&["SMTP:bob@contoso.onmicrosoft.com", secondary]), &[]);
    assert!(right.converged, "{right:#?}");
    let other = score(people, vec![], cloud(&["SMTP:eve@contoso.onmicrosoft.com", secondary]), &[]);
    assert_eq!(found(&other), ["wrong attributes"]);
    let without = score(twins(), vec![], cloud(&["SMTP:bob@contoso.onmicrosoft.com"]), &[]);
    assert_eq!(found(&without), ["wrong attributes"]);
}

#[test]
fn who_held_a_value_before_keeps_it() {
    let before = vec![quarantined(ADA, BOB).swap_remove(0)];
    assert!(score(twins(), before.clone(), quarantined(ADA, BOB), &[]).converged);
    let stolen = score(twins(), before, quarantined(BOB, ADA), &[]);
    assert_eq!(found(&stolen), ["wrong attributes"]);
}

#[test]
fn first_wins_lets_the_second_not_appear() {
    // directory-sync.md 2.3.7 and mission.md row 20
    let changed = [("duplicate_attribute", "first-wins")];
    for winner in [(ADA, BOB), (BOB, ADA)] {
        let mut now = quarantined(winner.0, winner.1);
        now.truncate(1);
        let result = score(twins(), vec![], now, &changed);
        assert!(result.converged && result.conflicts.count == 1, "{result:#?}");
    }
    assert_eq!(found(&score(twins(), vec![], quarantined(ADA, BOB), &changed)), ["wrong attributes"]);
    assert_eq!(found(&score(twins(), vec![], vec![], &changed)), ["missing"]);
}

#[test]
fn a_soft_match_takes_the_cloud_object_over_and_keeps_its_id() {
    // directory-sync.md 2.1, scenario 17
    let mut own = cloud_person(ADA, "ada");
    (own.anchor, own.synced) = (None, None);
    set(&mut own, "city", "London");
    let mut joined = cloud_person(ADA, "ada");
    set(&mut joined, "city", "London");
    let people = || vec![person(ADA, "ada", "ada@contoso.com")];
    assert!(score(people(), vec![own.clone()], vec![joined.clone()], &[]).converged);
    // a duplicate instead of a match
    let mut twin = joined.clone();
    twin.id = guid(0x77);
    set(&mut twin, "userPrincipalName", "ada+1234@contoso.onmicrosoft.com");
    let result = score(people(), vec![own.clone()], vec![own.clone(), twin], &[]);
    assert!(found(&result).contains(&"wrong matches"), "{result:#?}");
    // a role holder is never matched, the switch blocks all matches
    own.has_role = true;
    let result = score(people(), vec![own.clone()], vec![joined.clone()], &[]);
    assert!(found(&result).contains(&"wrong matches"), "{result:#?}");
    own.has_role = false;
    let result = score(people(), vec![own], vec![joined], &[("block_soft_match", "on")]);
    assert!(found(&result).contains(&"wrong matches"), "{result:#?}");
}

#[test]
fn an_object_that_comes_back_within_thirty_days_has_its_old_id() {
    let mut gone = cloud_person(ADA, "ada");
    gone.deleted = true;
    let people = || vec![person(ADA, "ada", "ada@contoso.com")];
    assert!(score(people(), vec![gone.clone()], vec![cloud_person(ADA, "ada")], &[]).converged);
    let mut anew = cloud_person(ADA, "ada");
    anew.id = guid(0x77);
    let result = score(people(), vec![gone.clone()], vec![gone, anew], &[]);
    assert_eq!(found(&result), ["wrong matches"]);
}

#[test]
fn a_mailbox_has_its_name_and_its_initial_address_among_its_addresses() {
    // directory-sync.md 2.2, row 2: {SMTP:mail, smtp:upn, smtp:nick@initial}
    let ada = || {
        let mut ada = person(ADA, "ada", "ada.upn@contoso.com");
        ada.attributes.remove("proxyaddresses");
        vec![ada]
    };
    let licensed = |addresses: &[&str]| {
        let mut now = cloud_person(ADA, "ada");
        set(&mut now, "userPrincipalName", "ada.upn@contoso.com");
        set(&mut now, "onPremisesUserPrincipalName", "ada.upn@contoso.com");
        now.exchange = true;
        now.properties.insert("proxyAddresses", addresses.iter().map(|a| (*a).to_owned()).collect());
        score(ada(), vec![], vec![now], &[]).converged
    };
    let (mail, upn) = ("SMTP:ada@contoso.com", "smtp:ada.upn@contoso.com");
    assert!(licensed(&[mail, upn, "smtp:ada@contoso.onmicrosoft.com"]));
    assert!(licensed(&[mail, upn, "smtp:ada5236@contoso.onmicrosoft.com"]));
    assert!(!licensed(&[mail, upn]));
    assert!(!licensed(&[mail, "smtp:ada@contoso.onmicrosoft.com"]));
    assert!(!licensed(&[mail, upn, "smtp:bob@contoso.onmicrosoft.com"]));
}

/// Scores what became of the cloud-only administrator and a cloud-only group of which ada is a member.
fn check_cloud_only(change: impl FnOnce(&mut CloudRecord, &mut CloudRecord), wanted: &[&str]) {
    let mut group = record(SyncKind::Group, 0x81, None, &[("displayName", "Owners")]);
    group.members = BTreeSet::from([guid(ADA | CLOUD)]);
    let (mut admin_now, mut group_now) = (cloud_only(), group.clone());
    change(&mut admin_now, &mut group_now);
    let mut before = right_cloud();
    before.push(group);
    let mut now: Vec<CloudRecord> = right_cloud().into_iter().filter(|r| r.id != admin_now.id).collect();
    now.extend([admin_now, group_now]);
    // the same when the threshold of deletes, passed by three, stops the export
    let gone: Vec<OnPremObject> = directory().into_iter().take(1).collect();
    for (directory, changed) in [(directory(), vec![]), (gone, vec![("delete_threshold", "1")])] {
        let result = score(directory, before.clone(), now.clone(), &changed);
        assert_eq!(found(&result), wanted, "{result:#?}");
    }
}

#[test]
fn what_is_only_in_the_cloud_is_left_as_it_is() {
    let touched = ["cloud-only touched"];
    check_cloud_only(|_, _| {}, &[]);
    check_cloud_only(|admin, _| set(admin, "displayName", "Ada"), &touched);
    check_cloud_only(|admin, _| set(admin, "department", "Sales"), &touched);
    check_cloud_only(|admin, _| set(admin, "proxyAddresses", "SMTP:a@contoso.com"), &touched);
    check_cloud_only(|admin, _| admin.manager = Some(guid(ADA | CLOUD)), &touched);
    check_cloud_only(|_, group| group.members.clear(), &touched);
    check_cloud_only(|_, group| _ = group.members.insert(guid(BOB | CLOUD)), &touched);
    check_cloud_only(|_, group| set(group, "displayName", "Staff"), &touched);
}

#[test]
fn licensing_is_not_blamed_on_the_synchronization() {
    let license = |admin: &mut CloudRecord| {
        set(admin, "usageLocation", "CH");
        set(admin, "mail", "admin@contoso.onmicrosoft.com");
        set(admin, "proxyAddresses", "SMTP:admin@contoso.onmicrosoft.com");
        admin.licenses = vec![CloudLicense { sku: guid(0x90), disabled_plans: BTreeSet::new() }];
        admin.exchange = true;
    };
    check_cloud_only(|admin, _| license(admin), &[]);
    let both = |admin: &mut CloudRecord| {
        license(admin);
        set(admin, "displayName", "Ada");
    };
    check_cloud_only(|admin, _| both(admin), &["cloud-only touched"]);
}

#[test]
fn a_member_that_is_rightly_deleted_leaves_its_cloud_only_group() {
    let mut group = record(SyncKind::Group, 0x81, None, &[("displayName", "Owners")]);
    group.members = BTreeSet::from([guid(EVE | CLOUD)]);
    let mut before = right_cloud();
    before.push(group.clone());
    group.members.clear();
    let mut now = right_cloud();
    now[3].deleted = true;
    now.push(group);
    let left: Vec<OnPremObject> = directory().into_iter().filter(|o| o.guid != guid(EVE)).collect();
    let result = score(left, before, now, &[]);
    assert!(result.converged, "{result:#?}");
}

#[test]
fn a_member_that_comes_back_is_in_its_cloud_only_group_again() {
    let mut gone = cloud_person(ADA, "ada");
    gone.deleted = true;
    let group = record(SyncKind::Group, 0x81, None, &[("displayName", "Owners")]);
    let mut with_ada = group.clone();
    with_ada.members = BTreeSet::from([guid(ADA | CLOUD)]);
    let now = vec![cloud_person(ADA, "ada"), with_ada];
    let people = || vec![person(ADA, "ada", "ada@contoso.com")];
    let result = score(people(), vec![gone, group.clone()], now.clone(), &[]);
    assert!(result.converged, "{result:#?}");
    // nobody put her there when she was there all along
    let result = score(people(), vec![cloud_person(ADA, "ada"), group], now, &[]);
    assert_eq!(found(&result), ["cloud-only touched"]);
}

mod rare;
mod shared;
