//! The provisioning service: what the tenant makes of the objects that a synchronization engine sends.

mod attributes;
mod credentials;
mod faults;
mod matching;
mod names;
mod read_back;
mod set;
mod size;
mod types;

pub use faults::SyncFault;
pub use read_back::{ReadBack, ReadBackCookie};
pub use types::{
    ProvisionRequest, ProvisionResponse, ServiceVersion, SyncCredential, SyncCredentialResult, SyncObject,
    SyncOperation, SyncOutcome, SyncResult, SyncType,
};

use super::property::{ObjectKind, Property, Stored};
use super::{CallContext, Tenant};
use attributes::References;
use std::sync::Arc;

/// What became of one object.
struct Taken {
    id: crate::ids::Guid,
    kind: ObjectKind,
    /// Values that were set aside, or a match that was refused.
    partly: Option<SyncFault>,
    references: References,
}

impl Tenant {
    /// `ProvisionAzureADSyncObjects`: one result an object, in the same order.
    ///
    /// Set and Add create or update by source anchor, Delete deletes. References (members, manager) are
    /// resolved once all objects of the call are there, so their order does not matter; those that resolve
    /// to nothing are dropped. A Set that changes nothing leaves no trace. What comes after an object for which
    /// the tenant has no room is refused with it.
    pub fn provision(&mut self, ctx: &CallContext, objects: &[SyncObject]) -> Vec<SyncResult> {
        self.provision_as(ctx, objects, ServiceVersion::Second)
    }

    /// The same for an engine that speaks this version of the service.
    pub fn provision_as(
        &mut self,
        ctx: &CallContext,
        objects: &[SyncObject],
        version: ServiceVersion,
    ) -> Vec<SyncResult> {
        if let Err(fault) = self.check_activated() {
            return objects.iter().map(|object| answer(object, Err(fault.clone()))).collect();
        }
        let mut stopped: Option<SyncFault> = None;
        let mut taken: Vec<Result<Option<Taken>, SyncFault>> = Vec::with_capacity(objects.len());
        for object in objects {
            let result = match &stopped {
                Some(fault) => Err(fault.clone()),
                None => self.provision_one(ctx, object, version),
            };
            if let Err(fault) = &result
                && fault.stops_all()
            {
                stopped = Some(fault.clone());
            }
            taken.push(result);
        }
        for one in taken.iter_mut().flatten().flatten() {
            let references = std::mem::take(&mut one.references);
            self.refer(ctx, one.id, references);
        }
        if taken.iter().any(Result::is_ok) {
            let organization = Arc::make_mut(&mut self.organization);
            organization.on_premises_sync_enabled = Some(true);
            organization.on_premises_last_sync = Some(ctx.now);
        }
        objects.iter().zip(taken).map(|(object, result)| answer(object, result)).collect()
    }

    /// An engine that was switched off is not let in. One that never was switched on is: the first call does it.
    fn check_activated(&self) -> Result<(), SyncFault> {
        match self.organization.on_premises_sync_enabled {
            Some(false) => Err(SyncFault::of("not-activated", &[])),
            _ => Ok(()),
        }
    }

    fn provision_one(
        &mut self,
        ctx: &CallContext,
        object: &SyncObject,
        version: ServiceVersion,
    ) -> Result<Option<Taken>, SyncFault> {
        let kind = match object.object_type {
            SyncType::User => ObjectKind::User,
            SyncType::Group => ObjectKind::Group,
            SyncType::Contact => ObjectKind::Contact,
            SyncType::Device => return Err(SyncFault::of("type", &[("attribute", "Device")])),
        };
        if !attributes::is_anchor(&object.source_anchor) {
            return Err(SyncFault::of("data", &[("attribute", "SourceAnchor")]));
        }
        match object.operation {
            SyncOperation::Set | SyncOperation::Add => self.set_object(ctx, kind, object, version).map(Some),
            SyncOperation::Delete => self.delete_object(ctx, kind, object),
        }
    }

    fn delete_object(
        &mut self,
        ctx: &CallContext,
        kind: ObjectKind,
        object: &SyncObject,
    ) -> Result<Option<Taken>, SyncFault> {
        let named = object.properties.iter().find(|(key, _)| key.eq_ignore_ascii_case("CloudAnchor"));
        if let Some(id) = named.and_then(|(_, value)| value.as_str()).and_then(id_of_anchor)
            && self.object(id).is_some_and(|named| named.shadow.is_none())
        {
            return Err(SyncFault::of("delete-cloud-only", &[]));
        }
        let found = self.anchored(kind, &object.source_anchor).map(|(slot, found)| {
            (slot, found.deleted.is_some(), found.shadow.is_some(), self.is_engines(found))
        });
        match found {
            Some((slot, false, _, true))
                if self.store.at(slot).is_some_and(|own| self.is_cloud_managed(own.id)) =>
            {
                Ok(None)
            }
            Some((slot, false, _, true)) => {
                // directory-sync.md 2.1.8: it was synchronized, and is out of scope
                let off = Some(Stored::Bool(false));
                self.store.edit(slot, |object| object.set(Property::OnPremisesSyncEnabled, off));
                self.soft_delete(slot, ctx.now);
                if let Some(id) = self.store.at(slot).map(|object| object.id) {
                    self.audit_life(ctx, ["Delete user", "Delete group"], id);
                }
                if kind == ObjectKind::Contact {
                    self.purge(slot, ctx.now);
                }
                Ok(None)
            }
            // gone already: an engine that lost the answer sends it again
            Some((_, true, true, _)) => Ok(None),
            // a cloud-only object is not the engine's, nor one that was restored in the cloud (directory-sync.md 2.4,
            // error 114)
            _ => {
                let id = self.seed.guid("trackingId", &object.source_anchor, self.last_change());
                Err(SyncFault::of("delete", &[("id", &id.to_string())]))
            }
        }
    }
}

fn answer(object: &SyncObject, result: Result<Option<Taken>, SyncFault>) -> SyncResult {
    let (outcome, taken, fault) = match result {
        Ok(Some(mut taken)) => {
            let partly = taken.partly.take();
            (SyncOutcome::Success, Some(taken), partly)
        }
        Ok(None) => (SyncOutcome::Success, None, None),
        Err(fault) => (SyncOutcome::Failure, None, Some(fault)),
    };
    SyncResult {
        source_anchor: object.source_anchor.clone(),
        cloud_anchor: taken.map(|taken| format!("{}_{}", taken.kind.name(), taken.id)),
        result: outcome,
        error_code: fault.as_ref().map(|fault| fault.code.to_owned()),
        error_description: fault.map(|fault| fault.text),
    }
}

/// The object id of a cloud anchor: `User_<object id>`.
fn id_of_anchor(anchor: &str) -> Option<crate::ids::Guid> {
    crate::ids::Guid::parse(anchor.split_once('_')?.1)
}
