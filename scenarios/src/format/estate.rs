//! The sections of a scenario file that describe the estate, and what they make of an [`EstateSpec`].

use super::domains::{Controllers, DomainSection};
use super::lag::LagSection;
use super::ldif_file::read_ldif;
use super::population::PopulationSection;
use super::scalars::{Count, Country, DnsName, Instant, NetbiosName, Share, Span, Whole};
use super::subscriptions::SubscriptionSection;
use super::text_or_map::{Defects, Licenses, Location, Product, Target};
use crate::Error;
use forestbed_sim::clock::ClockMode;
use forestbed_sim::ldif::Content;
use forestbed_sim::limits::Limits;
use forestbed_sim::spec::{
    Constraints, DirectoryProfile, EstateSpec, ForestSpec, PlanRow, SchemaExtensions, TenantSpec,
};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// One forest: its root domain and the domains below it. What is left out is the default estate's.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForestSection {
    /// DNS name of the domain, such as contoso.local; with ldif it may be left out: the file says it.
    pub domain: Option<DnsName>,
    /// An LDIF file beside the scenario file: the forest starts from its entries instead of a population.
    pub ldif: Option<String>,
    /// The folder whose files `attr:< file:...` of the LDIF may name; without it such values are refused.
    pub ldif_folder: Option<String>,
    /// NetBIOS name; the first label in capitals unless named.
    pub netbios: Option<NetbiosName>,
    /// UPN suffixes beside the domain's own name; people get the first one.
    #[serde(default)]
    pub upn_suffixes: Vec<DnsName>,
    /// What the organisation is like, and how many of what.
    #[serde(default)]
    pub population: PopulationSection,
    /// Rows of the ledger by id of the defect catalogue (for a duplicate: pairs), or the name of a profile.
    #[serde(default)]
    pub defects: Option<Defects>,
    /// This share of the defects is put on objects that carry one already, as far as they get along (0 unless
    /// said).
    pub overlap: Option<Share>,
    /// How many innocent look-alikes that must not be touched.
    pub decoys: Option<Count>,
    /// Schema extensions that are installed.
    #[serde(default)]
    pub schema: SchemaSection,
    /// The recycle bin is enabled from the start (false unless said).
    #[serde(default)]
    pub recycle_bin: bool,
    /// What is let through where documents are silent.
    #[serde(default)]
    pub constraints: ConstraintsSection,
    /// Containers right below a domain's head that are not synchronized, by name; tools are told the others as the
    /// scope. Without any, no scope is told.
    #[serde(default)]
    pub not_synchronized: Vec<String>,
    /// Further domains of the forest, below the root domain or one another.
    #[serde(default)]
    pub children: Vec<DomainSection>,
    /// Domain controllers of the root domain (1 unless said).
    pub controllers: Option<Controllers>,
    /// How long after a change the forest's other controllers learn of it, in virtual time (15s unless said).
    pub replication_lag: Option<Span>,
    /// The entries of the LDIF file, once it was read.
    #[serde(skip)]
    #[schemars(skip)]
    pub content: Option<Arc<Content>>,
}

/// What a domain controller lets through where documents are silent; it refuses unless said.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConstraintsSection {
    /// Account names of users may be longer than 20 characters.
    #[serde(default)]
    pub long_user_names: bool,
    /// One object may hold two values that differ in case only.
    #[serde(default)]
    pub case_variants: bool,
    /// A bind by an unknown name is refused with sub-code 525 instead of 52e.
    #[serde(default)]
    pub tell_unknown_names: bool,
}

/// Schema extensions by name.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SchemaSection {
    /// Exchange Server (true unless said).
    pub exchange: Option<bool>,
    /// Skype for Business Server (false unless said).
    pub skype: Option<bool>,
    /// Windows Server 2016 (false unless said).
    pub server_2016: Option<bool>,
}

/// The tenant. What is left out is the default estate's.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TenantSection {
    /// Such as contoso.onmicrosoft.com.
    pub initial_domain: Option<DnsName>,
    /// Verified domains beside it; the first one is the default domain.
    pub verified_domains: Option<Vec<DnsName>>,
    /// Name of the organization.
    pub display_name: Option<String>,
    /// Its country.
    pub country: Option<Country>,
    /// Seats by part number or skuId: a number, more-than-users or fewer-than-users.
    pub licenses: Option<Licenses>,
    /// What is special about subscriptions that `licenses` lists, by part number or skuId.
    #[serde(default)]
    pub subscriptions: BTreeMap<Product, SubscriptionSection>,
    /// Which licence for whom, in this order; handed to the licenser.
    #[serde(default)]
    pub license_plan: Vec<PlanSection>,
    /// On-premises groups whose members get licences, by cn (`*` is any run of characters); tools are told them.
    #[serde(default)]
    pub license_groups: Vec<String>,
    /// Profile of the switches: today or documents.
    pub profile: Option<Profile>,
    /// Single switches that differ from the profile.
    #[serde(default)]
    pub switches: BTreeMap<String, String>,
    /// Cloud-only people that the tenant starts with.
    pub cloud_users: Option<Count>,
    /// Cloud-only groups with members that it starts with.
    pub cloud_groups: Option<Count>,
    /// How late readers see what was written; not at all unless said.
    #[serde(default)]
    pub lag: LagSection,
}

