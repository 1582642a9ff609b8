//! Writing: elements are appended; a constructed one is open until it is ended.

use super::tag;

/// Where an open constructed element began. To be given back to [`Writer::end`], innermost first.
#[derive(Debug)]
#[must_use]
pub(crate) struct Open(usize);

/// Appends elements to a buffer.
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    out: &'a mut Vec<u8>,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(out: &'a mut Vec<u8>) -> Writer<'a> {
        Writer { out }
    }

    /// Begins a constructed element. Its length has four octets, so that it can be filled in at the end.
    #[inline]
    pub(crate) fn begin(&mut self, tag: u8) -> Open {
        self.out.extend_from_slice(&[tag, 0x84, 0, 0, 0, 0]);
        Open(self.out.len())
    }

    #[inline]
    pub(crate) fn end(&mut self, open: Open) {
        let length = u32::try_from(self.out.len() - open.0).unwrap_or(u32::MAX);
        self.out[open.0 - 4..open.0].copy_from_slice(&length.to_be_bytes());
    }

    /// A primitive element.
    #[inline]
    pub(crate) fn primitive(&mut self, tag: u8, content: &[u8]) {
        match u8::try_from(content.len()) {
            Ok(length @ 0..=0x7f) => self.out.extend_from_slice(&[tag, length]),
            _ => {
                self.out.extend_from_slice(&[tag, 0x84]);
                let length = u32::try_from(content.len()).unwrap_or(u32::MAX);
                self.out.extend_from_slice(&length.to_be_bytes());
            }
        }
        self.out.extend_from_slice(content);
    }

    /// An octet string whose content `fill` appends. Most values are short: one octet is kept for the
    /// length, and a longer content is moved.
    #[inline]
    pub(crate) fn octets_with(&mut self, fill: impl FnOnce(&mut Vec<u8>)) {
        self.out.extend_from_slice(&[tag::OCTET_STRING, 0]);
        let start = self.out.len();
        fill(self.out);
        let length = self.out.len() - start;
        match u8::try_from(length) {
            Ok(short @ 0..=0x7f) => self.out[start - 1] = short,
            _ => {
                let length = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
                self.out[start - 1] = 0x84;
                self.out.splice(start..start, length);
            }
        }
    }

    #[inline]
    pub(crate) fn octets(&mut self, content: &[u8]) {
        self.primitive(tag::OCTET_STRING, content);
    }

    pub(crate) fn integer(&mut self, value: i64) {
        self.number(tag::INTEGER, value);
    }

    pub(crate) fn enumerated(&mut self, value: u32) {
        self.number(tag::ENUMERATED, i64::from(value));
    }

    /// The fewest octets of two's complement.
    fn number(&mut self, tag: u8, value: i64) {
        let octets = value.to_be_bytes();
        let redundant =
            |pair: &[u8]| pair[0] == 0 && pair[1] & 0x80 == 0 || pair[0] == 0xff && pair[1] & 0x80 != 0;
        let skip = octets.windows(2).take_while(|pair| redundant(pair)).count();
        self.primitive(tag, &octets[skip..]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Reader;
    use super::*;
    use proptest::prelude::*;

    fn check(write: impl FnOnce(&mut Writer<'_>), expected: &[u8]) {
        let mut out = Vec::new();
        write(&mut Writer::new(&mut out));
        assert_eq!(out, expected);
    }

    #[test]
    fn numbers_take_the_fewest_octets() {
        check(|w| w.integer(0), &[2, 1, 0]);
        check(|w| w.integer(127), &[2, 1, 0x7f]);
        check(|w| w.integer(128), &[2, 2, 0, 0x80]);
        check(|w| w.integer(-1), &[2, 1, 0xff]);
        // golden 11: the paged response's estimate of 1700
        check(|w| w.integer(1700), &[2, 2, 0x06, 0xa4]);
        check(|w| w.enumerated(53), &[0x0a, 1, 0x35]);
    }

    #[test]
    fn a_constructed_element_has_a_length_of_four_octets() {
        let write = |w: &mut Writer<'_>| {
            let open = w.begin(tag::SEQUENCE);
            w.octets(b"a");
            w.end(open);
        };
        check(write, &[0x30, 0x84, 0, 0, 0, 3, 4, 1, b'a']);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(numbers: Vec<i64>, values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..5)) {
            let mut out = Vec::new();
            let mut writer = Writer::new(&mut out);
            let open = writer.begin(tag::SEQUENCE);
            numbers.iter().for_each(|number| writer.integer(*number));
            for value in &values {
                writer.octets(value);
                writer.octets_with(|out| out.extend_from_slice(value));
            }
            writer.end(open);
            let mut reader = Reader::new(&out).sequence().unwrap();
            for number in numbers {
                prop_assert_eq!(reader.integer(), Ok(number));
            }
            for value in &values {
                prop_assert_eq!(reader.octets(), Ok(value.as_slice()));
                prop_assert_eq!(reader.octets(), Ok(value.as_slice()));
            }
            prop_assert!(reader.is_empty());
        }
    }
}
