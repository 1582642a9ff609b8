//! Changes of a directory that a scenario writes out as LDIF (RFC 2849).

use super::scalars::checked;
use forestbed_sim::directory::{Modification, ModifyOp};
use forestbed_sim::ldif::{Attribute, Body, Reader, SpecOp, Value};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::Deserializer;
use std::borrow::Cow;

/// Attributes with their values.
type Attributes = Vec<(String, Vec<Vec<u8>>)>;

/// One change of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LdifChange {
    /// `changetype: add`, or an entry.
    Add(String, Attributes),
    /// `changetype: delete`.
    Delete(String),
    /// `changetype: modify`.
    Modify(String, Vec<Modification>),
    /// `changetype: modrdn`: name, new relative name, whether the old one goes, new parent.
    Rename(String, String, bool, Option<String>),
}

/// Changes in the order of the text; read and checked together with the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LdifChanges(pub Vec<LdifChange>);

impl<'de> Deserialize<'de> for LdifChanges {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<LdifChanges, D::Error> {
        checked(deserializer, "LDIF: records of changes", |text| {
            let read = |record: Result<_, _>| change(record.map_err(|error| format!("LDIF: {error}"))?);
            let changes: Result<Vec<LdifChange>, String> = Reader::new(text.as_bytes()).map(read).collect();
            match changes? {
                none if none.is_empty() => Err("LDIF without any record changes nothing".to_owned()),
                changes => Ok(LdifChanges(changes)),
            }
        })
    }
}

impl JsonSchema for LdifChanges {
    fn schema_name() -> Cow<'static, str> {
        "LdifChanges".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "LDIF: entries to add, and records of changes (RFC 2849)." })
    }
}

fn change(record: forestbed_sim::ldif::Record) -> Result<LdifChange, String> {
    let name = record.dn;
    Ok(match record.body {
        Body::Entry(attributes) | Body::Add(attributes) => LdifChange::Add(name, gathered(attributes)?),
        Body::Delete => LdifChange::Delete(name),
        Body::Modify(parts) => {
            let parts = parts.into_iter().map(|part| {
                let op = match part.op {
                    SpecOp::Add => ModifyOp::Add,
                    SpecOp::Delete => ModifyOp::Delete,
                    SpecOp::Replace => ModifyOp::Replace,
                    SpecOp::Increment => return Err(format!("LDIF: {name}: increment is not known here")),
                };
                let values = part.values.into_iter().map(bytes).collect::<Result<_, _>>()?;
                Ok(Modification { op, attribute: part.attribute, values })
            });
            let parts = parts.collect::<Result<_, String>>()?;
            LdifChange::Modify(name, parts)
        }
        Body::ModifyDn { new_rdn, delete_old_rdn, new_superior } => {
            LdifChange::Rename(name, new_rdn, delete_old_rdn, new_superior)
        }
    })
}

/// The lines of one attribute together, in the order of their first mention.
fn gathered(lines: Vec<Attribute>) -> Result<Attributes, String> {
    let mut all: Attributes = Vec::new();
    for line in lines {
        let value = bytes(line.value)?;
        match all.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case(&line.name)) {
            Some((_, values)) => values.push(value),
            None => all.push((line.name, vec![value])),
        }
    }
    Ok(all)
}

fn bytes(value: Value) -> Result<Vec<u8>, String> {
    match value {
        Value::Bytes(bytes) => Ok(bytes),
        Value::Url(url) => {
            Err(format!("LDIF: {url} is not opened: write the value itself, as base64 after '::'"))
        }
    }
}
