//! The recycle bin against a naive model: plans of memberships, deletions, restorations and days.

use crate::clock::{DEFAULT_START, SimTime};
use crate::directory::testing::{attributes, forest};
use crate::directory::{Directory, Modification, ModifyOp, ObjectId, UpdateContext};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::time::Duration;

const OBJECTS: usize = 6;
/// Lifetimes of a new forest, in days: in the bin, and once recycled.
const LIFETIME: u64 = 180;

#[derive(Debug, Clone)]
enum Change {
    Member { group: usize, member: usize, add: bool },
    Delete(usize),
    Undelete(usize),
    Days(u64),
}

fn changes() -> impl Strategy<Value = Change> {
    let n = 0..OBJECTS;
    prop_oneof![
        5 => (n.clone(), n.clone(), any::<bool>()).prop_map(|(group, member, add)| Change::Member { group, member, add }),
        3 => n.clone().prop_map(Change::Delete),
        3 => n.prop_map(Change::Undelete),
        1 => (0u64..120).prop_map(Change::Days),
    ]
}

/// On which day an object came to its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Live,
    Deleted(u64),
    Recycled(u64),
    Gone,
}

struct Model {
    directory: Directory,
    ids: Vec<ObjectId>,
    states: Vec<State>,
    members: BTreeSet<(usize, usize)>,
    day: u64,
}

fn name(index: usize) -> String {
    format!("CN=G{index},CN=Users,DC=contoso,DC=local")
}

impl Model {
    fn new() -> Model {
        let mut directory = forest();
        directory.enable_recycle_bin(DEFAULT_START);
        let context = UpdateContext::system(DEFAULT_START);
        // universal groups: each may hold each, itself included
        let lines = attributes(&["objectClass: group", "groupType: -2147483640"]);
        let ids = (0..OBJECTS).map(|n| directory.add(&context, &name(n), &lines).unwrap()).collect();
        Model { directory, ids, states: vec![State::Live; OBJECTS], members: BTreeSet::new(), day: 0 }
    }

    fn now(&self) -> SimTime {
        DEFAULT_START.plus(Duration::from_secs(self.day * 86_400))
    }

    fn live(&self, index: usize) -> bool {
        self.states[index] == State::Live
    }

    fn apply(&mut self, change: &Change) {
        let context = UpdateContext { show_deleted: true, ..UpdateContext::system(self.now()) };
        match *change {
            Change::Member { group, member, add } => {
                let op = if add { ModifyOp::Add } else { ModifyOp::Delete };
                let values = vec![name(member).into_bytes()];
                let step = Modification { op, attribute: "member".to_owned(), values };
                let done = self.directory.modify(&context, &name(group), &[step]).is_ok();
                let both = self.live(group) && self.live(member);
                assert_eq!(done, both && self.members.contains(&(group, member)) != add, "{change:?}");
                if done && add {
                    self.members.insert((group, member));
                } else if done {
                    self.members.remove(&(group, member));
                }
            }
            Change::Delete(index) => {
                let done = self.directory.delete(&context, &name(index)).is_ok();
                assert_eq!(done, self.live(index), "{change:?}");
                if done {
                    self.states[index] = State::Deleted(self.day);
                }
            }
            Change::Undelete(index) => {
                let Some(dn) = self.directory.entry(self.ids[index]).map(|entry| entry.dn()) else { return };
                let step = |op, attribute: &str, values| Modification {
                    op,
                    attribute: attribute.to_owned(),
                    values,
                };
                let steps = [
                    step(ModifyOp::Delete, "isDeleted", Vec::new()),
                    step(ModifyOp::Replace, "distinguishedName", vec![name(index).into_bytes()]),
                ];
                let done = self.directory.modify(&context, &dn, &steps).is_ok();
                assert_eq!(done, matches!(self.states[index], State::Deleted(_)), "{change:?}");
                if done {
                    self.states[index] = State::Live;
                }
            }
            Change::Days(days) => {
                self.day += days;
                self.directory.run_due(self.now());
                for index in 0..OBJECTS {
                    self.states[index] = match self.states[index] {
                        State::Deleted(since) if since + LIFETIME <= self.day => State::Recycled(self.day),
                        State::Recycled(since) if since + LIFETIME <= self.day => State::Gone,
                        state => state,
                    };
                }
                let kept = |index: usize| matches!(self.states[index], State::Live | State::Deleted(_));
                let members =
                    self.members.iter().copied().filter(|(group, member)| kept(*group) && kept(*member));
                self.members = members.collect();
            }
        }
    }

    fn check(&self) {
        for index in 0..OBJECTS {
            let entry = self.directory.entry(self.ids[index]);
            assert_eq!(entry.is_none(), self.states[index] == State::Gone);
            let Some(entry) = entry else { continue };
            assert_eq!(entry.is_deleted(), !self.live(index));
            assert_eq!(entry.is_recycled(), matches!(self.states[index], State::Recycled(_)));
            let dn = |index: &usize| self.directory.entry(self.ids[*index]).unwrap().dn();
            let held: Vec<usize> =
                self.members.iter().filter(|(g, _)| *g == index).map(|(_, m)| *m).collect();
            let holding: Vec<usize> =
                self.members.iter().filter(|(_, m)| *m == index).map(|(g, _)| *g).collect();
            let seen = |others: &[usize]| -> Vec<String> {
                others.iter().filter(|other| self.live(index) && self.live(**other)).map(dn).collect()
            };
            assert_eq!(entry.texts("member"), seen(&held));
            assert_eq!(entry.texts("memberOf"), seen(&holding));
            let all = entry.with_deactivated_links();
            assert_eq!(all.texts("member"), held.iter().map(dn).collect::<Vec<_>>());
            assert_eq!(all.texts("memberOf"), holding.iter().map(dn).collect::<Vec<_>>());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_recycle_bin_equals_a_naive_model(plan in prop::collection::vec(changes(), 1..60)) {
        let mut model = Model::new();
        for change in &plan {
            model.apply(change);
            model.check();
        }
    }
}
