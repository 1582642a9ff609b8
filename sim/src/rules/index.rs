//! Who holds which value: a key for each value that nobody may share, and records of who holds it, sorted so
//! that duplicates are neighbours.

use super::ObjectView;
use super::account::own_alias;
use super::attributes::slot_of;
use super::facts::dn_digest;
use super::person::{Recipient, recipient};
use super::proxy::{primary, smtp};
use super::sheet::{
    CONSISTENCY_GUID, MAIL, MAIL_NICKNAME, PROXY_ADDRESSES, SAM_ACCOUNT_NAME, Sheet, Slot, TARGET_ADDRESS,
    USER_PRINCIPAL_NAME, WHEN_CREATED,
};
use super::stream::Record;

/// What kind of name a value is: only within one are values compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    /// mail, SMTP proxy addresses and userPrincipalName together.
    Address,
    /// Proxy addresses of other types, with their prefix.
    OtherProxy,
    Alias,
    Account,
    Target,
    /// Source anchors: written ones, and the objectGUIDs that stand in for them.
    Anchor,
}

/// A value without regard to case, by its hash: as good as unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key(pub(super) u64, pub(super) u64);

impl Key {
    /// Two hashes in one pass over the lower-case text, well spread at the end.
    pub(super) fn of(space: Space, text: &str) -> Key {
        let (mut a, mut b) =
            (0xcbf2_9ce4_8422_2325u64 ^ space as u64, 0x9e37_79b9_7f4a_7c15u64 + space as u64);
        let mut eat = |byte: u8| {
            a = (a ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
            b = (b.rotate_left(5) ^ u64::from(byte)).wrapping_mul(0x517c_c1b7_2722_0a95);
        };
        if text.is_ascii() {
            text.bytes().for_each(|byte| eat(byte.to_ascii_lowercase()));
        } else {
            text.to_lowercase().bytes().for_each(eat);
        }
        Key((a ^ (a >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9), b ^ (b >> 32))
    }
}

/// The attributes whose values are keys, in the order in which what is said of them is applied.
pub(super) const KEYED: [Slot; 8] = [
    PROXY_ADDRESSES,
    MAIL,
    MAIL_NICKNAME,
    SAM_ACCOUNT_NAME,
    TARGET_ADDRESS,
    USER_PRINCIPAL_NAME,
    CONSISTENCY_GUID,
    // addresses of other types
    PROXY_ADDRESSES,
];
/// The last place in [`KEYED`].
const OTHER_PROXY: usize = 7;

/// What must be known of who holds a value, in bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Marks(u32);

/// The value stands there as it is, not only once repaired.
pub(super) const RAW: u32 = 0x0008;
/// The object's primary address is this one.
pub(super) const PRIMARY: u32 = 0x0010;
/// The object's account is enabled.
pub(super) const ENABLED: u32 = 0x0020;
/// The object has a mailbox.
pub(super) const MAILBOX: u32 = 0x0040;
/// The object has a userPrincipalName.
pub(super) const HAS_UPN: u32 = 0x0080;
/// Of mail: its repair is another value than this one.
pub(super) const SETTLED: u32 = 0x0100;
/// Of an alias: it is the local part of the object's own address. Of a source anchor: it is the object's own
/// objectGUID.
pub(super) const OWN: u32 = 0x0200;
/// The object is a contact.
pub(super) const CONTACT: u32 = 0x0400;
/// The object is a group.
pub(super) const GROUP: u32 = 0x0800;
/// The object has no SMTP address but this one.
pub(super) const ALONE: u32 = 0x1000;
/// The object is a linked mailbox.
pub(super) const LINKED: u32 = 0x2000;
const FOREST: u32 = 16;

impl Marks {
    /// What holds of one or the other.
    pub(super) fn with(self, other: Marks) -> Marks {
        Marks(self.0 | other.0)
    }

    /// Place of the attribute in [`KEYED`].
    pub(super) fn phase(self) -> usize {
        (self.0 & 7) as usize
    }

    pub(super) fn has(self, bits: u32) -> bool {
        self.0 & bits == bits
    }

    pub(super) fn forest(self) -> u16 {
        (self.0 >> FOREST) as u16
    }
}

/// One value of one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Held {
    pub(super) key: Key,
    /// Age and name of the object, the eldest first: an order that does not depend on the order of arrival.
    pub(super) rank: u64,
    pub(super) object: u32,
    pub(super) marks: Marks,
}

impl Held {
    /// When the object was created; the same number, the same second.
    pub(super) fn created(&self) -> u64 {
        self.rank >> NAME_BITS
    }
}

impl Record for Held {
    const OCTETS: usize = 32;

    fn write(&self, out: &mut Vec<u8>) {
        for part in [self.key.0, self.key.1, self.rank] {
            out.extend_from_slice(&part.to_le_bytes());
        }
        out.extend_from_slice(&self.object.to_le_bytes());
        out.extend_from_slice(&self.marks.0.to_le_bytes());
    }

