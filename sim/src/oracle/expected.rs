//! What the cloud may hold after a right synchronization.

use super::address::{UpnRule, upn_rule};
use super::flow::{self, Permitted};
use super::mailbox::{AddressRules, address_rules, nicknames};
use super::model::{CloudRecord, CloudView, OnPremDomain, OnPremObject, SyncKind};
use super::scope;
use super::switches::Switches;
use crate::ids::Guid;
use std::collections::{BTreeMap, BTreeSet};

/// Every permitted result of a synchronization.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// Objects in scope, by source anchor.
    pub objects: BTreeMap<String, ExpectedObject>,
    /// Objects that stay on premises, by source anchor, with the reason.
    pub filtered: BTreeMap<String, (String, &'static str)>,
    /// Source anchors of objects that were synchronized before and must be deleted now, with their names.
    pub deletes: BTreeMap<String, String>,
    /// The threshold of accidental deletes holds the run back.
    pub held_back: Option<HeldBack>,
    /// Every cloud object that was live before: what it was.
    pub before: BTreeMap<Guid, CloudRecord>,
    /// Source anchors in the wrong byte order: what a reader is told when one turns up.
    pub big_endian: BTreeMap<String, String>,
    /// Verified and initial domains and the switches, as the score needs them.
    pub tenant: CloudView,
    /// The switches.
    pub switches: Switches,
}

/// What the threshold of accidental deletes does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldBack {
    /// Nothing is exported.
    Everything,
    /// Only the deletes are held back.
    Deletes,
}

/// What one object may be in the cloud.
#[derive(Debug, Clone)]
pub struct ExpectedObject {
    /// Its source anchor.
    pub anchor: String,
    /// Its kind.
    pub kind: SyncKind,
    /// What a reader knows it by.
    pub name: String,
    /// Why the cloud may refuse it; none when it must be there.
    pub may_be_absent: Option<&'static str>,
    /// The cloud objects that it may be; empty means a new one.
    pub matches: BTreeSet<Guid>,
    /// It may also be a new one.
    pub may_be_new: bool,
    /// What it was before, when it was synchronized before.
    pub before: Option<Guid>,
    /// Permitted values by Graph property.
    pub properties: BTreeMap<&'static str, Permitted>,
    /// Its user principal name.
    pub upn: Option<UpnRule>,
    /// Permitted mail nicknames in lower case; none when any will do.
    pub nicknames: Option<BTreeSet<String>>,
    /// Its addresses.
    pub addresses: AddressRules,
    /// Source anchors of its members in scope.
    pub members: BTreeSet<String>,
    /// Source anchor of its manager in scope. Of a person who is their own, no reference says whether the cloud
    /// keeps the link: it may be there or not.
    pub manager: Option<String>,
    /// Its country code (`c`), as it stands on premises.
    pub country: Option<String>,
    /// It carries a given name or a surname: a person, not a service account.
    pub is_person: bool,
    /// Its source anchor on premises is not any more the one that the cloud knows it by: an error of the rules, and
    /// the cloud object stays as it was.
    pub frozen: bool,
    /// Other objects of the directory with the same source anchor: which of them the cloud holds depends on who
    /// came first. Their own lists are empty.
    pub alternatives: Vec<ExpectedObject>,
}

impl ExpectedObject {
    /// This object and every other one that may stand in the cloud under its source anchor.
    pub fn variants(&self) -> impl Iterator<Item = &ExpectedObject> {
        std::iter::once(self).chain(&self.alternatives)
    }

    /// Whether the object may be this cloud object, or one of those may that share its source anchor.
    pub fn may_be(&self, id: Guid) -> bool {
        self.variants().any(|object| object.matches.contains(&id))
    }
}

/// The base64 form of the bytes of an object's `objectGUID`, or of its `mS-DS-ConsistencyGuid` where the
/// tenant's engine uses that and the object is a user.
pub(crate) fn source_anchor(object: &OnPremObject, switches: &Switches) -> String {
    use base64::Engine as _;
    let consistency = object
        .attributes
        .get("ms-ds-consistencyguid")
        .and_then(|values| values.first())
        .filter(|bytes| !bytes.is_empty())
        .filter(|_| object.kind == SyncKind::User && switches.is("default_anchor", "ms-ds-consistencyguid"));
    let own = object.guid.to_bytes_le();
    base64::engine::general_purpose::STANDARD.encode(consistency.map_or(&own[..], Vec::as_slice))
}

/// The anchor that an engine makes when it takes the GUID's text order for its byte order.
fn big_endian_anchor(guid: Guid) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(guid.to_bytes())
}

