//! The store: compact records in pages behind `Arc`, copied on write, and the indexes over them.
//!
//! It knows ids, packed values and stamps; what values mean and what Active Directory allows is decided
//! above it.

mod cells;
mod dictionary;
mod hash;
mod index;
mod links;
mod log;
mod names;
pub(crate) mod varint;

pub(crate) use cells::{Cell, CellStamp, Cells, PackedValues, put_cell, replace_cell};
pub(crate) use dictionary::Dictionary;
pub(crate) use hash::{Hasher, fold, same_folded};
pub(crate) use index::Index;
pub(crate) use links::{BackLink, Link, of_attribute, of_forward, position};
pub(crate) use log::ChangeLog;
pub(crate) use names::RelativeName;

use super::schema::{AttrId, ClassId};
use super::{attr, dn};
use crate::ids::Guid;
use names::Names;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Objects a page.
const PAGE: usize = 256;
/// The parent of an object that has none.
pub(crate) const NO_PARENT: u32 = u32::MAX;

/// One object.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) guid: Guid,
    pub(crate) usn_created: u64,
    pub(crate) usn_changed: u64,
    /// Milliseconds since 1970.
    pub(crate) created: i64,
    /// Milliseconds since 1970.
    pub(crate) changed: i64,
    pub(crate) parent: u32,
    /// Relative id of its SID in this domain; 0 for none.
    pub(crate) rid: u32,
    pub(crate) class: ClassId,
    /// Number of the database instance that made it.
    pub(crate) origin: u16,
    /// Number of the naming context that it lies in.
    pub(crate) context: u8,
    pub(crate) deleted: bool,
    /// Garbage collection has taken it: only its GUID, which is never given again, and the name by which
    /// others may still refer to it are left.
    pub(crate) purged: bool,
    /// Its attributes, see [`Cells`].
    pub(crate) cells: Arc<[u8]>,
    pub(crate) links: Option<Arc<Vec<Link>>>,
    pub(crate) back_links: Option<Arc<Vec<BackLink>>>,
    pub(crate) children: Option<Arc<Vec<u32>>>,
}

impl Record {
    pub(crate) fn links(&self) -> &[Link] {
        self.links.as_deref().map_or(&[], |links| links)
    }

    pub(crate) fn back_links(&self) -> &[BackLink] {
        self.back_links.as_deref().map_or(&[], |links| links)
    }

    pub(crate) fn children(&self) -> &[u32] {
        self.children.as_deref().map_or(&[], |children| children)
    }

    pub(crate) fn cell(&self, attribute: AttrId) -> Option<Cell<'_>> {
        Cells::of(&self.cells).cell_of(attribute)
    }
}

/// Records by id, with the structures that follow from them alone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Store {
    pages: Vec<Arc<Vec<Record>>>,
    len: u32,
    pub(crate) index: Index,
    pub(crate) dictionary: Dictionary,
    log: ChangeLog,
    usn: u64,
    /// What the records say of names, again.
    relative_names: Names,
    names: u64,
    memberships: u64,
    /// Room in which a record's cells are put together.
    pub(crate) scratch: Vec<u8>,
}

/// Versions of names: no two stores that differ in a name have the same, clones of one another included.
static NAMES: AtomicU64 = AtomicU64::new(1);

impl Store {
    pub(crate) fn len(&self) -> u32 {
        self.len
    }

    #[inline]
    pub(crate) fn get(&self, id: u32) -> Option<&Record> {
        self.even_purged(id).filter(|record| !record.purged)
    }

    /// A record, though garbage collection may have emptied it.
    #[inline]
    pub(crate) fn even_purged(&self, id: u32) -> Option<&Record> {
        self.pages.get(id as usize / PAGE)?.get(id as usize % PAGE)
    }

    /// Copies the page when a clone still holds it.
    pub(crate) fn get_mut(&mut self, id: u32) -> Option<&mut Record> {
        Arc::make_mut(self.pages.get_mut(id as usize / PAGE)?).get_mut(id as usize % PAGE)
    }

    /// Puts a record behind the others, below its parent, and gives it the next id.
    pub(crate) fn push(&mut self, record: Record) -> u32 {
        let id = self.len;
        if (id as usize).is_multiple_of(PAGE) {
            self.pages.push(Arc::new(Vec::with_capacity(PAGE)));
        }
        self.log.push(record.usn_changed, id);
        let parent = record.parent;
        if let Some(page) = self.pages.last_mut() {
            Arc::make_mut(page).push(record);
        }
        self.len += 1;
        self.name_changed(id);
        self.attach(parent, id);
        id
    }

    fn attach(&mut self, parent: u32, id: u32) {
        if let Some(parent) = self.get_mut(parent) {
            let children = Arc::make_mut(parent.children.get_or_insert_default());
            if let Err(at) = children.binary_search(&id) {
                children.insert(at, id);
            }
        }
    }

    /// The version of its objects' names: equal ones mean equal names.
    pub(crate) fn names(&self) -> u64 {
        self.names
    }

