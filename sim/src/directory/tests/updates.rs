//! Writes of golden/07: each case with the code that Active Directory gives (active-directory.md 8, 10, 11);
//! where the oracle of the transcript differs, section 12 says so.

use crate::clock::DEFAULT_START;
use crate::directory::testing::{attributes, search_with, seeded, system};
use crate::directory::{
    Directory, DirectoryError, Modification, ModifyOp, Port, Scope, SearchOptions, UpdateContext, attr,
};

const ALICE: &str = "CN=Alice Müller,OU=Staff,DC=contoso,DC=local";
const BOB: &str = "CN=Bob Stone,OU=Sales,OU=Staff,DC=contoso,DC=local";
const TEAM: &str = "CN=Sales Team,OU=Groups,DC=contoso,DC=local";
const DC: &str = "DC=contoso,DC=local";

fn code<T>(result: &Result<T, DirectoryError>) -> u32 {
    result.as_ref().map_or_else(|error| error.code.number(), |_| 0)
}

/// Adds below OU=Staff unless the name has a comma of its own.
fn add(directory: &mut Directory, rdn: &str, lines: &[&str]) -> u32 {
    let dn = if rdn.ends_with(DC) { rdn.to_owned() } else { format!("{rdn},OU=Staff,{DC}") };
    code(&directory.add(&system(), &dn, &attributes(lines)))
}

fn check_add(what: &str, rdn: &str, lines: &[&str], expected: u32) {
    assert_eq!(add(&mut seeded(), rdn, lines), expected, "{what}");
}

#[test]
fn adding_obeys_uniqueness() {
    check_add("entry exists", "CN=Alice Müller", &["objectClass: user", "sAMAccountName: x"], 68);
    check_add("CN differing case", "CN=carl contact", &["objectClass: contact"], 68);
    check_add("same CN in other OU", &format!("CN=Alice Müller,OU=Bulk,{DC}"), &["objectClass: contact"], 0);
    check_add("dup sAMAccountName", "CN=A", &["objectClass: user", "sAMAccountName: alice"], 68);
    check_add("dup sAMAccountName, case", "CN=A", &["objectClass: user", "sAMAccountName: ALICE"], 68);
    check_add("dup, user and group", "CN=A", &["objectClass: group", "sAMAccountName: alice"], 68);
    let upn = |upn| ["objectClass: user", "sAMAccountName: a", upn];
    check_add("dup UPN", "CN=A", &upn("userPrincipalName: alice@contoso.local"), 19);
    check_add("dup UPN, case", "CN=A", &upn("userPrincipalName: ALICE@contoso.local"), 19);
    check_add("dup SPN", "CN=A", &["objectClass: computer", "servicePrincipalName: HOST/ws001"], 19);
    check_add(
        "dup proxyAddresses",
        "CN=A",
        &["objectClass: contact", "proxyAddresses: SMTP:alice@contoso.com"],
        0,
    );
    check_add(
        "two primary SMTP",
        "CN=A",
        &["objectClass: contact", "proxyAddresses: SMTP:a@contoso.com", "proxyAddresses: SMTP:b@contoso.com"],
        0,
    );
}

#[test]
fn adding_lets_dirty_names_through() {
    for upn in [
        "userPrincipalName: j smith ü@contoso.local",
        "userPrincipalName: @contoso.local",
        "userPrincipalName: a.@contoso.local",
        "userPrincipalName: no-at-sign",
    ] {
        check_add(upn, "CN=A", &["objectClass: user", "sAMAccountName: a", upn], 0);
    }
    check_add("spaces", "CN=A", &["objectClass: user", "sAMAccountName: a", "displayName:  A B "], 0);
    let mut directory = seeded();
    add(&mut directory, "CN=A", &["objectClass: user", "sAMAccountName: a", "displayName:   A B "]);
    let id = directory.resolve(&format!("CN=A,OU=Staff,{DC}")).unwrap();
    assert_eq!(directory.entry(id).unwrap().text("displayName").as_deref(), Some("  A B "));
}

