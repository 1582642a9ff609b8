//! A hash index of object ids: from the hash of a key to the objects that may have it.
//!
//! It holds hashes, not keys, so a reader verifies what it finds. Shards behind `Arc` make clones cheap; a
//! key that many objects share (a category, a department) gets a sorted list of its own, so that no probe
//! walks over thousands of equal hashes.

use hashbrown::HashTable;
use std::sync::Arc;

const SHARD_BITS: u32 = 9;
const LIST: u32 = 1 << 31;

#[derive(Debug, Clone, Copy)]
struct Slot {
    hash: u32,
    /// An object id, or with the top bit set the number of a list.
    value: u32,
}

#[derive(Debug, Clone, Default)]
struct Shard {
    table: HashTable<Slot>,
    lists: Vec<Arc<Vec<u32>>>,
    free: Vec<u32>,
}

/// See the module.
#[derive(Debug, Clone)]
pub(crate) struct Index {
    shards: Vec<Arc<Shard>>,
    /// While objects are loaded by the thousand: hashes and objects that are still to be put in, by shard.
    waiting: Option<Vec<Vec<(u32, u32)>>>,
}

/// What an index knows of one key, ascending.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Posting<'a> {
    None,
    One(u32),
    Many(&'a [u32]),
}

impl Posting<'_> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Posting::None => 0,
            Posting::One(_) => 1,
            Posting::Many(list) => list.len(),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        let (one, many): (Option<u32>, &[u32]) = match self {
            Posting::None => (None, &[]),
            Posting::One(id) => (Some(*id), &[]),
            Posting::Many(list) => (None, list),
        };
        one.into_iter().chain(many.iter().copied())
    }
}

/// Spreads 32 bits over the 64 that the table wants.
fn spread(hash: u32) -> u64 {
    let mixed = u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ mixed >> 32
}

fn place(hash: u64) -> (usize, u32) {
    ((hash >> (64 - SHARD_BITS)) as usize, hash as u32)
}

impl Default for Index {
    fn default() -> Index {
        Index { shards: vec![Arc::default(); 1 << SHARD_BITS], waiting: None }
    }
}

impl Shard {
    fn insert(&mut self, hash: u32, id: u32) {
        let Shard { table, lists, free } = self;
        let Some(slot) = table.find_mut(spread(hash), |slot| slot.hash == hash) else {
            table.insert_unique(spread(hash), Slot { hash, value: id }, |slot| spread(slot.hash));
            return;
        };
        if slot.value & LIST == 0 {
            if slot.value == id {
                return;
            }
            let pair = Arc::new(vec![slot.value.min(id), slot.value.max(id)]);
            let number = free.pop().unwrap_or(lists.len() as u32);
            match lists.get_mut(number as usize) {
                Some(place) => *place = pair,
                None => lists.push(pair),
            }
            slot.value = number | LIST;
            return;
        }
        let list = Arc::make_mut(&mut lists[(slot.value & !LIST) as usize]);
        match list.last() {
            Some(last) if *last < id => list.push(id),
            _ => {
                if let Err(at) = list.binary_search(&id) {
                    list.insert(at, id);
                }
            }
        }
    }
}

