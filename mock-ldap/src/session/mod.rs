//! The synchronous core: one session a connection, one request at a time, answers in chunks.
//!
//! It knows no socket and no runtime. A [`Session`] is handed whole messages and gives back a [`Reply`]: a
//! [`Cursor`] that yields the answer a chunk at a time, and [`Effect`]s for the shell to carry out once the
//! answer is written. The directory's lock is taken for a chunk and never held between two.

mod bind;
mod extended;
mod fault;
mod policy;
mod record;
mod root_dse;
mod search;
mod update;

use crate::lldap;
use crate::reply::{self, Outcome, answer_tag};
use crate::request::{self, Control, Controls, Operation, Refused, Request, Undecodable, op};
use crate::security::SecurityLayer;
use crate::security::certificate::Certificate;
use bind::Negotiation;
use forestbed_sim::directory::{NameCache, Port, Principal, Reader, Role, UpdateContext};
use forestbed_sim::spec::DirectoryProfile;
use forestbed_sim::world::World;
use policy::PolicyInForce;
use record::Record;
use search::{PagedSearches, Referrals, Round, Walk, Watches};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// One client's connection, as the directory sees it: who is bound, whether TLS protects it, which searches
/// wait for their next page.
#[derive(Debug)]
pub struct Session {
    world: Arc<World>,
    controller: usize,
    port: Port,
    /// TLS is in effect.
    tls: bool,
    /// TLS began with the connection (LDAPS), not on request.
    tls_from_the_start: bool,
    /// Who the client's certificate says it is, when TLS is in effect and it gave one.
    certificate: Option<Certificate>,
    /// The digest that binds NTLM to the TLS channel (RFC 5929 4), when TLS is in effect.
    channel_binding: Option<[u8; 16]>,
    bound: Option<Bound>,
    /// A bind of several steps that waits for its next one.
    negotiation: Option<Negotiation>,
    /// What a bind agreed to protect the connection with, until the shell takes it.
    agreed_layer: Option<SecurityLayer>,
    /// What the shell protects the connection with.
    layer: Option<Layer>,
    /// The request at hand is hit by a scripted fault.
    faulty: bool,
    paged: PagedSearches,
    watches: Watches,
    names: NameCache,
    referrals: Referrals,
    policy: PolicyInForce,
    /// Binds only prove passwords: nobody is bound by them, and nothing else is served.
    fast_bind: bool,
    /// Where the profile is lldap's: all there is to know of the connection.
    lldap: lldap::State,
}

/// An account that is bound, and the state of the world in which it was.
#[derive(Debug)]
struct Bound {
    principal: Principal,
    generation: u64,
}

/// What is in force over a connection's messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Layer {
    /// Whether passwords may be written under it.
    strong: bool,
}

/// What a request comes to.
#[derive(Debug)]
pub struct Reply {
    /// The answer, to be fetched a chunk at a time.
    pub messages: Cursor,
    /// What the shell does after the answer is written, in order.
    pub effects: Vec<Effect>,
    /// How long the shell waits before it writes the answer: a scripted fault, in wall time.
    pub delay: Option<Duration>,
}

/// What only a shell can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Begin TLS on the connection; what the client sent before it is void.
    StartTls,
    /// Protect what follows with [`Session::take_layer`], in both directions.
    Protect,
    /// Close the connection.
    Close,
    /// Listen for changes of the directory, and call [`Session::notify`] now and after each.
    Watch,
    /// End the operation with this message id, whether it runs or waits; it gets no answer.
    Abandon(i32),
}

/// An answer that is fetched a chunk at a time.
///
/// A chunk examines at most 1,000 candidates or writes about 64 KiB, whichever comes first. Between two
/// chunks anything may happen to the directory: a long search reads what is there when it gets to it, and ends
/// with `unavailable` when the world is reset or restored.
pub struct Cursor(State);

enum State {
    Done,
    Ready(Vec<u8>),
    Search(Box<Walk>),
    DirSync(Box<Round>),
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            State::Done => "Cursor(done)",
            State::Ready(_) => "Cursor(ready)",
            State::Search(_) => "Cursor(search)",
            State::DirSync(_) => "Cursor(dirSync)",
        })
    }
}

