//! The people of a directory, in an order that only the seed decides.

use forestbed_sim::directory::{Directory, Entry, ObjectId};
use forestbed_sim::seed::Seed;

/// Bit of `userAccountControl`: the account is disabled.
const ACCOUNT_DISABLED: i64 = 2;

/// The people with an enabled account, sorted by objectGUID: no built-in, service or room account.
pub(super) fn people(directory: &Directory) -> Vec<ObjectId> {
    let mut people: Vec<_> = directory
        .ids()
        .filter_map(|id| directory.entry(id))
        .filter(is_person)
        .map(|entry| (entry.guid(), entry.id()))
        .collect();
    people.sort_unstable();
    people.into_iter().map(|(_, id)| id).collect()
}

fn is_person(entry: &Entry<'_>) -> bool {
    entry.is_class("user")
        && !entry.is_deleted()
        && entry.has("department")
        && entry.has("userPrincipalName")
        && entry.int("userAccountControl").is_none_or(|flags| flags & ACCOUNT_DISABLED == 0)
}

/// So many of `from`, drawn by the seed for one purpose, in the order of the draw.
pub(super) fn draw<T: Copy>(from: &[T], count: usize, seed: Seed, purpose: &str) -> Vec<T> {
    let mut pool = from.to_vec();
    let taken = count.min(pool.len());
    for place in 0..taken {
        let left = (pool.len() - place) as u64;
        let offset = seed.hash(purpose, "draw", place as u64) % left;
        pool.swap(place, place + offset as usize);
    }
    pool.truncate(taken);
    pool
}
