//! Set-up: which forests there are, of which domains, and how they are reached.

use super::cycle::RECONNECTS;
use crate::checker::source::ldap::search::{PAGED_RESULTS, cookie_of};
use crate::checker::source::ldap::{LdapSource, LdapTarget, wire};
use crate::checker::source::{Entry, domain_of};
use crate::error::Error;
use crate::tool::{EstatePlan, ForestEnv, ToolEnv};
use forestbed_sim::spec::PeopleMatch;
use forestbed_sync::Config;
use forestbed_sync::config::{Connector, Domain, Matching};
use forestbed_sync::rules::ConnectorKind;
use ldap3::Scope;
use std::collections::BTreeMap;
use std::path::Path;

/// The name of the tenant's connector.
pub(super) const CLOUD: &str = "tenant";
/// In the engine's folder: the names that were looked up.
const FOUND: &str = "found-names";

/// What a configuration file says.
#[derive(Debug, Clone)]
pub struct SyncFile {
    /// The configuration.
    pub config: Config,
    /// Its `delete_threshold`, as [`SyncOptions::delete_threshold`](super::SyncOptions::delete_threshold) has it:
    /// `null` in the file switches the protection off, without the key the tenant's setting counts.
    pub delete_threshold: Option<Option<u32>>,
}

/// Reads a configuration file.
///
/// # Errors
/// A file that cannot be read; what in it is wrong, with line and column (exit code 2).
pub fn read_config(file: &Path) -> Result<SyncFile, Error> {
    let text = std::fs::read_to_string(file);
    let text = text.map_err(|error| Error::io(file, "read the configuration", &error))?;
    let wrong = |error: &dyn std::fmt::Display| Error::input(format!("{}: {error}", file.display()));
    let config = Config::parse(&text).map_err(|error| wrong(&error))?;
    let keys: BTreeMap<String, serde_json::Value> =
        serde_saphyr::from_str(&text).map_err(|error| wrong(&error))?;
    let delete_threshold = keys.contains_key("delete_threshold").then_some(config.delete_threshold);
    Ok(SyncFile { config, delete_threshold })
}

/// One domain of a forest.
#[derive(Debug, Clone)]
pub(super) struct DomainSetup {
    /// Its controllers, in the order in which they are tried.
    pub(super) targets: Vec<LdapTarget>,
    /// Its naming context.
    pub(super) base_dn: String,
}

/// A connector's forest.
#[derive(Debug, Clone)]
pub(super) struct ForestSetup {
    /// Name of the connector.
    pub(super) connector: String,
    /// Its domains, the root first.
    pub(super) domains: Vec<DomainSetup>,
}

/// What an engine runs with: its configuration, and the forests behind its connectors.
#[derive(Debug, Clone)]
pub struct SyncSetup {
    pub(super) config: Config,
    pub(super) forests: Vec<ForestSetup>,
}

impl SyncSetup {
    /// The express set-up of an estate: every forest with all its domains, the defaults of everything else.
    ///
    /// # Errors
    /// When a domain controller cannot be reached or refuses.
    pub async fn express(env: &ToolEnv) -> Result<SyncSetup, Error> {
        let found = discover(env).await?;
        let cloud = Connector {
            name: CLOUD.to_owned(),
            kind: ConnectorKind::Cloud,
            forest: Domain::default(),
            domains: Vec::new(),
            include: Vec::new(),
            exclude: Vec::new(),
            group: None,
        };
        let connectors = found.iter().map(|(connector, _)| connector.clone()).chain([cloud]).collect();
        let forests = found.into_iter().map(|(_, setup)| setup).collect();
        Ok(SyncSetup { config: Config::new(connectors), forests })
    }

