//! A clean object's values, as the makers of defects see them.

use super::values;
use crate::clock::SimTime;
use crate::directory::{Directory, ObjectId, Value};
use crate::ids::Guid;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// What kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// People, rooms, service accounts, users of class `inetOrgPerson`.
    User,
    Contact,
    Group,
}

/// A clean object before something is done to it. It answers for every attribute that it has, and remembers
/// which ones it was asked for: two defects on one object must not lean on each other's attributes.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    pub(super) id: ObjectId,
    pub(super) guid: Guid,
    pub(super) class: Class,
    pub(super) created: SimTime,
    /// A distribution group, by the sign of its groupType.
    pub(super) distribution: bool,
    /// As the ledger writes them, links left out.
    texts: BTreeMap<String, Vec<String>>,
    links: BTreeMap<&'static str, Vec<Guid>>,
    asked: RefCell<BTreeSet<String>>,
}

impl Subject {
    pub(super) fn read(directory: &Directory, id: ObjectId, class: Class) -> Option<Subject> {
        let entry = directory.entry(id)?;
        let schema = directory.schema();
        let (mut texts, mut links) = (BTreeMap::new(), BTreeMap::new());
        for (id, held) in entry.attributes() {
            let attribute = schema.attribute(id);
            if attribute.is_forward_link() {
                let guid = |value| match value {
                    Value::Dn(target) => directory.entry(target).map(|entry| entry.guid()),
                    _ => None,
                };
                links.insert(attribute.name, held.filter_map(guid).collect());
            } else if !attribute.is_back_link() && !attribute.constructed {
                texts.insert(attribute.name.to_owned(), values::texts(directory, attribute, held));
            }
        }
        Some(Subject {
            id,
            guid: entry.guid(),
            class,
            created: entry.when_created(),
            distribution: entry.int("groupType").is_some_and(|kind| kind > 0),
            texts,
            links,
            asked: RefCell::default(),
        })
    }

    fn note(&self, attribute: &str) {
        let mut asked = self.asked.borrow_mut();
        if !asked.contains(attribute) {
            asked.insert(attribute.to_owned());
        }
    }

    /// Every value of an attribute that is no link: octets as `base64:...`.
    pub(super) fn all(&self, attribute: &str) -> &[String] {
        self.note(attribute);
        self.texts.get(attribute).map_or(&[], Vec::as_slice)
    }

    pub(super) fn one(&self, attribute: &str) -> Option<&str> {
        self.all(attribute).first().map(String::as_str)
    }

    /// The targets of a link: member, manager, managedBy.
    pub(super) fn links(&self, attribute: &str) -> &[Guid] {
        self.note(attribute);
        self.links.get(attribute).map_or(&[], Vec::as_slice)
    }

    /// The values of an attribute as octets: photos, certificates.
    pub(super) fn octets(&self, attribute: &str) -> Vec<Vec<u8>> {
        self.all(attribute).iter().map(|text| values::octets_of(text)).collect()
    }

    /// The values as a ledger row holds them: of links the GUIDs.
    pub(super) fn held(&self, attribute: &str) -> Vec<String> {
        match self.links.get(attribute) {
            Some(targets) => targets.iter().map(Guid::to_string).collect(),
            None => self.texts.get(attribute).cloned().unwrap_or_default(),
        }
    }

    /// Puts back what an attribute held, as the ledger writes it.
    pub(super) fn restore(&mut self, attribute: &str, values: &[String]) {
        match self.links.iter_mut().find(|(name, _)| **name == attribute) {
            Some((_, targets)) => *targets = values.iter().filter_map(|text| Guid::parse(text)).collect(),
            None => {
                self.texts.insert(attribute.to_owned(), values.to_vec());
            }
        }
    }

    /// The attributes that somebody asked for.
    pub(super) fn asked(&self) -> BTreeSet<String> {
        self.asked.borrow().clone()
    }

    /// Local part and domain of an attribute that is an address.
    pub(super) fn address(&self, attribute: &str) -> Option<(&str, &str)> {
        self.one(attribute)?.split_once('@')
    }

    /// Place in proxyAddresses and the address itself of the primary one.
    pub(super) fn primary(&self) -> Option<(usize, &str)> {
        self.find_proxy("SMTP:")
    }

    /// Place and address of the first secondary one.
    pub(super) fn secondary(&self) -> Option<(usize, &str)> {
        self.find_proxy("smtp:")
    }

    fn find_proxy(&self, prefix: &str) -> Option<(usize, &str)> {
        let with_place = self.all("proxyAddresses").iter().enumerate();
        with_place.filter_map(|(i, value)| Some((i, value.strip_prefix(prefix)?))).next()
    }

    /// proxyAddresses with another value in one place.
    pub(super) fn proxies_with(&self, place: usize, value: String) -> Vec<String> {
        let mut values = self.all("proxyAddresses").to_vec();
        if let Some(held) = values.get_mut(place) {
            *held = value;
        }
        values
    }

    /// proxyAddresses with one more value.
    pub(super) fn proxies_and(&self, value: String) -> Vec<String> {
        let mut values = self.all("proxyAddresses").to_vec();
        values.push(value);
        values
    }

    pub(super) fn is_enabled(&self) -> bool {
        self.one("userAccountControl").and_then(|v| v.parse::<i64>().ok()).is_none_or(|flags| flags & 2 == 0)
    }

    /// The kind of mailbox or mail object, as Exchange numbers them: 1 user, 4 shared, 16 room, 32 equipment.
    pub(super) fn recipient_type(&self) -> Option<i64> {
        self.texts.get("msExchRecipientTypeDetails")?.first()?.parse().ok()
    }

    pub(super) fn has_mailbox_address(&self) -> bool {
        let held = |attribute: &str| self.texts.get(attribute).map_or(&[][..], Vec::as_slice);
        !held("mail").is_empty() && held("proxyAddresses").iter().any(|value| value.starts_with("SMTP:"))
    }
}
