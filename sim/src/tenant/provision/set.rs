//! Set: create, take over, restore or update one object, and resolve its references.

use super::Taken;
use super::attributes::{References, apply};
use super::faults::SyncFault;
use super::matching::Match;
use super::names::list;
use super::size;
use super::types::{ServiceVersion, SyncObject};
use crate::clock::SimTime;
use crate::ids::Guid;
use crate::tenant::address::{domain_part, first_nickname, split_proxy};
use crate::tenant::groups::{insert_sorted, remove_sorted};
use crate::tenant::mail::{differences, set_errors};
use crate::tenant::object::{CloudObject, ProvisioningError, Shadow};
use crate::tenant::property::{ObjectKind, Property, Stored};
use crate::tenant::store::Slot;
use crate::tenant::{CallContext, ChangeKind, Tenant};

/// Objects that may be synchronized before a domain is verified (directory-sync.md 2.5.1).
const QUOTA_UNVERIFIED: usize = 50_000;
/// Of so many deleted objects one counts (directory-sync.md 2.5.1).
const DELETED_SHARE: usize = 4;
/// Most members of a group that an engine of the first version sends (directory-sync.md 1.6).
const MEMBERS_FIRST_VERSION: usize = 50_000;
/// The feature under which numbers from on-premises take the place of those that were changed in the cloud
/// (directory-sync.md 1.7).
const BYPASS: &str = "bypassDirSyncOverridesEnabled";

impl Tenant {
    pub(super) fn set_object(
        &mut self,
        ctx: &CallContext,
        kind: ObjectKind,
        sent: &SyncObject,
        version: ServiceVersion,
    ) -> Result<Taken, SyncFault> {
        let shadow = incoming(kind, sent, ctx.now)?;
        self.check_members(sent, version)?;
        match self.match_object(kind, &shadow)? {
            Match::Known(slot) => self.set_known(ctx, slot, sent, false),
            Match::TakeOver(slot) => self.set_known(ctx, slot, sent, true),
            Match::Deleted(slot) => {
                self.restore(slot, ctx.now);
                let result = self.set_known(ctx, slot, sent, true);
                if result.is_err() {
                    self.soft_delete(slot, ctx.now);
                }
                result
            }
            Match::None => self.set_new(ctx, kind, sent, None),
            Match::Blocked(fault) => self.set_new(ctx, kind, sent, Some(fault)),
        }
    }

    fn set_new(
        &mut self,
        ctx: &CallContext,
        kind: ObjectKind,
        sent: &SyncObject,
        blocked: Option<SyncFault>,
    ) -> Result<Taken, SyncFault> {
        if self.is_full() {
            return Err(SyncFault::of("quota", &[]));
        }
        let mut draft = CloudObject::new(Guid::NIL, kind, ctx.now);
        match kind {
            ObjectKind::User => {
                draft.set(Property::AccountEnabled, Some(Stored::Bool(true)));
                draft.set(Property::UserType, Some(Stored::text("Member")));
            }
            ObjectKind::Group => {
                draft.set(Property::SecurityEnabled, Some(Stored::Bool(false)));
                draft.set(Property::MailEnabled, Some(Stored::Bool(false)));
            }
            _ => {}
        }
        let references = apply(&mut draft, sent)?;
        size::check(&draft)?;
        let new = self.calculate_object(ctx, &mut draft, None, true)?;
        self.refuse_duplicates(&new, true)?;
        match kind {
            ObjectKind::User => self.refuse_double_conflict(&draft)?,
            ObjectKind::Group => self.refuse_second_group(&draft, &sent.source_anchor, ctx.now)?,
            _ => {}
        }
        draft.id = self.new_id(kind.graph_type(), &sent.source_anchor);
        self.stamp(&mut draft, ctx.now);
        if kind != ObjectKind::Contact {
            self.stamp_security_identifier(&mut draft);
        }
        let id = draft.id;
        self.store.insert(draft, ctx.now);
        self.audit_life(ctx, ["Add user", "Add group"], id);
        Ok(Taken { id, kind, partly: blocked.or_else(|| set_aside(&new)), references })
    }

