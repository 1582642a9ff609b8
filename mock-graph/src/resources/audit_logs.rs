//! `auditLogs`: directory audits, sign-ins, provisioning.

use super::call::{ApiCall, ApiReply};
use super::error::ApiError;
use super::records::Listing;
use super::rooms::Templates;
use super::route::Matched;
use crate::odata::Options;
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::{AuditEntry, AuditTarget, Initiator, Property, SignInEntry, SignInKind, Tenant};
use forestbed_sim::world::World;
use serde_json::{Value, json};

/// The templates of this room.
pub(super) const TEMPLATES: Templates = &[
    ("/auditLogs/directoryAudits", audits),
    ("/auditLogs/directoryAudits/{id}", audit),
    ("/auditLogs/signIns", sign_ins),
    ("/auditLogs/signIns/{id}", sign_in),
];

/// The most entries of one page (microsoft-graph.md section 3 [MEM]); it is also what comes unasked.
const PAGE_MAX: usize = 1000;

pub(super) fn listing(ty: &'static str, set: &str, order: &'static str) -> Listing {
    Listing {
        ty,
        set: format!("auditLogs/{set}"),
        default_top: PAGE_MAX,
        max_top: PAGE_MAX,
        order: Some(order),
    }
}

/// Entries with their places, in the order that is asked for.
pub(super) fn ordered<T>(
    descending: bool,
    entries: impl DoubleEndedIterator<Item = (u64, T)>,
) -> impl Iterator<Item = (u64, T)> {
    let mut entries = entries;
    std::iter::from_fn(move || if descending { entries.next_back() } else { entries.next() })
}

fn audits(world: &World, call: &ApiCall<'_>, _: &Matched) -> Result<ApiReply, ApiError> {
    let listing = listing("directoryAudit", "directoryAudits", "activityDateTime");
    let options = listing.options(call)?;
    let tenant = world.tenant();
    let entries = ordered(listing.descending(&options)?, tenant.audits());
    let records = entries.map(|(place, entry)| (place, directory_audit(&tenant, entry)));
    listing.page(world, call, &options, records)
}

fn audit(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let tenant = world.tenant();
    let found = tenant.audits().find(|(_, entry)| entry.id.eq_ignore_ascii_case(matched.key(0)));
    let (_, entry) = found.ok_or_else(|| ApiError::not_found(matched.key(0)))?;
    let listing = listing("directoryAudit", "directoryAudits", "activityDateTime");
    listing.one(call, 200, &directory_audit(&tenant, entry))
}

fn directory_audit(tenant: &Tenant, entry: &AuditEntry) -> Value {
    let event = &entry.event;
    let details: Vec<Value> =
        event.details.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
    json!({
        "id": entry.id,
        "activityDateTime": event.at.rfc3339(),
        "activityDisplayName": event.activity.name,
        "additionalDetails": details,
        "category": event.activity.category,
        "correlationId": entry.correlation_id.to_string(),
        "initiatedBy": initiated_by(tenant, event.initiator.as_ref()),
        "loggedByService": event.activity.service,
        "operationType": event.activity.operation,
        "result": if event.failure.is_some() { "failure" } else { "success" },
        "resultReason": event.failure.as_deref().unwrap_or(""),
        "targetResources": event.targets.iter().map(target).collect::<Vec<_>>(),
    })
}

/// The application or the user; the other one is null.
pub(super) fn initiated_by(tenant: &Tenant, initiator: Option<&Initiator>) -> Value {
    match initiator {
        Some(Initiator::App(app_id)) => {
            let application = tenant.application(*app_id);
            json!({
                "app": {
                    "appId": app_id.to_string(),
                    "displayName": application.map(|application| application.display_name.clone()),
                    "servicePrincipalId": application.map(|own| own.service_principal_id.to_string()),
                    "servicePrincipalName": null,
                },
                "user": null,
            })
        }
        Some(Initiator::User(id)) => {
            let user = tenant.object(*id).or_else(|| tenant.deleted_object(*id));
            json!({
                "app": null,
                "user": {
                    "displayName": user.and_then(|user| user.text(Property::DisplayName)),
                    "id": id.to_string(),
                    "ipAddress": null,
                    "userPrincipalName": user.and_then(|user| user.user_principal_name()),
                },
            })
        }
        Some(Initiator::Service(name)) => json!({
            "app": {
                "appId": null, "displayName": name, "servicePrincipalId": null, "servicePrincipalName": null,
            },
            "user": null,
        }),
        None => json!({ "app": null, "user": null }),
    }
}

fn target(target: &AuditTarget) -> Value {
    let modified = target.modified.iter().map(|modified| {
        json!({ "displayName": modified.name, "oldValue": modified.old, "newValue": modified.new })
    });
    json!({
        "displayName": target.display_name,
        "groupType": target.group_type,
        "id": target.id,
        "modifiedProperties": modified.collect::<Vec<_>>(),
        "type": target.kind,
        "userPrincipalName": target.user_principal_name,
    })
}

