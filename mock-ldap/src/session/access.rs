//! Who may write what: a role model instead of security descriptors.

use super::Session;
use crate::data;
use crate::reply::Outcome;
use forestbed_sim::directory::{Modification, ModifyOp, Role};

/// Kinds of change for which an account needs rights.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change<'a> {
    /// Adding, deleting, renaming: on the object as a whole.
    Object,
    /// On attributes of the object with this name.
    Attributes(&'a str, &'a [Modification]),
}

impl Session {
    /// Whether the bound account may make this change; nobody may who is not bound.
    pub(super) fn may(&mut self, change: Change<'_>) -> Result<(), Outcome> {
        let (role, own) = match self.principal() {
            Some(principal) => (principal.role, principal.id),
            None => return Err(Outcome::of("not-bound")),
        };
        let (dn, changes) = match (role, change) {
            (Role::Admin, _) => return Ok(()),
            (_, Change::Object) => return Err(Outcome::of("access-object")),
            (_, Change::Attributes(dn, changes)) => (dn, changes),
        };
        // a name that does not exist is told as such: everybody may read
        let target = self.world.directory(self.forest).resolve(dn)?;
        let mine = target == own;
        let allowed = |change: &Modification| {
            role == Role::Sync && data::may_write("sync", &change.attribute)
                || mine && data::may_write("self", &change.attribute)
        };
        if mine && is_password_change(changes) || changes.iter().all(allowed) {
            Ok(())
        } else {
            Err(Outcome::of("access-attribute"))
        }
    }
}

/// Whether a request changes a password the way its owner does: deletes the old one and adds the new one.
fn is_password_change(changes: &[Modification]) -> bool {
    let is = |change: &Modification, op| {
        change.op == op && change.attribute.eq_ignore_ascii_case("unicodePwd") && change.values.len() == 1
    };
    matches!(changes, [old, new] if is(old, ModifyOp::Delete) && is(new, ModifyOp::Add))
}
