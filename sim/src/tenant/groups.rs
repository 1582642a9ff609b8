//! Groups through Graph: creation, rules of their kinds, members and owners.

use super::object::CloudObject;
use super::property::{ObjectKind, Property, PropertySet, Stored};
use super::store::{Key, Slot};
use super::{CallContext, ChangeKind, Tenant, TenantError};
use crate::clock::SimTime;
use crate::ids::Guid;
use serde_json::{Map, Value};

/// Most relations that one request binds (microsoft-graph.md 2.3).
const BINDINGS_MAX: usize = 20;

/// Whether a group has this value in groupTypes.
pub(crate) fn has_type(group: &CloudObject, name: &str) -> bool {
    group.texts(Property::GroupTypes).iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// A Microsoft 365 group.
pub(crate) fn is_unified(group: &CloudObject) -> bool {
    has_type(group, "Unified")
}

impl Tenant {
    /// `POST /groups`: returns the id of the new group.
    ///
    /// # Errors
    /// 400 with Graph's text for the first thing that is wrong with the body; 404 for a bound object that
    /// does not exist.
    pub fn create_group(
        &mut self,
        ctx: &CallContext,
        body: &Map<String, Value>,
    ) -> Result<Guid, TenantError> {
        let mut draft = self.draft(ctx, ObjectKind::Group, body)?;
        check_kind(&draft)?;
        check_assignable(&draft)?;
        self.check_unique_name(&draft)?;
        self.check_rule(&draft)?;
        let nickname = draft.text(Property::MailNickname).unwrap_or("").to_owned();
        self.check_group_nickname(&nickname, None)?;
        let visibility = if is_unified(&draft) { "Public" } else { "Private" };
        if draft.stored(Property::Visibility).is_none() {
            draft.set(Property::Visibility, Some(Stored::text(visibility)));
        }
        if is_unified(&draft) {
            self.give_group_address(&mut draft, &nickname)?;
        }
        let members = self.bound(body, "members")?;
        let owners = self.bound(body, "owners")?;
        if members.len() + owners.len() > BINDINGS_MAX {
            return Err(TenantError::of("too-many-relations", &[]));
        }
        for member in &members {
            self.check_nesting(&draft, *member)?;
        }
        for owner in &owners {
            self.slot_of(*owner, &[ObjectKind::User, ObjectKind::ServicePrincipal])?;
        }
        let natural = if nickname.is_empty() { Value::from(body.clone()).to_string() } else { nickname };
        draft.id = self.new_id("group", &natural.to_lowercase());
        draft.owners = owners;
        self.stamp_security_identifier(&mut draft);
        let id = draft.id;
        self.store.insert(draft, ctx.now);
        self.audit_object(ctx, "Add group", id);
        self.queue_rule(id);
        for member in members {
            self.link_member(id, member, ctx.now);
            self.audit_link(ctx, "Add member to group", id, member);
        }
        Ok(id)
    }

    pub(crate) fn check_group_update(
        &self,
        before: &CloudObject,
        after: &CloudObject,
        slot: Slot,
    ) -> Result<(), TenantError> {
        let mail_enabled = before.boolean(Property::MailEnabled) == Some(true);
        if mail_enabled && !is_unified(before) && !before.is_synchronized() && before.values != after.values {
            return Err(TenantError::of("mail-enabled-group", &[]));
        }
        check_kind(after)?;
        self.check_rule(after)?;
        let nickname = after.text(Property::MailNickname).unwrap_or("");
        if before.text(Property::MailNickname) != Some(nickname) {
            self.check_group_nickname(nickname, Some(slot))?;
        }
        Ok(())
    }

    fn check_group_nickname(&self, nickname: &str, own: Option<Slot>) -> Result<(), TenantError> {
        let other = |found: &(Slot, &CloudObject)| Some(found.0) != own && found.1.kind == ObjectKind::Group;
        match self.store.find(Key::MailNickname, nickname).find(other) {
            Some(_) => Err(TenantError::of("conflict", &[("property", "mailNickname")])),
            None => Ok(()),
        }
    }

    fn give_group_address(&self, draft: &mut CloudObject, nickname: &str) -> Result<(), TenantError> {
        let default = self.domains.iter().find(|domain| domain.is_default);
        let default = default.map_or(self.initial_domain(), |domain| &domain.name);
        let mail = format!("{nickname}@{default}");
        let mut proxies = vec![format!("SMTP:{mail}")];
        if default != self.initial_domain() {
            proxies.push(format!("smtp:{nickname}@{}", self.initial_domain()));
        }
        if proxies.iter().any(|proxy| self.holder_of_proxy(proxy, None).is_some()) {
            return Err(TenantError::of("conflict", &[("property", "proxyAddresses")]));
        }
        draft.set(Property::Mail, Some(Stored::text(mail)));
        draft.set(Property::ProxyAddresses, Some(Stored::texts(proxies)));
        Ok(())
    }

    /// The objects of `members@odata.bind` or `owners@odata.bind`: each value ends with an id.
    fn bound(&self, body: &Map<String, Value>, relation: &str) -> Result<Vec<Guid>, TenantError> {
        let name = format!("{relation}@odata.bind");
        let Some((_, value)) = body.iter().find(|(key, _)| key.eq_ignore_ascii_case(&name)) else {
            return Ok(Vec::new());
        };
        let invalid = || TenantError::of("bad-combination", &[]);
        let list = value.as_array().ok_or_else(invalid)?;
        if list.len() > BINDINGS_MAX {
            return Err(TenantError::of("too-many-relations", &[]));
        }
        let mut ids = Vec::with_capacity(list.len());
        for reference in list {
            let last = reference.as_str().and_then(|url| url.rsplit('/').next()).ok_or_else(invalid)?;
            let last = last.rsplit_once("('").map_or(last, |(_, key)| key.trim_end_matches("')"));
            let id = Guid::parse(last).filter(|id| self.object(*id).is_some());
            ids.push(id.ok_or_else(|| TenantError::not_found(last))?);
        }
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }

    /// What a `PATCH` binds as new members.
    pub(crate) fn bound_members(
        &self,
        group: Guid,
        body: &Map<String, Value>,
    ) -> Result<Vec<Guid>, TenantError> {
        let members = self.bound(body, "members")?;
        for member in &members {
            self.check_new_member(group, *member)?;
        }
        Ok(members)
    }

    /// `POST /groups/{id}/members/$ref`.
    ///
    /// # Errors
    /// 404 when one of the two does not exist; 400 when the group takes no such member or has it already.
    pub fn add_member(&mut self, ctx: &CallContext, group: Guid, member: Guid) -> Result<(), TenantError> {
        self.check_new_member(group, member)?;
        self.link_member(group, member, ctx.now);
        self.audit_link(ctx, "Add member to group", group, member);
        Ok(())
    }

    /// `DELETE /groups/{id}/members/{id}/$ref`.
    ///
    /// # Errors
    /// 404 when the group does not exist or does not have this member; 400 when it takes no changes.
    pub fn remove_member(&mut self, ctx: &CallContext, group: Guid, member: Guid) -> Result<(), TenantError> {
        self.check_members_writable(group)?;
        if self.members(group).binary_search(&member).is_err() {
            return Err(TenantError::of("member-absent", &[("id", &member.to_string())]));
        }
        self.unlink_member(group, member, ctx.now);
        self.audit_link(ctx, "Remove member from group", group, member);
        Ok(())
    }

    /// `POST /groups/{id}/owners/$ref`.
    ///
    /// # Errors
    /// As for [`Tenant::add_member`].
    pub fn add_owner(&mut self, ctx: &CallContext, group: Guid, owner: Guid) -> Result<(), TenantError> {
        self.check_members_writable(group)?;
        self.slot_of(owner, &[ObjectKind::User, ObjectKind::ServicePrincipal])?;
        let slot = self.slot_of(group, &[ObjectKind::Group])?;
        let added = self.store.edit(slot, |object| match object.owners.binary_search(&owner) {
            Ok(_) => false,
            Err(place) => {
                object.owners.insert(place, owner);
                true
            }
        });
        if added != Some(true) {
            return Err(TenantError::of("owner-exists", &[]));
        }
        self.store.record(slot, ctx.now, ChangeKind::Updated(PropertySet::default()));
        self.audit_link(ctx, "Add owner to group", group, owner);
        Ok(())
    }

    /// `DELETE /groups/{id}/owners/{id}/$ref`.
    ///
    /// # Errors
    /// 404 when the group does not exist or does not have this owner; 400 for the last one.
    pub fn remove_owner(&mut self, ctx: &CallContext, group: Guid, owner: Guid) -> Result<(), TenantError> {
        self.check_members_writable(group)?;
        let slot = self.slot_of(group, &[ObjectKind::Group])?;
        let owners = self.store.at(slot).map_or(&[] as &[Guid], |object| &object.owners);
        let Ok(place) = owners.binary_search(&owner) else {
            return Err(TenantError::of("member-absent", &[("id", &owner.to_string())]));
        };
        // a deleted owner stays in the list, for its restoration, and owns nothing meanwhile
        let remains = |own: &Guid| *own != owner && self.object(*own).is_some();
        if !owners.iter().any(remains) {
            return Err(TenantError::of("last-owner", &[]));
        }
        self.store.edit(slot, |object| object.owners.remove(place));
        self.store.record(slot, ctx.now, ChangeKind::Updated(PropertySet::default()));
        self.audit_link(ctx, "Remove owner from group", group, owner);
        Ok(())
    }

    fn check_new_member(&self, group: Guid, member: Guid) -> Result<(), TenantError> {
        let target = self.check_members_writable(group)?;
        self.check_nesting(target, member)?;
        if self.member_of(member).binary_search(&group).is_ok() {
            return Err(TenantError::of("member-exists", &[]));
        }
        if group == member {
            return Err(TenantError::of("invalid-reference", &[]));
        }
        Ok(())
    }

    fn check_members_writable(&self, group: Guid) -> Result<&CloudObject, TenantError> {
        let found = self.object(group).filter(|object| object.kind == ObjectKind::Group);
        let target = found.ok_or_else(|| TenantError::not_found(&group.to_string()))?;
        if target.is_synchronized() {
            return Err(TenantError::of("on-premises-mastered", &[]));
        }
        if target.boolean(Property::MailEnabled) == Some(true) && !is_unified(target) {
            return Err(TenantError::of("mail-enabled-group", &[]));
        }
        if has_type(target, "DynamicMembership") {
            return Err(TenantError::of("dynamic-group", &[]));
        }
        Ok(target)
    }

    fn check_unique_name(&self, draft: &CloudObject) -> Result<(), TenantError> {
        let Some(name) = draft.text(Property::UniqueName) else { return Ok(()) };
        match self.by_alternate_key(ObjectKind::Group, name) {
            Some(_) => Err(TenantError::of("conflict", &[("property", "uniqueName")])),
            None => Ok(()),
        }
    }

    /// No security group in a Microsoft 365 group, no Microsoft 365 group in any group, no group in one that
    /// may hold roles; what cannot be a member at all.
    fn check_nesting(&self, group: &CloudObject, member: Guid) -> Result<(), TenantError> {
        let member = self.object(member).ok_or_else(|| TenantError::not_found(&member.to_string()))?;
        let assignable = group.boolean(Property::IsAssignableToRole) == Some(true);
        let fits = match member.kind {
            ObjectKind::User => true,
            ObjectKind::Group => !is_unified(member) && !is_unified(group) && !assignable,
            ObjectKind::Contact | ObjectKind::Device | ObjectKind::ServicePrincipal => !is_unified(group),
            ObjectKind::Application | ObjectKind::DirectoryRole | ObjectKind::AdministrativeUnit => false,
        };
        if !fits {
            return Err(TenantError::of("invalid-reference", &[]));
        }
        Ok(())
    }

    /// Makes an object a member, on both sides; nothing happens when it is one.
    pub(crate) fn link_member(&mut self, group: Guid, member: Guid, now: SimTime) {
        let (Some(slot), Some(member_slot)) = (self.store.slot(group), self.store.slot(member)) else {
            return;
        };
        if self.store.at(slot).is_none_or(|object| object.members.binary_search(&member).is_ok()) {
            return;
        }
        self.store.edit(slot, |object| insert_sorted(&mut object.members, member));
        self.store.edit(member_slot, |object| insert_sorted(&mut object.member_of, group));
        self.store.record(slot, now, ChangeKind::MemberAdded(member));
        self.membership_changed(slot, member_slot, now);
    }

    pub(crate) fn unlink_member(&mut self, group: Guid, member: Guid, now: SimTime) {
        let Some(slot) = self.store.slot(group) else { return };
        self.store.edit(slot, |object| remove_sorted(&mut object.members, member));
        if let Some(member_slot) = self.store.slot(member) {
            self.store.edit(member_slot, |object| remove_sorted(&mut object.member_of, group));
        }
        self.store.record(slot, now, ChangeKind::MemberRemoved(member));
        if let Some(member_slot) = self.store.slot(member) {
            self.membership_changed(slot, member_slot, now);
        }
    }

    /// Whoever joins or leaves a licensed group gets or loses its licences, later.
    pub(super) fn membership_changed(&mut self, group: Slot, member: Slot, now: SimTime) {
        let (Some(source), Some(user)) = (self.store.at(group), self.store.at(member)) else { return };
        let inherits = user.licenses.iter().any(|license| license.group == Some(source.id));
        if user.kind == ObjectKind::User && (inherits || !source.licenses.is_empty()) {
            let (user, group) = (user.id, source.id);
            self.queue_pair(user, group, now);
        }
    }
}

/// A group that may hold roles has its members written by hand.
fn check_assignable(group: &CloudObject) -> Result<(), TenantError> {
    let assignable = group.boolean(Property::IsAssignableToRole) == Some(true);
    let able = group.boolean(Property::SecurityEnabled) == Some(true)
        && !has_type(group, "DynamicMembership")
        && group.text(Property::Visibility) != Some("Public");
    if assignable && !able { Err(TenantError::of("bad-combination", &[])) } else { Ok(()) }
}

fn check_kind(group: &CloudObject) -> Result<(), TenantError> {
    let on = |property| group.boolean(property) == Some(true);
    let (mail, security) = (on(Property::MailEnabled), on(Property::SecurityEnabled));
    let types = group.texts(Property::GroupTypes);
    let known = |name: &str| ["Unified", "DynamicMembership"].iter().any(|k| k.eq_ignore_ascii_case(name));
    let dynamic = has_type(group, "DynamicMembership");
    let bad_rule = dynamic != group.stored(Property::MembershipRule).is_some();
    if types.iter().any(|name| !known(name)) || bad_rule {
        return Err(TenantError::of("bad-combination", &[]));
    }
    if group.is_synchronized() {
        return Ok(());
    }
    match (is_unified(group), mail, security) {
        (true, true, _) | (false, false, true) => Ok(()),
        (false, true, _) => Err(TenantError::of("group-not-creatable", &[])),
        _ => Err(TenantError::of("bad-combination", &[])),
    }
}

pub(crate) fn insert_sorted(list: &mut Vec<Guid>, id: Guid) {
    if let Err(place) = list.binary_search(&id) {
        list.insert(place, id);
    }
}

pub(crate) fn remove_sorted(list: &mut Vec<Guid>, id: Guid) {
    if let Ok(place) = list.binary_search(&id) {
        list.remove(place);
    }
}