    /// `claim`: the object is taken over or came back, so its name is calculated as if it were new.
    fn set_known(
        &mut self,
        ctx: &CallContext,
        slot: Slot,
        sent: &SyncObject,
        claim: bool,
    ) -> Result<Taken, SyncFault> {
        let Some(before) = self.store.at(slot).cloned() else {
            return Err(SyncFault::of("data", &[("attribute", "SourceAnchor")]));
        };
        if self.is_cloud_managed(before.id) {
            // handed over: what on-premises says of it no longer counts
            let references = References::default();
            return Ok(Taken { id: before.id, kind: before.kind, partly: None, references });
        }
        let mut after = before.clone();
        let first = before.shadow.is_none();
        if let Some(shadow) = after.shadow.as_mut() {
            shadow.released = false;
            shadow.mobile_override &= !self.sync_feature(BYPASS);
        }
        let references = apply(&mut after, sent)?;
        size::check(&after)?;
        if first {
            keep_cloud_addresses(&before, &mut after, self.initial_domain());
        }
        let new = self.calculate_object(ctx, &mut after, Some(slot), claim)?;
        self.refuse_duplicates(&new, false)?;
        let (id, kind) = (before.id, before.kind);
        let changed = differences(&before, &after);
        if !changed.is_empty() || before.shadow != after.shadow || !before.is_synchronized() {
            self.stamp(&mut after, ctx.now);
            let changed = differences(&before, &after);
            self.store.edit(slot, |object| *object = after);
            self.store.record(slot, ctx.now, ChangeKind::Updated(changed));
            if kind != ObjectKind::Contact {
                let activity = if kind == ObjectKind::User { "Update user" } else { "Update group" };
                self.audit_update(ctx, activity, &before, changed);
            }
        }
        Ok(Taken { id, kind, partly: set_aside(&new), references })
    }

    /// Names and addresses of a draft from its shadow. Returns what is newly set aside.
    fn calculate_object(
        &self,
        ctx: &CallContext,
        draft: &mut CloudObject,
        own: Option<Slot>,
        claim: bool,
    ) -> Result<Vec<ProvisioningError>, SyncFault> {
        let Some(shadow) = draft.shadow.as_deref().cloned() else { return Ok(Vec::new()) };
        nickname(draft, &shadow, claim);
        let mut quarantined = None;
        if draft.kind == ObjectKind::User {
            quarantined = self.calculate_name(draft, &shadow, own, claim)?;
            draft.set(Property::OnPremisesImmutableId, Some(Stored::Text(shadow.anchor.clone())));
        } else if draft.kind == ObjectKind::Contact && draft.text(Property::DisplayName).is_none() {
            draft.set(Property::DisplayName, shadow.mail.clone().map(Stored::Text));
        }
        let proxies = self.address(draft, own);
        if draft.kind == ObjectKind::Group {
            let mail_enabled = draft.stored(Property::Mail).is_some();
            draft.set(Property::MailEnabled, Some(Stored::Bool(mail_enabled)));
        }
        Ok(set_errors(draft, quarantined, proxies, ctx.now))
    }

    /// How many objects the tenant may hold: 50,000 before a domain is verified, then as many as the switch
    /// `object_quota` says, however many domains follow (directory-sync.md 2.5.1).
    pub fn object_quota(&self) -> usize {
        let verified = self.domains.iter().any(|domain| domain.is_verified && !domain.is_initial);
        if verified { self.switches.object_quota } else { QUOTA_UNVERIFIED.min(self.switches.object_quota) }
    }

    /// How much of it is used: live objects, and a quarter of the deleted ones. Roles, and the applications that
    /// Microsoft puts there, are not the organization's.
    pub fn quota_used(&self) -> usize {
        let counted =
            |kind: &&ObjectKind| !matches!(kind, ObjectKind::DirectoryRole | ObjectKind::ServicePrincipal);
        let live: usize = ObjectKind::ALL.iter().filter(counted).map(|kind| self.count(*kind)).sum();
        live + self.store.deleted().len() / DELETED_SHARE
    }

    /// Whether the tenant holds as many objects as it may.
    pub(crate) fn is_full(&self) -> bool {
        self.quota_used() >= self.object_quota()
    }

    fn stamp(&self, draft: &mut CloudObject, now: SimTime) {
        draft.set(Property::OnPremisesSyncEnabled, Some(Stored::Bool(true)));
        draft.set(Property::OnPremisesLastSyncDateTime, Some(Stored::Time(now)));
    }

    /// A group with too many members is not taken at all: one that has grown stays as it was until it is smaller
    /// (directory-sync.md 1.6).
    fn check_members(&self, sent: &SyncObject, version: ServiceVersion) -> Result<(), SyncFault> {
        let limit = match version {
            ServiceVersion::First => self.switches.group_member_limit.min(MEMBERS_FIRST_VERSION),
            ServiceVersion::Second => self.switches.group_member_limit,
        };
        let is_member = |key: &str| ["member", "members"].iter().any(|name| key.eq_ignore_ascii_case(name));
        let lists = sent.properties.iter().filter(|(key, _)| is_member(key));
        let many = lists.filter_map(|(_, value)| value.as_array()).any(|list| list.len() > limit);
        if many { Err(SyncFault::of("members", &[])) } else { Ok(()) }
    }