impl Index {
    /// The objects under a key's hash.
    pub(crate) fn get(&self, hash: u64) -> Posting<'_> {
        let (shard, hash) = place(hash);
        let shard = &self.shards[shard];
        match shard.table.find(spread(hash), |slot| slot.hash == hash) {
            None => Posting::None,
            Some(slot) if slot.value & LIST == 0 => Posting::One(slot.value),
            Some(slot) => Posting::Many(&shard.lists[(slot.value & !LIST) as usize]),
        }
    }

    /// Puts an object under a key's hash; once is enough.
    pub(crate) fn insert(&mut self, hash: u64, id: u32) {
        let (shard, hash) = place(hash);
        Arc::make_mut(&mut self.shards[shard]).insert(hash, id);
    }

    /// From now on [`Index::insert_later`] lets keys wait: a shard at a time they are put in from the cache,
    /// one by one each would be fetched from memory.
    pub(crate) fn gather(&mut self) {
        self.waiting = Some(vec![Vec::new(); 1 << SHARD_BITS]);
    }

    /// As [`Index::insert`]; between [`Index::gather`] and [`Index::settle`] nobody finds it, and it must not
    /// be removed.
    pub(crate) fn insert_later(&mut self, hash: u64, id: u32) {
        let (shard, short) = place(hash);
        match &mut self.waiting {
            Some(waiting) => waiting[shard].push((short, id)),
            None => self.insert(hash, id),
        }
    }

    /// Puts in what waits.
    pub(crate) fn settle(&mut self) {
        for (shard, waiting) in self.shards.iter_mut().zip(self.waiting.take().unwrap_or_default()) {
            let shard = Arc::make_mut(shard);
            waiting.into_iter().for_each(|(hash, id)| shard.insert(hash, id));
        }
    }

    /// Takes an object from under a key's hash.
    pub(crate) fn remove(&mut self, hash: u64, id: u32) {
        let (shard, hash) = place(hash);
        let Shard { table, lists, free } = Arc::make_mut(&mut self.shards[shard]);
        let Ok(mut entry) = table.find_entry(spread(hash), |slot| slot.hash == hash) else { return };
        let slot = entry.get_mut();
        if slot.value & LIST == 0 {
            if slot.value == id {
                entry.remove();
            }
            return;
        }
        let number = slot.value & !LIST;
        let list = Arc::make_mut(&mut lists[number as usize]);
        if let Ok(at) = list.binary_search(&id) {
            list.remove(at);
        }
        if let [last] = list[..] {
            slot.value = last;
            lists[number as usize] = Arc::default();
            free.push(number);
        }
    }

    /// Bytes held, spare room included: for the memory ceiling.
    pub(crate) fn heap_bytes(&self) -> usize {
        let shard = |shard: &Arc<Shard>| {
            let lists: usize = shard.lists.iter().map(|list| 40 + list.capacity() * 4 + 8).sum();
            // a table keeps at most 7 of 8 buckets full and one control byte a bucket
            let buckets = (shard.table.capacity() * 8 / 7).next_power_of_two();
            std::mem::size_of::<Shard>() + buckets * (std::mem::size_of::<Slot>() + 1) + lists
        };
        self.shards.iter().map(shard).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    proptest! {
        #[test]
        fn an_index_says_what_a_map_of_sets_says(
            steps in prop::collection::vec((any::<bool>(), 0u64..6, 0u32..9), 0..200),
        ) {
            let (mut index, mut model) = (Index::default(), BTreeMap::<u64, BTreeSet<u32>>::new());
            for (insert, key, id) in steps {
                let hash = key.wrapping_mul(0x5851_f42d_4c95_7f2d);
                if insert {
                    index.insert(hash, id);
                    model.entry(hash).or_default().insert(id);
                } else {
                    index.remove(hash, id);
                    model.entry(hash).or_default().remove(&id);
                }
                for (hash, ids) in &model {
                    let found: Vec<u32> = index.get(*hash).iter().collect();
                    prop_assert_eq!(found, ids.iter().copied().collect::<Vec<_>>());
                    prop_assert_eq!(index.get(*hash).len(), ids.len());
                }
            }
        }
    }

    #[test]
    fn keys_that_wait_are_found_once_they_settle() {
        let mut index = Index::default();
        index.insert(1, 3);
        index.gather();
        for id in [5, 7, 7] {
            index.insert_later(1, id);
        }
        assert_eq!(index.get(1).iter().collect::<Vec<_>>(), [3]);
        index.settle();
        index.insert_later(2, 9);
        assert_eq!(index.get(1).iter().collect::<Vec<_>>(), [3, 5, 7]);
        assert_eq!(index.get(2).iter().collect::<Vec<_>>(), [9]);
    }

    #[test]
    fn a_clone_keeps_what_it_saw() {
        let mut index = Index::default();
        index.insert(1, 7);
        let before = index.clone();
        index.insert(1, 8);
        assert_eq!((before.get(1).len(), index.get(1).len()), (1, 2));
    }
}
