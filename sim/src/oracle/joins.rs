//! Who is one person in several forests, and which value wins then (directory-sync.md 1.2, 1.5, 4).

use super::model::{OnPremDomain, OnPremObject, SyncKind};
use super::scope;
use super::wanted::{IDENTIFYING, Pilot, identifying};
use crate::ids::Guid;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

/// How people of several forests are recognised, as the wizard of Entra Connect asks it.
///
/// Whatever is chosen, an equal `mS-DS-ConsistencyGuid` and the SIDs join too, and contacts of several forests join by
/// `mail`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum PeopleMatch {
    /// Nothing else: `objectSid` here is `msExchMasterAccountSid` or `msRTCSIP-OriginatorSid` there (account and resource
    /// forests).
    #[default]
    Sid,
    /// `mail`, of users and contacts (full mesh).
    Mail,
    /// `sAMAccountName` and `mailNickname`, both.
    AccountAndAlias,
    /// An attribute of one's own.
    Attribute(String),
}

impl fmt::Display for PeopleMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PeopleMatch::Sid => f.write_str("sid"),
            PeopleMatch::Mail => f.write_str("mail"),
            PeopleMatch::AccountAndAlias => f.write_str("account-and-alias"),
            PeopleMatch::Attribute(name) => write!(f, "attribute:{name}"),
        }
    }
}

impl FromStr for PeopleMatch {
    type Err = String;

    /// # Errors
    /// What is none of `sid`, `mail`, `account-and-alias` and `attribute:NAME` with an attribute of [`IDENTIFYING`].
    fn from_str(text: &str) -> Result<PeopleMatch, String> {
        match text {
            "sid" => return Ok(PeopleMatch::Sid),
            "mail" => return Ok(PeopleMatch::Mail),
            "account-and-alias" => return Ok(PeopleMatch::AccountAndAlias),
            _ => {}
        }
        match text.strip_prefix("attribute:").and_then(identifying) {
            Some(name) => Ok(PeopleMatch::Attribute(name.to_owned())),
            None => Err(format!(
                "people cannot be matched by '{text}': write sid, mail, account-and-alias, or attribute: and one of {}",
                IDENTIFYING.join(", ")
            )),
        }
    }
}

/// One object of the cloud to be: an object on premises, or what several of them are together.
pub(super) struct Joined<'a> {
    /// The domain that signing in comes from.
    pub(super) domain: &'a OnPremDomain,
    /// With the values that win.
    pub(super) object: Cow<'a, OnPremObject>,
    /// One of several that must not leave keeps all of them at home: why.
    pub(super) stays: Option<&'static str>,
    /// `objectGUID` of every one of them.
    pub(super) parts: Vec<Guid>,
    /// One of them has several partners in a forest: what comes of it, no reference says.
    pub(super) ambiguous: bool,
}

type Part<'a> = (&'a OnPremDomain, &'a OnPremObject);

/// Attributes that come with signing in: from an enabled account, else from a disabled one (1.5).
const SIGN_IN: &[&str] = &[
    "userprincipalname",
    "samaccountname",
    "useraccountcontrol",
    "objectsid",
    "ms-ds-consistencyguid",
    "admindescription",
    "iscriticalsystemobject",
];
/// Attributes that come only from an account with a `mailNickname`, else from a contact (1.5).
const EXCHANGE: &[&str] = &[
    "mailnickname",
    "targetaddress",
    "msexchhidefromaddresslists",
    "msexchrecipienttypedetails",
    "msexchmasteraccountsid",
    "msrtcsip-originatorsid",
];
/// `msExchRecipientTypeDetails` of a linked mailbox.
const LINKED_MAILBOX: i64 = 2;

