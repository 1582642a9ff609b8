//! The second pass over the people (names and places), and their way into the directory.

use super::card::{Card, Recipient, Surroundings, load};
use super::certificate::{Holder, certificate};
use super::draw::Draw;
use super::hierarchy::class_name;
use super::layout::Layout;
use super::naming::Taken;
use super::organisation::Organisation;
use super::person::{Kind, Person, PersonPurposes, Rank, Relation, Twin, filled, recent};
use super::photo::portrait;
use super::tables::tables;
use crate::clock::SimTime;
use crate::directory::{Directory, ObjectId, SheetObject, UpdateContext, attr};
use crate::seed::Seed;
use rayon::iter::{IndexedParallelIterator as _, IntoParallelIterator as _, ParallelIterator as _};
use rayon::slice::ParallelSlice as _;
use std::time::Duration;

/// People that are built before they are loaded: enough for the threads, little for the memory.
const CHUNK: usize = 512;
/// People that one thread builds at a time.
const PART: usize = 64;
const NORMAL_ACCOUNT: u32 = 0x200;
const ACCOUNT_DISABLED: u32 = 0x2;

/// Names in use, a space each.
#[derive(Default)]
pub(super) struct Names {
    /// Local parts in the organization's domain, of addresses and UPNs, and aliases.
    pub(super) locals: Taken,
    /// sAMAccountNames.
    pub(super) accounts: Taken,
    /// Common names with the number of their parent before them.
    pub(super) common: Taken,
}

/// What the second pass gave a person.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    /// Local part of the UPN and of the primary address, and the alias.
    pub(super) local: String,
    account: String,
    cn: String,
    /// A second address, if it was free.
    alias_address: Option<String>,
    parent: ObjectId,
}

/// What the builders of people share.
pub(super) struct Makers<'a> {
    pub(super) world: &'a Surroundings<'a>,
    pub(super) purposes: PersonPurposes,
    pub(super) seed: Seed,
    pub(super) twin: Option<Twin<'a>>,
}

/// Draws everybody, each alone.
pub(super) fn draw_people(count: usize, makers: &Makers<'_>) -> Vec<Person> {
    let (organisation, now) = (makers.world.organisation, makers.world.now);
    let draw = |index| makers.purposes.draw(index, organisation, makers.twin.as_ref(), now);
    (0..count).into_par_iter().with_min_len(256).map(draw).collect()
}

/// Gives names and places, in order of index.
pub(super) fn identify(
    people: &[Person],
    directory: &mut Directory,
    layout: &mut Layout,
    names: &mut Names,
    makers: &Makers<'_>,
) -> Vec<Identity> {
    let organisation = makers.world.organisation;
    let mut identities = Vec::with_capacity(people.len());
    for (index, person) in people.iter().enumerate() {
        let local = names.locals.assign(&person.login, 60);
        let account = names.accounts.assign(&person.account_name(organisation), 20);
        let parent = match (person.leaver, person.kind) {
            (true, _) => layout.alumni,
            (_, Kind::Contractor) => layout.external,
            _ => layout.unit_of(directory, person, organisation),
        };
        let cn = assign_common_name(names, parent, &person.display_name(organisation));
        let wanted = person.mailbox && person.kind == Kind::Employee;
        let wanted = wanted && makers.purposes.mail.of(index).percent(35);
        let alias = |person: &Person| {
            let alias = &organisation.habits.alias;
            filled(alias, usize::from(person.locale), person.given, person.family, 0)
        };
        let alias_address = wanted.then(|| alias(person)).filter(|name| names.locals.take(name));
        identities.push(Identity { local, account, cn, alias_address, parent });
    }
    identities
}

/// `Jan Jansen`, and `Jan Jansen 2` for the second one in the same unit.
pub(super) fn assign_common_name(names: &mut Names, parent: ObjectId, name: &str) -> String {
    let unit = format!("{}/", parent.index());
    match names.common.number(&format!("{unit}{}", name.to_lowercase())) {
        1 => name.to_owned(),
        number => format!("{name} {number}"),
    }
}

/// Builds the people on all threads, a chunk at a time, and loads them in order.
pub(super) fn load_people(
    directory: &mut Directory,
    people: &[Person],
    identities: &[Identity],
    makers: &Makers<'_>,
) -> Vec<ObjectId> {
    let mut ids = Vec::with_capacity(people.len());
    for (start, chunk) in (0..).step_by(CHUNK).zip(people.chunks(CHUNK)) {
        let cards: Vec<Vec<SheetObject>> = chunk
            .par_chunks(PART)
            .enumerate()
            .map(|(part, persons)| {
                let index = |i: usize| start + part * PART + i;
                let build =
                    |(i, p): (usize, &Person)| makers.build_person(p, &identities[index(i)], index(i));
                persons.iter().enumerate().map(build).collect()
            })
            .collect();
        for (object, person) in cards.into_iter().flatten().zip(chunk) {
            ids.push(load(directory, object, person.hired));
        }
    }
    ids
}

