//! Values of objects, to elements of the service and back.

use super::soap::{ARRAYS, CHANGE_2014, SCHEMA, is_nil};
use crate::sync::kinds::Kinds;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use forestbed_mock_graph::binary_xml::{Element, Text};
use forestbed_sync::{ExportItem, Operation, Sent, Told, cloud_dn, source_anchor_of};

/// The objects of a call, in the element that the operation takes.
pub(super) fn request(objects: impl Iterator<Item = Element>) -> Element {
    let list = objects.fold(Element::new("b", "SyncObjects"), Element::with);
    Element::new("", "syncRequest")
        .with_namespace("b", CHANGE_2014)
        .with_namespace("i", super::soap::INSTANCE)
        .with(list)
}

/// One object as it is sent; `anchor` is its source anchor.
pub(super) fn object(item: &ExportItem, anchor: &str, kinds: &Kinds) -> Element {
    let mut values = Element::new("b", "PropertyValues").with_namespace("c", ARRAYS);
    values = values.with(pair("SourceAnchor", typed("d:string", Text::from(anchor))));
    let is_anchor =
        |name: &str| name.eq_ignore_ascii_case("sourceAnchor") || name.eq_ignore_ascii_case("cloudAnchor");
    if item.operation != Operation::Delete {
        for (name, list) in item.attributes.iter().filter(|(name, _)| !is_anchor(name)) {
            values = values.with(pair(name, value(list, kinds.is_multiple(name))));
        }
    }
    let operation = match item.operation {
        Operation::Add | Operation::Update => "Set",
        Operation::Delete => "Delete",
    };
    Element::new("b", "AzureADSyncObject")
        .with(values)
        .with(Element::new("b", "SyncObjectType").with_text(type_of(&item.class)))
        .with(Element::new("b", "SyncOperation").with_text(operation))
}

/// `user` is `User`.
fn type_of(class: &str) -> &str {
    match class {
        "user" => "User",
        "group" => "Group",
        "contact" => "Contact",
        "device" => "Device",
        other => other,
    }
}

fn pair(key: &str, value: Element) -> Element {
    Element::new("c", "KeyValueOfstringanyType").with(Element::new("c", "Key").with_text(key)).with(value)
}

fn typed(kind: &str, text: Text) -> Element {
    Element::new("c", "Value")
        .with_namespace("d", SCHEMA)
        .with_attribute("i", "type", Text::from(kind))
        .with_text(text)
}

fn value(list: &[Sent], multiple: bool) -> Element {
    if list.is_empty() {
        return Element::new("c", "Value").with_attribute("i", "nil", Text::from("true"));
    }
    if !multiple {
        return one(&list[0]);
    }
    let octets = list.iter().any(|value| matches!(value, Sent::Octets(_)));
    let (kind, name) =
        if octets { ("c:ArrayOfbase64Binary", "base64Binary") } else { ("c:ArrayOfstring", "string") };
    let all = Element::new("c", "Value").with_attribute("i", "type", Text::from(kind));
    list.iter().fold(all, |all, value| {
        let text = match value {
            Sent::Octets(octets) => Text::Bytes(octets.clone()),
            other => Text::from(text_of(other).as_str()),
        };
        all.with(Element::new("c", name).with_text(text))
    })
}

fn one(value: &Sent) -> Element {
    match value {
        Sent::Boolean(truth) => typed("d:boolean", Text::Bool(*truth)),
        Sent::Integer(number) => typed("d:long", Text::Int(*number)),
        Sent::Octets(octets) => typed("d:base64Binary", Text::Bytes(octets.clone())),
        other => typed("d:string", Text::from(text_of(other).as_str())),
    }
}

fn text_of(value: &Sent) -> String {
    match value {
        Sent::Text(text) => text.clone(),
        Sent::Object { dn } => source_anchor_of(dn).unwrap_or_default(),
        Sent::Integer(number) => number.to_string(),
        Sent::Boolean(truth) => truth.to_string(),
        Sent::Octets(octets) => STANDARD.encode(octets),
    }
}

/// The pairs of an object as the service tells them: keys with values. A key that is nil has none.
pub(super) fn told(object: &Element, kinds: &Kinds) -> Vec<(String, Vec<Told>)> {
    let pairs = object.child("PropertyValues").into_iter().flat_map(Element::elements);
    let read = |pair: &Element| {
        let key = pair.child("Key")?.text();
        let value = pair.child("Value")?;
        let texts: Vec<String> = match value.elements().next() {
            _ if is_nil(value) => Vec::new(),
            Some(_) => value.elements().map(Element::text).collect(),
            None => vec![value.text()],
        };
        let values = texts.into_iter().map(|text| told_text(&key, text, kinds)).collect();
        Some((key, values))
    };
    pairs.filter_map(read).collect()
}

fn told_text(key: &str, text: String, kinds: &Kinds) -> Told {
    if kinds.is_reference(key) {
        return Told::Object { dn: cloud_dn(&text), anchor: None };
    }
    match STANDARD.decode(&text) {
        Ok(octets) if kinds.is_octets(key) => Told::Octets(octets),
        _ => Told::Text(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_reads_back_with_its_kinds() {
        let kinds = Kinds::of('c');
        let manager = Sent::Object { dn: cloud_dn("boss==") };
        let attributes = vec![
            ("displayName".to_owned(), vec![Sent::Text("Zoë <1>".to_owned())]),
            ("accountEnabled".to_owned(), vec![Sent::Boolean(true)]),
            ("manager".to_owned(), vec![manager]),
            ("thumbnailPhoto".to_owned(), vec![Sent::Octets(vec![0, 255])]),
            ("proxyAddresses".to_owned(), vec![Sent::Text("SMTP:a@contoso.com".to_owned())]),
            ("title".to_owned(), Vec::new()),
            ("sourceAnchor".to_owned(), vec![Sent::Text("never twice".to_owned())]),
        ];
        let item = ExportItem {
            operation: Operation::Add,
            class: "user".to_owned(),
            dn: cloud_dn("ann=="),
            anchor: Vec::new(),
            attributes,
        };
        let text = |text: &str| vec![Told::Text(text.to_owned())];
        let expected = [
            ("SourceAnchor", text("ann==")),
            ("displayName", text("Zoë <1>")),
            ("accountEnabled", text("true")),
            ("manager", vec![Told::Object { dn: cloud_dn("boss=="), anchor: None }]),
            ("thumbnailPhoto", vec![Told::Octets(vec![0, 255])]),
            ("proxyAddresses", text("SMTP:a@contoso.com")),
            ("title", Vec::new()),
        ];
        let expected: Vec<_> = expected.into_iter().map(|(key, list)| (key.to_owned(), list)).collect();
        assert_eq!(told(&object(&item, "ann==", &kinds), &kinds), expected);
    }
}
