//! A population: an organisation that looks real, and is a pure function of the seed.
//!
//! [`populate`] fills a new directory with people in departments and offices of several countries, their
//! managers and groups, contacts of partners, rooms, shared mailboxes, computers, accounts of services and
//! administrators. Which departments, where, how many of what and under which names, a [`PopulationProfile`] says;
//! [`Shape`] measures what came of it.
//! What is drawn for object *i* comes from its own streams; unique names, managers and memberships are a second pass in order of index.
//! So the result does not depend on the number of threads. A population is clean: [`crate::rules`] finds
//! nothing in it, as long as the forest's mail domain is routable and verified.

mod card;
mod certificate;
mod draw;
mod groups;
mod hierarchy;
mod layout;
mod naming;
mod organisation;
mod others;
mod people;
mod person;
mod photo;
mod profile;
mod shape;
mod spec;
mod tables;
mod template;

pub(crate) use certificate::{Holder, certificate};
pub(crate) use draw::{Draw, Purpose};
pub(crate) use naming::Taken;
pub use profile::PopulationProfile;
pub use shape::{Shape, Spread};
pub use spec::PopulationSpec;

use crate::clock::SimTime;
use crate::directory::{Directory, ObjectId, attr};
use crate::seed::Seed;
use crate::spec::{ForestSpec, TenantSpec};
use card::Surroundings;
use groups::GroupMaker;
use layout::Layout;
use organisation::Organisation;
use others::OtherMaker;
use people::{Makers, Names};
use person::{PersonPurposes, Twin};

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

/// Which of an estate's domains is filled, and what the others have to do with it.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The forest, counted from 0 over the estate.
    pub forest: usize,
    /// The domain, counted from 0 over the forest.
    pub domain: usize,
    /// What the estate is grown from.
    pub estate: Seed,
    /// The first forest's root domain, some of whose people may have an account in further forests too: its
    /// population is drawn from the estate's own seed.
    pub first: Option<&'a PopulationSpec>,
}

impl Place<'_> {
    /// The only domain of an estate.
    pub fn only(estate: Seed) -> Place<'static> {
        Place { forest: 0, domain: 0, estate, first: None }
    }
}

/// Fills a directory that is the only one of its estate; `threads` changes how fast, never what.
pub fn populate(
    directory: &mut Directory,
    forest: &ForestSpec,
    tenant: &TenantSpec,
    seed: Seed,
    now: SimTime,
    threads: usize,
) -> Population {
    populate_at(Place::only(seed), directory, forest, tenant, seed, (now, threads))
}

/// Fills one of the directories of an estate.
pub(crate) fn populate_at(
    place: Place<'_>,
    directory: &mut Directory,
    forest: &ForestSpec,
    tenant: &TenantSpec,
    seed: Seed,
    (now, threads): (SimTime, usize),
) -> Population {
    let mut fill = || fill(place, directory, forest, tenant, seed, now);
    match rayon::ThreadPoolBuilder::new().num_threads(threads.max(1)).build() {
        Ok(pool) => pool.install(fill),
        // the system gives no threads: then as many as there are, which makes no other directory
        Err(_) => fill(),
    }
}

fn fill(
    place: Place<'_>,
    directory: &mut Directory,
    forest: &ForestSpec,
    tenant: &TenantSpec,
    seed: Seed,
    now: SimTime,
) -> Population {
    let size = &forest.population;
    let at = (place.forest, place.domain);
    let organisation = Organisation::new(size.profile, at, &tenant.country, place.estate);
    let first = place.first.filter(|first| place.forest > 0 && first.profile == size.profile);
    let of_first = first.map(|first| Organisation::new(first.profile, (0, 0), &tenant.country, place.estate));
    let world = Surroundings::new(directory, forest, &organisation, &tenant.display_name, now);
    let makers = Makers {
        world: &world,
        purposes: PersonPurposes::new(seed),
        seed,
        twin: of_first.as_ref().zip(first).map(|(organisation, first)| Twin {
            purposes: PersonPurposes::new(place.estate),
            organisation,
            count: first.users as usize,
        }),
    };
    let mut names = Names::default();
    reserve_present_names(directory, &mut names);
    let founded = now.minus(std::time::Duration::from_secs(25 * 365 * 86_400));
    let mut layout = Layout::new(directory, founded);
    let mut people = people::draw_people(size.users as usize, &makers);
    let leaders = hierarchy::appoint(&mut people, &organisation);
    let identities = people::identify(&people, directory, &mut layout, &mut names, &makers);
    let ids = directory.load_many(|directory| {
        let ids = people::load_people(directory, &people, &identities, &makers);
        // what follows needs room of its own
        drop(identities);
        ids
    });
    people::link_managers(directory, &people, &ids, &leaders);
    let maker = OtherMaker { world: &world, seed };
    let contacts = maker.contacts(directory, &layout, &mut names, tenant, size.contacts as usize);
    let rooms = maker.rooms(directory, &layout, &mut names, size.rooms as usize);
    let shared = maker.shared(directory, &layout, &mut names, size.shared as usize);
    let computers = maker.computers(directory, &layout, &mut names, size.computers as usize);
    let services = maker.services(directory, &layout, &mut names, size.services as usize);
    let admins = maker.admins(directory, &layout, &mut names, (&people, &ids), size.admins as usize);
    let maker = GroupMaker {
        people: &people,
        ids: &ids,
        leaders: &leaders,
        admins: &admins,
        contacts: &contacts,
        world: &world,
        seed,
    };
    let groups = maker.load(directory, &layout, &mut names, size.groups as usize);
    Population { people: ids, groups, contacts, rooms, shared, computers, services, admins }
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
