//! A quick hash of names in any case, to find them by. Which objects come before others is decided by other
//! hashes, so that this one may change.

/// Of a text, without regard to the case of ASCII letters.
pub(super) fn quick(text: &[u8]) -> u64 {
    let (words, rest) = text.as_chunks::<8>();
    let mut hash = text.len() as u64;
    for word in words {
        hash = mix(hash ^ lower(u64::from_le_bytes(*word)));
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    mix(mix(hash ^ lower(u64::from_le_bytes(last))))
}

fn mix(word: u64) -> u64 {
    let product = u128::from(word ^ 0x2d35_8dcc_aa6c_78a5) * 0x9e37_79b9_7f4a_7c15;
    product as u64 ^ (product >> 64) as u64
}

/// Eight octets at once, those of `A` to `Z` as `a` to `z`.
fn lower(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let low = word & !HIGH;
    // the high bit of each octet: at least `A`, more than `Z`
    let from_a = low + EACH * (0x80 - b'A' as u64);
    let above_z = low + EACH * (0x7f - b'Z' as u64);
    word | ((from_a & !above_z & !word & HIGH) >> 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn eight_octets_are_lowered_as_one_by_one() {
        for octet in 0..=u8::MAX {
            let octets = [b'@', octet, b'Z', b'[', octet, 0xc1, b'A', octet];
            let expected = octets.map(|octet| octet.to_ascii_lowercase());
            assert_eq!(lower(u64::from_le_bytes(octets)).to_le_bytes(), expected, "{octet}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: crate::seed::plans(31), ..ProptestConfig::default() })]

        #[test]
        fn case_makes_no_difference_and_everything_else_does(text in "[a-cA-C\u{e9}]{0,20}", other in "[a-cA-C\u{e9}]{0,20}") {
            prop_assert_eq!(quick(text.as_bytes()), quick(text.to_ascii_uppercase().as_bytes()));
            let same = text.eq_ignore_ascii_case(&other);
            prop_assert_eq!(quick(text.as_bytes()) == quick(other.as_bytes()), same);
        }
    }
}
