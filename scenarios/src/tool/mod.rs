//! Tools: what a scenario runs in a role, and what they are told.
//!
//! A tool is a client. It learns the estate from its environment ([`ToolEnv`]) and works over the wire; it
//! never sees the world behind the servers. A tool in Rust implements [`Tool`]; any other program is a command
//! with the same facts in its environment variables.

mod command;
mod env;
mod estate_plan;
mod plan;
mod report;
mod tail;

pub use command::CommandTool;
pub use env::{ControllerEnv, Cycle, ForestEnv, ToolEnv};
pub use estate_plan::EstatePlan;
pub use plan::{LicensePlan, LicensePlanRow, PlanAudience, PlanLocation};
pub use report::{Finding, ToolReport};

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;

/// A boxed future that may move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A part in the flow that a tool fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Finds defects and changes nothing.
    Checker,
    /// Finds and repairs defects of the directory.
    Fixer,
    /// Brings the directory's objects into the tenant.
    Sync,
    /// Assigns licences to synchronized people.
    Licenser,
}

impl Role {
    /// All roles, in the order of the flow.
    pub const ALL: [Role; 4] = [Role::Checker, Role::Fixer, Role::Sync, Role::Licenser];

    /// Its name in scenario files and arguments.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Checker => "checker",
            Role::Fixer => "fixer",
            Role::Sync => "sync",
            Role::Licenser => "licenser",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = String;
    fn from_str(text: &str) -> Result<Role, String> {
        Role::ALL
            .into_iter()
            .find(|role| role.name() == text)
            .ok_or_else(|| format!("no role '{text}': use checker, fixer, sync or licenser"))
    }
}

/// Something that fills a [`Role`].
///
/// The future is dropped when the step runs out of time: what a tool holds must be safe to drop.
pub trait Tool: Send + Sync {
    /// Its name in reports.
    fn name(&self) -> &str;

    /// Does one step's work against the estate that `env` names.
    ///
    /// A checker or fixer leaves its findings in `env.report_file` ([`ToolReport::write`]); a sync engine keeps
    /// what it must remember in `env.state_dir`.
    ///
    /// # Errors
    /// [`ToolError::CannotStart`] ends the run with exit code 3; [`ToolError::Failed`] counts as exit code 1 of
    /// a process.
    fn run<'a>(&'a self, env: &'a ToolEnv) -> BoxFuture<'a, Result<ToolOutcome, ToolError>>;

    /// The end of what it has printed so far, for the report of a step that ran out of time.
    fn last_output(&self) -> Option<String> {
        None
    }
}

/// How a tool ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolOutcome {
    /// Its exit code; a process that a signal ended has 128 + the signal's number.
    pub exit: i32,
    /// The end of what it printed, or a line or two that say what it did.
    pub output: String,
    /// What it counted itself (`"created"`, `"updated"`...); shown, never judged.
    pub counts: BTreeMap<String, u64>,
}

impl ToolOutcome {
    /// A tool that ended well and says what it did.
    pub fn done(output: impl Into<String>) -> ToolOutcome {
        ToolOutcome { output: output.into(), ..ToolOutcome::default() }
    }

    /// The same with one more count.
    #[must_use]
    pub fn with_count(mut self, what: &str, count: u64) -> ToolOutcome {
        self.counts.insert(what.to_owned(), count);
        self
    }
}

/// Why a tool did not end well.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ToolError {
    /// It could not even start.
    #[error("cannot start: {0}")]
    CannotStart(String),
    /// It began and gave up.
    #[error("{0}")]
    Failed(String),
}

impl ToolError {
    /// It began and gave up, for this reason.
    pub fn failed(reason: impl fmt::Display) -> ToolError {
        ToolError::Failed(reason.to_string())
    }
}

impl From<std::io::Error> for ToolError {
    fn from(error: std::io::Error) -> ToolError {
        ToolError::Failed(error.to_string())
    }
}
