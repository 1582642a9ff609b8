//! A cycle of a job: each operation makes, changes or disables a user, and leaves an entry of the log.

use super::mapping::at;
use super::{Upload, UploadOperation};
use crate::clock::SimTime;
use crate::ids::Guid;
use crate::tenant::audit::Timed;
use crate::tenant::property::{ObjectKind, Property};
use crate::tenant::{CallContext, ModifiedProperty, Tenant, TenantError};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// What an operation came to (`provisioningAction`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProvisioningAction {
    /// A user was made.
    Create,
    /// A user was changed.
    Update,
    /// An account was switched off.
    Disable,
    /// Nothing had to be done.
    Other,
}

impl ProvisioningAction {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            ProvisioningAction::Create => "create",
            ProvisioningAction::Update => "update",
            ProvisioningAction::Disable => "disable",
            ProvisioningAction::Other => "other",
        }
    }
}

/// One entry of the provisioning log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvisioningEntry {
    /// Its id.
    pub id: Guid,
    /// When.
    pub at: SimTime,
    /// The job.
    pub job: String,
    /// The service principal of the job.
    pub service_principal: Guid,
    /// What ties the operations of one upload together.
    pub cycle: Guid,
    /// What happened.
    pub action: ProvisioningAction,
    /// Code and reason of a failure.
    pub failure: Option<(String, String)>,
    /// The user in the source, by `externalId`; and its name.
    pub source: (String, String),
    /// The user in the tenant.
    pub target: Option<(Guid, String)>,
    /// What changed.
    pub modified: Vec<ModifiedProperty>,
}

impl Timed for ProvisioningEntry {
    fn at(&self) -> SimTime {
        self.at
    }
}

/// Users by their `employeeId`; of several with one the oldest.
type Matches = BTreeMap<String, Guid>;

/// What an operation did.
struct Done {
    action: ProvisioningAction,
    target: Guid,
    modified: Vec<ModifiedProperty>,
}

impl Tenant {
    /// Carries out the uploads of running jobs whose cycle has come.
    pub(crate) fn run_inbound(&mut self, now: SimTime) {
        let runs = |tenant: &Tenant, upload: &Upload| {
            let started = tenant.inbound.jobs.get(&upload.job).and_then(|job| job.started);
            upload.due <= now && started == Some(true)
        };
        if !self.inbound.waiting.iter().any(|upload| runs(self, upload)) {
            return;
        }
        let waiting = std::mem::take(&mut Arc::make_mut(&mut self.inbound).waiting);
        let (due, rest): (VecDeque<Upload>, VecDeque<Upload>) =
            waiting.into_iter().partition(|own| runs(self, own));
        Arc::make_mut(&mut self.inbound).waiting = rest;
        let mut matches = self.matches();
        for upload in due {
            self.cycle(
                &upload,
                &mut matches,
                upload.due.max(now.minus(std::time::Duration::from_secs(3600))),
            );
        }
    }

    fn cycle(&mut self, upload: &Upload, matches: &mut Matches, now: SimTime) {
        let ctx = CallContext { now, app: None };
        let mut exported = 0;
        let results: Vec<_> =
            upload.operations.iter().map(|one| self.provision_scim(&ctx, one, matches)).collect();
        // managers may come later in the same upload
        for (operation, result) in upload.operations.iter().zip(&results) {
            if let Ok(done) = result {
                self.refer_manager(now, done.target, &operation.data, matches);
            }
        }
        let mut made = 0;
        for (number, (operation, result)) in upload.operations.iter().zip(results).enumerate() {
            exported += u64::from(result.as_ref().is_ok_and(|done| done.action != ProvisioningAction::Other));
            made += u64::from(result.as_ref().is_ok_and(|done| done.action == ProvisioningAction::Create));
            self.log_operation(upload, number as u64, operation, result, now);
        }
        if let Some(job) = Arc::make_mut(&mut self.inbound).jobs.get_mut(&upload.job) {
            job.last_run = Some(now);
            job.imported = upload.operations.len() as u64;
            job.exported = exported;
            job.synchronized += made;
        }
    }

