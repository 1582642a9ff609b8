//! The command line: one file a verb.
//!
//! Exit codes: 0 all expectations hold, 1 an expectation or a snapshot failed, 2 the file or the arguments are
//! wrong, 3 the harness or a tool could not run. `exec` passes the command's own code on.

mod check;
mod defects;
mod dump;
mod estate;
mod exec;
mod fix;
mod generate;
mod run;
mod scenarios;

mod score;
mod scorecard;
mod sources;
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
    ///
    /// When every server answers it prints one line of JSON: version, seed, the address of each server, and under
    /// `env` the variables that `exec` gives to a command. Its clock follows the wall clock unless --clock says
    /// otherwise. Ctrl-C stops it and removes its folder.
    #[command(
        verbatim_doc_comment,
        after_help = "\
Examples:
  forestbed up --users 500 --ldap-port 3389 --graph-port 8443
  forestbed up --ready-file estate.json & until [ -s estate.json ]; do sleep 0.1; done
  forestbed up --clock stepped --scenario my-scenario.yaml"
    )]
    Up(up::Up),
    /// Start an estate, run a command with its addresses in the environment, stop it, pass the exit code on.
    ///
    /// The command finds the estate in its environment: FORESTBED_LDAP_URL, _LDAPS_URL, _GC_URL, _GC_TLS_URL,
    /// _BASE_DN, _DOMAIN, _BIND_DN, _BIND_UPN, _BIND_PASSWORD, _CLIENT_CERT, _CLIENT_KEY (a second domain:
    /// FORESTBED_2_LDAP_URL and so on; a second controller: FORESTBED_DC2_LDAP_URL); FORESTBED_GRAPH_URL,
    /// _GRAPH_HTTP_URL, _AUTHORITY_URL, _TENANT_ID, _CLIENT_ID, _CLIENT_SECRET, _APP_CERTIFICATE,
    /// _ADMIN_UPN, _CLOUD_PASSWORD; FORESTBED_CONTROL_URL, _CONTROL_TOKEN; FORESTBED_CLOCK, _STATE_DIR, _CYCLE, _STAGING,
    /// _REPORT_FILE, _LICENSE_PLAN, _PLAN; and the lab's CA in
    /// FORESTBED_CA_FILE, SSL_CERT_FILE, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE, NODE_EXTRA_CA_CERTS and
    /// LDAPTLS_CACERT. The command is the leader of a process group, and nothing of it
    /// outlives `exec`; at a terminal it stays in the foreground, and its own background processes are its affair.
    #[command(
        verbatim_doc_comment,
        after_help = "\
Examples:
  forestbed exec --users 500 -- sh -c 'ldapsearch -x -H $FORESTBED_LDAP_URL -b \"\" -s base'
  forestbed exec --defects PA26=25,UP15=40 -- sh -c 'forestbed fix && forestbed sync && forestbed score'
  forestbed exec -- python my_sync.py --full"
    )]
    Exec(exec::Exec),
    /// Replay scenario files and judge the tools that fill their roles.
    ///
    /// Each file in turn. Roles that no --tool fills are filled by the reference tools. Exits with 0 when all
    /// expectations and snapshots hold, 1 when one does not, 2 when a file is wrong, 3 when a tool or the harness
    /// could not run; of several files the highest counts. A missing or different snapshot is written beside the
    /// old one as .snap.new.
    #[command(
        verbatim_doc_comment,
        after_help = "\
Examples:
  forestbed run scenarios/library/first-sync-and-license.yaml
  forestbed run first-sync-and-license.yaml --tool sync='python my_sync.py --full'
  forestbed run first-sync-and-license.yaml --tool fixer=./my-fix --against fixer=./my-old-fix
  forestbed run mine.yaml --seed 8 --snapshots /tmp/eight --update-snapshots --junit out.xml"
    )]
    Run(run::Run),
    /// Grow an estate and count it, or write it to files.
    ///
    /// Without --out it only counts: by kind and by filters that tools commonly use.
    #[command(
        verbatim_doc_comment,
        after_help = "\
Examples:
  forestbed generate --users 5000 --json
  forestbed generate --users 300 --defects idfix-classic:0.1 --out estate"
    )]
    Generate(generate::Generate),
    /// Print the canonical text of a directory or a tenant: of a fresh estate, or of a running one.
    ///
    /// Of the running one that --control-url names (or FORESTBED_CONTROL_URL, inside `exec`); otherwise of a fresh
    /// estate with the options below. Two equal estates give the same bytes.
    #[command(
        verbatim_doc_comment,
        after_help = "\
Examples:
  forestbed dump directory --users 50 --format ldif
  forestbed exec -- sh -c 'forestbed sync && forestbed dump tenant'"
    )]
    Dump(dump::Dump),
    /// Print the scorecard of a running estate (inside `exec`, or with --control-url).
    Score(score::Score),
    /// List and explain what can be wrong with a directory.
    #[command(after_help = "\
