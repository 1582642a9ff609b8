//! Filters (lldap.md 23 to 30, golden/lldap/06 to 10).

use super::{GROUPS, PEOPLE, SUFFIX, all_users, below, client, found, world};

const ENGINEERS: &[&str] = &["alice", "bob", "carol", "grace", "zoe"];
const OTHERWHERE: &str = "ou=other,dc=example,dc=com";

/// Base, filter, who is found.
const FOUND: [(&str, &str, &[&str]); 33] = [
    (PEOPLE, "(uid=ALICE)", &["alice"]),
    (PEOPLE, "(user_id=alice)", &["alice"]),
    (PEOPLE, "(mail=grace.green@example.com)", &["grace"]),
    (PEOPLE, "(cn=Alice Anderson)", &["alice"]),
    (PEOPLE, "(cn=alice anderson)", &[]),
    (PEOPLE, "(cn=ALICE ANDERSON)", &[]),
    (PEOPLE, "(givenName=alice)", &[]),
    (PEOPLE, "(sn=Anderson)", &["alice"]),
    (PEOPLE, "(displayName=Zoë Müller-Łukasz)", &["zoe"]),
    (PEOPLE, "(objectClass=top)", &[]),
    (PEOPLE, "(unknown=1)", &[]),
    (PEOPLE, "(createTimestamp=20260105080000Z)", &[]),
    (PEOPLE, "(jpegPhoto=*)", &["bob"]),
    (PEOPLE, "(memberOf=cn=engineering,ou=groups,dc=example,dc=com)", ENGINEERS),
    (PEOPLE, "(MEMBEROF=CN=Engineering,OU=Groups,DC=Example,DC=Com)", ENGINEERS),
    (PEOPLE, "(memberOf=uid=engineering,ou=groups,dc=example,dc=com)", ENGINEERS),
    (PEOPLE, "(memberOf=engineering)", ENGINEERS),
    (PEOPLE, "(memberOf=cn=engineering,ou=people,dc=example,dc=com)", &[]),
    (PEOPLE, "(memberOf=cn=sales team,ou=groups,dc=example,dc=com)", &["dave", "erin"]),
    (PEOPLE, "(uid=a*)", &["admin", "admin2", "alice"]),
    (PEOPLE, "(mail=*GREEN@*)", &["grace"]),
    (PEOPLE, "(&(objectClass=person)(|(uid=bob)(mail=erin@example.com)))", &["bob", "erin"]),
    (GROUPS, "(cn=ENGINEERING)", &["engineering"]),
    (GROUPS, "(groupid=1)", &["lldap_admin"]),
    (GROUPS, "(group_id=abc)", &[]),
    (GROUPS, "(member=uid=alice,ou=people,dc=example,dc=com)", &["engineering", "family"]),
    (GROUPS, "(uniqueMember=alice)", &["engineering", "family"]),
    (GROUPS, "(member=uid=alice,ou=groups,dc=example,dc=com)", &[]),
    (GROUPS, "(!(member=*))", &[]),
    (GROUPS, "(entryDN=uid=family,ou=groups,dc=example,dc=com)", &["family"]),
    // fact 25: at the suffix one side's error is swallowed
    (SUFFIX, "(entryUUID=not-a-uuid)", &[]),
    (SUFFIX, "(member=uid=alice,ou=people,dc=example,dc=com)", &["engineering", "family"]),
    (OTHERWHERE, "(uid>=a)", &[]),
];

/// What everybody is found by.
const TRUE_OF_ALL: [&str; 4] = ["(objectClass=PERSON)", "(!(unknown=*))", "(cn=*)", "(memberOf=*)"];

/// Base, filter, code, text.
const REFUSED: [(&str, &str, i64, &str); 12] = [
    (
        PEOPLE,
        "(sn=And*)",
        53,
        r#"Unsupported user attribute for substring filter: AttributeName(CaseInsensitiveString("sn"))"#,
    ),
    (
        PEOPLE,
        "(memberOf=cn=eng*)",
        53,
        r#"Unsupported user attribute for substring filter: AttributeName(CaseInsensitiveString("memberof"))"#,
    ),
    (PEOPLE, "(uid>=a)", 53, r#"Unsupported user filter: GreaterOrEqual("uid", "a")"#),
    (PEOPLE, "(uid<=b)", 53, r#"Unsupported user filter: LessOrEqual("uid", "b")"#),
    (PEOPLE, "(|(uid=alice)(x>=5))", 53, r#"Unsupported user filter: GreaterOrEqual("x", "5")"#),
    (
        PEOPLE,
        "(userAccountControl:1.2.840.113556.1.4.803:=2)",
        53,
        r#"Unsupported user filter: Extensible(LdapMatchingRuleAssertion { matching_rule: Some("1.2.840.113556.1.4.803"), type_: Some("userAccountControl"), match_value: "2", dn_attributes: false })"#,
    ),
    (GROUPS, "(member=uid=ali*)", 53, r#"Unsupported group attribute for substring filter: "member""#),
    (GROUPS, "(cn>=a)", 53, r#"Unsupported group filter: GreaterOrEqual("cn", "a")"#),
    (GROUPS, "(entryUUID=not-a-uuid)", 80, "Invalid UUID: invalid character: found `n` at 1"),
    (GROUPS, "(modifyTimestamp=20200101000000Z)", 53, "Modified date filter for groups not supported"),
    (SUFFIX, "(uid>=a)", 53, r#"Unsupported user filter: GreaterOrEqual("uid", "a")"#),
    ("nonsense", "(uid>=a)", 34, "Missing DN value"),
];

#[test]
fn filters_find_what_lldap_finds() {
    let mut admin = client(&world(), "admin");
    for (base, filter, expected) in FOUND {
        let answer = admin.search(below(base, filter, &["1.1"]));
        assert_eq!(
            (answer.code, answer.text.as_str(), found(&answer)),
            (0, "", expected.to_vec()),
            "{filter}"
        );
    }
    for filter in TRUE_OF_ALL {
        assert_eq!(found(&admin.search(below(PEOPLE, filter, &["1.1"]))), all_users(), "{filter}");
    }
}

#[test]
fn filters_that_lldap_cannot_evaluate_are_refused_in_its_words() {
    let mut admin = client(&world(), "admin");
    for (base, filter, code, text) in REFUSED {
        let answer = admin.search(below(base, filter, &["1.1"]));
        assert_eq!((answer.code, answer.text.as_str(), found(&answer)), (code, text, vec![]), "{filter}");
    }
}
