//! Writing domains, what hangs on them, and their federation.

use super::body::object;
use super::call::{ApiCall, ApiReply};
use super::collection::{Collection, Members};
use super::error::ApiError;
use super::records::{Listing, checked_values};
use super::rooms::Templates;
use super::route::{Matched, Route};
use super::{directory, json};
use crate::odata::Entity;
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::{CallContext, DomainChange, Federation, Tenant};
use forestbed_sim::world::World;
use http::header::LOCATION;
use serde_json::{Map, Value};

/// The templates of this room.
pub(super) const TEMPLATES: Templates = &[
    ("/domains", domains),
    ("/domains/{id}", domain),
    ("/domains/{id}/verify", verify),
    ("/domains/{id}/promote", promote),
    ("/domains/{id}/forceDelete", force_delete),
    ("/domains/{id}/domainNameReferences", references),
    ("/domains/{id}/verificationDnsRecords", verification_records),
    ("/domains/{id}/serviceConfigurationRecords", service_records),
    ("/domains/{id}/federationConfiguration", federations),
    ("/domains/{id}/federationConfiguration/{id}", federation),
];

fn context(call: &ApiCall<'_>) -> CallContext {
    CallContext { now: call.now, app: Some(call.caller.app_id) }
}

fn read(world: &World, call: &ApiCall<'_>, matched: &Matched, route: Route) -> Result<ApiReply, ApiError> {
    directory::get(world, call, &Matched { route, ..matched.clone() })
}

fn domains(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    if call.method == http::Method::GET {
        return read(world, call, matched, Route::Domains);
    }
    let body = object(call)?;
    let name = body.get("id").and_then(Value::as_str);
    let name = name.ok_or_else(|| ApiError::of("parameter-missing", &[("parameter", "id")]))?;
    let mut tenant = world.tenant_mut();
    tenant.create_domain(&context(call), name)?;
    let location = format!("{}/{}/domains/{}", call.base, call.version.as_str(), name.to_ascii_lowercase());
    Ok(directory::domain(&tenant, call, 201, name, None)?.with_header(LOCATION, &location))
}

fn domain(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let name = matched.key(0);
    match call.method.as_str() {
        "PATCH" => {
            let change = change(&checked_values("domain", object(call)?)?)?;
            world.tenant_mut().update_domain(&context(call), name, &change)?;
            Ok(ApiReply::no_content())
        }
        "DELETE" => {
            world.tenant_mut().delete_domain(&context(call), name)?;
            Ok(ApiReply::no_content())
        }
        _ => read(world, call, matched, Route::Domain),
    }
}

/// What may be changed of a domain; anything else is read-only.
fn change(body: &Map<String, Value>) -> Result<DomainChange, ApiError> {
    let mut change = DomainChange::default();
    for (name, value) in body {
        let days = || value.as_u64().and_then(|days| u32::try_from(days).ok());
        match name.as_str() {
            "isDefault" => change.is_default = value.as_bool(),
            "supportedServices" => {
                let services = value.as_array().into_iter().flatten().filter_map(Value::as_str);
                change.supported_services = Some(services.map(str::to_owned).collect());
            }
            "passwordValidityPeriodInDays" => change.password_validity_days = days(),
            "passwordNotificationWindowInDays" => change.password_notification_days = days(),
            "authenticationType" => change.authentication = value.as_str().map(str::to_owned),
            _ => return Err(ApiError::of("read-only", &[("property", name.as_str())])),
        }
    }
    Ok(change)
}

fn verify(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let mut tenant = world.tenant_mut();
    tenant.verify_domain(&context(call), matched.key(0))?;
    // only this answer tells it (microsoft-graph.md section 2.4)
    directory::domain(&tenant, call, 200, matched.key(0), Some("AvailableImmediately"))
}

fn promote(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    world.tenant_mut().promote_domain(&context(call), matched.key(0))?;
    Ok(boolean(call))
}

