//! Dynamic membership: rules, who meets them, and when they are processed.

mod evaluate;
mod lexer;
mod rule;
mod subject;
#[cfg(test)]
mod tests;

use super::object::CloudObject;
use super::property::{ObjectKind, Property};
use super::{Tenant, TenantError};
use crate::clock::SimTime;
use crate::ids::Guid;
use rule::Rule;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// How long after a change the rules are processed. The service promises minutes, not an instant (from memory).
const DELAY: Duration = Duration::from_secs(120);

/// What has a rule, and what was done about it.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules {
    /// Groups and administrative units with dynamic membership.
    objects: Arc<BTreeSet<Guid>>,
    /// The number of the last change that was taken into account.
    seen: u64,
}

impl Tenant {
    /// Whether a membership rule can be read.
    ///
    /// # Errors
    /// 400 with what is wrong with it.
    pub(crate) fn check_rule(&self, draft: &CloudObject) -> Result<(), TenantError> {
        match draft.text(Property::MembershipRule) {
            Some(text) => Rule::parse(text)
                .map(drop)
                .map_err(|reason| TenantError::of("membership-rule", &[("reason", &reason)])),
            None if draft.text(Property::MembershipType) == Some("Dynamic") => {
                Err(TenantError::of("bad-combination", &[]))
            }
            None => Ok(()),
        }
    }

    /// Keeps note of what has a rule.
    pub(crate) fn queue_rule(&mut self, id: Guid) {
        let dynamic = self.object(id).is_some_and(is_dynamic);
        if dynamic == self.rules.objects.contains(&id) {
            return;
        }
        let objects = Arc::make_mut(&mut self.rules.objects);
        if dynamic {
            if objects.is_empty() {
                // nobody looked at changes until now
                self.rules.seen = self.store.last_change().saturating_sub(1);
            }
            objects.insert(id);
        } else {
            objects.remove(&id);
        }
    }

    /// Gives dynamic groups the members that their rules name, two minutes after the first change that was
    /// not looked at.
    pub(crate) fn process_rules(&mut self, now: SimTime) {
        if self.rules.objects.is_empty() {
            return;
        }
        let first = self.store.changes_since(self.rules.seen).next().map(|change| change.at);
        if first.is_none_or(|first| first.plus(DELAY) > now) {
            return;
        }
        let forgotten = self.store.first_change() > self.rules.seen + 1;
        let changed: BTreeSet<Guid> =
            self.store.changes_since(self.rules.seen).map(|change| change.object).collect();
        let objects = Arc::clone(&self.rules.objects);
        for id in objects.iter().copied() {
            let Some(object) = self.object(id) else {
                if self.deleted_object(id).is_none() {
                    Arc::make_mut(&mut self.rules.objects).remove(&id);
                }
                continue;
            };
            let paused = object.text(Property::MembershipRuleProcessingState) == Some("Paused");
            let rule = object.text(Property::MembershipRule).and_then(|text| Rule::parse(text).ok());
            let Some(rule) = rule.filter(|_| !paused) else { continue };
            let kind = rule.of.object();
            let all = forgotten || changed.contains(&id) || rule.condition.looks_at_groups();
            let candidates: Vec<Guid> = if all {
                self.iter(kind).map(|object| object.id).collect()
            } else {
                let live = |id: &&Guid| self.object(**id).is_some_and(|object| object.kind == kind);
                changed.iter().filter(live).copied().collect()
            };
            for candidate in candidates {
                let wanted =
                    self.object(candidate).is_some_and(|found| rule.condition.holds(self, found, None));
                let is_member = self.members(id).binary_search(&candidate).is_ok();
                match (wanted, is_member) {
                    (true, false) => self.link_member(id, candidate, now),
                    (false, true) => self.unlink_member(id, candidate, now),
                    _ => {}
                }
            }
        }
        self.rules.seen = self.store.last_change();
    }
}

/// Whether an object's members are those that a rule names.
pub(crate) fn is_dynamic(object: &CloudObject) -> bool {
    match object.kind {
        ObjectKind::Group => object
            .texts(Property::GroupTypes)
            .iter()
            .any(|name| name.eq_ignore_ascii_case("DynamicMembership")),
        ObjectKind::AdministrativeUnit => object.text(Property::MembershipType) == Some("Dynamic"),
        _ => false,
    }
}