/// What the tenant does where documents contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// As the service behaves today.
    Today,
    /// As the mission's documents describe it.
    Documents,
}

/// One row of the licence plan.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanSection {
    /// Part number or skuId.
    pub sku: Product,
    /// For whom: all, { first: 100 }, { department: Sales }, or { group: Team }, whose direct members get it through
    /// the synchronized group of that sAMAccountName.
    #[serde(default)]
    pub to: Target,
    /// Where the usage location comes from: from-c, or a country.
    #[serde(default)]
    pub usage_location: Location,
    /// Service plans that stay off, by name or id.
    #[serde(default)]
    pub disabled_plans: Vec<String>,
    /// Subscriptions, by part number or skuId, that people give up for this one.
    #[serde(default)]
    pub replaces: Vec<Product>,
}

/// Virtual time.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClockSection {
    /// When the world starts (2026-01-05T08:00:00Z unless said).
    pub start: Option<Instant>,
    /// How time moves (stepped unless said).
    pub mode: Option<Mode>,
}

/// What the directories look like to LDAP clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DirectoryLook {
    /// A domain controller of Active Directory.
    ActiveDirectory,
    /// lldap: the same people, for clients that are set up for it.
    Lldap,
}

impl From<DirectoryLook> for DirectoryProfile {
    fn from(look: DirectoryLook) -> DirectoryProfile {
        match look {
            DirectoryLook::ActiveDirectory => DirectoryProfile::ActiveDirectory,
            DirectoryLook::Lldap => DirectoryProfile::Lldap,
        }
    }
}

/// How virtual time moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Only when it is told to.
    Frozen,
    /// Each request costs 10 ms, steps advance it, a kept Retry-After is honoured.
    Stepped,
    /// With the wall clock; gives up byte identity.
    Realtime,
}

impl From<Mode> for ClockMode {
    fn from(mode: Mode) -> ClockMode {
        match mode {
            Mode::Frozen => ClockMode::Frozen,
            Mode::Stepped => ClockMode::Stepped,
            Mode::Realtime => ClockMode::Realtime,
        }
    }
}

