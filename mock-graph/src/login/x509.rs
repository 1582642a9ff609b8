//! As much of X.509 as a client's assertion needs: the RSA key in a certificate.

/// DER tags.
const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;
/// `[0] EXPLICIT Version`.
const VERSION: u8 = 0xa0;

/// One element: its tag, its content, and what follows it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        // lengths of a certificate's parts take four bytes at most
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

fn tagged(der: &[u8], expected: u8) -> Option<(&[u8], &[u8])> {
    element(der).filter(|(tag, ..)| *tag == expected).map(|(_, content, rest)| (content, rest))
}

/// The subject's public key of a certificate (RFC 5280), as `RSAPublicKey` (RFC 8017).
pub(super) fn rsa_public_key(certificate: &[u8]) -> Option<&[u8]> {
    let (certificate, _) = tagged(certificate, SEQUENCE)?;
    let (mut fields, _) = tagged(certificate, SEQUENCE)?;
    if let Some((_, rest)) = tagged(fields, VERSION) {
        fields = rest;
    }
    // serial number, signature algorithm, issuer, validity, subject
    for _ in 0..5 {
        (_, _, fields) = element(fields)?;
    }
    let (key, _) = tagged(fields, SEQUENCE)?;
    let (_, _, bits) = element(key)?;
    let (bits, _) = tagged(bits, BIT_STRING)?;
    // the first byte counts the unused bits at the end
    bits.strip_prefix(&[0]).filter(|key| key.first() == Some(&SEQUENCE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_key_in_a_certificate_is_found() {
        let signed = rcgen::generate_simple_self_signed(["contoso.com".to_owned()]).unwrap();
        // an elliptic key is no RSA key
        assert_eq!(rsa_public_key(signed.cert.der()), None);
        let world = forestbed_sim::tenant::Client::certificate_and_key().0;
        let text: String = world.lines().filter(|line| !line.starts_with('-')).collect();
        let der = crate::jwt::from_base64(&text).unwrap();
        let key = rsa_public_key(&der).unwrap();
        // 2048 bits of modulus and the exponent 65537
        assert!(key.ends_with(&[0x02, 0x03, 0x01, 0x00, 0x01]) && key.len() == 270, "{}", key.len());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn arbitrary_bytes_are_read_to_their_end_at_most(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
            let _ = rsa_public_key(&bytes);
        }
    }
}
