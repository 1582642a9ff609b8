//! The tenant itself on the wire: domains, organization, subscribedSkus.

use super::call::{ApiCall, ApiReply};
use super::collection::options;
use super::error::ApiError;
use super::json::{Object, string};
use super::objects::{context_base, page};
use super::route::{Matched, Route};
use crate::odata::{Entity, Options};
use forestbed_sim::tenant::{Domain, ServicePlan, Subscription, SubscriptionStatus, Tenant};
use forestbed_sim::view::View;
use forestbed_sim::world::World;

/// One resource: its id, and its members with their JSON.
struct Resource {
    id: String,
    members: Vec<(&'static str, Vec<u8>)>,
}

/// Members that are being gathered; those that nobody sets are null, or empty when they are collections.
struct Gather {
    entity: Entity,
    resource: Resource,
}

impl Gather {
    fn new(entity: Entity, id: &str) -> Gather {
        let mut gather = Gather { entity, resource: Resource { id: id.to_owned(), members: Vec::new() } };
        gather.text("id", id);
        gather
    }

    fn raw(&mut self, name: &'static str, json: Vec<u8>) {
        self.resource.members.push((name, json));
    }

    fn text(&mut self, name: &'static str, text: &str) {
        let mut json = Vec::new();
        string(&mut json, text);
        self.raw(name, json);
    }

    fn bare(&mut self, name: &'static str, value: impl std::fmt::Display) {
        self.raw(name, value.to_string().into_bytes());
    }

    fn array<T>(
        &mut self,
        name: &'static str,
        elements: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Vec<u8>, T),
    ) {
        let mut json = vec![b'['];
        for (at, element) in elements.into_iter().enumerate() {
            if at > 0 {
                json.push(b',');
            }
            write(&mut json, element);
        }
        json.push(b']');
        self.raw(name, json);
    }

    /// The members in the order of the table.
    fn done(mut self) -> Resource {
        let mut members = Vec::new();
        for info in &self.entity.info().properties {
            let at = self.resource.members.iter().position(|(name, _)| *name == info.name);
            let empty = if info.collection { b"[]".to_vec() } else { b"null".to_vec() };
            members.push((info.name, at.map_or(empty, |at| self.resource.members.swap_remove(at).1)));
        }
        Resource { id: self.resource.id, members }
    }
}

/// One domain, as it is after a change.
pub(crate) fn domain(
    tenant: &Tenant,
    call: &ApiCall<'_>,
    status: u16,
    name: &str,
    availability: Option<&str>,
) -> Result<ApiReply, ApiError> {
    let found = domains(tenant).into_iter().find(|domain| domain.id.eq_ignore_ascii_case(name));
    let found = found.ok_or_else(|| ApiError::not_found(name))?;
    let mut reply = one(&format!("{}domains/$entity", context_base(call)), |json| {
        for (name, value) in &found.members {
            match availability.filter(|_| *name == "availabilityStatus") {
                Some(text) => json.text(name, text),
                None => json.key(name).extend_from_slice(value),
            }
        }
    });
    reply.status = status;
    Ok(reply)
}

/// `GET` of one of these resources.
pub(crate) fn get(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let tenant = &*world.tenant_view(View::Object);
    let options = options(world, call)?;
    // these collections know $select only (microsoft-graph.md section 2.4)
    if options.filter.is_some() || options.search.is_some() || options.orderby.is_some() {
        return Err(ApiError::of("unsupported-query", &[]).with_unknown(format!("query of {}", call.path)));
    }
    let (entity, set, resources, single) = match matched.route {
        Route::Domains => (Entity::Domain, "domains", domains(tenant), false),
        Route::Domain => (Entity::Domain, "domains", domains(tenant), true),
        Route::Organizations => (Entity::Organization, "organization", organization(tenant), false),
        Route::Organization => (Entity::Organization, "organization", organization(tenant), true),
        Route::SubscribedSkus => (Entity::SubscribedSku, "subscribedSkus", skus(tenant), false),
        Route::SubscribedSku => (Entity::SubscribedSku, "subscribedSkus", skus(tenant), true),
        _ => return Err(ApiError::of("not-implemented", &[])),
    };
    let names = selected(entity, &options)?;
    let list = match &options.select {
        Some(_) => format!("({})", names.join(",")),
        None => String::new(),
    };
    let context = format!("{}{set}{list}", context_base(call));
    let members = |json: &mut Object<'_>, resource: &Resource| {
        for name in &names {
            if let Some((_, value)) = resource.members.iter().find(|(known, _)| known == name) {
                json.key(name).extend_from_slice(value);
            }
        }
    };
    if single {
        let key = matched.key(0);
        let resource = resources.iter().find(|resource| resource.id.eq_ignore_ascii_case(key));
        let resource = resource.ok_or_else(|| ApiError::not_found(key))?;
        return Ok(one(&format!("{context}/$entity"), |json| members(json, resource)));
    }
    Ok(page(
        &context,
        options.count.then_some(resources.len()).filter(|_| call.eventual()),
        None,
        &resources,
        |out, resource| {
            let mut json = Object::new(out);
            members(&mut json, resource);
            json.end();
        },
    ))
}

