//! Synchronization jobs of a service principal, `bulkUpload`, and `auditLogs/provisioning`.

use super::audit_logs::{listing, ordered};
use super::body::object;
use super::call::{ApiCall, ApiReply};
use super::error::ApiError;
use super::object_rights::owned_unless;
use super::records::Listing;
use super::rooms::Templates;
use super::route::Matched;
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::{
    AttributeMapping, CallContext, Property, ProvisioningEntry, SyncJob, Tenant, UploadOperation,
};
use forestbed_sim::world::World;
use http::header::{LOCATION, RETRY_AFTER};
use serde_json::{Value, json};

/// The templates of this room.
pub(super) const TEMPLATES: Templates = &[
    ("/auditLogs/provisioning", log),
    ("/servicePrincipals/{id}/synchronization/jobs", jobs),
    ("/servicePrincipals/{id}/synchronization/jobs/{id}", job),
    ("/servicePrincipals/{id}/synchronization/jobs/{id}/start", start),
    ("/servicePrincipals/{id}/synchronization/jobs/{id}/pause", pause),
    ("/servicePrincipals/{id}/synchronization/jobs/{id}/restart", start),
    ("/servicePrincipals/{id}/synchronization/jobs/{id}/schema", schema),
    ("/servicePrincipals/{id}/synchronization/jobs/{id}/bulkUpload", bulk_upload),
];

fn context(call: &ApiCall<'_>) -> CallContext {
    CallContext { now: call.now, app: Some(call.caller.app_id) }
}

fn principal(matched: &Matched) -> Result<Guid, ApiError> {
    Guid::parse(matched.key(0)).ok_or_else(|| ApiError::not_found(matched.key(0)))
}

/// The principal of a path whose jobs the call may manage.
fn managed(tenant: &Tenant, call: &ApiCall<'_>, matched: &Matched) -> Result<Guid, ApiError> {
    let object = tenant.object(principal(matched)?).ok_or_else(|| ApiError::not_found(matched.key(0)))?;
    owned_unless(tenant, call, object, &["Synchronization.ReadWrite.All"])
}

fn jobs_listing(principal: Guid) -> Listing {
    Listing::of("synchronizationJob", format!("servicePrincipals('{principal}')/synchronization/jobs"))
}

fn jobs(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let id = principal(matched)?;
    let listing = jobs_listing(id);
    if call.method == http::Method::POST {
        let body = object(call)?;
        let template = body.get("templateId").and_then(Value::as_str);
        let template =
            template.ok_or_else(|| ApiError::of("parameter-missing", &[("parameter", "templateId")]))?;
        let mut tenant = world.tenant_mut();
        let id = managed(&tenant, call, matched)?;
        let made = tenant.create_sync_job(&context(call), id, template)?;
        return listing.one(call, 201, &record(tenant.sync_job(id, &made)?));
    }
    let options = listing.options(call)?;
    let tenant = world.tenant();
    tenant.object(id).ok_or_else(|| ApiError::not_found(matched.key(0)))?;
    let records = tenant.sync_jobs(id).enumerate().map(|(place, job)| (place as u64 + 1, record(job)));
    listing.page(world, call, &options, records)
}

fn job(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let id = principal(matched)?;
    if call.method == http::Method::DELETE {
        let mut tenant = world.tenant_mut();
        let id = managed(&tenant, call, matched)?;
        tenant.delete_sync_job(&context(call), id, matched.key(1))?;
        return Ok(ApiReply::no_content());
    }
    jobs_listing(id).one(call, 200, &record(world.tenant().sync_job(id, matched.key(1))?))
}

fn start(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    run(world, call, matched, true)
}

fn pause(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    run(world, call, matched, false)
}

fn run(world: &World, call: &ApiCall<'_>, matched: &Matched, on: bool) -> Result<ApiReply, ApiError> {
    let mut tenant = world.tenant_mut();
    let id = managed(&tenant, call, matched)?;
    tenant.run_sync_job(&context(call), id, matched.key(1), on)?;
    Ok(ApiReply::no_content())
}

