//! Rounds in one answer and in many, and what changes meanwhile.

use super::{
    ALL, ANCESTORS_FIRST, INCREMENTAL, Request, ask, cookie, delete, rdns, rename, round, split, told,
};
use crate::support::{Client, DOMAIN, Shown, administrator, modify};
use forestbed_sim::limits::Limits;
use ldap3_proto::proto::LdapModifyType;
use std::collections::BTreeSet;

fn contacts(client: &mut Client, ou: &str, count: usize) -> Vec<String> {
    (0..count).map(|n| client.add_contact(ou, &format!("c{n}"))).collect()
}

fn describe(client: &mut Client, dn: &str, text: &str) {
    let change = [(LdapModifyType::Replace, "description", &[text][..])];
    assert_eq!(client.ask(modify(dn, &change)).code, 0);
}

fn guids(entries: &[Shown]) -> BTreeSet<Vec<u8>> {
    entries.iter().flat_map(|entry| entry.bytes("objectGUID")).collect()
}

#[test]
fn a_first_round_has_tombstones_and_everything_that_is_set() {
    let mut client = administrator(Limits::default());
    let ou = client.add_ou("Staff");
    let gone = client.add_contact(&ou, "gone");
    describe(&mut client, &ou, "once");
    assert_eq!(client.ask(modify(&ou, &[(LdapModifyType::Delete, "description", &[])])).code, 0);
    delete(&mut client, &gone);
    let request = Request { filter: "(|(ou=Staff)(isDeleted=TRUE))", ..ALL };
    let (entries, _) = round(&mut client, &request, &[]);
    assert!(entries.iter().any(|entry| entry.dn.starts_with("CN=gone\\0ADEL:")));
    let staff = entries.iter().find(|entry| entry.dn == ou).expect("the unit");
    assert!(!staff.names().contains(&"ou"), "{:?}", staff.names());
    assert!(entries.iter().all(|entry| split(entry).1.is_empty()), "no emptied attributes");
}

#[test]
fn max_bytes_cuts_a_round_into_answers_that_miss_nothing() {
    let mut client = administrator(Limits::default());
    let ou = client.add_ou("Staff");
    contacts(&mut client, &ou, 40);
    let (whole, _) = round(&mut client, &ALL, &[]);
    for max_bytes in [1, 300, 5000] {
        let request = Request { max_bytes, ..ALL };
        let (parts, next) = round(&mut client, &request, &[]);
        assert_eq!(parts, whole, "maxBytes {max_bytes}");
        assert_eq!(round(&mut client, &request, &next).0, Vec::new());
    }
    let first = ask(&mut client, &Request { max_bytes: 1, ..ALL }, &[]);
    assert_eq!((first.entries.len(), told(&first).0), (1, true));
}

#[test]
fn the_server_has_a_limit_of_its_own_and_the_client_one_of_entries() {
    let limits = Limits { max_dir_sync_bytes: 20_000, max_page_size: 3, ..Limits::default() };
    let mut client = administrator(limits);
    let ou = client.add_ou("Staff");
    contacts(&mut client, &ou, 30);
    for max_bytes in [0, -1, i64::from(i32::MAX)] {
        let answer = ask(&mut client, &Request { max_bytes, ..ALL }, &[]);
        assert!(told(&answer).0 && answer.raw.len() < 30_000, "maxBytes {max_bytes}: {}", answer.raw.len());
        assert!(answer.entries.len() > 3, "MaxPageSize is not meant");
    }
    let mut request = crate::support::below(DOMAIN, "(objectClass=contact)", &["name"]);
    request.sizelimit = 7;
    let dir_sync =
        ldap3_proto::control::LdapControl::AdDirsync { flags: 0, max_bytes: 0, cookie: Some(vec![]) };
    let answer = client.search_with(request, vec![dir_sync]);
    assert_eq!((answer.entries.len(), told(&answer).0), (7, true));
}

