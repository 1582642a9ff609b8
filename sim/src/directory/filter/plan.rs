//! Which objects a search has to look at: the most selective index that the filter offers.

use super::test::{Operand, Test};
use super::{CompiledFilter, Filter};
use crate::directory::store::varint;
use crate::directory::{
    Candidates, Directory, ObjectId, Port, Scope, SearchOptions, attr, contexts, keys, store,
};
use std::sync::Arc;

/// Below this depth the plan looks at everything: it must not recurse as deep as a filter may be.
const DEEPEST: usize = 16;

/// A superset of what a filter matches, by index.
#[derive(Debug, Clone)]
pub(super) enum Plan {
    All,
    Keys(Vec<u64>),
    /// Live objects under keys of classes; tombstones too when they are shown.
    Classes(Vec<u64>),
    Ids(Arc<Vec<u32>>),
    /// Objects with uSNChanged at or above.
    ChangedFrom(u64),
    And(Vec<Plan>),
    Or(Vec<Plan>),
}

impl Plan {
    pub(super) fn of(directory: &Directory, filter: &Filter, confidential: bool) -> Plan {
        Plan::at_depth(directory, filter, confidential, 0)
    }

    fn at_depth(directory: &Directory, filter: &Filter, confidential: bool, depth: usize) -> Plan {
        let of_list = |list: &[Filter]| {
            list.iter()
                .map(|child| Plan::at_depth(directory, child, confidential, depth + 1))
                .collect::<Vec<_>>()
        };
        match filter {
            Filter::And(_) | Filter::Or(_) if depth >= DEEPEST => Plan::All,
            Filter::And(list) => Plan::And(of_list(list)),
            Filter::Or(list) => Plan::Or(of_list(list)),
            Filter::Not(_) => Plan::All,
            item => Plan::of_test(directory, &Test::compile(directory, item, confidential)),
        }
    }

    fn of_test(directory: &Directory, test: &Test) -> Plan {
        let schema = directory.schema();
        match test {
            Test::Undefined | Test::Never => Plan::Keys(Vec::new()),
            Test::Class(crate::directory::class::TOP) => Plan::All,
            Test::Class(wanted) => {
                let classes = schema.classes().filter(|class| class.chain.contains(wanted));
                // an auxiliary class may have been added to an object alone: its name is in the index then
                let named = |class: &'static crate::directory::Class| {
                    let row = schema.attribute(attr::OBJECT_CLASS);
                    let auxiliary = class.category == crate::directory::ClassCategory::Auxiliary;
                    auxiliary.then(|| keys::value(row, class.name.as_bytes()))
                };
                Plan::Classes(
                    classes.flat_map(|class| [Some(keys::class(class.id)), named(class)]).flatten().collect(),
                )
            }
            Test::Among(ids) => Plan::Ids(ids.clone()),
            Test::Ambiguous(names) => names.plan(),
            Test::Substrings { attribute, folded: true, initial, .. }
                if keys::has_prefixes(schema.attribute(*attribute)) =>
            {
                keys::prefix(*attribute, initial).map_or(Plan::All, |key| Plan::Keys(vec![key]))
            }
            Test::Equal(attr::OBJECT_CATEGORY, Operand::Object(object)) => {
                let of_category = |class: &&crate::directory::Class| {
                    directory.category_object(class.default_category) == Some(*object)
                };
                let classes = schema.classes().filter(of_category);
                Plan::Classes(classes.map(|class| keys::class(class.id)).collect())
            }
            Test::Equal(attr::DISTINGUISHED_NAME, Operand::Object(id)) => Plan::Ids(Arc::new(vec![id.0])),
            Test::Equal(_, Operand::Guid(guid)) => Plan::Keys(vec![keys::guid(*guid)]),
            Test::Equal(attr::OBJECT_SID, Operand::Sid(sid)) => Plan::Keys(vec![keys::sid(sid)]),
            Test::Equal(attr::IS_DELETED, Operand::Bool(true)) => Plan::Keys(vec![keys::deleted()]),
            Test::Equal(id, Operand::Object(target)) => linked(directory, *id, *target),
            Test::Equal(id, operand) => equal(directory, *id, operand),
            Test::AtLeast(attr::USN_CHANGED, Operand::Int(usn)) => Plan::ChangedFrom((*usn).max(0) as u64),
            _ => Plan::All,
        }
    }

    fn cost(&self, directory: &Directory) -> usize {
        let count = |keys: &[u64]| keys.iter().map(|key| directory.store.index.get(*key).len()).sum();
        match self {
            Plan::All => usize::MAX,
            Plan::Keys(keys) | Plan::Classes(keys) => count(keys),
            Plan::Ids(ids) => ids.len(),
            // a USN is given to one change each
            Plan::ChangedFrom(usn) => {
                usize::try_from((directory.highest_usn() + 1).saturating_sub(*usn)).unwrap_or(usize::MAX)
            }
            Plan::And(list) => list.iter().map(|plan| plan.cost(directory)).min().unwrap_or(usize::MAX),
            Plan::Or(list) => list.iter().fold(0, |sum, plan| plan.cost(directory).saturating_add(sum)),
        }
    }

    fn collect(&self, directory: &Directory, options: SearchOptions, out: &mut Vec<u32>) {
        let mut of_key = |key: &u64| out.extend(directory.store.index.get(*key).iter());
        match self {
            Plan::All => out.extend(0..directory.store.len()),
            Plan::Keys(keys) => keys.iter().for_each(of_key),
            Plan::Classes(keys) => {
                keys.iter().for_each(&mut of_key);
                if options.shows_deleted() {
                    of_key(&keys::deleted());
                }
            }
            Plan::Ids(ids) => out.extend_from_slice(ids),
            Plan::ChangedFrom(usn) => out.extend(directory.store.changed_since(usn.saturating_sub(1))),
            Plan::And(list) => match list.iter().min_by_key(|plan| plan.cost(directory)) {
                Some(plan) => plan.collect(directory, options, out),
                None => Plan::All.collect(directory, options, out),
            },
            Plan::Or(list) => list.iter().for_each(|plan| plan.collect(directory, options, out)),
        }
    }
}

