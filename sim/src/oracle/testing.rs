//! Objects for the tests of the oracle and of the scores.

use super::model::{CloudRecord, CloudView, OnPremDomain, OnPremObject, SyncKind};
use crate::ids::Guid;
use std::collections::{BTreeMap, BTreeSet};

/// An identifier that a reader recognizes.
pub(crate) fn guid(number: u8) -> Guid {
    let mut bytes = [0xa0; 16];
    bytes[0] = number;
    Guid::from_bytes(bytes)
}

/// An object on premises; several values of an attribute are several pairs.
pub(crate) fn object(kind: SyncKind, number: u8, attributes: &[(&'static str, &str)]) -> OnPremObject {
    let mut map: BTreeMap<&'static str, Vec<Vec<u8>>> = BTreeMap::new();
    for (name, value) in attributes {
        map.entry(lower_case(name)).or_default().push(value.as_bytes().to_vec());
    }
    let cn = attributes.iter().find(|(name, _)| *name == "cn").map_or("Somebody", |(_, value)| value);
    let dn = format!("CN={},OU=People,DC=contoso,DC=local", cn.replace('\n', "\\0A"));
    OnPremObject { guid: guid(number), dn, kind, attributes: map, members: Vec::new(), manager: None }
}

/// The oracle's own form of an attribute's name.
fn lower_case(name: &str) -> &'static str {
    let lower = name.to_ascii_lowercase();
    let known = super::extract::READ.iter().find(|known| **known == lower);
    known.copied().unwrap_or_else(|| panic!("the oracle does not read {name}"))
}

/// A domain contoso.local of these objects.
pub(crate) fn domain(objects: Vec<OnPremObject>) -> OnPremDomain {
    domain_of("contoso", objects)
}

/// A domain NAME.local, the only one of its forest.
pub(crate) fn domain_of(name: &str, objects: Vec<OnPremObject>) -> OnPremDomain {
    let dns = format!("{name}.local");
    let netbios = name.to_uppercase();
    OnPremDomain { forest: dns.clone(), dns, netbios, objects, foreign: BTreeMap::new() }
}

/// A tenant with these verified domains beside contoso.onmicrosoft.com.
pub(crate) fn tenant(verified: &[&str], objects: Vec<CloudRecord>) -> CloudView {
    let initial = "contoso.onmicrosoft.com";
    CloudView {
        initial_domain: initial.to_owned(),
        verified_domains: verified.iter().chain([&initial]).map(|d| (*d).to_owned()).collect(),
        objects,
        subscriptions: Vec::new(),
        bypasses_overrides: false,
    }
}

/// A cloud object; synchronized when it has an anchor.
pub(crate) fn record(
    kind: SyncKind,
    number: u8,
    anchor: Option<&str>,
    properties: &[(&'static str, &str)],
) -> CloudRecord {
    let mut map: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for (name, value) in properties {
        map.entry(*name).or_default().push((*value).to_owned());
    }
    CloudRecord {
        id: guid(number),
        kind,
        anchor: anchor.map(str::to_owned),
        synced: anchor.map(|_| true),
        mobile_override: false,
        deleted: false,
        has_role: false,
        licenses: Vec::new(),
        exchange: false,
        exchange_foundation: false,
        properties: map,
        members: BTreeSet::new(),
        manager: None,
        quarantined: Vec::new(),
    }
}
