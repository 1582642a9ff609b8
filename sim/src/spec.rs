//! What an estate is grown from: plain values, filled by the scenario file, the command line or a test.

use crate::clock::{ClockMode, DEFAULT_START, SimTime};
use crate::ldif::{Content, ContentError};
use crate::limits::Limits;
pub use crate::oracle::{PeopleMatch, Synchronize};
pub use crate::population::{PopulationProfile, PopulationSpec};
use crate::seed::DEFAULT_SEED;
use crate::tenant::SubscriptionChange;
pub use crate::topology::Topology;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// A whole estate. Its default is the default estate of `up` and `exec`.
#[derive(Debug, Clone, PartialEq)]
pub struct EstateSpec {
    /// What everything random is drawn from.
    pub seed: u64,
    /// The forests.
    pub forests: Vec<ForestSpec>,
    /// How they belong together.
    pub topology: Topology,
    /// How the plan wants people of several forests to be recognised.
    pub people_match: PeopleMatch,
    /// What the plan wants synchronized.
    pub synchronize: Synchronize,
    /// The tenant.
    pub tenant: TenantSpec,
    /// When the world starts.
    pub start: SimTime,
    /// How its time moves.
    pub clock: ClockMode,
    /// Its limits.
    pub limits: Limits,
    /// What its domain controllers ask of connections.
    pub ldap: LdapSecurity,
    /// What its directories look like on the wire.
    pub profile: DirectoryProfile,
}

/// What a directory looks like to its clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DirectoryProfile {
    /// A domain controller of Active Directory.
    #[default]
    ActiveDirectory,
    /// lldap, a light LDAP server for accounts: the same people, under its names.
    Lldap,
}

impl Default for EstateSpec {
    fn default() -> EstateSpec {
        EstateSpec {
            seed: DEFAULT_SEED,
            forests: vec![ForestSpec::default()],
            topology: Topology::default(),
            people_match: PeopleMatch::default(),
            synchronize: Synchronize::default(),
            tenant: TenantSpec::default(),
            start: DEFAULT_START,
            clock: ClockMode::Frozen,
            limits: Limits::default(),
            ldap: LdapSecurity::default(),
            profile: DirectoryProfile::default(),
        }
    }
}

/// What domain controllers ask of connections before they let an account log on. The default asks nothing, as
/// Windows Server does up to 2022.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LdapSecurity {
    /// Binds must be signed, or protected by TLS (`LDAPServerIntegrity`, "LDAP server signing requirements").
    pub signing_required: bool,
    /// Whether NTLM inside TLS must be bound to its channel (`LdapEnforceChannelBinding`).
    pub channel_binding: ChannelBinding,
}

/// "LDAP server channel binding token requirements".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ChannelBinding {
    /// Tokens are not looked at.
    #[default]
    Never,
    /// A token must fit; none is fine.
    WhenSupported,
    /// There must be a token, and it must fit.
    Always,
}

/// One forest: its root domain, and the domains below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForestSpec {
    /// DNS name of the root domain: `contoso.local`.
    pub domain: String,
    /// NetBIOS name; none means the first label in upper case.
    pub netbios: Option<String>,
    /// UPN suffixes beside the domain's own name; the first one is what people get.
    pub upn_suffixes: Vec<String>,
    /// How many of what.
    pub population: PopulationSpec,
    /// What is wrong with them.
    pub defects: DefectMix,
    /// So many percent of the defects are put on objects that carry one already, as far as they get along.
    pub overlap: u8,
    /// How many innocent look-alikes.
    pub decoys: u32,
    /// Schema extensions that are installed.
    pub schema: SchemaExtensions,
    /// Entries that it starts from instead of a population.
    pub ldif: Option<Arc<Content>>,
    /// The recycle bin is enabled from the start.
    pub recycle_bin: bool,
    /// Rules about which documents are silent.
    pub constraints: Constraints,
    /// Containers right below a domain's head that the plan leaves out of synchronization, by name: tools are told
    /// the others as the scope. Without any, no scope is told.
    pub not_synchronized: Vec<String>,
    /// Further domains: below the root domain or one another, or trees of their own.
    pub children: Vec<DomainSpec>,
    /// Domain controllers of the root domain.
    pub controllers: u32,
    /// How long after a change the other controllers of the forest learn of it (the real system waits 15 s
    /// within a site before it tells its partners).
    pub replication_lag: Duration,
}

/// What a domain controller lets through where documents are silent and implementations differ. The default is
/// what Active Directory most likely does: to refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Constraints {
    /// Account names of users may be longer than 20 characters.
    pub long_user_names: bool,
    /// One object may hold two values that differ in case only.
    pub case_variants: bool,
    /// A bind by an unknown name is refused with sub-code 525 instead of 52e, which tells no one which names
    /// exist.
    pub tell_unknown_names: bool,
}

