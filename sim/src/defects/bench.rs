//! What a defect is made from and what comes out: a clean object's values, and a draft of a ledger row.

use crate::clock::SimTime;
use crate::directory::{Directory, ObjectId};
use crate::ids::Guid;
use crate::population::{Draw, Taken};
use crate::spec::{ForestSpec, TenantSpec};
use std::collections::BTreeMap;

/// The attributes that defects touch or look at.
pub(super) const READ: [&str; 9] = [
    "cn",
    "displayName",
    "mail",
    "mailNickname",
    "proxyAddresses",
    "sAMAccountName",
    "targetAddress",
    "userPrincipalName",
    "userAccountControl",
];

/// What kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    User,
    Contact,
    Group,
}

/// A clean object before something is done to it.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    pub(super) id: ObjectId,
    pub(super) guid: Guid,
    pub(super) class: Class,
    pub(super) created: SimTime,
    /// A distribution group, by the sign of its groupType.
    pub(super) distribution: bool,
    values: BTreeMap<&'static str, Vec<String>>,
}

impl Subject {
    pub(super) fn read(directory: &Directory, id: ObjectId, class: Class) -> Option<Subject> {
        let entry = directory.entry(id)?;
        let values = READ.iter().map(|name| (*name, entry.texts(*name))).collect();
        Some(Subject {
            id,
            guid: entry.guid(),
            class,
            created: entry.when_created(),
            distribution: entry.int("groupType").is_some_and(|kind| kind > 0),
            values,
        })
    }

    pub(super) fn all(&self, attribute: &str) -> &[String] {
        self.values.get(attribute).map_or(&[], Vec::as_slice)
    }

    pub(super) fn one(&self, attribute: &str) -> Option<&str> {
        self.all(attribute).first().map(String::as_str)
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
}

/// What every maker may ask.
pub(super) struct Bench<'a> {
    /// The domain of people's mail and UPN.
    pub(super) domain: &'a str,
    /// A domain that the internet does not know.
    pub(super) private_domain: String,
    pub(super) tenant: &'a TenantSpec,
    /// Every name that is in use, with a letter for its space before it: `a` addresses, `n` aliases,
    /// `s` account names, `t` target addresses.
    pub(super) taken: &'a Taken,
}

impl<'a> Bench<'a> {
    pub(super) fn new(forest: &'a ForestSpec, tenant: &'a TenantSpec, taken: &'a Taken) -> Bench<'a> {
        let routable = psl::suffix(forest.domain.as_bytes()).is_some_and(|suffix| suffix.is_known());
        let private_domain = match routable {
            true => format!("{}.local", forest.netbios().to_lowercase()),
            false => forest.domain.clone(),
        };
        Bench { domain: forest.mail_domain(), private_domain, tenant, taken }
    }

    /// `local@` in people's domain.
    pub(super) fn at(&self, local: &str) -> String {
        format!("{local}@{}", self.domain)
    }

    pub(super) fn is_free(&self, space: char, name: &str) -> bool {
        !self.taken.has(&format!("{space}:{name}"))
    }

    /// Another address of the same person that nobody has: `jansen.jan` for `jan.jansen`.
    pub(super) fn spare_address(&self, local: &str) -> Option<String> {
        let (given, family) = local.split_once('.')?;
        let turned = self.at(&format!("{family}.{given}"));
        self.is_free('a', &turned).then_some(turned)
    }

    /// The address if it is free or the object's own.
    pub(super) fn if_free(&self, address: String, own: &str) -> Option<String> {
        (address.eq_ignore_ascii_case(own) || self.is_free('a', &address)).then_some(address)
    }
}

/// One condition of an outcome: which subject, which attribute, which sets of values.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) subject: usize,
    pub(super) attribute: &'static str,
    pub(super) any_of: Vec<Vec<String>>,
    pub(super) or_numbered: Option<String>,
}

/// A ledger row in the making.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    /// Subject, attribute, values afterwards.
    pub(super) changes: Vec<(usize, &'static str, Vec<String>)>,
    pub(super) outcomes: Vec<Vec<Wanted>>,
    /// Attributes that a wrong repair is likely to touch, though nothing was changed there.
    pub(super) watched: Vec<(usize, &'static str)>,
    pub(super) owner: Option<usize>,
    pub(super) note: String,
}

impl Draft {
    /// One value of one object goes wrong; each of `accepted` is a right value.
    pub(super) fn value(attribute: &'static str, injected: String, accepted: Vec<String>) -> Draft {
        Draft::values(attribute, vec![injected], accepted.into_iter().map(|value| vec![value]).collect())
    }

    /// All values of one attribute of one object; each of `accepted` is a right set.
    pub(super) fn values(
        attribute: &'static str,
        injected: Vec<String>,
        accepted: Vec<Vec<String>>,
    ) -> Draft {
        Draft { changes: vec![(0, attribute, injected)], ..Draft::default() }.accept(0, attribute, accepted)
    }

    /// One more right outcome.
    pub(super) fn accept(
        mut self,
        subject: usize,
        attribute: &'static str,
        any_of: Vec<Vec<String>>,
    ) -> Draft {
        self.outcomes.push(vec![Wanted { subject, attribute, any_of, or_numbered: None }]);
        self
    }

    pub(super) fn note(mut self, note: impl Into<String>) -> Draft {
        self.note = note.into();
        self
    }
}

/// Puts something inside a text: never at its ends.
pub(super) fn insert(text: &str, what: &str, draw: &mut Draw) -> String {
    let places: Vec<usize> = text.char_indices().skip(1).map(|(place, _)| place).collect();
    let mut out = text.to_owned();
    let place = if places.is_empty() { text.len() } else { *draw.pick(&places) };
    out.insert_str(place, what);
    out
}
