//! Relative identifiers: never given twice in a domain, whichever controller gives them.

/// Relative ids that a controller gets at once from the domain's pool (MS-ADTS 3.1.1.1.10 calls them a block).
const BLOCK: u32 = 500;

/// The relative ids that a controller may give.
#[derive(Debug, Clone, Copy)]
pub(in crate::directory) struct RidPool {
    /// The next one.
    pub(in crate::directory) next: u32,
    /// The first one that is no longer the controller's.
    end: u32,
    /// From the end of a block to the begin of the next one.
    gap: u32,
}

impl RidPool {
    /// Of a domain with one controller.
    pub(in crate::directory) fn endless(next: u32) -> RidPool {
        RidPool { next, end: u32::MAX, gap: 0 }
    }

    /// Of one of several controllers: the first goes on where it is, up to the end of its block; blocks follow in
    /// turn. `from` is above every id that was given.
    pub(super) fn shared(next: u32, number: u32, of: u32, from: u32) -> RidPool {
        let blocks = from.div_ceil(BLOCK) * BLOCK;
        let gap = of.saturating_sub(1) * BLOCK;
        match number {
            0 | 1 => RidPool { next, end: blocks, gap },
            _ => {
                let first = blocks + (number - 2) * BLOCK;
                RidPool { next: first, end: first + BLOCK, gap }
            }
        }
    }

    /// Gives one.
    pub(in crate::directory) fn take(&mut self) -> u32 {
        if self.next >= self.end {
            self.next = self.end.saturating_add(self.gap);
            self.end = self.next.saturating_add(BLOCK);
        }
        self.next += 1;
        self.next - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_relative_id_is_given_twice() {
        for of in 2..5 {
            let mut given = BTreeSet::new();
            for number in 1..=of {
                let mut pool = RidPool::shared(1207, number, of, 1300);
                (0..1800).for_each(|_| assert!(given.insert(pool.take()), "{number} of {of}"));
            }
            assert_eq!(given.first(), Some(&1207));
        }
    }
}
