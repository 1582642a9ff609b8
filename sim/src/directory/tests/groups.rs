//! Which members a scope admits and which scope may become which (active-directory.md 11; Microsoft's table
//! of group scopes).

use crate::directory::testing::{attributes, seeded, system};
use crate::directory::{Directory, Modification, ModifyOp};

const DC: &str = "DC=contoso,DC=local";

fn kind(scope: &str) -> &'static str {
    match scope {
        "global" => "-2147483646",
        "local" => "-2147483644",
        "universal" => "-2147483640",
        "global list" => "2",
        "local list" => "4",
        _ => "8",
    }
}

fn group(directory: &mut Directory, name: &str, scope: &str) -> String {
    let dn = format!("CN={name},OU=Groups,{DC}");
    let lines = ["objectClass: group".to_owned(), format!("groupType: {}", kind(scope))];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    directory.add(&system(), &dn, &attributes(&lines)).unwrap();
    dn
}

fn set(directory: &mut Directory, dn: &str, op: ModifyOp, attribute: &str, value: &str) -> String {
    let values = vec![value.as_bytes().to_vec()];
    let step = Modification { op, attribute: attribute.to_owned(), values };
    match directory.modify(&system(), dn, &[step]) {
        Ok(_) => "ok".to_owned(),
        Err(error) => error.text[..8].to_owned(),
    }
}

#[test]
fn a_scope_admits_what_the_table_says() {
    for (outer, inner, expected) in [
        ("global", "global", "ok"),
        ("global", "universal", "00002145"),
        ("global", "local", "00002144"),
        ("universal", "global", "ok"),
        ("universal", "universal", "ok"),
        ("universal", "local", "00002146"),
        ("local", "global", "ok"),
        ("local", "universal", "ok"),
        ("local", "local", "ok"),
        ("global list", "local list", "00002144"),
        ("universal list", "global list", "ok"),
    ] {
        let mut directory = seeded();
        let (outer_dn, inner_dn) =
            (group(&mut directory, "Outer", outer), group(&mut directory, "Inner", inner));
        let got = set(&mut directory, &outer_dn, ModifyOp::Add, "member", &inner_dn);
        assert_eq!(got, expected, "{inner} in {outer}");
    }
}

#[test]
fn a_scope_changes_where_members_and_holders_allow_it() {
    for (from, to, expected) in [
        ("global", "universal", "ok"),
        ("local", "universal", "ok"),
        ("universal", "global", "ok"),
        ("universal", "local", "ok"),
        ("global", "local", "00002141"),
        ("local", "global", "00002141"),
        ("global", "global list", "ok"),
        ("global list", "universal", "ok"),
        ("global list", "local list", "00002141"),
    ] {
        let mut directory = seeded();
        let dn = group(&mut directory, "One", from);
        assert_eq!(
            set(&mut directory, &dn, ModifyOp::Replace, "groupType", kind(to)),
            expected,
            "{from} to {to}"
        );
    }
    let held = |outer: &str, inner: &str, (which, to): (&str, &str)| {
        let mut directory = seeded();
        let (outer, inner) = (group(&mut directory, "Outer", outer), group(&mut directory, "Inner", inner));
        assert_eq!(set(&mut directory, &outer, ModifyOp::Add, "member", &inner), "ok");
        let dn = if which == "outer" { outer } else { inner };
        set(&mut directory, &dn, ModifyOp::Replace, "groupType", kind(to))
    };
    assert_eq!(held("global", "global", ("inner", "universal")), "00002145");
    assert_eq!(held("global", "global", ("outer", "universal")), "ok");
    assert_eq!(held("local", "local", ("outer", "universal")), "00002146");
    assert_eq!(held("universal", "universal", ("outer", "global")), "00002145");
    assert_eq!(held("universal", "universal", ("inner", "local")), "00002146");
    let mut directory = seeded();
    let built_in = format!("CN=Users,CN=Builtin,{DC}");
    assert_eq!(set(&mut directory, &built_in, ModifyOp::Replace, "groupType", kind("local")), "00002141");
}

#[test]
fn nobody_is_a_member_of_the_primary_group_twice() {
    let mut directory = seeded();
    let alice = format!("CN=Alice Müller,OU=Staff,{DC}");
    let users = format!("CN=Domain Users,CN=Users,{DC}");
    assert_eq!(set(&mut directory, &users, ModifyOp::Add, "member", &alice), "00000562");
    // a security group that holds the account may become the primary one; the old one holds it instead
    assert_eq!(
        set(
            &mut directory,
            &format!("CN=Sales Team,OU=Groups,{DC}"),
            ModifyOp::Replace,
            "groupType",
            kind("universal")
        ),
        "ok"
    );
    let team = directory.entry(directory.resolve(&format!("CN=Sales Team,OU=Groups,{DC}")).unwrap()).unwrap();
    let rid = team.sid().unwrap().rid().unwrap().to_string();
    assert_eq!(set(&mut directory, &alice, ModifyOp::Replace, "primaryGroupID", &rid), "ok");
    let entry = directory.entry(directory.resolve(&alice).unwrap()).unwrap();
    assert_eq!(entry.texts("memberOf"), [users]);
}
