//! Who holds which licence, against the plan.

use super::{LicenseScore, SkuScore};
use crate::ids::Guid;
use crate::oracle::{
    CloudRecord, CloudSubscription, CloudView, Expected, ExpectedObject, SyncKind, describe, read_tenant,
};
use crate::spec::{PlanRow, PlanTarget, UsageLocation};
use crate::tenant::{Catalogue, Tenant};
use std::collections::{BTreeMap, BTreeSet};

/// Judges the licences of a tenant against a plan.
///
/// The plan's people are the synchronized, enabled users in order of sAMAccountName (without regard to
/// case). Accounts without given name and surname (service accounts) may be licensed or not; so may people
/// whose usage location nobody can tell, as their `c` is missing or no country code. When the seats run out,
/// the first people of the plan hold them; of a licensed group's members any may. A licence through a group needs no
/// usage location. Who was to change from one subscription to another holds one of both. Rows of the plan that name
/// a subscription which the tenant does not have are counted as planned with no seats.
pub fn licensing(plan: &[PlanRow], expected: &Expected, tenant: &Tenant) -> LicenseScore {
    judge(plan, expected, &read_tenant(tenant))
}

/// One user as the plan sees it.
struct Person<'a> {
    record: &'a CloudRecord,
    object: &'a ExpectedObject,
    name: String,
}

/// Service plans with a mailbox: a user holds at most one kind.
const MAILBOX_PLANS: [&str; 3] = ["EXCHANGE_S_STANDARD", "EXCHANGE_S_ENTERPRISE", "EXCHANGE_S_DESKLESS"];

pub(super) fn judge(plan: &[PlanRow], expected: &Expected, now: &CloudView) -> LicenseScore {
    let people = people(expected, now);
    let mut score = LicenseScore::default();
    let mut planned: BTreeMap<Guid, BTreeSet<Guid>> = BTreeMap::new();
    for row in plan {
        let subscription = now.subscriptions.iter().find(|s| is_sku(s, &row.sku));
        let audience = audience(row, &people, now);
        match subscription {
            Some(subscription) => {
                let given = planned.entry(subscription.sku).or_default();
                given.extend(audience.iter().map(|person| person.record.id));
                given.extend(members(row, now).into_iter().flatten());
                replaced(row, subscription, &audience, expected, now, &mut score);
                let stays: Vec<&Person<'_>> = audience
                    .into_iter()
                    .filter(|person| !has_moved(plan, subscription, person, now))
                    .collect();
                judge_row(plan, row, subscription, &stays, expected, now, &mut score);
            }
            None => {
                let sku = score.skus.entry(row.sku.clone()).or_default();
                sku.planned += audience.len() as u64;
                audience.iter().for_each(|person| {
                    score.stranded.add(|| format!("{}: the tenant has no {}", person.name, row.sku));
                });
            }
        }
    }
    for subscription in &now.subscriptions {
        totals(subscription, now, &mut score);
    }
    unplanned(&planned, expected, now, &mut score);
    double_assignments(now, &mut score);
    let counted = score.skus.values().all(|sku| sku.consumed == sku.holders && sku.holders <= sku.seats);
    score.complete = counted
        && [
            &score.stranded,
            &score.unplanned,
            &score.out_of_order,
            &score.wrong_usage_location,
            &score.wrong_service_plans,
            &score.double_assignments,
        ]
        .into_iter()
        .all(super::Tally::is_empty);
    score
}

fn is_sku(subscription: &CloudSubscription, name: &str) -> bool {
    subscription.part_number.eq_ignore_ascii_case(name) || Guid::parse(name) == Some(subscription.sku)
}

fn people<'a>(expected: &'a Expected, now: &'a CloudView) -> Vec<Person<'a>> {
    let mut people: Vec<Person<'a>> = now
        .objects
        .iter()
        .filter(|record| !record.deleted && record.kind == SyncKind::User && record.synced == Some(true))
        .filter(|record| record.text("accountEnabled") == Some("true"))
        .filter_map(|record| {
            let object = likeliest(expected.objects.get(record.anchor.as_ref()?)?, record);
            Some(Person { record, object, name: record.name() })
        })
        .collect();
    people.sort_by_cached_key(|person| {
        (person.record.text("onPremisesSamAccountName").unwrap_or_default().to_lowercase(), person.record.id)
    });
    people
}

/// Which of the objects with one source anchor a cloud object is: the one with its account name, else the first.
fn likeliest<'a>(object: &'a ExpectedObject, record: &CloudRecord) -> &'a ExpectedObject {
    let account = record.text("onPremisesSamAccountName");
    let named = |o: &&ExpectedObject| {
        o.properties.get("onPremisesSamAccountName").is_some_and(|permitted| permitted.allows(account))
    };
    object.variants().find(named).unwrap_or(object)
}

