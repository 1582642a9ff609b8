//! Objects as a domain controller shows them (golden/02). SIDs, GUIDs, times and USNs differ by design.

use crate::directory::attr;
use crate::directory::testing::seeded;

fn check(dn: &str, expected: &[(&str, &[&str])]) {
    let directory = seeded();
    let entry = directory.entry(directory.resolve(dn).unwrap()).unwrap();
    for (name, values) in expected {
        assert_eq!(entry.texts(*name), *values, "{dn} {name}");
    }
    let volatile =
        ["whenCreated", "whenChanged", "uSNCreated", "uSNChanged", "objectGUID", "objectSid", "pwdLastSet"];
    let mut listed: Vec<&str> = entry.attributes().map(|(id, _)| directory.schema().name(id)).collect();
    listed.retain(|name| !volatile.contains(name));
    listed.sort_unstable();
    let mut wanted: Vec<&str> = expected.iter().map(|(name, _)| *name).collect();
    wanted.sort_unstable();
    assert_eq!(listed, wanted, "{dn}");
}

const PERSON: &str = "CN=Person,CN=Schema,CN=Configuration,DC=contoso,DC=local";
const PHOTO: &str = "/9j/4AAQSkZJRgABAQEASABIAAD/2Q==";

#[test]
fn a_user_has_the_attributes_of_the_transcript() {
    check(
        "CN=Alice Müller,OU=Staff,DC=contoso,DC=local",
        &[
            ("objectClass", &["top", "person", "organizationalPerson", "user"]),
            ("cn", &["Alice Müller"]),
            ("sn", &["Müller"]),
            ("title", &["Manager"]),
            ("telephoneNumber", &["+49 30 1234567"]),
            ("givenName", &["Alice"]),
            ("instanceType", &["4"]),
            ("displayName", &["Alice Müller"]),
            ("department", &["Sales"]),
            (
                "proxyAddresses",
                &["SMTP:alice@contoso.com", "smtp:alice.mueller@contoso.com", "sip:alice@contoso.com"],
            ),
            ("name", &["Alice Müller"]),
            ("userAccountControl", &["512"]),
            ("badPwdCount", &["0"]),
            ("codePage", &["0"]),
            ("countryCode", &["0"]),
            ("employeeID", &["1001"]),
            ("badPasswordTime", &["0"]),
            ("lastLogoff", &["0"]),
            ("lastLogon", &["0"]),
            ("primaryGroupID", &["513"]),
            ("accountExpires", &["9223372036854775807"]),
            ("logonCount", &["0"]),
            ("sAMAccountName", &["alice"]),
            ("sAMAccountType", &["805306368"]),
            ("userPrincipalName", &["alice@contoso.local"]),
            ("objectCategory", &[PERSON]),
            ("mail", &["alice@contoso.com"]),
            ("jpegPhoto", &[PHOTO]),
            ("thumbnailPhoto", &[PHOTO]),
            ("directReports", &["CN=Bob Stone,OU=Sales,OU=Staff,DC=contoso,DC=local"]),
            ("memberOf", &["CN=Sales Team,OU=Groups,DC=contoso,DC=local"]),
            ("managedObjects", &["CN=Dist List,OU=Groups,DC=contoso,DC=local"]),
            ("distinguishedName", &["CN=Alice Müller,OU=Staff,DC=contoso,DC=local"]),
        ],
    );
}

#[test]
fn a_contact_has_the_attributes_of_the_transcript() {
    check(
        "CN=Carl Contact,OU=Staff,DC=contoso,DC=local",
        &[
            ("objectClass", &["top", "person", "organizationalPerson", "contact"]),
            ("cn", &["Carl Contact"]),
            ("sn", &["Contact"]),
            ("givenName", &["Carl"]),
            ("instanceType", &["4"]),
            ("displayName", &["Carl Contact"]),
            ("proxyAddresses", &["SMTP:carl@fabrikam.com"]),
            ("name", &["Carl Contact"]),
            ("objectCategory", &[PERSON]),
            ("mail", &["carl@fabrikam.com"]),
            ("distinguishedName", &["CN=Carl Contact,OU=Staff,DC=contoso,DC=local"]),
        ],
    );
}

#[test]
fn a_computer_has_the_attributes_of_the_transcript() {
    check(
        "CN=WS001,CN=Computers,DC=contoso,DC=local",
        &[
            ("objectClass", &["top", "person", "organizationalPerson", "user", "computer"]),
            ("cn", &["WS001"]),
            ("instanceType", &["4"]),
            ("name", &["WS001"]),
            ("userAccountControl", &["4096"]),
            ("badPwdCount", &["0"]),
            ("codePage", &["0"]),
            ("countryCode", &["0"]),
            ("badPasswordTime", &["0"]),
            ("lastLogoff", &["0"]),
            ("lastLogon", &["0"]),
            ("primaryGroupID", &["515"]),
            ("accountExpires", &["9223372036854775807"]),
            ("logonCount", &["0"]),
            ("sAMAccountName", &["WS001$"]),
            ("sAMAccountType", &["805306369"]),
            ("dNSHostName", &["ws001.contoso.local"]),
            ("servicePrincipalName", &["HOST/ws001", "HOST/ws001.contoso.local"]),
            ("objectCategory", &["CN=Computer,CN=Schema,CN=Configuration,DC=contoso,DC=local"]),
            ("isCriticalSystemObject", &["FALSE"]),
            ("distinguishedName", &["CN=WS001,CN=Computers,DC=contoso,DC=local"]),
        ],
    );
}

