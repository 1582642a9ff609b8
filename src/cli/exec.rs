//! `exec`: an estate for the length of one command.

use super::estate::{EstateArgs, PortArgs};
use clap::Args;
use forestbed_scenarios::Error;
use forestbed_sim::clock::ClockMode;
use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitCode, ExitStatus};
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

/// The command sees every address of the estate in FORESTBED_* variables, and the lab's CA in the variables
/// that OpenSSL, requests, curl, Node and OpenLDAP read. Its exit code is passed on.
#[derive(Debug, Args)]
pub(crate) struct Exec {
    #[command(flatten)]
    estate: EstateArgs,
    #[command(flatten)]
    ports: PortArgs,
    /// The command and its arguments, after --.
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<String>,
}

impl Exec {
    pub(crate) fn run(&self) -> Result<ExitCode, Error> {
        let builder = self.estate.lab(ClockMode::Stepped, &self.ports)?;
        super::runtime()?.block_on(async {
            let lab = builder.start().await?;
            let ended = self.command(&lab.env_for_tool()).await;
            lab.shutdown().await;
            ended
        })
    }

    async fn command(&self, env: &BTreeMap<String, String>) -> Result<ExitCode, Error> {
        let [program, arguments @ ..] = &self.command[..] else {
            return Err(Error::input("exec needs a command: forestbed exec -- CMD"));
        };
        let cannot = |error: std::io::Error| Error::harness(format!("cannot run {program}: {error}"));
        let mut child =
            Command::new(program).args(arguments).envs(env).kill_on_drop(true).spawn().map_err(cannot)?;
        // a terminal sends its interrupt to the command too: wait for how it ends, do not end before it
        let mut interrupt = signal(SignalKind::interrupt()).map_err(cannot)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(cannot)?;
        loop {
            tokio::select! {
                status = child.wait() => return Ok(code(status.map_err(cannot)?)),
                _ = interrupt.recv() => {}
                _ = terminate.recv() => child.start_kill().map_err(cannot)?,
            }
        }
    }
}

/// The code of the command; of one that a signal ended 128 + its number, as shells say it.
fn code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(3);
    ExitCode::from(u8::try_from(code & 0xff).unwrap_or(3))
}
