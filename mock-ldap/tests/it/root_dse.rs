//! The root DSE.

use crate::support::{Client, administrator, object, request, world};
use forestbed_sim::limits::Limits;
use ldap3_proto::proto::LdapSearchScope;

/// active-directory.md 2, in its order.
const DEFAULT: [&str; 22] = [
    "configurationNamingContext",
    "currentTime",
    "defaultNamingContext",
    "dnsHostName",
    "domainControllerFunctionality",
    "domainFunctionality",
    "dsServiceName",
    "forestFunctionality",
    "highestCommittedUSN",
    "isGlobalCatalogReady",
    "isSynchronized",
    "ldapServiceName",
    "namingContexts",
    "rootDomainNamingContext",
    "schemaNamingContext",
    "serverName",
    "subschemaSubentry",
    "supportedCapabilities",
    "supportedControl",
    "supportedLDAPPolicies",
    "supportedLDAPVersion",
    "supportedSASLMechanisms",
];

#[test]
fn anybody_gets_the_attributes_of_a_domain_controller() {
    let mut client = Client::new(&world(Limits::default()), false);
    let answer = client.search(object("", &[]));
    let entry = &answer.entries[0];
    assert_eq!(entry.dn, "");
    assert_eq!(entry.names(), DEFAULT);
    for (name, expected) in [
        ("configurationNamingContext", "CN=Configuration,DC=contoso,DC=local"),
        ("currentTime", "20260105080000.0Z"),
        ("defaultNamingContext", "DC=contoso,DC=local"),
        ("dnsHostName", "DC1.contoso.local"),
        ("domainControllerFunctionality", "7"),
        (
            "dsServiceName",
            "CN=NTDS Settings,CN=DC1,CN=Servers,CN=Default-First-Site-Name,CN=Sites,CN=Configuration,DC=contoso,DC=local",
        ),
        ("ldapServiceName", "contoso.local:dc1$@CONTOSO.LOCAL"),
        (
            "serverName",
            "CN=DC1,CN=Servers,CN=Default-First-Site-Name,CN=Sites,CN=Configuration,DC=contoso,DC=local",
        ),
        ("subschemaSubentry", "CN=Aggregate,CN=Schema,CN=Configuration,DC=contoso,DC=local"),
        ("supportedLDAPVersion", "3|2"),
        ("supportedSASLMechanisms", "GSS-SPNEGO|EXTERNAL"),
        ("isSynchronized", "TRUE"),
    ] {
        assert_eq!(entry.text(name), expected, "{name}");
    }
    assert_eq!(
        entry.texts("supportedCapabilities"),
        ["800", "1670", "1791", "1935", "2080", "2237"].map(|arc| format!("1.2.840.113556.1.4.{arc}"))
    );
    assert!(entry.texts("namingContexts").starts_with(&[
        "DC=contoso,DC=local".to_owned(),
        "CN=Configuration,DC=contoso,DC=local".to_owned(),
        "CN=Schema,CN=Configuration,DC=contoso,DC=local".to_owned(),
    ]));
}

#[test]
fn only_controls_that_work_are_listed() {
    let mut client = Client::new(&world(Limits::default()), false);
    let listed = client.search(object("", &["supportedControl"])).entries[0].texts("supportedControl");
    for (arc, expected) in
        [("319", true), ("417", true), ("1339", true), ("619", true), ("841", true), ("9999", false)]
    {
        let oid = format!("1.2.840.113556.1.4.{arc}");
        assert_eq!(listed.contains(&oid), expected, "{oid}");
    }
}

#[test]
fn some_attributes_come_only_when_named() {
    let mut client = administrator(Limits::default());
    let names = ["supportedExtension", "dsSchemaAttrCount", "TOKENGROUPS", "1.1"];
    let answer = client.search(object("", &names));
    let entry = &answer.entries[0];
    assert_eq!(entry.names(), ["supportedExtension", "tokenGroups", "dsSchemaAttrCount"]);
    // active-directory.md 2: StartTLS, TTL refresh, FastBind, WhoAmI; Batch is not served
    let extensions = [
        "1.3.6.1.4.1.1466.20037",
        "1.3.6.1.4.1.1466.101.119.1",
        "1.2.840.113556.1.4.1781",
        "1.3.6.1.4.1.4203.1.11.3",
    ];
    assert_eq!(entry.texts("supportedExtension"), extensions);
    // S-1-5-21-a-b-c-513, Domain Users, is among the administrator's groups
    assert!(entry.bytes("tokenGroups").iter().any(|sid| sid.ends_with(&[1, 2, 0, 0])));
    let mut anonymous = Client::new(&client.world, false);
    assert_eq!(anonymous.search(object("", &["tokenGroups"])).code, 1);
    assert_eq!(anonymous.search(object("", &["1.1"])).entries[0].attributes, []);
}

#[test]
fn a_filter_that_holds_for_any_object_is_answered() {
    let mut client = Client::new(&world(Limits::default()), false);
    for (filter, expected) in [
        ("(objectClass=top)", 1),
        ("(objectclass=*)", 1),
        ("(&(objectClass=*)(!(cn=x)))", 1),
        ("(objectClass=user)", 0),
    ] {
        let answer = client.search(request("", LdapSearchScope::Base, filter, &["defaultNamingContext"]));
        assert_eq!((answer.code, answer.entries.len()), (0, expected), "{filter}");
    }
}
