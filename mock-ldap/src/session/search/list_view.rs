//! Virtual list views (draft-ietf-ldapext-ldapv3-vlv-09): a window on a sorted list.

use super::sorting::{Rank, Sorting};
use crate::ber::{Writer, tag};
use crate::reply::Outcome;
use crate::request::{ListViewRequest, Target};
use forestbed_sim::directory::{Directory, ObjectId};

/// Results of a list view.
const SUCCESS: u32 = 0;
const ADMIN_LIMIT_EXCEEDED: u32 = 11;
const INAPPROPRIATE_MATCHING: u32 = 18;
pub(super) const SORT_CONTROL_MISSING: u32 = 60;
const OFFSET_RANGE_ERROR: u32 = 61;
pub(super) const UNWILLING_TO_PERFORM: u32 = 53;

/// A window that was asked for, and what it came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ListView {
    asked: ListViewRequest,
    /// Position of the target, from 1.
    position: usize,
    /// Entries of the whole list.
    count: usize,
    result: u32,
}

impl ListView {
    pub(super) fn new(asked: ListViewRequest) -> ListView {
        ListView { asked, position: 0, count: 0, result: SUCCESS }
    }

    /// The same view, refused.
    pub(super) fn refused(mut self, result: u32) -> ListView {
        self.result = result;
        self
    }

    /// Cuts the window out of a list once it is whole.
    pub(super) fn cut(
        &mut self,
        directory: &Directory,
        sorting: &mut Sorting,
    ) -> Result<Vec<ObjectId>, Outcome> {
        let assertion: Option<Rank> = match &self.asked.target {
            Target::Offset { .. } => None,
            Target::Value(value) => match sorting.rank(directory, value) {
                Some(rank) => Some(rank),
                None => return Err(self.fail(INAPPROPRIATE_MATCHING)),
            },
        };
        let (list, from) = sorting.sorted(assertion.as_ref());
        self.count = list.len();
        let target = match self.asked.target {
            Target::Value(_) => from,
            Target::Offset { offset, count } => match place(offset, count, list.len()) {
                Some(target) => target,
                None => return Err(self.fail(OFFSET_RANGE_ERROR)),
            },
        };
        self.position = target + 1;
        let begin = target.saturating_sub(self.asked.before);
        let end = target.saturating_add(self.asked.after).saturating_add(1).min(list.len());
        Ok(list.get(begin..end).map(<[ObjectId]>::to_vec).unwrap_or_default())
    }

    /// The list is too long to be sorted.
    pub(super) fn too_long(&mut self) -> Outcome {
        self.fail(ADMIN_LIMIT_EXCEEDED)
    }

    fn fail(&mut self, result: u32) -> Outcome {
        self.result = result;
        Outcome::code(result)
    }

    /// The value of the control that goes with the answer: `SEQUENCE { position, count, result, context }`.
    pub(super) fn answer(&self, context: u64) -> Vec<u8> {
        let mut out = Vec::new();
        let mut writer = Writer::new(&mut out);
        let value = writer.begin(tag::SEQUENCE);
        writer.integer(self.position as i64);
        writer.integer(self.count as i64);
        writer.enumerated(self.result);
        writer.octets(&(context as u32).to_le_bytes());
        writer.end(value);
        out
    }
}

/// The index of the entry that an offset means: the client's idea of the list, scaled to the list. None when
/// it lies outside of the client's own idea.
fn place(offset: usize, count: usize, length: usize) -> Option<usize> {
    match (offset, count) {
        (0, _) => None,
        (offset, 0) => Some((offset - 1).min(length)),
        (offset, count) if offset > count => None,
        (1, _) => Some(0),
        (offset, count) if offset == count => Some(length.saturating_sub(1)),
        (offset, count) => {
            // wide enough: both factors fit 64 bits
            let scaled = length as u128 * offset as u128 / count as u128;
            Some(usize::try_from(scaled).unwrap_or(length).clamp(1, length.max(1)) - 1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_is_scaled_to_the_length_of_the_list() {
        // draft-ietf-ldapext-ldapv3-vlv-09, section 6.2: Si = Sc * (Ci / Cc)
        let check = |offset, count, length, expected| {
            assert_eq!(place(offset, count, length), expected, "{offset} of {count} in {length}");
        };
        check(10, 0, 1700, Some(9)); // golden/03: offset 10, content count 0
        check(12, 1700, 1700, Some(11)); // golden/03: the next window of the same client
        check(1, 50, 1700, Some(0));
        check(50, 50, 1700, Some(1699));
        check(25, 50, 1700, Some(849));
        check(5, 0, 3, Some(3));
        check(0, 0, 1700, None);
        check(51, 50, 1700, None);
        check(2, 4, 0, Some(0));
    }
}
