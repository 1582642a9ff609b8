//! Licences on the wire: assignment to users and through groups, what users have of them, subscriptions.

use super::body::object;
use super::call::{ApiCall, ApiReply};
use super::collection::{Collection, Members, options};
use super::directory::{one, service_plan};
use super::error::ApiError;
use super::json::Object;
use super::objects::{Writer, context_base, page};
use super::projection::Shape;
use super::read::find;
use super::rooms::Templates;
use super::route::Matched;
use crate::odata::{Entity, Options};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::{AddLicense, CallContext, LicenseDetail, Subscription, Tenant};
use forestbed_sim::view::View;
use forestbed_sim::world::World;
use http::header::LOCATION;
use serde_json::{Map, Value};

pub(super) const TEMPLATES: Templates = &[
    ("/users/{id}/assignLicense", assign),
    ("/users/{id}/reprocessLicenseAssignment", reprocess),
    ("/users/{id}/licenseDetails", details),
    ("/users/{id}/licenseDetails/{id}", detail),
    ("/groups/{id}/assignLicense", assign_group),
    ("/groups/{id}/membersWithLicenseErrors", erring),
    ("/directory/subscriptions", subscriptions),
    ("/directory/subscriptions/{id}", subscription),
];

fn context(call: &ApiCall<'_>) -> CallContext {
    CallContext { now: call.now, app: Some(call.caller.app_id) }
}

fn user(tenant: &Tenant, call: &ApiCall<'_>, id: Guid) -> Result<ApiReply, ApiError> {
    let found = find(tenant, Entity::User, &id.to_string())?;
    let writer = Writer::new(tenant, call, Entity::User, "users", &Options::default(), Shape::Single)?;
    Ok(writer.single(200, found))
}

fn assign(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let (add, remove) = body(call)?;
    let tenant = &mut *world.tenant_mut();
    let id = find(tenant, Entity::User, matched.key(0))?.id();
    tenant.assign_license(&context(call), id, &add, &remove)?;
    user(tenant, call, id)
}

fn reprocess(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let tenant = &mut *world.tenant_mut();
    let id = find(tenant, Entity::User, matched.key(0))?.id();
    tenant.reprocess_license_assignment(&context(call), id)?;
    user(tenant, call, id)
}

/// 202: members get the licences later (microsoft-graph.md 5.4).
fn assign_group(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let (add, remove) = body(call)?;
    let tenant = &mut *world.tenant_mut();
    let id = find(tenant, Entity::Group, matched.key(0))?.id();
    tenant.assign_group_license(&context(call), id, &add, &remove)?;
    let group = find(tenant, Entity::Group, &id.to_string())?;
    let writer = Writer::new(tenant, call, Entity::Group, "groups", &Options::default(), Shape::Single)?;
    let name = group.kind().name();
    let path = format!("/v2/{}/directoryObjects/{id}/Microsoft.DirectoryServices.{name}", tenant.id());
    Ok(writer.single(202, group).with_header(LOCATION, &format!("{}{path}", call.base)))
}

fn erring(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let tenant = &*world.tenant_view(View::Query);
    let group = find(tenant, Entity::Group, matched.key(0))?.id();
    let ids = tenant.members_with_license_errors(group).collect();
    let (entity, set, cast) = (Entity::DirectoryObject, "directoryObjects", matched.cast);
    Collection { entity, set, cast, members: Members::Ids(ids) }.list(world, tenant, call)
}

/// One element a licence, in the order in which they were assigned.
fn details(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let tenant = &*world.tenant_view(View::Object);
    let user = find(tenant, Entity::User, matched.key(0))?.id();
    let list = format!("{}users('{user}')/licenseDetails", context_base(call));
    let found = tenant.license_details(user).unwrap_or_default();
    Ok(page(&list, None, None, &found, |out, detail| {
        let mut json = Object::new(out);
        write_detail(&mut json, user, detail);
        json.end();
    }))
}

fn detail(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let tenant = &*world.tenant_view(View::Object);
    let user = find(tenant, Entity::User, matched.key(0))?.id();
    let key = matched.key(1);
    let found = tenant.license_details(user).unwrap_or_default();
    let found = found.iter().find(|detail| detail_id(user, detail.sku.id) == key);
    let found = found.ok_or_else(|| ApiError::not_found(key))?;
    let list = format!("{}users('{user}')/licenseDetails/$entity", context_base(call));
    Ok(one(&list, |json| write_detail(json, user, found)))
}

fn write_detail(json: &mut Object<'_>, user: Guid, detail: &LicenseDetail) {
    json.text("id", &detail_id(user, detail.sku.id));
    json.text("skuId", &detail.sku.id.to_string());
    json.text("skuPartNumber", detail.sku.part_number);
    json.array("servicePlans", &detail.plans, |out, (plan, state)| service_plan(out, plan, state.name()));
}

