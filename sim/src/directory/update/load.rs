//! The generator's door: objects are loaded as they are told, without Active Directory's checks.

use super::defaults::{self, Attributes as _};
use super::sheet::Sheet;
use super::write::{NewCells, NewRecord};
use crate::clock::SimTime;
use crate::directory::dn::escape;
use crate::directory::{
    AttrId, Directory, NewObject, ObjectId, UpdateContext, attr, class, contexts, store, value,
};
use crate::ids::Guid;
use std::collections::BTreeSet;

/// An object to be loaded: as [`NewObject`], its values side by side.
#[derive(Debug, Clone)]
pub(crate) struct SheetObject {
    pub(crate) parent: ObjectId,
    pub(crate) rdn: String,
    pub(crate) class: &'static str,
    pub(crate) sheet: Sheet,
    pub(crate) guid: Option<Guid>,
    pub(crate) rid: Option<u32>,
}

impl Directory {
    /// Loads an object, with the defaults of its class where it says nothing.
    ///
    /// Nothing is checked: the caller keeps names and identifiers unique. An unknown class becomes
    /// `container`; a value that its attribute's syntax cannot hold, or that names an object that does not
    /// exist, is left out.
    pub fn load(&mut self, context: &UpdateContext, object: NewObject) -> ObjectId {
        let mut sheet = Sheet::default();
        for (id, values) in &object.attributes {
            values.iter().for_each(|value| sheet.push(*id, value));
        }
        let NewObject { parent, rdn, class, guid, rid, .. } = object;
        self.load_sheet(context, SheetObject { parent, rdn, class, sheet, guid, rid })
    }

    /// As [`Directory::load`].
    pub(crate) fn load_sheet(&mut self, context: &UpdateContext, object: SheetObject) -> ObjectId {
        let class = self.schema.class_id(object.class).unwrap_or(class::CONTAINER);
        let schema = self.schema;
        let (mut packed, mut links) = (Sheet::default(), Vec::new());
        for (id, value) in object.sheet.iter() {
            let row = schema.attribute(id);
            if row.is_forward_link() {
                let target = std::str::from_utf8(value).ok().and_then(|dn| self.resolve_value(dn).ok());
                links.extend(target.map(|target| (id, target)));
            } else if !row.is_back_link() && !self.is_made_by_the_store(class, id) {
                packed.push_with(id, |out| value::pack_into(self, row, value, out).ok());
            }
        }
        let explicit = packed.first(attr::OBJECT_SID).is_some();
        let rid = self.next_rid_for(class, object.rid, explicit);
        let guid = object.guid.unwrap_or_else(|| self.guid_below(object.parent, class, &object.rdn));
        packed.push(attr::NAME, object.rdn.as_bytes());
        defaults::complete(&schema, class, guid, &mut packed);
        let parent = self.store.get(object.parent.0);
        let context_of_parent = parent.map_or(contexts::DOMAIN, |parent| parent.context);
        let write = self.begin(context.now);
        let parent = object.parent.0;
        let cells = NewCells::Sheet(packed);
        let id =
            self.create(write, NewRecord { parent, context: context_of_parent, class, guid, rid, cells });
        for (attribute, target) in links {
            self.put_link(write, id, attribute, target, true);
        }
        id
    }

    /// Loads many objects at once, by [`Directory::load`] alone: until all are there they are found by their
    /// ids and GUIDs only.
    pub(crate) fn load_many<T>(&mut self, load: impl FnOnce(&mut Directory) -> T) -> T {
        self.store.index.gather();
        let loaded = load(self);
        self.store.index.settle();
        loaded
    }

    fn is_made_by_the_store(&self, class: crate::directory::ClassId, id: AttrId) -> bool {
        let derived = crate::directory::entry::DERIVED.contains(&id);
        derived && !matches!(id, attr::OBJECT_SID | attr::CN)
            || id == attr::NAME
            || self.schema.class(class).rdn == id
    }

    /// The relative id of a new object: the one asked for, or the next when its class has a SID and no
    /// `explicit` one is among its values. 0 for none.
    pub(in crate::directory) fn next_rid_for(
        &mut self,
        class: crate::directory::ClassId,
        asked: Option<u32>,
        explicit: bool,
    ) -> u32 {
        let has_sid = self.schema.is_kind_of(class, class::SECURITY_PRINCIPAL);
        match asked {
            Some(rid) => {
                self.rids.next = self.rids.next.max(rid.saturating_add(1));
                rid
            }
            None if has_sid && !explicit => self.rids.take(),
            None => 0,
        }
    }

