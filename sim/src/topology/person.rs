//! People as they stand in a directory, and how they get to another one.

use crate::clock::SimTime;
use crate::directory::{AttrId, Directory, NewObject, ObjectId, UpdateContext, attr};
use crate::ids::{Guid, Sid};
use std::collections::{BTreeMap, BTreeSet};

/// Relative ids below this one are the system's own.
const FIRST_OWN_RID: u32 = 1000;
/// Most letters of an account name.
const ACCOUNT_MAX: usize = 20;

/// The address list entry of a person: what a copy in another forest shows.
pub(super) const CARD: &[&str] = &[
    "displayName",
    "givenName",
    "sn",
    "company",
    "department",
    "title",
    "physicalDeliveryOfficeName",
    "telephoneNumber",
    "mobile",
    "streetAddress",
    "postalCode",
    "l",
    "st",
    "c",
    "co",
    "countryCode",
];

/// What belongs to a mailbox.
pub(super) const MAILBOX: &[&str] =
    &["mail", "mailNickname", "proxyAddresses", "legacyExchangeDN", "msExchMailboxGuid"];

/// A person with a mailbox.
pub(super) struct Person {
    pub(super) id: ObjectId,
    pub(super) guid: Guid,
    pub(super) sid: Sid,
    pub(super) dn: String,
    values: BTreeMap<String, Vec<Vec<u8>>>,
}

impl Person {
    /// The values of an attribute, as LDAP carries them.
    pub(super) fn values(&self, name: &str) -> &[Vec<u8>] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }

    pub(super) fn text(&self, name: &str) -> &str {
        self.values(name).first().and_then(|value| std::str::from_utf8(value).ok()).unwrap_or_default()
    }
}

/// Everybody of a domain who has a given name and a mailbox and may sign in, in the order of the directory.
pub(super) fn people(directory: &Directory) -> Vec<Person> {
    let read: Vec<(&str, AttrId)> = CARD
        .iter()
        .chain(MAILBOX)
        .chain(&["sAMAccountName", "userPrincipalName", "userAccountControl", "employeeID"])
        .filter_map(|name| Some((*name, directory.schema().attribute_id(name)?)))
        .collect();
    let mut found = Vec::new();
    for entry in directory.ids().filter_map(|id| directory.entry(id)) {
        let Some(sid) = entry.sid().filter(|sid| sid.rid().is_some_and(|rid| rid >= FIRST_OWN_RID)) else {
            continue;
        };
        let enabled = entry.int(attr::USER_ACCOUNT_CONTROL).is_some_and(|control| control & 2 == 0);
        let named = entry.has(attr::GIVEN_NAME) && entry.has(attr::MAIL) && entry.has(attr::MAIL_NICKNAME);
        if entry.is_deleted() || !entry.is_class("user") || !enabled || !named {
            continue;
        }
        let value = |(name, id): &(&str, AttrId)| {
            let octets = entry.values(*id).map(|value| {
                let mut octets = Vec::new();
                value.write_ldap(directory, &mut octets);
                octets
            });
            ((*name).to_owned(), octets.collect())
        };
        found.push(Person {
            id: entry.id(),
            guid: entry.guid(),
            sid,
            dn: entry.dn(),
            values: read.iter().map(value).collect(),
        });
    }
    found
}

/// Objects that come to a domain from another forest, in a unit of their own.
pub(super) struct Arrivals<'a> {
    pub(super) directory: &'a mut Directory,
    context: UpdateContext,
    unit: ObjectId,
    names: BTreeSet<String>,
    accounts: BTreeSet<String>,
}

impl<'a> Arrivals<'a> {
    pub(super) fn new(directory: &'a mut Directory, unit: &str, now: SimTime) -> Arrivals<'a> {
        let context = UpdateContext::lenient(now);
        let accounts = directory
            .ids()
            .filter_map(|id| {
                directory.entry(id)?.text(attr::SAM_ACCOUNT_NAME).map(|name| name.to_lowercase())
            })
            .collect();
        let parent = directory.info().domain;
        let new = NewObject {
            parent,
            rdn: unit.to_owned(),
            class: "organizationalUnit",
            attributes: vec![(attr::OU, vec![unit.as_bytes().to_vec()])],
            guid: None,
            rid: None,
        };
        let unit = directory.load(&context, new);
        Arrivals { directory, context, unit, names: BTreeSet::new(), accounts }
    }

    /// A free account name: the one asked for, else with a number.
    pub(super) fn account(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        let mut number = 2;
        while !self.accounts.insert(name.to_lowercase()) {
            let tail = number.to_string();
            let head: String = wanted.chars().take(ACCOUNT_MAX - tail.len()).collect();
            name = format!("{head}{tail}");
            number += 1;
        }
        name
    }

    /// Loads an object under a free name. Attributes that the schema does not know are left out.
    pub(super) fn load(
        &mut self,
        class: &'static str,
        name: &str,
        attributes: &[(&str, Vec<Vec<u8>>)],
    ) -> ObjectId {
        let mut rdn = name.to_owned();
        let mut number = 2;
        while !self.names.insert(rdn.to_lowercase()) {
            rdn = format!("{name} {number}");
            number += 1;
        }
        let known = |(name, values): &(&str, Vec<Vec<u8>>)| {
            let id = self.directory.schema().attribute_id(name)?;
            (!values.is_empty()).then(|| (id, values.clone()))
        };
        let attributes = attributes.iter().filter_map(known).collect();
        let new = NewObject { parent: self.unit, rdn, class, attributes, guid: None, rid: None };
        self.directory.load(&self.context, new)
    }
}

/// One value that is text.
pub(super) fn text(value: impl Into<String>) -> Vec<Vec<u8>> {
    vec![value.into().into_bytes()]
}
