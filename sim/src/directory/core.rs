//! The directory itself.

use super::access::RoleCache;
use super::dn;
use super::entry::Entry;
use super::filter::SortedIndexes;
use super::genesis::RidPool;
use super::replication::{AttributeChange, LinkChange};
use super::schema::{ClassId, Schema};
use super::store::{NO_PARENT, Store};
use super::{ContextKind, NamingContext, ObjectId};
use crate::clock::SimTime;
use crate::ids::{Guid, Sid};
use crate::seed::Seed;
use crate::spec::SchemaExtensions;
use std::borrow::Cow;
use std::sync::Arc;

/// What a new forest is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryConfig {
    /// DNS name of the domain: `contoso.local`.
    pub domain: String,
    /// NetBIOS name: `CONTOSO`.
    pub netbios: String,
    /// UPN suffixes beside the domain's own name.
    pub upn_suffixes: Vec<String>,
    /// Installed schema extensions.
    pub extensions: SchemaExtensions,
    /// Host name of the domain controller: `DC1`.
    pub dc_name: String,
    /// Password of Administrator.
    pub admin_password: String,
    /// When the forest was made.
    pub time: SimTime,
    /// What ids and the domain's SID are drawn from.
    pub seed: Seed,
}

/// Names and ids of a domain that its readers need again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainInfo {
    /// DNS name: `contoso.local`.
    pub dns: String,
    /// NetBIOS name: `CONTOSO`.
    pub netbios: String,
    /// SID of the domain.
    pub sid: Sid,
    /// `DC=contoso,DC=local`.
    pub domain_dn: String,
    /// Name of the forest's root domain: `DC=contoso,DC=local`.
    pub root_dn: String,
    /// DNS name of the forest's root domain.
    pub root_dns: String,
    /// `CN=Configuration,...`.
    pub configuration_dn: String,
    /// `CN=Schema,CN=Configuration,...`.
    pub schema_dn: String,
    /// Host name of the domain controller: `DC1`.
    pub dc_name: String,
    /// `DC1.contoso.local`.
    pub dc_dns_name: String,
    /// The instance of the database; a restore changes it.
    pub invocation_id: Guid,
    /// `CN=DC1,CN=Servers,...`.
    pub server_dn: String,
    /// `CN=NTDS Settings,CN=DC1,...`.
    pub ds_service_dn: String,
    /// Head of the domain's naming context.
    pub domain: ObjectId,
    /// Head of the configuration naming context.
    pub configuration: ObjectId,
    /// Head of the schema naming context.
    pub schema: ObjectId,
    /// CN=Users.
    pub users: ObjectId,
    /// CN=Computers.
    pub computers: ObjectId,
    /// CN=Deleted Objects of the domain.
    pub deleted_objects: ObjectId,
    /// CN=Aggregate.
    pub aggregate: ObjectId,
    /// CN=Administrator.
    pub administrator: ObjectId,
    /// CN=Default Query Policy.
    pub query_policy: ObjectId,
}

/// How deep a search goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The base itself.
    Base,
    /// Its children.
    One,
    /// Itself and everything below, subordinate naming contexts excluded.
    Subtree,
}

/// What a search sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SearchOptions {
    /// Deleted objects and CN=Deleted Objects too (show deleted control).
    pub show_deleted: bool,
    /// Recycled objects and all that `show_deleted` shows (show recycled control).
    pub show_recycled: bool,
    /// Subordinate naming contexts too (phantom root option); a global catalog always shows its own.
    pub all_naming_contexts: bool,
    /// Through which port it looks.
    pub port: Port,
}

/// Through which of its two doors a domain controller is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Port {
    /// The directory (389, 636): what the controller holds in full.
    #[default]
    Directory,
    /// The global catalog (3268, 3269): every domain of the forest, read-only, the partial attribute set only;
    /// application naming contexts are not part of it.
    Catalog,
}

impl Port {
    /// Whether a naming context is seen through it.
    pub fn shows(self, kind: ContextKind) -> bool {
        match self {
            Port::Directory => kind.is_full(),
            Port::Catalog => !matches!(kind, ContextKind::Application | ContextKind::Phantom),
        }
    }
}

