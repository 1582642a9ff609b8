//! Which properties of an object an answer shows, and their JSON.

use super::call::ApiVersion;
use super::error::ApiError;
use super::json::{Object, string};
use crate::odata::{Entity, PropertyInfo, Type, members};
use forestbed_sim::tenant::{CloudObject, ObjectKind, Property, PropertyValue, Tenant};
use serde_json::Value;
use std::sync::{Arc, LazyLock};

/// Kept in another service: a list answers 501, a single object has them (microsoft-graph.md section 2.1).
const SINGLE_ONLY: [&str; 11] = [
    "aboutMe",
    "birthday",
    "hireDate",
    "interests",
    "mySite",
    "pastProjects",
    "preferredName",
    "responsibilities",
    "schools",
    "skills",
    "mailboxSettings",
];
/// For filters only (microsoft-graph.md section 2.3).
const NEVER_SHOWN: &str = "hasMembersWithLicenseErrors";

/// The properties of one type that an answer shows, in order.
#[derive(Debug, Clone)]
pub(crate) struct Projection {
    columns: Arc<[&'static PropertyInfo]>,
}

/// What comes by default: by kind, on v1.0 and on beta.
static DEFAULTS: LazyLock<[[Projection; ObjectKind::COUNT]; 2]> = LazyLock::new(|| {
    [ApiVersion::V1, ApiVersion::Beta]
        .map(|version| ObjectKind::ALL.map(|kind| Projection::read(Entity::of(kind), version)))
});

/// Whether each object says its type, as directory objects do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Typed {
    Yes,
    No,
}

/// What is projected: a list, whose type may be that of all directory objects, or one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    List,
    Single,
}

impl Projection {
    /// The properties that `$select` names, or those that come by default.
    pub(crate) fn new(
        entity: Entity,
        version: ApiVersion,
        select: Option<&[String]>,
        shape: Shape,
    ) -> Result<Projection, ApiError> {
        match select {
            Some(names) if !names.iter().any(|name| name == "*") => {
                Projection::selected(entity, names, shape)
            }
            _ => Ok(Projection::default_of(entity.kind().unwrap_or(ObjectKind::User), version, Typed::No)),
        }
    }

    /// What comes when nothing is selected: on v1.0 the table's defaults, on beta all that the tenant keeps.
    pub(crate) fn default_of(kind: ObjectKind, version: ApiVersion, typed: Typed) -> Projection {
        let own = &DEFAULTS[usize::from(version == ApiVersion::Beta)][kind as usize];
        if typed == Typed::Yes || kind != ObjectKind::User || version == ApiVersion::Beta {
            return own.clone();
        }
        // among users the id comes last (microsoft-graph.md A3), among directory objects first (A8)
        let mut columns = own.columns.to_vec();
        columns.sort_by_key(|info| info.name == "id");
        Projection { columns: columns.into() }
    }

    fn read(entity: Entity, version: ApiVersion) -> Projection {
        let shown = |info: &&PropertyInfo| match version {
            ApiVersion::V1 => info.default,
            ApiVersion::Beta => (info.default || info.id.is_some()) && info.name != NEVER_SHOWN,
        };
        Projection { columns: entity.info().properties.iter().filter(shown).collect() }
    }

    fn selected(entity: Entity, names: &[String], shape: Shape) -> Result<Projection, ApiError> {
        let mut columns: Vec<&'static PropertyInfo> = Vec::new();
        for name in names {
            let head = name.split('/').next().unwrap_or(name);
            if entity.navigation(head).is_some() {
                continue;
            }
            let Some(info) = entity.property(head) else {
                let ty = format!("microsoft.graph.{}", entity.type_name());
                let error = ApiError::of("select-unknown-property", &[("property", head), ("type", &ty)]);
                return Err(error.with_unknown(format!("$select of {head}")));
            };
            if shape == Shape::List && SINGLE_ONLY.contains(&info.name) {
                return Err(ApiError::of("select-not-on-list", &[]));
            }
            if columns.iter().all(|known| known.name != info.name) && info.name != NEVER_SHOWN {
                columns.push(info);
            }
        }
        Ok(Projection { columns: columns.into() })
    }

