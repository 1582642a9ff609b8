//! Which cloud object an incoming one is: hard match, soft match, or none (directory-sync.md 2.1).

use super::faults::SyncFault;
use crate::ids::Guid;
use crate::tenant::Tenant;
use crate::tenant::address::{is_smtp, primary};
use crate::tenant::object::{CloudObject, Shadow};
use crate::tenant::property::{ObjectKind, Property};
use crate::tenant::store::{Key, Slot};
use crate::tenant::switches::{DuplicateAttribute, SoftMatchOn};

/// What was found for an incoming object.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Match {
    /// It is this one, and was synchronized before.
    Known(Slot),
    /// It is this deleted one.
    Deleted(Slot),
    /// It is this cloud-only one, which it takes over.
    TakeOver(Slot),
    /// It is new.
    None,
    /// It is new, but for this reason is not the object that holds its values.
    Blocked(SyncFault),
}

impl Tenant {
    pub(crate) fn anchored(&self, kind: ObjectKind, anchor: &str) -> Option<(Slot, &CloudObject)> {
        let mut found: Vec<_> =
            self.store.find(Key::Anchor, anchor).filter(|(_, object)| object.kind == kind).collect();
        // a live one first; of deleted ones the latest
        found.sort_by_key(|(slot, object)| (object.deleted.is_some(), std::cmp::Reverse(*slot)));
        found.into_iter().next()
    }

    /// The live object of any kind with this source anchor.
    pub(crate) fn referenced(&self, anchor: &str) -> Option<Guid> {
        let live = |found: &(Slot, &CloudObject)| found.1.deleted.is_none() && found.1.shadow.is_some();
        self.store.find(Key::Anchor, anchor).find(live).map(|(_, object)| object.id)
    }

    /// Whether a synchronization engine masters an object, as far as it was not handed over: not one that was only
    /// made in the cloud, nor one that is out of scope (`onPremisesSyncEnabled` false), nor one of before
    /// synchronization was switched off (directory-sync.md 2.1.8).
    pub(crate) fn is_engines(&self, object: &CloudObject) -> bool {
        object.shadow.as_ref().is_some_and(|shadow| !shadow.released)
            && (object.is_synchronized() || self.is_cloud_managed(object.id))
    }

    pub(crate) fn match_object(&self, kind: ObjectKind, shadow: &Shadow) -> Result<Match, SyncFault> {
        let other = |found: &(Slot, &CloudObject)| {
            found.1.kind != kind && found.1.deleted.is_none() && found.1.shadow.is_some()
        };
        if let Some((_, other)) = self.store.find(Key::Anchor, &shadow.anchor).find(other) {
            let values = format!("sourceAnchor {} of a {}", shadow.anchor, other.kind.name());
            return Err(SyncFault::of("type-mismatch", &[("values", &values)]));
        }
        let block = self.switches.block_hard_match_takeover;
        match self.anchored(kind, &shadow.anchor) {
            Some((slot, object)) if object.deleted.is_none() && self.is_engines(object) => {
                return Ok(Match::Known(slot));
            }
            // also one that was out of scope, or that the cloud got when synchronization was switched off
            Some((_, object)) if kind == ObjectKind::User && block => {
                let fault = SyncFault::of("hard-match", &[("id", &object.id.to_string())]);
                return Err(fault);
            }
            // there is no second object with its immutable ID that could be quarantined
            Some((_, object)) if object.shadow.is_none() && self.has_admin_role(object.id) => {
                return Err(SyncFault::of("admin-role", &[("values", &object.id.to_string())]));
            }
            Some((slot, object)) if object.deleted.is_none() => return Ok(Match::TakeOver(slot)),
            // only users come back (directory-sync.md 2.5.2)
            Some((slot, _)) if kind == ObjectKind::User => return Ok(Match::Deleted(slot)),
            _ => {}
        }
        self.soft_match(kind, shadow)
    }

    fn soft_match(&self, kind: ObjectKind, shadow: &Shadow) -> Result<Match, SyncFault> {
        if self.switches.block_soft_match {
            return Ok(Match::None);
        }
        let by_address = self.same_address(kind, shadow);
        if let Some((_, object)) = &by_address
            && object.kind != kind
        {
            let values = format!("proxyAddresses of the {} {}", object.kind.name(), object.id);
            return Err(SyncFault::of("type-mismatch", &[("values", &values)]));
        }
        let by_name = || {
            let upn = shadow.user_principal_name.as_deref()?;
            let cloud_only = |found: &(Slot, &CloudObject)| is_cloud_only(found.1);
            self.holder_of_upn(upn, None).filter(cloud_only)
        };
        let by_name = (kind == ObjectKind::User && self.switches.soft_match_upn).then(by_name).flatten();
        let Some((slot, object)) = by_address.or(by_name) else { return Ok(Match::None) };
        if self.has_admin_role(object.id) {
            let fault = SyncFault::of("admin-role", &[("values", &object.id.to_string())]);
            return match self.switches.duplicate_attribute {
                // directory-sync.md 2.1.5: the quarantined object has to be deleted, so there is one
                DuplicateAttribute::Resiliency => Ok(Match::Blocked(fault)),
                DuplicateAttribute::FirstWins => Err(fault),
            };
        }
        Ok(Match::TakeOver(slot))
    }

    /// The cloud-only object, of whatever kind, with one of the addresses that the switch compares.
    /// Groups and contacts are compared by proxyAddresses only (directory-sync.md 2.1.4).
    fn same_address(&self, kind: ObjectKind, shadow: &Shadow) -> Option<(Slot, &CloudObject)> {
        let sent = shadow.proxy_addresses.iter().map(AsRef::as_ref);
        let own: Vec<String> = if self.switches.soft_match_on == SoftMatchOn::All {
            sent.filter(|proxy| is_smtp(proxy)).map(str::to_owned).collect()
        } else {
            let mail = shadow.mail.as_deref().filter(|_| kind == ObjectKind::User);
            primary(sent).or(mail).map(|address| format!("SMTP:{address}")).into_iter().collect()
        };
        let primary_only = self.switches.soft_match_on == SoftMatchOn::Primary;
        own.iter().find_map(|address| {
            self.store.find(Key::ProxyAddress, address).find(|(_, object)| {
                let same = |proxy: &&str| crate::tenant::store::same_folded(proxy, address);
                let is_primary = || {
                    object
                        .proxy_addresses()
                        .iter()
                        .map(AsRef::as_ref)
                        .find(same)
                        .is_some_and(|p| p.starts_with("SMTP:"))
                };
                is_cloud_only(object) && (!primary_only || is_primary())
            })
        })
    }
}

/// Cloud-managed without an immutable ID: what a soft match may take over.
fn is_cloud_only(object: &CloudObject) -> bool {
    object.shadow.is_none() && object.stored(Property::OnPremisesImmutableId).is_none()
}
