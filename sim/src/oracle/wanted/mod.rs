//! What the customer wants synchronized: domains, containers, a pilot group, and by what people are known
//! (directory-sync.md 1.4, 2.5.8).

use super::model::{OnPremDomain, OnPremObject, SyncKind};
use crate::ids::Guid;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The attributes of a single text by which people can be known: joined, named or anchored. Spelt as the schema spells
/// them.
pub const IDENTIFYING: [&str; 24] = [
    "c",
    "cn",
    "co",
    "company",
    "department",
    "displayName",
    "employeeID",
    "extensionAttribute1",
    "facsimileTelephoneNumber",
    "givenName",
    "l",
    "mail",
    "mailNickname",
    "mobile",
    "physicalDeliveryOfficeName",
    "postalCode",
    "sAMAccountName",
    "sn",
    "st",
    "streetAddress",
    "targetAddress",
    "telephoneNumber",
    "title",
    "userPrincipalName",
];

/// An attribute of [`IDENTIFYING`] as the schema spells it.
pub fn identifying(name: &str) -> Option<&'static str> {
    IDENTIFYING.into_iter().find(|known| known.eq_ignore_ascii_case(name))
}

/// What the customer wants synchronized. The default is everything, as an express installation does it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Synchronize {
    /// DNS names of the domains; none: all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub domains: Vec<String>,
    /// Distinguished names of containers that are synchronized with all below; none: everything is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// Containers that are not, with all below but for included ones deeper down.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    /// Distinguished name of a group: of its forest only its direct members are synchronized.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The attribute that becomes the sign-in name in place of `userPrincipalName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alternate_id: Option<String>,
    /// What becomes the source anchor of people: `objectGUID`, `mS-DS-ConsistencyGuid`, or an attribute of
    /// [`IDENTIFYING`]; none: the one of the tenant's profile. Other objects always have `objectGUID`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anchor: Option<String>,
}

impl Synchronize {
    /// Whether it asks for nothing but the default.
    pub fn is_default(&self) -> bool {
        *self == Synchronize::default()
    }

    /// What contradicts itself.
    ///
    /// # Errors
    /// A container that is both in and out; a pilot group that is not synchronized itself, so that no engine reads whom
    /// it has; an attribute that identifies nobody.
    pub fn check(&self) -> Result<(), String> {
        let included: BTreeSet<Vec<String>> = self.include.iter().map(|name| components(name)).collect();
        if let Some(both) = self.exclude.iter().find(|name| included.contains(&components(name))) {
            return Err(format!("'{both}' is both included and excluded"));
        }
        if let Some(group) = self.group.as_deref().filter(|group| !Containers::of(self).hold(group)) {
            return Err(format!("the group '{group}' lies in no container that is synchronized"));
        }
        let fixed = ["objectGUID", "mS-DS-ConsistencyGuid"];
        let known = |name: &str| identifying(name).is_some();
        let anchor = self.anchor.iter().filter(|name| !fixed.iter().any(|f| f.eq_ignore_ascii_case(name)));
        match self.alternate_id.iter().chain(anchor).find(|name| !known(name)) {
            Some(name) => Err(format!("'{name}' identifies nobody: there are {}", IDENTIFYING.join(", "))),
            None => Ok(()),
        }
    }

