//! The engine is killed at every journal position.

use super::fakes::{Fields, World};
use super::{cycle, quiet};
use crate::rules::RuleSet;
use crate::{Fault, ImportKind};
use std::collections::BTreeMap;

fn world() -> World {
    let mut world = World::new(1);
    world.config.batch = 2;
    let forest = &mut world.forests[0];
    for n in 1..=5u8 {
        let manager = format!("CN=P{},DC=contoso,DC=com", n % 5 + 1);
        forest.put(
            &[n; 16],
            &format!("CN=P{n},DC=contoso,DC=com"),
            "user",
            &[("userAccountControl", "512"), ("sAMAccountName", "p"), ("manager", &manager)],
        );
    }
    let group = [("groupType", "-2147483646"), ("member", "CN=P1,DC=contoso,DC=com|CN=H,DC=contoso,DC=com")];
    forest.put(&[9; 16], "CN=G,DC=contoso,DC=com", "group", &group);
    let group = [("groupType", "-2147483646"), ("member", "CN=P2,DC=contoso,DC=com|CN=G,DC=contoso,DC=com")];
    forest.put(&[8; 16], "CN=H,DC=contoso,DC=com", "group", &group);
    world
}

/// A life in three chapters; between them the forest changes.
fn change(world: &mut World, chapter: usize) {
    let forest = &mut world.forests[0];
    match chapter {
        1 => {
            forest.set(&[1; 16], "title", &["New"]);
            forest.delete(&[2; 16]);
            forest.put(
                &[7; 16],
                "CN=P7,DC=contoso,DC=com",
                "user",
                &[("userAccountControl", "512"), ("sAMAccountName", "p7")],
            );
            forest.set(&[9; 16], "member", &["CN=P7,DC=contoso,DC=com", "CN=P3,DC=contoso,DC=com"]);
        }
        2 => {
            forest.set(&[1; 16], "title", &[]);
            forest.delete(&[9; 16]);
        }
        _ => {}
    }
}

/// The numbers of names do not depend on which opening of a database compiles the rules.
fn rules() -> RuleSet {
    let engine = World::new(1).open().expect("opens");
    engine.rules().clone()
}

type View = BTreeMap<String, (String, Fields)>;

/// Lives through the chapters; the commit of the given number fails, and everything is opened anew.
fn live(
    rules: &RuleSet,
    dies_at: Option<u64>,
    written: bool,
    full: bool,
) -> (View, Vec<String>, Vec<String>, u64) {
    let mut world = world();
    world.rows.left.set(dies_at);
    world.rows.written.set(written);
    let mut engine = None;
    for chapter in 0..3 {
        change(&mut world, chapter);
        let mut calm = 0;
        for _ in 0..12 {
            let mut running = match engine.take() {
                Some(engine) => engine,
                None => match world.open_quickly(rules) {
                    Ok(engine) => engine,
                    Err(_) => continue,
                },
            };
            let kind = if full { ImportKind::Full } else { ImportKind::Delta };
            // after an error the engine is thrown away, as a killed process is
            if let Ok(cycle) = cycle(&mut world, &mut running, kind) {
                calm = if quiet(&cycle) { calm + 1 } else { 0 };
                engine = Some(running);
            }
            if calm == 1 {
                break;
            }
        }
        assert_eq!(calm, 1, "chapter {chapter} comes to rest when killed at {dies_at:?}");
    }
    let mut writes = world.cloud.written.clone();
    writes.extend(world.forests[0].written.clone());
    (world.cloud.view(), writes, world.cloud.doubled.clone(), world.rows.commits.get())
}

#[test]
fn killed_at_any_position_the_end_is_the_same_and_nothing_is_written_twice() {
    let rules = rules();
    for full in [false, true] {
        let (calm, undisturbed, doubled, commits) = live(&rules, None, false, full);
        assert_eq!(doubled, [""; 0]);
        assert_eq!(calm.len(), 6, "P1, P3, P4, P5, P7 and H");
        assert!(commits > 50, "there are positions to be killed at: {commits}");
        for written in [false, true] {
            for position in 0..commits {
                let (end, writes, doubled, _) = live(&rules, Some(position), written, full);
                let place = format!("position {position} of {commits}, written: {written}, full: {full}");
                assert_eq!(end, calm, "{place}");
                assert_eq!(doubled, [""; 0], "{place}");
                let (mut writes, mut wanted) = (writes, undisturbed.clone());
                writes.sort();
                wanted.sort();
                writes.dedup();
                wanted.dedup();
                assert_eq!(writes, wanted, "{place}");
            }
        }
    }
}

#[test]
fn answers_lost_at_any_call_and_storms_of_refusals_change_nothing_in_the_end() {
    let rules = rules();
    let (calm, ..) = live(&rules, None, false, false);
    for call in 0..8 {
        for happens in [true, false] {
            let mut world = world();
            let busy = || (false, Fault::Busy { retry_after: Some(1), text: "later".into() });
            world.cloud.faults = (0..call).map(|_| busy()).collect();
            world.cloud.faults.push((happens, Fault::Interrupted("lost".into())));
            for chapter in 0..3 {
                change(&mut world, chapter);
                let mut engine = world.open_quickly(&rules).expect("opens");
                for _ in 0..14 {
                    cycle(&mut world, &mut engine, ImportKind::Delta).expect("a cycle");
                }
            }
            assert_eq!(world.cloud.view(), calm, "call {call}, happens: {happens}");
            assert_eq!(world.cloud.doubled, [""; 0], "call {call}, happens: {happens}");
        }
    }
}