pub(crate) fn one(context: &str, write: impl FnOnce(&mut Object<'_>)) -> ApiReply {
    let mut body = Vec::new();
    let mut json = Object::new(&mut body);
    json.text("@odata.context", context);
    write(&mut json);
    json.end();
    ApiReply::json(200, body, 1)
}

fn selected(entity: Entity, options: &Options) -> Result<Vec<&'static str>, ApiError> {
    let Some(select) = options.select.as_ref().filter(|names| !names.iter().any(|name| name == "*")) else {
        return Ok(entity.info().properties.iter().map(|info| info.name).collect());
    };
    let name = |name: &String| {
        entity.property(name).map(|info| info.name).ok_or_else(|| {
            let ty = format!("microsoft.graph.{}", entity.type_name());
            ApiError::of("select-unknown-property", &[("property", name), ("type", &ty)])
                .with_unknown(format!("$select of {name}"))
        })
    };
    select.iter().map(name).collect()
}

fn authentication(domain: &Domain) -> &'static str {
    if domain.is_federated { "Federated" } else { "Managed" }
}

fn domains(tenant: &Tenant) -> Vec<Resource> {
    let resource = |domain: &Domain| {
        let mut gather = Gather::new(Entity::Domain, &domain.name);
        gather.text("authenticationType", authentication(domain));
        gather.bare("isAdminManaged", true);
        gather.bare("isDefault", domain.is_default);
        gather.bare("isInitial", domain.is_initial);
        gather.bare("isRoot", tenant.is_root_domain(domain));
        gather.bare("isVerified", domain.is_verified);
        gather.bare("passwordNotificationWindowInDays", domain.password_notification_days);
        gather.bare("passwordValidityPeriodInDays", domain.password_validity_days);
        gather.array("supportedServices", domain.supported_services.iter().map(String::as_str), string);
        gather.done()
    };
    tenant.domains().iter().map(resource).collect()
}

fn organization(tenant: &Tenant) -> Vec<Resource> {
    let organization = tenant.organization();
    let mut gather = Gather::new(Entity::Organization, &organization.id.to_string());
    gather.text("displayName", &organization.display_name);
    gather.text("countryLetterCode", &organization.country_letter_code);
    gather.text("createdDateTime", &organization.created.rfc3339());
    if let Some(enabled) = organization.on_premises_sync_enabled {
        gather.bare("onPremisesSyncEnabled", enabled);
    }
    if let Some(time) = organization.on_premises_last_sync {
        gather.text("onPremisesLastSyncDateTime", &time.rfc3339());
    }
    for info in &Entity::Organization.info().properties {
        if let Some(value) = organization.settings.get(info.name) {
            gather.raw(info.name, value.to_string().into_bytes());
        }
    }
    gather.text("tenantType", "AAD");
    gather.text("mobileDeviceManagementAuthority", "unknown");
    let mails = organization.technical_notification_mails.iter().map(String::as_str);
    gather.array("technicalNotificationMails", mails, string);
    let plans = || {
        let owned = tenant.skus().iter();
        owned.flat_map(|owned| owned.sku.plans.iter().map(|plan| (plan, owned.status.name())))
    };
    gather.array("assignedPlans", plans(), |out, (plan, status)| {
        let mut json = Object::new(out);
        json.text("assignedDateTime", &organization.created.rfc3339());
        json.text("capabilityStatus", status);
        json.text("service", plan.service());
        json.text("servicePlanId", &plan.id.to_string());
        json.end();
    });
    gather.array("provisionedPlans", plans(), |out, (plan, status)| {
        let mut json = Object::new(out);
        json.text("capabilityStatus", status);
        json.text("provisioningStatus", "Success");
        json.text("service", plan.service());
        json.end();
    });
    let verified = tenant.domains().iter().filter(|domain| domain.is_verified);
    gather.array("verifiedDomains", verified, |out, domain| {
        let mut json = Object::new(out);
        json.text("capabilities", "Email, OfficeCommunicationsOnline");
        json.bare("isDefault", domain.is_default);
        json.bare("isInitial", domain.is_initial);
        json.text("name", &domain.name);
        json.text("type", authentication(domain));
        json.end();
    });
    vec![gather.done()]
}

fn skus(tenant: &Tenant) -> Vec<Resource> {
    let account = tenant.id().to_string();
    let resource = |subscription: &Subscription| {
        let sku = subscription.sku;
        // microsoft-graph.md section 2.4: "{tenantId}_{skuId}"
        let mut gather = Gather::new(Entity::SubscribedSku, &format!("{account}_{}", sku.id));
        gather.text("accountId", &account);
        gather.text("accountName", &tenant.organization().display_name);
        gather.text("appliesTo", "User");
        gather.text("capabilityStatus", subscription.status.name());
        gather.bare("consumedUnits", subscription.consumed);
        gather.text("skuId", &sku.id.to_string());
        gather.text("skuPartNumber", sku.part_number);
        let id = subscription.subscription_id.to_string();
        gather.array("subscriptionIds", [id.as_str()], string);
        let mut units = Vec::new();
        let mut json = Object::new(&mut units);
        for (name, status) in [
            ("enabled", SubscriptionStatus::Enabled),
            ("suspended", SubscriptionStatus::Suspended),
            ("warning", SubscriptionStatus::Warning),
            ("lockedOut", SubscriptionStatus::LockedOut),
        ] {
            json.bare(name, subscription.units(status));
        }
        json.end();
        gather.raw("prepaidUnits", units);
        gather.array("servicePlans", &sku.plans, |out, plan| {
            service_plan(out, plan, "Success");
        });
        gather.done()
    };
    tenant.skus().iter().map(resource).collect()
}

/// A `servicePlanInfo`.
pub(crate) fn service_plan(out: &mut Vec<u8>, plan: &ServicePlan, status: &str) {
    let mut json = Object::new(out);
    json.text("servicePlanId", &plan.id.to_string());
    json.text("servicePlanName", plan.name);
    json.text("provisioningStatus", status);
    json.text("appliesTo", "User");
    json.end();
}
