//! Deletion, the deleted items, restoring, and what falls due with time.

use super::groups::{insert_sorted, remove_sorted};
use super::mail::{UPN_ERROR, differences, set_errors};
use super::property::ObjectKind;
use super::store::Slot;
use super::{CallContext, ChangeKind, Property, Tenant, TenantError};
use crate::clock::SimTime;
use crate::ids::Guid;
use std::collections::BTreeSet;
use std::time::Duration;

/// How long a deleted object can be restored (directory-sync.md 2.5.2).
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long the change log goes back: as long as a delta token lives (microsoft-graph.md 2.6).
const LOGGED: Duration = Duration::from_secs(7 * 24 * 3600);

/// What the audit log calls it, for users and groups.
const DELETE: [&str; 2] = ["Delete user", "Delete group"];
const RESTORE: [&str; 2] = ["Restore user", "Restore Group"];
const PURGE: [&str; 2] = ["Hard Delete user", "Hard Delete group"];

impl Tenant {
    /// `DELETE` of an object: it goes to the deleted items for 30 days, an application with its service
    /// principal. A synchronized object may be deleted too (directory-sync.md 2.5.7).
    ///
    /// # Errors
    /// 404 for an unknown object; 403 for Microsoft Graph's own service principal; 400 for a group with
    /// licences.
    pub fn delete(&mut self, ctx: &CallContext, id: Guid) -> Result<(), TenantError> {
        let kinds =
            ObjectKind::ALL.map(|kind| if kind == ObjectKind::Contact { ObjectKind::User } else { kind });
        let slot = self.slot_of(id, &kinds)?;
        let protected = self.store.at(slot).is_some_and(|object| {
            object.kind == ObjectKind::DirectoryRole || super::applications::is_graph(object)
        });
        if protected {
            return Err(TenantError::of("privileged", &[]));
        }
        let licensed = self
            .store
            .at(slot)
            .is_some_and(|object| object.kind == ObjectKind::Group && !object.licenses.is_empty());
        if licensed {
            return Err(TenantError::of("licensed-group", &[]));
        }
        let principal = self.principal_of(id);
        self.soft_delete(slot, ctx.now);
        self.audit_life(ctx, DELETE, id);
        if let Some(principal) = principal {
            self.soft_delete(principal, ctx.now);
        }
        self.refresh_applications();
        Ok(())
    }

    /// `POST /directory/deletedItems/{id}/restore`.
    ///
    /// # Errors
    /// 404 when there is no such deleted object; 400 when another object has taken its name meanwhile.
    pub fn restore_deleted(&mut self, ctx: &CallContext, id: Guid) -> Result<(), TenantError> {
        self.restore_deleted_as(ctx, id, None)
    }

    /// The same, a user under a new user principal name.
    ///
    /// # Errors
    /// As [`Tenant::restore_deleted`]; 400 for a name that cannot be one.
    pub fn restore_deleted_as(
        &mut self,
        ctx: &CallContext,
        id: Guid,
        name: Option<&str>,
    ) -> Result<(), TenantError> {
        let slot = self.store.slot(id).filter(|_| self.deleted_object(id).is_some());
        let slot = slot.ok_or_else(|| TenantError::not_found(&id.to_string()))?;
        let is_user = self.store.at(slot).is_some_and(|object| object.kind == ObjectKind::User);
        if let Some(name) = name.filter(|_| is_user) {
            self.check_name(name, Some(slot))?;
            self.store.edit(slot, |object| {
                object.set(Property::UserPrincipalName, Some(super::Stored::text(name)));
            });
        }
        let name = self.store.at(slot).and_then(|object| object.user_principal_name());
        if name.is_some_and(|name| self.holder_of_upn(name, Some(slot)).is_some()) {
            return Err(TenantError::of("conflict", &[("property", "userPrincipalName")]));
        }
        self.check_restorable(slot)?;
        self.restore(slot, ctx.now);
        self.audit_life(ctx, RESTORE, id);
        self.refresh_applications();
        Ok(())
    }

    /// An alternate key that somebody else has taken meanwhile keeps an object in the deleted items.
    fn check_restorable(&self, slot: Slot) -> Result<(), TenantError> {
        let Some(object) = self.store.at(slot) else { return Ok(()) };
        let (property, key) = match object.kind {
            ObjectKind::Application | ObjectKind::ServicePrincipal => ("appId", Property::AppId),
            ObjectKind::Device => ("deviceId", Property::DeviceId),
            ObjectKind::Group => ("uniqueName", Property::UniqueName),
            _ => return Ok(()),
        };
        let taken = object.text(key).is_some_and(|key| self.by_alternate_key(object.kind, key).is_some());
        if taken { Err(TenantError::of("conflict", &[("property", property)])) } else { Ok(()) }
    }