    /// Whoever has written an object's name, parent or class says so.
    pub(crate) fn name_changed(&mut self, id: u32) {
        self.names = NAMES.fetch_add(1, Ordering::Relaxed);
        let Some(record) = self.pages.get(id as usize / PAGE).and_then(|page| page.get(id as usize % PAGE))
        else {
            return;
        };
        let value = record.cell(attr::NAME).and_then(|cell| cell.single()).unwrap_or_default();
        let name =
            RelativeName { parent: record.parent, class: record.class, value, plain: dn::is_plain(value) };
        self.relative_names.set(id, name);
    }

    /// Fetches relative names that are about to be read.
    #[inline]
    pub(crate) fn fetch_names(&self, ids: impl Iterator<Item = u32>) {
        self.relative_names.fetch(ids);
    }

    /// The relative name of an object, though garbage collection may have emptied it.
    #[inline]
    pub(crate) fn relative_name(&self, id: u32) -> Option<RelativeName<'_>> {
        self.relative_names.get(id)
    }

    /// Puts an object below another one.
    pub(crate) fn move_below(&mut self, id: u32, parent: u32) {
        let Some(old) = self.get(id).map(|record| record.parent) else { return };
        if let Some(old) = self.get_mut(old) {
            let children = Arc::make_mut(old.children.get_or_insert_default());
            children.retain(|child| *child != id);
            if children.is_empty() {
                old.children = None;
            }
        }
        if let Some(record) = self.get_mut(id) {
            record.parent = parent;
        }
        self.name_changed(id);
        self.attach(parent, id);
    }

    /// Rises with each change of a link, and of what else decides who is in which group.
    pub(crate) fn memberships(&self) -> u64 {
        self.memberships
    }

    /// Whoever writes what decides who is in which group, links apart, says so.
    pub(crate) fn memberships_changed(&mut self) {
        self.memberships += 1;
    }

    /// The highest USN given.
    pub(crate) fn usn(&self) -> u64 {
        self.usn
    }

    /// The next USN.
    pub(crate) fn next_usn(&mut self) -> u64 {
        self.usn += 1;
        self.usn
    }

    /// Notes that an object changed.
    pub(crate) fn touch(&mut self, id: u32, usn: u64, millis: i64) {
        if let Some(record) = self.get_mut(id) {
            record.usn_changed = usn;
            record.changed = millis;
        }
        self.log.push(usn, id);
        if self.log.len() > 2 * self.len as usize + 8192 {
            let mut log = std::mem::take(&mut self.log);
            log.compact(|usn, id| self.get(id).is_some_and(|record| record.usn_changed == usn));
            self.log = log;
        }
    }

    /// Objects changed after a USN, in the order of their last changes, each with the USN of that.
    pub(crate) fn changes_after(&self, usn: u64) -> impl Iterator<Item = (u64, u32)> + '_ {
        let is_last = |(usn, id): &(u64, u32)| self.get(*id).is_some_and(|r| r.usn_changed == *usn);
        self.log.since(usn).filter(is_last)
    }

    /// Objects changed after a USN, in the order of their last changes.
    pub(crate) fn changed_since(&self, usn: u64) -> impl Iterator<Item = u32> + '_ {
        self.changes_after(usn).map(|(_, id)| id)
    }

    /// Gives a forward link value, or takes it; mirrors it on the target. False when nothing changed.
    pub(crate) fn set_link(
        &mut self,
        source: u32,
        (attribute, target): (AttrId, u32),
        present: bool,
        (usn, millis, origin): (u64, i64, u16),
    ) -> bool {
        let Some(record) = self.get_mut(source) else { return false };
        // most objects have one link: a manager
        let list = record.links.get_or_insert_with(|| Arc::new(Vec::with_capacity(1)));
        let list = Arc::make_mut(list);
        match position(list, attribute, target) {
            Ok(at) if list[at].exists() == present && !list[at].is_deactivated() => return false,
            Ok(at) => list[at] = list[at].changed(present, usn, millis, origin),
            Err(_) if !present => return false,
            Err(at) => list.insert(at, Link::new(attribute, target, usn, millis, origin)),
        }
        self.mirror(source, attribute, target, present);
        true
    }

    /// Gives back the room that links do not need: a group is loaded once, and most of them stay as they are.
    pub(crate) fn trim_links(&mut self, id: u32) {
        let links = self.get_mut(id).and_then(|record| record.links.as_mut()).and_then(Arc::get_mut);
        if let Some(links) = links {
            links.shrink_to_fit();
        }
    }

    fn mirror(&mut self, source: u32, attribute: AttrId, target: u32, present: bool) {
        self.memberships_changed();
        let Some(record) = self.get_mut(target) else { return };
        let list = record.back_links.get_or_insert_with(|| Arc::new(Vec::with_capacity(1)));
        let list = Arc::make_mut(list);
        let link = BackLink { forward: attribute, deactivated: false, source };
        match (list.binary_search_by_key(&link.key(), BackLink::key), present) {
            (Err(at), true) => list.insert(at, link),
            (Ok(at), true) => list[at] = link,
            (Ok(at), false) => {
                list.remove(at);
            }
            (Err(_), false) => {}
        }
        if list.is_empty() {
            record.back_links = None;
        }
    }

    /// Puts a link value in place as it is, and mirrors it on the target.
    pub(crate) fn put_link(&mut self, source: u32, link: Link) {
        let Some(record) = self.get_mut(source) else { return };
        let list = Arc::make_mut(record.links.get_or_insert_with(|| Arc::new(Vec::with_capacity(1))));
        match position(list, link.attribute, link.target) {
            Ok(at) => list[at] = link,
            Err(at) => list.insert(at, link),
        }
        self.mirror(source, link.attribute, link.target, link.exists());
        if link.is_deactivated() {
            self.deactivate_link(source, link.attribute, link.target, true);
        }
    }

    /// Drops the values of one forward link without a trace.
    pub(crate) fn drop_forward_links(&mut self, source: u32, attribute: AttrId) {
        let Some(links) = self.get(source).map(|record| of_attribute(record.links(), attribute).to_vec())
        else {
            return;
        };
        for link in &links {
            self.mirror(source, attribute, link.target, false);
        }
        if let (false, Some(record)) = (links.is_empty(), self.get_mut(source)) {
            Arc::make_mut(record.links.get_or_insert_default()).retain(|link| link.attribute != attribute);
        }
    }

    /// Hides every link from and to an object, stamps kept, as moving it to the recycle bin does; or shows
    /// those again whose other end is live.
    pub(crate) fn deactivate_links(&mut self, id: u32, hidden: bool) {
        let Some(record) = self.get(id) else { return };
        let forward: Vec<_> = record.links().iter().filter(|link| link.exists()).copied().collect();
        let back: Vec<_> = record.back_links().to_vec();
        let ends = forward
            .iter()
            .map(|link| (id, link.attribute, link.target))
            .chain(back.iter().map(|link| (link.source, link.forward, id)));
        for (source, attribute, target) in ends {
            let other = if source == id { target } else { source };
            if hidden || other == id || self.get(other).is_some_and(|record| !record.deleted) {
                self.deactivate_link(source, attribute, target, hidden);
            }
        }
    }

    fn deactivate_link(&mut self, source: u32, attribute: AttrId, target: u32, hidden: bool) {
        self.memberships_changed();
        if let Some(list) = self.get_mut(source).and_then(|record| record.links.as_mut()) {
            let list = Arc::make_mut(list);
            if let Ok(at) = position(list, attribute, target) {
                list[at] = list[at].deactivated(hidden);
            }
        }
        if let Some(list) = self.get_mut(target).and_then(|record| record.back_links.as_mut()) {
            let list = Arc::make_mut(list);
            if let Ok(at) = list.binary_search_by_key(&(attribute, source), BackLink::key) {
                list[at].deactivated = hidden;
            }
        }
    }

    /// Empties a record that nothing is to find again: cells become what its name needs, and its parent
    /// stays, so that what still refers to it can be written.
    pub(crate) fn purge(&mut self, id: u32, name: Arc<[u8]>) {
        self.drop_links(id);
        let Some(record) = self.get_mut(id) else { return };
        record.cells = name;
        record.purged = true;
        (record.links, record.back_links, record.children) = (None, None, None);
        let parent = record.parent;
        if let Some(parent) = self.get_mut(parent).and_then(|parent| parent.children.as_mut()) {
            Arc::make_mut(parent).retain(|child| *child != id);
        }
        self.name_changed(id);
    }

    /// Drops every link from and to an object without a trace, as the deletion of an object does.
    pub(crate) fn drop_links(&mut self, id: u32) {
        self.memberships_changed();
        let Some(record) = self.get_mut(id) else { return };
        let (forward, back) = (record.links.take(), record.back_links.take());
        for link in forward.iter().flat_map(|links| links.iter()) {
            self.mirror(id, link.attribute, link.target, false);
        }
        for link in back.iter().flat_map(|links| links.iter()) {
            let Some(source) = self.get_mut(link.source) else { continue };
            let list = Arc::make_mut(source.links.get_or_insert_default());
            if let Ok(at) = position(list, link.forward, id) {
                list.remove(at);
            }
        }
    }

    /// Bytes held, allocator's headers estimated at 16 an allocation: for the memory ceiling.
    pub(crate) fn heap_bytes(&self) -> usize {
        let record = |record: &Record| {
            let vec = |present: bool, bytes: usize| if present { 16 + 24 + 16 + bytes + 16 } else { 0 };
            16 + 16
                + record.cells.len()
                + vec(record.links.is_some(), record.links.as_ref().map_or(0, |l| l.capacity() * 20))
                + vec(record.back_links.is_some(), record.back_links.as_ref().map_or(0, |l| l.capacity() * 8))
                + vec(record.children.is_some(), record.children.as_ref().map_or(0, |l| l.capacity() * 4))
        };
        let page = |page: &Arc<Vec<Record>>| {
            page.capacity() * std::mem::size_of::<Record>() + page.iter().map(record).sum::<usize>()
        };
        self.pages.iter().map(page).sum::<usize>()
            + self.index.heap_bytes()
            + self.log.heap_bytes()
            + self.dictionary.heap_bytes()
            + self.relative_names.heap_bytes()
    }
}
