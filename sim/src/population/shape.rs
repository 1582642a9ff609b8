//! What a directory's people and groups look like, measured: how many of what, how much spread.

use super::FIRST_OWN_RID;
use crate::clock::SimTime;
use crate::directory::{Directory, Entry, ObjectId, Value, attr};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

const ACCOUNT_DISABLED: i64 = 2;
const SECURITY_ENABLED: i64 = 0x8000_0000;
/// Deepest chain of managers or groups that is followed: beyond it they go in a circle.
const DEEPEST: usize = 64;
const FILETIME_DAY: i64 = 864_000_000_000;

/// How numbers are spread: the least, the one in the middle, those that nine of ten and ninety-nine of a hundred
/// do not exceed, and the most. All 0 when there are none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Spread {
    pub least: u64,
    pub median: u64,
    pub p90: u64,
    pub p99: u64,
    pub most: u64,
}

impl Spread {
    fn of(mut numbers: Vec<u64>) -> Spread {
        numbers.sort_unstable();
        let at =
            |percent: usize| numbers.get((numbers.len().max(1) - 1) * percent / 100).copied().unwrap_or(0);
        Spread { least: at(0), median: at(50), p90: at(90), p99: at(99), most: at(100) }
    }
}

/// What one domain's directory holds, as a reader of its attributes finds it: a person is an account with an
/// employeeID. Read from the directory, not from what it was grown from, so that it also describes one that an
/// LDIF file or defects have shaped.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Shape {
    /// Accounts with an employeeID.
    pub people: u64,
    /// Of them, by employeeType.
    pub types: BTreeMap<String, u64>,
    /// Of them, disabled: who left.
    pub leavers: u64,
    /// Of them, with an address.
    pub mailboxes: u64,
    /// Of them, with an account name that ends in a number because another has the name without.
    pub numbered: u64,
    /// Of them, with a mobile, a fax, a photo, a certificate.
    pub mobiles: u64,
    #[allow(missing_docs)]
    pub faxes: u64,
    #[allow(missing_docs)]
    pub photos: u64,
    #[allow(missing_docs)]
    pub certificates: u64,
    /// Of them, by country (`c`), department, preferredLanguage.
    pub countries: BTreeMap<String, u64>,
    #[allow(missing_docs)]
    pub departments: BTreeMap<String, u64>,
    #[allow(missing_docs)]
    pub languages: BTreeMap<String, u64>,
    /// Smtp addresses of a person with a mailbox.
    pub addresses: Spread,
    /// Octets of a photo and of a certificate.
    pub photo_octets: Spread,
    #[allow(missing_docs)]
    pub certificate_octets: Spread,
    /// Days since an enabled person's account was made, its password set, and its last logon.
    pub account_days: Spread,
    #[allow(missing_docs)]
    pub password_days: Spread,
    #[allow(missing_docs)]
    pub logon_days: Spread,
    /// People whom a manager leads directly.
    pub reports: Spread,
    /// Managers above a person, up to whoever has none.
    pub levels: Spread,
    /// Groups that are not the system's own, and of them: for security, with an address.
    pub groups: u64,
    #[allow(missing_docs)]
    pub security_groups: u64,
    #[allow(missing_docs)]
    pub mail_groups: u64,
    /// Groups that hold groups, and the longest chain of them.
    pub nesting_groups: u64,
    #[allow(missing_docs)]
    pub nesting_depth: u64,
    /// Direct members of a group.
    pub members: Spread,
    /// Groups that a person is a direct member of.
    pub memberships: Spread,
    /// Rooms and equipment, shared mailboxes, contacts, computers, accounts without employeeID and mailbox.
    pub rooms: u64,
    #[allow(missing_docs)]
    pub shared: u64,
    #[allow(missing_docs)]
    pub contacts: u64,
    #[allow(missing_docs)]
    pub computers: u64,
    #[allow(missing_docs)]
    pub other_accounts: u64,
    /// Organizational units, the system's own among them.
    pub units: u64,
}

