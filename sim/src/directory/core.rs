//! The directory itself.

use super::ObjectId;
use super::entry::Entry;
use super::error::{BindError, DirectoryError, ResultCode};
use super::filter::{CompiledFilter, Filter};
use super::schema::{AttrId, Schema};
use super::update::{Modification, NewObject, Principal, UpdateContext};
use crate::clock::SimTime;
use crate::ids::{Guid, Sid};
use crate::seed::Seed;
use crate::spec::SchemaExtensions;

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
    /// Tombstones and CN=Deleted Objects too (show deleted control).
    pub show_deleted: bool,
    /// Subordinate naming contexts too (phantom root option, global catalog).
    pub all_naming_contexts: bool,
}

/// The objects that a search has to look at, ascending; in scope, but not yet matched.
#[derive(Debug, Clone, Default)]
pub struct Candidates {
    ids: Vec<ObjectId>,
    next: usize,
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
#[derive(Debug, Clone)]
pub struct Directory {
    schema: Schema,
    info: DomainInfo,
}

fn not_ready() -> DirectoryError {
    DirectoryError::new(ResultCode::UNWILLING_TO_PERFORM, "the directory is empty")
}

impl Directory {
    /// A new forest: naming contexts, default containers, built-in accounts, configuration and schema.
    pub fn new(config: &DirectoryConfig) -> Directory {
        let root = ObjectId(0);
        let base = config.domain.split('.').map(|l| format!("DC={l}")).collect::<Vec<_>>().join(",");
        Directory {
            schema: Schema::new(config.extensions),
            info: DomainInfo {
                dns: config.domain.clone(),
                netbios: config.netbios.clone(),
                sid: Sid::domain(1, 2, 3),
                configuration_dn: format!("CN=Configuration,{base}"),
                schema_dn: format!("CN=Schema,CN=Configuration,{base}"),
                dc_name: config.dc_name.clone(),
                dc_dns_name: format!("{}.{}", config.dc_name, config.domain),
                invocation_id: config.seed.guid("invocation", &config.domain, 0),
                server_dn: String::new(),
                ds_service_dn: String::new(),
                domain_dn: base,
                domain: root,
                configuration: root,
                schema: root,
                users: root,
                computers: root,
                deleted_objects: root,
                aggregate: root,
                administrator: root,
            },
        }
    }

    /// The schema.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Names and ids of the domain.
    pub fn info(&self) -> &DomainInfo {
        &self.info
    }

    /// Gives the database a new invocation id, as restoring a domain controller does.
    pub fn set_invocation_id(&mut self, id: Guid) {
        self.info.invocation_id = id;
    }

    /// The object of a distinguished name (any case), or of `<GUID=...>`, `<SID=...>`, `<WKGUID=...,DN>`.
    /// 32 with the nearest ancestor, 34 for bad syntax, 10 for names of other domains.
    pub fn resolve(&self, dn: &str) -> Result<ObjectId, DirectoryError> {
        let _ = dn;
        Err(not_ready())
    }

    /// A view of an object.
    pub fn entry(&self, id: ObjectId) -> Option<Entry<'_>> {
        let _ = id;
        None
    }

    /// The object with a GUID, live or deleted.
    pub fn by_guid(&self, guid: Guid) -> Option<ObjectId> {
        let _ = guid;
        None
    }

    /// The object with a SID, live or deleted.
    pub fn by_sid(&self, sid: &Sid) -> Option<ObjectId> {
        let _ = sid;
        None
    }

    /// Every object, live and deleted, ascending.
    pub fn ids(&self) -> impl Iterator<Item = ObjectId> + use<> {
        std::iter::empty()
    }

    /// The objects directly below one, ascending.
    pub fn children(&self, id: ObjectId) -> impl Iterator<Item = ObjectId> + '_ {
        let _ = id;
        std::iter::empty()
    }

    /// The highest update sequence number given.
    pub fn highest_usn(&self) -> u64 {
        0
    }

    /// The objects with uSNChanged greater than `usn`, in the order of their changes.
    pub fn changed_since(&self, usn: u64) -> Vec<ObjectId> {
        let _ = usn;
        Vec::new()
    }

    /// Binds a filter to the schema. Unknown attributes are undefined.
    pub fn compile(&self, filter: &Filter) -> CompiledFilter {
        let _ = filter;
        CompiledFilter {}
    }

    /// The objects that a search has to look at.
    pub fn candidates(
        &self,
        base: ObjectId,
        scope: Scope,
        filter: &CompiledFilter,
        options: SearchOptions,
    ) -> Candidates {
        let _ = (base, scope, filter, options);
        Candidates::default()
    }

    /// Whether an object satisfies a filter.
    pub fn matches(&self, id: ObjectId, filter: &CompiledFilter) -> bool {
        let _ = (id, filter);
        false
    }

    /// Adds an object.
    pub fn add(
        &mut self,
        context: &UpdateContext,
        dn: &str,
        attributes: &[(String, Vec<Vec<u8>>)],
    ) -> Result<ObjectId, DirectoryError> {
        let _ = (context, dn, attributes);
        Err(not_ready())
    }

    /// Changes attributes of an object: all or nothing, in order.
    pub fn modify(
        &mut self,
        context: &UpdateContext,
        dn: &str,
        changes: &[Modification],
    ) -> Result<ObjectId, DirectoryError> {
        let _ = (context, dn, changes);
        Err(not_ready())
    }

    /// Renames an object, or moves it below another.
    pub fn modify_dn(
        &mut self,
        context: &UpdateContext,
        dn: &str,
        new_rdn: &str,
        delete_old_rdn: bool,
        new_superior: Option<&str>,
    ) -> Result<ObjectId, DirectoryError> {
        let _ = (context, dn, new_rdn, delete_old_rdn, new_superior);
        Err(not_ready())
    }

    /// Deletes an object: it becomes a tombstone.
    pub fn delete(&mut self, context: &UpdateContext, dn: &str) -> Result<(), DirectoryError> {
        let _ = (context, dn);
        Err(not_ready())
    }

    /// Whether an object's attribute has a value.
    pub fn compare(&self, dn: &str, attribute: &str, value: &[u8]) -> Result<bool, DirectoryError> {
        let _ = (dn, attribute, value);
        Err(not_ready())
    }

    /// Checks a name and a password as a simple bind does; counts failures and locks accounts out.
    pub fn authenticate(
        &mut self,
        name: &str,
        password: &[u8],
        now: SimTime,
    ) -> Result<Principal, BindError> {
        let _ = (name, password, now);
        Err(BindError { data: 0x52e, text: String::new() })
    }

    /// Loads an object, without any check.
    pub fn load(&mut self, context: &UpdateContext, object: NewObject) -> ObjectId {
        let _ = (context, object);
        ObjectId(0)
    }

    /// Loads link values; targets that are there already stay as they are.
    pub fn load_links(
        &mut self,
        context: &UpdateContext,
        source: ObjectId,
        attribute: AttrId,
        targets: &[ObjectId],
    ) {
        let _ = (context, source, attribute, targets);
    }

    /// Replaces the values of an attribute, without any check.
    pub fn load_values(
        &mut self,
        context: &UpdateContext,
        id: ObjectId,
        attribute: AttrId,
        values: Vec<Vec<u8>>,
    ) {
        let _ = (context, id, attribute, values);
    }

    /// Sets a password; only its salted digest is kept.
    pub fn set_password(&mut self, id: ObjectId, password: &str, now: SimTime) {
        let _ = (id, password, now);
    }
}