/// The objects of all forests, those that are one person put together; in the order of the first of each.
pub(super) fn join<'a>(
    domains: &'a [OnPremDomain],
    by: &PeopleMatch,
    pilot: Option<&Pilot>,
) -> Vec<Joined<'a>> {
    let all: Vec<Part<'a>> =
        domains.iter().flat_map(|domain| domain.objects.iter().map(move |object| (domain, object))).collect();
    let mut sets = Sets::new(all.len());
    let several = domains.iter().any(|domain| domain.forest != domains[0].forest);
    let partners = if several { partners(&all, by) } else { BTreeMap::new() };
    let mut ambiguous: BTreeSet<usize> = BTreeSet::new();
    for holders in partners.into_values().filter(|holders| holders.len() > 1) {
        let mut forests: BTreeMap<&str, usize> = BTreeMap::new();
        for at in &holders {
            *forests.entry(all[*at].0.forest.as_str()).or_default() += 1;
        }
        if forests.len() < 2 {
            continue;
        }
        if forests.values().any(|count| *count > 1) {
            ambiguous.extend(&holders);
            continue;
        }
        holders.windows(2).for_each(|pair| sets.unite(pair[0], pair[1]));
    }
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for at in 0..all.len() {
        groups.entry(sets.first(at)).or_default().push(at);
    }
    let joined = |members: Vec<usize>| {
        let parts: Vec<Part<'a>> = members.iter().map(|at| all[*at]).collect();
        let guids = parts.iter().map(|(_, object)| object.guid).collect();
        let ambiguous = members.iter().any(|at| ambiguous.contains(at));
        let (domain, object) = match parts[..] {
            [(domain, object)] => (domain, Cow::Borrowed(object)),
            _ => merge(&parts),
        };
        let several = parts.len() > 1;
        let stays = parts.iter().filter(|(_, o)| several && o.kind == SyncKind::User && !is_linked(o));
        let stays = stays.clone().find_map(|(_, object)| scope::filtered(object, usize::MAX));
        let outside = parts.iter().filter(|(domain, object)| {
            pilot.is_some_and(|pilot| pilot.concerns(domain) && !pilot.has(object.guid))
        });
        let (stays, ambiguous) = match outside.count() {
            0 => (stays, ambiguous),
            all if all == parts.len() => (stays.or(Some("not a member of the pilot group")), ambiguous),
            // who is a member in one place and not in another, no reference says
            _ => (stays, true),
        };
        Joined { domain, object, stays, parts: guids, ambiguous }
    };
    groups.into_values().map(joined).collect()
}

