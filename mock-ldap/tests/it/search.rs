//! What a search returns, and how.

use crate::support::{
    Answer, Client, DOMAIN, administrator, below, control, element, modify, object, raw_search, request,
};
use forestbed_sim::limits::Limits;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{LdapModifyType, LdapOp, LdapSearchRequest, LdapSearchScope};

/// OU=Staff with bob and a contact, OU=Sales in it with eve.
fn staff() -> Client {
    let mut client = administrator(Limits::default());
    let staff = client.add_ou("Staff");
    let sales = format!("OU=Sales,{staff}");
    assert_eq!(client.add(&sales, &[("objectClass", &["organizationalUnit"])]).code, 0);
    client.add_user(&staff, "bob");
    client.add_contact(&staff, "carl");
    client.add_user(&sales, "eve");
    client
}

fn dn(relative: &str) -> String {
    format!("{relative},OU=Staff,{DOMAIN}")
}

fn sorted(answer: &Answer) -> Vec<String> {
    let mut dns: Vec<String> = answer.entries.iter().map(|entry| entry.dn.clone()).collect();
    dns.sort();
    dns
}

#[test]
fn a_scope_decides_what_is_seen() {
    let mut client = staff();
    let base = format!("OU=Staff,{DOMAIN}");
    let all = [dn("CN=bob"), dn("CN=carl"), dn("CN=eve,OU=Sales"), dn("OU=Sales"), base.clone()];
    for (scope, expected) in [
        (LdapSearchScope::Base, vec![base.clone()]),
        (LdapSearchScope::OneLevel, vec![dn("CN=bob"), dn("CN=carl"), dn("OU=Sales")]),
        (LdapSearchScope::Subtree, all.to_vec()),
    ] {
        let answer = client.search(request(&base, scope.clone(), "(objectClass=*)", &["1.1"]));
        assert_eq!(sorted(&answer), expected, "{scope:?}");
        assert!(answer.entries.iter().all(|entry| entry.attributes.is_empty()));
    }
}

#[test]
fn a_selection_decides_which_attributes_come() {
    let mut client = staff();
    let bob = dn("CN=bob");
    let mut check = |asked: &[&str], expected: &[&str]| {
        let answer = client.search(object(&bob, asked));
        assert_eq!(answer.entries[0].names(), expected, "{asked:?}");
    };
    // active-directory.md 1: in schema case, by OID, without ;binary, in any case
    check(&["SAMACCOUNTNAME", "cn"], &["sAMAccountName", "cn"]);
    check(&["2.5.4.3"], &["cn"]);
    check(&["objectGUID;binary"], &["objectGUID"]);
    check(&["cn", "CN", "2.5.4.3"], &["cn"]);
    check(&["1.1"], &[]);
    check(&["+"], &[]);
    check(&["mail"], &[]);
    check(&["noSuchAttribute"], &[]);
    // constructed attributes come only when named
    check(&["canonicalName", "unicodePwd"], &["canonicalName"]);
    let every = client.search(object(&bob, &[])).entries[0].clone();
    let named = client.search(object(&bob, &["*", "canonicalName"])).entries[0].clone();
    assert!(!every.names().contains(&"canonicalName"));
    assert!(!every.names().contains(&"unicodePwd"));
    for name in
        ["objectClass", "cn", "distinguishedName", "objectGUID", "objectSid", "whenCreated", "uSNChanged"]
    {
        assert!(every.names().contains(&name), "{name} in {:?}", every.names());
    }
    assert_eq!(named.text("canonicalName"), "contoso.local/Staff/bob");
    assert_eq!(named.attributes.len(), every.attributes.len() + 1);
    assert_eq!(every.text("objectClass"), "top|person|organizationalPerson|user");
    let journal = client.journal();
    assert!(journal.iter().any(|(_, _, unknown)| unknown.as_deref() == Some("noSuchAttribute")));
}

#[test]
fn types_only_leaves_the_values_out() {
    let mut client = staff();
    let request = LdapSearchRequest { typesonly: true, ..object(&dn("CN=bob"), &["cn", "objectClass"]) };
    let entry = client.search(request).entries.remove(0);
    assert_eq!(entry.attributes, [("cn".to_owned(), vec![]), ("objectClass".to_owned(), vec![])]);
}

