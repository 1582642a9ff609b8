//! The fixer: repairs what the rules find, and can take it back.
//!
//! A repair is a [`Plan`] first: the rules look at all objects, suggestions are carried out in memory, the rules look
//! again, until nothing more can be repaired without a person's [`Decisions`]. Carried out, each object is one
//! modify request that names the values that go (so that nothing which somebody else wrote meanwhile is lost),
//! written to a [`Journal`] before it is sent (so that [`undo()`] restores every octet, and a run that was cut off
//! goes on where it ended).
//!
//! What it is not: a renamer; distinguished names stay as they are. docs/fixing.md is its manual.

mod apply;
mod decisions;
mod journal;
mod ldap;
mod ldif;
mod mistakes;
mod octets;
mod plan;
mod request;
mod role;
mod run;
mod servers;
mod show;
mod target;
mod undo;
mod values;
mod wire;

pub use apply::{Applied, Machine, State};
pub use decisions::{Choice, Decision, Decisions, DecisionsError};
pub use journal::{AttributeRecord, ChangeRecord, Contents, Journal, Outcome, Source as JournalSource};
pub use ldap::{LdapServer, Pause};
pub use ldif::LdifDirectory;
pub use mistakes::FixerMistake;
pub use octets::Octets;
pub use plan::{Because, Change, Edit, Left, Plan, ROUNDS, Review, Why, plan, take_suggestion};
pub use request::{Op, Part};
pub use role::{FixerOptions, ReferenceFixer, report};
pub use run::{Orders, Repair, Source, repair};
pub use servers::LdapServers;
pub use show::{applied_text, changes_ldif, json_of, plan_text, undone_json, undone_text};
pub use target::{ObjectName, Stored, Target, Trouble};
pub use undo::{Undone, undo};

/// So many objects are changed by one run unless it is told otherwise.
pub const DEFAULT_LIMIT: usize = 500;

#[cfg(test)]
mod tests;
