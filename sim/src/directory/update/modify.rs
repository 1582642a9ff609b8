//! Changing attributes over LDAP: atomic, in order (active-directory.md 8, 9, 10).

use super::draft::Draft;
use super::{Modification, UpdateContext};
use crate::clock::SimTime;
use crate::directory::error::{DirectoryError, Refusal};
use crate::directory::{AttrId, ClassId, Directory, Filter, ObjectId, Port, attr, class};

impl Directory {
    /// Changes attributes of an object: all or nothing, in order. A change that leaves everything as it was
    /// succeeds and bumps nothing.
    ///
    /// # Errors
    /// The codes and texts of active-directory.md 10.
    pub fn modify(
        &mut self,
        context: &UpdateContext,
        dn: &str,
        changes: &[Modification],
    ) -> Result<ObjectId, DirectoryError> {
        let id = self.resolve_shown(context, dn)?;
        if self.is_deleted(id) && id != self.info.deleted_objects {
            return self.undelete(context, id, changes);
        }
        let class = self.store.get(id.0).map_or(class::TOP, |record| record.class);
        let mut named = Vec::with_capacity(changes.len());
        for change in changes {
            let attribute = self.schema.attribute_id(&change.attribute);
            named.push(attribute.ok_or_else(|| Refusal::UnknownAttribute.error())?);
        }
        self.require_write(context, id, named.iter().copied())?;
        let mut draft = Draft::new(Some(id), class);
        let mut passwords = Vec::new();
        for (attribute, change) in named.iter().zip(changes) {
            let row = self.schema.attribute(*attribute);
            if self.sets_password(*attribute) {
                passwords.push(change);
            } else if *attribute == attr::OBJECT_CLASS {
                self.change_classes(&mut draft, change)?;
            } else if *attribute == attr::NT_SECURITY_DESCRIPTOR {
                self.write_descriptor(context, &mut draft, change)?;
            } else {
                if !context.lenient {
                    self.check_writable(class, *attribute)?;
                }
                draft.apply(self, context, row, change)?;
            }
        }
        let explicit_times = draft.values.get(&attr::PWD_LAST_SET).cloned();
        if !passwords.is_empty() {
            self.change_password(context, &mut draft, id, &passwords)?;
        }
        if !context.lenient {
            self.check_allowed(&draft)?;
            self.check_classes(&draft)?;
            self.check_kept(&draft)?;
            self.check_primary_group(&draft, id)?;
        }
        self.check_account(context, &mut draft)?;
        if !passwords.is_empty() && explicit_times.is_none() {
            self.stamp_password(context, &mut draft);
        }
        if self.is_schema_class(class) && !context.lenient {
            self.require_schema_master()?;
            self.check_schema_names(&draft)?;
        }
        self.commit(context, id, draft);
        if self.is_schema_class(class) {
            self.note_schema_change(context.now);
        }
        Ok(id)
    }

    /// Writes what differs, under one USN.
    fn commit(&mut self, context: &UpdateContext, id: ObjectId, mut draft: Draft) {
        self.admit_foreign(context, &mut draft);
        let class = draft.class;
        let differs = |(attribute, values): &(AttrId, Vec<Vec<u8>>)| {
            let (mut held, mut wanted) = (self.packed_values(id, *attribute), values.clone());
            held.sort();
            wanted.sort();
            held != wanted
        };
        let changed: Vec<_> = draft.values.into_iter().filter(differs).collect();
        let changed: Vec<_> = changed
            .into_iter()
            .map(|(attribute, values)| (self.stored_as(class, attribute), values))
            .collect();
        let links: Vec<_> = draft
            .links
            .into_iter()
            .filter(|((attribute, target), present)| self.has_link(id, *attribute, *target) != *present)
            .collect();
        if changed.is_empty() && links.is_empty() {
            return;
        }
        let primary =
            |directory: &Directory| directory.entry(id).and_then(|entry| entry.int(attr::PRIMARY_GROUP_ID));
        let old_primary = primary(self);
        let write = self.begin(context.now);
        self.put_values(write, id, &changed);
        for ((attribute, target), present) in links {
            self.put_link(write, id, attribute, target, present);
        }
        self.touch(write, id);
        let new_primary = primary(self);
        if old_primary != new_primary {
            self.swap_primary_group(context.now, id, old_primary, new_primary);
        }
    }

