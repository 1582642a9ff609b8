//! The tenant's object store: objects in copy-on-write pages, hash indexes, the change log.
//!
//! What it is not: a judge of values. Whoever writes has checked them; the store keeps objects, indexes and
//! log consistent with each other.

mod index;
mod pages;

pub(crate) use index::same_folded;

use super::change::{Change, ChangeKind};
use super::object::CloudObject;
use super::property::{ObjectKind, Property, Stored};
use crate::clock::SimTime;
use crate::ids::Guid;
use index::{Index, exact, folded};
use pages::Pages;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Most entries that the change log keeps: a reader who comes back later has to start anew.
const LOG_MAX: usize = 1_000_000;

/// Place of an object in the store; never given twice.
pub(crate) type Slot = u32;

/// What objects are found by, beside their id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    /// User principal name of live users.
    UserPrincipalName,
    /// Proxy addresses of live objects, prefix included.
    ProxyAddress,
    /// `mail` of live objects.
    Mail,
    /// `mailNickname` of live objects.
    MailNickname,
    /// Immutable ID of users, source anchor of groups and contacts, deleted objects too. Case counts.
    Anchor,
    /// Graph's alternate keys of live objects: `appId` of applications and service principals, `deviceId` of
    /// devices, `uniqueName` of groups.
    Alternate,
}

const KEYS: [Key; 6] =
    [Key::UserPrincipalName, Key::ProxyAddress, Key::Mail, Key::MailNickname, Key::Anchor, Key::Alternate];

impl Key {
    fn hash(self, text: &str) -> u64 {
        if self == Key::Anchor { exact(text.as_bytes()) } else { folded(text) }
    }

    fn same(self, a: &str, b: &str) -> bool {
        if self == Key::Anchor { a == b } else { same_folded(a, b) }
    }