    /// A set-up of one's own: the connectors of the file that are forests are those of the estate, by the DNS name
    /// of their root domain (`forest: { fqdn: contoso.local }`) or by their own name.
    ///
    /// # Errors
    /// A forest that the estate does not have; a domain controller that cannot be reached or refuses.
    pub async fn custom(env: &ToolEnv, mut config: Config) -> Result<SyncSetup, Error> {
        let found = discover(env).await?;
        let mut forests = Vec::new();
        for connector in config.connectors.iter_mut().filter(|c| c.kind == ConnectorKind::ActiveDirectory) {
            let wanted = match connector.forest.fqdn.as_str() {
                "" => connector.name.clone(),
                fqdn => fqdn.to_owned(),
            };
            let Some((known, setup)) =
                found.iter().find(|(known, _)| known.name.eq_ignore_ascii_case(&wanted))
            else {
                let names: Vec<&str> = found.iter().map(|(known, _)| known.name.as_str()).collect();
                let message = format!("connector '{}': there is no forest '{wanted}'", connector.name);
                return Err(Error::input(message).with_help(format!("the forests are {}", names.join(", "))));
            };
            // the file's own names win; what it leaves out is what the forest says
            let netbios = connector.forest.netbios.take().or_else(|| known.forest.netbios.clone());
            connector.forest = Domain { netbios, ..known.forest.clone() };
            if connector.domains.is_empty() {
                connector.domains.clone_from(&known.domains);
            }
            for domain in &mut connector.domains {
                let of = known.domains.iter().find(|of| of.fqdn.eq_ignore_ascii_case(&domain.fqdn));
                let Some(of) = of else {
                    let message = format!("connector '{}': no domain '{}'", connector.name, domain.fqdn);
                    return Err(Error::input(message));
                };
                domain.netbios = domain.netbios.take().or_else(|| of.netbios.clone());
            }
            let mut setup = ForestSetup { connector: connector.name.clone(), ..setup.clone() };
            let is_in = |domain: &DomainSetup| {
                let name = domain_of(&domain.base_dn).unwrap_or_default();
                connector.domains.iter().any(|listed| listed.fqdn.eq_ignore_ascii_case(&name))
            };
            setup.domains.retain(is_in);
            forests.push(setup);
        }
        Ok(SyncSetup { config, forests })
    }

    /// What the estate's administrators have planned: how people of several forests are recognised, what is to be
    /// synchronized, the most members of a group.
    ///
    /// # Errors
    /// When that is nothing that the engine can compare; a domain that the estate does not have.
    pub(super) fn planned(mut self, plan: &EstatePlan) -> Result<SyncSetup, Error> {
        if let Some(most) = plan.max_group_members {
            self.config.member_limit = most as u64;
        }
        if let Some(wanted) = &plan.synchronize {
            super::wanted::apply(&mut self, wanted)?;
        }
        let by = plan.people_match.as_deref().unwrap_or("sid");
        self.config.matching = match by.parse().map_err(|error: String| Error::input(error))? {
            PeopleMatch::Sid => Vec::new(),
            PeopleMatch::Mail => vec![Matching::Mail],
            PeopleMatch::AccountAndAlias => vec![Matching::AccountAndAlias],
            PeopleMatch::Attribute(name) => vec![Matching::Attribute(name)],
        };
        Ok(self)
    }

    /// Containers and the group that connectors name are there: a slip of the pen would filter everything, or nothing.
    /// What was found once, as the file `found` in the engine's folder remembers, is not looked for again: a container
    /// that gets another name leaves the scope with all that it holds (directory-sync.md, 2.5.5).
    ///
    /// # Errors
    /// The first name that is nobody's; when the file cannot be written.
    pub(super) async fn check_names(&self, folder: &Path) -> Result<(), Error> {
        let connectors = || self.config.connectors.iter();
        let named: Vec<_> = connectors().map(|c| (&c.name, &c.include, &c.exclude, &c.group)).collect();
        let named = format!("{named:?}");
        let file = folder.join(FOUND);
        if std::fs::read_to_string(&file).is_ok_and(|found| found == named) {
            return Ok(());
        }
        for setup in &self.forests {
            for connector in connectors().filter(|connector| connector.name == setup.connector) {
                check_names(connector, setup).await?;
            }
        }
        let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&file, named));
        written.map_err(|error| Error::io(&file, "write", &error))
    }

    /// Import and synchronization only: nothing is exported.
    #[must_use]
    pub fn with_staging(mut self, staging: bool) -> SyncSetup {
        self.config.staging |= staging;
        self
    }

    /// The name of the tenant's connector.
    pub(super) fn cloud(&self) -> String {
        let cloud = self.config.connectors.iter().find(|connector| connector.kind == ConnectorKind::Cloud);
        cloud.map_or_else(|| CLOUD.to_owned(), |connector| connector.name.clone())
    }
}

