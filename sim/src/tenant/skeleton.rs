//! Calls whose rules come in the next commits: each refuses honestly.

use super::{AddLicense, CallContext, SyncObject, SyncOutcome, SyncResult, Tenant, TenantError};
use crate::clock::SimTime;
use crate::ids::Guid;
use serde_json::{Map, Value};

fn not_yet() -> TenantError {
    TenantError {
        status: 501,
        code: "NotImplemented",
        message: "This operation target is not yet supported.".to_owned(),
        details: Vec::new(),
    }
}

impl Tenant {
    /// `POST /users`.
    pub fn create_user(
        &mut self,
        _ctx: &CallContext,
        _body: &Map<String, Value>,
    ) -> Result<Guid, TenantError> {
        Err(not_yet())
    }

    /// `POST /groups`.
    pub fn create_group(
        &mut self,
        _ctx: &CallContext,
        _body: &Map<String, Value>,
    ) -> Result<Guid, TenantError> {
        Err(not_yet())
    }

    /// `PATCH` of a user or group.
    pub fn update(
        &mut self,
        _ctx: &CallContext,
        _id: Guid,
        _body: &Map<String, Value>,
    ) -> Result<(), TenantError> {
        Err(not_yet())
    }

    /// `DELETE` of a user or group.
    pub fn delete(&mut self, _ctx: &CallContext, _id: Guid) -> Result<(), TenantError> {
        Err(not_yet())
    }

    /// `POST /groups/{id}/members/$ref`.
    pub fn add_member(&mut self, _ctx: &CallContext, _group: Guid, _member: Guid) -> Result<(), TenantError> {
        Err(not_yet())
    }

    /// `DELETE /groups/{id}/members/{id}/$ref`.
    pub fn remove_member(
        &mut self,
        _ctx: &CallContext,
        _group: Guid,
        _member: Guid,
    ) -> Result<(), TenantError> {
        Err(not_yet())
    }

    /// `POST /users/{id}/assignLicense`.
    pub fn assign_license(
        &mut self,
        _ctx: &CallContext,
        _user: Guid,
        _add: &[AddLicense],
        _remove: &[Guid],
    ) -> Result<(), TenantError> {
        Err(not_yet())
    }

    /// The provisioning operation: one result an object, in the same order.
    pub fn provision(&mut self, _ctx: &CallContext, objects: &[SyncObject]) -> Vec<SyncResult> {
        let refused = |object: &SyncObject| SyncResult {
            source_anchor: object.source_anchor.clone(),
            cloud_anchor: None,
            result: SyncOutcome::Failure,
            error_code: Some("NotImplemented".to_owned()),
            error_description: Some("The operation is not yet supported.".to_owned()),
        };
        objects.iter().map(refused).collect()
    }

    /// Does what falls due until an instant: the conflict sweeper, purges.
    pub fn run_due(&mut self, _now: SimTime) {}
}
