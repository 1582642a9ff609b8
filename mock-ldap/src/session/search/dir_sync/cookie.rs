//! The cookie of DirSync: opaque to clients, and all that is kept between two of their requests. Its layout is
//! ours (docs/decisions/0012); its content is what Active Directory's has (MS-DRSR 5.115.2.1): the database
//! instance, and two update sequence numbers in it.

use forestbed_sim::ids::Guid;
use forestbed_sim::seed::Seed;
use std::fmt::Write as _;

/// How a cookie begins: its kind and the version of its layout.
const MAGIC: [u8; 6] = *b"FBDS\x01\x00";
/// Octets of a cookie.
const LENGTH: usize = 62;
/// Octets that the check value covers.
const CHECKED: usize = LENGTH - 8;

/// How far a client has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cookie {
    /// `objectGUID` of the head of the naming context.
    pub(super) context: Guid,
    /// The database instance that gave the numbers.
    pub(super) invocation: Guid,
    /// Attributes that changed at or before this one are known.
    pub(super) known: u64,
    /// Objects that changed last at or before this one have been looked at since. Equal to `known` between
    /// two rounds.
    pub(super) seen: u64,
}

impl Cookie {
    /// As a client carries it. The check value depends on the seed of the estate.
    pub(super) fn to_bytes(self, seed: Seed) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&self.context.to_bytes());
        bytes.extend_from_slice(&self.invocation.to_bytes());
        bytes.extend_from_slice(&self.known.to_be_bytes());
        bytes.extend_from_slice(&self.seen.to_be_bytes());
        let check = check(&bytes, seed);
        bytes.extend_from_slice(&check.to_be_bytes());
        bytes
    }

    /// From what a client brought; none when no server of this estate made it.
    pub(super) fn read(bytes: &[u8], seed: Seed) -> Option<Cookie> {
        let bytes: &[u8; LENGTH] = bytes.try_into().ok()?;
        let (checked, given) = bytes.split_at(CHECKED);
        if !checked.starts_with(&MAGIC) || check(checked, seed).to_be_bytes() != given {
            return None;
        }
        let guid = |at: usize| Some(Guid::from_bytes(checked.get(at..at + 16)?.try_into().ok()?));
        let number = |at: usize| Some(u64::from_be_bytes(checked.get(at..at + 8)?.try_into().ok()?));
        let cookie =
            Cookie { context: guid(6)?, invocation: guid(22)?, known: number(38)?, seen: number(46)? };
        (cookie.known <= cookie.seen).then_some(cookie)
    }
}

fn check(bytes: &[u8], seed: Seed) -> u64 {
    let text = bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    seed.hash("DirSync cookie", &text, 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cookie() -> impl Strategy<Value = Cookie> {
        (any::<[u8; 16]>(), any::<[u8; 16]>(), any::<u64>(), any::<u64>()).prop_map(|(a, b, c, d)| Cookie {
            context: Guid::from_bytes(a),
            invocation: Guid::from_bytes(b),
            known: c.min(d),
            seen: c.max(d),
        })
    }

    proptest! {
        #[test]
        fn a_cookie_is_read_back_by_its_own_estate_only(cookie in cookie(), seed: u64, other: u64) {
            let bytes = cookie.to_bytes(Seed::new(seed));
            prop_assert_eq!(bytes.len(), LENGTH);
            prop_assert_eq!(Cookie::read(&bytes, Seed::new(seed)), Some(cookie));
            if other != seed {
                prop_assert_eq!(Cookie::read(&bytes, Seed::new(other)), None);
            }
        }

        #[test]
        fn a_cookie_with_any_bit_changed_is_refused(cookie in cookie(), at in 0..LENGTH * 8) {
            let mut bytes = cookie.to_bytes(Seed::default());
            bytes[at / 8] ^= 1 << (at % 8);
            prop_assert_eq!(Cookie::read(&bytes, Seed::default()), None);
        }

        #[test]
        fn arbitrary_octets_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(Cookie::read(&bytes, Seed::default()), None);
        }

        #[test]
        fn a_cookie_that_is_cut_or_longer_is_refused(cookie in cookie(), cut in 0..LENGTH, more in prop::collection::vec(any::<u8>(), 1..40)) {
            let bytes = cookie.to_bytes(Seed::default());
            prop_assert_eq!(Cookie::read(&bytes[..cut], Seed::default()), None);
            prop_assert_eq!(Cookie::read(&[bytes, more].concat(), Seed::default()), None);
        }
    }
}
