//! A new forest: heads of naming contexts, containers, built-in accounts and groups, configuration, schema.
//!
//! What it starts with is a table, `data/ad-initial-objects.tsv`; the schema objects come from the schema.

mod configuration;
mod join;
mod rids;
mod schema_objects;

pub use join::controller_seed;
pub(super) use rids::RidPool;

use super::contexts::{self, ContextKind, NamingContext};
use super::dn::Dn;
use super::store::NO_PARENT;
use super::update::{NewCells, NewRecord, RECYCLE_BIN, Write, packed_int};
use super::{
    AttrId, Directory, DirectoryConfig, DomainInfo, NewObject, ObjectId, UpdateContext, attr, class,
};
use crate::ids::{Guid, Sid};
use rand_chacha::rand_core::Rng;
use std::sync::Arc;

const TABLE: &str = include_str!("../../../data/ad-initial-objects.tsv");
/// The first relative id of accounts that are made later (golden/00: the first user of a new domain).
const FIRST_RID: u32 = 1103;
/// `objectVersion` of the schema: 69 is Windows Server 2012 R2, 87 is 2016 (active-directory.md 4).
const OBJECT_VERSIONS: (&str, &str) = ("69", "87");

/// The object whose `lDAPAdminLimits` every domain controller goes by.
const QUERY_POLICY: &str =
    "CN=Default Query Policy,CN=Query-Policies,CN=Directory Service,CN=Windows NT,CN=Services";

/// Attributes of the domain's head beside its name and SID (golden/02).
const DOMAIN_NUMBERS: [(&str, i64); 21] = [
    ("forceLogoff", i64::MIN),
    ("lockoutDuration", -18_000_000_000),
    ("lockOutObservationWindow", -18_000_000_000),
    ("lockoutThreshold", 0),
    ("maxPwdAge", -36_288_000_000_000),
    ("minPwdAge", -864_000_000_000),
    ("minPwdLength", 7),
    ("modifiedCount", 1),
    ("modifiedCountAtLastProm", 0),
    ("msDS-AllUsersTrustQuota", 1000),
    ("msDS-Behavior-Version", 7),
    ("ms-DS-MachineAccountQuota", 10),
    ("msDS-NcType", 0),
    ("msDS-PerUserTrustQuota", 1),
    ("msDS-PerUserTrustTombstonesQuota", 10),
    ("nextRid", 1000),
    ("nTMixedDomain", 0),
    ("pwdProperties", 1),
    ("pwdHistoryLength", 24),
    ("serverState", 1),
    ("systemFlags", -1_946_157_056),
];

impl Directory {
    /// A new forest: naming contexts, default containers, built-in accounts, configuration and schema.
    pub fn new(config: &DirectoryConfig) -> Directory {
        let info = names(config, None);
        let contexts = planned_contexts(&info);
        let mut directory = Directory::blank(config, info, contexts);
        let context = UpdateContext::lenient(config.time);
        directory.make_domain_head(config);
        let holes = directory.placeholders(config);
        for line in TABLE.lines().filter(|line| !line.starts_with('#')).skip(1) {
            directory.make_initial(&context, line, &holes);
        }
        directory.make_schema_objects(config.time);
        for line in configuration::TABLE.lines().filter(|line| !line.starts_with('#')).skip(1) {
            directory.make_initial(&context, line, &holes);
        }
        directory.make_extended_rights(&context);
        directory.note_ids();
        directory.finish(&context, config);
        directory
    }

    fn make_domain_head(&mut self, config: &DirectoryConfig) {
        let label = config.domain.split('.').next().unwrap_or_default();
        let mut cells: Vec<(AttrId, Vec<Vec<u8>>)> = vec![
            (attr::NAME, vec![label.as_bytes().to_vec()]),
            (attr::OBJECT_SID, vec![self.info.sid.to_bytes()]),
            (attr::IS_CRITICAL_SYSTEM_OBJECT, vec![vec![1]]),
        ];
        let numbers = DOMAIN_NUMBERS
            .iter()
            .chain(&[("uASCompat", 1)])
            .map(|(name, number)| (*name, *number))
            .chain([("creationTime", config.time.filetime())]);
        for (name, number) in numbers {
            if let Some(id) = self.schema.attribute_id(name) {
                cells.push((id, vec![packed_int(number)]));
            }
        }
        let write = self.begin(config.time);
        let guid = self.fresh_guid(&self.info.domain_dn.to_lowercase());
        let new = NewRecord {
            parent: NO_PARENT,
            context: contexts::DOMAIN,
            class: class::DOMAIN_DNS,
            guid,
            rid: 0,
            cells: NewCells::Apart(cells),
        };
        let head = self.create(write, new);
        self.set_head(contexts::DOMAIN, head);
    }

