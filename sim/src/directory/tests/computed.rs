//! Constructed attributes: values of golden/02 and forms of MS-ADTS 3.1.1.4.5.

use crate::clock::DEFAULT_START;
use crate::directory::testing::{seeded, system};
use crate::directory::{Directory, Entry, Modification, ModifyOp, Reader, Role, attr};
use std::collections::BTreeSet;

const ALICE: &str = "CN=Alice Müller,OU=Staff,DC=contoso,DC=local";
const SALES: &str = "CN=Sales Team,OU=Groups,DC=contoso,DC=local";

fn entry<'d>(directory: &'d Directory, dn: &str) -> Entry<'d> {
    directory.entry(directory.resolve(dn).unwrap()).unwrap()
}

fn texts(entry: &Entry<'_>, name: &str, reader: &Reader) -> Vec<String> {
    let id = entry.directory.schema().attribute_id(name).unwrap();
    let values = entry.constructed_for(id, reader).unwrap_or_default();
    values.into_iter().map(|value| String::from_utf8_lossy(&value).into_owned()).collect()
}

fn system_reader() -> Reader {
    Reader::system(DEFAULT_START)
}

#[test]
fn memberships_are_followed_through_groups() {
    let directory = seeded();
    let names = |dn: &str, attribute: &str| {
        let entry = entry(&directory, dn);
        let id = directory.schema().attribute_id(attribute).unwrap();
        let found = entry.constructed_references(id).unwrap_or_default();
        found.iter().map(|id| directory.entry(*id).unwrap().rdn_value().to_owned()).collect::<BTreeSet<_>>()
    };
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    // golden/00: Alice is in Sales Team, Sales Team in All Staff
    assert_eq!(names(ALICE, "msds-memberOfTransitive"), set(&["Sales Team", "All Staff"]));
    let members = names("CN=All Staff,OU=Groups,DC=contoso,DC=local", "msds-memberTransitive");
    assert!(members.is_superset(&set(&["Sales Team", "Alice Müller"])), "{members:?}");
    assert_eq!(names(ALICE, "msDS-parentdistname"), set(&["Staff"]));
}

#[test]
fn tokens_are_for_base_searches_and_leave_local_groups_out_where_asked() {
    let directory = seeded();
    let alice = entry(&directory, ALICE);
    let count = |name, reader: &Reader| texts(&alice, name, reader).len();
    // golden/02: Sales Team, All Staff, Domain Users, and BUILTIN\Users, which is local
    assert_eq!(count("tokenGroups", &system_reader()), 4);
    assert_eq!(count("tokenGroupsNoGCAcceptable", &system_reader()), 4);
    assert_eq!(count("tokenGroupsGlobalAndUniversal", &system_reader()), 3);
    assert_eq!(count("tokenGroups", &Reader { of_base: false, ..system_reader() }), 0);
}

#[test]
fn rights_follow_the_role_of_the_reader() {
    let directory = seeded();
    let alice = entry(&directory, ALICE);
    let plain = Reader { account: Some(alice.id()), role: Role::User, ..system_reader() };
    let of = |name, reader: &Reader| texts(&alice, name, reader);
    // golden/02: an administrator may write all four parts
    assert_eq!(of("sDRightsEffective", &system_reader()), ["15"]);
    assert_eq!(of("sDRightsEffective", &plain), ["0"]);
    // active-directory.md 8: a user writes its telephone number, not its display name
    let own = of("allowedAttributesEffective", &plain);
    let has = |list: &[String], name: &str| list.iter().any(|other| other == name);
    assert!(has(&own, "telephoneNumber") && !has(&own, "displayName"));
    let all = of("allowedAttributesEffective", &system_reader());
    assert!(has(&all, "displayName") && has(&all, "nTSecurityDescriptor") && !has(&all, "memberOf"));
    let staff = entry(&directory, "OU=Staff,DC=contoso,DC=local");
    let children = texts(&staff, "allowedChildClassesEffective", &system_reader());
    // golden/02, the first of the list
    for class in
        ["account", "applicationEntity", "computer", "contact", "container", "group", "inetOrgPerson"]
    {
        assert!(has(&children, class), "{class}");
    }
    assert!(texts(&staff, "allowedChildClassesEffective", &plain).is_empty());
    assert_eq!(
        texts(&staff, "msDS-Approx-Immed-Subordinates", &plain),
        [directory.children(staff.id()).count().to_string()]
    );
}

