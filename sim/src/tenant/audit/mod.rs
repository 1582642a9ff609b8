//! The tenant's logs: directory audits, sign-ins, provisioning.
//!
//! Each is bounded, in number and in age; clones of a tenant share what they have in common.

mod event;
mod ring;
mod sign_in;

pub use event::{Activity, AuditEntry, AuditEvent, AuditTarget, Initiator, ModifiedProperty};
pub use sign_in::{SignInEntry, SignInEvent, SignInKind};

pub(crate) use ring::Timed;

use super::inbound::ProvisioningEntry;
use super::object::CloudObject;
use super::property::{ObjectKind, Property, PropertySet};
use super::{CallContext, Tenant};
use crate::clock::SimTime;
use crate::ids::Guid;
use ring::Ring;
use std::time::Duration;

/// Entries that each log keeps at least; the oldest ones beyond go.
const ENTRIES_MAX: usize = 10_000;
/// How long a log is kept: the licence P1's 30 days.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// The logs.
#[derive(Debug, Clone)]
pub(crate) struct Logs {
    audits: Ring<AuditEntry>,
    sign_ins: Ring<SignInEntry>,
    pub(crate) provisioning: Ring<ProvisioningEntry>,
}

impl Default for Logs {
    fn default() -> Logs {
        Logs {
            audits: Ring::new(ENTRIES_MAX),
            sign_ins: Ring::new(ENTRIES_MAX),
            provisioning: Ring::new(ENTRIES_MAX),
        }
    }
}

impl Logs {
    /// Forgets what is older than the logs are kept.
    pub(crate) fn forget(&mut self, now: SimTime) {
        let oldest = now.minus(KEPT);
        self.audits.forget_before(oldest);
        self.sign_ins.forget_before(oldest);
        self.provisioning.forget_before(oldest);
    }

    /// Forgets everything: what makes a tenant is no history of it.
    pub(crate) fn clear(&mut self) {
        self.audits.clear();
        self.sign_ins.clear();
        self.provisioning.clear();
    }
}

impl Tenant {
    /// Writes an entry of the audit log.
    pub fn audit(&mut self, event: AuditEvent) {
        let number = self.logs.audits.pushed();
        let correlation_id = self.seed.guid("auditCorrelation", event.activity.name, number);
        let tag = self.seed.hash("auditTag", event.activity.name, number);
        let letter = |at: u32| char::from(b'A' + (tag >> (at * 8) & 0xff) as u8 % 26);
        let letters: String = (0..5).map(letter).collect();
        let id = format!("Directory_{correlation_id}_{letters}_{}", number + 1);
        self.logs.audits.push(AuditEntry { id, correlation_id, event });
    }

    /// Writes an entry of the sign-in log.
    pub fn record_sign_in(&mut self, event: SignInEvent) {
        let number = self.logs.sign_ins.pushed();
        let id = self.seed.guid("signIn", &event.app_id.to_string(), number);
        let own = || self.seed.guid("signInCorrelation", &event.app_id.to_string(), number);
        let correlation_id = event.correlation_id.unwrap_or_else(own);
        self.logs.sign_ins.push(SignInEntry { id, correlation_id, event });
    }

    /// The audit log of the last 30 days, the oldest entry first; each with its number, which it keeps.
    pub fn audits(&self) -> impl DoubleEndedIterator<Item = (u64, &AuditEntry)> {
        self.logs.audits.numbered()
    }

    /// The sign-in log of the last 30 days, the oldest entry first; each with its number, which it keeps.
    pub fn sign_ins(&self) -> impl DoubleEndedIterator<Item = (u64, &SignInEntry)> {
        self.logs.sign_ins.numbered()
    }

    /// Writes that the caller did something to an object; `activity` is a name of audit-activities.tsv.
    pub fn audit_activity(&mut self, ctx: &CallContext, activity: &'static str, id: Guid) {
        self.audit_object(ctx, activity, id);
    }

    /// Writes that something was done to an object of the store.
    pub(crate) fn audit_object(&mut self, ctx: &CallContext, activity: &'static str, id: Guid) {
        if let Some(target) = self.store.any(id).map(AuditTarget::of) {
            self.audit(AuditEvent::new(ctx, activity).target(target));
        }
    }

    /// Writes that properties of an object changed, with what they were and what they are.
    pub(crate) fn audit_update(
        &mut self,
        ctx: &CallContext,
        activity: &'static str,
        before: &CloudObject,
        changed: PropertySet,
    ) {
        let Some(after) = self.store.any(before.id()) else { return };
        let value = |object, property| self.property(object, property).to_json();
        let target = changed.iter().fold(AuditTarget::of(after), |target, property| {
            target.modified(property.name(), &value(before, property), &value(after, property))
        });
        self.audit(AuditEvent::new(ctx, activity).target(target));
    }

    /// Writes what an update of a user or group changed: under its own name where an account was switched on
    /// or off, or a password set.
    pub(crate) fn audit_changes(
        &mut self,
        ctx: &CallContext,
        before: &CloudObject,
        changed: PropertySet,
        password: bool,
    ) {
        let user = before.kind() == ObjectKind::User;
        if changed.contains(Property::AccountEnabled) {
            let enabled = self.store.any(before.id()).and_then(|o| o.boolean(Property::AccountEnabled));
            let activity = if enabled == Some(true) { "Enable account" } else { "Disable account" };
            self.audit_object(ctx, activity, before.id());
        }
        if password {
            self.audit_object(ctx, "Reset user password", before.id());
        }
        self.audit_update(ctx, if user { "Update user" } else { "Update group" }, before, changed);
    }

    /// Writes that an object was deleted or restored: one name for users, one for groups.
    pub(crate) fn audit_life(&mut self, ctx: &CallContext, [user, group]: [&'static str; 2], id: Guid) {
        match self.store.any(id).map(CloudObject::kind) {
            Some(ObjectKind::User) => self.audit_object(ctx, user, id),
            Some(ObjectKind::Group) => self.audit_object(ctx, group, id),
            _ => {}
        }
    }

    /// Writes that an object joined or left a group. The member comes first, and says of which group.
    pub(crate) fn audit_link(
        &mut self,
        ctx: &CallContext,
        activity: &'static str,
        group: Guid,
        member: Guid,
    ) {
        let (Some(group), Some(member)) = (self.store.any(group), self.store.any(member)) else { return };
        let (of, member) = (AuditTarget::of(group), AuditTarget::of(member));
        let (id, name) = (of.id.as_str().into(), of.display_name.as_deref().unwrap_or("").into());
        let null = serde_json::Value::Null;
        let removed = activity.starts_with("Remove");
        let told = |target: AuditTarget, property: &str, value: &serde_json::Value| {
            if removed {
                target.modified(property, value, &null)
            } else {
                target.modified(property, &null, value)
            }
        };
        let member = told(told(member, "Group.ObjectID", &id), "Group.DisplayName", &name);
        self.audit(AuditEvent::new(ctx, activity).target(member).target(of));
    }
}
