//! What a maker may have to know of everybody: who left, who leads, which objects are groups, how a department
//! or city is written.

use crate::directory::{Directory, Entry, ObjectId, Value, attr};
use crate::ids::Guid;
use crate::population::Population;
use std::collections::{BTreeMap, BTreeSet};

/// One more than the first provisioning endpoint of Entra Connect takes as members of a group.
const MEMBERS_MAX: usize = 50_001;
/// Leavers that others may still point to.
const LEAVERS: usize = 32;

/// What one domain's people and groups have in common.
#[derive(Debug, Clone, Default)]
pub(super) struct Crowd {
    /// Everybody, or so many that no group may hold them all.
    pub(super) people: Vec<Guid>,
    /// Contacts and the mailboxes of rooms and teams, who may be members too.
    pub(super) others: Vec<Guid>,
    /// People whose accounts are disabled.
    pub(super) leavers: Vec<Guid>,
    /// People whom somebody reports to, and owners of groups.
    pub(super) leaders: BTreeSet<Guid>,
    pub(super) groups: BTreeSet<Guid>,
    /// How many people share a department, a city or a state as it is written.
    spellings: BTreeMap<String, u32>,
}

impl Crowd {
    pub(super) fn of(directory: &Directory, population: &Population) -> Crowd {
        let mut crowd = Crowd::default();
        let target = |entry: &Entry<'_>, link| match entry.values(link).next() {
            Some(Value::Dn(id)) => directory.entry(id).map(|entry| entry.guid()),
            _ => None,
        };
        let entry = |id: &ObjectId| directory.entry(*id);
        for person in population.people.iter().filter_map(entry) {
            if crowd.people.len() < MEMBERS_MAX {
                crowd.people.push(person.guid());
            }
            let disabled = person.int(attr::USER_ACCOUNT_CONTROL).is_some_and(|flags| flags & 2 != 0);
            if disabled && crowd.leavers.len() < LEAVERS {
                crowd.leavers.push(person.guid());
            }
            crowd.leaders.extend(target(&person, attr::MANAGER));
            let country = person.text(attr::C).unwrap_or_default();
            let departments = [("department", attr::DEPARTMENT), ("l", attr::L), ("st", attr::ST)];
            for (name, attribute) in departments {
                if let Some(text) = person.text(attribute) {
                    *crowd.spellings.entry(spelling(name, &country, &text)).or_default() += 1;
                }
            }
        }
        let others = population.contacts.iter().chain(&population.rooms).chain(&population.shared);
        crowd.others = others.filter_map(entry).map(|other| other.guid()).collect();
        for group in population.groups.iter().filter_map(entry) {
            crowd.groups.insert(group.guid());
            crowd.leaders.extend(target(&group, attr::MANAGED_BY));
        }
        crowd
    }

    /// How many people write this attribute so.
    pub(super) fn writers(&self, attribute: &str, country: &str, text: &str) -> u32 {
        self.spellings.get(&spelling(attribute, country, text)).copied().unwrap_or(0)
    }
}

fn spelling(attribute: &str, country: &str, text: &str) -> String {
    format!("{attribute}/{country}/{text}")
}
