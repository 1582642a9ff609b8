//! The hash of index keys: stable, quick, and blind to case where matching is.

/// FNV-1a with a finishing permutation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hasher(u64);

impl Hasher {
    /// For keys of one kind.
    pub(crate) fn new(kind: u64) -> Hasher {
        Hasher(0xcbf2_9ce4_8422_2325 ^ kind.wrapping_mul(0xff51_afd7_ed55_8ccd))
    }

    fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.byte(*byte));
    }

    /// Text that matches without regard to case.
    pub(crate) fn folded(&mut self, text: &str) {
        if text.is_ascii() {
            text.bytes().for_each(|byte| self.byte(byte.to_ascii_lowercase()));
            return;
        }
        let mut buffer = [0u8; 4];
        for c in text.chars().flat_map(char::to_lowercase) {
            self.bytes(c.encode_utf8(&mut buffer).as_bytes());
        }
    }

    pub(crate) fn finish(self) -> u64 {
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }
}

/// Whether two strings match without regard to case.
pub(crate) fn same_folded(a: &str, b: &str) -> bool {
    if a.is_ascii() && b.is_ascii() {
        return a.eq_ignore_ascii_case(b);
    }
    a.chars().flat_map(char::to_lowercase).eq(b.chars().flat_map(char::to_lowercase))
}

/// Lower case, as matching sees it.
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().flat_map(char::to_lowercase).collect()
}