    /// What becomes the source anchor of a person, beside the identifiers that directories give out.
    pub(super) fn anchor_attribute(&self) -> Option<&'static str> {
        self.anchor.as_deref().and_then(identifying)
    }

    /// Takes away what lies outside the domains and containers: to an engine it is not there, and references to it
    /// lead nowhere.
    pub(super) fn keep(&self, domains: &mut [OnPremDomain]) {
        if self.domains.is_empty() && self.include.is_empty() && self.exclude.is_empty() {
            return;
        }
        let containers = Containers::of(self);
        for domain in domains {
            let wanted = self.domains.is_empty()
                || self.domains.iter().any(|name| name.eq_ignore_ascii_case(&domain.dns));
            domain.objects.retain(|object| wanted && containers.hold(&object.dn));
            // a foreign security principal lies where Active Directory puts it, under its SID
            let head = domain.dns.split('.').map(|label| format!("DC={label}")).collect::<Vec<_>>().join(",");
            let place = |sid: &str| format!("CN={sid},CN=ForeignSecurityPrincipals,{head}");
            domain.foreign.retain(|_, sid| wanted && containers.hold(&place(sid)));
        }
    }

    /// The pilot group's forest and direct members, if there is a pilot. A group that is not there has none.
    pub(super) fn pilot(&self, domains: &[OnPremDomain]) -> Option<Pilot> {
        let wanted = components(self.group.as_deref()?);
        for domain in domains {
            let named =
                |object: &&OnPremObject| object.kind == SyncKind::Group && components(&object.dn) == wanted;
            if let Some(group) = domain.objects.iter().find(named) {
                let members = group.members.iter().copied().collect();
                return Some(Pilot { forest: Some(domain.forest.clone()), members });
            }
        }
        Some(Pilot { forest: None, members: BTreeSet::new() })
    }
}

/// Whether a text may be a source anchor: it counts fewer than 60, each letter or digit for one and every other
/// character for three, and has none of those that are forbidden (directory-sync.md 1.4).
pub(super) fn may_be_anchor(text: &str) -> bool {
    let weight: usize = text.chars().map(|c| if c.is_ascii_alphanumeric() { 1 } else { 3 }).sum();
    (1..60).contains(&weight) && !text.contains(|c| "\\!#$%&*+/=?^`{}|~<>()';:,[]\"@_".contains(c))
}

/// Who takes part in a pilot.
pub(super) struct Pilot {
    /// The group's forest; none when there is no such group.
    forest: Option<String>,
    members: BTreeSet<Guid>,
}

impl Pilot {
    /// Whether the pilot has a say in what happens to objects of a domain's forest.
    pub(super) fn concerns(&self, domain: &OnPremDomain) -> bool {
        self.forest.as_ref().is_none_or(|forest| *forest == domain.forest)
    }

    /// Whether an object is a direct member.
    pub(super) fn has(&self, object: Guid) -> bool {
        self.members.contains(&object)
    }
}

/// The containers that are named, each as the components of its name, with whether it is synchronized.
struct Containers {
    named: Vec<(Vec<String>, bool)>,
    /// What counts where no named container is above.
    otherwise: bool,
}

impl Containers {
    fn of(wanted: &Synchronize) -> Containers {
        let included = wanted.include.iter().map(|name| (components(name), true));
        let excluded = wanted.exclude.iter().map(|name| (components(name), false));
        Containers { named: included.chain(excluded).collect(), otherwise: wanted.include.is_empty() }
    }

    /// The nearest named container above an object decides; one that is named twice is left out.
    fn hold(&self, dn: &str) -> bool {
        let dn = components(dn);
        let above = self.named.iter().filter(|(container, _)| dn.ends_with(container));
        let nearest = above.max_by_key(|(container, synchronized)| (container.len(), !synchronized));
        nearest.map_or(self.otherwise, |(_, synchronized)| *synchronized)
    }
}

/// The components of a distinguished name in lower case, without escapes.
fn components(dn: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut octets: Vec<u8> = Vec::new();
    let mut rest = dn.bytes().peekable();
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let mut end = |octets: &mut Vec<u8>| {
        all.push(String::from_utf8_lossy(octets).trim().to_lowercase());
        octets.clear();
    };
    while let Some(byte) = rest.next() {
        match byte {
            b',' => end(&mut octets),
            b'\\' => {
                let Some(first) = rest.next() else { break };
                match (digit(&first), rest.peek().and_then(digit)) {
                    (Some(high), Some(low)) => {
                        rest.next();
                        octets.push((high * 16 + low) as u8);
                    }
                    _ => octets.push(first),
                }
            }
            byte => octets.push(byte),
        }
    }
    end(&mut octets);
    all
}

#[cfg(test)]
mod tests;