/// Links people to their managers.
pub(super) fn link_managers(
    directory: &mut Directory,
    people: &[Person],
    ids: &[ObjectId],
    leaders: &[Option<u32>],
) {
    for (i, leader) in leaders.iter().enumerate() {
        if let Some(leader) = leader {
            let context = UpdateContext::lenient(people[i].hired);
            directory.load_links(&context, ids[i], attr::MANAGER, &[ids[*leader as usize]]);
        }
    }
}

impl Makers<'_> {
    fn build_person(&self, person: &Person, identity: &Identity, index: usize) -> SheetObject {
        let (world, organisation) = (self.world, self.world.organisation);
        let relation = self.purposes.relation_of(index, organisation, self.twin.as_ref());
        let employee = match (relation, &self.twin) {
            (Relation::Same, Some(twin)) => twin.organisation.employee(index),
            _ => organisation.employee(index),
        };
        let mut card = Card::new(world);
        card.set(attr::CN, identity.cn.as_str())
            .set(attr::GIVEN_NAME, person.given)
            .set(attr::SN, person.family)
            .set(attr::DISPLAY_NAME, person.display_name(organisation))
            .set(attr::INITIALS, initials(person))
            .set(attr::SAM_ACCOUNT_NAME, identity.account.as_str())
            .write(attr::USER_PRINCIPAL_NAME, format_args!("{}@{}", identity.local, world.domain))
            .write(attr::EMPLOYEE_ID, format_args!("{employee}"))
            .write(attr::EMPLOYEE_NUMBER, format_args!("E{employee:07}"))
            .set(attr::TITLE, person.title(organisation))
            .set(attr::DEPARTMENT, person.department(organisation).name)
            .set(attr::COMPANY, company_of(person, world))
            .set(attr::PREFERRED_LANGUAGE, person.locale().language);
        write_place(person, organisation, &mut card);
        write_phones(person, index, &mut self.purposes.phone.of(index), organisation, &mut card);
        write_account(person, &mut self.purposes.account.of(index), world, &mut card);
        if person.mailbox {
            self.write_mailbox(person, identity, &mut self.purposes.mail.of(index), &mut card);
        }
        self.write_octets(person, identity, index, &mut card);
        card.into_object(identity.parent, identity.cn.clone(), "user")
    }

    fn write_mailbox(&self, person: &Person, identity: &Identity, draw: &mut Draw, card: &mut Card) {
        let (world, seed) = (self.world, self.seed);
        let primary = world.address(&identity.local);
        let mut proxies = vec![format!("SMTP:{primary}")];
        // the first draw decided about the second address, in the second pass
        let _ = draw.percent(35);
        proxies.extend(identity.alias_address.iter().map(|local| format!("smtp:{}", world.address(local))));
        if draw.percent(70) {
            proxies.push(format!("sip:{primary}"));
        }
        let legacy = seed.hash("legacyExchangeDN", &identity.local, 0);
        let recipients = format!("/o={}/ou=Exchange Administrative Group/cn=Recipients", world.company);
        if draw.percent(12) {
            proxies.push(format!("X500:{recipients}/cn={:016x}", legacy.rotate_left(17)));
        }
        card.set(attr::MAIL, primary).set_all(attr::PROXY_ADDRESSES, proxies);
        card.exchange(attr::MAIL_NICKNAME, identity.local.as_str());
        card.exchange(attr::MS_EXCH_MAILBOX_GUID, seed.guid("mailbox", &identity.local, 0).to_bytes_le());
        let code = person.department(world.organisation).code;
        card.write(attr::LEGACY_EXCHANGE_DN, format_args!("{recipients}/cn={legacy:016x}-{code}"));
        if person.leaver {
            card.exchange(attr::MS_EXCH_HIDE_FROM_ADDRESS_LISTS, "TRUE");
        }
        Recipient::UserMailbox.write(card);
    }

    /// A photo and a certificate, for those who have one.
    fn write_octets(&self, person: &Person, identity: &Identity, index: usize, card: &mut Card) {
        let (world, habits) = (self.world, self.world.organisation.habits);
        let mut draw = self.purposes.photo.of(index);
        if draw.percent(habits.photo) && !person.leaver {
            card.set(attr::THUMBNAIL_PHOTO, portrait(&mut draw));
        }
        let mut draw = self.purposes.certificate.of(index);
        if draw.percent(habits.certificate) && person.is_active() && person.kind == Kind::Employee {
            let (upn, mail) = (world.address(&identity.local), world.address(&identity.local));
            let holder = Holder {
                name: &identity.cn,
                company: world.company,
                upn: &upn,
                mail: person.mailbox.then_some(mail.as_str()),
                since: person.hired,
            };
            card.set(attr::USER_CERTIFICATE, certificate(&holder, world.now, &mut draw));
        }
    }
}

