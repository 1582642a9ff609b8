//! The values of an attribute as the ledger writes them: texts as they are, links as the objectGUIDs of their
//! targets, octets as [`super::octets`] does.

use super::octets;
use crate::directory::{Attribute, Directory, Entry, ObjectId, Syntax, UpdateContext, Value, Values};
use crate::ids::{Guid, Sid};

/// The present values of an attribute of a live object: see [`super::octets`] for octets; links are the
/// objectGUIDs of their targets, so that a target that is renamed changes nothing. None when the object does
/// not exist or is deleted; empty when the attribute is absent or unknown.
pub fn present(directory: &Directory, object: Guid, attribute: &str) -> Option<Vec<String>> {
    let entry = directory.by_guid(object).and_then(|id| directory.entry(id))?;
    (!entry.is_deleted()).then(|| read(directory, &entry, attribute))
}

pub(super) fn read(directory: &Directory, entry: &Entry<'_>, attribute: &str) -> Vec<String> {
    let schema = directory.schema();
    let Some(id) = schema.attribute_id(attribute) else { return Vec::new() };
    texts(directory, schema.attribute(id), entry.values(id))
}

pub(super) fn texts(directory: &Directory, attribute: &Attribute, values: Values<'_>) -> Vec<String> {
    values.map(|value| text(directory, attribute, value)).collect()
}

fn text(directory: &Directory, attribute: &Attribute, value: Value<'_>) -> String {
    match value {
        Value::Text(text) => text.to_owned(),
        Value::Guid(guid) => guid.to_string(),
        Value::Rid(rid) => directory.info().sid.with_rid(rid).to_string(),
        Value::Dn(id) if attribute.is_forward_link() || attribute.is_back_link() => {
            directory.entry(id).map(|target| target.guid().to_string()).unwrap_or_default()
        }
        Value::Bytes(bytes) => {
            let sid = (attribute.syntax == Syntax::Sid).then(|| Sid::from_bytes(bytes)).flatten();
            sid.map_or_else(|| octets::to_text(bytes), |sid| sid.to_string())
        }
        value => {
            let mut out = Vec::new();
            value.write_ldap(directory, &mut out);
            String::from_utf8_lossy(&out).into_owned()
        }
    }
}

/// Whether the attribute of this name is one that objects are linked by.
pub(super) fn is_link(directory: &Directory, attribute: &str) -> bool {
    let schema = directory.schema();
    schema.attribute_id(attribute).is_some_and(|id| schema.attribute(id).is_forward_link())
}

/// Replaces the values of an attribute through the generator's door; `values` as the ledger writes them. A link
/// to an object that this directory does not know is left out.
pub(super) fn write(
    directory: &mut Directory,
    context: &UpdateContext,
    id: ObjectId,
    attribute: &str,
    values: &[String],
) {
    let link = is_link(directory, attribute);
    let Some(attribute) = directory.schema().attribute_id(attribute) else { return };
    if link {
        let target = |text: &String| directory.by_guid(Guid::parse(text)?);
        let targets: Vec<ObjectId> = values.iter().filter_map(target).collect();
        directory.replace_links(context, id, attribute, &targets);
        return;
    }
    let syntax = directory.schema().attribute(attribute).syntax;
    directory.load_values(context, id, attribute, values.iter().map(|text| stored(syntax, text)).collect());
}

/// What a text of the ledger is in an attribute of this syntax: a security identifier is written as one.
pub(super) fn stored(syntax: Syntax, text: &str) -> Vec<u8> {
    let sid = (syntax == Syntax::Sid).then(|| Sid::parse(text)).flatten();
    sid.map_or_else(|| octets_of(text), |sid| sid.to_bytes())
}

/// What a text of the ledger is in the directory.
pub(super) fn octets_of(text: &str) -> Vec<u8> {
    octets::from_text(text).unwrap_or_else(|| text.as_bytes().to_vec())
}