fn linked(directory: &Directory, attribute: crate::directory::AttrId, target: ObjectId) -> Plan {
    let row = directory.schema().attribute(attribute);
    let Some(record) = directory.store.get(target.0) else { return Plan::All };
    let ids: Vec<u32> = if row.is_forward_link() {
        let links = store::of_forward(record.back_links(), attribute).iter();
        links.filter(|link| !link.deactivated).map(|link| link.source).collect()
    } else if let (true, Some(pair)) = (row.is_back_link(), directory.schema().link_pair(attribute)) {
        let links = store::of_attribute(record.links(), pair).iter();
        links.filter(|link| link.is_present()).map(|link| link.target).collect()
    } else {
        return Plan::All;
    };
    Plan::Ids(Arc::new(ids))
}

fn equal(directory: &Directory, id: crate::directory::AttrId, operand: &Operand) -> Plan {
    let schema = directory.schema();
    let packed = match operand {
        Operand::Folded(text) | Operand::Exact(text) => text.as_bytes().to_vec(),
        Operand::Bytes(bytes) => bytes.clone(),
        Operand::Sid(sid) => sid.to_bytes(),
        Operand::Bool(flag) => vec![u8::from(*flag)],
        Operand::Int(number) => {
            let mut packed = Vec::new();
            varint::put_signed(&mut packed, *number);
            packed
        }
        Operand::Time(_) | Operand::Object(_) | Operand::Guid(_) => return Plan::All,
    };
    let key = |id| keys::value(schema.attribute(id), &packed);
    let names = [attr::CN, attr::OU, attr::DC, attr::NAME];
    if names.contains(&id) || schema.is_naming(id) {
        // the naming attribute is stored as name; as any other attribute it is stored under its own
        let mut keys = vec![key(attr::NAME)];
        if id != attr::NAME && keys::is_indexed(schema.attribute(id)) {
            keys.push(key(id));
        } else if id != attr::NAME {
            return Plan::All;
        }
        return Plan::Keys(keys);
    }
    let derived = crate::directory::entry::DERIVED.contains(&id);
    if derived || !keys::is_indexed(schema.attribute(id)) { Plan::All } else { Plan::Keys(vec![key(id)]) }
}

