//! The engine as a tool of a scenario.

use super::bridge::Bridge;
use super::cycle::{OpenStorage, Run, Tally, Wanted};
use super::setup::SyncSetup;
use crate::error::Error;
use crate::tool::{BoxFuture, Cycle, EstatePlan, Tool, ToolEnv, ToolError, ToolOutcome};
use forestbed_sync::{Config, Mistake};
use std::path::PathBuf;

/// What the engine is told beyond its environment; the defaults are those of an express installation.
#[derive(Debug, Clone, Default)]
pub struct SyncOptions {
    /// More deletions than this in one cycle stop the export; `Some(None)` switches the protection off, `None` does
    /// as the tenant is set.
    pub delete_threshold: Option<Option<u32>>,
    /// A configuration of one's own; none for the express one.
    pub config: Option<Config>,
    /// Where the engine's database lies; none for the folder of the estate's tools.
    pub state: Option<PathBuf>,
    /// Import and synchronization only.
    pub staging: bool,
    /// Everything is read and computed anew, whatever the cycle.
    pub full: bool,
    /// A mistake that it makes, for tests of those who judge engines.
    pub mistake: Option<Mistake>,
}

/// The reference sync engine on `forestbed-sync`.
#[derive(Debug, Clone, Default)]
pub struct ReferenceSync {
    options: SyncOptions,
    pub(super) storage: OpenStorage,
    /// Rearranges what was set up, for tests: the order of imports.
    pub(super) arrange: Option<fn(&mut SyncSetup)>,
}

impl ReferenceSync {
    /// An engine with options of its own.
    pub fn with_options(options: SyncOptions) -> ReferenceSync {
        ReferenceSync { options, ..ReferenceSync::default() }
    }

    async fn set_up(&self, env: &ToolEnv) -> Result<SyncSetup, ToolError> {
        let setup = match &self.options.config {
            None => {
                let plan = EstatePlan::read(&env.plan)?;
                SyncSetup::express(env).await.and_then(|setup| setup.planned(&plan))
            }
            Some(config) => SyncSetup::custom(env, config.clone()).await,
        };
        let cannot = |error: Error| ToolError::CannotStart(error.to_string());
        let mut setup = setup.map_err(cannot)?;
        let folder = self.options.state.as_ref().unwrap_or(&env.state_dir);
        setup.check_names(folder).await.map_err(cannot)?;
        if let Some(arrange) = self.arrange {
            arrange(&mut setup);
        }
        Ok(setup.with_staging(self.options.staging || env.staging))
    }

    fn wanted(&self) -> Wanted {
        Wanted { threshold: self.options.delete_threshold, activates: true, mistake: self.options.mistake }
    }

    async fn cycle(&self, env: &ToolEnv) -> Result<ToolOutcome, ToolError> {
        let setup = self.set_up(env).await?;
        let (wanted, state, storage) = (self.wanted(), self.options.state.clone(), self.storage.clone());
        let cycle = if self.options.full { Cycle::Initial } else { env.cycle };
        let (bridge, end) = Bridge::new();
        let own = env.clone();
        let run = tokio::task::spawn_blocking(move || {
            let folder = state.unwrap_or_else(|| own.state_dir.clone());
            let mut run = Run::open(bridge, &own, setup, (&folder, &storage), wanted)?;
            run.cycle(cycle)?;
            Ok::<Tally, ToolError>(run.tally)
        });
        let tally = run.await.map_err(ToolError::failed)??;
        drop(end);
        Ok(outcome(cycle, &tally))
    }

    /// What a synchronization would do now to one object, in lines of text; nothing is written to any directory.
    ///
    /// # Errors
    /// As of a cycle; also when no forest has an object of this name.
    pub async fn preview(&self, env: &ToolEnv, dn: &str) -> Result<String, ToolError> {
        let setup = self.set_up(env).await?.with_staging(true);
        let wanted = Wanted { activates: false, ..self.wanted() };
        let (dn, state) = (dn.to_owned(), self.options.state.clone());
        let storage = self.storage.clone();
        let cycle = if self.options.full { Cycle::Initial } else { Cycle::Delta };
        let (bridge, end) = Bridge::new();
        let own = env.clone();
        let run = tokio::task::spawn_blocking(move || {
            let folder = state.unwrap_or_else(|| own.state_dir.clone());
            let connectors: Vec<String> =
                setup.forests.iter().map(|forest| forest.connector.clone()).collect();
            let mut run = Run::open(bridge, &own, setup, (&folder, &storage), wanted)?;
            run.import(cycle)?;
            for connector in connectors {
                let found = run.engine().preview(&connector, &dn);
                if let Some(preview) = found.map_err(ToolError::failed)? {
                    return Ok(super::preview::text(&connector, &preview));
                }
            }
            Err(ToolError::Failed(format!("no forest has an object '{dn}'")))
        });
        let text = run.await.map_err(ToolError::failed)?;
        drop(end);
        text
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

fn outcome(cycle: Cycle, tally: &Tally) -> ToolOutcome {
    let staging = if tally.staging { ", staging: nothing was exported" } else { "" };
    let said = format!(
        "{} cycle: {} objects imported, {} synchronized, {} anchors written back, {} set, {} deleted, {} with values set aside, {} failed{staging}\n{}",
        cycle.name(),
        tally.imported,
        tally.synchronized,
        tally.written_back,
        tally.set,
        tally.deleted,
        tally.set_aside,
        tally.failed,
        tally.lines.join("\n")
    );
    // as a run of Entra Connect that ends with errors of objects: it is complete, and says so
    ToolOutcome::done(said)
        .with_count("imported", tally.imported)
        .with_count("full imports", tally.full_imports)
        .with_count("synchronized", tally.synchronized)
        .with_count("written back", tally.written_back)
        .with_count("set", tally.set)
        .with_count("deleted", tally.deleted)
        .with_count("set aside", tally.set_aside)
        .with_count("failed", tally.failed)
        .with_count("requests", tally.requests)
        .with_count("ldap requests", tally.ldap_requests)
        .with_count("waits", tally.waits)
}
