//! What accounts need beyond what a file says.

use super::values::EntryValues;
use super::{Importer, OWN_TO_A_CONTROLLER};
use crate::directory::update::{complete, packed_int};
use crate::directory::{AttrId, ClassId, attr, class};
use crate::ids::Guid;

/// An ordinary account that is enabled.
const NORMAL_ACCOUNT: i64 = 0x200;
/// The account is disabled.
const DISABLED: i64 = 0x2;
/// The smart card flag: no password will do.
const SMARTCARD_REQUIRED: i64 = 0x4_0000;

impl Importer<'_> {
    /// Adds what an account must have. Of a complete entry only what dumps leave out is missing.
    pub(super) fn add_defaults(
        &mut self,
        class: ClassId,
        guid: Guid,
        values: &EntryValues,
        cells: &mut Vec<(AttrId, Vec<Vec<u8>>)>,
        line: usize,
    ) {
        if values.deleted {
            return;
        }
        let schema = self.directory.schema;
        let is = |wanted: ClassId| schema.class(class).chain.contains(&wanted);
        let person = is(class::USER) && !is(class::COMPUTER);
        if person && !values.complete && !values.cells.contains_key(&attr::USER_ACCOUNT_CONTROL) {
            cells.push((attr::USER_ACCOUNT_CONTROL, vec![packed_int(NORMAL_ACCOUNT)]));
            self.draft.assume(line, "no userAccountControl: an ordinary account, enabled (512)");
        }
        let held: Vec<AttrId> = cells.iter().map(|(id, _)| *id).collect();
        complete(&schema, class, guid, cells);
        if values.complete {
            cells.retain(|(id, _)| held.contains(id) || OWN_TO_A_CONTROLLER.contains(&schema.name(*id)));
        }
    }

    /// The last steps: the administrator can sign in, the database instance is the file's, what a dump of a
    /// running estate left out is dated after everything else.
    pub(super) fn finish(&mut self) {
        self.adopt_invocation();
        self.directory.generated_usn = 0;
        // deleted objects may be due
        self.directory.next_sweep = self.context.now;
        self.admit_administrator();
        let late = std::mem::take(&mut self.at_run_time);
        let loaded = self.directory.highest_usn();
        let now = self.context.now;
        for id in &late {
            let write = self.directory.begin(now);
            if let Some(record) = self.directory.store.get_mut(id.0) {
                record.usn_created = write.usn;
            }
            let user = self.directory.entry(*id).is_some_and(|e| e.has_class("user") && !e.is_deleted());
            if user && self.directory.packed_values(*id, attr::PWD_LAST_SET).is_empty() {
                let packed = packed_int(now.filetime());
                self.directory.put_values(write, *id, &[(attr::PWD_LAST_SET, vec![packed])]);
            }
            self.directory.touch(write, *id);
        }
        if !late.is_empty() {
            self.directory.generated_usn = loaded;
        }
    }

    /// The invocation id that the settings object of this domain controller says.
    fn adopt_invocation(&mut self) {
        let Ok(settings) = self.directory.resolve(&self.directory.info.ds_service_dn.clone()) else { return };
        let held = self.directory.packed_values(settings, attr::INVOCATION_ID);
        let bytes = held.first().and_then(|bytes| <[u8; 16]>::try_from(bytes.as_slice()).ok());
        if let Some(id) = bytes.map(Guid::from_bytes_le).filter(|id| *id != self.directory.info.invocation_id)
        {
            self.directory.set_invocation_id(id);
        }
    }

    /// Tools sign in as the administrator with the forest's password, whatever the file says of the account.
    fn admit_administrator(&mut self) {
        let (id, now) = (self.directory.info.administrator, self.context.now);
        let Some(entry) = self.directory.entry(id) else { return };
        let number = |attribute| entry.int(attribute).unwrap_or(0);
        let mut changes = Vec::new();
        let control = number(attr::USER_ACCOUNT_CONTROL);
        if control & (DISABLED | SMARTCARD_REQUIRED) != 0 {
            let control = control & !(DISABLED | SMARTCARD_REQUIRED);
            changes.push((attr::USER_ACCOUNT_CONTROL, vec![packed_int(control)]));
        }
        let expires = number(attr::ACCOUNT_EXPIRES);
        if expires != 0 && expires <= now.filetime() {
            changes.push((attr::ACCOUNT_EXPIRES, vec![packed_int(i64::MAX)]));
        }
        if number(attr::LOCKOUT_TIME) != 0 {
            changes.push((attr::LOCKOUT_TIME, vec![packed_int(0)]));
        }
        if entry.password_expiry().is_some_and(|at| at <= now.filetime()) {
            changes.push((attr::PWD_LAST_SET, vec![packed_int(now.filetime())]));
        }
        if changes.is_empty() {
            return;
        }
        let names: Vec<&str> = changes.iter().map(|(id, _)| self.directory.schema.name(*id)).collect();
        self.draft.assume(0, format!("{}: changed so that the administrator can sign in", names.join(", ")));
        let write = self.directory.begin(now);
        self.directory.put_values(write, id, &changes);
        self.directory.touch(write, id);
    }
}
