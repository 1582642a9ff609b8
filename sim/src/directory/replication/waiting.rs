//! What names objects that have not arrived yet: changes come from several sources, and from each in its order.

use super::{AttributeChange, Carried};
use crate::clock::SimTime;
use crate::directory::{Directory, ObjectId};
use crate::ids::Guid;
use std::sync::Arc;

/// Most values of a kind that wait for an object; more are forgotten, the oldest first.
pub(super) const WAITING_MOST: usize = 65_536;

impl Directory {
    /// Remembers the attributes that name objects which are not here.
    pub(super) fn await_references(&mut self, holder: Guid, taken: &[&AttributeChange]) {
        let missing = taken.iter().filter(|change| !self.resolves(change));
        let missing: Vec<_> = missing.map(|change| (holder, (*change).clone())).collect();
        if !missing.is_empty() {
            let waiting = Arc::make_mut(&mut self.waiting_references);
            waiting.extend(missing);
            let surplus = waiting.len().saturating_sub(WAITING_MOST);
            waiting.drain(..surplus);
        }
    }

    fn resolves(&self, change: &AttributeChange) -> bool {
        change.values.iter().all(|value| match value {
            Carried::Plain(_) => true,
            Carried::Reference(target, _) => self.even_purged_by_guid(*target).is_some(),
        })
    }

    /// Puts attributes in place whose objects have arrived, unless something newer is there.
    pub(super) fn complete_references(&mut self, now: SimTime) {
        if self.waiting_references.is_empty() {
            return;
        }
        let waiting = Arc::unwrap_or_clone(std::mem::take(&mut self.waiting_references));
        let (ready, missing) = waiting.into_iter().partition(|(_, change)| self.resolves(change));
        self.waiting_references = Arc::new(missing);
        let ready: Vec<(Guid, AttributeChange)> = ready;
        for (holder, change) in ready {
            if let Some(id) = self.by_guid(holder).filter(|id| self.still_holds(*id, &change)) {
                let write = self.begin(now);
                self.reindexed(id, |directory| directory.merge_cells(write, id, &[&change]));
                self.touch(write, id);
            }
        }
    }

    fn still_holds(&self, id: ObjectId, change: &AttributeChange) -> bool {
        let held = self.store.get(id.0).and_then(|record| self.stamp_held(record, change.attribute));
        held == Some(change.stamp)
    }
}
