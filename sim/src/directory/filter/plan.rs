//! Which objects a search has to look at: the most selective index that the filter offers.

use super::CompiledFilter;
use super::sorted::Part;
use super::test::{Operand, Test};
use crate::directory::store::varint;
use crate::directory::{
    AttrId, Candidates, Class, ClassCategory, Directory, ObjectId, Port, Scope, SearchOptions, attr,
    contexts, keys, store,
};
use std::borrow::Cow;
use std::sync::Arc;

/// Below this depth the plan looks at everything: it must not recurse as deep as a filter may be.
const DEEPEST: usize = 16;
/// Fewer candidates than this are examined rather than merged with another index.
const WORTH_MERGING: usize = 16;
/// Entries of another index that are merged to spare the examination of one candidate.
const MERGED_FOR_ONE: usize = 32;

/// A superset of what a filter matches, by index.
#[derive(Debug, Clone)]
pub(super) enum Plan {
    All,
    /// What the index of an attribute gives.
    Index(&'static str, Lookup),
    And(Vec<Plan>),
    Or(Vec<Plan>),
}

/// What is looked up in an index.
#[derive(Debug, Clone)]
pub(super) enum Lookup {
    Key(u64),
    Keys(Vec<u64>),
    /// Live objects under keys of classes; deleted ones too when they are shown.
    Classes(Vec<u64>),
    Ids(Arc<Vec<u32>>),
    /// Objects with uSNChanged at or above.
    ChangedFrom(u64),
    Sorted(Part),
}

/// Puts plans together as the conditions of a filter come, the innermost first.
#[derive(Debug, Default)]
pub(super) struct Planner {
    plans: Vec<Plan>,
    /// Where the plans of each open group begin.
    open: Vec<usize>,
}

impl Planner {
    pub(super) fn open(&mut self) {
        self.open.push(self.plans.len());
    }

    pub(super) fn push(&mut self, plan: Plan) {
        self.plans.push(plan);
    }

    pub(super) fn negate(&mut self) {
        if let Some(plan) = self.plans.last_mut() {
            *plan = Plan::All;
        }
    }

    pub(super) fn close(&mut self, and: bool) {
        let depth = self.open.len();
        let operands = self.plans.split_off(self.open.pop().unwrap_or(0));
        self.plans.push(match and {
            _ if depth > DEEPEST => Plan::All,
            true => Plan::And(operands),
            false => Plan::Or(operands),
        });
    }

    pub(super) fn finish(mut self) -> Plan {
        self.plans.pop().unwrap_or(Plan::All)
    }
}

impl Plan {
    pub(super) fn of_test(directory: &Directory, test: &Test) -> Plan {
        let schema = directory.schema();
        let sorted = |id: &AttrId, part: Option<Part>| {
            part.map_or(Plan::All, |part| Plan::Index(schema.name(*id), Lookup::Sorted(part)))
        };
        let of_classes = |name, fits: &dyn Fn(&Class) -> bool, by_name: bool| {
            let row = schema.attribute(attr::OBJECT_CLASS);
            let classes = schema.classes().filter(|class| fits(class));
            let keys = classes.flat_map(|class| {
                let named = by_name && class.category == ClassCategory::Auxiliary;
                [Some(keys::class(class.id)), named.then(|| keys::value(row, class.name.as_bytes()))]
            });
            Plan::Index(name, Lookup::Classes(keys.flatten().collect()))
        };
        let index = |id: AttrId, lookup| Plan::Index(schema.name(id), lookup);
        match test {
            Test::Undefined | Test::Never => Plan::Index("none", Lookup::Keys(Vec::new())),
            Test::Class(crate::directory::class::TOP) => Plan::All,
            // an auxiliary class may have been added to an object alone: its name is in the index then
            Test::Class(wanted) => of_classes("objectClass", &|class| class.chain.contains(wanted), true),
            Test::Ambiguous(names) => names.plan(directory),
            Test::Among(ids) => Plan::Index("links", Lookup::Ids(ids.clone())),
            Test::Equal(attr::OBJECT_CATEGORY, Operand::Object(object)) => of_classes(
                "objectCategory",
                &|class| directory.category_object(class.default_category) == Some(*object),
                false,
            ),
            Test::Equal(id @ attr::DISTINGUISHED_NAME, Operand::Object(object)) => {
                index(*id, Lookup::Ids(Arc::new(vec![object.0])))
            }
            Test::Equal(id, Operand::Guid(guid)) => index(*id, Lookup::Key(keys::guid(*guid))),
            Test::Equal(id @ attr::OBJECT_SID, Operand::Sid(sid)) => index(*id, Lookup::Key(keys::sid(sid))),
            Test::Equal(id @ attr::IS_DELETED, Operand::Bool(true)) => {
                index(*id, Lookup::Key(keys::deleted()))
            }
            Test::Equal(id, Operand::Object(target)) => linked(directory, *id, *target),
            Test::Equal(id, operand) => equal(directory, *id, operand),
            Test::AtLeast(id @ attr::USN_CHANGED, Operand::Int(usn)) => {
                index(*id, Lookup::ChangedFrom((*usn).max(0) as u64))
            }
            Test::AtLeast(id, operand) => sorted(id, directory.at_least(*id, operand)),
            Test::AtMost(id, operand) => sorted(id, directory.at_most(*id, operand)),
            Test::Substrings { attribute, initial, .. } => {
                sorted(attribute, directory.beginning_with(*attribute, initial))
            }
            Test::Present(id) | Test::PresentHere(id) => sorted(id, directory.having(*id)),
            _ => Plan::All,
        }
    }