    /// The same properties as far as another type has them.
    pub(crate) fn narrowed(&self, entity: Entity) -> Projection {
        let columns = self.columns.iter().filter_map(|info| entity.property(info.name)).collect();
        Projection { columns }
    }

    /// The names, as a context lists them.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.columns.iter().map(|info| info.name).collect()
    }

    /// The properties.
    pub(crate) fn infos(&self) -> &[&'static PropertyInfo] {
        &self.columns
    }

    /// Writes those properties of an object that `keep` wants, which is told whether the value is empty.
    pub(crate) fn write_some(
        &self,
        object: &mut Object<'_>,
        tenant: &Tenant,
        of: &CloudObject,
        keep: impl Fn(Property, bool) -> bool,
    ) {
        for info in self.columns.iter() {
            // what the tenant does not keep never had a value
            let Some(id) = info.id else { continue };
            let value = tenant.property(of, id);
            if keep(id, is_empty(&value)) {
                write_value(object.key(info.name), info, &value);
            }
        }
    }

    /// Writes the properties of an object as members.
    pub(crate) fn write(&self, object: &mut Object<'_>, tenant: &Tenant, of: &CloudObject) {
        for info in self.columns.iter() {
            let value = info.id.map_or(PropertyValue::Null, |id| tenant.property(of, id));
            write_value(object.key(info.name), info, &value);
        }
    }
}

fn is_empty(value: &PropertyValue<'_>) -> bool {
    match value {
        PropertyValue::Null => true,
        PropertyValue::Texts(texts) => texts.is_empty(),
        PropertyValue::Json(Value::Array(elements)) => elements.is_empty(),
        PropertyValue::Json(Value::Null) => true,
        // all fifteen extension attributes are members, those without a value null
        PropertyValue::Json(Value::Object(members)) => members.values().all(Value::is_null),
        _ => false,
    }
}

fn write_value(out: &mut Vec<u8>, info: &PropertyInfo, value: &PropertyValue<'_>) {
    match value {
        PropertyValue::Null if info.collection => out.extend_from_slice(b"[]"),
        PropertyValue::Null => out.extend_from_slice(b"null"),
        PropertyValue::Bool(true) => out.extend_from_slice(b"true"),
        PropertyValue::Bool(false) => out.extend_from_slice(b"false"),
        PropertyValue::Int(number) => out.extend_from_slice(number.to_string().as_bytes()),
        PropertyValue::Text(text) => string(out, text),
        PropertyValue::Time(time) => string(out, &time.rfc3339()),
        PropertyValue::Guid(guid) => write_guid(out, &guid.to_bytes()),
        PropertyValue::Texts(texts) => {
            out.push(b'[');
            for (at, text) in texts.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                string(out, text);
            }
            out.push(b']');
        }
        PropertyValue::Json(value) => write_json(out, info.ty, value),
    }
}

/// The text of an identifier, without the detour of formatting.
fn write_guid(out: &mut Vec<u8>, bytes: &[u8; 16]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            out.push(b'-');
        }
        out.push(DIGITS[usize::from(byte >> 4)]);
        out.push(DIGITS[usize::from(byte & 15)]);
    }
    out.push(b'"');
}

/// Complex values get their members in the order of graph-complex-types.tsv.
pub(crate) fn write_json(out: &mut Vec<u8>, ty: Type, value: &Value) {
    match (value, ty) {
        (Value::Array(elements), _) => {
            out.push(b'[');
            for (at, element) in elements.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write_json(out, ty, element);
            }
            out.push(b']');
        }
        (Value::Object(values), Type::Complex(name)) => {
            let mut object = Object::new(out);
            for info in members(name) {
                if let Some(value) = values.get(info.name) {
                    write_json(object.key(info.name), info.ty, value);
                }
            }
            for (name, value) in values.iter().filter(|(key, _)| members(name).all(|m| m.name != **key)) {
                write_json(object.key(name), Type::String, value);
            }
            object.end();
        }
        (Value::String(text), _) => string(out, text),
        (other, _) => out.extend_from_slice(other.to_string().as_bytes()),
    }
}
