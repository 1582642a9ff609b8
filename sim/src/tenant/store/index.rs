//! A hash index from a text to the slots of the objects that carry it.

use hashbrown::HashTable;
use std::sync::Arc;

/// Keys are kept as their hash only: whoever looks something up compares the object itself.
#[derive(Debug, Clone)]
pub(crate) struct Index {
    table: Arc<HashTable<(u64, u32)>>,
}

impl Index {
    pub(crate) fn new() -> Index {
        Index { table: Arc::new(HashTable::new()) }
    }

    pub(crate) fn insert(&mut self, hash: u64, slot: u32) {
        let table = Arc::make_mut(&mut self.table);
        table.insert_unique(hash, (hash, slot), |entry| entry.0);
    }

    pub(crate) fn remove(&mut self, hash: u64, slot: u32) {
        let table = Arc::make_mut(&mut self.table);
        if let Ok(entry) = table.find_entry(hash, |entry| *entry == (hash, slot)) {
            entry.remove();
        }
    }

    /// The slots with this hash, in ascending order.
    pub(crate) fn slots(&self, hash: u64) -> Vec<u32> {
        let mut slots: Vec<u32> =
            self.table.iter_hash(hash).filter(|entry| entry.0 == hash).map(|entry| entry.1).collect();
        slots.sort_unstable();
        slots.dedup();
        slots
    }
}

/// A hash that is the same in any case of the letters.
pub(crate) fn folded(text: &str) -> u64 {
    if text.is_ascii() {
        return finish(text.bytes().fold(SEED, |hash, byte| eat(hash, byte.to_ascii_lowercase())));
    }
    let mut buffer = [0u8; 4];
    let mut hash = SEED;
    for letter in text.chars().flat_map(char::to_lowercase) {
        hash = letter.encode_utf8(&mut buffer).bytes().fold(hash, eat);
    }
    finish(hash)
}

/// A hash of the exact bytes.
pub(crate) fn exact(bytes: &[u8]) -> u64 {
    finish(bytes.iter().fold(SEED, |hash, byte| eat(hash, *byte)))
}

/// Whether two texts are the same in any case of their letters.
pub(crate) fn same_folded(a: &str, b: &str) -> bool {
    if a.is_ascii() && b.is_ascii() {
        return a.eq_ignore_ascii_case(b);
    }
    a.chars().flat_map(char::to_lowercase).eq(b.chars().flat_map(char::to_lowercase))
}

const SEED: u64 = 0xcbf2_9ce4_8422_2325;

fn eat(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
}

/// FNV-1a leaves its low bits poor; a table that takes its place from them wants them spread.
fn finish(hash: u64) -> u64 {
    let mixed = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ (mixed >> 29)
}
