//! Changes, and compare.

use super::record::Record;
use super::{Reply, Session};
use crate::reply::{Outcome, op};
use crate::request::Controls;
use forestbed_sim::directory::{DirectoryError, Modification, ResultCode, UpdateContext};
use forestbed_sim::world::World;

/// The compare results of RFC 4511.
const COMPARE_FALSE: u32 = 5;
const COMPARE_TRUE: u32 = 6;
/// Most objects that one tree delete removes; a client repeats it to remove more.
const TREE_DELETE_MOST: usize = 16_384;

impl Session {
    pub(super) fn add(
        &mut self,
        id: i32,
        dn: &str,
        attributes: &[(String, Vec<Vec<u8>>)],
        controls: &Controls<'_>,
    ) -> Reply {
        let record = self.record("add", dn, controls);
        let outcome = self.change(controls, |context, session| {
            session.world.controller_mut(session.controller).add(context, dn, attributes).map(drop)
        });
        record.answer(id, op::ADD, &outcome)
    }

    pub(super) fn modify(
        &mut self,
        id: i32,
        dn: &str,
        changes: &[Modification],
        controls: &Controls<'_>,
    ) -> Reply {
        let record = self.record("modify", dn, controls);
        if dn.is_empty() {
            let outcome = self.modify_root_dse(changes, controls);
            return record.answer(id, op::MODIFY, &outcome);
        }
        let outcome = self.change(controls, |context, session| {
            session.world.controller_mut(session.controller).modify(context, dn, changes).map(drop)
        });
        record.answer(id, op::MODIFY, &outcome)
    }

    /// Writing to the root DSE triggers operations of the server.
    fn modify_root_dse(&mut self, changes: &[Modification], controls: &Controls<'_>) -> Outcome {
        self.change(controls, |context, session| {
            session.world.controller_mut(session.controller).operate(context, changes)
        })
    }

    pub(super) fn modify_dn(
        &mut self,
        id: i32,
        dn: &str,
        new_rdn: &str,
        delete_old_rdn: bool,
        new_superior: Option<&str>,
        controls: &Controls<'_>,
    ) -> Reply {
        let record = self.record("modifyDN", dn, controls);
        let outcome = self.change(controls, |context, session| {
            let mut directory = session.world.controller_mut(session.controller);
            directory.modify_dn(context, dn, new_rdn, delete_old_rdn, new_superior).map(drop)
        });
        record.answer(id, op::MODIFY_DN, &outcome)
    }

    pub(super) fn delete(&mut self, id: i32, dn: &str, controls: &Controls<'_>) -> Reply {
        let record = self.record("delete", dn, controls);
        let whole = controls.tree_delete;
        let outcome = self.change(controls, |context, session| {
            if whole && !delete_below(&session.world, session.controller, context, dn)? {
                let refused = Outcome::of("tree-too-large");
                return Err(DirectoryError::new(ResultCode::from_number(refused.code), refused.text));
            }
            session.world.controller_mut(session.controller).delete(context, dn)
        });
        record.answer(id, op::DELETE, &outcome)
    }

    pub(super) fn compare(
        &mut self,
        id: i32,
        dn: &str,
        attribute: &str,
        value: &[u8],
        controls: &Controls<'_>,
    ) -> Reply {
        let mut record = Record::new(self, "compare", format_args!("{dn} {attribute}"), false);
        record.unknown(controls.unknown.iter().map(String::as_str));
        let confidential = self.sees_confidential();
        let outcome = if self.principal().is_none() {
            Outcome::of("not-bound")
        } else {
            let directory = self.world.controller(self.controller);
            match directory.compare(self.port, dn, attribute, value, confidential) {
                Ok(same) => Outcome::code(if same { COMPARE_TRUE } else { COMPARE_FALSE }),
                Err(refused) => refused.into(),
            }
        };
        record.answer(id, op::COMPARE, &outcome)
    }

    fn record(&self, operation: &'static str, dn: &str, controls: &Controls<'_>) -> Record {
        let mut record = Record::new(self, operation, dn, true);
        record.unknown(controls.unknown.iter().map(String::as_str));
        record
    }

    /// Makes a change on behalf of who is bound. What that account may do is the directory's to know.
    fn change(
        &mut self,
        controls: &Controls<'_>,
        make: impl FnOnce(&UpdateContext, &mut Session) -> Result<(), DirectoryError>,
    ) -> Outcome {
        let context = match self.context(controls) {
            Ok(context) => context,
            Err(refused) => return refused,
        };
        match make(&context, self) {
            Ok(()) => Outcome::success(),
            Err(refused) => refused.into(),
        }
    }
}

/// Deletes what lies below an object, leaves first. False when there is more than one request may delete.
fn delete_below(
    world: &World,
    controller: usize,
    context: &UpdateContext,
    dn: &str,
) -> Result<bool, DirectoryError> {
    let mut directory = world.controller_mut(controller);
    // what must stay refuses the whole tree before anything of it is gone
    let below = directory.deletable_below(context, dn)?;
    // a parent is listed before what lies below it
    for id in below.iter().rev().take(TREE_DELETE_MOST) {
        let Some(dn) = directory.entry(*id).filter(|entry| !entry.is_deleted()).map(|entry| entry.dn())
        else {
            continue;
        };
        directory.delete(context, &dn)?;
    }
    Ok(below.len() <= TREE_DELETE_MOST)
}
