//! People on their way from one forest into another.

use super::person::{Arrivals, CARD, MAILBOX, Person, people, text};
use crate::clock::SimTime;
use crate::directory::{Directory, Modification, ModifyOp, NewObject, UpdateContext, attr};
use crate::ids::Sid;

/// One in so many has moved.
const MOVED: usize = 5;
/// A security group of the domain, which may have members of other forests: groupType.
const DOMAIN_LOCAL: &str = "-2147483644";
/// The group of those who moved.
pub(super) const GROUP: &str = "Access of those who moved";

pub(super) fn arrange(from: &mut Directory, to: &mut Directory, now: SimTime) {
    let movers: Vec<Person> = people(from).into_iter().step_by(MOVED).collect();
    let mut arrivals = Arrivals::new(to, "Moved", now);
    let mut sids: Vec<Sid> = Vec::new();
    for (number, person) in movers.iter().enumerate() {
        let account = arrivals.account(person.text("sAMAccountName"));
        let mut attributes: Vec<(&str, Vec<Vec<u8>>)> =
            CARD.iter().chain(MAILBOX).map(|name| (*name, person.values(name).to_vec())).collect();
        attributes.extend([
            ("sAMAccountName", text(account)),
            ("userPrincipalName", person.values("userPrincipalName").to_vec()),
            ("userAccountControl", person.values("userAccountControl").to_vec()),
            ("employeeID", person.values("employeeID").to_vec()),
            ("msExchRecipientTypeDetails", text("1")),
            ("msExchRecipientDisplayType", text("1073741824")),
            ("sIDHistory", vec![person.sid.to_bytes()]),
        ]);
        if number % 2 == 0 {
            attributes.push(("mS-DS-ConsistencyGuid", vec![person.guid.to_bytes_le().to_vec()]));
        }
        let id = arrivals.load("user", person.text("displayName"), &attributes);
        sids.extend(arrivals.directory.entry(id).and_then(|entry| entry.sid()));
    }
    leave(from, &movers, &sids, now);
}

/// The accounts that are left go, and a group of the forest names those who moved.
fn leave(from: &mut Directory, movers: &[Person], sids: &[Sid], now: SimTime) {
    let context = UpdateContext::system(now);
    for person in movers {
        // protected against deletion or not there: then it stays, and is somebody with two accounts
        drop(from.delete(&context, &person.dn));
    }
    let group = NewObject {
        parent: from.info().domain,
        rdn: GROUP.to_owned(),
        class: "group",
        attributes: vec![
            (attr::SAM_ACCOUNT_NAME, text(GROUP)),
            (attr::GROUP_TYPE, text(DOMAIN_LOCAL)),
            (attr::DESCRIPTION, text("People of this forest who have an account in another one now")),
        ],
        guid: None,
        rid: None,
    };
    let id = from.load(&UpdateContext::lenient(now), group);
    let name = from.entry(id).map(|entry| entry.dn()).unwrap_or_default();
    let values = sids.iter().map(|sid| format!("<SID={sid}>").into_bytes()).collect();
    let add = Modification { op: ModifyOp::Add, attribute: "member".to_owned(), values };
    // SIDs of another forest are always taken
    drop(from.modify(&context, &name, &[add]));
}
