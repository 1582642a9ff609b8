//! `up`: an estate that stays until it is interrupted.

use super::estate::{EstateArgs, PortArgs};
use clap::Args;
use forestbed_scenarios::Error;
use forestbed_sim::clock::ClockMode;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

/// Prints one line of JSON when everything answers: version, seed, endpoints, and the variables of `exec`.
#[derive(Debug, Args)]
pub(crate) struct Up {
    #[command(flatten)]
    estate: EstateArgs,
    #[command(flatten)]
    ports: PortArgs,
    /// Also write that line to a file, readable by you alone (it holds secrets of the estate).
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
}

impl Up {
    pub(crate) fn run(&self) -> Result<ExitCode, Error> {
        let builder = self.estate.lab(ClockMode::Realtime, &self.ports)?;
        super::runtime()?.block_on(async {
            let lab = builder.start().await?;
            let line = format!("{}\n", lab.ready_line());
            if let Some(file) = &self.ready_file {
                write_private(file, &line)
                    .map_err(|e| Error::harness(format!("cannot write {}: {e}", file.display())))?;
            }
            super::print(&line)?;
            interrupted().await?;
            lab.shutdown().await;
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// A file that is there already may be open to others: it goes first.
fn write_private(file: &Path, line: &str) -> std::io::Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    out.write_all(line.as_bytes())
}

async fn interrupted() -> Result<(), Error> {
    let cannot = |error: std::io::Error| Error::harness(format!("cannot wait for signals: {error}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(cannot)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(cannot)?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}