    /// From now on an object is the head of a naming context, and lies in it.
    pub(super) fn set_head(&mut self, context: u8, head: ObjectId) {
        Arc::make_mut(&mut self.contexts)[usize::from(context)].head = head;
        if context == contexts::DOMAIN {
            Arc::make_mut(&mut self.info).domain = head;
        }
        if let Some(record) = self.store.get_mut(head.0) {
            record.context = context;
        }
    }

    fn placeholders(&self, config: &DirectoryConfig) -> Vec<(&'static str, String)> {
        let info = &self.info;
        let version = if config.extensions.server_2016 { OBJECT_VERSIONS.1 } else { OBJECT_VERSIONS.0 };
        vec![
            ("{domain}", info.domain_dn.clone()),
            ("{configuration}", info.configuration_dn.clone()),
            ("{schema}", info.schema_dn.clone()),
            ("{server}", info.server_dn.clone()),
            ("{ntds}", info.ds_service_dn.clone()),
            ("{dns}", info.dns.clone()),
            ("{netbios}", info.netbios.clone()),
            ("{dc}", info.dc_name.clone()),
            ("{host}", info.dc_dns_name.clone()),
            ("{root}", info.root_dn.clone()),
            ("{invocation}", info.invocation_id.to_string()),
            ("{domain_zones}", format!("DC=DomainDnsZones,{}", info.domain_dn)),
            ("{forest_zones}", format!("DC=ForestDnsZones,{}", info.root_dn)),
            ("{domain_zones_id}", config.seed.guid("partition", "domaindnszones", 0).to_string()),
            ("{forest_zones_id}", config.seed.guid("partition", "forestdnszones", 0).to_string()),
            ("{object_version}", version.to_owned()),
            ("{filetime}", config.time.filetime().to_string()),
        ]
    }

    /// Values of the table that are bytes stand as placeholders of their own.
    fn bytes_of(name: &str, value: &str) -> Vec<u8> {
        match (name, value) {
            ("invocationId", guid) => Guid::parse(guid).unwrap_or_default().to_bytes_le().to_vec(),
            (_, "{recycle_bin}") => Guid::parse(RECYCLE_BIN).unwrap_or_default().to_bytes_le().to_vec(),
            // nothing is audited (golden/02)
            (_, "{auditing}") => vec![0, 1],
            (_, text) => text.as_bytes().to_vec(),
        }
    }

    fn make_initial(&mut self, context: &UpdateContext, line: &'static str, holes: &[(&str, String)]) {
        self.make_row(context, line, holes, true);
    }

    /// Makes the object of a row, or completes it; `with_rid` says whether it gets the relative id of the row.
    fn make_row(
        &mut self,
        context: &UpdateContext,
        line: &'static str,
        holes: &[(&str, String)],
        with_rid: bool,
    ) {
        let fill = |text: &str| holes.iter().fold(text.to_owned(), |text, (hole, by)| text.replace(hole, by));
        let mut columns = line.split('\t');
        let mut column = || columns.next().unwrap_or_default();
        let (dn, class, sid, pairs) = (fill(column()), column(), column(), column());
        let mut attributes: Vec<(AttrId, Vec<Vec<u8>>)> = Vec::new();
        for (name, value) in pairs.split(" ; ").filter_map(|pair| pair.split_once('=')) {
            let Some(id) = self.schema.attribute_id(name) else { continue };
            let value = Directory::bytes_of(name, &fill(value));
            match attributes.iter_mut().find(|(other, _)| *other == id) {
                Some((_, values)) => values.push(value),
                None => attributes.push((id, vec![value])),
            }
        }
        if class.is_empty() {
            self.complete_initial(context, &dn, attributes);
            return;
        }
        let Ok(parsed) = Dn::parse(&dn) else { return };
        let Some(parent) = parsed.parent().and_then(|parent| self.resolve(&parent.to_string()).ok()) else {
            return;
        };
        if sid.starts_with("S-") {
            attributes.push((attr::OBJECT_SID, vec![sid.as_bytes().to_vec()]));
        }
        let rdn = parsed.rdns[0].value.clone();
        let rid = sid.parse().ok().filter(|_| with_rid);
        let id = self.load(context, NewObject { parent, rdn, class, attributes, guid: None, rid });
        if let Some(context) = self.contexts.iter().position(|context| context.dn == dn) {
            self.set_head(context as u8, id);
        }
    }

    /// Attributes that name objects which were made after their holder.
    fn complete_initial(
        &mut self,
        context: &UpdateContext,
        dn: &str,
        attributes: Vec<(AttrId, Vec<Vec<u8>>)>,
    ) {
        let Ok(id) = self.resolve(dn) else { return };
        for (attribute, values) in attributes {
            if !self.schema.attribute(attribute).is_forward_link() {
                self.load_values(context, id, attribute, values);
                continue;
            }
            let targets: Vec<ObjectId> = values
                .iter()
                .filter_map(|value| self.resolve_value(std::str::from_utf8(value).ok()?).ok())
                .collect();
            self.load_links(context, id, attribute, &targets);
        }
    }

