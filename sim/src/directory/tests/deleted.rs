//! Deleted objects: tombstones, the recycle bin, undelete, lifetimes (active-directory.md 9; golden/07
//! "undelete"; MS-ADTS 3.1.1.5.3.7, 3.1.1.5.5).

use crate::clock::{DEFAULT_START, SimTime};
use crate::directory::testing::{attributes, search_with, seeded, system};
use crate::directory::{
    Directory, DirectoryError, Modification, ModifyOp, ObjectId, Scope, SearchOptions, UpdateContext, attr,
};
use std::time::Duration;

const ALICE: &str = "CN=Alice Müller,OU=Staff,DC=contoso,DC=local";
const BOB: &str = "CN=Bob Stone,OU=Sales,OU=Staff,DC=contoso,DC=local";
const TEAM: &str = "CN=Sales Team,OU=Groups,DC=contoso,DC=local";
const DC: &str = "DC=contoso,DC=local";
const FEATURE: &str =
    "CN=Partitions,CN=Configuration,DC=contoso,DC=local:766ddcd8-acd0-445e-f3b9-a7f9b6744f2a";

fn with_bin() -> Directory {
    let mut directory = seeded();
    directory.enable_optional_feature(&system(), FEATURE).unwrap();
    directory
}

fn shown(now: SimTime) -> UpdateContext {
    UpdateContext { show_deleted: true, ..UpdateContext::system(now) }
}

fn days(days: u64) -> SimTime {
    DEFAULT_START.plus(Duration::from_secs(days * 86_400))
}

fn step(op: ModifyOp, attribute: &str, values: &[&str]) -> Modification {
    let values = values.iter().map(|value| value.as_bytes().to_vec()).collect();
    Modification { op, attribute: attribute.to_owned(), values }
}

fn undelete_steps(name: &str) -> Vec<Modification> {
    vec![step(ModifyOp::Delete, "isDeleted", &[]), step(ModifyOp::Replace, "distinguishedName", &[name])]
}

fn undelete(directory: &mut Directory, id: ObjectId, name: &str) -> Result<ObjectId, DirectoryError> {
    let dn = directory.entry(id).unwrap().dn();
    directory.modify(&shown(DEFAULT_START), &dn, &undelete_steps(name))
}

fn code<T>(result: &Result<T, DirectoryError>) -> u32 {
    result.as_ref().map_or_else(|error| error.code.number(), |_| 0)
}

fn deleted(directory: &mut Directory, dn: &str) -> ObjectId {
    let id = directory.resolve(dn).unwrap();
    directory.delete(&system(), dn).unwrap();
    id
}

fn members(directory: &Directory) -> Vec<String> {
    directory.entry(directory.resolve(TEAM).unwrap()).unwrap().texts("member")
}

#[test]
fn an_undeleted_tombstone_has_what_it_kept_and_numbers_anew() {
    let mut directory = seeded();
    let id = deleted(&mut directory, ALICE);
    let before = directory.entry(id).unwrap().usn_changed();
    assert_eq!(undelete(&mut directory, id, "CN=Alice Back,OU=Bulk,DC=contoso,DC=local"), Ok(id));
    let entry = directory.entry(id).unwrap();
    assert_eq!(entry.dn(), "CN=Alice Back,OU=Bulk,DC=contoso,DC=local");
    assert!(!entry.is_deleted() && entry.usn_changed() > before);
    // golden/07 "undelete": what the object has afterwards
    for (name, expected) in [
        ("sAMAccountName", "alice"),
        ("userAccountControl", "512"),
        ("lastKnownParent", "OU=Staff,DC=contoso,DC=local"),
        ("accountExpires", "0"),
        ("badPasswordTime", "0"),
        ("badPwdCount", "0"),
        ("codePage", "0"),
        ("countryCode", "0"),
        ("lastLogoff", "0"),
        ("lastLogon", "0"),
        ("logonCount", "0"),
        ("pwdLastSet", "0"),
        ("adminCount", "0"),
        ("operatorCount", "0"),
        ("sAMAccountType", "805306368"),
        ("primaryGroupID", "513"),
        ("objectCategory", "CN=Person,CN=Schema,CN=Configuration,DC=contoso,DC=local"),
        ("cn", "Alice Back"),
    ] {
        assert_eq!(entry.text(name).as_deref(), Some(expected), "{name}");
    }
    for gone in [
        "isDeleted",
        "isRecycled",
        "msDS-LastKnownRDN",
        "mail",
        "userPrincipalName",
        "memberOf",
        "displayName",
    ] {
        assert!(!entry.has(gone), "{gone}");
    }
    assert_eq!(members(&directory), [BOB]);
    // it is found by class and name again, and may be deleted again
    let found = search_with(
        &directory,
        DC,
        Scope::Subtree,
        "(&(objectCategory=person)(sAMAccountName=alice))",
        SearchOptions::default(),
    );
    assert_eq!(found, ["CN=Alice Back,OU=Bulk,DC=contoso,DC=local"]);
    directory.delete(&system(), "CN=Alice Back,OU=Bulk,DC=contoso,DC=local").unwrap();
    let entry = directory.entry(id).unwrap();
    assert_eq!(entry.stamp(attr::IS_DELETED).unwrap().usn, entry.usn_changed());
}

