use super::*;
use crate::clock::DEFAULT_START;
use crate::defects::{Accepted, Decoy, Holding, Outcome, Place};
use crate::directory::{DirectoryConfig, NewObject, UpdateContext};
use crate::rules::Severity;
use crate::score::detection;
use crate::seed::Seed;
use crate::spec::SchemaExtensions;

const NAMES: [&str; 5] = ["Ada", "Bob", "Cyd", "Dan", "Eve"];
const ADA: usize = 0;
const BOB: usize = 1;
const CYD: usize = 2;
const DAN: usize = 3;
const EVE: usize = 4;

fn guid(person: usize) -> Guid {
    crate::oracle::testing::guid(person as u8 + 1)
}

fn context() -> UpdateContext {
    UpdateContext::lenient(DEFAULT_START)
}

/// Five people: Ada's mail holds a space, Bob and Cyd share an address that is Bob's, Dan is innocent.
fn directory() -> Directory {
    directory_without(None)
}

/// The same, as if one of them had been deleted.
fn directory_without(gone: Option<usize>) -> Directory {
    directory_of((0..NAMES.len()).filter(|person| Some(*person) != gone))
}

/// The same of these people, made in this order.
fn directory_of(people: impl IntoIterator<Item = usize>) -> Directory {
    let mut directory = Directory::new(&DirectoryConfig {
        domain: "contoso.local".to_owned(),
        netbios: "CONTOSO".to_owned(),
        upn_suffixes: vec!["contoso.com".to_owned()],
        extensions: SchemaExtensions::default(),
        dc_name: "DC1".to_owned(),
        admin_password: "P@ssw0rd!".to_owned(),
        time: DEFAULT_START,
        seed: Seed::new(7),
    });
    for person in people {
        let name = NAMES[person];
        let parent = directory.info().users;
        let object = NewObject {
            parent,
            rdn: name.to_owned(),
            class: "user",
            attributes: Vec::new(),
            guid: Some(guid(person)),
            rid: Some(1200 + person as u32),
        };
        directory.load(&context(), object);
        set(&mut directory, person, "sAMAccountName", &[&name.to_lowercase()]);
    }
    set(&mut directory, ADA, "mail", &["ad a@contoso.com"]);
    set(&mut directory, BOB, "proxyAddresses", BOBS);
    set(&mut directory, CYD, "proxyAddresses", &["SMTP:cyd@contoso.com", "smtp:bob@contoso.com"]);
    set(&mut directory, DAN, "userPrincipalName", &["d'an@contoso.com"]);
    directory
}

const BOBS: &[&str] = &["SMTP:bob@contoso.com"];

fn set(directory: &mut Directory, person: usize, attribute: &str, values: &[&str]) {
    let Some(id) = directory.by_guid(guid(person)) else { return };
    let attribute = directory.schema().attribute_id(attribute).unwrap();
    let values = values.iter().map(|value| value.as_bytes().to_vec()).collect();
    directory.load_values(&context(), id, attribute, values);
}

