//! `check`, `fix`, `sync`, `license`: the reference tools, on the estate that the environment names.

use clap::Args;
use forestbed_scenarios::sync::{ReferenceSync, SyncOptions, read_config};
use forestbed_scenarios::{Error, Tool, ToolEnv, ToolError};
use std::path::PathBuf;
use std::process::ExitCode;

/// Works on the estate that the FORESTBED_* variables name: run it inside `forestbed exec`.
#[derive(Debug, Args)]
pub(crate) struct ToolArgs {
    /// Print what it counted as JSON.
    #[arg(long)]
    json: bool,
}

/// Works on the estate that the FORESTBED_* variables name: run it inside `forestbed exec`.
#[derive(Debug, Args)]
pub(crate) struct SyncArgs {
    #[command(flatten)]
    tool: ToolArgs,
    /// Set up as the express installation does: all forests, all domains, mS-DS-ConsistencyGuid as the anchor
    /// [default].
    #[arg(long, conflicts_with = "config")]
    express: bool,
    /// Set up as a file says (YAML): forests, filters, anchor, sign-in names, thresholds.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Import, then show what a synchronization would do to this object, and by which rules; export nothing.
    #[arg(long, value_name = "DN", conflicts_with = "json")]
    preview: Option<String>,
    /// Import and synchronize, and export nothing.
    #[arg(long)]
    staging: bool,
    /// Read and compute everything anew, whatever FORESTBED_CYCLE says.
    #[arg(long)]
    full: bool,
    /// Folder of the engine's database [default: FORESTBED_STATE_DIR].
    #[arg(long, value_name = "FOLDER")]
    state: Option<PathBuf>,
    /// More deletions than this in one cycle stop the export; 0 switches the protection off [default: as the file or
    /// the tenant says].
    #[arg(long, value_name = "NUMBER")]
    delete_threshold: Option<u32>,
}

impl ToolArgs {
    pub(crate) fn run(&self, tool: &dyn Tool) -> Result<ExitCode, Error> {
        run_tool(tool, self.json)
    }
}

/// Runs a tool on the estate that the environment names, and prints what it says.
pub(crate) fn run_tool(tool: &dyn Tool, json: bool) -> Result<ExitCode, Error> {
    let env = ToolEnv::from_process().map_err(Error::input)?;
    let outcome = super::block_on(async {
        tool.run(&env).await.map_err(|error| match error {
            ToolError::CannotStart(_) | ToolError::Failed(_) => {
                Error::tool(format!("{}: {error}", tool.name()))
            }
        })
    })?;
    let text = if json {
        format!("{:#}\n", serde_json::json!({ "exit": outcome.exit, "counts": outcome.counts }))
    } else {
        format!("{}\n", outcome.output.trim_end())
    };
    super::print(&text)?;
    Ok(ExitCode::from(u8::try_from(outcome.exit).unwrap_or(1)))
}

impl SyncArgs {
    pub(crate) fn run(&self) -> Result<ExitCode, Error> {
        let file = self.config.as_deref().map(read_config).transpose()?;
        let threshold = self.delete_threshold.map(|number| (number > 0).then_some(number));
        let options = SyncOptions {
            delete_threshold: threshold.or_else(|| file.as_ref().and_then(|file| file.delete_threshold)),
            config: file.map(|file| file.config),
            staging: self.staging,
            full: self.full,
            state: self.state.clone(),
            ..SyncOptions::default()
        };
        let engine = ReferenceSync::with_options(options);
        let Some(dn) = &self.preview else { return self.tool.run(&engine) };
        let env = ToolEnv::from_process().map_err(Error::input)?;
        let text = super::block_on(async {
            let shown = engine.preview(&env, dn).await;
            shown.map_err(|error| Error::tool(format!("{}: {error}", engine.name())))
        })?;
        super::print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}
