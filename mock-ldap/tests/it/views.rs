//! Windows on sorted lists, searches among an attribute's values, and the limits on both.

use super::support::{Answer, Client, DOMAIN, administrator, below, control, element, modify, object};
use forestbed_sim::limits::Limits;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{LdapModifyType, LdapOp, LdapSearchScope};

const SORT: &str = "1.2.840.113556.1.4.473";
const SORT_ANSWER: &str = "1.2.840.113556.1.4.474";
const LIST_VIEW: &str = "2.16.840.1.113730.3.4.9";
const LIST_VIEW_ANSWER: &str = "2.16.840.1.113730.3.4.10";
const SCOPED: &str = "1.2.840.113556.1.4.1504";
const POLICY: &str = "CN=Default Query Policy,CN=Query-Policies,CN=Directory Service,CN=Windows NT,CN=Services,CN=Configuration,DC=contoso,DC=local";

fn small(tag: u8, number: u8) -> Vec<u8> {
    vec![tag, 1, number]
}

/// A sort by so many keys; `rule` is the matching rule of the first.
fn sort(keys: &[&str], rule: Option<&str>, reverse: bool, critical: bool) -> LdapControl {
    let key = |(index, name): (usize, &&str)| {
        let mut content = element(4, name.as_bytes());
        if let (0, Some(rule)) = (index, rule) {
            content.extend(element(0x80, rule.as_bytes()));
        }
        if reverse {
            content.extend([0x81, 1, 0xff]);
        }
        element(0x30, &content)
    };
    let value = element(0x30, &keys.iter().enumerate().flat_map(key).collect::<Vec<_>>());
    control(SORT, critical, Some(&value))
}

/// A window by offset and content count.
fn by_offset(before: u8, after: u8, offset: u8, count: u8) -> LdapControl {
    let place = element(0xa0, &[small(2, offset), small(2, count)].concat());
    let value = element(0x30, &[small(2, before), small(2, after), place].concat());
    control(LIST_VIEW, true, Some(&value))
}

/// A window by value.
fn by_value(before: u8, after: u8, value: &str) -> LdapControl {
    let value = element(0x81, value.as_bytes());
    control(LIST_VIEW, true, Some(&element(0x30, &[small(2, before), small(2, after), value].concat())))
}

/// The content of an element at the front of some octets, and what follows it.
fn content(octets: &[u8], tag: u8) -> (&[u8], &[u8]) {
    assert_eq!(octets[0], tag, "{octets:02x?}");
    let (length, head) = match octets[1] {
        short @ 0..=0x7f => (usize::from(short), 2),
        long => {
            let count = usize::from(long & 0x7f);
            (octets[2..2 + count].iter().fold(0, |sum, octet| sum << 8 | usize::from(*octet)), 2 + count)
        }
    };
    (&octets[head..head + length], &octets[head + length..])
}

/// What the sequence in a control of an answer holds, from the octets as they came.
fn answered(raw: &[u8], oid: &str) -> Option<Vec<u8>> {
    let wanted = [&[4, oid.len() as u8], oid.as_bytes()].concat();
    let at = raw.windows(wanted.len()).position(|window| window == wanted)? + wanted.len();
    Some(content(content(&raw[at..], 4).0, 0x30).0.to_vec())
}

/// Position, count and result of a list view's answer.
fn view(raw: &[u8]) -> (u8, u8, u8) {
    let value = answered(raw, LIST_VIEW_ANSWER).expect("the answer of a list view");
    let [2, 1, position, 2, 1, count, 10, 1, result, 4, 4, ..] = value[..] else { panic!("{value:02x?}") };
    (position, count, result)
}

/// The result code of an answer without entries, and that of its list view: the other implementation knows only
/// the codes of RFC 4511.
fn refused(client: &mut Client, ou: &str, controls: Vec<LdapControl>) -> (u8, u8) {
    let request = LdapOp::SearchRequest(below(ou, "(objectClass=contact)", &["cn"]));
    let bytes = client.encode(request, controls);
    let raw = client.session.handle(&bytes).messages.rest(&mut client.session);
    let message = content(&raw, 0x30).0;
    let done = content(content(message, 2).1, 0x65).0;
    (content(done, 10).0[0], view(&raw).2)
}

/// Contacts bulk0 to bulk9 in an organizational unit of their own.
fn bulk(limits: Limits) -> (Client, String) {
    let mut client = administrator(limits);
    let ou = client.add_ou("Bulk");
    (0..10).rev().for_each(|number| drop(client.add_contact(&ou, &format!("bulk{number}"))));
    (client, ou)
}

fn names(answer: &Answer) -> Vec<String> {
    answer.entries.iter().map(|entry| entry.text("cn")).collect()
}

