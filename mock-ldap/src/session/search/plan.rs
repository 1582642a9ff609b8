//! What a search is, fixed when it begins: the compiled filter, the attributes, the candidates.

use super::attribute_scope;
use super::list_view::ListView;
use super::paging::fingerprint;
use super::referrals::Referrals;
use super::sorting::Sorting;
use crate::reply::{ExtendedDn, Outcome, Selection};
use crate::request::{Controls, SearchRequest};
use crate::session::Session;
use crate::session::record::Record;
use forestbed_sim::directory::{
    Candidates, CompiledFilter, Directory, Filter, ObjectId, Port, QueryPolicy, Reader, Role, Schema, Scope,
    SearchOptions, SecurityParts,
};
use forestbed_sim::world::World;
use std::borrow::Cow;
use std::sync::Arc;

/// RFC 4511 4.1.9. Samba answers it without a text of Active Directory.
const OPERATIONS_ERROR: u32 = 1;

/// An attribute that no schema has: a condition on it is undefined.
const NOT_IN_CATALOG: &str = "-";

/// A search and how far it has come. The candidates are fixed when it begins; what they are is read when
/// their turn comes.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) filter: CompiledFilter,
    /// Conditions in the filter: what examining a candidate may cost.
    pub(super) clauses: usize,
    /// Octets of the filter and the attributes as they came: what keeping the search may cost.
    pub(super) octets: usize,
    pub(super) selection: Selection,
    pub(super) types_only: bool,
    pub(super) extended_dn: Option<ExtendedDn>,
    pub(super) range_no_error: bool,
    pub(super) confidential: bool,
    /// On whose behalf constructed attributes are read; its instant is that of the chunk.
    pub(super) reader: Reader,
    /// The parts of security descriptors that are shown; none when the reader may not see one of them.
    pub(super) security_parts: Option<SecurityParts>,
    /// Which deleted objects it sees.
    pub(super) options: SearchOptions,
    pub(super) deactivated_links: bool,
    /// Continuation references, for the end.
    pub(super) referrals: Arc<[String]>,
    /// Most entries the client wants of the whole search; zero means no limit.
    pub(super) size_limit: u32,
    /// Entries of earlier pages.
    pub(super) returned_before: u32,
    /// The state of the world in which it began.
    pub(super) generation: u64,
    /// The order that was asked for.
    pub(super) sorting: Option<Sorting>,
    /// The window of that order.
    pub(super) list_view: Option<ListView>,
    /// What makes this search this one, for the answers of list views, which name it; zero for others.
    pub(super) context: u64,
    /// The result of a search among an attribute's values.
    pub(super) attribute_scope: Option<u32>,
    /// The limits in force when it began.
    pub(super) policy: QueryPolicy,
    /// What gave the candidates, for the journal.
    pub(super) index: Cow<'static, str>,
    pub(super) candidates: Vec<ObjectId>,
    pub(super) next: usize,
    /// Candidates that answers before this one have examined.
    pub(super) examined: usize,
}

impl Scan {
    /// A window was asked for on a list that cannot be put in order.
    pub(super) fn view_without_order(&self) -> bool {
        self.list_view.is_some() && self.sorting.as_ref().is_none_or(Sorting::failed)
    }

    /// Candidates that have not had their turn.
    pub(super) fn left(&self) -> usize {
        self.candidates.len() - self.next
    }
}

impl Session {
    /// Fixes a search.
    pub(super) fn scan(
        &mut self,
        request: &SearchRequest<'_>,
        controls: &Controls<'_>,
        record: &mut Record,
    ) -> Result<Scan, Outcome> {
        let confidential = self.sees_confidential();
        let reader = self.reader(request.scope == Scope::Base);
        let generation = self.world.generation();
        let directory = self.world.controller(self.controller);
        let schema = directory.schema();
        let selection = Selection::parse(&request.attributes, schema)?;
        if request.scope != Scope::Base && selection.asks_for_tokens(schema) {
            return Err(Outcome::code(OPERATIONS_ERROR));
        }
        record.unknown(selection.unknown.iter().map(String::as_str));
        let clauses = survey(&request.filter, schema, record);
        let base = base(&directory, self.port, request, controls)?;
        let policy = self.policy.of(&directory, &self.world, generation);
        let sorting = Sorting::new(controls.sort, schema, (self.port, confidential), &policy)?;
        let filter = match self.port {
            Port::Directory => directory.compile_on(self.port, &request.filter, confidential),
            Port::Catalog => directory.compile_as(&of_catalog(&request.filter, schema), confidential),
        };
        let options = options(self.port, controls);
        let (mut scoped, mut index) = (None, Cow::Borrowed("base"));
        let mut indexed = |found: Candidates| {
            index = found.index().clone();
            found.into_ids()
        };
        let candidates: Vec<ObjectId> = match (base, controls.attribute_scope) {
            (Some(base), Some(name)) => {
                let (ids, result) =
                    attribute_scope::candidates(&directory, base, request.scope, name, options);
                scoped = Some(result);
                ids
            }
            (Some(base), None) => indexed(directory.candidates(base, request.scope, &filter, options)),
            (None, _) => indexed(directory.candidates_everywhere(request.scope, &filter, options)),
        };
        let chase = self.port == Port::Directory && !controls.domain_scope && !controls.phantom_root;
        let referrals = match base {
            Some(base) if chase => {
                continued(&mut self.referrals, request.scope, &directory, base, (&self.world, generation))
            }
            _ => Arc::default(),
        };
        let text = |text| if text { ExtendedDn::Text } else { ExtendedDn::Hexadecimal };
        Ok(Scan {
            filter,
            clauses,
            octets: request.raw_filter.len()
                + request.attributes.iter().map(|name| name.len()).sum::<usize>(),
            selection,
            types_only: request.types_only,
            extended_dn: controls.extended_dn.map(text),
            range_no_error: controls.range_no_error,
            confidential,
            reader,
            security_parts: shown_parts(controls, &reader),
            options,
            deactivated_links: controls.show_deactivated_links,
            referrals,
            size_limit: request.size_limit,
            returned_before: 0,
            generation,
            sorting,
            list_view: controls.list_view.clone().map(ListView::new),
            context: if controls.list_view.is_some() { fingerprint(request) } else { 0 },
            attribute_scope: scoped,
            policy,
            index,
            candidates,
            next: 0,
            examined: 0,
        })
    }
}

