//! Plans of changes by index, and the estate that they happen to.

use crate::support::{ADMINISTRATOR, Client, DOMAIN, administrators_password, control, modify};
use forestbed_mock_ldap::Session;
use forestbed_sim::directory::Port;
use forestbed_sim::spec::{DefectMix, EstateSpec, ForestSpec, PopulationSpec};
use forestbed_sim::world::World;
use ldap3_proto::proto::{LdapModifyDNRequest, LdapModifyType, LdapOp};
use proptest::prelude::*;
use std::sync::Arc;
use std::time::Duration;

/// One change, or one turn of a replica; numbers pick objects and values.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Add {
        group: bool,
        place: u8,
    },
    Set {
        object: u8,
        attribute: u8,
        value: u8,
    },
    Clear {
        object: u8,
        attribute: u8,
    },
    Member {
        group: u8,
        object: u8,
        add: bool,
    },
    Rename {
        object: u8,
    },
    Move {
        object: u8,
        place: u8,
    },
    Delete {
        object: u8,
    },
    Undelete {
        object: u8,
        place: u8,
    },
    DirSync {
        answers: u8,
        max_bytes: i64,
        ancestors: bool,
    },
    Poll,
    Listen,
    /// Time goes by: the controllers learn from each other.
    Replicate,
}

impl Change {
    /// Whether a controller may get to know of a deletion by it.
    pub(super) fn may_bring_deletions(&self, controllers: u32) -> bool {
        match self {
            Change::Delete { .. } => true,
            Change::Undelete { .. } | Change::Replicate => controllers > 1,
            _ => false,
        }
    }
}

pub(super) fn plans() -> impl Strategy<Value = Vec<Change>> {
    let n = 0u8..16;
    let change = prop_oneof![
        6 => (any::<bool>(), 0u8..3).prop_map(|(group, place)| Change::Add { group, place }),
        6 => (n.clone(), 0u8..3, 0u8..5).prop_map(|(object, attribute, value)| Change::Set { object, attribute, value }),
        2 => (n.clone(), 0u8..3).prop_map(|(object, attribute)| Change::Clear { object, attribute }),
        8 => (n.clone(), n.clone(), prop::bool::weighted(0.7)).prop_map(|(group, object, add)| Change::Member { group, object, add }),
        2 => n.clone().prop_map(|object| Change::Rename { object }),
        2 => (n.clone(), 0u8..3).prop_map(|(object, place)| Change::Move { object, place }),
        3 => n.clone().prop_map(|object| Change::Delete { object }),
        3 => (n, 0u8..3).prop_map(|(object, place)| Change::Undelete { object, place }),
        2 => (1u8..4, prop_oneof![Just(0i64), 1i64..2000], any::<bool>())
            .prop_map(|(answers, max_bytes, ancestors)| Change::DirSync { answers, max_bytes, ancestors }),
        2 => Just(Change::Poll),
        2 => Just(Change::Listen),
        2 => Just(Change::Replicate),
    ];
    prop::collection::vec(change, 1..100)
}

const ATTRIBUTES: [&str; 3] = ["mail", "description", "displayName"];

/// A world that changes over the wire.
pub(super) struct Estate {
    pub(super) world: Arc<World>,
    /// The controller whose replica is kept elsewhere: the last one.
    pub(super) watched: usize,
    /// One for each controller; they take turns.
    clients: Vec<Client>,
    turn: usize,
    /// GUIDs of what was added, deleted objects included, and whether it is a group.
    objects: Vec<(String, bool)>,
    names: usize,
}

impl Estate {
    pub(super) fn new(bin: bool, controllers: u32) -> Estate {
        let world = grown(controllers);
        if bin {
            world.controller_mut(0).enable_recycle_bin(world.clock.now());
        }
        let watched = world.controllers().len() - 1;
        let mut clients: Vec<Client> = (0..=watched).map(|controller| bound(&world, controller)).collect();
        (0..3).for_each(|place| drop(clients[0].add_ou(&format!("Place{place}"))));
        let estate = Estate { world, watched, clients, turn: 0, objects: Vec::new(), names: 0 };
        estate.replicate();
        estate
    }

    /// Lets the controllers learn all from each other: there and back.
    pub(super) fn replicate(&self) {
        for _ in 0..3 {
            self.world.advance(Duration::from_secs(60));
        }
    }

    /// The client of the controller whose turn it is.
    fn client(&mut self) -> &mut Client {
        let turn = self.turn % self.clients.len();
        &mut self.clients[turn]
    }

    fn fresh(&mut self) -> String {
        self.names += 1;
        format!("n{}", self.names)
    }

