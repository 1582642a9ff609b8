//! A tenant as a dump.

use super::{Dump, DumpObject, DumpOptions, DumpValue};
use crate::tenant::{
    CloudObject, ObjectKind, Property, PropertyType, PropertyValue, SubscriptionStatus, Tenant,
};
use rayon::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;

/// The whole tenant: its directory objects, deleted ones too; domains, subscriptions, roles and the
/// organization.
pub fn tenant(tenant: &Tenant, options: DumpOptions) -> Dump {
    let live = ObjectKind::ALL.into_iter().flat_map(|kind| tenant.iter(kind));
    // roles are told with the settings; the applications that every tenant is born with only once somebody
    // has changed them
    let told = |object: &&CloudObject| {
        object.kind() != ObjectKind::DirectoryRole && !tenant.is_untouched_application(object)
    };
    let all: Vec<&CloudObject> = live.chain(tenant.deleted()).filter(told).collect();
    let mut objects: Vec<DumpObject> =
        all.par_iter().map(|object| cloud_object(tenant, object, options)).collect();
    objects.extend(settings(tenant, options));
    Dump::new("tenant", objects)
}

fn cloud_object(tenant: &Tenant, object: &CloudObject, options: DumpOptions) -> DumpObject {
    let mut attributes = BTreeMap::new();
    for property in Property::all().filter(|property| property.belongs_to(object.kind())) {
        if property.value_type() == PropertyType::Time && !options.stamps && !is_of_a_person(property) {
            continue;
        }
        // how far the plans have got is a matter of time, as stamps are
        if property == Property::ProvisionedPlans && !options.stamps {
            continue;
        }
        let value = tenant.property(object, property);
        // worth a line only where there are any
        if property == Property::HasMembersWithLicenseErrors && value == PropertyValue::Bool(false) {
            continue;
        }
        let values = values(value, options);
        if !values.is_empty() {
            attributes.insert(property.name().to_owned(), values);
        }
    }
    let ids = |ids: &[crate::ids::Guid]| {
        let mut texts: Vec<DumpValue> = ids.iter().map(|id| DumpValue::Text(id.to_string())).collect();
        texts.sort();
        texts
    };
    let mut add = |name: &str, values: Vec<DumpValue>| {
        if !values.is_empty() {
            attributes.insert(name.to_owned(), values);
        }
    };
    add("members", ids(tenant.members(object.id())));
    add("manager", object.manager().map(|id| ids(&[id])).unwrap_or_default());
    add("sourceAnchor", object.source_anchor().map(DumpValue::from).into_iter().collect());
    add("deleted", object.deleted().map(|_| DumpValue::from("true")).into_iter().collect());
    let kind = object.kind().graph_type();
    let known_as = object.user_principal_name().or_else(|| object.text(Property::DisplayName));
    let known_as = known_as.unwrap_or_default();
    let bin = if object.deleted().is_some() { "deleted/" } else { "" };
    DumpObject {
        key: format!("{bin}{kind}/{}/{}", known_as.to_lowercase(), object.id()),
        name: format!("{bin}{kind}/{known_as}"),
        dn: None,
        class: kind.to_owned(),
        attributes,
    }
}

/// Dates that people enter, in contrast to those that the service writes.
fn is_of_a_person(property: Property) -> bool {
    matches!(property, Property::EmployeeHireDate | Property::EmployeeLeaveDateTime)
}

fn values(value: PropertyValue<'_>, options: DumpOptions) -> Vec<DumpValue> {
    let mut values = match value {
        PropertyValue::Null => Vec::new(),
        PropertyValue::Bool(value) => vec![value.to_string()],
        PropertyValue::Int(value) => vec![value.to_string()],
        PropertyValue::Text(text) => vec![text.to_owned()],
        PropertyValue::Time(time) => vec![time.to_string()],
        PropertyValue::Guid(guid) => vec![guid.to_string()],
        PropertyValue::Texts(texts) => texts.into_iter().map(str::to_owned).collect(),
        PropertyValue::Json(Value::Array(items)) => {
            items.iter().map(|item| canonical(item, options)).collect()
        }
        PropertyValue::Json(Value::Null) => Vec::new(),
        PropertyValue::Json(json) => vec![canonical(&json, options)],
    };
    values.sort();
    values.into_iter().map(DumpValue::Text).collect()
}

/// JSON with its keys in order and its lists sorted; without the instants that the service writes.
fn canonical(json: &Value, options: DumpOptions) -> String {
    match json {
        Value::Object(map) => {
            let sorted: BTreeMap<&String, &Value> =
                map.iter().filter(|(key, _)| options.stamps || !key.ends_with("DateTime")).collect();
            let parts: Vec<String> = sorted
                .into_iter()
                .map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), canonical(value, options)))
                .collect();
            format!("{{{}}}", parts.join(","))
        }
        Value::Array(items) => {
            let mut items: Vec<String> = items.iter().map(|item| canonical(item, options)).collect();
            items.sort();
            format!("[{}]", items.join(","))
        }
        other => other.to_string(),
    }
}

fn settings(tenant: &Tenant, options: DumpOptions) -> Vec<DumpObject> {
    let object = |class: &str, name: &str, attributes: Vec<(&str, String)>| DumpObject {
        key: format!("{class}/{}", name.to_lowercase()),
        name: format!("{class}/{name}"),
        dn: None,
        class: class.to_owned(),
        attributes: attributes
            .into_iter()
            .map(|(name, value)| (name.to_owned(), vec![DumpValue::Text(value)]))
            .collect(),
    };
    let organization = tenant.organization();
    let mut own = vec![
        ("id", organization.id.to_string()),
        ("countryLetterCode", organization.country_letter_code.clone()),
    ];
    own.extend(organization.on_premises_sync_enabled.map(|on| ("onPremisesSyncEnabled", on.to_string())));
    if options.stamps {
        own.push(("lastChange", tenant.last_change().to_string()));
        own.extend(
            organization.on_premises_last_sync.map(|at| ("onPremisesLastSyncDateTime", at.to_string())),
        );
    }
    let mut objects = vec![object("organization", &organization.display_name, own)];
    objects.extend(tenant.domains().iter().map(|domain| {
        let flags = vec![
            ("isInitial", domain.is_initial.to_string()),
            ("isDefault", domain.is_default.to_string()),
            ("isVerified", domain.is_verified.to_string()),
            ("isFederated", domain.is_federated.to_string()),
        ];
        object("domain", &domain.name, flags)
    }));
    objects.extend(tenant.skus().iter().map(|subscription| {
        let counts = vec![
            ("skuId", subscription.sku.id.to_string()),
            ("enabled", subscription.units(SubscriptionStatus::Enabled).to_string()),
            ("consumed", subscription.consumed.to_string()),
        ];
        object("subscription", subscription.sku.part_number, counts)
    }));
    objects.extend(tenant.directory_roles().iter().map(|role| {
        let mut role_object = object("directoryRole", &role.display_name, vec![("id", role.id.to_string())]);
        let mut members: Vec<DumpValue> =
            role.members.iter().map(|id| DumpValue::Text(id.to_string())).collect();
        members.sort();
        if !members.is_empty() {
            role_object.attributes.insert("members".to_owned(), members);
        }
        role_object
    }));
    objects
}
