//! Every row of data/ad-errors.tsv is provoked by a request, and comes with its code and text.

use crate::clock::DEFAULT_START;
use crate::directory::error::catalogue;
use crate::directory::testing::{attributes, seeded, system};
use crate::directory::{Directory, DirectoryError, Modification, ModifyOp, UpdateContext};
use ModifyOp::{Add, Delete, Replace};

const ALICE: &str = "CN=Alice Müller,OU=Staff,DC=contoso,DC=local";
const BOB: &str = "CN=Bob Stone,OU=Sales,OU=Staff,DC=contoso,DC=local";
const TEAM: &str = "CN=Sales Team,OU=Groups,DC=contoso,DC=local";
const WORKSTATION: &str = "CN=WS001,CN=Computers,DC=contoso,DC=local";
const HEAD: &str = "DC=contoso,DC=local";
const GLOBAL: &str = "groupType: -2147483646";
const LOCAL: &str = "groupType: -2147483644";
const UNIVERSAL: &str = "groupType: -2147483640";

type Refused = Result<(), DirectoryError>;

/// Who asks, over which connection.
fn by(directory: &Directory, dn: &str) -> UpdateContext {
    UpdateContext::account(DEFAULT_START, directory.resolve(dn).unwrap(), true)
}

fn add(dn: &str, lines: &[&str]) -> Refused {
    seeded().add(&system(), dn, &attributes(lines)).map(drop)
}

fn step(op: ModifyOp, attribute: &str, values: &[&[u8]]) -> Modification {
    Modification { op, attribute: attribute.to_owned(), values: values.iter().map(|v| v.to_vec()).collect() }
}

fn modify(dn: &str, op: ModifyOp, attribute: &str, values: &[&str]) -> Refused {
    let values: Vec<&[u8]> = values.iter().map(|value| value.as_bytes()).collect();
    seeded().modify(&system(), dn, &[step(op, attribute, &values)]).map(drop)
}

fn contact(lines: &[&str]) -> Refused {
    let mut all = vec!["objectClass: contact"];
    all.extend_from_slice(lines);
    add("CN=A,OU=Staff,DC=contoso,DC=local", &all)
}

fn user(lines: &[&str]) -> Refused {
    let mut all = vec!["objectClass: user"];
    all.extend_from_slice(lines);
    add("CN=A,OU=Staff,DC=contoso,DC=local", &all)
}

/// A new group of one scope holds another of the other scope.
fn nested(outer: &str, inner: &str, below: &str) -> Refused {
    let mut directory = seeded();
    let inner_dn = format!("CN=Inner,{below}");
    let mut group = |dn: &str, kind: &str| {
        directory.add(&system(), dn, &attributes(&["objectClass: group", kind])).unwrap();
    };
    group("CN=Outer,OU=Groups,DC=contoso,DC=local", outer);
    group(&inner_dn, inner);
    let member = step(Add, "member", &[inner_dn.as_bytes()]);
    directory.modify(&system(), "CN=Outer,OU=Groups,DC=contoso,DC=local", &[member]).map(drop)
}

