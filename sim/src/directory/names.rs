//! Distinguished names as they were written last: most of what a reader writes lies below few parents, and
//! names few groups, managers and categories.

use super::{Directory, Entry, ObjectId};

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

    /// Appends a name that is kept.
    #[inline]
    fn write(&self, id: ObjectId, out: &mut Vec<u8>) -> bool {
        let slot = self.slots[id.index() % SLOTS];
        let kept = slot.id == id.0 && slot.length != 0 && self.end - slot.at <= TEXT;
        if kept {
            let at = slot.at % TEXT;
            out.extend_from_slice(&self.text[at..at + slot.length as usize]);
        }
        kept
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
    /// Appends the distinguished name of an object that others name too: [`Directory::write_dn`], remembered.
    pub fn write_known_dn(&self, id: ObjectId, cache: &mut NameCache, out: &mut Vec<u8>) {
        cache.follow(self.store.names());
        if cache.write(id, out) {
            return;
        }
        let start = out.len();
        match self.parent_of(id) {
            Some((entry, parent)) => {
                self.write_rdn(&entry, out);
                out.push(b',');
                if !cache.write(parent, out) {
                    let start = out.len();
                    self.write_dn(parent, out);
                    cache.keep(parent, &out[start..]);
                }
            }
            None => self.write_dn(id, out),
        }
        cache.keep(id, &out[start..]);
    }

    /// Appends the distinguished name of an object that is read for its own sake: its relative name, and the
    /// name of its parent from the cache.
    pub fn write_own_dn(&self, id: ObjectId, cache: &mut NameCache, out: &mut Vec<u8>) {
        match self.parent_of(id) {
            Some((entry, parent)) => {
                self.write_rdn(&entry, out);
                out.push(b',');
                self.write_known_dn(parent, cache, out);
            }
            None => self.write_dn(id, out),
        }
    }

    /// An object and the one above it, unless its name stands for itself.
    fn parent_of(&self, id: ObjectId) -> Option<(Entry<'_>, ObjectId)> {
        let entry = self.entry(id)?;
        Some((entry, entry.parent().filter(|_| id != self.info.domain)?))
    }
}
