//! Members from outside of the forest (MS-ADTS 6.1.1.4.10; active-directory.md 11: links across forests only
//! through foreign security principals).

use crate::directory::testing::{attributes, search, seeded, system};
use crate::directory::{Directory, Modification, ModifyOp, Scope};
use ModifyOp::{Add, Delete, Replace};

const DC: &str = "DC=contoso,DC=local";
const ABROAD: &str = "S-1-5-21-11111111-22222222-33333333-1105";

fn local_group(directory: &mut Directory, name: &str) -> String {
    let dn = format!("CN={name},OU=Groups,{DC}");
    let lines = ["objectClass: group", "groupType: -2147483644"];
    directory.add(&system(), &dn, &attributes(&lines)).unwrap();
    dn
}

fn change(directory: &mut Directory, dn: &str, op: ModifyOp, members: &[&str]) -> String {
    let values = members.iter().map(|value| value.as_bytes().to_vec()).collect();
    let step = Modification { op, attribute: "member".to_owned(), values };
    match directory.modify(&system(), dn, &[step]) {
        Ok(_) => "ok".to_owned(),
        Err(error) => format!("{} {}", error.code.number(), &error.text[..8]),
    }
}

fn members(directory: &Directory, dn: &str) -> Vec<String> {
    directory.entry(directory.resolve(dn).unwrap()).unwrap().texts("member")
}

fn principals(directory: &Directory) -> Vec<String> {
    search(directory, &format!("CN=ForeignSecurityPrincipals,{DC}"), Scope::One, "(objectClass=*)")
}

fn principal(sid: &str) -> String {
    format!("CN={sid},CN=ForeignSecurityPrincipals,{DC}")
}

#[test]
fn a_sid_of_another_forest_becomes_an_object_that_groups_share() {
    let mut directory = seeded();
    let before = principals(&directory);
    let (one, two) = (local_group(&mut directory, "One"), local_group(&mut directory, "Two"));
    assert_eq!(change(&mut directory, &one, Add, &[&format!("<SID={ABROAD}>")]), "ok");
    assert_eq!(members(&directory, &one), [principal(ABROAD)]);
    let entry = directory.entry(directory.resolve(&principal(ABROAD)).unwrap()).unwrap();
    // golden/02: the objects that every domain has from the start
    assert_eq!(entry.texts("objectClass"), ["top", "foreignSecurityPrincipal"]);
    assert_eq!(entry.sid().unwrap().to_string(), ABROAD);
    assert_eq!(entry.texts("memberOf"), std::slice::from_ref(&one));
    assert_eq!(entry.texts("sAMAccountName"), Vec::<String>::new());
    // the hexadecimal form and any case name the same
    let hex: String = entry.sid().unwrap().to_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(change(&mut directory, &two, Add, &[&format!("<sid={hex}>")]), "ok");
    assert_eq!(members(&directory, &two), [principal(ABROAD)]);
    assert_eq!(principals(&directory).len(), before.len() + 1);
    assert_eq!(change(&mut directory, &one, Add, &[&format!("<SID={ABROAD}>")]), "68 00000562");
    assert_eq!(change(&mut directory, &one, Delete, &[&format!("<SID={ABROAD}>")]), "ok");
    assert_eq!(change(&mut directory, &one, Delete, &[&format!("<SID={ABROAD}>")]), "53 00000561");
    assert_eq!(members(&directory, &one), Vec::<String>::new());
    // the object stays, deleted it is made anew
    directory.delete(&system(), &principal(ABROAD)).unwrap();
    assert_eq!(members(&directory, &two), Vec::<String>::new());
    assert_eq!(change(&mut directory, &two, Replace, &[&format!("<SID={ABROAD}>")]), "ok");
    assert_eq!(members(&directory, &two), [principal(ABROAD)]);
}

#[test]
fn well_known_sids_are_members_too() {
    let mut directory = seeded();
    let before = principals(&directory);
    for sid in ["S-1-5-4", "S-1-5-9", "S-1-5-11", "S-1-5-17"] {
        assert!(before.contains(&principal(sid)), "{sid}");
    }
    let group = local_group(&mut directory, "Everybody");
    assert_eq!(change(&mut directory, &group, Add, &["<SID=S-1-5-11>", "<SID=S-1-1-0>"]), "ok");
    // not CN=Everyone of the configuration
    let mut held = members(&directory, &group);
    held.sort();
    assert_eq!(held, [principal("S-1-1-0"), principal("S-1-5-11")]);
    assert_eq!(principals(&directory).len(), before.len() + 1);
}

#[test]
fn a_refused_change_makes_no_object() {
    let mut directory = seeded();
    let before = principals(&directory);
    let group = local_group(&mut directory, "Local");
    let own = directory.entry(directory.resolve(DC).unwrap()).unwrap().sid().unwrap().with_rid(99_999);
    let abroad = format!("<SID={ABROAD}>");
    let global = format!("CN=Sales Team,OU=Groups,{DC}");
    let universal = format!("CN=All Staff,OU=Groups,{DC}");
    let longest = format!("<SID={ABROAD}-1>");
    let missing = format!("<SID={own}>");
    for (dn, given, expected) in [
        (&global, vec![abroad.as_str()], "53 00002147"),
        (&universal, vec![abroad.as_str()], "53 00002147"),
        (&group, vec![missing.as_str()], "32 00000525"),
        (&group, vec!["<SID=S-1-5-32-99999>"], "32 00000525"),
        (&group, vec![longest.as_str()], "32 00000525"),
        (&group, vec!["<SID=nonsense>"], "32 00000525"),
        (&group, vec![abroad.as_str(), missing.as_str()], "32 00000525"),
        (&group, vec![abroad.as_str(), abroad.as_str()], "68 00000562"),
    ] {
        assert_eq!(change(&mut directory, dn, Add, &given), expected, "{given:?} in {dn}");
        assert_eq!(principals(&directory), before, "{given:?} in {dn}");
    }
    let ou = format!("OU=Groups,{DC}");
    assert!(change(&mut directory, &ou, Add, &[&abroad]).starts_with("65 "));
    assert_eq!(principals(&directory), before);
}

#[test]
fn a_group_is_added_with_a_foreign_member() {
    let mut directory = seeded();
    let dn = format!("CN=New,OU=Groups,{DC}");
    let given = format!("member: <SID={ABROAD}>");
    let lines = ["objectClass: group", "groupType: -2147483644", given.as_str()];
    directory.add(&system(), &dn, &attributes(&lines)).unwrap();
    assert_eq!(members(&directory, &dn), [principal(ABROAD)]);
}