/// The direct members of the group that a row licenses.
fn members<'a>(row: &PlanRow, now: &'a CloudView) -> Option<&'a BTreeSet<Guid>> {
    let PlanTarget::Group(account) = &row.to else { return None };
    let named = |record: &&CloudRecord| {
        let own = record.text("onPremisesSamAccountName");
        own.is_some_and(|own| own.eq_ignore_ascii_case(account))
    };
    let groups = now.objects.iter().filter(|record| !record.deleted && record.kind == SyncKind::Group);
    groups.filter(|record| record.synced == Some(true)).find(named).map(|group| &group.members)
}

fn audience<'a, 'p>(row: &PlanRow, people: &'p [Person<'a>], now: &CloudView) -> Vec<&'p Person<'a>> {
    match &row.to {
        PlanTarget::All => people.iter().collect(),
        PlanTarget::First(count) => people.iter().take(*count as usize).collect(),
        PlanTarget::Department(name) => {
            let of =
                |p: &&Person<'_>| p.record.text("department").is_some_and(|d| d.eq_ignore_ascii_case(name));
            people.iter().filter(of).collect()
        }
        PlanTarget::Group(_) => {
            let members = members(row, now);
            let of = |p: &&Person<'_>| members.is_some_and(|members| members.contains(&p.record.id));
            people.iter().filter(of).collect()
        }
    }
}

/// Whether a person has what replaces a subscription, and needs that no more.
fn has_moved(plan: &[PlanRow], old: &CloudSubscription, person: &Person<'_>, now: &CloudView) -> bool {
    let replacing = plan.iter().filter(|row| row.replaces.iter().any(|name| is_sku(old, name)));
    let named = replacing.filter_map(|row| now.subscriptions.iter().find(|s| is_sku(s, &row.sku)));
    named.filter(|new| new.sku != old.sku).any(|new| holds(person.record, new.sku))
}

