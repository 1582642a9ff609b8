//! What a new forest holds (golden/02, golden/05, active-directory.md 3 and 4).

use crate::directory::testing::{forest, search};
use crate::directory::{AggregateText, Scope, attr};

const BASE: &str = "DC=contoso,DC=local";
const CONFIGURATION: &str = "CN=Configuration,DC=contoso,DC=local";
const SCHEMA: &str = "CN=Schema,CN=Configuration,DC=contoso,DC=local";

#[test]
fn built_in_accounts_have_their_well_known_identifiers() {
    let directory = forest();
    let sid = directory.info().sid.clone();
    for (name, rid) in [
        ("Administrator", 500),
        ("Guest", 501),
        ("krbtgt", 502),
        ("Domain Admins", 512),
        ("Domain Users", 513),
        ("Domain Guests", 514),
        ("Domain Computers", 515),
        ("Domain Controllers", 516),
        ("Schema Admins", 518),
        ("Enterprise Admins", 519),
    ] {
        let id = directory.resolve(&format!("CN={name},CN=Users,{BASE}")).unwrap();
        let entry = directory.entry(id).unwrap();
        assert_eq!(entry.sid(), Some(sid.with_rid(rid)), "{name}");
        assert_eq!(directory.by_sid(&sid.with_rid(rid)), Some(id), "{name}");
        assert_eq!(entry.text(attr::SAM_ACCOUNT_NAME).as_deref(), Some(name));
    }
}

#[test]
fn administrator_looks_as_a_domain_controller_shows_it() {
    let directory = forest();
    let entry = directory.entry(directory.info().administrator).unwrap();
    for (name, expected) in [
        ("objectClass", vec!["top", "person", "organizationalPerson", "user"]),
        ("cn", vec!["Administrator"]),
        ("instanceType", vec!["4"]),
        ("userAccountControl", vec!["512"]),
        ("badPwdCount", vec!["0"]),
        ("codePage", vec!["0"]),
        ("countryCode", vec!["0"]),
        ("primaryGroupID", vec!["513"]),
        ("adminCount", vec!["1"]),
        ("accountExpires", vec!["9223372036854775807"]),
        ("logonCount", vec!["0"]),
        ("sAMAccountType", vec!["805306368"]),
        ("objectCategory", vec!["CN=Person,CN=Schema,CN=Configuration,DC=contoso,DC=local"]),
        ("isCriticalSystemObject", vec!["TRUE"]),
        ("distinguishedName", vec!["CN=Administrator,CN=Users,DC=contoso,DC=local"]),
    ] {
        assert_eq!(entry.texts(name), expected, "{name}");
    }
    let mut groups = entry.texts("memberOf");
    groups.sort();
    assert_eq!(
        groups,
        [
            "CN=Administrators,CN=Builtin,DC=contoso,DC=local",
            "CN=Domain Admins,CN=Users,DC=contoso,DC=local",
            "CN=Enterprise Admins,CN=Users,DC=contoso,DC=local",
            "CN=Group Policy Creator Owners,CN=Users,DC=contoso,DC=local",
            "CN=Schema Admins,CN=Users,DC=contoso,DC=local",
        ]
    );
    let listed: Vec<_> = entry.attributes().map(|(id, _)| directory.schema().name(id)).collect();
    assert!(listed.contains(&"memberOf") && listed.contains(&"cn") && !listed.contains(&"unicodePwd"));
}

#[test]
fn the_head_names_the_default_containers() {
    let directory = forest();
    let head = directory.entry(directory.info().domain).unwrap();
    let known = head.texts("wellKnownObjects");
    assert_eq!(known.len(), 11);
    assert!(known.contains(&"B:32:A9D1CA15768811D1ADED00C04FD8D5CD:CN=Users,DC=contoso,DC=local".to_owned()));
    let by_guid = "<WKGUID=A9D1CA15768811D1ADED00C04FD8D5CD,DC=contoso,DC=local>";
    assert_eq!(directory.resolve(by_guid), Ok(directory.info().users));
    assert_eq!(head.texts("objectClass"), ["top", "domain", "domainDNS"]);
    assert_eq!((head.int("instanceType"), head.int("minPwdLength")), (Some(5), Some(7)));
}

#[test]
fn the_schema_has_the_counts_that_a_domain_controller_shows() {
    let directory = forest();
    let schema = directory.schema();
    assert_eq!(schema.aggregate(AggregateText::AttributeTypes).len(), 1473);
    assert_eq!(schema.aggregate(AggregateText::ObjectClasses).len(), 264);
    assert_eq!(schema.aggregate(AggregateText::ExtendedAttributeInfo).len(), 1473);
    assert_eq!(schema.aggregate(AggregateText::ExtendedClassInfo).len(), 264);
    let types = schema.aggregate(AggregateText::AttributeTypes);
    let sam = "( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' SYNTAX '1.3.6.1.4.1.1466.115.121.1.15' SINGLE-VALUE )";
    assert!(types.iter().any(|text| text == sam));
    assert_eq!(search(&directory, SCHEMA, Scope::Subtree, "(isMemberOfPartialAttributeSet=TRUE)").len(), 196);
    let anr = search(&directory, SCHEMA, Scope::Subtree, "(searchFlags:1.2.840.113556.1.4.803:=4)");
    assert_eq!(anr.len(), 14);
}

