//! Objects by uSNChanged: a log of changes in ascending order, where only an object's last entry counts.

use std::sync::Arc;

const PAGE: usize = 4096;

#[derive(Debug, Clone, Copy)]
struct Change {
    usn_low: u32,
    usn_high: u32,
    id: u32,
}

impl Change {
    fn usn(self) -> u64 {
        u64::from(self.usn_high) << 32 | u64::from(self.usn_low)
    }
}

/// See the module.
#[derive(Debug, Clone, Default)]
pub(crate) struct ChangeLog {
    pages: Vec<Arc<Vec<Change>>>,
    len: usize,
}

impl ChangeLog {
    /// Notes a change; USNs come in ascending order.
    pub(crate) fn push(&mut self, usn: u64, id: u32) {
        if self.len.is_multiple_of(PAGE) {
            self.pages.push(Arc::default());
        }
        let last = self.pages.iter().rev().find_map(|page| page.last());
        debug_assert!(
            last.is_none_or(|last| last.usn() < usn || last.usn() == usn && last.id == id),
            "{usn} of {id} comes after {last:?}"
        );
        let change = Change { usn_low: usn as u32, usn_high: (usn >> 32) as u32, id };
        if let Some(page) = self.pages.last_mut() {
            Arc::make_mut(page).push(change);
        }
        self.len += 1;
    }

    /// Changes after `usn`, in order; the caller drops those that a later one superseded.
    pub(crate) fn since(&self, usn: u64) -> impl Iterator<Item = (u64, u32)> + '_ {
        let first = self.pages.partition_point(|page| page.last().is_some_and(|c| c.usn() <= usn));
        self.pages[first..]
            .iter()
            .flat_map(|page| page.iter())
            .map(|change| (change.usn(), change.id))
            .filter(move |(at, _)| *at > usn)
    }

    /// How many entries it holds, superseded ones included.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Drops superseded entries.
    pub(crate) fn compact(&mut self, is_last: impl Fn(u64, u32) -> bool) {
        let mut next = ChangeLog::default();
        self.since(0).filter(|(usn, id)| is_last(*usn, *id)).for_each(|(usn, id)| next.push(usn, id));
        *self = next;
    }

    /// Bytes held.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.pages.iter().map(|page| page.capacity() * std::mem::size_of::<Change>() + 40).sum()
    }
}
