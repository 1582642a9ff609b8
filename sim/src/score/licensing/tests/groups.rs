//! Licences through groups, and changes from one subscription to another.

use super::*;

/// A synchronized group with these members, in a tenant where these people hold the licence.
fn grouped(members: &[&str], holders: &[&str], seats: u32) -> CloudView {
    let mut now = given(holders, seats);
    // a licence through a group needs no place
    now.objects.iter_mut().for_each(|person| drop(person.properties.remove("usageLocation")));
    let mut group = record(
        SyncKind::Group,
        0x50,
        Some(&guid(0x20).immutable_id()),
        &[("displayName", "Team"), ("onPremisesSamAccountName", "team")],
    );
    let id = |name: &&str| now.objects[NAMES.iter().position(|known| known == name).unwrap()].id;
    // what it hands on takes no seat
    group.licenses.push(CloudLicense { sku: sku(E3), disabled_plans: BTreeSet::new() });
    group.members = members.iter().map(id).collect();
    now.objects.push(group);
    now
}

#[test]
fn direct_members_of_a_licensed_group_hold_its_licence_and_nobody_else() {
    let check = |account: &str, members: &[&str], holders: &[&str], seats: u32, wanted: &[&str]| {
        let score = judged(plan(PlanTarget::Group(account.to_owned())), &grouped(members, holders, seats));
        assert_eq!(found(&score), wanted, "{members:?} {holders:?} {score:#?}");
        assert_eq!(score.complete, wanted.is_empty(), "{score:#?}");
    };
    check("TEAM", &["ada", "bob"], &["ada", "bob"], 9, &[]);
    check("team", &["ada", "bob"], &["ada"], 9, &["stranded"]);
    check("team", &["ada", "bob"], &["ada", "cyd"], 2, &["unplanned"]);
    // who of the members goes without is not for the order of names to say
    check("team", &["ada", "bob"], &["bob"], 1, &[]);
    // disabled accounts are members too
    check("team", &["ada", "off"], &["ada", "off"], 9, &[]);
    check("other", &["ada"], &["ada"], 9, &["unplanned"]);
}

#[test]
fn who_changes_from_one_subscription_to_another_holds_one_of_them() {
    let rows = || {
        let old = PlanRow { sku: "STANDARDPACK".to_owned(), ..plan(PlanTarget::First(2)) };
        [old, PlanRow { replaces: vec!["STANDARDPACK".to_owned()], ..plan(PlanTarget::First(2)) }]
    };
    let check = |old: &[&str], new: &[&str], seats: u32, wanted: &[&str]| {
        let mut people = unlicensed();
        ["ada", "bob"].iter().for_each(|name| give(&mut people, name, E1));
        let before = tenant(&["contoso.com"], people);
        let mut now = given(new, seats);
        old.iter().for_each(|name| give(&mut now.objects, name, E1));
        now.subscriptions[1].consumed = old.len() as u32;
        let expected = expect(&[domain(directory())], before, &Switches::default());
        let score = judge(&rows(), &expected, &now);
        assert_eq!(found(&score), wanted, "{old:?} {new:?} {score:#?}");
    };
    check(&[], &["ada", "bob"], 9, &[]);
    // no seat for the second one, who keeps the old licence
    check(&["bob"], &["ada"], 1, &[]);
    check(&[], &["ada"], 1, &["stranded"]);
    check(&["bob"], &["ada"], 9, &["stranded"]);
    check(&["ada", "bob"], &["ada", "bob"], 9, &["double"]);
}

#[test]
fn what_was_off_may_stay_off_through_a_change_and_nothing_else_may() {
    let plan_of = |sku_id: &str, name: &str| {
        Catalogue::get().by_id(sku(sku_id)).unwrap().plans.iter().find(|plan| plan.name == name).unwrap().id
    };
    let row = PlanRow {
        replaces: vec!["STANDARDPACK".to_owned()],
        disabled_plans: vec!["YAMMER_ENTERPRISE".to_owned()],
        ..plan(PlanTarget::First(1))
    };
    let check = |off: &[&str], wanted: &[&str]| {
        let mut people = unlicensed();
        give(&mut people, "ada", E1);
        people[0].licenses[0].disabled_plans.insert(plan_of(E1, "SWAY"));
        let before = tenant(&["contoso.com"], people);
        let mut now = given(&["ada"], 9);
        now.objects[0].licenses[0].disabled_plans = off.iter().map(|name| plan_of(E3, name)).collect();
        let expected = expect(&[domain(directory())], before, &Switches::default());
        assert_eq!(found(&judge(std::slice::from_ref(&row), &expected, &now)), wanted, "{off:?}");
    };
    check(&["SWAY", "YAMMER_ENTERPRISE"], &[]);
    check(&["YAMMER_ENTERPRISE"], &[]);
    check(&["SWAY"], &["service plans"]);
    check(&["SWAY", "YAMMER_ENTERPRISE", "TEAMS1"], &["service plans"]);
}
