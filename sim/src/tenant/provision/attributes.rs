//! What is sent, as values of the object: sync-attributes.tsv and the attributes that are calculated.

use super::faults::SyncFault;
use super::size::PROXIES_MAX;
use super::types::SyncObject;
use crate::clock::SimTime;
use crate::ids::Sid;
use crate::tenant::license;
use crate::tenant::object::{CloudObject, Shadow};
use crate::tenant::property::{ObjectKind, Property, Stored};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// Longest proxy address (directory-sync.md 6).
const PROXY_MAX: usize = 256;
/// Longest text where the table names no length.
const TEXT_MAX: usize = 4096;
/// Most attributes that Graph does not show.
const OTHERS_MAX: usize = 400;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Bool,
    Single,
    Location,
    Sid,
    Time,
    Extension,
    Other,
}

struct Row {
    key: &'static str,
    kinds: &'static str,
    property: Option<Property>,
    form: Form,
    max: usize,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let lines = include_str!("../../../data/sync-attributes.tsv").lines().skip(2);
    let row = |line: &'static str| {
        let mut cells = line.split('\t');
        let (key, kinds, property) = (cells.next()?, cells.next()?, cells.next()?);
        let form = match cells.next()? {
            "text" => Form::Text,
            "bool" => Form::Bool,
            "single" => Form::Single,
            "location" => Form::Location,
            "sid" => Form::Sid,
            "time" => Form::Time,
            "extension" => Form::Extension,
            _ => Form::Other,
        };
        let max = cells.next()?.parse().unwrap_or(TEXT_MAX);
        Some(Row { key, kinds, property: Property::named(property), form, max })
    };
    lines.filter_map(row).collect()
});

/// The references of an object, resolved after all objects of a call are there.
#[derive(Debug, Default)]
pub(crate) struct References {
    /// Source anchors of the members, if they were sent.
    pub(crate) members: Option<Vec<String>>,
    /// Source anchor of the manager, if it was sent; none inside clears it.
    pub(crate) manager: Option<Option<String>>,
}

/// The keys that an object of this kind is told with, each once, and the properties that hold their values.
pub(crate) fn rows_of(kind: ObjectKind) -> impl Iterator<Item = (&'static str, Property)> {
    let letter = letter_of(kind);
    let shown = ROWS.iter().filter(move |row| row.kinds.contains(letter) && row.form != Form::Extension);
    let mut told = Vec::new();
    shown.filter_map(move |row| {
        let property = row.property?;
        let first = !told.contains(&property);
        told.push(property);
        first.then_some((row.key, property))
    })
}

fn letter_of(kind: ObjectKind) -> char {
    match kind {
        ObjectKind::User => 'U',
        ObjectKind::Group => 'G',
        _ => 'C',
    }
}

/// Writes what was sent into a draft: shown properties, and the shadow that names and addresses are
/// calculated from. Each value is trimmed; an empty one is no value.
pub(crate) fn apply(draft: &mut CloudObject, sent: &SyncObject) -> Result<References, SyncFault> {
    let mut references = References::default();
    let mut shadow = draft.shadow.take().map_or_else(Shadow::default, |shadow| *shadow);
    shadow.anchor = sent.source_anchor.as_str().into();
    for (key, value) in &sent.properties {
        match key.to_ascii_lowercase().as_str() {
            "userprincipalname" => shadow.user_principal_name = text(key, value, TEXT_MAX)?.map(Into::into),
            "alias" | "mailnickname" => shadow.mail_nickname = text(key, value, 64)?.map(Into::into),
            "mail" => shadow.mail = text(key, value, PROXY_MAX)?.map(Into::into),
            "proxyaddresses" => shadow.proxy_addresses = proxies(key, value)?,
            "member" | "members" => references.members = Some(texts(key, value)?),
            "manager" => references.manager = Some(text(key, value, TEXT_MAX)?),
            "sourceanchor" | "cloudanchor" | "cloudmastered" => {}
            _ => take(draft, &mut shadow, key, value)?,
        }
    }
    shadow.others.sort_by(|a, b| a.0.cmp(&b.0));
    draft.shadow = Some(Box::new(shadow));
    Ok(references)
}