#[test]
fn an_undelete_is_refused_with_codes_of_its_own() {
    let check = |what: &str, make: &dyn Fn(&mut Directory, ObjectId) -> u32, expected: u32| {
        let mut directory = seeded();
        let id = deleted(&mut directory, ALICE);
        assert_eq!(make(&mut directory, id), expected, "{what}");
    };
    check(
        "not shown",
        &|d, id| {
            let dn = d.entry(id).unwrap().dn();
            code(&d.modify(&system(), &dn, &undelete_steps(ALICE)))
        },
        32,
    );
    check("name taken", &|d, id| code(&undelete(d, id, BOB)), 68);
    check("no parent", &|d, id| code(&undelete(d, id, "CN=A,OU=Nope,DC=contoso,DC=local")), 1);
    check(
        "other naming context",
        &|d, id| code(&undelete(d, id, "CN=A,CN=Configuration,DC=contoso,DC=local")),
        1,
    );
    check("wrong parent class", &|d, id| code(&undelete(d, id, &format!("CN=A,{BOB}"))), 64);
    check("wrong naming attribute", &|d, id| code(&undelete(d, id, "OU=A,OU=Staff,DC=contoso,DC=local")), 64);
    check(
        "another change of a tombstone",
        &|d, id| {
            let dn = d.entry(id).unwrap().dn();
            code(&d.modify(&shown(DEFAULT_START), &dn, &[step(ModifyOp::Replace, "description", &["x"])]))
        },
        53,
    );
    check(
        "half an undelete",
        &|d, id| {
            let dn = d.entry(id).unwrap().dn();
            code(&d.modify(&shown(DEFAULT_START), &dn, &undelete_steps(ALICE)[..1]))
        },
        53,
    );
    check(
        "account name taken meanwhile",
        &|d, id| {
            let again = attributes(&["objectClass: user", "sAMAccountName: ALICE"]);
            d.add(&system(), "CN=Other,OU=Staff,DC=contoso,DC=local", &again).unwrap();
            code(&undelete(d, id, ALICE))
        },
        68,
    );
    check(
        "a plain user",
        &|d, id| {
            let bob = d.resolve(BOB).unwrap();
            let dn = d.entry(id).unwrap().dn();
            let context =
                UpdateContext { show_deleted: true, ..UpdateContext::account(DEFAULT_START, bob, true) };
            code(&d.modify(&context, &dn, &undelete_steps(ALICE)))
        },
        50,
    );
    check(
        "deleting a tombstone",
        &|d, id| {
            let dn = d.entry(id).unwrap().dn();
            code(&d.delete(&shown(DEFAULT_START), &dn))
        },
        53,
    );
}

#[test]
fn an_undelete_takes_other_changes_along() {
    let mut directory = seeded();
    let id = deleted(&mut directory, ALICE);
    let dn = directory.entry(id).unwrap().dn();
    let mut steps = undelete_steps(ALICE);
    steps.push(step(ModifyOp::Replace, "mail", &["alice@contoso.com"]));
    steps.push(step(ModifyOp::Add, "manager", &[BOB]));
    directory.modify(&shown(DEFAULT_START), &dn, &steps).unwrap();
    let entry = directory.entry(id).unwrap();
    assert_eq!(entry.text("mail").as_deref(), Some("alice@contoso.com"));
    assert_eq!(entry.texts("manager"), [BOB]);
}

