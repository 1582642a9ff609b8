//! The packed attributes of one object.
//!
//! A cell is: two bytes of attribute id and flags; when stamped, the differences of its change stamp from the
//! object's creation; the length of its values; its values. Cells lie in ascending order of attribute ids.
//! A cell without values keeps the stamp of an attribute that was emptied.

use super::super::schema::AttrId;
use super::varint;

const STAMPED: u16 = 1 << 15;
const COUNTED: u16 = 1 << 14;
const INTERNED: u16 = 1 << 13;
const ID: u16 = INTERNED - 1;

/// When an attribute was changed, relative to its object's creation; the default is the creation itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CellStamp {
    /// USN minus the object's uSNCreated.
    pub(crate) usn: u64,
    /// From 1.
    pub(crate) version: u32,
    /// Milliseconds since the object's creation.
    pub(crate) millis: i64,
    /// Number of the database instance, from the directory's list; none for the object's own.
    pub(crate) origin: Option<u16>,
}

impl Default for CellStamp {
    fn default() -> CellStamp {
        CellStamp { usn: 0, version: 1, millis: 0, origin: None }
    }
}

/// One attribute of one object, still packed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cell<'a> {
    pub(crate) attribute: AttrId,
    pub(crate) stamp: CellStamp,
    counted: bool,
    /// Values are numbers of the directory's dictionary.
    pub(crate) interned: bool,
    payload: &'a [u8],
}

impl<'a> Cell<'a> {
    /// The packed value, when there is no other.
    #[inline]
    pub(crate) fn single(&self) -> Option<&'a [u8]> {
        (!self.counted).then_some(self.payload)
    }

    /// The packed values.
    #[inline]
    pub(crate) fn values(&self) -> PackedValues<'a> {
        PackedValues {
            rest: self.payload,
            counted: self.counted,
            done: self.counted && self.payload.is_empty(),
        }
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.counted && self.payload.is_empty()
    }
}

/// Packed values of a cell, in stored order.
#[derive(Debug, Clone)]
pub(crate) struct PackedValues<'a> {
    rest: &'a [u8],
    counted: bool,
    done: bool,
}

impl<'a> PackedValues<'a> {
    /// The value, when there is no other.
    #[inline]
    pub(crate) fn single(&self) -> Option<&'a [u8]> {
        (!self.counted && !self.done).then_some(self.rest)
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.done
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        match (self.done, self.counted) {
            (true, _) => 0,
            (false, false) => 1,
            (false, true) => self.clone().count(),
        }
    }
}

impl<'a> Iterator for PackedValues<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        if self.done {
            return None;
        }
        if !self.counted {
            self.done = true;
            return Some(self.rest);
        }
        let length = (varint::take(&mut self.rest) as usize).min(self.rest.len());
        let (value, rest) = self.rest.split_at(length);
        self.rest = rest;
        self.done = rest.is_empty();
        Some(value)
    }
}

/// The cells of an object, ascending.
#[derive(Debug, Clone)]
pub(crate) struct Cells<'a> {
    rest: &'a [u8],
}

impl<'a> Cells<'a> {
    pub(crate) fn of(bytes: &'a [u8]) -> Cells<'a> {
        Cells { rest: bytes }
    }

    /// The cell of an attribute. Those before it are skipped without a look at their stamps.
    pub(crate) fn cell_of(mut self, attribute: AttrId) -> Option<Cell<'a>> {
        loop {
            let (head, rest) = self.rest.split_first_chunk::<2>()?;
            let head = u16::from_le_bytes(*head);
            match usize::from(head & ID) {
                id if id < attribute.index() => {}
                id if id == attribute.index() => return self.next(),
                _ => return None,
            }
            self.rest = rest;
            if head & STAMPED != 0 {
                skip_stamp(&mut self.rest);
            }
            let length = varint::take(&mut self.rest) as usize;
            self.rest = self.rest.get(length..)?;
        }
    }
}

#[inline]
fn skip_stamp(rest: &mut &[u8]) {
    for _ in 0..4 {
        varint::take(rest);
    }
}

impl<'a> Cells<'a> {
    /// The cells without their stamps, which are skipped and not read.
    #[inline]
    pub(crate) fn unstamped(mut self) -> impl Iterator<Item = (AttrId, Cell<'a>)> {
        std::iter::from_fn(move || {
            let (head, rest) = self.rest.split_first_chunk::<2>()?;
            let head = u16::from_le_bytes(*head);
            self.rest = rest;
            if head & STAMPED != 0 {
                skip_stamp(&mut self.rest);
            }
            let length = (varint::take(&mut self.rest) as usize).min(self.rest.len());
            let (payload, rest) = self.rest.split_at(length);
            self.rest = rest;
            let attribute = AttrId::from_index(head & ID);
            let (counted, interned) = (head & COUNTED != 0, head & INTERNED != 0);
            Some((attribute, Cell { attribute, stamp: CellStamp::default(), counted, interned, payload }))
        })
    }
}