#[test]
fn account_names_follow_their_rules() {
    let sam = |name: &str| format!("sAMAccountName: {name}");
    for bad in ['"', '/', '\\', '[', ']', ':', ';', '|', '=', ',', '+', '*', '?', '<', '>'] {
        check_add("character", "CN=A", &["objectClass: user", &sam(&format!("a{bad}b"))], 80);
    }
    check_add("at sign", "CN=A", &["objectClass: user", &sam("a@b")], 0);
    check_add("space", "CN=A", &["objectClass: user", &sam("a b")], 0);
    check_add("trailing dot", "CN=A", &["objectClass: user", &sam("ab.")], 80);
    check_add("20 characters", "CN=A", &["objectClass: user", &sam(&"a".repeat(20))], 0);
    check_add("21 characters", "CN=A", &["objectClass: user", &sam(&"a".repeat(21))], 80);
    check_add("21 characters, group", "CN=A", &["objectClass: group", &sam(&"a".repeat(21))], 0);
    check_add("257 characters", "CN=A", &["objectClass: group", &sam(&"a".repeat(257))], 19);
    let mut directory = seeded();
    assert_eq!(add(&mut directory, "CN=NoSam", &["objectClass: user"]), 0);
    let id = directory.resolve(&format!("CN=NoSam,OU=Staff,{DC}")).unwrap();
    let entry = directory.entry(id).unwrap();
    assert_eq!(entry.int("userAccountControl"), Some(546));
    let name = entry.text("sAMAccountName").unwrap();
    // the form of $F3F9565B-D952C2464F37633A
    assert!(name.len() == 26 && name.starts_with('$') && &name[9..10] == "-", "{name}");
}

#[test]
fn adding_obeys_the_schema() {
    let contact = "objectClass: contact";
    check_add("CN 64", &format!("CN={}", "x".repeat(64)), &[contact], 0);
    check_add("CN 65", &format!("CN={}", "x".repeat(65)), &[contact], 19);
    check_add("parent missing", &format!("CN=A,OU=Nope,{DC}"), &[contact], 32);
    check_add("unknown class", "CN=A", &["objectClass: nosuch"], 16);
    check_add("no class", "CN=A", &["cn: A"], 65);
    check_add("abstract class", "CN=A", &["objectClass: top"], 53);
    check_add("unknown attribute", "CN=A", &[contact, "nosuchattr: 1"], 16);
    check_add("Exchange attribute without its schema", "CN=A", &[contact, "targetAddress: SMTP:a@b.c"], 16);
    check_add("attribute of another class", "CN=A", &[contact, "sAMAccountName: a"], 65);
    check_add("RDN attribute", "OU=A", &[contact], 64);
    check_add("user under user", &format!("CN=A,{ALICE}"), &["objectClass: user"], 64);
    check_add("objectGUID", "CN=A", &[contact, "objectGUID:: AAAAAAAAAAAAAAAAAAAAAA=="], 53);
    check_add("objectSid", "CN=A", &["objectClass: user", "objectSid: S-1-5-21-1-2-3-4"], 53);
    check_add("memberOf", "CN=A", &["objectClass: user", &format!("memberOf: {TEAM}")], 53);
    check_add("two values of one", "CN=A", &[contact, "displayName: a", "displayName: b"], 19);
    check_add("empty value", "CN=A", &[contact, "displayName:"], 21);
    check_add("bad integer", "CN=A", &["objectClass: user", "countryCode: abc"], 21);
    check_add("bad groupType", "CN=A", &["objectClass: group", "groupType: 7"], 53);
    check_add("enabled without password", "CN=A", &["objectClass: user", "userAccountControl: 512"], 53);
    check_add("not a name", "garbage", &[contact], 34);
    let mut directory = seeded();
    assert_eq!(add(&mut directory, r"CN=\ Doe\, John", &[contact]), 0);
    let id = directory.resolve(&format!(r"CN=\ Doe\, John,OU=Staff,{DC}")).unwrap();
    let entry = directory.entry(id).unwrap();
    assert_eq!(
        (entry.text("cn").as_deref(), entry.text("name").as_deref()),
        (Some(" Doe, John"), Some(" Doe, John"))
    );
    assert_eq!(entry.dn(), format!(r"CN=\ Doe\, John,OU=Staff,{DC}"));
}

