//! `ProvisionCredentials`: password hashes of synchronized users (directory-sync.md 2.6.2, 3.1).

use super::faults::SyncFault;
use super::types::{SyncCredential, SyncCredentialResult};
use crate::clock::SimTime;
use crate::ids::Guid;
use crate::tenant::property::{ObjectKind, Property, Stored};
use crate::tenant::sign_in::SyncedHash;
use crate::tenant::store::Slot;
use crate::tenant::{CallContext, ChangeKind, Tenant};

/// The feature under which the policies of the cloud hold for passwords from on-premises (directory-sync.md 3.1.4).
const CLOUD_POLICY: &str = "cloudPasswordPolicyForPasswordSyncedUsersEnabled";
/// The feature under which a reset password has to be changed (directory-sync.md 3.1.5).
const FORCE_CHANGE: &str = "userForcePasswordChangeOnLogonEnabled";
/// What says that a password never expires.
const NEVER: &str = "DisablePasswordExpiration";

impl Tenant {
    /// `ProvisionCredentials`: one result an item, in the same order. What a user signs in with is the password whose
    /// hash came last, from on-premises or by a reset in the cloud.
    ///
    /// # Errors
    /// A call that names a cloud-only user is refused as a whole; so is every call while synchronization is not on.
    pub fn provision_credentials(
        &mut self,
        ctx: &CallContext,
        items: &[SyncCredential],
    ) -> Result<Vec<SyncCredentialResult>, SyncFault> {
        self.check_activated()?;
        let found: Vec<Option<Slot>> = items.iter().map(|item| self.credential_owner(item)).collect();
        let cloud_only = |slot: &Slot| {
            self.store.at(*slot).is_some_and(|user| !self.is_engines(user) || self.is_cloud_managed(user.id))
        };
        if found.iter().flatten().any(cloud_only) {
            return Err(SyncFault::of("credential-cloud-only", &[]));
        }
        let pairs = items.iter().zip(found);
        Ok(pairs.map(|(item, slot)| self.provision_credential(ctx, item, slot)).collect())
    }

    /// The live user that an item is about: by cloud anchor, else by source anchor.
    fn credential_owner(&self, item: &SyncCredential) -> Option<Slot> {
        let by_id = |anchor: &str| {
            let id = Guid::parse(anchor.strip_prefix("User_")?)?;
            self.store.slot(id)
        };
        let by_anchor = |anchor: &str| self.anchored(ObjectKind::User, anchor).map(|(slot, _)| slot);
        let slot = match item.cloud_anchor.as_deref().filter(|anchor| !anchor.is_empty()) {
            Some(anchor) => by_id(anchor),
            None => item.source_anchor.as_deref().and_then(by_anchor),
        };
        let live = |slot: &Slot| {
            let user = self.store.at(*slot).filter(|user| user.kind == ObjectKind::User);
            user.is_some_and(|user| user.deleted.is_none())
        };
        slot.filter(live)
    }

    fn provision_credential(
        &mut self,
        ctx: &CallContext,
        item: &SyncCredential,
        slot: Option<Slot>,
    ) -> SyncCredentialResult {
        let outcome = match (slot, SyncedHash::parse(&item.data), changed(item)) {
            (None, ..) => Err(SyncFault::of("credential-user", &[])),
            (_, None, _) => Err(SyncFault::of("credential-form", &[("attribute", "CredentialData")])),
            (.., Err(())) => Err(SyncFault::of("credential-form", &[("attribute", "ChangeDate")])),
            (Some(slot), Some(hash), Ok(changed)) => {
                self.take_credential(ctx, slot, hash, changed.unwrap_or(ctx.now), item.force_change);
                Ok(())
            }
        };
        let fault = outcome.err();
        SyncCredentialResult {
            source_anchor: item.source_anchor.clone(),
            cloud_anchor: item.cloud_anchor.clone(),
            result: u32::from(fault.is_some()),
            error_code: fault.as_ref().map(|fault| fault.code.to_owned()),
            error_description: fault.map(|fault| fault.text),
        }
    }

    fn take_credential(
        &mut self,
        ctx: &CallContext,
        slot: Slot,
        hash: SyncedHash,
        changed: SimTime,
        force: bool,
    ) {
        let Some(before) = self.store.at(slot).cloned() else { return };
        let (cloud_policy, forcing) = (self.sync_feature(CLOUD_POLICY), self.sync_feature(FORCE_CHANGE));
        let mut after = before.clone();
        let known = after.credential.get_or_insert_default();
        // a new user is always asked for a change, a known one only where the feature says so
        let must_change = force && (forcing || !known.has_secret());
        let is_new = known.take_synced(hash, must_change, ctx.now);
        let never = before.text(Property::PasswordPolicies).unwrap_or("");
        let policies = policies(never, !cloud_policy, is_new);
        after.set(Property::PasswordPolicies, policies.map(Stored::text));
        if is_new {
            after.set(Property::LastPasswordChangeDateTime, Some(Stored::Time(changed)));
        }
        let differences = crate::tenant::mail::differences(&before, &after);
        self.store.edit(slot, |object| *object = after);
        if !differences.is_empty() {
            self.store.record(slot, ctx.now, ChangeKind::Updated(differences));
        }
        if is_new {
            self.audit_object(ctx, "Change user password", before.id);
        }
    }
}

/// The policies of a user after a hash came: stamped each time where on-premises decides, taken off with the next
/// password where the cloud does (directory-sync.md 3.1.4).
fn policies(held: &str, stamped: bool, is_new: bool) -> Option<String> {
    let others = held.split(',').map(str::trim).filter(|one| !one.is_empty() && *one != NEVER);
    let has = held.split(',').any(|one| one.trim() == NEVER);
    let keeps = stamped || (has && !is_new);
    let all: Vec<&str> = keeps.then_some(NEVER).into_iter().chain(others).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// When the password was changed on-premises; none when that is not said.
fn changed(item: &SyncCredential) -> Result<Option<SimTime>, ()> {
    let Some(text) = item.change_date.as_deref().filter(|text| !text.is_empty()) else { return Ok(None) };
    SimTime::parse_rfc3339(text).or_else(|| SimTime::parse_generalized(text)).map(Some).ok_or(())
}