    /// Refuses attributes that only the system writes.
    pub(super) fn check_writable(&self, class: ClassId, id: AttrId) -> Result<(), DirectoryError> {
        let row = self.schema.attribute(id);
        if id == attr::NAME || id == self.schema.class(class).rdn {
            return Err(Refusal::NamesTheObject.error());
        }
        if row.is_back_link() || matches!(id, attr::SAM_ACCOUNT_TYPE | attr::OBJECT_SID) {
            return Err(Refusal::WillNotPerform.error());
        }
        if row.system_only || row.constructed || matches!(id, attr::OBJECT_CATEGORY) {
            return Err(Refusal::SystemOwned.on(row));
        }
        Ok(())
    }

    /// What the class requires is not emptied.
    fn check_kept(&self, draft: &Draft) -> Result<(), DirectoryError> {
        let emptied = |id: AttrId| draft.values.get(&id).is_some_and(Vec::is_empty);
        if emptied(attr::SAM_ACCOUNT_NAME) {
            return Err(Refusal::WillNotPerform.error());
        }
        // an object keeps its structural class whatever becomes of auxiliary ones
        match self.schema.must_have(draft.class).any(|id| id != attr::OBJECT_CLASS && emptied(id)) {
            true => Err(Refusal::MissingAttribute.error()),
            false => Ok(()),
        }
    }

    /// The primary group must be one that the account is a member of.
    fn check_primary_group(&self, draft: &Draft, id: ObjectId) -> Result<(), DirectoryError> {
        if !draft.values.contains_key(&attr::PRIMARY_GROUP_ID) {
            return Ok(());
        }
        let held = self.entry(id).and_then(|entry| entry.int(attr::PRIMARY_GROUP_ID));
        let wanted = draft.int(self, attr::PRIMARY_GROUP_ID);
        if held == wanted {
            return Ok(());
        }
        // a security group that is global or universal, and holds the account
        let kind =
            |group: ObjectId| self.entry(group).and_then(|group| group.int(attr::GROUP_TYPE)).unwrap_or(0);
        let fits = |group: &ObjectId| kind(*group) & 0x8000_0000 != 0 && kind(*group) & (2 | 8) != 0;
        let member = self.group_of(wanted).filter(|group| self.has_link(*group, attr::MEMBER, id));
        if member.is_some_and(|group| fits(&group)) { Ok(()) } else { Err(Refusal::PrimaryGroup.error()) }
    }

    fn group_of(&self, rid: Option<i64>) -> Option<ObjectId> {
        self.by_sid(&self.info.sid.with_rid(u32::try_from(rid?).ok()?))
    }

    /// A new primary group loses its member value, the old one gets one: no group is held twice.
    /// Each group's change has a number of its own: who reads changes in pieces would miss one of two that share it.
    fn swap_primary_group(&mut self, now: SimTime, id: ObjectId, old: Option<i64>, new: Option<i64>) {
        for (rid, present) in [(old, true), (new, false)] {
            if let Some(group) = self.group_of(rid)
                && self.has_link(group, attr::MEMBER, id) != present
            {
                let write = self.begin(now);
                self.put_link(write, group, attr::MEMBER, id, present);
                self.touch(write, group);
            }
        }
    }

    /// Whether an object's attribute has a value, as a search through the same port would match it.
    /// `confidential` says whether the reader sees confidential attributes; they have no value to others.
    ///
    /// # Errors
    /// 32 for an object that does not exist, 16 for an attribute that the schema lacks or the port does not show.
    pub fn compare(
        &self,
        port: Port,
        dn: &str,
        attribute: &str,
        value: &[u8],
        confidential: bool,
    ) -> Result<bool, DirectoryError> {
        let id = self.resolve_on(port, dn).and_then(|id| self.live(id))?;
        let shown = |id: &AttrId| port == Port::Directory || self.schema.is_in_catalog(*id);
        if self.schema.attribute_id(attribute).filter(shown).is_none() {
            return Err(Refusal::UnknownAttribute.error());
        }
        let filter = Filter::Equality { attribute: attribute.to_owned(), value: value.to_vec() };
        Ok(self.matches(id, &self.compile_on(port, &filter, confidential)))
    }
}
