//! The organizational units.

use super::organisation::Organisation;
use super::person::{Kind, Person};
use crate::clock::SimTime;
use crate::directory::{Directory, NewObject, ObjectId, UpdateContext, attr};
use std::collections::BTreeMap;

/// Where everything lives.
pub(super) struct Layout {
    /// Units by the one above and the name, made when somebody belongs there.
    units: BTreeMap<(ObjectId, &'static str), ObjectId>,
    /// The units of people by department and office.
    sites: BTreeMap<(u8, u8), ObjectId>,
    pub(super) alumni: ObjectId,
    pub(super) external: ObjectId,
    pub(super) groups: ObjectId,
    pub(super) distribution: ObjectId,
    pub(super) contacts: ObjectId,
    pub(super) rooms: ObjectId,
    pub(super) shared: ObjectId,
    pub(super) workstations: ObjectId,
    pub(super) servers: ObjectId,
    pub(super) services: ObjectId,
    pub(super) admins: ObjectId,
    context: UpdateContext,
}

impl Layout {
    pub(super) fn new(directory: &mut Directory, now: SimTime) -> Layout {
        let context = UpdateContext::lenient(now);
        let root = directory.info().domain;
        let mut unit = |parent, name: &str, about: &str| make_unit(directory, &context, parent, name, about);
        let alumni = unit(root, "Alumni", "Accounts of people who left");
        let external = unit(root, "External", "Contractors");
        let groups = unit(root, "Groups", "Security groups");
        let distribution = unit(groups, "Distribution", "Distribution lists");
        let contacts = unit(root, "Contacts", "Contacts of partners");
        let rooms = unit(root, "Rooms", "Rooms and equipment");
        let shared = unit(root, "Shared Mailboxes", "Mailboxes that a team reads");
        let devices = unit(root, "Devices", "Computers");
        let workstations = unit(devices, "Workstations", "Workstations");
        let servers = unit(devices, "Servers", "Member servers");
        let services = unit(root, "Service Accounts", "Accounts that programs run under");
        let admins = unit(root, "Admin Accounts", "Second accounts of administrators");
        Layout {
            units: BTreeMap::new(),
            sites: BTreeMap::new(),
            alumni,
            external,
            groups,
            distribution,
            contacts,
            rooms,
            shared,
            workstations,
            servers,
            services,
            admins,
            context,
        }
    }

    /// The unit of a person, by the profile's path of units.
    pub(super) fn unit_of(
        &mut self,
        directory: &mut Directory,
        person: &Person,
        organisation: &Organisation,
    ) -> ObjectId {
        if let Some(unit) = self.sites.get(&(person.department, person.office)) {
            return *unit;
        }
        let mut parent = directory.info().domain;
        for part in organisation.habits.units.split('/') {
            let office = person.office(organisation);
            let department = person.department(organisation);
            let (name, about) = match part {
                "{department}" => (department.name, format!("Department {}", department.code)),
                "{office}" => (office.name, office.co.to_owned()),
                "{country}" => (office.co, format!("Country {}", office.c)),
                "{kind}" if person.kind == Kind::Pupil => ("Pupils", "Pupils by year".to_owned()),
                "{kind}" => ("Staff", "Staff by department".to_owned()),
                fixed => (fixed, "People".to_owned()),
            };
            let context = &self.context;
            parent = *self
                .units
                .entry((parent, name))
                .or_insert_with(|| make_unit(directory, context, parent, name, &about));
        }
        self.sites.insert((person.department, person.office), parent);
        parent
    }
}

fn make_unit(
    directory: &mut Directory,
    context: &UpdateContext,
    parent: ObjectId,
    name: &str,
    about: &str,
) -> ObjectId {
    directory.load(
        context,
        NewObject {
            parent,
            rdn: name.to_owned(),
            class: "organizationalUnit",
            attributes: vec![
                (attr::OU, vec![name.as_bytes().to_vec()]),
                (attr::DESCRIPTION, vec![about.as_bytes().to_vec()]),
            ],
            guid: None,
            rid: None,
        },
    )
}
