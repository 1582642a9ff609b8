//! Renaming and moving (active-directory.md 8).

use super::UpdateContext;
use super::draft::convert;
use crate::directory::dn::Rdn;
use crate::directory::error::{self, DirectoryError, Refusal};
use crate::directory::{Directory, ObjectId, attr};

/// `systemFlags`: the object may not be moved, renamed, deleted.
const DISALLOW_MOVE: i64 = 0x0400_0000;
const DISALLOW_RENAME: i64 = 0x0800_0000;
const DISALLOW_DELETE: i64 = 0x8000_0000;

impl Directory {
    /// Renames an object, or moves it below another. Links follow by themselves, and the objects that hold
    /// them do not change.
    ///
    /// # Errors
    /// 32, 34, 50, 53, 64 and 68 as active-directory.md 8 tells them.
    pub fn modify_dn(
        &mut self,
        context: &UpdateContext,
        dn: &str,
        new_rdn: &str,
        delete_old_rdn: bool,
        new_superior: Option<&str>,
    ) -> Result<ObjectId, DirectoryError> {
        let id = self.resolve_live(dn)?;
        let rdn = Rdn::parse(new_rdn).map_err(|_| error::bad_name(new_rdn))?;
        self.require_delete(context, id)?;
        let Some(record) = self.store.get(id.0) else { return Err(Refusal::WillNotPerform.error()) };
        let (class, old_parent) = (record.class, ObjectId(record.parent));
        if !delete_old_rdn || self.instance_type(id) != 4 {
            return Err(Refusal::WillNotPerform.error());
        }
        if self.schema.attribute_id(&rdn.attribute) != Some(self.schema.class(class).rdn) {
            return Err(Refusal::WillNotPerform.error());
        }
        let parent = match new_superior {
            Some(superior) => self.resolve_live(superior)?,
            None => old_parent,
        };
        let flags = self.system_flags(id);
        let renamed = self.entry(id).is_some_and(|entry| entry.rdn_value() != rdn.value);
        let barred =
            renamed && flags & DISALLOW_RENAME != 0 || parent != old_parent && flags & DISALLOW_MOVE != 0;
        if barred && !context.lenient {
            return Err(Refusal::SystemObject.error());
        }
        self.check_new_place(context, id, &rdn, (old_parent, parent))?;
        let row = self.schema.attribute(self.schema.class(class).rdn);
        let name = convert(self, context, row, rdn.value.as_bytes())?;
        if !renamed && parent == old_parent {
            return Ok(id);
        }
        let write = self.begin(context.now);
        self.reindexed(id, |directory| {
            // a move stamps the name too: replication tells a move by it
            directory.put_cell(write, id, attr::NAME, &[name]);
            if parent != old_parent {
                directory.store.move_below(id.0, parent.0);
            }
        });
        self.touch(write, id);
        Ok(id)
    }

    fn check_new_place(
        &self,
        context: &UpdateContext,
        id: ObjectId,
        rdn: &Rdn,
        (old_parent, parent): (ObjectId, ObjectId),
    ) -> Result<(), DirectoryError> {
        if self.child(parent, rdn).is_some_and(|other| other != id) {
            return Err(Refusal::EntryExists.error());
        }
        if parent == old_parent {
            return Ok(());
        }
        if self.is_below(parent, id) || self.is_deleted(parent) {
            return Err(Refusal::WillNotPerform.error());
        }
        let class = self.store.get(id.0).map(|record| (record.class, record.context));
        let Some((class, context_of)) = class else { return Ok(()) };
        self.check_place(context, class, rdn, parent)?;
        if self.store.get(parent.0).map(|record| record.context) != Some(context_of) {
            return Err(Refusal::WillNotPerform.error());
        }
        Ok(())
    }

    fn system_flags(&self, id: ObjectId) -> i64 {
        self.entry(id).and_then(|entry| entry.int(attr::SYSTEM_FLAGS)).unwrap_or(0)
    }

    /// Whether the system keeps an object from being deleted.
    pub(super) fn is_kept(&self, id: ObjectId) -> bool {
        let critical = self
            .entry(id)
            .and_then(|entry| entry.values(attr::IS_CRITICAL_SYSTEM_OBJECT).next())
            .is_some_and(|value| value == crate::directory::Value::Bool(true));
        let in_schema =
            self.store.get(id.0).is_some_and(|record| record.context == crate::directory::contexts::SCHEMA);
        critical || in_schema || self.system_flags(id) & DISALLOW_DELETE != 0 || self.instance_type(id) != 4
    }
}