fn texts(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

fn place(person: usize, attribute: &str, before: &[&str], injected: &[&str]) -> Place {
    Place {
        object: guid(person),
        attribute: attribute.to_owned(),
        before: texts(before),
        injected: texts(injected),
        share: false,
    }
}

fn outcome(person: usize, attribute: &str, values: &[&str]) -> Outcome {
    let holding = Holding {
        object: guid(person),
        attribute: attribute.to_owned(),
        any_of: vec![texts(values)],
        or_numbered: None,
    };
    Outcome { holdings: vec![holding], gone: Vec::new() }
}

fn ledger() -> Ledger {
    let row = |number, defect: &str, attribute: &str, objects: &[usize], places, accepted| LedgerRow {
        number,
        defect: defect.to_owned(),
        severity: "defect".to_owned(),
        detectable: "yes".to_owned(),
        attribute: attribute.to_owned(),
        objects: objects.iter().map(|person| guid(*person)).collect(),
        places,
        accepted,
        owner: (objects.len() > 1).then(|| guid(BOB)),
        lenient: false,
        note: "made by hand".to_owned(),
    };
    let ada = place(ADA, "mail", &["ada@contoso.com"], &["ad a@contoso.com"]);
    let cyds = &["SMTP:cyd@contoso.com", "smtp:bob@contoso.com"];
    let pair = vec![place(BOB, "proxyAddresses", BOBS, BOBS), place(CYD, "proxyAddresses", &cyds[..1], cyds)];
    Ledger {
        rows: vec![
            row(
                1,
                "ML03",
                "mail",
                &[ADA],
                vec![ada],
                Accepted::Exact { outcomes: vec![outcome(ADA, "mail", &["ada@contoso.com"])] },
            ),
            row(
                2,
                "PA26",
                "proxyAddresses",
                &[CYD, BOB],
                pair,
                Accepted::Decide {
                    may_leave_and_report: true,
                    outcomes: vec![outcome(CYD, "proxyAddresses", &cyds[..1])],
                },
            ),
        ],
        decoys: vec![Decoy {
            kind: "FP01".to_owned(),
            object: guid(DAN),
            attribute: "userPrincipalName".to_owned(),
            value: texts(&["d'an@contoso.com"]),
        }],
    }
}

fn finding(person: usize, attribute: &'static str) -> Finding {
    Finding {
        object: 0,
        dn: format!("CN={},CN=Users,DC=contoso,DC=local", NAMES[person]),
        guid: None,
        attribute: attribute.into(),
        rule: "X".into(),
        severity: Severity::Error,
        value: None,
        suggestion: None,
        others: Vec::new(),
        owner: None,
        reason: String::new(),
    }
}

/// Repaired, wrong, missed, worse, collateral, decoys touched.
fn counts(score: &RepairScore) -> [u64; 6] {
    let tallies = [&score.wrong, &score.missed, &score.worse, &score.collateral, &score.decoys_touched]
        .map(|t| t.count);
    [score.repaired, tallies[0], tallies[1], tallies[2], tallies[3], tallies[4]]
}

fn check(fix: impl FnOnce(&mut Directory), reported: &[Finding], wanted: [u64; 6]) -> RepairScore {
    let before = directory();
    let mut after = before.clone();
    fix(&mut after);
    let score = repair(&[before], &[after], &[&ledger()], reported);
    assert_eq!(counts(&score), wanted, "{score:#?}");
    score
}

fn good(directory: &mut Directory) {
    set(directory, ADA, "mail", &["ada@contoso.com"]);
    set(directory, CYD, "proxyAddresses", &["SMTP:cyd@contoso.com"]);
}

#[test]
fn every_row_ends_as_repaired_wrong_missed_or_worse() {
    let score = check(good, &[], [2, 0, 0, 0, 0, 0]);
    assert!((score.recall - 1.0).abs() < f64::EPSILON);
    assert_eq!(score.by_defect["PA26"].repaired, 1);
    check(|_| {}, &[], [0, 0, 2, 0, 0, 0]);
    // another address than the right one
    check(|d| set(d, ADA, "mail", &["ad_a@contoso.com"]), &[], [0, 1, 1, 0, 0, 0]);
    // the owner loses its address and the other one keeps it
    check(|d| set(d, BOB, "proxyAddresses", &[]), &[], [0, 0, 1, 1, 0, 0]);
    // both lose it
    check(
        |d| {
            good(d);
            set(d, BOB, "proxyAddresses", &[]);
        },
        &[],
        [1, 0, 0, 1, 0, 0],
    );
    // the other one loses its own as well
    check(|d| set(d, CYD, "proxyAddresses", &[]), &[], [0, 0, 1, 1, 0, 0]);
}

#[test]
fn leaving_a_decision_to_a_person_is_right_when_it_is_reported() {
    let score = check(|_| {}, &[finding(CYD, "proxyAddresses")], [1, 0, 1, 0, 0, 0]);
    assert_eq!(score.left_and_reported, 1);
    check(|_| {}, &[finding(BOB, "proxyaddresses")], [1, 0, 1, 0, 0, 0]);
    // an exact repair is not excused by a report, nor by one about something else
    check(|_| {}, &[finding(ADA, "mail"), finding(CYD, "mail")], [0, 0, 2, 0, 0, 0]);
}

#[test]
fn everything_else_that_changed_is_collateral_and_decoys_are_counted_apart() {
    check(|d| set(d, EVE, "title", &["Pilot"]), &[], [0, 0, 2, 0, 1, 0]);
    check(|d| set(d, ADA, "displayName", &["Ada"]), &[], [0, 0, 2, 0, 1, 0]);
    check(|d| set(d, DAN, "userPrincipalName", &["dan@contoso.com"]), &[], [0, 0, 2, 0, 0, 1]);
    check(|d| set(d, DAN, "title", &["Pilot"]), &[], [0, 0, 2, 0, 1, 0]);
    let delete = |person| move |d: &mut Directory| *d = directory_without(Some(person));
    check(delete(EVE), &[], [0, 0, 2, 0, 1, 0]);
    check(delete(DAN), &[], [0, 0, 2, 0, 0, 1]);
    // deleting the second holder ends the conflict, and is no repair
    check(delete(CYD), &[], [0, 0, 1, 1, 1, 0]);
    // the anchor that a sync engine writes back is nobody's damage
    let written_back = |d: &mut Directory| {
        let id = d.by_guid(guid(EVE)).unwrap();
        let anchor = d.schema().attribute_id("mS-DS-ConsistencyGuid").unwrap();
        d.load_values(&context(), id, anchor, vec![guid(EVE).to_bytes_le().to_vec()]);
    };
    check(written_back, &[], [0, 0, 2, 0, 0, 0]);
}

#[test]
fn a_reference_is_collateral_where_it_stands_and_not_where_it_points() {
    // Eve's manager is Ada, whose directReports show it
    let manager = |d: &mut Directory| {
        let ids = [EVE, ADA].map(|person| d.by_guid(guid(person)).unwrap());
        let manager = d.schema().attribute_id("manager").unwrap();
        d.load_links(&context(), ids[0], manager, &ids[1..]);
    };
    check(manager, &[], [0, 0, 2, 0, 1, 0]);
    let both = |d: &mut Directory| {
        manager(d);
        set(d, ADA, "displayName", &["Ada"]);
    };
    let score = check(both, &[], [0, 0, 2, 0, 2, 0]);
    let named: Vec<bool> = ["manager", "displayName"]
        .map(|attribute| score.collateral.examples.iter().any(|told| told.contains(attribute)))
        .to_vec();
    assert_eq!(named, [true, true], "{score:#?}");
}

#[test]
fn a_checker_is_judged_by_what_it_finds_and_by_what_it_makes_up() {
    let check = |findings: &[Finding], found: u64, false_alarms: u64, decoys: u64| {
        let score = detection(findings, &[&ledger()], &[directory()]);
        let counts = (score.found, score.false_alarms.count, score.decoys_reported.count);
        assert_eq!((counts, score.decidable), ((found, false_alarms, decoys), 2), "{score:#?}");
        score
    };
    let all = [finding(ADA, "mail"), finding(BOB, "proxyAddresses")];
    let score = check(&all, 2, 0, 0);
    assert!((score.recall - 1.0).abs() < f64::EPSILON && (score.precision - 1.0).abs() < f64::EPSILON);
    check(&[finding(ADA, "proxyAddresses")], 0, 1, 0);
    let decoy = check(&[finding(DAN, "userPrincipalName"), finding(ADA, "mail")], 1, 1, 1);
    assert!((decoy.recall - 0.5).abs() < f64::EPSILON && (decoy.precision - 0.5).abs() < f64::EPSILON);
    let warning = Finding { severity: Severity::Warning, ..finding(EVE, "title") };
    check(&[warning], 0, 0, 0);
    check(&[Finding { dn: "CN=Nobody,DC=contoso,DC=local".to_owned(), ..finding(EVE, "mail") }], 0, 1, 0);
}

/// A forest as the generator makes it, with what went wrong in it.
fn dirty_forest() -> (Directory, Ledger) {
    use crate::spec::{DefectMix, ForestSpec, PopulationSpec, TenantSpec};
    let forest = ForestSpec {
        population: PopulationSpec::of_users(200),
        defects: DefectMix::Profile { name: "idfix-classic".to_owned(), rate: 0.2 },
        ..ForestSpec::default()
    };
    let tenant = TenantSpec::default();
    let mut directory = Directory::new(&DirectoryConfig {
        domain: forest.domain.clone(),
        netbios: forest.netbios(),
        upn_suffixes: forest.upn_suffixes.clone(),
        extensions: forest.schema,
        dc_name: "DC1".to_owned(),
        admin_password: "P@ssw0rd!".to_owned(),
        time: DEFAULT_START,
        seed: Seed::new(7),
    });
    let seed = Seed::new(7);
    let people = crate::population::populate(&mut directory, &forest, &tenant, seed, DEFAULT_START, 1);
    let ledger =
        crate::defects::inject(&mut directory, &people, &forest, &tenant, seed, DEFAULT_START).unwrap();
    (directory, ledger)
}

#[test]
fn a_perfect_repair_of_a_generated_forest_scores_perfectly_and_undoing_one_row_costs_one_row() {
    let (before, ledger) = dirty_forest();
    assert!(ledger.rows.len() > 20, "{}", ledger.rows.len());
    let put = |directory: &mut Directory, object: Guid, attribute: &str, values: &[String]| {
        let id = directory.by_guid(object).unwrap();
        let attribute = directory.schema().attribute_id(attribute).unwrap();
        let values = values.iter().map(|value| value.as_bytes().to_vec()).collect();
        directory.load_values(&context(), id, attribute, values);
    };
    let mut after = before.clone();
    for row in &ledger.rows {
        let outcome =
            row.accepted.outcomes().iter().find(|o| o.holdings.iter().all(|h| !h.any_of.is_empty()));
        let Some(outcome) = outcome else { continue };
        for holding in &outcome.holdings {
            put(&mut after, holding.object, &holding.attribute, &holding.any_of[0]);
        }
    }
    let all = |before: &Directory, after: &Directory| {
        repair(std::slice::from_ref(before), std::slice::from_ref(after), &[&ledger], &[])
    };
    let score = all(&before, &after);
    let unsettled = ledger.rows.iter().filter(|row| {
        !row.accepted.outcomes().iter().any(|o| o.holdings.iter().all(|h| !h.any_of.is_empty()))
    });
    let unsettled = unsettled.count() as u64;
    assert_eq!(counts(&score), [score.injected - unsettled, 0, unsettled, 0, 0, 0], "{score:#?}");
    let row = ledger.rows.iter().find(|row| matches!(row.accepted, Accepted::Exact { .. })).unwrap();
    for place in &row.places {
        put(&mut after, place.object, &place.attribute, &place.injected);
    }
    let undone = all(&before, &after);
    assert_eq!((undone.repaired, undone.missed.count), (score.repaired - 1, score.missed.count + 1));
}

mod checkers;
mod shares;