#[test]
fn a_base_that_does_not_exist_is_told_with_its_nearest_ancestor() {
    // active-directory.md 6.6
    let mut client = staff();
    let answer = client.search(object(&format!("CN=x,OU=Nope,OU=Staff,{DOMAIN}"), &[]));
    assert_eq!((answer.code, answer.matched_dn.as_str()), (32, "OU=Staff,DC=contoso,DC=local"));
    let text = "0000208D: NameErr: DSID-0310028C, problem 2001 (NO_OBJECT), data 0, best match of:\n\t'OU=Staff,DC=contoso,DC=local'\n\0";
    assert_eq!(answer.text, text);
    assert_eq!(client.search(object("garbage", &[])).code, 34);
    // golden 05, "subtree of empty base"
    assert_eq!(client.search(below("", "(objectClass=user)", &[])).code, 32);
}

#[test]
fn a_base_of_another_domain_is_a_referral() {
    // active-directory.md 6.4
    let mut client = staff();
    let answer = client.search(object("DC=fabrikam,DC=com", &[]));
    let text = "0000202B: RefErr: DSID-0310082F, data 0, 1 access points\n\tref 1: 'fabrikam.com'\n\0";
    assert_eq!((answer.code, answer.text.as_str()), (10, text));
    let url = b"ldap://fabrikam.com/DC=fabrikam,DC=com";
    assert!(answer.raw.windows(url.len()).any(|window| window == url));
}

#[test]
fn a_domain_wide_search_ends_with_references_unless_it_is_told_not_to() {
    // active-directory.md 6.4, golden 05
    let mut client = staff();
    let search = || below(DOMAIN, "(cn=nosuch)", &["1.1"]);
    let answer = client.search(search());
    assert_eq!((answer.code, answer.entries.len()), (0, 0));
    assert_eq!(answer.references[0], "ldap://contoso.local/CN=Configuration,DC=contoso,DC=local");
    assert!(answer.references.iter().all(|url| !url.contains("CN=Schema")), "{:?}", answer.references);
    let option = |bits: u8| element(0x30, &[2, 1, bits]);
    for (oid, value) in [("1339", None), ("1340", Some(option(1))), ("1340", Some(option(2)))] {
        let oid = format!("1.2.840.113556.1.4.{oid}");
        let answer = client.search_with(search(), vec![control(&oid, true, value.as_deref())]);
        assert_eq!((answer.code, answer.references.len()), (0, 0), "{oid}");
    }
    assert_eq!(client.search(below(&format!("OU=Staff,{DOMAIN}"), "(cn=x)", &[])).references.len(), 0);
    // the phantom root: every naming context, and an empty base will do
    let root = vec![control("1.2.840.113556.1.4.1340", true, Some(&option(2)))];
    let answer = client.search_with(below("", "(|(cn=bob)(cn=Partitions))", &["1.1"]), root);
    assert_eq!(
        sorted(&answer),
        ["CN=Partitions,CN=Configuration,DC=contoso,DC=local".to_owned(), dn("CN=bob")]
    );
}

#[test]
fn values_that_are_no_text_are_found() {
    // issue 2: (objectGUID=\xx...) and objectSid find their user
    let mut client = staff();
    let bob = client.search(object(&dn("CN=bob"), &["objectGUID", "objectSid"])).entries.remove(0);
    for name in ["objectGUID", "objectSid"] {
        let parts = [element(4, name.as_bytes()), element(4, &bob.bytes(name)[0])];
        let answer = client.ask_raw(&raw_search(DOMAIN, &element(0xa3, &parts.concat())));
        assert_eq!(answer.dns(), [dn("CN=bob")], "{name}");
    }
}

#[test]
fn tombstones_are_seen_with_the_control_only() {
    let mut client = staff();
    assert_eq!(client.ask(LdapOp::DelRequest(dn("CN=carl"))).code, 0);
    let search = || below(DOMAIN, "(&(isDeleted=TRUE)(cn=carl*))", &["1.1"]);
    assert_eq!(client.search(search()).entries.len(), 0);
    let shown = client.search_with(search(), vec![control("1.2.840.113556.1.4.417", true, None)]);
    assert_eq!(shown.entries.len(), 1);
    assert!(
        shown.entries[0].dn.contains(",CN=Deleted Objects,DC=contoso,DC=local"),
        "{}",
        shown.entries[0].dn
    );
    let tombstone = || object(&shown.entries[0].dn, &["1.1"]);
    assert_eq!(client.search(tombstone()).code, 32);
    assert_eq!(client.search_with(tombstone(), vec![control("1.2.840.113556.1.4.417", true, None)]).code, 0);
}

