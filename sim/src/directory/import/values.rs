//! The values of one entry, sorted by what becomes of them.

use super::report::Draft;
use crate::clock::SimTime;
use crate::directory::schema::{Attribute, Syntax};
use crate::directory::{AttrId, ClassId, Directory, attr, update, value};
use crate::dump::escape_text;
use crate::ids::{Guid, Sid};
use crate::ldif::{ContentEntry, ContentValue};
use std::collections::BTreeMap;

/// What only a password set, `replace` or a domain controller gives.
const NEVER_KEPT: [AttrId; 3] = [attr::USN_CREATED, attr::USN_CHANGED, attr::INSTANCE_TYPE];

/// An entry's values, sorted.
#[derive(Debug, Default)]
pub(super) struct EntryValues {
    /// The entry lists everything that its object has: it came from a dump or a search without a selection.
    pub(super) complete: bool,
    /// Packed values.
    pub(super) cells: BTreeMap<AttrId, Vec<Vec<u8>>>,
    /// Values that name other objects, with their lines.
    pub(super) references: BTreeMap<AttrId, Vec<(usize, Vec<u8>)>>,
    /// Values of back links, with their lines.
    pub(super) back_links: Vec<(usize, AttrId, Vec<u8>)>,
    pub(super) guid: Option<Guid>,
    pub(super) sid: Option<Sid>,
    pub(super) created: Option<SimTime>,
    pub(super) changed: Option<SimTime>,
    pub(super) deleted: bool,
    pub(super) has_category: bool,
    pub(super) password: Option<String>,
}

impl Directory {
    /// Sorts an entry's values; what cannot be kept is noted.
    pub(super) fn read_values(&self, entry: &ContentEntry, class: ClassId, draft: &mut Draft) -> EntryValues {
        let mut out = EntryValues {
            complete: entry.has("objectGUID") && entry.has("instanceType"),
            ..EntryValues::default()
        };
        for value in &entry.values {
            let line = value.line;
            let Some(id) = self.attribute_of(value, draft) else { continue };
            let row = self.schema.attribute(id);
            if self.read_own(entry, class, row, value, &mut out, draft) {
                continue;
            }
            if row.is_back_link() {
                draft.recompute(row.name);
                out.back_links.push((line, id, value.value.clone()));
            } else if row.constructed || NEVER_KEPT.contains(&id) {
                draft.recompute(row.name);
            } else if row.secret {
                draft.skip(line, format!("{}: secrets are never read from a file", row.name));
            } else if row.is_forward_link() || row.syntax.is_reference() {
                out.references.entry(id).or_default().push((line, value.value.clone()));
            } else if row.single_valued && out.cells.contains_key(&id) {
                draft.skip(line, format!("{}: a second value, and it has only one", row.name));
            } else {
                match value::pack(self, row, &value.value) {
                    Ok(packed) => out.cells.entry(id).or_default().push(packed),
                    Err(_) => draft.skip(line, format!("{}: {}", row.name, wrong_value(row, &value.value))),
                }
            }
        }
        out
    }

    /// The attribute of a value; none when the schema has no such one.
    fn attribute_of(&self, value: &ContentValue, draft: &mut Draft) -> Option<AttrId> {
        let mut parts = value.attribute.split(';');
        let name = parts.next().unwrap_or_default();
        let Some(id) = self.schema.attribute_id(name) else {
            draft.skip(value.line, format!("{name}: the schema has no such attribute"));
            return None;
        };
        for option in parts {
            let option = option.to_ascii_lowercase();
            if option.starts_with("range=") && !option.ends_with("-*") {
                let told = "the file holds only this range of the values; ask for all of them";
                draft.assume(value.line, format!("{name};{option}: {told}"));
            } else if option != "binary" && !option.starts_with("range=") {
                draft.skip(value.line, format!("{name};{option}: Active Directory knows no such option"));
                return None;
            }
        }
        Some(id)
    }

    /// Reads what the store keeps beside the cells. False when the value is none of that.
    fn read_own(
        &self,
        entry: &ContentEntry,
        class: ClassId,
        row: &Attribute,
        ContentValue { line, value, .. }: &ContentValue,
        out: &mut EntryValues,
        draft: &mut Draft,
    ) -> bool {
        let time = || SimTime::parse_generalized(std::str::from_utf8(value).ok()?);
        let naming = row.id == self.schema.class(class).rdn || row.id == attr::NAME;
        let read = match row.id {
            attr::OBJECT_CLASS => true,
            attr::DISTINGUISHED_NAME => true,
            attr::OBJECT_CATEGORY => {
                out.has_category = true;
                true
            }
            _ if naming => {
                if entry.dn.rdns[0].value.as_bytes() != value {
                    draft.skip(*line, format!("{}: differs from the distinguished name", row.name));
                }
                true
            }
            attr::OBJECT_GUID => {
                out.guid = guid_of(value);
                out.guid.is_some()
            }
            attr::OBJECT_SID => {
                out.sid = sid_of(value);
                out.sid.is_some()
            }
            attr::WHEN_CREATED => {
                out.created = time();
                out.created.is_some()
            }
            attr::WHEN_CHANGED => {
                out.changed = time();
                out.changed.is_some()
            }
            attr::IS_DELETED => {
                out.deleted = value == b"TRUE";
                true
            }
            attr::UNICODE_PWD => {
                out.password = update::read_quoted(value);
                out.password.is_some()
            }
            _ => return false,
        };
        if !read {
            draft.skip(*line, format!("{}: {}", row.name, wrong_value(row, value)));
        }
        true
    }
}

/// Sixteen bytes, or the text form.
fn guid_of(value: &[u8]) -> Option<Guid> {
    match <[u8; 16]>::try_from(value) {
        Ok(bytes) => Some(Guid::from_bytes_le(bytes)),
        Err(_) => Guid::parse(std::str::from_utf8(value).ok()?.trim()),
    }
}

pub(super) fn sid_of(value: &[u8]) -> Option<Sid> {
    Sid::from_bytes(value).or_else(|| Sid::parse(std::str::from_utf8(value).ok()?.trim()))
}

/// What is wrong with a value, its beginning shown.
fn wrong_value(row: &Attribute, value: &[u8]) -> String {
    let kind = match row.syntax {
        Syntax::Boolean => "TRUE or FALSE",
        Syntax::Integer => "a number of 32 bits",
        Syntax::LargeInteger => "a number of 64 bits",
        Syntax::Time => "a time such as 20260105080000.0Z",
        Syntax::Sid => "a SID",
        Syntax::Dn => "a distinguished name",
        Syntax::DnBinary => "B:<digits>:<hexadecimal>:<distinguished name>",
        Syntax::DnString => "S:<length>:<text>:<distinguished name>",
        Syntax::OctetString if row.id == attr::UNICODE_PWD => "a password in quotes, in UTF-16",
        Syntax::OctetString if row.id == attr::OBJECT_GUID => "a GUID",
        _ => "text in UTF-8",
    };
    let shown: String = String::from_utf8_lossy(value).chars().take(60).collect();
    format!("'{}' is not {kind}", escape_text(&shown))
}
