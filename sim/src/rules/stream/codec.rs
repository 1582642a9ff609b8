//! Views as octets, for the check's own files.

use super::super::{ATTRIBUTES, ObjectView};
use super::error::CheckError;
use crate::ids::Guid;

/// Appends a view.
pub(super) fn write(view: &ObjectView, out: &mut Vec<u8>) {
    text(&view.dn, out);
    text(&view.class, out);
    match view.guid {
        Some(guid) => {
            out.push(1);
            out.extend_from_slice(&guid.to_bytes());
        }
        None => out.push(0),
    }
    number(u64::from(view.forest), out);
    number(view.slots().count() as u64, out);
    for slot in view.slots() {
        let values = view.slot(slot);
        out.push(slot);
        number(values.len() as u64, out);
        values.iter().for_each(|value| text(value, out));
    }
    number(view.not_utf8.len() as u64, out);
    for (slot, nth, value) in &view.not_utf8 {
        out.push(*slot);
        number(u64::from(*nth), out);
        octets(value, out);
    }
}

fn text(text: &str, out: &mut Vec<u8>) {
    octets(text.as_bytes(), out);
}

fn octets(octets: &[u8], out: &mut Vec<u8>) {
    number(octets.len() as u64, out);
    out.extend_from_slice(octets);
}

/// Seven bits an octet, the lowest first.
fn number(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// What is left to read.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn octet(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let octet = self.octet()?;
            number |= u64::from(octet & 0x7f) << shift;
            if octet & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn octets(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (octets, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(octets)
    }

    fn text(&mut self) -> Option<String> {
        Some(std::str::from_utf8(self.octets()?).ok()?.to_owned())
    }

    /// How many follow: each takes an octet at least.
    fn count(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok().filter(|count| *count <= self.0.len())
    }

    fn view(&mut self) -> Option<ObjectView> {
        let mut view = ObjectView::new(self.text()?, self.text()?);
        if self.octet()? == 1 {
            let (guid, rest) = self.0.split_first_chunk()?;
            (view.guid, self.0) = (Some(Guid::from_bytes(*guid)), rest);
        }
        view.forest = self.number()? as u16;
        let attributes = self.count()?;
        view.reserve(attributes.min(ATTRIBUTES.len()), attributes.min(ATTRIBUTES.len()));
        for _ in 0..attributes {
            let (slot, count) = (self.octet()?, self.count()?);
            if usize::from(slot) >= ATTRIBUTES.len() {
                return None;
            }
            let mut values = Vec::with_capacity(count);
            for _ in 0..count {
                values.push(self.text()?);
            }
            view.set_slot(slot, values);
        }
        for _ in 0..self.count()? {
            view.not_utf8.push((self.octet()?, self.number()? as u32, self.octets()?.to_vec()));
        }
        Some(view)
    }
}

/// Reads a view.
pub(super) fn read(octets: &[u8]) -> Result<ObjectView, CheckError> {
    Rest(octets).view().ok_or_else(CheckError::damaged)
}

/// Reads a view's distinguished name: its first octets are enough, if they hold it.
pub(super) fn read_dn(octets: &[u8]) -> Option<String> {
    Rest(octets).text()
}
