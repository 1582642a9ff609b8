//! API-driven inbound provisioning: synchronization jobs, SCIM uploads, and what became of each operation.
//!
//! An upload is only taken in; a cycle of the job carries it out later, on the virtual clock.

mod cycle;
mod mapping;

pub use cycle::{ProvisioningAction, ProvisioningEntry};
pub use mapping::AttributeMapping;

use super::property::ObjectKind;
use super::{AuditEvent, AuditTarget, CallContext, Tenant, TenantError};
use crate::clock::SimTime;
use crate::ids::Guid;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// How long an upload waits for its cycle.
const WAIT: Duration = Duration::from_secs(40);
/// Most operations of one request (microsoft-graph.md 2.4).
const OPERATIONS_MAX: usize = 50;
/// Most requests of a second (microsoft-graph.md 2.4).
const REQUESTS_MAX: u32 = 40;
/// Most uploads that wait.
const WAITING_MAX: usize = 2000;
/// Most octets of their JSON together.
const WAITING_OCTETS_MAX: usize = 64 * 1024 * 1024;
/// Most jobs of a tenant.
const JOBS_MAX: usize = 100;

/// One operation of an upload.
#[derive(Debug, Clone, PartialEq)]
pub struct UploadOperation {
    /// What the client calls it.
    pub bulk_id: String,
    /// The SCIM user.
    pub data: Value,
}

#[derive(Debug, Clone)]
struct Upload {
    job: String,
    due: SimTime,
    cycle: Guid,
    operations: Vec<UploadOperation>,
    octets: usize,
}

/// A synchronization job of a service principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncJob {
    /// `API2AAD.{tenant}.{guid}`.
    pub id: String,
    /// Whose job it is.
    pub service_principal: Guid,
    /// The template that it was made from.
    pub template: String,
    /// Whether it runs; none before its first start.
    pub started: Option<bool>,
    /// When its last cycle ended.
    pub last_run: Option<SimTime>,
    /// Operations taken in by its last cycle.
    pub imported: u64,
    /// Those of them that changed the tenant.
    pub exported: u64,
    /// Users that it has made or matched.
    pub synchronized: u64,
    /// The second of the last request, and how many there were in it.
    requests: (i64, u32),
}

/// Jobs and what waits for them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Inbound {
    jobs: BTreeMap<String, SyncJob>,
    waiting: VecDeque<Upload>,
    uploads: u64,
    /// Jobs ever made: the number of the next one.
    made: u64,
}

impl Tenant {
    /// The jobs of a service principal.
    pub fn sync_jobs(&self, service_principal: Guid) -> impl Iterator<Item = &SyncJob> {
        self.inbound.jobs.values().filter(move |job| job.service_principal == service_principal)
    }

    /// A job of a service principal.
    ///
    /// # Errors
    /// 404 when it has none of this id.
    pub fn sync_job(&self, service_principal: Guid, id: &str) -> Result<&SyncJob, TenantError> {
        let found = self.sync_jobs(service_principal).find(|job| job.id.eq_ignore_ascii_case(id));
        found.ok_or_else(|| TenantError::not_found(id))
    }

    /// `POST .../synchronization/jobs`: a job of a template, which does not run yet.
    ///
    /// # Errors
    /// 404 for an unknown service principal; 400 for a template that is none, or when there are too many jobs.
    pub fn create_sync_job(
        &mut self,
        ctx: &CallContext,
        service_principal: Guid,
        template: &str,
    ) -> Result<String, TenantError> {
        self.slot_of(service_principal, &[ObjectKind::ServicePrincipal])?;
        let fine = !template.is_empty()
            && template.len() <= 64
            && template.bytes().all(|b| b.is_ascii_alphanumeric());
        if !fine || self.inbound.jobs.len() >= JOBS_MAX {
            return Err(TenantError::of("job-template", &[]));
        }
        let number = self.inbound.made;
        let own = self.seed.guid("synchronizationJob", &service_principal.to_string(), number);
        let id = format!("{template}.{}.{own}", self.id().to_string().replace('-', ""));
        let job = SyncJob {
            id: id.clone(),
            service_principal,
            template: template.to_owned(),
            started: None,
            last_run: None,
            imported: 0,
            exported: 0,
            synchronized: 0,
            requests: (0, 0),
        };
        let inbound = Arc::make_mut(&mut self.inbound);
        inbound.made += 1;
        inbound.jobs.insert(id.clone(), job);
        self.audit_job(ctx, "Add provisioning configuration", &id);
        Ok(id)
    }

