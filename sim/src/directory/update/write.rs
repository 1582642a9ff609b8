//! Writing to the store: cells, stamps, links and indexes kept in step. No rule of Active Directory is known
//! here.

use super::Sheet;
use crate::clock::SimTime;
use crate::directory::store::{self, CellStamp, Cells, Dictionary, Record, put_cell, replace_cell, varint};
use crate::directory::{AttrId, ClassId, Directory, ObjectId, attr, keys};
use crate::ids::Guid;
use std::sync::Arc;

/// One originating write: its number and instant.
#[derive(Debug, Clone, Copy)]
pub(in crate::directory) struct Write {
    pub(in crate::directory) usn: u64,
    pub(in crate::directory) now: SimTime,
}

/// A new record's own parts.
pub(in crate::directory) struct NewRecord {
    pub(in crate::directory) parent: u32,
    pub(in crate::directory) context: u8,
    pub(in crate::directory) class: ClassId,
    pub(in crate::directory) guid: Guid,
    pub(in crate::directory) rid: u32,
    /// Packed values by attribute, the name among them; in any order.
    pub(in crate::directory) cells: NewCells,
}

/// Where a new record's packed values lie.
pub(in crate::directory) enum NewCells {
    Apart(Vec<(AttrId, Vec<Vec<u8>>)>),
    Sheet(Sheet),
}

impl Directory {
    /// Takes the next USN.
    pub(in crate::directory) fn begin(&mut self, now: SimTime) -> Write {
        self.latest = self.latest.max(now);
        Write { usn: self.store.next_usn(), now }
    }

    /// Makes an object.
    pub(in crate::directory) fn create(&mut self, write: Write, new: NewRecord) -> ObjectId {
        let mut bytes = std::mem::take(&mut self.store.scratch);
        bytes.clear();
        let mut put = |id: AttrId, values: &[&[u8]]| match self.interned(id, values) {
            Some(numbers) => put_cell(&mut bytes, id, CellStamp::default(), true, &numbers),
            None => put_cell(&mut bytes, id, CellStamp::default(), false, values),
        };
        match new.cells {
            NewCells::Sheet(mut sheet) => sheet.each_sorted(put),
            NewCells::Apart(mut cells) => {
                cells.sort_by_key(|(id, _)| *id);
                for (id, values) in cells.iter().filter(|(_, values)| !values.is_empty()) {
                    put(*id, &values.iter().map(Vec::as_slice).collect::<Vec<_>>());
                }
            }
        }
        let record = Record {
            guid: new.guid,
            usn_created: write.usn,
            usn_changed: write.usn,
            created: write.now.millis(),
            changed: write.now.millis(),
            parent: new.parent,
            rid: new.rid,
            class: new.class,
            origin: self.origin(),
            context: new.context,
            deleted: false,
            purged: false,
            cells: Arc::from(&bytes[..]),
            links: None,
            back_links: None,
            children: None,
        };
        self.store.scratch = bytes;
        let keys = self.keys_of(&record);
        let id = self.store.push(record);
        let mut keys = keys.into_iter();
        // the GUID first: the next one must differ from it
        if let Some(guid) = keys.next() {
            self.store.index.insert(guid, id);
        }
        keys.for_each(|key| self.store.index.insert_later(key, id));
        ObjectId(id)
    }

    pub(in crate::directory) fn intern(&mut self, id: AttrId, values: &[Vec<u8>]) -> Option<Vec<Vec<u8>>> {
        let values: Vec<&[u8]> =
            if Dictionary::wants(id) { values.iter().map(Vec::as_slice).collect() } else { return None };
        let numbers = self.interned(id, &values)?;
        Some(numbers.iter().map(|number| number.as_ref().to_vec()).collect())
    }

    fn interned(&mut self, id: AttrId, values: &[&[u8]]) -> Option<Vec<varint::Packed>> {
        if !Dictionary::wants(id) {
            return None;
        }
        let number = |value: &&[u8]| {
            let number = self.store.dictionary.intern(std::str::from_utf8(value).ok()?)?;
            Some(varint::packed(number))
        };
        values.iter().map(number).collect()
    }

    pub(in crate::directory) fn keys_of(&self, record: &Record) -> Vec<u64> {
        let mut keys = Vec::with_capacity(24);
        let schema = self.schema;
        let row = move |id| schema.attribute(id);
        keys::each(record, &self.info.sid, row, &self.store.dictionary, |key| keys.push(key));
        keys
    }

    /// Applies a change to a record and brings its index entries up to date.
    pub(in crate::directory) fn reindexed(&mut self, id: ObjectId, change: impl FnOnce(&mut Directory)) {
        let keys = |directory: &Directory| {
            let record = directory.store.get(id.0);
            let mut keys = record.map(|record| directory.keys_of(record)).unwrap_or_default();
            keys.sort_unstable();
            keys.dedup();
            keys
        };
        let before = keys(self);
        change(self);
        let after = keys(self);
        self.move_keys(id, &before, &after);
    }

    /// Replaces the values of attributes that are no links; index entries follow.
    pub(in crate::directory) fn put_values(
        &mut self,
        write: Write,
        id: ObjectId,
        changes: &[(AttrId, Vec<Vec<u8>>)],
    ) {
        if changes.is_empty() {
            return;
        }
        // a name is found below its parent, too, and a SID by itself
        if changes.iter().any(|(attribute, _)| matches!(*attribute, attr::NAME | attr::OBJECT_SID)) {
            return self.reindexed(id, |directory| {
                changes
                    .iter()
                    .for_each(|(attribute, values)| directory.put_cell(write, id, *attribute, values));
            });
        }
        for (attribute, values) in changes {
            let before = self.keys_of_cell(id, *attribute);
            self.put_cell(write, id, *attribute, values);
            let after = self.keys_of_cell(id, *attribute);
            self.move_keys(id, &before, &after);
        }
    }

