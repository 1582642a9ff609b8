//! Random estates of two forests whose people are users, contacts or linked mailboxes there, imported and
//! synchronized in a random order.

use super::fakes::{World, cloud_dn_of, sid};
use super::quiet;
use crate::config::Matching;
use crate::{ImportKind, SyncKind, Told};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// What a person is in the second forest, beside the account in the first one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum There {
    Contact,
    Mailbox,
}

#[derive(Debug, Clone)]
enum Step {
    /// Import a forest and synchronize.
    Look(usize),
    Account {
        number: u8,
        enabled: bool,
    },
    Other {
        number: u8,
        there: There,
    },
    Gone {
        forest: usize,
        number: u8,
    },
    Title {
        forest: usize,
        number: u8,
        title: u8,
    },
    Export,
}

fn step() -> impl Strategy<Value = Step> {
    let number = || 0..5u8;
    prop_oneof![
        3 => (0..2usize).prop_map(Step::Look),
        3 => (number(), any::<bool>()).prop_map(|(number, enabled)| Step::Account { number, enabled }),
        3 => (number(), prop_oneof![Just(There::Contact), Just(There::Mailbox)])
            .prop_map(|(number, there)| Step::Other { number, there }),
        1 => (0..2usize, number()).prop_map(|(forest, number)| Step::Gone { forest, number }),
        1 => (0..2usize, number(), 0..3u8)
            .prop_map(|(forest, number, title)| Step::Title { forest, number, title }),
        1 => Just(Step::Export),
    ]
}

fn guid(forest: usize, number: u8) -> [u8; 16] {
    let mut guid = [number * 37 + 11; 16];
    guid[0] = 200 - number * 30 + forest as u8;
    guid[1] = forest as u8;
    guid
}

fn dn(forest: usize, number: u8) -> String {
    format!("CN=p{number},DC=forest{forest},DC=com")
}

fn change(world: &mut World, step: &Step) {
    match *step {
        Step::Account { number, enabled } => {
            let control = if enabled { "512" } else { "514" };
            let (name, mail) = (format!("p{number}"), format!("p{number}@contoso.com"));
            let fields = [
                ("userAccountControl", control),
                ("sAMAccountName", name.as_str()),
                ("userPrincipalName", &mail),
                ("mail", &mail),
            ];
            world.forests[0].put(&guid(0, number), &dn(0, number), "user", &fields);
        }
        Step::Other { number, there } => {
            // the class of an object never changes in a directory
            if world.forests[1].things.contains_key(guid(1, number).as_slice()) {
                return;
            }
            let (name, mail) = (format!("q{number}"), format!("P{number}@contoso.com"));
            if there == There::Contact {
                let fields = [("mail", mail.as_str()), ("displayName", "a contact")];
                world.forests[1].put(&guid(1, number), &dn(1, number), "contact", &fields);
                return;
            }
            let fields = [
                ("userAccountControl", "514"),
                ("sAMAccountName", name.as_str()),
                ("mailNickname", &name),
                ("msExchRecipientTypeDetails", "2"),
            ];
            world.forests[1].put(&guid(1, number), &dn(1, number), "user", &fields);
            let thing = world.forests[1].things.get_mut(guid(1, number).as_slice()).expect("just put");
            let master = vec![Told::Octets(sid(&guid(0, number)))];
            thing.fields.insert("msExchMasterAccountSid".to_owned(), master);
        }
        Step::Gone { forest, number } => world.forests[forest].delete(&guid(forest, number)),
        Step::Title { forest, number, title } => {
            if world.forests[forest].things.contains_key(guid(forest, number).as_slice()) {
                world.forests[forest].set(&guid(forest, number), "title", &[&title.to_string()]);
            }
        }
        Step::Look(_) | Step::Export => {}
    }
}

/// Who should be there, said naively: every account, and every contact whose person has no account. A linked
/// mailbox is nobody by itself (directory-sync.md, section 4).
fn expected(world: &World) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for number in 0..5 {
        let account = world.forests[0].things.contains_key(guid(0, number).as_slice());
        let other = world.forests[1].things.get(guid(1, number).as_slice());
        if account {
            all.insert(format!("user {}", cloud_dn_of(&guid(0, number))));
        } else if other.is_some_and(|thing| thing.class == "contact") {
            all.insert(format!("contact {}", cloud_dn_of(&guid(1, number))));
        }
    }
    all
}

fn estate() -> World {
    let mut world = World::new(2);
    world.config.matching = vec![Matching::Mail];
    world.config.batch = 2;
    world.config.delete_threshold = None;
    world.config.anchor = crate::config::Anchor::ObjectGuid;
    // an import of nothing is refused, so each forest keeps an object that nobody exports
    for forest in 0..2 {
        let keeper = format!("CN=keeper,DC=forest{forest},DC=com");
        world.forests[forest].put(&[forest as u8 + 240; 16], &keeper, "container", &[]);
    }
    world
}

/// Lives through the steps, each forest being imported only when a step says so, and then comes to rest.
fn live(steps: &[Step]) -> World {
    let mut world = estate();
    let mut engine = world.open().expect("opens");
    engine.import("cloud", ImportKind::Full, &mut world.cloud).expect("an import");
    for step in steps {
        change(&mut world, step);
        match step {
            Step::Look(forest) => {
                let name = format!("forest{forest}");
                super::import(&mut engine, &name, ImportKind::Delta, &mut world.forests[*forest])
                    .expect("an import");
                engine.sync(SyncKind::Delta).expect("a synchronization");
            }
            Step::Export => {
                engine.export("cloud", &mut world.cloud).expect("an export");
                engine.import("cloud", ImportKind::Delta, &mut world.cloud).expect("an import");
            }
            _ => {}
        }
    }
    for _ in 0..3 {
        super::cycle(&mut world, &mut engine, ImportKind::Delta).expect("a cycle");
    }
    for kind in [ImportKind::Delta, ImportKind::Full] {
        let again = super::cycle(&mut world, &mut engine, kind).expect("a cycle");
        assert!(quiet(&again), "{:?}", again.export);
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, rng_seed: crate::plans(17), ..ProptestConfig::default() })]

    #[test]
    fn whoever_was_seen_first_the_end_is_that_of_one_who_sees_only_the_end(
        steps in proptest::collection::vec(step(), 1..25),
    ) {
        let world = live(&steps);
        let there = world.cloud.things.values().map(|thing| format!("{} {}", thing.class, thing.dn));
        prop_assert_eq!(there.collect::<BTreeSet<_>>(), expected(&world));
        let mut late = estate();
        late.forests.clone_from(&world.forests);
        let mut engine = late.open().expect("opens");
        super::cycle(&mut late, &mut engine, ImportKind::Full).expect("a cycle");
        prop_assert_eq!(late.cloud.view(), world.cloud.view());
    }
}
