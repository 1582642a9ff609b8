//! A population: an organisation that looks real, and is a pure function of the seed.
//!
//! [`populate`] fills a new directory with people in departments and offices of several countries, their
//! managers and groups, contacts of partners, rooms, computers and service accounts. What is drawn for object
//! *i* comes from its own streams; unique names, managers and memberships are a second pass in order of index.
//! So the result does not depend on the number of threads. A population is clean: [`crate::rules`] finds
//! nothing in it, as long as the forest's mail domain is routable and verified.

mod card;
mod draw;
mod groups;
mod layout;
mod naming;
mod others;
mod people;
mod person;
mod profile;
mod spec;
mod tables;

pub(crate) use draw::{Draw, Purpose};
pub(crate) use naming::Taken;
pub use profile::PopulationProfile;
pub use spec::PopulationSpec;

use crate::clock::SimTime;
use crate::directory::{Directory, ObjectId, attr};
use crate::seed::Seed;
use crate::spec::{ForestSpec, TenantSpec};
use card::Surroundings;
use groups::GroupMaker;
use layout::Layout;
use others::OtherMaker;
use people::Names;
use person::{PersonPurposes, Weights};

/// Relative ids below this one are the system's own.
const FIRST_OWN_RID: u32 = 1000;

/// Who was put into a directory, by kind, in order of index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Population {
    /// People with an account.
    pub people: Vec<ObjectId>,
    /// Groups, the built-in ones not among them.
    pub groups: Vec<ObjectId>,
    /// Contacts of partners.
    pub contacts: Vec<ObjectId>,
    /// Rooms and equipment: disabled accounts with a mailbox.
    pub rooms: Vec<ObjectId>,
    /// Shared mailboxes: disabled accounts that people of a department read together.
    pub shared: Vec<ObjectId>,
    /// Computers, the domain controller not among them.
    pub computers: Vec<ObjectId>,
    /// Service accounts.
    pub services: Vec<ObjectId>,
    /// Second accounts of administrators, without a mailbox.
    pub admins: Vec<ObjectId>,
}

impl Population {
    /// Whom a directory holds that was not grown here. Every account of class user counts as a person:
    /// nothing in it says that it is a room's or a service's.
    pub fn of(directory: &Directory) -> Population {
        let mut found = Population::default();
        for entry in directory.ids().filter_map(|id| directory.entry(id)) {
            let system = entry.sid().and_then(|sid| sid.rid()).is_some_and(|rid| rid < FIRST_OWN_RID);
            if entry.is_deleted() || system {
                continue;
            }
            let list = match directory.schema().class_name(entry.class()) {
                "user" | "inetOrgPerson" => &mut found.people,
                "group" => &mut found.groups,
                "contact" => &mut found.contacts,
                "computer" => &mut found.computers,
                _ => continue,
            };
            list.push(entry.id());
        }
        found
    }
}

/// The domains of the companies that contacts work for.
pub(crate) fn partner_domains() -> impl Iterator<Item = &'static str> {
    tables::tables().partners.iter().map(|partner| partner.domain)
}

/// Fills a directory; `threads` changes how fast, never what.
pub fn populate(
    directory: &mut Directory,
    forest: &ForestSpec,
    tenant: &TenantSpec,
    seed: Seed,
    now: SimTime,
    threads: usize,
) -> Population {
    let mut fill = || fill(directory, forest, tenant, seed, now);
    match rayon::ThreadPoolBuilder::new().num_threads(threads.max(1)).build() {
        Ok(pool) => pool.install(fill),
        // the system gives no threads: then as many as there are, which makes no other directory
        Err(_) => fill(),
    }
}

fn fill(
    directory: &mut Directory,
    forest: &ForestSpec,
    tenant: &TenantSpec,
    seed: Seed,
    now: SimTime,
) -> Population {
    let world = Surroundings::new(directory, forest, &tenant.display_name, now);
    let weights = Weights::of(&tenant.country);
    let mut names = Names::default();
    reserve_present_names(directory, &mut names);
    let founded = now.minus(std::time::Duration::from_secs(25 * 365 * 86_400));
    let mut layout = Layout::new(directory, founded);
    let size = &forest.population;
    let mut people = people::draw_people(size.users as usize, seed, &weights, now);
    people::appoint(&mut people);
    let leaders = people::managers(&people);
    let purposes = PersonPurposes::new(seed);
    let identities = people::identify(&people, directory, &mut layout, &mut names, &purposes);
    let ids = directory.load_many(|directory| {
        let ids = people::load_people(directory, &people, &identities, &world, seed);
        // what follows needs room of its own
        drop(identities);
        ids
    });
    people::link_managers(directory, &people, &ids, &leaders);
    let maker = GroupMaker { people: &people, ids: &ids, world: &world, seed };
    let groups = maker.load(directory, &layout, &mut names, size.groups as usize);
    let maker = OtherMaker { world: &world, weights: &weights, seed };
    Population {
        groups,
        contacts: maker.contacts(directory, &layout, &mut names, tenant, size.contacts as usize),
        rooms: maker.rooms(directory, &layout, &mut names, size.rooms as usize),
        computers: maker.computers(directory, &layout, &mut names, size.computers as usize),
        services: maker.services(directory, &layout, &mut names, size.services as usize),
        people: ids,
        ..Population::default()
    }
}

/// Account names of what the directory was born with, and the addresses of the forest's other domains.
fn reserve_present_names(directory: &Directory, names: &mut Names) {
    for entry in directory.partial_ids().filter_map(|id| directory.entry(id)) {
        let addresses = [attr::USER_PRINCIPAL_NAME, attr::MAIL, attr::PROXY_ADDRESSES];
        for address in addresses.into_iter().flat_map(|attribute| entry.texts(attribute)) {
            let address = address.split_once(':').map_or(address.as_str(), |(_, address)| address);
            if let Some((local, _)) = address.split_once('@') {
                names.locals.take(local);
            }
        }
    }
    for id in directory.ids() {
        if let Some(name) = directory.entry(id).and_then(|entry| entry.text(attr::SAM_ACCOUNT_NAME)) {
            names.accounts.take(&name);
        }
    }
}

#[cfg(test)]
mod tests;