    fn audit_job(&mut self, ctx: &CallContext, activity: &'static str, id: &str) {
        self.audit(AuditEvent::new(ctx, activity).target(AuditTarget::other("ServicePrincipal", id, id)));
    }

    /// Starts or pauses a job. What was uploaded meanwhile waits for the start.
    ///
    /// # Errors
    /// 404 for an unknown one.
    pub fn run_sync_job(
        &mut self,
        ctx: &CallContext,
        principal: Guid,
        id: &str,
        run: bool,
    ) -> Result<(), TenantError> {
        let id = self.sync_job(principal, id)?.id.clone();
        if let Some(job) = Arc::make_mut(&mut self.inbound).jobs.get_mut(&id) {
            job.started = Some(run);
        }
        self.audit_job(ctx, if run { "Start provisioning" } else { "Pause provisioning" }, &id);
        Ok(())
    }

    /// Takes a job away, with what waits for it.
    ///
    /// # Errors
    /// 404 for an unknown one.
    pub fn delete_sync_job(
        &mut self,
        ctx: &CallContext,
        principal: Guid,
        id: &str,
    ) -> Result<(), TenantError> {
        let id = self.sync_job(principal, id)?.id.clone();
        let inbound = Arc::make_mut(&mut self.inbound);
        inbound.jobs.remove(&id);
        inbound.waiting.retain(|upload| upload.job != id);
        self.audit_job(ctx, "Update provisioning setting or credentials", &id);
        Ok(())
    }

    /// `bulkUpload`: takes operations in; the job's next cycle carries them out.
    ///
    /// # Errors
    /// 404 for an unknown job; 400 for more than 50 operations; 429 for more than 40 requests in a second, or when
    /// too much waits already.
    pub fn upload(
        &mut self,
        ctx: &CallContext,
        principal: Guid,
        id: &str,
        operations: Vec<UploadOperation>,
    ) -> Result<(), TenantError> {
        let id = self.sync_job(principal, id)?.id.clone();
        if operations.is_empty() || operations.len() > OPERATIONS_MAX {
            return Err(TenantError::of("upload-operations", &[("max", &OPERATIONS_MAX.to_string())]));
        }
        let number = self.inbound.uploads;
        let cycle = self.seed.guid("provisioningCycle", &id, number);
        let inbound = Arc::make_mut(&mut self.inbound);
        let octets =
            operations.iter().map(|one| one.bulk_id.len() + one.data.to_string().len()).sum::<usize>();
        let held: usize = inbound.waiting.iter().map(|upload| upload.octets).sum();
        let full = inbound.waiting.len() >= WAITING_MAX || held + octets > WAITING_OCTETS_MAX;
        if let Some(job) = inbound.jobs.get_mut(&id) {
            let second = ctx.now.seconds();
            job.requests = if job.requests.0 == second { (second, job.requests.1 + 1) } else { (second, 1) };
            if job.requests.1 > REQUESTS_MAX || full {
                return Err(TenantError::of("upload-throttled", &[]));
            }
        }
        inbound.uploads += 1;
        inbound.waiting.push_back(Upload { job: id, due: ctx.now.plus(WAIT), cycle, operations, octets });
        Ok(())
    }

    /// The provisioning log of the last 30 days, the oldest entry first; each with its number.
    pub fn provisioning_log(&self) -> impl DoubleEndedIterator<Item = (u64, &ProvisioningEntry)> {
        self.logs.provisioning.numbered()
    }
}
