//! Writing many small elements: a buffer in which room is made ahead, so that an element costs a bounds check
//! and its copies. Entries are written with it; [`super::Writer`] writes the rest.

use super::{Writer, tag};

/// Room that is made at least; it doubles from there.
const ROOM: usize = 4 * 1024;
/// What an attribute with a short value takes at most: its head, tag and length, the value.
const SHORT: usize = 192;
/// The longest value whose length is one octet.
const SHORT_VALUE: usize = 0x7f;

/// How an attribute begins, up to its first value.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    length: u8,
    octets: [u8; Head::LONGEST],
}

impl Head {
    /// Less than [`SHORT`] by the longest short value and its tag and length.
    const LONGEST: usize = 63;

    /// The beginning of an attribute of this name; none for a name that is too long.
    pub(crate) fn of(name: &str) -> Option<Head> {
        let mut beginning = Vec::with_capacity(Head::LONGEST);
        let mut writer = Writer::new(&mut beginning);
        let _outer = writer.begin(tag::SEQUENCE);
        writer.octets(name.as_bytes());
        let _inner = writer.begin(tag::SET);
        let mut octets = [0; Head::LONGEST];
        octets.get_mut(..beginning.len())?.copy_from_slice(&beginning);
        Some(Head { length: beginning.len() as u8, octets })
    }

    fn length(&self) -> usize {
        // never more, but the mask spares the bounds checks of those who index by it
        usize::from(self.length) & 0x3f
    }
}

/// Where an open constructed element began. To be given back to [`Block::end`], innermost first.
#[derive(Debug, Clone, Copy)]
#[must_use]
pub(crate) struct Begun(usize);

/// Appends elements to a buffer; what was appended is in it once the block is dropped.
#[derive(Debug)]
pub(crate) struct Block<'a> {
    out: &'a mut Vec<u8>,
    /// Octets written; behind them is room.
    at: usize,
}

impl Drop for Block<'_> {
    fn drop(&mut self) {
        self.out.truncate(self.at);
    }
}

