//! The profile `lldap`: the same directory as lldap, a light LDAP server for accounts, serves it.
//!
//! A view: users and security groups of the domain under `ou=people` and `ou=groups`, with lldap's names,
//! filters, roles, errors and oddities; what is written goes into the same directory. Facts: transcripts of lldap
//! 0.6.3. What it is not: a store of its own, or lldap's web interface and GraphQL; membership cannot be changed
//! here, as it cannot be changed over LDAP there.

mod account;
mod answer;
mod attributes;
mod change;
mod filter;
mod name;
mod search;
mod uuid;
mod view;

pub use view::Login;

use crate::request::{self, Authentication, Operation, Request};
use answer::{Answers, op};
use forestbed_sim::world::World;
use std::sync::Arc;
use view::View;

/// The largest request, in bytes; the connection of a larger one is closed (lldap.md 22).
const LARGEST_REQUEST: usize = 32 * 1024;
/// The deepest filter: 126 negations of a term (lldap.md 22).
const DEEPEST_FILTER: usize = 127;
const PASSWORD_MODIFY: &str = "1.3.6.1.4.1.4203.1.11.1";
const WHO_AM_I: &str = "1.3.6.1.4.1.4203.1.11.3";

/// What one connection has come to.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// Who is bound, by user id.
    bound: Option<String>,
    view: Option<Arc<View>>,
}

/// What a request came to: bytes for the client, and a line for the journal.
#[derive(Debug)]
pub(crate) struct Handled {
    pub(crate) bytes: Vec<u8>,
    /// The connection ends.
    pub(crate) close: bool,
    pub(crate) operation: &'static str,
    pub(crate) target: String,
    pub(crate) write: bool,
    pub(crate) code: u32,
    pub(crate) returned: u32,
}

/// One request on one connection.
struct Call<'s> {
    state: &'s mut State,
    world: &'s World,
    controller: usize,
}

/// Handles one whole message.
pub(crate) fn handle(state: &mut State, world: &World, controller: usize, message: &[u8]) -> Handled {
    let mut handled = Handled {
        bytes: Vec::new(),
        close: false,
        operation: "malformed",
        target: String::new(),
        write: false,
        code: 0,
        returned: 0,
    };
    let request = request::decode(message, DEEPEST_FILTER).ok().filter(|_| message.len() <= LARGEST_REQUEST);
    let Some(Request { id, operation, .. }) = request else {
        // lldap closes without a word
        handled.close = true;
        handled.code = 2;
        return handled;
    };
    (handled.operation, handled.target, handled.write) = told(&operation);
    let mut answers = Answers::new(&mut handled.bytes, id);
    let done = Call { state, world, controller }.dispatch(operation, &mut answers);
    (handled.code, handled.returned) = (answers.code, answers.entries);
    handled.close = done.is_err();
    if handled.close {
        handled.bytes.clear();
    }
    handled
}

/// The connection ends without an answer.
struct Hangup;

fn told(operation: &Operation<'_>) -> (&'static str, String, bool) {
    match operation {
        Operation::Bind { name, .. } => ("bind", (*name).to_owned(), false),
        Operation::Unbind => ("unbind", String::new(), false),
        Operation::Search(search) => ("search", format!("{} {}", search.base, search.filter), false),
        Operation::Modify { dn, .. } => ("modify", (*dn).to_owned(), true),
        Operation::Add { dn, .. } => ("add", (*dn).to_owned(), true),
        Operation::Delete { dn } => ("delete", (*dn).to_owned(), true),
        Operation::ModifyDn { dn, .. } => ("modifyDN", (*dn).to_owned(), true),
        Operation::Compare { dn, .. } => ("compare", (*dn).to_owned(), false),
        Operation::Abandon { id } => ("abandon", id.to_string(), false),
        Operation::Extended { oid, .. } => ("extended", (*oid).to_owned(), *oid == PASSWORD_MODIFY),
    }
}

impl Call<'_> {
    fn dispatch(mut self, operation: Operation<'_>, answers: &mut Answers<'_>) -> Result<(), Hangup> {
        match operation {
            Operation::Unbind => return Err(Hangup),
            Operation::Bind { version, .. } if version != 3 => return Err(Hangup),
            Operation::Bind { name, authentication, .. } => self.bind(name, &authentication, answers),
            Operation::Search(request) => self.search(&request, answers)?,
            Operation::Compare { dn, attribute, value } => self.compare(dn, attribute, value, answers),
            Operation::Modify { dn, changes } => self.modify(dn, &changes, answers)?,
            Operation::Add { dn, attributes } => self.add(dn, &attributes, answers)?,
            Operation::Delete { dn } => self.delete(dn, answers)?,
            Operation::ModifyDn { dn, new_rdn, delete_old_rdn, new_superior } => {
                let superior = new_superior
                    .map_or("None".to_owned(), |dn| format!("Some(\n            {dn:?},\n        )"));
                let shown = format!(
                    "ModifyDNRequest(\n    LdapModifyDNRequest {{\n        dn: {dn:?},\n        newrdn: \
                     {new_rdn:?},\n        deleteoldrdn: {delete_old_rdn},\n        new_superior: {superior},\n    \
                     }},\n)"
                );
                self.unsupported(&shown, answers);
            }
            Operation::Abandon { id } => {
                self.unsupported(&format!("AbandonRequest(\n    {id},\n)"), answers);
            }
            Operation::Extended { oid, value } => self.extended(oid, value.unwrap_or_default(), answers),
        }
        Ok(())
    }

    fn unsupported(&mut self, shown: &str, answers: &mut Answers<'_>) {
        match self.state.bound {
            Some(_) => answers.result(op::EXTENDED, "lldap-operation", &[shown]),
            None => answers.result(op::EXTENDED, "lldap-unbound", &[]),
        }
    }

    fn extended(&mut self, oid: &str, value: &[u8], answers: &mut Answers<'_>) {
        match oid {
            WHO_AM_I => {
                let view = self.view();
                let user = self.state.bound.as_ref().and_then(|id| view.user(id));
                let text = user.map(|user| format!("dn:{}", view.user_dn(user))).unwrap_or_default();
                answers.success(op::EXTENDED, &text);
            }
            PASSWORD_MODIFY => self.change_password(value, answers),
            _ => answers.result(op::EXTENDED, "lldap-extended", &[oid]),
        }
    }

    fn bind(&mut self, name: &str, authentication: &Authentication<'_>, answers: &mut Answers<'_>) {
        let (key, detail) = match authentication {
            _ if name.is_empty() => ("lldap-anonymous", String::new()),
            Authentication::Simple(password) => match self.sign_in(name, password) {
                Ok(()) => return answers.success(op::BIND, ""),
                Err(refused) => refused,
            },
            _ => ("lldap-sasl", String::new()),
        };
        answers.result(op::BIND, key, &[&detail]);
    }

    /// The users and groups of this instant.
    fn view(&mut self) -> Arc<View> {
        let directory = self.world.controller(self.controller);
        let at = (self.world.generation(), directory.highest_usn());
        if let Some(view) = self.state.view.as_ref().filter(|view| view.at == at) {
            return Arc::clone(view);
        }
        let view = Arc::new(View::of(&directory, at));
        self.state.view = Some(Arc::clone(&view));
        view
    }
}
