//! Who holds which value: one sorted list of hashes over every object, so that duplicates are neighbours.

use super::proxy::smtp;
use super::sheet::{
    MAIL, MAIL_NICKNAME, PROXY_ADDRESSES, SAM_ACCOUNT_NAME, Sheet, Slot, TARGET_ADDRESS, USER_PRINCIPAL_NAME,
};

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
}

/// One value of one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Held {
    hash: u64,
    pub(super) object: u32,
    pub(super) slot: Slot,
    pub(super) nth: u16,
}

/// All values, sorted.
pub(super) struct Index {
    held: Vec<Held>,
    claimed: Vec<u64>,
}

impl Index {
    /// Of what the objects would hold when everything decided so far were applied.
    pub(super) fn build(sheet: &Sheet<'_>, skipped: &[bool]) -> Index {
        let mut held = Vec::with_capacity(skipped.len() * 5);
        for object in (0..skipped.len()).filter(|i| !skipped[*i]) {
            for slot in
                [MAIL, MAIL_NICKNAME, PROXY_ADDRESSES, SAM_ACCOUNT_NAME, TARGET_ADDRESS, USER_PRINCIPAL_NAME]
            {
                let object = object as u32;
                for (nth, value) in sheet.compared(object, slot).iter().enumerate() {
                    let (space, key) = key(slot, value);
                    held.push(Held { hash: hash(space, key), object, slot, nth: nth as u16 });
                }
            }
        }
        held.sort_unstable();
        Index { held, claimed: Vec::new() }
    }

    /// Runs of values with the same hash that more than one object holds.
    pub(super) fn shared(&self) -> impl Iterator<Item = &[Held]> {
        self.held
            .chunk_by(|a, b| a.hash == b.hash)
            .filter(|run| run.iter().any(|held| held.object != run[0].object))
    }

    /// Whether any object holds it, or it was given out before.
    pub(super) fn is_taken(&self, space: Space, key: &str) -> bool {
        let hash = hash(space, key);
        self.claimed.contains(&hash) || self.held.binary_search_by_key(&hash, |held| held.hash).is_ok()
    }

    /// Gives a value out.
    pub(super) fn claim(&mut self, space: Space, key: &str) {
        self.claimed.push(hash(space, key));
    }
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
        _ => (Space::Target, value),
    }
}

/// FNV-1a over the lower-case text, well spread at the end.
fn hash(space: Space, key: &str) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325 ^ space as u64;
    let mut eat = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    if key.is_ascii() {
        key.bytes().for_each(|byte| eat(byte.to_ascii_lowercase()));
    } else {
        key.to_lowercase().bytes().for_each(eat);
    }
    (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}
