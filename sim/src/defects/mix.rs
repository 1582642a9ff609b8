//! How many of what: exact counts, or a profile at a rate.

use super::catalogue::catalogue;
use super::cloud::NO_STATE;
use super::units::{Maker, UNITS};
use crate::Error;
use crate::spec::DefectMix;
use std::collections::BTreeMap;

/// What is to be injected.
pub(super) struct Plan {
    /// By id of the catalogue.
    pub(super) counts: BTreeMap<&'static str, usize>,
    /// Exactly so many, or an error; a profile takes what there is room for.
    pub(super) exact: bool,
}

/// `more`: there are other domains, so that what spans domains has a place.
pub(super) fn plan(mix: &DefectMix, users: u32, more: bool) -> Result<Plan, Error> {
    match mix {
        DefectMix::Exact(counts) => {
            let mut plan: BTreeMap<&'static str, usize> = BTreeMap::new();
            for (id, count) in counts {
                *plan.entry(known_unit(id)?).or_default() += *count as usize;
            }
            Ok(Plan { counts: plan, exact: true })
        }
        DefectMix::Profile { name, rate } => {
            if !(0.0..=1.0).contains(rate) {
                return Err(Error::invalid_spec(format!("a rate of {rate} defects a person"))
                    .with_help("a rate is a number from 0 to 1"));
            }
            let mut weights = profile(name)?;
            weights.retain(|(id, _)| more || !spans_domains(id));
            let total = (f64::from(users) * rate).round() as usize;
            // what lies in the cloud spoils no object of the directory: it takes no other row's place
            let (cloud, weights): (Vec<_>, Vec<_>) =
                weights.into_iter().partition(|(id, _)| lies_in_cloud(id));
            let sum = weights.iter().map(|(_, weight)| weight).sum::<usize>().max(1);
            let mut counts = distribute(&weights, total);
            counts.extend(cloud.into_iter().map(|(id, weight)| (id, (total * weight + sum / 2) / sum)));
            Ok(Plan { counts, exact: false })
        }
    }
}

fn known_unit(id: &str) -> Result<&'static str, Error> {
    if let Some(unit) = UNITS.iter().find(|unit| unit.id.eq_ignore_ascii_case(id)) {
        return Ok(unit.id);
    }
    let reason = match catalogue().get(id) {
        Some(row) => {
            let why = NO_STATE.iter().find(|(known, _)| *known == row.id).map(|(_, why)| format!(": {why}"));
            let why = why.unwrap_or_default();
            format!("defect {} ({}) cannot be injected{why}", row.id, row.description)
        }
        None => format!("no defect '{id}' in the catalogue"),
    };
    let possible: Vec<&str> = UNITS.iter().map(|unit| unit.id).collect();
    Err(Error::invalid_spec(reason).with_help(format!("possible are {}", possible.join(", "))))
}

fn spans_domains(id: &str) -> bool {
    UNITS.iter().any(|unit| unit.id == id && matches!(unit.maker, Maker::AcrossForests(..)))
}

fn lies_in_cloud(id: &str) -> bool {
    UNITS.iter().any(|unit| unit.id == id && matches!(unit.maker, Maker::InCloud(_)))
}

fn rows() -> impl Iterator<Item = std::str::Split<'static, char>> {
    include_str!("../../data/defect-profiles.tsv").lines().skip(1).map(|line| line.split('\t'))
}

/// The names of the profiles, in the order of the table.
pub(super) fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = rows().filter_map(|mut cells| cells.next()).collect();
    names.dedup();
    names
}

pub(super) fn profile(name: &str) -> Result<Vec<(&'static str, usize)>, Error> {
    let names = names();
    if !names.contains(&name) {
        return Err(Error::invalid_spec(format!("no defect profile '{name}'"))
            .with_help(format!("possible are {}", names.join(", "))));
    }
    // a star stands for everything that can be injected
    if rows().any(|mut cells| cells.next() == Some(name) && cells.next() == Some("*")) {
        return Ok(UNITS.iter().map(|unit| (unit.id, 1)).collect());
    }
    let row = |mut cells: std::str::Split<'static, char>| {
        (cells.next()? == name)
            .then(|| Some((known_unit(cells.next()?).ok()?, cells.next()?.parse().ok()?)))
            .flatten()
    };
    Ok(rows().filter_map(row).collect())
}

/// Shares a total out by weight; what is left over goes to the largest remainders, the first one first.
fn distribute(weights: &[(&'static str, usize)], total: usize) -> BTreeMap<&'static str, usize> {
    let sum: usize = weights.iter().map(|(_, weight)| weight).sum();
    if sum == 0 {
        return BTreeMap::new();
    }
    let mut counts: Vec<usize> = weights.iter().map(|(_, weight)| total * weight / sum).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|i| std::cmp::Reverse(total * weights[*i].1 % sum));
    let left = total - counts.iter().sum::<usize>();
    order.iter().take(left).for_each(|i| counts[*i] += 1);
    weights.iter().zip(counts).filter(|(_, count)| *count > 0).map(|((id, _), count)| (*id, count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_is_shared_out_to_the_last_piece() {
        let counts = distribute(&[("PA26", 5), ("UP15", 3), ("DN02", 2)], 7);
        assert_eq!(counts, [("PA26", 4), ("UP15", 2), ("DN02", 1)].into());
    }

    #[test]
    fn what_cannot_be_injected_is_named_with_what_can() {
        let check = |mix: DefectMix, expected: &str, help: &str| {
            let error = plan(&mix, 100, false).err().map(|e| e.to_string()).unwrap_or_default();
            assert!(error.contains(expected) && error.contains(help), "{error}");
        };
        let one = |id: &str| DefectMix::Exact([(id.to_owned(), 1)].into());
        let profile = |name: &str, rate| DefectMix::Profile { name: name.to_owned(), rate };
        check(one("ZZ99"), "no defect 'ZZ99' in the catalogue", "PA26, ");
        let described = "UP23 (UPN changed after licence/sync while domain federated) cannot be injected";
        check(one("UP23"), &format!("{described}: it is a history"), "PA26, ");
        check(profile("nonsense", 0.1), "no defect profile 'nonsense'", "clean, idfix-classic");
        check(profile("clean", 1.5), "1.5", "from 0 to 1");
    }

    #[test]
    fn a_clean_profile_asks_for_nothing() {
        let clean = DefectMix::Profile { name: "clean".to_owned(), rate: 1.0 };
        assert!(plan(&clean, 1000, false).unwrap().counts.is_empty());
    }
}
