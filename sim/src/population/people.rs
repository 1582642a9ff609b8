//! The second pass over the people (names, leaders), and their way into the directory.

use super::card::{Card, Recipient, Surroundings, load};
use super::draw::Draw;
use super::layout::Layout;
use super::naming::Taken;
use super::person::{Person, PersonPurposes, Rank, Weights, recent};
use super::tables::tables;
use crate::clock::SimTime;
use crate::directory::{Directory, ObjectId, SheetObject, UpdateContext, attr};
use crate::seed::Seed;
use rayon::iter::{IndexedParallelIterator as _, IntoParallelIterator as _, ParallelIterator as _};
use rayon::slice::ParallelSlice as _;

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

/// Draws everybody, each alone.
pub(super) fn draw_people(count: usize, seed: Seed, home: &Weights, now: SimTime) -> Vec<Person> {
    let purposes = PersonPurposes::new(seed);
    (0..count).into_par_iter().with_min_len(256).map(|index| purposes.draw(index, home, now)).collect()
}

/// The first active person leads all, the first manager of each department leads it.
pub(super) fn appoint(people: &mut [Person]) {
    if let Some(first) = people.iter_mut().find(|p| p.is_active()) {
        first.rank = Rank::Chief;
        first.mailbox = true;
    }
    for department in 0..tables().departments.len() {
        let mut own = people.iter_mut().filter(|p| usize::from(p.department) == department);
        if let Some(director) = own.find(|p| p.rank == Rank::Manager) {
            director.rank = Rank::Director;
        }
    }
}

/// Who leads whom: a person's manager by index. Managers of the same department and office share their
/// people; where there is none, the director has them; directors answer to the chief.
pub(super) fn managers(people: &[Person]) -> Vec<Option<u32>> {
    let offices = tables().offices.len();
    let mut by_site: Vec<Vec<u32>> = vec![Vec::new(); tables().departments.len() * offices];
    let mut directors: Vec<Option<u32>> = vec![None; tables().departments.len()];
    let mut chief = None;
    let site = |p: &Person| usize::from(p.department) * offices + usize::from(p.office);
    for (i, person) in people.iter().enumerate() {
        match person.rank {
            Rank::Manager => by_site[site(person)].push(i as u32),
            Rank::Director => directors[usize::from(person.department)] = Some(i as u32),
            Rank::Chief => chief = Some(i as u32),
            Rank::Staff => {}
        }
    }
    let leader = |(i, person): (usize, &Person)| {
        let director = directors[usize::from(person.department)].or(chief);
        let near = &by_site[site(person)];
        match person.rank {
            Rank::Chief => None,
            Rank::Director => chief,
            Rank::Manager => director,
            Rank::Staff if person.leaver => None,
            Rank::Staff if near.is_empty() => director,
            Rank::Staff => Some(near[i % near.len()]),
        }
    };
    people.iter().enumerate().map(leader).collect()
}

