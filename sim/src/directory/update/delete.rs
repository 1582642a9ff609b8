//! Deleting: an object becomes a tombstone (active-directory.md 9; MS-ADTS 3.1.1.5.5.6).

use super::UpdateContext;
use crate::directory::error::{DirectoryError, Refusal};
use crate::directory::store::{Cells, Context, varint};
use crate::directory::{AttrId, Directory, attr};

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
        let id = self.resolve_live(dn)?;
        self.require_admin(context)?;
        let Some(record) = self.store.get(id.0) else { return Err(Refusal::WillNotPerform.error()) };
        let (guid, parent, has_children) = (record.guid, record.parent, !record.children().is_empty());
        if self.is_kept(id) && !context.lenient {
            return Err(Refusal::SystemObject.error());
        }
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
}
