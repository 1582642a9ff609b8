//! The tenant's behaviour through its public calls, held against the references.

mod addresses;
mod audit;
mod graph;
mod group_licenses;
mod inbound;
mod licenses;
mod licensing;
mod provisioning;
mod store;
mod throttle;
mod webhook;

use super::*;
use crate::clock::DEFAULT_START;
use crate::spec::{Seats, TenantSpec};
use serde_json::{Map, Value, json};

/// Office 365 E3, microsoft-graph.md 5.1.
const E3: &str = "6fd2c87f-b296-42f0-b197-1e91e994b900";
/// Exchange Online (Plan 1), microsoft-graph.md 5.1.
const EXCHANGE: &str = "4b9405b0-7788-4568-add1-99614e613b69";

fn guid(text: &str) -> Guid {
    Guid::parse(text).unwrap()
}

fn spec() -> TenantSpec {
    TenantSpec { cloud_users: 3, cloud_groups: 0, ..TenantSpec::default() }
}

fn tenant_of(spec: &TenantSpec) -> Tenant {
    Tenant::new(spec, 100, Seed::new(7), DEFAULT_START).unwrap()
}

fn tenant() -> Tenant {
    tenant_of(&spec())
}

/// A tenant with these switches.
fn switched(switches: &[(&str, &str)]) -> Tenant {
    let switches = switches.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    tenant_of(&TenantSpec { switches, ..spec() })
}

fn ctx() -> CallContext {
    CallContext { now: DEFAULT_START, app: None }
}

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(map) = value else { panic!("an object is meant") };
    map
}

fn user_body(upn: &str) -> Map<String, Value> {
    object(json!({
        "accountEnabled": true,
        "displayName": "Ada Lovelace",
        "mailNickname": upn.split('@').next().unwrap(),
        "userPrincipalName": upn,
        "passwordProfile": { "password": "Sommer-2026" },
    }))
}

fn sync(kind: SyncType, operation: SyncOperation, anchor: &str, properties: Value) -> SyncObject {
    let properties = object(properties).into_iter().collect();
    SyncObject { object_type: kind, operation, source_anchor: anchor.to_owned(), properties }
}

/// Sets one user and returns its answer.
fn set(tenant: &mut Tenant, anchor: &str, properties: Value) -> SyncResult {
    set_kind(tenant, SyncType::User, anchor, properties)
}

fn set_kind(tenant: &mut Tenant, kind: SyncType, anchor: &str, properties: Value) -> SyncResult {
    tenant.provision(&ctx(), &[sync(kind, SyncOperation::Set, anchor, properties)]).remove(0)
}

fn remove(tenant: &mut Tenant, kind: SyncType, anchor: &str) -> SyncResult {
    tenant.provision(&ctx(), &[sync(kind, SyncOperation::Delete, anchor, json!({}))]).remove(0)
}

fn id_of(result: &SyncResult) -> Guid {
    assert_eq!(result.result, SyncOutcome::Success, "{result:?}");
    let anchor = result.cloud_anchor.as_deref().unwrap();
    guid(anchor.split_once('_').unwrap().1)
}

fn license(tenant: &mut Tenant, user: Guid, sku: &str) -> Result<(), TenantError> {
    let add = AddLicense { sku_id: guid(sku), disabled_plans: Vec::new() };
    tenant.assign_license(&ctx(), user, &[add], &[])
}

fn locate(tenant: &mut Tenant, user: Guid) {
    tenant.update(&ctx(), user, &object(json!({ "usageLocation": "NL" }))).unwrap();
}

fn security_group(tenant: &mut Tenant, name: &str) -> Guid {
    let body = json!({
        "displayName": name, "mailNickname": name, "mailEnabled": false, "securityEnabled": true,
    });
    tenant.create_group(&ctx(), &object(body)).unwrap()
}

fn text(tenant: &Tenant, id: Guid, property: Property) -> Option<String> {
    tenant.object(id).unwrap().text(property).map(str::to_owned)
}

fn proxies(tenant: &Tenant, id: Guid) -> Vec<String> {
    tenant.object(id).unwrap().proxy_addresses().iter().map(ToString::to_string).collect()
}

fn errors(tenant: &Tenant, id: Guid) -> Vec<(&'static str, String)> {
    let errors = tenant.object(id).unwrap().provisioning_errors();
    errors.iter().map(|error| (error.property, error.value.clone())).collect()
}
