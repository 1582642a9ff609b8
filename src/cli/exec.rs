//! `exec`: an estate for the length of one command.

use super::estate::{EstateArgs, PortArgs};
use clap::Args;
use forestbed_scenarios::{EndSignal, EndSignals, Error, ProcessGroup, ToolEnv};
use forestbed_sim::clock::ClockMode;
use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitCode, ExitStatus};
use std::time::Duration;
use tokio::process::Command;

/// How long a command may take to end when it is asked to.
const GRACE: Duration = Duration::from_secs(5);

/// The command sees every address of the estate in FORESTBED_* variables, and the lab's CA in the variables
/// that OpenSSL, requests, curl, Node and OpenLDAP read. Its exit code is passed on.
#[derive(Debug, Args)]
pub(crate) struct Exec {
    #[command(flatten)]
    estate: EstateArgs,
    #[command(flatten)]
    ports: PortArgs,
    /// The command and its arguments, after --.
    #[arg(last = true, required = true, value_name = "CMD", help_heading = "Arguments")]
    command: Vec<String>,
}

impl Exec {
    pub(crate) fn run(&self) -> Result<ExitCode, Error> {
        let builder = self.estate.lab(ClockMode::Stepped, &self.ports)?;
        super::block_on(async {
            let mut signals = EndSignals::listen()?;
            let lab = super::start(builder, &mut signals).await?;
            self.estate.tell_imports(lab.world())?;
            let ended = self.command(&lab.env_for_tool(), &mut signals).await;
            lab.shutdown().await;
            ended
        })
    }

    async fn command(
        &self,
        env: &BTreeMap<String, String>,
        signals: &mut EndSignals,
    ) -> Result<ExitCode, Error> {
        let [program, arguments @ ..] = &self.command[..] else {
            return Err(Error::input("exec needs a command: forestbed exec -- CMD"));
        };
        let cannot = |error: std::io::Error| Error::harness(format!("cannot run {program}: {error}"));
        let mut command = Command::new(program);
        for name in ToolEnv::inherited() {
            command.env_remove(name);
        }
        command.args(arguments).envs(env).kill_on_drop(true);
        // at a terminal the command stays in the foreground group, or it could not read from it; there the
        // terminal itself sends Ctrl-C to the whole group
        let at_terminal = std::io::stdin().is_terminal();
        if !at_terminal {
            command.process_group(0);
        }
        let mut child = command.spawn().map_err(cannot)?;
        let group = ProcessGroup::led_by(child.id().filter(|_| !at_terminal));
        let mut asked = false;
        loop {
            let patience = async {
                match asked {
                    false => Some(child.wait().await),
                    true => tokio::time::timeout(GRACE, child.wait()).await.ok(),
                }
            };
            let signal = tokio::select! {
                ended = patience => ended.ok_or(None),
                signal = signals.next() => Err(Some(signal)),
            };
            match signal {
                Ok(status) => return Ok(code(status.map_err(cannot)?)),
                // an interpreter may take one as the end of a line: it is the command that decides
                Err(Some(EndSignal::Interrupt)) => group.pass_on(EndSignal::Interrupt),
                Err(Some(signal)) if !asked && !at_terminal => {
                    group.pass_on(signal);
                    asked = true;
                }
                Err(_) => {
                    group.kill();
                    child.start_kill().map_err(cannot)?;
                }
            }
        }
    }
}

/// The code of the command; of one that a signal ended 128 + its number, as shells say it.
fn code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(3);
    ExitCode::from(u8::try_from(code & 0xff).unwrap_or(3))
}