    fn log_operation(
        &mut self,
        upload: &Upload,
        number: u64,
        operation: &UploadOperation,
        result: Result<Done, TenantError>,
        now: SimTime,
    ) {
        let text = |path| at(&operation.data, path).and_then(Value::as_str).unwrap_or("").to_owned();
        let name = |id: Guid| {
            self.object(id).and_then(|user| user.text(Property::DisplayName)).unwrap_or("").to_owned()
        };
        let (action, target, modified, failure) = match result {
            Ok(done) => (done.action, Some((done.target, name(done.target))), done.modified, None),
            Err(error) => {
                (ProvisioningAction::Other, None, Vec::new(), Some((error.code.to_owned(), error.message)))
            }
        };
        let service_principal =
            self.inbound.jobs.get(&upload.job).map_or(Guid::NIL, |job| job.service_principal);
        let entry = ProvisioningEntry {
            id: self.seed.guid("provisioningEntry", &upload.cycle.to_string(), number),
            at: now,
            job: upload.job.clone(),
            service_principal,
            cycle: upload.cycle,
            action,
            failure,
            source: (text("externalId"), text("displayName")),
            target,
            modified,
        };
        self.logs.provisioning.push(entry);
    }

    fn matches(&self) -> Matches {
        let mut matches = Matches::new();
        for user in self.iter(ObjectKind::User) {
            if let Some(external) = user.text(Property::EmployeeId) {
                matches.entry(external.to_owned()).or_insert(user.id());
            }
        }
        matches
    }

    fn provision_scim(
        &mut self,
        ctx: &CallContext,
        operation: &UploadOperation,
        matches: &mut Matches,
    ) -> Result<Done, TenantError> {
        let external = at(&operation.data, "externalId").and_then(Value::as_str).filter(|id| !id.is_empty());
        let external = external.ok_or_else(|| TenantError::of("upload-external-id", &[]))?;
        let mut body = self.mapped(&operation.data);
        let Some(id) = matches.get(external).copied() else {
            let done = self.create_from(ctx, body)?;
            let made = self.object(done.target).and_then(|user| user.text(Property::EmployeeId));
            made.map(|external| matches.entry(external.to_owned()).or_insert(done.target));
            return Ok(done);
        };
        let known = self.object(id).map(|user| {
            let same = |(name, value): &(&String, &Value)| {
                let property = Property::parse(ObjectKind::User, name);
                property.is_some_and(|property| self.property(user, property).to_json() == **value)
            };
            body.iter().filter(same).map(|(name, _)| name.clone()).collect::<Vec<_>>()
        });
        known.into_iter().flatten().for_each(|name| drop(body.remove(&name)));
        if body.is_empty() {
            return Ok(Done { action: ProvisioningAction::Other, target: id, modified: Vec::new() });
        }
        let modified = modified(self, Some(id), &body);
        let disable = body.get("accountEnabled") == Some(&Value::Bool(false));
        self.update(ctx, id, &body)?;
        let action = if disable { ProvisioningAction::Disable } else { ProvisioningAction::Update };
        Ok(Done { action, target: id, modified })
    }

    fn create_from(&mut self, ctx: &CallContext, mut body: Map<String, Value>) -> Result<Done, TenantError> {
        let modified = modified(self, None, &body);
        let upn = body.get("userPrincipalName").and_then(Value::as_str).unwrap_or("").to_owned();
        let nickname = upn.split('@').next().unwrap_or("");
        let password = format!("Up!{:016x}", self.seed.hash("uploadPassword", &upn, 0));
        body.insert("mailNickname".to_owned(), Value::from(nickname));
        body.insert("passwordProfile".to_owned(), json!({ "password": password }));
        body.entry("accountEnabled").or_insert(Value::Bool(true));
        let target = self.create_user(ctx, &body)?;
        Ok(Done { action: ProvisioningAction::Create, target, modified })
    }

    /// A manager is named by its `externalId` (microsoft-graph.md 2.4).
    fn refer_manager(&mut self, now: SimTime, user: Guid, data: &Value, matches: &Matches) {
        let manager = at(data, "enterprise.manager.value").and_then(Value::as_str);
        let manager =
            manager.and_then(|external| matches.get(external).copied()).filter(|manager| *manager != user);
        if let (Some(manager), Ok(slot)) = (manager, self.slot_of(user, &[ObjectKind::User])) {
            self.set_manager(slot, Some(manager), now);
        }
    }
}

fn modified(tenant: &Tenant, user: Option<Guid>, body: &Map<String, Value>) -> Vec<ModifiedProperty> {
    let user = user.and_then(|id| tenant.object(id));
    let text = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let one = |(name, value): (&String, &Value)| {
        let property = Property::parse(ObjectKind::User, name);
        let old =
            user.zip(property).and_then(|(user, property)| text(&tenant.property(user, property).to_json()));
        ModifiedProperty { name: name.clone(), old, new: text(value) }
    };
    body.iter().map(one).collect()
}
