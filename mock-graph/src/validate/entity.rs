//! Entities and values against the tables.

use super::tables::{self, Member};
use forestbed_sim::clock::SimTime;
use forestbed_sim::ids::Guid;
use serde_json::Value;

/// Annotations of an entity or a page.
const ANNOTATIONS: [&str; 10] = [
    "@odata.context",
    "@odata.count",
    "@odata.nextLink",
    "@odata.deltaLink",
    "@odata.type",
    "@odata.id",
    "@odata.editLink",
    "@odata.mediaContentType",
    "@odata.mediaEtag",
    "@odata.mediaReadLink",
];
/// Annotations of one property.
const OF_PROPERTY: [&str; 9] = [
    "odata.type",
    "odata.context",
    "odata.count",
    "odata.nextLink",
    "odata.navigationLink",
    "odata.associationLink",
    "odata.mediaContentType",
    "odata.mediaReadLink",
    "delta",
];

/// Where the check stands.
pub(super) struct At<'f> {
    pub(super) faults: &'f mut Vec<String>,
    pub(super) place: String,
    pub(super) beta: bool,
}

impl At<'_> {
    pub(super) fn fault(&mut self, what: &str) {
        let place = &self.place;
        self.faults.push(if place.is_empty() { what.to_owned() } else { format!("{place}: {what}") });
    }

    fn inside(&mut self, name: &str, check: impl FnOnce(&mut At<'_>)) {
        let length = self.place.len();
        if length > 0 {
            self.place.push('/');
        }
        self.place.push_str(name);
        check(self);
        self.place.truncate(length);
    }

    /// A page: `value` and annotations, nothing else.
    pub(super) fn collection(&mut self, body: &Value, mut check: impl FnMut(&mut At<'_>, &Value)) {
        let Some(elements) = body.get("value").and_then(Value::as_array) else {
            return self.fault("the context names a collection, and `value` is none");
        };
        for (name, value) in body.as_object().into_iter().flatten().filter(|(name, _)| *name != "value") {
            let fits = match name.as_str() {
                "@odata.count" => value.is_u64(),
                "@odata.context" | "@odata.nextLink" | "@odata.deltaLink" => value.is_string(),
                _ => false,
            };
            if !fits {
                self.fault(&format!("unknown member {name}"));
            }
        }
        for (at, element) in elements.iter().enumerate() {
            self.inside(&format!("value/{at}"), |at| check(at, element));
        }
    }

    /// `value` alone, of a type.
    pub(super) fn value_member(&mut self, body: &Value, ty: &str) {
        // a complex value stands at the top, as an entity does
        let Some(value) = body.get("value") else { return self.complex(body, ty) };
        self.inside("value", |at| at.value(value, ty, true));
    }

    pub(super) fn reference(&mut self, element: &Value) {
        let fits = element.as_object().is_some_and(|object| {
            object.get("@odata.id").is_some_and(Value::is_string)
                && object
                    .keys()
                    .all(|name| matches!(name.as_str(), "@odata.id" | "@odata.context" | "@odata.type"))
        });
        if !fits {
            self.fault("no reference");
        }
    }

    /// An entity; `top` says that it is the answer itself.
    pub(super) fn entity(&mut self, element: &Value, ty: &str, top: bool) {
        let Some(object) = element.as_object() else { return self.fault("no object") };
        let own = object.get("@odata.type").and_then(Value::as_str);
        let own = own.map(|name| name.strip_prefix("#microsoft.graph.").unwrap_or(name));
        // what left a delta says only its id and why
        let removed = object.contains_key("@removed");
        let Some((ty, members)) = tables::entity(own.unwrap_or(ty)) else {
            return self.fault(&format!("unknown type {}", own.unwrap_or(ty)));
        };
        if ty == "directoryObject" && object.keys().any(|name| !name.starts_with('@') && name != "id") {
            let base = ["deletedDateTime"];
            if object.keys().any(|name| !name.contains('@') && name != "id" && !base.contains(&name.as_str()))
            {
                return self.fault("a directory object that does not say its type");
            }
        }
        for (name, value) in object {
            if name.starts_with('@') {
                let known = ANNOTATIONS.contains(&name.as_str()) && (top || name != "@odata.context");
                if name == "@removed" && removed {
                    let reason = value.get("reason").and_then(Value::as_str);
                    if !matches!(reason, Some("changed" | "deleted")) {
                        self.fault("@removed without its reason");
                    }
                } else if !known {
                    self.fault(&format!("unknown annotation {name}"));
                }
                continue;
            }
            if let Some((property, annotation)) = name.split_once('@') {
                let known = members.contains_key(property) && OF_PROPERTY.contains(&annotation);
                if !known {
                    self.fault(&format!("unknown annotation {name} on {ty}"));
                } else if annotation == "delta" {
                    self.inside(name, |at| at.delta_links(value));
                }
                continue;
            }
            match members.get(name.as_str()) {
                Some(member) if member.beta_only && !self.beta => {
                    self.fault(&format!("{name} of {ty} is of beta only"));
                }
                Some(member) => self.inside(name, |at| at.member(value, member)),
                None if is_extension(name) => {}
                None => self.fault(&format!("{ty} has no property {name}")),
            }
        }
    }

    /// `members@delta`: objects with type and id alone.
    fn delta_links(&mut self, value: &Value) {
        let Some(links) = value.as_array() else { return self.fault("no collection") };
        for link in links {
            let known = |name: &String| matches!(name.as_str(), "@odata.type" | "id" | "@removed");
            if !link["id"].is_string() || link.as_object().is_some_and(|link| !link.keys().all(known)) {
                self.fault("a link of a delta has type, id and @removed");
            }
        }
    }

    fn member(&mut self, value: &Value, member: &Member) {
        let single = |at: &mut At<'_>, value: &Value, nullable: bool| match member.navigation {
            true if value.is_null() => {}
            true => at.entity(value, member.ty, false),
            false => at.value(value, member.ty, nullable),
        };
        match value {
            Value::Array(elements) if member.collection => {
                for (n, element) in elements.iter().enumerate() {
                    self.inside(&n.to_string(), |at| single(at, element, false));
                }
            }
            // in a delta a collection that was emptied may be null
            Value::Null if member.collection && member.nullable => {}
            _ if member.collection => self.fault("no collection"),
            value => single(self, value, member.nullable),
        }
    }

    /// A value of a primitive, complex or enumeration type.
    pub(super) fn value(&mut self, value: &Value, ty: &str, nullable: bool) {
        let text = value.as_str();
        let fits = match ty {
            _ if value.is_null() => nullable,
            "Boolean" => value.is_boolean(),
            "Int32" => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
            "Int64" => value.is_i64(),
            "Double" => value.is_number(),
            "String" | "Stream" => value.is_string(),
            "Guid" => text.and_then(Guid::parse).is_some(),
            "DateTimeOffset" => text.and_then(SimTime::parse_rfc3339).is_some(),
            "Binary" => text.is_some_and(is_base64),
            "Duration" => text.is_some_and(|text| text.trim_start_matches('-').starts_with('P')),
            "TimeOfDay" | "Date" => text.is_some_and(|text| text.starts_with(|c: char| c.is_ascii_digit())),
            _ => match tables::enumeration(ty) {
                Some(members) => {
                    text.is_some_and(|text| text.split(',').all(|one| members.contains(&one.trim())))
                }
                None => return self.complex(value, ty),
            },
        };
        if !fits {
            self.fault(&format!("{value} is no {ty}"));
        }
    }

    fn complex(&mut self, value: &Value, ty: &str) {
        let Some(object) = value.as_object() else { return self.fault(&format!("{value} is no {ty}")) };
        let own = object.get("@odata.type").and_then(Value::as_str);
        let ty = own.map_or(ty, |name| name.strip_prefix("#microsoft.graph.").unwrap_or(name));
        let Some(members) = tables::complex(ty) else { return };
        for (name, value) in object.iter().filter(|(name, _)| !name.contains("@odata.")) {
            match members.get(name.as_str()) {
                Some(member) => self.inside(name, |at| at.member(value, member)),
                None => self.fault(&format!("{ty} has no member {name}")),
            }
        }
    }
}

/// A directory extension: `extension_{appId without dashes}_{name}`.
fn is_extension(name: &str) -> bool {
    let rest = name.strip_prefix("extension_").and_then(|rest| rest.split_once('_'));
    rest.is_some_and(|(app, _)| app.len() == 32 && app.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_base64(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_'))
}
