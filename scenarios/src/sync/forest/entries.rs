//! Entries of LDAP as the engine wants to be told of them.

use crate::checker::source::Entry as Found;
use crate::sync::kinds::Kinds;
use forestbed_sim::ids::Guid;
use forestbed_sync::{Entry, News, Patch, Told};
use std::collections::BTreeMap;

/// Containers: what lies in them moves with them.
pub(super) const CONTAINERS: [&str; 4] = ["organizationalUnit", "container", "builtinDomain", "domainDNS"];

/// An entry with everything that was asked for; none when it has no objectGUID, or is a tombstone without a name.
pub(super) fn whole(found: Found, kinds: &Kinds) -> Option<Entry> {
    let (anchor, dn, class) = head(&found)?;
    if is_deleted(&found) {
        return Some(Entry { anchor, dn, class, news: News::Deleted });
    }
    let mut list: BTreeMap<String, Vec<Told>> = BTreeMap::new();
    for (name, values) in found.attributes {
        let (name, _) = split(&name);
        let told = values.into_iter().map(|value| told(name, value, kinds));
        list.entry(name.to_owned()).or_default().extend(told);
    }
    if let Some((kind, name)) = naming_attribute(&dn, list.get("name")) {
        list.entry(kind).or_insert(name);
    }
    Some(Entry { anchor, dn, class, news: News::Whole(list.into_iter().collect()) })
}

/// What DirSync tells of an entry: the attributes that changed, links as they came and went.
pub(super) fn changed(found: Found, kinds: &Kinds) -> Option<Entry> {
    let (anchor, dn, class) = head(&found)?;
    if is_deleted(&found) {
        return Some(Entry { anchor, dn, class, news: News::Deleted });
    }
    let mut list: BTreeMap<String, Patch> = BTreeMap::new();
    for (name, values) in found.attributes {
        let (name, range) = split(&name);
        let told: Vec<Told> = values.into_iter().map(|value| told(name, value, kinds)).collect();
        let (came, went) = match range {
            Some("1-1") => (told, Vec::new()),
            Some("0-0") => (Vec::new(), told),
            _ => {
                list.insert(name.to_owned(), Patch::Replace(told));
                continue;
            }
        };
        match list.get_mut(name) {
            Some(Patch::Change { add, remove }) => {
                add.extend(came);
                remove.extend(went);
            }
            _ => {
                list.insert(name.to_owned(), Patch::Change { add: came, remove: went });
            }
        }
    }
    let name = match list.get("name") {
        Some(Patch::Replace(name)) => naming_attribute(&dn, Some(name)),
        _ => None,
    };
    if let Some((kind, name)) = name {
        list.entry(kind).or_insert(Patch::Replace(name));
    }
    Some(Entry { anchor, dn, class, news: News::Changed(list.into_iter().collect()) })
}

/// The attribute that names an entry (`cn`) with its value: DirSync tells of it as `name` only.
fn naming_attribute(dn: &str, name: Option<&Vec<Told>>) -> Option<(String, Vec<Told>)> {
    let kind = dn.split_once('=')?.0.trim().to_ascii_lowercase();
    Some((kind, name?.clone()))
}

/// It was known before and has another name, or another parent: DirSync says no more of it, and nothing of what
/// lies below it.
pub(super) fn is_renamed(found: &Found) -> bool {
    found.octets("name").next().is_some()
        && found.octets("objectClass").next().is_none()
        && !is_deleted(found)
}

/// It is deleted.
pub(super) fn is_deleted(found: &Found) -> bool {
    found.texts("isDeleted").any(|value| value.eq_ignore_ascii_case("TRUE"))
}

/// The name of an entry without the forms of the extended DN control before it.
pub(super) fn name_of(dn: &str) -> &str {
    extended(dn).1
}

fn head(found: &Found) -> Option<(Vec<u8>, String, String)> {
    let anchor = found.octets("objectGUID").next()?.to_vec();
    // superclasses come first
    let class = found.texts("objectClass").last().unwrap_or_default().to_owned();
    Some((anchor, name_of(&found.dn).to_owned(), class))
}

