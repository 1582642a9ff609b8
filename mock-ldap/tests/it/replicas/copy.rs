//! What a replica holds.

use crate::support::Shown;
use forestbed_sim::directory::{Directory, Entry};
use forestbed_sim::ids::Guid;
use std::collections::{BTreeMap, BTreeSet};

/// Text attributes that a replica keeps.
pub(super) const KEPT: [&str; 4] = ["name", "mail", "description", "displayName"];

/// Live users, groups and units by their GUIDs.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Copy(BTreeMap<String, Object>);

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Object {
    /// GUID of the object above it.
    pub(super) parent: String,
    pub(super) values: BTreeMap<String, String>,
    /// GUIDs.
    pub(super) members: BTreeSet<String>,
}

impl Copy {
    /// What the store holds.
    pub(super) fn of_store(directory: &Directory) -> Copy {
        let meant = |entry: &Entry<'_>| {
            let class = ["user", "group", "organizationalUnit"].iter().any(|class| entry.has_class(class));
            class && entry.naming_context() == 0 && !entry.is_deleted()
        };
        let object = |entry: Entry<'_>| {
            let guid = |id| directory.entry(id).map(|entry| entry.guid().to_string()).unwrap_or_default();
            let values =
                KEPT.iter().filter_map(|name| Some(((*name).to_owned(), entry.text(*name)?.into_owned())));
            let members = entry
                .texts("member")
                .iter()
                .filter_map(|dn| Some(guid(directory.resolve(dn).ok()?)))
                .collect();
            let parent = entry.parent().map(guid).unwrap_or_default();
            (entry.guid().to_string(), Object { parent, values: values.collect(), members })
        };
        Copy(directory.ids().filter_map(|id| directory.entry(id)).filter(meant).map(object).collect())
    }

    /// What differs: what is here, and what should be.
    pub(super) fn differences<'c>(&'c self, should: &'c Copy) -> Vec<[Option<&'c Object>; 2]> {
        let guids: BTreeSet<&String> = self.0.keys().chain(should.0.keys()).collect();
        let pairs = guids.into_iter().map(|guid| [self.0.get(guid), should.0.get(guid)]);
        pairs.filter(|[here, there]| here != there).collect()
    }

    /// Those of some objects that live, with the members that do.
    pub(super) fn of(objects: &BTreeMap<String, Object>, dead: &BTreeSet<String>) -> Copy {
        let live = objects.iter().filter(|(guid, _)| !dead.contains(*guid));
        let object = |(guid, object): (&String, &Object)| {
            let members = object.members.difference(dead).cloned().collect();
            (guid.clone(), Object { members, ..object.clone() })
        };
        Copy(live.map(object).collect())
    }
}

/// The GUID of an entry.
pub(super) fn guid_of(entry: &Shown) -> String {
    guid(&entry.bytes("objectGUID")[0])
}

pub(super) fn guid(bytes: &[u8]) -> String {
    Guid::from_bytes_le(bytes.try_into().expect("16 octets")).to_string()
}

/// The GUIDs of extended names: `<GUID=...>;<SID=...>;CN=...`.
pub(super) fn guids(names: &[String]) -> BTreeSet<String> {
    names.iter().map(|name| name["<GUID=".len()..].split('>').next().unwrap_or_default().to_owned()).collect()
}
