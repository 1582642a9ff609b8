//! Binding: simple binds of LDAP versions 2 and 3; NTLM within SASL and in the older dress; certificates.

mod external;
mod negotiation;
mod ntlm;
mod sasl;

pub(super) use negotiation::Negotiation;

use super::record::Record;
use super::{Bound, Reply, Session};
use crate::reply::{Answer, Outcome, op, write_result};
use crate::request::{Authentication, Controls};
use forestbed_sim::directory::{BindError, Principal};

/// Longest token that is looked at, in bytes: what Windows takes (`MaxTokenSize`).
const MAX_TOKEN: usize = 48_000;

/// What a bind request comes to.
struct BindAnswer {
    outcome: Outcome,
    /// Credentials of the server, for the client's next step or its last check.
    credentials: Option<Vec<u8>>,
    /// The answer has the form of the older dress.
    sicily: bool,
}

impl From<Outcome> for BindAnswer {
    fn from(outcome: Outcome) -> BindAnswer {
        BindAnswer { outcome, credentials: None, sicily: false }
    }
}

impl Session {
    pub(super) fn bind(
        &mut self,
        id: i32,
        version: i64,
        name: &str,
        authentication: &Authentication<'_>,
        controls: &Controls<'_>,
    ) -> Reply {
        let target = match authentication {
            Authentication::Sasl { mechanism, .. } => mechanism,
            Authentication::Sicily(_) => "Sicily",
            _ => name,
        };
        let mut record = Record::new(self, "bind", target, false);
        record.unknown(controls.unknown.iter().map(String::as_str));
        // whatever comes of it, who was bound is bound no more, and waiting pages are void
        self.bound = None;
        self.paged.clear();
        self.watches.clear();
        self.agreed_layer = None;
        let negotiation = self.negotiation.take();
        let answer = match authentication {
            _ if !matches!(version, 2 | 3) => Outcome::of("bind-version").into(),
            Authentication::Simple(password) => self.simple_bind(name, password).into(),
            _ if self.fast_bind => Outcome::of("fast-bind").into(),
            Authentication::Sasl { mechanism, credentials } => {
                self.sasl_bind(&mut record, mechanism, *credentials, negotiation)
            }
            Authentication::Sicily(step) => self.sicily_bind(step, negotiation),
            Authentication::Other(method) => {
                record.unknown([format!("authentication-{method}").as_str()]);
                Outcome::of("authentication-method").into()
            }
        };
        self.answer_bind(id, record, &answer)
    }

    fn answer_bind(&mut self, id: i32, record: Record, answer: &BindAnswer) -> Reply {
        let mut out = Vec::new();
        let credentials = answer.credentials.as_deref();
        let around = if answer.sicily {
            Answer { sicily: Some(credentials.unwrap_or_default()), ..Answer::default() }
        } else {
            Answer { sasl: credentials, ..Answer::default() }
        };
        write_result(&mut out, id, op::BIND, &answer.outcome, &around);
        record.finish(answer.outcome.code, 0);
        let reply = Reply::ready(out);
        if self.agreed_layer.is_some() { reply.then(super::Effect::Protect) } else { reply }
    }

    fn simple_bind(&mut self, name: &str, password: &[u8]) -> Outcome {
        if password.is_empty() {
            // an "unauthenticated bind" succeeds on Active Directory and leaves the client anonymous
            return Outcome::success();
        }
        if self.world.spec.ldap.signing_required && !self.is_protected() {
            return Outcome::of("signing-required");
        }
        let now = self.world.clock.now();
        let proved = self.world.controller_mut(self.controller).authenticate(name, password, now);
        let proved = proved.or_else(|refused| self.ask_other_domains(name, password).unwrap_or(Err(refused)));
        self.settle(proved)
    }

    /// A domain controller passes the accounts of its forest's other domains on to controllers of theirs. None
    /// when the account is this domain's own, or nobody's.
    fn ask_other_domains(&self, name: &str, password: &[u8]) -> Option<Result<Principal, BindError>> {
        let world = &self.world;
        let own = world.controllers()[self.controller].domain;
        let forest = world.domains()[own].forest;
        let others = |domain: &usize| *domain != own && world.domains()[*domain].forest == forest;
        let mut others = (0..world.domains().len()).filter(others).peekable();
        others.peek()?;
        if world.controller(self.controller).knows_account(name) {
            return None;
        }
        let other = others.find(|domain| world.directory(*domain).knows_account(name))?;
        let proved = world.directory_mut(other).authenticate(name, password, world.clock.now());
        Some(match proved {
            Ok(principal) => Ok(world.controller(self.controller).foreign_principal(principal)?),
            Err(refused) => Err(refused),
        })
    }

    /// Binds who has proved to be one, and says how it went.
    fn settle(&mut self, proved: Result<Principal, BindError>) -> Outcome {
        match proved {
            Ok(_) if self.fast_bind => Outcome::success(),
            Ok(principal) => {
                self.bound = Some(Bound { principal, generation: self.world.generation() });
                Outcome::success()
            }
            Err(refused) => Outcome { text: refused.text.clone(), ..Outcome::code(refused.code().number()) },
        }
    }
}