    /// `DELETE /directory/deletedItems/{id}`: for good, before its 30 days are over.
    ///
    /// # Errors
    /// 404 when there is no such deleted object.
    pub fn purge_deleted(&mut self, ctx: &CallContext, id: Guid) -> Result<(), TenantError> {
        let slot = self.store.slot(id).filter(|_| self.deleted_object(id).is_some());
        let slot = slot.ok_or_else(|| TenantError::not_found(&id.to_string()))?;
        self.audit_life(ctx, PURGE, id);
        self.purge(slot, ctx.now);
        Ok(())
    }

    /// Takes an object out of its groups and puts it to the deleted items. It remembers where it was.
    pub(crate) fn soft_delete(&mut self, slot: Slot, now: SimTime) {
        let Some(before) = self.store.at(slot).cloned() else { return };
        for group in &before.member_of {
            if let Some(group) = self.store.slot(*group) {
                self.store.edit(group, |object| remove_sorted(&mut object.members, before.id));
                self.store.record(group, now, ChangeKind::MemberHidden(before.id));
            }
        }
        for member in &before.members {
            if let Some(member) = self.store.slot(*member) {
                self.store.edit(member, |object| remove_sorted(&mut object.member_of, before.id));
            }
        }
        if let Some(manager) = before.manager.and_then(|manager| self.store.slot(manager)) {
            self.store.edit(manager, |object| remove_sorted(&mut object.direct_reports, before.id));
        }
        for report in &before.direct_reports {
            if let Some(report) = self.store.slot(*report) {
                self.store.edit(report, |object| object.manager = None);
                self.store.record(report, now, ChangeKind::Manager { from: Some(before.id), to: None });
            }
        }
        if before.kind == ObjectKind::Group && !before.licenses.is_empty() {
            before.members.iter().for_each(|member| self.queue_pair(*member, before.id, now));
        }
        let mut after = before.clone();
        after.deleted = Some(now);
        self.account(&before, &after, now);
        self.store.edit(slot, |object| *object = after);
        self.store.record(slot, now, ChangeKind::Deleted);
    }

    /// Brings an object back, with those of its addresses, groups, reports and licences that are still free.
    pub(crate) fn restore(&mut self, slot: Slot, now: SimTime) {
        let Some(before) = self.store.at(slot).cloned() else { return };
        let mut after = before.clone();
        after.deleted = None;
        if before.kind == ObjectKind::User {
            after.licenses = self.restored_licenses(&before);
            let sources: BTreeSet<Guid> = before.licenses.iter().filter_map(|own| own.group).collect();
            sources.into_iter().for_each(|group| self.queue_pair(before.id, group, now));
        }
        let held: Vec<Box<str>> = after
            .proxy_addresses()
            .iter()
            .filter(|proxy| self.holder_of_proxy(proxy, Some(slot)).is_some())
            .cloned()
            .collect();
        let kept: Vec<Box<str>> =
            after.proxy_addresses().iter().filter(|proxy| !held.contains(proxy)).cloned().collect();
        after.set(Property::ProxyAddresses, (!kept.is_empty()).then(|| super::property::Stored::texts(kept)));
        if super::license::has_exchange(&before) != super::license::has_exchange(&after) {
            self.refresh_addresses(&mut after, slot, now);
        }
        self.account(&before, &after, now);
        let (groups, members, reports) =
            (after.member_of.clone(), after.members.clone(), after.direct_reports.clone());
        after.member_of.clear();
        after.members.clear();
        after.direct_reports.clear();
        let (id, manager) = (after.id, after.manager.filter(|manager| self.object(*manager).is_some()));
        after.manager = None;
        self.store.edit(slot, |object| *object = after);
        self.store.record(slot, now, ChangeKind::Restored);
        self.rejoin(slot, groups, members, now);
        match (manager, before.manager) {
            (None, Some(_)) => {
                let lost = ChangeKind::Manager { from: before.manager, to: None };
                self.store.record(slot, now, lost);
            }
            _ => drop(self.set_manager(slot, manager, now)),
        }
        for report in reports {
            let free = self.object(report).is_some_and(|object| object.manager.is_none());
            if let Some(report) = self.store.slot(report).filter(|_| free) {
                self.set_manager(report, Some(id), now);
            }
        }
    }