    pub(super) fn cost(&self, directory: &Directory) -> usize {
        match self {
            Plan::All => usize::MAX,
            Plan::Index(_, lookup) => lookup.cost(directory),
            Plan::And(list) => list.iter().map(|plan| plan.cost(directory)).min().unwrap_or(usize::MAX),
            Plan::Or(list) => list.iter().fold(0, |sum, plan| plan.cost(directory).saturating_add(sum)),
        }
    }

    /// The first condition that nothing satisfies, by its place in the outermost AND; 0 for a filter that is
    /// none.
    pub(super) fn empty_condition(&self, directory: &Directory) -> Option<usize> {
        match self {
            Plan::And(list) => list.iter().position(|plan| plan.cost(directory) == 0),
            plan => (plan.cost(directory) == 0).then_some(0),
        }
    }

    /// Appends the ids, in any order and perhaps twice, and says which indexes gave them.
    fn collect(
        &self,
        directory: &Directory,
        options: SearchOptions,
        out: &mut Vec<u32>,
    ) -> Cow<'static, str> {
        match self {
            Plan::All => {
                out.extend(0..directory.store.len());
                Cow::Borrowed("all")
            }
            Plan::Index(name, lookup) => {
                lookup.collect(directory, options, out);
                Cow::Borrowed(name)
            }
            Plan::And(list) => Plan::intersect(list, directory, options, out),
            // one operand that no index answers makes the others useless
            Plan::Or(_) if self.cost(directory) == usize::MAX => Plan::All.collect(directory, options, out),
            Plan::Or(list) => {
                let mut names: Vec<Cow<'static, str>> = Vec::new();
                for plan in list {
                    let name = plan.collect(directory, options, out);
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
                joined(names, " | ")
            }
        }
    }

    /// Appends what the best operand gives, without what other operands can rule out for little.
    fn intersect(
        list: &[Plan],
        directory: &Directory,
        options: SearchOptions,
        out: &mut Vec<u32>,
    ) -> Cow<'static, str> {
        let mut costs: Vec<(usize, &Plan)> = list.iter().map(|plan| (plan.cost(directory), plan)).collect();
        costs.sort_by_key(|(cost, _)| *cost);
        let Some(((_, best), others)) = costs.split_first() else {
            return Plan::All.collect(directory, options, out);
        };
        let start = out.len();
        let mut names = vec![best.collect(directory, options, out)];
        for (cost, plan) in others {
            // to examine a candidate costs about as much as to merge thirty
            let left = out.len() - start;
            let exact = matches!(plan, Plan::Index(_, lookup) if !matches!(lookup, Lookup::Classes(_)));
            if !exact || left < WORTH_MERGING || *cost > left.saturating_mul(MERGED_FOR_ONE) {
                continue;
            }
            let mut other = Vec::new();
            names.push(plan.collect(directory, options, &mut other));
            other.sort_unstable();
            let mut kept = out.split_off(start);
            kept.retain(|id| other.binary_search(id).is_ok());
            out.append(&mut kept);
        }
        joined(names, " & ")
    }
}