    fn texts(self, object: &CloudObject) -> &[Box<str>] {
        if object.deleted.is_some() && self != Key::Anchor {
            return &[];
        }
        let stored = match self {
            Key::UserPrincipalName => object.stored(Property::UserPrincipalName),
            Key::ProxyAddress => object.stored(Property::ProxyAddresses),
            Key::Mail => object.stored(Property::Mail),
            Key::MailNickname => object.stored(Property::MailNickname),
            Key::Anchor if object.kind == ObjectKind::User => object.stored(Property::OnPremisesImmutableId),
            Key::Alternate => object.stored(match object.kind {
                ObjectKind::Application | ObjectKind::ServicePrincipal => Property::AppId,
                ObjectKind::Device => Property::DeviceId,
                _ => Property::UniqueName,
            }),
            Key::Anchor => {
                return object.shadow.as_ref().map_or(&[], |shadow| std::slice::from_ref(&shadow.anchor));
            }
        };
        match stored {
            Some(Stored::Text(text)) => std::slice::from_ref(text),
            Some(Stored::Texts(texts)) => texts,
            _ => &[],
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Store {
    objects: Pages<Option<Arc<CloudObject>>>,
    kinds: [Pages<Slot>; ObjectKind::COUNT],
    live: [usize; ObjectKind::COUNT],
    ids: Index,
    keys: [Index; KEYS.len()],
    log: Pages<Change>,
    deleted: Arc<BTreeSet<Slot>>,
    quarantined: Arc<BTreeSet<Slot>>,
    purged: Arc<BTreeMap<Guid, Purged>>,
}

/// What is left of an object that is gone for good: its kind, and the source anchor under which an engine knew it.
type Purged = (ObjectKind, Option<Box<str>>);

impl Store {
    pub(crate) fn new() -> Store {
        Store {
            objects: Pages::new(),
            kinds: std::array::from_fn(|_| Pages::new()),
            live: [0; ObjectKind::COUNT],
            ids: Index::new(),
            keys: std::array::from_fn(|_| Index::new()),
            log: Pages::new(),
            deleted: Arc::default(),
            quarantined: Arc::default(),
            purged: Arc::default(),
        }
    }

    // -- reading --

    pub(crate) fn at(&self, slot: Slot) -> Option<&CloudObject> {
        self.objects.get(slot as usize)?.as_deref()
    }

    /// Any object, deleted ones too.
    pub(crate) fn slot(&self, id: Guid) -> Option<Slot> {
        let slots = self.ids.slots(exact(&id.to_bytes()));
        slots.into_iter().find(|slot| self.at(*slot).is_some_and(|object| object.id == id))
    }

    pub(crate) fn any(&self, id: Guid) -> Option<&CloudObject> {
        self.at(self.slot(id)?)
    }

    /// The slots of the objects that carry this text, ascending.
    pub(crate) fn find(&self, key: Key, text: &str) -> impl Iterator<Item = (Slot, &CloudObject)> {
        let slots = self.keys[key as usize].slots(key.hash(text));
        slots
            .into_iter()
            .filter_map(|slot| Some((slot, self.at(slot)?)))
            .filter(move |(_, object)| key.texts(object).iter().any(|own| key.same(own, text)))
    }

    pub(crate) fn iter(&self, kind: ObjectKind) -> impl Iterator<Item = &CloudObject> {
        self.all(kind).filter(|object| object.deleted.is_none())
    }

    pub(crate) fn iter_from(
        &self,
        kind: ObjectKind,
        place: usize,
    ) -> impl Iterator<Item = (usize, &CloudObject)> {
        let slots = &self.kinds[kind as usize];
        let live = |slot| self.at(slot).filter(|object: &&CloudObject| object.deleted.is_none());
        let first = place.min(slots.len());
        (first..).zip(slots.iter_from(first)).filter_map(move |(place, slot)| Some((place, live(*slot)?)))
    }

    fn all(&self, kind: ObjectKind) -> impl Iterator<Item = &CloudObject> {
        self.kinds[kind as usize].iter_from(0).filter_map(|slot| self.at(*slot))
    }

    pub(crate) fn count(&self, kind: ObjectKind) -> usize {
        self.live[kind as usize]
    }

    pub(crate) fn deleted(&self) -> &BTreeSet<Slot> {
        &self.deleted
    }

    pub(crate) fn quarantined(&self) -> &BTreeSet<Slot> {
        &self.quarantined
    }

    pub(crate) fn was_purged(&self, id: Guid) -> bool {
        self.purged.contains_key(&id)
    }

    pub(crate) fn purged_kind(&self, id: Guid) -> Option<ObjectKind> {
        self.purged.get(&id).map(|(kind, _)| *kind)
    }

    /// The source anchor that an object had until it was purged, if an engine mastered it.
    pub(crate) fn purged_anchor(&self, id: Guid) -> Option<&str> {
        self.purged.get(&id)?.1.as_deref()
    }

    pub(crate) fn last_change(&self) -> u64 {
        self.log.len() as u64
    }

    pub(crate) fn changes_since(&self, sequence: u64) -> impl Iterator<Item = &Change> {
        self.log.iter_from(usize::try_from(sequence).unwrap_or(usize::MAX).min(self.log.len()))
    }

    /// The number of the oldest change that the log still has; one more than the last when it has none.
    pub(crate) fn first_change(&self) -> u64 {
        self.log.first() as u64 + 1
    }

    // -- writing --

    /// Forgets changes from before an instant, page by page.
    pub(crate) fn forget_changes(&mut self, before: SimTime) {
        let old = self.log.iter_from(self.log.first()).take_while(|change| change.at < before).count();
        self.log.drop_before(self.log.first() + old);
    }

    pub(crate) fn insert(&mut self, object: CloudObject, now: SimTime) -> Slot {
        let slot = self.objects.len() as Slot;
        self.ids.insert(exact(&object.id.to_bytes()), slot);
        for key in KEYS {
            key.texts(&object).iter().for_each(|text| self.keys[key as usize].insert(key.hash(text), slot));
        }
        self.kinds[object.kind as usize].push(slot);
        self.live[object.kind as usize] += 1;
        if !object.errors.is_empty() {
            Arc::make_mut(&mut self.quarantined).insert(slot);
        }
        self.objects.push(Some(Arc::new(object)));
        self.record(slot, now, ChangeKind::Created);
        slot
    }

    /// Changes an object and what the indexes know of it; the log is the caller's, as it knows what happened.
    pub(crate) fn edit<R>(&mut self, slot: Slot, change: impl FnOnce(&mut CloudObject) -> R) -> Option<R> {
        let place = self.objects.get_mut(slot as usize)?.as_mut()?;
        // only what is indexed is copied: a group may have a quarter of a million members
        let keys_before = KEYS.map(|key| key.texts(place).to_vec());
        let was_deleted = place.deleted.is_some();
        let result = change(Arc::make_mut(place));
        let after: &CloudObject = place;
        for (key, old) in KEYS.into_iter().zip(&keys_before) {
            let new = key.texts(after);
            if old == new {
                continue;
            }
            let index = &mut self.keys[key as usize];
            old.iter().for_each(|text| index.remove(key.hash(text), slot));
            new.iter().for_each(|text| index.insert(key.hash(text), slot));
        }
        let set_aside = !after.errors.is_empty() && after.deleted.is_none();
        if set_aside != self.quarantined.contains(&slot) {
            let quarantined = Arc::make_mut(&mut self.quarantined);
            let _ = if set_aside { quarantined.insert(slot) } else { quarantined.remove(&slot) };
        }
        if was_deleted != after.deleted.is_some() {
            let deleted = Arc::make_mut(&mut self.deleted);
            let live = &mut self.live[after.kind as usize];
            if after.deleted.is_some() {
                deleted.insert(slot);
                *live -= 1;
            } else {
                deleted.remove(&slot);
                *live += 1;
            }
        }
        Some(result)
    }

    /// Takes an object out for good.
    pub(crate) fn purge(&mut self, slot: Slot, now: SimTime) {
        self.record(slot, now, ChangeKind::Purged);
        let Some(object) = self.objects.get_mut(slot as usize).and_then(Option::take) else { return };
        self.ids.remove(exact(&object.id.to_bytes()), slot);
        for key in KEYS {
            key.texts(&object).iter().for_each(|text| self.keys[key as usize].remove(key.hash(text), slot));
        }
        if object.deleted.is_none() {
            self.live[object.kind as usize] -= 1;
        }
        Arc::make_mut(&mut self.deleted).remove(&slot);
        Arc::make_mut(&mut self.quarantined).remove(&slot);
        let shadow = object.shadow.as_ref().filter(|shadow| !shadow.released);
        let left = (object.kind, shadow.map(|shadow| shadow.anchor.clone()));
        Arc::make_mut(&mut self.purged).insert(object.id, left);
    }

    pub(crate) fn record(&mut self, slot: Slot, now: SimTime, what: ChangeKind) {
        let sequence = self.last_change() + 1;
        let Some(object) = self.objects.get_mut(slot as usize).and_then(Option::as_mut) else { return };
        let object = Arc::make_mut(object);
        object.change = sequence;
        let (id, kind) = (object.id, object.kind);
        self.log.push(Change { sequence, at: now, object: id, kind, what });
        self.log.drop_before(self.log.len().saturating_sub(LOG_MAX));
    }
}
