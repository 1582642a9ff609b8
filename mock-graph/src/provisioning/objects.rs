//! Objects of the service, from and to elements.

use super::{ARRAYS, SCHEMA};
use crate::binary_xml::{Element, Text};
use forestbed_sim::tenant::{SyncObject, SyncOperation, SyncResult, SyncType};
use serde_json::Value;
use std::collections::BTreeMap;

/// The objects of a request: the error says which one is wrong.
pub(crate) fn objects(request: &Element) -> Result<Vec<SyncObject>, String> {
    let list = request.descend(&["syncRequest", "SyncObjects"]).ok_or("the request has no SyncObjects")?;
    let sent = list.elements().filter(|element| &*element.name == "AzureADSyncObject");
    sent.enumerate()
        .map(|(nth, element)| object(element).map_err(|what| format!("object {nth}: {what}")))
        .collect()
}

fn object(element: &Element) -> Result<SyncObject, &'static str> {
    let text = |name: &str| element.child(name).map(Element::text).unwrap_or_default();
    let object_type = match &*text("SyncObjectType") {
        "User" => SyncType::User,
        "Group" => SyncType::Group,
        "Contact" => SyncType::Contact,
        "Device" => SyncType::Device,
        _ => return Err("SyncObjectType is none of User, Group, Contact, Device"),
    };
    let operation = match &*text("SyncOperation") {
        "Set" => SyncOperation::Set,
        "Add" => SyncOperation::Add,
        "Delete" => SyncOperation::Delete,
        _ => return Err("SyncOperation is none of Set, Add, Delete"),
    };
    let mut properties = BTreeMap::new();
    let values = element.child("PropertyValues").ok_or("it has no PropertyValues")?;
    for pair in values.elements().filter(|pair| &*pair.name == "KeyValueOfstringanyType") {
        let key = pair
            .child("Key")
            .map(Element::text)
            .filter(|key| !key.is_empty())
            .ok_or("a property has no Key")?;
        let value = pair.child("Value").map_or(Value::Null, value);
        properties.insert(key, value);
    }
    let anchor = properties.keys().find(|key| key.eq_ignore_ascii_case("SourceAnchor")).cloned();
    let source_anchor = anchor.and_then(|key| properties.remove(&key));
    let source_anchor = source_anchor.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(SyncObject { object_type, operation, source_anchor, properties })
}

/// A value by its `i:type`: clients write a text that looks like a number, or like base64, in the record of a number
/// or of octets.
fn value(element: &Element) -> Value {
    if element.attribute("nil").is_some_and(|nil| nil.read() == "true") {
        return Value::Null;
    }
    let kind = element.attribute("type").map(Text::read).unwrap_or_default();
    let kind = kind.rsplit(':').next().unwrap_or_default();
    let text = element.text();
    match kind {
        "ArrayOfstring" | "ArrayOfbase64Binary" => {
            element.elements().map(|one| Value::from(one.text())).collect()
        }
        "boolean" => match &*text.to_ascii_lowercase() {
            "true" | "1" => Value::Bool(true),
            "false" | "0" => Value::Bool(false),
            _ => Value::String(text),
        },
        "long" | "int" => text.parse::<i64>().map_or(Value::String(text), Value::from),
        _ => Value::String(text),
    }
}

/// An object as the service tells it.
pub(crate) fn element_of(object: &SyncObject) -> Element {
    let anchor = ("SourceAnchor".to_owned(), Value::from(object.source_anchor.as_str()));
    let mut values = Element::new("b", "PropertyValues").with_namespace("c", ARRAYS);
    for (key, value) in std::iter::once((&anchor.0, &anchor.1)).chain(&object.properties) {
        values = values.with(
            Element::new("c", "KeyValueOfstringanyType")
                .with(Element::new("c", "Key").with_text(&**key))
                .with(value_element(value)),
        );
    }
    let operation = match object.operation {
        SyncOperation::Set => "Set",
        SyncOperation::Add => "Add",
        SyncOperation::Delete => "Delete",
    };
    Element::new("b", "AzureADSyncObject")
        .with(values)
        .with(Element::new("b", "SyncObjectType").with_text(type_name(object.object_type)))
        .with(Element::new("b", "SyncOperation").with_text(operation))
}

pub(crate) fn type_name(kind: SyncType) -> &'static str {
    match kind {
        SyncType::User => "User",
        SyncType::Group => "Group",
        SyncType::Contact => "Contact",
        SyncType::Device => "Device",
    }
}

fn value_element(value: &Value) -> Element {
    let typed = |kind: &str, text: Text| {
        Element::new("c", "Value")
            .with_namespace("d", SCHEMA)
            .with_attribute("i", "type", Text::from(kind))
            .with_text(text)
    };
    match value {
        Value::Null => nil("c", "Value"),
        Value::Bool(value) => typed("d:boolean", Text::Bool(*value)),
        Value::Number(number) => typed("d:long", Text::Int(number.as_i64().unwrap_or(0))),
        Value::String(text) => typed("d:string", Text::from(text.as_str())),
        Value::Array(list) => {
            let all = Element::new("c", "Value").with_attribute("i", "type", Text::from("c:ArrayOfstring"));
            list.iter()
                .filter_map(Value::as_str)
                .fold(all, |all, text| all.with(Element::new("c", "string").with_text(text)))
        }
        other => typed("d:string", Text::from(other.to_string().as_str())),
    }
}

/// `<b:name i:nil="true"/>`.
pub(crate) fn nil(prefix: &'static str, name: &'static str) -> Element {
    Element::new(prefix, name).with_attribute("i", "nil", Text::from("true"))
}

/// A text, or nil.
pub(crate) fn text_or_nil(name: &'static str, text: Option<&str>) -> Element {
    text.map_or_else(|| nil("b", name), |text| Element::new("b", name).with_text(text))
}

/// What became of one object. Clients take any description for a failure, so one that was only set aside in part
/// (directory-sync.md 2.3.5) has one as well.
pub(crate) fn result_of(kind: SyncType, result: &SyncResult) -> Element {
    let code = match result.result {
        forestbed_sim::tenant::SyncOutcome::Success => "Success",
        forestbed_sim::tenant::SyncOutcome::Failure => "Failure",
    };
    Element::new("b", "AzureADSyncObjectResult")
        .with(text_or_nil("CloudAnchor", result.cloud_anchor.as_deref()))
        .with(text_or_nil("ObjectType", Some(type_name(kind))))
        .with(Element::new("b", "ResultCode").with_text(code))
        .with(text_or_nil("ResultErrorCode", result.error_code.as_deref()))
        .with(text_or_nil("ResultErrorDescription", result.error_description.as_deref()))
        .with(Element::new("b", "SourceAnchor").with_text(&*result.source_anchor))
}