fn joined(mut names: Vec<Cow<'static, str>>, sign: &str) -> Cow<'static, str> {
    match names.len() {
        1 => names.remove(0),
        _ => Cow::Owned(names.join(sign)),
    }
}

impl Lookup {
    fn cost(&self, directory: &Directory) -> usize {
        let count = |key: &u64| directory.store.index.get(*key).len();
        match self {
            Lookup::Key(key) => count(key),
            Lookup::Keys(keys) | Lookup::Classes(keys) => keys.iter().map(count).sum(),
            Lookup::Ids(ids) => ids.len(),
            // a USN is given to one change each
            Lookup::ChangedFrom(usn) => {
                usize::try_from((directory.highest_usn() + 1).saturating_sub(*usn)).unwrap_or(usize::MAX)
            }
            Lookup::Sorted(part) => part.cost(directory),
        }
    }

    fn collect(&self, directory: &Directory, options: SearchOptions, out: &mut Vec<u32>) {
        let mut of_key = |key: &u64| out.extend(directory.store.index.get(*key).iter());
        match self {
            Lookup::Key(key) => of_key(key),
            Lookup::Keys(keys) => keys.iter().for_each(of_key),
            Lookup::Classes(keys) => {
                keys.iter().for_each(&mut of_key);
                if options.shows_deleted() {
                    of_key(&keys::deleted());
                }
            }
            Lookup::Ids(ids) => out.extend_from_slice(ids),
            Lookup::ChangedFrom(usn) => out.extend(directory.store.changed_since(usn.saturating_sub(1))),
            Lookup::Sorted(part) => part.collect(directory, out),
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
    Plan::Index(row.name, Lookup::Ids(Arc::new(ids)))
}

fn equal(directory: &Directory, id: crate::directory::AttrId, operand: &Operand) -> Plan {
    let schema = directory.schema();
    let packed: Cow<'_, [u8]> = match operand {
        Operand::Folded(text) | Operand::Exact(text) => text.as_bytes().into(),
        Operand::Bytes(bytes) => bytes.into(),
        Operand::Sid(sid) => sid.to_bytes().into(),
        Operand::Bool(flag) => vec![u8::from(*flag)].into(),
        Operand::Int(number) => {
            let mut packed = Vec::new();
            varint::put_signed(&mut packed, *number);
            packed.into()
        }
        Operand::Time(_) | Operand::Object(_) | Operand::Guid(_) => return Plan::All,
    };
    let key = |id| keys::value(schema.attribute(id), &packed);
    let names = [attr::CN, attr::OU, attr::DC, attr::NAME];
    if names.contains(&id) || schema.is_naming(id) {
        // the naming attribute is stored as name; as any other attribute it is stored under its own
        return match id {
            attr::NAME => Plan::Index("name", Lookup::Key(key(id))),
            id if keys::is_indexed(schema.attribute(id)) => {
                Plan::Index(schema.name(id), Lookup::Keys(vec![key(attr::NAME), key(id)]))
            }
            _ => Plan::All,
        };
    }
    let derived = crate::directory::entry::DERIVED.contains(&id);
    match derived || !keys::is_indexed(schema.attribute(id)) {
        true => Plan::All,
        false => Plan::Index(schema.name(id), Lookup::Key(key(id))),
    }
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
        let children = || self.store.get(base.0).map(|record| record.children().to_vec()).unwrap_or_default();
        let (mut ids, index) = match scope {
            Scope::Base => (vec![base.0], Cow::Borrowed("base")),
            Scope::One => (children(), Cow::Borrowed("children")),
            Scope::Subtree => self.subtree(base, filter, options),
        };
        let bin = options.shows_deleted() && self.recycle_bin_enabled();
        ids.retain(|id| self.in_sight(*id, context, options, bin));
        Candidates { ids: ids.into_iter().map(ObjectId).collect(), next: 0, index }
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

    fn subtree(
        &self,
        base: ObjectId,
        filter: &CompiledFilter,
        options: SearchOptions,
    ) -> (Vec<u32>, Cow<'static, str>) {
        let cost = filter.plan.cost(self);
        let is_head = self.instance_type(base) != 4;
        // what lies below a small branch is quicker to walk than a long list of an index to sift
        if !is_head && let Some(ids) = self.walk(base, cost) {
            return (ids, Cow::Borrowed("subtree"));
        }
        let mut ids = Vec::new();
        let index = filter.plan.collect(self, options, &mut ids);
        ids.sort_unstable();
        ids.dedup();
        let own = self.store.get(base.0).map(|record| record.context);
        let mut below = None;
        ids.retain(|id| {
            let context = self.store.get(*id).map(|record| record.context);
            match context == own {
                true => is_head || self.is_below(ObjectId(*id), base),
                false => context.is_some_and(|context| {
                    below.get_or_insert_with(|| self.contexts_below(base))[usize::from(context)]
                }),
            }
        });
        (ids, index)
    }

    /// As [`Directory::candidates`], of everything that the options' port shows: the base is the nameless root
    /// above all naming contexts (global catalog, phantom root).
    pub fn candidates_everywhere(
        &self,
        scope: Scope,
        filter: &CompiledFilter,
        options: SearchOptions,
    ) -> Candidates {
        let (mut ids, mut index) = (Vec::new(), Cow::Borrowed("children"));
        match scope {
            Scope::Base => {}
            Scope::One => ids.extend(self.contexts.iter().map(|context| context.head.0)),
            Scope::Subtree => index = filter.plan.collect(self, options, &mut ids),
        }
        ids.sort_unstable();
        ids.dedup();
        let options = SearchOptions { all_naming_contexts: true, ..options };
        let bin = options.shows_deleted() && self.recycle_bin_enabled();
        ids.retain(|id| self.in_sight(*id, contexts::DOMAIN, options, bin));
        Candidates { ids: ids.into_iter().map(ObjectId).collect(), next: 0, index }
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
