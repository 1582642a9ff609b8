//! Joining a forest: a further domain, or a further controller of a domain.
//!
//! What exists already comes by replication, as it does when a server is promoted; what is new is made where it
//! belongs: a domain's own objects by its first controller, the objects that stand for domains and servers in
//! the configuration by the controller that is asked to make them.

use super::rids::RidPool;
use super::{FIRST_RID, TABLE, names, planned_contexts};
use crate::clock::SimTime;
use crate::directory::contexts::{self, ContextKind, NamingContext};
use crate::directory::store::Store;
use crate::directory::{Directory, DirectoryConfig, DomainInfo, NewObject, ObjectId, UpdateContext, attr};
use crate::seed::Seed;
use std::sync::Arc;

/// Where the rows of the table are made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Once a forest.
    Forest,
    /// Once a domain, by its first controller.
    Domain,
    /// Once a domain, in the configuration.
    Partition,
    /// Once a controller, in the configuration.
    Server,
    /// Once a controller, in its domain.
    Account,
}

/// To which part a row belongs, by its name.
pub(super) fn part_of(line: &str) -> Part {
    let name = line.split('\t').next().unwrap_or_default();
    match name {
        _ if name.starts_with("CN={dc},OU=") => Part::Account,
        _ if name.starts_with("{server}") || name.starts_with("{ntds}") => Part::Server,
        _ if name.starts_with("CN={netbios},") || name.starts_with("CN={domain_zones_id},") => {
            Part::Partition
        }
        _ if name.ends_with("{domain}") || name.ends_with("{domain_zones}") => Part::Domain,
        _ => Part::Forest,
    }
}

/// Rows without a class add attributes to objects that exist.
fn completes(line: &str) -> bool {
    line.split('\t').nth(1).is_none_or(str::is_empty)
}

/// Groups of the forest's root domain alone: Schema Admins, Enterprise Admins and their read-only kin.
const OF_THE_ROOT: [&str; 3] = ["518", "519", "498"];

fn rows(parts: &[Part], completing: bool) -> impl Iterator<Item = &'static str> {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#')).skip(1);
    lines.filter(move |line| parts.contains(&part_of(line)) && completes(line) == completing)
}

impl Directory {
    /// A controller that holds nothing yet.
    pub(super) fn blank(
        config: &DirectoryConfig,
        info: DomainInfo,
        contexts: Vec<NamingContext>,
    ) -> Directory {
        Directory {
            schema: crate::directory::Schema::new(config.extensions),
            invocations: Arc::new(vec![info.invocation_id]),
            own_invocations: Arc::new(vec![info.invocation_id]),
            origin: 0,
            waiting_references: Arc::default(),
            waiting_links: Arc::default(),
            info: Arc::new(info),
            store: Store::default(),
            contexts: Arc::new(contexts),
            seed: config.seed,
            class_objects: Arc::default(),
            rids: RidPool::endless(FIRST_RID),
            latest: config.time,
            next_sweep: config.time,
            constraints: crate::spec::Constraints::default(),
            schema_refresh: None,
            sorted: Default::default(),
            roles: Default::default(),
            generated_usn: 0,
        }
    }

    /// Takes everything that a source has and this controller holds, or what changed there after a USN; gives
    /// the USN up to which that is.
    pub fn pull(&mut self, source: &Directory, since: u64, now: SimTime) -> u64 {
        let (changes, upto) = source.changes_for(&self.replica(), since);
        self.apply(changes, now);
        upto
    }

    /// A new domain of this controller's forest, with its first controller. `self` is the first controller of the
    /// forest's root domain, which makes the objects that stand for the domain in the configuration.
    pub fn new_child(&mut self, config: &DirectoryConfig) -> Directory {
        let info = names(config, Some(&self.info));
        let mut contexts = planned_contexts(&info);
        for held in self.contexts.iter() {
            contexts.extend(held.seen_from_another_domain());
        }
        let mut child = Directory::blank(config, info, contexts);
        child.schema = self.schema;
        let mut seen = child.pull(self, 0, config.time);
        child.find_class_objects();
        child.make_domain_head(config);
        let context = UpdateContext::lenient(config.time);
        let holes = child.placeholders(config);
        let of_child = |line: &&str| !line.split('\t').nth(2).is_some_and(|sid| OF_THE_ROOT.contains(&sid));
        for line in rows(&[Part::Domain, Part::Account], false).filter(of_child) {
            child.make_initial(&context, line, &holes);
        }
        self.learn_domain(&child, config.time);
        for completing in [false, true] {
            for line in rows(&[Part::Server, Part::Partition], completing) {
                self.make_initial(&context, line, &holes);
            }
        }
        self.link_partitions(&context, &child.info);
        seen = child.pull(self, seen, config.time);
        debug_assert!(seen > 0);
        for line in rows(&[Part::Domain], true) {
            child.make_initial(&context, line, &holes);
        }
        child.note_ids();
        child.finish(&context, &DirectoryConfig { upn_suffixes: Vec::new(), ..config.clone() });
        child
    }

