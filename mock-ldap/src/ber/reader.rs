//! Reading: every length is checked against what is there before anything is taken.

use super::tag;

/// Why an element could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("an element is cut short")]
    CutShort,
    #[error("a tag is not the expected one")]
    UnexpectedTag,
    #[error("a tag number needs more than one octet")]
    LongTag,
    #[error("a length is indefinite or has more than four octets")]
    Length,
    #[error("a value is not of its type")]
    Value,
    #[error("octets are left over after the last element")]
    LeftOver,
    #[error("a filter nests too deeply")]
    TooDeep,
    #[error("text is not UTF-8")]
    Text,
}

/// One element: its tag octet and its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tlv<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
}

/// A position in a run of elements.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(input: &'a [u8]) -> Reader<'a> {
        Reader { rest: input }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The tag of the next element, if there is one.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next element, of any tag.
    pub(crate) fn any(&mut self) -> Result<Tlv<'a>, Malformed> {
        let tag = self.peek().ok_or(Malformed::CutShort)?;
        if tag & 0x1f == 0x1f {
            return Err(Malformed::LongTag);
        }
        let first = *self.rest.get(1).ok_or(Malformed::CutShort)?;
        let (length, head) = match first {
            0..=0x7f => (usize::from(first), 2),
            0x81..=0x84 => {
                let octets = usize::from(first & 0x7f);
                let length = self.rest.get(2..2 + octets).ok_or(Malformed::CutShort)?;
                (length.iter().fold(0usize, |sum, octet| sum << 8 | usize::from(*octet)), 2 + octets)
            }
            _ => return Err(Malformed::Length),
        };
        let end = head.checked_add(length).ok_or(Malformed::Length)?;
        let content = self.rest.get(head..end).ok_or(Malformed::CutShort)?;
        self.rest = &self.rest[end..];
        Ok(Tlv { tag, content })
    }

    /// The content of the next element, which must have this tag.
    pub(crate) fn content(&mut self, tag: u8) -> Result<&'a [u8], Malformed> {
        let tlv = self.any()?;
        if tlv.tag == tag { Ok(tlv.content) } else { Err(Malformed::UnexpectedTag) }
    }

    /// The content of the next element if it has this tag; nothing is taken otherwise.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>, Malformed> {
        if self.peek() == Some(tag) { self.content(tag).map(Some) } else { Ok(None) }
    }

    /// A constructed element to read inside.
    pub(crate) fn inside(&mut self, tag: u8) -> Result<Reader<'a>, Malformed> {
        self.content(tag).map(Reader::new)
    }

    pub(crate) fn sequence(&mut self) -> Result<Reader<'a>, Malformed> {
        self.inside(tag::SEQUENCE)
    }

    pub(crate) fn octets(&mut self) -> Result<&'a [u8], Malformed> {
        self.content(tag::OCTET_STRING)
    }

    /// An octet string that must be UTF-8: names, DNs, OIDs.
    pub(crate) fn text(&mut self) -> Result<&'a str, Malformed> {
        text(self.octets()?)
    }

    pub(crate) fn integer(&mut self) -> Result<i64, Malformed> {
        integer(self.content(tag::INTEGER)?)
    }

    pub(crate) fn enumerated(&mut self) -> Result<i64, Malformed> {
        integer(self.content(tag::ENUMERATED)?)
    }

    pub(crate) fn boolean(&mut self) -> Result<bool, Malformed> {
        boolean(self.content(tag::BOOLEAN)?)
    }

    /// That nothing is left.
    pub(crate) fn end(&self) -> Result<(), Malformed> {
        if self.is_empty() { Ok(()) } else { Err(Malformed::LeftOver) }
    }
}

/// A two's complement number of one to eight octets. Clients differ in how they send a 32-bit flag word with
/// its top bit set: as a negative number in four octets, or as a positive one in five; both are read here,
/// and the caller takes the low 32 bits.
pub(crate) fn integer(content: &[u8]) -> Result<i64, Malformed> {
    let (Some(first), 1..=8) = (content.first(), content.len()) else { return Err(Malformed::Value) };
    let sign = if first & 0x80 == 0 { 0 } else { -1 };
    Ok(content.iter().fold(sign, |sum: i64, octet| sum << 8 | i64::from(*octet)))
}

/// A truth value: any octet but zero is true (python-ldap sends 01).
pub(crate) fn boolean(content: &[u8]) -> Result<bool, Malformed> {
    match content {
        [octet] => Ok(*octet != 0),
        _ => Err(Malformed::Value),
    }
}

pub(crate) fn text(content: &[u8]) -> Result<&str, Malformed> {
    std::str::from_utf8(content).map_err(|_| Malformed::Text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(input: &[u8], expected: Result<Tlv<'_>, Malformed>) {
        assert_eq!(Reader::new(input).any(), expected, "{input:02x?}");
    }

    #[test]
    fn lengths_come_in_short_and_long_form() {
        let tlv = |content| Ok(Tlv { tag: 0x04, content });
        check(&[4, 0], tlv(&[]));
        check(&[4, 2, 7, 8], tlv(&[7, 8]));
        check(&[4, 0x81, 1, 7], tlv(&[7]));
        check(&[4, 0x84, 0, 0, 0, 1, 7], tlv(&[7]));
        check(&[4, 0x80, 0, 0], Err(Malformed::Length));
        check(&[4, 0x85, 0, 0, 0, 0, 1, 7], Err(Malformed::Length));
        check(&[4, 0x84, 0xff, 0xff, 0xff, 0xff, 7], Err(Malformed::CutShort));
        check(&[4], Err(Malformed::CutShort));
        check(&[], Err(Malformed::CutShort));
        check(&[0x1f, 1, 0], Err(Malformed::LongTag));
    }

    #[test]
    fn integers_come_in_signed_and_in_five_octet_form() {
        // golden 11: flags 0x80000801 as 00 80 00 08 01, and 0x80000000 as 80 00 00 00
        let flags = |content: &[u8]| integer(content).map(|value| value as u32);
        assert_eq!(flags(&[0x00, 0x80, 0x00, 0x08, 0x01]), Ok(0x8000_0801));
        assert_eq!(flags(&[0x80, 0x00, 0x00, 0x00]), Ok(0x8000_0000));
        assert_eq!(integer(&[0x80]), Ok(-128));
        assert_eq!(integer(&[0x7f]), Ok(127));
        assert_eq!(integer(&[]), Err(Malformed::Value));
        assert_eq!(integer(&[0; 9]), Err(Malformed::Value));
    }

    #[test]
    fn any_octet_but_zero_is_true() {
        assert_eq!([0x00, 0x01, 0xff].map(|octet| boolean(&[octet])), [Ok(false), Ok(true), Ok(true)]);
        assert_eq!(boolean(&[]), Err(Malformed::Value));
    }

    proptest! {
        #[test]
        fn no_input_makes_the_reader_panic_or_read_past_its_end(input: Vec<u8>) {
            let mut reader = Reader::new(&input);
            let mut taken = 0;
            while let Ok(tlv) = reader.any() {
                taken += tlv.content.len() + 2;
            }
            prop_assert!(taken <= input.len());
        }
    }
}