fn windowed(client: &mut Client, ou: &str, controls: Vec<LdapControl>) -> Answer {
    client.search_with(below(ou, "(objectClass=contact)", &["cn"]), controls)
}

#[test]
fn a_window_lies_where_the_client_puts_it() {
    // golden/03: VLV before 1 after 2 offset 10 count 0, and by value; positions count from 1
    let (mut client, ou) = bulk(Limits::default());
    let mut check = |window: LdapControl, reverse: bool, expected: &[&str], place: (u8, u8, u8)| {
        let answer = windowed(&mut client, &ou, vec![sort(&["cn"], None, reverse, false), window]);
        assert_eq!((answer.code, names(&answer)), (0, expected.iter().map(ToString::to_string).collect()));
        assert_eq!(view(&answer.raw), place);
        assert_eq!(answered(&answer.raw, SORT_ANSWER), Some(vec![10, 1, 0]));
    };
    check(by_offset(1, 2, 4, 0), false, &["bulk2", "bulk3", "bulk4", "bulk5"], (4, 10, 0));
    check(by_offset(1, 2, 1, 0), false, &["bulk0", "bulk1", "bulk2"], (1, 10, 0));
    check(by_offset(1, 2, 10, 10), false, &["bulk8", "bulk9"], (10, 10, 0));
    check(by_value(1, 2, "BULK5"), false, &["bulk4", "bulk5", "bulk6", "bulk7"], (6, 10, 0));
    check(by_value(0, 1, "bulk45"), false, &["bulk5", "bulk6"], (6, 10, 0));
    check(by_value(0, 1, "bulk45"), true, &["bulk4", "bulk3"], (6, 10, 0));
    check(by_value(1, 1, "zebra"), false, &["bulk9"], (11, 10, 0));
}

#[test]
fn a_window_that_cannot_be_is_refused_with_its_reason() {
    let (mut client, ou) = bulk(Limits::default());
    let order = || sort(&["cn"], None, false, false);
    // active-directory.md 5: needs sort, else error 60
    assert_eq!(refused(&mut client, &ou, vec![by_offset(1, 2, 4, 0)]), (60, 60));
    // draft-ietf-ldapext-ldapv3-vlv-09 section 6.2: offsetRangeError
    assert_eq!(refused(&mut client, &ou, vec![order(), by_offset(1, 2, 11, 10)]), (61, 61));
    let unknown = sort(&["nosuchattr"], None, false, false);
    assert_eq!(refused(&mut client, &ou, vec![unknown, by_offset(1, 2, 4, 0)]), (53, 53));
    let paged = LdapControl::SimplePagedResults { size: 3, cookie: Vec::new() };
    assert_eq!(refused(&mut client, &ou, vec![order(), by_offset(1, 2, 4, 0), paged]), (53, 53));
    let malformed = control(LIST_VIEW, true, Some(&[0x30, 3, 2, 1, 1]));
    assert_eq!(windowed(&mut client, &ou, vec![order(), malformed]).code, 12);
}

#[test]
fn more_than_the_temporary_table_holds_is_not_sorted() {
    let (mut client, ou) = bulk(Limits { max_temp_table_size: 9, ..Limits::default() });
    // RFC 2891: adminLimitExceeded, too many matching entries for the server to sort
    let answer = windowed(&mut client, &ou, vec![sort(&["cn"], None, false, false)]);
    assert_eq!((answer.code, answer.entries.len()), (0, 10));
    assert_eq!(answered(&answer.raw, SORT_ANSWER), Some(vec![10, 1, 11]));
    assert_eq!(windowed(&mut client, &ou, vec![sort(&["cn"], None, false, true)]).code, 12);
    let window = vec![sort(&["cn"], None, false, false), by_offset(1, 2, 4, 0)];
    let answer = windowed(&mut client, &ou, window);
    assert_eq!((answer.code, answer.entries.len(), view(&answer.raw).2), (11, 0, 11));
}

#[test]
fn a_sort_says_why_it_was_not_made() {
    let (mut client, ou) = bulk(Limits::default());
    let mut check = |keys: &[&str], rule: Option<&str>, expected: u8| {
        let answer = windowed(&mut client, &ou, vec![sort(keys, rule, true, false)]);
        assert_eq!((answer.code, answer.entries.len()), (0, 10), "{keys:?}");
        assert_eq!(answered(&answer.raw, SORT_ANSWER), Some(vec![10, 1, expected]), "{keys:?}");
        let first = if expected == 0 { "bulk9" } else { "" };
        assert!(expected != 0 || names(&answer)[0] == first);
        let critical = windowed(&mut client, &ou, vec![sort(keys, rule, true, true)]);
        assert_eq!(critical.code, if expected == 0 { 0 } else { 12 }, "{keys:?}");
    };
    check(&["cn"], None, 0);
    // golden/03: sss=sAMAccountName:2.5.13.3 is sorted
    check(&["cn"], Some("2.5.13.3"), 0);
    check(&["cn"], Some("1.2.3.4"), 18);
    check(&["nosuchattr"], None, 16);
    check(&["canonicalName"], None, 18);
    // active-directory.md 5: one key only
    check(&["cn", "name"], None, 53);
}

