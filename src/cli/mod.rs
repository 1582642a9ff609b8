//! The command line: one file a verb.
//!
//! Exit codes: 0 all expectations hold, 1 an expectation or a snapshot failed, 2 the file or the arguments are
//! wrong, 3 the harness or a tool could not run. `exec` passes the command's own code on.

mod dump;
mod estate;
mod exec;
mod generate;
mod run;
mod scenarios;

mod score;
mod tools;
mod up;

use clap::{CommandFactory, Parser, Subcommand};
use forestbed_scenarios::{EndSignals, Error, Lab, LabBuilder};
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

/// A hybrid identity estate in one process: an Active Directory forest and an Entra ID tenant, grown from one
/// seed, dirty on purpose, with a judge.
#[derive(Debug, Parser)]
#[command(name = "forestbed", version, propagate_version = true, max_term_width = 110)]
#[command(after_help = "\
Start with:
  forestbed run scenarios/library/first-sync-and-license.yaml     replay a whole flow and judge it
  forestbed exec --users 500 -- sh -c 'ldapsearch -x -H $FORESTBED_LDAP_URL -b \"\" -s base'
  forestbed up --users 500                                        keep an estate; its addresses as one line of JSON

Exit codes: 0 all expectations hold; 1 an expectation or a snapshot failed; 2 the file or the arguments are
wrong; 3 the harness or a tool could not run.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start an estate and keep it until it is interrupted.
    Up(up::Up),
    /// Start an estate, run a command with its addresses in the environment, stop it, pass the exit code on.
    Exec(exec::Exec),
    /// Replay scenario files and judge the tools that fill their roles.
    Run(run::Run),
    /// Grow an estate and count it, or write it to files.
    Generate(generate::Generate),
    /// Print the canonical text of a directory or a tenant: of a fresh estate, or of a running one.
    Dump(dump::Dump),
    /// Print the scorecard of a running estate (inside `exec`, or with --control-url).
    Score(score::Score),
    /// Find defects by the documented rules and leave them: the reference checker (inside `exec`).
    Check(tools::ToolArgs),
    /// Repair the directory: the reference fixer (inside `exec`).
    Fix(tools::ToolArgs),
    /// Synchronize the directory to the tenant: the reference sync engine (inside `exec`).
    Sync(tools::SyncArgs),
    /// Assign the licences of the plan: the reference licenser (inside `exec`).
    License(tools::ToolArgs),
    /// The scenario library.
    Scenarios(scenarios::Scenarios),
    /// Print the JSON schema of scenario files, for editors.
    Schema,
    /// Print a completion script for a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

/// What is logged unless FORESTBED_LOG says otherwise. The LDAP client of the reference tools warns of every
/// answer that nobody waits for any more, with its content: no news to whoever ran out of time on purpose.
const DEFAULT_LOG: &str = "warn,ldap3=off";

/// Reads the arguments, does what they say, and gives the exit code.
pub fn main() -> ExitCode {
    let filter =
        tracing_subscriber::EnvFilter::try_from_env("FORESTBED_LOG").unwrap_or_else(|_| DEFAULT_LOG.into());
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr).init();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { 2 } else { 0 };
            // nobody is left to tell when the terminal is gone
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    match dispatch(cli.command) {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

fn dispatch(command: Command) -> Result<ExitCode, Error> {
    match command {
        Command::Up(up) => up.run(),
        Command::Exec(exec) => exec.run(),
        Command::Run(run) => run.run(),
        Command::Generate(generate) => generate.run(),
        Command::Dump(dump) => dump.run(),
        Command::Score(score) => score.run(),
        Command::Check(args) => args.run(&forestbed_scenarios::tools::ReferenceChecker),
        Command::Fix(args) => args.run(&forestbed_scenarios::tools::ReferenceFixer::default()),
        Command::Sync(args) => args.run(),
        Command::License(args) => args.run(&forestbed_scenarios::tools::ReferenceLicenser::default()),
        Command::Scenarios(scenarios) => scenarios.run(),
        Command::Schema => print(&forestbed_scenarios::format::json_schema()),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "forestbed", &mut script);
            print(&String::from_utf8_lossy(&script))
        }
    }
}

fn fail(error: &Error) -> ExitCode {
    eprint!("{}", error.render());
    ExitCode::from(error.exit_code())
}

/// Writes to standard output; a reader that went away (`| head`) is no error.
fn print(text: &str) -> Result<ExitCode, Error> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::harness(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Runs what servers and tools need a runtime for. An estate that is still being grown when it ends is given up.
fn block_on<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::harness(format!("cannot start the runtime: {error}")))?;
    let ended = runtime.block_on(work);
    runtime.shutdown_background();
    ended
}

/// Starts a lab, unless a signal asks to end before it stands.
async fn start(builder: LabBuilder, signals: &mut EndSignals) -> Result<Lab, Error> {
    tokio::select! {
        lab = builder.start() => lab,
        signal = signals.next() => Err(Error::harness(format!("ended by {signal} while the estate was grown"))),
    }
}