/// `{"value":true}`, as actions answer that have nothing else to tell.
pub(super) fn boolean(call: &ApiCall<'_>) -> ApiReply {
    let context = format!("{}Edm.Boolean", super::objects::context_base(call));
    directory::one(&context, |json: &mut json::Object<'_>| json.bare("value", true))
}

fn force_delete(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let body = if call.body.is_empty() { Map::new() } else { object(call)? };
    // the default is the documents' (microsoft-graph.md section 2.4)
    let disable = body.get("disableUserAccounts").and_then(Value::as_bool).unwrap_or(true);
    world.tenant_mut().force_delete_domain(&context(call), matched.key(0), disable)?;
    Ok(ApiReply::no_content())
}

fn known<'t>(tenant: &'t Tenant, name: &str) -> Result<&'t forestbed_sim::tenant::Domain, ApiError> {
    tenant.domain(name).ok_or_else(|| ApiError::not_found(name))
}

fn references(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let tenant = &*world.tenant();
    let name = known(tenant, matched.key(0))?.name.clone();
    let members = Members::Ids(tenant.domain_references(&name));
    let collection =
        Collection { entity: Entity::DirectoryObject, set: "directoryObjects", cast: matched.cast, members };
    collection.list(world, tenant, call)
}

fn records(
    world: &World,
    call: &ApiCall<'_>,
    matched: &Matched,
    set: &str,
    list: fn(&Tenant, &forestbed_sim::tenant::Domain) -> Vec<Value>,
) -> Result<ApiReply, ApiError> {
    let tenant = world.tenant();
    let domain = known(&tenant, matched.key(0))?;
    let listing = Listing::of("domainDnsRecord", format!("domains('{}')/{set}", domain.name));
    let options = listing.options(call)?;
    let records = list(&tenant, domain).into_iter().enumerate();
    listing.page(world, call, &options, records.map(|(place, record)| (place as u64 + 1, record)))
}

fn verification_records(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let list =
        |tenant: &Tenant, domain: &forestbed_sim::tenant::Domain| tenant.verification_records(&domain.name);
    records(world, call, matched, "verificationDnsRecords", list)
}

fn service_records(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    records(world, call, matched, "serviceConfigurationRecords", Tenant::service_records)
}

fn federation_listing(domain: &str) -> Listing {
    Listing::of("internalDomainFederation", format!("domains('{domain}')/federationConfiguration"))
}

fn federation_record(federation: &Federation) -> Value {
    let mut record = federation.values.clone();
    record.insert("id".to_owned(), Value::from(federation.id.to_string()));
    Value::Object(record)
}

fn federations(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    if call.method == http::Method::POST {
        let values = checked_values("internalDomainFederation", object(call)?)?;
        let mut tenant = world.tenant_mut();
        let name = known(&tenant, matched.key(0))?.name.clone();
        tenant.federate_domain(&context(call), &name, &values)?;
        let made = known(&tenant, &name)?.federation.clone().ok_or_else(|| ApiError::not_found(&name))?;
        return federation_listing(&name).one(call, 201, &federation_record(&made));
    }
    let tenant = world.tenant();
    let domain = known(&tenant, matched.key(0))?;
    let listing = federation_listing(&domain.name);
    let options = listing.options(call)?;
    let records = domain.federation.iter().map(|own| (1, federation_record(own)));
    listing.page(world, call, &options, records)
}

fn federation(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let id = Guid::parse(matched.key(1)).ok_or_else(|| ApiError::not_found(matched.key(1)))?;
    let name = matched.key(0);
    match call.method.as_str() {
        "PATCH" => {
            let values = checked_values("internalDomainFederation", object(call)?)?;
            world.tenant_mut().update_federation(&context(call), name, id, &values)?;
            Ok(ApiReply::no_content())
        }
        "DELETE" => {
            world.tenant_mut().end_federation(&context(call), name, id)?;
            Ok(ApiReply::no_content())
        }
        _ => {
            let tenant = world.tenant();
            let domain = known(&tenant, name)?;
            let found = domain.federation.as_ref().filter(|own| own.id == id);
            let found = found.ok_or_else(|| ApiError::not_found(matched.key(1)))?;
            federation_listing(&domain.name).one(call, 200, &federation_record(found))
        }
    }
}
