//! Contacts of partners, rooms and equipment, shared mailboxes, computers, accounts of services and administrators.

use super::card::{Card, Recipient, Surroundings, load};
use super::draw::{Draw, Purpose};
use super::layout::Layout;
use super::naming::{Taken, login_part};
use super::people::{Names, assign_common_name};
use super::person::{Kind, Person, Rank, draw_name, recent};
use super::tables::{Office, Partner, System, tables};
use crate::clock::SimTime;
use crate::directory::{Directory, ObjectId, attr};
use crate::seed::Seed;
use crate::spec::TenantSpec;
use std::time::Duration;

const EQUIPMENT: [&str; 5] = ["Projector", "Pool Car", "Video Set", "Demo Laptop", "Camera"];
const WORKLOADS: [&str; 12] =
    ["sql", "backup", "scan", "web", "print", "crm", "monitor", "deploy", "etl", "report", "sync", "archive"];
const TEAMS: [&str; 14] = [
    "Info",
    "Invoices",
    "Support",
    "Orders",
    "Reception",
    "Recruitment",
    "Press",
    "Events",
    "Privacy",
    "Returns",
    "Quality",
    "Complaints",
    "Helpdesk",
    "Planning",
];
/// Disabled, password never expires.
const MAILBOX_ACCOUNT: &str = "66050";
/// Password never expires.
const SERVICE_ACCOUNT: &str = "66048";
const NORMAL_ACCOUNT: &str = "512";
const WORKSTATION: &str = "4096";

/// Everything that these objects are made from.
pub(super) struct OtherMaker<'a> {
    pub(super) world: &'a Surroundings<'a>,
    pub(super) seed: Seed,
}