fn quoted(text: &str) -> Vec<u8> {
    format!("\"{text}\"").encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn reset(secure: bool, value: &[u8]) -> Refused {
    let context = UpdateContext { secure, ..system() };
    seeded().modify(&context, ALICE, &[step(Replace, "unicodePwd", &[value])]).map(drop)
}

fn undelete(to: &str) -> Refused {
    let mut directory = seeded();
    let id = directory.resolve(ALICE).unwrap();
    directory.delete(&system(), ALICE).unwrap();
    let dn = directory.entry(id).unwrap().dn();
    let steps = [step(Delete, "isDeleted", &[]), step(Replace, "distinguishedName", &[to.as_bytes()])];
    directory.modify(&UpdateContext { show_deleted: true, ..system() }, &dn, &steps).map(drop)
}

fn enable(value: &str) -> Refused {
    seeded().enable_optional_feature(&system(), value)
}

fn eleven_computers() -> Refused {
    let mut directory = seeded();
    let context = by(&directory, BOB);
    let mut join = |n: u32| {
        let lines = attributes(&["objectClass: computer", &format!("sAMAccountName: PC{n}$")]);
        directory.add(&context, &format!("CN=PC{n},CN=Computers,DC=contoso,DC=local"), &lines).map(drop)
    };
    (0..10).for_each(|n| join(n).unwrap());
    join(10)
}

fn wrong_old_password() -> Refused {
    let mut directory = seeded();
    let context = by(&directory, BOB);
    let steps =
        [step(Delete, "unicodePwd", &[&quoted("nope")]), step(Add, "unicodePwd", &[&quoted("N3w-Secret")])];
    directory.modify(&context, BOB, &steps).map(drop)
}

fn new_attribute(oid: &str, name: &str, syntax: &str, om_syntax: &str) -> Refused {
    let lines = [
        "objectClass: attributeSchema".to_owned(),
        format!("attributeID: {oid}"),
        format!("lDAPDisplayName: {name}"),
        format!("attributeSyntax: {syntax}"),
        format!("oMSyntax: {om_syntax}"),
        "isSingleValued: TRUE".to_owned(),
    ];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    add("CN=X-New,CN=Schema,CN=Configuration,DC=contoso,DC=local", &lines)
}

/// What provokes a row; none for one that nobody has thought of.
fn provoke(key: &str) -> Option<Refused> {
    let too_many: Vec<String> = (0..1301).map(|n| format!("smtp:a{n}@contoso.com")).collect();
    let too_many: Vec<&str> = too_many.iter().map(String::as_str).collect();
    Some(match key {
        "no-such-object" => modify("CN=Nope,OU=Staff,DC=contoso,DC=local", Replace, "title", &["x"]),
        "bad-name" => add("garbage", &["objectClass: contact"]),
        "other-domain" => modify("CN=A,DC=fabrikam,DC=com", Replace, "title", &["x"]),
        "entry-exists" => add(ALICE, &["objectClass: contact"]),
        "account-name-exists" => user(&["sAMAccountName: ALICE"]),
        "principal-name-exists" => user(&["userPrincipalName: ALICE@contoso.local"]),
        "service-name-exists" => modify(ALICE, Add, "servicePrincipalName", &["host/WS001"]),
        "bad-account-name" => user(&["sAMAccountName: a*b"]),
        "invalid-argument" => modify(ALICE, Replace, "pwdLastSet", &["5"]),
        "value-exists" => modify(ALICE, Add, "proxyAddresses", &["smtp:ALICE@contoso.com"]),
        "no-such-value" => modify(ALICE, Delete, "proxyAddresses", &["smtp:no@contoso.com"]),
        "no-such-attribute" => modify(ALICE, Delete, "pager", &[]),
        "not-multi-valued" => modify(ALICE, Add, "displayName", &["second"]),
        "out-of-range" => modify(ALICE, Replace, "displayName", &[&"x".repeat(257)]),
        "bad-syntax" => modify(ALICE, Replace, "countryCode", &["abc"]),
        "bad-reference-syntax" => modify(ALICE, Replace, "manager", &["garbage"]),
        "unknown-attribute" => contact(&["nosuchattr: 1"]),
        "not-allowed-by-class" => contact(&["sAMAccountName: a"]),
        "missing-attribute" => add("CN=P,OU=Staff,DC=contoso,DC=local", &["objectClass: printQueue"]),
        "missing-class" => add("CN=P,OU=Staff,DC=contoso,DC=local", &["cn: P"]),
        "naming-violation" => add(&format!("CN=A,{ALICE}"), &["objectClass: contact"]),
        "names-the-object" => modify(ALICE, Replace, "cn", &["x"]),
        "has-children" => seeded().delete(&system(), "OU=Staff,DC=contoso,DC=local"),
        "system-owned" => modify(ALICE, Replace, "whenCreated", &["20200101000000.0Z"]),
        "will-not-perform" => modify(ALICE, Replace, "memberOf", &[TEAM]),
        "system-object" => seeded().delete(&system(), HEAD),
        "structural-class" => add("CN=A,OU=Staff,DC=contoso,DC=local", &["objectClass: top"]),
        "no-rights-on-object" => {
            let mut directory = seeded();
            let context = by(&directory, BOB);
            directory.modify(&context, ALICE, &[step(Replace, "title", &[b"x"])]).map(drop)
        }
        "no-rights-on-name" => {
            let mut directory = seeded();
            let context = by(&directory, BOB);
            directory.delete(&context, ALICE)
        }
        "no-such-reference" => modify(ALICE, Replace, "manager", &["CN=Nope,DC=contoso,DC=local"]),
        "no-such-member" => modify(TEAM, Add, "member", &["CN=Nope,DC=contoso,DC=local"]),
        "already-member" => modify(TEAM, Add, "member", &[ALICE]),
        "not-a-member" => modify(TEAM, Delete, "member", &[WORKSTATION]),
        "too-many-values" => modify(ALICE, Replace, "proxyAddresses", &too_many),
        _ => return provoke_more(key),
    })
}

/// Passwords, deleted objects, features, groups, the schema.
fn provoke_more(key: &str) -> Option<Refused> {
    let feature = ":766ddcd8-acd0-445e-f3b9-a7f9b6744f2a";
    Some(match key {
        "password-channel" => reset(false, &quoted("N3w-Secret")),
        "password-form" => reset(true, b"unquoted"),
        "password-policy" => reset(true, &quoted("short")),
        "password-wrong" => wrong_old_password(),
        "password-missing" => user(&["userAccountControl: 512"]),
        "bind" => {
            let error = seeded().authenticate("nobody", b"x", DEFAULT_START).unwrap_err();
            Err(DirectoryError::new(error.code(), error.text))
        }
        "illegal-on-deleted" => undelete(""),
        "no-parent" => undelete("CN=A,OU=Nope,DC=contoso,DC=local"),
        "other-naming-context" => undelete("CN=A,CN=Configuration,DC=contoso,DC=local"),
        "no-such-feature" => enable("CN=Partitions,CN=Configuration,DC=contoso,DC=local:garbage"),
        "feature-scope" => enable(&format!("{HEAD}{feature}")),
        "root-dse-modify" => seeded().operate(&system(), &[step(Replace, "fixupInheritance", &[b"1"])]),
        "invalid-group-type" => modify(TEAM, Replace, "groupType", &["-2147483644"]),
        "global-holds-local" => nested(GLOBAL, LOCAL, "OU=Groups,DC=contoso,DC=local"),
        "global-holds-universal" => nested(GLOBAL, UNIVERSAL, "OU=Groups,DC=contoso,DC=local"),
        "universal-holds-local" => nested(UNIVERSAL, LOCAL, "OU=Groups,DC=contoso,DC=local"),
        "global-holds-foreign" => {
            modify(TEAM, Add, "member", &["CN=S-1-5-11,CN=ForeignSecurityPrincipals,DC=contoso,DC=local"])
        }
        "local-holds-foreign-local" => {
            nested(LOCAL, LOCAL, "CN=Services,CN=Configuration,DC=contoso,DC=local")
        }
        "has-primary-members" => {
            modify("CN=Domain Users,CN=Users,DC=contoso,DC=local", Replace, "groupType", &["2"])
        }
        "primary-group" => modify(ALICE, Replace, "primaryGroupID", &["512"]),
        "schema-duplicate-oid" => new_attribute("1.2.840.113556.1.4.221", "x", "2.5.5.12", "64"),
        "schema-duplicate-name" => new_attribute("1.3.6.1.4.1.99999.1", "SAMAccountName", "2.5.5.12", "64"),
        "schema-syntax" => new_attribute("1.3.6.1.4.1.99999.1", "x", "2.5.5.12", "2"),
        "schema-nonexistent" => {
            modify(&format!("CN=User,CN=Schema,CN=Configuration,{HEAD}"), Add, "mayContain", &["nosuch"])
        }
        "machine-quota" => eleven_computers(),
        _ => return None,
    })
}

/// Whether a text is a template's, its holes filled.
fn fits(template: &str, text: &str) -> bool {
    let mut parts = template.split('{');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    for part in parts {
        let after = part.split_once('}').map_or("", |(_, after)| after);
        match rest.find(after) {
            Some(at) => rest = &rest[at + after.len()..],
            None => return false,
        }
    }
    true
}

#[test]
fn every_row_of_the_catalogue_is_provoked() {
    for (key, code, template) in catalogue() {
        let refused = provoke(key).unwrap_or_else(|| panic!("no request provokes {key}"));
        let error = refused.expect_err(key);
        assert_eq!(error.code.number(), code, "{key}: {error}");
        assert!(fits(&template, &error.text), "{key}: {:?} is not {template:?}", error.text);
    }
}
