//! Properties as they are read: stored ones borrowed, computed ones made on the fly.

use super::license;
use super::object::{CloudObject, ProvisioningError};
use super::property::{ObjectKind, Property, PropertyType, PropertyValue};
use super::{Stored, Tenant};
use serde_json::{Map, Value, json};

/// Extension attributes of a user.
const EXTENSIONS: usize = 15;

impl Tenant {
    /// A property of an object: stored ones are borrowed, computed ones made. A collection is never null.
    pub fn property<'a>(&'a self, object: &'a CloudObject, property: Property) -> PropertyValue<'a> {
        let Some(stored) = object.stored(property) else {
            let licensing = license::shown(self, object, property);
            return licensing.unwrap_or_else(|| computed(object, property));
        };
        match property {
            Property::OnPremisesExtensionAttributes => PropertyValue::Json(extensions(Some(stored))),
            _ => stored.read(),
        }
    }
}

fn computed(object: &CloudObject, property: Property) -> PropertyValue<'_> {
    match property {
        Property::Id => PropertyValue::Guid(object.id),
        Property::CreatedDateTime => PropertyValue::Time(object.created),
        Property::RenewedDateTime if object.kind == ObjectKind::Group => PropertyValue::Time(object.created),
        Property::DeletedDateTime => object.deleted.map_or(PropertyValue::Null, PropertyValue::Time),
        Property::OnPremisesProvisioningErrors => PropertyValue::Json(errors(&object.errors)),
        Property::OnPremisesExtensionAttributes if object.kind == ObjectKind::User => {
            PropertyValue::Json(extensions(None))
        }
        Property::Addresses => PropertyValue::Json(addresses(object)),
        Property::Phones => PropertyValue::Json(phones(object)),
        Property::Identities if object.kind == ObjectKind::User => PropertyValue::Json(json!([])),
        Property::ServiceProvisioningErrors | Property::AssignedLabels => PropertyValue::Json(json!([])),
        // never null in the metadata
        Property::AppRoleAssignmentRequired | Property::Oauth2RequirePostResponse => {
            PropertyValue::Bool(false)
        }
        Property::AppRoles if super::applications::is_graph(object) => {
            PropertyValue::Json(super::applications::graph_app_roles())
        }
        Property::Oauth2PermissionScopes if super::applications::is_graph(object) => {
            PropertyValue::Json(super::applications::graph_scopes())
        }
        Property::PasswordCredentials | Property::KeyCredentials => {
            PropertyValue::Json(super::applications::credentials(object, property))
        }
        _ if property.value_type() == PropertyType::Texts => PropertyValue::Texts(Vec::new()),
        _ => PropertyValue::Null,
    }
}

/// microsoft-graph.md, Appendix A9.
fn errors(errors: &[ProvisioningError]) -> Value {
    let one = |error: &ProvisioningError| {
        json!({
            "category": "PropertyConflict",
            "occurredDateTime": error.occurred.rfc3339(),
            "propertyCausingError": error.property,
            "value": error.value,
        })
    };
    errors.iter().map(one).collect()
}

/// All fifteen, null where there is no value.
fn extensions(stored: Option<&Stored>) -> Value {
    let known = match stored {
        Some(Stored::Json(known)) => known.as_object(),
        _ => None,
    };
    let one = |number: usize| {
        let name = format!("extensionAttribute{number}");
        let value = known.and_then(|known| known.get(&name)).cloned().unwrap_or(Value::Null);
        (name, value)
    };
    Value::Object((1..=EXTENSIONS).map(one).collect::<Map<_, _>>())
}

/// `physicalOfficeAddress` of a contact.
fn addresses(contact: &CloudObject) -> Value {
    let parts = [
        ("city", Property::City),
        ("countryOrRegion", Property::Country),
        ("officeLocation", Property::OfficeLocation),
        ("postalCode", Property::PostalCode),
        ("state", Property::State),
        ("street", Property::StreetAddress),
    ];
    if parts.iter().all(|(_, property)| contact.text(*property).is_none()) {
        return json!([]);
    }
    let one = |(name, property): (&str, Property)| (name.to_owned(), Value::from(contact.text(property)));
    json!([Value::Object(parts.into_iter().map(one).collect::<Map<_, _>>())])
}

/// `phone`s of a contact.
fn phones(contact: &CloudObject) -> Value {
    let business = contact.texts(Property::BusinessPhones).first().map(AsRef::as_ref);
    let all = [
        ("businessFax", contact.text(Property::FaxNumber)),
        ("mobile", contact.text(Property::MobilePhone)),
        ("business", business),
    ];
    let known = all.into_iter().filter_map(|(kind, number)| Some((kind, number?)));
    known.map(|(kind, number)| json!({ "number": number, "type": kind })).collect()
}