impl Cursor {
    /// Appends the next chunk to `out`. False when there is none after it.
    pub fn next_chunk(&mut self, session: &mut Session, out: &mut Vec<u8>) -> bool {
        match std::mem::replace(&mut self.0, State::Done) {
            State::Done => false,
            State::Ready(bytes) => {
                out.extend_from_slice(&bytes);
                false
            }
            State::Search(walk) => self.go_on(walk.next_chunk(session, out).map(State::Search)),
            State::DirSync(round) => self.go_on(round.next_chunk(session, out).map(State::DirSync)),
        }
    }

    /// True when there is something left to do.
    fn go_on(&mut self, left: Option<State>) -> bool {
        let more = left.is_some();
        self.0 = left.unwrap_or(State::Done);
        more
    }

    /// Everything that is left, at once: for tests and small tools.
    pub fn rest(mut self, session: &mut Session) -> Vec<u8> {
        let mut out = Vec::new();
        while self.next_chunk(session, &mut out) {}
        out
    }
}

impl Reply {
    fn nothing() -> Reply {
        Reply { messages: Cursor(State::Done), effects: Vec::new(), delay: None }
    }

    fn ready(bytes: Vec<u8>) -> Reply {
        Reply { messages: Cursor(State::Ready(bytes)), effects: Vec::new(), delay: None }
    }

    fn of(state: State) -> Reply {
        Reply { messages: Cursor(state), effects: Vec::new(), delay: None }
    }

    fn then(mut self, effect: Effect) -> Reply {
        self.effects.push(effect);
        self
    }

    /// The last words of a server that cannot go on with a connection. `key` is one of texts.tsv.
    fn disconnect(key: &str) -> Reply {
        let mut out = Vec::new();
        reply::notice_of_disconnection(&mut out, &Outcome::of(key));
        Reply::ready(out).then(Effect::Close)
    }
}

impl Session {
    /// A session with one port of a domain controller (by its index in the world). `secure` says whether TLS
    /// protects it from the start.
    ///
    /// # Panics
    /// Not here, but its requests do when the world has no such controller.
    pub fn new(world: Arc<World>, controller: usize, port: Port, secure: bool) -> Session {
        Session {
            world,
            controller,
            port,
            tls: secure,
            tls_from_the_start: secure,
            certificate: None,
            channel_binding: None,
            bound: None,
            negotiation: None,
            agreed_layer: None,
            layer: None,
            faulty: false,
            paged: PagedSearches::default(),
            watches: Watches::default(),
            names: NameCache::default(),
            referrals: Referrals::default(),
            policy: PolicyInForce::default(),
            fast_bind: false,
            lldap: lldap::State::default(),
        }
    }

    /// The shell has begun TLS.
    pub fn set_secure(&mut self) {
        self.tls = true;
    }

    /// The digest of the TLS channel that clients bind NTLM to (RFC 5929 4: `tls-server-end-point`, in the form
    /// of MS-NLMP 2.2.2.1).
    pub fn set_channel_binding(&mut self, digest: [u8; 16]) {
        self.channel_binding = Some(digest);
    }

    /// What the last bind agreed to protect the connection with; the shell does so from now on.
    pub fn take_layer(&mut self) -> Option<SecurityLayer> {
        let layer = self.agreed_layer.take()?;
        self.layer = Some(Layer { strong: layer.is_strong() });
        Some(layer)
    }

    fn is_tls(&self) -> bool {
        self.tls
    }

    /// Whether others cannot change what is said: TLS, or signatures.
    fn is_protected(&self) -> bool {
        self.tls || self.layer.is_some()
    }

    /// Whether others cannot read what is said: TLS, or a strong seal.
    fn is_confidential(&self) -> bool {
        self.tls || self.layer.is_some_and(|layer| layer.strong)
    }

