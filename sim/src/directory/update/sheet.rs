//! The values of an object that is being loaded, side by side in one buffer: to load people by the million
//! with an allocation for each of their values costs more than all else that is done to them.

use super::defaults::Attributes;
use crate::directory::AttrId;
use std::io::Write as _;

/// Octets and values of an ordinary person.
const ROOM: (usize, usize) = (1024, 56);

/// Attributes with their values, in any order. Several values of one attribute keep theirs.
#[derive(Debug, Clone)]
pub(crate) struct Sheet {
    octets: Vec<u8>,
    /// Attribute, first octet, octet after the last.
    values: Vec<(AttrId, u32, u32)>,
}

impl Default for Sheet {
    fn default() -> Sheet {
        Sheet { octets: Vec::with_capacity(ROOM.0), values: Vec::with_capacity(ROOM.1) }
    }
}

impl Sheet {
    /// Adds a value.
    pub(crate) fn push(&mut self, attribute: AttrId, value: &[u8]) {
        self.push_with(attribute, |octets| {
            octets.extend_from_slice(value);
            Some(())
        });
    }

    /// Adds a value that is put together here.
    pub(crate) fn write(&mut self, attribute: AttrId, value: std::fmt::Arguments<'_>) {
        self.push_with(attribute, |octets| octets.write_fmt(value).ok());
    }

    /// Adds a value as it is appended, if it can be.
    pub(super) fn push_with(&mut self, attribute: AttrId, append: impl FnOnce(&mut Vec<u8>) -> Option<()>) {
        let start = self.octets.len();
        match append(&mut self.octets) {
            Some(()) => self.values.push((attribute, start as u32, self.octets.len() as u32)),
            None => self.octets.truncate(start),
        }
    }

    /// Every value with its attribute, in the order in which they came.
    pub(super) fn iter(&self) -> impl Iterator<Item = (AttrId, &[u8])> {
        self.values.iter().map(|(id, start, end)| (*id, &self.octets[*start as usize..*end as usize]))
    }

    /// Calls `each` with every attribute and its values, in the order of ids.
    pub(super) fn each_sorted(&mut self, mut each: impl FnMut(AttrId, &[&[u8]])) {
        self.values.sort_unstable();
        let octets = |(_, start, end): &(AttrId, u32, u32)| &self.octets[*start as usize..*end as usize];
        for group in self.values.chunk_by(|(a, ..), (b, ..)| a == b) {
            match group {
                [only] => each(only.0, &[octets(only)]),
                several => each(several[0].0, &several.iter().map(octets).collect::<Vec<_>>()),
            }
        }
    }
}

impl Attributes for Sheet {
    fn first(&self, attribute: AttrId) -> Option<&[u8]> {
        self.iter().find(|(id, _)| *id == attribute).map(|(_, value)| value)
    }

    fn put(&mut self, attribute: AttrId, packed: &[u8]) {
        self.push(attribute, packed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::attr;

    #[test]
    fn values_come_by_attribute_and_in_their_order() {
        let mut sheet = Sheet::default();
        sheet.push(attr::MAIL, b"b");
        sheet.push(attr::CN, b"");
        sheet.push_with(attr::TITLE, |octets| {
            octets.push(1);
            None
        });
        sheet.write(attr::MAIL, format_args!("{}", 12));
        sheet.push(attr::MAIL, b"a");
        let mut read = Vec::new();
        sheet.each_sorted(|id, values| read.push((id, values.concat(), values.len())));
        assert_eq!(read, [(attr::CN, Vec::new(), 1), (attr::MAIL, b"b12a".to_vec(), 3)]);
        assert_eq!(sheet.first(attr::MAIL), Some(&b"b"[..]));
        assert_eq!(sheet.first(attr::TITLE), None);
    }
}
