//! Modifying the root DSE: operations of the server itself (MS-ADTS 3.1.1.3.3).

use super::{Actor, Modification, ModifyOp, Role, UpdateContext};
use crate::directory::Directory;
use crate::directory::error::{DirectoryError, Refusal};

impl Directory {
    /// Carries out the operations that a modification of the root DSE names: `enableOptionalFeature`,
    /// `doGarbageCollection`, `schemaUpdateNow`.
    ///
    /// # Errors
    /// 50 for everybody but administrators, 53 for an operation that is not known, and the operation's own.
    pub fn operate(
        &mut self,
        context: &UpdateContext,
        changes: &[Modification],
    ) -> Result<(), DirectoryError> {
        if let Actor::Account(actor) = context.actor
            && self.role_of(actor) != Role::Admin
        {
            return Err(Refusal::NoRightsOnObject.error());
        }
        if changes.is_empty() {
            return Err(Refusal::RootDseModify.error());
        }
        for change in changes {
            let value = change.values.first().and_then(|value| std::str::from_utf8(value).ok());
            let (Some(value), true) = (value, change.op != ModifyOp::Delete) else {
                return Err(Refusal::RootDseModify.error());
            };
            match change.attribute.to_ascii_lowercase().as_str() {
                "enableoptionalfeature" => self.enable_optional_feature(context, value)?,
                "dogarbagecollection" => {
                    self.next_sweep = context.now;
                    self.run_due(context.now);
                }
                "schemaupdatenow" => self.refresh_schema()?,
                _ => return Err(Refusal::RootDseModify.error()),
            }
        }
        Ok(())
    }
}
