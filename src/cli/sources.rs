//! What `check` and `fix` read, and what the rules are told.

use clap::{Args, ValueEnum};
use forestbed_scenarios::Error;
use forestbed_scenarios::checker::source::FileKind;
use forestbed_scenarios::checker::source::ldap::LdapTarget;
use forestbed_scenarios::checker::{SourceSpec, virtual_time};
use forestbed_sim::clock::SimTime;
use forestbed_sim::rules::{IdFixMode, Licensed, RuleSet, Settings};
use std::path::{Path, PathBuf};

/// The directories: servers first, then LDIF files, then CSV files. Several are several forests, checked together.
#[derive(Debug, Args)]
pub(crate) struct SourceArgs {
    /// A live LDAP server: ldap://host:port or ldaps://host:port, with /BASE-DN behind it or not. May be repeated.
    #[arg(long = "ldap", value_name = "URL", help_heading = "Directories")]
    ldap: Vec<String>,
    /// An LDIF file, as ldapsearch -LLL and ldifde write it; - reads standard input. May be repeated.
    #[arg(long = "ldif", value_name = "FILE", help_heading = "Directories")]
    ldif: Vec<PathBuf>,
    /// A CSV file, as csvde, Get-ADUser | Export-Csv and IdFix write it; - reads standard input. May be repeated.
    #[arg(long = "csv", value_name = "FILE", help_heading = "Directories")]
    csv: Vec<PathBuf>,
    /// Who reads the servers: a distinguished name, or what else a server takes. One for all servers, or one each.
    #[arg(long, value_name = "NAME", requires = "ldap", help_heading = "Directories")]
    bind_dn: Vec<String>,
    /// A file whose first line is the password. One for all servers, or one each.
    #[arg(
        long,
        value_name = "FILE",
        requires = "bind_dn",
        conflicts_with = "password_env",
        help_heading = "Directories"
    )]
    password_file: Vec<PathBuf>,
    /// The variable that holds the password. One for all servers, or one each.
    #[arg(long, value_name = "VARIABLE", requires = "bind_dn", help_heading = "Directories")]
    password_env: Vec<String>,
    /// Where to search; the server's default naming context unless it is named. One for all servers, or one each.
    #[arg(long, value_name = "DN", requires = "ldap", help_heading = "Directories")]
    base_dn: Vec<String>,
    /// Certificate authorities to trust, in PEM; those of the system unless it is named.
    #[arg(long, value_name = "FILE", requires = "ldap", help_heading = "Directories")]
    ca_file: Option<PathBuf>,
    /// Begin TLS on ldap:// connections.
    #[arg(long, requires = "ldap", help_heading = "Directories")]
    starttls: bool,
    /// Read only what changed since the last time, which this file remembers (domain controllers). One each server.
    #[arg(long, value_name = "STATEFILE", requires = "ldap", help_heading = "Directories")]
    dirsync: Vec<PathBuf>,
}

