//! Distinguished names as they were written last: most of what a reader writes lies below few parents, and
//! names few groups, managers and categories.

use super::dn::write_escaped;
use super::store::{NO_PARENT, RelativeName};
use super::{Directory, ObjectId, attr};
use std::ops::Range;

/// Names kept; a power of two.
const SLOTS: usize = 1024;
/// Octets of all of them together.
const TEXT: usize = 48 * 1024;
/// A longer name is written anew each time.
const LONGEST: usize = 512;

/// Names that one reader has written. It follows the directory: whatever changes a name there makes it forget.
///
/// It allocates once: the names lie in one ring of octets, in which the newest ones take the place of the
/// oldest.
#[derive(Debug, Clone, Default)]
pub struct NameCache {
    /// See `Store::names`; zero when nothing is kept.
    version: u64,
    slots: Vec<Slot>,
    text: Vec<u8>,
    /// The name that was written last.
    name: Vec<u8>,
    /// Octets ever put into the ring; a position is one of these.
    end: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    id: u32,
    /// Zero for none.
    length: u32,
    at: usize,
}

impl NameCache {
    fn follow(&mut self, version: u64) {
        if self.version != version {
            self.version = version;
            self.slots.clear();
        }
        if self.slots.is_empty() {
            self.slots.resize(SLOTS, Slot::default());
            self.text.resize(TEXT, 0);
        }
    }

    /// Where a name lies that is kept.
    #[inline]
    fn find(&self, id: ObjectId) -> Option<Range<usize>> {
        let slot = self.slots[id.index() % SLOTS];
        let kept = slot.id == id.0 && slot.length != 0 && self.end - slot.at <= TEXT;
        let at = slot.at % TEXT;
        kept.then(|| at..at + slot.length as usize)
    }

    fn keep(&mut self, id: ObjectId, text: &[u8]) {
        if text.len() > LONGEST {
            return;
        }
        // a name lies in one piece
        if self.end % TEXT + text.len() > TEXT {
            self.end = self.end.next_multiple_of(TEXT);
        }
        let at = self.end % TEXT;
        self.text[at..at + text.len()].copy_from_slice(text);
        self.slots[id.index() % SLOTS] = Slot { id: id.0, length: text.len() as u32, at: self.end };
        self.end += text.len();
    }
}

impl Directory {
    /// Fetches the names of objects that are about to be written: reading them is mostly waiting for memory,
    /// and to wait for all at once takes no longer than for one.
    #[inline]
    pub fn fetch_names(&self, ids: impl Iterator<Item = ObjectId>) {
        self.store.fetch_names(ids.map(|id| id.0));
    }

    /// The distinguished name of an object that others name too: [`Directory::write_dn`], remembered.
    #[inline]
    pub fn known_dn<'c>(&self, id: ObjectId, cache: &'c mut NameCache) -> &'c [u8] {
        cache.follow(self.store.names());
        match cache.find(id) {
            Some(range) => &cache.text[range],
            None => {
                let mut name = std::mem::take(&mut cache.name);
                self.write_new(id, cache, &mut name);
                cache.keep(id, &name);
                cache.name = name;
                &cache.name
            }
        }
    }

    /// The distinguished name of an object that is read for its own sake: its relative name, and the name of
    /// its parent from the cache.
    pub fn own_dn<'c>(&self, id: ObjectId, cache: &'c mut NameCache) -> &'c [u8] {
        cache.follow(self.store.names());
        let mut name = std::mem::take(&mut cache.name);
        self.write_new(id, cache, &mut name);
        cache.name = name;
        &cache.name
    }

    /// Writes a name with what the cache knows of the one above it, and lets it know that.
    fn write_new(&self, id: ObjectId, cache: &mut NameCache, name: &mut Vec<u8>) {
        name.clear();
        let hangs = |name: &RelativeName<'_>| name.parent != NO_PARENT && id != self.info.domain;
        let Some(own) = self.store.relative_name(id.0).filter(hangs) else {
            return self.write_dn(id, name);
        };
        debug_assert!(self.store.even_purged(id.0).is_some_and(|record| {
            let kept = record.cell(attr::NAME).and_then(|cell| cell.single());
            (record.parent, record.class, kept) == (own.parent, own.class, Some(own.value))
        }));
        let parent = ObjectId(own.parent);
        self.write_rdn_type(own.class, name);
        match own.plain {
            true => name.extend_from_slice(own.value),
            false => write_escaped(own.value, name),
        }
        name.push(b',');
        match cache.find(parent) {
            Some(range) => name.extend_from_slice(&cache.text[range]),
            None => {
                let start = name.len();
                self.write_dn(parent, name);
                cache.keep(parent, &name[start..]);
            }
        }
    }
}
