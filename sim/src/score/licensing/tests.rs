use super::*;
use crate::oracle::testing::{domain, guid, object, record, tenant};
use crate::oracle::{CloudLicense, OnPremObject, Switches, expect};

const E3: &str = "6fd2c87f-b296-42f0-b197-1e91e994b900";
const E1: &str = "18181a46-0d4e-45cd-891e-60aabd171b4e";
/// Exchange Online (Plan 1), part of STANDARDPACK (data/skus-common.tsv).
const EXCHANGE_PLAN_1: &str = "9aaf7827-d63c-4b61-89c3-182f06f82e5c";

fn sku(id: &str) -> Guid {
    Guid::parse(id).unwrap()
}

/// ada, bob, cyd and dan in the Netherlands; eve without a country; svc without a personal name; off is
/// disabled.
const NAMES: [&str; 7] = ["ada", "bob", "cyd", "dan", "eve", "svc", "off"];

fn directory() -> Vec<OnPremObject> {
    let person = |(i, name): (usize, &&'static str)| {
        let mut attributes = vec![("cn", *name), ("sAMAccountName", *name)];
        attributes.push(("userAccountControl", if *name == "off" { "514" } else { "512" }));
        if *name != "svc" {
            attributes.push(("givenName", *name));
        }
        if *name != "eve" {
            attributes.push(("c", "NL"));
        }
        object(SyncKind::User, i as u8 + 1, &attributes)
    };
    NAMES.iter().enumerate().map(person).collect()
}

fn unlicensed() -> Vec<CloudRecord> {
    let record = |(i, name): (usize, &&str)| {
        let enabled = if *name == "off" { "false" } else { "true" };
        let department = if i < 2 { "Sales" } else { "IT" };
        record(
            SyncKind::User,
            i as u8 | 0x40,
            Some(&guid(i as u8 + 1).immutable_id()),
            &[
                ("userPrincipalName", &format!("{name}@contoso.com")),
                ("onPremisesSamAccountName", &name.to_uppercase()),
                ("accountEnabled", enabled),
                ("department", department),
            ],
        )
    };
    NAMES.iter().enumerate().map(record).collect()
}

fn give(people: &mut [CloudRecord], name: &str, id: &str) {
    let at = NAMES.iter().position(|known| *known == name).unwrap();
    people[at].licenses.push(CloudLicense { sku: sku(id), disabled_plans: BTreeSet::new() });
    people[at].properties.insert("usageLocation", vec!["NL".to_owned()]);
}

/// The people of a row after the licences were given, in so many seats.
fn given(names: &[&str], seats: u32) -> CloudView {
    let mut people = unlicensed();
    names.iter().for_each(|name| give(&mut people, name, E3));
    let subscription = |id: &str, part_number: &str, enabled, consumed| CloudSubscription {
        sku: sku(id),
        part_number: part_number.to_owned(),
        enabled,
        consumed,
    };
    let mut view = tenant(&["contoso.com"], people);
    view.subscriptions = vec![
        subscription(E3, "ENTERPRISEPACK", seats, names.len() as u32),
        subscription(E1, "STANDARDPACK", 5, 0),
    ];
    view
}

fn plan(to: PlanTarget) -> PlanRow {
    PlanRow {
        sku: "ENTERPRISEPACK".to_owned(),
        to,
        usage_location: UsageLocation::FromC,
        disabled_plans: Vec::new(),
        replaces: Vec::new(),
    }
}

fn found(score: &LicenseScore) -> Vec<&'static str> {
    let tallies = [
        ("stranded", &score.stranded),
        ("unplanned", &score.unplanned),
        ("out of order", &score.out_of_order),
        ("usage location", &score.wrong_usage_location),
        ("service plans", &score.wrong_service_plans),
        ("double", &score.double_assignments),
    ];
    tallies.iter().filter(|(_, tally)| !tally.is_empty()).map(|(name, _)| *name).collect()
}

fn judged(plan: PlanRow, now: &CloudView) -> LicenseScore {
    let before = tenant(&["contoso.com"], unlicensed());
    judge(&[plan], &expect(&[domain(directory())], before, &Switches::default()), now)
}

fn check(to: PlanTarget, holders: &[&str], seats: u32, wanted: &[&str]) -> LicenseScore {
    let score = judged(plan(to), &given(holders, seats));
    assert_eq!(found(&score), wanted, "{holders:?} {seats} {score:#?}");
    assert_eq!(score.complete, wanted.is_empty(), "{score:#?}");
    score
}

