//! Who may ask, and where.

use super::{ALL, OBJECT_SECURITY, Request, ask, cookie, delete, round, told};
use crate::support::{
    Answer, Client, DOMAIN, PASSWORD, administrator, below, control, modify, object, request,
};
use forestbed_sim::limits::Limits;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{LdapModifyType, LdapSearchScope};

/// An attribute of computers with `F` in its search flags (sim/data/ad-schema-attributes.psv).
const SECRET: &str = "msTPM-OwnerInformation";

fn bound_as(admin: &mut Client, name: &str) -> Client {
    let dn = admin.add_user(&format!("CN=Users,{DOMAIN}"), name);
    let mut client = Client::new(&admin.world, true);
    assert_eq!(client.bind(&dn, PASSWORD).code, 0);
    client
}

/// A published log of a sync engine without the right: 8453, Replication access was denied.
fn is_denied(answer: &Answer) {
    assert_eq!((answer.code, answer.entries.len()), (50, 0));
    assert!(answer.text.starts_with("00002105: LdapErr: DSID-"), "{}", answer.text);
}

#[test]
fn replicating_changes_is_a_right() {
    let mut admin = administrator(Limits::default());
    let (mut plain, mut sync) = (bound_as(&mut admin, "bob"), bound_as(&mut admin, "MSOL_0123"));
    told(&ask(&mut sync, &ALL, &[]));
    is_denied(&ask(&mut plain, &ALL, &[]));
    told(&ask(&mut plain, &Request { flags: OBJECT_SECURITY, ..ALL }, &[]));
    let mut nobody = Client::new(&admin.world, true);
    // active-directory.md 6.7
    assert_eq!(ask(&mut nobody, &Request { flags: OBJECT_SECURITY, ..ALL }, &[]).code, 1);
}

#[test]
fn without_the_right_only_what_is_readable_comes() {
    let mut admin = administrator(Limits::default());
    let mut plain = bound_as(&mut admin, "bob");
    let ou = admin.add_ou("Machines");
    let pc: [(&str, &[&str]); 3] =
        [("objectClass", &["computer"]), ("sAMAccountName", &["pc1$"]), (SECRET, &["zeta"])];
    assert_eq!(admin.add(&format!("CN=pc1,{ou}"), &pc).code, 0);
    let gone = admin.add_contact(&ou, "gone");
    delete(&mut admin, &gone);
    let by_secret = format!("({SECRET}=zeta)");
    let request = |filter, attributes| Request { filter, attributes, flags: OBJECT_SECURITY, ..ALL };
    for (filter, attributes, to_admin, to_plain) in [
        ("(cn=pc1)", &["name", SECRET][..], 1, 1),
        ("(cn=pc1)", &[SECRET], 1, 0),
        (&by_secret, &["*"], 1, 0),
        // CN=Deleted Objects lists its content to administrators only
        ("(lastKnownParent=*)", &["*"], 1, 0),
    ] {
        for (client, expected) in [(&mut admin, to_admin), (&mut plain, to_plain)] {
            let (entries, _) = round(client, &request(filter, attributes), &[]);
            assert_eq!(entries.len(), expected, "{filter} {attributes:?}");
        }
    }
    let (entries, _) = round(&mut plain, &request("(cn=pc1)", &["*"]), &[]);
    assert!(!entries[0].names().contains(&SECRET));
}

#[test]
fn the_base_is_the_head_of_a_naming_context() {
    let mut client = administrator(Limits::default());
    let ou = client.add_ou("Staff");
    // golden/04: "base is not an NC head"
    for (flags, expected) in [(0, 50), (OBJECT_SECURITY, 53)] {
        assert_eq!(ask(&mut client, &Request { base: &ou, flags, ..ALL }, &[]).code, expected);
        for scope in [LdapSearchScope::Base, LdapSearchScope::OneLevel] {
            let dir_sync = LdapControl::AdDirsync { flags, max_bytes: 0, cookie: Some(Vec::new()) };
            let request = request(DOMAIN, scope, "(objectClass=*)", &[]);
            assert_eq!(client.search_with(request, vec![dir_sync]).code, expected);
        }
    }
    assert_eq!(ask(&mut client, &Request { base: &format!("OU=nope,{DOMAIN}"), ..ALL }, &[]).code, 32);
}

#[test]
fn every_naming_context_has_its_own_changes() {
    let mut client = administrator(Limits::default());
    let configuration = format!("CN=Configuration,{DOMAIN}");
    let schema = format!("CN=Schema,{configuration}");
    let of = |client: &mut Client, base: &str| {
        let (entries, _) = round(client, &Request { base, attributes: &["name"], ..ALL }, &[]);
        entries.into_iter().map(|entry| entry.dn).collect::<Vec<String>>()
    };
    let domain = of(&mut client, DOMAIN);
    // Microsoft, Polling for Changes Using the DirSync Control: the heads of the contexts below, not their content
    assert!(domain.contains(&configuration));
    assert!(!domain.iter().any(|dn| dn.ends_with(&format!(",{configuration}"))));
    let partitions = format!("CN=Partitions,{configuration}");
    let in_configuration = of(&mut client, &configuration);
    assert!(in_configuration.contains(&partitions) && in_configuration.contains(&schema));
    assert!(!in_configuration.iter().any(|dn| dn.ends_with(&format!(",{schema}"))));
    let in_schema = of(&mut client, &schema);
    assert!(in_schema.contains(&format!("CN=Member,{schema}")));
    assert!(in_schema.iter().all(|dn| dn.ends_with(&schema)));

    let known = cookie(&mut client);
    let suffixes = [(LdapModifyType::Add, "uPNSuffixes", &["fabrikam.com"][..])];
    assert_eq!(client.ask(modify(&partitions, &suffixes)).code, 0);
    assert_eq!(round(&mut client, &ALL, &known).0.len(), 0);
    let (entries, _) = round(&mut client, &Request { base: &configuration, ..ALL }, &[]);
    let changed = entries.iter().find(|entry| entry.dn == partitions).expect("CN=Partitions");
    assert!(changed.texts("uPNSuffixes").contains(&"fabrikam.com".to_owned()));
}

#[test]
fn a_malformed_control_is_refused() {
    let mut client = administrator(Limits::default());
    for value in [None, Some(&b"\x30\x03\x02\x01\x00"[..])] {
        let dir_sync = control("1.2.840.113556.1.4.841", true, value);
        // as with every other control
        assert_eq!(client.search_with(below(DOMAIN, "(cn=x)", &[]), vec![dir_sync]).code, 12);
    }
    let root = client.search(object("", &["supportedControl"]));
    assert!(root.entries[0].texts("supportedControl").contains(&"1.2.840.113556.1.4.841".to_owned()));
}
