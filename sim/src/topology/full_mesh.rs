//! Everybody's contacts everywhere.

use super::person::{Arrivals, CARD, Person, people, text};
use crate::clock::SimTime;
use crate::directory::Directory;

/// Recipient type of a mail contact: msExchRecipientTypeDetails and msExchRecipientDisplayType.
const MAIL_CONTACT: (&str, &str) = ("64", "6");

pub(super) fn arrange(forests: &mut [&mut Directory], now: SimTime) {
    // who is whose contact is settled before the first contact is made
    let everybody: Vec<(String, Vec<Person>)> =
        forests.iter().map(|forest| (forest.info().netbios.clone(), people(forest))).collect();
    for (number, forest) in forests.iter_mut().enumerate() {
        for (other, (netbios, people)) in everybody.iter().enumerate() {
            if other == number {
                continue;
            }
            let mut arrivals = Arrivals::new(forest, &format!("GAL {netbios}"), now);
            people.iter().for_each(|person| contact(&mut arrivals, person));
        }
    }
}

fn contact(arrivals: &mut Arrivals<'_>, person: &Person) {
    let mail = person.text("mail");
    let mut attributes: Vec<(&str, Vec<Vec<u8>>)> =
        CARD.iter().map(|name| (*name, person.values(name).to_vec())).collect();
    attributes.extend([
        ("mail", text(mail)),
        ("mailNickname", text(person.text("mailNickname"))),
        ("targetAddress", text(format!("SMTP:{mail}"))),
        ("proxyAddresses", text(format!("SMTP:{mail}"))),
        ("msExchRecipientTypeDetails", text(MAIL_CONTACT.0)),
        ("msExchRecipientDisplayType", text(MAIL_CONTACT.1)),
    ]);
    arrivals.load("contact", person.text("displayName"), &attributes);
}
