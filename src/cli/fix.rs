//! `fix`: repair a directory, or take a repair back.

use clap::{Args, Subcommand, ValueEnum};
use forestbed_scenarios::checker::source::ldap::LdapTarget;
use forestbed_scenarios::checker::{replace_own_domain, settings_of_estate};
use forestbed_scenarios::fixer::{
    self, Decisions, Journal, JournalSource, LdapServer, LdapServers, LdifDirectory, Machine, Orders, Pause,
    Plan, Repair, State, Target, take_suggestion,
};
use forestbed_scenarios::tools::ReferenceFixer;
use forestbed_scenarios::{Error, ToolEnv};
use forestbed_sim::rules::Settings;
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
    sources: Sources,
    #[command(flatten)]
    writing: Writing,
    /// How the plan, or what became of it, is printed.
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// The same as --format json.
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Print to this file.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum FixCommand {
    /// Take back what the journal of a repair says, octet for octet.
    ///
    /// Prints what it would do; with --apply it does it. An object that somebody changed since stays as it is, and
    /// is named. Without --ldap the servers are those that the journal names. Exit code 1: not all was restored.
    #[command(verbatim_doc_comment)]
    Undo(Undo),
}

/// Takes a repair back.
#[derive(Debug, Args)]
pub(crate) struct Undo {
    /// The file that --undo named.
    #[arg(value_name = "FILE")]
    journal: PathBuf,
    /// Do it.
    #[arg(long)]
    apply: bool,
    /// Print what became of it as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    servers: Servers,
}

/// Where the objects come from; inside of `exec` the estate's servers.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Where the objects come from (inside `exec`: the estate)")]
struct Sources {
    /// An LDIF file; several are several forests. Nothing is written to it: see --fixed and --format ldif.
    #[arg(long, value_name = "FILE", conflicts_with = "ldap")]
    ldif: Vec<PathBuf>,
    #[command(flatten)]
    servers: Servers,
    /// A domain that is verified in the tenant, the default domain first.
    #[arg(long = "verified-domain", value_name = "DOMAIN")]
    verified_domains: Vec<String>,
    /// What replaces a domain that cannot be verified: contoso.local=contoso.com.
    #[arg(long = "map", value_name = "OLD=NEW", value_parser = mapping)]
    map: Vec<(String, String)>,
}

/// Servers, and who writes to them.
#[derive(Debug, Default, Args)]
struct Servers {
    /// A server: ldap://host:port or ldaps://host:port. Several are several forests.
    #[arg(long, value_name = "URL")]
    ldap: Vec<String>,
    /// Who binds. Given once it holds for all servers, else once for each.
    #[arg(long, value_name = "DN")]
    bind_dn: Vec<String>,
    /// A file with the password in its first line; once, or once for each server.
    #[arg(long, value_name = "FILE", conflicts_with = "password_env")]
    password_file: Vec<PathBuf>,
    /// A variable with the password; once, or once for each server.
    #[arg(long, value_name = "VARIABLE")]
    password_env: Vec<String>,
    /// Certificates to trust, in PEM; without it those that the system trusts.
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Begin TLS on ldap:// connections.
    #[arg(long)]
    starttls: bool,
    /// The tree to look at; once, or once for each server. Without it the server's naming context.
    #[arg(long, value_name = "DN")]
    base_dn: Vec<String>,
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

fn mapping(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((old, new)) if !old.is_empty() && !new.is_empty() => Ok((old.to_owned(), new.to_owned())),
        _ => Err("write OLD=NEW, such as contoso.local=contoso.com".to_owned()),
    }
}

impl Servers {
    fn targets(&self, urls: &[(String, Option<String>)]) -> Result<Vec<LdapTarget>, Error> {
        let count = urls.len();
        let fits = |name: &str, given: usize| match given {
            0 | 1 => Ok(()),
            given if given == count => Ok(()),
            given => Err(Error::input(format!("--{name} is given {given} times, for {count} servers"))),
        };
        fits("bind-dn", self.bind_dn.len())?;
        fits("password-file", self.password_file.len())?;
        fits("password-env", self.password_env.len())?;
        fits("base-dn", self.base_dn.len())?;
        let mut targets = Vec::with_capacity(count);
        for (at, (url, base)) in urls.iter().enumerate() {
            targets.push(LdapTarget {
                url: url.clone(),
                start_tls: self.starttls,
                ca_file: self.ca_file.clone(),
                bind_dn: nth(&self.bind_dn, at).cloned().unwrap_or_default(),
                password: self.password(at)?,
                base_dn: nth(&self.base_dn, at).cloned().or_else(|| base.clone()),
                configuration: None,
            });
        }
        Ok(targets)
    }

    fn password(&self, at: usize) -> Result<String, Error> {
        if let Some(path) = nth(&self.password_file, at) {
            let text = read(path)?;
            let text = String::from_utf8(text)
                .map_err(|_| Error::input(format!("the password in {} is not UTF-8", path.display())))?;
            return Ok(text.lines().next().unwrap_or_default().to_owned());
        }
        let Some(name) = nth(&self.password_env, at) else { return Ok(String::new()) };
        std::env::var(name).map_err(|_| Error::input(format!("no variable {name} with a password")))
    }
}