    /// Handles one whole message. Never fails: what cannot be understood is answered with protocolError, or
    /// with a notice of disconnection when not even its message id can be read.
    pub fn handle(&mut self, message: &[u8]) -> Reply {
        self.world.charge_directory_request();
        if self.world.spec.profile == DirectoryProfile::Lldap {
            return self.handle_as_lldap(message);
        }
        match request::decode(message, self.world.limits.max_filter_depth) {
            Ok(request) => self.dispatch(request),
            Err(undecodable) => self.undecodable(&undecodable),
        }
    }

    fn handle_as_lldap(&mut self, message: &[u8]) -> Reply {
        let handled = lldap::handle(&mut self.lldap, &self.world, self.controller, message);
        let record = Record::new(self, handled.operation, &handled.target, handled.write);
        record.finish(handled.code, handled.returned);
        let reply = Reply::ready(handled.bytes);
        if handled.close { reply.then(Effect::Close) } else { reply }
    }

    /// The last words to a client whose bytes cannot be cut into messages.
    pub(crate) fn not_understood(&mut self, why: &str) -> Reply {
        self.world.charge_directory_request();
        let record = Record::new(self, "malformed", why, false);
        record.finish(Outcome::of("malformed").code, 0);
        Reply::disconnect("malformed")
    }

    /// The last words of a server that stops.
    pub(crate) fn farewell() -> Vec<u8> {
        let mut out = Vec::new();
        reply::notice_of_disconnection(&mut out, &Outcome::of("unavailable"));
        out
    }

    fn undecodable(&mut self, undecodable: &Undecodable) -> Reply {
        let outcome = Outcome::of("malformed");
        let record = Record::new(self, "malformed", undecodable.why, false);
        match undecodable.addressed.and_then(|(id, tag)| Some((id, answer_tag(tag)?))) {
            Some((id, answer)) => record.answer(id, answer, &outcome),
            None => {
                record.finish(outcome.code, 0);
                Reply::disconnect("malformed")
            }
        }
    }

    fn dispatch(&mut self, request: Request<'_>) -> Reply {
        let Request { id, operation, controls } = request;
        let controls = match self.controls(id, &operation, &controls) {
            Ok(controls) => controls,
            Err(refusal) => return refusal,
        };
        if let Some(refused) = self.refused_by_fast_bind(id, &operation) {
            return refused;
        }
        if let Some(refused) = self.refused_by_catalog(id, &operation) {
            return refused;
        }
        match self.fault(&operation) {
            Some(fault) => self.faulted(id, operation, controls, fault),
            None => self.perform(id, operation, controls),
        }
    }

    fn perform(&mut self, id: i32, operation: Operation<'_>, controls: Controls<'_>) -> Reply {
        match operation {
            Operation::Unbind => {
                Record::new(self, "unbind", "", false).finish(0, 0);
                Reply::nothing().then(Effect::Close)
            }
            Operation::Abandon { id } => {
                Record::new(self, "abandon", id, false).finish(0, 0);
                self.watches.end(id);
                Reply::nothing().then(Effect::Abandon(id))
            }
            Operation::Bind { version, name, authentication } => {
                self.bind(id, version, name, &authentication, &controls)
            }
            Operation::Search(request) => self.search(id, request, controls),
            Operation::Extended { oid, value } => self.extended(id, oid, value, &controls),
            Operation::Compare { dn, attribute, value } => self.compare(id, dn, attribute, value, &controls),
            Operation::Add { dn, attributes } => self.add(id, dn, &attributes, &controls),
            Operation::Modify { dn, changes } => self.modify(id, dn, &changes, &controls),
            Operation::Delete { dn } => self.delete(id, dn, &controls),
            Operation::ModifyDn { dn, new_rdn, delete_old_rdn, new_superior } => {
                self.modify_dn(id, dn, new_rdn, delete_old_rdn, new_superior, &controls)
            }
        }
    }

    /// The answer to a change that is asked of a global catalog: it is only read.
    fn refused_by_catalog(&mut self, id: i32, operation: &Operation<'_>) -> Option<Reply> {
        let (name, asked) = name(operation)?;
        if self.port == Port::Directory || !is_write(asked) {
            return None;
        }
        let key = if self.principal().is_some() { "catalog-write" } else { "not-bound" };
        let record = Record::new(self, name, "", true);
        Some(record.answer(id, answer_tag(asked)?, &Outcome::of(key)))
    }

