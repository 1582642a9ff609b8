//! Deleting: an object becomes a tombstone, or with the recycle bin a deleted object and later a recycled one
//! (active-directory.md 9; MS-ADTS 3.1.1.5.5).

use super::UpdateContext;
use super::write::Write;
use crate::directory::error::{DirectoryError, Refusal};
use crate::directory::store::{Cells, varint};
use crate::directory::{AttrId, Directory, ObjectId, attr};
use std::collections::BTreeSet;
use std::sync::LazyLock;

const TABLE: &str = include_str!("../../../data/ad-tombstone-attributes.tsv");
/// Longest name of a deleted object: `rangeUpper` of `name`.
const LONGEST_NAME: usize = 255;
/// `systemFlags`: the object stays where it is when it is deleted.
const DISALLOW_MOVE_ON_DELETE: i64 = 0x0200_0000;

/// Kept on a tombstone beside what the schema marks (`searchFlags` bit 3).
static KEPT: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#')).skip(1);
    lines.filter_map(|line| line.split('\t').next()).collect()
});

impl Directory {
    /// Deletes an object.
    ///
    /// Without the recycle bin it becomes a tombstone below CN=Deleted Objects: it keeps a few attributes, and
    /// every link from and to it goes silently, so that groups that lose a member do not change. With the
    /// recycle bin it keeps all but `objectCategory` and `sAMAccountType`, its links are deactivated, and
    /// deleting it once more, as the show deleted control allows, recycles it.
    ///
    /// # Errors
    /// 66 when something lies below it, 53 for objects of the system and for what is deleted already, 32, 34,
    /// 50.
    pub fn delete(&mut self, context: &UpdateContext, dn: &str) -> Result<(), DirectoryError> {
        let id = self.deletable(context, dn)?;
        let bin_enabled = self.recycle_bin_enabled();
        let recycled = self.entry(id).is_some_and(|entry| entry.is_recycled());
        if self.is_deleted(id) {
            if !bin_enabled || recycled || !self.has_last_parent(id) {
                return Err(Refusal::IllegalOnDeleted.error());
            }
            let write = self.begin(context.now);
            self.recycle(write, id);
            return Ok(());
        }
        let Some(record) = self.store.get(id.0) else { return Err(Refusal::WillNotPerform.error()) };
        if !record.children().is_empty() {
            return Err(Refusal::HasChildren.error());
        }
        let bin = self.deleted_objects_of(record.context).ok_or_else(|| Refusal::WillNotPerform.error())?;
        let write = self.begin(context.now);
        self.reindexed(id, |directory| directory.bury(write, id, bin, bin_enabled));
        self.touch(write, id);
        Ok(())
    }

    /// Makes an object a deleted one: the caller keeps indexes and stamps of the object in step.
    fn bury(&mut self, write: Write, id: ObjectId, bin: ObjectId, keep: bool) {
        let Some(entry) = self.entry(id) else { return };
        let (guid, parent, old) = (entry.guid(), entry.record.parent, entry.rdn_value().to_owned());
        let stays = entry.int(attr::SYSTEM_FLAGS).unwrap_or(0) & DISALLOW_MOVE_ON_DELETE != 0;
        let mark = format!("\nDEL:{guid}");
        let short: String = old.chars().take(LONGEST_NAME - mark.len()).collect();
        let mut last_parent = Vec::new();
        varint::put(&mut last_parent, u64::from(parent));
        if keep {
            self.put_cell(write, id, attr::SAM_ACCOUNT_TYPE, &[]);
            self.store.deactivate_links(id.0, true);
        } else {
            self.strip(write, id);
            self.put_cell(write, id, attr::IS_RECYCLED, &[vec![1]]);
        }
        self.put_cell(write, id, attr::OBJECT_CATEGORY, &[]);
        self.put_cell(write, id, attr::NAME, &[format!("{short}{mark}").into_bytes()]);
        self.put_cell(write, id, attr::LAST_KNOWN_PARENT, &[last_parent]);
        self.put_cell(write, id, attr::LAST_KNOWN_RDN, &[old.into_bytes()]);
        // the value follows from the record; the stamp is what replication goes by
        self.put_cell(write, id, attr::IS_DELETED, &[]);
        if !stays {
            self.store.move_below(id.0, bin.0);
        }
        if let Some(record) = self.store.get_mut(id.0) {
            record.deleted = true;
        }
    }

    /// Makes a deleted object of the recycle bin a recycled one: for good.
    pub(super) fn recycle(&mut self, write: Write, id: ObjectId) {
        self.reindexed(id, |directory| {
            directory.strip(write, id);
            directory.put_cell(write, id, attr::IS_RECYCLED, &[vec![1]]);
        });
        self.touch(write, id);
    }

    /// Empties what a tombstone does not keep, and drops every link from and to it.
    fn strip(&mut self, write: Write, id: ObjectId) {
        let Some(record) = self.store.get(id.0) else { return };
        let lost: Vec<AttrId> = Cells::of(&record.cells)
            .filter(|cell| !cell.is_empty() && !self.is_kept_on_tombstone(cell.attribute))
            .map(|cell| cell.attribute)
            .collect();
        for attribute in lost {
            self.put_cell(write, id, attribute, &[]);
        }
        self.store.drop_links(id.0);
    }

    /// Whether an attribute stays on a tombstone.
    pub(in crate::directory) fn is_kept_on_tombstone(&self, id: AttrId) -> bool {
        let row = self.schema.attribute(id);
        row.is_preserved_on_delete() || KEPT.contains(row.name) || id == attr::NAME
    }

    /// CN=Deleted Objects is marked as deleted, but it lies where it always lay.
    pub(in crate::directory) fn has_last_parent(&self, id: ObjectId) -> bool {
        self.entry(id).is_some_and(|entry| entry.has(attr::LAST_KNOWN_RDN))
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
        let id = self.resolve_shown(context, dn)?;
        self.require_delete(context, id)?;
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
