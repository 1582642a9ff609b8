//! Replication between domain controllers, as values: what a source tells, and what a destination makes of it.
//!
//! A destination pulls: [`Directory::changes_for`] of the source gives everything that changed there after a USN,
//! attribute by attribute and link value by link value, each with its stamp; [`Directory::apply`] of the
//! destination takes what its own stamps do not beat. The greater stamp wins: version, then originating time, then
//! the originating database instance (MS-ADTS 3.1.1.1.9). Objects are known by their GUIDs. What a destination
//! takes gets a USN of its own there; its version, time and origin stay as they are. Attributes that the schema
//! marks as not replicated stay where they were written.
//!
//! What cannot stand beside each other is settled as Active Directory does, by an originating change of whoever
//! meets it: of two objects with one name the one with the smaller stamp is renamed (`CNF:`), and an object
//! whose parent is deleted, or lies below it, moves to CN=LostAndFound.

mod apply;
mod conflict;
mod export;
mod links;
#[cfg(test)]
mod tests;
mod waiting;

use super::{AttrId, ClassId, NamingContext};
use crate::ids::Guid;
use std::sync::Arc;

/// What a source needs to know of a destination: what it holds, and which changes were its own.
#[derive(Debug, Clone)]
pub struct Replica {
    contexts: Arc<Vec<NamingContext>>,
    own_invocations: Arc<Vec<Guid>>,
}

/// A value on its way: other replicas have other numbers for objects, so that names travel as GUIDs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::directory) enum Carried {
    /// A packed value that means the same everywhere.
    Plain(Vec<u8>),
    /// The object that a value names, and the data beside it.
    Reference(Guid, Vec<u8>),
}

/// What decides between two changes of one thing, the most important part first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::directory) struct Precedence {
    pub(super) version: u32,
    /// Milliseconds since 1970; whole seconds for links.
    pub(super) millis: i64,
    pub(super) origin: Guid,
}

/// One attribute that changed; without values when it was emptied.
#[derive(Debug, Clone)]
pub(in crate::directory) struct AttributeChange {
    pub(super) attribute: AttrId,
    pub(super) stamp: Precedence,
    pub(super) values: Vec<Carried>,
}

/// One link value that was given or taken.
#[derive(Debug, Clone)]
pub(in crate::directory) struct LinkChange {
    pub(super) source: Guid,
    pub(super) attribute: AttrId,
    pub(super) target: Guid,
    pub(super) present: bool,
    pub(super) stamp: Precedence,
}

/// What changed of one object. Opaque outside of this room: made by [`Directory::changes_for`], taken by
/// [`Directory::apply`].
///
/// [`Directory::changes_for`]: super::Directory::changes_for
/// [`Directory::apply`]: super::Directory::apply
#[derive(Debug, Clone)]
pub struct ObjectChange {
    pub(super) guid: Guid,
    pub(super) class: ClassId,
    /// Number of the destination's naming context.
    pub(super) context: u8,
    pub(super) is_head: bool,
    /// None for a head.
    pub(super) parent: Option<Guid>,
    pub(super) deleted: bool,
    /// The source's schema: ids of attributes and classes are those of its rows.
    pub(super) schema: super::Schema,
    /// Relative id of its SID in its domain; 0 for none.
    pub(super) rid: u32,
    /// Milliseconds since 1970.
    pub(super) created: i64,
    pub(super) origin: Guid,
    pub(super) attributes: Vec<AttributeChange>,
    pub(super) links: Vec<LinkChange>,
}
