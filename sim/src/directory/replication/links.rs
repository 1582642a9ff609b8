//! Link values on their way: each with a stamp of its own.

use super::waiting::WAITING_MOST;
use super::{LinkChange, Precedence};
use crate::clock::SimTime;
use crate::directory::store::{self, Link, position};
use crate::directory::update::Write;
use crate::directory::{AttrId, ContextKind, Directory, ObjectId, attr};
use std::collections::BTreeMap;
use std::sync::Arc;

/// `groupType` of universal groups.
const UNIVERSAL: i64 = 8;

impl Directory {
    /// Takes link values that beat what is held; those whose ends have not arrived wait.
    pub(super) fn take_links(&mut self, links: Vec<LinkChange>, now: SimTime) {
        let mut waiting = Arc::unwrap_or_clone(std::mem::take(&mut self.waiting_links));
        waiting.extend(links);
        let mut writes: BTreeMap<ObjectId, Write> = BTreeMap::new();
        waiting.retain(|change| {
            let (Some(source), Some(target)) = (self.by_guid(change.source), self.by_guid(change.target))
            else {
                return true;
            };
            self.take_link(source, target, change, now, &mut writes);
            false
        });
        let surplus = waiting.len().saturating_sub(WAITING_MOST);
        waiting.drain(..surplus);
        self.waiting_links = Arc::new(waiting);
        // the log of changes is in the order of their numbers, whichever object a number went to
        let mut writes: Vec<(ObjectId, Write)> = writes.into_iter().collect();
        writes.sort_by_key(|(_, write)| write.usn);
        writes.iter().for_each(|(id, write)| self.touch(*write, *id));
        for (id, _) in writes {
            self.keep_one(id, now);
            self.drop_foreign_members(id);
        }
    }

    fn take_link(
        &mut self,
        source: ObjectId,
        target: ObjectId,
        change: &LinkChange,
        now: SimTime,
        writes: &mut BTreeMap<ObjectId, Write>,
    ) {
        let gone =
            |id: ObjectId| self.is_deleted(id) && (!self.recycle_bin_enabled() || self.is_recycled(id));
        if gone(source) || gone(target) {
            return;
        }
        let links = self.store.get(source.0).map_or(&[][..], |record| record.links());
        let held = position(links, change.attribute, target.0).ok().map(|at| links[at]);
        if held.is_some_and(|held| self.link_precedence(&held) >= change.stamp) {
            return;
        }
        let write = match writes.get(&source) {
            Some(write) => *write,
            None => self.begin(now),
        };
        writes.insert(source, write);
        let origin = self.number_of(change.stamp.origin);
        let hidden = self.is_deleted(source) || self.is_deleted(target);
        let link = Link::stamped(
            (change.attribute, target.0),
            (change.present, hidden),
            (change.stamp.version, change.stamp.millis),
            (write.usn, origin),
        );
        self.store.put_link(source.0, link);
    }

    fn link_precedence(&self, link: &Link) -> Precedence {
        Precedence { version: link.version(), millis: link.millis(), origin: self.invocation(link.origin) }
    }

    /// Of several values of a single-valued link the greatest stamp stays; taking the others is a change of this
    /// controller's own.
    fn keep_one(&mut self, id: ObjectId, now: SimTime) {
        if !self.may_originate(id) {
            return;
        }
        let Some(record) = self.store.get(id.0) else { return };
        let mut singles: Vec<AttrId> = record.links().iter().map(|link| link.attribute).collect();
        singles.dedup();
        singles.retain(|attribute| self.schema.attribute(*attribute).single_valued);
        for attribute in singles {
            let links = self.store.get(id.0).map_or(&[][..], |record| record.links());
            let present = store::of_attribute(links, attribute).iter().filter(|link| link.exists());
            let mut present: Vec<_> = present
                .map(|link| (self.link_precedence(link), self.guid_of(link.target), link.target))
                .collect();
            present.sort();
            present.pop();
            if present.is_empty() {
                continue;
            }
            let write = self.begin(now);
            for (_, _, target) in present {
                self.put_link(write, id, attribute, ObjectId(target), false);
            }
            self.touch(write, id);
        }
    }

    fn guid_of(&self, id: u32) -> Option<crate::ids::Guid> {
        self.store.even_purged(id).map(|record| record.guid)
    }

    /// The global catalog knows the members of universal groups only: one that is universal no more loses them.
    pub(super) fn drop_foreign_members(&mut self, id: ObjectId) {
        let Some(entry) = self.entry(id) else { return };
        let partial = self.kind_of(entry.record.context) == ContextKind::Partial;
        let universal = entry.int(attr::GROUP_TYPE).is_some_and(|kind| kind & UNIVERSAL != 0);
        if partial && !universal {
            self.store.drop_forward_links(id.0, attr::MEMBER);
        }
    }
}
