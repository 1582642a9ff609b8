//! The provisioning service: what the tenant makes of the objects that a synchronization engine sends.

mod attributes;
mod faults;
mod matching;
mod read_back;
mod set;
mod types;

pub use read_back::{ReadBack, ReadBackCookie};
pub use types::{
    ProvisionRequest, ProvisionResponse, SyncObject, SyncOperation, SyncOutcome, SyncResult, SyncType,
};

use super::property::ObjectKind;
use super::{CallContext, Tenant};
use attributes::References;
use faults::SyncFault;
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
    /// to nothing are dropped. A Set that changes nothing leaves no trace.
    pub fn provision(&mut self, ctx: &CallContext, objects: &[SyncObject]) -> Vec<SyncResult> {
        let mut taken: Vec<Result<Option<Taken>, SyncFault>> =
            objects.iter().map(|object| self.provision_one(ctx, object)).collect();
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

    fn provision_one(&mut self, ctx: &CallContext, object: &SyncObject) -> Result<Option<Taken>, SyncFault> {
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
            SyncOperation::Set | SyncOperation::Add => self.set_object(ctx, kind, object).map(Some),
            SyncOperation::Delete => self.delete_object(ctx, kind, object),
        }
    }

    fn delete_object(
        &mut self,
        ctx: &CallContext,
        kind: ObjectKind,
        object: &SyncObject,
    ) -> Result<Option<Taken>, SyncFault> {
        let found = self
            .anchored(kind, &object.source_anchor)
            .map(|(slot, found)| (slot, found.deleted.is_some(), found.shadow.is_some()));
        match found {
            Some((slot, false, true))
                if self.store.at(slot).is_some_and(|own| self.is_cloud_managed(own.id)) =>
            {
                Ok(None)
            }
            Some((slot, false, true)) => {
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
            Some((_, true, true)) => Ok(None),
            // a cloud-only object is not the engine's (directory-sync.md 2.4, error 114)
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
