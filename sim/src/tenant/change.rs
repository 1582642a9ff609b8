//! The change log: what happened to which object, numbered.

use super::property::{ObjectKind, PropertySet};
use crate::clock::SimTime;
use crate::ids::Guid;

/// One entry of the change log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its number: 1, 2, 3...
    pub sequence: u64,
    /// When.
    pub at: SimTime,
    /// The object that changed.
    pub object: Guid,
    /// Its kind.
    pub kind: ObjectKind,
    /// What happened.
    pub what: ChangeKind,
}

/// What happened to an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    /// It was created.
    Created,
    /// These properties changed.
    Updated(PropertySet),
    /// Its direct licences changed (and with them, maybe, its addresses).
    Licensed(PropertySet),
    /// An object became a member of this group.
    MemberAdded(Guid),
    /// An object is no longer a member of this group.
    MemberRemoved(Guid),
    /// A member of this group went to the deleted items. Readers of changes are not told: a deleted member
    /// counts as one until it is purged (microsoft-graph.md 2.6).
    MemberHidden(Guid),
    /// Its manager changed.
    Manager {
        /// Who it was.
        from: Option<Guid>,
        /// Who it is.
        to: Option<Guid>,
    },
    /// It went to the deleted items.
    Deleted,
    /// It came back from there.
    Restored,
    /// It is gone for good.
    Purged,
}
