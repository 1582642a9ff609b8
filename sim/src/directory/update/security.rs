//! Writing security descriptors: they are kept as they come, once they are found well-formed.

use super::draft::Draft;
use super::{Modification, ModifyOp, UpdateContext};
use crate::directory::error::{DirectoryError, Refusal};
use crate::directory::security::SecurityDescriptor;
use crate::directory::{Directory, SecurityParts, attr};

/// Longest value: `rangeUpper` of the attribute.
const MOST_BYTES: usize = 132_096;

impl Directory {
    /// Replaces the parts of an object's descriptor that the SD flags control names, or all that the value has.
    pub(super) fn write_descriptor(
        &self,
        context: &UpdateContext,
        draft: &mut Draft,
        change: &Modification,
    ) -> Result<(), DirectoryError> {
        let row = self.schema.attribute(attr::NT_SECURITY_DESCRIPTOR);
        match (change.op, &change.values[..]) {
            (ModifyOp::Delete, _) | (_, []) => Err(Refusal::WillNotPerform.error()),
            (ModifyOp::Add, _) if draft.id.is_some() => Err(Refusal::ValueExists.on(row)),
            (_, [value]) => {
                let parsed = SecurityDescriptor::parse(value).filter(|_| value.len() <= MOST_BYTES);
                let given = parsed.ok_or_else(|| Refusal::BadSyntax.on(row))?;
                let entry = draft.id.and_then(|id| self.entry(id));
                let held = entry.map(|entry| entry.written_descriptor()).unwrap_or_default();
                let written = held.replaced(context.security_parts, given);
                let bytes = written.to_bytes(SecurityParts::ALL);
                draft.values.insert(attr::NT_SECURITY_DESCRIPTOR, vec![bytes]);
                Ok(())
            }
            _ => Err(Refusal::NotMultiValued.on(row)),
        }
    }
}