fn change(op: ModifyOp, attribute: &str, values: &[&[u8]]) -> Modification {
    Modification { op, attribute: attribute.to_owned(), values: values.iter().map(|v| v.to_vec()).collect() }
}

fn modify(directory: &mut Directory, dn: &str, op: ModifyOp, attribute: &str, values: &[&str]) -> u32 {
    let values: Vec<&[u8]> = values.iter().map(|value| value.as_bytes()).collect();
    code(&directory.modify(&system(), dn, &[change(op, attribute, &values)]))
}

fn check_modify(op: ModifyOp, attribute: &str, values: &[&str], expected: u32) {
    assert_eq!(
        modify(&mut seeded(), ALICE, op, attribute, values),
        expected,
        "{op:?} {attribute} {values:?}"
    );
}

#[test]
fn modifying_answers_with_the_codes_of_the_catalogue() {
    use ModifyOp::{Add, Delete, Replace};
    check_modify(Add, "proxyAddresses", &["SMTP:alice@contoso.com"], 20);
    // active-directory.md 11: case-ignore equality
    check_modify(Add, "proxyAddresses", &["smtp:ALICE@contoso.com"], 20);
    check_modify(Add, "proxyAddresses", &["smtp:new@contoso.com"], 0);
    // active-directory.md 3.1: an account takes one description
    check_modify(Replace, "description", &["one"], 0);
    check_modify(Replace, "description", &["one", "two"], 20);
    check_modify(Delete, "proxyAddresses", &["smtp:no@contoso.com"], 16);
    check_modify(Delete, "facsimileTelephoneNumber", &[], 16);
    check_modify(Add, "displayName", &["second"], 19);
    check_modify(Replace, "displayName", &["a", "b"], 19);
    check_modify(Replace, "facsimileTelephoneNumber", &[], 0);
    check_modify(Replace, "displayName", &[&"x".repeat(257)], 19);
    check_modify(Replace, "mail", &[&"x".repeat(256)], 0);
    check_modify(Replace, "mail", &[""], 21);
    check_modify(Replace, "proxyAddresses", &[&"x".repeat(1124)], 19);
    check_modify(Replace, "proxyAddresses", &[&"x".repeat(1123)], 0);
    check_modify(Replace, "userPrincipalName", &[&"x".repeat(1025)], 19);
    check_modify(Replace, "countryCode", &["abc"], 21);
    check_modify(Replace, "countryCode", &["99999999999"], 21);
    check_modify(Replace, "countryCode", &["70000"], 19);
    check_modify(Replace, "isDeleted", &["maybe"], 19);
    check_modify(Replace, "manager", &["garbage"], 34);
    check_modify(Replace, "manager", &[&format!("CN=Nope,{DC}")], 19);
    check_modify(Replace, "nosuchattr", &["x"], 16);
    check_modify(Replace, "member", &[BOB], 65);
    check_modify(Replace, "objectGUID", &["0123456789abcdef"], 19);
    check_modify(Replace, "whenCreated", &["20200101000000.0Z"], 19);
    check_modify(Replace, "uSNChanged", &["1"], 19);
    check_modify(Replace, "cn", &["x"], 67);
    check_modify(Replace, "name", &["x"], 67);
    check_modify(Replace, "objectClass", &["group"], 65);
    check_modify(Replace, "sAMAccountType", &["805306368"], 53);
    check_modify(Replace, "tokenGroups", &["x"], 19);
    check_modify(Replace, "objectSid", &["S-1-5-21-1-2-3-4"], 53);
    check_modify(Replace, "memberOf", &[TEAM], 53);
    check_modify(Replace, "sAMAccountName", &["bob"], 68);
    check_modify(Delete, "sAMAccountName", &[], 53);
    check_modify(Replace, "userPrincipalName", &["BOB@contoso.local"], 19);
    check_modify(Add, "servicePrincipalName", &["HOST/ws001"], 19);
    check_modify(Replace, "primaryGroupID", &["1111"], 53);
    check_modify(Replace, "pwdLastSet", &["5"], 80);
    check_modify(Replace, "pwdLastSet", &["0"], 0);
    check_modify(Replace, "pwdLastSet", &["-1"], 0);
    check_modify(Replace, "mS-DS-ConsistencyGuid", &["01234"], 0);
    check_modify(Replace, "thumbnailPhoto", &[&"x".repeat(102_401)], 19);
}