impl Directory {
    /// The objects that a search has to look at, ascending: in scope, but not yet matched. Naming contexts
    /// below the base's own are left out, tombstones too, unless the options say otherwise.
    pub fn candidates(
        &self,
        base: ObjectId,
        scope: Scope,
        filter: &CompiledFilter,
        options: SearchOptions,
    ) -> Candidates {
        let Some(context) = self.store.get(base.0).map(|record| record.context) else {
            return Candidates::default();
        };
        let mut ids = match scope {
            Scope::Base => vec![base.0],
            Scope::One => self.store.get(base.0).map(|record| record.children().to_vec()).unwrap_or_default(),
            Scope::Subtree => self.subtree(base, filter, options),
        };
        let bin = options.shows_deleted() && self.recycle_bin_enabled();
        ids.retain(|id| self.in_sight(*id, context, options, bin));
        Candidates { ids: ids.into_iter().map(ObjectId).collect(), next: 0 }
    }

    fn in_sight(&self, id: u32, context: u8, options: SearchOptions, bin: bool) -> bool {
        self.store.get(id).is_some_and(|record| {
            let everywhere = options.all_naming_contexts || options.port == Port::Catalog;
            let shown = if everywhere {
                options.port.shows(self.kind_of(record.context))
            } else {
                record.context == context
            };
            shown && (!record.deleted || self.is_shown(ObjectId(id), options, bin))
        })
    }

    /// Whether a search sees a deleted object. Recycled objects exist once the recycle bin is enabled; a
    /// tombstone of a forest without it is shown as any deleted object.
    fn is_shown(&self, id: ObjectId, options: SearchOptions, bin: bool) -> bool {
        options.show_recycled
            || options.show_deleted && !(bin && self.entry(id).is_some_and(|entry| entry.is_recycled()))
    }

    /// Whether a search sees an object as far as its deletion goes: for bases and continued searches.
    pub fn is_visible(&self, id: ObjectId, options: SearchOptions) -> bool {
        self.store
            .get(id.0)
            .is_some_and(|record| !record.deleted || self.is_shown(id, options, self.recycle_bin_enabled()))
    }

    fn subtree(&self, base: ObjectId, filter: &CompiledFilter, options: SearchOptions) -> Vec<u32> {
        let cost = filter.plan.cost(self);
        let is_head = self.instance_type(base) != 4;
        // what lies below a small branch is quicker to walk than a long list of an index to sift
        if !is_head && let Some(ids) = self.walk(base, cost) {
            return ids;
        }
        let mut ids = Vec::new();
        filter.plan.collect(self, options, &mut ids);
        ids.sort_unstable();
        ids.dedup();
        let own = self.store.get(base.0).map(|record| record.context);
        let below = self.contexts_below(base);
        ids.retain(|id| {
            let context = self.store.get(*id).map(|record| record.context);
            match context == own {
                true => is_head || self.is_below(ObjectId(*id), base),
                false => context.is_some_and(|context| below[usize::from(context)]),
            }
        });
        ids
    }

    /// As [`Directory::candidates`], of everything that the options' port shows: the base is the nameless root
    /// above all naming contexts (global catalog, phantom root).
    pub fn candidates_everywhere(
        &self,
        scope: Scope,
        filter: &CompiledFilter,
        options: SearchOptions,
    ) -> Candidates {
        let mut ids = Vec::new();
        match scope {
            Scope::Base => {}
            Scope::One => ids.extend(self.contexts.iter().map(|context| context.head.0)),
            Scope::Subtree => filter.plan.collect(self, options, &mut ids),
        }
        ids.sort_unstable();
        ids.dedup();
        let options = SearchOptions { all_naming_contexts: true, ..options };
        let bin = options.shows_deleted() && self.recycle_bin_enabled();
        ids.retain(|id| self.in_sight(*id, contexts::DOMAIN, options, bin));
        Candidates { ids: ids.into_iter().map(ObjectId).collect(), next: 0 }
    }

    /// An object and everything below it, ascending; none when there are more than `most`.
    fn walk(&self, base: ObjectId, most: usize) -> Option<Vec<u32>> {
        let mut found = vec![base.0];
        let mut at = 0;
        while let Some(record) = found.get(at).map(|id| self.store.get(*id)) {
            found.extend_from_slice(record.map_or(&[][..], |record| record.children()));
            at += 1;
            if found.len() > most {
                return None;
            }
        }
        found.sort_unstable();
        Some(found)
    }
}
