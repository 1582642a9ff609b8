//! People: what is drawn for each one alone.

use super::draw::{Draw, Purpose};
use super::naming::login_part;
use super::organisation::Organisation;
use super::tables::{Belonging, Department, Locale, Office, tables};
use super::template::Template;
use crate::clock::SimTime;
use crate::seed::Seed;
use std::time::Duration;

pub(super) const DAY: u64 = 86_400;
/// Days between the first day of the last school year and the middle of the winter holidays.
const SINCE_AUGUST: usize = 128;

/// What a person does in the organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Staff,
    /// Leads staff.
    Manager,
    /// Leads managers.
    Head,
    /// Leads a department.
    Director,
    /// Leads all.
    Chief,
}

/// How a person belongs to the organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Employee,
    /// Works for a partner.
    Contractor,
    Pupil,
}

/// One person as drawn, without anything that depends on others.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) locale: u8,
    pub(super) given: &'static str,
    pub(super) family: &'static str,
    pub(super) office: u8,
    pub(super) department: u8,
    pub(super) kind: Kind,
    /// Given in the second pass.
    pub(super) rank: Rank,
    pub(super) title: u8,
    pub(super) mailbox: bool,
    pub(super) leaver: bool,
    /// Who is first in this order leads.
    pub(super) standing: u32,
    /// The number of a pupil's class, given in the second pass.
    pub(super) class: u16,
    pub(super) hired: SimTime,
    /// `jan.jansen`: what the person is called in addresses, before numbers.
    pub(super) login: String,
}

/// What a person is called, as templates fill it in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Called<'a> {
    pub(super) given: &'a str,
    pub(super) family: &'a str,
    /// The year in which somebody came.
    pub(super) year: u16,
}

/// Someone of another forest who may have an account here too.
pub(super) struct Twin<'a> {
    pub(super) purposes: PersonPurposes,
    pub(super) organisation: &'a Organisation,
    pub(super) count: usize,
}

/// What a person has to do with one of another forest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Nobody,
    /// They are one person, with two accounts.
    Same,
    /// They are called the same.
    Namesake,
}

/// The purposes that people are drawn for.
pub(super) struct PersonPurposes {
    name: Purpose,
    place: Purpose,
    career: Purpose,
    overlap: Purpose,
    pub(super) mail: Purpose,
    pub(super) phone: Purpose,
    pub(super) account: Purpose,
    pub(super) photo: Purpose,
    pub(super) certificate: Purpose,
}

impl PersonPurposes {
    pub(super) fn new(seed: Seed) -> PersonPurposes {
        let purpose = |name: &str| Purpose::new(seed, &format!("population/{name}"));
        PersonPurposes {
            name: purpose("name"),
            place: purpose("place"),
            career: purpose("career"),
            overlap: purpose("overlap"),
            mail: purpose("mail"),
            phone: purpose("phone"),
            account: purpose("account"),
            photo: purpose("photo"),
            certificate: purpose("certificate"),
        }
    }

    pub(super) fn draw(
        &self,
        index: usize,
        organisation: &Organisation,
        twin: Option<&Twin<'_>>,
        now: SimTime,
    ) -> Person {
        let habits = organisation.habits;
        let mut place = self.place.of(index);
        let office = place.weighted(&organisation.office_weights);
        let department = place.weighted(&organisation.department_weights);
        let title = place.below(organisation.departments[department].titles.len());
        let leaver = place.percent(habits.leaver);
        let contractor = place.percent(habits.contractor);
        let mailbox = place.percent(habits.mailbox);
        let kind = match organisation.departments[department].belonging {
            Belonging::Pupil => Kind::Pupil,
            _ if contractor => Kind::Contractor,
            _ => Kind::Employee,
        };
        let mut career = self.career.of(index);
        let hired = now.minus(Duration::from_secs(age(&mut career, kind, organisation.year(department))));
        let home = organisation.offices[office].locale;
        let relation = self.relation_of(index, organisation, twin);
        let (locale, given, family) = match (relation, twin) {
            (Relation::Same | Relation::Namesake, Some(twin)) => {
                twin.purposes.named(index, twin.organisation)
            }
            _ => draw_name(&mut self.name.of(index), home, habits.names_home),
        };
        let year = hired.rfc3339().get(..4).and_then(|year| year.parse().ok()).unwrap_or(2000);
        let login = match kind {
            Kind::Employee => &habits.login,
            Kind::Contractor => &habits.contractor_login,
            Kind::Pupil => &habits.pupil_login,
        };
        Person {
            locale: locale as u8,
            given,
            family,
            office: office as u8,
            department: department as u8,
            kind,
            rank: Rank::Staff,
            title: title as u8,
            // who has an account twice has one mailbox: in the other forest
            mailbox: mailbox && relation != Relation::Same,
            leaver,
            standing: career.below(u32::MAX as usize) as u32,
            class: 0,
            hired,
            login: filled(login, locale, given, family, year),
        }
    }

