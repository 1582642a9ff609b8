//! How a run is asked for.

use crate::lab::Ports;
use crate::tool::{CommandTool, Role, Tool};
use crate::tools::{ReferenceChecker, ReferenceFixer, ReferenceLicenser, ReferenceSync};
use forestbed_sim::clock::ClockMode;
use forestbed_sim::spec::EstateSpec;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// What happens to snapshots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SnapshotMode {
    /// A missing or different one is written as `.snap.new` beside its place, and the run exits with 1.
    #[default]
    Compare,
    /// A missing or different one is accepted.
    Update,
}

/// How a run is asked for. The default: the reference tools in every role, the file's own seed and clock,
/// snapshots beside the file and compared.
#[derive(Clone)]
pub struct RunOptions {
    /// Who fills which role; see [`RunOptions::command`] and [`RunOptions::tool`].
    pub tools: Tools,
    /// Another seed than the file's.
    pub seed: Option<u64>,
    /// Another clock than the file's.
    pub clock: Option<ClockMode>,
    /// Where snapshots lie: `snapshots/` beside the file unless said.
    pub snapshots: Option<PathBuf>,
    /// What happens to them.
    pub snapshot_mode: SnapshotMode,
    /// Ports; 0 lets the system choose.
    pub ports: Ports,
    /// On how many threads the estate is grown; 0 means all.
    pub threads: usize,
    /// Whether progress is shown on standard error, if that is a terminal.
    pub progress: bool,
    /// The folder in which commands run: the caller's unless said.
    pub folder: PathBuf,
}

/// Who fills which role; a role that nobody was named for has its reference tool.
#[derive(Clone, Default)]
pub struct Tools(BTreeMap<Role, Chosen>);

#[derive(Clone)]
enum Chosen {
    Command(String),
    Value(Arc<dyn Tool>),
}

impl Default for RunOptions {
    fn default() -> RunOptions {
        RunOptions {
            tools: Tools::default(),
            seed: None,
            clock: None,
            snapshots: None,
            snapshot_mode: SnapshotMode::Compare,
            ports: Ports::default(),
            threads: 0,
            progress: true,
            folder: PathBuf::from("."),
        }
    }
}

impl RunOptions {
    /// Fills a role with a command, run by `sh -c`.
    #[must_use]
    pub fn command(mut self, role: Role, command: impl Into<String>) -> RunOptions {
        self.tools.0.insert(role, Chosen::Command(command.into()));
        self
    }

    /// Fills a role with a value.
    #[must_use]
    pub fn tool(mut self, role: Role, tool: Arc<dyn Tool>) -> RunOptions {
        self.tools.0.insert(role, Chosen::Value(tool));
        self
    }

    /// Another seed than the file's, if one is named.
    #[must_use]
    pub fn seed(mut self, seed: Option<u64>) -> RunOptions {
        self.seed = seed;
        self
    }

    /// Another clock than the file's, if one is named.
    #[must_use]
    pub fn clock(mut self, clock: Option<ClockMode>) -> RunOptions {
        self.clock = clock;
        self
    }

    /// Where snapshots lie (beside the file unless said), and what happens to them.
    #[must_use]
    pub fn snapshots(mut self, folder: Option<PathBuf>, mode: SnapshotMode) -> RunOptions {
        self.snapshots = folder;
        self.snapshot_mode = mode;
        self
    }

    /// On how many threads estates are grown; 0 means all.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> RunOptions {
        self.threads = threads;
        self
    }

    /// Fills a role from an argument of the form `role=command`.
    ///
    /// # Errors
    /// When there is no such role, no `=`, or no command.
    pub fn tool_argument(self, argument: &str) -> Result<RunOptions, String> {
        let Some((role, command)) = argument.split_once('=') else {
            return Err(format!("'{argument}' is not ROLE=COMMAND, such as sync='python my_sync.py'"));
        };
        let role: Role = role.trim().parse()?;
        if command.trim().is_empty() {
            return Err(format!("no command fills the role {role}"));
        }
        Ok(self.command(role, command))
    }

    pub(super) fn override_spec(&self, spec: &mut EstateSpec) {
        spec.seed = self.seed.unwrap_or(spec.seed);
        spec.clock = self.clock.unwrap_or(spec.clock);
    }

    /// The tool of a role: as chosen, or the reference tool.
    pub(super) fn tool_of(&self, role: Role, variables: &BTreeMap<String, String>) -> Arc<dyn Tool> {
        match self.tools.0.get(&role) {
            Some(Chosen::Command(command)) => {
                Arc::new(CommandTool::new(command, self.folder.clone(), variables.clone()))
            }
            Some(Chosen::Value(tool)) => tool.clone(),
            None => reference(role),
        }
    }
}

fn reference(role: Role) -> Arc<dyn Tool> {
    match role {
        Role::Checker => Arc::new(ReferenceChecker),
        Role::Fixer => Arc::new(ReferenceFixer::default()),
        Role::Sync => Arc::new(ReferenceSync::default()),
        Role::Licenser => Arc::new(ReferenceLicenser::default()),
    }
}
