use super::*;
use crate::oracle::testing::{domain, guid, object, record, tenant};

fn switches(changed: &[(&str, &str)]) -> Switches {
    let changed = changed.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Switches::of("today", &changed).unwrap()
}

fn anchor(object: &OnPremObject, switches: &Switches) -> String {
    source_anchor(object, &Synchronize::default(), switches).unwrap()
}

fn user(attributes: &[(&'static str, &str)]) -> OnPremObject {
    object(SyncKind::User, 1, attributes)
}

fn upns(object: OnPremObject, before: Vec<CloudRecord>, changed: &[(&str, &str)]) -> (Vec<String>, bool) {
    let cloud = tenant(&["verified.contoso.com"], before);
    let expected = expect(&[domain(vec![object])], cloud, &switches(changed));
    let rule = expected.objects.values().next().unwrap().upn.clone().unwrap();
    (rule.permitted.into_iter().collect(), rule.may_be_refused)
}

#[test]
fn names_and_nicknames_follow_the_documented_scenario_step_by_step() {
    // directory-sync.md 2.2.4: contoso.com is unverified
    struct Step(Option<&'static str>, &'static str, &'static str, &'static str, &'static str, &'static str);
    let steps = [
        Step(None, "user1", "user2", "user3@contoso.com", "user1", "user1@contoso.onmicrosoft.com"),
        Step(Some("user4"), "user1", "user2", "user3@contoso.com", "user4", "user1@contoso.onmicrosoft.com"),
        Step(Some("user4"), "user1", "user2", "user5@contoso.com", "user4", "user4@contoso.onmicrosoft.com"),
        Step(Some("user4"), "user6", "user7", "user5@contoso.com", "user4", "user4@contoso.onmicrosoft.com"),
        Step(
            Some("user4"),
            "user6",
            "user7",
            "user5@verified.contoso.com",
            "user4",
            "user5@verified.contoso.com",
        ),
    ];
    let mut before = Vec::new();
    for (step, Step(alias, primary, mail, upn, nickname, cloud_upn)) in steps.into_iter().enumerate() {
        let primary = format!("SMTP:{primary}@contoso.com");
        let mail = format!("{mail}@contoso.com");
        let mut attributes = vec![
            ("sAMAccountName", "user"),
            ("proxyAddresses", primary.as_str()),
            ("mail", &mail),
            ("userPrincipalName", upn),
        ];
        attributes.extend(alias.map(|alias| ("mailNickname", alias)));
        let cloud = tenant(&["verified.contoso.com"], before);
        let expected = expect(&[domain(vec![user(&attributes)])], cloud, &Switches::default());
        let (anchor, result) = expected.objects.first_key_value().unwrap();
        let rule = result.upn.as_ref().unwrap();
        assert_eq!(rule.permitted, BTreeSet::from([cloud_upn.to_owned()]), "step {}", step + 1);
        let names = result.nicknames.clone().unwrap();
        assert_eq!(names, BTreeSet::from([nickname.to_owned()]), "step {}", step + 1);
        let properties = [
            ("userPrincipalName", cloud_upn),
            ("mailNickname", nickname),
            ("onPremisesUserPrincipalName", upn),
        ];
        before = vec![record(SyncKind::User, 9, Some(anchor), &properties)];
    }
}

#[test]
fn a_name_that_the_cloud_cannot_take_is_recalculated_refused_or_underscored_by_switch() {
    let check = |upn: &str, switch: &str, permitted: &[&str], refused: bool| {
        let object = user(&[("sAMAccountName", "ada"), ("mailNickname", "ada"), ("userPrincipalName", upn)]);
        let (names, may_be_refused) = upns(object, vec![], &[("invalid_upn", switch)]);
        assert_eq!(
            (names, may_be_refused),
            (permitted.iter().map(|p| (*p).to_owned()).collect(), refused),
            "{upn} {switch}"
        );
    };
    let initial = "ada@contoso.onmicrosoft.com";
    for bad in [
        "ada byron@verified.contoso.com",
        "ada;b@verified.contoso.com",
        "\u{e4}da@verified.contoso.com",
        "@verified.contoso.com",
        "ada.@verified.contoso.com",
        "ada",
        "a@da@verified.contoso.com",
        &format!("{}@verified.contoso.com", "a".repeat(65)),
    ] {
        check(bad, "recalculate", &[initial], false);
        check(bad, "reject", &[], true);
    }
    check("ada byron@verified.contoso.com", "underscore", &["ada_byron@verified.contoso.com"], false);
    for good in ["o'neil@verified.contoso.com", "a_b-c!d#e^f~g.h@verified.contoso.com"] {
        check(good, "reject", &[good], false);
    }
    check(
        &format!("{}@verified.contoso.com", "a".repeat(64)),
        "reject",
        &[&format!("{}@verified.contoso.com", "a".repeat(64))],
        false,
    );
    check("ada@contoso.local", "reject", &[initial], false);
}

#[test]
fn an_absent_name_becomes_the_account_name_at_the_domain() {
    // scenario 10: sAM@domain FQDN, unverified, so at the initial domain
    let (names, _) = upns(user(&[("sAMAccountName", "ada")]), vec![], &[]);
    assert_eq!(names, ["ada@contoso.onmicrosoft.com"]);
}

#[test]
fn a_licensed_users_name_follows_or_stays_by_switch() {
    let anchor = guid(1).immutable_id();
    let mut before = record(
        SyncKind::User,
        9,
        Some(&anchor),
        &[
            ("userPrincipalName", "old@verified.contoso.com"),
            ("onPremisesUserPrincipalName", "old@verified.contoso.com"),
        ],
    );
    let renamed = || user(&[("sAMAccountName", "a"), ("userPrincipalName", "new@verified.contoso.com")]);
    let off = [("update_upn_of_licensed", "off")];
    assert_eq!(upns(renamed(), vec![before.clone()], &off).0, ["new@verified.contoso.com"]);
    before.licenses.push(crate::oracle::CloudLicense { sku: guid(7), disabled_plans: BTreeSet::new() });
    assert_eq!(upns(renamed(), vec![before.clone()], &off).0, ["old@verified.contoso.com"]);
    assert_eq!(upns(renamed(), vec![before], &[]).0, ["new@verified.contoso.com"]);
}

#[test]
fn the_anchor_is_the_guid_in_wire_order_or_the_consistency_guid_of_a_user() {
    // directory-sync.md 1.4, byte order trap
    let mut object = user(&[("sAMAccountName", "a")]);
    object.guid = Guid::parse("01234567-89ab-cdef-0123-456789abcdef").unwrap();
    assert_eq!(anchor(&object, &Switches::default()), "Z0UjAauJ780BI0VniavN7w==");
    assert_eq!(big_endian_anchor(object.guid), "ASNFZ4mrze8BI0VniavN7w==");
    let consistency = vec![guid(5).to_bytes_le().to_vec()];
    object.attributes.insert("ms-ds-consistencyguid", consistency);
    assert_eq!(anchor(&object, &Switches::default()), guid(5).immutable_id());
    assert_eq!(anchor(&object, &switches(&[("default_anchor", "objectguid")])), "Z0UjAauJ780BI0VniavN7w==");
    object.kind = SyncKind::Group;
    assert_eq!(anchor(&object, &Switches::default()), "Z0UjAauJ780BI0VniavN7w==");
}

#[test]
fn a_soft_match_compares_the_addresses_that_the_switch_names() {
    // directory-sync.md 2.1.7
    let check = |switch: &str, cloud: &[&str], matched: bool| {
        let own: Vec<(&'static str, &str)> = cloud.iter().map(|value| ("proxyAddresses", *value)).collect();
        let before = tenant(&["contoso.com"], vec![record(SyncKind::User, 9, None, &own)]);
        let incoming = user(&[
            ("sAMAccountName", "a"),
            ("proxyAddresses", "SMTP:a@contoso.com"),
            ("proxyAddresses", "smtp:b@contoso.com"),
        ]);
        let switches = switches(&[("soft_match_on", switch)]);
        let expected = expect(&[domain(vec![incoming])], before, &switches);
        let result = expected.objects.values().next().unwrap();
        assert_eq!(result.matches.contains(&guid(9)), matched, "{switch} {cloud:?}");
        assert_eq!(result.may_be_new, !matched, "{switch} {cloud:?}");
    };
    for (switch, secondary, incoming_secondary) in
        [("primary-against-all", true, false), ("primary", false, false), ("all", true, true)]
    {
        check(switch, &["SMTP:a@contoso.com"], true);
        check(switch, &["SMTP:x@contoso.com", "smtp:a@contoso.com"], secondary);
        check(switch, &["SMTP:b@contoso.com"], incoming_secondary);
        check(switch, &["SMTP:c@contoso.com"], false);
    }
}

#[test]
fn members_and_managers_out_of_scope_are_dropped() {
    let mut built_in = user(&[("sAMAccountName", "Administrator"), ("isCriticalSystemObject", "TRUE")]);
    built_in.guid = guid(2);
    let mut ada = user(&[("sAMAccountName", "ada")]);
    ada.manager = Some(guid(2));
    let mut group = object(SyncKind::Group, 3, &[("groupType", "-2147483646")]);
    group.members = vec![guid(1), guid(2), guid(8)];
    let expected = expect(&[domain(vec![ada, built_in, group])], tenant(&[], vec![]), &Switches::default());
    assert_eq!(expected.objects.len(), 2);
    assert_eq!(expected.objects[&guid(1).immutable_id()].manager, None);
    let members = &expected.objects[&guid(3).immutable_id()].members;
    assert_eq!(*members, BTreeSet::from([guid(1).immutable_id()]));
}

#[test]
fn who_holds_more_than_the_cloud_takes_may_be_absent() {
    // directory-sync.md 2.4: more than 15 certificates, 332 addresses; preparation-rules.md 3: 102,400 octets
    let absent = |name: &'static str, count: usize, octets: usize| {
        let mut ada = user(&[("sAMAccountName", "ada")]);
        let values = (0..count).map(|n| [vec![b'0'; octets], n.to_string().into_bytes()].concat()).collect();
        ada.attributes.insert(name, values);
        let expected = expect(&[domain(vec![ada])], tenant(&[], vec![]), &Switches::default());
        expected.objects[&guid(1).immutable_id()].may_be_absent.is_some()
    };
    for (name, most) in [("usercertificate", 15), ("usersmimecertificate", 15), ("proxyaddresses", 332)] {
        assert!(!absent(name, most, 20) && absent(name, most + 1, 20), "{name}");
    }
    assert!(!absent("thumbnailphoto", 1, 102_399) && absent("thumbnailphoto", 1, 102_400));
}

#[test]
fn a_new_group_with_too_many_members_stays_at_home_and_one_that_grows_beyond_the_limit_is_frozen() {
    // directory-sync.md 1.6
    let people = (1..=4).map(|number| {
        let mut person = user(&[("sAMAccountName", "a")]);
        person.guid = guid(number);
        person
    });
    let mut group = object(SyncKind::Group, 9, &[("groupType", "-2147483646")]);
    group.members = (1..=4).map(guid).collect();
    let anchor = guid(9).immutable_id();
    let own = domain(people.chain([group]).collect());
    let judged = |limit: &str, before: Vec<CloudRecord>| {
        let switches = switches(&[("group_member_limit", limit)]);
        let expected = expect(std::slice::from_ref(&own), tenant(&[], before), &switches);
        let group = expected.objects.get(&anchor);
        let of = group.map(|group| (group.frozen, group.may_be_absent.is_some()));
        (of, expected.filtered.contains_key(&anchor), expected.deletes.contains_key(&anchor))
    };
    let known = || vec![record(SyncKind::Group, 109, Some(&anchor), &[])];
    assert_eq!(judged("5", vec![]), (Some((false, false)), false, false));
    // "less than 50 000" in one place, "50 000" in the others
    assert_eq!(judged("4", vec![]), (Some((false, true)), false, false));
    assert_eq!(judged("3", vec![]), (None, true, false));
    assert_eq!(judged("4", known()), (Some((false, false)), false, false));
    assert_eq!(judged("3", known()), (Some((true, false)), false, false));
}

#[test]
fn a_mobile_number_that_was_changed_in_the_cloud_stays_until_that_is_bypassed_and_may_stay_then() {
    // directory-sync.md 1.7
    let ann = user(&[("sAMAccountName", "ann"), ("mobile", "1000")]);
    let own = anchor(&ann, &Switches::default());
    for (overridden, bypassed, permitted) in [
        (false, false, vec!["1000"]),
        (false, true, vec!["1000"]),
        (true, false, vec!["2000"]),
        (true, true, vec!["1000", "2000"]),
    ] {
        let held = record(SyncKind::User, 9, Some(&own), &[("mobilePhone", "2000")]);
        let held = CloudRecord { mobile_override: overridden, ..held };
        let cloud = CloudView { bypasses_overrides: bypassed, ..tenant(&[], vec![held]) };
        let expected = expect(&[domain(vec![ann.clone()])], cloud, &Switches::default());
        let allowed = &expected.objects[&own].properties["mobilePhone"];
        let all = ["1000", "2000", "3000"].into_iter().filter(|value| allowed.allows(Some(value)));
        assert_eq!(all.collect::<Vec<_>>(), permitted, "{overridden} {bypassed}");
        assert!(!allowed.allows(None));
    }
}

#[test]
fn after_synchronization_was_off_people_are_found_by_their_anchors_and_groups_may_be() {
    // directory-sync.md 2.1.4 and 2.5.6
    for (kind, deleted, found, new) in [
        (SyncKind::User, false, true, false),
        (SyncKind::User, true, true, false),
        (SyncKind::Group, false, true, true),
        (SyncKind::Contact, false, true, true),
        (SyncKind::Group, true, false, true),
    ] {
        let mail = ("mail", "it@contoso.com");
        let own = object(kind, 1, &[("sAMAccountName", "it"), ("displayName", "It"), mail]);
        let own = OnPremObject {
            attributes: own
                .attributes
                .into_iter()
                .chain([("grouptype", vec![b"-2147483646".to_vec()])])
                .collect(),
            ..own
        };
        let known = anchor(&own, &Switches::default());
        // handed over to the cloud: nobody's, and the anchor is remembered
        let held = CloudRecord { synced: None, deleted, ..record(kind, 9, Some(&known), &[]) };
        let cloud = tenant(&["contoso.com"], vec![held]);
        let expected = expect(&[domain(vec![own])], cloud, &Switches::default());
        let result = &expected.objects[&known];
        assert_eq!((result.may_be(guid(9)), result.may_be_new), (found, new), "{kind:?} {deleted}");
    }
}
