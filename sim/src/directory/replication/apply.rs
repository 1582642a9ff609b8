//! What a destination makes of what it is told.

use super::{AttributeChange, Carried, ObjectChange, Precedence};
use crate::clock::SimTime;
use crate::directory::contexts::{self, ContextKind};
use crate::directory::store::{CellStamp, Cells, NO_PARENT, Record, put_cell, varint};
use crate::directory::update::Write;
use crate::directory::{AttrId, Directory, ObjectId, attr, keys};
use crate::ids::Guid;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

impl Directory {
    /// Takes what a source told, at an instant: objects that are new here, then attributes and places, then link
    /// values. What is already known, or beaten by a change here, is left. Links to objects that have not arrived
    /// yet wait for them.
    pub fn apply(&mut self, changes: Vec<ObjectChange>, now: SimTime) {
        let by_guid: BTreeMap<Guid, usize> =
            changes.iter().enumerate().map(|(at, change)| (change.guid, at)).collect();
        changes.iter().for_each(|change| self.adopt_schema(change.schema));
        let mut new = BTreeSet::new();
        for at in 0..changes.len() {
            self.receive(&changes, &by_guid, at, now, &mut new);
        }
        let mut placed = Vec::new();
        for change in &changes {
            if let Some(id) = self.by_guid(change.guid) {
                let is_new = new.contains(&id);
                if self.take_attributes(id, change, is_new, now) {
                    placed.push((id, change.parent));
                }
            }
        }
        self.place(placed, now);
        self.complete_references(now);
        let links: Vec<_> = changes.into_iter().flat_map(|change| change.links).collect();
        self.take_links(links, now);
        self.note_class_objects();
    }

    /// Makes the record of an object that is not known here, those above it first.
    fn receive(
        &mut self,
        changes: &[ObjectChange],
        by_guid: &BTreeMap<Guid, usize>,
        first: usize,
        now: SimTime,
        new: &mut BTreeSet<ObjectId>,
    ) {
        let (mut waiting, mut next) = (Vec::new(), Some(first));
        while let Some(at) = next {
            let change = &changes[at];
            if self.is_known(change.guid) || waiting.contains(&at) {
                break;
            }
            waiting.push(at);
            next = change.parent.and_then(|parent| by_guid.get(&parent).copied());
        }
        for at in waiting.into_iter().rev() {
            let id = self.make_replica(&changes[at], now);
            new.insert(id);
        }
    }

    /// Whether an object is or was here: garbage collection takes an object everywhere at its own time.
    fn is_known(&self, guid: Guid) -> bool {
        let posting = self.store.index.get(keys::guid(guid));
        posting.iter().any(|id| self.store.even_purged(id).is_some_and(|record| record.guid == guid))
    }

    fn make_replica(&mut self, change: &ObjectChange, now: SimTime) -> ObjectId {
        let write = self.begin(now);
        let origin = self.number_of(change.origin);
        let parent = match change.is_head {
            true => None,
            false => change.parent.and_then(|parent| self.by_guid(parent)),
        };
        let head = self.contexts[usize::from(change.context)].head;
        let parent = match (change.is_head, parent) {
            (true, _) => NO_PARENT,
            (false, parent) => parent.unwrap_or(head).0,
        };
        let own_domain = change.context == contexts::DOMAIN;
        let mut cells = Vec::new();
        let name = change.attributes.iter().find(|part| part.attribute == attr::NAME);
        let name = name.map(|part| self.packed(part)).unwrap_or_default();
        put_cell(&mut cells, attr::NAME, CellStamp::default(), false, &name);
        if let (false, true, Some(domain)) =
            (own_domain, change.rid != 0, &self.contexts[usize::from(change.context)].sid)
        {
            let sid = domain.with_rid(change.rid).to_bytes();
            put_sorted(&mut cells, attr::OBJECT_SID, sid);
        }
        let record = Record {
            guid: change.guid,
            usn_created: write.usn,
            usn_changed: write.usn,
            created: change.created,
            changed: now.millis(),
            parent,
            rid: if own_domain { change.rid } else { 0 },
            class: change.class,
            origin,
            context: change.context,
            deleted: change.deleted,
            purged: false,
            cells: cells.into(),
            links: None,
            back_links: None,
            children: None,
        };
        let keys = self.keys_of(&record);
        let id = self.store.push(record);
        keys.into_iter().for_each(|key| self.store.index.insert(key, id));
        if change.is_head {
            self.set_head(change.context, ObjectId(id));
        }
        ObjectId(id)
    }