/// Containers and the group that a connector names are there: a slip of the pen would filter everything, or nothing.
async fn check_names(connector: &Connector, setup: &ForestSetup) -> Result<(), Error> {
    let containers = connector.include.iter().chain(&connector.exclude).map(|dn| ("container", dn));
    for (what, dn) in containers.chain(connector.group.iter().map(|dn| ("group", dn))) {
        let missing = || Error::input(format!("connector '{}': there is no {what} '{dn}'", connector.name));
        let lies_in = |domain: &&DomainSetup| super::lies_in(dn, &domain.base_dn);
        let domain = setup.domains.iter().filter(lies_in).max_by_key(|domain| domain.base_dn.len());
        let mut source = connect_any(&domain.ok_or_else(missing)?.targets).await?;
        if source.entry(dn, &["objectClass"]).await?.is_none() {
            return Err(missing());
        }
    }
    Ok(())
}

fn targets(env: &ToolEnv, forest: &ForestEnv) -> Vec<LdapTarget> {
    let target = |url: &String| LdapTarget {
        url: url.clone(),
        start_tls: false,
        ca_file: Some(env.ca_file.clone()),
        bind_dn: forest.bind_dn.clone(),
        password: forest.bind_password.clone(),
        base_dn: Some(forest.base_dn.clone()),
        configuration: None,
    };
    forest.controllers.iter().map(|controller| target(&controller.ldaps_url)).collect()
}

/// The forests of an estate: domains that share a configuration naming context.
async fn discover(env: &ToolEnv) -> Result<Vec<(Connector, ForestSetup)>, Error> {
    let mut found: Vec<(String, Connector, ForestSetup)> = Vec::new();
    for forest in &env.forests {
        let targets = targets(env, forest);
        let mut source = connect_any(&targets).await?;
        let configuration = source.configuration().unwrap_or_default().to_owned();
        let names = partitions(&mut source, &configuration).await?;
        let netbios = names.get(&forest.base_dn.to_lowercase()).cloned();
        let domain = Domain { fqdn: forest.domain.clone(), netbios };
        let setup = DomainSetup { targets, base_dn: forest.base_dn.clone() };
        let known = found.iter_mut().find(|(of, ..)| of.eq_ignore_ascii_case(&configuration));
        if let Some((_, connector, of)) = known.filter(|_| !configuration.is_empty()) {
            connector.domains.push(domain);
            of.domains.push(setup);
            continue;
        }
        let connector = Connector {
            name: forest.domain.clone(),
            kind: ConnectorKind::ActiveDirectory,
            forest: domain.clone(),
            domains: vec![domain],
            include: Vec::new(),
            exclude: Vec::new(),
            group: None,
        };
        let of = ForestSetup { connector: forest.domain.clone(), domains: vec![setup] };
        found.push((configuration, connector, of));
    }
    Ok(found.into_iter().map(|(_, connector, setup)| (connector, setup)).collect())
}

/// The first controller that answers. Where a connection is lost the others are tried, and then all once more.
pub(super) async fn connect_any(targets: &[LdapTarget]) -> Result<LdapSource, Error> {
    let mut last = Error::input("a domain has no domain controller");
    for _ in 0..=RECONNECTS {
        for target in targets {
            match LdapSource::connect(target).await {
                Ok(source) => return Ok(source),
                Err(error) => last = error,
            }
        }
        if !last.is_lost() {
            break;
        }
    }
    Err(last)
}

/// NetBIOS names by naming context, in lower case.
async fn partitions(source: &mut LdapSource, configuration: &str) -> Result<BTreeMap<String, String>, Error> {
    let base = format!("CN=Partitions,{configuration}");
    let mut names = BTreeMap::new();
    let mut take = |entry: Entry| {
        if let (Some(context), Some(name)) = (entry.texts("nCName").next(), entry.texts("nETBIOSName").next())
        {
            names.insert(context.to_lowercase(), name.to_owned());
        }
        Ok(())
    };
    let mut cookie = Vec::new();
    loop {
        let page = wire::cookie_control(PAGED_RESULTS, false, &[1000], &cookie);
        let wanted = ["nCName", "nETBIOSName"];
        let filter = "(objectClass=crossRef)";
        let done = source.one_search(&base, Scope::Subtree, filter, &wanted, vec![page], &mut take).await;
        let done = done.map_err(|stopped| source.stopped(&base, stopped))?;
        let next = cookie_of(&done, PAGED_RESULTS).map(|(_, cookie)| cookie).unwrap_or_default();
        // a server that stays where it is would never end
        if next.is_empty() || next == cookie {
            return Ok(names);
        }
        cookie = next;
    }
}