impl OtherMaker<'_> {
    pub(super) fn contacts(
        &self,
        directory: &mut Directory,
        layout: &Layout,
        names: &mut Names,
        tenant: &TenantSpec,
        count: usize,
    ) -> Vec<ObjectId> {
        let own = |p: &Partner| {
            p.domain.eq_ignore_ascii_case(self.world.domain)
                || tenant.verified_domains.iter().any(|d| d.eq_ignore_ascii_case(p.domain))
        };
        let forests = self.world.forest.population.profile.forests();
        let partners: Vec<&Partner> = self.world.organisation.partners(forests).filter(|p| !own(p)).collect();
        if partners.is_empty() {
            return Vec::new();
        }
        let purpose = Purpose::new(self.seed, "population/contact");
        let mut addresses = Taken::default();
        let contact = |index: usize| {
            let mut draw = purpose.of(index);
            let partner = *draw.pick(&partners);
            let home = draw.below(tables().locales.len());
            let (locale, given, family) = draw_name(&mut draw, home, 82);
            let code = tables().locales[locale].code;
            let login = format!("{}.{}", login_part(code, given), login_part(code, family));
            let unique = addresses.assign(&format!("{login}@@{}", partner.domain), 120);
            // the number that makes it unique belongs before the @
            let number: String = unique.rsplit(partner.domain).next().unwrap_or_default().to_owned();
            let mail = format!("{login}{number}@{}", partner.domain);
            let slug = login_part("*", partner.domain.split('.').next().unwrap_or_default());
            let alias = names.locals.assign(&format!("{}{login}.{slug}", self.prefix()), 60);
            let display = format!("{given} {family} ({})", partner.company);
            let cn = assign_common_name(names, layout.contacts, &display);
            let mut card = Card::new(self.world);
            let mut proxies = vec![format!("SMTP:{mail}")];
            if draw.percent(20) {
                let id = self.seed.hash("x500", &mail, 0);
                proxies
                    .push(format!("X500:/o={}/ou=External/cn=Recipients/cn={id:016x}", self.world.company));
            }
            card.set(attr::CN, cn.as_str())
                .set(attr::GIVEN_NAME, given)
                .set(attr::SN, family)
                .set(attr::DISPLAY_NAME, display)
                .set(attr::COMPANY, partner.company)
                .set(attr::MAIL, mail.as_str())
                .set_all(attr::PROXY_ADDRESSES, proxies)
                .exchange(attr::TARGET_ADDRESS, format!("SMTP:{mail}"))
                .exchange(attr::MAIL_NICKNAME, alias);
            Recipient::Contact.write(&mut card);
            let created = recent(&mut draw, self.world.now, 1500);
            load(directory, card.into_object(layout.contacts, cn, "contact"), created)
        };
        (0..count).map(contact).collect()
    }

    pub(super) fn rooms(
        &self,
        directory: &mut Directory,
        layout: &Layout,
        names: &mut Names,
        count: usize,
    ) -> Vec<ObjectId> {
        let purpose = Purpose::new(self.seed, "population/room");
        let room = |index: usize| {
            let mut draw = purpose.of(index);
            let office = self.office(&mut draw);
            let equipment = draw.percent(20);
            let name = match equipment {
                true => format!("{} {}", draw.pick(&EQUIPMENT), office.name),
                false => format!("Room {} {}.{:02}", office.name, 1 + draw.below(9), 1 + draw.below(40)),
            };
            let kind = if equipment { Recipient::Equipment } else { Recipient::Room };
            let created = recent(&mut draw, self.world.now, 1500);
            self.disabled_mailbox(directory, layout.rooms, names, (&name, office, kind), created)
        };
        (0..count).map(room).collect()
    }

    pub(super) fn shared(
        &self,
        directory: &mut Directory,
        layout: &Layout,
        names: &mut Names,
        count: usize,
    ) -> Vec<ObjectId> {
        let purpose = Purpose::new(self.seed, "population/shared");
        let shared = |index: usize| {
            let mut draw = purpose.of(index);
            let office = self.office(&mut draw);
            // each team has one, then each office of a team
            let name = match TEAMS.get(index) {
                Some(team) => (*team).to_owned(),
                None => format!("{} {}", draw.pick(&TEAMS), office.name),
            };
            let created = recent(&mut draw, self.world.now, 1500);
            self.disabled_mailbox(
                directory,
                layout.shared,
                names,
                (&name, office, Recipient::Shared),
                created,
            )
        };
        (0..count).map(shared).collect()
    }

    fn prefix(&self) -> &'static str {
        self.world.organisation.habits.prefix
    }

    fn office(&self, draw: &mut Draw) -> &'static Office {
        let organisation = self.world.organisation;
        organisation.offices[draw.weighted(&organisation.office_weights)]
    }

    /// The mailbox of nobody: its account is disabled.
    fn disabled_mailbox(
        &self,
        directory: &mut Directory,
        parent: ObjectId,
        names: &mut Names,
        (name, office, kind): (&str, &Office, Recipient),
        created: SimTime,
    ) -> ObjectId {
        let cn = assign_common_name(names, parent, name);
        let parts: Vec<String> = cn.split([' ', '.']).map(|part| login_part("*", part)).collect();
        let stem = format!("{}{}", self.prefix(), parts.join("-"));
        let local = names.locals.assign(&stem, 60);
        let address = self.world.address(&local);
        let mut card = Card::new(self.world);
        card.set(attr::CN, cn.as_str())
            .set(attr::DISPLAY_NAME, cn.as_str())
            .set(attr::SAM_ACCOUNT_NAME, names.accounts.assign(&stem, 20))
            .set(attr::USER_PRINCIPAL_NAME, address.as_str())
            .set(attr::USER_ACCOUNT_CONTROL, MAILBOX_ACCOUNT)
            .set(attr::OFFICE, office.name)
            .set(attr::L, office.l)
            .set(attr::C, office.c)
            .set(attr::CO, office.co)
            .set(attr::COUNTRY_CODE, office.country_code)
            .set(attr::MAIL, address.as_str())
            .set_all(attr::PROXY_ADDRESSES, vec![format!("SMTP:{address}")])
            .time(attr::PWD_LAST_SET, created)
            .exchange(attr::MAIL_NICKNAME, local.as_str())
            .exchange(attr::MS_EXCH_MAILBOX_GUID, self.seed.guid("mailbox", &local, 0).to_bytes_le());
        kind.write(&mut card);
        load(directory, card.into_object(parent, cn, "user"), created)
    }

    pub(super) fn computers(
        &self,
        directory: &mut Directory,
        layout: &Layout,
        names: &mut Names,
        count: usize,
    ) -> Vec<ObjectId> {
        let purpose = Purpose::new(self.seed, "population/computer");
        let (servers, workstations): (Vec<&System>, Vec<&System>) =
            tables().systems.iter().partition(|system| system.server);
        let computer = |index: usize| {
            let mut draw = purpose.of(index);
            let office = self.office(&mut draw);
            let server = draw.percent(8);
            let kind = if server { "SV" } else { "WS" };
            // at most 15 characters: a NetBIOS name
            let name = format!("{}-{kind}{index:06}", office.code);
            let host = format!("{name}.{}", self.world.forest.domain);
            let parent = if server { layout.servers } else { layout.workstations };
            let systems = if server { &servers } else { &workstations };
            let weights: Vec<usize> = systems.iter().map(|system| system.weight).collect();
            let system = systems[draw.weighted(&weights)];
            let account = format!("{name}$");
            names.accounts.take(&account);
            let services = ["HOST", "RestrictedKrbHost"]
                .iter()
                .flat_map(|class| [format!("{class}/{name}"), format!("{class}/{host}")])
                .collect();
            let created = recent(&mut draw, self.world.now, 1200);
            let mut card = Card::new(self.world);
            card.set(attr::CN, name.as_str())
                .set(attr::SAM_ACCOUNT_NAME, account)
                .set(attr::USER_ACCOUNT_CONTROL, WORKSTATION)
                .set(attr::DNS_HOST_NAME, host)
                .set_all(attr::SERVICE_PRINCIPAL_NAME, services)
                .set(attr::OPERATING_SYSTEM, system.name)
                .set(attr::OPERATING_SYSTEM_VERSION, system.version)
                .time(attr::PWD_LAST_SET, recent(&mut draw, self.world.now, 30).max(created))
                .time(attr::LAST_LOGON_TIMESTAMP, recent(&mut draw, self.world.now, 14).max(created));
            load(directory, card.into_object(parent, name, "computer"), created)
        };
        (0..count).map(computer).collect()
    }

    pub(super) fn services(
        &self,
        directory: &mut Directory,
        layout: &Layout,
        names: &mut Names,
        count: usize,
    ) -> Vec<ObjectId> {
        let purpose = Purpose::new(self.seed, "population/service");
        let service = |index: usize| {
            let mut draw = purpose.of(index);
            let workload = draw.pick(&WORKLOADS);
            let account = names.accounts.assign(&format!("{}svc-{workload}", self.prefix()), 20);
            let local = names.locals.assign(&account, 60);
            let display =
                format!("Service {}", account.trim_start_matches(self.prefix()).trim_start_matches("svc-"));
            let cn = assign_common_name(names, layout.services, &account);
            let mut card = Card::new(self.world);
            card.set(attr::CN, cn.as_str())
                .set(attr::DISPLAY_NAME, display)
                .set(attr::DESCRIPTION, format!("Runs {workload}"))
                .set(attr::SAM_ACCOUNT_NAME, account)
                .set(attr::USER_PRINCIPAL_NAME, self.world.address(&local))
                .set(attr::USER_ACCOUNT_CONTROL, SERVICE_ACCOUNT);
            let created = self.world.now.minus(Duration::from_secs(500 * 86_400));
            card.time(attr::PWD_LAST_SET, created);
            load(directory, card.into_object(layout.services, cn, "user"), created)
        };
        (0..count).map(service).collect()
    }

    /// Second accounts of those who look after computers, or of whoever leads where nobody does: no mailbox, and
    /// nobody's daily account.
    pub(super) fn admins(
        &self,
        directory: &mut Directory,
        layout: &Layout,
        names: &mut Names,
        (people, ids): (&[Person], &[ObjectId]),
        count: usize,
    ) -> Vec<ObjectId> {
        let organisation = self.world.organisation;
        let all = || people.iter().zip(ids).filter(|(p, _)| p.is_active() && p.kind == Kind::Employee);
        let mut owners: Vec<_> = all().filter(|(p, _)| p.department(organisation).code == "ICT").collect();
        if owners.is_empty() {
            owners = all().filter(|(p, _)| p.rank != Rank::Staff).collect();
        }
        if owners.is_empty() {
            return Vec::new();
        }
        let purpose = Purpose::new(self.seed, "population/admin");
        let admin = |index: usize| {
            let mut draw = purpose.of(index);
            let (person, id) = owners[index % owners.len()];
            let own = directory.entry(*id).and_then(|entry| entry.text(attr::SAM_ACCOUNT_NAME));
            let account = names.accounts.assign(&format!("adm-{}", own.unwrap_or_default()), 20);
            let local = names.locals.assign(&account, 60);
            let cn = assign_common_name(names, layout.admins, &account);
            let name = person.display_name(organisation);
            let office = person.office(organisation);
            let created = recent(&mut draw, self.world.now, 900).max(person.hired);
            let mut card = Card::new(self.world);
            card.set(attr::CN, cn.as_str())
                .set(attr::GIVEN_NAME, person.given)
                .set(attr::SN, person.family)
                .set(attr::DISPLAY_NAME, format!("{name} (Admin)"))
                .set(attr::DESCRIPTION, format!("Second account of {name}"))
                .set(attr::SAM_ACCOUNT_NAME, account)
                .set(attr::USER_PRINCIPAL_NAME, self.world.address(&local))
                .set(attr::USER_ACCOUNT_CONTROL, NORMAL_ACCOUNT)
                .set(attr::C, office.c)
                .set(attr::CO, office.co)
                .set(attr::COUNTRY_CODE, office.country_code)
                .time(attr::PWD_LAST_SET, recent(&mut draw, self.world.now, 60).max(created))
                .time(attr::LAST_LOGON_TIMESTAMP, recent(&mut draw, self.world.now, 30).max(created));
            load(directory, card.into_object(layout.admins, cn, "user"), created)
        };
        (0..count).map(admin).collect()
    }
}
