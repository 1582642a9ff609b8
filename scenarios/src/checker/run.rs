//! From sources to findings.

use super::gathered::Gathered;
use super::output::{self, Context, Format, Found, Proposals, Tally};
use super::settings::{add_forest, replace_own_domain, settings_of_estate};
use super::source::ldap::{LdapSource, LdapTarget};
use super::source::{Entry, FileKind, FileSource, Problem, domain_of};
use crate::error::Error;
use crate::report::escape_terminal;
use crate::tool::{ToolEnv, ToolError};
use forestbed_sim::rules::{RuleSet, Settings};
use std::collections::VecDeque;
use std::io::{self, Write};
use std::path::PathBuf;

/// Problems of one source that are told one by one.
const TOLD_MAX: u64 = 100;
/// How far a file is read ahead for the first object, whose name says which domain is the forest's own.
const AHEAD_MAX: usize = 1000;

/// One forest to check.
#[derive(Debug, Clone)]
pub enum SourceSpec {
    /// A live server.
    Ldap {
        /// Where it is and who reads it.
        target: LdapTarget,
        /// A state file: only what changed since it was written is read.
        dir_sync: Option<PathBuf>,
    },
    /// A server that is connected already.
    Connected(Box<LdapSource>),
    /// A file, or `-` for standard input.
    File {
        /// What it is written in.
        kind: FileKind,
        /// Where it is.
        path: PathBuf,
    },
}

/// What is checked, by which rules.
#[derive(Debug, Clone, Default)]
pub struct Check {
    /// The forests, checked together.
    pub sources: Vec<SourceSpec>,
    /// What the rules are told. A forest's own domain that is neither verified nor mapped is mapped to the first
    /// of its UPN suffixes that is verified, or to the first verified domain.
    pub settings: Settings,
}

/// How a check went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What was found.
    pub tally: Tally,
    /// Parts of files that could not be read.
    pub problems: u64,
}

/// Tells a line to whoever runs the check: problems of files, and how repeated reading went.
pub type Tell<'a> = dyn FnMut(&str) + Send + 'a;

enum Open {
    Ldap(Box<LdapSource>, Option<PathBuf>),
    File(Box<FileSource>, VecDeque<Result<Entry, Problem>>),
}

impl Open {
    fn name(&self) -> &str {
        match self {
            Open::Ldap(source, _) => source.name(),
            Open::File(source, _) => source.name(),
        }
    }
}

impl Check {
    /// The check of the estate that a tool is told of: its forests over LDAP, with the tenant's domains by Graph.
    ///
    /// # Errors
    /// [`ToolError::CannotStart`] when a server cannot be reached, [`ToolError::Failed`] when one refuses.
    pub async fn of_estate(env: &ToolEnv) -> Result<Check, ToolError> {
        let mut sources = Vec::new();
        for target in LdapTarget::of_env(env) {
            let source = LdapSource::connect(&target).await;
            sources.push(source.map_err(|error| ToolError::CannotStart(error.to_string()))?);
        }
        let settings = settings_of_estate(env, &mut sources).await?;
        let sources = sources.into_iter().map(|source| SourceSpec::Connected(Box::new(source))).collect();
        Ok(Check { sources, settings })
    }

    /// Reads all sources, checks them together, and writes what was found.
    ///
    /// # Errors
    /// A source that cannot be opened or that a server ends early, an output that cannot be written. Broken parts
    /// of files are no error: they are told, counted and left out.
    pub async fn run(
        self,
        format: Format,
        width: Option<usize>,
        out: &mut (dyn Write + Send),
        tell: &mut Tell<'_>,
    ) -> Result<Outcome, Error> {
        let mut settings = self.settings;
        let mut sources = Vec::new();
        for spec in self.sources {
            sources.push(open(spec, &mut settings).await?);
        }
        let rules = match settings.rules {
            RuleSet::Documented => "documented",
            RuleSet::IdFix => "idfix",
        };
        let mut outcome = Outcome::default();
        let mut gathered = Gathered::new(&settings, format);
        for (number, source) in sources.iter_mut().enumerate() {
            read(source, number as u16, &mut gathered, &mut outcome, tell).await?;
            gathered.end_source();
        }
        let context = Context {
            sources: sources.iter().map(|source| source.name().to_owned()).collect(),
            rules: rules.to_owned(),
            width,
        };
        outcome.tally.objects = gathered.len() as u64;
        write(gathered, &sources, format, &context, out, &mut outcome.tally)?;
        Ok(outcome)
    }
}

