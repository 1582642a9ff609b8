//! What makes the profiles different from each other.

use super::{of_forests, of_profile};
use crate::clock::DEFAULT_START;
use crate::directory::{Directory, attr};
use crate::population::{Population, PopulationProfile, Shape};
use std::collections::{BTreeMap, BTreeSet};

fn profile(name: &str) -> PopulationProfile {
    name.parse().unwrap()
}

fn shape(name: &str, users: u32) -> Shape {
    Shape::of(&of_profile(profile(name), 3, users, 2).0, DEFAULT_START)
}

/// The values of an attribute, of everybody who has it.
fn all<'a>(
    (directory, population): &'a (Directory, Population),
    attribute: &'static str,
) -> impl Iterator<Item = String> + 'a {
    population.people.iter().filter_map(move |id| {
        directory.entry(*id).and_then(|entry| entry.text(attribute)).map(std::borrow::Cow::into_owned)
    })
}

#[test]
fn shares_are_those_of_the_table() {
    // sim/data/population-profiles.tsv, in a hundred, of 2,000 people: three standard deviations are 3 of 100
    let check = |name: &str, expected: [f64; 6]| {
        let shape = shape(name, 2000);
        let of = |count: u64| count as f64 / 20.0;
        let contractors = shape.types.get("Contractor").copied().unwrap_or(0);
        let found = [
            of(shape.leavers),
            of(contractors),
            of(shape.mobiles),
            of(shape.faxes),
            of(shape.photos),
            of(shape.certificates),
        ];
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() <= 3.3, "{name}: {found} for {expected}");
        }
        assert_eq!((shape.people, shape.types.values().sum::<u64>()), (2000, 2000));
    };
    // who left has no photo; contractors and who left have no certificate
    check("default", [4.0, 6.0, 70.0, 8.0, 19.2, 7.2]);
    check("enterprise", [6.0, 14.0, 75.0, 5.0, 35.7, 20.2]);
    check("hospital", [7.0, 9.0, 45.0, 18.0, 44.6, 12.7]);
    // six of seven people of a school are pupils, who are no contractors
    check("school", [7.0, 0.15, 25.0, 1.0, 51.2, 0.0]);
}

#[test]
fn nobody_leads_many_more_people_than_the_profiles_span() {
    let check = |name: &str, span: u64, levels: u64| {
        let shape = shape(name, 3000);
        let reports = &shape.reports;
        assert!(reports.median <= span * 3 / 2 && reports.p90 <= span * 3, "{name}: {reports:?}");
        assert!(reports.most <= span * 6, "{name}: {reports:?}");
        assert!(shape.levels.most <= levels && shape.levels.median >= 2, "{name}: {:?}", shape.levels);
    };
    check("default", 8, 6);
    check("enterprise", 7, 6);
    check("hospital", 14, 5);
}

#[test]
fn groups_have_a_heavy_tail_and_hold_each_other() {
    let shape = shape("enterprise", 3000);
    let members = &shape.members;
    assert!(members.median <= 12 && members.p99 >= 20 * members.median, "{members:?}");
    assert!(members.most >= 300, "{members:?}");
    assert!(shape.nesting_groups >= 20 && (2..8).contains(&shape.nesting_depth), "{}", shape.nesting_depth);
    assert!(shape.security_groups > shape.groups / 2 && shape.mail_groups > shape.groups / 4);
}