    /// The identifier of a new object by its name: the normalized DN is the natural key.
    pub(in crate::directory) fn guid_below(
        &self,
        parent: ObjectId,
        class: crate::directory::ClassId,
        name: &str,
    ) -> crate::ids::Guid {
        let mut dn = self.schema.name(self.schema.class(class).rdn).as_bytes().to_vec();
        dn.push(b'=');
        dn.extend_from_slice(escape(name).as_bytes());
        dn.push(b',');
        self.write_dn(parent, &mut dn);
        self.fresh_guid(&store::fold(&String::from_utf8_lossy(&dn)))
    }

    /// Loads link values; targets that are there already stay as they are. An attribute that is no forward
    /// link, and ids that do not exist, are left out. A single-valued link gets the last target.
    pub fn load_links(
        &mut self,
        context: &UpdateContext,
        source: ObjectId,
        attribute: AttrId,
        targets: &[ObjectId],
    ) {
        let row = self.schema.attribute(attribute);
        let known: Vec<ObjectId> =
            targets.iter().copied().filter(|target| self.store.get(target.0).is_some()).collect();
        if !row.is_forward_link() || self.store.get(source.0).is_none() || known.is_empty() {
            return;
        }
        let write = self.begin(context.now);
        let wanted = if row.single_valued { &known[known.len() - 1..] } else { &known[..] };
        if row.single_valued {
            for old in self.targets(source, attribute) {
                if !wanted.contains(&old) {
                    self.put_link(write, source, attribute, old, false);
                }
            }
        }
        let mut changed = false;
        for target in wanted {
            changed |= self.put_link(write, source, attribute, *target, true);
        }
        if changed {
            self.store.trim_links(source.0);
            self.touch(write, source);
        }
    }

    /// Replaces the targets of a forward link, without any check: for defects. As [`Directory::load_links`],
    /// but targets that are not named are taken away.
    pub(crate) fn replace_links(
        &mut self,
        context: &UpdateContext,
        source: ObjectId,
        attribute: AttrId,
        targets: &[ObjectId],
    ) {
        let gone: Vec<ObjectId> = {
            let kept: BTreeSet<ObjectId> = targets.iter().copied().collect();
            self.targets(source, attribute).into_iter().filter(|old| !kept.contains(old)).collect()
        };
        if !gone.is_empty() {
            let write = self.begin(context.now);
            for old in gone {
                self.put_link(write, source, attribute, old, false);
            }
            self.touch(write, source);
        }
        self.load_links(context, source, attribute, targets);
    }

    /// Replaces the values of an attribute, without any check: for defects. Values that the syntax cannot
    /// hold are left out; `cn` and `name` rename the object. Links go through [`Directory::load_links`].
    pub fn load_values(
        &mut self,
        context: &UpdateContext,
        id: ObjectId,
        attribute: AttrId,
        values: Vec<Vec<u8>>,
    ) {
        let Some(class) = self.store.get(id.0).map(|record| record.class) else { return };
        let row = self.schema.attribute(attribute);
        let names_it = attribute == attr::NAME || self.schema.class(class).rdn == attribute;
        if row.link_id.is_some() || !names_it && self.is_made_by_the_store(class, attribute) {
            return;
        }
        let packed: Vec<_> = values.iter().filter_map(|value| value::pack(self, row, value).ok()).collect();
        if names_it && packed.len() != 1 {
            return;
        }
        let stored = self.stored_as(class, attribute);
        let write = self.begin(context.now);
        self.put_values(write, id, &[(stored, packed)]);
        self.touch(write, id);
    }

    /// Sets a password; only its NT hash is kept. `pwdLastSet` becomes `now`.
    pub fn set_password(&mut self, id: ObjectId, password: &str, now: SimTime) {
        if self.store.get(id.0).is_none() {
            return;
        }
        let hash = super::password::nt_hash_of(password).to_vec();
        let mut last_set = Vec::new();
        store::varint::put_signed(&mut last_set, now.filetime());
        let write = self.begin(now);
        let changes = [(attr::UNICODE_PWD, vec![hash]), (attr::PWD_LAST_SET, vec![last_set])];
        self.put_values(write, id, &changes);
        self.touch(write, id);
    }
}
