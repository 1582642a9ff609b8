//! How a new object finds a cloud object (directory-sync.md 2.1).

use super::mailbox::AddressRules;
use super::model::{CloudRecord, CloudView, OnPremObject, SyncKind};
use super::switches::Switches;
use crate::ids::Guid;
use std::collections::{BTreeMap, BTreeSet};

/// The tenant before, indexed for matching.
pub(super) struct History<'a> {
    pub(super) by_anchor: BTreeMap<(SyncKind, &'a str), &'a CloudRecord>,
    by_upn: BTreeMap<String, &'a CloudRecord>,
    by_address: BTreeMap<String, Vec<&'a CloudRecord>>,
}

impl<'a> History<'a> {
    pub(super) fn of(view: &'a CloudView) -> History<'a> {
        let mut history =
            History { by_anchor: BTreeMap::new(), by_upn: BTreeMap::new(), by_address: BTreeMap::new() };
        // a live object wins over a deleted one with the same anchor
        for record in
            view.objects.iter().rev().filter(|r| r.deleted).chain(view.objects.iter().filter(|r| !r.deleted))
        {
            if let Some(anchor) = &record.anchor {
                history.by_anchor.insert((record.kind, anchor.as_str()), record);
            }
        }
        for record in view.objects.iter().filter(|record| !record.deleted && record.anchor.is_none()) {
            if let Some(upn) = record.text("userPrincipalName") {
                history.by_upn.insert(upn.to_lowercase(), record);
            }
            for address in super::mailbox::smtp_addresses(record) {
                history.by_address.entry(address).or_default().push(record);
            }
        }
        history
    }
}

impl History<'_> {
    /// Whether the cloud has a synchronized group with this source anchor.
    pub(super) fn has_live_group(&self, anchor: &str) -> bool {
        let group = self.by_anchor.get(&(SyncKind::Group, anchor));
        group.is_some_and(|group| !group.deleted && group.synced == Some(true))
    }
}

/// How a new object finds a cloud object (directory-sync.md 2.1).
#[derive(Default)]
pub(super) struct Matching<'a> {
    pub(super) sure: Option<&'a CloudRecord>,
    pub(super) possible: BTreeSet<Guid>,
    pub(super) must_match: bool,
    pub(super) refused: Option<&'static str>,
}

pub(super) fn soft_matches<'a>(
    object: &OnPremObject,
    upn: Option<&str>,
    addresses: &AddressRules,
    history: &History<'a>,
    switches: &Switches,
) -> Matching<'a> {
    let mut matching = Matching::default();
    if switches.is("block_soft_match", "on") {
        return matching;
    }
    let all = switches.is("soft_match_on", "all");
    let primary = addresses.plain.primaries.iter().flatten();
    let incoming: BTreeSet<&String> = match all {
        true => addresses.plain.required.iter().chain(primary).collect(),
        false => primary.collect(),
    };
    // groups and contacts are compared by proxyAddresses only (directory-sync.md 2.1.4)
    let sent: BTreeSet<String> =
        object.texts("proxyaddresses").map(|value| value.trim().to_lowercase()).collect();
    let compared =
        |address: &&String| object.kind == SyncKind::User || sent.contains(&format!("smtp:{address}"));
    let incoming = incoming.into_iter().filter(compared);
    let only_primary = switches.is("soft_match_on", "primary");
    let by_address = incoming.flat_map(|address| {
        let holders = history.by_address.get(address).into_iter().flatten();
        holders.filter(move |holder| !only_primary || is_primary(holder, address))
    });
    let upn_switch = object.kind == SyncKind::User && switches.is("soft_match_upn", "on");
    let by_upn = upn.filter(|_| upn_switch).and_then(|upn| history.by_upn.get(&upn.to_lowercase()));
    let found: BTreeMap<Guid, &'a CloudRecord> =
        by_address.chain(by_upn).filter(|r| r.kind == object.kind).map(|r| (r.id, *r)).collect();
    if found.values().any(|record| record.has_role) {
        matching.refused = Some("Existing Admin Role Conflict");
        return matching;
    }
    matching.must_match = found.len() == 1;
    matching.sure = found.values().next().copied().filter(|_| found.len() == 1);
    matching.possible = found.keys().copied().collect();
    matching
}

fn is_primary(record: &CloudRecord, address: &str) -> bool {
    record
        .texts("proxyAddresses")
        .iter()
        .any(|value| value.strip_prefix("SMTP:").is_some_and(|a| a.eq_ignore_ascii_case(address)))
}

pub(super) fn hard_match<'a>(record: &'a CloudRecord, switches: &Switches) -> Matching<'a> {
    let same = Matching {
        sure: Some(record),
        possible: BTreeSet::from([record.id]),
        must_match: true,
        refused: None,
    };
    if record.synced == Some(true) && !record.deleted {
        return same;
    }
    // synchronization was switched off and on again: on-premises overwrites (directory-sync.md 2.5.6), though groups
    // and contacts have no hard match (2.1.4)
    if record.kind != SyncKind::User && !record.deleted && record.synced.is_none() {
        return Matching { must_match: false, ..same };
    }
    // groups and contacts do not come back with their old id
    if record.kind != SyncKind::User {
        return Matching::default();
    }
    if switches.is("block_hard_match_takeover", "on") {
        return Matching { refused: Some("InvalidHardMatch"), must_match: false, ..same };
    }
    if record.has_role {
        return Matching {
            refused: Some("Existing Admin Role Conflict"),
            must_match: false,
            ..Matching::default()
        };
    }
    same
}