/// Who has which value of those that joins compare, in the order of forests.
fn partners(all: &[Part<'_>], by: &PeopleMatch) -> BTreeMap<(&'static str, String), Vec<usize>> {
    let mut partners: BTreeMap<(&'static str, String), Vec<usize>> = BTreeMap::new();
    for (at, (_, object)) in all.iter().enumerate() {
        // an object that its rule has no scope for joins nobody
        if object.kind == SyncKind::Group || scope::is_out_of_every_rule(object) {
            continue;
        }
        let mut keys: BTreeSet<(&'static str, String)> = BTreeSet::new();
        let mut key = |what, value: Option<&str>| {
            let value = value.map(|value| value.trim().to_lowercase()).filter(|value| !value.is_empty());
            keys.extend(value.map(|value| (what, value)));
        };
        let user = object.kind == SyncKind::User;
        match by {
            PeopleMatch::Mail => key("mail", object.text("mail")),
            // contacts know nothing else
            _ if !user => key("contact", object.text("mail")),
            PeopleMatch::Sid => {}
            PeopleMatch::AccountAndAlias => {
                let alias = object.text("mailnickname").filter(|alias| !alias.trim().is_empty());
                let both = object.text("samaccountname").zip(alias);
                key("account", both.map(|(account, alias)| format!("{account}\u{0}{alias}")).as_deref());
            }
            PeopleMatch::Attribute(name) => key("attribute", object.text(&name.to_ascii_lowercase())),
        }
        if user {
            for name in ["objectsid", "msexchmasteraccountsid", "msrtcsip-originatorsid"] {
                key("sid", object.text(name));
            }
            let written = object.attributes.get("ms-ds-consistencyguid").and_then(|values| values.first());
            let own = object.guid.to_bytes_le();
            let anchor: String =
                written.map_or(&own[..], Vec::as_slice).iter().map(|octet| format!("{octet:02x}")).collect();
            key("anchor", Some(&anchor));
        }
        for key in keys {
            partners.entry(key).or_default().push(at);
        }
    }
    partners
}

/// What several objects are together: attribute by attribute the first that has a value, in the order of precedence;
/// of equals the forest that comes first.
fn merge<'a>(parts: &[Part<'a>]) -> (&'a OnPremDomain, Cow<'a, OnPremObject>) {
    let users: Vec<&Part<'a>> = parts.iter().filter(|(_, object)| object.kind == SyncKind::User).collect();
    let contacts: Vec<&Part<'a>> = parts.iter().filter(|(_, o)| o.kind == SyncKind::Contact).collect();
    let sorted = |rank: fn(&OnPremObject) -> bool| {
        let mut order = users.clone();
        order.sort_by_key(|(_, object)| !rank(object));
        order
    };
    let accounts = sorted(is_enabled);
    let with_alias = |object: &OnPremObject| object.text("mailnickname").is_some();
    let mut listed = sorted(|object| object.text("mailnickname").is_some());
    let mut mailboxes: Vec<&Part<'a>> = users.iter().copied().filter(|(_, o)| with_alias(o)).collect();
    listed.extend(&contacts);
    mailboxes.extend(&contacts);
    let names: BTreeSet<&'static str> =
        parts.iter().flat_map(|(_, object)| object.attributes.keys().copied()).collect();
    // the account of a linked mailbox has no say in who the person is
    let master = accounts.iter().find(|(_, object)| !is_linked(object)).or(accounts.first()).copied();
    let (domain, identity) = *master.unwrap_or(&parts[0]);
    let mut attributes = BTreeMap::new();
    for name in names {
        let order = match () {
            () if users.is_empty() => &contacts,
            () if SIGN_IN.contains(&name) => &accounts,
            () if EXCHANGE.contains(&name) => &mailboxes,
            () => &listed,
        };
        let value = match name {
            // all of these say who somebody is, and belong together
            "objectsid" | "ms-ds-consistencyguid" => identity.attributes.get(name),
            _ => order.iter().find_map(|(_, object)| object.attributes.get(name)),
        };
        attributes.extend(value.map(|value| (name, value.clone())));
    }
    if users.iter().any(|(_, object)| !is_linked(object)) {
        attributes.retain(|name, values| {
            *name != "msexchrecipienttypedetails" || values.first().is_none_or(|value| value != b"2")
        });
    }
    let manager = listed.iter().find_map(|(_, object)| object.manager);
    let kind = if users.is_empty() { SyncKind::Contact } else { SyncKind::User };
    let object = OnPremObject {
        guid: identity.guid,
        dn: identity.dn.clone(),
        kind,
        attributes,
        members: Vec::new(),
        manager,
    };
    (domain, Cow::Owned(object))
}

fn is_enabled(object: &OnPremObject) -> bool {
    object.number("useraccountcontrol").is_some_and(|control| control & 2 == 0)
}

fn is_linked(object: &OnPremObject) -> bool {
    object.number("msexchrecipienttypedetails") == Some(LINKED_MAILBOX)
}

/// Sets of positions, each known by its first.
struct Sets(Vec<usize>);

impl Sets {
    fn new(count: usize) -> Sets {
        Sets((0..count).collect())
    }

    fn first(&mut self, mut at: usize) -> usize {
        while self.0[at] != at {
            self.0[at] = self.0[self.0[at]];
            at = self.0[at];
        }
        at
    }

    fn unite(&mut self, one: usize, other: usize) {
        let (one, other) = (self.first(one), self.first(other));
        self.0[one.max(other)] = one.min(other);
    }
}

#[cfg(test)]
mod tests;
