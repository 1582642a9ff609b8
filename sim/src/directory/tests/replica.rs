//! The store against a naive replica: plans of changes by index, and indexes against a full scan.

use crate::clock::DEFAULT_START;
use crate::directory::testing::{forest, search, system};
use crate::directory::{Directory, Filter, Modification, ModifyOp, ObjectId, Scope, SearchOptions, attr};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const DC: &str = "DC=contoso,DC=local";

/// One change; numbers pick objects and values.
#[derive(Debug, Clone)]
enum Change {
    Add { name: u8, group: bool, place: u8 },
    Set { object: u8, attribute: u8, value: u8 },
    Clear { object: u8, attribute: u8 },
    Member { group: u8, object: u8, add: bool },
    Rename { object: u8, name: u8 },
    Move { object: u8, place: u8 },
    Delete { object: u8 },
    Checkpoint,
    Restore,
}

fn changes() -> impl Strategy<Value = Change> {
    let n = 0u8..12;
    prop_oneof![
        4 => (n.clone(), any::<bool>(), 0u8..3).prop_map(|(name, group, place)| Change::Add { name, group, place }),
        4 => (n.clone(), 0u8..4, 0u8..6).prop_map(|(object, attribute, value)| Change::Set { object, attribute, value }),
        1 => (n.clone(), 0u8..4).prop_map(|(object, attribute)| Change::Clear { object, attribute }),
        4 => (n.clone(), n.clone(), any::<bool>()).prop_map(|(group, object, add)| Change::Member { group, object, add }),
        2 => (n.clone(), n.clone()).prop_map(|(object, name)| Change::Rename { object, name }),
        2 => (n.clone(), 0u8..3).prop_map(|(object, place)| Change::Move { object, place }),
        2 => n.prop_map(|object| Change::Delete { object }),
        1 => Just(Change::Checkpoint),
        1 => Just(Change::Restore),
    ]
}

const ATTRIBUTES: [&str; 4] = ["mail", "department", "description", "proxyAddresses"];

/// What the replica knows of one object.
#[derive(Debug, Clone, Default, PartialEq)]
struct Copy {
    name: String,
    place: u8,
    group: bool,
    values: BTreeMap<&'static str, String>,
    members: BTreeSet<usize>,
}

#[derive(Debug, Clone, Default)]
struct Replica {
    /// None once deleted.
    objects: Vec<Option<Copy>>,
}

impl Replica {
    fn live(&self, pick: u8) -> Option<usize> {
        let live: Vec<usize> = (0..self.objects.len()).filter(|i| self.objects[*i].is_some()).collect();
        (!live.is_empty()).then(|| live[usize::from(pick) % live.len()])
    }

    fn taken(&self, place: u8, name: &str) -> bool {
        self.objects.iter().flatten().any(|o| o.place == place && o.name.eq_ignore_ascii_case(name))
    }
}

fn place_dn(place: u8) -> String {
    format!("OU=Place{place},{DC}")
}

fn name_of(name: u8) -> String {
    // names that differ in case only, and such as need escapes
    ["Ann", "ann", "Bo, b", "Çelik", " x", "#1"][usize::from(name) % 6].to_owned() + &(name / 6).to_string()
}

struct World {
    directory: Directory,
    replica: Replica,
    ids: Vec<ObjectId>,
}

fn world() -> World {
    let mut directory = forest();
    for place in 0..3 {
        let class = vec![("objectClass".to_owned(), vec![b"organizationalUnit".to_vec()])];
        directory.add(&system(), &place_dn(place), &class).unwrap();
    }
    World { directory, replica: Replica::default(), ids: Vec::new() }
}

impl World {
    fn dn(&self, index: usize) -> String {
        self.directory.entry(self.ids[index]).unwrap().dn()
    }

    fn modify(&mut self, index: usize, op: ModifyOp, attribute: &str, values: Vec<Vec<u8>>) -> bool {
        let step = Modification { op, attribute: attribute.to_owned(), values };
        let dn = self.dn(index);
        self.directory.modify(&system(), &dn, &[step]).is_ok()
    }

