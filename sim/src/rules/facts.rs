//! What rules may ask about the objects that a reference names.

use super::ObjectView;
use super::octets::digest;
use super::skip::is_skipped;
use super::stream::{CheckError, Record, Room, Sorted, Sorter};
use crate::directory::dn::Dn;
use std::sync::OnceLock;

/// The class of an object that a reference names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetClass {
    /// `user` or `inetOrgPerson`.
    User,
    /// `contact`.
    Contact,
    /// `group`.
    Group,
    /// Another class, which the rules do not check.
    Other,
}

/// What is known of an object that a reference (manager, managedBy, member) names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TargetFacts {
    /// Its index among those that are checked.
    pub object: u32,
    /// Which of several forests or files it came from.
    pub forest: u16,
    /// Its class.
    pub class: TargetClass,
    /// Its account is not disabled; what is no account counts as enabled.
    pub enabled: bool,
    /// It is hidden from address lists.
    pub hidden: bool,
    /// It has a `mail`.
    pub mail: bool,
    /// It is one of the system's own, which no rule looks at and synchronization leaves out.
    pub system: bool,
}

const ENABLED: u8 = 4;
const HIDDEN: u8 = 8;
const MAIL: u8 = 16;
const SYSTEM: u8 = 32;

/// A distinguished name's hash, and the object of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Named {
    key: u64,
    object: u32,
}

impl Record for Named {
    const OCTETS: usize = 12;

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.key.to_le_bytes());
        out.extend_from_slice(&self.object.to_le_bytes());
    }

    fn read(octets: &[u8]) -> Named {
        let number = |octets: &[u8]| octets.iter().rev().fold(0u64, |sum, b| sum << 8 | u64::from(*b));
        Named { key: number(&octets[..8]), object: number(&octets[8..12]) as u32 }
    }
}

/// Takes note of objects one by one.
#[derive(Debug)]
pub(super) struct FactsBuilder {
    names: Sorter<Named>,
    flags: Vec<(u16, u8)>,
}

impl FactsBuilder {
    pub(super) fn new(room: &Room) -> FactsBuilder {
        FactsBuilder { names: Sorter::new(room), flags: Vec::new() }
    }

    /// The next object.
    pub(super) fn note(&mut self, view: &ObjectView) -> Result<(), CheckError> {
        let object = self.flags.len() as u32;
        self.flags.push((view.forest, flags(view)));
        self.names.push(Named { key: dn_key(&view.dn), object })
    }

    pub(super) fn finish(self) -> Result<Facts, CheckError> {
        Ok(Facts { names: self.names.finish()?, flags: self.flags, failed: OnceLock::new() })
    }
}

/// Every object by its distinguished name.
#[derive(Debug)]
pub struct Facts {
    names: Sorted<Named>,
    /// Forest and flags, by number of the object.
    flags: Vec<(u16, u8)>,
    /// The first failure to read names that lie in a file.
    failed: OnceLock<CheckError>,
}

impl Facts {
    /// Of these objects, by their index.
    pub fn of(objects: &[ObjectView]) -> Facts {
        let flags = objects.iter().map(|view| (view.forest, flags(view))).collect();
        let named = |(object, view): (u32, &ObjectView)| Named { key: dn_key(&view.dn), object };
        let mut names: Vec<Named> = (0..).zip(objects).map(named).collect();
        names.sort_unstable();
        Facts { names: Sorted::Memory(names), flags, failed: OnceLock::new() }
    }

    /// The object of this name, in any spelling; none when it is not among those that are checked. Of several
    /// forests that have the same name, the first object's.
    pub fn of_dn(&self, dn: &str) -> Option<TargetFacts> {
        let key = dn_key(dn);
        let found = self.names.seek(|held| held.key < key).and_then(|mut names| names.next());
        match found {
            Ok(found) => found.filter(|held| held.key == key).and_then(|held| self.of_object(held.object)),
            Err(error) => {
                self.failed.get_or_init(|| error);
                None
            }
        }
    }

    /// What went wrong while names were looked up, if anything did: then what was found is worth nothing.
    pub(super) fn into_failure(self) -> Result<(), CheckError> {
        self.failed.into_inner().map_or(Ok(()), Err)
    }

    fn of_object(&self, object: u32) -> Option<TargetFacts> {
        let (forest, flags) = *self.flags.get(object as usize)?;
        let class = [TargetClass::User, TargetClass::Contact, TargetClass::Group, TargetClass::Other];
        Some(TargetFacts {
            object,
            forest,
            class: class[usize::from(flags & 3)],
            enabled: flags & ENABLED != 0,
            hidden: flags & HIDDEN != 0,
            mail: flags & MAIL != 0,
            system: flags & SYSTEM != 0,
        })
    }
}

