//! The settings of synchronization in the cloud, and who masters an object.

use super::audit::{AuditEvent, AuditTarget};
use super::property::{ObjectKind, Property, PropertySet, Stored};
use super::switches::DuplicateAttribute;
use super::{CallContext, ChangeKind, Tenant, TenantError};
use crate::clock::SimTime;
use crate::ids::Guid;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Deletions in one run from which on an engine stops (microsoft-graph.md 2.4 [MEM]).
const THRESHOLD: u32 = 500;

/// How accidental deletions are prevented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Prevention {
    /// Not at all.
    Disabled,
    /// From a number of deletions on.
    #[default]
    ForCount,
    /// From a share of all objects on.
    ForPercentage,
}

impl Prevention {
    /// As `synchronizationPreventionType` names it.
    pub fn name(self) -> &'static str {
        match self {
            Prevention::Disabled => "disabled",
            Prevention::ForCount => "enabledForCount",
            Prevention::ForPercentage => "enabledForPercentage",
        }
    }

    /// From its name.
    pub fn named(name: &str) -> Option<Prevention> {
        let all = [Prevention::Disabled, Prevention::ForCount, Prevention::ForPercentage];
        all.into_iter().find(|own| own.name() == name)
    }
}

/// What the tenant keeps beside its switches.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct SyncSettings {
    percentage: Option<u32>,
    features: BTreeMap<String, bool>,
    /// Objects that the last finished export sent, and those of them that were taken, as the engine counts them.
    exported: (u32, u32),
    /// When that export was finished.
    pub(super) exported_at: Option<SimTime>,
    /// Source anchors of new groups that failed once for an address of another new group (directory-sync.md 2.3.4b).
    pub(super) second_groups: BTreeSet<Box<str>>,
    /// Synchronization was switched off: when its objects become the cloud's.
    released_at: Option<SimTime>,
}

impl Tenant {
    /// How accidental deletions are prevented, and from which number on.
    pub fn deletion_prevention(&self) -> (Prevention, u32) {
        match (self.sync_settings.percentage, self.switches.delete_threshold) {
            (Some(share), _) => (Prevention::ForPercentage, share),
            (None, Some(count)) => (Prevention::ForCount, count),
            (None, None) => (Prevention::Disabled, 0),
        }
    }

    /// Sets it; none of the two values leaves it as it is.
    ///
    /// # Errors
    /// 400 for a share above 100.
    pub fn prevent_deletions(
        &mut self,
        ctx: &CallContext,
        prevention: Option<Prevention>,
        threshold: Option<u32>,
    ) -> Result<(), TenantError> {
        let (known, number) = self.deletion_prevention();
        let prevention = prevention.unwrap_or(known);
        let threshold = threshold.unwrap_or(if number == 0 { THRESHOLD } else { number });
        if prevention == Prevention::ForPercentage && threshold > 100 {
            return Err(TenantError::of("bad-combination", &[]));
        }
        Arc::make_mut(&mut self.switches).delete_threshold =
            (prevention == Prevention::ForCount).then_some(threshold);
        Arc::make_mut(&mut self.sync_settings).percentage =
            (prevention == Prevention::ForPercentage).then_some(threshold);
        self.audit_company(ctx, "Set DirSync feature");
        Ok(())
    }

    /// Whether a feature of synchronization is on, by its name in Graph.
    pub fn sync_feature(&self, name: &str) -> bool {
        let switches = &self.switches;
        match name {
            "blockSoftMatchEnabled" => switches.block_soft_match,
            "blockCloudObjectTakeoverThroughHardMatchEnabled" => switches.block_hard_match_takeover,
            "softMatchOnUpnEnabled" => switches.soft_match_upn,
            "synchronizeUpnForManagedUsersEnabled" => switches.update_upn_of_licensed,
            "quarantineUponUpnConflictEnabled" | "quarantineUponProxyAddressesConflictEnabled" => {
                switches.duplicate_attribute == DuplicateAttribute::Resiliency
            }
            _ => self.sync_settings.features.get(name).copied().unwrap_or(false),
        }
    }

    /// Switches a feature of synchronization. Those of matching and of duplicates change what the provisioning
    /// service does; the others are kept and told.
    ///
    /// # Errors
    /// 400 when a feature cannot be switched off any more (duplicate attribute resiliency, soft match by user
    /// principal name: directory-sync.md 2.1.6, 2.3.1).
    pub fn set_sync_feature(&mut self, ctx: &CallContext, name: &str, on: bool) -> Result<(), TenantError> {
        let quarantine = name.starts_with("quarantineUpon");
        let lasting = quarantine || name == "softMatchOnUpnEnabled";
        if lasting && !on && self.sync_feature(name) {
            return Err(TenantError::of("bad-combination", &[]));
        }
        let switches = Arc::make_mut(&mut self.switches);
        match name {
            "blockSoftMatchEnabled" => switches.block_soft_match = on,
            "blockCloudObjectTakeoverThroughHardMatchEnabled" => switches.block_hard_match_takeover = on,
            "softMatchOnUpnEnabled" => switches.soft_match_upn = on,
            "synchronizeUpnForManagedUsersEnabled" => switches.update_upn_of_licensed = on,
            _ if quarantine && on => switches.duplicate_attribute = DuplicateAttribute::Resiliency,
            _ if quarantine => {}
            _ => drop(Arc::make_mut(&mut self.sync_settings).features.insert(name.to_owned(), on)),
        }
        self.audit_company(ctx, "Set DirSync feature");
        Ok(())
    }

