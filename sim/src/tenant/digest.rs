//! What a stretch of the change log says of each object: what a delta query is made of.

use super::change::{Change, ChangeKind};
use super::property::{ObjectKind, PropertySet};
use super::{CloudObject, Tenant};
use crate::ids::Guid;
use std::collections::BTreeMap;

/// Where a digest ends when the log does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DigestLimits {
    /// Most objects.
    pub objects: usize,
    /// Most changes of members and managers, of all objects together.
    pub links: usize,
    /// Most entries of the log that are looked at.
    pub examined: usize,
}

/// What a stretch of the change log says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// The objects that changed, in the order of the first change of each.
    pub objects: Vec<ObjectChanges>,
    /// The number of the last change of the stretch: the next one begins there.
    pub upto: u64,
}

/// What happened to one object within a stretch. Its state is read from the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectChanges {
    /// The object.
    pub id: Guid,
    /// Its kind.
    pub kind: ObjectKind,
    /// It was created or came back: every property is news.
    pub whole: bool,
    /// The properties that changed.
    pub properties: PropertySet,
    /// The last word on each member that came or went: whether it is one now.
    pub members: BTreeMap<Guid, bool>,
    /// The last word on each manager that came or went.
    pub managers: BTreeMap<Guid, bool>,
}

impl Change {
    /// The properties whose values this change touched, those that are computed included.
    pub fn properties(&self) -> PropertySet {
        match &self.what {
            ChangeKind::Updated(properties) | ChangeKind::Licensed(properties) => *properties,
            _ => PropertySet::default(),
        }
    }
}

impl Digest {
    fn take(&mut self, at: usize, change: &Change) -> usize {
        let object = &mut self.objects[at];
        let links = object.members.len() + object.managers.len();
        match &change.what {
            ChangeKind::Created | ChangeKind::Restored => object.whole = true,
            ChangeKind::MemberAdded(member) => {
                object.members.insert(*member, true);
            }
            ChangeKind::MemberRemoved(member) => {
                object.members.insert(*member, false);
            }
            ChangeKind::Manager { from, to } => {
                object.managers.extend(from.map(|from| (from, false)));
                object.managers.extend(to.map(|to| (to, true)));
            }
            _ => {
                for property in change.properties().iter() {
                    object.properties.insert(property);
                }
            }
        }
        object.members.len() + object.managers.len() - links
    }
}

impl Tenant {
    /// What the changes after a number say of each object, as far as `tells` lets them count. The stretch ends
    /// where the log does, or at a limit; an object that changes later too is in a later stretch again.
    pub fn changes(&self, since: u64, limits: DigestLimits, tells: impl Fn(&Change) -> bool) -> Digest {
        let mut digest = Digest { objects: Vec::new(), upto: since };
        let mut places: BTreeMap<Guid, usize> = BTreeMap::new();
        let mut links = 0;
        for change in self.changes_since(since).take(limits.examined) {
            if tells(change) {
                let known = places.get(&change.object).copied();
                if known.is_none() && digest.objects.len() == limits.objects || links >= limits.links {
                    break;
                }
                let at = known.unwrap_or_else(|| {
                    places.insert(change.object, digest.objects.len());
                    digest.objects.push(ObjectChanges {
                        id: change.object,
                        kind: change.kind,
                        whole: false,
                        properties: PropertySet::default(),
                        members: BTreeMap::new(),
                        managers: BTreeMap::new(),
                    });
                    digest.objects.len() - 1
                });
                links += digest.take(at, change);
            }
            digest.upto = change.sequence;
        }
        digest
    }

    /// The object with this id, be it live or among the deleted items; none once it is purged.
    pub fn any_object(&self, id: Guid) -> Option<&CloudObject> {
        self.store.any(id)
    }

    /// What kind of object has this id, or had it before it was purged.
    pub fn kind_of(&self, id: Guid) -> Option<ObjectKind> {
        self.any_object(id).map(CloudObject::kind).or_else(|| self.store.purged_kind(id))
    }
}