    /// From now on this controller's global catalog holds another domain, as that one's controller has it.
    pub fn learn_domain(&mut self, other: &Directory, now: SimTime) {
        let new: Vec<NamingContext> = other
            .contexts
            .iter()
            .filter(|context| context.kind.is_full())
            .filter_map(NamingContext::seen_from_another_domain)
            .filter(|context| !self.contexts.iter().any(|held| held.dn == context.dn))
            .collect();
        if !new.is_empty() {
            Arc::make_mut(&mut self.contexts).extend(new);
            self.pull(other, 0, now);
        }
    }

    /// A domain's partition names that of the domain above it, or of the forest's root when it begins a tree.
    fn link_partitions(&mut self, context: &UpdateContext, child: &DomainInfo) {
        let partition = |netbios: &str| format!("CN={netbios},CN=Partitions,{}", self.info.configuration_dn);
        let above = self.contexts.iter().filter(|held| {
            let domain = matches!(held.kind, ContextKind::Domain | ContextKind::Partial);
            domain && child.domain_dn.ends_with(&format!(",{}", held.dn))
        });
        let above = above.max_by_key(|held| held.dn.len()).and_then(|held| held.netbios.clone());
        let (attribute, netbios) = match above {
            Some(netbios) => ("trustParent", netbios),
            None => ("rootTrust", self.info.netbios.clone()),
        };
        let target = partition(&netbios).into_bytes();
        if let (Ok(id), Some(attribute)) =
            (self.resolve(&partition(&child.netbios)), self.schema.attribute_id(attribute))
        {
            self.load_values(context, id, attribute, vec![target]);
        }
    }

    /// Notes that a domain trusts another one of its forest, both ways.
    pub fn trust(&mut self, other: &DomainInfo, now: SimTime) {
        let Ok(parent) = self.resolve(&format!("CN=System,{}", self.info.domain_dn)) else { return };
        let text =
            |name: &str, value: String| Some((self.schema.attribute_id(name)?, vec![value.into_bytes()]));
        let attributes = [
            text("trustPartner", other.dns.clone()),
            text("flatName", other.netbios.clone()),
            // both ways, between Windows domains, within the forest (MS-ADTS 6.1.6.7)
            text("trustDirection", "3".to_owned()),
            text("trustType", "2".to_owned()),
            text("trustAttributes", "32".to_owned()),
            text("securityIdentifier", other.sid.to_string()),
            text("showInAdvancedViewOnly", "TRUE".to_owned()),
        ];
        let object = NewObject {
            parent,
            rdn: other.dns.clone(),
            class: "trustedDomain",
            attributes: attributes.into_iter().flatten().collect(),
            guid: None,
            rid: None,
        };
        self.load(&UpdateContext::lenient(now), object);
    }

    /// A further controller of this one's domain: its server and account are made here, everything else comes to
    /// it by replication.
    pub fn promote(&mut self, config: &DirectoryConfig) -> Directory {
        let mut info = names(config, Some(&self.info));
        info.sid = self.info.sid.clone();
        let contexts = self.contexts.iter().map(NamingContext::without_head).collect();
        let mut other = Directory::blank(config, info, contexts);
        other.schema = self.schema;
        other.constraints = self.constraints;
        let context = UpdateContext::lenient(config.time);
        let holes = other.placeholders(config);
        for completing in [false, true] {
            for line in rows(&[Part::Account, Part::Server], completing) {
                // the first controller's account has the relative id 1000, the others take the next
                self.make_row(&context, line, &holes, part_of(line) != Part::Account);
            }
        }
        other.pull(self, 0, config.time);
        other.find_class_objects();
        other.note_ids();
        other
    }

    /// The objects of the classes, for object categories.
    fn find_class_objects(&mut self) {
        let head = self.contexts[usize::from(contexts::SCHEMA)].head;
        let objects: Vec<Option<ObjectId>> =
            self.schema.classes().map(|row| self.child_named(head, attr::CN, row.cn)).collect();
        self.class_objects = Arc::new(objects);
    }

    /// Splits the relative ids of a domain among its controllers, a block each in turn: none is ever given twice.
    /// `number` counts from 1 up to `of`; `from` is above every relative id that was given.
    pub fn take_rid_blocks(&mut self, number: usize, of: usize, from: u32) {
        self.rids = RidPool::shared(self.rids.next, number as u32, of as u32, from);
    }

    /// The next relative id.
    pub fn next_rid(&self) -> u32 {
        self.rids.next
    }
}

/// The identifiers of objects that a further controller makes must not be those of another.
pub fn controller_seed(domain: Seed, dc_name: &str) -> Seed {
    Seed::new(domain.hash("controller", &dc_name.to_lowercase(), 0))
}

impl NamingContext {
    /// What a controller of another domain holds of it; none for what all controllers of a forest hold.
    fn seen_from_another_domain(&self) -> Option<NamingContext> {
        let kind = match self.kind {
            ContextKind::Domain | ContextKind::Partial => ContextKind::Partial,
            ContextKind::Application if !self.dn.starts_with("DC=ForestDnsZones,") => ContextKind::Phantom,
            ContextKind::Phantom => ContextKind::Phantom,
            _ => return None,
        };
        Some(NamingContext { kind, ..self.without_head() })
    }

    fn without_head(&self) -> NamingContext {
        NamingContext { head: ObjectId(u32::MAX), ..self.clone() }
    }
}
