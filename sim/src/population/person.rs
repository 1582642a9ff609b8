//! People: what is drawn for each one alone.

use super::draw::{Draw, Purpose};
use super::naming::login_part;
use super::tables::{Department, Locale, Office, tables};
use crate::clock::SimTime;
use crate::seed::Seed;
use std::time::Duration;

const DAY: u64 = 86_400;

/// What a person does in the organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rank {
    Staff,
    Manager,
    /// Made in the second pass: the first manager of a department.
    Director,
    /// Made in the second pass: the first one of all.
    Chief,
}

/// One person as drawn, without anything that depends on others.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) locale: u8,
    pub(super) given: &'static str,
    pub(super) family: &'static str,
    pub(super) office: u8,
    pub(super) department: u8,
    pub(super) rank: Rank,
    pub(super) title: u8,
    pub(super) mailbox: bool,
    pub(super) leaver: bool,
    pub(super) hired: SimTime,
    /// `jan.jansen`: what the person is called in addresses, before numbers.
    pub(super) login: String,
}

/// The purposes that people are drawn for.
pub(super) struct PersonPurposes {
    name: Purpose,
    place: Purpose,
    pub(super) mail: Purpose,
    pub(super) phone: Purpose,
    pub(super) account: Purpose,
}

impl PersonPurposes {
    pub(super) fn new(seed: Seed) -> PersonPurposes {
        PersonPurposes {
            name: Purpose::new(seed, "population/name"),
            place: Purpose::new(seed, "population/place"),
            mail: Purpose::new(seed, "population/mail"),
            phone: Purpose::new(seed, "population/phone"),
            account: Purpose::new(seed, "population/account"),
        }
    }

    pub(super) fn draw(&self, index: usize, home: &Weights, now: SimTime) -> Person {
        let tables = tables();
        let mut place = self.place.of(index);
        let office = place.weighted(&home.offices);
        let department = place.weighted(&home.departments);
        let rank = if place.percent(8) { Rank::Manager } else { Rank::Staff };
        let title = place.below(tables.departments[department].titles.len());
        let leaver = place.percent(4) && rank == Rank::Staff;
        let mailbox = !place.percent(5) || rank == Rank::Manager;
        // half of the people came in the last four years, the others in the twenty before
        let years = if place.percent(50) { 4 } else { 20 };
        let hired = now.minus(Duration::from_secs((30 + place.below(years * 365)) as u64 * DAY));
        let (locale, given, family) = draw_name(&mut self.name.of(index), tables.offices[office].locale);
        let code = tables.locales[locale].code;
        let login = format!("{}.{}", login_part(code, given), login_part(code, family));
        Person {
            locale: locale as u8,
            given,
            family,
            office: office as u8,
            department: department as u8,
            rank,
            title: title as u8,
            mailbox,
            leaver,
            hired,
            login,
        }
    }
}

/// Most people have names of the country that they work in.
pub(super) fn draw_name(draw: &mut Draw, home: usize) -> (usize, &'static str, &'static str) {
    let tables = tables();
    let locale = if draw.percent(82) { home } else { draw.below(tables.locales.len()) };
    let names = &tables.locales[locale];
    (locale, names.given[draw.below(names.given.len())], names.family[draw.below(names.family.len())])
}

/// How often each office and department is drawn.
pub(super) struct Weights {
    pub(super) offices: Vec<usize>,
    departments: Vec<usize>,
}

impl Weights {
    /// Offices in the organization's own country count three times.
    pub(super) fn of(country: &str) -> Weights {
        let tables = tables();
        let factor = |office: &Office| if office.c == country { 3 } else { 1 };
        Weights {
            offices: tables.offices.iter().map(|o| o.weight * factor(o)).collect(),
            departments: tables.departments.iter().map(|d| d.weight).collect(),
        }
    }
}

impl Person {
    pub(super) fn office(&self) -> &'static Office {
        &tables().offices[usize::from(self.office)]
    }

    pub(super) fn department(&self) -> &'static Department {
        &tables().departments[usize::from(self.department)]
    }

    pub(super) fn locale(&self) -> &'static Locale {
        &tables().locales[usize::from(self.locale)]
    }

    pub(super) fn title(&self) -> &'static str {
        match self.rank {
            Rank::Staff => self.department().titles[usize::from(self.title)],
            Rank::Manager => self.department().manager,
            Rank::Director => self.department().director,
            Rank::Chief => "Chief Executive Officer",
        }
    }

    /// As the address book shows it: American offices put the family name first.
    pub(super) fn display_name(&self) -> String {
        if self.office().c == "US" {
            format!("{}, {}", self.family, self.given)
        } else {
            format!("{} {}", self.given, self.family)
        }
    }

    /// An account name of at most 20 characters, before numbers: the initial stands in for a long name.
    pub(super) fn account_name(&self) -> String {
        match self.login.split_once('.') {
            Some((given, family)) if self.login.len() > 20 => {
                format!("{}.{family}", given.get(..1).unwrap_or(given))
            }
            _ => self.login.clone(),
        }
    }

    /// Someone who can lead others and belong to groups.
    pub(super) fn is_active(&self) -> bool {
        !self.leaver
    }
}

/// A time in the last `days` days, in working hours.
pub(super) fn recent(draw: &mut Draw, now: SimTime, days: usize) -> SimTime {
    let back = draw.below(days.max(1) * DAY as usize) as u64;
    now.minus(Duration::from_secs(back))
}