    /// The number of a database instance, for stamps.
    pub(in crate::directory) fn number_of(&mut self, origin: Guid) -> u16 {
        if let Some(at) = self.invocations.iter().position(|known| *known == origin) {
            return at as u16;
        }
        let invocations = Arc::make_mut(&mut self.invocations);
        // stamps number instances in 16 bits; the last one is reused once they are exhausted
        if invocations.len() > usize::from(u16::MAX) {
            invocations.pop();
        }
        invocations.push(origin);
        (invocations.len() - 1) as u16
    }

    pub(super) fn packed(&self, change: &AttributeChange) -> Vec<Vec<u8>> {
        let packed = |value: &Carried| match value {
            Carried::Plain(bytes) => Some(bytes.clone()),
            Carried::Reference(target, data) => {
                let mut out = Vec::new();
                varint::put(&mut out, u64::from(self.even_purged_by_guid(*target)?.0));
                out.extend_from_slice(data);
                Some(out)
            }
        };
        change.values.iter().filter_map(packed).collect()
    }

    pub(super) fn even_purged_by_guid(&self, guid: Guid) -> Option<ObjectId> {
        let posting = self.store.index.get(keys::guid(guid));
        let mut ids = posting.iter();
        ids.find(|id| self.store.even_purged(*id).is_some_and(|record| record.guid == guid)).map(ObjectId)
    }

