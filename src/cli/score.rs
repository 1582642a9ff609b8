//! `score`: the scorecard of a running estate, through its control API.

use clap::Args;
use forestbed_scenarios::{ControlClient, Error};
use std::process::ExitCode;

/// Asks the control API of a running estate.
#[derive(Debug, Args)]
pub(crate) struct Score {
    /// Print it as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    running: Running,
}

/// Which running estate.
#[derive(Debug, Args)]
#[command(next_help_heading = "A running estate")]
pub(crate) struct Running {
    /// Its control API; inside `exec` the variable is set.
    #[arg(long, value_name = "URL", env = "FORESTBED_CONTROL_URL")]
    control_url: Option<String>,
    /// The token of its control API.
    #[arg(long, value_name = "TOKEN", env = "FORESTBED_CONTROL_TOKEN", hide_env_values = true)]
    control_token: Option<String>,
}

/// The control API of a running estate.
pub(crate) struct RunningEstate<'a> {
    client: ControlClient<'a>,
}

impl Running {
    /// The estate that was named; none when none was.
    pub(crate) fn estate(&self) -> Option<Result<RunningEstate<'_>, Error>> {
        let url = self.control_url.as_deref()?;
        let Some(token) = self.control_token.as_deref() else {
            return Some(Err(Error::input("--control-url needs --control-token (FORESTBED_CONTROL_TOKEN)")));
        };
        Some(Ok(RunningEstate { client: ControlClient::new(url, token) }))
    }
}

impl RunningEstate<'_> {
    /// `GET` of a path of the control API, as text.
    pub(crate) fn get(&self, path: &str) -> Result<String, Error> {
        super::block_on(self.client.get(path))
    }
}

impl Score {
    pub(crate) fn run(&self) -> Result<ExitCode, Error> {
        let estate = self.running.estate().ok_or_else(|| {
            Error::input(
                "which estate? Run inside `forestbed exec`, or give --control-url and --control-token",
            )
        })??;
        super::print(&estate.get(if self.json { "/api/score" } else { "/api/score?format=text" })?)
    }
}