#[test]
fn the_recycle_bin_is_enabled_once_by_its_identifier() {
    let mut directory = seeded();
    assert!(!directory.recycle_bin_enabled());
    let mut enable = |value: &str| code(&directory.enable_optional_feature(&system(), value));
    let partitions = "CN=Partitions,CN=Configuration,DC=contoso,DC=local";
    assert_eq!(enable(&format!("{partitions}:00000000-0000-0000-0000-000000000001")), 1);
    assert_eq!(enable("CN=Nope,DC=contoso,DC=local:766ddcd8-acd0-445e-f3b9-a7f9b6744f2a"), 32);
    assert_eq!(enable("DC=contoso,DC=local:766ddcd8-acd0-445e-f3b9-a7f9b6744f2a"), 53);
    assert_eq!(enable(FEATURE), 0);
    assert_eq!(enable(FEATURE), 20);
    assert!(directory.recycle_bin_enabled());
    let partitions = directory.entry(directory.resolve(partitions).unwrap()).unwrap();
    assert_eq!(
        partitions.texts("msDS-EnabledFeature"),
        [
            "CN=Recycle Bin Feature,CN=Optional Features,CN=Directory Service,CN=Windows NT,CN=Services,CN=Configuration,DC=contoso,DC=local"
        ]
    );
}

#[test]
fn the_recycle_bin_keeps_all_but_two_attributes_and_deactivates_links() {
    let mut directory = with_bin();
    let usn = directory.entry(directory.resolve(TEAM).unwrap()).unwrap().usn_changed();
    let id = deleted(&mut directory, ALICE);
    let entry = directory.entry(id).unwrap();
    assert!(entry.is_deleted() && !entry.is_recycled());
    for kept in
        ["mail", "proxyAddresses", "userPrincipalName", "displayName", "primaryGroupID", "lastKnownParent"]
    {
        assert!(entry.has(kept), "{kept}");
    }
    for gone in ["objectCategory", "sAMAccountType", "isRecycled", "memberOf", "directReports"] {
        assert!(!entry.has(gone), "{gone}");
    }
    // links of live objects to it, and its own, are seen with the deactivated link control only
    assert_eq!(members(&directory), [BOB]);
    let team = directory.entry(directory.resolve(TEAM).unwrap()).unwrap();
    assert_eq!(team.usn_changed(), usn);
    assert_eq!(team.with_deactivated_links().texts("member").len(), 2);
    assert_eq!(entry.with_deactivated_links().texts("memberOf"), [TEAM]);
    let stamps = team.link_stamps(attr::MEMBER);
    let alice = stamps.iter().find(|link| link.target == id).unwrap();
    assert!(!alice.present && alice.deactivated && alice.stamp.version == 1);
    let bob = directory.entry(directory.resolve(BOB).unwrap()).unwrap();
    assert!(!bob.has("manager") && bob.with_deactivated_links().has("manager"));
    // a filter sees what a reader sees
    let find = |filter: &str| search_with(&directory, DC, Scope::Subtree, filter, SearchOptions::default());
    assert!(find(&format!("(member=<GUID={}>)", entry.guid())).is_empty());
    assert!(find("(manager=*)").is_empty());
}

#[test]
fn an_object_comes_back_from_the_recycle_bin_whole() {
    let mut directory = with_bin();
    let texts = |directory: &Directory, id: ObjectId| -> Vec<(String, Vec<String>)> {
        let entry = directory.entry(id).unwrap();
        let names = [
            "mail",
            "proxyAddresses",
            "userPrincipalName",
            "memberOf",
            "directReports",
            "sAMAccountType",
            "objectCategory",
            "accountExpires",
            "pwdLastSet",
            "title",
        ];
        names.iter().map(|name| ((*name).to_owned(), entry.texts(*name))).collect()
    };
    let alice = directory.resolve(ALICE).unwrap();
    let before = texts(&directory, alice);
    let id = deleted(&mut directory, ALICE);
    undelete(&mut directory, id, ALICE).unwrap();
    assert_eq!(texts(&directory, id), before);
    assert_eq!(members(&directory).len(), 2);
    assert!(directory.authenticate("alice@contoso.local", b"Passw0rd!1", DEFAULT_START).is_ok());
}

#[test]
fn two_deleted_ends_of_a_link_come_back_with_the_second() {
    let mut directory = with_bin();
    let (alice, team) = (deleted(&mut directory, ALICE), deleted(&mut directory, TEAM));
    undelete(&mut directory, team, TEAM).unwrap();
    assert_eq!(members(&directory), [BOB]);
    undelete(&mut directory, alice, ALICE).unwrap();
    assert_eq!(members(&directory).len(), 2);
    assert_eq!(directory.entry(alice).unwrap().texts("memberOf"), [TEAM]);
}

