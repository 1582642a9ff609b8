//! Distinguished names as they were written last: most of what a reader writes lies below few parents, and
//! names few groups, managers and categories.

use super::{Directory, ObjectId};

/// Names kept; a power of two.
const SLOTS: usize = 1024;
/// A longer name is written anew each time, so that what is kept stays small.
const LONGEST: usize = 512;

/// Names that one reader has written. It follows the directory: whatever changes a name there makes it forget.
#[derive(Debug, Clone, Default)]
pub struct NameCache {
    /// See `Store::names`; zero when nothing is kept.
    version: u64,
    slots: Vec<Slot>,
}

#[derive(Debug, Clone, Default)]
struct Slot {
    id: u32,
    /// Empty for none.
    text: Vec<u8>,
}

impl NameCache {
    fn follow(&mut self, version: u64) {
        if self.version != version {
            self.version = version;
            self.slots.iter_mut().for_each(|slot| slot.text.clear());
        }
        if self.slots.is_empty() {
            self.slots.resize_with(SLOTS, Slot::default);
        }
    }
}

impl Directory {
    /// Appends the distinguished name of an object that others name too: [`Directory::write_dn`], remembered.
    pub fn write_known_dn(&self, id: ObjectId, cache: &mut NameCache, out: &mut Vec<u8>) {
        cache.follow(self.store.names());
        let slot = &mut cache.slots[id.index() % SLOTS];
        if slot.id == id.0 && !slot.text.is_empty() {
            out.extend_from_slice(&slot.text);
            return;
        }
        let start = out.len();
        self.write_dn(id, out);
        let text = &out[start..];
        if text.len() <= LONGEST {
            slot.id = id.0;
            slot.text.clear();
            slot.text.extend_from_slice(text);
        }
    }

    /// Appends the distinguished name of an object that is read for its own sake: its relative name, and the
    /// name of its parent from the cache.
    pub fn write_own_dn(&self, id: ObjectId, cache: &mut NameCache, out: &mut Vec<u8>) {
        let Some(entry) = self.entry(id) else { return };
        match entry.parent() {
            Some(parent) if id != self.info.domain => {
                self.write_rdn(&entry, out);
                out.push(b',');
                self.write_known_dn(parent, cache, out);
            }
            _ => self.write_dn(id, out),
        }
    }
}
