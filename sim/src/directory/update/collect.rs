//! Lifetimes of deleted objects by the virtual clock: recycling and garbage collection (MS-ADTS 3.1.1.5.5).

use crate::clock::SimTime;
use crate::directory::store::{Cells, put_cell};
use crate::directory::{Directory, ObjectId, attr, keys};
use std::time::Duration;

/// Lifetime where `tombstoneLifetime` has no value, in days.
const DEFAULT_DAYS: i64 = 60;
/// The shortest lifetime, in days: a smaller value counts as this.
const SHORTEST_DAYS: i64 = 2;
/// How often a domain controller looks for what is due (`garbageCollPeriod` of 12 hours).
const PERIOD: Duration = Duration::from_secs(12 * 3600);
const DAY: u64 = 86_400;

impl Directory {
    /// Whether [`Directory::run_due`] has something to look for.
    pub fn is_due(&self, now: SimTime) -> bool {
        now >= self.next_sweep || self.schema_refresh.is_some_and(|at| now >= at)
    }

    /// Does what falls due: deleted objects whose lifetime in the recycle bin is over are recycled, tombstones
    /// and recycled objects whose lifetime is over vanish, and a schema that was changed is read again. Cheap when nothing is due.
    pub fn run_due(&mut self, now: SimTime) {
        if self.schema_refresh.is_some_and(|at| now >= at) && self.refresh_schema().is_err() {
            self.schema_refresh = None;
        }
        if now < self.next_sweep {
            return;
        }
        let (kept, binned) = self.deleted_lifetimes();
        let bin = self.recycle_bin_enabled();
        let mut next = now.plus(PERIOD);
        let posting: Vec<u32> = self.store.index.get(keys::deleted()).iter().collect();
        for id in posting.into_iter().map(ObjectId) {
            let Some(due) = self.falls_due(id, kept, binned) else { continue };
            if due > now {
                next = next.min(due);
            } else if !bin || self.entry(id).is_some_and(|entry| entry.is_recycled()) {
                self.purge(id);
            } else {
                let write = self.begin(now);
                self.recycle(write, id);
                next = next.min(now.plus(kept));
            }
        }
        self.next_sweep = next;
    }

    /// When a deleted object's present state ends; none for CN=Deleted Objects.
    fn falls_due(&self, id: ObjectId, kept: Duration, binned: Duration) -> Option<SimTime> {
        if !self.has_last_parent(id) {
            return None;
        }
        let entry = self.entry(id)?;
        let (since, lasts) = match entry.is_recycled() {
            true => (attr::IS_RECYCLED, kept),
            false => (attr::IS_DELETED, binned),
        };
        Some(entry.stamp(since)?.time.plus(lasts))
    }

    /// How long tombstones and recycled objects are kept, and how long objects stay in the recycle bin.
    fn deleted_lifetimes(&self) -> (Duration, Duration) {
        let settings =
            format!("CN=Directory Service,CN=Windows NT,CN=Services,{}", self.info.configuration_dn);
        let settings = self.resolve(&settings).ok().and_then(|id| self.entry(id));
        let days = |attribute| settings.and_then(|entry| entry.int(attribute));
        let lasts = |days: i64| Duration::from_secs(days.max(SHORTEST_DAYS).unsigned_abs() * DAY);
        let kept = days(attr::TOMBSTONE_LIFETIME).unwrap_or(DEFAULT_DAYS);
        // unset it is the lifetime of tombstones
        let binned = days(attr::DELETED_OBJECT_LIFETIME).unwrap_or(kept);
        (lasts(kept), lasts(binned))
    }

    /// Takes an object out of the database. Its identifier is never given again.
    fn purge(&mut self, id: ObjectId) {
        let Some(record) = self.store.get(id.0) else { return };
        let guid = keys::guid(record.guid);
        let keys = self.keys_of(record);
        let mut name = Vec::new();
        if let Some(cell) = record.cell(attr::NAME) {
            let values: Vec<&[u8]> = cell.values().collect();
            put_cell(&mut name, attr::NAME, cell.stamp, cell.interned, &values);
        }
        debug_assert_eq!(Cells::of(&name).count(), 1);
        keys.into_iter().filter(|key| *key != guid).for_each(|key| self.store.index.remove(key, id.0));
        self.store.purge(id.0, name.into());
    }
}