impl SearchOptions {
    /// Whether deleted objects are looked at at all.
    pub(super) fn shows_deleted(self) -> bool {
        self.show_deleted || self.show_recycled
    }
}

/// The objects that a search has to look at, ascending; in scope, but not yet matched.
#[derive(Debug, Clone, Default)]
pub struct Candidates {
    pub(super) ids: Vec<ObjectId>,
    pub(super) next: usize,
    pub(super) index: Cow<'static, str>,
}

impl Candidates {
    /// What gave them: see [`crate::journal::Explain::index`].
    pub fn index(&self) -> &Cow<'static, str> {
        &self.index
    }

    /// Those that are left.
    pub fn into_ids(mut self) -> Vec<ObjectId> {
        if self.next == 0 { self.ids } else { self.ids.split_off(self.next) }
    }
}

impl Iterator for Candidates {
    type Item = ObjectId;
    fn next(&mut self) -> Option<ObjectId> {
        let id = self.ids.get(self.next).copied();
        self.next += usize::from(id.is_some());
        id
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.ids.len() - self.next;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Candidates {}

/// A forest's database as one domain controller holds it.
///
/// Cloning is cheap: pages and index shards are shared until one side changes them.
#[derive(Debug, Clone)]
pub struct Directory {
    pub(super) schema: Schema,
    pub(super) info: Arc<DomainInfo>,
    pub(super) store: Store,
    pub(super) contexts: Arc<Vec<NamingContext>>,
    pub(super) seed: Seed,
    /// Database instances by number, those of other controllers among them.
    pub(super) invocations: Arc<Vec<Guid>>,
    /// The instances that this controller has been.
    pub(super) own_invocations: Arc<Vec<Guid>>,
    /// The number of the one that it is.
    pub(super) origin: u16,
    /// Attributes from other controllers that name objects which have not arrived yet, by their holders.
    pub(super) waiting_references: Arc<Vec<(Guid, AttributeChange)>>,
    /// Link values from other controllers whose ends have not arrived yet.
    pub(super) waiting_links: Arc<Vec<LinkChange>>,
    /// The `classSchema` object of each class, by class id.
    pub(super) class_objects: Arc<Vec<Option<ObjectId>>>,
    /// The relative ids that principals get.
    pub(super) rids: RidPool,
    /// The latest instant that a change brought.
    pub(super) latest: SimTime,
    /// Nothing falls due before.
    pub(super) next_sweep: SimTime,
    /// What is let through where documents are silent.
    pub(crate) constraints: crate::spec::Constraints,
    /// When the schema is read again, after a change of its objects.
    pub(super) schema_refresh: Option<SimTime>,
    /// The highest USN of the state that a dump describes as generated; 0 while all of it is.
    pub(super) generated_usn: u64,
    /// Values in order, made when a filter asks for them.
    pub(super) sorted: SortedIndexes,
    pub(super) roles: RoleCache,
}

impl Directory {
    /// The schema.
    #[inline]
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Names and ids of the domain.
    #[inline]
    pub fn info(&self) -> &DomainInfo {
        &self.info
    }

    /// Gives the database a new invocation id, as restoring a domain controller does.
    pub fn set_invocation_id(&mut self, id: Guid) {
        Arc::make_mut(&mut self.info).invocation_id = id;
        self.origin = self.number_of(id);
        Arc::make_mut(&mut self.own_invocations).push(id);
    }

    pub(super) fn invocation(&self, number: u16) -> Guid {
        self.invocations.get(usize::from(number)).copied().unwrap_or(self.info.invocation_id)
    }

    /// The number of this instance, for stamps.
    pub(super) fn origin(&self) -> u16 {
        self.origin
    }

    pub(super) fn category_object(&self, class: ClassId) -> Option<ObjectId> {
        self.class_objects.get(class.index()).copied().flatten()
    }

    /// `instanceType` (active-directory.md 3.1): 5 the domain's head, 13 those whose parent is held
    /// too (golden/04, msDS-HasInstantiatedNCs).
    pub(super) fn instance_type(&self, id: ObjectId) -> i64 {
        match self.context_headed_by(id).map(|context| self.contexts[context].kind) {
            None => 4,
            Some(ContextKind::Domain) => 5,
            Some(ContextKind::Configuration | ContextKind::Schema | ContextKind::Application) => 13,
            // a head, held without the right to write
            Some(ContextKind::Partial | ContextKind::Phantom) => 1,
        }
    }

    /// A view of an object.
    #[inline]
    pub fn entry(&self, id: ObjectId) -> Option<Entry<'_>> {
        Some(Entry { directory: self, id, record: self.store.get(id.0)?, deactivated: false })
    }

    /// Every object of a partial replica, live and deleted, ascending.
    pub fn partial_ids(&self) -> impl Iterator<Item = ObjectId> + '_ {
        (0..self.store.len()).map(ObjectId).filter(|id| self.is_partial(*id))
    }

