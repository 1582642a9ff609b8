//! `check`, `fix`, `sync`, `license`: the reference tools, on the estate that the environment names.

use clap::Args;
use forestbed_scenarios::tools::{ReferenceSync, SyncOptions};
use forestbed_scenarios::{Error, Tool, ToolEnv, ToolError};
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
    /// More deletions than this in one cycle stop the export; 0 switches the protection off.
    #[arg(long, value_name = "NUMBER", default_value_t = 500)]
    delete_threshold: usize,
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
        let delete_threshold = (self.delete_threshold > 0).then_some(self.delete_threshold);
        let options = SyncOptions { delete_threshold, ..SyncOptions::default() };
        self.tool.run(&ReferenceSync::with_options(options))
    }
}