/// Gives names and places, in order of index.
pub(super) fn identify(
    people: &[Person],
    directory: &mut Directory,
    layout: &mut Layout,
    names: &mut Names,
    mail: &PersonPurposes,
) -> Vec<Identity> {
    let mut identities = Vec::with_capacity(people.len());
    for (index, person) in people.iter().enumerate() {
        let local = names.locals.assign(&person.login, 60);
        let account = names.accounts.assign(&person.account_name(), 20);
        let parent = match person.leaver {
            true => layout.alumni,
            false => layout.site(directory, person.department, person.office),
        };
        let cn = assign_common_name(names, parent, &person.display_name());
        let wanted = mail.mail.of(index).percent(35).then(|| second_address(&person.login)).flatten();
        let alias_address = wanted.filter(|name| person.mailbox && names.locals.take(name));
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

/// `j.jansen`.
fn second_address(login: &str) -> Option<String> {
    let (given, family) = login.split_once('.')?;
    Some(format!("{}.{family}", given.get(..1)?))
}

/// Builds the people on all threads, a chunk at a time, and loads them in order.
pub(super) fn load_people(
    directory: &mut Directory,
    people: &[Person],
    identities: &[Identity],
    world: &Surroundings<'_>,
    seed: Seed,
) -> Vec<ObjectId> {
    let purposes = PersonPurposes::new(seed);
    let mut ids = Vec::with_capacity(people.len());
    for (start, chunk) in (0..).step_by(CHUNK).zip(people.chunks(CHUNK)) {
        let cards: Vec<Vec<SheetObject>> = chunk
            .par_chunks(PART)
            .enumerate()
            .map(|(part, persons)| {
                let index = |i: usize| start + part * PART + i;
                let build = |(i, p): (usize, &Person)| {
                    build_person(p, &identities[index(i)], index(i), world, &purposes, seed)
                };
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

fn build_person(
    person: &Person,
    identity: &Identity,
    index: usize,
    world: &Surroundings<'_>,
    purposes: &PersonPurposes,
    seed: Seed,
) -> SheetObject {
    let mut card = Card::new(world);
    card.set(attr::CN, identity.cn.as_str())
        .set(attr::GIVEN_NAME, person.given)
        .set(attr::SN, person.family)
        .set(attr::DISPLAY_NAME, person.display_name())
        .set(attr::INITIALS, initials(person))
        .set(attr::SAM_ACCOUNT_NAME, identity.account.as_str())
        .write(attr::USER_PRINCIPAL_NAME, format_args!("{}@{}", identity.local, world.domain))
        .write(attr::EMPLOYEE_ID, format_args!("{}", 100_000 + index))
        .write(attr::EMPLOYEE_NUMBER, format_args!("E{:07}", 100_000 + index))
        .set(attr::TITLE, person.title())
        .set(attr::DEPARTMENT, person.department().name)
        .set(attr::COMPANY, world.company)
        .set(attr::PREFERRED_LANGUAGE, person.locale().language);
    write_place(person, &mut card);
    write_phones(person, &mut purposes.phone.of(index), &mut card);
    write_account(person, &mut purposes.account.of(index), world, &mut card);
    if person.mailbox {
        write_mailbox(person, identity, &mut purposes.mail.of(index), world, seed, &mut card);
    }
    card.into_object(identity.parent, identity.cn.clone(), "user")
}

fn initials(person: &Person) -> String {
    [person.given, person.family].iter().filter_map(|name| name.chars().find(|c| c.is_uppercase())).collect()
}

fn write_place(person: &Person, card: &mut Card) {
    let office = person.office();
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
fn write_phones(person: &Person, draw: &mut Draw, card: &mut Card) {
    let office = person.office();
    let mut number = |(prefix, digits): &(String, usize)| {
        // no subscriber's number begins with 0
        format!("{prefix}{}{}", 1 + draw.below(9), draw.digits(digits - 1))
    };
    let (phone, mobile, fax) = (number(&office.phone), number(&office.mobile), number(&office.phone));
    card.set(attr::TELEPHONE_NUMBER, phone);
    if draw.percent(70) {
        card.set(attr::MOBILE, mobile);
    }
    if draw.percent(15) {
        card.set(attr::FACSIMILE, fax);
    }
}

fn write_account(person: &Person, draw: &mut Draw, world: &Surroundings<'_>, card: &mut Card) {
    let disabled = if person.leaver { ACCOUNT_DISABLED } else { 0 };
    card.write(attr::USER_ACCOUNT_CONTROL, format_args!("{}", NORMAL_ACCOUNT | disabled));
    let gone = if person.leaver { 30 + draw.below(300) } else { 0 };
    let until = world.now.minus(std::time::Duration::from_secs(gone as u64 * 86_400)).max(person.hired);
    let after = |time: SimTime| time.max(person.hired);
    card.time(attr::PWD_LAST_SET, after(recent(draw, until, 90)));
    card.time(attr::LAST_LOGON_TIMESTAMP, after(recent(draw, until, 14)));
    if person.leaver {
        let day = until.rfc3339();
        card.set(attr::DESCRIPTION, format!("Left on {}", day.get(..10).unwrap_or_default()));
        card.exchange(attr::MS_EXCH_HIDE_FROM_ADDRESS_LISTS, "TRUE");
    }
    let external = draw.percent(6);
    let cost_centre = format!("CC-{}{:02}", person.department().code, draw.below(20));
    let values = [cost_centre, if external { "external" } else { "internal" }.to_owned()];
    for (attribute, value) in world.extensions.iter().zip(values) {
        card.set(*attribute, value);
    }
    if let Some(tenth) = world.extensions.get(2).filter(|_| draw.percent(10)) {
        card.set(*tenth, "vip");
    }
}

fn write_mailbox(
    person: &Person,
    identity: &Identity,
    draw: &mut Draw,
    world: &Surroundings<'_>,
    seed: Seed,
    card: &mut Card,
) {
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
    let code = &person.department().code;
    card.write(attr::LEGACY_EXCHANGE_DN, format_args!("{recipients}/cn={legacy:016x}-{code}"));
    Recipient::UserMailbox.write(card);
}