#[test]
fn an_attribute_that_is_no_link_holds_so_many_values_and_no_more() {
    let values: Vec<String> = (0..1301).map(|n| format!("smtp:a{n}@contoso.com")).collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    check_modify(ModifyOp::Replace, "proxyAddresses", &values[..1300], 0);
    check_modify(ModifyOp::Replace, "proxyAddresses", &values, 11);
    check_modify(ModifyOp::Add, "proxyAddresses", &values[..1300], 11);
}

#[test]
fn members_answer_with_codes_of_their_own() {
    use ModifyOp::{Add, Delete};
    let team = |op, value: &str| modify(&mut seeded(), TEAM, op, "member", &[value]);
    assert_eq!(team(Add, &format!("CN=Nope,{DC}")), 32);
    assert_eq!(team(Add, ALICE), 68);
    assert_eq!(team(Delete, &format!("CN=WS001,CN=Computers,{DC}")), 53);
    assert_eq!(team(Add, TEAM), 0);
    let directory = seeded();
    let lou = directory.resolve(&format!("CN=Lou Lockout,OU=Staff,{DC}")).unwrap();
    let lou = directory.entry(lou).unwrap();
    assert_eq!(team(Add, &format!("<GUID={}>", lou.guid())), 0);
    assert_eq!(team(Add, &format!("<SID={}>", lou.sid().unwrap())), 0);
    let group_type = |value| modify(&mut seeded(), TEAM, ModifyOp::Replace, "groupType", &[value]);
    assert_eq!((group_type("-2147483644"), group_type("-2147483640")), (53, 0));
}

#[test]
fn texts_are_those_of_active_directory() {
    let mut directory = seeded();
    let taken = attributes(&["objectClass: user", "sAMAccountName: alice"]);
    let error = directory.add(&system(), &format!("CN=A,OU=Staff,{DC}"), &taken).unwrap_err();
    assert!(error.text.starts_with("00000524: UpdErr: DSID-031A11FA, problem 6005 (ENTRY_EXISTS)"));
    let upn = change(ModifyOp::Replace, "userPrincipalName", &[b"bob@contoso.local"]);
    let error = directory.modify(&system(), ALICE, &[upn]).unwrap_err();
    assert!(
        error.text.starts_with("000021C8: AtrErr: ")
            && error.text.ends_with("Att 90290 (userPrincipalName)\n")
    );
    let manager = change(ModifyOp::Replace, "manager", &[b"CN=Nope,DC=contoso,DC=local"]);
    let error = directory.modify(&system(), ALICE, &[manager]).unwrap_err();
    assert!(error.text.starts_with(
        "000020B5: AtrErr: DSID-03152392, #1:\n\t0: 000020B5: DSID-03152392, problem 1005 (CONSTRAINT_ATT_TYPE), data 0, Att "
    ));
}

#[test]
fn a_modify_is_all_or_nothing() {
    let mut directory = seeded();
    let usn = directory.highest_usn();
    let steps =
        [change(ModifyOp::Replace, "title", &[b"Director"]), change(ModifyOp::Add, "displayName", &[b"x"])];
    assert_eq!(code(&directory.modify(&system(), ALICE, &steps)), 19);
    let alice = directory.entry(directory.resolve(ALICE).unwrap()).unwrap();
    assert_eq!((alice.text("title").as_deref(), directory.highest_usn()), (Some("Manager"), usn));
}