macro_rules! limits {
    ($($(#[$doc:meta])* $name:ident: $kind:ty => $set:expr;)*) => {
        /// Limits by name; what is left out has the real system's value.
        #[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct LimitsSection {
            $($(#[$doc])* pub $name: Option<$kind>,)*
        }

        impl LimitsSection {
            fn apply(&self, limits: &mut Limits) {
                $(if let Some(value) = self.$name {
                    let set: fn(&mut Limits, $kind) = $set;
                    set(limits, value);
                })*
            }
        }
    };
}

type Size = Whole<1, 1_000_000_000>;

limits! {
    /// LDAP: most entries of one page or one unpaged search (1000).
    max_page_size: Size => |l, v| l.max_page_size = v.get() as usize;
    /// LDAP: most values of one attribute in one answer (1500).
    max_val_range: Size => |l, v| l.max_val_range = v.get() as usize;
    /// LDAP: most candidates that paged searches of one connection hold (262144).
    max_result_set_size: Size => |l, v| l.max_result_set_size = v.get() as usize;
    /// LDAP: most entries that a sort or a list view holds (10000).
    max_temp_table_size: Size => |l, v| l.max_temp_table_size = v.get() as usize;
    /// LDAP: longest search, in virtual time (120s).
    max_query_duration: Span => |l, v| l.max_query_duration = v.0;
    /// LDAP: largest request in bytes (10485760).
    max_receive_buffer_bytes: Size => |l, v| l.max_receive_buffer_bytes = v.get() as usize;
    /// LDAP: most connections at once (5000).
    max_connections: Size => |l, v| l.max_connections = v.get() as usize;
    /// LDAP: how long a connection may idle, in wall time (15m).
    max_conn_idle_time: Span => |l, v| l.max_conn_idle_time = v.0;
    /// LDAP: how long a connection may take for its first request, in wall time (120s).
    init_recv_timeout: Span => |l, v| l.init_recv_timeout = v.0;
    /// LDAP: deepest nesting of a filter (512).
    max_filter_depth: Whole<1, 512> => |l, v| l.max_filter_depth = v.get() as usize;
    /// LDAP: most searches of one connection that wait for their next page (64).
    max_paged_searches_per_connection: Size => |l, v| l.max_paged_searches_per_connection = v.get() as usize;
    /// LDAP: most octets of entries in one answer of a DirSync search (1048576).
    max_dir_sync_bytes: Size => |l, v| l.max_dir_sync_bytes = v.get() as usize;
    /// HTTP: largest request body in bytes (4194304).
    max_body_bytes: Size => |l, v| l.max_body_bytes = v.get() as usize;
    /// Provisioning service: largest request body in bytes (33554432).
    max_provisioning_body_bytes: Size => |l, v| l.max_provisioning_body_bytes = v.get() as usize;
    /// HTTP: largest request head in bytes (65536).
    max_head_bytes: Size => |l, v| l.max_head_bytes = v.get() as usize;
    /// HTTP: how long a client may take for its request head, in wall time (10s).
    head_timeout: Span => |l, v| l.head_timeout = v.0;
    /// Graph: how long a page token is taken, in virtual time (10m).
    page_token_lifetime: Span => |l, v| l.page_token_lifetime = v.0;
    /// HTTP: how long a client may take for a request's body, in wall time (30s).
    body_timeout: Span => |l, v| l.body_timeout = v.0;
    /// Graph: page size when the request names none (100).
    default_page_size: Whole<1, 999> => |l, v| l.default_page_size = v.get() as usize;
    /// Graph: largest $top of users and groups (999).
    max_top: Whole<1, 999> => |l, v| l.max_top = v.get() as usize;
    /// Graph: most members that one page of a delta query tells (1000).
    delta_links_per_page: Size => |l, v| l.delta_links_per_page = v.get() as usize;
    /// Most entries that the journal keeps; its totals go on counting (200000).
    journal_entries_max: Size => |l, v| l.journal_entries_max = v.get() as usize;
    /// Graph: writes of one application in one tenant (3000) in the window.
    graph_writes: Size => |l, v| l.graph_writes = v.get();
    /// Graph: the window of its write limit (150s).
    graph_write_window: Span => |l, v| l.graph_write_window = v.0;
    /// Graph: resource units of one application in one tenant in ten seconds (by tenant size).
    graph_resource_units: Size => |l, v| l.graph_resource_units = Some(v.get());
    /// Graph: resource units of one application in all tenants in twenty seconds (150000).
    graph_app_units: Size => |l, v| l.graph_app_units = v.get();
    /// Graph: writes of one application in all tenants in five minutes (70000).
    graph_app_writes: Size => |l, v| l.graph_app_writes = v.get();
    /// Graph: writes of all applications in the tenant in five minutes (18000).
    graph_tenant_writes: Size => |l, v| l.graph_tenant_writes = v.get();
    /// Graph: requests of one application in one second (2000).
    graph_requests_per_second: Size => |l, v| l.graph_requests_per_second = v.get();
    /// Provisioning service: writes of one tenant (7000) in the window.
    provisioning_writes: Size => |l, v| l.provisioning_writes = v.get();
    /// Provisioning service: the window of its write limit (300s).
    provisioning_write_window: Span => |l, v| l.provisioning_write_window = v.0;
}

impl ForestSection {
    /// Reads its LDIF file, which lies beside the scenario file.
    pub(super) fn read_ldif(&mut self, beside: &Path) -> Result<(), Error> {
        let Some(file) = &self.ldif else { return Ok(()) };
        let folder = self.ldif_folder.as_ref().map(|folder| beside.join(folder));
        let content = read_ldif(&beside.join(file), folder.as_deref())?;
        if self.domain.is_none() {
            content.domain().map_err(|error| Error::input(error.to_string()))?;
        }
        self.content = Some(Arc::new(content));
        Ok(())
    }

    /// The domain's name: the one that is named, or the one that the LDIF file is about.
    fn domain(&self) -> String {
        let of_file = || self.content.as_ref().and_then(|content| content.domain().ok());
        let named = self.domain.as_ref().map(|name| name.0.to_ascii_lowercase());
        named.or_else(of_file).unwrap_or_default()
    }

    fn spec(&self) -> ForestSpec {
        let default = match &self.content {
            None => ForestSpec {
                upn_suffixes: Vec::new(),
                population: self.population.spec(),
                ..ForestSpec::default()
            },
            Some(content) => {
                ForestSpec::default().named_by(content, &self.domain()).with_ldif(content.clone())
            }
        };
        let suffixes: Vec<String> =
            self.upn_suffixes.iter().map(|name| name.0.to_ascii_lowercase()).collect();
        ForestSpec {
            domain: self.domain(),
            netbios: self.netbios.as_ref().map_or(default.netbios, |name| Some(name.0.to_ascii_uppercase())),
            upn_suffixes: if suffixes.is_empty() { default.upn_suffixes } else { suffixes },
            population: default.population,
            ldif: default.ldif,
            defects: self.defects.as_ref().map_or(default.defects, Defects::mix),
            overlap: self.overlap.map_or(default.overlap, |share| (share.0 * 100.0).round() as u8),
            decoys: self.decoys.map_or(default.decoys, Count::get),
            schema: SchemaExtensions {
                exchange: self.schema.exchange.unwrap_or(default.schema.exchange),
                skype: self.schema.skype.unwrap_or(default.schema.skype),
                server_2016: self.schema.server_2016.unwrap_or(default.schema.server_2016),
            },
            recycle_bin: self.recycle_bin,
            constraints: Constraints {
                long_user_names: self.constraints.long_user_names,
                case_variants: self.constraints.case_variants,
                tell_unknown_names: self.constraints.tell_unknown_names,
            },
            not_synchronized: self.not_synchronized.clone(),
            children: self.children.iter().map(DomainSection::spec).collect(),
            controllers: self.controllers.map_or(default.controllers, Whole::get),
            replication_lag: self.replication_lag.as_ref().map_or(default.replication_lag, |span| span.0),
        }
    }
}

impl TenantSection {
    fn spec(&self) -> TenantSpec {
        let default = TenantSpec::default();
        let plan = |row: &PlanSection| PlanRow {
            sku: row.sku.0.clone(),
            to: row.to.spec(),
            usage_location: row.usage_location.spec(),
            disabled_plans: row.disabled_plans.clone(),
            replaces: row.replaces.iter().map(|product| product.0.clone()).collect(),
        };
        TenantSpec {
            initial_domain: self
                .initial_domain
                .as_ref()
                .map_or(default.initial_domain, |name| name.0.to_ascii_lowercase()),
            verified_domains: self.verified_domains.as_ref().map_or(default.verified_domains, |names| {
                names.iter().map(|name| name.0.to_ascii_lowercase()).collect()
            }),
            display_name: self.display_name.clone().unwrap_or(default.display_name),
            country: self.country.as_ref().map_or(default.country, |country| country.0.clone()),
            licenses: self.licenses.as_ref().map_or(default.licenses, |licenses| licenses.0.clone()),
            subscriptions: self
                .subscriptions
                .iter()
                .map(|(sku, own)| (sku.0.clone(), own.change()))
                .collect(),
            license_plan: self.license_plan.iter().map(plan).collect(),
            license_groups: self.license_groups.clone(),
            profile: match self.profile {
                None => default.profile,
                Some(Profile::Today) => "today".to_owned(),
                Some(Profile::Documents) => "documents".to_owned(),
            },
            switches: self.switches.clone(),
            cloud_users: self.cloud_users.map_or(default.cloud_users, Count::get),
            cloud_groups: self.cloud_groups.map_or(default.cloud_groups, Count::get),
            lag: self.lag.spec(),
        }
    }
}

impl super::Scenario {
    /// The estate that the file describes.
    pub fn estate(&self) -> EstateSpec {
        let default = EstateSpec::default();
        let mut limits = Limits::default();
        self.limits.apply(&mut limits);
        let mut spec = EstateSpec {
            seed: self.seed.map_or(default.seed, |seed| seed.0),
            forests: if self.forests.is_empty() {
                default.forests
            } else {
                self.forests.iter().map(ForestSection::spec).collect()
            },
            topology: self.topology.map_or(default.topology, |name| name.0),
            people_match: self.people_match.as_ref().map_or(default.people_match, |by| by.0.clone()),
            synchronize: self.synchronize.spec(),
            tenant: self.tenant.spec(),
            start: self.clock.start.as_ref().map_or(default.start, super::scalars::Instant::time),
            clock: self.clock.mode.map_or(ClockMode::Stepped, ClockMode::from),
            limits,
            ldap: self.ldap.spec(),
            profile: self.profile.map_or(default.profile, DirectoryProfile::from),
        };
        spec.complete_forests();
        spec
    }
}