/// What the rules are told.
#[derive(Debug, Args)]
pub(crate) struct RuleArgs {
    /// The rule set: Microsoft's documents, or what IdFix 2.6 does.
    #[arg(long, value_name = "SET", value_enum, default_value = "documented", help_heading = "Rules")]
    rules: RuleSetArg,
    /// A verified domain of the tenant, the default domain first. May be repeated.
    #[arg(long = "verified-domain", value_name = "DOMAIN", help_heading = "Rules")]
    verified_domains: Vec<String>,
    /// What replaces a domain that is not verified: contoso.local=contoso.com. May be repeated.
    #[arg(long = "map", value_name = "OLD=NEW", help_heading = "Rules")]
    map: Vec<String>,
    /// A UPN suffix of the forests; domain controllers tell theirs. May be repeated.
    #[arg(long = "upn-suffix", value_name = "DOMAIN", help_heading = "Rules")]
    upn_suffixes: Vec<String>,
    /// Who is to get a licence: all, or a sAMAccountName or distinguished name. May be repeated.
    #[arg(long, value_name = "WHO", help_heading = "Rules")]
    licensed: Vec<String>,
    /// A group whose members get licences, by distinguished name: disabled accounts in it are told. May be repeated.
    #[arg(long = "license-group", value_name = "DN", help_heading = "Rules")]
    license_groups: Vec<String>,
    /// A container that is synchronized, by distinguished name: references that leave them are told. May be repeated.
    #[arg(long, value_name = "DN", help_heading = "Rules")]
    scope: Vec<String>,
    /// The most members that a group may have.
    #[arg(long, value_name = "NUMBER", help_heading = "Rules")]
    max_group_members: Option<usize>,
    /// Where users are who have no country: two letters.
    #[arg(long, value_name = "COUNTRY", help_heading = "Rules")]
    usage_location: Option<String>,
    /// When the check takes place, for certificates that expire: 2026-01-05T08:00:00Z. The present, unless it is named.
    #[arg(long, value_name = "TIME", help_heading = "Rules")]
    now: Option<String>,
    /// People sign in with another attribute than userPrincipalName (--rules idfix).
    #[arg(long, help_heading = "Rules")]
    alternate_login_id: bool,
    /// How IdFix was set up (--rules idfix).
    #[arg(long, value_name = "MODE", value_enum, default_value = "multi-tenant", help_heading = "Rules")]
    idfix_mode: IdFixModeArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum IdFixModeArg {
    /// For Microsoft 365.
    MultiTenant,
    /// For Office 365 Dedicated.
    Dedicated,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RuleSetArg {
    /// Microsoft's documents.
    Documented,
    /// IdFix 2.6 as it behaves, for those who must compare.
    Idfix,
}

impl SourceArgs {
    /// Nothing is named.
    pub(crate) fn is_empty(&self) -> bool {
        self.ldap.is_empty() && self.ldif.is_empty() && self.csv.is_empty()
    }

    /// What is named.
    ///
    /// # Errors
    /// When options contradict each other, or a password cannot be read.
    pub(crate) fn specs(&self) -> Result<Vec<SourceSpec>, Error> {
        let stdin = self.ldif.iter().chain(&self.csv).filter(|path| path.as_os_str() == "-").count();
        if stdin > 1 {
            return Err(Error::input("standard input ('-') can be read once only"));
        }
        let servers = self.ldap.len();
        for (option, count) in [
            ("--bind-dn", self.bind_dn.len()),
            ("--password-file", self.password_file.len()),
            ("--password-env", self.password_env.len()),
            ("--base-dn", self.base_dn.len()),
        ] {
            if count > 1 && count != servers {
                return Err(Error::input(format!(
                    "{option} stands {count} times for {servers} servers: give one for all, or one each"
                )));
            }
        }
        if !matches!(self.dirsync.len(), 0) && self.dirsync.len() != servers {
            return Err(Error::input("--dirsync needs a state file for each server"));
        }
        let mut specs = Vec::new();
        for (at, url) in self.ldap.iter().enumerate() {
            let target = LdapTarget {
                url: url.clone(),
                start_tls: self.starttls && url.to_ascii_lowercase().starts_with("ldap:"),
                ca_file: self.ca_file.clone(),
                bind_dn: one(&self.bind_dn, at).cloned().unwrap_or_default(),
                password: self.password(at)?,
                base_dn: one(&self.base_dn, at).cloned(),
                configuration: None,
            };
            specs.push(SourceSpec::Ldap { target, dir_sync: self.dirsync.get(at).cloned() });
        }
        let file = |kind| move |path: &PathBuf| SourceSpec::File { kind, path: path.clone() };
        specs.extend(self.ldif.iter().map(file(FileKind::Ldif)));
        specs.extend(self.csv.iter().map(file(FileKind::Csv)));
        Ok(specs)
    }

    fn password(&self, at: usize) -> Result<String, Error> {
        if let Some(path) = one(&self.password_file, at) {
            return first_line(path);
        }
        match one(&self.password_env, at) {
            Some(name) => std::env::var(name)
                .map_err(|_| Error::input(format!("--password-env: there is no variable {name}"))),
            None if self.bind_dn.is_empty() => Ok(String::new()),
            None => Err(Error::input(
                "--bind-dn needs a password: name a file with --password-file or a variable with --password-env",
            )),
        }
    }
}

impl RuleArgs {
    /// Nothing is told.
    pub(crate) fn is_default(&self) -> bool {
        let none = self.verified_domains.is_empty() && self.map.is_empty() && self.upn_suffixes.is_empty();
        let plain =
            matches!(self.rules, RuleSetArg::Documented) && !self.alternate_login_id && self.now.is_none();
        let unlimited = self.max_group_members.is_none() && self.usage_location.is_none();
        let unplanned = self.licensed.is_empty() && self.license_groups.is_empty() && self.scope.is_empty();
        none && plain && unlimited && unplanned
    }

    /// The settings that they make.
    ///
    /// # Errors
    /// When one is malformed.
    pub(crate) fn settings(&self) -> Result<Settings, Error> {
        let mut settings = Settings { now: Some(present()?), ..Settings::default() };
        self.add_to(&mut settings)?;
        Ok(settings)
    }

    /// Adds what is named to settings that come from elsewhere.
    ///
    /// # Errors
    /// When one is malformed.
    pub(crate) fn add_to(&self, settings: &mut Settings) -> Result<(), Error> {
        settings.rules = match self.rules {
            RuleSetArg::Documented => RuleSet::Documented,
            RuleSetArg::Idfix => RuleSet::IdFix,
        };
        settings.idfix = match self.idfix_mode {
            IdFixModeArg::MultiTenant => IdFixMode::MultiTenant,
            IdFixModeArg::Dedicated => IdFixMode::Dedicated,
        };
        settings.alternate_login_id = self.alternate_login_id;
        settings.upn_suffixes.extend(self.upn_suffixes.iter().cloned());
        settings.scope.extend(self.scope.iter().cloned());
        settings.license_groups.extend(self.license_groups.iter().cloned());
        settings.max_group_members = self.max_group_members.or(settings.max_group_members);
        if let Some(country) = &self.usage_location {
            settings.default_usage_location = Some(country.to_ascii_uppercase());
        }
        match self.licensed.as_slice() {
            [] => {}
            [all] if all.eq_ignore_ascii_case("all") => settings.licensed = Licensed::All,
            these => settings.licensed = Licensed::these(these),
        }
        if let Some(text) = &self.now {
            let now = SimTime::parse_rfc3339(text).ok_or_else(|| {
                Error::input(format!("--now is a time as 2026-01-05T08:00:00Z, not '{text}'"))
            })?;
            settings.now = Some(now);
        }
        for domain in &self.verified_domains {
            if !settings.verified_domains.iter().any(|known| known.eq_ignore_ascii_case(domain)) {
                settings.verified_domains.push(domain.clone());
            }
        }
        for pair in &self.map {
            let Some((old, new)) =
                pair.split_once('=').filter(|(old, new)| !old.is_empty() && !new.is_empty())
            else {
                return Err(Error::input(format!("--map is OLD=NEW, not '{pair}'")));
            };
            settings.domain_map.insert(old.to_owned(), new.to_owned());
        }
        Ok(())
    }
}

/// The present: that of the estate inside `forestbed exec`, whose certificates live in virtual time, and the
/// wall clock's elsewhere.
fn present() -> Result<SimTime, Error> {
    let variable = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
    if let (Some(url), Some(token)) = (variable("FORESTBED_CONTROL_URL"), variable("FORESTBED_CONTROL_TOKEN"))
    {
        return super::block_on(virtual_time(&url, &token));
    }
    #[expect(clippy::disallowed_methods, reason = "a directory outside of a lab lives in wall time")]
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Ok(SimTime::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX)))
}

fn one<T>(list: &[T], at: usize) -> Option<&T> {
    if list.len() == 1 { list.first() } else { list.get(at) }
}

fn first_line(path: &Path) -> Result<String, Error> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Error::input(format!("cannot read the password from {}: {error}", path.display()))
    })?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