/// The one of this number, or the only one.
fn nth<T>(list: &[T], at: usize) -> Option<&T> {
    if list.len() == 1 { list.first() } else { list.get(at) }
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

impl Fix {
    pub(crate) fn run(&self) -> Result<ExitCode, Error> {
        if let Some(FixCommand::Undo(undo)) = &self.undo {
            return super::block_on(undo.run());
        }
        let named = !(self.sources.ldif.is_empty() && self.sources.servers.ldap.is_empty());
        let in_role = std::env::var_os("FORESTBED_REPORT_FILE").is_some() && !named;
        let plain = !self.writing.is_given() && self.format == Format::Table && self.output.is_none();
        if in_role && plain {
            return super::tools::run_tool(&ReferenceFixer::default(), self.json);
        }
        if !self.sources.ldif.is_empty() {
            return super::block_on(self.fix_files());
        }
        super::block_on(self.fix_servers(in_role))
    }

    fn decisions(&self) -> Result<Decisions, Error> {
        let Some(path) = &self.writing.decisions else { return Ok(Decisions::none()) };
        let decisions = Decisions::read(&read(path)?);
        let mut decisions =
            decisions.map_err(|error| Error::input(format!("{}: {error}", path.display())))?;
        decisions.only = self.writing.only_decisions;
        Ok(decisions)
    }

    fn settings(&self) -> Settings {
        Settings {
            verified_domains: self.sources.verified_domains.clone(),
            domain_map: self.sources.map.iter().cloned().collect(),
            ..Settings::default()
        }
    }

    async fn fix_servers(&self, in_role: bool) -> Result<ExitCode, Error> {
        let env = if in_role { Some(ToolEnv::from_process().map_err(Error::input)?) } else { None };
        let decisions = self.decisions()?;
        let writing = &self.writing;
        if writing.apply && writing.undo.is_none() && !writing.no_undo {
            return Err(Error::input(
                "--apply needs --undo FILE, where the way back is written (or --no-undo)",
            ));
        }
        let targets = match &env {
            Some(env) => LdapTarget::of_env(env),
            None if self.sources.servers.ldap.is_empty() => {
                return Err(Error::input(
                    "which directory? Name --ldap URL or --ldif FILE, or run it inside `exec`",
                ));
            }
            None => {
                let urls: Vec<_> = self.sources.servers.ldap.iter().map(|url| (url.clone(), None)).collect();
                self.sources.servers.targets(&urls)?
            }
        };
        let mut servers = LdapServers::connect(targets.clone()).await?;
        let mut settings = self.settings();
        match &env {
            Some(env) if settings.verified_domains.is_empty() => {
                let told = settings_of_estate(env, servers.open()).await;
                settings = told.map_err(|error| Error::tool(error.to_string()))?;
                settings.domain_map.extend(self.sources.map.iter().cloned());
            }
            _ => {
                for server in servers.open() {
                    let suffixes = server.upn_suffixes().await?;
                    if let Some(domain) = server.domain() {
                        replace_own_domain(&mut settings, &domain, &suffixes);
                    }
                }
            }
        }
        let open = servers.open().iter();
        let names: Vec<JournalSource> = open
            .map(|s| JournalSource { url: s.name().to_owned(), base_dn: s.base_dn().to_owned() })
            .collect();
        let pause = env.as_ref().map_or(Pause::Wall, Pause::of_env);
        let server = |target| Box::new(LdapServer::new(target, pause.clone())) as Box<dyn Target>;
        let mut targets: Vec<Box<dyn Target>> = targets.into_iter().map(server).collect();
        let done = if writing.apply {
            let mut journal = self.journal(names)?;
            let orders = Orders {
                settings: &settings,
                decisions: &decisions,
                review: take_suggestion,
                limit: Some(writing.limit),
            };
            fixer::repair(&mut servers, &mut targets, journal.as_mut(), orders).await?
        } else {
            planned(fixer::plan(
                fixer::Source::views(&mut servers).await?,
                &settings,
                &decisions,
                take_suggestion,
            ))
        };
        if let Some(env) = &env {
            let report = fixer::report(&done);
            let cannot =
                |error| Error::harness(format!("cannot write {}: {error}", env.report_file.display()));
            report.write(&env.report_file).map_err(cannot)?;
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

    async fn fix_files(&self) -> Result<ExitCode, Error> {
        let writing = &self.writing;
        if !writing.fixed.is_empty() && writing.fixed.len() != self.sources.ldif.len() {
            return Err(Error::input("--fixed is given once for each --ldif"));
        }
        if writing.apply && writing.fixed.is_empty() {
            return Err(Error::input(
                "an LDIF file is not changed in place: --fixed FILE names the repaired one",
            ));
        }
        if let Some(path) = writing.fixed.iter().find(|path| self.sources.ldif.contains(path)) {
            return Err(Error::input(format!(
                "{} is a file that is read: name another for --fixed",
                path.display()
            )));
        }
        let decisions = self.decisions()?;
        let (mut files, mut views, mut broken) = (Vec::new(), Vec::new(), 0);
        for (forest, path) in self.sources.ldif.iter().enumerate() {
            let file = LdifDirectory::read(read(path)?, forest);
            for (line, problem) in &file.problems {
                eprintln!(
                    "{}: line {line}: {}",
                    path.display(),
                    forestbed_scenarios::report::escape_terminal(problem)
                );
            }
            broken += file.problems.len();
            views.extend(file.views());
            files.push(file);
        }
        let plan = fixer::plan(views, &self.settings(), &decisions, take_suggestion);
        if plan.changes.len() > writing.limit && (writing.apply || !writing.fixed.is_empty()) {
            return self.over_limit(plan.changes.len());
        }
        let mut done = planned(plan);
        let text = match self.format() {
            Format::Ldif => {
                let boxed = |file| Box::new(file) as Box<dyn Target + '_>;
                let mut targets: Vec<_> = files.iter_mut().map(boxed).collect();
                Some(fixer::changes_ldif(&done.plan, &mut targets).await)
            }
            _ => None,
        };
        if !writing.fixed.is_empty() {
            let boxed = |file| Box::new(file) as Box<dyn Target + '_>;
            let mut targets: Vec<_> = files.iter_mut().map(boxed).collect();
            done.applied = Machine::new(&mut targets, None).apply(&done.plan.changes).await;
            drop(targets);
            for (file, path) in files.iter().zip(&writing.fixed) {
                std::fs::write(path, file.text())
                    .map_err(|error| Error::input(format!("cannot write {}: {error}", path.display())))?;
            }
        }
        let text = text.unwrap_or_else(|| match self.format() {
            Format::Json => format!("{:#}\n", fixer::json_of(&done, !writing.fixed.is_empty())),
            _ => fixer::plan_text(&done.plan),
        });
        self.print(&text)?;
        let well = done.applied.iter().all(|applied| matches!(applied.state, State::Done | State::Already));
        Ok(ExitCode::from(u8::from(!well || broken > 0 || !done.plan.unmet.is_empty())))
    }

    fn over_limit(&self, asked: usize) -> Result<ExitCode, Error> {
        eprintln!(
            "refused: {asked} objects are to be changed, the limit is {}; nothing was written (--limit {asked} allows it)",
            self.writing.limit
        );
        Ok(ExitCode::from(1))
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
            Some(asked) if done.applied.is_empty() => self.over_limit(asked),
            Some(asked) => {
                eprintln!("stopped at the limit of {} objects: {asked} would be changed", self.writing.limit);
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
            Some(path) => std::fs::write(path, text)
                .map_err(|error| Error::input(format!("cannot write {}: {error}", path.display()))),
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

impl Undo {
    async fn run(&self) -> Result<ExitCode, Error> {
        let shown = self.journal.display();
        let wrong = |why: &dyn std::fmt::Display| Error::input(format!("{shown}: {why}"));
        let mut journal = Journal::open(&self.journal).map_err(|error| wrong(&error))?;
        let env = std::env::var_os("FORESTBED_REPORT_FILE").filter(|_| self.servers.ldap.is_empty());
        let env = if env.is_some() { Some(ToolEnv::from_process().map_err(Error::input)?) } else { None };
        let known = journal.contents().sources.clone();
        let targets = match &env {
            Some(env) => LdapTarget::of_env(env),
            None if self.servers.ldap.is_empty() => {
                let urls: Vec<_> =
                    known.iter().map(|source| (source.url.clone(), Some(source.base_dn.clone()))).collect();
                self.servers.targets(&urls)?
            }
            None => {
                let urls: Vec<_> = self.servers.ldap.iter().map(|url| (url.clone(), None)).collect();
                self.servers.targets(&urls)?
            }
        };
        let mut open = LdapServers::connect(targets.clone()).await?;
        let here: Vec<JournalSource> = open
            .open()
            .iter()
            .map(|s| JournalSource { url: s.name().to_owned(), base_dn: s.base_dn().to_owned() })
            .collect();
        same_places(&known, &here).map_err(|why| wrong(&why))?;
        drop(open);
        let pause = env.as_ref().map_or(Pause::Wall, Pause::of_env);
        let mut targets: Vec<Box<dyn Target>> = targets
            .into_iter()
            .map(|target| Box::new(LdapServer::new(target, pause.clone())) as Box<dyn Target>)
            .collect();
        let undone = fixer::undo(&mut journal, &mut targets, self.apply).await;
        let undone = undone.map_err(|error| Error::harness(format!("cannot write {shown}: {error}")))?;
        let text = match self.json {
            true => format!("{:#}\n", fixer::undone_json(&undone, self.apply)),
            false => fixer::undone_text(&undone, self.apply),
        };
        super::print(&text)?;
        let well = |state: State| match state {
            State::Done | State::Already => true,
            State::NotTried => !self.apply,
            _ => false,
        };
        Ok(ExitCode::from(u8::from(!undone.iter().all(|one| well(one.applied.state)))))
    }
}