#[test]
fn extended_names_carry_guid_and_sid() {
    // active-directory.md 5 and golden 05
    let mut client = staff();
    let group = dn("CN=Sales Team");
    let member = dn("CN=bob");
    let added = client.add(&group, &[("objectClass", &["group"]), ("member", &[&member])]);
    assert_eq!(added.code, 0, "{}", added.text);
    let bob = client.search(object(&member, &["objectGUID", "objectSid"])).entries.remove(0);
    let guid: [u8; 16] = bob.bytes("objectGUID").remove(0).try_into().expect("a GUID");
    let sid = bob.bytes("objectSid").remove(0);
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let text = format!(
        "<GUID={}>;<SID={}>;{member}",
        forestbed_sim::ids::Guid::from_bytes_le(guid),
        forestbed_sim::ids::Sid::from_bytes(&sid).expect("a SID")
    );
    let hexadecimal = format!("<GUID={}>;<SID={}>;{member}", hex(&guid), hex(&sid));
    for (value, expected) in [
        (None, &hexadecimal),
        (Some(&[0x30, 3, 2, 1, 0][..]), &hexadecimal),
        (Some(&[0x30, 3, 2, 1, 1]), &text),
    ] {
        let extended = || vec![control("1.2.840.113556.1.4.529", true, value)];
        assert_eq!(client.search_with(object(&member, &["1.1"]), extended()).entries[0].dn, *expected);
        let shown = client.search_with(object(&group, &["member"]), extended());
        assert_eq!(shown.entries[0].text("member"), *expected);
    }
}

#[test]
fn entries_come_in_the_order_that_was_asked_for() {
    let mut client = staff();
    for (dn, title) in [(dn("CN=bob"), "b"), (dn("CN=eve,OU=Sales"), "A")] {
        assert_eq!(client.ask(modify(&dn, &[(LdapModifyType::Add, "title", &[title])])).code, 0);
    }
    let key = |attribute: &str, reverse: bool| {
        let reverse: &[u8] = if reverse { &[0x81, 1, 1] } else { &[] };
        let key = [element(4, attribute.as_bytes()), reverse.to_vec()].concat();
        element(0x30, &element(0x30, &key))
    };
    let mut check = |attribute, reverse, critical, expected: Option<&[&str]>| {
        let value = key(attribute, reverse);
        let controls = vec![control("1.2.840.113556.1.4.473", critical, Some(&value))];
        let answer = client.search_with(below(&format!("OU=Staff,{DOMAIN}"), "(cn=*)", &["cn"]), controls);
        let names: Vec<String> = answer.entries.iter().map(|entry| entry.text("cn")).collect();
        match expected {
            Some(expected) => assert_eq!(names, expected),
            None => assert_eq!(answer.code, 12),
        }
        answer.controls
    };
    check("title", false, true, Some(&["eve", "bob", "carl"]));
    check("title", true, false, Some(&["bob", "eve", "carl"]));
    check("nosuch", false, true, None);
    let controls = check("nosuch", false, false, Some(&["bob", "carl", "eve"]));
    // active-directory.md 5: 16 noSuchAttribute in the sort response control
    let LdapControl::ServerSortResult { sort_result } = &controls[0] else { panic!("{controls:?}") };
    assert_eq!(sort_result.result_code.clone() as i64, 16);
}

#[test]
fn an_unknown_control_is_refused_when_critical_and_noted_when_not() {
    let mut client = staff();
    let ask = |client: &mut Client, oid, critical| {
        client.search_with(object(DOMAIN, &["1.1"]), vec![control(oid, critical, None)]).code
    };
    assert_eq!(ask(&mut client, "1.2.3.4.5", true), 12);
    assert_eq!(ask(&mut client, "1.2.3.4.5", false), 0);
    // clients.md: bloodyAD sends the critical control 2065 on object reads
    assert_eq!(ask(&mut client, "1.2.840.113556.1.4.2065", true), 0);
    let journal = client.journal();
    let noted = journal.iter().filter(|(_, _, unknown)| unknown.as_deref() == Some("1.2.3.4.5"));
    assert_eq!(noted.map(|(_, status, _)| *status).collect::<Vec<_>>(), [12, 0]);
}

