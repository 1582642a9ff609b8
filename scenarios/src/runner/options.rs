//! How a run is asked for.

use crate::lab::Ports;
use crate::sync::ReferenceSync;
use crate::tool::{CommandTool, Role, Tool};
use crate::tools::{ReferenceChecker, ReferenceFixer, ReferenceLicenser};
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
    /// Who plays the file a second time, on an estate of its own of the same seed: in the roles that are named here,
    /// with the tools of the first time in the others. Nobody unless named: [`RunOptions::against`].
    pub against: Tools,
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
    Reference,
    Command(String),
    Value(Arc<dyn Tool>),
}

impl Default for RunOptions {
    fn default() -> RunOptions {
        RunOptions {
            tools: Tools::default(),
            against: Tools::default(),
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

    /// Names a command that is compared with the tool of a role; without a command the reference tool.
    #[must_use]
    pub fn against(mut self, role: Role, command: Option<&str>) -> RunOptions {
        let chosen = command.map_or(Chosen::Reference, |command| Chosen::Command(command.to_owned()));
        self.against.0.insert(role, chosen);
        self
    }

    /// Names a value that is compared with the tool of a role.
    #[must_use]
    pub fn against_tool(mut self, role: Role, tool: Arc<dyn Tool>) -> RunOptions {
        self.against.0.insert(role, Chosen::Value(tool));
        self
    }

    /// Names a tool to compare with from an argument of the form `role=command`, or `role` for the reference tool.
    ///
    /// # Errors
    /// When there is no such role, or no command behind the `=`.
    pub fn against_argument(self, argument: &str) -> Result<RunOptions, String> {
        let (role, command) = match argument.split_once('=') {
            Some((role, command)) => (role, Some(command)),
            None => (argument, None),
        };
        let role: Role = role.trim().parse()?;
        if command.is_some_and(|command| command.trim().is_empty()) {
            return Err(format!(
                "no command is compared in the role {role}: leave the = out for the reference tool"
            ));
        }
        Ok(self.against(role, command))
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
            Some(Chosen::Reference) | None => reference(role),
        }
    }

    /// The same run by those who are compared.
    pub(super) fn of_the_others(&self) -> RunOptions {
        let mut tools = self.tools.clone();
        tools.0.extend(self.against.0.clone());
        RunOptions { tools, against: Tools::default(), ..self.clone() }
    }

    /// What the tools of both plays are called, by the roles in which they differ.
    pub(super) fn names(&self) -> [String; 2] {
        let roles = || self.against.0.keys();
        let name = |chosen: Option<&Chosen>| match chosen {
            Some(Chosen::Command(command)) => command.clone(),
            Some(Chosen::Value(tool)) => tool.name().to_owned(),
            Some(Chosen::Reference) | None => "reference".to_owned(),
        };
        let of = |tools: &Tools| match roles().len() {
            1 => roles().map(|role| name(tools.0.get(role))).collect(),
            _ => roles()
                .map(|role| format!("{role}={}", name(tools.0.get(role))))
                .collect::<Vec<_>>()
                .join(", "),
        };
        [of(&self.tools), of(&self.against)]
    }
}

impl Tools {
    /// Whether nobody is named.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The roles that somebody is named for.
    pub fn roles(&self) -> impl Iterator<Item = Role> + '_ {
        self.0.keys().copied()
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