impl<'a> Iterator for Cells<'a> {
    type Item = Cell<'a>;

    #[inline]
    fn next(&mut self) -> Option<Cell<'a>> {
        let (head, rest) = self.rest.split_first_chunk::<2>()?;
        let head = u16::from_le_bytes(*head);
        self.rest = rest;
        let stamp = if head & STAMPED == 0 {
            CellStamp::default()
        } else {
            let rest = &mut self.rest;
            CellStamp {
                usn: varint::take(rest),
                version: varint::take(rest) as u32,
                millis: varint::take_signed(rest),
                origin: varint::take(rest).checked_sub(1).map(|origin| origin as u16),
            }
        };
        let length = (varint::take(&mut self.rest) as usize).min(self.rest.len());
        let (payload, rest) = self.rest.split_at(length);
        self.rest = rest;
        Some(Cell {
            attribute: AttrId::from_index(head & ID),
            stamp,
            counted: head & COUNTED != 0,
            interned: head & INTERNED != 0,
            payload,
        })
    }
}

/// Appends a cell. The caller keeps the order of ids.
pub(crate) fn put_cell(
    out: &mut Vec<u8>,
    attribute: AttrId,
    stamp: CellStamp,
    interned: bool,
    values: &[impl AsRef<[u8]>],
) {
    let counted = values.len() != 1;
    let stamped = stamp != CellStamp::default();
    let flags = [(stamped, STAMPED), (counted, COUNTED), (interned, INTERNED)];
    let head =
        flags.iter().filter(|(set, _)| *set).fold(attribute.index() as u16, |head, (_, bit)| head | bit);
    out.extend_from_slice(&head.to_le_bytes());
    if stamped {
        varint::put(out, stamp.usn);
        varint::put(out, u64::from(stamp.version));
        varint::put_signed(out, stamp.millis);
        varint::put(out, stamp.origin.map_or(0, |origin| u64::from(origin) + 1));
    }
    if let [value] = values {
        varint::put(out, value.as_ref().len() as u64);
        out.extend_from_slice(value.as_ref());
        return;
    }
    let mut payload = Vec::new();
    for value in values {
        varint::put(&mut payload, value.as_ref().len() as u64);
        payload.extend_from_slice(value.as_ref());
    }
    varint::put(out, payload.len() as u64);
    out.extend_from_slice(&payload);
}

/// The cells with one replaced, or put in its place in the order.
pub(crate) fn replace_cell(
    bytes: &[u8],
    attribute: AttrId,
    stamp: CellStamp,
    interned: bool,
    values: &[impl AsRef<[u8]>],
) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 64);
    let mut cells = Cells::of(bytes);
    let mut before = bytes;
    loop {
        let at = cells.rest;
        match cells.next() {
            Some(cell) if cell.attribute < attribute => before = cells.rest,
            next => {
                out.extend_from_slice(&bytes[..bytes.len() - at.len()]);
                put_cell(&mut out, attribute, stamp, interned, values);
                let same = next.is_some_and(|cell| cell.attribute == attribute);
                out.extend_from_slice(if same { cells.rest } else { at });
                debug_assert!(before.len() >= at.len());
                return out;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_replaced_in_its_place_and_keeps_the_others() {
        let id = AttrId::from_index;
        let mut bytes = Vec::new();
        put_cell(&mut bytes, id(3), CellStamp::default(), false, &[b"three"]);
        put_cell(&mut bytes, id(9), CellStamp::default(), false, &[b"a".as_slice(), b"", b"ccc"]);
        let stamp = CellStamp { usn: 7, version: 2, millis: -5, origin: Some(1) };
        for (attribute, order) in
            [(1, vec![1, 3, 9]), (3, vec![3, 9]), (5, vec![3, 5, 9]), (12, vec![3, 9, 12])]
        {
            let next = replace_cell(&bytes, id(attribute), stamp, true, &[b"x", b"y"]);
            let ids: Vec<_> = Cells::of(&next).map(|cell| cell.attribute.index()).collect();
            assert_eq!(ids, order);
            let cell = Cells::of(&next).cell_of(id(attribute)).unwrap();
            assert_eq!((cell.stamp, cell.interned), (stamp, true));
            assert_eq!(cell.values().collect::<Vec<_>>(), [b"x", b"y"]);
            let nine = Cells::of(&next).cell_of(id(9)).unwrap();
            assert_eq!(nine.values().collect::<Vec<_>>(), [b"a".as_slice(), b"", b"ccc"]);
        }
        let empty = replace_cell(&bytes, id(3), stamp, false, &[] as &[&[u8]]);
        assert!(Cells::of(&empty).cell_of(id(3)).unwrap().is_empty());
    }
}
