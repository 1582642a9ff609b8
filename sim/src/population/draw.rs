//! Drawing: one stream a purpose, a part of it for each object.

use crate::seed::Seed;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng as _;

/// One purpose: hands out the stream of each object. The same streams as [`Seed::stream`] gives, without
/// deriving the key again for each object.
pub(crate) struct Purpose(ChaCha8Rng);

impl Purpose {
    pub(crate) fn new(seed: Seed, name: &str) -> Purpose {
        Purpose(seed.stream(name, 0))
    }

    pub(crate) fn of(&self, index: usize) -> Draw {
        let mut rng = self.0.clone();
        rng.set_stream(index as u64);
        Draw(rng)
    }
}

/// The draws for one object and one purpose.
pub(crate) struct Draw(ChaCha8Rng);

impl Draw {
    /// A number from 0 up to and without `bound` (0 when that is 0).
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.0.next_u64()) * bound as u128) >> 64) as usize
    }

    /// True so many times in a hundred.
    pub(crate) fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of these; there must be one.
    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// Which one of these weights.
    pub(crate) fn weighted(&mut self, weights: &[usize]) -> usize {
        let mut left = self.below(weights.iter().sum());
        for (i, weight) in weights.iter().enumerate() {
            match left.checked_sub(*weight) {
                Some(rest) => left = rest,
                None => return i,
            }
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_hands_out_the_streams_of_the_seed() {
        let seed = Seed::new(5);
        let mut direct = seed.stream("population/name", 77);
        assert_eq!(Purpose::new(seed, "population/name").of(77).0.next_u64(), direct.next_u64());
    }

    #[test]
    fn weights_are_kept_roughly() {
        let mut draw = Purpose::new(Seed::new(1), "test").of(0);
        let hits = (0..10_000).filter(|_| draw.weighted(&[1, 3]) == 1).count();
        assert!((7_200..7_800).contains(&hits), "{hits}");
    }
}
