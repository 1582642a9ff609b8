//! Several defects on one object: which may meet there, and what becomes of their rows.

use super::bench::{Draft, Subject};
use super::catalogue::catalogue;
use super::ledger::{Accepted, LedgerRow, Outcome};
use super::units::Unit;
use super::{ledger, values};
use crate::directory::Directory;
use std::collections::{BTreeMap, BTreeSet};

const PROXIES: &str = "proxyAddresses";

/// Attributes that lean on one another: names of accounts and addresses. Rules read one to repair another, so two
/// rows meet here only where that is known to be right.
const ADDRESSES: [&str; 7] = [
    "mail",
    "mailNickname",
    PROXIES,
    "sAMAccountName",
    "targetAddress",
    "userPrincipalName",
    "userAccountControl",
];

/// Defects of single values of proxyAddresses: each is repaired alone, whatever its neighbours are.
const OF_ONE_VALUE: [&str; 13] =
    ["PA02", "PA03", "PA04", "PA05", "PA06", "PA07", "PA09", "PA11", "PA14", "PA15", "PA21", "PA22", "PA23"];

/// The domain that the internet does not know, in each attribute: one mapping repairs them all.
const PRIVATE_DOMAIN: [&str; 3] = ["ML06", "PA11", "UP15"];

/// What an object carries already.
#[derive(Default)]
pub(super) struct Carried {
    /// Rows of the domain's ledger, by index; of rows of another domain none.
    rows: Vec<usize>,
    units: Vec<&'static str>,
    /// Attributes that were changed, with what they held before.
    before: BTreeMap<String, Vec<String>>,
    /// Attributes that its makers asked for.
    asked: BTreeSet<String>,
    /// It has a part in a row over two objects.
    paired: bool,
}

impl Carried {
    /// Notes one more row.
    pub(super) fn note(&mut self, unit: &Unit, row: usize, number: usize, subject: &Subject, draft: &Draft) {
        self.rows.push(row);
        self.units.push(unit.id);
        for (_, attribute, _) in draft.changes.iter().filter(|(of, ..)| *of == number) {
            self.before.entry((*attribute).to_owned()).or_insert_with(|| subject.held(attribute));
        }
        self.asked.extend(subject.asked());
        self.asked.extend(leans_on(unit, number, draft));
        self.paired |= number > 0 || draft.owner.is_some() || !draft.additions.is_empty();
    }

    /// The object belongs to more than one row by nature: a duplicate, or an object that was added.
    pub(super) fn pair(&mut self) {
        self.paired = true;
    }

    /// The subject as it was before anything was done to it.
    pub(super) fn clean(&self, subject: &mut Subject) {
        for (attribute, values) in &self.before {
            subject.restore(attribute, values);
        }
    }

    /// Whether a draft about this object alone gets along with what it carries.
    pub(super) fn admits(&self, unit: &Unit, subject: &Subject, draft: &Draft) -> bool {
        if !draft.additions.is_empty() || draft.changes.iter().any(|(of, ..)| *of != 0) {
            return false;
        }
        let wrote: BTreeSet<&str> = draft.changes.iter().map(|(_, attribute, _)| *attribute).collect();
        let mut asked = subject.asked();
        asked.extend(leans_on(unit, 0, draft));
        let addresses = |attribute: &str| ADDRESSES.contains(&attribute);
        let both = wrote.iter().any(|attribute| addresses(attribute))
            && (self.paired || self.before.keys().any(|attribute| addresses(attribute)));
        let known = |list: &[&str]| {
            list.contains(&unit.id) && self.units.iter().all(|held| list.contains(held)) && !self.paired
        };
        let meets = wrote.iter().any(|attribute| self.before.contains_key(*attribute));
        if meets {
            return known(&OF_ONE_VALUE) && wrote.iter().all(|attribute| *attribute == PROXIES);
        }
        if both {
            return known(&PRIVATE_DOMAIN);
        }
        !wrote.iter().any(|attribute| self.asked.contains(*attribute))
            && !self.before.keys().any(|attribute| asked.contains(attribute))
    }

    /// The rows that it carries.
    pub(super) fn rows(&self) -> &[usize] {
        &self.rows
    }
}

/// Attributes that a row leans on beside those that its maker asked for.
fn leans_on(unit: &Unit, number: usize, draft: &Draft) -> impl Iterator<Item = String> {
    let of_catalogue = catalogue().get(unit.id).map_or(&[][..], |kind| kind.attributes.as_slice()).iter();
    let wanted = draft.outcomes.iter().flat_map(|right| &right.wanted);
    let wanted = wanted.filter(move |wanted| wanted.subject == number).map(|wanted| &wanted.attribute);
    let watched = draft.watched.iter().filter(move |(of, _)| *of == number).map(|(_, attribute)| attribute);
    let names: Vec<String> =
        of_catalogue.chain(wanted).chain(watched).map(|name| (*name).to_owned()).collect();
    names.into_iter()
}

/// The row with its places in an attribute narrowed to its own share of the values; none when that cannot be
/// said, because a right repair touches values that the defect left alone.
pub(super) fn shared(row: &LedgerRow, attribute: &str) -> Option<LedgerRow> {
    let mut row = row.clone();
    for place in row.places.iter_mut().filter(|place| place.attribute == attribute && !place.share) {
        let common: Vec<String> =
            place.before.iter().filter(|value| place.injected.contains(value)).cloned().collect();
        let own = |values: &[String]| {
            values.iter().filter(|value| !common.contains(value)).cloned().collect::<Vec<String>>()
        };
        for holding in outcomes(&mut row.accepted).iter_mut().flat_map(|outcome| &mut outcome.holdings) {
            if holding.object != place.object || holding.attribute != attribute {
                continue;
            }
            if holding.any_of.iter().any(|set| !common.iter().all(|value| set.contains(value))) {
                return None;
            }
            holding.any_of = holding.any_of.iter().map(|set| own(set)).collect();
        }
        let (before, injected) = (own(&place.before), own(&place.injected));
        (place.before, place.injected, place.share) = (before, injected, true);
    }
    Some(row)
}

fn outcomes(accepted: &mut Accepted) -> &mut Vec<Outcome> {
    match accepted {
        Accepted::Exact { outcomes } | Accepted::Decide { outcomes, .. } => outcomes,
    }
}

/// What an attribute holds once a row's share of it has gone wrong; none when its values are not there to spoil.
pub(super) fn joined(directory: &Directory, row: &LedgerRow, attribute: &str) -> Option<Vec<String>> {
    let place = row.places.iter().find(|place| place.attribute == attribute)?;
    let present = values::present(directory, place.object, attribute)?;
    let there = place.before.iter().all(|value| present.contains(value));
    let new = !place.injected.iter().any(|value| ledger::holds(attribute, &present, value));
    let rest = present.into_iter().filter(|value| !place.before.contains(value));
    (there && new).then(|| rest.chain(place.injected.iter().cloned()).collect())
}