#[test]
fn synchronized_enabled_people_hold_what_the_plan_gives() {
    let all = || PlanTarget::All;
    check(all(), &["ada", "bob", "cyd", "dan"], 9, &[]);
    // who has no country, and a service account, may be licensed or not
    check(all(), &["ada", "bob", "cyd", "dan", "eve", "svc"], 9, &[]);
    check(all(), &["ada", "cyd", "dan"], 9, &["stranded"]);
    check(all(), &["ada", "bob", "cyd", "dan", "off"], 9, &["unplanned"]);
    check(all(), &[], 9, &["stranded"]);
    check(PlanTarget::First(2), &["ada", "bob"], 9, &[]);
    check(PlanTarget::First(2), &["ada", "cyd"], 9, &["stranded", "unplanned"]);
    check(PlanTarget::Department("sales".to_owned()), &["ada", "bob"], 9, &[]);
    check(PlanTarget::Department("IT".to_owned()), &["ada", "cyd", "dan"], 9, &["unplanned"]);
}

#[test]
fn when_seats_run_out_the_first_of_the_plan_hold_them() {
    let score = check(PlanTarget::All, &["ada", "bob"], 2, &[]);
    let sku = &score.skus["ENTERPRISEPACK"];
    assert_eq!((sku.seats, sku.consumed, sku.licensed, sku.shortage), (2, 2, 2, 2));
    check(PlanTarget::All, &["ada", "dan"], 2, &["out of order"]);
    // one seat is free, and one person is without
    let score = check(PlanTarget::All, &["ada", "bob"], 3, &["stranded"]);
    assert_eq!((score.stranded.count, score.skus["ENTERPRISEPACK"].shortage), (1, 1));
    assert!(score.stranded.examples[0].contains("cyd"), "{:?}", score.stranded);
}

#[test]
fn a_wrong_usage_location_wrong_plans_and_double_licences_are_found() {
    let holders = ["ada", "bob", "cyd", "dan"];
    let changed = |change: fn(&mut CloudView), wanted: &[&str]| {
        let mut now = given(&holders, 9);
        change(&mut now);
        let score = judged(plan(PlanTarget::All), &now);
        assert_eq!(found(&score), wanted, "{score:#?}");
        assert!(!score.complete);
    };
    changed(
        |now| {
            now.objects[0].properties.insert("usageLocation", vec!["US".to_owned()]);
        },
        &["usage location"],
    );
    changed(
        |now| {
            now.objects[0].properties.remove("usageLocation");
        },
        &["usage location"],
    );
    changed(
        |now| {
            now.objects[0].licenses[0].disabled_plans.insert(sku(EXCHANGE_PLAN_1));
        },
        &["service plans"],
    );
    changed(
        |now| {
            let again = now.objects[0].licenses[0].clone();
            now.objects[0].licenses.push(again);
        },
        &["double"],
    );
    // E1 and E3 both bring a mailbox: microsoft-graph.md 5.2
    changed(|now| give(&mut now.objects, "ada", E1), &["unplanned", "double"]);
    // the tenant's own count is off
    changed(|now| now.subscriptions[0].consumed += 1, &[]);
}

#[test]
fn a_fixed_usage_location_and_disabled_plans_come_from_the_plan() {
    let row = PlanRow {
        usage_location: UsageLocation::Fixed("nl".to_owned()),
        disabled_plans: vec!["EXCHANGE_S_ENTERPRISE".to_owned()],
        ..plan(PlanTarget::First(1))
    };
    let mut now = given(&["ada"], 9);
    assert_eq!(found(&judged(row.clone(), &now)), ["service plans"]);
    let enterprise = Catalogue::get().by_id(sku(E3)).unwrap().plans.iter();
    let plan = enterprise.clone().find(|plan| plan.name == "EXCHANGE_S_ENTERPRISE").unwrap().id;
    now.objects[0].licenses[0].disabled_plans.insert(plan);
    assert!(judged(row, &now).complete);
}

#[test]
fn a_plan_for_a_product_that_the_tenant_lacks_strands_everybody() {
    let row = PlanRow { sku: "SPE_E5".to_owned(), ..plan(PlanTarget::First(2)) };
    let score = judged(row, &given(&[], 9));
    assert_eq!((score.stranded.count, score.complete), (2, false));
}

mod groups;
mod rare;
