//! Scripted faults: what happens to a request instead of, or after, what it asks for.

use super::record::Record;
use super::{Effect, Reply, Session, is_write, name};
use crate::reply::{Outcome, answer_tag};
use crate::request::{Controls, Operation, op};
use forestbed_sim::directory::ResultCode;
use forestbed_sim::fault::{self, LdapAction, LdapFault};
use forestbed_sim::journal::Side;

/// What the journal shows of a request that is dropped: `canceled` of RFC 3909.
const CANCELED: u32 = 118;

impl Session {
    /// The fault that hits an operation, if there is one.
    pub(super) fn fault(&self, operation: &Operation<'_>) -> Option<LdapFault> {
        let (name, _) = name(operation)?;
        match self.world.faults.hit(Side::Ldap, name, target(operation))? {
            fault::Effect::Ldap(fault) => Some(fault),
            fault::Effect::Http(_) => None,
        }
    }

    /// What an operation comes to that a fault hits.
    pub(super) fn faulted(
        &mut self,
        id: i32,
        operation: Operation<'_>,
        controls: Controls<'_>,
        fault: LdapFault,
    ) -> Reply {
        let Some((name, asked)) = name(&operation) else { return self.perform(id, operation, controls) };
        // a search commits nothing, and what it would answer need not be made
        let performs = fault.after_commit && asked != op::SEARCH
            || matches!(fault.action, LdapAction::Delay(_) | LdapAction::Truncate);
        self.faulty = true;
        let reply = if performs {
            self.perform(id, operation, controls)
        } else {
            self.instead(id, (name, asked), target(&operation), fault.action)
        };
        self.faulty = false;
        match fault.action {
            LdapAction::Delay(span) => Reply { delay: Some(span), ..reply },
            LdapAction::Truncate => self.half(reply),
            LdapAction::Result(code) if performs => {
                // it was journaled as what it was
                let mut out = Vec::new();
                let around = crate::reply::Answer::default();
                let answer = answer_tag(asked).unwrap_or_default();
                crate::reply::write_result(&mut out, id, answer, &outcome(code), &around);
                Reply::ready(out)
            }
            LdapAction::Drop if performs => Reply::nothing().then(Effect::Close),
            _ => reply,
        }
    }

    fn instead(&self, id: i32, (name, asked): (&'static str, u8), target: &str, action: LdapAction) -> Reply {
        let record = Record::new(self, name, target, is_write(asked));
        match action {
            LdapAction::Result(code) => {
                record.answer(id, answer_tag(asked).unwrap_or_default(), &outcome(code))
            }
            _ => {
                record.finish(CANCELED, 0);
                Reply::nothing().then(Effect::Close)
            }
        }
    }

    /// Half of an answer's first chunk, and the end.
    fn half(&mut self, mut reply: Reply) -> Reply {
        let mut out = Vec::new();
        while out.is_empty() && reply.messages.next_chunk(self, &mut out) {}
        out.truncate(out.len() / 2);
        Reply::ready(out).then(Effect::Close)
    }
}

fn outcome(code: u32) -> Outcome {
    if code == ResultCode::BUSY.number() { Outcome::of("busy") } else { Outcome::code(code) }
}

/// What an operation is about, as a fault's pattern names it.
fn target<'a>(operation: &Operation<'a>) -> &'a str {
    match operation {
        Operation::Bind { name, .. } => name,
        Operation::Search(request) => request.base,
        Operation::Modify { dn, .. }
        | Operation::Add { dn, .. }
        | Operation::Delete { dn }
        | Operation::ModifyDn { dn, .. }
        | Operation::Compare { dn, .. } => dn,
        Operation::Extended { oid, .. } => oid,
        Operation::Unbind | Operation::Abandon { .. } => "",
    }
}
