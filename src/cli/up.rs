//! `up`: an estate that stays until it is interrupted.

use super::estate::{EstateArgs, PortArgs};
use clap::Args;
use forestbed_scenarios::{EndSignals, Error};
use forestbed_sim::clock::ClockMode;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Prints one line of JSON when everything answers: version, seed, endpoints, and the variables of `exec`.
#[derive(Debug, Args)]
pub(crate) struct Up {
    #[command(flatten)]
    estate: EstateArgs,
    #[command(flatten)]
    ports: PortArgs,
    /// Also write that line to a file, readable by you alone (it holds secrets of the estate); it goes when the
    /// estate goes.
    #[arg(long, value_name = "FILE", help_heading = "Options")]
    ready_file: Option<PathBuf>,
}

impl Up {
    pub(crate) fn run(&self) -> Result<ExitCode, Error> {
        let builder = self.estate.lab(ClockMode::Realtime, &self.ports)?;
        super::block_on(async {
            let mut signals = EndSignals::listen()?;
            let lab = super::start(builder, &mut signals).await?;
            self.estate.tell_imports(lab.world())?;
            let line = format!("{}\n", lab.ready_line());
            if let Some(file) = &self.ready_file {
                write_private(file, &line)
                    .map_err(|e| Error::harness(format!("cannot write {}: {e}", file.display())))?;
            }
            super::print(&line)?;
            signals.next().await;
            if let Some(file) = &self.ready_file {
                // whoever removed it before has done the same
                let _ = std::fs::remove_file(file);
            }
            lab.shutdown().await;
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// Puts a new file in place at once: whoever waits for it never reads half a line, and whatever lay there before
/// lends it neither its mode nor its readers.
fn write_private(file: &Path, line: &str) -> std::io::Result<()> {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let fresh = file.with_file_name(name);
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&fresh)
        .and_then(|mut out| out.write_all(line.as_bytes()))
        .and_then(|()| std::fs::rename(&fresh, file));
    if written.is_err() {
        // nothing to remove when it could not be made
        let _ = std::fs::remove_file(&fresh);
    }
    written
}
