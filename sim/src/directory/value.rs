//! Values of attributes as the store gives them out.

use super::schema::{AttrId, ClassId};
use super::{Directory, ObjectId};
use crate::clock::SimTime;
use crate::ids::Guid;

/// One value of an attribute, borrowed from the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// A string.
    Text(&'a str),
    /// Bytes: octet strings, security descriptors, SIDs of other domains.
    Bytes(&'a [u8]),
    /// An integer, 32 or 64 bits.
    Int(i64),
    /// TRUE or FALSE.
    Bool(bool),
    /// A GeneralizedTime.
    Time(SimTime),
    /// The distinguished name of an object.
    Dn(ObjectId),
    /// Bytes with a name: `B:32:A9D1...:CN=Users,...`.
    DnBinary(&'a [u8], ObjectId),
    /// Text with a name: `S:5:...:CN=...`.
    DnString(&'a str, ObjectId),
    /// A class, shown by its LDAP display name.
    Class(ClassId),
    /// An attribute, shown by its LDAP display name.
    Attribute(AttrId),
    /// A GUID, 16 bytes with the first fields little-endian on the wire.
    Guid(Guid),
    /// The SID of a principal of this domain, by its relative id.
    Rid(u32),
}

impl Value<'_> {
    /// Appends the value as LDAP carries it.
    pub fn write_ldap(&self, directory: &Directory, out: &mut Vec<u8>) {
        let _ = (directory, out);
    }
}

/// The values of one attribute of one object, in a stable order.
#[derive(Clone, Debug)]
pub struct Values<'a> {
    one: Option<Value<'a>>,
}

impl<'a> Values<'a> {
    pub(super) fn none() -> Values<'a> {
        Values { one: None }
    }
}

impl<'a> Iterator for Values<'a> {
    type Item = Value<'a>;
    fn next(&mut self) -> Option<Value<'a>> {
        self.one.take()
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        let n = usize::from(self.one.is_some());
        (n, Some(n))
    }
}

impl ExactSizeIterator for Values<'_> {}
