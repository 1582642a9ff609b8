//! The tenant against the oracle.

use super::SyncScore;
use super::addresses::{Holders, check_addresses};
use crate::ids::Guid;
use crate::oracle::{
    CloudRecord, CloudView, Expected, ExpectedObject, HeldBack, SyncKind, describe, is_quarantine_form,
    is_upn_property, read_tenant,
};
use crate::tenant::Tenant;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// From so many wrong deletes on, when they are also a tenth of what was synchronized, it is a mass deletion.
const MASS_DELETION: u64 = 10;

/// Judges a tenant after a synchronization.
pub fn sync(expected: &Expected, tenant: &Tenant) -> SyncScore {
    judge(expected, &read_tenant(tenant))
}

/// What is wrong with one object: the property and the words.
pub(super) type Wrong = (&'static str, String);

/// The judgement of one object that is there.
#[derive(Default)]
pub(super) struct Verdict {
    pub(super) wrong: Vec<Wrong>,
    pub(super) conflicts: Vec<String>,
}

struct Judge<'a> {
    expected: &'a Expected,
    by_anchor: BTreeMap<(SyncKind, &'a str), &'a CloudRecord>,
    live: BTreeMap<Guid, &'a CloudRecord>,
    holders: Holders<'a>,
    score: SyncScore,
}

/// Judges a tenant in its plain form.
pub(super) fn judge(expected: &Expected, now: &CloudView) -> SyncScore {
    let live: BTreeMap<Guid, &CloudRecord> =
        now.objects.iter().filter(|record| !record.deleted).map(|record| (record.id, record)).collect();
    let mut by_anchor = BTreeMap::new();
    for record in live.values().filter(|record| record.synced == Some(true)) {
        if let Some(anchor) = &record.anchor {
            by_anchor.insert((record.kind, anchor.as_str()), *record);
        }
    }
    let holders = Holders::of(&live, expected);
    let mut judge = Judge { expected, by_anchor, live, holders, score: SyncScore::default() };
    match expected.held_back {
        Some(HeldBack::Everything) => judge.nothing_exported(),
        _ => judge.everything(),
    }
    judge.finish()
}

impl<'a> Judge<'a> {
    fn everything(&mut self) {
        let expected = self.expected;
        let objects: Vec<_> = expected.objects.values().collect();
        let alone: &Judge<'_> = self;
        let found = |object: &&'a ExpectedObject| {
            let mut records: BTreeMap<Guid, &CloudRecord> = BTreeMap::new();
            let kinds = object.variants().map(|variant| variant.kind);
            let of = |kind| alone.by_anchor.get(&(kind, object.anchor.as_str()));
            records.extend(kinds.filter_map(of).map(|record| (record.id, *record)));
            let judged = records.into_values().map(|record| (record, alone.likeliest(object, record)));
            judged.collect::<Vec<_>>()
        };
        let judged: Vec<_> = objects.par_iter().map(found).collect();
        for (object, found) in objects.into_iter().zip(judged) {
            if found.is_empty() {
                self.absent(object);
            }
            for (record, (variant, verdict)) in found {
                self.present(object, variant, record, verdict);
            }
        }
        let synced: Vec<&CloudRecord> =
            self.live.values().copied().filter(|record| record.synced == Some(true)).collect();
        for record in synced {
            self.unexpected(record);
        }
        if expected.held_back == Some(HeldBack::Deletes) {
            self.held_back_deletes();
        }
        self.cloud_only();
    }

    /// The threshold stopped the export: the tenant is what it was.
    fn nothing_exported(&mut self) {
        let expected = self.expected;
        for (id, before) in &expected.before {
            self.score.expected += 1;
            match self.live.get(id) {
                None => self.score.wrong_deletes.add(|| format!("{} (over the threshold)", before.name())),
                Some(now) => match self.touched(before, now) {
                    None => self.score.right += 1,
                    Some(what) if before.synced != Some(true) => {
                        self.score.cloud_only_touched.add(|| format!("{}: {what} changed", before.name()));
                    }
                    Some(what) => {
                        self.wrong(what, || format!("{}: {what} exported over the threshold", before.name()));
                    }
                },
            }
        }
        for record in self.live.values().filter(|record| record.synced == Some(true)) {
            if !expected.before.contains_key(&record.id) {
                self.score.extra.add(|| format!("{} (over the threshold)", record.name()));
            }
        }
    }

    fn held_back_deletes(&mut self) {
        let expected = self.expected;
        for (anchor, name) in &expected.deletes {
            let still = SYNC_KINDS.iter().any(|k| self.by_anchor.contains_key(&(*k, anchor.as_str())));
            if !still {
                self.score.wrong_deletes.add(|| format!("{name} (over the threshold)"));
            }
        }
    }

    fn absent(&mut self, object: &ExpectedObject) {
        let excuse = |variant: &ExpectedObject| {
            variant.may_be_absent.map(str::to_owned).or_else(|| self.refused_for_conflict(variant))
        };
        // of those that share a source anchor the cloud holds one, unless none of them may come
        let excuses: Option<Vec<String>> = object.variants().map(excuse).collect();
        let excuse = excuses.and_then(|all| all.into_iter().next());
        if let Some(excuse) = excuse {
            self.score.conflicts.add(|| format!("{}: not in the cloud, {excuse}", object.name));
            return;
        }
        self.score.expected += 1;
        match object.before {
            Some(_) => self.score.wrong_deletes.add(|| object.name.clone()),
            None => self.score.missing.add(|| format!("{} ({})", object.name, object.anchor)),
        }
    }

    /// Without resiliency the second holder of a value does not appear; with it, only objects of different
    /// kinds, and groups, refuse each other.
    fn refused_for_conflict(&self, object: &ExpectedObject) -> Option<String> {
        let first_wins = self.expected.switches.is("duplicate_attribute", "first-wins");
        let addresses = object.addresses.plain.required.iter();
        let names = object.upn.iter().flat_map(|rule| &rule.permitted);
        let value = addresses.chain(names).find(|value| {
            let other = self.holders.other(value, None);
            let other_kind = |id: Guid| self.live.get(&id).is_some_and(|r| r.kind != object.kind);
            other.is_some_and(|id| first_wins || object.kind == SyncKind::Group || other_kind(id))
        })?;
        Some(format!("{value} belongs to another object"))
    }

    /// Which of the objects with one source anchor a cloud object is, by how little is wrong of it then.
    fn likeliest<'o>(
        &self,
        object: &'o ExpectedObject,
        record: &CloudRecord,
    ) -> (&'o ExpectedObject, Verdict) {
        let all = std::iter::once(object).chain(&object.alternatives);
        let judged = all.filter(|one| one.kind == record.kind).map(|one| (one, self.verdict(one, record)));
        // the first of those of whom equally little is wrong
        let best = judged.min_by_key(|(_, verdict)| verdict.wrong.len());
        best.unwrap_or_else(|| (object, self.verdict(object, record)))
    }

    fn verdict(&self, object: &ExpectedObject, record: &CloudRecord) -> Verdict {
        let mut verdict = Verdict::default();
        for (property, permitted) in &object.properties {
            let value = record.text(property);
            if !permitted.allows(value) && !self.lost_its_addresses(property, object, record) {
                let words = format!("{}, permitted {}", describe(value), permitted.describe());
                verdict.wrong.push((property, words));
            }
        }
        self.check_upn(object, record, &mut verdict);
        if let Some(permitted) = &object.nicknames {
            let value = record.text("mailNickname").map(str::to_lowercase);
            if !value.as_ref().is_some_and(|name| permitted.contains(name)) {
                let words = format!("{}, permitted {permitted:?}", describe(value.as_deref()));
                verdict.wrong.push(("mailNickname", words));
            }
        }
        check_addresses(object, record, &self.holders, self.expected, &mut verdict);
        self.check_links(object, record, &mut verdict);
        verdict
    }

    /// `whole` stands for all with its source anchor; `object` is the one of them that the record is taken for.
    fn present(
        &mut self,
        whole: &ExpectedObject,
        object: &ExpectedObject,
        record: &CloudRecord,
        verdict: Verdict,
    ) {
        self.score.expected += 1;
        self.check_match(whole, record);
        if let Some(before) = self.expected.before.get(&record.id).filter(|_| object.frozen) {
            match self.touched(before, record) {
                None => self.score.right += 1,
                Some(what) => {
                    self.wrong(what, || format!("{}: {what} changed, though it is frozen", object.name));
                }
            }
            return;
        }
        if !verdict.wrong.is_empty() && self.is_frozen(object, record) {
            self.score.conflicts.add(|| format!("{}: its update is refused", object.name));
            self.score.right += 1;
            return;
        }
        verdict.conflicts.into_iter().for_each(|words| {
            self.score.conflicts.add(|| format!("{}: {words}", object.name));
        });
        self.score.right += u64::from(verdict.wrong.is_empty());
        for (property, words) in verdict.wrong {
            self.wrong(property, || format!("{}: {property} is {words}", object.name));
        }
    }

    /// A group whose every address belongs to others is not mail-enabled any more.
    fn lost_its_addresses(&self, property: &str, object: &ExpectedObject, record: &CloudRecord) -> bool {
        let mut required = object.addresses.plain.required.iter();
        property == "mailEnabled"
            && record.text(property) == Some("false")
            && required.all(|address| self.holders.other(address, Some(record.id)).is_some())
    }

    fn wrong(&mut self, property: &str, words: impl FnOnce() -> String) {
        *self.score.wrong_by_attribute.entry(property.to_owned()).or_default() += 1;
        self.score.wrong_attributes.add(words);
    }

    /// Without resiliency the update of an object to a value of another one fails as a whole.
    fn is_frozen(&self, object: &ExpectedObject, record: &CloudRecord) -> bool {
        let first_wins = self.expected.switches.is("duplicate_attribute", "first-wins");
        let contested = |value: &String| self.holders.other(value, Some(record.id)).is_some();
        let values = object.addresses.plain.required.iter();
        let names = object.upn.iter().flat_map(|rule| &rule.permitted);
        let before = object.before.and_then(|id| self.expected.before.get(&id));
        let refused = object.may_be_absent.is_some() || first_wins && values.chain(names).any(contested);
        refused && before.is_some_and(|before| before.properties == record.properties)
    }

    fn check_match(&mut self, object: &ExpectedObject, record: &CloudRecord) {
        let expected = self.expected;
        let words = |what: &str| format!("{}: {what} {}", object.name, record.id);
        if object.may_be(record.id) {
            return;
        }
        if expected.before.contains_key(&record.id) {
            self.score.wrong_matches.add(|| words("matched to a cloud object that is not its own,"));
        } else if object.before.is_some() {
            self.score.wrong_matches.add(|| words("made anew instead of updated, as"));
        } else if !object.variants().any(|variant| variant.may_be_new) {
            // somebody else may have been matched to the one cloud object that fits both
            let taken = object.matches.iter().any(|id| {
                let anchor = self.live.get(id).and_then(|other| other.anchor.as_ref());
                anchor
                    .and_then(|anchor| expected.objects.get(anchor))
                    .is_some_and(|other| other.anchor != object.anchor && other.may_be(*id))
            });
            if !taken {
                self.score.wrong_matches.add(|| words("made anew instead of matched, as"));
            }
        }
    }

    fn check_upn(&self, object: &ExpectedObject, record: &CloudRecord, verdict: &mut Verdict) {
        let Some(rule) = &object.upn else { return };
        let value = record.text("userPrincipalName").map(str::to_lowercase);
        let name = value.as_deref().unwrap_or_default();
        if rule.permitted.contains(name) {
            return;
        }
        let expected = self.expected;
        let before = expected.before.get(&record.id);
        let held_before = |v: &String| {
            before.is_some_and(|b| b.text("userPrincipalName").is_some_and(|u| u.eq_ignore_ascii_case(v)))
        };
        let contested = rule
            .permitted
            .iter()
            .find(|value| self.holders.other(value, Some(record.id)).is_some() && !held_before(value));
        let form = is_quarantine_form(
            name,
            &rule.quarantine_prefixes,
            &expected.tenant.initial_domain,
            &expected.switches,
        );
        let recorded = record.quarantined.iter().any(|(property, _)| is_upn_property(property));
        let waiting =
            recorded && before.is_some_and(|b| b.quarantined.iter().any(|(p, _)| is_upn_property(p)));
        let resilient = expected.switches.is("duplicate_attribute", "resiliency");
        if form && resilient && (contested.is_some() || waiting) {
            if !recorded {
                let words = "without the conflict of its userPrincipalName".to_owned();
                verdict.wrong.push(("onPremisesProvisioningErrors", words));
            }
            verdict.conflicts.push(format!("userPrincipalName quarantined as {name}"));
            return;
        }
        let words = format!("{}, permitted {:?}", describe(value.as_deref()), rule.permitted);
        verdict.wrong.push(("userPrincipalName", words));
    }

    fn check_links(&self, object: &ExpectedObject, record: &CloudRecord, verdict: &mut Verdict) {
        let id_of = |anchor: &String| {
            let object = self.expected.objects.get(anchor)?;
            let mut found = object.variants().filter_map(|o| self.by_anchor.get(&(o.kind, anchor.as_str())));
            Some(found.next()?.id)
        };
        // who names the one of several with a source anchor that the cloud does not hold may name nobody
        let shared = |anchor: &String| {
            self.expected.objects.get(anchor).is_some_and(|object| !object.alternatives.is_empty())
        };
        let before = self.expected.before.get(&record.id);
        if object.kind == SyncKind::Group {
            let wanted: BTreeSet<Guid> = object.members.iter().filter_map(id_of).collect();
            let open: BTreeSet<Guid> =
                object.members.iter().filter(|anchor| shared(anchor)).filter_map(id_of).collect();
            let missing = wanted.difference(&record.members).filter(|id| !open.contains(id)).count();
            let own = |id: &&Guid| {
                let cloud_only = self.live.get(id).is_some_and(|member| member.synced != Some(true));
                cloud_only && before.is_some_and(|b| b.members.contains(id))
            };
            let extra = record.members.difference(&wanted).filter(|id| !own(id)).count();
            if missing + extra > 0 {
                let words = format!("{missing} short and {extra} too many of {}", wanted.len());
                verdict.wrong.push(("members", words));
            }
        }
        if object.kind == SyncKind::User {
            let wanted = object.manager.as_ref().and_then(id_of);
            let kept = before.filter(|b| b.synced != Some(true)).and_then(|b| b.manager);
            let own = object.manager.as_ref() == Some(&object.anchor);
            let right = record.manager == wanted || (wanted.is_none() && record.manager == kept);
            let open = own || object.manager.as_ref().is_some_and(shared);
            let right = right || (open && record.manager.is_none());
            if !right {
                let name = |id: Option<Guid>| id.and_then(|id| self.live.get(&id)).map(|r| r.name());
                let words = format!(
                    "{}, permitted {}",
                    describe(name(record.manager).as_deref()),
                    describe(name(wanted).as_deref())
                );
                verdict.wrong.push(("manager", words));
            }
        }
    }

    /// A synchronized object that the oracle does not know by its anchor, or that has a second self.
    fn unexpected(&mut self, record: &CloudRecord) {
        let expected = self.expected;
        let Some(anchor) = &record.anchor else {
            self.score
                .orphans
                .add(|| format!("{} {} without a source anchor", record.kind.name(), record.name()));
            return;
        };
        if let Some(object) = expected.objects.get(anchor) {
            let counted = self.by_anchor.get(&(record.kind, anchor.as_str())).map(|r| r.id);
            let fits = object.variants().any(|variant| variant.kind == record.kind);
            if !fits || counted != Some(record.id) {
                self.score.extra.add(|| {
                    format!(
                        "{} {}: a second object with the anchor of {}",
                        record.kind.name(),
                        record.name(),
                        object.name
                    )
                });
            }
        } else if let Some(name) = expected.deletes.get(anchor) {
            if expected.held_back.is_none() {
                self.score.deletes_missed.add(|| format!("{} {name}", record.kind.name()));
            }
        } else if let Some((name, reason)) = expected.filtered.get(anchor) {
            self.score.extra.add(|| format!("{name}: {reason}"));
        } else {
            let note = expected.big_endian.get(anchor).map_or_else(String::new, |name| {
                format!(": the objectGUID of {name} in the wrong byte order")
            });
            self.score.orphans.add(|| format!("{} {} ({anchor}){note}", record.kind.name(), record.name()));
        }
    }

    fn cloud_only(&mut self) {
        let expected = self.expected;
        for (id, before) in expected.before.iter().filter(|(_, record)| record.synced != Some(true)) {
            let name = || format!("{} {}", before.kind.name(), before.name());
            match self.live.get(id) {
                None => self.score.cloud_only_touched.add(|| format!("{}: deleted", name())),
                Some(now) if now.synced == Some(true) => {
                    let matched = now.anchor.as_ref().and_then(|anchor| expected.objects.get(anchor));
                    if !matched.is_some_and(|object| object.may_be(*id)) {
                        self.score.cloud_only_touched.add(|| format!("{}: taken over", name()));
                    }
                }
                Some(now) => {
                    if let Some(what) = self.touched(before, now) {
                        self.score.cloud_only_touched.add(|| format!("{}: {what} changed", name()));
                    }
                }
            }
        }
    }

    /// The first thing of an object that a synchronization changed though it had no business with it. What
    /// licensing changes is not looked at: the usage location, and the addresses of whoever got or lost a licence.
    fn touched(&self, before: &CloudRecord, now: &CloudRecord) -> Option<&'static str> {
        if now.synced != before.synced {
            return Some("onPremisesSyncEnabled");
        }
        let relicensed = (&before.licenses, before.exchange, before.exchange_foundation)
            != (&now.licenses, now.exchange, now.exchange_foundation);
        let licensing = |name: &str| {
            name == "usageLocation"
                || relicensed && matches!(name, "mail" | "mailNickname" | "proxyAddresses")
        };
        let mut names = before.properties.keys().chain(now.properties.keys()).copied();
        let property =
            names.find(|name| !licensing(name) && before.properties.get(name) != now.properties.get(name));
        let members = || {
            let lost = before.members.difference(&now.members).any(|id| self.live.contains_key(id));
            let added = now.members.difference(&before.members).any(|id| !self.came_back(*id));
            (lost || added).then_some("members")
        };
        let manager = || {
            let lost = before.manager.is_some_and(|id| self.live.contains_key(&id));
            let added = now.manager.is_some_and(|id| !self.came_back(id));
            (before.manager != now.manager && (lost || added)).then_some("manager")
        };
        property.or_else(members).or_else(manager)
    }

    /// Whether an object was among the deleted ones before: its links come back with it.
    fn came_back(&self, id: Guid) -> bool {
        let anchor = self.live.get(&id).and_then(|record| record.anchor.as_ref());
        let object = anchor.and_then(|anchor| self.expected.objects.get(anchor));
        !self.expected.before.contains_key(&id) && object.is_some_and(|object| object.may_be(id))
    }

    fn finish(mut self) -> SyncScore {
        let before = self.expected.before.values().filter(|r| r.synced == Some(true)).count() as u64;
        let score = &mut self.score;
        let deleted = score.wrong_deletes.count;
        score.mass_deletion = deleted >= MASS_DELETION && deleted * 10 >= before;
        score.converged = [
            &score.missing,
            &score.extra,
            &score.wrong_attributes,
            &score.wrong_matches,
            &score.orphans,
            &score.deletes_missed,
            &score.wrong_deletes,
            &score.cloud_only_touched,
        ]
        .into_iter()
        .all(super::Tally::is_empty);
        self.score
    }
}

const SYNC_KINDS: [SyncKind; 3] = [SyncKind::User, SyncKind::Group, SyncKind::Contact];

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod tests;
