//! `fix`: repair a directory, or take a repair back.

mod files;
mod undo;

use super::sources::{RuleArgs, SourceArgs};
use clap::{Args, Subcommand, ValueEnum};
use forestbed_scenarios::checker::source::FileKind;
use forestbed_scenarios::checker::source::ldap::LdapTarget;
use forestbed_scenarios::checker::{SourceSpec, add_forest, settings_of_estate};
use forestbed_scenarios::fixer::{
    self, Decisions, Journal, JournalSource, LdapServer, LdapServers, Orders, Pause, Plan, Repair, Target,
    take_suggestion,
};
use forestbed_scenarios::tools::ReferenceFixer;
use forestbed_scenarios::{Error, ToolEnv};
use forestbed_sim::rules::{RuleSet, Settings};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Repairs what a rule can name; what needs a person's decision it leaves, and says so.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Fix {
    #[command(subcommand)]
    undo: Option<FixCommand>,
    #[command(flatten)]
    sources: SourceArgs,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    writing: Writing,
    /// How the plan, or what became of it, is printed.
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "table", help_heading = "Output")]
    format: Format,
    /// The same as --format json.
    #[arg(long, conflicts_with = "format", help_heading = "Output")]
    json: bool,
    /// Print to this file.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    output: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum FixCommand {
    /// Take back what the journal of a repair says, octet for octet.
    ///
    /// Prints what it would do; with --apply it does it. An object that somebody changed since stays as it is, and
    /// is named. Without --ldap the servers are those that the journal names. Exit code 1: not all was restored.
    #[command(verbatim_doc_comment)]
    Undo(undo::Undo),
}

/// Whether and how it is written.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Writing")]
struct Writing {
    /// Carry the plan out. Without it nothing is written (but in a role of a scenario).
    #[arg(long)]
    apply: bool,
    /// Write nothing, in `exec` too.
    #[arg(long, conflicts_with = "apply")]
    dry_run: bool,
    /// Change so many objects at most; if the plan has more, nothing is written.
    #[arg(long, value_name = "NUMBER", default_value_t = fixer::DEFAULT_LIMIT)]
    limit: usize,
    /// Write what is changed, and how it was before, to this new file before it is changed.
    #[arg(long, value_name = "FILE", conflicts_with = "ldif")]
    undo: Option<PathBuf>,
    /// Go on with the file that --undo names, after a run that did not end.
    #[arg(long, requires = "undo")]
    resume: bool,
    /// Apply without a way back.
    #[arg(long, conflicts_with = "undo")]
    no_undo: bool,
    /// What people decided: CSV or JSON with dn, attribute, value; or the CSV of IdFix with its ACTION column.
    #[arg(long, value_name = "FILE")]
    decisions: Option<PathBuf>,
    /// Apply the decisions and nothing else.
    #[arg(long, requires = "decisions")]
    only_decisions: bool,
    /// Where the repaired LDIF file goes (one for each --ldif).
    #[arg(long, value_name = "FILE", requires = "ldif")]
    fixed: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
    /// The changes, for `ldapmodify -f`.
    Ldif,
}

/// The whole of a file; `-` is standard input.
fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let read = match path.as_os_str() == "-" {
        true => {
            let mut all = Vec::new();
            std::io::stdin().read_to_end(&mut all).map(|_| all)
        }
        false => std::fs::read(path),
    };
    read.map_err(|error| Error::input(format!("cannot read {}: {error}", path.display())))
}

fn write(path: &Path, text: &[u8]) -> Result<(), Error> {
    std::fs::write(path, text)
        .map_err(|error| Error::input(format!("cannot write {}: {error}", path.display())))
}