#[test]
fn a_sorted_list_comes_in_pages() {
    let (mut client, ou) = bulk(Limits::default());
    let (mut found, mut cookie) = (Vec::new(), Vec::new());
    loop {
        let page = LdapControl::SimplePagedResults { size: 4, cookie };
        let answer = windowed(&mut client, &ou, vec![sort(&["cn"], None, true, true), page]);
        assert_eq!(answer.code, 0);
        found.extend(names(&answer));
        cookie = answer.cookie().expect("a cookie").to_vec();
        if cookie.is_empty() {
            break;
        }
    }
    let expected: Vec<String> = (0..10).rev().map(|number| format!("bulk{number}")).collect();
    assert_eq!(found, expected);
}

#[test]
fn an_attribute_scope_searches_what_the_attribute_names() {
    // golden/05: ASQ member, base scope; non-base scope; non-DN attribute
    let (mut client, ou) = bulk(Limits::default());
    let group = format!("CN=Sales Team,{ou}");
    let members = [format!("CN=bulk1,{ou}"), format!("CN=bulk2,{ou}")];
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    assert_eq!(client.add(&group, &[("objectClass", &["group"]), ("member", &members)]).code, 0);
    let mut check = |attribute: &str, scope: LdapSearchScope, filter: &str, found: usize, result: u8| {
        let value = element(0x30, &element(4, attribute.as_bytes()));
        let request = super::support::request(&group, scope, filter, &["cn"]);
        let answer = client.search_with(request, vec![control(SCOPED, true, Some(&value))]);
        assert_eq!((answer.code, answer.entries.len()), (0, found), "{attribute} {filter}");
        assert_eq!(answered(&answer.raw, SCOPED), Some(vec![10, 1, result]), "{attribute}");
    };
    check("member", LdapSearchScope::Base, "(objectClass=contact)", 2, 0);
    check("MEMBER", LdapSearchScope::Base, "(cn=bulk2)", 1, 0);
    check("member", LdapSearchScope::Base, "(objectClass=user)", 0, 0);
    check("msds-memberTransitive", LdapSearchScope::Base, "(objectClass=*)", 2, 0);
    check("member", LdapSearchScope::Subtree, "(objectClass=contact)", 0, 53);
    check("cn", LdapSearchScope::Base, "(objectClass=contact)", 0, 21);
    check("managedBy", LdapSearchScope::Base, "(objectClass=contact)", 0, 0);
}

#[test]
fn a_change_of_the_query_policy_counts_at_once() {
    // active-directory.md 7: lDAPAdminLimits, readable in the Default Query Policy
    let (mut client, ou) = bulk(Limits { max_page_size: 8, ..Limits::default() });
    let seeded = client.search(object(POLICY, &["lDAPAdminLimits"])).entries.remove(0);
    assert!(seeded.texts("lDAPAdminLimits").contains(&"MaxPageSize=8".to_owned()));
    let found = |client: &mut Client| {
        let answer = windowed(client, &ou, Vec::new());
        (answer.code, answer.entries.len())
    };
    assert_eq!(found(&mut client), (4, 8));
    let change =
        modify(POLICY, &[(LdapModifyType::Replace, "lDAPAdminLimits", &["MaxPageSize=3", "MaxValRange=2"])]);
    assert_eq!(client.ask(change).code, 0);
    assert_eq!(found(&mut client), (4, 3));
    let group = format!("CN=Three,{ou}");
    let members: Vec<String> = (0..3).map(|number| format!("CN=bulk{number},{ou}")).collect();
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    assert_eq!(client.add(&group, &[("objectClass", &["group"]), ("member", &members)]).code, 0);
    let entry = client.search(object(&group, &["member"])).entries.remove(0);
    assert_eq!(entry.names(), ["member", "member;range=0-1"]);
    let back = modify(POLICY, &[(LdapModifyType::Replace, "lDAPAdminLimits", &["MaxPageSize=1000"])]);
    assert_eq!(client.ask(back).code, 0);
    assert_eq!(client.search(below(DOMAIN, "(cn=bulk*)", &["1.1"])).entries.len(), 10);
}
