//! The stream cipher of NTLM (RC4; RFC 6229 has its test vectors). Broken for new uses, and what the protocol
//! asks for. Its state can be copied, which SPNEGO's signatures need and the `rc4` crate does not promise.

/// A key stream and how far it has been used.
#[derive(Clone)]
pub(super) struct Arcfour {
    state: [u8; 256],
    i: u8,
    j: u8,
}

impl Arcfour {
    /// From a key of 1 to 256 octets; further ones do not count.
    pub(super) fn new(key: &[u8]) -> Arcfour {
        let mut state = [0u8; 256];
        (0..=255u8).zip(&mut state).for_each(|(number, place)| *place = number);
        let mut j = 0u8;
        for (i, octet) in (0..256).zip(key.iter().cycle()) {
            j = j.wrapping_add(state[i]).wrapping_add(*octet);
            state.swap(i, usize::from(j));
        }
        Arcfour { state, i: 0, j: 0 }
    }

    /// Encrypts or decrypts in place.
    pub(super) fn apply(&mut self, data: &mut [u8]) {
        for octet in data {
            self.i = self.i.wrapping_add(1);
            let (i, before) = (usize::from(self.i), self.j);
            self.j = before.wrapping_add(self.state[i]);
            let j = usize::from(self.j);
            self.state.swap(i, j);
            *octet ^= self.state[usize::from(self.state[i].wrapping_add(self.state[j]))];
        }
    }
}

impl std::fmt::Debug for Arcfour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Arcfour")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_stream_is_that_of_the_published_vectors() {
        // RFC 6229 section 2: 40-bit and 128-bit keys, offset 0
        let longer: Vec<u8> = (1..=16).collect();
        for (key, stream) in [
            (&[1, 2, 3, 4, 5][..], [0xb2, 0x39, 0x63, 0x05, 0xf0, 0x3d, 0xc0, 0x27]),
            (&longer, [0x9a, 0xc7, 0xcc, 0x9a, 0x60, 0x9d, 0x1e, 0xf7]),
        ] {
            let mut data = [0u8; 8];
            Arcfour::new(key).apply(&mut data);
            assert_eq!(data, stream, "{key:?}");
        }
    }
}