/// Who changes from one subscription to another: nobody holds both afterwards, and nobody neither.
fn replaced(
    row: &PlanRow,
    subscription: &CloudSubscription,
    audience: &[&Person<'_>],
    expected: &Expected,
    now: &CloudView,
    score: &mut LicenseScore,
) {
    let given_up = now.subscriptions.iter().filter(|s| row.replaces.iter().any(|name| is_sku(s, name)));
    for old in given_up.filter(|old| old.sku != subscription.sku) {
        for person in audience {
            let had = expected.before.get(&person.record.id).is_some_and(|before| holds(before, old.sku));
            match (holds(person.record, old.sku), holds(person.record, subscription.sku)) {
                (true, true) => score
                    .double_assignments
                    .add(|| format!("{}: {} beside what replaces it", person.name, old.part_number)),
                (false, false) if had => {
                    score.stranded.add(|| format!("{}: {} is lost", person.name, old.part_number));
                }
                _ => {}
            }
        }
    }
}

/// Whether a row needs people to have a usage location: a licence through a group takes the tenant's unless that is
/// an error (microsoft-graph.md 5.4).
fn is_located(row: &PlanRow, person: &Person<'_>, expected: &Expected) -> bool {
    match &row.to {
        PlanTarget::Group(_) => {
            person.record.text("usageLocation").is_some()
                || !expected.switches.is("unknown_usage_location_by_group", "error")
        }
        _ => location(row, person).is_some(),
    }
}

/// Where the plan puts a person; none when nobody can tell.
fn location(row: &PlanRow, person: &Person<'_>) -> Option<String> {
    match &row.usage_location {
        UsageLocation::Fixed(country) => Some(country.to_uppercase()),
        UsageLocation::FromC => {
            let country = person.object.country.as_deref()?.trim();
            // UK is how people write it, not what ISO 3166 says
            let code = country.len() == 2 && country.bytes().all(|b| b.is_ascii_alphabetic());
            (code && !country.eq_ignore_ascii_case("UK")).then(|| country.to_uppercase())
        }
    }
}

/// Whoever can hold a licence: a group that hands one on takes no seat.
fn users(now: &CloudView) -> impl Iterator<Item = &CloudRecord> {
    now.objects.iter().filter(|record| !record.deleted && record.kind == SyncKind::User)
}

fn holds(record: &CloudRecord, sku: Guid) -> bool {
    record.licenses.iter().any(|license| license.sku == sku)
}

fn judge_row(
    plan: &[PlanRow],
    row: &PlanRow,
    subscription: &CloudSubscription,
    audience: &[&Person<'_>],
    expected: &Expected,
    now: &CloudView,
    score: &mut LicenseScore,
) {
    let holders = users(now).filter(|r| holds(r, subscription.sku)).count() as u64;
    let mut free = u64::from(subscription.enabled).saturating_sub(holders);
    let had_free = free > 0;
    let must: Vec<&&Person<'_>> =
        audience.iter().filter(|p| p.object.is_person && is_located(row, p, expected)).collect();
    let licensed = audience.iter().filter(|person| holds(person.record, subscription.sku));
    let part_number = &subscription.part_number;
    let sku = score.skus.entry(part_number.clone()).or_default();
    sku.planned += audience.len() as u64;
    sku.licensed += licensed.clone().count() as u64;
    for person in must.iter().filter(|person| !holds(person.record, subscription.sku)) {
        if free == 0 {
            sku.shortage += 1;
            continue;
        }
        free -= 1;
        let location = describe(person.record.text("usageLocation"));
        score.stranded.add(|| format!("{}: no {part_number}, usage location {location}", person.name));
    }
    let by_group = matches!(row.to, PlanTarget::Group(_));
    if !had_free && !by_group {
        let count = must.iter().filter(|person| holds(person.record, subscription.sku)).count();
        for person in must.iter().skip(count).filter(|person| holds(person.record, subscription.sku)) {
            score
                .out_of_order
                .add(|| format!("{}: {part_number} before people of an earlier name", person.name));
        }
    }
    for person in licensed {
        let before = expected.before.get(&person.record.id);
        let held = person.record.text("usageLocation");
        let kept = before.and_then(|b| b.text("usageLocation"));
        let wanted = location(row, person);
        if !by_group && wanted.is_some() && held != wanted.as_deref() && (kept.is_none() || held != kept) {
            let words = format!("{}, permitted {}", describe(held), describe(wanted.as_deref()));
            score.wrong_usage_location.add(|| format!("{}: usage location {words}", person.name));
        }
        if !right_plans(plan, row, subscription.sku, person.record, before, now) {
            score.wrong_service_plans.add(|| format!("{}: {part_number}", person.name));
        }
    }
}

/// The plan's disabled plans are off. What was off before may stay off, also of what this row replaces, and so may what
/// other rows of the plan switch off.
fn right_plans(
    plan: &[PlanRow],
    row: &PlanRow,
    sku: Guid,
    record: &CloudRecord,
    before: Option<&CloudRecord>,
    now: &CloudView,
) -> bool {
    let known = Catalogue::get().by_id(sku);
    let ids = |row: &PlanRow| -> BTreeSet<Guid> {
        let id = |name: &String| {
            let plan = known?.plans.iter().find(|plan| plan.name.eq_ignore_ascii_case(name));
            plan.map(|plan| plan.id).or_else(|| Guid::parse(name))
        };
        row.disabled_plans.iter().filter_map(id).collect()
    };
    let owned = |name: &String| now.subscriptions.iter().find(|s| is_sku(s, name)).map(|s| s.sku);
    let sources: BTreeSet<Guid> = row.replaces.iter().filter_map(owned).chain([sku]).collect();
    let own = record.licenses.iter().filter(|license| license.sku == sku);
    let off: BTreeSet<Guid> = own.flat_map(|license| license.disabled_plans.iter().copied()).collect();
    let kept = before.into_iter().flat_map(|before| &before.licenses);
    let kept = kept.filter(|license| sources.contains(&license.sku));
    let mut permitted: BTreeSet<Guid> =
        kept.flat_map(|license| license.disabled_plans.iter().copied()).collect();
    let same = |other: &&PlanRow| owned(&other.sku).is_some_and(|other| sources.contains(&other));
    permitted.extend(plan.iter().filter(same).flat_map(ids));
    off.is_superset(&ids(row)) && off.is_subset(&permitted)
}

fn totals(subscription: &CloudSubscription, now: &CloudView, score: &mut LicenseScore) {
    let sku: &mut SkuScore = score.skus.entry(subscription.part_number.clone()).or_default();
    sku.seats = u64::from(subscription.enabled);
    sku.consumed = u64::from(subscription.consumed);
    sku.holders = users(now).filter(|r| holds(r, subscription.sku)).count() as u64;
}

fn unplanned(
    planned: &BTreeMap<Guid, BTreeSet<Guid>>,
    expected: &Expected,
    now: &CloudView,
    score: &mut LicenseScore,
) {
    for record in users(now) {
        for license in &record.licenses {
            let given = planned.get(&license.sku).is_some_and(|people| people.contains(&record.id));
            let had = expected.before.get(&record.id).is_some_and(|before| holds(before, license.sku));
            if !given && !had {
                let known = now.subscriptions.iter().find(|s| s.sku == license.sku);
                let sku = known.map_or_else(|| license.sku.to_string(), |s| s.part_number.clone());
                score.unplanned.add(|| format!("{}: {sku}", record.name()));
            }
        }
    }
}

fn double_assignments(now: &CloudView, score: &mut LicenseScore) {
    for record in users(now) {
        let mut seen = BTreeSet::new();
        for license in record.licenses.iter().filter(|license| !seen.insert(license.sku)) {
            score.double_assignments.add(|| format!("{}: {} twice", record.name(), license.sku));
        }
        let mailboxes: BTreeSet<&str> = record
            .licenses
            .iter()
            .flat_map(|license| {
                let plans = Catalogue::get().by_id(license.sku).map_or(&[][..], |sku| &sku.plans[..]);
                plans.iter().filter(|plan| !license.disabled_plans.contains(&plan.id))
            })
            .filter_map(|plan| MAILBOX_PLANS.into_iter().find(|name| plan.name.eq_ignore_ascii_case(name)))
            .collect();
        if mailboxes.len() > 1 {
            score.double_assignments.add(|| format!("{}: {mailboxes:?}", record.name()));
        }
    }
}

#[cfg(test)]
mod tests;
