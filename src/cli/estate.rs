//! The options that describe an estate, shared by every verb that grows one.

use clap::Args;
use forestbed_scenarios::format::{Defects, LagSection, Scenario, read_ldif};
use forestbed_scenarios::lab::Ports;
use forestbed_scenarios::{Error, Lab, LabBuilder};
use forestbed_sim::clock::ClockMode;
use forestbed_sim::spec::{DirectoryProfile, EstateSpec, ForestSpec, PopulationProfile, PopulationSpec};
use forestbed_sim::world::World;
use std::path::PathBuf;

/// The most people of one forest.
const MAX_USERS: i64 = 2_000_000;

/// What the estate is grown from. Without a scenario file: the default estate, forest contoso.local and tenant
/// contoso.onmicrosoft.com (see `forestbed scenarios show default`).
#[derive(Debug, Args)]
#[command(next_help_heading = "Estate")]
pub(crate) struct EstateArgs {
    /// What everything random is drawn from [default: 42, or the scenario's].
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// What the organisation is like; merged-companies consists of two forests, which share the people
    /// [default: default, or the scenario's; docs/population.md shows them].
    #[arg(long, value_name = "NAME", value_parser = population, conflicts_with = "ldif")]
    population: Option<PopulationProfile>,
    /// How many people each forest has; groups, contacts, rooms and computers follow in the population's proportions
    /// [default: 1000, or the scenario's].
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(i64).range(1..=MAX_USERS))]
    users: Option<i64>,
    /// Defects: a profile with or without a rate (idfix-classic:0.05, clean), or counts by id (PA26=25,UP15=40).
    #[arg(long, value_name = "PROFILE[:RATE]|ID=N,...", value_parser = Defects::parse)]
    defects: Option<Defects>,
    /// The switches of the tenant: as it is today, or as the documents describe it.
    #[arg(long, value_name = "PROFILE", value_parser = ["today", "documents"])]
    tenant_profile: Option<String>,
    /// How late readers of the tenant see what was written, in virtual time: one span for all, or
    /// object=2s,query=5s,delta=30s,jitter=1s [default: not at all, or the scenario's].
    #[arg(long, value_name = "SPAN|VIEW=SPAN,...", value_parser = LagSection::parse)]
    lag: Option<LagSection>,
    /// Graph takes any bearer token: neither signature, audience, tenant, lifetime nor permissions are looked at
    /// [default: strict, or the scenario's switch token_checks].
    #[arg(long)]
    relaxed_tokens: bool,
    /// LDAP server signing requirements: whether binds must be signed or protected by TLS [default: none, or the
    /// scenario's].
    #[arg(long, value_name = "WHETHER", value_parser = ["none", "required"])]
    ldap_signing: Option<String>,
    /// What the directory looks like to LDAP clients: active-directory, or lldap [default: active-directory, or
    /// the scenario's].
    #[arg(long, value_name = "PROFILE", value_parser = ["active-directory", "lldap"])]
    profile: Option<String>,
    /// How virtual time moves: frozen, stepped or realtime.
    #[arg(long, value_name = "MODE")]
    clock: Option<ClockMode>,
    /// Threads to grow it on; the result does not depend on them [default: the machine's].
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=512))]
    threads: Option<u16>,
    /// The estate of a scenario file.
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// The entries of an LDIF file instead of a population: an export of a real domain (ldapsearch -LLL, ldifde), a
    /// dump, or written by hand. The first forest starts from it; its domain is the file's unless a scenario
    /// names one. No defects unless --defects asks for them.
    #[arg(long, value_name = "FILE", conflicts_with = "users")]
    ldif: Option<PathBuf>,
    /// The folder whose files values may come from (attr:< file:...); without it they are refused.
    #[arg(long, value_name = "FOLDER", requires = "ldif")]
    ldif_folder: Option<PathBuf>,
    /// Refuse the LDIF file when any of its entries or values cannot be kept.
    #[arg(long, requires = "ldif")]
    ldif_strict: bool,
}

/// Which port each server listens on, on loopback; 0 lets the system choose.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Ports (0: the system chooses)")]
pub(crate) struct PortArgs {
    /// LDAP with StartTLS of the first domain controller; further ones take the next free ports.
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    ldap_port: u16,
    /// LDAP over TLS of the first domain controller; further ones take the next free ports.
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    ldaps_port: u16,
    /// The global catalog of the first domain controller; further ones take the next free ports.
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    gc_port: u16,
    /// The global catalog over TLS of the first domain controller; further ones take the next free ports.
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    gc_tls_port: u16,
    /// Graph and login over https.
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    graph_port: u16,
    /// Graph and login over plain http.
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    graph_http_port: u16,
    /// The proxy behind which Microsoft's host names lead to this tenant.
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    proxy_port: u16,
    /// The control API.
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    control_port: u16,
    /// Base of the links in Graph's answers, where something in front of it ends TLS: https://graph.example
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Hold each of Graph's answers against the property tables; one that does not fit becomes a 500 that says where
    #[arg(long)]
    check_answers: bool,
    /// A host that programs may reach through the proxy beside the tenant's, and that webhooks may be sent to beside
    /// loopback (a name or an address, no port); may be given several times. Every other one is refused.
    #[arg(long = "allow-host", value_name = "HOST", value_parser = host)]
    allow_hosts: Vec<String>,
}