impl Fix {
    pub(crate) fn run(&self) -> Result<ExitCode, Error> {
        if let Some(FixCommand::Undo(undo)) = &self.undo {
            return super::block_on(undo.run());
        }
        let in_role = std::env::var_os("FORESTBED_REPORT_FILE").is_some() && self.sources.is_empty();
        let plain = !self.writing.is_given() && self.format == Format::Table && self.output.is_none();
        if in_role && plain && self.rules.is_default() {
            return super::tools::run_tool(&ReferenceFixer::default(), self.json);
        }
        let (mut servers, mut files) = (Vec::new(), Vec::new());
        for spec in self.sources.specs()? {
            match spec {
                SourceSpec::Ldap { target, dir_sync: None } => servers.push(target),
                SourceSpec::Ldap { .. } | SourceSpec::Connected(_) => {
                    return Err(Error::input("--dirsync shows changes alone: a repair looks at all objects"));
                }
                SourceSpec::File { kind: FileKind::Ldif, path } => files.push(path),
                SourceSpec::File { .. } => {
                    return Err(Error::input("a CSV file is checked, not repaired: use `forestbed check`"));
                }
            }
        }
        match (servers.is_empty(), files.is_empty()) {
            (false, false) => {
                Err(Error::input("servers and files are repaired one after the other, not together"))
            }
            (true, false) => {
                let settings = self.rules.settings()?;
                Fix::documented(&settings)?;
                super::block_on(self.fix_files(&files, &settings))
            }
            (false, true) => {
                let settings = self.rules.settings()?;
                Fix::documented(&settings)?;
                super::block_on(self.fix_servers(servers, None, settings))
            }
            (true, true) if in_role => {
                let env = ToolEnv::from_process().map_err(Error::input)?;
                super::block_on(self.fix_servers(LdapTarget::of_env(&env), Some(&env), Settings::default()))
            }
            (true, true) => {
                Err(Error::input("which directory? Name --ldap URL or --ldif FILE, or run it inside `exec`"))
            }
        }
    }

    /// What IdFix suggests is not always right, and it did not say when it had no suggestion.
    fn documented(settings: &Settings) -> Result<(), Error> {
        match settings.rules {
            RuleSet::Documented => Ok(()),
            RuleSet::IdFix => {
                Err(Error::input("a repair follows the documented rules: --rules idfix is for check"))
            }
        }
    }

    fn decisions(&self) -> Result<Decisions, Error> {
        let Some(path) = &self.writing.decisions else { return Ok(Decisions::none()) };
        let decisions = Decisions::read(&read(path)?);
        let mut decisions =
            decisions.map_err(|error| Error::input(format!("{}: {error}", path.display())))?;
        decisions.only = self.writing.only_decisions;
        Ok(decisions)
    }

    async fn fix_servers(
        &self,
        targets: Vec<LdapTarget>,
        env: Option<&ToolEnv>,
        mut settings: Settings,
    ) -> Result<ExitCode, Error> {
        let decisions = self.decisions()?;
        let writing = &self.writing;
        if writing.apply && writing.undo.is_none() && !writing.no_undo {
            return Err(Error::input(
                "--apply needs --undo FILE, where the way back is written (or --no-undo)",
            ));
        }
        let mut servers = LdapServers::connect(targets.clone()).await?;
        if let Some(env) = env {
            let told = settings_of_estate(env, servers.open()).await;
            settings = told.map_err(|error| Error::tool(error.to_string()))?;
            self.rules.add_to(&mut settings)?;
            Fix::documented(&settings)?;
        }
        for server in servers.open().iter_mut().filter(|_| env.is_none()) {
            let suffixes = server.upn_suffixes().await?;
            if let Some(domain) = server.domain() {
                add_forest(&mut settings, &domain, &suffixes);
            }
        }
        let sources = places(&mut servers);
        let pause = env.map_or(Pause::Wall, Pause::of_env);
        let server = |target| Box::new(LdapServer::new(target, pause.clone())) as Box<dyn Target>;
        let mut targets: Vec<Box<dyn Target>> = targets.into_iter().map(server).collect();
        let done = if writing.apply {
            let mut journal = self.journal(sources)?;
            let limit = Some(writing.limit);
            let (settings, decisions) = (&settings, &decisions);
            let orders = Orders { settings, decisions, review: take_suggestion, limit };
            fixer::repair(&mut servers, &mut targets, journal.as_mut(), orders).await?
        } else {
            let views = fixer::Source::views(&mut servers).await?;
            planned(fixer::plan(views, &settings, &decisions, take_suggestion))
        };
        if let Some(env) = env {
            let report = fixer::report(&done).write(&env.report_file);
            report.map_err(|error| {
                Error::harness(format!("cannot write {}: {error}", env.report_file.display()))
            })?;
        }
        self.tell(&done, &mut targets).await
    }

