//! Random forests and random changes.

use super::fakes::{World, cloud_dn_of};
use super::{cycle, quiet};
use crate::ImportKind;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// What happens to an object, by the number of the object.
#[derive(Debug, Clone)]
enum Change {
    Put { forest: usize, number: u8, group: bool, refers: Vec<u8> },
    Delete { forest: usize, number: u8 },
    Filter { forest: usize, number: u8, out: bool },
    Rename { forest: usize, number: u8 },
    Title { forest: usize, number: u8, title: u8 },
}

fn change() -> impl Strategy<Value = Change> {
    let place = || (0..2usize, 0..8u8);
    prop_oneof![
        4 => (place(), any::<bool>(), proptest::collection::vec(0..8u8, 0..4)).prop_map(
            |((forest, number), group, refers)| Change::Put { forest, number, group, refers }
        ),
        2 => place().prop_map(|(forest, number)| Change::Delete { forest, number }),
        1 => (place(), any::<bool>())
            .prop_map(|((forest, number), out)| Change::Filter { forest, number, out }),
        1 => place().prop_map(|(forest, number)| Change::Rename { forest, number }),
        2 => (place(), 0..3u8)
            .prop_map(|((forest, number), title)| Change::Title { forest, number, title }),
    ]
}

/// Anchors differ between forests, and their order is not that of the names.
fn guid(forest: usize, number: u8) -> Vec<u8> {
    vec![forest as u8 + 1, 255 - number * 7, number, 1]
}

fn dn(forest: usize, number: u8) -> String {
    format!("CN=o{number},DC=forest{forest},DC=com")
}

fn apply(world: &mut World, order: [usize; 2], change: &Change) {
    match change {
        Change::Put { forest, number, group, refers } => {
            let there = world.forests[order[*forest]].things.contains_key(&guid(*forest, *number));
            let known = |n: &&u8| world.forests[order[*forest]].things.contains_key(&guid(*forest, **n));
            let refers: Vec<String> = refers
                .iter()
                .filter(known)
                .map(|n| world.forests[order[*forest]].things[&guid(*forest, *n)].dn.clone())
                .collect();
            if there {
                return;
            }
            let list = refers.join("|");
            let name = format!("o{number}-{forest}");
            let mut fields = vec![("sAMAccountName", name.as_str())];
            if *group {
                fields.push(("groupType", "-2147483646"));
            } else {
                fields.push(("userAccountControl", "512"));
            }
            if let Some(first) = refers.first() {
                fields.push(if *group { ("member", list.as_str()) } else { ("manager", first.as_str()) });
            }
            let class = if *group { "group" } else { "user" };
            world.forests[order[*forest]].put(&guid(*forest, *number), &dn(*forest, *number), class, &fields);
        }
        Change::Delete { forest, number } => world.forests[order[*forest]].delete(&guid(*forest, *number)),
        Change::Filter { forest, number, out } => {
            let value: &[&str] = if *out { &["TRUE"] } else { &[] };
            set(world, order[*forest], &guid(*forest, *number), "isCriticalSystemObject", value);
        }
        Change::Rename { forest, number } => {
            let forest_of = &mut world.forests[order[*forest]];
            let taken = forest_of
                .things
                .values()
                .any(|t| t.dn == format!("CN=renamed-{number},DC=forest{forest},DC=com"));
            if forest_of.things.contains_key(&guid(*forest, *number)) && !taken {
                forest_of.rename(
                    &guid(*forest, *number),
                    &format!("CN=renamed-{number},DC=forest{forest},DC=com"),
                );
            }
        }
        Change::Title { forest, number, title } => {
            let title = title.to_string();
            let value = [title.as_str()];
            let value: &[&str] = if title == "0" { &[] } else { &value };
            set(world, order[*forest], &guid(*forest, *number), "title", value);
        }
    }
}

fn set(world: &mut World, forest: usize, guid: &[u8], name: &str, value: &[&str]) {
    if world.forests[forest].things.contains_key(guid) {
        world.forests[forest].set(guid, name, value);
    }
}

/// Who should be in the cloud, said naively: everyone who is not a system object.
fn expected(world: &World) -> BTreeSet<String> {
    let forests = world.forests.iter().flat_map(|forest| &forest.things);
    let kept = forests.filter(|(_, thing)| !thing.fields.contains_key("isCriticalSystemObject"));
    kept.map(|(guid, _)| cloud_dn_of(guid)).collect()
}

/// Runs chapters of changes, a cycle after each; forests are numbered in the given order.
fn run(chapters: &[Vec<Change>], order: [usize; 2], kinds: &[bool]) -> World {
    let mut world = World::new(2);
    world.config.batch = 3;
    world.config.delete_threshold = None;
    // an import of nothing is refused, so each forest keeps one object that is never touched
    for (forest, place) in order.into_iter().enumerate() {
        let keeper = dn(forest, 99);
        let fields = [("groupType", "-2147483646"), ("sAMAccountName", "keeper")];
        world.forests[place].put(&[forest as u8 + 1, 0, 99, 9], &keeper, "group", &fields);
    }
    let mut engine = world.open().expect("opens");
    for (number, changes) in chapters.iter().enumerate() {
        changes.iter().for_each(|change| apply(&mut world, order, change));
        let full = kinds[number % kinds.len()];
        let kind = if full { ImportKind::Full } else { ImportKind::Delta };
        cycle(&mut world, &mut engine, kind).expect("a cycle");
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, rng_seed: crate::plans(13), ..ProptestConfig::default() })]

    #[test]
    fn the_cloud_follows_and_then_rests(
        chapters in proptest::collection::vec(proptest::collection::vec(change(), 0..8), 1..5),
        kinds in proptest::collection::vec(any::<bool>(), 1..4),
    ) {
        let mut world = run(&chapters, [0, 1], &kinds);
        let there: BTreeSet<String> = world.cloud.things.values().map(|thing| thing.dn.clone()).collect();
        prop_assert_eq!(&there, &expected(&world), "exactly what is in scope");
        prop_assert_eq!(&world.cloud.doubled, &Vec::<String>::new());
        let view = world.cloud.view();
        let mut engine = world.open().expect("opens");
        for kind in [ImportKind::Delta, ImportKind::Full] {
            let again = cycle(&mut world, &mut engine, kind).expect("a cycle");
            prop_assert!(quiet(&again), "{:?}", again.export);
        }
        prop_assert_eq!(&world.cloud.view(), &view);
        // one who comes late and sees only the end has nothing to add
        let mut late = World::new(2);
        late.config.delete_threshold = None;
        late.forests.clone_from(&world.forests);
        let mut engine = late.open().expect("opens");
        cycle(&mut late, &mut engine, ImportKind::Full).expect("a cycle");
        prop_assert_eq!(late.cloud.view(), view);
    }

    #[test]
    fn the_order_of_the_forests_does_not_matter(
        chapters in proptest::collection::vec(proptest::collection::vec(change(), 0..8), 1..4),
    ) {
        let one = run(&chapters, [0, 1], &[false]);
        let other = run(&chapters, [1, 0], &[true]);
        prop_assert_eq!(one.cloud.view(), other.cloud.view());
    }
}