/// The name of an attribute, and its range.
fn split(name: &str) -> (&str, Option<&str>) {
    let (name, options) = name.split_once(';').unwrap_or((name, ""));
    let range = options.split(';').find_map(|option| {
        let (key, range) = option.split_once('=')?;
        key.eq_ignore_ascii_case("range").then_some(range)
    });
    (name, range)
}

fn told(name: &str, value: Vec<u8>, kinds: &Kinds) -> Told {
    if !kinds.is_reference(name) {
        return Told::Octets(value);
    }
    match std::str::from_utf8(&value) {
        Ok(text) => {
            let (anchor, dn) = extended(text);
            Told::Object { dn: dn.to_owned(), anchor }
        }
        Err(_) => Told::Octets(value),
    }
}

/// `<GUID=...>;<SID=...>;CN=...`: the GUID's octets, in hexadecimal or in its text form, and the name.
fn extended(text: &str) -> (Option<Vec<u8>>, &str) {
    let mut rest = text;
    let mut anchor = None;
    while let Some((part, behind)) = rest.strip_prefix('<').and_then(|inner| inner.split_once(">;")) {
        if let Some(guid) = part.strip_prefix("GUID=") {
            anchor = match Guid::parse(guid) {
                Some(guid) if guid_has_dashes(part) => Some(guid.to_bytes_le().to_vec()),
                _ => hex(guid),
            };
        }
        rest = behind;
    }
    (anchor, rest)
}

fn guid_has_dashes(text: &str) -> bool {
    text.contains('-')
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let octet = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    (text.len() == 32).then(|| (0..32).step_by(2).map(octet).collect())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(values: &[(&str, &str)]) -> Found {
        let mut found = Found::new("<GUID=6f1b2a3c-0000-4000-8000-0123456789ab>;CN=All,DC=x");
        found.push("objectGUID", vec![7; 16]);
        for (name, value) in values {
            found.attributes.push(((*name).to_owned(), vec![value.as_bytes().to_vec()]));
        }
        found
    }

    #[test]
    fn links_of_dirsync_come_and_go_with_their_guids() {
        let dn = "<GUID=3c2a1b6f000000408000".to_owned() + "0123456789ab>;<SID=0105>;CN=Ann,DC=x";
        let entry = changed(
            found(&[("member;range=1-1", &dn), ("member;range=0-0", "CN=Bob,DC=x"), ("mail", "all@x.com")]),
            &Kinds::of('a'),
        )
        .unwrap();
        assert_eq!(entry.dn, "CN=All,DC=x");
        let News::Changed(list) = entry.news else { panic!("{entry:?}") };
        let guid = Guid::parse("6f1b2a3c-0000-4000-8000-0123456789ab").unwrap().to_bytes_le().to_vec();
        let ann = Told::Object { dn: "CN=Ann,DC=x".to_owned(), anchor: Some(guid) };
        let bob = Told::Object { dn: "CN=Bob,DC=x".to_owned(), anchor: None };
        assert!(list.contains(&("member".to_owned(), Patch::Change { add: vec![ann], remove: vec![bob] })));
        assert!(
            list.contains(&("mail".to_owned(), Patch::Replace(vec![Told::Octets(b"all@x.com".to_vec())])))
        );
    }

    #[test]
    fn a_tombstone_is_deleted_and_a_new_name_alone_is_a_renaming() {
        let gone = changed(found(&[("isDeleted", "TRUE"), ("name", "All")]), &Kinds::of('a')).unwrap();
        assert_eq!(gone.news, News::Deleted);
        assert!(is_renamed(&found(&[("name", "All")])));
        let named = changed(found(&[("name", "All")]), &Kinds::of('a')).unwrap().news;
        let cn = ("cn".to_owned(), Patch::Replace(vec![Told::Octets(b"All".to_vec())]));
        assert!(matches!(named, News::Changed(list) if list.contains(&cn)));
        assert!(!is_renamed(&found(&[("name", "All"), ("objectClass", "group")])));
        assert!(!is_renamed(&found(&[("name", "All"), ("isDeleted", "TRUE")])));
        assert_eq!(whole(Found::new("CN=a,DC=x"), &Kinds::of('a')), None);
    }
}
