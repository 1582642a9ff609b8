//! What the cloud may hold after a right synchronization.

use super::address::{UpnRule, upn_rule};
use super::flow::{self, Permitted};
use super::joins::{Joined, PeopleMatch, join};
use super::mailbox::{AddressRules, address_rules, nicknames};
use super::matching::{History, hard_match, soft_matches};
use super::model::{CloudRecord, CloudView, OnPremDomain, OnPremObject, SyncKind};
use super::scope;
use super::switches::Switches;
use super::wanted::{Synchronize, may_be_anchor};
use crate::ids::Guid;
use rayon::prelude::*;
use std::borrow::Cow;
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
    /// Its source anchor on premises is not any more the one that the cloud knows it by, or it is a group that has grown
    /// beyond the limit: an error of the rules, and the cloud object stays as it was.
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

/// The base64 form of the bytes of an object's `objectGUID`; of a user also of its `mS-DS-ConsistencyGuid`, or an
/// attribute's text, if that is the anchor. None where that text is missing or cannot be an anchor.
pub(crate) fn source_anchor(
    object: &OnPremObject,
    wanted: &Synchronize,
    switches: &Switches,
) -> Option<String> {
    use base64::Engine as _;
    let is_user = object.kind == SyncKind::User;
    if let Some(attribute) = wanted.anchor_attribute().filter(|_| is_user) {
        let text = object.text(&attribute.to_ascii_lowercase()).map(str::trim);
        return text.filter(|text| may_be_anchor(text)).map(str::to_owned);
    }
    let anchor = wanted.anchor.as_deref().unwrap_or(switches.get("default_anchor"));
    let consistency = object
        .attributes
        .get("ms-ds-consistencyguid")
        .and_then(|values| values.first())
        .filter(|bytes| !bytes.is_empty())
        .filter(|_| is_user && anchor.eq_ignore_ascii_case("ms-ds-consistencyguid"));
    let own = object.guid.to_bytes_le();
    Some(base64::engine::general_purpose::STANDARD.encode(consistency.map_or(&own[..], Vec::as_slice)))
}

/// The anchor that an engine makes when it takes the GUID's text order for its byte order.
fn big_endian_anchor(guid: Guid) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(guid.to_bytes())
}

/// Computes every permitted result of synchronizing these domains into this tenant.
///
/// `before` is the tenant as it was just before the run: nicknames, user principal names and held addresses
/// have a history there. People of several forests are recognised by their SIDs.
pub fn expect(domains: &[OnPremDomain], before: CloudView, switches: &Switches) -> Expected {
    expect_by(&PeopleMatch::default(), &Synchronize::default(), domains.to_vec(), before, switches)
}

/// As [`expect`], where people of several forests are recognised by something else, or not everything is to be
/// synchronized.
pub fn expect_by(
    people: &PeopleMatch,
    wanted: &Synchronize,
    mut domains: Vec<OnPremDomain>,
    mut before: CloudView,
    switches: &Switches,
) -> Expected {
    let mut expected = Expected { switches: switches.clone(), ..Expected::default() };
    let pilot = wanted.pilot(&domains);
    wanted.keep(&mut domains);
    let joined = join(&domains, people, pilot.as_ref());
    let history = History::of(&before);
    let mut sent = Sent::of(joined, &domains, &history, (wanted, switches), &mut expected);
    let mails = mail_counts(&sent.objects);
    let mut frozen = changed_anchors(&mut sent, &before);
    frozen.append(&mut sent.overgrown);
    let alone = |Coming { domain, object, anchor, .. }: &Coming<'_>| {
        one(domain, object, anchor, &history, &before, (wanted, switches))
    };
    let results: Vec<_> = sent.objects.par_iter().map(alone).collect();
    for (coming, mut result) in sent.objects.iter().zip(results) {
        let Coming { object, anchor, ambiguous, .. } = coming;
        result.frozen = frozen.contains(&object.guid);
        let mail = object.text("mail").map(str::to_lowercase);
        if object.kind == SyncKind::Contact && mail.is_some_and(|mail| mails.get(&mail) > Some(&1)) {
            result.may_be_absent = Some("joined by mail to another object");
        }
        if *ambiguous {
            result.may_be_absent = Some("several objects of another forest may be the same");
        }
        let is_full = Some(object.members.len()) == switches.number("group_member_limit");
        if object.kind == SyncKind::Group && is_full && !history.has_live_group(anchor) {
            result.may_be_absent = Some("whether a limit of members is one too many no reference says");
        }
        result.members = object.members.iter().filter_map(|member| sent.anchor_of(*member)).collect();
        result.manager = object.manager.and_then(|manager| sent.anchor_of(manager));
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

/// An object on its way to the cloud.
struct Coming<'a> {
    domain: &'a OnPremDomain,
    object: Cow<'a, OnPremObject>,
    anchor: String,
    parts: Vec<Guid>,
    ambiguous: bool,
}

