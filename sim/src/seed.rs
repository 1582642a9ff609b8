//! Randomness as a value: one seed, one stream per purpose and object.

use crate::ids::Guid;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// The seed that an estate grows from when nobody names one.
pub const DEFAULT_SEED: u64 = 42;

/// The source of every random choice in a world.
///
/// It is not a generator: it hands out independent streams, so that what is drawn for object *i* can be
/// made alone, in any order and on any number of threads, and a new attribute shifts nothing else.
///
/// ```
/// use forestbed_sim::seed::Seed;
/// let seed = Seed::new(7);
/// assert_eq!(seed.guid("user", "ada@contoso.com", 0), Seed::new(7).guid("user", "ada@contoso.com", 0));
/// assert_ne!(seed.guid("user", "ada@contoso.com", 0), seed.guid("user", "ada@contoso.com", 1));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(u64);

impl Default for Seed {
    fn default() -> Seed {
        Seed(DEFAULT_SEED)
    }
}

impl Seed {
    /// A source that is the same for the same number, on every machine.
    pub fn new(value: u64) -> Seed {
        Seed(value)
    }

    /// The number that it was made from.
    pub fn value(self) -> u64 {
        self.0
    }

    /// A stream of its own for one purpose (`"population/name"`) and one object's index.
    pub fn stream(self, purpose: &str, index: u64) -> ChaCha8Rng {
        let mut key = [0u8; 32];
        for (lane, chunk) in key.chunks_exact_mut(8).enumerate() {
            let hash = mix(&[&self.0.to_le_bytes(), &[lane as u8, b's'], purpose.as_bytes()]);
            chunk.copy_from_slice(&hash.to_le_bytes());
        }
        let mut rng = ChaCha8Rng::from_seed(key);
        rng.set_stream(index);
        rng
    }

    /// 64 bits that depend on the seed, a kind, a natural key and how often that key was used before.
    pub fn hash(self, kind: &str, key: &str, nth: u64) -> u64 {
        mix(&[&self.0.to_le_bytes(), kind.as_bytes(), &[0], key.as_bytes(), &[0], &nth.to_le_bytes()])
    }

    /// An identifier of the form that Active Directory and Entra ID give (random, version 4), from the same
    /// inputs as [`Seed::hash`]: so concurrent clients that create objects do not change each other's ids.
    pub fn guid(self, kind: &str, key: &str, nth: u64) -> Guid {
        let nth = nth.to_le_bytes();
        let half = |lane: u8| {
            mix(&[&self.0.to_le_bytes(), &[lane, b'g'], kind.as_bytes(), &[0], key.as_bytes(), &[0], &nth])
        };
        let mut bytes = [0u8; 16];
        bytes[..8].copy_from_slice(&half(0).to_be_bytes());
        bytes[8..].copy_from_slice(&half(1).to_be_bytes());
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Guid::from_bytes(bytes)
    }
}

/// FNV-1a over all parts with lengths, finished by the SplitMix64 permutation. Not a cryptographic hash:
/// it only has to be stable and well spread.
fn mix(parts: &[&[u8]]) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut eat = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    for part in parts {
        part.iter().for_each(|byte| eat(*byte));
        (part.len() as u32).to_le_bytes().iter().for_each(|byte| eat(*byte));
    }
    let mut z = hash.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// What tests over random plans begin with: the same plans each time, unless the environment names others.
#[cfg(test)]
pub(crate) fn plans(usual: u64) -> proptest::test_runner::RngSeed {
    let named = std::env::var("PROPTEST_RNG_SEED").ok().and_then(|text| text.parse().ok());
    proptest::test_runner::RngSeed::Fixed(named.unwrap_or(usual))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::rand_core::Rng;

    #[test]
    fn a_stream_depends_on_purpose_and_index_and_on_nothing_else() {
        let draw = |purpose: &str, index| Seed::new(7).stream(purpose, index).next_u64();
        assert_eq!(draw("name", 3), draw("name", 3));
        assert_ne!(draw("name", 3), draw("name", 4));
        assert_ne!(draw("name", 3), draw("title", 3));
        assert_ne!(Seed::new(8).stream("name", 3).next_u64(), draw("name", 3));
    }

    #[test]
    fn a_generated_id_is_a_random_guid_of_version_4() {
        let text = Seed::default().guid("group", "sales", 0).to_string();
        assert_eq!(&text[14..15], "4");
        assert!(matches!(&text[19..20], "8" | "9" | "a" | "b"));
    }
}