#[test]
fn groups_have_the_attributes_of_the_transcript() {
    let group = "CN=Group,CN=Schema,CN=Configuration,DC=contoso,DC=local";
    check(
        "CN=Sales Team,OU=Groups,DC=contoso,DC=local",
        &[
            ("objectClass", &["top", "group"]),
            ("cn", &["Sales Team"]),
            (
                "member",
                &[
                    "CN=Alice Müller,OU=Staff,DC=contoso,DC=local",
                    "CN=Bob Stone,OU=Sales,OU=Staff,DC=contoso,DC=local",
                ],
            ),
            ("instanceType", &["4"]),
            ("name", &["Sales Team"]),
            ("sAMAccountName", &["SalesTeam"]),
            ("sAMAccountType", &["268435456"]),
            ("groupType", &["-2147483646"]),
            ("objectCategory", &[group]),
            ("mail", &["sales@contoso.com"]),
            ("memberOf", &["CN=All Staff,OU=Groups,DC=contoso,DC=local"]),
            ("distinguishedName", &["CN=Sales Team,OU=Groups,DC=contoso,DC=local"]),
        ],
    );
    check(
        "CN=Dist List,OU=Groups,DC=contoso,DC=local",
        &[
            ("objectClass", &["top", "group"]),
            ("cn", &["Dist List"]),
            ("instanceType", &["4"]),
            ("name", &["Dist List"]),
            ("sAMAccountName", &["DistList"]),
            ("sAMAccountType", &["268435457"]),
            ("managedBy", &["CN=Alice Müller,OU=Staff,DC=contoso,DC=local"]),
            ("groupType", &["2"]),
            ("objectCategory", &[group]),
            ("distinguishedName", &["CN=Dist List,OU=Groups,DC=contoso,DC=local"]),
        ],
    );
}

#[test]
fn relative_identifiers_are_sequential_from_the_first_of_a_new_domain() {
    // golden/02: Alice 1103, then Bob, Dora, Eve, Mia, Lou; the contact has none; WS001 is 1109
    let directory = seeded();
    for (dn, rid) in [
        ("CN=Alice Müller,OU=Staff,DC=contoso,DC=local", 1103),
        ("CN=Bob Stone,OU=Sales,OU=Staff,DC=contoso,DC=local", 1104),
        ("CN=WS001,CN=Computers,DC=contoso,DC=local", 1109),
        ("CN=Sales Team,OU=Groups,DC=contoso,DC=local", 1110),
        ("CN=Dist List,OU=Groups,DC=contoso,DC=local", 1112),
    ] {
        let sid = directory.entry(directory.resolve(dn).unwrap()).unwrap().sid().unwrap();
        assert_eq!(sid.rid(), Some(rid), "{dn}");
    }
}

#[test]
fn constructed_attributes_are_those_of_the_transcript() {
    let directory = seeded();
    let alice = directory.resolve("CN=Alice Müller,OU=Staff,DC=contoso,DC=local").unwrap();
    let entry = directory.entry(alice).unwrap();
    let text = |id| {
        let values = entry.constructed(id).unwrap();
        values.into_iter().map(|value| String::from_utf8(value).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(text(attr::CANONICAL_NAME), ["contoso.local/Staff/Alice Müller"]);
    assert_eq!(text(attr::STRUCTURAL_OBJECT_CLASS), ["top", "person", "organizationalPerson", "user"]);
    assert_eq!(text(attr::UAC_COMPUTED), ["0"]);
    assert_eq!(
        text(attr::SUB_SCHEMA_SUB_ENTRY),
        ["CN=Aggregate,CN=Schema,CN=Configuration,DC=contoso,DC=local"]
    );
    assert_eq!(text(attr::CREATE_TIME_STAMP), entry.texts("whenCreated"));
    // golden/02: SalesTeam 1110, AllStaff 1111, Domain Users 513, BUILTIN\Users S-1-5-32-545
    let mut groups: Vec<String> = entry
        .constructed(attr::TOKEN_GROUPS)
        .unwrap()
        .iter()
        .map(|bytes| crate::ids::Sid::from_bytes(bytes).unwrap().to_string())
        .collect();
    let own = |rid| directory.info().sid.with_rid(rid).to_string();
    let mut expected = vec![own(1110), own(1111), own(513), "S-1-5-32-545".to_owned()];
    groups.sort();
    expected.sort();
    assert_eq!(groups, expected);
}
