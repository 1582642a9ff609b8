//! Adding, deleting, modifying, comparing (lldap.md 35 to 40, golden/lldap/15 to 19).

use super::{GROUPS, PEOPLE, SUFFIX, below, client, found, world};
use crate::support::modify;
use ldap3_proto::proto::*;

#[test]
fn only_passwords_are_modified() {
    let world = world();
    let mut admin = client(&world, "admin");
    let carol = "uid=carol,ou=people,dc=example,dc=com";
    use LdapModifyType as Kind;
    // fact 35, golden/lldap/16
    for (dn, kind, name, values, code, text) in [
        (carol, Kind::Replace, "mail", &["x"][..], 53, "Unsupported operation: `Replace` for `mail`"),
        (carol, Kind::Add, "userPassword", &["x"], 53, "Unsupported operation: `Add` for `userPassword`"),
        (carol, Kind::Delete, "userPassword", &[], 53, "Unsupported operation: `Delete` for `userPassword`"),
        (carol, Kind::Replace, "userPassword", &[], 21, "Wrong number of values for password attribute: 0"),
        (
            carol,
            Kind::Replace,
            "userPassword",
            &["a", "b"],
            21,
            "Wrong number of values for password attribute: 2",
        ),
        (
            "nonsense=",
            Kind::Replace,
            "userPassword",
            &["a"],
            34,
            "Invalid username: Not a subtree of the base tree",
        ),
    ] {
        let answer = admin.ask(modify(dn, &[(kind, name, values)]));
        assert_eq!((answer.code, answer.text.as_str()), (code, text), "{dn} {name}");
    }
}

/// A name, attributes, then code and text.
type Addition<'a> = (String, &'a [(&'a str, &'a [&'a str])], i64, String);

fn entry(id: &str) -> String {
    format!("uid={id},{PEOPLE}")
}

fn exists(code: &str, what: &str, column: &str) -> String {
    format!(
        "Could not create {what}: DatabaseError(\n    Exec(\n        SqlxError(\n            Database(\n                SqliteError {{\n                    code: {code},\n                    message: \"UNIQUE constraint failed: {column}\",\n                }},\n            ),\n        ),\n    ),\n)"
    )
}

fn check_additions(cases: &[Addition<'_>]) {
    let world = world();
    let mut admin = client(&world, "admin");
    for (dn, attributes, code, text) in cases {
        let answer = admin.add(dn, attributes);
        assert_eq!((answer.code, &answer.text), (*code, text), "{dn} {attributes:?}");
    }
    if cases.iter().all(|(.., code, _)| *code != 0) {
        return;
    }
    let new = admin.search(below(SUFFIX, "(uid=new*)", &["cn", "mail", "member"]));
    assert_eq!(found(&new), ["new1", "new2", "newgroup"]);
    assert_eq!((new.entries[0].text("cn"), new.entries[1].names()), ("New One".to_owned(), vec![]));
    assert_eq!(client(&world, "alice").add(&entry("new9"), &[("mail", &["x"])]).text, "Unauthorized write");
    for (dn, code, text) in [
        (entry("new1"), 0, ""),
        (entry("new1"), 32, "Could not find user"),
        (format!("cn=newgroup,{GROUPS}"), 0, ""),
        (format!("cn=newgroup,{GROUPS}"), 32, "Could not find group"),
    ] {
        let answer = admin.ask(LdapOp::DelRequest(dn.clone()));
        assert_eq!((answer.code, answer.text.as_str()), (code, text), "{dn}");
    }
}

#[test]
fn users_and_groups_come_and_go() {
    let photo: &[&str] = &["/9j/4AAQ"];
    let group = format!("cn=newgroup,{GROUPS}");
    check_additions(&[
        (
            entry("new1"),
            &[
                ("objectClass", &["whatever"]),
                ("uid", &["new1"]),
                ("mail", &["new1@example.com"]),
                ("cn", &["New One"]),
                ("jpegPhoto", photo),
            ],
            0,
            String::new(),
        ),
        (entry("new2"), &[("objectClass", &["person"])], 0, String::new()),
        (entry("new3"), &[("objectClass", &["person"])], 1, exists("2067", "user", "users.lowercase_email")),
        (group.clone(), &[("uniqueMember", &["uid=alice"])], 0, String::new()),
        (group, &[("cn", &["newgroup"])], 1, exists("2067", "group", "groups.lowercase_display_name")),
    ]);
}

#[test]
fn additions_that_lldap_refuses() {
    let elsewhere = r#"Unexpected DN format. Got "ou=other,dc=example,dc=com", expected: "uid=id,ou=people,dc=example,dc=com" or "uid=id,ou=groups,dc=example,dc=com""#;
    let new = || entry("new5");
    let jpeg = "Invalid attribute value: Provided image is not a valid JPEG".to_owned();
    check_additions(&[
        (
            entry("new4"),
            &[("mail", &["ALICE@example.com"])],
            1,
            exists("2067", "user", "users.lowercase_email"),
        ),
        (entry("alice"), &[("mail", &["other@example.com"])], 1, exists("1555", "user", "users.user_id")),
        (new(), &[("uid", &["other"])], 19, "Attribute uid does not match the DN".into()),
        (new(), &[("mail", &["a"]), ("email", &["b"])], 19, "Multiple email attributes provided".into()),
        (new(), &[("cn", &["a"]), ("displayName", &["b"])], 19, "Multiple display names provided".into()),
        (new(), &[("mail", &["a", "b"])], 19, "Expected a single value for attribute mail".into()),
        (new(), &[("telephoneNumber", &["1"])], 17, "Undefined attribute type telephonenumber".into()),
        (new(), &[("userPassword", &["1"])], 17, "Undefined attribute type userpassword".into()),
        (new(), &[("jpegPhoto", &["AAEC"])], 19, jpeg),
        ("ou=other,dc=example,dc=com".to_owned(), &[("ou", &["other"])], 34, elsewhere.to_owned()),
    ]);
}

#[test]
fn values_are_compared_byte_by_byte() {
    let mut admin = client(&world(), "admin");
    let carol = "uid=carol,ou=people,dc=example,dc=com";
    // fact 40, golden/lldap/15
    for (dn, name, value, code, matched) in [
        (carol, "MAIL", "carol@example.com", 6, carol),
        (carol, "mail", "CAROL@example.com", 5, carol),
        (carol, "unknown", "x", 5, carol),
        ("uid=nobody,ou=people,dc=example,dc=com", "uid", "nobody", 32, SUFFIX),
        ("nonsense", "uid", "x", 32, SUFFIX),
    ] {
        let answer = admin.ask(LdapOp::CompareRequest(LdapCompareRequest {
            dn: dn.to_owned(),
            atype: name.to_owned(),
            val: value.as_bytes().to_vec(),
        }));
        assert_eq!((answer.code, answer.matched_dn.as_str()), (code, matched), "{dn} {name}");
    }
}