impl<'a> Block<'a> {
    pub(crate) fn new(out: &'a mut Vec<u8>) -> Block<'a> {
        let at = out.len();
        Block { out, at }
    }

    /// Octets written so far, those before this block included.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// Takes back what was written after a position.
    pub(crate) fn back_to(&mut self, position: usize) {
        self.at = self.at.min(position);
    }

    #[inline]
    fn make_room(&mut self, octets: usize) {
        if self.out.len() - self.at < octets {
            self.grow(octets);
        }
    }

    #[cold]
    fn grow(&mut self, octets: usize) {
        let more = octets.max(ROOM).max((self.out.len() - self.at).max(self.out.len() / 2).min(16 * ROOM));
        self.out.resize(self.at + more, 0);
    }

    #[inline]
    fn put(&mut self, octets: &[u8]) {
        self.make_room(octets.len());
        self.out[self.at..self.at + octets.len()].copy_from_slice(octets);
        self.at += octets.len();
    }

    /// Begins a constructed element. Its length has four octets, so that it can be filled in at the end.
    #[inline]
    pub(crate) fn begin(&mut self, tag: u8) -> Begun {
        self.put(&[tag, 0x84, 0, 0, 0, 0]);
        Begun(self.at)
    }

    #[inline]
    pub(crate) fn end(&mut self, begun: Begun) {
        let length = u32::try_from(self.at - begun.0).unwrap_or(u32::MAX);
        self.out[begun.0 - 4..begun.0].copy_from_slice(&length.to_be_bytes());
    }

    /// An attribute with one value, as an entry carries it: a sequence of its name and a set.
    #[inline]
    pub(crate) fn attribute(&mut self, head: &Head, value: &[u8]) {
        let (begins, length) = (head.length(), value.len());
        if length > SHORT_VALUE {
            let begun = self.begin_attribute(head);
            self.octets(value);
            return self.end_attribute(begun);
        }
        self.make_room(SHORT);
        let Some(room) = self.out[self.at..].first_chunk_mut::<SHORT>() else { return };
        // a copy of fixed length is a few instructions
        room[..Head::LONGEST].copy_from_slice(&head.octets);
        let inner = length + 2;
        room[2..6].copy_from_slice(&((begins - 6 + inner) as u32).to_be_bytes());
        room[begins - 4..begins].copy_from_slice(&(inner as u32).to_be_bytes());
        room[begins] = tag::OCTET_STRING;
        room[begins + 1] = length as u8;
        room[begins + 2..begins + 2 + length].copy_from_slice(value);
        self.at += begins + inner;
    }

    /// An attribute whose values follow, one by one.
    #[inline]
    pub(crate) fn begin_attribute(&mut self, head: &Head) -> (Begun, Begun) {
        let outer = Begun(self.at + 6);
        self.put(&head.octets[..head.length()]);
        (outer, Begun(self.at))
    }

    #[inline]
    pub(crate) fn end_attribute(&mut self, (outer, inner): (Begun, Begun)) {
        self.end(inner);
        self.end(outer);
    }

    /// An octet string.
    #[inline]
    pub(crate) fn octets(&mut self, content: &[u8]) {
        self.octets_of(content, &[]);
    }

    /// An octet string of two parts.
    #[inline]
    pub(crate) fn octets_of(&mut self, first: &[u8], second: &[u8]) {
        let length = first.len() + second.len();
        match u8::try_from(length) {
            Ok(short @ 0..=0x7f) => self.put(&[tag::OCTET_STRING, short]),
            _ => {
                let [a, b, c, d] = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
                self.put(&[tag::OCTET_STRING, 0x84, a, b, c, d]);
            }
        }
        self.put(first);
        self.put(second);
    }

    /// An integer that is not negative, in the fewest octets.
    pub(crate) fn integer(&mut self, value: i32) {
        let octets = value.to_be_bytes();
        let redundant = octets.windows(2).take_while(|pair| pair[0] == 0 && pair[1] < 0x80).count();
        let number = &octets[redundant..];
        self.put(&[tag::INTEGER, number.len() as u8]);
        self.put(number);
    }

    /// Elements that were written elsewhere.
    #[inline]
    pub(crate) fn octets_as_they_are(&mut self, elements: &[u8]) {
        self.put(elements);
    }

    /// What was written before, from a position on so many octets of it, as an octet string.
    pub(crate) fn octets_again(&mut self, from: usize, length: usize) {
        self.make_room(length + 6);
        match u8::try_from(length) {
            Ok(short @ 0..=0x7f) => self.put(&[tag::OCTET_STRING, short]),
            _ => {
                let [a, b, c, d] = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
                self.put(&[tag::OCTET_STRING, 0x84, a, b, c, d]);
            }
        }
        self.out.copy_within(from..from + length, self.at);
        self.at += length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_block_holds_what_a_writer_writes(
            before in prop::collection::vec(any::<u8>(), 0..3),
            attributes in prop::collection::vec(
                ("[a-zA-Z-]{1,60}", prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..4)),
                0..40,
            ),
        ) {
            let (mut paged, mut written) = (before.clone(), before);
            let mut block = Block::new(&mut paged);
            let mut writer = Writer::new(&mut written);
            for (name, values) in &attributes {
                let (outer, _) = (writer.begin(tag::SEQUENCE), writer.octets(name.as_bytes()));
                let inner = writer.begin(tag::SET);
                values.iter().for_each(|value| writer.octets(value));
                writer.end(inner);
                writer.end(outer);
                match (Head::of(name), &values[..]) {
                    (Some(head), [value]) => block.attribute(&head, value),
                    (Some(head), values) => {
                        let begun = block.begin_attribute(&head);
                        for value in values {
                            let (first, second) = value.split_at(value.len() / 2);
                            block.octets_of(first, second);
                        }
                        block.end_attribute(begun);
                    }
                    (None, values) => {
                        prop_assert!(name.len() > 40);
                        let (outer, _) = (block.begin(tag::SEQUENCE), block.octets(name.as_bytes()));
                        let inner = block.begin(tag::SET);
                        values.iter().for_each(|value| block.octets(value));
                        block.end(inner);
                        block.end(outer);
                    }
                }
            }
            drop(block);
            prop_assert_eq!(paged, written);
        }
    }
}