#[test]
fn schema_objects_show_what_a_domain_controller_shows() {
    let directory = forest();
    let found = search(&directory, SCHEMA, Scope::Subtree, "(lDAPDisplayName=proxyAddresses)");
    assert_eq!(found, ["CN=Proxy-Addresses,CN=Schema,CN=Configuration,DC=contoso,DC=local"]);
    let entry = directory.entry(directory.resolve(&found[0]).unwrap()).unwrap();
    for (name, expected) in [
        ("attributeID", "1.2.840.113556.1.2.210"),
        ("attributeSyntax", "2.5.5.12"),
        ("isSingleValued", "FALSE"),
        ("rangeLower", "1"),
        ("rangeUpper", "1123"),
        ("oMSyntax", "64"),
        ("searchFlags", "5"),
        ("schemaIDGUID", "BnqWv+YN0BGihQCqADBJ4g=="),
        ("systemFlags", "16"),
        ("objectCategory", "CN=Attribute-Schema,CN=Schema,CN=Configuration,DC=contoso,DC=local"),
    ] {
        assert_eq!(entry.text(name).as_deref(), Some(expected), "{name}");
    }
}

#[test]
fn partitions_and_services_are_where_sync_engines_look() {
    let directory = forest();
    let partitions = format!("CN=Partitions,{CONFIGURATION}");
    let refs = search(&directory, &partitions, Scope::One, "(&(objectClass=crossRef)(nETBIOSName=CONTOSO))");
    assert_eq!(refs, ["CN=CONTOSO,CN=Partitions,CN=Configuration,DC=contoso,DC=local"]);
    let ntds = directory.entry(directory.resolve(&directory.info().ds_service_dn.clone()).unwrap()).unwrap();
    assert_eq!(ntds.texts("hasMasterNCs").len(), 3);
    assert_eq!(ntds.int("options"), Some(1));
    let service = format!("CN=Directory Service,CN=Windows NT,CN=Services,{CONFIGURATION}");
    let service = directory.entry(directory.resolve(&service).unwrap()).unwrap();
    assert_eq!(service.int("tombstoneLifetime"), Some(180));
    let policy = search(&directory, CONFIGURATION, Scope::Subtree, "(lDAPAdminLimits=MaxPageSize=1000)");
    assert_eq!(policy.len(), 1);
}

#[test]
fn a_search_from_the_domain_leaves_subordinate_naming_contexts_out() {
    let directory = forest();
    assert!(search(&directory, BASE, Scope::Subtree, "(objectClass=crossRef)").is_empty());
    assert!(search(&directory, CONFIGURATION, Scope::Subtree, "(objectClass=attributeSchema)").is_empty());
    assert!(!search(&directory, BASE, Scope::One, "(objectClass=*)").contains(&CONFIGURATION.to_owned()));
}

#[test]
fn group_policies_are_linked_where_a_domain_controller_links_them() {
    let directory = forest();
    let head = directory.entry(directory.info().domain).unwrap();
    // golden/02
    assert_eq!(
        head.texts("gPLink"),
        ["[LDAP://CN={31B2F340-016D-11D2-945F-00C04FB984F9},CN=Policies,CN=System,DC=contoso,DC=local;0]"]
    );
    assert_eq!(head.texts("auditingPolicy"), ["AAE="]);
    let policies = search(&directory, BASE, Scope::Subtree, "(objectClass=groupPolicyContainer)");
    assert_eq!(policies.len(), 2, "{policies:?}");
    assert!(head.texts("gPLink")[0].contains(&policies[0]));
    let policy = directory.entry(directory.resolve(&policies[0]).unwrap()).unwrap();
    let path = r"\\contoso.local\sysvol\contoso.local\Policies\{31B2F340-016D-11D2-945F-00C04FB984F9}";
    assert_eq!(policy.texts("gPCFileSysPath"), [path]);
}

#[test]
fn the_configuration_holds_rights_and_principals() {
    let directory = forest();
    let found = |below: &str, filter: &str| {
        search(&directory, &format!("{below},{CONFIGURATION}"), Scope::One, filter)
    };
    // MS-ADTS 5.1.3.2.1: Replicating Directory Changes; 3.1.1.2.3.3: property sets
    let right = found("CN=Extended-Rights", "(rightsGuid=1131f6aa-9c07-11d1-f79f-00c04fc2dcd2)");
    assert_eq!(right, [format!("CN=DS-Replication-Get-Changes,CN=Extended-Rights,{CONFIGURATION}")]);
    assert!(found("CN=Extended-Rights", "(objectClass=controlAccessRight)").len() >= 72);
    let sets = found("CN=Extended-Rights", "(validAccesses=48)");
    for name in ["General-Information", "Personal-Information", "Membership", "User-Logon", "Domain-Password"]
    {
        assert!(sets.contains(&format!("CN={name},CN=Extended-Rights,{CONFIGURATION}")), "{name}");
    }
    let everyone = found("CN=WellKnown Security Principals", "(objectSid=S-1-1-0)");
    assert_eq!(everyone, [format!("CN=Everyone,CN=WellKnown Security Principals,{CONFIGURATION}")]);
    // the first object with a SID is the one that groups name
    let sid = crate::ids::Sid::parse("S-1-5-11").unwrap();
    let members = directory.by_sid(&sid).and_then(|id| directory.entry(id)).unwrap();
    assert_eq!(members.dn(), format!("CN=S-1-5-11,CN=ForeignSecurityPrincipals,{BASE}"));
}
