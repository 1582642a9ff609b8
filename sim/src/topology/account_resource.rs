//! Accounts in one forest, their mailboxes in another.

use super::person::{Arrivals, CARD, MAILBOX, Person, people, text};
use crate::clock::SimTime;
use crate::directory::{Directory, UpdateContext};
use crate::ids::Sid;
use crate::seed::Seed;

/// A linked mailbox: msExchRecipientTypeDetails and msExchRecipientDisplayType (directory-sync.md 1.3).
const LINKED_MAILBOX: (&str, &str) = ("2", "1073741824");
/// A normal account that is disabled.
const DISABLED: &str = "514";
/// One mailbox in so many has lost its master.
const ORPHANS: usize = 20;
/// Where the relative ids of masters begin that are nobody's any more.
const GONE: u32 = 0x7000_0000;

pub(super) fn arrange(accounts: &mut Directory, resources: &mut Directory, seed: Seed, now: SimTime) {
    let people = people(accounts);
    let home = resources.info().dns.clone();
    let domain = accounts.info().sid.clone();
    let mut arrivals = Arrivals::new(resources, "Linked Mailboxes", now);
    for person in &people {
        let name = person.text("displayName");
        let kept: Vec<(&str, Vec<Vec<u8>>)> =
            CARD.iter().chain(MAILBOX).map(|name| (*name, person.values(name).to_vec())).collect();
        mailbox(&mut arrivals, name, person.text("sAMAccountName"), &home, &person.sid, kept);
    }
    orphans(&mut arrivals, &people, (&domain, &home), seed);
    let context = UpdateContext::lenient(now);
    for person in &people {
        let of_exchange = ["targetAddress", "msExchRecipientTypeDetails", "msExchRecipientDisplayType"];
        for attribute in MAILBOX.iter().chain(&of_exchange) {
            if let Some(id) = accounts.schema().attribute_id(attribute) {
                accounts.load_values(&context, person.id, id, Vec::new());
            }
        }
    }
}

fn mailbox(
    arrivals: &mut Arrivals<'_>,
    name: &str,
    account: &str,
    home: &str,
    master: &Sid,
    mut attributes: Vec<(&str, Vec<Vec<u8>>)>,
) {
    let account = arrivals.account(account);
    attributes.extend([
        ("userPrincipalName", text(format!("{account}@{home}"))),
        ("sAMAccountName", text(account)),
        ("userAccountControl", text(DISABLED)),
        ("msExchMasterAccountSid", vec![master.to_bytes()]),
        ("msExchRecipientTypeDetails", text(LINKED_MAILBOX.0)),
        ("msExchRecipientDisplayType", text(LINKED_MAILBOX.1)),
    ]);
    arrivals.load("user", name, &attributes);
}

/// Mailboxes whose master is in neither forest: names that are put together of two people's.
fn orphans(arrivals: &mut Arrivals<'_>, people: &[Person], (domain, home): (&Sid, &str), seed: Seed) {
    if people.is_empty() {
        return;
    }
    for number in 0..(people.len() / ORPHANS).max(1) {
        let pick = |what: &str| {
            let at = seed.hash("topology/orphan", what, number as u64) % people.len() as u64;
            &people[at as usize]
        };
        let (given, family) = (pick("given"), pick("family"));
        let suffix = given.text("mail").rsplit_once('@').map_or(home, |(_, suffix)| suffix);
        let alias = format!("former.mailbox{}", number + 1);
        let mail = format!("{alias}@{suffix}");
        let name = format!("{} {}", given.text("givenName"), family.text("sn"));
        let attributes = vec![
            ("displayName", text(name.as_str())),
            ("givenName", given.values("givenName").to_vec()),
            ("sn", family.values("sn").to_vec()),
            ("mail", text(mail.as_str())),
            ("mailNickname", text(alias.as_str())),
            ("proxyAddresses", text(format!("SMTP:{mail}"))),
        ];
        let master = domain.with_rid(GONE + number as u32);
        mailbox(arrivals, &name, &alias, home, &master, attributes);
    }
}
