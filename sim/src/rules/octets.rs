//! What is kept of values that are no text: enough to judge them, and to tell one from another.

use super::attributes::Kind;
use crate::clock::SimTime;
use crate::ids::{Guid, Sid};
use std::fmt;

/// A photo, a certificate or octets of unknown kind in few words.
///
/// Its text (`image/jpeg; octets=5120; digest=9a1f...`) is what a view holds in the value's place: equal
/// octets have equal texts. The digest tells values apart; it is no cryptographic one.
///
/// ```
/// use forestbed_sim::rules::{OctetKind, OctetSummary};
/// let summary = OctetSummary::of_photo(b"\x89PNG\r\n\x1a\n...");
/// assert_eq!((summary.kind, summary.octets), (OctetKind::Png, 11));
/// assert_eq!(OctetSummary::parse(&summary.to_string()), Some(summary));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OctetSummary {
    /// What it is, by its first octets.
    pub kind: OctetKind,
    /// How long it is.
    pub octets: usize,
    /// A hash of the octets.
    pub digest: u64,
    /// Of a picture: its end is missing.
    pub truncated: bool,
    /// Of a certificate: the end of its validity.
    pub not_after: Option<SimTime>,
}

/// What octets are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OctetKind {
    /// A JPEG picture.
    Jpeg,
    /// A PNG picture.
    Png,
    /// A GIF picture.
    Gif,
    /// A Windows bitmap.
    Bitmap,
    /// An X.509 certificate.
    Certificate,
    /// Nothing that the rules know.
    Unknown,
}

const NAMES: [(OctetKind, &str); 6] = [
    (OctetKind::Jpeg, "image/jpeg"),
    (OctetKind::Png, "image/png"),
    (OctetKind::Gif, "image/gif"),
    (OctetKind::Bitmap, "image/bmp"),
    (OctetKind::Certificate, "application/pkix-cert"),
    (OctetKind::Unknown, "application/octet-stream"),
];

impl OctetSummary {
    /// Of the octets of a picture.
    pub fn of_photo(octets: &[u8]) -> OctetSummary {
        let starts = |magic: &[u8]| octets.starts_with(magic);
        let (kind, truncated) = if starts(b"\xff\xd8\xff") {
            (OctetKind::Jpeg, !octets.ends_with(b"\xff\xd9"))
        } else if starts(b"\x89PNG\r\n\x1a\n") {
            (OctetKind::Png, !octets.windows(4).rev().take(16).any(|part| part == b"IEND"))
        } else if starts(b"GIF87a") || starts(b"GIF89a") {
            (OctetKind::Gif, !octets.ends_with(b";"))
        } else if starts(b"BM") {
            (OctetKind::Bitmap, false)
        } else {
            (OctetKind::Unknown, false)
        };
        OctetSummary { kind, octets: octets.len(), digest: digest(octets), truncated, not_after: None }
    }

    /// Of the octets of a certificate.
    pub fn of_certificate(octets: &[u8]) -> OctetSummary {
        let not_after = not_after(octets);
        let kind = if not_after.is_some() { OctetKind::Certificate } else { OctetKind::Unknown };
        OctetSummary { kind, octets: octets.len(), digest: digest(octets), truncated: false, not_after }
    }

    /// From its text.
    pub fn parse(text: &str) -> Option<OctetSummary> {
        let mut parts = text.split("; ");
        let name = parts.next()?;
        let kind = NAMES.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)?;
        let octets = parts.next()?.strip_prefix("octets=")?.parse().ok()?;
        let digest = u64::from_str_radix(parts.next()?.strip_prefix("digest=")?, 16).ok()?;
        let mut summary = OctetSummary { kind, octets, digest, truncated: false, not_after: None };
        for part in parts {
            match part.strip_prefix("notAfter=") {
                Some(time) => summary.not_after = Some(SimTime::parse_rfc3339(time)?),
                None => summary.truncated = (part == "truncated").then_some(true)?,
            }
        }
        Some(summary)
    }
}

impl fmt::Display for OctetSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(kind, _)| *kind == self.kind).map_or("", |(_, name)| name);
        write!(f, "{name}; octets={}; digest={:016x}", self.octets, self.digest)?;
        if self.truncated {
            f.write_str("; truncated")?;
        }
        match self.not_after {
            Some(time) => write!(f, "; notAfter={}", time.rfc3339()),
            None => Ok(()),
        }
    }
}

