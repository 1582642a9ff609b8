//! The user principal name that the service gives, and which conflicts of names and addresses are no quarantine.

use super::faults::SyncFault;
use crate::clock::SimTime;
use crate::ids::Guid;
use crate::tenant::address::domain_part;
use crate::tenant::mail::{self, differences, set_errors};
use crate::tenant::object::{CloudObject, ProvisioningError, Shadow};
use crate::tenant::property::{ObjectKind, Property, Stored};
use crate::tenant::store::Slot;
use crate::tenant::switches::DuplicateAttribute;
use crate::tenant::{CallContext, ChangeKind, Tenant};
use std::sync::Arc;
use std::time::Duration;

/// How long a synchronization cycle is taken to last (directory-sync.md 1.1.6: every 30 minutes).
const CYCLE: Duration = Duration::from_secs(30 * 60);
/// The key under which the name on premises is told where another one signs in.
const ORDINARY_NAME: &str = "onpremisesuserprincipalname";
/// Groups whose first failure is remembered at most.
const REMEMBERED: usize = 100_000;

impl Tenant {
    /// The user principal name follows a change on-premises, and nothing else (directory-sync.md 2.2.3), unless it is
    /// to be calculated anew (`claim`). Returns the value that is set aside, now or since earlier.
    pub(super) fn calculate_name(
        &self,
        draft: &mut CloudObject,
        shadow: &Shadow,
        own: Option<Slot>,
        claim: bool,
    ) -> Result<Option<String>, SyncFault> {
        let sent = shadow.user_principal_name.as_deref();
        // with an alternate ID the name on premises is told beside the one that signs in (directory-sync.md 1.4)
        let ordinary = shadow.others.iter().find(|(key, _)| &**key == ORDINARY_NAME);
        let ordinary = ordinary.and_then(|(_, name)| name.as_str());
        let previous = shadow.named_by.as_deref().or(draft.text(Property::OnPremisesUserPrincipalName));
        let unchanged = sent.is_some() && previous == sent;
        if let Some(name) = ordinary {
            draft.set(Property::OnPremisesUserPrincipalName, Some(Stored::text(name)));
        }
        let standing = || {
            let error = draft.errors.iter().find(|error| error.property == mail::UPN_ERROR);
            error.map(|error| error.value.clone())
        };
        let Some(sent) = sent else {
            if draft.user_principal_name().is_none() {
                return Err(SyncFault::of("identity", &[]));
            }
            return Ok(standing());
        };
        if !claim && unchanged {
            return Ok(standing());
        }
        if !claim && self.is_name_frozen(draft) {
            // so that it follows its next change on premises, and not the end of the licence
            let aside = standing();
            note_name(draft, sent, ordinary);
            return Ok(aside);
        }
        let nickname = draft.text(Property::MailNickname).map(str::to_owned);
        let wanted =
            self.wanted_upn(sent, nickname.as_deref()).map_err(|_| SyncFault::of("identity", &[]))?;
        self.check_federation(draft, &wanted)?;
        note_name(draft, sent, ordinary);
        Ok(self.name_user(draft, own, &wanted))
    }

    /// Whether the name of a user does not follow on-premises: that of a managed and licensed one where the tenant
    /// does not update it (directory-sync.md 2.2.5).
    fn is_name_frozen(&self, user: &CloudObject) -> bool {
        let upn = user.user_principal_name();
        !self.switches.update_upn_of_licensed
            && !user.licenses().is_empty()
            && upn.and_then(domain_part).is_none_or(|domain| !self.is_federated(domain))
    }

    fn is_federated(&self, domain: &str) -> bool {
        self.domains.iter().any(|known| known.is_federated && known.name.eq_ignore_ascii_case(domain))
    }

    /// From one federated domain to another a name does not go where the tenant is of before 2019 (directory-sync.md
    /// 2.4, FederatedDomainChangeError).
    fn check_federation(&self, draft: &CloudObject, wanted: &str) -> Result<(), SyncFault> {
        let (from, to) = (draft.user_principal_name().and_then(domain_part), domain_part(wanted));
        let (Some(from), Some(to)) = (from, to) else { return Ok(()) };
        let changes = !from.eq_ignore_ascii_case(to) && self.is_federated(from) && self.is_federated(to);
        match changes && !self.switches.federated_domain_change {
            true => Err(SyncFault::of("federated", &[])),
            false => Ok(()),
        }
    }