#[test]
fn a_principal_name_taken_meanwhile_bars_the_way_back() {
    let mut directory = with_bin();
    let id = deleted(&mut directory, ALICE);
    let steps = [step(ModifyOp::Replace, "userPrincipalName", &["ALICE@contoso.local"])];
    directory.modify(&system(), BOB, &steps).unwrap();
    let refused = undelete(&mut directory, id, ALICE).unwrap_err();
    assert!(refused.text.starts_with("000021C8: AtrErr: "), "{}", refused.text);
}

#[test]
fn the_clock_recycles_and_collects() {
    let mut directory = with_bin();
    let id = deleted(&mut directory, ALICE);
    let (guid, sid) = (directory.entry(id).unwrap().guid(), directory.entry(id).unwrap().sid().unwrap());
    let find = |directory: &Directory, show_deleted, show_recycled| {
        let options = SearchOptions { show_deleted, show_recycled, ..SearchOptions::default() };
        search_with(directory, DC, Scope::Subtree, "(sAMAccountName=alice)", options).len()
    };
    directory.run_due(days(179));
    assert_eq!((find(&directory, true, false), find(&directory, false, true)), (1, 1));
    assert!(directory.entry(id).unwrap().has("mail"));
    // msDS-deletedObjectLifetime is unset, so that tombstoneLifetime counts: 180 days of a new forest
    directory.run_due(days(180));
    let entry = directory.entry(id).unwrap();
    assert!(entry.is_recycled() && !entry.has("mail") && entry.has("sAMAccountName"));
    assert!(entry.with_deactivated_links().texts("memberOf").is_empty());
    assert_eq!((find(&directory, true, false), find(&directory, false, true)), (0, 1));
    assert_eq!(code(&undelete(&mut directory, id, ALICE)), 53);
    directory.run_due(days(359));
    assert_eq!(find(&directory, false, true), 1);
    directory.run_due(days(360));
    assert_eq!(find(&directory, false, true), 0);
    assert!(directory.entry(id).is_none() && directory.by_guid(guid).is_none());
    assert!(directory.by_sid(&sid).is_none());
    // neither identifier is ever given again
    let again = attributes(&["objectClass: user", "sAMAccountName: alice"]);
    let id = directory.add(&system(), ALICE, &again).unwrap();
    let entry = directory.entry(id).unwrap();
    assert!(entry.guid() != guid && entry.sid().unwrap() != sid);
}

#[test]
fn a_tombstone_is_collected_after_its_lifetime_whatever_that_is() {
    let mut directory = seeded();
    let id = deleted(&mut directory, ALICE);
    directory.run_due(days(179));
    assert!(directory.entry(id).is_some());
    let service = "CN=Directory Service,CN=Windows NT,CN=Services,CN=Configuration,DC=contoso,DC=local";
    let lifetime = [step(ModifyOp::Replace, "tombstoneLifetime", &["200"])];
    directory.modify(&system(), service, &lifetime).unwrap();
    directory.run_due(days(199));
    assert!(directory.entry(id).is_some());
    let usn = directory.highest_usn();
    directory.run_due(days(200));
    assert!(directory.entry(id).is_none());
    assert_eq!(directory.highest_usn(), usn);
    // CN=Deleted Objects is marked as deleted, but stays
    assert!(directory.entry(directory.info().deleted_objects).is_some());
}

#[test]
fn deleting_a_deleted_object_recycles_it() {
    let mut directory = with_bin();
    let id = deleted(&mut directory, ALICE);
    let dn = directory.entry(id).unwrap().dn();
    assert_eq!(code(&directory.delete(&system(), &dn)), 32);
    assert_eq!(code(&directory.delete(&shown(DEFAULT_START), &dn)), 0);
    assert!(directory.entry(id).unwrap().is_recycled());
    assert_eq!(code(&directory.delete(&shown(DEFAULT_START), &dn)), 53);
}

#[test]
fn what_was_collected_keeps_its_name_for_those_that_refer_to_it() {
    let mut directory = seeded();
    let unit = "OU=Bulk,DC=contoso,DC=local";
    let id = deleted(&mut directory, unit);
    let guid = directory.entry(id).unwrap().guid();
    directory.run_due(days(180));
    assert!(directory.entry(id).is_none());
    let mut name = Vec::new();
    directory.write_dn(id, &mut name);
    let expected = format!("OU=Bulk\\0ADEL:{guid},CN=Deleted Objects,DC=contoso,DC=local");
    assert_eq!(String::from_utf8(name).unwrap(), expected);
}
