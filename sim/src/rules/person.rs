//! Who an object is to the rules about people: a person with a mailbox, or a mailbox that nobody logs on to.

use super::ObjectView;
use super::sheet::{GIVEN_NAME, MAIL, RECIPIENT_TYPE, SN};

/// What msExchRecipientTypeDetails says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recipient {
    /// A person's mailbox, here, linked, or in the cloud; or nothing was said.
    Person,
    Linked,
    /// A shared, room or equipment mailbox, here or in the cloud.
    Resource,
    Other,
}

const LINKED: &str = "2";

pub(super) fn recipient(view: &ObjectView) -> Recipient {
    match view.slot(RECIPIENT_TYPE).first().map(String::as_str) {
        None | Some("1" | "2147483648") => Recipient::Person,
        Some(LINKED) => Recipient::Linked,
        // shared, room, equipment; and the remote room, equipment and shared mailboxes
        Some("4" | "16" | "32" | "8589934592" | "17179869184" | "34359738368") => Recipient::Resource,
        Some(_) => Recipient::Other,
    }
}

pub(super) fn is_user(view: &ObjectView) -> bool {
    matches!(view.class.as_str(), "user" | "inetOrgPerson")
}

/// A person whom the address list shows: an account with a name of its own and mail, that is no room, shared
/// mailbox or account of a service.
pub(super) fn is_person(view: &ObjectView) -> bool {
    is_user(view)
        && !view.slot(MAIL).is_empty()
        && (!view.slot(GIVEN_NAME).is_empty() || !view.slot(SN).is_empty())
        && matches!(recipient(view), Recipient::Person | Recipient::Linked)
}
