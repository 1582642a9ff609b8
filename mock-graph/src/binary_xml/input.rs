//! The octets of a stream, taken from the front.

use super::decode::DecodeError;
use super::dictionary;
use super::element::Label;

/// Names that are in every object of the service and not in the dictionary: they need no copy.
const FREQUENT: [&str; 12] = [
    "KeyValueOfstringanyType",
    "Key",
    "Value",
    "string",
    "i",
    "d",
    "c",
    "b",
    "base64Binary",
    "http://www.w3.org/2001/XMLSchema",
    "PropertyValues",
    "AzureADSyncObject",
];

/// What is left to read, and where it began.
pub(super) struct Input<'a> {
    whole: &'a [u8],
    at: usize,
}

impl<'a> Input<'a> {
    pub(super) fn new(whole: &'a [u8]) -> Input<'a> {
        Input { whole, at: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.at == self.whole.len()
    }

    pub(super) fn fail(&self, what: &'static str) -> DecodeError {
        DecodeError { at: self.at, what }
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.whole.len());
        let Some(end) = end else { return Err(self.fail("the stream ends too early")) };
        let taken = &self.whole[self.at..end];
        self.at = end;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let mut octets = [0; N];
        octets.copy_from_slice(self.take(N)?);
        Ok(octets)
    }

    pub(super) fn octet(&mut self) -> Result<u8, DecodeError> {
        Ok(self.array::<1>()?[0])
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.whole.get(self.at).copied()
    }

    /// `MultiByteInt31`: seven bits an octet, the lowest ones first, at most 31 bits.
    pub(super) fn number(&mut self) -> Result<u32, DecodeError> {
        let mut value: u64 = 0;
        for place in 0..5 {
            let octet = self.octet()?;
            value |= u64::from(octet & 0x7F) << (7 * place);
            if octet & 0x80 == 0 {
                let small = u32::try_from(value).ok().filter(|value| *value <= i32::MAX as u32);
                return small.ok_or_else(|| self.fail("a number has more than 31 bits"));
            }
        }
        Err(self.fail("a number has more than five octets"))
    }

    /// `String`: a length and so many octets of UTF-8.
    pub(super) fn string(&mut self) -> Result<&'a str, DecodeError> {
        let length = self.number()? as usize;
        let octets = self.take(length)?;
        std::str::from_utf8(octets).map_err(|_| self.fail("a string is not UTF-8"))
    }

    /// A string that names something.
    pub(super) fn label(&mut self) -> Result<Label, DecodeError> {
        let text = self.string()?;
        let frequent = FREQUENT.iter().find(|known| **known == text);
        Ok(frequent.map_or_else(|| Label::Owned(text.to_owned()), |known| Label::Borrowed(known)))
    }

    /// `DictionaryString`: the number of a string of the static dictionary.
    pub(super) fn dictionary(&mut self) -> Result<&'static str, DecodeError> {
        let number = self.number()?;
        dictionary::string(number).ok_or_else(|| self.fail("the static dictionary has no such string"))
    }
}
