//! SCIM users to properties of users: scim-mappings.tsv.

use crate::tenant::Tenant;
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// The extension of RFC 7643, section 4.3.
pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// One row: where the value stands in SCIM, and the property that it becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttributeMapping {
    /// `name.givenName`, `addresses.work.locality`, `enterprise.department`...
    pub source: &'static str,
    /// The property of the user.
    pub target: &'static str,
    /// Whether users are matched by it.
    pub matching: bool,
}

static MAPPINGS: LazyLock<Vec<AttributeMapping>> = LazyLock::new(|| {
    let lines = include_str!("../../../data/scim-mappings.tsv").lines();
    let read = |line: &'static str| {
        let mut cells = line.split('\t');
        Some(AttributeMapping {
            source: cells.next()?,
            target: cells.next()?,
            matching: cells.next()? == "1",
        })
    };
    lines.filter(|line| !line.starts_with('#')).skip(1).filter_map(read).collect()
});

impl AttributeMapping {
    /// Every row.
    pub fn all() -> &'static [AttributeMapping] {
        &MAPPINGS
    }
}

fn member<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let members = value.as_object()?;
    members.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// The value at a path; elements of a list are named by their `type`.
pub(crate) fn at<'v>(user: &'v Value, path: &str) -> Option<&'v Value> {
    let mut value = user;
    for name in path.split('.') {
        value = match value {
            Value::Array(elements) => elements.iter().find(|one| {
                member(one, "type").and_then(Value::as_str).is_some_and(|own| own.eq_ignore_ascii_case(name))
            })?,
            _ if name == "enterprise" => member(value, ENTERPRISE)?,
            _ => member(value, name)?,
        };
    }
    Some(value).filter(|value| !value.is_null())
}

impl Tenant {
    /// The properties that a SCIM user asks for.
    pub(crate) fn mapped(&self, user: &Value) -> Map<String, Value> {
        let mut body = Map::new();
        for mapping in AttributeMapping::all() {
            if let Some(value) = at(user, mapping.source) {
                body.insert(mapping.target.to_owned(), value.clone());
            }
        }
        let name = body.get("userPrincipalName").and_then(Value::as_str);
        if let Some(name) = name.filter(|name| !name.contains('@')) {
            let default = self.domains().iter().find(|domain| domain.is_default);
            let domain = default.map_or(self.initial_domain(), |domain| &domain.name);
            let name = format!("{name}@{domain}");
            body.insert("userPrincipalName".to_owned(), Value::from(name));
        }
        body
    }
}
