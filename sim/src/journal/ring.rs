//! Where the journal keeps its entries: numbers in one ring and texts in another, so that a request that is
//! recorded allocates nothing once the rings have grown, and a full journal costs what its texts are long.

use super::{Entry, Explain, Line, RetryAfter, Side};
use crate::clock::SimTime;
use std::borrow::Cow;
use std::collections::VecDeque;

/// An entry without its texts, whose octets lie one after the other in the ring.
#[derive(Debug, Clone, Copy)]
struct Kept {
    time: SimTime,
    retry_after_ms: Option<u64>,
    /// Where its texts begin, counted from the first octet ever kept.
    at: u64,
    client: u32,
    operation: u32,
    target: u32,
    unknown: Option<u32>,
    returned: u32,
    explain: Option<Explained>,
    status: u16,
    side: Side,
    after_retry: Option<RetryAfter>,
    write: bool,
    fault: bool,
}

#[derive(Debug, Clone, Copy)]
struct Explained {
    candidates: u32,
    examined: u32,
    index: u16,
    rejected_by: Option<u16>,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Ring {
    entries: VecDeque<Kept>,
    texts: VecDeque<u8>,
    /// Octets of texts that are gone.
    gone: u64,
}

/// A length as the ring keeps it, with the text cut to it.
fn short(text: &str) -> (u16, &str) {
    let most = text.len().min(usize::from(u16::MAX));
    let end = (0..=most).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    (end as u16, &text[..end])
}

impl Ring {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn push(&mut self, line: &Line<'_>) {
        let at = self.gone + self.texts.len() as u64;
        let mut put = |text: &str| {
            self.texts.extend(text.as_bytes());
            text.len() as u32
        };
        let (client, operation, target) = (put(line.client), put(line.operation), put(line.target));
        let unknown = line.unknown.map(&mut put);
        let explain = line.explain.map(|explain| {
            let (index, text) = short(&explain.index);
            put(text);
            let rejected_by = explain.rejected_by.as_deref().map(|text| {
                let (length, text) = short(text);
                put(text);
                length
            });
            Explained { candidates: explain.candidates, examined: explain.examined, index, rejected_by }
        });
        self.entries.push_back(Kept {
            time: line.time,
            retry_after_ms: line.retry_after_ms,
            at,
            client,
            operation,
            target,
            unknown,
            returned: line.returned,
            explain,
            status: line.status,
            side: line.side,
            after_retry: line.after_retry,
            write: line.write,
            fault: line.fault,
        });
    }

    /// Drops the oldest entry.
    pub(super) fn pop(&mut self) {
        if self.entries.pop_front().is_none() {
            return;
        }
        let end = self.gone + self.texts.len() as u64;
        let next = self.entries.front().map_or(end, |kept| kept.at);
        self.texts.drain(..(next - self.gone) as usize);
        self.gone = next;
    }

    /// The entry so many places after the oldest, with this number.
    pub(super) fn entry(&self, place: usize, seq: u64) -> Option<Entry> {
        let kept = self.entries.get(place)?;
        let mut at = (kept.at - self.gone) as usize;
        let mut text = |length: u32| {
            let range = at..at + length as usize;
            at = range.end;
            String::from_utf8(self.texts.range(range).copied().collect()).unwrap_or_default()
        };
        let (client, operation, target) = (text(kept.client), text(kept.operation), text(kept.target));
        let unknown = kept.unknown.map(&mut text);
        let explain = kept.explain.map(|explained| Explain {
            index: Cow::Owned(text(u32::from(explained.index))),
            candidates: explained.candidates,
            examined: explained.examined,
            rejected_by: explained.rejected_by.map(|length| text(u32::from(length))),
        });
        Some(Entry {
            seq,
            time: kept.time,
            side: kept.side,
            client,
            operation,
            target,
            status: kept.status,
            write: kept.write,
            retry_after_ms: kept.retry_after_ms,
            after_retry: kept.after_retry,
            returned: kept.returned,
            unknown,
            fault: kept.fault,
            explain,
        })
    }
}