#[test]
fn a_change_of_nothing_bumps_nothing() {
    let mut directory = seeded();
    let before = directory.entry(directory.resolve(ALICE).unwrap()).unwrap().usn_changed();
    assert_eq!(modify(&mut directory, ALICE, ModifyOp::Replace, "title", &["Manager"]), 0);
    let permissive = UpdateContext { permissive_modify: true, ..system() };
    let steps = [
        change(ModifyOp::Add, "proxyAddresses", &[b"SMTP:alice@contoso.com"]),
        change(ModifyOp::Delete, "facsimileTelephoneNumber", &[]),
    ];
    assert_eq!(code(&directory.modify(&permissive, ALICE, &steps)), 0);
    assert_eq!(directory.entry(directory.resolve(ALICE).unwrap()).unwrap().usn_changed(), before);
}

#[test]
fn a_member_bumps_its_group_only_and_a_deleted_member_nobody() {
    let mut directory = seeded();
    let usn = |directory: &Directory, dn: &str| {
        directory.entry(directory.resolve(dn).unwrap()).unwrap().usn_changed()
    };
    let (alice, team) = (usn(&directory, ALICE), usn(&directory, TEAM));
    let lou = format!("CN=Lou Lockout,OU=Staff,{DC}");
    let lou_before = usn(&directory, &lou);
    assert_eq!(modify(&mut directory, TEAM, ModifyOp::Add, "member", &[&lou]), 0);
    assert_eq!((usn(&directory, ALICE), usn(&directory, &lou)), (alice, lou_before));
    let grown = usn(&directory, TEAM);
    assert!(grown > team);
    assert_eq!(code(&directory.delete(&system(), &lou)), 0);
    assert_eq!(usn(&directory, TEAM), grown);
    let moved = directory.modify_dn(&system(), ALICE, "CN=Alice Moved", true, Some(&format!("OU=Bulk,{DC}")));
    assert_eq!((code(&moved), usn(&directory, TEAM)), (0, grown));
    let team = directory.entry(directory.resolve(TEAM).unwrap()).unwrap();
    assert_eq!(team.texts("member"), [format!("CN=Alice Moved,OU=Bulk,{DC}"), BOB.to_owned()]);
}

#[test]
fn passwords_need_a_protected_connection_and_the_policy() {
    let quoted =
        |text: &str| format!("\"{text}\"").encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let reset = |context: &UpdateContext, value: &[u8]| {
        seeded().modify(context, ALICE, &[change(ModifyOp::Replace, "unicodePwd", &[value])])
    };
    let plain = UpdateContext { secure: false, ..system() };
    let refused = reset(&plain, &quoted("N3w-Secret")).unwrap_err();
    assert_eq!(refused.text, "0000001F: SvcErr: DSID-031A124C, problem 5003 (WILL_NOT_PERFORM), data 0\n");
    assert_eq!(code(&reset(&system(), b"unquoted")), 53);
    let weak = reset(&system(), &quoted("ab1")).unwrap_err();
    assert_eq!(
        weak.text,
        "0000052D: AtrErr: DSID-03191083, #1:\n\t0: 0000052D: DSID-03191083, problem 1005 (CONSTRAINT_ATT_TYPE), data 0, Att 9005a (unicodePwd)\n"
    );
    assert_eq!(code(&reset(&system(), &quoted("N3w-Secret"))), 0);
    // minPwdAge of a new domain is a day (golden/02)
    let day = std::time::Duration::from_secs(86_400);
    let own_after = |old: &str, now: crate::clock::SimTime| {
        let mut directory = seeded();
        let id = directory.resolve(BOB).unwrap();
        let steps = [
            change(ModifyOp::Delete, "unicodePwd", &[&quoted(old)]),
            change(ModifyOp::Add, "unicodePwd", &[&quoted("N3w-Secret")]),
        ];
        directory.modify(&UpdateContext::account(now, id, true), BOB, &steps)
    };
    let own = |old: &str| own_after(old, DEFAULT_START.plus(day));
    assert_eq!(code(&own("Passw0rd!1")), 0);
    assert!(own_after("Passw0rd!1", DEFAULT_START).unwrap_err().text.starts_with("0000052D: AtrErr: "));
    let wrong = own("nope").unwrap_err();
    assert!(wrong.code.number() == 19 && wrong.text.starts_with("00000056: AtrErr: "));
}

