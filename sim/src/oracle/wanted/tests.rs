//! Expected values from directory-sync.md 1.4, 2.5 and 4.3, on estates that are written out here.

use super::*;
use crate::oracle::testing::{domain, domain_of, guid, object, record, tenant};
use crate::oracle::{CloudRecord, Expected, PeopleMatch, Switches, expect_by};
use proptest::prelude::*;

fn list(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn judged(wanted: &Synchronize, domains: &[OnPremDomain], before: Vec<CloudRecord>) -> Expected {
    let cloud = tenant(&["contoso.com"], before);
    expect_by(&PeopleMatch::Mail, wanted, domains.to_vec(), cloud, &Switches::default())
}

/// A person NAME.
fn person(number: u8, name: &'static str, at: &str) -> OnPremObject {
    let upn = format!("{name}@contoso.com");
    let mut person = object(SyncKind::User, number, &[("sAMAccountName", name), ("userPrincipalName", &upn)]);
    person.dn = format!("CN={name},{at}");
    person
}

fn group(number: u8, at: &str, members: &[u8]) -> OnPremObject {
    let mut group = object(SyncKind::Group, number, &[("groupType", "-2147483646")]);
    group.dn = format!("CN=Group {number},{at}");
    group.members = members.iter().map(|number| guid(*number)).collect();
    group
}

fn sent(expected: &Expected) -> BTreeSet<String> {
    expected.objects.keys().cloned().collect()
}

fn anchors(numbers: &[u8]) -> BTreeSet<String> {
    numbers.iter().map(|number| guid(*number).immutable_id()).collect()
}

const STAFF: &str = "OU=Staff,DC=contoso,DC=local";
const TEMPS: &str = "OU=Temps,OU=Staff,DC=contoso,DC=local";
const BOARD: &str = "OU=Board,OU=Temps,OU=Staff,DC=contoso,DC=local";
const ELSE: &str = "OU=Other,DC=contoso,DC=local";

fn units() -> OnPremDomain {
    let mut boss = person(1, "ann", STAFF);
    boss.manager = Some(guid(2));
    domain(vec![
        boss,
        person(2, "ben", TEMPS),
        person(3, "cat", BOARD),
        person(4, "dan", ELSE),
        group(5, ELSE, &[1, 2, 3, 4]),
    ])
}

#[test]
fn the_nearest_container_that_is_named_says_whether_an_object_is_synchronized() {
    for (include, exclude, expected) in [
        (&[][..], &[][..], &[1, 2, 3, 4, 5][..]),
        (&[STAFF], &[], &[1, 2, 3]),
        (&["ou=staff, dc=CONTOSO,DC=local"], &[], &[1, 2, 3]),
        (&[STAFF], &[TEMPS], &[1]),
        (&[STAFF, BOARD], &[TEMPS], &[1, 3]),
        (&[BOARD, ELSE], &[], &[3, 4, 5]),
        (&[], &[TEMPS], &[1, 4, 5]),
        (&[BOARD], &[STAFF], &[3]),
        // a name that ends like a container's is no container
        (&["OU=taff,DC=contoso,DC=local"], &[], &[]),
        // an organizational unit that was renamed: nobody lies in the one that is named
        (&["OU=Former,DC=contoso,DC=local"], &[], &[]),
    ] {
        let wanted = Synchronize { include: list(include), exclude: list(exclude), ..Synchronize::default() };
        let result = judged(&wanted, &[units()], Vec::new());
        assert_eq!(sent(&result), anchors(expected), "{include:?} {exclude:?}");
    }
}

#[test]
fn references_to_whom_a_filter_leaves_out_are_dropped_and_who_was_there_is_deleted() {
    let known = |number: u8| record(SyncKind::User, number + 100, Some(&guid(number).immutable_id()), &[]);
    let wanted = Synchronize { exclude: list(&[TEMPS]), ..Synchronize::default() };
    let result = judged(&wanted, &[units()], vec![known(1), known(2), known(3)]);
    assert_eq!(result.objects[&guid(1).immutable_id()].manager, None);
    assert_eq!(result.objects[&guid(5).immutable_id()].members, anchors(&[1, 4]));
    assert_eq!(result.deletes.keys().cloned().collect::<BTreeSet<_>>(), anchors(&[2, 3]));
    // back within thirty days: the same object again
    let mut gone = known(2);
    gone.deleted = true;
    let back = judged(&Synchronize::default(), &[units()], vec![known(1), gone]);
    let returned = &back.objects[&guid(2).immutable_id()];
    assert_eq!((returned.matches.clone(), returned.may_be_new), (BTreeSet::from([guid(102)]), false));
    assert_eq!(back.objects[&guid(1).immutable_id()].manager, Some(guid(2).immutable_id()));
    assert_eq!(back.objects[&guid(5).immutable_id()].members, anchors(&[1, 2, 3, 4]));
}

#[test]
fn only_domains_that_are_named_are_synchronized() {
    let child = || {
        let mut child =
            domain_of("emea.contoso", vec![person(7, "eve", "OU=Staff,DC=emea,DC=contoso,DC=local")]);
        child.forest = "contoso.local".to_owned();
        child
    };
    for (names, expected) in [
        (&[][..], &[1, 2, 3, 4, 5, 7][..]),
        (&["contoso.local"], &[1, 2, 3, 4, 5]),
        (&["EMEA.contoso.local"], &[7]),
        (&["fabrikam.local"], &[]),
    ] {
        let wanted = Synchronize { domains: list(names), ..Synchronize::default() };
        assert_eq!(sent(&judged(&wanted, &[units(), child()], Vec::new())), anchors(expected), "{names:?}");
    }
}

#[test]
fn members_of_another_forest_vanish_with_the_container_of_their_principals() {
    // directory-sync.md 4.3
    let sid = "S-1-5-21-1-1-1-1104";
    let mut stranger = person(9, "eve", "OU=Staff,DC=fabrikam,DC=local");
    stranger.attributes.insert("objectsid", vec![sid.as_bytes().to_vec()]);
    let other = domain_of("fabrikam", vec![stranger]);
    let mut own = domain(vec![group(5, STAFF, &[60])]);
    own.foreign.insert(guid(60), sid.to_owned());
    let staff = "OU=Staff,DC=fabrikam,DC=local";
    for (include, members) in [
        (&[][..], &[9][..]),
        (&[STAFF, staff], &[]),
        (&[STAFF, staff, "CN=ForeignSecurityPrincipals,DC=contoso,DC=local"], &[9]),
        (&[STAFF, "CN=ForeignSecurityPrincipals,DC=contoso,DC=local"], &[]),
    ] {
        let wanted = Synchronize { include: list(include), ..Synchronize::default() };
        let result = judged(&wanted, &[own.clone(), other.clone()], Vec::new());
        assert_eq!(result.objects[&guid(5).immutable_id()].members, anchors(members), "{include:?}");
    }
}

#[test]
fn a_pilot_has_the_direct_members_of_its_group_and_says_nothing_of_other_forests() {
    // directory-sync.md 2.5.8: one group, direct members only
    let inner = group(6, STAFF, &[3]);
    let pilot = group(5, STAFF, &[1, 4, 6]);
    let people = [(1, "ann"), (2, "ben"), (3, "cat"), (4, "dan")].map(|(n, name)| person(n, name, STAFF));
    let own = domain(people.into_iter().chain([pilot, inner]).collect());
    let other = domain_of("fabrikam", vec![person(9, "eve", "OU=Staff,DC=fabrikam,DC=local")]);
    for (name, expected) in [
        (None, &[1, 2, 3, 4, 5, 6, 9][..]),
        (Some("cn=group 5,OU=Staff,DC=contoso,DC=local"), &[1, 4, 6, 9]),
        // a group that is not there has nobody
        (Some("CN=Pilot,OU=Staff,DC=contoso,DC=local"), &[]),
    ] {
        let wanted = Synchronize { group: name.map(str::to_owned), ..Synchronize::default() };
        let result = judged(&wanted, &[own.clone(), other.clone()], Vec::new());
        assert_eq!(sent(&result), anchors(expected), "{name:?}");
        if expected.contains(&6) {
            let members = &result.objects[&guid(6).immutable_id()].members;
            assert_eq!(*members, anchors(if expected.contains(&3) { &[3] } else { &[] }), "{name:?}");
        }
    }
}

#[test]
fn who_is_in_a_pilot_with_one_of_two_accounts_may_be_missing() {
    let twice = |number: u8, at: &str| {
        let mut account = person(number, "ann", at);
        account.attributes.insert("mail", vec![b"ann@contoso.com".to_vec()]);
        account
    };
    let own = domain(vec![twice(1, STAFF), group(5, STAFF, &[])]);
    let other = domain_of("fabrikam", vec![twice(9, "OU=Staff,DC=fabrikam,DC=local")]);
    let wanted = Synchronize { group: Some(format!("CN=Group 5,{STAFF}")), ..Synchronize::default() };
    let result = judged(&wanted, &[own, other], Vec::new());
    let both: Vec<_> = result.objects.values().map(|object| object.may_be_absent.is_some()).collect();
    assert_eq!(both, [true]);
}

#[test]
fn an_alternate_id_signs_in_and_the_ordinary_name_stays_beside_it() {
    // directory-sync.md 1.4, alternate ID
    let wanted = Synchronize { alternate_id: Some("mail".to_owned()), ..Synchronize::default() };
    let mut ann = person(1, "ann", STAFF);
    ann.attributes.insert("mail", vec![b"ann.archer@contoso.com".to_vec()]);
    let anchor = guid(1).immutable_id();
    let names = |domain: OnPremDomain, before: Vec<CloudRecord>| {
        let result = judged(&wanted, &[domain], before);
        let of = &result.objects[&anchor];
        let names: Vec<String> = of.upn.clone().unwrap().permitted.into_iter().collect();
        (names, of.properties["onPremisesUserPrincipalName"].clone())
    };
    let (upn, ordinary) = names(domain(vec![ann.clone()]), Vec::new());
    assert_eq!(upn, ["ann.archer@contoso.com"]);
    assert!(ordinary.allows(Some("ann@contoso.com")) && !ordinary.allows(Some("ann.archer@contoso.com")));
    // a new alternate name follows, though the ordinary one is as it was
    let old =
        [("userPrincipalName", "ann.former@contoso.com"), ("onPremisesUserPrincipalName", "ann@contoso.com")];
    let (upn, _) = names(domain(vec![ann]), vec![record(SyncKind::User, 9, Some(&anchor), &old)]);
    assert_eq!(upn, ["ann.archer@contoso.com"]);
    // without one: the account's name in its domain, or the ordinary name; no reference says
    let (upn, _) = names(domain(vec![person(1, "ann", STAFF)]), Vec::new());
    assert!(
        upn.contains(&"ann@contoso.com".to_owned())
            && upn.contains(&"ann@contoso.onmicrosoft.com".to_owned())
    );
}

#[test]
fn an_anchor_of_ones_own_is_the_text_of_an_attribute_and_only_for_people() {
    // directory-sync.md 1.4, sourceAnchor rules
    let wanted = Synchronize { anchor: Some("employeeID".to_owned()), ..Synchronize::default() };
    let with = |number: u8, id: &str| {
        let mut person = person(number, "ann", STAFF);
        person.attributes.insert("employeeid", vec![id.as_bytes().to_vec()]);
        person
    };
    let own = domain(vec![
        with(1, " 4711 "),
        with(2, "a@b"),
        with(3, &"1".repeat(60)),
        with(4, &"1".repeat(59)),
        person(6, "fay", STAFF),
        group(5, STAFF, &[1, 2, 6]),
    ]);
    let result = judged(&wanted, &[own], Vec::new());
    let anchors = ["4711".to_owned(), "1".repeat(59), guid(5).immutable_id()];
    assert_eq!(sent(&result), BTreeSet::from(anchors));
    let members = &result.objects[&guid(5).immutable_id()].members;
    assert_eq!(*members, BTreeSet::from(["4711".to_owned()]));
}

#[test]
fn the_anchor_that_is_named_counts_more_than_that_of_the_tenants_profile() {
    let mut ann = person(1, "ann", STAFF);
    ann.attributes.insert("ms-ds-consistencyguid", vec![guid(77).to_bytes_le().to_vec()]);
    for (anchor, expected) in [(None, 77), (Some("objectguid"), 1), (Some("mS-DS-ConsistencyGuid"), 77)] {
        let wanted = Synchronize { anchor: anchor.map(str::to_owned), ..Synchronize::default() };
        let result = judged(&wanted, &[domain(vec![ann.clone()])], Vec::new());
        assert_eq!(sent(&result), anchors(&[expected]), "{anchor:?}");
    }
}

#[test]
fn what_contradicts_itself_is_told() {
    let everything = Synchronize::default();
    assert_eq!(everything.check(), Ok(()));
    let group = |include: &[&str]| Synchronize {
        include: list(include),
        group: Some(format!("CN=Pilot,{STAFF}")),
        ..Synchronize::default()
    };
    assert_eq!(group(&[STAFF]).check(), Ok(()));
    for (wanted, words) in [
        (group(&[ELSE]), "lies in no container"),
        (
            Synchronize {
                include: list(&[STAFF]),
                exclude: list(&["ou=staff,dc=contoso,dc=local"]),
                ..everything.clone()
            },
            "both included and excluded",
        ),
        (
            Synchronize { alternate_id: Some("objectSid".to_owned()), ..everything.clone() },
            "identifies nobody",
        ),
        (
            Synchronize { anchor: Some("thumbnailPhoto".to_owned()), ..everything.clone() },
            "identifies nobody",
        ),
    ] {
        let told = wanted.check().expect_err(words);
        assert!(told.contains(words), "{told}");
    }
}

/// What a second, naive reader says: from the object upwards, the first name that is listed decides.
fn naive(labels: &[&str], include: &[Vec<&str>], exclude: &[Vec<&str>]) -> bool {
    for start in 1..labels.len() {
        let above = &labels[start..];
        if exclude.iter().any(|name| name[..] == *above) {
            return false;
        }
        if include.iter().any(|name| name[..] == *above) {
            return true;
        }
    }
    include.is_empty()
}

fn name() -> impl Strategy<Value = Vec<&'static str>> {
    let unit = prop::sample::select(vec!["OU=A", "OU=B", "OU=A\\, B", "CN=C"]);
    prop::collection::vec(unit, 1..5).prop_map(|mut units| {
        units.extend(["DC=contoso", "DC=local"]);
        units
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, rng_seed: crate::seed::plans(2_501), ..ProptestConfig::default() })]

    #[test]
    fn containers_hold_what_a_walk_from_the_object_upwards_finds(
        include in prop::collection::vec(name(), 0..3),
        exclude in prop::collection::vec(name(), 0..3),
        above in name(),
    ) {
        let text = |names: &[Vec<&str>]| names.iter().map(|name| name.join(",")).collect();
        let wanted = Synchronize { include: text(&include), exclude: text(&exclude), ..Synchronize::default() };
        let labels: Vec<&str> = ["CN=Ann"].into_iter().chain(above).collect();
        let own = domain(vec![person(1, "ann", &labels[1..].join(","))]);
        let result = judged(&wanted, &[own], Vec::new());
        prop_assert_eq!(result.objects.len() == 1, naive(&labels, &include, &exclude));
    }
}
