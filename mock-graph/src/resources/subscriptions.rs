//! `/subscriptions`: who is told of changes, and where.

use super::body::object;
use super::call::{ApiCall, ApiReply};
use super::error::ApiError;
use super::object_rights::holds;
use super::read::find;
use super::records::Listing;
use super::rooms::Templates;
use super::route::{Matched, segments};
use super::tables::allowed;
use crate::core::{Ask, Asked, Failure};
use crate::odata::Entity;
use forestbed_sim::clock::SimTime;
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::{CallContext, ChangeSubscription, ObjectKind, Tenant, Watched};
use forestbed_sim::world::World;
use http::Uri;
use http::header::LOCATION;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// The templates of this room.
pub(super) const TEMPLATES: Templates = &[
    ("/subscriptions", subscriptions),
    ("/subscriptions/{id}", subscription),
    ("/subscriptions/{id}/reauthorize", reauthorize),
];

/// The longest time until a subscription to users or groups ends (microsoft-graph.md 2.7).
const MINUTES_MAX: u64 = 41_760;
/// The longest `clientState`, in characters.
const CLIENT_STATE_MAX: usize = 255;
/// The longest address, in bytes.
const URL_MAX: usize = 2048;
/// The longest resource, in bytes.
const RESOURCE_MAX: usize = 1024;

fn listing() -> Listing {
    Listing::of("subscription", "subscriptions")
}

fn subscriptions(world: &World, call: &ApiCall<'_>, _: &Matched) -> Result<ApiReply, ApiError> {
    if call.method == http::Method::POST {
        return create(world, call);
    }
    let options = listing().options(call)?;
    let tenant = world.tenant();
    let own = tenant.change_subscriptions().filter(|own| own.app_id == call.caller.app_id);
    let records = own.enumerate().map(|(place, own)| (place as u64 + 1, record(own)));
    listing().page(world, call, &options, records)
}

fn subscription(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let id = Guid::parse(matched.key(0)).unwrap_or(Guid::NIL);
    let ctx = CallContext { now: call.now, app: Some(call.caller.app_id) };
    match call.method.as_str() {
        "DELETE" => {
            world.tenant_mut().remove_change_subscription(&ctx, id)?;
            Ok(ApiReply::no_content())
        }
        "PATCH" => {
            let body = object(call)?;
            let expires =
                body.get("expirationDateTime").map(|value| expiration(value, call.now)).transpose()?;
            let url =
                body.get("notificationUrl").map(|url| address(world, url, "notificationUrl")).transpose()?;
            let mut tenant = world.tenant_mut();
            tenant.edit_change_subscription(&ctx, id, |own| {
                own.expires = expires.unwrap_or(own.expires);
                own.notification_url = url.unwrap_or(std::mem::take(&mut own.notification_url));
            })?;
            own_record(&tenant, call, &ctx, id)
        }
        _ => own_record(&world.tenant(), call, &ctx, id),
    }
}

/// The lifecycle notification `reauthorizationRequired` is answered with this.
fn reauthorize(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let id = Guid::parse(matched.key(0)).unwrap_or(Guid::NIL);
    let ctx = CallContext { now: call.now, app: Some(call.caller.app_id) };
    world.tenant_mut().edit_change_subscription(&ctx, id, |_| {})?;
    Ok(ApiReply::no_content())
}

fn own_record(
    tenant: &Tenant,
    call: &ApiCall<'_>,
    ctx: &CallContext,
    id: Guid,
) -> Result<ApiReply, ApiError> {
    listing().one(call, 200, &record(tenant.own_change_subscription(ctx, id)?))
}

fn create(world: &World, call: &ApiCall<'_>) -> Result<ApiReply, ApiError> {
    let body = object(call)?;
    let subscription = read(world, call, &body)?;
    let made = listing().one(call, 201, &record(&subscription))?;
    let location = format!("{}/{}/subscriptions/{}", call.base, call.version.as_str(), subscription.id);
    let mut reply = made.with_header(LOCATION, &location);
    let token = format!(
        "Validation: Testing client application reachability for subscription Request-Id: {}",
        call.request_id
    );
    let separator = if subscription.notification_url.contains('?') { '&' } else { '?' };
    let encoded = utf8_percent_encode(&token, NON_ALPHANUMERIC);
    let url = format!("{}{separator}validationToken={encoded}", subscription.notification_url);
    let refusals = Failure::ALL.map(|(failure, key)| (failure, ApiError::of(key, &[]).reply(call)));
    reply.ask = Some(Box::new(Asked { ask: Ask { subscription, url, token }, refusals: refusals.into() }));
    Ok(reply)
}

fn text<'b>(body: &'b Map<String, Value>, name: &str) -> Option<&'b str> {
    body.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).and_then(|(_, value)| value.as_str())
}

fn required<'b>(body: &'b Map<String, Value>, name: &'static str) -> Result<&'b str, ApiError> {
    let missing = || ApiError::of("webhook-missing", &[("property", name)]);
    text(body, name).filter(|text| !text.trim().is_empty()).ok_or_else(missing)
}

