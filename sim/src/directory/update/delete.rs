//! Deleting: an object becomes a tombstone (active-directory.md 9; MS-ADTS 3.1.1.5.5.6).

use super::UpdateContext;
use crate::directory::error::{DirectoryError, Refusal};
use crate::directory::store::{Cells, Context, varint};
use crate::directory::{AttrId, Directory, ObjectId, attr};

/// Kept on a tombstone beside what the schema marks (`searchFlags` bit 3).
const KEPT: [AttrId; 9] = [
    attr::NT_SECURITY_DESCRIPTOR,
    attr::SAM_ACCOUNT_NAME,
    attr::USER_ACCOUNT_CONTROL,
    attr::SID_HISTORY,
    attr::LEGACY_EXCHANGE_DN,
    attr::GROUP_TYPE,
    attr::DNS_HOST_NAME,
    attr::SYSTEM_FLAGS,
    attr::OBJECT_SID,
];
/// Longest name of a tombstone: `rangeUpper` of `name`.
const LONGEST_NAME: usize = 255;

impl Directory {
    /// Deletes an object: it becomes a tombstone below CN=Deleted Objects, keeps a few attributes, and every
    /// link from and to it goes silently: groups that lose a member do not change.
    ///
    /// # Errors
    /// 66 when something lies below it, 53 for objects of the system, 32, 34, 50.
    pub fn delete(&mut self, context: &UpdateContext, dn: &str) -> Result<(), DirectoryError> {
        let id = self.deletable(context, dn)?;
        let Some(record) = self.store.get(id.0) else { return Err(Refusal::WillNotPerform.error()) };
        let (guid, parent, has_children) = (record.guid, record.parent, !record.children().is_empty());
        if has_children {
            return Err(Refusal::HasChildren.error());
        }
        let bin = match record.context {
            Context::Domain => self.info.deleted_objects,
            _ => self.resolve(&format!("CN=Deleted Objects,{}", self.info.configuration_dn))?,
        };
        let kept = |id: AttrId| KEPT.contains(&id) || self.schema.attribute(id).is_preserved_on_delete();
        let lost: Vec<AttrId> = Cells::of(&record.cells)
            .filter(|cell| !cell.is_empty() && cell.attribute != attr::NAME && !kept(cell.attribute))
            .map(|cell| cell.attribute)
            .collect();
        let old = self.entry(id).map(|entry| entry.rdn_value().to_owned()).unwrap_or_default();
        let mark = format!("\nDEL:{guid}");
        let short: String = old.chars().take(LONGEST_NAME - mark.len()).collect();
        let mut last_parent = Vec::new();
        varint::put(&mut last_parent, u64::from(parent));
        let write = self.begin(context.now);
        self.reindexed(id, |directory| {
            for attribute in lost.into_iter().chain([attr::OBJECT_CATEGORY]) {
                directory.put_cell(write, id, attribute, &[]);
            }
            directory.put_cell(write, id, attr::NAME, &[format!("{short}{mark}").into_bytes()]);
            directory.put_cell(write, id, attr::LAST_KNOWN_PARENT, &[last_parent]);
            directory.put_cell(write, id, attr::LAST_KNOWN_RDN, &[old.into_bytes()]);
            directory.put_cell(write, id, attr::IS_RECYCLED, &[vec![1]]);
            directory.store.drop_links(id.0);
            directory.store.move_below(id.0, bin.0);
            if let Some(record) = directory.store.get_mut(id.0) {
                record.deleted = true;
            }
        });
        self.touch(write, id);
        Ok(())
    }

    /// The live objects that a tree delete of an object takes with it, a parent before what lies below it, the
    /// object itself left out. Nothing is deleted.
    ///
    /// # Errors
    /// 53 when the object or one below it is the system's, and so for the head of a naming context; 32, 50.
    pub fn deletable_below(
        &self,
        context: &UpdateContext,
        dn: &str,
    ) -> Result<Vec<ObjectId>, DirectoryError> {
        let top = self.deletable(context, dn)?;
        let live = |id: &ObjectId| !self.is_deleted(*id);
        let mut below: Vec<ObjectId> = self.children(top).filter(live).collect();
        let mut next = 0;
        while let Some(id) = below.get(next).copied() {
            self.require_deletable(context, id)?;
            below.extend(self.children(id).filter(live));
            next += 1;
        }
        Ok(below)
    }

    /// The object of this name, if the actor may delete it as far as it alone goes.
    fn deletable(&self, context: &UpdateContext, dn: &str) -> Result<ObjectId, DirectoryError> {
        let id = self.resolve_live(dn)?;
        self.require_admin(context)?;
        self.require_deletable(context, id)?;
        Ok(id)
    }

    fn require_deletable(&self, context: &UpdateContext, id: ObjectId) -> Result<(), DirectoryError> {
        if self.is_kept(id) && !context.lenient {
            return Err(Refusal::SystemObject.error());
        }
        Ok(())
    }
}