    /// What a person has to do with the one of the other forest who has the same index.
    pub(super) fn relation_of(
        &self,
        index: usize,
        organisation: &Organisation,
        twin: Option<&Twin<'_>>,
    ) -> Relation {
        let habits = organisation.habits;
        if twin.is_none_or(|twin| index >= twin.count) {
            return Relation::Nobody;
        }
        match self.overlap.of(index).below(100) {
            roll if roll < habits.overlap => Relation::Same,
            roll if roll < habits.overlap + habits.namesakes => Relation::Namesake,
            _ => Relation::Nobody,
        }
    }

    /// What somebody is called, without the rest.
    fn named(&self, index: usize, organisation: &Organisation) -> (usize, &'static str, &'static str) {
        let office = self.place.of(index).weighted(&organisation.office_weights);
        draw_name(
            &mut self.name.of(index),
            organisation.offices[office].locale,
            organisation.habits.names_home,
        )
    }
}

/// A name put together by a template, in letters that addresses and account names hold.
pub(super) fn filled(template: &Template, locale: usize, given: &str, family: &str, year: u16) -> String {
    let code = tables().locales[locale].code;
    let (given, family) = (login_part(code, given), login_part(code, family));
    template.fill(&Called { given: &given, family: &family, year })
}

/// How long ago somebody came, in seconds: half of the people in the last four years, the others in the twenty
/// before; contractors stay for two years, pupils came in the August of their first year.
fn age(draw: &mut Draw, kind: Kind, year: Option<usize>) -> u64 {
    let recent = draw.percent(50);
    let days = match (kind, year) {
        (Kind::Pupil, year) => SINCE_AUGUST + year.unwrap_or(0) * 365 + draw.below(25),
        (Kind::Contractor, _) => 10 + draw.below(700),
        (Kind::Employee, _) if recent => 30 + draw.below(4 * 365),
        (Kind::Employee, _) => 30 + 4 * 365 + draw.below(20 * 365),
    };
    days as u64 * DAY + draw.below(9 * 3600) as u64
}

/// Most people have names of the country that they work in.
pub(super) fn draw_name(draw: &mut Draw, home: usize, share: usize) -> (usize, &'static str, &'static str) {
    let tables = tables();
    let locale = if draw.percent(share) { home } else { draw.below(tables.locales.len()) };
    let names = &tables.locales[locale];
    // of three draws the one nearest the beginning: some names are common, most are not
    let mut common = |names: &[&'static str]| {
        let place = (0..3).map(|_| draw.below(names.len())).min();
        names[place.unwrap_or(0)]
    };
    (locale, common(&names.given), common(&names.family))
}

impl Person {
    pub(super) fn office<'a>(&self, organisation: &'a Organisation) -> &'a Office {
        organisation.offices[usize::from(self.office)]
    }

    pub(super) fn department<'a>(&self, organisation: &'a Organisation) -> &'a Department {
        organisation.departments[usize::from(self.department)]
    }

    pub(super) fn locale(&self) -> &'static Locale {
        &tables().locales[usize::from(self.locale)]
    }

    pub(super) fn title(&self, organisation: &Organisation) -> String {
        let department = self.department(organisation);
        match self.rank {
            Rank::Staff => department.titles[usize::from(self.title)].to_owned(),
            Rank::Manager => department.manager.to_owned(),
            Rank::Head => format!("Senior {}", department.manager),
            Rank::Director => department.director.to_owned(),
            Rank::Chief if department.set == "school" => "Principal".to_owned(),
            Rank::Chief => "Chief Executive Officer".to_owned(),
        }
    }

    /// As the address book shows it: American offices put the family name first.
    pub(super) fn display_name(&self, organisation: &Organisation) -> String {
        let called = Called { given: self.given, family: self.family, year: 0 };
        let name = match self.office(organisation).c {
            "US" => format!("{}, {}", self.family, self.given),
            _ => organisation.habits.display.fill(&called),
        };
        if self.kind == Kind::Contractor { format!("{name} (External)") } else { name }
    }

    /// An account name before numbers. Where it would be longer than 20 characters, the initial stands in for the
    /// given name.
    pub(super) fn account_name(&self, organisation: &Organisation) -> String {
        match (&organisation.habits.account, self.login.split_once('.')) {
            (Some(template), _) if self.kind == Kind::Employee => {
                filled(template, usize::from(self.locale), self.given, self.family, 0)
            }
            (_, Some((given, family))) if self.login.len() > 20 => {
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

/// A time in the last `days` days.
pub(super) fn recent(draw: &mut Draw, now: SimTime, days: usize) -> SimTime {
    let back = draw.below(days.max(1) * DAY as usize) as u64;
    now.minus(Duration::from_secs(back))
}