/// Computes every permitted result of synchronizing these domains into this tenant.
///
/// `before` is the tenant as it was just before the run: nicknames, user principal names and held addresses
/// have a history there.
pub fn expect(domains: &[OnPremDomain], mut before: CloudView, switches: &Switches) -> Expected {
    let mut expected = Expected { switches: switches.clone(), ..Expected::default() };
    let limit = switches.number("group_member_limit").unwrap_or(usize::MAX);
    let mut anchors: BTreeMap<Guid, String> = BTreeMap::new();
    let mut in_scope: Vec<(&OnPremDomain, &OnPremObject, String)> = Vec::new();
    for domain in domains {
        for object in &domain.objects {
            let anchor = source_anchor(object, switches);
            expected.big_endian.insert(big_endian_anchor(object.guid), display_name(object));
            match scope::filtered(object, limit) {
                Some(reason) => {
                    expected.filtered.insert(anchor, (display_name(object), reason));
                }
                None => {
                    anchors.insert(object.guid, anchor.clone());
                    in_scope.push((domain, object, anchor));
                }
            }
        }
    }
    let history = History::of(&before);
    let mails = mail_counts(&in_scope);
    let frozen = changed_anchors(&mut in_scope, &mut anchors, &before);
    for (domain, object, anchor) in &in_scope {
        let mut result = one(domain, object, anchor, &history, &before, switches);
        result.frozen = frozen.contains(&object.guid);
        let mail = object.text("mail").map(str::to_lowercase);
        if object.kind == SyncKind::Contact && mail.is_some_and(|mail| mails.get(&mail) > Some(&1)) {
            result.may_be_absent = Some("joined by mail to another object");
        }
        result.members = object.members.iter().filter_map(|m| anchors.get(m)).cloned().collect();
        result.manager = object.manager.and_then(|manager| anchors.get(&manager)).cloned();
        expected
            .objects
            .entry(anchor.clone())
            .and_modify(|earlier| earlier.alternatives.push(result.clone()))
            .or_insert(result);
    }
    expected.objects.values_mut().for_each(share);
    // an anchor that is in scope somewhere is not filtered
    expected.filtered.retain(|anchor, _| !expected.objects.contains_key(anchor));
    let live = std::mem::take(&mut before.objects).into_iter().filter(|record| !record.deleted);
    expected.before = live.map(|record| (record.id, record)).collect();
    expected.tenant = before;
    exceptions(&mut expected);
    deletes(&mut expected);
    expected
}

/// People whom the cloud knows by another source anchor than the one that they have now: the old one goes on standing
/// for them (directory-sync.md 1.4, sourceAnchor; scenario 20). The cloud knows a person by the SID.
fn changed_anchors(
    in_scope: &mut [(&OnPremDomain, &OnPremObject, String)],
    anchors: &mut BTreeMap<Guid, String>,
    before: &CloudView,
) -> BTreeSet<Guid> {
    let now: BTreeSet<String> = in_scope.iter().map(|(_, _, anchor)| anchor.clone()).collect();
    let live = before.objects.iter().filter(|record| !record.deleted && record.synced == Some(true));
    let lost = live.filter(|record| record.anchor.as_ref().is_some_and(|anchor| !now.contains(anchor)));
    let by_sid: BTreeMap<&str, &CloudRecord> = lost
        .filter(|record| record.kind == SyncKind::User)
        .filter_map(|record| Some((record.text("onPremisesSecurityIdentifier")?, record)))
        .collect();
    let mut frozen = BTreeSet::new();
    for (_, object, anchor) in in_scope.iter_mut().filter(|(_, object, _)| object.kind == SyncKind::User) {
        let known = object.text("objectsid").and_then(|sid| by_sid.get(sid));
        if let Some(old) = known.and_then(|record| record.anchor.clone()) {
            frozen.insert(object.guid);
            anchors.insert(object.guid, old.clone());
            *anchor = old;
        }
    }
    frozen
}

/// Of objects with one source anchor, a later one updates the first one's cloud object: what the cloud made for any of
/// them and keeps (nicknames, addresses at the initial domain) may be there for each (directory-sync.md 2.2.2, 2.6.3).
fn share(object: &mut ExpectedObject) {
    if object.alternatives.is_empty() {
        return;
    }
    let nicknames: Option<Vec<_>> = object.variants().map(|variant| variant.nicknames.clone()).collect();
    let nicknames = nicknames.map(|all| all.into_iter().flatten().collect::<BTreeSet<String>>());
    let moera: BTreeSet<String> =
        object.variants().flat_map(|variant| &variant.addresses.mailbox.moera).cloned().collect();
    let mut alternatives = std::mem::take(&mut object.alternatives);
    for variant in alternatives.iter_mut().chain(std::iter::once(&mut *object)) {
        variant.nicknames.clone_from(&nicknames);
        variant.addresses.mailbox.moera.clone_from(&moera);
    }
    object.alternatives = alternatives;
}