    fn note_ids(&mut self) {
        let find = |dn: String| self.resolve(&dn).unwrap_or(ObjectId(0));
        let info = &self.info;
        let below = |name: &str| find(format!("{name},{}", info.domain_dn));
        let noted = DomainInfo {
            domain: self.contexts[usize::from(contexts::DOMAIN)].head,
            configuration: find(info.configuration_dn.clone()),
            schema: find(info.schema_dn.clone()),
            users: below("CN=Users"),
            computers: below("CN=Computers"),
            deleted_objects: below("CN=Deleted Objects"),
            aggregate: find(format!("CN=Aggregate,{}", info.schema_dn)),
            administrator: below("CN=Administrator,CN=Users"),
            query_policy: find(format!("{QUERY_POLICY},{}", info.configuration_dn)),
            ..DomainInfo::clone(info)
        };
        self.info = Arc::new(noted);
        let own = |context: &usize| {
            *context != usize::from(contexts::SCHEMA) && self.contexts[*context].kind.is_full()
        };
        let deleted: Vec<_> = (0..self.contexts.len())
            .filter(own)
            .filter_map(|context| self.deleted_objects_of(context as u8))
            .collect();
        for id in deleted {
            self.reindexed(id, |directory| {
                if let Some(record) = directory.store.get_mut(id.0) {
                    record.deleted = true;
                }
            });
        }
    }

    fn finish(&mut self, context: &UpdateContext, config: &DirectoryConfig) {
        let suffixes: Vec<Vec<u8>> =
            config.upn_suffixes.iter().map(|suffix| suffix.as_bytes().to_vec()).collect();
        let partitions = format!("CN=Partitions,{}", self.info.configuration_dn);
        if let (false, Ok(id)) = (suffixes.is_empty(), self.resolve(&partitions)) {
            self.load_values(context, id, attr::UPN_SUFFIXES, suffixes);
        }
        self.set_password(self.info.administrator, &config.admin_password, config.time);
    }

    pub(super) fn genesis_write(&mut self, now: crate::clock::SimTime) -> Write {
        self.begin(now)
    }
}

/// The naming contexts of a new domain, in the order in which a domain controller lists them.
fn planned_contexts(info: &DomainInfo) -> Vec<NamingContext> {
    let zones = |name: &str, dn: &str, dns: &str| {
        NamingContext::planned(ContextKind::Application, &format!("DC={name},{dn}"), &format!("{name}.{dns}"))
    };
    vec![
        NamingContext::planned(ContextKind::Domain, &info.domain_dn, &info.dns)
            .of_domain(&info.netbios, &info.sid),
        NamingContext::planned(ContextKind::Configuration, &info.configuration_dn, &info.root_dns),
        NamingContext::planned(ContextKind::Schema, &info.schema_dn, &info.root_dns),
        zones("DomainDnsZones", &info.domain_dn, &info.dns),
        zones("ForestDnsZones", &info.root_dn, &info.root_dns),
    ]
}

/// Names that follow from the configuration, in a forest that is there or a new one; ids are noted once the
/// objects exist.
fn names(config: &DirectoryConfig, forest: Option<&DomainInfo>) -> DomainInfo {
    let domain_dn = config.domain.split('.').map(|label| format!("DC={label}")).collect::<Vec<_>>().join(",");
    let (root_dn, root_dns) = match forest {
        Some(forest) => (forest.root_dn.clone(), forest.root_dns.clone()),
        None => (domain_dn.clone(), config.domain.clone()),
    };
    let configuration_dn = format!("CN=Configuration,{root_dn}");
    let server_dn =
        format!("CN={},CN=Servers,CN=Default-First-Site-Name,CN=Sites,{configuration_dn}", config.dc_name);
    let mut numbers = config.seed.stream("directory/sid", 0);
    // a domain's SID depends on its name, so that the forests of one estate differ
    let salt = config.seed.hash("directory/sid", &config.domain.to_lowercase(), 0);
    let mut part = |shift: u32| numbers.next_u32() ^ (salt >> shift) as u32;
    let nowhere = ObjectId(0);
    DomainInfo {
        dns: config.domain.clone(),
        netbios: config.netbios.clone(),
        sid: Sid::domain(part(0), part(16), part(32)),
        schema_dn: format!("CN=Schema,{configuration_dn}"),
        dc_name: config.dc_name.clone(),
        dc_dns_name: format!("{}.{}", config.dc_name, config.domain),
        invocation_id: config.seed.guid("invocation", &config.domain.to_lowercase(), 0),
        ds_service_dn: format!("CN=NTDS Settings,{server_dn}"),
        server_dn,
        configuration_dn,
        domain_dn,
        root_dn,
        root_dns,
        domain: nowhere,
        configuration: nowhere,
        schema: nowhere,
        users: nowhere,
        computers: nowhere,
        deleted_objects: nowhere,
        aggregate: nowhere,
        administrator: nowhere,
        query_policy: nowhere,
    }
}