#[test]
fn what_changes_between_two_answers_of_a_round_is_told() {
    let mut client = administrator(Limits::default());
    let ou = client.add_ou("Staff");
    let people = contacts(&mut client, &ou, 20);
    let request = Request { filter: "(objectClass=contact)", max_bytes: 1, ..ALL };
    let (mut cookie, mut seen, mut turn) = (Vec::new(), Vec::new(), 0);
    loop {
        let answer = ask(&mut client, &request, &cookie);
        let (more, next) = told(&answer);
        seen.extend(answer.entries);
        cookie = next;
        if !more {
            break;
        }
        turn += 1;
        match turn {
            5 => describe(&mut client, &people[0], "told before, changed since"),
            6 => describe(&mut client, &people[15], "not told yet"),
            7 => rename(&mut client, &people[2], "CN=moved", Some(&format!("CN=Users,{DOMAIN}"))),
            8 => delete(&mut client, &people[3]),
            _ => {}
        }
        assert!(turn < 100);
    }
    // whoever keeps the latest of each object by its GUID has the state of now
    let (whole, _) = round(&mut client, &Request { max_bytes: 0, ..request }, &[]);
    assert_eq!(guids(&seen).len(), whole.len(), "{:?}", rdns(&seen));
    for entry in &whole {
        let last = seen.iter().rev().find(|other| other.bytes("objectGUID") == entry.bytes("objectGUID"));
        let last = last.expect("told");
        assert_eq!((&last.dn, last.text("description")), (&entry.dn, entry.text("description")));
    }
}

#[test]
fn ancestors_come_first_when_asked_for() {
    let mut client = administrator(Limits::default());
    let known = cookie(&mut client);
    let (low, high) = (client.add_ou("Low"), client.add_ou("High"));
    let leaf = client.add_contact(&low, "leaf");
    // the parent is younger than its child now, and the youngest of all is its parent
    rename(&mut client, &low, "OU=Low", Some(&high));
    describe(&mut client, &high, "changed last");
    let leaf = leaf.replace(&low, &format!("OU=Low,{high}"));
    let order = |client: &mut Client, flags, max_bytes| {
        let (entries, _) = round(client, &Request { flags, max_bytes, ..ALL }, &known);
        entries.into_iter().map(|entry| entry.dn).collect::<Vec<String>>()
    };
    let low = format!("OU=Low,{high}");
    assert_eq!(order(&mut client, 0, 0), [leaf.clone(), low.clone(), high.clone()]);
    assert_eq!(order(&mut client, ANCESTORS_FIRST, 0), [high.clone(), low.clone(), leaf.clone()]);
    // in several answers, an ancestor may come again in its own turn
    let told = order(&mut client, ANCESTORS_FIRST, 1);
    let first = |dn: &String| told.iter().position(|other| other == dn).expect("told");
    assert!(first(&high) < first(&low) && first(&low) < first(&leaf), "{told:?}");
}

#[test]
fn an_object_that_left_the_filter_is_not_told() {
    let mut client = administrator(Limits::default());
    let ou = client.add_ou("Staff");
    let people = contacts(&mut client, &ou, 2);
    describe(&mut client, &people[0], "in");
    let request = Request { filter: "(description=in)", ..ALL };
    let (entries, known) = round(&mut client, &request, &[]);
    assert_eq!(entries.len(), 1);
    describe(&mut client, &people[0], "out");
    describe(&mut client, &people[1], "in");
    let (entries, _) = round(&mut client, &request, &known);
    assert_eq!(rdns(&entries), ["CN=c1"]);
}

#[test]
fn a_tombstone_is_told_once_its_filter_still_matches() {
    // Microsoft, Polling for Changes Using the DirSync Control: objectClass is kept, objectCategory is not
    let mut client = administrator(Limits::default());
    let ou = client.add_ou("Staff");
    let people = contacts(&mut client, &ou, 1);
    let known = cookie(&mut client);
    delete(&mut client, &people[0]);
    for (filter, attributes, expected) in [
        ("(objectClass=contact)", &["*"][..], 1),
        ("(objectCategory=person)", &["*"], 0),
        ("(objectClass=contact)", &["isDeleted"], 1),
        ("(objectClass=contact)", &["description"], 0),
    ] {
        let (entries, _) = round(&mut client, &Request { filter, attributes, ..ALL }, &known);
        assert_eq!(entries.len(), expected, "{filter} {attributes:?}");
    }
}

#[test]
fn children_of_a_renamed_object_are_not_told() {
    let mut client = administrator(Limits::default());
    let ou = client.add_ou("Staff");
    contacts(&mut client, &ou, 3);
    let known = cookie(&mut client);
    rename(&mut client, &ou, "OU=Folk", None);
    assert_eq!(rdns(&round(&mut client, &ALL, &known).0), ["OU=Folk"]);
}