/// A further domain of a forest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainSpec {
    /// Its DNS name: `emea.contoso.local`.
    pub domain: String,
    /// NetBIOS name; none means the first label in upper case.
    pub netbios: Option<String>,
    /// UPN suffixes of its people, which the forest knows; the forest's when there are none.
    pub upn_suffixes: Vec<String>,
    /// How many of what.
    pub population: PopulationSpec,
    /// What is wrong with them.
    pub defects: DefectMix,
    /// How many innocent look-alikes.
    pub decoys: u32,
    /// Its domain controllers.
    pub controllers: u32,
}

impl DomainSpec {
    /// A domain with so many people, nothing wrong with them, and one controller.
    pub fn new(domain: impl Into<String>, users: u32) -> DomainSpec {
        DomainSpec {
            domain: domain.into(),
            netbios: None,
            upn_suffixes: Vec::new(),
            population: PopulationSpec::of_users(users),
            defects: DefectMix::none(),
            decoys: 0,
            controllers: 1,
        }
    }
}

impl Default for ForestSpec {
    fn default() -> ForestSpec {
        ForestSpec {
            domain: "contoso.local".to_owned(),
            netbios: None,
            upn_suffixes: vec!["contoso.com".to_owned()],
            population: PopulationSpec::of_users(1000),
            defects: DefectMix::Profile { name: "idfix-classic".to_owned(), rate: 0.02 },
            overlap: 0,
            decoys: 15,
            schema: SchemaExtensions::default(),
            ldif: None,
            recycle_bin: false,
            constraints: Constraints::default(),
            not_synchronized: Vec::new(),
            children: Vec::new(),
            controllers: 1,
            replication_lag: Duration::from_secs(15),
        }
    }
}

impl ForestSpec {
    /// A forest that starts from a file's entries: nobody else in it, nothing injected. Domain, NetBIOS name and
    /// the suffix of people's addresses are the file's.
    ///
    /// # Errors
    /// When the names of the entries do not say which domain they lie in.
    pub fn of_ldif(content: Content) -> Result<ForestSpec, ContentError> {
        let domain = content.domain()?;
        Ok(ForestSpec::default().named_by(&content, &domain).with_ldif(content))
    }

    /// The same forest with a domain's name, and with the NetBIOS name and the suffix of people's addresses that
    /// a file's entries give it.
    #[must_use]
    pub fn named_by(self, content: &Content, domain: &str) -> ForestSpec {
        ForestSpec {
            domain: domain.to_owned(),
            netbios: content.netbios(domain),
            upn_suffixes: content.mail_domain(domain).into_iter().collect(),
            ..self
        }
    }

    /// The same forest with a file's entries in place of its population; nothing injected.
    #[must_use]
    pub fn with_ldif(self, content: impl Into<Arc<Content>>) -> ForestSpec {
        let ldif = Some(content.into());
        ForestSpec { population: PopulationSpec::NOBODY, defects: DefectMix::none(), decoys: 0, ldif, ..self }
    }

    /// The root domain as if it were all of the forest.
    pub fn root(&self) -> ForestSpec {
        ForestSpec { children: Vec::new(), ..self.clone() }
    }

    /// A further domain as if it were a forest of its own; what the forest decides is the forest's.
    pub fn child(&self, child: &DomainSpec) -> ForestSpec {
        let own = &child.upn_suffixes;
        ForestSpec {
            domain: child.domain.clone(),
            netbios: child.netbios.clone(),
            upn_suffixes: if own.is_empty() { self.upn_suffixes.clone() } else { own.clone() },
            population: child.population,
            defects: child.defects.clone(),
            overlap: self.overlap,
            decoys: child.decoys,
            controllers: child.controllers,
            schema: self.schema,
            ldif: None,
            recycle_bin: self.recycle_bin,
            constraints: self.constraints,
            not_synchronized: self.not_synchronized.clone(),
            children: Vec::new(),
            replication_lag: self.replication_lag,
        }
    }

    /// The NetBIOS name: as named, or the first label of the domain in upper case (at most 15 characters).
    pub fn netbios(&self) -> String {
        self.netbios.clone().unwrap_or_else(|| {
            self.domain
                .split('.')
                .next()
                .unwrap_or("FOREST")
                .chars()
                .take(15)
                .collect::<String>()
                .to_uppercase()
        })
    }

    /// The suffix that people's UPN and mail get: the first UPN suffix, or the domain itself.
    pub fn mail_domain(&self) -> &str {
        self.upn_suffixes.first().unwrap_or(&self.domain)
    }
}

/// Which defects, and how many.
#[derive(Debug, Clone, PartialEq)]
pub enum DefectMix {
    /// A named mix at a rate (defects per person).
    Profile {
        /// `idfix-classic`, `clean`...
        name: String,
        /// Defects per person, 0 to 1.
        rate: f64,
    },
    /// Rows of the ledger by id of the catalogue (for a duplicate: pairs).
    Exact(BTreeMap<String, u32>),
}