    fn read(octets: &[u8]) -> Held {
        let long = |at: usize| octets[at..at + 8].iter().rev().fold(0u64, |sum, b| sum << 8 | u64::from(*b));
        let tail = long(24);
        Held {
            key: Key(long(0), long(8)),
            rank: long(16),
            object: tail as u32,
            marks: Marks((tail >> 32) as u32),
        }
    }
}

const NAME_BITS: u32 = 30;

/// By second of creation (objects without one last), then by a hash of name and objectGUID.
fn rank(view: &ObjectView, name: u64) -> u64 {
    // as many bits as those of the name leave
    const UNKNOWN: u64 = 0x3_ffff_ffff;
    let digits = view.slot(WHEN_CREATED).first().and_then(|time| time.as_bytes().get(..14));
    let created = digits.filter(|digits| digits.iter().all(u8::is_ascii_digit)).map_or(UNKNOWN, |digits| {
        let part = |range: std::ops::Range<usize>| {
            digits[range].iter().fold(0u64, |sum, digit| sum * 10 + u64::from(digit - b'0'))
        };
        let days = ((part(0..4).saturating_sub(1600) * 13) + part(4..6)) * 32 + part(6..8);
        (((days * 24 + part(8..10)) * 60 + part(10..12)) * 60 + part(12..14)).min(UNKNOWN - 1)
    });
    let guid = view.guid.map_or(0, |guid| {
        guid.to_bytes().iter().fold(0u64, |sum, byte| sum.rotate_left(7) ^ u64::from(*byte))
    });
    let name = (name ^ guid).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    created << NAME_BITS | name >> (u64::BITS - NAME_BITS)
}

/// The keys of what the object would hold when everything decided so far were applied.
pub(super) fn keys_of(sheet: &Sheet<'_>, object: u32, view: &ObjectView, out: &mut Vec<Held>) {
    let rank = rank(view, dn_digest(&view.dn));
    let flag = |is: bool, bit: u32| if is { bit } else { 0 };
    let common = flag(view.is_enabled(), ENABLED)
        | flag(view.has_mailbox(), MAILBOX)
        | flag(!view.slot(USER_PRINCIPAL_NAME).is_empty(), HAS_UPN)
        | flag(view.class == "contact", CONTACT)
        | flag(view.class == "group", GROUP)
        | flag(recipient(view) == Recipient::Linked, LINKED)
        | u32::from(view.forest) << FOREST;
    let contact = view.class == "contact";
    let mut addresses: Vec<Key> = Vec::new();
    if contact {
        let current = sheet.current(object, PROXY_ADDRESSES).iter().filter_map(|value| smtp(value));
        addresses.extend(current.map(|(address, _)| Key::of(Space::Address, address.trim())));
    }
    let address = primary(sheet.current(object, PROXY_ADDRESSES)).map(|a| Key::of(Space::Address, a.trim()));
    for (phase, slot) in KEYED[..OTHER_PROXY].iter().copied().enumerate() {
        let (values, original) = (sheet.compared(object, slot), sheet.original(object, slot));
        // what is not UTF-8 is compared with nothing: a list that is resolved is written anew, and it could not be
        let broken = view.not_utf8().any(|(name, ..)| slot_of(name) == Some(slot));
        if broken || values.is_empty() && slot != CONSISTENCY_GUID {
            continue;
        }
        let same = std::ptr::eq(values, original);
        let before: Vec<Key> = match same {
            true => Vec::new(),
            false => sorted(original.iter().map(|value| key_of(slot, value)).collect()),
        };
        for value in values {
            let (space, text) = key(slot, value);
            let key = Key::of(space, text);
            let phase = if space == Space::OtherProxy { OTHER_PROXY } else { phase };
            // a mail with white space around it is not the mail as it is
            let tidy = slot != MAIL || original.iter().all(|value| value.trim().len() == value.len());
            let raw = tidy && (same || before.binary_search(&key).is_ok());
            let own = match slot {
                MAIL_NICKNAME => own_alias(sheet, object).is_some_and(|a| a.eq_ignore_ascii_case(text)),
                CONSISTENCY_GUID => view.guid.is_some_and(|guid| guid.to_string().eq_ignore_ascii_case(text)),
                _ => false,
            };
            let repaired = || sheet.current_first(object, MAIL).map(|mail| key_of(MAIL, mail));
            let settled = slot == MAIL && repaired().is_some_and(|repaired| repaired != key);
            let marks = common
                | phase as u32
                | flag(raw, RAW)
                | flag(address == Some(key), PRIMARY)
                | flag(own, OWN)
                | flag(contact && addresses.iter().all(|other| *other == key), ALONE)
                | flag(settled, SETTLED);
            out.push(Held { key, rank, object, marks: Marks(marks) });
        }
        if slot == CONSISTENCY_GUID
            && values.is_empty()
            && let Some(guid) = view.guid
        {
            let key = Key::of(Space::Anchor, &guid.to_string());
            out.push(Held { key, rank, object, marks: Marks(common | phase as u32 | OWN) });
        }
    }
}

fn sorted(mut keys: Vec<Key>) -> Vec<Key> {
    keys.sort_unstable();
    keys
}

/// The part of a value that is compared, and where.
pub(super) fn key(slot: Slot, value: &str) -> (Space, &str) {
    match slot {
        MAIL | USER_PRINCIPAL_NAME => (Space::Address, value.trim()),
        PROXY_ADDRESSES => match smtp(value) {
            Some((address, _)) => (Space::Address, address.trim()),
            None => (Space::OtherProxy, value),
        },
        MAIL_NICKNAME => (Space::Alias, value),
        SAM_ACCOUNT_NAME => (Space::Account, value),
        CONSISTENCY_GUID => (Space::Anchor, value),
        _ => (Space::Target, value),
    }
}

/// The key of a value.
pub(super) fn key_of(slot: Slot, value: &str) -> Key {
    let (space, text) = key(slot, value);
    Key::of(space, text)
}

#[cfg(test)]
mod tests;
