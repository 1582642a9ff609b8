//! `fix undo`: take a repair back.

use super::{read, same_places};
use clap::Args;
use forestbed_scenarios::checker::source::ldap::LdapTarget;
use forestbed_scenarios::fixer::{
    self, Journal, JournalSource, LdapServer, LdapServers, Pause, State, Target,
};
use forestbed_scenarios::{Error, ToolEnv};
use std::path::PathBuf;
use std::process::ExitCode;

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

impl Undo {
    pub(super) async fn run(&self) -> Result<ExitCode, Error> {
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
        crate::cli::print(&text)?;
        let well = |state: State| match state {
            State::Done | State::Already => true,
            State::NotTried => !self.apply,
            _ => false,
        };
        Ok(ExitCode::from(u8::from(!undone.iter().all(|one| well(one.applied.state)))))
    }
}
