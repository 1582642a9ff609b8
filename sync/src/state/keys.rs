//! Keys: the first octet says what a row is.

use crate::value::CsKey;

/// A kind of row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    /// connector, id: an object of a connector space.
    Object = b'o' as isize,
    /// connector, anchor: its id.
    Anchor = b'a' as isize,
    /// connector, folded distinguished name: its id.
    Dn = b'd' as isize,
    /// connector, id, id of one that refers to it.
    Referrer = b'r' as isize,
    /// connector, order, id: to be synchronized.
    Changed = b'c' as isize,
    /// connector, id: its metaverse object.
    Link = b'l' as isize,
    /// A metaverse object.
    Metaverse = b'm' as isize,
    /// attribute, value, metaverse object: for joins.
    Index = b'i' as isize,
    /// attribute, value, connector, id: an object that waits for a metaverse object with this value.
    Waiting = b'w' as isize,
    /// metaverse object: whether it has its objects in the targets has to be decided.
    Provision = b'p' as isize,
    /// metaverse object: what flows out of it has to be computed.
    Flow = b'f' as isize,
    /// connector, operation, id: to be exported.
    Export = b'e' as isize,
    /// connector, id: sent, and no answer has come.
    Flight = b't' as isize,
    /// connector, id: its synchronization failed.
    Failed = b'z' as isize,
    /// metaverse object: what flows out of it failed; the text.
    FailedOut = b'y' as isize,
}

impl Table {
    pub(crate) fn key(self, parts: &[&[u8]]) -> Vec<u8> {
        let mut key = Vec::with_capacity(1 + parts.iter().map(|part| part.len()).sum::<usize>());
        key.push(self as u8);
        parts.iter().for_each(|part| key.extend_from_slice(part));
        key
    }

    /// The row of an object.
    pub(crate) fn of(self, object: CsKey) -> Vec<u8> {
        self.key(&[&[object.connector], &object.id.to_be_bytes()])
    }

    /// The row of a metaverse object.
    pub(crate) fn at(self, number: u32) -> Vec<u8> {
        self.key(&[&number.to_be_bytes()])
    }
}

pub(super) fn meta(name: &str) -> Vec<u8> {
    [b"n", name.as_bytes()].concat()
}

pub(super) fn number(octets: &[u8]) -> Option<u32> {
    octets.try_into().ok().map(u32::from_be_bytes)
}

/// The first key that does not begin so.
pub(super) fn after_prefix(prefix: &[u8]) -> Vec<u8> {
    let mut until = prefix.to_vec();
    while let Some(last) = until.last_mut() {
        if *last < u8::MAX {
            *last += 1;
            return until;
        }
        until.pop();
    }
    vec![u8::MAX; 600]
}