    /// Members and manager from source anchors.
    pub(super) fn refer(&mut self, ctx: &CallContext, id: Guid, references: References) {
        let Some(slot) = self.store.slot(id) else { return };
        let mut touched = false;
        if let Some(anchor) = references.manager {
            let manager = anchor.and_then(|anchor| self.referenced(&anchor)).filter(|manager| *manager != id);
            touched |= self.set_manager(slot, manager, ctx.now);
        }
        if let Some(anchors) = references.members {
            let mut members: Vec<Guid> =
                anchors.iter().filter_map(|anchor| self.referenced(anchor)).collect();
            members.retain(|member| *member != id);
            members.sort_unstable();
            members.dedup();
            touched |= self.replace_members(id, &members, ctx.now);
        }
        if touched {
            let stamp = Some(Stored::Time(ctx.now));
            self.store.edit(slot, |object| object.set(Property::OnPremisesLastSyncDateTime, stamp));
        }
    }

    /// All at once: one by one the list of a large group would be shifted for each member.
    fn replace_members(&mut self, group: Guid, wanted: &[Guid], now: SimTime) -> bool {
        let Some(slot) = self.store.slot(group) else { return false };
        let current = self.members(group).to_vec();
        let gone: Vec<Guid> =
            current.iter().filter(|id| wanted.binary_search(id).is_err()).copied().collect();
        let new: Vec<Guid> = wanted.iter().filter(|id| current.binary_search(id).is_err()).copied().collect();
        if gone.is_empty() && new.is_empty() {
            return false;
        }
        self.store.edit(slot, |object| object.members = wanted.to_vec());
        for (ids, joins) in [(gone, false), (new, true)] {
            for id in ids {
                let member = self.store.slot(id);
                if let Some(member) = member {
                    self.store.edit(member, |object| match joins {
                        true => insert_sorted(&mut object.member_of, group),
                        false => remove_sorted(&mut object.member_of, group),
                    });
                }
                let kind = if joins { ChangeKind::MemberAdded(id) } else { ChangeKind::MemberRemoved(id) };
                self.store.record(slot, now, kind);
                if let Some(member) = member {
                    self.membership_changed(slot, member, now);
                }
            }
        }
        true
    }
}

/// What an incoming object would be calculated from if it were new: what it is matched by.
fn incoming(kind: ObjectKind, sent: &SyncObject, now: SimTime) -> Result<Shadow, SyncFault> {
    let mut probe = CloudObject::new(Guid::NIL, kind, now);
    apply(&mut probe, sent)?;
    Ok(probe.shadow.map(|shadow| *shadow).unwrap_or_default())
}

/// mailNickname: the on-premises one always, else calculated once (directory-sync.md 2.2.2).
fn nickname(draft: &mut CloudObject, shadow: &Shadow, claim: bool) {
    if shadow.mail_nickname.is_none() && draft.stored(Property::MailNickname).is_some() && !claim {
        return;
    }
    let proxies: Vec<&str> = shadow.proxy_addresses.iter().map(AsRef::as_ref).collect();
    let own = shadow.mail_nickname.as_deref();
    let upn = shadow.user_principal_name.as_deref();
    if let Some(nickname) = first_nickname(own, &proxies, shadow.mail.as_deref(), upn) {
        draft.set(Property::MailNickname, Some(Stored::text(nickname)));
    }
}

/// What on-premises has no value for stays as it was in the cloud (directory-sync.md 2.1.3).
fn keep_cloud_addresses(before: &CloudObject, after: &mut CloudObject, initial_domain: &str) {
    let Some(shadow) = after.shadow.as_mut() else { return };
    if shadow.proxy_addresses.is_empty() && shadow.mail.is_none() {
        shadow.proxy_addresses = before.proxy_addresses().to_vec();
        shadow.mail = before.text(Property::Mail).map(Into::into);
        let in_initial = |proxy: &&str| domain_part(proxy) == Some(initial_domain);
        let moera = before.proxy_addresses().iter().map(AsRef::as_ref).find(in_initial);
        shadow.moera = moera.and_then(|proxy| split_proxy(proxy)).map(|(_, address)| address.into());
    }
}

fn set_aside(new: &[ProvisioningError]) -> Option<SyncFault> {
    (!new.is_empty()).then(|| SyncFault::of("quarantined", &[("values", &list(new))]))
}
