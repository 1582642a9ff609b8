//! What a search is, fixed when it begins: the compiled filter, the attributes, the candidates.

use super::sorting::Sorting;
use crate::reply::{ExtendedDn, Outcome, Selection};
use crate::request::{Controls, SearchRequest};
use crate::session::Session;
use crate::session::record::Record;
use forestbed_sim::directory::{
    CompiledFilter, Directory, Filter, ObjectId, Port, Schema, Scope, SearchOptions,
};
use std::sync::Arc;

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
    pub(super) candidates: Vec<ObjectId>,
    pub(super) next: usize,
}

impl Scan {
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
        let generation = self.world.generation();
        let directory = self.world.controller(self.controller);
        let schema = directory.schema();
        let selection = Selection::parse(&request.attributes, schema)?;
        record.unknown(selection.unknown.iter().map(String::as_str));
        let clauses = survey(&request.filter, schema, record);
        let base = base(&directory, self.port, request, controls)?;
        let sorting = Sorting::new(controls.sort, schema, confidential)?;
        let filter = directory.compile_as(&request.filter, confidential);
        let options = options(self.port, controls);
        let candidates = match base {
            Some(base) => directory.candidates(base, request.scope, &filter, options),
            None => directory.candidates_everywhere(request.scope, &filter, options),
        };
        let candidates: Vec<ObjectId> = candidates.collect();
        let chase = request.scope == Scope::Subtree
            && self.port == Port::Directory
            && !controls.domain_scope
            && !controls.phantom_root;
        let referrals = match base {
            Some(base) if chase => self.referrals.below(&directory, base, generation),
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
            options,
            deactivated_links: controls.show_deactivated_links,
            referrals,
            size_limit: request.size_limit,
            returned_before: 0,
            generation,
            sorting,
            candidates,
            next: 0,
        })
    }
}

fn options(port: Port, controls: &Controls<'_>) -> SearchOptions {
    SearchOptions {
        show_deleted: controls.show_deleted,
        show_recycled: controls.show_recycled,
        all_naming_contexts: controls.phantom_root,
        port,
    }
}

/// The object at which the search begins; none for the root above all naming contexts.
fn base(
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

/// Counts the clauses of a filter, and notes the attributes that the schema does not have: they make their
/// part undefined.
fn survey(filter: &Filter, schema: &Schema, record: &mut Record) -> usize {
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