    fn pick(&self, number: u8) -> Option<(String, bool)> {
        let count = self.objects.len();
        (count > 0).then(|| self.objects[usize::from(number) % count].clone())
    }

    /// The name by which a request means an object, deleted or not.
    fn pick_dn(&self, number: u8) -> Option<String> {
        self.pick(number).map(|(guid, _)| format!("<GUID={guid}>"))
    }

    /// Carries a change out. What the directory refuses, such as a change of a deleted object, does not happen.
    pub(super) fn apply(&mut self, change: &Change) {
        self.turn += 1;
        match *change {
            Change::Replicate => self.replicate(),
            Change::Add { group, place } => self.add(group, place),
            Change::Set { object, attribute, value } => {
                let value = format!("value{value}@contoso.com");
                self.modify(object, LdapModifyType::Replace, attribute, &[&value]);
            }
            Change::Clear { object, attribute } => {
                self.modify(object, LdapModifyType::Delete, attribute, &[])
            }
            Change::Member { group, object, add } => {
                let (Some(group), Some(member)) = (self.pick_dn(group), self.pick_dn(object)) else { return };
                let kind = if add { LdapModifyType::Add } else { LdapModifyType::Delete };
                self.client().ask(modify(&group, &[(kind, "member", &[&member])]));
            }
            Change::Rename { object } => {
                let name = self.fresh();
                self.rename(object, &name, None);
            }
            Change::Move { object, place } => {
                let name = self.fresh();
                self.rename(object, &name, Some(place_dn(place)));
            }
            Change::Delete { object } => {
                let Some(dn) = self.pick_dn(object) else { return };
                self.client().ask(LdapOp::DelRequest(dn));
            }
            Change::Undelete { object, place } => {
                // a partner that learns of a deletion and its end at once keeps links that went with it: decision 0010
                if self.clients.len() > 1 {
                    self.replicate();
                }
                let (Some(dn), name) = (self.pick_dn(object), self.fresh()) else { return };
                let name = format!("CN={name},{}", place_dn(place));
                let steps: [(LdapModifyType, &str, &[&str]); 2] = [
                    (LdapModifyType::Delete, "isDeleted", &[]),
                    (LdapModifyType::Replace, "distinguishedName", &[&name]),
                ];
                let shown = control("1.2.840.113556.1.4.417", true, None);
                self.client().ask_with(modify(&dn, &steps), vec![shown]);
            }
            Change::DirSync { .. } | Change::Poll | Change::Listen => {}
        }
    }

    fn add(&mut self, group: bool, place: u8) {
        let name = self.fresh();
        let dn = format!("CN={name},{}", place_dn(place));
        let class = if group { "group" } else { "user" };
        let answer = self.client().add(&dn, &[("objectClass", &[class]), ("sAMAccountName", &[&name])]);
        assert_eq!(answer.code, 0, "{answer:?}");
        let directory = self.world.controller(self.turn % self.clients.len());
        let id = directory.resolve(&dn).expect("added");
        let guid = directory.entry(id).expect("an entry").guid().to_string();
        drop(directory);
        self.objects.push((guid, group));
    }

    fn modify(&mut self, object: u8, kind: LdapModifyType, attribute: u8, values: &[&str]) {
        let Some(dn) = self.pick_dn(object) else { return };
        self.client().ask(modify(&dn, &[(kind, ATTRIBUTES[usize::from(attribute)], values)]));
    }

    fn rename(&mut self, object: u8, name: &str, new_superior: Option<String>) {
        let Some(dn) = self.pick_dn(object) else { return };
        let newrdn = format!("CN={name}");
        self.client().ask(LdapOp::ModifyDNRequest(LdapModifyDNRequest {
            dn,
            newrdn,
            deleteoldrdn: true,
            new_superior,
        }));
    }
}

fn place_dn(place: u8) -> String {
    format!("OU=Place{place},{DOMAIN}")
}

/// A world with built-in objects only, and so many domain controllers.
fn grown(controllers: u32) -> Arc<World> {
    let nobody = PopulationSpec::NOBODY;
    let forest = ForestSpec {
        population: nobody,
        defects: DefectMix::none(),
        decoys: 0,
        controllers,
        ..ForestSpec::default()
    };
    let spec = EstateSpec { forests: vec![forest], ..EstateSpec::default() };
    Arc::new(World::generate(spec, 1).expect("a world without people"))
}

/// A client of its own, of one controller.
pub(super) fn bound(world: &Arc<World>, controller: usize) -> Client {
    let mut client = Client::new(world, true);
    client.session = Session::new(Arc::clone(world), controller, Port::Directory, true);
    assert_eq!(client.bind(ADMINISTRATOR, administrators_password(world)).code, 0);
    client
}