#[test]
fn plain_users_write_their_personal_information_only() {
    let mut directory = seeded();
    let bob = directory.resolve(BOB).unwrap();
    let context = UpdateContext::account(DEFAULT_START, bob, false);
    let mut write = |dn: &str, attribute: &str| {
        code(&directory.modify(&context, dn, &[change(ModifyOp::Replace, attribute, &[b"x"])]))
    };
    assert_eq!(
        (write(BOB, "telephoneNumber"), write(BOB, "displayName"), write(ALICE, "title")),
        (0, 50, 50)
    );
    assert_eq!(code(&directory.delete(&context, ALICE)), 50);
}

#[test]
fn deleting_answers_with_the_codes_of_the_transcript() {
    let delete = |dn: &str| code(&seeded().delete(&system(), dn));
    assert_eq!(delete(&format!("CN=Nope,OU=Staff,{DC}")), 32);
    assert_eq!(delete(&format!("OU=Staff,{DC}")), 66);
    assert_eq!(delete(&format!("CN=Users,{DC}")), 53);
    assert_eq!(delete(DC), 53);
    assert_eq!(delete(&format!("CN=Administrator,CN=Users,{DC}")), 53);
    assert_eq!(delete(ALICE), 0);
}

#[test]
fn a_tombstone_keeps_what_the_reference_lists() {
    let mut directory = seeded();
    let id = directory.resolve(ALICE).unwrap();
    let guid = directory.entry(id).unwrap().guid();
    let sid = directory.entry(id).unwrap().sid();
    directory.delete(&system(), ALICE).unwrap();
    let entry = directory.entry(id).unwrap();
    assert_eq!(entry.dn(), format!("CN=Alice Müller\\0ADEL:{guid},CN=Deleted Objects,{DC}"));
    assert!(entry.is_deleted());
    assert_eq!((entry.guid(), entry.sid()), (guid, sid));
    for (name, expected) in [
        ("sAMAccountName", "alice"),
        ("userAccountControl", "512"),
        ("lastKnownParent", "OU=Staff,DC=contoso,DC=local"),
        ("msDS-LastKnownRDN", "Alice Müller"),
        ("isDeleted", "TRUE"),
        ("isRecycled", "TRUE"),
    ] {
        assert_eq!(entry.text(name).as_deref(), Some(expected), "{name}");
    }
    for gone in
        ["mail", "proxyAddresses", "userPrincipalName", "memberOf", "objectCategory", "sAMAccountType"]
    {
        assert!(!entry.has(gone), "{gone}");
    }
    assert!(
        entry.stamp(attr::MAIL).is_some_and(|stamp| stamp.version == 2 && stamp.usn == entry.usn_changed())
    );
    let find = |show_deleted| {
        let options = SearchOptions { show_deleted, ..SearchOptions::default() };
        search_with(&directory, DC, Scope::Subtree, "(sAMAccountName=alice)", options).len()
    };
    assert_eq!((find(false), find(true)), (0, 1));
    let again =
        attributes(&["objectClass: user", "sAMAccountName: alice", "userPrincipalName: alice@contoso.local"]);
    let id = directory.add(&system(), ALICE, &again).unwrap();
    assert_ne!(directory.entry(id).unwrap().guid(), guid);
}

#[test]
fn renaming_answers_with_the_codes_of_the_transcript() {
    let eve = format!("CN=Eve Expired,OU=Staff,{DC}");
    let rename = |dn: &str, rdn: &str, delete_old: bool, superior: Option<&str>| {
        code(&seeded().modify_dn(&system(), dn, rdn, delete_old, superior))
    };
    assert_eq!(rename(&eve, "CN=Eve Renamed", true, None), 0);
    assert_eq!(rename(&eve, "CN=EVE expired", true, None), 0);
    assert_eq!(rename(&eve, "CN=Lou Lockout", true, None), 68);
    assert_eq!(rename(&eve, "OU=Eve", true, None), 53);
    assert_eq!(rename(&eve, "CN=Eve", true, Some(&format!("OU=Nope,{DC}"))), 32);
    assert_eq!(rename(&eve, "CN=Eve", false, None), 53);
    assert_eq!(rename(&format!("CN=Nope,OU=Staff,{DC}"), "CN=Eve", true, None), 32);
    assert_eq!(rename(&eve, "CN=Eve", true, Some(ALICE)), 64);
    assert_eq!(rename(&eve, "CN=Eve", true, Some(&format!("CN=Configuration,{DC}"))), 64);
    let staff = format!("OU=Staff,{DC}");
    assert_eq!(rename(&staff, "OU=Staff", true, Some(&format!("OU=Sales,{staff}"))), 53);
    assert_eq!(rename(&format!("CN=Users,{DC}"), "CN=Users2", true, None), 53);
    assert_eq!(rename(&staff, "OU=People", true, None), 0);
}