    /// The attributes that beat what is held here.
    fn winners<'a>(&self, id: ObjectId, change: &'a ObjectChange, is_new: bool) -> Vec<&'a AttributeChange> {
        let Some(record) = self.store.get(id.0) else { return Vec::new() };
        let wins = |part: &&AttributeChange| {
            is_new || self.stamp_held(record, part.attribute).is_none_or(|held| part.stamp > held)
        };
        change.attributes.iter().filter(wins).collect()
    }

    pub(super) fn stamp_held(&self, record: &Record, attribute: AttrId) -> Option<Precedence> {
        record.cell(attribute).map(|cell| self.precedence(record, cell.stamp))
    }

    /// Takes what wins. True when the object's place is among it.
    fn take_attributes(&mut self, id: ObjectId, change: &ObjectChange, is_new: bool, now: SimTime) -> bool {
        let winners = self.winners(id, change, is_new);
        if winners.is_empty() {
            return false;
        }
        self.await_references(change.guid, &winners);
        let Some(record) = self.store.get(id.0) else { return false };
        let was_deleted = record.deleted && !is_new;
        let wins = |attribute: AttrId| winners.iter().any(|part| part.attribute == attribute);
        let (named, turned) = (wins(attr::NAME), wins(attr::IS_DELETED));
        let write = if is_new { Write { usn: record.usn_created, now } } else { self.begin(now) };
        self.reindexed(id, |directory| {
            directory.merge_cells(write, id, &winners);
            if let (true, Some(record)) = (turned, directory.store.get_mut(id.0)) {
                record.deleted = change.deleted;
            }
        });
        if turned {
            self.follow_deletion(id, was_deleted, change.deleted);
        }
        self.strip_recycled(write, id);
        if !is_new {
            self.touch(write, id);
        }
        named && !change.is_head || turned
    }

    /// Moves objects below the parents that they came with; those that cannot be there are settled elsewhere.
    fn place(&mut self, placed: Vec<(ObjectId, Option<Guid>)>, now: SimTime) {
        let mut left = placed.clone();
        // a parent may itself be on its way from below the object: what moves makes room for others
        loop {
            let before = left.len();
            left.retain(|(id, parent)| {
                let parent = parent.and_then(|parent| self.by_guid(parent));
                let parent = parent.filter(|parent| !self.is_below(*parent, *id));
                let moved = |parent: &ObjectId| self.store.get(id.0).is_some_and(|r| r.parent != parent.0);
                if let Some(parent) = parent.filter(moved) {
                    self.reindexed(*id, |directory| directory.store.move_below(id.0, parent.0));
                }
                parent.is_none()
            });
            if left.is_empty() || left.len() == before {
                break;
            }
        }
        for (id, _) in placed {
            let astray = left.iter().any(|(other, _)| *other == id);
            self.settle(id, astray, now);
        }
    }

    /// Puts winning attributes in the place of what is held, stamps as they came, under a USN of this controller.
    pub(super) fn merge_cells(&mut self, write: Write, id: ObjectId, winners: &[&AttributeChange]) {
        let mut parts = BTreeMap::new();
        for change in winners {
            let origin = self.number_of(change.stamp.origin);
            let packed = self.packed(change);
            let interned = self.intern(change.attribute, &packed);
            parts.insert(change.attribute, Taken { stamp: change.stamp, origin, packed, interned });
        }
        let Some(record) = self.store.get(id.0) else { return };
        let mut out = Vec::with_capacity(record.cells.len() + 256);
        for cell in Cells::of(&record.cells) {
            while let Some(first) = parts.first_entry().filter(|first| *first.key() < cell.attribute) {
                let (attribute, taken) = first.remove_entry();
                taken.put(&mut out, attribute, record, write);
            }
            match parts.remove(&cell.attribute) {
                Some(taken) => taken.put(&mut out, cell.attribute, record, write),
                None => {
                    let values: Vec<&[u8]> = cell.values().collect();
                    put_cell(&mut out, cell.attribute, cell.stamp, cell.interned, &values);
                }
            }
        }
        parts.into_iter().for_each(|(attribute, taken)| taken.put(&mut out, attribute, record, write));
        self.store.memberships_changed();
        if let Some(record) = self.store.get_mut(id.0) {
            record.cells = out.into();
            self.store.name_changed(id.0);
        }
    }

    /// Links follow what happens to their ends, as they do where it happened.
    fn follow_deletion(&mut self, id: ObjectId, was: bool, is: bool) {
        let bin = self.recycle_bin_enabled();
        match (was, is) {
            (_, true) if bin && !self.is_recycled(id) => self.store.deactivate_links(id.0, true),
            (_, true) => self.store.drop_links(id.0),
            (_, false) if bin => self.store.deactivate_links(id.0, false),
            // deleted and undeleted in between: what pointed at the tombstone went with it
            (_, false) => self.store.drop_links(id.0),
        }
    }

    pub(super) fn is_recycled(&self, id: ObjectId) -> bool {
        self.entry(id).is_some_and(|entry| entry.is_recycled())
    }

    /// A partial replica is only read.
    pub(super) fn may_originate(&self, id: ObjectId) -> bool {
        let kind = self.store.get(id.0).map(|record| self.kind_of(record.context));
        kind.is_some_and(ContextKind::is_full)
    }
}

/// An attribute that a destination takes, in its own numbers.
struct Taken {
    stamp: Precedence,
    origin: u16,
    packed: Vec<Vec<u8>>,
    interned: Option<Vec<Vec<u8>>>,
}

impl Taken {
    fn put(&self, out: &mut Vec<u8>, attribute: AttrId, record: &Record, write: Write) {
        let stamp = CellStamp {
            usn: write.usn.saturating_sub(record.usn_created),
            version: self.stamp.version,
            millis: self.stamp.millis - record.created,
            origin: (self.origin != record.origin).then_some(self.origin),
        };
        match &self.interned {
            Some(numbers) => put_cell(out, attribute, stamp, true, numbers),
            None => put_cell(out, attribute, stamp, false, &self.packed),
        }
    }
}

fn put_sorted(cells: &mut Vec<u8>, attribute: AttrId, value: Vec<u8>) {
    let next = crate::directory::store::replace_cell(cells, attribute, CellStamp::default(), false, &[value]);
    *cells = next;
}