/// What fails although duplicates are quarantined (directory-sync.md 2.3.4): a new user whose name and address are both
/// a group's, each time; the second of two new groups with one address, at first. Who comes first is not known here.
fn exceptions(expected: &mut Expected) {
    let mut groups: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let own = |object: &ExpectedObject| -> BTreeSet<String> {
        let plain = &object.addresses.plain;
        plain.required.iter().chain(plain.primaries.iter().flatten()).cloned().collect()
    };
    let new = |object: &ExpectedObject| object.before.is_none();
    let variants = expected.objects.values().flat_map(ExpectedObject::variants);
    for group in variants.filter(|object| object.kind == SyncKind::Group) {
        for address in own(group) {
            groups.entry(address).or_default().insert(&group.anchor);
        }
    }
    for record in expected.before.values().filter(|record| record.kind == SyncKind::Group) {
        let holder = record.anchor.as_deref().unwrap_or("");
        for address in super::mailbox::smtp_addresses(record) {
            groups.entry(address).or_default().insert(holder);
        }
    }
    let mut absent: BTreeMap<String, &'static str> = BTreeMap::new();
    for object in expected.objects.values().filter(|object| new(object)) {
        let addresses = own(object);
        let shared =
            |most: usize| addresses.iter().any(|a| groups.get(a).is_some_and(|own| own.len() > most));
        let named = || {
            let names = object.upn.iter().flat_map(|rule| &rule.permitted);
            names.into_iter().any(|name| groups.contains_key(name))
        };
        match object.kind {
            SyncKind::Group if shared(1) => {
                absent.insert(object.anchor.clone(), "another new group may have its address first");
            }
            SyncKind::User if shared(0) && named() => {
                absent.insert(object.anchor.clone(), "its name and its address are a group's");
            }
            _ => {}
        }
    }
    for (anchor, reason) in absent {
        expected.objects.entry(anchor).and_modify(|object| {
            object.may_be_absent.get_or_insert(reason);
        });
    }
}

fn deletes(expected: &mut Expected) {
    for record in expected.before.values().filter(|record| record.synced == Some(true)) {
        let Some(anchor) = &record.anchor else { continue };
        if !expected.objects.contains_key(anchor) {
            expected.deletes.insert(anchor.clone(), record.name());
        }
    }
    let threshold = expected.switches.number("delete_threshold");
    if threshold.is_some_and(|most| expected.deletes.len() > most) {
        expected.held_back = Some(match expected.switches.get("delete_threshold_effect") {
            "suppress-deletes" => HeldBack::Deletes,
            _ => HeldBack::Everything,
        });
    }
}

fn mail_counts(in_scope: &[(&OnPremDomain, &OnPremObject, String)]) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::new();
    for (_, object, _) in in_scope.iter().filter(|(_, o, _)| o.kind != SyncKind::Group) {
        if let Some(mail) = object.text("mail") {
            *counts.entry(mail.to_lowercase()).or_default() += 1;
        }
    }
    counts
}

fn display_name(object: &OnPremObject) -> String {
    let name = object.text("userprincipalname").or_else(|| object.text("samaccountname"));
    format!("{} {}", object.kind.name(), name.unwrap_or(&object.dn))
}

/// The tenant before, indexed for matching.
struct History<'a> {
    by_anchor: BTreeMap<(SyncKind, &'a str), &'a CloudRecord>,
    by_upn: BTreeMap<String, &'a CloudRecord>,
    by_address: BTreeMap<String, Vec<&'a CloudRecord>>,
}