    fn apply(&mut self, change: &Change) {
        match change {
            Change::Add { name, group, place } => {
                let (name, class) = (name_of(*name), if *group { "group" } else { "user" });
                let rdn = crate::directory::dn::Rdn { attribute: "CN".to_owned(), value: name.clone() };
                let dn = format!("{rdn},{}", place_dn(*place));
                let class = vec![("objectClass".to_owned(), vec![class.as_bytes().to_vec()])];
                let added = self.directory.add(&system(), &dn, &class);
                assert_eq!(added.is_ok(), !self.replica.taken(*place, &name), "{dn}: {added:?}");
                if let Ok(id) = added {
                    self.ids.push(id);
                    let copy = Copy { name, place: *place, group: *group, ..Copy::default() };
                    self.replica.objects.push(Some(copy));
                }
            }
            Change::Set { object, attribute, value } => {
                let Some(index) = self.replica.live(*object) else { return };
                let name = ATTRIBUTES[usize::from(*attribute)];
                let value = format!("value{value}@contoso.com");
                let allowed = name != "department" || !self.replica.objects[index].as_ref().unwrap().group;
                let done = self.modify(index, ModifyOp::Replace, name, vec![value.clone().into_bytes()]);
                assert_eq!(done, allowed);
                if let (true, Some(copy)) = (allowed, &mut self.replica.objects[index]) {
                    copy.values.insert(name, value);
                }
            }
            Change::Clear { object, attribute } => {
                let Some(index) = self.replica.live(*object) else { return };
                let name = ATTRIBUTES[usize::from(*attribute)];
                let done = self.modify(index, ModifyOp::Delete, name, Vec::new());
                let held = self.replica.objects[index].as_mut().unwrap().values.remove(name).is_some();
                assert_eq!(done, held);
            }
            Change::Member { group, object, add } => self.member(*group, *object, *add),
            Change::Rename { object, name } => self.rename(*object, Some(*name), None),
            Change::Move { object, place } => self.rename(*object, None, Some(*place)),
            Change::Delete { object } => {
                let Some(index) = self.replica.live(*object) else { return };
                let dn = self.dn(index);
                self.directory.delete(&system(), &dn).unwrap();
                self.replica.objects[index] = None;
                self.replica.objects.iter_mut().flatten().for_each(|o| {
                    o.members.remove(&index);
                });
            }
            Change::Checkpoint | Change::Restore => {}
        }
    }

    fn member(&mut self, group: u8, object: u8, add: bool) {
        let (Some(group), Some(object)) = (self.replica.live(group), self.replica.live(object)) else {
            return;
        };
        let dn = self.dn(object);
        let op = if add { ModifyOp::Add } else { ModifyOp::Delete };
        let done = self.modify(group, op, "member", vec![dn.into_bytes()]);
        let copy = self.replica.objects[group].as_mut().unwrap();
        let expected = copy.group && copy.members.contains(&object) != add;
        assert_eq!(done, expected);
        if expected && add {
            copy.members.insert(object);
        } else if expected {
            copy.members.remove(&object);
        }
    }

    fn rename(&mut self, object: u8, name: Option<u8>, place: Option<u8>) {
        let Some(index) = self.replica.live(object) else { return };
        let copy = self.replica.objects[index].clone().unwrap();
        let name = name.map_or(copy.name.clone(), name_of);
        let place = place.unwrap_or(copy.place);
        let (dn, superior) = (self.dn(index), place_dn(place));
        let rdn = crate::directory::dn::Rdn { attribute: "CN".to_owned(), value: name.clone() }.to_string();
        let done = self.directory.modify_dn(&system(), &dn, &rdn, true, Some(&superior)).is_ok();
        let itself = copy.place == place && copy.name.eq_ignore_ascii_case(&name);
        assert_eq!(done, itself || !self.replica.taken(place, &name));
        if let (true, Some(copy)) = (done, &mut self.replica.objects[index]) {
            (copy.name, copy.place) = (name, place);
        }
    }

    /// The store says what the replica says, and its indexes what a scan says.
    fn check(&self) {
        for (index, copy) in self.replica.objects.iter().enumerate() {
            let entry = self.directory.entry(self.ids[index]).unwrap();
            let Some(copy) = copy else {
                assert!(entry.is_deleted() && !entry.has("memberOf") && !entry.has("member"));
                continue;
            };
            assert_eq!(entry.rdn_value(), copy.name);
            assert_eq!(self.directory.resolve(&entry.dn()), Ok(self.ids[index]));
            assert!(entry.dn().ends_with(&place_dn(copy.place)));
            for name in ATTRIBUTES {
                assert_eq!(entry.text(name).as_deref(), copy.values.get(name).map(String::as_str), "{name}");
            }
            let members: BTreeSet<String> = entry.texts("member").into_iter().collect();
            assert_eq!(members, copy.members.iter().map(|i| self.dn(*i)).collect());
            let groups: BTreeSet<String> = entry.texts("memberOf").into_iter().collect();
            let holds =
                |i: &usize| self.replica.objects[*i].as_ref().is_some_and(|o| o.members.contains(&index));
            let expected = (0..self.ids.len()).filter(holds).map(|i| self.dn(i));
            assert_eq!(groups, expected.collect());
        }
        for filter in [
            "(mail=VALUE1@contoso.com)",
            "(proxyAddresses=value2@contoso.com)",
            "(|(cn=ann0)(cn=Bo, b0)(name=çelik1))",
            "(&(objectClass=group)(description=value3@contoso.com))",
            "(objectCategory=person)",
            "(uSNChanged>=4000)",
            "(isDeleted=TRUE)",
            "(!(mail=*))",
        ] {
            self.check_search(filter);
        }
    }