Examples:
  forestbed defects explain PA26
  forestbed defects profiles --json")]
    Defects(defects::Defects),
    /// Judge a checker and a fixer on many dirty estates.
    ///
    /// For each population, defect profile and seed an estate is grown and served over LDAP; checker and fixer run
    /// against the live server; one line of a table says what they found, repaired and broke. The reference tools
    /// unless --tool names others; --against plays a second pair on the same estates.
    #[command(
        verbatim_doc_comment,
        after_help = "\
Examples:
  forestbed scorecard --population all --defects all --seeds 1-10 --users 10000
  forestbed scorecard --defects idfix-classic --tool fixer='python fix.py' --against fixer='forestbed fix'"
    )]
    Scorecard(Box<scorecard::Scorecard>),
    /// Find what is wrong in directories, and change nothing.
    ///
    /// Reads live LDAP servers, LDIF and CSV files, as many as are named; several are several forests that are
    /// checked together. Without any it is the reference checker of the estate that `exec` names: it leaves its
    /// findings in FORESTBED_REPORT_FILE, where `score` and scenario files find them.
    /// Exit codes: 0; 1 something was found that --fail-on names; 2 an argument is wrong, or a part of a file could
    /// not be read (the rest was checked); 3 a server could not be read.
    #[command(
        verbatim_doc_comment,
        after_help = "\
Examples:
  forestbed check --ldap ldaps://dc1.contoso.local --ca-file ca.pem --bind-dn admin@contoso.local \\
    --password-file secret --verified-domain contoso.com
  ldapsearch -LLL ... | forestbed check --ldif - --verified-domain contoso.com --format html -o report.html
  forestbed check --ldif a.ldif --ldif b.ldif --format ldif | ldapmodify ...
  forestbed exec -- forestbed check --format table"
    )]
    Check(Box<check::Check>),
    /// Repair a directory, or say what would be repaired.
    ///
    /// Looks at the objects of LDAP servers or LDIF files, prints what it would change and why, and what is left for
    /// a person to decide; with --apply it changes it: one request an object, written down before it is sent, so that
    /// `fix undo` restores every octet and a run that was cut off goes on. A value that somebody changed meanwhile is
    /// left alone. In a role of a scenario, and inside `exec` without options, it applies all it can.
    ///
    /// Exit codes: 0 everything that was to be done is done (a dry run: is said); 1 something is not done: over the
    /// limit, refused, in conflict, unknown, or a line of a file that could not be read; 2 the arguments are wrong;
    /// 3 a server could not be reached or read.
    #[command(
        verbatim_doc_comment,
        after_help = "\
Examples:
  forestbed fix --ldap ldaps://dc1.contoso.com --bind-dn admin@contoso.com --password-file pw --verified-domain contoso.com
  forestbed fix ... --apply --undo undo.jsonl --limit 200      carry it out
  forestbed fix undo undo.jsonl --bind-dn ... --apply          take it back
  forestbed fix --ldif export.ldif --verified-domain contoso.com --fixed fixed.ldif"
    )]
    Fix(Box<fix::Fix>),
    /// Synchronize the directory to the tenant: the reference sync engine (inside `exec`).
    ///
    /// Reads over LDAP, sends to the provisioning service, and keeps its anchors in FORESTBED_STATE_DIR.
    /// FORESTBED_CYCLE says whether it starts anew (initial) or sends what changed (delta).
    #[command(verbatim_doc_comment)]
    Sync(tools::SyncArgs),
    /// Assign the licences of the plan: the reference licenser (inside `exec`).
    ///
    /// Follows FORESTBED_LICENSE_PLAN over Graph: usage location first, then the licence; waits as it is told to.
    #[command(verbatim_doc_comment)]
    License(tools::ToolArgs),
    /// The scenario library.
    #[command(after_help = "\
Example:
  forestbed scenarios show first-sync-and-license > mine.yaml && forestbed run mine.yaml --update-snapshots")]
    Scenarios(scenarios::Scenarios),
    /// Print the JSON schema of scenario files, for editors.
    ///
    /// In VS Code, with the YAML extension, begin a file with
    /// `# yaml-language-server: $schema=scenario.schema.json`.
    #[command(verbatim_doc_comment)]
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
        Command::Defects(defects) => defects.run(),
        Command::Scorecard(scorecard) => scorecard.run(),
        Command::Check(check) => check.run(),
        Command::Fix(fix) => fix.run(),
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
