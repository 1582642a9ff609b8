//! One forest's organisation: which departments and offices a profile gives it, and how often each is drawn.

use super::profile::{Habits, PopulationProfile};
use super::tables::{Belonging, Department, Office, Partner, tables};
use crate::seed::Seed;

/// What everybody in a forest has in common.
pub(super) struct Organisation {
    pub(super) habits: &'static Habits,
    pub(super) departments: Vec<&'static Department>,
    pub(super) offices: Vec<&'static Office>,
    pub(super) department_weights: Vec<usize>,
    pub(super) office_weights: Vec<usize>,
    pub(super) numbers: Numbers,
    forest: usize,
    domain: usize,
}

impl Organisation {
    /// `forest` counts the forests of the estate and `domain` the domains of the forest from 0; `country` is the
    /// tenant's.
    pub(super) fn new(
        profile: PopulationProfile,
        (forest, domain): (usize, usize),
        country: &str,
        estate: Seed,
    ) -> Organisation {
        let habits = profile.habits(forest);
        let departments: Vec<&Department> =
            tables().departments.iter().filter(|d| d.set == habits.departments).collect();
        let offices = offices(habits, country);
        let factor = |office: &Office| if office.c == country { habits.home_factor } else { 1 };
        Organisation {
            habits,
            department_weights: departments.iter().map(|d| d.weight).collect(),
            office_weights: offices.iter().map(|o| o.weight * factor(o)).collect(),
            departments,
            offices,
            numbers: Numbers::new(estate),
            forest,
            domain,
        }
    }

    /// Which year a department of pupils is, from 0.
    pub(super) fn year(&self, department: usize) -> Option<usize> {
        let pupils = |d: &&Department| d.belonging == Belonging::Pupil;
        let own = self.departments.get(department).filter(|d| pupils(d));
        own.map(|_| self.departments[..department].iter().filter(|d| pupils(d)).count())
    }

    /// The number of an employee, who is the only one of the estate with it.
    pub(super) fn employee(&self, index: usize) -> usize {
        100_000 + index + (self.forest * 32 + self.domain) * 10_000_000
    }

    /// Who holds a telephone number, counted over the estate: two million people of a forest have one of their own.
    pub(super) fn holder(&self, index: usize) -> usize {
        index + self.forest * 2_000_003 + self.domain * 100_003
    }

    /// The companies whose people are contacts here: each forest has others.
    pub(super) fn partners(&self, forests: usize) -> impl Iterator<Item = &'static Partner> {
        let (forests, own) = (forests.max(1), self.forest);
        tables()
            .partners
            .iter()
            .enumerate()
            .filter(move |(i, _)| i % forests == own % forests)
            .map(|(_, p)| p)
    }
}

fn offices(habits: &Habits, country: &str) -> Vec<&'static Office> {
    let all = &tables().offices;
    let of = |fits: &dyn Fn(&Office) -> bool| all.iter().filter(|office| fits(office)).collect::<Vec<_>>();
    let mut found = match habits.countries {
        "all" => of(&|_| true),
        "core" => of(&|office| !office.far),
        "home" => of(&|office| office.c == country),
        listed => of(&|office| listed.split(',').any(|c| c == office.c)),
    };
    if found.is_empty() {
        // no office is known in that country: then the first country of the table is home
        found = of(&|office| office.c == all[0].c);
    }
    if habits.offices > 0 {
        found.truncate(habits.offices);
    }
    found
}

/// Telephone numbers: everybody has one of his own.
pub(super) struct Numbers {
    steps: [u64; 3],
    starts: [u64; 3],
}

impl Numbers {
    fn new(estate: Seed) -> Numbers {
        let of = |kind: &str, nth| estate.hash("telephone", kind, nth) % 1_000_000_007;
        // prime to 2 and 5: the walk over a power of ten meets each number once
        let step = |kind: &str| of(kind, 0) / 10 * 10 + 7;
        let kinds = ["telephoneNumber", "mobile", "facsimileTelephoneNumber"];
        Numbers { steps: kinds.map(step), starts: kinds.map(|kind| of(kind, 1)) }
    }

    /// The digits behind a prefix: so many, the first one 2 to 9. `kind` is 0 for desks, 1 for mobiles, 2 for fax.
    pub(super) fn digits(&self, kind: usize, holder: usize, count: usize) -> u64 {
        let tens = 10u64.pow(count.clamp(1, 12) as u32 - 1);
        let walk = u128::from(self.steps[kind]) * holder as u128 + u128::from(self.starts[kind]);
        (walk % u128::from(8 * tens)) as u64 + 2 * tens
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn everybody_has_a_number_of_his_own() {
        let numbers = Numbers::new(Seed::new(5));
        for kind in 0..3 {
            let found: BTreeSet<u64> = (0..70_000).map(|holder| numbers.digits(kind, holder, 6)).collect();
            assert_eq!(found.len(), 70_000);
            assert!(found.iter().all(|number| (200_000..1_000_000).contains(number)));
        }
    }

    #[test]
    fn a_profile_decides_where_there_are_offices() {
        let check = |profile: &str, forest: usize, country: &str, expected: &[&str]| {
            let profile = profile.parse().unwrap();
            let organisation = Organisation::new(profile, (forest, 0), country, Seed::new(1));
            let found: BTreeSet<&str> = organisation.offices.iter().map(|office| office.c).collect();
            assert_eq!(found, expected.iter().copied().collect(), "{profile} {forest} {country}");
        };
        check("small-business", 0, "SE", &["SE"]);
        check("hospital", 0, "DE", &["DE"]);
        // no office of the table is there
        check("school", 0, "JP", &["NL"]);
        check("merged-companies", 1, "NL", &["GB", "IE", "US", "CA"]);
        check("default", 0, "NL", &["NL", "DE", "SE", "DK", "PL", "FR", "IT", "GB", "US"]);
    }
}