fn record(job: &SyncJob) -> Value {
    let (code, schedule) = match job.started {
        None => ("NotRun", "Disabled"),
        Some(true) => ("Active", "Active"),
        Some(false) => ("Paused", "Paused"),
    };
    let execution = job.last_run.map(|time| {
        json!({
            "activityIdentifier": null, "countEntitled": job.imported, "countEntitledForProvisioning": job.imported,
            "countEscrowed": 0, "countEscrowedRaw": 0, "countExported": job.exported, "countExports": job.exported,
            "countImported": job.imported, "countImportedDeltas": job.imported, "countImportedReferenceDeltas": 0,
            "error": null, "state": "Succeeded", "timeBegan": time.rfc3339(), "timeEnded": time.rfc3339(),
        })
    });
    json!({
        "id": job.id,
        "templateId": job.template,
        "schedule": { "expiration": null, "interval": "PT40M", "state": schedule },
        "status": {
            "code": code, "countSuccessiveCompleteFailures": 0, "escrowsPruned": false,
            "lastExecution": execution, "lastSuccessfulExecution": execution,
            "lastSuccessfulExecutionWithExports": execution.as_ref().filter(|_| job.exported > 0),
            "progress": [], "quarantine": null,
            "steadyStateFirstAchievedTime": job.last_run.map(|time| time.rfc3339()),
            "steadyStateLastAchievedTime": job.last_run.map(|time| time.rfc3339()),
            "synchronizedEntryCountByType": [{ "key": "User", "value": job.synchronized }],
            "troubleshootingUrl": null,
        },
    })
}

fn schema(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let tenant = world.tenant();
    let id = managed(&tenant, call, matched)?;
    let job = tenant.sync_job(id, matched.key(1))?;
    let mapping = |own: &AttributeMapping| {
        json!({
            "defaultValue": null, "exportMissingReferences": false, "flowBehavior": "FlowWhenChanged",
            "flowType": "Always", "matchingPriority": u8::from(own.matching),
            "source": { "expression": format!("[{}]", own.source), "name": own.source, "parameters": [], "type": "Attribute" },
            "targetAttributeName": own.target,
        })
    };
    let mappings: Vec<Value> = AttributeMapping::all().iter().map(mapping).collect();
    let record = json!({
        "id": job.id,
        "version": "1",
        "synchronizationRules": [{
            "containerFilter": null, "editable": true, "groupFilter": null, "id": job.id, "metadata": [],
            "name": "API2AAD", "priority": 1, "sourceDirectoryName": "API", "targetDirectoryName": "Microsoft Entra ID",
            "objectMappings": [{
                "attributeMappings": mappings, "enabled": true, "flowTypes": "Add,Update,Delete", "metadata": [],
                "name": "API users to Microsoft Entra users", "scope": null,
                "sourceObjectName": "urn:ietf:params:scim:schemas:core:2.0:User", "targetObjectName": "User",
            }],
        }],
    });
    let set = format!("servicePrincipals('{id}')/synchronization/jobs('{}')/schema", job.id);
    Listing::of("synchronizationSchema", set).one(call, 200, &record)
}

fn bulk_upload(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let media = call.header("content-type").unwrap_or("").split(';').next().unwrap_or("").trim();
    // microsoft-graph.md section 2.4: application/scim+json, else 400
    if !media.eq_ignore_ascii_case("application/scim+json") {
        return Err(ApiError::of("upload-media-type", &[("type", media)]));
    }
    let body = object(call)?;
    let list = body.iter().find(|(name, _)| name.eq_ignore_ascii_case("Operations"));
    let list = list.and_then(|(_, list)| list.as_array()).ok_or_else(|| ApiError::of("bad-json", &[]))?;
    let operations = list.iter().map(operation).collect::<Result<Vec<_>, _>>()?;
    let mut tenant = world.tenant_mut();
    let id = principal(matched)?;
    let job = tenant.sync_job(id, matched.key(1))?.id.clone();
    if let Err(error) = tenant.upload(&context(call), id, &job, operations) {
        let throttled = error.status == 429;
        let reply = ApiError::from(error).reply(call);
        return Ok(if throttled { reply.with_header(RETRY_AFTER, "1") } else { reply });
    }
    let version = call.version.as_str();
    let location = format!("{}/{version}/auditLogs/provisioning/?$filter=jobid%20eq%20'{job}'", call.base);
    Ok(ApiReply { status: 202, ..ApiReply::default() }.with_header(LOCATION, &location))
}

