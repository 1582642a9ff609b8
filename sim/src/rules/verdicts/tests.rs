//! What is applied to an object takes as many steps as it has values.

use super::super::duplicates::resolve;
use super::super::stream::{Room, Sorter};
use super::super::whole::{First, names_and_keys};
use super::super::{Finding, Settings, check};
use super::*;
use std::borrow::Cow;

fn settings() -> Settings {
    Settings { verified_domains: vec!["contoso.com".to_owned()], ..Settings::default() }
}

/// An object with so many addresses that hold a space: repaired, they are those of any other such object.
fn spoilt(name: &str, addresses: usize) -> ObjectView {
    let proxies = (0..addresses).map(|nth| format!("smtp:a {nth}@contoso.com")).collect();
    ObjectView::new(format!("CN={name},DC=contoso,DC=local"), "user").with("proxyAddresses", proxies)
}

/// Verdicts on two objects that share so many bad addresses, how often notes were read for them, and how many
/// values were copied to take repairs back.
fn steps(addresses: usize) -> (usize, usize, usize) {
    let (objects, settings) = ([spoilt("One", addresses), spoilt("Two", addresses)], settings());
    let First { rows, keys, .. } = names_and_keys(&objects, 0, &settings);
    let room = Room::memory();
    let mut sorter = Sorter::new(&room);
    keys.into_iter().try_for_each(|key| sorter.push(key)).unwrap();
    let held = sorter.finish().unwrap();
    let look = |object: u32| Ok(Cow::Borrowed(&objects[object as usize]));
    let Verdicts { sorted, notes } = resolve(&held, &settings, &room, &look).unwrap();
    let Sorted::Memory(sorted) = sorted else { panic!("in memory") };
    let mut sheet = Sheet::with(&objects, 0, rows);
    for (object, view) in (0..).zip(&objects) {
        let own: Vec<Verdict> = sorted.iter().filter(|verdict| verdict.object == object).copied().collect();
        sheet.turn_to(object);
        apply(&mut sheet, object, view, &own, &notes).unwrap();
    }
    (sorted.len(), notes.0.reads(), sheet.taken_back)
}

#[test]
fn bad_addresses_that_two_objects_share_take_steps_in_proportion_to_their_number() {
    for addresses in [500, 4000] {
        let (verdicts, reads, copied) = steps(addresses);
        assert_eq!(verdicts, 2 * addresses);
        // the head of a note, and its list
        assert_eq!(reads, 2 * verdicts, "{addresses}");
        // each object's list once
        assert_eq!(copied, 2 * addresses, "{addresses}");
    }
}

#[test]
fn a_hundred_thousand_of_them_are_all_left_for_a_decision() {
    const MANY: usize = 100_000;
    let findings = check(&[spoilt("One", MANY), spoilt("Two", MANY)], &settings());
    let contested: Vec<&Finding> = findings.iter().filter(|finding| finding.rule == "PA26").collect();
    assert_eq!(contested.len(), 2 * MANY);
    assert!(contested.iter().all(|finding| finding.needs_decision() && finding.others.len() == 1));
}

#[test]
fn a_record_is_read_as_it_was_written() {
    for decision in DECISIONS {
        let verdict = Verdict {
            object: 0x1122_3344,
            phase: 5,
            rule: 16,
            decision,
            key: Key(0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210),
            note: 0xa1b2_c3d4_e5f6_0718,
            value: u64::MAX - 1,
        };
        let mut octets = Vec::new();
        verdict.write(&mut octets);
        assert_eq!((octets.len(), Verdict::read(&octets)), (Verdict::OCTETS, verdict));
    }
}