fn take(draft: &mut CloudObject, shadow: &mut Shadow, key: &str, value: &Value) -> Result<(), SyncFault> {
    let letter = letter_of(draft.kind);
    let row = ROWS.iter().find(|row| row.key.eq_ignore_ascii_case(key) && row.kinds.contains(letter));
    let shown = row.and_then(|row| Some((row, row.property?)));
    let Some((row, property)) = shown else { return keep_other(shadow, key, value) };
    if property == Property::MobilePhone && shadow.mobile_override {
        // changed in the cloud: what on-premises says is ignored without a word (directory-sync.md 1.7)
        return Ok(());
    }
    let invalid = || SyncFault::of("data", &[("attribute", key)]);
    let stored = match row.form {
        Form::Extension => return extension(draft, key, text(key, value, row.max)?),
        Form::Bool => read_bool(value).map_err(|()| invalid())?.map(Stored::Bool),
        Form::Text | Form::Other => text(key, value, row.max)?.map(Stored::text),
        Form::Single => text(key, value, row.max)?.map(|one| Stored::texts([one])),
        Form::Location => match text(key, value, row.max)? {
            // directory-sync.md 1.4: an absent location leaves the one of the cloud
            None => return Ok(()),
            Some(code) if license::is_location(&code) => Some(Stored::text(code.to_ascii_uppercase())),
            Some(_) => return Err(invalid()),
        },
        Form::Sid => match text(key, value, row.max)? {
            None => None,
            Some(sid) => Some(Stored::text(read_sid(&sid).ok_or_else(invalid)?.to_string())),
        },
        Form::Time => match text(key, value, row.max)? {
            None => None,
            Some(time) => {
                let read = SimTime::parse_generalized(&time).or_else(|| SimTime::parse_rfc3339(&time));
                Some(Stored::Time(read.ok_or_else(invalid)?))
            }
        },
    };
    draft.set(property, stored);
    Ok(())
}

fn keep_other(shadow: &mut Shadow, key: &str, value: &Value) -> Result<(), SyncFault> {
    let key = key.to_ascii_lowercase();
    shadow.others.retain(|(known, _)| **known != *key);
    if value.is_null() {
        return Ok(());
    }
    if shadow.others.len() >= OTHERS_MAX {
        return Err(SyncFault::of("length", &[("attribute", &key), ("limit", &OTHERS_MAX.to_string())]));
    }
    shadow.others.push((key.into(), value.clone()));
    Ok(())
}

fn extension(draft: &mut CloudObject, key: &str, value: Option<String>) -> Result<(), SyncFault> {
    let mut all: Map<String, Value> = match draft.stored(Property::OnPremisesExtensionAttributes) {
        Some(Stored::Json(known)) => known.as_object().cloned().unwrap_or_default(),
        _ => Map::new(),
    };
    let name = format!("extensionAttribute{}", &key["extensionAttribute".len()..]);
    match value {
        Some(value) => all.insert(name, Value::from(value)),
        None => all.remove(&name),
    };
    let stored = (!all.is_empty()).then(|| Stored::Json(Box::new(Value::Object(all))));
    draft.set(Property::OnPremisesExtensionAttributes, stored);
    Ok(())
}

fn text(key: &str, value: &Value, max: usize) -> Result<Option<String>, SyncFault> {
    let read = match value {
        Value::Null => return Ok(None),
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Array(list) if list.len() == 1 => return text(key, &list[0], max),
        Value::Array(list) if list.is_empty() => return Ok(None),
        _ => return Err(SyncFault::of("data", &[("attribute", key)])),
    };
    if read.encode_utf16().count() > max {
        return Err(SyncFault::of("length", &[("attribute", key), ("limit", &max.to_string())]));
    }
    Ok(Some(read).filter(|read| !read.is_empty()))
}

fn texts(key: &str, value: &Value) -> Result<Vec<String>, SyncFault> {
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(list) => list.iter().filter_map(|one| text(key, one, TEXT_MAX).transpose()).collect(),
        one => Ok(text(key, one, TEXT_MAX)?.into_iter().collect()),
    }
}