#[test]
fn replication_metadata_comes_from_the_stamps() {
    let mut directory = seeded();
    let op = ModifyOp::Replace;
    let change = |text: &str| Modification { op, attribute: "title".into(), values: vec![text.into()] };
    directory.modify(&system(), ALICE, &[change("One & only")]).unwrap();
    directory.modify(&system(), ALICE, &[change("Two")]).unwrap();
    let alice = entry(&directory, ALICE);
    let values = texts(&alice, "msDS-ReplAttributeMetaData", &system_reader());
    let title = values.iter().find(|value| value.contains("<pszAttributeName>title<")).unwrap();
    let version = alice.stamp(directory.schema().attribute_id("title").unwrap()).unwrap();
    assert!(
        title.starts_with("<DS_REPL_ATTR_META_DATA>\n") && title.ends_with("</DS_REPL_ATTR_META_DATA>\n\0")
    );
    assert!(title.contains(&format!("<dwVersion>{}</dwVersion>", version.version)) && version.version >= 2);
    assert!(title.contains(&format!("<usnLocalChange>{}</usnLocalChange>", directory.highest_usn())));
    assert!(title.contains("<ftimeLastOriginatingChange>2026-01-05T08:00:00Z</"), "{title}");
    // not replicated: badPwdCount; a link: memberOf
    assert!(!values.iter().any(|value| value.contains(">badPwdCount<") || value.contains(">memberOf<")));
    let members = texts(&entry(&directory, SALES), "msDS-ReplValueMetaData", &system_reader());
    let alices = members.iter().find(|value| value.contains(&format!("<pszObjectDn>{ALICE}<"))).unwrap();
    assert!(alices.contains("<ftimeDeleted>1601-01-01T00:00:00Z</ftimeDeleted>"), "{alices}");
}

#[test]
fn the_vector_of_property_metadata_is_ordered_by_attribute_number() {
    let directory = seeded();
    let alice = entry(&directory, ALICE);
    let vector = alice.constructed_for(attr::REPL_PROPERTY_META_DATA, &system_reader()).unwrap().remove(0);
    let word = |at: usize| u32::from_le_bytes(vector[at..at + 4].try_into().unwrap());
    // MS-DRSR: version, reserved, count, reserved, then 48 octets a property
    assert_eq!((word(0), word(4), vector.len()), (1, 0, 16 + 48 * word(8) as usize));
    let numbers: Vec<u32> = (0..word(8) as usize).map(|i| word(16 + 48 * i)).collect();
    assert!(numbers.is_sorted() && numbers.contains(&0x0009_00dd), "sAMAccountName: {numbers:x?}");
    assert_eq!(numbers[0], 0, "objectClass, 2.5.4.0");
}

#[test]
fn a_domain_controller_says_where_it_is() {
    let directory = seeded();
    let info = directory.info();
    for dn in [&info.ds_service_dn, &info.server_dn] {
        let entry = entry(&directory, dn);
        assert_eq!(texts(&entry, "msDS-isGC", &system_reader()), ["TRUE"], "{dn}");
        assert_eq!(texts(&entry, "msDS-isRODC", &system_reader()), ["FALSE"], "{dn}");
        assert_eq!(texts(&entry, "msDS-SiteName", &system_reader()), ["Default-First-Site-Name"], "{dn}");
    }
    let group = entry(&directory, "CN=Group,CN=Schema,CN=Configuration,DC=contoso,DC=local");
    assert!(texts(&group, "msDS-isGC", &system_reader()).is_empty());
    let ou = entry(&directory, "CN=Organizational-Unit,CN=Schema,CN=Configuration,DC=contoso,DC=local");
    let inferiors = texts(&ou, "possibleInferiors", &system_reader());
    assert!(["user", "group", "organizationalUnit"].iter().all(|class| inferiors.iter().any(|i| i == class)));
}

#[test]
fn the_query_policy_follows_its_object_within_the_caps() {
    use crate::limits::Limits;
    let mut directory = seeded();
    let limits = Limits::default();
    let policy = directory.query_policy(&limits);
    // golden/08
    assert_eq!(
        (policy.max_page_size, policy.max_val_range, policy.max_temp_table_size),
        (1000, 1500, 10_000)
    );
    assert_eq!((policy.max_result_set_size, policy.max_query_duration.as_secs()), (262_144, 120));
    assert_eq!((policy.max_notification_per_conn, policy.max_active_queries), (5, 20));
    let dn = directory.entry(directory.info().query_policy).unwrap().dn();
    let values = ["maxpagesize=7", "MaxValRange=9999", "MaxQueryDuration=soon", "NoSuchPolicy=1"];
    let values = values.iter().map(|value| value.as_bytes().to_vec()).collect();
    let change = Modification { op: ModifyOp::Replace, attribute: "lDAPAdminLimits".into(), values };
    let before = directory.query_policy_usn();
    directory.modify(&system(), &dn, &[change]).unwrap();
    assert!(directory.query_policy_usn() > before);
    let policy = directory.query_policy(&limits);
    // active-directory.md 7: hard caps even if the policy is higher
    assert_eq!((policy.max_page_size, policy.max_val_range), (7, 5000));
    assert_eq!((policy.max_query_duration.as_secs(), policy.max_result_set_size), (120, 262_144));
}