fn operation(value: &Value) -> Result<UploadOperation, ApiError> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or("");
    let post = text("method").eq_ignore_ascii_case("POST");
    let users = text("path").trim_matches('/').eq_ignore_ascii_case("users");
    let data = value.get("data").filter(|data| data.is_object());
    match data.filter(|_| post && users && !text("bulkId").is_empty()) {
        Some(data) => Ok(UploadOperation { bulk_id: text("bulkId").to_owned(), data: data.clone() }),
        None => Err(ApiError::of("upload-operation", &[])),
    }
}

fn log(world: &World, call: &ApiCall<'_>, _: &Matched) -> Result<ApiReply, ApiError> {
    let listing = listing("provisioningObjectSummary", "provisioning", "activityDateTime");
    let options = listing.options(call)?;
    let tenant = world.tenant();
    let entries = ordered(listing.descending(&options)?, tenant.provisioning_log());
    listing.page(world, call, &options, entries.map(|(place, entry)| (place, summary(&tenant, entry))))
}

fn summary(tenant: &Tenant, entry: &ProvisioningEntry) -> Value {
    let principal = tenant.object(entry.service_principal);
    let name = principal.and_then(|own| own.text(Property::DisplayName)).unwrap_or("");
    let failed = entry.failure.is_some();
    let status = if failed {
        "failure"
    } else if entry.modified.is_empty() {
        "skipped"
    } else {
        "success"
    };
    let error = entry.failure.as_ref().map(|(code, reason)| {
        json!({
            "additionalDetails": null, "errorCategory": "nonServiceFailure", "errorCode": code, "reason": reason,
            "recommendedAction": "",
        })
    });
    let step = |name: &str, kind: &str, status: &str| {
        json!({
            "description": "", "details": {}, "name": name, "provisioningStepType": kind, "status": status,
        })
    };
    let modified = entry.modified.iter();
    let modified =
        modified.map(|own| json!({ "displayName": own.name, "newValue": own.new, "oldValue": own.old }));
    let target = entry.target.as_ref();
    json!({
        "id": entry.id.to_string(),
        "activityDateTime": entry.at.rfc3339(),
        "changeId": entry.id.to_string(),
        "cycleId": entry.cycle.to_string(),
        "durationInMilliseconds": 0,
        "initiatedBy": { "displayName": "Azure AD Provisioning Service", "id": "", "initiatorType": "system" },
        "jobId": entry.job,
        "modifiedProperties": modified.collect::<Vec<_>>(),
        "provisioningAction": entry.action.name(),
        "provisioningStatusInfo": { "errorInformation": error, "status": status },
        "provisioningSteps": [
            step("EntryImport", "import", "success"),
            step("EntryScoping", "scoping", "success"),
            step("EntryMatching", "matching", "success"),
            step("EntryProcessing", "processing", if failed { "failure" } else { "success" }),
            step("EntryExport", "export", status),
        ],
        "servicePrincipal": { "displayName": name, "id": entry.service_principal.to_string() },
        "sourceIdentity": {
            "displayName": entry.source.1, "id": entry.source.0, "details": {}, "identityType": "User",
        },
        "sourceSystem": { "displayName": "API", "id": "", "details": {} },
        "targetIdentity": {
            "displayName": target.map_or("", |(_, name)| name.as_str()),
            "id": target.map(|(id, _)| id.to_string()).unwrap_or_default(),
            "details": {}, "identityType": "User",
        },
        "targetSystem": { "displayName": "Microsoft Entra ID", "id": "", "details": {} },
        "tenantId": tenant.id().to_string(),
    })
}
