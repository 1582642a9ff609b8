//! A directory as a dump.

use super::{Dump, DumpObject, DumpOptions, DumpValue};
use crate::directory::{AttrId, Directory, Entry, OWN_TO_A_CONTROLLER, attr};
use crate::oracle::ldap_values;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// What a write at run time gives a value that depends on the order of arrival.
const STAMPED_WRITES: [&str; 3] = ["pwdLastSet", "lastLogonTimestamp", "lockoutTime"];

/// The whole directory: live objects and tombstones, every naming context but the schema's definitions.
///
/// Back links (`memberOf`) and constructed attributes are left out: the forward links say the same.
pub fn directory(directory: &Directory, options: DumpOptions) -> Dump {
    let entries: Vec<Entry<'_>> = directory
        .ids()
        .filter_map(|id| directory.entry(id))
        .filter(|entry| !is_schema_definition(entry))
        .collect();
    let objects = entries.par_iter().map(|entry| object(directory, entry, options)).collect();
    Dump::new("directory", objects)
}

/// The schema is the same in every estate of one version and would be most of a small dump.
fn is_schema_definition(entry: &Entry<'_>) -> bool {
    entry.is_class("attributeSchema") || entry.is_class("classSchema")
}

fn object(directory: &Directory, entry: &Entry<'_>, options: DumpOptions) -> DumpObject {
    let dn = entry.dn();
    let class = directory.schema().class(entry.class()).name.to_owned();
    let mut attributes = BTreeMap::new();
    for (id, _) in entry.attributes() {
        let attribute = directory.schema().attribute(id);
        let back_link = attribute.link_id.is_some_and(|link| link % 2 == 1);
        if attribute.constructed
            || back_link
            || !(options.stamps || is_lasting(entry, id, attribute.name, options))
        {
            continue;
        }
        let mut values: Vec<DumpValue> =
            ldap_values(directory, entry, id).into_iter().map(DumpValue::from_bytes).collect();
        // the classes go from top down; no other attribute's values have an order
        if id != attr::OBJECT_CLASS {
            values.sort();
        }
        attributes.insert(attribute.name.to_owned(), values);
    }
    DumpObject { key: key(directory, entry), name: dn.clone(), dn: Some(dn), class, attributes }
}

/// Whether a value does not depend on the order of arrival.
fn is_lasting(entry: &Entry<'_>, id: AttrId, name: &str, options: DumpOptions) -> bool {
    let at_run_time = |usn: u64| options.generated_usn.is_some_and(|generated| usn > generated);
    if OWN_TO_A_CONTROLLER.contains(&name) {
        return false;
    }
    if at_run_time(entry.usn_created()) && (id == attr::OBJECT_SID || id == attr::WHEN_CREATED) {
        return false;
    }
    let written = || entry.stamp(id).is_some_and(|stamp| at_run_time(stamp.usn));
    !(STAMPED_WRITES.contains(&name) && written())
}

/// Names from the root down in lower case, so that a parent comes right before its children.
fn key(directory: &Directory, entry: &Entry<'_>) -> String {
    let mut names = vec![entry.rdn_value().to_lowercase()];
    let mut next = entry.parent();
    while let Some(parent) = next.and_then(|id| directory.entry(id)) {
        names.push(parent.rdn_value().to_lowercase());
        next = parent.parent();
    }
    names.reverse();
    names.join("\u{0}")
}