/// Everything that is sent, and under which source anchors references find it.
struct Sent<'a> {
    objects: Vec<Coming<'a>>,
    anchors: BTreeMap<Guid, String>,
    /// Objects by SID, for members that are named as foreign security principals.
    by_sid: BTreeMap<String, Guid>,
    foreign: BTreeMap<Guid, &'a str>,
    /// Groups that the cloud has and that have more members now than it takes: they stay as they were until they are
    /// smaller (directory-sync.md 1.6).
    overgrown: BTreeSet<Guid>,
}

impl<'a> Sent<'a> {
    /// What stays at home is noted in `expected`.
    fn of(
        all_joined: Vec<Joined<'a>>,
        domains: &'a [OnPremDomain],
        history: &History<'_>,
        (wanted, switches): (&Synchronize, &Switches),
        expected: &mut Expected,
    ) -> Sent<'a> {
        let limit = switches.number("group_member_limit").unwrap_or(usize::MAX);
        let all = domains.iter().flat_map(|domain| &domain.objects);
        let mut sent = Sent {
            objects: Vec::new(),
            anchors: BTreeMap::new(),
            by_sid: all.filter_map(|o| Some((o.text("objectsid")?.to_owned(), o.guid))).collect(),
            foreign: domains.iter().flat_map(|d| &d.foreign).map(|(id, sid)| (*id, sid.as_str())).collect(),
            overgrown: BTreeSet::new(),
        };
        for joined in all_joined {
            let anchor = source_anchor(&joined.object, wanted, switches);
            expected.big_endian.insert(big_endian_anchor(joined.object.guid), display_name(&joined.object));
            let known = anchor.as_ref().is_some_and(|anchor| history.has_live_group(anchor));
            if known && joined.object.members.len() > limit {
                sent.overgrown.insert(joined.object.guid);
            }
            let most = if known { usize::MAX } else { limit };
            let reason = joined.stays.or_else(|| scope::filtered(&joined.object, most));
            let (anchor, reason) = match anchor {
                Some(anchor) => (anchor, reason),
                None => (joined.object.guid.immutable_id(), reason.or(Some("it has no source anchor"))),
            };
            if let Some(reason) = reason {
                expected.filtered.insert(anchor, (display_name(&joined.object), reason));
                continue;
            }
            sent.anchors.extend(joined.parts.iter().map(|part| (*part, anchor.clone())));
            let Joined { domain, object, parts, ambiguous, .. } = joined;
            sent.objects.push(Coming { domain, object, anchor, parts, ambiguous });
        }
        sent
    }

    /// The source anchor of what a reference leads to, if that is sent.
    fn anchor_of(&self, target: Guid) -> Option<String> {
        let foreign = || self.anchors.get(self.by_sid.get(*self.foreign.get(&target)?)?);
        self.anchors.get(&target).or_else(foreign).cloned()
    }
}

