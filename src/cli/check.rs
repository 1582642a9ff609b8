//! `check`: hold directories against the rules.

use super::sources::{RuleArgs, SourceArgs};
use clap::{Args, ValueEnum};
use forestbed_scenarios::checker::{Check as Checking, Format, Outcome};
use forestbed_scenarios::{Error, ToolEnv};
use forestbed_sim::rules::Severity;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Where the findings go and what they decide.
#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    sources: SourceArgs,
    #[command(flatten)]
    rules: RuleArgs,
    /// The form of the output.
    #[arg(long, value_name = "FORM", value_enum, help_heading = "Output")]
    format: Option<Form>,
    /// The same as --format json: {"format":1,"findings":[{"dn","attribute","rule","severity","value",...}]}.
    #[arg(long, conflicts_with = "format", help_heading = "Output")]
    json: bool,
    /// Write to this file instead of standard output; it is replaced when the check is done.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    output: Option<PathBuf>,
    /// Exit with 1 when something of this severity, or worse, is found.
    #[arg(long, value_name = "SEVERITY", value_enum, help_heading = "Output")]
    fail_on: Option<FailOn>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people.
    Table,
    /// A row a finding.
    Csv,
    /// The columns of IdFix's files.
    IdfixCsv,
    /// What `score` and scenarios read.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// The proposed changes, for ldapmodify.
    Ldif,
    /// One page.
    Html,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// Any error.
    Error,
    /// Any error or warning.
    Warning,
}

impl Form {
    fn format(self) -> Format {
        match self {
            Form::Table => Format::Table,
            Form::Csv => Format::Csv,
            Form::IdfixCsv => Format::IdFixCsv,
            Form::Json => Format::Json,
            Form::Sarif => Format::Sarif,
            Form::Ldif => Format::Ldif,
            Form::Html => Format::Html,
        }
    }
}

impl Check {
    pub(crate) fn run(&self) -> Result<ExitCode, Error> {
        let format = match (self.json, self.format) {
            (true, _) => Some(Format::Json),
            (false, form) => form.map(Form::format),
        };
        let outcome = match self.sources.is_empty() {
            true => super::block_on(self.of_estate(format))?,
            false => {
                let checking = Checking { sources: self.sources.specs()?, settings: self.rules.settings()? };
                super::block_on(self.write(checking, format.unwrap_or_default()))?
            }
        };
        eprintln!("{}", said(&outcome));
        Ok(ExitCode::from(self.code(&outcome)))
    }

    /// Inside `forestbed exec`: the report goes where `score` finds it, and to standard output when a form is
    /// asked for.
    async fn of_estate(&self, format: Option<Format>) -> Result<Outcome, Error> {
        let help = "or name what to check: --ldap URL, --ldif FILE, --csv FILE";
        let env = ToolEnv::from_process().map_err(|error| Error::input(format!("{error}; {help}")))?;
        let outcome = written(&env.report_file, self.estate(&env).await?, Format::Json).await?;
        if format.is_none() && self.output.is_none() {
            return Ok(outcome);
        }
        self.write(self.estate(&env).await?, format.unwrap_or_default()).await
    }

    async fn estate(&self, env: &ToolEnv) -> Result<Checking, Error> {
        let mut checking = Checking::of_estate(env).await.map_err(|error| Error::tool(error.to_string()))?;
        self.rules.add_to(&mut checking.settings)?;
        Ok(checking)
    }

    async fn write(&self, checking: Checking, format: Format) -> Result<Outcome, Error> {
        match &self.output {
            Some(path) => written(path, checking, format).await,
            None => {
                let width = forestbed_scenarios::checker::terminal_width();
                let mut out = Pipe { inner: BufWriter::new(io::stdout()), closed: false };
                checking.run(format, width, &mut out, &mut tell).await
            }
        }
    }

    /// 3 and 2 for what went wrong come as errors; 2 also tells that a part of a file could not be read.
    fn code(&self, outcome: &Outcome) -> u8 {
        let errors = outcome.tally.of(Severity::Error);
        let fails = match self.fail_on {
            None => false,
            Some(FailOn::Error) => errors > 0,
            Some(FailOn::Warning) => outcome.tally.findings() > 0,
        };
        if outcome.problems > 0 { 2 } else { u8::from(fails) }
    }
}

fn said(outcome: &Outcome) -> String {
    let summary = outcome.tally.summary();
    match outcome.problems {
        0 => summary,
        1 => format!("{summary}; 1 part of the input could not be read"),
        more => format!("{summary}; {more} parts of the input could not be read"),
    }
}

fn tell(line: &str) {
    eprintln!("{line}");
}

/// The file appears when it is whole.
async fn written(path: &Path, checking: Checking, format: Format) -> Result<Outcome, Error> {
    let cannot = |error: io::Error| Error::harness(format!("cannot write {}: {error}", path.display()));
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let mut out = BufWriter::new(File::create(&part).map_err(cannot)?);
    let outcome = checking.run(format, None, &mut out, &mut tell).await;
    drop(out);
    match outcome {
        Ok(outcome) => std::fs::rename(&part, path).map_err(cannot).map(|()| outcome),
        Err(error) => {
            // what is there is not whole: the error tells more than its removal could
            let _ = std::fs::remove_file(&part);
            Err(error)
        }
    }
}

/// A reader that went away (`| head`) is no error: the check goes on, for its exit code.
struct Pipe<W> {
    inner: W,
    closed: bool,
}

impl<W: Write> Pipe<W> {
    fn unless_closed<T>(&mut self, done: T, work: impl FnOnce(&mut W) -> io::Result<T>) -> io::Result<T> {
        if self.closed {
            return Ok(done);
        }
        match work(&mut self.inner) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(done)
            }
            other => other,
        }
    }
}

impl<W: Write> Write for Pipe<W> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.unless_closed(octets.len(), |inner| inner.write(octets))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.unless_closed((), W::flush)
    }
}