    /// An engine's export is over: what it says that it sent, and what of it was taken.
    pub fn finish_export(&mut self, ctx: &CallContext, total: u32, successful: u32) {
        let settings = Arc::make_mut(&mut self.sync_settings);
        settings.exported = (total, successful);
        settings.exported_at = Some(ctx.now);
    }

    /// What the last finished export sent, and what of it was taken, as the engine counted.
    pub fn last_export(&self) -> (u32, u32) {
        self.sync_settings.exported
    }

    /// How many live objects came from on premises.
    pub fn synchronized_count(&self) -> usize {
        ObjectKind::ALL
            .iter()
            .flat_map(|kind| self.iter(*kind))
            .filter(|object| object.is_synchronized())
            .count()
    }

    /// `PATCH` of the organization, whose names and types were checked. Switching synchronization off shuts engines
    /// out at once; its objects stay read-only until the switch `sync_off_delay` is over, and are the cloud's then
    /// (directory-sync.md 2.5.6). Switched on again before, everything is as it was.
    pub fn update_organization(
        &mut self,
        ctx: &CallContext,
        values: &serde_json::Map<String, serde_json::Value>,
    ) {
        let organization = Arc::make_mut(&mut self.organization);
        let mut switched = false;
        for (name, value) in values {
            match name.as_str() {
                "onPremisesSyncEnabled" => {
                    let was = organization.on_premises_sync_enabled == Some(true);
                    organization.on_premises_sync_enabled = value.as_bool();
                    switched = true;
                    let settings = Arc::make_mut(&mut self.sync_settings);
                    match value.as_bool() {
                        Some(false) if was => {
                            settings.released_at = Some(ctx.now.plus(self.switches.sync_off_delay));
                        }
                        Some(true) => settings.released_at = None,
                        _ => {}
                    }
                }
                "technicalNotificationMails" => {
                    let mails = value.as_array().into_iter().flatten().filter_map(serde_json::Value::as_str);
                    organization.technical_notification_mails = mails.map(str::to_owned).collect();
                }
                _ => drop(organization.settings.insert(name.clone(), value.clone())),
            }
        }
        let activity = if switched { "Set DirSyncEnabled flag" } else { "Set Company Information" };
        self.audit_company(ctx, activity);
    }

    /// Hands all synchronized objects over to the cloud, deleted ones too, once the time for it is over. Their source
    /// anchors are remembered, so that they are found again.
    pub(super) fn release_synchronized(&mut self, now: SimTime) {
        let Some(_) = self.sync_settings.released_at.filter(|due| *due <= now) else { return };
        Arc::make_mut(&mut self.sync_settings).released_at = None;
        Arc::make_mut(&mut self.cloud_managed).clear();
        let live = ObjectKind::ALL.into_iter().flat_map(|kind| self.iter(kind)).chain(self.deleted());
        let known: Vec<Guid> = live.filter(|own| own.shadow.is_some()).map(|own| own.id).collect();
        let mut changed = PropertySet::default();
        changed.insert(Property::OnPremisesSyncEnabled);
        for slot in known.into_iter().filter_map(|id| self.store.slot(id)).collect::<Vec<_>>() {
            self.store.edit(slot, |object| {
                object.set(Property::OnPremisesSyncEnabled, None);
                object.errors.clear();
                object.shadow.iter_mut().for_each(|shadow| {
                    shadow.released = true;
                    shadow.mobile_override = false;
                });
            });
            self.store.record(slot, now, ChangeKind::Updated(changed));
        }
    }

    pub(crate) fn audit_company(&mut self, ctx: &CallContext, activity: &'static str) {
        let (id, name) = (self.id().to_string(), self.organization.display_name.clone());
        self.audit(AuditEvent::new(ctx, activity).target(AuditTarget::other("Directory", &id, &name)));
    }

    /// Whether a synchronized object was handed over to the cloud.
    pub fn is_cloud_managed(&self, id: Guid) -> bool {
        self.cloud_managed.contains(&id)
    }

    /// Hands a synchronized object over to the cloud, or back: from then on the other side's changes are ignored.
    ///
    /// # Errors
    /// 404 for an unknown object; 400 for one that no engine knows.
    pub fn manage_in_cloud(&mut self, ctx: &CallContext, id: Guid, cloud: bool) -> Result<(), TenantError> {
        let kinds = [ObjectKind::User, ObjectKind::Group, ObjectKind::Contact];
        let slot = self.slot_of(id, &kinds)?;
        let Some(before) = self.store.at(slot).cloned() else {
            return Err(TenantError::not_found(&id.to_string()));
        };
        if before.source_anchor().is_none() {
            return Err(TenantError::of("not-synchronized", &[]));
        }
        let managed = Arc::make_mut(&mut self.cloud_managed);
        let changed = if cloud { managed.insert(id) } else { managed.remove(&id) };
        if !changed {
            return Ok(());
        }
        self.store
            .edit(slot, |object| object.set(Property::OnPremisesSyncEnabled, Some(Stored::Bool(!cloud))));
        let mut set = PropertySet::default();
        set.insert(Property::OnPremisesSyncEnabled);
        self.store.record(slot, ctx.now, ChangeKind::Updated(set));
        if before.kind != ObjectKind::Contact {
            self.audit_changes(ctx, &before, set, false);
        }
        Ok(())
    }
}
