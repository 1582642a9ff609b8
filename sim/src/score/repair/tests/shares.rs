//! Rows that share an attribute, rows that nobody sees, and changes that are hard to see.

use super::*;

const EVES: &[&str] = &["SMTP:eve@contoso.com", "smtp:e ve@contoso.com", "smtp:second@contoso.com"];

/// A row about the second of Eve's addresses; two repairs are right.
fn eves() -> LedgerRow {
    let right = |value| outcome(EVE, "proxyAddresses", &[value]);
    let of_eve = place(EVE, "proxyAddresses", &["smtp:eve2@contoso.com"], &["smtp:e ve@contoso.com"]);
    LedgerRow {
        objects: vec![guid(EVE)],
        places: vec![Place { share: true, ..of_eve }],
        accepted: Accepted::Exact {
            outcomes: vec![right("smtp:eve2@contoso.com"), right("smtp:e.ve@contoso.com")],
        },
        owner: None,
        ..ledger().rows.remove(1)
    }
}

fn judged(rows: Vec<LedgerRow>, before: &Directory, after: &Directory, wanted: [u64; 6]) -> RepairScore {
    let ledger = Ledger { rows, decoys: Vec::new() };
    let score = repair(std::slice::from_ref(before), std::slice::from_ref(after), &[&ledger], &[]);
    assert_eq!(counts(&score), wanted, "{score:#?}");
    score
}

/// Repaired, wrong, missed, worse, collateral, decoys touched, of these values in one attribute.
fn of_values(
    row: LedgerRow,
    person: usize,
    before: &[&str],
    after: &[&str],
    wanted: [u64; 6],
) -> RepairScore {
    let mut was = directory();
    set(&mut was, person, "proxyAddresses", before);
    let mut is = was.clone();
    set(&mut is, person, "proxyAddresses", after);
    judged(vec![row], &was, &is, wanted)
}

#[test]
fn of_a_shared_attribute_the_values_that_no_row_speaks_of_stay() {
    let with = |value: &'static str| [EVES[0], value, EVES[2]];
    of_values(eves(), EVE, EVES, &with("smtp:eve2@contoso.com"), [1, 0, 0, 0, 0, 0]);
    of_values(eves(), EVE, EVES, &with("smtp:e.ve@contoso.com"), [1, 0, 0, 0, 0, 0]);
    of_values(eves(), EVE, EVES, &["smtp:eve2@contoso.com", EVES[2]], [1, 0, 0, 0, 1, 0]);
    of_values(eves(), EVE, EVES, &[EVES[0], EVES[1]], [0, 0, 1, 0, 1, 0]);
    let more = [EVES[0], EVES[1], EVES[2], "smtp:third@contoso.com"];
    let score = of_values(eves(), EVE, EVES, &more, [0, 0, 1, 0, 1, 0]);
    let example = &score.collateral.examples[0];
    let name = "proxyAddresses of CN=Eve,CN=Users,DC=contoso,DC=local";
    let (was, became) = example.split_once(" became ").unwrap();
    assert!(was.starts_with(name) && was.contains("second@") && !was.contains("third@"), "{example}");
    assert!(became.contains("second@") && became.contains("third@"), "{example}");
}

#[test]
fn a_wrong_repair_is_worse_only_when_it_loses_what_every_right_one_keeps() {
    let injected = &["SMTP:cyd@contoso.com", "smtp:cyd2@contoso.com", "smtp:bob@contoso.com"];
    let row = |outcomes: &[&[&str]]| LedgerRow {
        objects: vec![guid(CYD)],
        places: vec![place(CYD, "proxyAddresses", &injected[..2], injected)],
        accepted: Accepted::Exact {
            outcomes: outcomes.iter().map(|values| outcome(CYD, "proxyAddresses", values)).collect(),
        },
        owner: None,
        ..ledger().rows.remove(1)
    };
    let (one, two) = (&injected[..1], &injected[..2]);
    // the good ones are there, in another case
    let kept = ["SMTP:CYD@contoso.com", "smtp:cyd2@contoso.com", "smtp:other@contoso.com"];
    of_values(row(&[two]), CYD, injected, &kept, [0, 1, 0, 0, 0, 0]);
    let without_second = ["SMTP:cyd@contoso.com", "smtp:bob@contoso.com"];
    of_values(row(&[two]), CYD, injected, &without_second, [0, 0, 0, 1, 0, 0]);
    of_values(row(&[one, two]), CYD, injected, &without_second, [0, 1, 0, 0, 0, 0]);
    let score = of_values(row(&[one, two]), CYD, injected, &["smtp:cyd2@contoso.com"], [0, 0, 0, 1, 0, 0]);
    assert!(score.worse.examples[0].contains("cyd2@contoso.com"), "{:?}", score.worse);
}