    /// The answer to what a connection in fast bind mode does not serve: everything but binds.
    fn refused_by_fast_bind(&self, id: i32, operation: &Operation<'_>) -> Option<Reply> {
        let (name, asked) = name(operation).filter(|(_, asked)| self.fast_bind && *asked != op::BIND)?;
        let record = Record::new(self, name, "", is_write(asked));
        Some(record.answer(id, answer_tag(asked)?, &Outcome::of("fast-bind")))
    }

    /// What the controls ask for, or the answer that they refuse the request.
    fn controls<'a>(
        &self,
        id: i32,
        operation: &Operation<'_>,
        controls: &[Control<'a>],
    ) -> Result<Controls<'a>, Reply> {
        let Some((name, asked)) = name(operation) else { return Ok(Controls::default()) };
        Controls::read(controls).map_err(|refused| {
            let (oid, unknown) = match refused {
                Refused::Unavailable(oid) => (oid, true),
                Refused::Malformed(oid) => (oid, false),
            };
            let mut record = Record::new(self, name, format_args!("control {oid}"), is_write(asked));
            if unknown {
                record.unknown([oid.as_str()]);
            }
            record.answer(id, answer_tag(asked).unwrap_or_default(), &Outcome::of("control"))
        })
    }

    /// Who is bound. An account that a reset or restore has taken away is not.
    fn principal(&mut self) -> Option<&Principal> {
        let generation = self.world.generation();
        if self.bound.as_ref().is_some_and(|bound| bound.generation != generation) {
            let directory = self.world.controller(self.controller);
            self.bound = self.bound.take().and_then(|Bound { principal, .. }| {
                let id = directory.by_sid(&principal.sid)?;
                Some(Bound { principal: Principal { id, ..principal }, generation })
            });
        }
        self.bound.as_ref().map(|bound| &bound.principal)
    }

    /// On whose behalf constructed attributes are read now.
    fn reader(&mut self, of_base: bool) -> Reader {
        let now = self.world.clock.now();
        let bound = self.principal();
        let role = bound.map_or(Role::User, |principal| principal.role);
        Reader { now, account: bound.map(|principal| principal.id), role, of_base }
    }

    /// Whether who is bound may read confidential attributes.
    fn sees_confidential(&mut self) -> bool {
        self.principal().is_some_and(|principal| principal.role != Role::User)
    }

    /// The circumstances of a change that this session's account makes.
    fn context(&mut self, controls: &Controls<'_>) -> Result<UpdateContext, Outcome> {
        let (now, secure) = (self.world.clock.now(), self.is_confidential());
        let principal = self.principal().ok_or_else(|| Outcome::of("not-bound"))?;
        let context = UpdateContext::account(now, principal.id, secure);
        let show_deleted = controls.show_deleted || controls.show_recycled;
        Ok(UpdateContext {
            permissive_modify: controls.permissive_modify,
            show_deleted,
            security_parts: controls.security_parts.unwrap_or_default(),
            policy_hints: controls.policy_hints,
            ..context
        })
    }
}

/// The journal's name of an operation and its tag; none for those that get no answer.
fn name(operation: &Operation<'_>) -> Option<(&'static str, u8)> {
    Some(match operation {
        Operation::Bind { .. } => ("bind", op::BIND),
        Operation::Search(_) => ("search", op::SEARCH),
        Operation::Modify { .. } => ("modify", op::MODIFY),
        Operation::Add { .. } => ("add", op::ADD),
        Operation::Delete { .. } => ("delete", op::DELETE),
        Operation::ModifyDn { .. } => ("modifyDN", op::MODIFY_DN),
        Operation::Compare { .. } => ("compare", op::COMPARE),
        Operation::Extended { .. } => ("extended", op::EXTENDED),
        Operation::Unbind | Operation::Abandon { .. } => return None,
    })
}

fn is_write(tag: u8) -> bool {
    matches!(tag, op::ADD | op::MODIFY | op::DELETE | op::MODIFY_DN)
}