#[test]
fn a_pupil_has_a_class_of_the_year_and_its_teacher() {
    let school = of_profile(profile("school"), 4, 900, 2);
    let (directory, population) = &school;
    let mut classes: BTreeMap<String, (u32, BTreeSet<String>)> = BTreeMap::new();
    for entry in population.people.iter().filter_map(|id| directory.entry(*id)) {
        let text = |name: &str| entry.text(name).unwrap_or_default().into_owned();
        if text("employeeType") != "Student" {
            continue;
        }
        let (class, year) = (text("extensionAttribute1"), text("department"));
        let number = year.strip_prefix("Year ").unwrap();
        assert!(class.strip_prefix(number).is_some_and(|rest| rest.len() == 1), "{class} in {year}");
        // the class of 2025 is in year 7: `25jjansen`
        let came = 2025 + 7 - number.parse::<u32>().unwrap();
        assert!(text("userPrincipalName").starts_with(&(came % 100).to_string()), "{year} {}", text("mail"));
        assert!(entry.dn().contains(&format!("OU={year},OU=Pupils,")) || entry.dn().contains("OU=Alumni,"));
        let held = classes.entry(class).or_default();
        held.0 += 1;
        held.1.extend(entry.text(attr::MANAGER).map(std::borrow::Cow::into_owned));
    }
    assert!(classes.len() >= 28, "{}", classes.len());
    for (class, (pupils, teachers)) in classes {
        assert!((10..=26).contains(&pupils), "{pupils} pupils in {class}");
        assert!(
            teachers.len() <= 1 && teachers.iter().all(|t| t.contains("OU=Teaching Staff,OU=Staff,")),
            "{teachers:?}"
        );
    }
}

#[test]
fn merged_companies_have_habits_of_their_own_and_people_in_common() {
    let grown = of_forests(profile("merged-companies"), 6, 1500, 2);
    assert_eq!(grown.iter().map(|(_, p)| p.people.len()).collect::<Vec<_>>(), [975, 525]);
    let numbers = |forest: usize| all(&grown[forest], "employeeID").collect::<BTreeSet<String>>();
    let both: Vec<String> = numbers(0).intersection(&numbers(1)).cloned().collect();
    assert!((4..=40).contains(&both.len()), "{} people in both", both.len());
    let named = |forest: usize, number: &str| {
        let (directory, population) = &grown[forest];
        let of = |id: &crate::directory::ObjectId| {
            let entry = directory.entry(*id)?;
            (entry.text(attr::EMPLOYEE_ID)? == number).then(|| {
                (
                    entry.text(attr::GIVEN_NAME).unwrap().into_owned(),
                    entry.text(attr::SN).unwrap().into_owned(),
                )
            })
        };
        population.people.iter().find_map(of)
    };
    for number in &both {
        assert_eq!(named(0, number), named(1, number), "{number}");
    }
    // namesakes who are not the same person
    let names = |forest: usize| all(&grown[forest], "displayName").collect::<BTreeSet<String>>();
    let flipped: BTreeSet<String> = names(1)
        .iter()
        .filter_map(|name| name.split_once(", ").map(|(family, given)| format!("{given} {family}")))
        .collect();
    assert!(names(0).intersection(&flipped).count() > both.len(), "no namesakes");
    let second: Vec<String> = all(&grown[1], "userPrincipalName").collect();
    assert!(second.iter().all(|upn| upn.ends_with("@fabrikam.com")));
    let dotted = |upn: &&String| upn.split('@').next().unwrap().contains('.');
    assert!(second.iter().filter(dotted).count() == 0, "the second company writes jjansen");
    assert!(all(&grown[0], "userPrincipalName").all(|upn| upn.ends_with("@contoso.com")));
}

#[test]
fn the_second_bearer_of_a_name_has_a_number_as_administrators_give_it() {
    let grown = of_profile(profile("small-business"), 9, 3000, 2);
    let taken: BTreeSet<String> = all(&grown, "userPrincipalName").collect();
    let numbered: Vec<&String> = taken
        .iter()
        .filter(|upn| upn.split('@').next().unwrap().ends_with(|c: char| c.is_ascii_digit()))
        .collect();
    assert!(numbered.len() > 30, "{}", numbered.len());
    for upn in numbered {
        let (local, domain) = upn.split_once('@').unwrap();
        let stem = local.trim_end_matches(|c: char| c.is_ascii_digit());
        let number: u32 = local[stem.len()..].parse().unwrap();
        let before = if number == 2 { String::new() } else { (number - 1).to_string() };
        assert!(number >= 2 && taken.contains(&format!("{stem}{before}@{domain}")), "{upn}");
    }
}
