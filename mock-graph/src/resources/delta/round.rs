//! One page of a round.

use super::item::{Items, Told};
use super::plan::Plan;
use super::token::Place;
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::{Change, ChangeKind, CloudObject, DigestLimits, ObjectKind, Tenant};

/// Most entries of the change log that one page looks at; a page may be empty for it and have a next one, which
/// is legal (microsoft-graph.md 2.6).
const EXAMINED_PER_PAGE: usize = 10_000;

/// What one answer tells, and where the next one goes on.
pub(super) struct Page<'t> {
    pub(super) told: Vec<Told<'t>>,
    pub(super) next: Place,
    /// Whether the round has more pages.
    pub(super) more: bool,
}

impl Page<'_> {
    pub(super) fn empty(next: Place) -> Page<'static> {
        Page { told: Vec::new(), next, more: false }
    }
}

/// The page that begins at a place.
pub(super) fn page<'t>(
    tenant: &'t Tenant,
    plan: &Plan,
    place: Place,
    size: usize,
    links: usize,
    items: &Items<'_>,
) -> Page<'t> {
    match place {
        Place::First { since, kind, at, after } => {
            // another replica may know less than the one that began the round
            let since = since.min(tenant.last_change());
            let walk = Walk { tenant, plan, items, size, links: links.max(1), since };
            walk.run(kind, at, after)
        }
        Place::Changes { since } => changes(tenant, plan, since, size, links, items),
    }
}

struct Walk<'t, 'p> {
    tenant: &'t Tenant,
    plan: &'p Plan,
    items: &'p Items<'p>,
    size: usize,
    links: usize,
    since: u64,
}

impl<'t> Walk<'t, '_> {
    fn run(&self, kind: u8, at: u64, after: Option<Guid>) -> Page<'t> {
        let mut told = Vec::new();
        let mut links = self.links;
        for (kind_now, at_now, object) in self.objects(kind, at) {
            let after = after.filter(|_| (kind_now, at_now) == (kind, at));
            let stop = |after| Place::First { since: self.since, kind: kind_now, at: at_now, after };
            let members = self.members(object, after);
            if told.len() == self.size || links == 0 && !members.is_empty() {
                return Page { told, next: stop(after), more: true };
            }
            let shown = &members[..members.len().min(links)];
            links -= shown.len();
            let all = shown.len() == members.len();
            let last = shown.last().copied();
            told.push(Told::whole(object, shown.iter().map(|member| (*member, true)).collect()));
            if !all {
                return Page { told, next: stop(last), more: true };
            }
        }
        Page { told, next: Place::Changes { since: self.since }, more: false }
    }

    /// The members that are still to be told.
    fn members(&self, object: &'t CloudObject, after: Option<Guid>) -> &'t [Guid] {
        if !self.items.tracked().members {
            return &[];
        }
        let all = self.tenant.members(object.id());
        let from = after.map_or(0, |after| all.partition_point(|member| *member <= after));
        &all[from..]
    }

    /// The objects from a place on, each with its place.
    fn objects(&self, kind: u8, at: u64) -> Box<dyn Iterator<Item = (u8, u64, &'t CloudObject)> + '_> {
        let kinds = self.items.kinds();
        let first = usize::try_from(at).unwrap_or(usize::MAX);
        let ids = &self.plan.only.ids;
        if !ids.is_empty() {
            let found = ids.iter().enumerate().skip(first).filter_map(|(at, id)| {
                let object = self.tenant.object(*id).filter(|object| kinds.contains(&object.kind()))?;
                Some((0, at as u64, object))
            });
            return Box::new(found);
        }
        let rest = kinds.iter().enumerate().skip(usize::from(kind));
        Box::new(rest.flat_map(move |(nth, one)| {
            let first = if nth == usize::from(kind) { first } else { 0 };
            self.tenant.iter_from(*one, first).map(move |(at, object)| (nth as u8, at as u64, object))
        }))
    }
}

fn changes<'t>(
    tenant: &'t Tenant,
    plan: &Plan,
    since: u64,
    size: usize,
    links: usize,
    items: &Items<'_>,
) -> Page<'t> {
    let limits = DigestLimits { objects: size, links: links.max(1), examined: EXAMINED_PER_PAGE };
    let ids = &plan.only.ids;
    let followed = |id: &Guid, kind: ObjectKind| {
        items.kinds().contains(&kind) && (ids.is_empty() || ids.binary_search(id).is_ok())
    };
    let digest =
        tenant.changes(since, limits, |change| followed(&change.object, change.kind) && tells(items, change));
    let told = digest.objects.into_iter().map(|changes| match tenant.any_object(changes.id) {
        None => Told::gone(changes.id, changes.kind, true),
        Some(object) if object.deleted().is_some() => Told::gone(changes.id, changes.kind, false),
        Some(object) => Told::changed(object, changes),
    });
    let told: Vec<Told<'t>> = told.collect();
    let more = digest.upto < tenant.last_change();
    Page { told, next: Place::Changes { since: digest.upto }, more }
}

/// Whether a change is told to a client that tracks these properties.
fn tells(items: &Items<'_>, change: &Change) -> bool {
    let tracked = items.tracked();
    match &change.what {
        ChangeKind::Created | ChangeKind::Deleted | ChangeKind::Restored | ChangeKind::Purged => true,
        ChangeKind::Updated(_) | ChangeKind::Licensed(_) => tracked.properties.meets(change.properties()),
        ChangeKind::MemberAdded(_) | ChangeKind::MemberRemoved(_) => tracked.members,
        ChangeKind::MemberHidden(_) => false,
        ChangeKind::Manager { .. } => tracked.manager,
    }
}
