//! What cannot stand beside each other: two objects of one name, an object without a live parent.

use super::Precedence;
use crate::clock::SimTime;
use crate::directory::contexts;
use crate::directory::store::{CellStamp, Cells, put_cell, same_folded, varint};
use crate::directory::update::Write;
use crate::directory::{AttrId, Directory, ObjectId, attr, keys};

/// Longest name: `rangeUpper` of `name`.
const LONGEST_NAME: usize = 255;

impl Directory {
    /// Brings an object that was taken from another controller, and what lies below it, into a place where it
    /// can be.
    pub(super) fn settle(&mut self, id: ObjectId, astray: bool, now: SimTime) {
        if !self.may_originate(id) {
            return;
        }
        if self.is_deleted(id) {
            // a deleted object, unlike CN=Deleted Objects, in which they lie
            if self.has_last_parent(id) {
                let live = |child: &ObjectId| !self.is_deleted(*child);
                let stranded: Vec<ObjectId> = self.children(id).filter(live).collect();
                stranded.into_iter().for_each(|child| self.move_to_lost_and_found(child, now));
            }
            return;
        }
        let parent = self.entry(id).and_then(|entry| entry.parent());
        if astray || parent.is_none_or(|parent| self.is_deleted(parent)) {
            self.move_to_lost_and_found(id, now);
        } else {
            self.settle_name(id, now);
        }
    }

    fn move_to_lost_and_found(&mut self, id: ObjectId, now: SimTime) {
        let Some(context) = self.store.get(id.0).map(|record| record.context) else { return };
        let name = if context == contexts::CONFIGURATION { "LostAndFoundConfig" } else { "LostAndFound" };
        let head = self.contexts[usize::from(context)].head;
        let Some(place) = self.child_named(head, attr::CN, name) else { return };
        let old = self.store.get(id.0).map_or(0, |record| record.parent);
        let rdn = self.entry(id).map(|entry| entry.rdn_value().to_owned()).unwrap_or_default();
        let mut last_parent = Vec::new();
        varint::put(&mut last_parent, u64::from(old));
        let write = self.begin(now);
        self.reindexed(id, |directory| {
            directory.put_cell(write, id, attr::NAME, &[rdn.into_bytes()]);
            directory.put_cell(write, id, attr::LAST_KNOWN_PARENT, &[last_parent]);
            directory.store.move_below(id.0, place.0);
        });
        self.touch(write, id);
        self.settle_name(id, now);
    }

    /// Of two live objects with one name the one with the smaller stamp gets a name of its own.
    fn settle_name(&mut self, id: ObjectId, now: SimTime) {
        let Some(other) = self.namesake(id) else { return };
        let loser = if self.name_stamp(id) > self.name_stamp(other) { other } else { id };
        let Some(entry) = self.entry(loser) else { return };
        let mark = format!("\nCNF:{}", entry.guid());
        let short: String = entry.rdn_value().chars().take(LONGEST_NAME - mark.len()).collect();
        let write = self.begin(now);
        let name = format!("{short}{mark}").into_bytes();
        self.reindexed(loser, |directory| directory.put_cell(write, loser, attr::NAME, &[name]));
        self.touch(write, loser);
    }

    fn name_stamp(&self, id: ObjectId) -> Option<(Precedence, crate::ids::Guid)> {
        let record = self.store.get(id.0)?;
        let cell = record.cell(attr::NAME)?;
        Some((self.precedence(record, cell.stamp), record.guid))
    }

    /// Another live object with the same relative name below the same parent.
    fn namesake(&self, id: ObjectId) -> Option<ObjectId> {
        let entry = self.entry(id)?;
        let parent = entry.parent()?;
        let naming = self.schema.class(entry.class()).rdn;
        let posting = self.store.index.get(keys::child(parent, entry.rdn_value()));
        let mut ids = posting.iter().map(ObjectId);
        ids.find(|other| {
            *other != id
                && self.entry(*other).is_some_and(|other| {
                    other.parent() == Some(parent)
                        && !other.is_deleted()
                        && self.schema.class(other.class()).rdn == naming
                        && same_folded(other.rdn_value(), entry.rdn_value())
                })
        })
    }

    /// What a tombstone does not keep is gone whoever wrote it last; who wrote it and when stays.
    pub(super) fn strip_recycled(&mut self, write: Write, id: ObjectId) {
        if !self.is_deleted(id) || !self.is_recycled(id) {
            return;
        }
        let Some(record) = self.store.get(id.0) else { return };
        let lost: Vec<AttrId> = Cells::of(&record.cells)
            .filter(|cell| !cell.is_empty() && !self.is_kept_on_tombstone(cell.attribute))
            .map(|cell| cell.attribute)
            .collect();
        if lost.is_empty() {
            return;
        }
        self.reindexed(id, |directory| {
            let Some(record) = directory.store.get_mut(id.0) else { return };
            let mut out = Vec::with_capacity(record.cells.len());
            // who follows this controller's numbers learns that the values went; to its partners nothing is new
            let usn = write.usn.saturating_sub(record.usn_created);
            for cell in Cells::of(&record.cells) {
                let (stamp, values): (_, Vec<&[u8]>) = match lost.contains(&cell.attribute) {
                    true => (CellStamp { usn, ..cell.stamp }, Vec::new()),
                    false => (cell.stamp, cell.values().collect()),
                };
                put_cell(&mut out, cell.attribute, stamp, cell.interned, &values);
            }
            record.cells = out.into();
            directory.store.name_changed(id.0);
        });
    }
}