/// Trimmed, each once in any case, in the order in which they were sent (directory-sync.md 1.4).
fn proxies(key: &str, value: &Value) -> Result<Vec<Box<str>>, SyncFault> {
    let mut unique: Vec<Box<str>> = Vec::new();
    for proxy in texts(key, value)? {
        if proxy.len() > PROXY_MAX {
            return Err(SyncFault::of("length", &[("attribute", key), ("limit", &PROXY_MAX.to_string())]));
        }
        let known = unique.iter().position(|known| crate::tenant::store::same_folded(known, &proxy));
        match known {
            // here, so that a list without end is not compared with itself
            None if unique.len() == PROXIES_MAX => {
                return Err(SyncFault::of(
                    "large",
                    &[("attribute", key), ("limit", &PROXIES_MAX.to_string())],
                ));
            }
            None => unique.push(proxy.into()),
            // the primary spelling of an address that comes twice is the one that counts
            Some(at) if proxy.starts_with("SMTP:") => unique[at] = proxy.into(),
            Some(_) => {}
        }
    }
    Ok(unique)
}

fn read_bool(value: &Value) -> Result<Option<bool>, ()> {
    match value {
        Value::Null => Ok(None),
        Value::Bool(value) => Ok(Some(*value)),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
        _ => Err(()),
    }
}

/// Base64 of the binary form, as the service gets it, or the text form.
fn read_sid(text: &str) -> Option<Sid> {
    Sid::parse(text).or_else(|| Sid::from_bytes(&BASE64.decode(text).ok()?))
}

/// Whether a source anchor can be one (directory-sync.md 1.4: shorter than 60, other characters than
/// letters and digits count three). The characters of base64 are let in, as most anchors are base64.
pub(crate) fn is_anchor(anchor: &str) -> bool {
    let weight: usize = anchor.chars().map(|letter| if letter.is_ascii_alphanumeric() { 1 } else { 3 }).sum();
    let fine = |letter: char| letter.is_ascii_alphanumeric() || "+/=-. {}".contains(letter);
    !anchor.is_empty() && weight < 60 && anchor.chars().all(fine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_read() {
        let lines: Vec<&str> = include_str!("../../../data/sync-attributes.tsv").lines().skip(2).collect();
        assert_eq!(ROWS.len(), lines.len());
        for (row, line) in ROWS.iter().zip(lines) {
            let confidence = line.rsplit('\t').next().unwrap_or("");
            assert!(["observed", "documented", "assumed"].contains(&confidence), "{line}");
            assert_eq!(row.property.is_none(), row.form == Form::Other, "{line}");
        }
    }

    #[test]
    fn too_many_addresses_are_refused_at_the_first_one_too_many() {
        let limit =
            |key: &str, max: usize| SyncFault::of(key, &[("attribute", "p"), ("limit", &max.to_string())]);
        let distinct = |count: usize| (0..count).map(|n| Value::from(format!("smtp:a{n}@contoso.com")));
        let check = |list: Vec<Value>, expected: Result<usize, SyncFault>| {
            let count = list.len();
            let read = proxies("p", &Value::from(list)).map(|read| read.len());
            assert_eq!(
                read.map_err(|fault| format!("{fault:?}")),
                expected.map_err(|f| format!("{f:?}")),
                "{count}"
            );
        };
        check(distinct(332).collect(), Ok(332));
        check(distinct(332).chain(distinct(332)).collect(), Ok(332));
        check(distinct(333).collect(), Err(limit("large", 332)));
        let too_long = Value::from("a".repeat(257));
        check(distinct(332).chain([too_long.clone()]).collect(), Err(limit("length", 256)));
        // nothing behind the one too many is looked at
        check(distinct(333).chain([too_long]).collect(), Err(limit("large", 332)));
    }

    #[test]
    fn an_anchor_is_short_and_plain() {
        for (anchor, expected) in [
            ("Z0UjAauJ780BI0VniavN7w==", true), // directory-sync.md 1.4
            ("x4V0iaeB60KXxjftcwd7Hw==", true),
            ("", false),
            ("bob@contoso.com", false),
            (&"a".repeat(59), true),
            (&"a".repeat(60), false),
        ] {
            assert_eq!(is_anchor(anchor), expected, "{anchor}");
        }
    }
}