    fn check_search(&self, text: &str) {
        let filter = self.directory.compile(&Filter::parse(text).unwrap());
        for show_deleted in [false, true] {
            let options =
                SearchOptions { show_deleted, all_naming_contexts: true, ..SearchOptions::default() };
            let base = self.directory.info().domain;
            let candidates = self.directory.candidates(base, Scope::Subtree, &filter, options);
            let found: Vec<ObjectId> = candidates.filter(|id| self.directory.matches(*id, &filter)).collect();
            let in_sight = |id: &ObjectId| show_deleted || !self.directory.entry(*id).unwrap().is_deleted();
            let scan = self.directory.ids().filter(in_sight);
            let scan: Vec<ObjectId> = scan.filter(|id| self.directory.matches(*id, &filter)).collect();
            assert_eq!(found, scan, "{text}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_store_equals_a_naive_replica(plan in prop::collection::vec(changes(), 1..50)) {
        let mut world = world();
        let mut saved: Option<(Directory, Replica, Vec<ObjectId>)> = None;
        for change in &plan {
            let before = world.directory.highest_usn();
            world.apply(change);
            prop_assert!(world.directory.highest_usn() >= before || matches!(change, Change::Restore));
            match (change, &saved) {
                (Change::Checkpoint, _) => {
                    saved = Some((world.directory.clone(), world.replica.clone(), world.ids.clone()));
                }
                (Change::Restore, Some((directory, replica, ids))) => {
                    world = World { directory: directory.clone(), replica: replica.clone(), ids: ids.clone() };
                }
                _ => {}
            }
        }
        world.check();
        if let Some((directory, replica, ids)) = saved {
            World { directory, replica, ids }.check();
        }
    }
}

#[test]
fn changes_come_out_in_the_order_of_their_usns() {
    let mut world = world();
    for name in 0..4 {
        world.apply(&Change::Add { name: name * 2, group: false, place: 0 });
    }
    let usn = world.directory.highest_usn();
    for (object, value) in [(2, 0), (0, 1), (2, 3)] {
        world.apply(&Change::Set { object, attribute: 0, value });
    }
    assert_eq!(world.directory.changed_since(usn), [world.ids[0], world.ids[2]]);
    let found = search(&world.directory, DC, Scope::Subtree, &format!("(uSNChanged>={})", usn + 1));
    assert_eq!(found.len(), 2);
}

#[test]
fn ids_given_at_run_time_do_not_depend_on_the_order_of_clients() {
    let run = |order: [u8; 3]| {
        let mut world = world();
        for name in order {
            world.apply(&Change::Add { name, group: false, place: 1 });
        }
        let mut guids: Vec<(String, String)> = world
            .ids
            .iter()
            .map(|id| world.directory.entry(*id).unwrap())
            .map(|entry| (entry.dn(), entry.guid().to_string()))
            .collect();
        guids.sort();
        guids
    };
    assert_eq!(run([0, 2, 4]), run([4, 0, 2]));
}

#[test]
fn a_name_used_again_gets_another_id_each_time() {
    let mut world = world();
    let mut seen = BTreeSet::new();
    for _ in 0..9 {
        world.apply(&Change::Add { name: 0, group: false, place: 0 });
        let last = *world.ids.last().unwrap();
        assert!(seen.insert(world.directory.entry(last).unwrap().guid().to_string()));
        world.apply(&Change::Delete { object: 0 });
    }
}

#[test]
fn a_thousand_objects_that_share_a_value_are_found_by_it() {
    let mut directory = forest();
    let context = crate::directory::UpdateContext::lenient(DEFAULT_START);
    let users = directory.info().users;
    for index in 0..1000 {
        let object = crate::directory::NewObject {
            parent: users,
            rdn: format!("Twin {index}"),
            class: "contact",
            attributes: vec![(attr::MAIL, vec![b"same@contoso.com".to_vec()])],
            guid: None,
            rid: None,
        };
        directory.load(&context, object);
    }
    assert_eq!(search(&directory, DC, Scope::Subtree, "(mail=SAME@contoso.com)").len(), 1000);
}
