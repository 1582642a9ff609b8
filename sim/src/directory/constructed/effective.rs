//! What a reader may do with an object, by the role model (active-directory.md 8).

use super::Reader;
use crate::directory::update::{Actor, UpdateContext};
use crate::directory::{AttrId, Class, Entry, Role};

/// Owner, group, DACL and SACL may be written.
const EVERY_PART: i64 = 15;

impl Entry<'_> {
    fn writable_attributes(&self) -> impl Iterator<Item = AttrId> + use<'_> {
        let schema = *self.directory.schema();
        schema.allowed_attributes(self.class()).filter(move |id| {
            let row = schema.attribute(*id);
            !row.system_only && !row.constructed && !row.is_back_link()
        })
    }

    /// `allowedAttributesEffective`: what the reader may write.
    pub(super) fn allowed_attributes_effective(&self, reader: &Reader) -> Vec<AttrId> {
        let Some(account) = reader.account.filter(|_| reader.role != Role::Admin) else {
            return self.writable_attributes().collect();
        };
        let context = UpdateContext { actor: Actor::Account(account), ..UpdateContext::system(reader.now) };
        let may = |id: &AttrId| self.directory.require_write(&context, self.id, std::iter::once(*id)).is_ok();
        self.writable_attributes().filter(may).collect()
    }

    /// `allowedChildClasses`, and without those that only the system makes `allowedChildClassesEffective`.
    pub(super) fn allowed_child_classes(&self) -> impl Iterator<Item = &'static Class> {
        let schema = *self.directory.schema();
        let class = self.class();
        schema.classes().filter(move |row| row.is_structural() && schema.may_lie_below(row.id, class))
    }

    /// `sDRightsEffective`: parts of the security descriptor that the reader may write.
    pub(super) fn descriptor_rights(reader: &Reader) -> i64 {
        if reader.role == Role::Admin { EVERY_PART } else { 0 }
    }
}