#[test]
fn comparing_sees_what_a_search_sees() {
    let directory = seeded();
    assert_eq!(directory.compare(Port::Directory, ALICE, "mail", b"ALICE@contoso.com", true), Ok(true));
    assert_eq!(directory.compare(Port::Directory, ALICE, "mail", b"x", true), Ok(false));
    assert_eq!(code(&directory.compare(Port::Directory, &format!("CN=Nope,{DC}"), "mail", b"x", true)), 32);
}

#[test]
fn auxiliary_classes_come_and_go() {
    let mut directory = seeded();
    let set = |directory: &mut Directory, op, attribute: &str, value: &str| {
        modify(directory, ALICE, op, attribute, &[value])
    };
    let bulk = format!("OU=Bulk,{DC}");
    assert_eq!(modify(&mut directory, &bulk, ModifyOp::Replace, "bootFile", &["x"]), 65);
    assert_eq!(modify(&mut directory, &bulk, ModifyOp::Add, "objectClass", &["bootableDevice"]), 0);
    assert_eq!(modify(&mut directory, &bulk, ModifyOp::Replace, "bootFile", &["x"]), 0);
    let entry = directory.entry(directory.resolve(&bulk).unwrap()).unwrap();
    assert_eq!(entry.texts("objectClass"), ["top", "organizationalUnit", "bootableDevice"]);
    let found = |directory: &Directory| {
        search_with(directory, DC, Scope::Subtree, "(objectClass=bootableDevice)", SearchOptions::default())
    };
    assert_eq!(found(&directory), std::slice::from_ref(&bulk));
    assert_eq!(modify(&mut directory, &bulk, ModifyOp::Delete, "objectClass", &["bootableDevice"]), 65);
    assert_eq!(modify(&mut directory, &bulk, ModifyOp::Delete, "bootFile", &[]), 0);
    assert_eq!(modify(&mut directory, &bulk, ModifyOp::Delete, "objectClass", &["bootableDevice"]), 0);
    assert!(found(&directory).is_empty());
    assert_eq!(set(&mut directory, ModifyOp::Add, "objectClass", "group"), 65);
    assert_eq!(set(&mut directory, ModifyOp::Add, "objectClass", "nosuch"), 16);
    assert_eq!(set(&mut directory, ModifyOp::Delete, "objectClass", "user"), 65);
    assert_eq!(set(&mut directory, ModifyOp::Replace, "objectClass", "user"), 0);
    let unit = ["objectClass: organizationalUnit", "objectClass: bootableDevice", "bootFile: y"];
    assert_eq!(add(&mut directory, &format!("OU=Booted,{DC}"), &unit), 0);
    assert_eq!(found(&directory), [format!("OU=Booted,{DC}")]);
}

#[test]
fn an_estate_may_let_through_what_documents_leave_open() {
    let mut directory = seeded();
    directory.constraints =
        crate::spec::Constraints { long_user_names: true, case_variants: true, ..Default::default() };
    let name = format!("sAMAccountName: {}", "a".repeat(21));
    assert_eq!(add(&mut directory, "CN=Long", &["objectClass: user", &name]), 0);
    let twice = |directory: &mut Directory, value| {
        modify(directory, ALICE, ModifyOp::Add, "proxyAddresses", &[value])
    };
    assert_eq!(twice(&mut directory, "smtp:ALICE@contoso.com"), 0);
    assert_eq!(twice(&mut directory, "smtp:ALICE@contoso.com"), 20);
}
