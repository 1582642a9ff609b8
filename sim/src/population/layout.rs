//! The organizational units.

use super::tables::tables;
use crate::clock::SimTime;
use crate::directory::{Directory, NewObject, ObjectId, UpdateContext, attr};

/// Where everything lives.
pub(super) struct Layout {
    /// A unit for each department, below OU=People.
    pub(super) departments: Vec<ObjectId>,
    /// A unit for each department and office, made when somebody works there.
    sites: Vec<Option<ObjectId>>,
    pub(super) alumni: ObjectId,
    pub(super) groups: ObjectId,
    pub(super) distribution: ObjectId,
    pub(super) contacts: ObjectId,
    pub(super) rooms: ObjectId,
    pub(super) workstations: ObjectId,
    pub(super) servers: ObjectId,
    pub(super) services: ObjectId,
    context: UpdateContext,
}

impl Layout {
    pub(super) fn new(directory: &mut Directory, now: SimTime) -> Layout {
        let context = UpdateContext::lenient(now);
        let root = directory.info().domain;
        let mut unit = |parent, name: &str, about: &str| make_unit(directory, &context, parent, name, about);
        let people = unit(root, "People", "People by department and office");
        let departments =
            tables().departments.iter().map(|d| unit(people, d.name, &format!("Department {}", d.code)));
        let departments: Vec<ObjectId> = departments.collect();
        let alumni = unit(root, "Alumni", "Accounts of people who left");
        let groups = unit(root, "Groups", "Security groups");
        let distribution = unit(groups, "Distribution", "Distribution lists");
        let contacts = unit(root, "Contacts", "Contacts of partners");
        let rooms = unit(root, "Rooms", "Rooms and equipment");
        let devices = unit(root, "Devices", "Computers");
        let workstations = unit(devices, "Workstations", "Workstations");
        let servers = unit(devices, "Servers", "Member servers");
        let services = unit(root, "Service Accounts", "Accounts that programs run under");
        let sites = vec![None; tables().departments.len() * tables().offices.len()];
        Layout {
            departments,
            sites,
            alumni,
            groups,
            distribution,
            contacts,
            rooms,
            workstations,
            servers,
            services,
            context,
        }
    }

    /// The unit of an office within a department.
    pub(super) fn site(&mut self, directory: &mut Directory, department: u8, office: u8) -> ObjectId {
        let index = usize::from(department) * tables().offices.len() + usize::from(office);
        if let Some(unit) = self.sites[index] {
            return unit;
        }
        let parent = self.departments[usize::from(department)];
        let office = &tables().offices[usize::from(office)];
        let unit = make_unit(directory, &self.context, parent, office.name, office.co);
        self.sites[index] = Some(unit);
        unit
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
