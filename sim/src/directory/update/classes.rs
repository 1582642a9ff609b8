//! `objectClass` of an object: its structural class stays, auxiliary classes come and go (MS-ADTS 3.1.1.2.4.6).

use super::draft::Draft;
use super::{Modification, ModifyOp};
use crate::directory::error::{DirectoryError, Refusal};
use crate::directory::store::Cells;
use crate::directory::{AttrId, ClassCategory, ClassId, Directory, attr};

impl Directory {
    /// The classes that a request names.
    pub(super) fn named_classes(&self, values: &[Vec<u8>]) -> Result<Vec<ClassId>, DirectoryError> {
        let class = |value: &Vec<u8>| {
            let text = std::str::from_utf8(value).unwrap_or_default();
            self.schema.class_id(text).ok_or_else(|| Refusal::UnknownAttribute.error())
        };
        values.iter().map(class).collect()
    }

    /// Those of some classes that objects of a structural class do not have anyway: auxiliary ones of the
    /// object's own.
    ///
    /// # Errors
    /// 65 for a class that is neither auxiliary nor related to the structural class.
    pub(super) fn own_classes(
        &self,
        structural: ClassId,
        classes: &[ClassId],
    ) -> Result<Vec<ClassId>, DirectoryError> {
        let mut own = Vec::new();
        for class in classes.iter().filter(|class| !self.schema.is_kind_of(structural, **class)) {
            if self.schema.class(*class).category != ClassCategory::Auxiliary {
                return Err(Refusal::NotAllowedByClass.error());
            }
            if !own.contains(class) {
                own.push(*class);
            }
        }
        Ok(own)
    }

    /// The auxiliary classes of its own that an object would have.
    pub(super) fn drafted_classes(&self, draft: &Draft) -> Vec<ClassId> {
        let names = draft.current(self, attr::OBJECT_CLASS).into_iter();
        names.filter_map(|name| self.schema.class_id(std::str::from_utf8(&name).ok()?)).collect()
    }

    pub(super) fn put_classes(&self, draft: &mut Draft, own: &[ClassId]) {
        let names = own.iter().map(|class| self.schema.class_name(*class).as_bytes().to_vec()).collect();
        draft.values.insert(attr::OBJECT_CLASS, names);
    }

    /// Adds, deletes or replaces auxiliary classes.
    pub(super) fn change_classes(
        &self,
        draft: &mut Draft,
        change: &Modification,
    ) -> Result<(), DirectoryError> {
        let named = self.named_classes(&change.values)?;
        let own = self.own_classes(draft.class, &named)?;
        let mut held = self.drafted_classes(draft);
        match change.op {
            ModifyOp::Add => {
                held.extend(own.into_iter().filter(|class| !held.contains(class)).collect::<Vec<_>>())
            }
            // the structural class must be told again, or nothing is left of it
            ModifyOp::Replace if !named.iter().any(|class| self.schema.is_kind_of(draft.class, *class)) => {
                return Err(Refusal::NotAllowedByClass.error());
            }
            ModifyOp::Replace => held = own,
            ModifyOp::Delete => {
                if named.is_empty() || !named.iter().all(|class| held.contains(class)) {
                    return Err(Refusal::NotAllowedByClass.error());
                }
                held.retain(|class| !named.contains(class));
            }
        }
        if held != self.drafted_classes(draft) {
            self.put_classes(draft, &held);
        }
        Ok(())
    }

    /// Whether an object of these classes may carry an attribute.
    pub(super) fn may_carry(&self, structural: ClassId, own: &[ClassId], id: AttrId) -> bool {
        id == attr::OBJECT_CLASS
            || self.schema.may_have(structural, id)
            || own.iter().any(|class| self.schema.may_have(*class, id))
    }

    /// New auxiliary classes have what they require, and nothing is left of those that go.
    pub(super) fn check_classes(&self, draft: &Draft) -> Result<(), DirectoryError> {
        if !draft.values.contains_key(&attr::OBJECT_CLASS) {
            return Ok(());
        }
        let own = self.drafted_classes(draft);
        let has = |id: AttrId| {
            !draft.current(self, id).is_empty()
                || !draft.link_targets(self, id).is_empty()
                || self.is_derived(id)
        };
        if !own.iter().all(|class| self.schema.must_have(*class).all(has)) {
            return Err(Refusal::MissingAttribute.error());
        }
        let Some(record) = draft.id.and_then(|id| self.store.get(id.0)) else { return Ok(()) };
        let cells = Cells::of(&record.cells).filter(|cell| !cell.is_empty()).map(|cell| cell.attribute);
        let links = record.links().iter().filter(|link| link.is_present()).map(|link| link.attribute);
        let left = |id: &AttrId| {
            let emptied = draft.values.get(id).is_some_and(Vec::is_empty);
            let system = self.schema.attribute(*id).system_only || self.schema.attribute(*id).secret;
            !emptied && !system && *id != attr::NAME
        };
        match cells.chain(links).filter(left).all(|id| self.may_carry(draft.class, &own, id)) {
            true => Ok(()),
            false => Err(Refusal::NotAllowedByClass.error()),
        }
    }

    fn is_derived(&self, id: AttrId) -> bool {
        crate::directory::entry::DERIVED.contains(&id) || id == attr::NT_SECURITY_DESCRIPTOR
    }
}
