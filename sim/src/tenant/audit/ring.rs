//! A log of bounded length whose clones share what they have in common.

use crate::clock::SimTime;
use std::collections::VecDeque;
use std::sync::Arc;

/// Entries that are shared, copied and forgotten together.
const CHUNK: usize = 128;

/// What has an instant.
pub(crate) trait Timed {
    fn at(&self) -> SimTime;
}

/// The newest entries of a log, at most about so many; a clone costs a pointer for each 128 of them.
#[derive(Debug, Clone)]
pub(crate) struct Ring<T> {
    chunks: VecDeque<Arc<Vec<T>>>,
    len: usize,
    max: usize,
    pushed: u64,
}

impl<T: Clone + Timed> Ring<T> {
    pub(crate) fn new(max: usize) -> Ring<T> {
        Ring { chunks: VecDeque::new(), len: 0, max, pushed: 0 }
    }

    /// How many entries there ever were.
    pub(crate) fn pushed(&self) -> u64 {
        self.pushed
    }

    /// Puts an entry at the end; the oldest ones go when there are too many.
    pub(crate) fn push(&mut self, entry: T) {
        self.pushed += 1;
        self.len += 1;
        match self.chunks.back_mut().filter(|chunk| chunk.len() < CHUNK) {
            Some(chunk) => Arc::make_mut(chunk).push(entry),
            None => {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.push(entry);
                self.chunks.push_back(Arc::new(chunk));
            }
        }
        if self.len >= self.max + CHUNK {
            self.drop_first();
        }
    }

    /// The entries, the oldest first, each with its number, which it keeps; each end can be read from.
    pub(crate) fn numbered(&self) -> impl DoubleEndedIterator<Item = (u64, &T)> {
        let first = self.pushed - self.len as u64;
        let mut at = first;
        let chunks = self.chunks.iter().map(move |chunk| {
            let start = at;
            at += chunk.len() as u64;
            (start, chunk)
        });
        let chunks: Vec<(u64, &Arc<Vec<T>>)> = chunks.collect();
        chunks.into_iter().flat_map(|(start, chunk)| {
            chunk.iter().enumerate().map(move |(at, entry)| (start + at as u64, entry))
        })
    }

    /// The entries, the oldest first; each end can be read from.
    #[cfg(test)]
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.numbered().map(|(_, entry)| entry)
    }

    /// Forgets what is older than an instant, as far as whole chunks are.
    pub(crate) fn forget_before(&mut self, instant: SimTime) {
        while self.chunks.front().and_then(|chunk| chunk.last()).is_some_and(|last| last.at() < instant) {
            self.drop_first();
        }
    }

    fn drop_first(&mut self) {
        self.len -= self.chunks.pop_front().map_or(0, |chunk| chunk.len());
    }

    pub(crate) fn clear(&mut self) {
        *self = Ring::new(self.max);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::DEFAULT_START;
    use std::time::Duration;

    impl Timed for u64 {
        fn at(&self) -> SimTime {
            DEFAULT_START.plus(Duration::from_secs(*self))
        }
    }

    #[test]
    fn a_ring_keeps_the_newest_entries_in_order_and_a_clone_its_own() {
        let mut ring = Ring::new(1000);
        for n in 0..5000_u64 {
            ring.push(n);
            assert!(ring.iter().count() <= 1000 + CHUNK);
        }
        assert!(ring.numbered().all(|(number, entry)| number == *entry));
        let kept: Vec<u64> = ring.iter().copied().collect();
        assert!(kept.len() >= 1000);
        assert_eq!(kept, (5000 - kept.len() as u64..5000).collect::<Vec<_>>());
        let clone = ring.clone();
        ring.push(5000);
        assert_eq!((clone.iter().next_back(), ring.iter().next_back()), (Some(&4999), Some(&5000)));
        assert_eq!((clone.pushed(), ring.pushed()), (5000, 5001));
    }

    #[test]
    fn what_is_too_old_goes_a_chunk_at_a_time() {
        let mut ring = Ring::new(10_000);
        (0..1000_u64).for_each(|n| ring.push(n));
        ring.forget_before(500.at());
        let first = *ring.iter().next().unwrap();
        assert!((500 - CHUNK as u64..=500).contains(&first), "{first}");
        ring.forget_before(2000.at());
        assert_eq!(ring.iter().count(), 0);
    }
}