fn sign_ins(world: &World, call: &ApiCall<'_>, _: &Matched) -> Result<ApiReply, ApiError> {
    let listing = listing("signIn", "signIns", "createdDateTime");
    let options = listing.options(call)?;
    let tenant = world.tenant();
    let entries = ordered(listing.descending(&options)?, tenant.sign_ins());
    let shown = |(_, entry): &(u64, &SignInEntry)| is_shown(entry, &options);
    let records = entries.filter(shown).map(|(place, entry)| (place, sign_in_record(&tenant, entry)));
    listing.page(world, call, &without_event_types(&options), records)
}

/// Users at a sign-in page, unless the filter asks for other events by `signInEventTypes` (which only beta's
/// metadata has; v1.0 takes it in filters too).
fn is_shown(entry: &SignInEntry, options: &Options) -> bool {
    let filter = options.filter.as_deref().unwrap_or("");
    if !filter.to_ascii_lowercase().contains("signineventtypes") {
        return entry.event.kind == SignInKind::InteractiveUser;
    }
    filter.contains(&format!("'{}'", entry.event.kind.name()))
}

/// The options without the condition on `signInEventTypes`, which [`is_shown`] has looked at.
fn without_event_types(options: &Options) -> Options {
    let mut options = options.clone();
    options.filter = options.filter.map(|filter| replace_event_types(&filter));
    options
}

fn replace_event_types(filter: &str) -> String {
    let mut out = String::new();
    let mut rest = filter;
    while let Some(at) = rest.to_ascii_lowercase().find("signineventtypes/any(") {
        out.push_str(&rest[..at]);
        let inner = &rest[at..];
        let end = inner.find(')').map_or(inner.len(), |end| end + 1);
        out.push_str("true");
        rest = &inner[end..];
    }
    out.push_str(rest);
    out
}

fn sign_in(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let tenant = world.tenant();
    let id = Guid::parse(matched.key(0));
    let found = tenant.sign_ins().find(|(_, entry)| Some(entry.id) == id);
    let (_, entry) = found.ok_or_else(|| ApiError::not_found(matched.key(0)))?;
    listing("signIn", "signIns", "createdDateTime").one(call, 200, &sign_in_record(&tenant, entry))
}

fn sign_in_record(tenant: &Tenant, entry: &SignInEntry) -> Value {
    let event = &entry.event;
    let application = tenant.application(event.app_id);
    let user = event.user.and_then(|id| tenant.object(id).or_else(|| tenant.deleted_object(id)));
    let of_app = event.kind == SignInKind::ServicePrincipal;
    let principal = application.filter(|_| of_app);
    json!({
        "id": entry.id.to_string(),
        "appDisplayName": application.map(|application| application.display_name.as_str()),
        "appId": event.app_id.to_string(),
        "appliedConditionalAccessPolicies": [],
        "clientAppUsed": event.client_app,
        "conditionalAccessStatus": "notApplied",
        "correlationId": entry.correlation_id.to_string(),
        "createdDateTime": event.at.rfc3339(),
        "deviceDetail": {
            "browser": "", "deviceId": "", "displayName": "", "isCompliant": false, "isManaged": false,
            "operatingSystem": "", "trustType": "",
        },
        "homeTenantId": tenant.id().to_string(),
        "ipAddress": event.ip_address,
        "isInteractive": event.kind == SignInKind::InteractiveUser,
        "location": { "city": "", "countryOrRegion": "", "geoCoordinates": null, "state": "" },
        "resourceDisplayName": event.resource,
        "resourceId": event.resource_id.to_string(),
        "resourceTenantId": tenant.id().to_string(),
        "riskDetail": "none",
        "riskEventTypes": [],
        "riskEventTypes_v2": [],
        "riskLevelAggregated": "none",
        "riskLevelDuringSignIn": "none",
        "riskState": "none",
        "servicePrincipalId": principal.map(|own| own.service_principal_id.to_string()),
        "servicePrincipalName": principal.map(|own| own.display_name.as_str()),
        "status": {
            "additionalDetails": null,
            "errorCode": event.error_code,
            "failureReason": if event.error_code == 0 { "Other." } else { event.failure_reason.as_str() },
        },
        "userDisplayName": user.and_then(|user| user.text(Property::DisplayName)).unwrap_or(""),
        "userId": event.user.map(|id| id.to_string()).unwrap_or_default(),
        "userPrincipalName": event.user_principal_name,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_condition_on_event_types_is_taken_out_of_a_filter() {
        for (filter, expected) in [
            ("signInEventTypes/any(t: t eq 'servicePrincipal')", "true"),
            ("(signInEventTypes/any(t:t eq 'servicePrincipal')) and appId eq '7'", "(true) and appId eq '7'"),
            ("appId eq '7'", "appId eq '7'"),
            ("SignInEventTypes/any(", "true"),
        ] {
            assert_eq!(replace_event_types(filter), expected);
        }
    }
}