async fn open(spec: SourceSpec, settings: &mut Settings) -> Result<Open, Error> {
    match spec {
        SourceSpec::Ldap { target, dir_sync } => {
            let mut source = LdapSource::connect(&target).await?;
            let suffixes = source.upn_suffixes().await?;
            match source.domain() {
                // suffixes are known of a domain controller only
                Some(own) if source.is_active_directory() => add_forest(settings, &own, &suffixes),
                Some(own) => replace_own_domain(settings, &own, &suffixes),
                None => {}
            }
            Ok(Open::Ldap(Box::new(source), dir_sync))
        }
        SourceSpec::Connected(source) => Ok(Open::Ldap(source, None)),
        SourceSpec::File { kind, path } => {
            let mut source = FileSource::open(kind, &path)?;
            let mut ahead = VecDeque::new();
            while ahead.len() < AHEAD_MAX
                && let Some(next) = source.next()
            {
                let own = next.as_ref().ok().and_then(|entry| domain_of(&entry.dn));
                ahead.push_back(next);
                if let Some(own) = own {
                    replace_own_domain(settings, &own, &[]);
                    break;
                }
            }
            Ok(Open::File(Box::new(source), ahead))
        }
    }
}

async fn read(
    source: &mut Open,
    forest: u16,
    gathered: &mut Gathered<'_>,
    outcome: &mut Outcome,
    tell: &mut Tell<'_>,
) -> Result<(), Error> {
    let name = escape_terminal(source.name());
    match source {
        Open::Ldap(source, None) => {
            let mut take = |entry: Entry| gathered.add(&entry, forest);
            source.each(&mut take).await?;
        }
        Open::Ldap(source, Some(file)) => {
            let mut take = |entry: Entry| gathered.add(&entry, forest);
            let refreshed = source.each_since(file, &mut take).await?;
            let told = refreshed.told;
            tell(&match refreshed.in_full {
                Some(why) => format!("{name}: read in full ({why}): {told} objects told"),
                None => format!("{name}: {told} objects changed since the last time"),
            });
        }
        Open::File(source, ahead) => {
            let mut problems = 0;
            let ahead = std::mem::take(ahead);
            for next in ahead.into_iter().chain(source.by_ref()) {
                match next {
                    Ok(entry) => gathered.add(&entry, forest)?,
                    Err(problem) => {
                        problems += 1;
                        if problems <= TOLD_MAX {
                            tell(&format!(
                                "{name}: line {}: {}",
                                problem.line,
                                escape_terminal(&problem.message)
                            ));
                        }
                    }
                }
            }
            if problems > TOLD_MAX {
                tell(&format!("{name}: {} more problems", problems - TOLD_MAX));
            }
            outcome.problems += problems;
        }
    }
    Ok(())
}

fn write(
    gathered: Gathered<'_>,
    sources: &[Open],
    format: Format,
    context: &Context,
    out: &mut (dyn Write + Send),
    tally: &mut Tally,
) -> Result<(), Error> {
    let cannot = |error: io::Error| Error::harness(format!("cannot write the findings: {error}"));
    let source_of = gathered.sources();
    let mut output = None;
    if !gathered.is_rows() {
        output = Some(output::begin(format, context, out).map_err(cannot)?);
    }
    let mut proposals = Proposals::default();
    gathered.finish(out, tally, |view, finding, tally, out| {
        if let Some(Open::File(file, _)) = sources.get(source_of(finding.object))
            && !file.knows(&finding.attribute, finding.value.is_some())
        {
            return Ok(());
        }
        tally.count(finding);
        let action = proposals.action(view, finding);
        let found = Found { view, finding, action: &action };
        output.as_mut().map_or(Ok(()), |output| output.finding(&found, out))
    })?;
    if let Some(mut output) = output {
        output.end(tally, out).map_err(cannot)?;
    }
    out.flush().map_err(cannot)
}