fn flags(view: &ObjectView) -> u8 {
    let class = match view.class.as_str() {
        "user" | "inetOrgPerson" => TargetClass::User,
        "contact" => TargetClass::Contact,
        "group" => TargetClass::Group,
        _ => TargetClass::Other,
    };
    let hidden = view.first("msExchHideFromAddressLists").is_some_and(|v| v.eq_ignore_ascii_case("TRUE"));
    let flag = |is: bool, bit: u8| if is { bit } else { 0 };
    class as u8
        | flag(view.is_enabled(), ENABLED)
        | flag(hidden, HIDDEN)
        | flag(view.first("mail").is_some(), MAIL)
        | flag(is_skipped(view), SYSTEM)
}

/// The same number for every spelling of one distinguished name; different ones practically never have the
/// same.
pub(super) fn dn_key(dn: &str) -> u64 {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.@'()&/{}$".contains(&b);
    let bytes = dn.as_bytes();
    // white space is only in doubt beside separators
    let inner = |i: usize| {
        let beside = |j: Option<usize>| j.and_then(|j| bytes.get(j)).is_some_and(|b| plain(*b));
        beside(i.checked_sub(1)) && beside(Some(i + 1))
    };
    let simple = bytes
        .iter()
        .enumerate()
        .all(|(i, b)| plain(*b) || matches!(b, b',' | b'=') || *b == b' ' && inner(i));
    if simple {
        return digest_lower(bytes);
    }
    match Dn::parse(dn) {
        Ok(parsed) => digest(parsed.normalized().as_bytes()),
        Err(_) => digest(dn.to_lowercase().as_bytes()),
    }
}

fn digest_lower(bytes: &[u8]) -> u64 {
    let mut lower = [0u8; 256];
    match lower.get_mut(..bytes.len()) {
        Some(lower) => {
            lower.copy_from_slice(bytes);
            lower.make_ascii_lowercase();
            digest(lower)
        }
        None => digest(&bytes.to_ascii_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_in_every_spelling() {
        let names = [
            "CN=Ada Lovelace,OU=Staff,DC=contoso,DC=local",
            "CN=Curie\\, Marie,DC=contoso,DC=local",
            "CN=Jürgen",
        ];
        let objects: Vec<ObjectView> = names.iter().map(|dn| ObjectView::new(*dn, "user")).collect();
        let facts = Facts::of(&objects);
        let check = |dn: &str, expected: Option<u32>| {
            assert_eq!(facts.of_dn(dn).map(|target| target.object), expected, "{dn}");
        };
        check("cn=ada lovelace,ou=staff,dc=contoso,dc=local", Some(0));
        check("CN=Ada Lovelace, OU=Staff, DC=contoso, DC=local", Some(0));
        check("CN = Ada Lovelace,OU=Staff,DC=contoso,DC=local", Some(0));
        check("CN=Ada\\20Lovelace,OU=Staff,DC=contoso,DC=local", Some(0));
        check("CN=\"Curie, Marie\",DC=contoso,DC=local", Some(1));
        check("cn=curie\\2c marie,dc=contoso,dc=local", Some(1));
        check("CN=JÜRGEN", Some(2));
        check("CN=Ada,OU=Staff,DC=contoso,DC=local", None);
        check("CN=Ada LovelaceOU=Staff,DC=contoso,DC=local", None);
        check("no name", None);
        check("", None);
    }

    #[test]
    fn facts_tell_what_rules_ask() {
        let of = |view: ObjectView| Facts::of(&[view]).of_dn("CN=x").unwrap();
        let plain = of(ObjectView::new("CN=x", "user"));
        assert!(plain.enabled && !plain.hidden && !plain.mail && !plain.system);
        assert_eq!(of(ObjectView::new("CN=x", "group").in_forest(3)).class, TargetClass::Group);
        assert_eq!(of(ObjectView::new("CN=x", "group").in_forest(3)).forest, 3);
        assert_eq!(of(ObjectView::new("CN=x", "computer")).class, TargetClass::Other);
        let with = |attribute: &str, value: &str| {
            of(ObjectView::new("CN=x", "user").with(attribute, vec![value.to_owned()]))
        };
        assert!(!with("userAccountControl", "514").enabled);
        assert!(with("msExchHideFromAddressLists", "TRUE").hidden);
        assert!(with("mail", "x@contoso.com").mail);
        assert!(with("isCriticalSystemObject", "TRUE").system);
    }
}
