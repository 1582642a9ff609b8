//! The lab: one estate, its servers on loopback, its keys and its control API.

mod builder;
mod keys;
mod plan;
mod ports;
mod start;

pub use builder::{LabBuilder, Ports};

pub(crate) use keys::system_roots;
use start::Served;

use crate::control::ControlServer;
use crate::estate::{Estate, state_text};
use crate::tool::{Cycle, Role, Tool, ToolEnv, ToolError, ToolOutcome, ToolReport};
use forestbed_mock_graph::{GraphServer, ProxyServer};
use forestbed_sim::score::Scorecard;
use forestbed_sim::world::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::task::JoinHandle;

/// A running estate. Dropping it stops every server and removes its run folder.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use forestbed_scenarios::{Lab, Role, tools::ReferenceFixer};
/// let lab = Lab::builder().seed(7).users(100).start().await?;
/// lab.run(Role::Fixer, &ReferenceFixer::default()).await?;
/// assert_eq!(lab.score().repairs.map(|score| score.recall), Some(1.0));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Lab {
    estate: Arc<Estate>,
    tool_env: ToolEnv,
    env: BTreeMap<String, String>,
    program_variables: BTreeMap<String, String>,
    health: Value,
    ldap: Vec<Served>,
    graph: GraphServer,
    proxy: ProxyServer,
    control: ControlServer,
    follower: Option<Follower>,
    folder: TempDir,
}

/// The task that lets a realtime clock follow the wall clock; it ends with this value.
#[derive(Debug)]
struct Follower(JoinHandle<()>);

impl Drop for Follower {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Lab {
    /// Starts describing an estate; what is not said is the default estate's.
    pub fn builder() -> LabBuilder {
        LabBuilder::default()
    }

    /// The world behind the servers: for a harness and its tests, never for a tool.
    pub fn world(&self) -> &Arc<World> {
        &self.estate.world
    }

    pub(crate) fn estate(&self) -> &Arc<Estate> {
        &self.estate
    }

    /// What a tool is told, by variable: every `FORESTBED_*`.
    pub fn env(&self) -> &BTreeMap<String, String> {
        &self.env
    }

    /// The same with the variables that unmodified programs read: where their certificate authorities are, and the
    /// proxy behind which Microsoft's host names lead to this tenant.
    pub fn env_for_tool(&self) -> BTreeMap<String, String> {
        self.env
            .iter()
            .chain(&self.program_variables)
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    /// What a tool is told, as a value.
    pub fn tool_env(&self, cycle: Cycle) -> ToolEnv {
        ToolEnv { cycle, ..self.tool_env.clone() }
    }

    pub(crate) fn program_variables(&self) -> &BTreeMap<String, String> {
        &self.program_variables
    }

    /// The control API's address.
    pub fn control_url(&self) -> &str {
        &self.tool_env.control_url
    }

    /// The run's folder: keys, state of the tools, reports. It goes when the lab goes.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What `up` prints when it is ready: the answer of `/api/health`, and `env` with every variable.
    pub fn ready_line(&self) -> String {
        let mut line = self.health.clone();
        line["env"] = json!(self.env_for_tool());
        line.to_string()
    }

    /// Runs a tool in a role, in its initial cycle, and keeps on record what the scores need.
    ///
    /// # Errors
    /// Whatever the tool says.
    pub async fn run(&self, role: Role, tool: &dyn Tool) -> Result<ToolOutcome, ToolError> {
        self.run_cycle(role, tool, Cycle::Initial).await
    }

    /// Runs a tool in a role and a cycle. A tool is scored however it ends.
    ///
    /// # Errors
    /// Whatever the tool says, or that its report cannot be read.
    pub async fn run_cycle(
        &self,
        role: Role,
        tool: &dyn Tool,
        cycle: Cycle,
    ) -> Result<ToolOutcome, ToolError> {
        self.run_as(role, tool, &self.tool_env(cycle)).await
    }

    /// The same with an environment of its own. An engine in staging synchronizes nothing that could be judged.
    ///
    /// # Errors
    /// As [`Lab::run_cycle`].
    pub(crate) async fn run_as(
        &self,
        role: Role,
        tool: &dyn Tool,
        env: &ToolEnv,
    ) -> Result<ToolOutcome, ToolError> {
        if let Err(error) = std::fs::remove_file(&env.report_file)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            return Err(error.into());
        }
        let staged = role == Role::Sync && env.staging;
        if role == Role::Sync && !staged {
            self.estate.judge().sync_begins(&self.estate.world);
        }
        let outcome = tool.run(env).await;
        let report = if staged { Ok(()) } else { self.record(role) };
        let outcome = outcome?;
        report?;
        Ok(outcome)
    }

    /// Puts on record what a role has done so far: also of a tool that failed or ran out of time.
    pub(crate) fn record(&self, role: Role) -> Result<(), ToolError> {
        let repaired = match role {
            Role::Checker => false,
            Role::Fixer => true,
            Role::Sync => {
                let wanted = self.estate.plan.synchronize();
                self.estate.judge().synchronized(&self.estate.world, wanted);
                return Ok(());
            }
            Role::Licenser => {
                self.estate.judge().licensed();
                return Ok(());
            }
        };
        let read = ToolReport::read(&self.tool_env.report_file);
        let (report, wrong) = match read {
            Ok(report) => (report, None),
            Err(error) => (None, Some(error)),
        };
        self.estate.judge().checked(&self.estate.world, report, repaired);
        match wrong {
            None => Ok(()),
            Some(error) => Err(ToolError::Failed(format!("its report cannot be read: {error}"))),
        }
    }

    /// All scores of this instant.
    pub fn score(&self) -> Scorecard {
        self.estate.score()
    }

    /// The state of directories and tenant as a canonical text, the same for two equal worlds: for a snapshot.
    pub fn snapshot(&self) -> String {
        state_text(&self.estate.world)
    }

    /// Back to the state right after generation, with nothing on record: neither a tool's report nor what tools
    /// keep in their state folder is left.
    ///
    /// # Errors
    /// When one of these files cannot be removed; the estate then stays as it is.
    pub fn reset(&self) -> Result<(), crate::Error> {
        self.estate.reset()
    }

    /// Stops every server and waits until they have let go of their ports.
    pub async fn shutdown(mut self) {
        drop(self.follower.take());
        for served in std::mem::take(&mut self.ldap) {
            served.catalog.shutdown().await;
            served.directory.shutdown().await;
        }
        let Lab { graph, proxy, control, .. } = self;
        proxy.shutdown().await;
        graph.shutdown().await;
        control.shutdown().await;
    }
}
