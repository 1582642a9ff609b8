//! Users through Graph: creation, update, and what users and groups share.

use super::address::check_upn;
use super::mail::{differences, set_errors};
use super::object::CloudObject;
use super::property::{ObjectKind, Property, Stored};
use super::store::{Key, Slot};
use super::writes::{self, Write};
use super::{CallContext, ChangeKind, Tenant, TenantError};
use crate::clock::SimTime;
use crate::error::Error;
use crate::ids::Guid;
use serde_json::{Map, Value};

impl Tenant {
    /// `POST /users`: returns the id of the new user.
    ///
    /// # Errors
    /// 400 with Graph's text for the first thing that is wrong with the body.
    pub fn create_user(&mut self, ctx: &CallContext, body: &Map<String, Value>) -> Result<Guid, TenantError> {
        let mut draft = self.draft(ctx, ObjectKind::User, body)?;
        draft.set(
            Property::UserType,
            draft.stored(Property::UserType).cloned().or(Some(Stored::text("Member"))),
        );
        self.check_password(body)?;
        let upn = draft.user_principal_name().unwrap_or("").to_owned();
        self.check_name(&upn, None)?;
        self.check_anchor(&draft, None)?;
        self.take_mail(&mut draft, None)?;
        draft.id = self.new_id("user", &upn.to_lowercase());
        let id = draft.id;
        if let Some(profile) = password_profile(body) {
            draft.take_password(profile, ctx.now);
        }
        self.stamp_security_identifier(&mut draft);
        self.store.insert(draft, ctx.now);
        self.audit_object(ctx, "Add user", id);
        Ok(id)
    }

    /// `PATCH` of an object: all of it or nothing.
    ///
    /// # Errors
    /// 404 for an unknown object; 400 with Graph's text.
    pub fn update(
        &mut self,
        ctx: &CallContext,
        id: Guid,
        body: &Map<String, Value>,
    ) -> Result<(), TenantError> {
        let slot = self.slot_of(id, &ObjectKind::ALL)?;
        let Some(before) = self.store.at(slot).cloned() else {
            return Err(TenantError::not_found(&id.to_string()));
        };
        let mut after = before.clone();
        let synced = before.is_synchronized();
        for (name, value) in writes::properties(body) {
            let rule = writes::rule(before.kind, name)?;
            if matches!(rule.write, Write::ReadOnly | Write::Create) {
                return Err(writes::refuse("read-only", &rule));
            }
            let overrides = rule.property == Property::MobilePhone && self.switches.cloud_mobile_number;
            if synced && !rule.synced && !overrides {
                return Err(TenantError::of("on-premises-mastered", &[]));
            }
            after.set(rule.property, writes::read(&rule, value)?);
        }
        match before.kind {
            ObjectKind::User => self.check_user_update(&before, &mut after, slot, body)?,
            ObjectKind::Group => self.check_group_update(&before, &after, slot)?,
            ObjectKind::Application | ObjectKind::ServicePrincipal => {
                self.check_application_update(&before, &mut after, slot, ctx.now)?;
            }
            _ => self.check_rule(&after)?,
        }
        if synced && before.stored(Property::MobilePhone) != after.stored(Property::MobilePhone) {
            // directory-sync.md 1.7: from now on the number of on-premises is ignored
            after.shadow.iter_mut().for_each(|shadow| shadow.mobile_override = true);
        }
        let credentials = before.app != after.app;
        let bound = self.bound_members(id, body)?;
        let password = password_profile(body);
        if let Some(profile) = password {
            after.take_password(profile, ctx.now);
            after.set(Property::PasswordProfile, None);
            after.set(Property::LastPasswordChangeDateTime, Some(Stored::Time(ctx.now)));
        }
        let changed = differences(&before, &after);
        // a second password within one instant changes no property
        if password.is_some() || credentials || !changed.is_empty() {
            self.store.edit(slot, |object| *object = after);
        }
        if credentials || !changed.is_empty() {
            self.store.record(slot, ctx.now, ChangeKind::Updated(changed));
            self.audit_changes(ctx, &before, changed, password.is_some());
        }
        for member in bound {
            self.link_member(id, member, ctx.now);
            self.audit_link(ctx, "Add member to group", id, member);
        }
        match before.kind {
            ObjectKind::Application | ObjectKind::ServicePrincipal => self.application_changed(slot, ctx.now),
            _ => self.queue_rule(id),
        }
        Ok(())
    }

    fn check_user_update(
        &self,
        before: &CloudObject,
        after: &mut CloudObject,
        slot: Slot,
        body: &Map<String, Value>,
    ) -> Result<(), TenantError> {
        self.check_password(body)?;
        let upn = after.user_principal_name().unwrap_or("").to_owned();
        if before.user_principal_name() != Some(&upn) {
            self.check_name(&upn, Some(slot))?;
            // a licensed user has its name as an address
            self.address(after, Some(slot));
        }
        if before.stored(Property::OnPremisesImmutableId) != after.stored(Property::OnPremisesImmutableId) {
            self.check_anchor(after, Some(slot))?;
        }
        if before.stored(Property::Mail) != after.stored(Property::Mail) {
            self.take_mail(after, Some(slot))?;
        }
        Ok(())
    }