impl<'a> History<'a> {
    fn of(view: &'a CloudView) -> History<'a> {
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

/// How a new object finds a cloud object (directory-sync.md 2.1).
#[derive(Default)]
struct Matching<'a> {
    sure: Option<&'a CloudRecord>,
    possible: BTreeSet<Guid>,
    must_match: bool,
    refused: Option<&'static str>,
}

fn soft_matches<'a>(
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

fn one(
    domain: &OnPremDomain,
    object: &OnPremObject,
    anchor: &str,
    history: &History<'_>,
    cloud: &CloudView,
    switches: &Switches,
) -> ExpectedObject {
    let fallback = || format!("{}@{}", object.text("samaccountname").unwrap_or_default(), domain.dns);
    let given = object.text("userprincipalname").map(str::to_owned).filter(|upn| !upn.trim().is_empty());
    let upn =
        (object.kind == SyncKind::User).then(|| given.unwrap_or_else(fallback)).map(|u| u.trim().to_owned());
    let known = history.by_anchor.get(&(object.kind, anchor)).copied();
    let earlier = known.filter(|record| !record.deleted && record.synced == Some(true));
    let names = nicknames(object, upn.as_deref(), earlier);
    let addresses = address_rules(object, &names, upn.as_deref(), earlier, cloud, switches);
    let mut matching = match known {
        Some(record) => hard_match(record, switches),
        None => soft_matches(object, upn.as_deref(), &addresses, history, switches),
    };
    let taken_over = matching.sure.filter(|record| record.synced != Some(true));
    let names = match taken_over.and_then(|record| record.text("mailNickname")) {
        // on a take-over the cloud's nickname may stay where none comes from on premises
        Some(own) if object.text("mailnickname").is_none() => {
            names.into_iter().chain([own.to_owned()]).collect()
        }
        _ => names,
    };
    let upn_rule = upn.as_deref().map(|upn| expected_upn(upn, &names, earlier, cloud, switches));
    let refusable = upn_rule.as_ref().is_some_and(|rule| rule.may_be_refused);
    let may_be_absent = matching
        .refused
        .take()
        .or(refusable.then_some("its user principal name is not valid"))
        .or(flow::too_long(object).map(|_| "an attribute is longer than the cloud takes"));
    let check_nickname = object.kind == SyncKind::User
        || object.kind == SyncKind::Group && object.text("mailnickname").is_some();
    let mut properties = flow::properties(object, domain, taken_over);
    if object.kind == SyncKind::Group {
        let enabled = scope::is_mail_enabled(object) && !addresses.plain.required.is_empty();
        if enabled || !scope::is_mail_enabled(object) {
            properties.insert("mailEnabled", Permitted::exactly(&enabled.to_string()));
        }
    }
    if let (Some(given), SyncKind::User) = (object.text("userprincipalname"), object.kind) {
        properties.insert("onPremisesUserPrincipalName", Permitted::exactly(given));
    }
    ExpectedObject {
        anchor: anchor.to_owned(),
        kind: object.kind,
        name: display_name(object),
        may_be_absent,
        may_be_new: !matching.must_match,
        matches: matching.possible,
        before: earlier.map(|record| record.id),
        properties,
        upn: upn_rule,
        nicknames: check_nickname.then(|| names.iter().map(|n| n.to_lowercase()).collect()),
        addresses,
        members: BTreeSet::new(),
        manager: None,
        country: object.text("c").map(str::to_owned),
        is_person: object.text("givenname").or_else(|| object.text("sn")).is_some(),
        frozen: false,
        alternatives: Vec::new(),
    }
}

fn hard_match<'a>(record: &'a CloudRecord, switches: &Switches) -> Matching<'a> {
    let same = Matching {
        sure: Some(record),
        possible: BTreeSet::from([record.id]),
        must_match: true,
        refused: None,
    };
    if record.synced == Some(true) && !record.deleted {
        return same;
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

fn expected_upn(
    upn: &str,
    names: &[String],
    earlier: Option<&CloudRecord>,
    cloud: &CloudView,
    switches: &Switches,
) -> UpnRule {
    let verified = |domain: &str| cloud.verified_domains.contains(domain);
    let mut rule = upn_rule(upn, names, &verified, &cloud.initial_domain, switches);
    let Some(earlier) = earlier else { return rule };
    let Some(held) = earlier.text("userPrincipalName").map(str::to_lowercase) else { return rule };
    let unchanged =
        earlier.text("onPremisesUserPrincipalName").is_some_and(|old| old.eq_ignore_ascii_case(upn));
    let quarantined = earlier.quarantined.iter().any(|(property, _)| is_upn_property(property));
    let frozen = !earlier.licenses.is_empty() && switches.is("update_upn_of_licensed", "off");
    if unchanged && !quarantined || frozen {
        // recalculated only when the name on premises changes
        rule.permitted = BTreeSet::from([held]);
    } else if rule.may_be_refused || quarantined {
        rule.permitted.insert(held);
    }
    rule
}

/// Whether the property of a provisioning error is the user principal name.
pub(crate) fn is_upn_property(property: &str) -> bool {
    property.eq_ignore_ascii_case("userPrincipalName")
}

#[cfg(test)]
mod tests;