    /// The keys of one attribute's values, ascending; none when it is not indexed.
    fn keys_of_cell(&self, id: ObjectId, attribute: AttrId) -> Vec<u64> {
        let row = self.schema.attribute(attribute);
        let cell = self.store.get(id.0).and_then(|record| record.cell(attribute));
        match cell {
            Some(cell) if keys::is_indexed(row) => keys::of_cell(row, &cell, &self.store.dictionary),
            _ => Vec::new(),
        }
    }

    /// Brings an object's index entries from some keys to others, both ascending.
    fn move_keys(&mut self, id: ObjectId, before: &[u64], after: &[u64]) {
        let gone = before.iter().filter(|key| after.binary_search(key).is_err());
        gone.for_each(|key| self.store.index.remove(*key, id.0));
        let come = after.iter().filter(|key| before.binary_search(key).is_err());
        come.for_each(|key| self.store.index.insert(*key, id.0));
    }

    /// Replaces one cell and its stamp; index entries are the caller's.
    pub(in crate::directory) fn put_cell(
        &mut self,
        write: Write,
        id: ObjectId,
        attribute: AttrId,
        values: &[Vec<u8>],
    ) {
        let interned = self.intern(attribute, values);
        let origin = self.origin();
        let decides = [attr::PRIMARY_GROUP_ID, attr::GROUP_TYPE, attr::SAM_ACCOUNT_NAME, attr::OBJECT_SID];
        if decides.contains(&attribute) {
            self.store.memberships_changed();
        }
        let Some(record) = self.store.get_mut(id.0) else { return };
        let old = record.cell(attribute).map(|cell| cell.stamp.version);
        let stamp = CellStamp {
            usn: write.usn.saturating_sub(record.usn_created),
            version: old.map_or(1, |version| version.saturating_add(1)),
            millis: write.now.millis() - record.created,
            origin: (origin != record.origin).then_some(origin),
        };
        let (interned, values) = match &interned {
            Some(numbers) => (true, numbers.as_slice()),
            None => (false, values),
        };
        record.cells = Arc::from(replace_cell(&record.cells, attribute, stamp, interned, values));
        if attribute == attr::NAME {
            self.store.name_changed(id.0);
        }
    }

    /// Replaces values that no stamp covers and that bump nothing: counters of this domain controller.
    pub(in crate::directory) fn put_local(&mut self, id: ObjectId, attribute: AttrId, values: &[Vec<u8>]) {
        let stamp = |record: &Record| record.cell(attribute).map_or(CellStamp::default(), |cell| cell.stamp);
        self.reindexed(id, |directory| {
            if let Some(record) = directory.store.get_mut(id.0) {
                let stamp = stamp(record);
                record.cells = Arc::from(replace_cell(&record.cells, attribute, stamp, false, values));
            }
        });
    }

    /// The packed values of an attribute that is no link, strings in full.
    pub(in crate::directory) fn packed_values(&self, id: ObjectId, attribute: AttrId) -> Vec<Vec<u8>> {
        let Some(record) = self.store.get(id.0) else { return Vec::new() };
        let stored = self.stored_as(record.class, attribute);
        let Some(cell) = Cells::of(&record.cells).cell_of(stored) else { return Vec::new() };
        let full = |mut value: &[u8]| match cell.interned {
            true => self.store.dictionary.get(varint::take(&mut value)).as_bytes().to_vec(),
            false => value.to_vec(),
        };
        cell.values().map(full).collect()
    }

    /// The naming attribute of a class is stored as `name`.
    pub(in crate::directory) fn stored_as(&self, class: ClassId, attribute: AttrId) -> AttrId {
        if self.schema.class(class).rdn == attribute { attr::NAME } else { attribute }
    }

    /// The present targets of a forward link.
    pub(in crate::directory) fn targets(&self, id: ObjectId, attribute: AttrId) -> Vec<ObjectId> {
        let Some(record) = self.store.get(id.0) else { return Vec::new() };
        let links = store::of_attribute(record.links(), attribute).iter();
        links.filter(|link| link.is_present()).map(|link| ObjectId(link.target)).collect()
    }

    /// Gives or takes a link value. False when nothing changed.
    pub(in crate::directory) fn put_link(
        &mut self,
        write: Write,
        source: ObjectId,
        attribute: AttrId,
        target: ObjectId,
        present: bool,
    ) -> bool {
        let stamp = (write.usn, write.now.millis(), self.origin());
        self.store.set_link(source.0, (attribute, target.0), present, stamp)
    }

    /// Notes the change of an object.
    pub(in crate::directory) fn touch(&mut self, write: Write, id: ObjectId) {
        self.store.touch(id.0, write.usn, write.now.millis());
    }

    /// The identifier of the next object under a name: the first in the series of that name that no object
    /// ever had. What garbage collection took is remembered, so the series of a name is used without gaps.
    pub(in crate::directory) fn fresh_guid(&self, dn: &str) -> Guid {
        let nth = |n: u64| self.seed.guid("object", dn, n);
        let used = |n: u64| self.guid_was_given(nth(n));
        if !used(0) {
            return nth(0);
        }
        let mut high = 1;
        while used(high) {
            high *= 2;
        }
        let mut low = high / 2;
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if used(middle) {
                low = middle;
            } else {
                high = middle;
            }
        }
        nth(high)
    }
}