/// Contractors work for a partner, the others for the organization.
fn company_of<'a>(person: &Person, world: &Surroundings<'a>) -> &'a str {
    match person.kind {
        Kind::Contractor => {
            let partners = &tables().partners;
            partners[person.standing as usize % partners.len()].company
        }
        _ => world.company,
    }
}

fn initials(person: &Person) -> String {
    [person.given, person.family].iter().filter_map(|name| name.chars().find(|c| c.is_uppercase())).collect()
}

fn write_place(person: &Person, organisation: &Organisation, card: &mut Card) {
    let office = person.office(organisation);
    card.set(attr::OFFICE, office.name)
        .set(attr::STREET_ADDRESS, office.street)
        .set(attr::L, office.l)
        .set(attr::ST, office.st)
        .set(attr::POSTAL_CODE, office.postal_code)
        .set(attr::C, office.c)
        .set(attr::CO, office.co)
        .set(attr::COUNTRY_CODE, office.country_code);
}

/// E.164: a plus sign, the country, the number; no spaces.
fn write_phones(
    person: &Person,
    index: usize,
    draw: &mut Draw,
    organisation: &Organisation,
    card: &mut Card,
) {
    let (office, habits) = (person.office(organisation), organisation.habits);
    let holder = organisation.holder(index);
    let lines = [
        (attr::TELEPHONE_NUMBER, &office.phone, 100),
        (attr::MOBILE, &office.mobile, habits.mobile),
        (attr::FACSIMILE, &office.phone, habits.fax),
    ];
    for (kind, (attribute, (prefix, count), percent)) in lines.into_iter().enumerate() {
        if draw.percent(percent) {
            let digits = organisation.numbers.digits(kind, holder, *count);
            card.write(attribute, format_args!("{prefix}{digits}"));
        }
    }
}

/// When somebody was last seen: most within two weeks, some were away for long.
fn last_seen(draw: &mut Draw, until: SimTime) -> SimTime {
    let days = match draw.below(100) {
        0..=84 => 14,
        85..=95 => 45,
        _ => 150,
    };
    recent(draw, until, days)
}

fn write_account(person: &Person, draw: &mut Draw, world: &Surroundings<'_>, card: &mut Card) {
    let day = Duration::from_secs(86_400);
    let disabled = if person.leaver { ACCOUNT_DISABLED } else { 0 };
    card.write(attr::USER_ACCOUNT_CONTROL, format_args!("{}", NORMAL_ACCOUNT | disabled));
    let gone = if person.leaver { 30 + draw.below(300) } else { 0 };
    let until = world.now.minus(day * gone as u32).max(person.hired);
    let after = |time: SimTime| time.max(person.hired);
    card.time(attr::PWD_LAST_SET, after(recent(draw, until, 90)));
    card.time(attr::LAST_LOGON_TIMESTAMP, after(last_seen(draw, until)));
    let spare = draw.below(365) as u32;
    if person.leaver {
        let date = until.rfc3339();
        card.set(attr::DESCRIPTION, format!("Left on {}", date.get(..10).unwrap_or_default()));
    } else if person.kind == Kind::Contractor {
        // the contract ends within a year
        card.time(attr::ACCOUNT_EXPIRES, world.now.plus(day * (20 + spare)));
    }
    let organisation = world.organisation;
    let department = person.department(organisation);
    let (first, second) = match person.kind {
        Kind::Pupil => (class_name(department.name, person.class), "pupil"),
        Kind::Contractor => (format!("CC-{}{:02}", department.code, draw.below(20)), "external"),
        Kind::Employee => (format!("CC-{}{:02}", department.code, draw.below(20)), "internal"),
    };
    let kind = ["Employee", "Contractor", "Student"][person.kind as usize];
    card.set(attr::EMPLOYEE_TYPE, kind);
    for (attribute, value) in world.extensions.iter().zip([first.as_str(), second]) {
        card.set(*attribute, value);
    }
    if let Some(tenth) = world.extensions.get(2).filter(|_| person.rank >= Rank::Director) {
        card.set(*tenth, "vip");
    }
}