    fn journal(&self, sources: Vec<JournalSource>) -> Result<Option<Journal>, Error> {
        let Some(path) = &self.writing.undo else { return Ok(None) };
        let shown = path.display();
        if !self.writing.resume {
            return Journal::create(path, sources).map(Some).map_err(|error| match error.kind() {
                std::io::ErrorKind::AlreadyExists => {
                    Error::input(format!("{shown} is there already: --resume goes on with it"))
                }
                _ => Error::input(format!("cannot write {shown}: {error}")),
            });
        }
        let journal = Journal::open(path).map_err(|error| Error::input(format!("{shown}: {error}")))?;
        let known = journal.contents();
        if known.undone {
            return Err(Error::input(format!("{shown}: its changes were taken back; begin a new file")));
        }
        same_places(&known.sources, &sources).map_err(|why| Error::input(format!("{shown}: {why}")))?;
        Ok(Some(journal))
    }

    fn over_limit(&self, asked: usize) -> ExitCode {
        let limit = self.writing.limit;
        eprintln!(
            "refused: {asked} objects are to be changed, the limit is {limit}; nothing was written \
             (--limit {asked} allows it)"
        );
        ExitCode::from(1)
    }

    async fn tell(&self, done: &Repair, targets: &mut [Box<dyn Target>]) -> Result<ExitCode, Error> {
        let applied = self.writing.apply;
        let text = match self.format() {
            Format::Json => format!("{:#}\n", fixer::json_of(done, applied)),
            Format::Ldif => fixer::changes_ldif(&done.plan, targets).await,
            Format::Table if applied => fixer::applied_text(done),
            Format::Table => {
                let mut text = fixer::plan_text(&done.plan);
                if !done.plan.changes.is_empty() {
                    text.push_str("nothing was written: --apply --undo FILE does it\n");
                }
                text
            }
        };
        self.print(&text)?;
        match done.over_limit {
            Some(asked) if done.applied.is_empty() => Ok(self.over_limit(asked)),
            Some(asked) => {
                let limit = self.writing.limit;
                eprintln!("stopped at the limit of {limit} objects: {asked} would be changed");
                Ok(ExitCode::from(1))
            }
            None => Ok(ExitCode::from(u8::from(!done.is_complete() || !done.plan.unmet.is_empty()))),
        }
    }

    fn format(&self) -> Format {
        if self.json { Format::Json } else { self.format }
    }

    fn print(&self, text: &str) -> Result<(), Error> {
        match &self.output {
            None => super::print(text).map(drop),
            Some(path) => write(path, text.as_bytes()),
        }
    }
}

impl Writing {
    /// Whether anything was asked for.
    fn is_given(&self) -> bool {
        self.apply
            || self.dry_run
            || self.undo.is_some()
            || self.decisions.is_some()
            || !self.fixed.is_empty()
    }
}

/// The servers at hand, as a journal names them.
fn places(servers: &mut LdapServers) -> Vec<JournalSource> {
    let place = |server: &forestbed_scenarios::checker::source::ldap::LdapSource| JournalSource {
        url: server.name().to_owned(),
        base_dn: server.base_dn().to_owned(),
    };
    servers.open().iter().map(place).collect()
}

/// A plan that is not carried out.
fn planned(plan: Plan) -> Repair {
    Repair { left: plan.left.clone(), findings: plan.findings.clone(), plan, ..Repair::default() }
}

/// Whether the servers at hand are those of a journal.
fn same_places(known: &[JournalSource], here: &[JournalSource]) -> Result<(), String> {
    if known.len() != here.len() {
        return Err(format!("it is about {} servers, {} are named", known.len(), here.len()));
    }
    let other = known.iter().zip(here).find(|(a, b)| !a.base_dn.eq_ignore_ascii_case(&b.base_dn));
    match other {
        Some((known, here)) => Err(format!("it is about '{}', not '{}'", known.base_dn, here.base_dn)),
        None => Ok(()),
    }
}
