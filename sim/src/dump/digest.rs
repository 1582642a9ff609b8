//! A short name for a state: 128 bits that are stable over versions and machines.

use super::{Dump, DumpObject};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fmt;

/// 128 bits of a dump, shown as 32 hexadecimal digits.
///
/// It is not a cryptographic hash: it tells two states of an honest world apart. It is FNV-1a in its 128-bit
/// form (offset basis `6c62272e07bb014262b821756295c58d`, prime `2^88 + 0x13b`), as RFC 9923 defines it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest(pub u128);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

/// The digest of bytes.
pub fn digest_bytes(bytes: &[u8]) -> Digest {
    let mut state = OFFSET;
    feed(&mut state, bytes);
    Digest(state)
}

fn feed(state: &mut u128, bytes: &[u8]) {
    for byte in bytes {
        *state = (*state ^ u128::from(*byte)).wrapping_mul(PRIME);
    }
}

/// A length before each part, so that no two different dumps run into the same bytes.
fn feed_part(state: &mut u128, bytes: &[u8]) {
    feed(state, &(bytes.len() as u64).to_le_bytes());
    feed(state, bytes);
}

impl Digest {
    /// The digest of objects in this order.
    pub fn of<'a>(objects: impl IntoIterator<Item = &'a DumpObject>) -> Digest {
        let mut state = OFFSET;
        for object in objects {
            feed_object(&mut state, object);
        }
        Digest(state)
    }
}

/// Objects of a dump that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DumpPart<'a> {
    /// The objects, in the dump's order.
    pub objects: Vec<&'a DumpObject>,
    /// Their digest.
    pub digest: Digest,
}

impl Dump {
    /// The digest of the whole, and its parts by what they are called.
    pub fn digests(
        &self,
        part: impl Fn(&DumpObject) -> String + Sync,
    ) -> (Digest, BTreeMap<String, DumpPart<'_>>) {
        rayon::join(
            || self.digest(),
            || {
                let mut lists: BTreeMap<String, Vec<&DumpObject>> = BTreeMap::new();
                for object in self.objects() {
                    lists.entry(part(object)).or_default().push(object);
                }
                let digested = lists.into_par_iter().map(|(name, objects)| {
                    let digest = Digest::of(objects.iter().copied());
                    (name, DumpPart { objects, digest })
                });
                digested.collect()
            },
        )
    }

    /// The digest of all objects in their canonical order.
    pub fn digest(&self) -> Digest {
        Digest::of(self.objects())
    }
}

fn feed_object(state: &mut u128, object: &DumpObject) {
    feed_part(state, object.name.as_bytes());
    feed_part(state, object.class.as_bytes());
    feed(state, &(object.attributes.len() as u64).to_le_bytes());
    for (name, values) in &object.attributes {
        feed_part(state, name.as_bytes());
        feed(state, &(values.len() as u64).to_le_bytes());
        values.iter().for_each(|value| feed_part(state, value.as_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_fnv_1a_of_128_bits() {
        // test vectors of the FNV authors: "", "a" and "foobar"
        for (input, expected) in [
            ("", "6c62272e07bb014262b821756295c58d"),
            ("a", "d228cb696f1a8caf78912b704e4a8964"),
            ("foobar", "343e1662793c64bf6f0d3597ba446f18"),
        ] {
            assert_eq!(digest_bytes(input.as_bytes()).to_string(), expected, "{input}");
        }
    }
}