    /// Brings back the memberships of a restored object. Those that cannot come back, because the other side
    /// is deleted, are lost: followers of changes took them for kept until now.
    fn rejoin(&mut self, slot: Slot, groups: Vec<Guid>, members: Vec<Guid>, now: SimTime) {
        let Some(id) = self.store.at(slot).map(|object| object.id) else { return };
        for group in groups {
            if self.object(group).is_some() {
                self.link_member(group, id, now);
            } else if let Some(group) = self.store.slot(group) {
                self.store.record(group, now, ChangeKind::MemberRemoved(id));
            }
        }
        for member in members {
            if self.object(member).is_some() {
                self.link_member(id, member, now);
            } else {
                self.store.record(slot, now, ChangeKind::MemberRemoved(member));
            }
        }
    }

    /// Sets or clears a manager on both sides; whether that changed anything.
    pub(crate) fn set_manager(&mut self, slot: Slot, manager: Option<Guid>, now: SimTime) -> bool {
        let Some((id, before)) = self.store.at(slot).map(|object| (object.id, object.manager)) else {
            return false;
        };
        if before == manager {
            return false;
        }
        if let Some(old) = before.and_then(|old| self.store.slot(old)) {
            self.store.edit(old, |object| remove_sorted(&mut object.direct_reports, id));
        }
        if let Some(new) = manager.and_then(|new| self.store.slot(new)) {
            self.store.edit(new, |object| insert_sorted(&mut object.direct_reports, id));
        }
        self.store.edit(slot, |object| object.manager = manager);
        self.store.record(slot, now, ChangeKind::Manager { from: before, to: manager });
        true
    }

    /// Does what falls due until an instant: the conflict sweeper at each full period since the tenant was
    /// made, purges of what was deleted 30 days ago.
    pub fn run_due(&mut self, now: SimTime) {
        self.run_licenses(now);
        self.release_synchronized(now);
        let period = self.switches.conflict_sweep;
        let ran = self.swept.since(self.organization.created).as_millis() / period.as_millis().max(1);
        let due = now.since(self.organization.created).as_millis() / period.as_millis().max(1);
        if due > ran {
            // what one sweep does not free no second one at the same state does: one stands for all that
            // were missed
            self.sweep(now);
            self.swept = now;
        }
        let over: Vec<Slot> = self
            .store
            .deleted()
            .iter()
            .copied()
            .filter(|slot| {
                let deleted = self.store.at(*slot).and_then(|object| object.deleted);
                deleted.is_some_and(|deleted| deleted.plus(KEPT) <= now)
            })
            .collect();
        for slot in over {
            if let Some(id) = self.store.at(slot).map(|object| object.id) {
                let ctx = CallContext { now, app: None };
                self.audit_life(&ctx, PURGE, id);
            }
            self.purge(slot, now);
        }
        self.process_rules(now);
        self.store.forget_changes(now.minus(LOGGED));
        self.logs.forget(now);
        self.end_change_subscriptions(now);
        self.run_inbound(now);
    }

    /// Takes a deleted object out for good: now its groups lose it for those who follow changes.
    pub(crate) fn purge(&mut self, slot: Slot, now: SimTime) {
        let Some((id, groups)) = self.store.at(slot).map(|object| (object.id, object.member_of.clone()))
        else {
            return;
        };
        for group in groups {
            if let Some(group) = self.store.slot(group) {
                self.store.record(group, now, ChangeKind::MemberRemoved(id));
            }
        }
        self.store.purge(slot, now);
    }

    /// Tries again, object by object in the order of their creation, to give what was set aside.
    fn sweep(&mut self, now: SimTime) {
        let slots: Vec<Slot> = self.store.quarantined().iter().copied().collect();
        for slot in slots {
            let Some(before) = self.store.at(slot).cloned() else { continue };
            let mut after = before.clone();
            let wanted = after.errors.iter().find(|error| error.property == UPN_ERROR);
            let wanted = wanted.map(|error| error.value.clone());
            let upn = wanted.and_then(|wanted| self.name_user(&mut after, Some(slot), &wanted));
            let proxies = self.address(&mut after, Some(slot));
            set_errors(&mut after, upn, proxies, now);
            let changed = differences(&before, &after);
            if !changed.is_empty() {
                self.store.edit(slot, |object| *object = after);
                self.store.record(slot, now, ChangeKind::Updated(changed));
            }
        }
    }
}