/// The parts of a security descriptor that a reader sees: all or those that the control names, when it may see
/// each of them. The system list is for administrators.
pub(super) fn shown_parts(controls: &Controls<'_>, reader: &Reader) -> Option<SecurityParts> {
    let parts = controls.security_parts.unwrap_or_default();
    (reader.role == Role::Admin || !parts.includes_sacl()).then_some(parts)
}

pub(super) fn options(port: Port, controls: &Controls<'_>) -> SearchOptions {
    SearchOptions {
        show_deleted: controls.show_deleted,
        show_recycled: controls.show_recycled,
        all_naming_contexts: controls.phantom_root,
        port,
    }
}

/// The object at which the search begins; none for the root above all naming contexts.
pub(super) fn base(
    directory: &Directory,
    port: Port,
    request: &SearchRequest<'_>,
    controls: &Controls<'_>,
) -> Result<Option<ObjectId>, Outcome> {
    if request.base.is_empty() {
        return match controls.phantom_root || port == Port::Catalog {
            true => Ok(None),
            false => Err(Outcome::with("no-object", "")),
        };
    }
    let base = directory.resolve_on(port, request.base)?;
    match directory.entry(base) {
        Some(_) if directory.is_visible(base, options(port, controls)) => Ok(Some(base)),
        _ => {
            let domain = &directory.info().domain_dn;
            Err(Outcome { matched_dn: domain.clone(), ..Outcome::with("no-object", domain) })
        }
    }
}

/// The filter as a global catalog reads it: attributes outside the partial attribute set are unknown to it.
fn of_catalog(filter: &Filter, schema: &Schema) -> Filter {
    let all = |parts: &[Filter]| parts.iter().map(|part| of_catalog(part, schema)).collect();
    match filter {
        Filter::And(parts) => Filter::And(all(parts)),
        Filter::Or(parts) => Filter::Or(all(parts)),
        Filter::Not(part) => Filter::Not(Box::new(of_catalog(part, schema))),
        condition => {
            let known = condition.attribute().and_then(|name| schema.attribute_id(name));
            match known {
                Some(id) if !schema.is_in_catalog(id) => Filter::Present(NOT_IN_CATALOG.to_owned()),
                _ => condition.clone(),
            }
        }
    }
}

/// Counts the clauses of a filter, and notes the attributes that the schema does not have: they make their
/// part undefined.
pub(super) fn survey(filter: &Filter, schema: &Schema, record: &mut Record) -> usize {
    let (mut parts, mut clauses) = (vec![filter], 0);
    while let Some(part) = parts.pop() {
        match part {
            Filter::And(inner) | Filter::Or(inner) => parts.extend(inner),
            Filter::Not(inner) => parts.push(inner),
            condition => {
                clauses += 1;
                record.unknown(condition.attribute().filter(|name| schema.attribute_id(name).is_none()));
            }
        }
    }
    clauses
}

/// The references to what lies below a base in other naming contexts.
fn continued(
    referrals: &mut Referrals,
    scope: Scope,
    directory: &Directory,
    base: ObjectId,
    world: (&World, u64),
) -> Arc<[String]> {
    match scope {
        Scope::Base => Arc::default(),
        // RFC 4511 4.5.3: what is left of one level is the head itself
        Scope::One => {
            referrals.below(directory, base, world).iter().map(|url| format!("{url}??base")).collect()
        }
        Scope::Subtree => referrals.below(directory, base, world),
    }
}