fn read(
    world: &World,
    call: &ApiCall<'_>,
    body: &Map<String, Value>,
) -> Result<ChangeSubscription, ApiError> {
    let change_type = change_type(required(body, "changeType")?)?;
    let resource = required(body, "resource")?;
    let url = Value::from(required(body, "notificationUrl")?);
    let url = address(world, &url, "notificationUrl")?;
    let expires = expiration(&Value::from(required(body, "expirationDateTime")?), call.now)?;
    let lifecycle = text(body, "lifecycleNotificationUrl");
    let lifecycle =
        lifecycle.map(|url| address(world, &Value::from(url), "lifecycleNotificationUrl")).transpose()?;
    let client_state = text(body, "clientState").map(str::to_owned);
    if client_state.as_ref().is_some_and(|state| state.chars().count() > CLIENT_STATE_MAX) {
        return Err(ApiError::of("webhook-client-state", &[("max", &CLIENT_STATE_MAX.to_string())]));
    }
    if body.get("includeResourceData").and_then(Value::as_bool) == Some(true) {
        return Err(ApiError::of("webhook-resource-data", &[]));
    }
    let tenant = world.tenant();
    let watched = watched(&tenant, resource)?;
    if !may_watch(call, watched) {
        return Err(ApiError::of("denied", &[]));
    }
    tenant.check_subscription_quota()?;
    let principal = tenant.application(call.caller.app_id).map(|own| own.service_principal_id);
    Ok(ChangeSubscription {
        id: world.seed.guid("changeSubscription", &call.request_id.to_string(), 0),
        app_id: call.caller.app_id,
        creator_id: call.caller.user.or(principal).unwrap_or_default(),
        change_type,
        resource: resource.to_owned(),
        watched,
        notification_url: url,
        lifecycle_url: lifecycle,
        client_state,
        expires,
        since: 0,
    })
}

fn change_type(text: &str) -> Result<String, ApiError> {
    let known =
        |name: &str| ["created", "updated", "deleted"].contains(&name.trim().to_ascii_lowercase().as_str());
    match text.split(',').all(known) {
        true => Ok(text.to_owned()),
        false => Err(ApiError::of("webhook-change-type", &[("value", text)])),
    }
}

/// Users and groups, all or one, and the members of a group: what the directory tells of changes.
fn watched(tenant: &Tenant, resource: &str) -> Result<Watched, ApiError> {
    let unknown = || {
        let error = ApiError::of("webhook-resource", &[("resource", resource)]);
        error.with_unknown(format!("subscription to {resource}"))
    };
    if resource.len() > RESOURCE_MAX {
        return Err(unknown());
    }
    let path = resource.split('?').next().unwrap_or("").trim_start_matches('/');
    let path = ["v1.0/", "beta/"].iter().find_map(|version| path.strip_prefix(version)).unwrap_or(path);
    let (segments, _) = segments(path);
    let names: Vec<String> = segments.iter().map(|name| name.to_ascii_lowercase()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let id = |entity| find(tenant, entity, &segments[1]).map(|found| found.id());
    match names[..] {
        ["users"] => Ok(Watched::All(ObjectKind::User)),
        ["groups"] => Ok(Watched::All(ObjectKind::Group)),
        ["users", _] => Ok(Watched::One(ObjectKind::User, id(Entity::User)?)),
        ["groups", _] => Ok(Watched::One(ObjectKind::Group, id(Entity::Group)?)),
        ["groups", _, "members"] => Ok(Watched::Members(id(Entity::Group)?)),
        _ => Err(unknown()),
    }
}

/// Whoever may read the resource may watch it.
fn may_watch(call: &ApiCall<'_>, watched: Watched) -> bool {
    let template = match watched {
        Watched::All(ObjectKind::Group) | Watched::One(ObjectKind::Group, _) => "/groups",
        Watched::Members(_) => "/groups/{id}/members",
        _ => "/users",
    };
    holds(call, allowed("GET", template).unwrap_or(&[]))
}

/// An address that may be sent to. The real service takes https only; a receiver on loopback may be plain.
fn address(world: &World, value: &Value, property: &'static str) -> Result<String, ApiError> {
    let wrong = || ApiError::of("webhook-url", &[("property", property)]);
    let url = value.as_str().filter(|url| url.len() <= URL_MAX).ok_or_else(wrong)?;
    let uri: Uri = url.parse().map_err(|_| wrong())?;
    let host = uri.host().filter(|_| matches!(uri.scheme_str(), Some("http" | "https"))).ok_or_else(wrong)?;
    let name = host.trim_start_matches('[').trim_end_matches(']');
    if !world.is_host_allowed(name) {
        let note = format!("webhook to {name}: neither loopback nor an allowed host");
        return Err(ApiError::of("webhook-host", &[]).with_unknown(note));
    }
    Ok(url.to_owned())
}

fn expiration(value: &Value, now: SimTime) -> Result<SimTime, ApiError> {
    let missing = || ApiError::of("webhook-missing", &[("property", "expirationDateTime")]);
    let expires = value.as_str().and_then(SimTime::parse_rfc3339).ok_or_else(missing)?;
    if expires <= now {
        return Err(ApiError::of("webhook-expired", &[]));
    }
    if expires > now.plus(Duration::from_secs(MINUTES_MAX * 60)) {
        return Err(ApiError::of("webhook-expiry", &[("max", &MINUTES_MAX.to_string())]));
    }
    Ok(expires)
}

fn record(subscription: &ChangeSubscription) -> Value {
    json!({
        "id": subscription.id.to_string(),
        "applicationId": subscription.app_id.to_string(),
        "changeType": subscription.change_type,
        "clientState": subscription.client_state,
        "creatorId": subscription.creator_id.to_string(),
        "expirationDateTime": subscription.expires.rfc3339(),
        "latestSupportedTlsVersion": "v1_2",
        "lifecycleNotificationUrl": subscription.lifecycle_url,
        "notificationUrl": subscription.notification_url,
        "resource": subscription.resource,
    })
}