#[test]
fn a_link_that_went_with_its_target_is_not_told() {
    let mut client = administrator(Limits::default());
    let ou = client.add_ou("Staff");
    let people = contacts(&mut client, &ou, 2);
    let members: Vec<&str> = people.iter().map(String::as_str).collect();
    let group: [(&str, &[&str]); 3] =
        [("objectClass", &["group"]), ("sAMAccountName", &["team"]), ("member", &members)];
    let team = format!("CN=team,{ou}");
    assert_eq!(client.add(&team, &group).code, 0);
    let known = cookie(&mut client);
    delete(&mut client, &people[0]);
    for flags in [0, INCREMENTAL] {
        let (entries, _) = round(&mut client, &Request { flags, ..ALL }, &known);
        assert_eq!(entries.len(), 1, "the tombstone alone");
        assert!(entries[0].dn.starts_with("CN=c0\\0ADEL:"));
    }
    // the last value goes: the attribute comes empty; incrementally, as the value that went
    let known = cookie(&mut client);
    let change = [(LdapModifyType::Delete, "member", &[][..])];
    assert_eq!(client.ask(modify(&team, &change)).code, 0);
    let (entries, _) = round(&mut client, &ALL, &known);
    assert_eq!(split(&entries[0]), (vec!["instanceType", "objectGUID"], vec!["member"]));
    let (entries, _) = round(&mut client, &Request { flags: INCREMENTAL, ..ALL }, &known);
    assert_eq!(entries[0].text("member;range=0-0"), people[1]);
    assert_eq!(split(&entries[0]).1, Vec::<&str>::new());
}

#[test]
fn single_valued_links_come_by_value_too() {
    let mut client = administrator(Limits::default());
    let ou = client.add_ou("Staff");
    let people = contacts(&mut client, &ou, 3);
    let boss = |client: &mut Client, manager: &str| {
        let change = [(LdapModifyType::Replace, "manager", &[manager][..])];
        assert_eq!(client.ask(modify(&people[0], &change)).code, 0);
    };
    boss(&mut client, &people[1]);
    let known = cookie(&mut client);
    boss(&mut client, &people[2]);
    let (entries, _) = round(&mut client, &ALL, &known);
    assert_eq!(rdns(&entries), ["CN=c0"], "the managers do not change");
    assert_eq!(entries[0].text("manager"), people[2]);
    let (entries, _) = round(&mut client, &Request { flags: INCREMENTAL, ..ALL }, &known);
    assert_eq!(entries[0].text("manager;range=0-0"), people[1]);
    assert_eq!(entries[0].text("manager;range=1-1"), people[2]);
}

#[test]
fn long_lists_come_up_to_max_val_range_unless_by_value() {
    // MS-ADTS 3.1.1.3.4.1.3: without the flag, values up to a limit of the server's
    let mut client = administrator(Limits { max_val_range: 4, ..Limits::default() });
    let ou = client.add_ou("Staff");
    let people = contacts(&mut client, &ou, 9);
    let members: Vec<&str> = people.iter().map(String::as_str).collect();
    let group: [(&str, &[&str]); 3] =
        [("objectClass", &["group"]), ("sAMAccountName", &["team"]), ("member", &members)];
    assert_eq!(client.add(&format!("CN=team,{ou}"), &group).code, 0);
    let of = |client: &mut Client, flags| {
        let request = Request { filter: "(cn=team)", attributes: &["member"], flags, ..ALL };
        round(client, &request, &[]).0.remove(0)
    };
    let entry = of(&mut client, 0);
    assert_eq!((entry.texts("member;range=0-3").len(), entry.names().contains(&"member")), (4, false));
    assert_eq!(of(&mut client, INCREMENTAL).texts("member;range=1-1").len(), 9);
}

#[test]
fn a_reset_ends_a_round_that_is_under_way() {
    let mut client = administrator(Limits::default());
    let request = crate::support::below(DOMAIN, "(objectClass=*)", &[]);
    let dir_sync =
        ldap3_proto::control::LdapControl::AdDirsync { flags: 0, max_bytes: 0, cookie: Some(vec![]) };
    let bytes = client.encode(ldap3_proto::proto::LdapOp::SearchRequest(request), vec![dir_sync]);
    let mut reply = client.session.handle(&bytes);
    let mut out = Vec::new();
    assert!(reply.messages.next_chunk(&mut client.session, &mut out));
    client.world.reset();
    while reply.messages.next_chunk(&mut client.session, &mut out) {}
    // docs/decisions/0008
    assert_eq!(crate::support::decode(&out).code, 52);
}