#[test]
fn a_row_that_no_directory_shows_counts_once_somebody_touches_it() {
    let row = || LedgerRow { detectable: "no".to_owned(), ..ledger().rows.remove(0) };
    for (now, injected, wanted) in [
        ("ad a@contoso.com", 0, [0; 6]),
        ("ada@contoso.com", 1, [1, 0, 0, 0, 0, 0]),
        ("ad_a@contoso.com", 1, [0, 1, 0, 0, 0, 0]),
    ] {
        let (before, mut after) = (directory(), directory());
        set(&mut after, ADA, "mail", &[now]);
        assert_eq!(judged(vec![row()], &before, &after, wanted).injected, injected, "{now}");
    }
}

#[test]
fn a_row_may_ask_for_the_end_of_an_object() {
    let gone = Outcome { holdings: Vec::new(), gone: vec![guid(CYD)] };
    let row = LedgerRow {
        objects: vec![guid(CYD)],
        places: vec![place(CYD, "proxyAddresses", &[], &["SMTP:cyd@contoso.com", "smtp:bob@contoso.com"])],
        accepted: Accepted::Exact { outcomes: vec![gone] },
        owner: None,
        ..ledger().rows.remove(1)
    };
    let score = judged(vec![row], &directory(), &directory_without(Some(CYD)), [1, 0, 0, 0, 0, 0]);
    let all = crate::score::Outcomes { injected: 1, repaired: 1, ..Default::default() };
    assert_eq!((score.by_defect["PA26"], score.by_severity["defect"]), (all, all));
}

#[test]
fn a_link_is_changed_where_it_is_written() {
    let target = |d: &Directory, person| d.by_guid(guid(person)).unwrap();
    let before = directory();
    let mut after = before.clone();
    let manager = after.schema().attribute_id("manager").unwrap();
    let (eve, dan) = (target(&after, EVE), target(&after, DAN));
    after.load_links(&context(), eve, manager, &[dan]);
    let score = judged(Vec::new(), &before, &after, [0, 0, 0, 0, 1, 0]);
    assert!(score.collateral.examples[0].starts_with("manager of CN=Eve"), "{score:#?}");
    let mut after = before.clone();
    let member = after.schema().attribute_id("member").unwrap();
    let group = after.resolve("CN=Domain Guests,CN=Users,DC=contoso,DC=local").unwrap();
    after.load_links(&context(), group, member, &[eve]);
    let score = judged(Vec::new(), &before, &after, [0, 0, 0, 0, 1, 0]);
    assert!(score.collateral.examples[0].starts_with("member of CN=Domain Guests"), "{score:#?}");
}

#[test]
fn an_anchor_that_is_not_the_objects_own_is_damage() {
    let put = |directory: &mut Directory, of: usize| {
        let id = directory.by_guid(guid(EVE)).unwrap();
        let anchor = directory.schema().attribute_id("mS-DS-ConsistencyGuid").unwrap();
        directory.load_values(&context(), id, anchor, vec![guid(of).to_bytes_le().to_vec()]);
    };
    let clean = directory();
    let mut another = clean.clone();
    put(&mut another, DAN);
    judged(Vec::new(), &clean, &another, [0, 0, 0, 0, 1, 0]);
    let mut own = another.clone();
    put(&mut own, EVE);
    judged(Vec::new(), &another, &own, [0, 0, 0, 0, 1, 0]);
    judged(Vec::new(), &clean, &own, [0; 6]);
    // the octets of an own objectGUID in another attribute are no anchor
    let mut elsewhere = clean.clone();
    let id = elsewhere.by_guid(guid(EVE)).unwrap();
    let thumbnail = elsewhere.schema().attribute_id("thumbnailPhoto").unwrap();
    elsewhere.load_values(&context(), id, thumbnail, vec![guid(EVE).to_bytes_le().to_vec()]);
    judged(Vec::new(), &clean, &elsewhere, [0, 0, 0, 0, 1, 0]);
}

#[test]
fn in_a_database_that_was_made_anew_update_numbers_prove_nothing() {
    let titled = |people: [usize; 5], title: &str| {
        let mut directory = directory_of(people);
        set(&mut directory, EVE, "title", &[title]);
        directory
    };
    let before = titled([ADA, BOB, CYD, DAN, EVE], "Pilot");
    let after = titled([ADA, BOB, CYD, EVE, DAN], "Nurse");
    let eve = |d: &Directory| {
        let id = d.by_guid(guid(EVE)).unwrap();
        (id, d.entry(id).unwrap().usn_changed())
    };
    assert_eq!(eve(&before).1, eve(&after).1);
    assert_ne!(eve(&before).0, eve(&after).0);
    let score = judged(Vec::new(), &before, &after, [0, 0, 0, 0, 1, 0]);
    assert!(score.collateral.examples[0].contains("\"Pilot\" became \"Nurse\""), "{score:#?}");
}