    /// A new object from a body, with what every kind of object is asked for.
    pub(crate) fn draft(
        &self,
        ctx: &CallContext,
        kind: ObjectKind,
        body: &Map<String, Value>,
    ) -> Result<CloudObject, TenantError> {
        if self.is_full() {
            return Err(TenantError::of("quota", &[]));
        }
        let mut draft = CloudObject::new(Guid::NIL, kind, ctx.now);
        for (name, value) in writes::properties(body) {
            let rule = writes::rule(kind, name)?;
            if rule.write == Write::ReadOnly {
                return Err(writes::refuse("read-only", &rule));
            }
            if value.is_null() && rule.write != Write::Required {
                continue;
            }
            draft.set(rule.property, writes::read(&rule, value)?);
        }
        for property in writes::required(kind) {
            if draft.stored(property).is_none() {
                let values = [("property", property.name()), ("resource", kind.name())];
                return Err(TenantError::of("required", &values));
            }
        }
        draft.set(Property::PasswordProfile, None);
        Ok(draft)
    }

    fn check_password(&self, body: &Map<String, Value>) -> Result<(), TenantError> {
        let Some(profile) = password_profile(body) else { return Ok(()) };
        let password = profile.get("password").map(Value::as_str);
        match password {
            // a profile may set only forceChangePasswordNextSignIn
            None => Ok(()),
            Some(Some(password)) if writes::is_strong(password) => Ok(()),
            Some(_) => Err(TenantError::of("password", &[])),
        }
    }

    pub(crate) fn check_name(&self, upn: &str, own: Option<Slot>) -> Result<(), TenantError> {
        if check_upn(upn).is_err() {
            return Err(TenantError::of("upn-invalid", &[]));
        }
        if !upn.rsplit_once('@').is_some_and(|(_, domain)| self.is_verified(domain)) {
            return Err(TenantError::of("upn-domain", &[]));
        }
        match self.holder_of_upn(upn, own) {
            Some(_) => Err(TenantError::of("conflict", &[("property", "userPrincipalName")])),
            None => Ok(()),
        }
    }

    fn check_anchor(&self, draft: &CloudObject, own: Option<Slot>) -> Result<(), TenantError> {
        let Some(anchor) = draft.text(Property::OnPremisesImmutableId) else { return Ok(()) };
        let other = |found: &(Slot, &CloudObject)| Some(found.0) != own && found.1.kind == ObjectKind::User;
        match self.store.find(Key::Anchor, anchor).find(other) {
            Some(_) => Err(TenantError::of("conflict", &[("property", "onPremisesImmutableId")])),
            None => Ok(()),
        }
    }

    /// A mail that is set becomes the primary proxy address; the former primary one stays as a secondary.
    fn take_mail(&self, draft: &mut CloudObject, own: Option<Slot>) -> Result<(), TenantError> {
        let Some(mail) = draft.text(Property::Mail).map(str::to_owned) else { return Ok(()) };
        let proxy = format!("SMTP:{mail}");
        if let Some((_, holder)) = self.holder_of_proxy(&proxy, own) {
            let mut error = TenantError::of("conflict", &[("property", "proxyAddresses")]);
            // microsoft-graph.md, Appendix A6: a second detail names the object that holds the address
            error.details.push(super::ErrorDetail {
                code: "ConflictingObjects",
                message: error.message.clone(),
                target: holder.id.to_string(),
            });
            return Err(error);
        }
        let others = draft.proxy_addresses().iter().filter(|known| !super::store::same_folded(known, &proxy));
        let others = others.map(|known| match known.strip_prefix("SMTP:") {
            Some(address) => format!("smtp:{address}"),
            None => known.to_string(),
        });
        let proxies: Vec<String> = std::iter::once(proxy.clone()).chain(others).collect();
        draft.set(Property::ProxyAddresses, Some(Stored::texts(proxies)));
        Ok(())
    }

    /// The slot of a live object of one of these kinds.
    pub(crate) fn slot_of(&self, id: Guid, kinds: &[ObjectKind]) -> Result<Slot, TenantError> {
        let found = self.store.slot(id).filter(|slot| {
            self.store
                .at(*slot)
                .is_some_and(|object| object.deleted.is_none() && kinds.contains(&object.kind))
        });
        found.ok_or_else(|| TenantError::not_found(&id.to_string()))
    }

    /// The id of a new object: a hash of the seed, the kind, the natural key and how often that key was used.
    pub(crate) fn new_id(&self, kind: &str, key: &str) -> Guid {
        let mut nth = 0;
        loop {
            let id = self.seed.guid(kind, key, nth);
            if self.store.slot(id).is_none() && !self.store.was_purged(id) {
                return id;
            }
            nth += 1;
        }
    }

    /// `S-1-12-1-` and the four words of the object id.
    pub(crate) fn stamp_security_identifier(&self, draft: &mut CloudObject) {
        let words = draft.id.to_bytes_le();
        let words = words.chunks_exact(4).map(|w| u32::from_le_bytes([w[0], w[1], w[2], w[3]]));
        let text = words.fold("S-1-12-1".to_owned(), |text, word| format!("{text}-{word}"));
        draft.set(Property::SecurityIdentifier, Some(Stored::text(text)));
    }

    /// Calculates an object's addresses again and keeps its provisioning errors in step.
    pub(crate) fn refresh_addresses(&self, draft: &mut CloudObject, slot: Slot, now: SimTime) {
        let set_aside = self.address(draft, Some(slot));
        let upn = draft.errors.iter().find(|error| error.property == super::mail::UPN_ERROR);
        let upn = upn.map(|error| error.value.clone());
        set_errors(draft, upn, set_aside, now);
    }

    /// For the makers of a tenant's first objects, whose bodies are ours.
    pub(crate) fn seeded(result: Result<Guid, TenantError>, what: &str) -> Result<Guid, Error> {
        result.map_err(|error| Error::invalid_spec(format!("{what} cannot be made: {error}")))
    }
}

/// The `passwordProfile` of a body, whatever the case of its name.
fn password_profile(body: &Map<String, Value>) -> Option<&Value> {
    body.iter().find(|(name, _)| name.eq_ignore_ascii_case("passwordProfile")).map(|(_, profile)| profile)
}
