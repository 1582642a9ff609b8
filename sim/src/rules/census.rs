//! What rules must know of the whole directory before they judge one object: gathered in a first pass over all
//! objects, in any order.

use super::circles::{Edge, on_circles};
use super::countries::Country;
use super::facts::Facts;
use super::gal::country_of;
use super::octets::digest;
use super::person::is_person;
use super::phone::{self, Number};
use super::sheet::{DEPARTMENT, LOCALITY, MASTER_ACCOUNT_SID, MEMBER, MOBILE, OBJECT_SID, STATE, Slot};
use super::spellings::{Spellings, Tally, Thing};
use super::{ATTRIBUTES, ObjectView};
use std::borrow::Cow;

/// So many people with one mobile number are too many: a number of a duty that two share is not.
const SHARED_BY: usize = 3;

/// The first pass.
#[derive(Debug, Clone, Default)]
pub(super) struct Census {
    /// A bit for each attribute that some object has.
    seen: u128,
    tally: Tally,
    /// Hash of each person's mobile number.
    mobiles: Vec<u64>,
    /// Hash of the security identifier of each group, and the group.
    groups: Vec<(u64, u32)>,
    /// Hash of each account that a linked mailbox belongs to.
    masters: Vec<u64>,
    /// Hash of the security identifier of each account.
    accounts: Vec<u64>,
    /// The groups, by their number.
    pub(super) all_groups: Vec<u32>,
    /// The forests or files that objects came from: the first, and whether there are others.
    forest: Option<u16>,
    several_forests: bool,
}

const _: () = assert!(ATTRIBUTES.len() <= u128::BITS as usize);

fn hash(text: &str) -> u64 {
    digest(text.as_bytes())
}

/// The hash of a mobile number, however it is written.
fn mobile_key(view: &ObjectView, country: Option<&Country>) -> Option<u64> {
    let value = view.slot(MOBILE).first()?;
    let number: Cow<'_, str> = match phone::judge(value, country) {
        Number::Good if !value.contains(' ') => Cow::Borrowed(value),
        Number::Good => Cow::Owned(value.replace(' ', "")),
        Number::Other(number) => Cow::Owned(number),
        Number::Unclear => return None,
    };
    Some(hash(&number))
}

impl Census {
    /// Counts one object that is not the system's own.
    pub(super) fn note(&mut self, object: u32, view: &ObjectView) {
        for slot in view.slots() {
            self.seen |= 1 << slot;
        }
        let person = is_person(view);
        if person || view.class == "contact" {
            let country = country_of(view);
            let code = country.map_or("", |country| country.alpha2);
            let first = |slot: Slot| view.slot(slot).first();
            if let Some(city) = first(LOCALITY) {
                self.tally.count(Thing::City, code, city);
            }
            if let Some(state) = first(STATE) {
                self.tally.count(Thing::State, code, state);
            }
            if let Some(department) = first(DEPARTMENT).filter(|_| person) {
                self.tally.count(Thing::Department, "", department);
            }
            self.mobiles.extend(mobile_key(view, country).filter(|_| person));
        }
        let group = view.class == "group";
        if group {
            self.all_groups.push(object);
        }
        if let Some(sid) = view.slot(OBJECT_SID).first() {
            match group {
                true => self.groups.push((hash(sid), object)),
                false => self.accounts.push(hash(sid)),
            }
        }
        self.masters.extend(view.slot(MASTER_ACCOUNT_SID).first().map(|sid| hash(sid)));
        self.several_forests |= self.forest.is_some_and(|forest| forest != view.forest);
        self.forest = Some(view.forest);
    }

    /// Adds what was noted of other objects.
    pub(super) fn merge(&mut self, mut other: Census) {
        self.seen |= other.seen;
        self.tally.merge(other.tally);
        self.mobiles.append(&mut other.mobiles);
        self.groups.append(&mut other.groups);
        self.masters.append(&mut other.masters);
        self.accounts.append(&mut other.accounts);
        self.all_groups.append(&mut other.all_groups);
        let differ = self.forest.zip(other.forest).is_some_and(|(one, other)| one != other);
        self.several_forests |= other.several_forests || differ;
        self.forest = self.forest.or(other.forest);
    }