/// The text that stands for octets of an attribute; none when it is text, but not UTF-8. What is too short or
/// too long for a GUID or a SID is summarised like other octets.
pub(super) fn text_of(kind: Kind, octets: &[u8]) -> Option<String> {
    let unknown = || OctetSummary {
        kind: OctetKind::Unknown,
        octets: octets.len(),
        digest: digest(octets),
        truncated: false,
        not_after: None,
    };
    Some(match kind {
        Kind::Text => std::str::from_utf8(octets).ok()?.to_owned(),
        Kind::Guid => match <[u8; 16]>::try_from(octets) {
            Ok(bytes) => Guid::from_bytes_le(bytes).to_string(),
            Err(_) => unknown().to_string(),
        },
        Kind::Sid => Sid::from_bytes(octets).map_or_else(|| unknown().to_string(), |sid| sid.to_string()),
        Kind::Photo => OctetSummary::of_photo(octets).to_string(),
        Kind::Certificate => OctetSummary::of_certificate(octets).to_string(),
    })
}

/// FNV-1a, well spread at the end.
pub(super) fn digest(octets: &[u8]) -> u64 {
    let hash = octets
        .iter()
        .fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
    (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const VERSION: u8 = 0xa0;

/// The end of a certificate's validity (RFC 5280, section 4.1); none when these octets are no certificate.
fn not_after(octets: &[u8]) -> Option<SimTime> {
    let (certificate, _) = element(octets, SEQUENCE)?;
    let (to_be_signed, _) = element(certificate, SEQUENCE)?;
    let rest = element(to_be_signed, VERSION).map_or(to_be_signed, |(_, rest)| rest);
    let (_, rest) = element(rest, INTEGER)?;
    let (_, rest) = element(rest, SEQUENCE)?;
    let (_, rest) = element(rest, SEQUENCE)?;
    let (validity, _) = element(rest, SEQUENCE)?;
    let (_, rest) = time(validity)?;
    time(rest).map(|(time, _)| time)
}

/// The content of the first element, if it has this tag, and what follows it.
fn element(octets: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let [found, length, rest @ ..] = octets else { return None };
    if *found != tag {
        return None;
    }
    let (length, rest) = match *length {
        short @ 0..=0x7f => (usize::from(short), rest),
        long @ 0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(long & 0x0f))?;
            (digits.iter().fold(0usize, |sum, digit| sum << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

fn time(octets: &[u8]) -> Option<(SimTime, &[u8])> {
    let (text, rest) = match element(octets, UTC_TIME) {
        Some((text, rest)) => {
            let text = std::str::from_utf8(text).ok()?;
            // RFC 5280: two digits of a year from 50 on are of the last century
            let century = if text.get(..2)? >= "50" { "19" } else { "20" };
            (format!("{century}{text}"), rest)
        }
        None => {
            let (text, rest) = element(octets, GENERALIZED_TIME)?;
            (std::str::from_utf8(text).ok()?.to_owned(), rest)
        }
    };
    Some((SimTime::parse_generalized(&text)?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_tells_its_end() {
        let pem = include_str!("../../data/keys/client-certificate.pem");
        let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        use base64::Engine as _;
        let der = base64::engine::general_purpose::STANDARD.decode(body).unwrap();
        let summary = OctetSummary::of_certificate(&der);
        assert_eq!(summary.kind, OctetKind::Certificate);
        assert_eq!(OctetSummary::parse(&summary.to_string()), Some(summary));
        // openssl x509 -enddate -noout -in sim/data/keys/client-certificate.pem
        assert_eq!(summary.not_after.map(SimTime::rfc3339).as_deref(), Some("2075-01-01T00:00:00Z"));
        for end in 0..der.len().min(200) {
            assert_eq!(OctetSummary::of_certificate(&der[..end]).kind, OctetKind::Unknown);
        }
    }

    #[test]
    fn octets_become_the_text_that_people_know() {
        let guid = Guid::parse("01234567-89ab-cdef-0123-456789abcdef").unwrap();
        let check = |kind, octets: &[u8], expected: &str| {
            let text = text_of(kind, octets).unwrap();
            assert!(text.starts_with(expected), "{text}");
        };
        check(Kind::Guid, &guid.to_bytes_le(), "01234567-89ab-cdef-0123-456789abcdef");
        check(Kind::Guid, b"short", "application/octet-stream; octets=5; digest=");
        check(Kind::Sid, &Sid::domain(1, 2, 3).to_bytes(), "S-1-5-21-1-2-3");
        check(Kind::Sid, b"", "application/octet-stream; octets=0");
        check(Kind::Photo, b"\xff\xd8\xff\xe0....\xff\xd9", "image/jpeg; octets=10; digest=");
        check(Kind::Photo, b"GIF89a....;", "image/gif; octets=11");
        check(Kind::Photo, b"BM", "image/bmp; octets=2");
        check(Kind::Photo, b"", "application/octet-stream; octets=0");
        assert!(OctetSummary::of_photo(b"\xff\xd8\xff\xe0").to_string().ends_with("; truncated"));
        assert_eq!(text_of(Kind::Text, b"J\xfcrgen"), None);
    }

    #[test]
    fn pictures_that_break_off_are_told_by_their_ends() {
        let whole = |octets: &[u8]| {
            let summary = OctetSummary::of_photo(octets);
            (summary.kind, !summary.truncated)
        };
        let png = b"\x89PNG\r\n\x1a\n....\0\0\0\0IEND\xae\x42\x60\x82";
        assert_eq!(whole(png), (OctetKind::Png, true));
        assert_eq!(whole(&png[..png.len() - 9]), (OctetKind::Png, false));
        assert_eq!(whole(b"GIF87a....;"), (OctetKind::Gif, true));
        assert_eq!(whole(b"GIF89a...."), (OctetKind::Gif, false));
        assert_eq!(whole(b"\xff\xd8\xff\xd9"), (OctetKind::Jpeg, true));
        assert_eq!(whole(b"\xff\xd8\xff"), (OctetKind::Jpeg, false));
        assert_eq!(whole(b"GIF88a....;"), (OctetKind::Unknown, true));
    }

    /// An element of DER (X.690, 8.1): its length in so many octets, or in the short form.
    fn der(tag: u8, octets_of_length: usize, content: &[u8]) -> Vec<u8> {
        let length = match octets_of_length {
            0 => vec![content.len() as u8],
            n => [&[0x80 | n as u8][..], &(content.len() as u32).to_be_bytes()[4 - n..]].concat(),
        };
        [&[tag][..], &length, content].concat()
    }

    fn certificate(octets_of_length: usize, end: (u8, &str), padding: usize) -> Vec<u8> {
        let start = der(0x17, 0, b"200101000000Z");
        let validity = der(0x30, 0, &[start, der(end.0, 0, end.1.as_bytes())].concat());
        let empty = der(0x30, 0, &[]);
        let version = der(0xa0, 0, &der(0x02, 0, &[2]));
        let content =
            [version, der(0x02, 0, &[1]), empty.clone(), empty, validity, vec![0; padding]].concat();
        der(0x30, octets_of_length, &der(0x30, octets_of_length, &content))
    }

    #[test]
    fn the_end_of_a_certificate_is_read_from_every_form_of_length() {
        let end = |octets: &[u8]| {
            OctetSummary::of_certificate(octets).not_after.map(|time| time.rfc3339()[..10].to_owned())
        };
        let plain =
            |octets_of_length, padding| end(&certificate(octets_of_length, (0x17, "260102000000Z"), padding));
        for (octets_of_length, padding) in [(0, 0), (1, 150), (2, 150), (2, 1000), (3, 70_000), (4, 70_000)] {
            assert_eq!(plain(octets_of_length, padding).as_deref(), Some("2026-01-02"), "{octets_of_length}");
        }
        // RFC 5280, section 4.1.2.5.1: a year of two digits from 50 on is of the last century
        for (tag, text, expected) in [
            (0x17, "491231000000Z", Some("2049-12-31")),
            (0x17, "500101000000Z", Some("1950-01-01")),
            (0x18, "20500101000000Z", Some("2050-01-01")),
            (0x17, "5", None),
            (0x16, "260102000000Z", None),
        ] {
            assert_eq!(end(&certificate(0, (tag, text), 0)).as_deref(), expected, "{text}");
        }
        let mut indefinite = certificate(0, (0x17, "260102000000Z"), 0);
        indefinite[1] = 0x80;
        assert_eq!(end(&indefinite), None);
    }

    #[test]
    fn digests_of_like_octets_differ() {
        let digests: std::collections::BTreeSet<u64> =
            (0..20_000).map(|nth| digest(format!("jan{nth}").as_bytes())).collect();
        assert_eq!(digests.len(), 20_000);
    }
}