    /// The verified domains of the tenant changed: the names of all synchronized users are calculated anew
    /// (directory-sync.md 2.2.3).
    pub(crate) fn rename_synchronized(&mut self, ctx: &CallContext) {
        let follows = |user: &&CloudObject| self.is_engines(user) && !self.is_cloud_managed(user.id);
        let users: Vec<Guid> = self.iter(ObjectKind::User).filter(follows).map(|user| user.id).collect();
        for id in users {
            let Some(slot) = self.store.slot(id) else { continue };
            let Some(before) = self.store.at(slot).cloned() else { continue };
            let Some(shadow) = before.shadow.as_deref() else { continue };
            if self.is_name_frozen(&before) {
                continue;
            }
            let mut after = before.clone();
            let Ok(upn) = self.calculate_name(&mut after, shadow, Some(slot), true) else { continue };
            let proxies = self.address(&mut after, Some(slot));
            set_errors(&mut after, upn, proxies, ctx.now);
            let changed = differences(&before, &after);
            if !changed.is_empty() {
                self.store.edit(slot, |object| *object = after);
                self.store.record(slot, ctx.now, ChangeKind::Updated(changed));
                self.audit_update(ctx, "Update user", &before, changed);
            }
        }
    }

    /// directory-sync.md 2.3.4a: a new user whose name and address both are addresses of one group fails as before
    /// resiliency, each time.
    pub(super) fn refuse_double_conflict(&self, draft: &CloudObject) -> Result<(), SyncFault> {
        let group_of = |proxy: &str| {
            let holder = self.holder_of_proxy(proxy, None).filter(|(_, own)| own.kind == ObjectKind::Group);
            holder.map(|(_, group)| group.id)
        };
        let mut values = draft.errors.iter().filter(|error| error.property == mail::PROXY_ERROR);
        let wanted = draft.errors.iter().find(|error| error.property == mail::UPN_ERROR);
        let name = wanted.map(|error| error.value.as_str()).or(draft.user_principal_name());
        let Some(group) = name.and_then(|name| group_of(&format!("smtp:{name}"))) else { return Ok(()) };
        match values.any(|error| group_of(&error.value) == Some(group)) {
            true => Err(SyncFault::of("proxy-of-group", &[])),
            false => Ok(()),
        }
    }

    /// directory-sync.md 2.3.4b: of two new groups with one address the second fails at first, and is quarantined the
    /// next time that it is sent. A group is new that came in this cycle: not before the last finished export, and
    /// not longer ago than a cycle lasts.
    pub(super) fn refuse_second_group(
        &mut self,
        draft: &CloudObject,
        anchor: &str,
        now: SimTime,
    ) -> Result<(), SyncFault> {
        let begun = self.sync_settings.exported_at;
        let is_new = |group: &CloudObject| {
            group.kind == ObjectKind::Group
                && self.is_engines(group)
                && now.since(group.created) < CYCLE
                && begun.is_none_or(|begun| group.created >= begun)
        };
        let mut values = draft.errors.iter().filter(|error| error.property == mail::PROXY_ERROR);
        let contested = values
            .any(|error| self.holder_of_proxy(&error.value, None).is_some_and(|(_, holder)| is_new(holder)));
        let settings = Arc::make_mut(&mut self.sync_settings);
        if settings.second_groups.remove(anchor) || !contested {
            return Ok(());
        }
        if settings.second_groups.len() < REMEMBERED {
            settings.second_groups.insert(anchor.into());
        }
        Err(SyncFault::of("proxy-of-group", &[]))
    }

    /// Before resiliency what another object holds is refused.
    pub(super) fn refuse_duplicates(&self, new: &[ProvisioningError], is_new: bool) -> Result<(), SyncFault> {
        if new.is_empty() || self.switches.duplicate_attribute == DuplicateAttribute::Resiliency {
            return Ok(());
        }
        let key = if is_new { "soft-match" } else { "duplicate" };
        Err(SyncFault::of(key, &[("values", &list(new))]))
    }
}

/// Keeps what on premises said: the name that signs in, and beside it the ordinary one where there is another.
fn note_name(draft: &mut CloudObject, sent: &str, ordinary: Option<&str>) {
    if let Some(own) = &mut draft.shadow {
        own.named_by = ordinary.map(|_| sent.into());
    }
    draft.set(Property::OnPremisesUserPrincipalName, Some(Stored::text(ordinary.unwrap_or(sent))));
}

/// `UserPrincipalName a@b; ProxyAddresses smtp:a@b;`
pub(super) fn list(errors: &[ProvisioningError]) -> String {
    errors.iter().map(|error| format!("{} {};", error.property, error.value)).collect::<Vec<_>>().join(" ")
}