    /// Ends the first pass. `edges` are the groups in groups.
    pub(super) fn settle(mut self, edges: Vec<Edge>) -> Settled {
        self.mobiles.sort_unstable();
        let runs = self.mobiles.chunk_by(|a, b| a == b).filter(|run| run.len() >= SHARED_BY);
        let shared_mobiles = runs.map(|run| (run[0], run.len())).collect();
        self.groups.sort_unstable();
        self.masters.sort_unstable();
        self.masters.dedup();
        let masters = self.masters;
        self.accounts.retain(|account| masters.binary_search(account).is_ok());
        self.accounts.sort_unstable();
        Settled {
            seen: self.seen,
            spellings: self.tally.verdicts(),
            shared_mobiles,
            groups: self.groups,
            masters: self.accounts,
            circles: on_circles(edges),
            several_forests: self.several_forests,
        }
    }
}

/// What the first pass found.
#[derive(Debug, Clone, Default)]
pub(super) struct Settled {
    seen: u128,
    /// The spellings that should be others.
    pub(super) spellings: Spellings,
    /// Hash and number of holders of each mobile number that many have, sorted.
    shared_mobiles: Vec<(u64, usize)>,
    groups: Vec<(u64, u32)>,
    /// Accounts that linked mailboxes belong to and that are there.
    masters: Vec<u64>,
    /// Groups in groups, where that comes back to where it began.
    circles: Vec<Edge>,
    pub(super) several_forests: bool,
}

impl Settled {
    /// Some object has this attribute: where none has, it was not read, and nobody lacks it.
    pub(super) fn has_seen(&self, slot: Slot) -> bool {
        self.seen & (1 << slot) != 0
    }

    /// How many people have this one's mobile number, if they are many.
    pub(super) fn mobile_holders(&self, view: &ObjectView) -> Option<usize> {
        if self.shared_mobiles.is_empty() {
            return None;
        }
        let key = mobile_key(view, country_of(view))?;
        let place = self.shared_mobiles.binary_search_by_key(&key, |(hash, _)| *hash).ok()?;
        Some(self.shared_mobiles[place].1)
    }

    /// The group with this security identifier.
    pub(super) fn group_of_sid(&self, sid: &str) -> Option<u32> {
        let place = self.groups.binary_search_by_key(&hash(sid), |(hash, _)| *hash).ok()?;
        Some(self.groups[place].1)
    }

    /// The account of this security identifier, which a linked mailbox belongs to, is there.
    pub(super) fn has_master(&self, sid: &str) -> bool {
        self.masters.binary_search(&hash(sid)).is_ok()
    }

    /// The members of this group through which it is a member of itself, ascending.
    pub(super) fn circle_of(&self, group: u32) -> &[Edge] {
        let (start, end) = (
            self.circles.partition_point(|(from, _)| *from < group),
            self.circles.partition_point(|(from, _)| *from <= group),
        );
        &self.circles[start..end]
    }
}

/// The groups that are members of a group.
pub(super) fn nested(object: u32, view: &ObjectView, facts: &Facts) -> impl Iterator<Item = Edge> {
    view.slot(MEMBER).iter().filter_map(|dn| facts.group_of_dn(dn)).map(move |member| (object, member.object))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn census(forests: &[u16]) -> Census {
        let mut census = Census::default();
        forests.iter().for_each(|forest| census.note(0, &ObjectView::new("CN=a", "user").in_forest(*forest)));
        census
    }

    #[test]
    fn several_forests_are_noticed_within_a_share_and_between_two() {
        for (one, other, several) in [
            (&[][..], &[][..], false),
            (&[0], &[], false),
            (&[], &[1], false),
            (&[1], &[1, 1], false),
            (&[0], &[1], true),
            (&[1], &[0], true),
            (&[0, 1], &[], true),
            (&[0], &[0, 1], true),
        ] {
            let mut merged = census(one);
            merged.merge(census(other));
            assert_eq!(merged.settle(Vec::new()).several_forests, several, "{one:?} {other:?}");
        }
    }

    #[test]
    fn what_contacts_write_counts_and_what_groups_write_does_not() {
        let counted = |class: &str| {
            let mut census = Census::default();
            let view = ObjectView::new("CN=a", class).with("c", vec!["NL".to_owned()]);
            census.note(0, &view.with("l", vec!["Utrecht".to_owned()]));
            format!("{:?}", census.tally).contains("Utrecht")
        };
        assert!(counted("contact"));
        assert!(!counted("group"));
    }
}