/// Numbers that become spreads.
#[derive(Default)]
struct Found {
    addresses: Vec<u64>,
    photos: Vec<u64>,
    certificates: Vec<u64>,
    account_days: Vec<u64>,
    password_days: Vec<u64>,
    logon_days: Vec<u64>,
    memberships: Vec<u64>,
    managers: BTreeMap<ObjectId, Option<ObjectId>>,
    accounts: BTreeSet<String>,
    members: BTreeMap<ObjectId, Vec<ObjectId>>,
}

impl Shape {
    /// Measures what a directory holds at an instant.
    pub fn of(directory: &Directory, now: SimTime) -> Shape {
        let (mut shape, mut found) = (Shape::default(), Found::default());
        for entry in directory.ids().filter_map(|id| directory.entry(id)) {
            let system = entry.sid().and_then(|sid| sid.rid()).is_some_and(|rid| rid < FIRST_OWN_RID);
            if entry.is_deleted() || system {
                continue;
            }
            match directory.schema().class_name(entry.class()) {
                "user" | "inetOrgPerson" if entry.has(attr::EMPLOYEE_ID) => {
                    shape.count_person(&entry, now, &mut found);
                }
                "user" | "inetOrgPerson" => shape.count_account(&entry),
                "group" => shape.count_group(&entry, &mut found),
                "contact" => shape.contacts += 1,
                "computer" => shape.computers += 1,
                "organizationalUnit" => shape.units += 1,
                _ => {}
            }
        }
        shape.complete(found);
        shape
    }

    fn count_person(&mut self, entry: &Entry<'_>, now: SimTime, found: &mut Found) {
        self.people += 1;
        let mut count = |map: fn(&mut Shape) -> &mut BTreeMap<String, u64>, attribute| {
            let value = entry.text(attribute).unwrap_or_default().into_owned();
            *map(self).entry(value).or_default() += 1;
        };
        count(|shape| &mut shape.types, attr::EMPLOYEE_TYPE);
        count(|shape| &mut shape.countries, attr::C);
        count(|shape| &mut shape.departments, attr::DEPARTMENT);
        count(|shape| &mut shape.languages, attr::PREFERRED_LANGUAGE);
        let has = |attribute| u64::from(entry.has(attribute));
        self.mailboxes += has(attr::MAIL);
        self.mobiles += has(attr::MOBILE);
        self.faxes += has(attr::FACSIMILE);
        if entry.has(attr::MAIL) {
            let smtp = |value: &String| value.get(..5).is_some_and(|kind| kind.eq_ignore_ascii_case("smtp:"));
            found
                .addresses
                .push(entry.texts(attr::PROXY_ADDRESSES).iter().filter(|v| smtp(v)).count() as u64);
        }
        let octets = |attribute| {
            entry.values(attribute).filter_map(|value| match value {
                Value::Bytes(bytes) => Some(bytes.len() as u64),
                _ => None,
            })
        };
        found.photos.extend(octets(attr::THUMBNAIL_PHOTO));
        found.certificates.extend(octets(attr::USER_CERTIFICATE));
        self.photos += has(attr::THUMBNAIL_PHOTO);
        self.certificates += has(attr::USER_CERTIFICATE);
        found.memberships.push(entry.values(attr::MEMBER_OF).count() as u64);
        let manager = entry.values(attr::MANAGER).next().and_then(|value| match value {
            Value::Dn(manager) => Some(manager),
            _ => None,
        });
        found.managers.insert(entry.id(), manager);
        found.accounts.insert(entry.text(attr::SAM_ACCOUNT_NAME).unwrap_or_default().to_lowercase());
        if entry.int(attr::USER_ACCOUNT_CONTROL).unwrap_or(0) & ACCOUNT_DISABLED != 0 {
            self.leavers += 1;
            return;
        }
        let days = |then: i64| ((now.filetime() - then) / FILETIME_DAY).max(0) as u64;
        found.account_days.push(days(entry.when_created().filetime()));
        found.password_days.extend(entry.int(attr::PWD_LAST_SET).map(days));
        found.logon_days.extend(entry.int(attr::LAST_LOGON_TIMESTAMP).map(days));
    }

