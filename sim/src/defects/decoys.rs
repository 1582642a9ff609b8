//! Decoys: innocent objects that look wrong to a careless checker.

mod limits;

use super::bench::{Bench, Class, Subject};
use super::ledger::Decoy;
use super::octets::to_text;
use super::units::Pool;
use super::units::certificates::valid;
use super::units::octets::jpeg_of;
use super::values;
use crate::clock::SimTime;
use crate::directory::{Directory, NewObject, ObjectId, UpdateContext, attr};
use crate::population::Draw;

/// What a decoy does to an object: attribute and values, the first one being what looks wrong.
type Changes = Vec<(&'static str, Vec<String>)>;

/// One kind of decoy.
pub(super) struct DecoyKind {
    /// Id of the catalogue.
    pub(super) id: &'static str,
    pub(super) source: DecoySource,
}

pub(super) enum DecoySource {
    /// Made from an object that is there.
    Change(Class, fn(&Bench<'_>, &Subject, &mut Draw) -> Option<Changes>),
    /// Likewise, of a pool.
    Of(Pool, fn(&Bench<'_>, &Subject, &mut Draw) -> Option<Changes>),
    /// An object of its own; the number makes its name unique.
    Extra(fn(&Bench<'_>, usize) -> ExtraObject),
}

/// An account that exists only as a decoy.
pub(super) struct ExtraObject {
    name: String,
    account: String,
    display: String,
    more: Vec<(&'static str, &'static str)>,
}

/// The kinds, in the order in which they are taken round and round.
pub(super) static DECOYS: &[DecoyKind] = &[
    DecoyKind { id: "FP01", source: DecoySource::Change(Class::User, apostrophe) },
    DecoyKind { id: "FP05", source: DecoySource::Change(Class::User, x500_apostrophe) },
    DecoyKind { id: "FP03", source: DecoySource::Change(Class::Contact, new_top_level_domain) },
    DecoyKind { id: "SA05", source: DecoySource::Change(Class::User, account_space) },
    DecoyKind { id: "MN06", source: DecoySource::Change(Class::User, alias_letter) },
    DecoyKind { id: "SK01", source: DecoySource::Extra(looks_built_in) },
    DecoyKind { id: "FP06", source: DecoySource::Change(Class::User, x500_colon) },
    DecoyKind { id: "FP04", source: DecoySource::Change(Class::Contact, punycode) },
    DecoyKind { id: "SA06", source: DecoySource::Change(Class::User, account_apostrophe) },
    DecoyKind { id: "DN05", source: DecoySource::Change(Class::User, longest_name) },
    DecoyKind { id: "SK04", source: DecoySource::Extra(service_of_the_cloud) },
    DecoyKind { id: "DN06", source: DecoySource::Change(Class::User, common_name) },
    DecoyKind { id: "FP07", source: DecoySource::Of(Pool::Contact, x500_target) },
    DecoyKind { id: "GR09", source: DecoySource::Of(Pool::SecurityGroup, no_mail) },
    DecoyKind { id: "CO02", source: DecoySource::Of(Pool::Contact, msol_contact) },
    DecoyKind { id: "SK02", source: DecoySource::Extra(built_in) },
    DecoyKind { id: "SK05", source: DecoySource::Extra(system_mailbox) },
    DecoyKind { id: "SK06", source: DecoySource::Extra(critical) },
    DecoyKind { id: "GA04", source: DecoySource::Of(Pool::Mailbox, spaced_number) },
    DecoyKind { id: "OB01", source: DecoySource::Of(Pool::Mailbox, fifteen_certificates) },
    DecoyKind { id: "OB03", source: DecoySource::Of(Pool::Mailbox, largest_photo) },
    DecoyKind { id: "OB05", source: DecoySource::Of(Pool::Mailbox, longest_extension) },
    DecoyKind { id: "AC04", source: DecoySource::Of(Pool::SharedMailbox, hidden_shared_mailbox) },
    DecoyKind { id: "GN02", source: DecoySource::Change(Class::User, limits::longest_given) },
    DecoyKind { id: "ML05", source: DecoySource::Change(Class::Contact, odd_signs) },
    DecoyKind { id: "UP01", source: DecoySource::Change(Class::User, limits::longest_local) },
    DecoyKind { id: "PA01", source: DecoySource::Change(Class::User, limits::longest_address) },
    DecoyKind { id: "MN08", source: DecoySource::Change(Class::User, limits::longest_alias) },
    DecoyKind { id: "SA01", source: DecoySource::Change(Class::User, limits::longest_account) },
];

/// `jan.o'jansen@contoso.com` everywhere.
fn apostrophe(bench: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Changes> {
    let (place, primary) = subject.primary()?;
    let (given, family) = primary.split('@').next()?.split_once('.')?;
    let address = bench.at(&format!("{given}.o'{family}"));
    bench.is_free('a', &address).then(|| {
        vec![
            ("userPrincipalName", vec![address.clone()]),
            ("mail", vec![address.clone()]),
            ("proxyAddresses", subject.proxies_with(place, format!("SMTP:{address}"))),
        ]
    })
}

fn x500(subject: &Subject, name: &str) -> Option<Changes> {
    subject.primary()?;
    let value =
        format!("X500:/o=Org/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn={name}");
    Some(vec![("proxyAddresses", subject.proxies_and(value))])
}

fn x500_apostrophe(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Changes> {
    x500(subject, &format!("d'{}", subject.one("sAMAccountName")?))
}

fn x500_colon(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Changes> {
    x500(subject, &format!("a:{}", subject.one("sAMAccountName")?))
}

fn contact_at(bench: &Bench<'_>, subject: &Subject, suffix: &str) -> Option<Changes> {
    let (place, primary) = subject.primary()?;
    let (local, domain) = primary.split_once('@')?;
    let address = format!("{local}@{}.{suffix}", domain.split('.').next()?);
    bench.is_free('a', &address).then(|| {
        let mut changes = vec![
            ("proxyAddresses", subject.proxies_with(place, format!("SMTP:{address}"))),
            ("mail", vec![address.clone()]),
        ];
        if subject.one("targetAddress").is_some() {
            changes.push(("targetAddress", vec![format!("SMTP:{address}")]));
        }
        changes
    })
}

fn new_top_level_domain(bench: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Changes> {
    contact_at(bench, subject, "app")
}

fn punycode(bench: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Changes> {
    contact_at(bench, subject, "xn--p1ai")
}

fn account(bench: &Bench<'_>, subject: &Subject, sign: &str) -> Option<Changes> {
    let name = subject.one("sAMAccountName")?.replacen('.', sign, 1);
    (name.contains(sign) && bench.is_free('s', &name)).then(|| vec![("sAMAccountName", vec![name])])
}

fn account_space(bench: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Changes> {
    account(bench, subject, " ")
}

fn account_apostrophe(bench: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Changes> {
    account(bench, subject, "'")
}

fn alias_letter(bench: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Changes> {
    let letters = [("u", "ü"), ("o", "ö"), ("e", "é"), ("a", "ä")];
    let alias = subject.one("mailNickname")?;
    let (plain, letter) = letters.iter().find(|(plain, _)| alias.contains(plain))?;
    let _ = draw;
    let name = alias.replacen(plain, letter, 1);
    bench.is_free('n', &name).then(|| vec![("mailNickname", vec![name])])
}

fn longest_name(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Changes> {
    let name = subject.one("displayName")?;
    let long: String = format!("{name} {}", "Langenaam-".repeat(26)).chars().take(256).collect();
    Some(vec![("displayName", vec![long])])
}

/// Signs that mail standards allow before the @, though few people use them.
fn odd_signs(bench: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Changes> {
    let (place, primary) = subject.primary()?;
    let (local, domain) = primary.split_once('@')?;
    let address = format!("{local}&&&@{domain}");
    subject.one("targetAddress")?;
    bench.is_free('a', &address).then(|| {
        vec![
            ("mail", vec![address.clone()]),
            ("proxyAddresses", subject.proxies_with(place, format!("SMTP:{address}"))),
            ("targetAddress", vec![format!("SMTP:{address}")]),
        ]
    })
}

/// Several people of one name are no defect.
fn common_name(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Changes> {
    subject.one("displayName")?;
    Some(vec![("displayName", vec!["Jan Jansen".to_owned()])])
}

fn looks_built_in(_: &Bench<'_>, number: usize) -> ExtraObject {
    let names = ["Administratie Secretariaat", "Guesthouse Reservations", "Supportive Housing Desk"];
    let name = format!("{}{}", names[number % 3], numbered(number / 3));
    let account = name.split(' ').next().unwrap_or_default().to_lowercase();
    ExtraObject {
        account: format!("{account}{}", numbered(number / 3).trim()),
        display: name.clone(),
        name,
        more: Vec::new(),
    }
}

fn numbered(number: usize) -> String {
    if number == 0 { String::new() } else { format!(" {}", number + 1) }
}

fn service_of_the_cloud(_: &Bench<'_>, number: usize) -> ExtraObject {
    let account = format!("AAD_{:08x}", 0x4f1c_0000_u64 + number as u64);
    ExtraObject {
        name: account.clone(),
        display: "Directory synchronization agent".to_owned(),
        account,
        more: Vec::new(),
    }
}

/// An address of Exchange's own kind, with the spaces and brackets that it has.
fn x500_target(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Changes> {
    subject.one("targetAddress")?;
    let name = subject.one("mailNickname")?;
    let value =
        format!("X500:/o=Org/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn={name}");
    Some(vec![("targetAddress", vec![value])])
}

/// A security group that nobody mails needs no name for an address list either.
fn no_mail(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Changes> {
    let bare = subject.one("mail").is_none() && subject.all("proxyAddresses").is_empty();
    bare.then(|| vec![("displayName", Vec::new())])
}

/// Left out of synchronization by its name: whatever it lacks, nobody misses.
fn msol_contact(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Changes> {
    let name = subject.one("displayName")?;
    subject.one("mailNickname")?;
    Some(vec![
        ("displayName", vec![format!("{name} (MSOL)")]),
        ("msExchHideFromAddressLists", vec!["TRUE".to_owned()]),
        ("proxyAddresses", Vec::new()),
    ])
}

fn built_in(_: &Bench<'_>, number: usize) -> ExtraObject {
    let account = match number % 3 {
        0 => format!("HealthMailbox{:07x}", 0x4f1_c000 + number),
        1 => format!("MSOL_{:012x}", 0x9a3c_1f00_0000_u64 + number as u64),
        _ => format!("IUSR_WEB{number:02}"),
    };
    ExtraObject { name: account.clone(), account, display: " ".to_owned(), more: Vec::new() }
}

fn system_mailbox(_: &Bench<'_>, number: usize) -> ExtraObject {
    // arbitration, discovery, and a system mailbox, as Exchange numbers them
    let kind = ["8388608", "536870912", "16777216"][number % 3];
    let name = format!("Approval Assistant{}", numbered(number));
    ExtraObject {
        account: format!("SM_{:010x}", 0x00d4_77aa_0000_u64 + number as u64),
        name,
        display: " ".to_owned(),
        more: vec![("msExchRecipientTypeDetails", kind)],
    }
}

fn critical(_: &Bench<'_>, number: usize) -> ExtraObject {
    let name = format!("Key Custodian{}", numbered(number));
    let account = name.replace(' ', "");
    ExtraObject { name, account, display: " ".to_owned(), more: vec![("isCriticalSystemObject", "TRUE")] }
}

/// ITU-T E.123 puts spaces into international numbers.
fn spaced_number(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Changes> {
    let national = subject.one("telephoneNumber")?.strip_prefix("+31").filter(|rest| rest.len() == 9)?;
    let (area, line) = national.split_at(2);
    Some(vec![("telephoneNumber", vec![format!("+31 {area} {line}")])])
}

/// As many as go to the cloud.
fn fifteen_certificates(bench: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Changes> {
    Some(vec![("userCertificate", valid(bench, subject, draw, 15)?)])
}

/// 100 kilobytes to the octet.
fn largest_photo(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Changes> {
    subject.one("mail")?;
    Some(vec![("thumbnailPhoto", vec![to_text(&jpeg_of(102_400))])])
}

fn longest_extension(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Changes> {
    subject.one("mailNickname")?;
    Some(vec![("extensionAttribute9", vec!["x".repeat(250)])])
}

/// Hidden and disabled, as shared mailboxes may be.
fn hidden_shared_mailbox(_: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Changes> {
    subject.one("mailNickname").filter(|_| !subject.is_enabled())?;
    Some(vec![("msExchHideFromAddressLists", vec!["TRUE".to_owned()])])
}

impl ExtraObject {
    pub(super) fn upn(&self, bench: &Bench<'_>) -> String {
        bench.at(&self.account.to_lowercase())
    }

    /// Loads it below CN=Users and says what may not be touched.
    pub(super) fn load(
        self,
        directory: &mut Directory,
        upn: &str,
        now: SimTime,
        kind: &str,
    ) -> Option<Decoy> {
        let text = |value: &str| vec![value.as_bytes().to_vec()];
        let schema = directory.schema();
        let more = |(name, value): &(&str, &str)| Some((schema.attribute_id(name)?, text(value)));
        let more: Vec<_> = self.more.iter().filter_map(more).collect();
        if more.len() < self.more.len() {
            // without Exchange's schema there are no such mailboxes
            return None;
        }
        let mut attributes = more;
        attributes.extend([
            (attr::CN, text(&self.name)),
            (attr::DISPLAY_NAME, text(&self.display)),
            (attr::SAM_ACCOUNT_NAME, text(&self.account)),
            (attr::USER_PRINCIPAL_NAME, text(upn)),
            (attr::USER_ACCOUNT_CONTROL, text("66048")),
        ]);
        let object = NewObject {
            parent: directory.info().users,
            rdn: self.name.clone(),
            class: "user",
            attributes,
            guid: None,
            rid: None,
        };
        let id = directory.load(&UpdateContext::lenient(now), object);
        let looked_at = match kind {
            "SK04" => "sAMAccountName",
            "SK05" | "SK06" => self.more[0].0,
            _ => "cn",
        };
        decoy(directory, id, kind, looked_at)
    }
}

/// The record of an object as it is now.
pub(super) fn decoy(directory: &Directory, id: ObjectId, kind: &str, attribute: &str) -> Option<Decoy> {
    let entry = directory.entry(id)?;
    Some(Decoy {
        kind: kind.to_owned(),
        object: entry.guid(),
        attribute: attribute.to_owned(),
        value: values::read(directory, &entry, attribute),
    })
}
