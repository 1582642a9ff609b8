//! The reference sync engine: import from every forest, evaluate the default rules, export what differs.
//!
//! It imports in full in both kinds of cycle and exports only differences to what it exported last; so links
//! that vanish without a change of their group (a deleted member) are noticed too. Reading changes by the
//! DirSync control is a later step.

mod export;
mod flow;
mod order;
mod state;

use super::directory::{DirectoryClient, DirectoryEntry};
use super::graph::GraphClient;
use crate::tool::{BoxFuture, Tool, ToolEnv, ToolError, ToolOutcome};
use forestbed_sim::ids::Guid;
use state::State;
use std::collections::BTreeMap;

/// What the engine is told beyond its environment; the defaults are those of Entra Connect.
#[derive(Debug, Clone, Copy)]
pub struct SyncOptions {
    /// More deletions than this in one cycle stop the export (accidental-delete prevention); none switches
    /// the protection off. Default 500.
    pub delete_threshold: Option<usize>,
    /// Whether deletions are exported at all.
    pub export_deletes: bool,
    /// Whether objects are exported again that have not changed since the last export.
    pub export_unchanged: bool,
    /// How an objectGUID becomes a source anchor: base64 of its bytes as LDAP carries them.
    pub anchor_of: fn(Guid) -> String,
}

impl Default for SyncOptions {
    fn default() -> SyncOptions {
        SyncOptions {
            delete_threshold: Some(500),
            export_deletes: true,
            export_unchanged: false,
            anchor_of: Guid::immutable_id,
        }
    }
}

/// The reference sync engine.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReferenceSync {
    options: SyncOptions,
}

impl ReferenceSync {
    /// An engine with options of its own.
    pub fn with_options(options: SyncOptions) -> ReferenceSync {
        ReferenceSync { options }
    }
}

impl Tool for ReferenceSync {
    fn name(&self) -> &str {
        "reference sync engine"
    }

    fn run<'a>(&'a self, env: &'a ToolEnv) -> BoxFuture<'a, Result<ToolOutcome, ToolError>> {
        Box::pin(self.cycle(env))
    }
}

impl ReferenceSync {
    async fn cycle(&self, env: &ToolEnv) -> Result<ToolOutcome, ToolError> {
        let mut state = State::read(&env.state_dir)?;
        let mut objects = BTreeMap::new();
        for forest in &env.forests {
            let mut directory = DirectoryClient::connect(env, forest).await?;
            let domain = flow::Domain {
                dns: forest.domain.clone(),
                netbios: directory.partitions().await?.netbios_name,
            };
            let imported = import(&mut directory).await?;
            objects.extend(flow::evaluate(&imported, &domain, &self.options));
        }
        let ordered = order::references_first(objects);
        let plan = export::plan(&ordered, &state, &self.options)?;
        let graph = GraphClient::new(env)?;
        let done = export::run(&graph, &ordered, &plan, &mut state).await;
        // what was exported before a failure is known to the next cycle
        state.write(&env.state_dir)?;
        let tally = done?;
        let said = format!(
            "{} cycle: {} objects in scope, {} set, {} deleted, {} with values set aside, {} failed\n{}",
            env.cycle.name(),
            ordered.objects.len(),
            tally.set,
            tally.deleted,
            tally.set_aside,
            tally.failed,
            tally.lines.join("\n")
        );
        let counts = graph.counts();
        Ok(ToolOutcome { exit: i32::from(tally.failed > 0), ..ToolOutcome::done(said) }
            .with_count("in scope", ordered.objects.len() as u64)
            .with_count("set", tally.set)
            .with_count("deleted", tally.deleted)
            .with_count("set aside", tally.set_aside)
            .with_count("failed", tally.failed)
            .with_count("requests", counts.requests)
            .with_count("waits", counts.waits))
    }
}

/// Everything that the default rules look at: people, contacts and groups, computers not.
async fn import(directory: &mut DirectoryClient) -> Result<Vec<DirectoryEntry>, ToolError> {
    let filter =
        "(|(&(objectCategory=person)(|(objectClass=user)(objectClass=contact)))(objectCategory=group))";
    directory.search(filter, flow::ATTRIBUTES).await
}

/// The source anchor that the engine gives an entry: mS-DS-ConsistencyGuid of a user that has one, else
/// objectGUID.
pub(super) fn source_anchor(entry: &DirectoryEntry) -> Option<String> {
    flow::anchor(entry, Guid::immutable_id)
}
