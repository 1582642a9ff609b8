//! Who a client's certificate says it is (RFC 5280, MS-ADTS 5.1.1.2, and the forms of `altSecurityIdentities`
//! that Windows maps by). Whether the certificate is to be trusted has been decided before, by TLS.

use crate::ber::{Malformed, Reader, tag};
use std::fmt::Write;

/// 2.5.29.17: the subject's other names.
const ALTERNATIVE_NAMES: &[u8] = &[0x55, 0x1d, 0x11];
/// 2.5.29.14: the identifier of the subject's key.
const KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 0x0e];
/// 1.3.6.1.4.1.311.20.2.3: a user principal name.
const PRINCIPAL_NAME: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x14, 0x02, 0x03];
/// 0.9.2342.19200300.100.1.25: DC.
const DOMAIN_COMPONENT: &[u8] = &[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19];
const OID: u8 = 0x06;

/// The names in a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Certificate {
    /// The user principal name among the subject's other names.
    pub(crate) principal: Option<String>,
    /// What an account's `altSecurityIdentities` may say about this certificate.
    pub(crate) identities: Vec<String>,
}

impl Certificate {
    /// From its DER form.
    pub(crate) fn read(der: &[u8]) -> Result<Certificate, Malformed> {
        let mut body = Reader::new(der).sequence()?.sequence()?;
        body.optional(tag::context_constructed(0))?;
        let serial = body.content(tag::INTEGER)?;
        body.sequence()?;
        let issuer = name(body.sequence()?)?;
        body.sequence()?;
        let subject = name(body.sequence()?)?;
        let mut found = Certificate::default();
        found.identities.push(format!("X509:<I>{issuer}<S>{subject}"));
        // Windows writes the serial number with its last octet first
        let serial = hex(serial.iter().rev().copied());
        found.identities.push(format!("X509:<I>{issuer}<SR>{serial}"));
        body.sequence()?;
        while !body.is_empty() {
            let field = body.any()?;
            if field.tag == tag::context_constructed(3) {
                found.read_extensions(Reader::new(field.content).sequence()?)?;
            }
        }
        Ok(found)
    }

    fn read_extensions(&mut self, mut extensions: Reader<'_>) -> Result<(), Malformed> {
        while !extensions.is_empty() {
            let mut extension = extensions.sequence()?;
            let kind = extension.content(OID)?;
            extension.optional(tag::BOOLEAN)?;
            let mut value = Reader::new(extension.octets()?);
            match kind {
                KEY_IDENTIFIER => {
                    let identifier = hex(value.octets()?.iter().copied());
                    self.identities.push(format!("X509:<SKI>{identifier}"));
                }
                ALTERNATIVE_NAMES => self.read_names(value.sequence()?)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn read_names(&mut self, mut names: Reader<'_>) -> Result<(), Malformed> {
        while !names.is_empty() {
            let name = names.any()?;
            // rfc822Name and otherName
            if name.tag == tag::context(1) {
                let mail = crate::ber::text(name.content)?;
                self.identities.push(format!("X509:<RFC822>{mail}"));
            } else if name.tag == tag::context_constructed(0) {
                let mut other = Reader::new(name.content);
                if other.content(OID)? == PRINCIPAL_NAME {
                    let value = other.inside(tag::context_constructed(0))?.any()?;
                    self.principal.get_or_insert(crate::ber::text(value.content)?.to_owned());
                }
            }
        }
        Ok(())
    }
}

fn hex(octets: impl Iterator<Item = u8>) -> String {
    octets.fold(String::new(), |mut text, octet| {
        let _ = write!(text, "{octet:02x}");
        text
    })
}

/// A name as `altSecurityIdentities` writes it: in the certificate's own order, from the root on.
fn name(mut sets: Reader<'_>) -> Result<String, Malformed> {
    let mut text = String::new();
    while !sets.is_empty() {
        let mut set = sets.inside(tag::SET)?;
        while !set.is_empty() {
            let mut pair = set.sequence()?;
            let kind = match pair.content(OID)? {
                [0x55, 0x04, 3] => "CN",
                [0x55, 0x04, 6] => "C",
                [0x55, 0x04, 7] => "L",
                [0x55, 0x04, 8] => "S",
                [0x55, 0x04, 10] => "O",
                [0x55, 0x04, 11] => "OU",
                DOMAIN_COMPONENT => "DC",
                _ => "?",
            };
            let comma = if text.is_empty() { "" } else { "," };
            let _ = write!(text, "{comma}{kind}={}", String::from_utf8_lossy(pair.any()?.content));
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rcgen::{
        CertificateParams, DistinguishedName, DnType, KeyPair, OtherNameValue, SanType, SerialNumber,
    };

    fn certificate() -> Vec<u8> {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, "Contoso");
        params.distinguished_name.push(DnType::CommonName, "Bob Stone");
        params.serial_number = Some(SerialNumber::from_slice(&[0x2b, 0x00, 0x01]));
        let oid = vec![1, 3, 6, 1, 4, 1, 311, 20, 2, 3];
        let principal = OtherNameValue::Utf8String("bob@contoso.local".to_owned());
        let mail = "bob@contoso.com".try_into().expect("IA5");
        params.subject_alt_names = vec![SanType::Rfc822Name(mail), SanType::OtherName((oid, principal))];
        let key = KeyPair::generate().expect("a key");
        params.self_signed(&key).expect("a certificate").der().to_vec()
    }

    #[test]
    fn a_certificate_is_read_as_another_implementation_writes_it() {
        let read = Certificate::read(&certificate()).expect("a certificate");
        assert_eq!(read.principal.as_deref(), Some("bob@contoso.local"));
        let texts: Vec<&str> = read.identities.iter().map(String::as_str).collect();
        for expected in [
            "X509:<I>O=Contoso,CN=Bob Stone<S>O=Contoso,CN=Bob Stone",
            "X509:<I>O=Contoso,CN=Bob Stone<SR>01002b",
            "X509:<RFC822>bob@contoso.com",
        ] {
            assert!(texts.contains(&expected), "{texts:?}");
        }
    }

    proptest! {
        #[test]
        fn no_damage_makes_the_reader_panic(at in 0usize..400, octet: u8, cut in 0usize..500) {
            let mut der = certificate();
            der.truncate(cut);
            if let Some(place) = der.get_mut(at) {
                *place = octet;
            }
            let _ = Certificate::read(&der);
        }
    }
}