    /// Every object that is held in full, live and deleted, ascending; those of partial replicas are left out.
    /// Those that garbage collection took are counted, too, but have no entry.
    pub fn ids(&self) -> impl Iterator<Item = ObjectId> + '_ {
        (0..self.store.len()).map(ObjectId).filter(|id| !self.is_partial(*id))
    }

    /// The objects directly below one, ascending.
    pub fn children(&self, id: ObjectId) -> impl Iterator<Item = ObjectId> + '_ {
        self.store.get(id.0).map_or(&[][..], |record| record.children()).iter().map(|id| ObjectId(*id))
    }

    /// The highest update sequence number given.
    pub fn highest_usn(&self) -> u64 {
        self.store.usn()
    }

    /// The highest USN of what was generated, in a directory that nobody has written to since: what a loaded
    /// dump calls made at run time lies above it.
    pub fn generated_usn(&self) -> u64 {
        if self.generated_usn == 0 { self.highest_usn() } else { self.generated_usn }
    }

    /// The objects with uSNChanged greater than `usn`, in the order of their changes.
    pub fn changed_since(&self, usn: u64) -> Vec<ObjectId> {
        self.store.changed_since(usn).map(ObjectId).collect()
    }

    /// Bytes that the objects and their indexes hold, allocator's headers estimated: for memory ceilings.
    pub fn heap_bytes(&self) -> usize {
        self.store.heap_bytes()
    }

    /// Appends an object's distinguished name.
    pub fn write_dn(&self, id: ObjectId, out: &mut Vec<u8>) {
        let mut next = Some(id);
        while let Some(id) = next {
            // what garbage collection took keeps its name for those that refer to it
            let Some(record) = self.store.even_purged(id.0) else { return };
            let entry = Entry { directory: self, id, record, deactivated: false };
            let context = &self.contexts[usize::from(record.context)];
            if id == context.head {
                out.extend_from_slice(context.dn.as_bytes());
                return;
            }
            self.write_rdn(entry.class(), entry.name_bytes(), out);
            next = entry.parent();
            if next.is_some() {
                out.push(b',');
            }
        }
    }

    /// Appends the relative distinguished name of an object of some class and name.
    fn write_rdn(&self, class: ClassId, name: &[u8], out: &mut Vec<u8>) {
        self.write_rdn_type(class, out);
        dn::write_escaped(name, out);
    }

    /// Appends the beginning of the relative distinguished names of a class: `CN=`.
    #[inline]
    pub(super) fn write_rdn_type(&self, class: ClassId, out: &mut Vec<u8>) {
        let rdn: &[u8] = match self.schema.class(class).rdn {
            super::attr::OU => b"OU=",
            super::attr::DC => b"DC=",
            super::attr::CN => b"CN=",
            other => {
                out.extend_from_slice(self.schema.name(other).to_uppercase().as_bytes());
                b"="
            }
        };
        out.extend_from_slice(rdn);
    }

    /// Whether `id` is `ancestor` or lies below it.
    pub(super) fn is_below(&self, id: ObjectId, ancestor: ObjectId) -> bool {
        let mut next = id.0;
        loop {
            if next == ancestor.0 {
                return true;
            }
            match self.store.get(next) {
                Some(record) if record.parent != NO_PARENT => next = record.parent,
                _ => return false,
            }
        }
    }
}