/// Opaque to clients: user and product in one text (microsoft-graph.md section 2.4: base64url).
fn detail_id(user: Guid, sku: Guid) -> String {
    URL_SAFE_NO_PAD.encode([user.to_bytes_le(), sku.to_bytes_le()].concat())
}

/// What was bought: `companySubscription`s (microsoft-graph.md section 2.4).
fn subscriptions(world: &World, call: &ApiCall<'_>, _: &Matched) -> Result<ApiReply, ApiError> {
    let options = options(world, call)?;
    if options.filter.is_some() || options.search.is_some() || options.orderby.is_some() {
        return Err(ApiError::of("unsupported-query", &[]).with_unknown(format!("query of {}", call.path)));
    }
    let tenant = &*world.tenant_view(View::Query);
    let list = format!("{}directory/subscriptions", context_base(call));
    Ok(page(&list, None, None, tenant.skus(), |out, bought| {
        let mut json = Object::new(out);
        write_subscription(&mut json, tenant, bought);
        json.end();
    }))
}

fn subscription(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let tenant = &*world.tenant_view(View::Object);
    // the alternate key commerceSubscriptionId is the id here
    let key = matched.key(0);
    let named = key.split_once('=').filter(|(name, _)| name.eq_ignore_ascii_case("commerceSubscriptionId"));
    let key = named.map_or(key, |(_, value)| value.trim_matches('\''));
    let found = tenant.skus().iter().find(|bought| Guid::parse(key) == Some(bought.subscription_id));
    let found = found.ok_or_else(|| ApiError::not_found(key))?;
    let list = format!("{}directory/subscriptions/$entity", context_base(call));
    Ok(one(&list, |json| write_subscription(json, tenant, found)))
}

fn write_subscription(json: &mut Object<'_>, tenant: &Tenant, bought: &Subscription) {
    let id = bought.subscription_id.to_string();
    json.text("id", &id);
    json.text("commerceSubscriptionId", &id);
    json.text("createdDateTime", &bought.created.rfc3339());
    json.bare("isTrial", bought.is_trial);
    match bought.next_lifecycle {
        Some(next) => json.text("nextLifecycleDateTime", &next.rfc3339()),
        None => json.bare("nextLifecycleDateTime", "null"),
    }
    json.bare("ownerId", "null");
    json.text("ownerTenantId", &tenant.id().to_string());
    json.text("ownerType", "Tenant");
    json.array("serviceStatus", &bought.sku.plans, |out, plan| service_plan(out, plan, "Success"));
    json.text("skuId", &bought.sku.id.to_string());
    json.text("skuPartNumber", bought.sku.part_number);
    json.text("status", bought.status.name());
    json.bare("totalLicenses", bought.seats);
}

/// `addLicenses` and `removeLicenses`: both must be there (microsoft-graph.md 5.3).
fn body(call: &ApiCall<'_>) -> Result<(Vec<AddLicense>, Vec<Guid>), ApiError> {
    let body = object(call)?;
    let add = array(&body, "addLicenses")?.iter().map(add_license).collect::<Result<_, _>>()?;
    let remove = array(&body, "removeLicenses")?.iter().map(guid).collect::<Result<_, _>>()?;
    Ok((add, remove))
}

fn member<'b>(body: &'b Map<String, Value>, name: &str) -> Option<&'b Value> {
    body.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn array<'b>(body: &'b Map<String, Value>, name: &'static str) -> Result<&'b [Value], ApiError> {
    match member(body, name) {
        Some(Value::Array(values)) => Ok(values),
        None | Some(Value::Null) => Err(ApiError::of("parameter-missing", &[("parameter", name)])),
        Some(_) => Err(ApiError::of("bad-json", &[])),
    }
}

fn guid(value: &Value) -> Result<Guid, ApiError> {
    value.as_str().and_then(Guid::parse).ok_or_else(|| ApiError::of("bad-json", &[]))
}

fn add_license(value: &Value) -> Result<AddLicense, ApiError> {
    let body = value.as_object().ok_or_else(|| ApiError::of("bad-json", &[]))?;
    let sku_id = member(body, "skuId").map(guid).ok_or_else(|| ApiError::of("bad-json", &[]))??;
    let disabled_plans = match member(body, "disabledPlans") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(plans)) => plans.iter().map(guid).collect::<Result<Vec<_>, _>>()?,
        Some(_) => return Err(ApiError::of("bad-json", &[])),
    };
    Ok(AddLicense { sku_id, disabled_plans })
}
