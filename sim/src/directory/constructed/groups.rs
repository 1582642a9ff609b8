//! Memberships, followed through groups.

use crate::directory::{AttrId, Entry, ObjectId, Value, attr};
use std::collections::BTreeSet;

/// `groupType` of groups whose members count in their own domain only.
const DOMAIN_LOCAL: i64 = 4;

impl Entry<'_> {
    /// Every object that following a link from this one, once or more, leads to; this one only when a cycle
    /// leads back to it. Ascending.
    pub(in crate::directory) fn reached_by(&self, link: AttrId) -> BTreeSet<ObjectId> {
        let (mut found, mut todo) = (BTreeSet::new(), vec![self.id]);
        while let Some(entry) = todo.pop().and_then(|id| self.directory.entry(id)) {
            for value in entry.values(link) {
                if let Value::Dn(id) = value
                    && found.insert(id)
                {
                    todo.push(id);
                }
            }
        }
        found
    }

    /// The SIDs of the security groups of an account; `everywhere` leaves out those of domain local scope.
    pub(super) fn group_sids(&self, everywhere: bool) -> Vec<Vec<u8>> {
        let groups = self.security_groups();
        let groups = groups.iter().filter_map(|id| self.directory.entry(*id)).filter(|group| {
            !everywhere || group.int(attr::GROUP_TYPE).is_some_and(|kind| kind & DOMAIN_LOCAL == 0)
        });
        groups.filter_map(|group| Some(group.sid()?.to_bytes())).collect()
    }
}