/// People whom the cloud knows by another source anchor than the one that they have now: the old one goes on standing
/// for them (directory-sync.md 1.4, sourceAnchor; scenario 20). The cloud knows a person by the SID.
fn changed_anchors(sent: &mut Sent<'_>, before: &CloudView) -> BTreeSet<Guid> {
    let now: BTreeSet<String> = sent.objects.iter().map(|coming| coming.anchor.clone()).collect();
    let live = before.objects.iter().filter(|record| !record.deleted && record.synced == Some(true));
    let lost = live.filter(|record| record.anchor.as_ref().is_some_and(|anchor| !now.contains(anchor)));
    let by_sid: BTreeMap<&str, &CloudRecord> = lost
        .filter(|record| record.kind == SyncKind::User)
        .filter_map(|record| Some((record.text("onPremisesSecurityIdentifier")?, record)))
        .collect();
    let mut frozen = BTreeSet::new();
    for coming in sent.objects.iter_mut().filter(|coming| coming.object.kind == SyncKind::User) {
        let known = coming.object.text("objectsid").and_then(|sid| by_sid.get(sid));
        if let Some(old) = known.and_then(|record| record.anchor.clone()) {
            frozen.insert(coming.object.guid);
            sent.anchors.extend(coming.parts.iter().map(|part| (*part, old.clone())));
            coming.anchor = old;
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

fn mail_counts(sent: &[Coming<'_>]) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::new();
    for coming in sent.iter().filter(|coming| coming.object.kind != SyncKind::Group) {
        if let Some(mail) = coming.object.text("mail") {
            *counts.entry(mail.to_lowercase()).or_default() += 1;
        }
    }
    counts
}

fn display_name(object: &OnPremObject) -> String {
    let name = object.text("userprincipalname").or_else(|| object.text("samaccountname"));
    format!("{} {}", object.kind.name(), name.unwrap_or(&object.dn))
}

fn one(
    domain: &OnPremDomain,
    object: &OnPremObject,
    anchor: &str,
    history: &History<'_>,
    cloud: &CloudView,
    (wanted, switches): (&Synchronize, &Switches),
) -> ExpectedObject {
    let fallback = || format!("{}@{}", object.text("samaccountname").unwrap_or_default(), domain.dns);
    let alternate = wanted.alternate_id.as_ref().map(|name| name.to_ascii_lowercase());
    let named_by = alternate.as_deref().unwrap_or("userprincipalname");
    let given = object.text(named_by).map(str::to_owned).filter(|upn| !upn.trim().is_empty());
    let is_without = given.is_none();
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
    let rule_of = |upn: &str| expected_upn(upn, alternate.is_some(), &names, earlier, cloud, switches);
    let mut upn_rule = upn.as_deref().map(rule_of);
    if let (Some(rule), Some(own), true) = (&mut upn_rule, object.text("userprincipalname"), is_without) {
        // who has no alternate name: whether the ordinary one stands in, no reference says
        let other = rule_of(own.trim());
        rule.permitted.extend(other.permitted);
        rule.may_be_refused |= other.may_be_refused;
    }
    let refusable = upn_rule.as_ref().is_some_and(|rule| rule.may_be_refused);
    let may_be_absent = matching
        .refused
        .take()
        .or(refusable.then_some("its user principal name is not valid"))
        .or(flow::too_long(object).map(|_| "an attribute is longer than the cloud takes"))
        .or(flow::too_large(object).map(|_| "an attribute is larger than the cloud takes"));
    let check_nickname = object.kind == SyncKind::User
        || object.kind == SyncKind::Group && object.text("mailnickname").is_some();
    let mut properties = flow::properties(object, domain, taken_over);
    if object.kind == SyncKind::Group {
        let enabled = scope::is_mail_enabled(object) && !addresses.plain.required.is_empty();
        if enabled || !scope::is_mail_enabled(object) {
            properties.insert("mailEnabled", Permitted::exactly(&enabled.to_string()));
        }
    }
    if let Some(record) = earlier.filter(|record| record.mobile_override) {
        properties.insert("mobilePhone", overridden_mobile(record, object, cloud));
    }
    properties.extend(name_on_premises(object, earlier, switches));
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

/// The name on premises as the cloud shows it, beside the one that people sign in with.
fn name_on_premises(
    object: &OnPremObject,
    earlier: Option<&CloudRecord>,
    switches: &Switches,
) -> Option<(&'static str, Permitted)> {
    let given = object.text("userprincipalname").filter(|_| object.kind == SyncKind::User)?;
    // whether a refused name is shown as the one on premises no reference says
    let held = earlier.filter(|record| is_name_frozen(record, switches));
    let old = held.and_then(|record| record.text("onPremisesUserPrincipalName")).map(str::to_owned);
    let names = std::iter::once(given.to_owned()).chain(old).map(Some);
    Some(("onPremisesUserPrincipalName", Permitted::one_of(names)))
}

/// A number that was changed in the cloud: what on-premises says is ignored until that is bypassed, and counts then
/// from the next time on that it is sent (directory-sync.md 1.7).
fn overridden_mobile(record: &CloudRecord, object: &OnPremObject, cloud: &CloudView) -> Permitted {
    let own = record.text("mobilePhone").map(str::to_owned);
    let sent = cloud.bypasses_overrides.then(|| object.text("mobile").map(str::to_owned));
    Permitted::one_of(std::iter::once(own).chain(sent))
}

fn expected_upn(
    upn: &str,
    is_alternate: bool,
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
    // the cloud does not show the alternate name that it was sent before: one that it calculated may be as old as that
    let calculated = held.ends_with(&format!("@{}", cloud.initial_domain));
    if is_alternate && !is_name_frozen(earlier, switches) {
        rule.permitted.extend(Some(held).filter(|_| calculated || rule.may_be_refused || quarantined));
    } else if unchanged && !quarantined || is_name_frozen(earlier, switches) {
        // recalculated only when the name on premises changes
        rule.permitted = BTreeSet::from([held]);
    } else if rule.may_be_refused || quarantined {
        rule.permitted.insert(held);
    }
    rule
}

/// Whether a licensed person's name does not follow (directory-sync.md 2.2.5).
fn is_name_frozen(record: &CloudRecord, switches: &Switches) -> bool {
    !record.licenses.is_empty() && switches.is("update_upn_of_licensed", "off")
}

/// Whether the property of a provisioning error is the user principal name.
pub(crate) fn is_upn_property(property: &str) -> bool {
    property.eq_ignore_ascii_case("userPrincipalName")
}

#[cfg(test)]
mod tests;
