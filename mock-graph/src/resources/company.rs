//! The organization's own settings, and those of its synchronization.

use super::body::object;
use super::call::{ApiCall, ApiReply};
use super::directory;
use super::error::ApiError;
use super::read::find;
use super::records::{Listing, checked_values};
use super::rooms::Templates;
use super::route::{Matched, Route};
use crate::odata::{Entity, members};
use forestbed_sim::tenant::{CallContext, Prevention, Tenant};
use forestbed_sim::world::World;
use serde_json::{Map, Value, json};

/// The templates of this room.
pub(super) const TEMPLATES: Templates = &[
    ("/organization/{id}", organization),
    ("/directory/onPremisesSynchronization", settings),
    ("/directory/onPremisesSynchronization/{id}", setting),
    ("/users/{id}/onPremisesSyncBehavior", behavior),
    ("/groups/{id}/onPremisesSyncBehavior", behavior),
    ("/contacts/{id}/onPremisesSyncBehavior", behavior),
];

/// What an administrator may set of the organization (documents of the update).
const WRITABLE: [&str; 5] = [
    "marketingNotificationEmails",
    "privacyProfile",
    "securityComplianceNotificationMails",
    "securityComplianceNotificationPhones",
    "technicalNotificationMails",
];

fn context(call: &ApiCall<'_>) -> CallContext {
    CallContext { now: call.now, app: Some(call.caller.app_id) }
}

fn is_company(tenant: &Tenant, key: &str) -> Result<(), ApiError> {
    if key.eq_ignore_ascii_case(&tenant.id().to_string()) { Ok(()) } else { Err(ApiError::not_found(key)) }
}

fn organization(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    if call.method != http::Method::PATCH {
        return directory::get(world, call, &Matched { route: Route::Organization, ..matched.clone() });
    }
    let body = checked_values("organization", object(call)?)?;
    let mut tenant = world.tenant_mut();
    is_company(&tenant, matched.key(0))?;
    let fine = |name: &str| WRITABLE.contains(&name) || name == "onPremisesSyncEnabled";
    if let Some(name) = body.keys().find(|name| !fine(name)) {
        return Err(ApiError::of("read-only", &[("property", name)]));
    }
    tenant.update_organization(&context(call), &body);
    Ok(ApiReply::no_content())
}

fn listing() -> Listing {
    Listing::of("onPremisesDirectorySynchronization", "directory/onPremisesSynchronization")
}

fn record(tenant: &Tenant) -> Value {
    let (prevention, threshold) = tenant.deletion_prevention();
    let names = members("onPremisesDirectorySynchronizationFeature");
    let features: Map<String, Value> =
        names.map(|info| (info.name.to_owned(), Value::from(tenant.sync_feature(info.name)))).collect();
    json!({
        "id": tenant.id().to_string(),
        "configuration": {
            "accidentalDeletionPrevention": {
                "alertThreshold": threshold,
                "synchronizationPreventionType": prevention.name(),
            },
        },
        "features": features,
    })
}

fn settings(world: &World, call: &ApiCall<'_>, _: &Matched) -> Result<ApiReply, ApiError> {
    let listing = listing();
    let options = listing.options(call)?;
    let record = record(&world.tenant());
    listing.page(world, call, &options, std::iter::once((1, record)))
}

fn setting(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    if call.method != http::Method::PATCH {
        let tenant = world.tenant();
        is_company(&tenant, matched.key(0))?;
        return listing().one(call, 200, &record(&tenant));
    }
    let body = checked_values("onPremisesDirectorySynchronization", object(call)?)?;
    let ctx = context(call);
    let mut tenant = world.tenant_mut();
    is_company(&tenant, matched.key(0))?;
    let features = body.get("features").and_then(Value::as_object);
    let known: Vec<&str> =
        members("onPremisesDirectorySynchronizationFeature").map(|info| info.name).collect();
    let mut wanted = Vec::new();
    for (name, value) in features.into_iter().flatten().filter(|(name, _)| !name.starts_with('@')) {
        let known = known.iter().copied().find(|own| own.eq_ignore_ascii_case(name));
        wanted.push((known.ok_or_else(unfit)?, value.as_bool().ok_or_else(unfit)?));
    }
    if let Some(prevention) = body.get("configuration").map(|own| &own["accidentalDeletionPrevention"]) {
        let kind = prevention["synchronizationPreventionType"].as_str();
        let kind = kind.map(|kind| Prevention::named(kind).ok_or_else(unfit)).transpose()?;
        let threshold = match &prevention["alertThreshold"] {
            Value::Null => None,
            value => Some(value.as_u64().and_then(|n| u32::try_from(n).ok()).ok_or_else(unfit)?),
        };
        tenant.prevent_deletions(&ctx, kind, threshold)?;
    }
    for (name, on) in wanted {
        tenant.set_sync_feature(&ctx, name, on)?;
    }
    Ok(ApiReply::no_content())
}

fn unfit() -> ApiError {
    ApiError::of("body-values", &[])
}

fn behavior(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let (entity, set) = match matched.template.split('/').nth(1) {
        Some("groups") => (Entity::Group, "groups"),
        Some("contacts") => (Entity::OrgContact, "contacts"),
        _ => (Entity::User, "users"),
    };
    if call.method == http::Method::PATCH {
        let body = checked_values("onPremisesSyncBehavior", object(call)?)?;
        let cloud = body.get("isCloudManaged").and_then(Value::as_bool).ok_or_else(unfit)?;
        let mut tenant = world.tenant_mut();
        let id = find(&tenant, entity, matched.key(0))?.id();
        tenant.manage_in_cloud(&context(call), id, cloud)?;
        return Ok(ApiReply::no_content());
    }
    let tenant = world.tenant();
    let id = find(&tenant, entity, matched.key(0))?.id();
    let record = json!({ "id": id.to_string(), "isCloudManaged": tenant.is_cloud_managed(id) });
    Listing::of("onPremisesSyncBehavior", format!("{set}('{id}')/onPremisesSyncBehavior"))
        .one(call, 200, &record)
}