/// A population profile by its name.
fn population(text: &str) -> Result<PopulationProfile, String> {
    text.parse()
}

/// A host without scheme, port or path.
fn host(text: &str) -> Result<String, String> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
    let name = (1..=253).contains(&text.len()) && text.bytes().all(plain);
    if name || text.parse::<std::net::Ipv6Addr>().is_ok() {
        return Ok(text.to_ascii_lowercase());
    }
    Err("a host name or an address is needed, without scheme, port and path: api.example.com".to_owned())
}

impl EstateArgs {
    /// The specification; `clock` is the verb's own default mode.
    pub(crate) fn spec(&self, clock: ClockMode) -> Result<EstateSpec, Error> {
        let mut spec = match &self.scenario {
            Some(file) => Scenario::load(file)?.estate(),
            None => EstateSpec { clock, ..EstateSpec::default() },
        };
        self.read_ldif(&mut spec)?;
        spec.seed = self.seed.unwrap_or(spec.seed);
        spec.clock = self.clock.unwrap_or(spec.clock);
        spec.profile = match self.profile.as_deref() {
            Some("lldap") => DirectoryProfile::Lldap,
            Some(_) => DirectoryProfile::ActiveDirectory,
            None => spec.profile,
        };
        for forest in &mut spec.forests {
            if self.users.is_some() || self.population.is_some() {
                let users = self.users.map(|users| u32::try_from(users).unwrap_or(u32::MAX));
                let profile = self.population.unwrap_or(forest.population.profile);
                forest.population = PopulationSpec::of(profile, users.unwrap_or(forest.population.users));
            }
            if let Some(defects) = &self.defects {
                forest.defects = defects.mix();
            }
        }
        spec.complete_forests();
        if let Some(signing) = &self.ldap_signing {
            spec.ldap.signing_required = signing == "required";
        }
        if let Some(profile) = &self.tenant_profile {
            spec.tenant.profile.clone_from(profile);
        }
        if self.relaxed_tokens {
            spec.tenant.switches.insert("token_checks".to_owned(), "relaxed".to_owned());
        }
        if let Some(lag) = &self.lag {
            spec.tenant.lag = lag.spec();
        }
        Ok(spec)
    }

    /// Puts the entries of the LDIF file in the place of the first forest's population.
    fn read_ldif(&self, spec: &mut EstateSpec) -> Result<(), Error> {
        let (Some(file), Some(forest)) = (&self.ldif, spec.forests.first_mut()) else { return Ok(()) };
        let content = read_ldif(file, self.ldif_folder.as_deref())?;
        if self.scenario.is_some() {
            *forest = std::mem::take(forest).with_ldif(content);
            return Ok(());
        }
        *forest = ForestSpec::of_ldif(content).map_err(|error| Error::input(error.to_string()))?;
        // the tenant of a company is set up for the domain that its people's addresses end in
        if !forest.upn_suffixes.is_empty() {
            spec.tenant.verified_domains.clone_from(&forest.upn_suffixes);
        }
        Ok(())
    }

    /// Tells on standard error what became of the LDIF files that an estate started from.
    ///
    /// # Errors
    /// When something was lost and nothing may be.
    pub(crate) fn tell_imports(&self, world: &World) -> Result<(), Error> {
        for report in world.domains().iter().filter_map(|cell| cell.import.as_ref()) {
            eprint!("{report}");
            if self.ldif_strict && report.lost() > 0 {
                let lost = report.lost();
                return Err(Error::input(format!(
                    "{}: {lost} entries and values cannot be kept",
                    report.name
                )));
            }
        }
        Ok(())
    }

    /// How many threads to grow it on.
    pub(crate) fn threads(&self) -> usize {
        let machine = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.map_or_else(machine, usize::from)
    }

    /// A lab that is still to be started.
    pub(crate) fn lab(&self, clock: ClockMode, ports: &PortArgs) -> Result<LabBuilder, Error> {
        let mut builder = Lab::builder().spec(self.spec(clock)?).threads(self.threads()).ports(Ports {
            ldap: ports.ldap_port,
            ldaps: ports.ldaps_port,
            gc: ports.gc_port,
            gc_tls: ports.gc_tls_port,
            graph: ports.graph_port,
            graph_http: ports.graph_http_port,
            proxy: ports.proxy_port,
            control: ports.control_port,
        });
        builder = builder.check_answers(ports.check_answers);
        builder = builder.allow_hosts(ports.allow_hosts.clone());
        if let Some(url) = &ports.public_url {
            builder = builder.public_url(url);
        }
        Ok(builder)
    }
}