// a rate is never NaN: the readers of scenario files and arguments refuse it
impl Eq for DefectMix {}

impl DefectMix {
    /// Nothing is wrong.
    pub fn none() -> DefectMix {
        DefectMix::Exact(BTreeMap::new())
    }
}

/// Schema extensions by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaExtensions {
    /// Exchange Server: mailNickname, targetAddress, msExch*...
    pub exchange: bool,
    /// Skype for Business Server.
    pub skype: bool,
    /// Attributes of Windows Server 2016.
    pub server_2016: bool,
}

impl Default for SchemaExtensions {
    fn default() -> SchemaExtensions {
        SchemaExtensions { exchange: true, skype: false, server_2016: false }
    }
}

/// The tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantSpec {
    /// `contoso.onmicrosoft.com`.
    pub initial_domain: String,
    /// Verified domains beside it; the first one is the default domain.
    pub verified_domains: Vec<String>,
    /// Name of the organization.
    pub display_name: String,
    /// Its country (ISO 3166 alpha-2).
    pub country: String,
    /// Seats by part number or skuId, in the order they are listed.
    pub licenses: Vec<(String, Seats)>,
    /// What is special about some of these subscriptions from the start, by part number or skuId.
    pub subscriptions: BTreeMap<String, SubscriptionChange>,
    /// Which licence for whom, in which order: handed to the licenser.
    pub license_plan: Vec<PlanRow>,
    /// On-premises groups whose members get licences, by cn; `*` stands for any run of characters. Tools are told
    /// them by distinguished name.
    pub license_groups: Vec<String>,
    /// Profile of the switches: `today` or `documents`.
    pub profile: String,
    /// Single switches that differ from the profile.
    pub switches: BTreeMap<String, String>,
    /// Cloud-only people that the tenant starts with.
    pub cloud_users: u32,
    /// Cloud-only groups with members that it starts with.
    pub cloud_groups: u32,
    /// How late readers see what was written.
    pub lag: LagSpec,
}

/// How late readers see what was written, in virtual time; not at all late unless said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LagSpec {
    /// Reads of one object by its id or name.
    pub object: Duration,
    /// Lists, filters, searches, counts.
    pub query: Duration,
    /// Delta queries.
    pub delta: Duration,
    /// Up to so much is added to each of the lags that are on, another amount each second, drawn from the seed:
    /// a reader meets replicas of different age, and may see less than it saw before.
    pub jitter: Duration,
}

impl Default for TenantSpec {
    fn default() -> TenantSpec {
        let seats = |sku: &str, seats| (sku.to_owned(), seats);
        TenantSpec {
            initial_domain: "contoso.onmicrosoft.com".to_owned(),
            verified_domains: vec!["contoso.com".to_owned()],
            display_name: "Contoso".to_owned(),
            country: "NL".to_owned(),
            licenses: vec![
                seats("ENTERPRISEPACK", Seats::MoreThanUsers),
                seats("EMS", Seats::MoreThanUsers),
                seats("FLOW_FREE", Seats::MoreThanUsers),
                seats("EXCHANGESTANDARD", Seats::FewerThanUsers),
            ],
            subscriptions: BTreeMap::new(),
            license_plan: Vec::new(),
            license_groups: Vec::new(),
            profile: "today".to_owned(),
            switches: BTreeMap::new(),
            cloud_users: 12,
            cloud_groups: 4,
            lag: LagSpec::default(),
        }
    }
}

/// How many seats a subscription has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seats {
    /// So many.
    Exactly(u32),
    /// More than there are people: users + 10 % + 25.
    MoreThanUsers,
    /// Short of seats: a tenth of the people, at least one.
    FewerThanUsers,
}

impl Seats {
    /// The number for an estate of so many people.
    pub fn count(self, users: u32) -> u32 {
        match self {
            Seats::Exactly(count) => count,
            Seats::MoreThanUsers => users + users / 10 + 25,
            Seats::FewerThanUsers => (users / 10).max(1),
        }
    }
}

/// One row of a licence plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanRow {
    /// Part number or skuId.
    pub sku: String,
    /// For whom.
    pub to: PlanTarget,
    /// Where the usage location comes from.
    pub usage_location: UsageLocation,
    /// Service plans that stay off, by name or id.
    pub disabled_plans: Vec<String>,
    /// Subscriptions, by part number or skuId, that people give up for this one.
    pub replaces: Vec<String>,
}

/// For whom a licence is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanTarget {
    /// Every synchronized, enabled person, in order of sAMAccountName.
    All,
    /// The first so many of them.
    First(u32),
    /// Those of one department.
    Department(String),
    /// The direct members of a synchronized group, through that group: by its sAMAccountName.
    Group(String),
}

/// Where a usage location comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UsageLocation {
    /// From the country (`c`) of the person.
    FromC,
    /// The same for all.
    Fixed(String),
}