#[test]
fn an_unknown_attribute_in_a_filter_finds_nothing_and_is_noted() {
    // active-directory.md 6.1
    let mut client = staff();
    for filter in ["(nosuchattr=1)", "(&(cn=bob)(nosuchattr=*))"] {
        let answer = client.search(below(DOMAIN, filter, &[]));
        assert_eq!((answer.code, answer.entries.len()), (0, 0), "{filter}");
        assert_eq!(client.journal().pop().and_then(|line| line.2), Some("nosuchattr".to_owned()));
    }
}

#[test]
fn many_values_come_in_ranges() {
    // active-directory.md 6.3, golden 03b
    let mut client = administrator(Limits { max_val_range: 3, ..Limits::default() });
    let ou = client.add_ou("Staff");
    let members: Vec<String> = (0..8).map(|number| client.add_contact(&ou, &format!("c{number}"))).collect();
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    let group = format!("CN=Big Group,{ou}");
    assert_eq!(client.add(&group, &[("objectClass", &["group"]), ("member", &members)]).code, 0);
    let mut check = |asked: &str, expected: &[(&str, usize)]| {
        let entry = client.search(object(&group, &[asked])).entries.remove(0);
        let shown: Vec<_> =
            entry.attributes.iter().map(|(name, values)| (name.as_str(), values.len())).collect();
        assert_eq!(shown, expected, "{asked}");
    };
    check("member", &[("member", 0), ("member;range=0-2", 3)]);
    check("member;range=0-*", &[("member;range=0-2", 3)]);
    check("member;range=3-*", &[("member;range=3-5", 3)]);
    check("member;range=6-*", &[("member;range=6-*", 2)]);
    check("MEMBER;Range=1-2", &[("member;range=1-2", 2)]);
    check("cn;range=0-*", &[("cn;range=0-*", 1)]);
    let every = client.search(object(&group, &["*"])).entries.remove(0);
    assert!(every.names().contains(&"member;range=0-2"));
    assert_eq!(client.search(object(&group, &["member;range=abc"])).code, 53);
    assert_eq!(client.search(object(&group, &["member;range=8-*"])).code, 1);
    let no_error = vec![control("1.2.840.113556.1.4.1948", true, None)];
    let answer = client.search_with(object(&group, &["member;range=8-*"]), no_error);
    assert_eq!((answer.code, answer.entries[0].attributes.len()), (0, 0));
}

#[test]
fn the_schema_can_be_read_as_text() {
    // active-directory.md 4, golden 05
    let mut client = administrator(Limits::default());
    let aggregate = format!("CN=Aggregate,CN=Schema,CN=Configuration,{DOMAIN}");
    let names =
        ["objectClass", "attributeTypes", "objectClasses", "dITContentRules", "extendedAttributeInfo"];
    let entry = client.search(object(&aggregate, &names)).entries.remove(0);
    assert_eq!(entry.text("objectClass"), "top|subSchema");
    assert!(entry.texts("attributeTypes").len() > 1472);
    assert_eq!(entry.texts("objectClasses").len(), 264);
    let sam = "( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' SYNTAX '1.3.6.1.4.1.1466.115.121.1.15' SINGLE-VALUE )";
    assert!(entry.texts("attributeTypes").iter().any(|text| text == sam));
    let sam = "( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' RANGE-LOWER '0' RANGE-UPPER '256' PROPERTY-GUID 'D0BF0A3E6A12D011A06000AA006C33ED' PROPERTY-SET-GUID '422FBA59A279D011902000C04FC2D3CF' INDEXED )";
    assert!(entry.texts("extendedAttributeInfo").iter().any(|text| text == sam));
}

#[test]
fn the_journal_has_a_line_for_each_request() {
    let mut client = staff();
    let before = client.journal().len();
    client.search(below(DOMAIN, "(cn=bob)", &[]));
    let lines = client.world.journal.since(0, usize::MAX);
    assert_eq!(lines.len(), before + 1);
    let line = lines.last().expect("a line");
    assert_eq!((line.operation.as_str(), line.status, line.returned, line.write), ("search", 0, 1, false));
    assert_eq!(line.target, "DC=contoso,DC=local?sub?(cn=bob)");
    assert_eq!(line.client, "CONTOSO\\Administrator");
}