    /// An account that is no person's daily one.
    fn count_account(&mut self, entry: &Entry<'_>) {
        match entry.int(attr::MS_EXCH_RECIPIENT_TYPE_DETAILS) {
            Some(16 | 32) => self.rooms += 1,
            Some(4) => self.shared += 1,
            _ => self.other_accounts += 1,
        }
    }

    fn count_group(&mut self, entry: &Entry<'_>, found: &mut Found) {
        self.groups += 1;
        self.security_groups += u64::from(entry.int(attr::GROUP_TYPE).unwrap_or(0) & SECURITY_ENABLED != 0);
        self.mail_groups += u64::from(entry.has(attr::MAIL));
        let members = entry.values(attr::MEMBER).filter_map(|value| match value {
            Value::Dn(member) => Some(member),
            _ => None,
        });
        found.members.insert(entry.id(), members.collect());
    }

    fn complete(&mut self, found: Found) {
        let numbered = |name: &&String| {
            let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
            stem.len() < name.len() && found.accounts.contains(stem)
        };
        self.numbered = found.accounts.iter().filter(numbered).count() as u64;
        let level = |mut at: ObjectId| {
            let above = |at| found.managers.get(&at).copied().flatten();
            (0..DEEPEST as u64)
                .find(|_| above(at).inspect(|manager| at = *manager).is_none())
                .unwrap_or(DEEPEST as u64)
        };
        let led = |id: &ObjectId| found.managers[id].is_some();
        self.levels = Spread::of(found.managers.keys().filter(|id| led(id)).map(|id| level(*id)).collect());
        let mut reports: BTreeMap<ObjectId, u64> = BTreeMap::new();
        for manager in found.managers.values().flatten() {
            *reports.entry(*manager).or_default() += 1;
        }
        self.reports = Spread::of(reports.into_values().collect());
        self.nest(&found.members);
        self.members = Spread::of(found.members.values().map(|members| members.len() as u64).collect());
        self.addresses = Spread::of(found.addresses);
        self.photo_octets = Spread::of(found.photos);
        self.certificate_octets = Spread::of(found.certificates);
        self.account_days = Spread::of(found.account_days);
        self.password_days = Spread::of(found.password_days);
        self.logon_days = Spread::of(found.logon_days);
        self.memberships = Spread::of(found.memberships);
    }

    fn nest(&mut self, members: &BTreeMap<ObjectId, Vec<ObjectId>>) {
        let inner = |id: &ObjectId| -> Vec<ObjectId> {
            members[id].iter().filter(|member| members.contains_key(member)).copied().collect()
        };
        let holds: BTreeMap<ObjectId, Vec<ObjectId>> =
            members.keys().map(|id| (*id, inner(id))).filter(|(_, groups)| !groups.is_empty()).collect();
        self.nesting_groups = holds.len() as u64;
        // how deep each is, found by going on until nothing changes; a circle never ends and is cut off
        let mut depth: BTreeMap<ObjectId, u64> = BTreeMap::new();
        for _ in 0..DEEPEST {
            let mut changed = false;
            for (id, groups) in &holds {
                let below = groups.iter().map(|group| depth.get(group).copied().unwrap_or(0)).max();
                let own = below.map_or(0, |below| below + 1);
                changed |= depth.insert(*id, own) != Some(own);
            }
            if !changed {
                break;
            }
        }
        self.nesting_depth = depth.into_values().max().unwrap_or(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_names_the_numbers_at_their_places() {
        let check = |numbers: &[u64], expected: [u64; 5]| {
            let Spread { least, median, p90, p99, most } = Spread::of(numbers.to_vec());
            assert_eq!([least, median, p90, p99, most], expected, "{numbers:?}");
        };
        check(&[], [0; 5]);
        check(&[7], [7; 5]);
        check(&[3, 1, 2], [1, 2, 2, 2, 3]);
        check(&(0..=100).collect::<Vec<u64>>(), [0, 50, 90, 99, 100]);
    }
}
