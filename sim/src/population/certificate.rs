//! Certificates for userCertificate: X.509 version 3 in DER (RFC 5280), for logging on and for mail.
//!
//! A certificate names its holder, and is valid for three years around the present. Its public key is one of a few
//! points of P-256 that belong to nobody. Its signature has the right shape, and was made by no one: what reads
//! a directory parses certificates, counts them and looks at when they end, but has no key to check them with.

use super::draw::Draw;
use crate::clock::SimTime;
use std::time::Duration;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const UTF8_STRING: u8 = 0x0c;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;

// object identifiers, encoded
const ECDSA_WITH_SHA256: &[u8] = b"\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02";
const EC_PUBLIC_KEY: &[u8] = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01";
const PRIME256V1: &[u8] = b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
const COMMON_NAME: &[u8] = b"\x06\x03\x55\x04\x03";
const ORGANIZATION: &[u8] = b"\x06\x03\x55\x04\x0a";
const KEY_USAGE: &[u8] = b"\x06\x03\x55\x1d\x0f";
const EXTENDED_KEY_USAGE: &[u8] = b"\x06\x03\x55\x1d\x25";
const SUBJECT_ALT_NAME: &[u8] = b"\x06\x03\x55\x1d\x11";
const CLIENT_AUTH: &[u8] = b"\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x02";
const EMAIL_PROTECTION: &[u8] = b"\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x04";
/// Microsoft's name for a userPrincipalName.
const UPN: &[u8] = b"\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x14\x02\x03";
/// Critical; digitalSignature and keyAgreement.
const USAGE: &[u8] = b"\x01\x01\xff\x04\x04\x03\x02\x03\x88";

/// Days that a certificate is valid.
const LIFETIME: u64 = 3 * 365;
/// Days ago that the oldest was issued: none is about to end.
const OLDEST: usize = 900;

/// Points of P-256, x and y: made with OpenSSL, private keys thrown away.
const POINTS: [&str; 8] = [
    concat!(
        "317e9c3df0f1e06a61b7944fd3dfe5c329ed4b047824e848a5a59c84246f4231",
        "2afaad67148645cebca572b334f3afacf4b61465212f52ef6eedbf0ec6b49cc0"
    ),
    concat!(
        "d7b0cb99f6af57b26f12131dfa43cad07113ad3444fb849c1194023fe8be9e47",
        "2c3083b7e9bdd4214d0283bee6fc25dadc7f8a4bc3c5d3ad8284b09bcce6af11"
    ),
    concat!(
        "ea94017226a95324496c27e7fb8184f23b47c09c128b136ae843f2d373b2d09e",
        "8e2285689331994389ebefe0502ca6154ceadcfaeb4c99eacedfab181a8e9c8b"
    ),
    concat!(
        "2e59b2c7fc555ff7f832c1a1a5387928c9f7481bf5874b6184f588d4b28fda33",
        "7873b2786e252ef621f0e0d4d2d82ab9789064206d1c95e3a69fa53bbdb8b3b5"
    ),
    concat!(
        "c724050e43e4f417ca0578436b7545d05b7fc21883888bc45f23ad171a893212",
        "55f9be0a98827f3a75920e229a068b9be410882c02cd2d6c5c627eec23c046d0"
    ),
    concat!(
        "438d669aa57722617f9c14bfb5873474d7e8ce46dda60f30e11a9b875cdc7855",
        "870548ebfacc21227b73deec3792483d9da4c4fdaa1a578489381b6b9c5f48ef"
    ),
    concat!(
        "ee8a103880840b3b298699c22773e8f87864e999a08ac1669a18cfc527d09f34",
        "ac60f59b2bdb58d4956a1ce4f71c50b387dcd88c93fcf5e6fef2d6ceee59b81a"
    ),
    concat!(
        "9f214eb4f228225917828319da8f7f6e6b0a92e68beb9db7352adaa3b69f2c26",
        "81151cbb3c5637ae988d81a451a69faa02224d3f5bfea5201921402961e4ce5d"
    ),
];

/// What a certificate says of its holder.
pub(crate) struct Holder<'a> {
    pub(crate) name: &'a str,
    pub(crate) company: &'a str,
    pub(crate) upn: &'a str,
    pub(crate) mail: Option<&'a str>,
    pub(crate) since: SimTime,
}

/// A certificate in DER.
pub(crate) fn certificate(holder: &Holder<'_>, now: SimTime, draw: &mut Draw) -> Vec<u8> {
    let day = Duration::from_secs(86_400);
    let issued = now.minus(day * draw.below(OLDEST) as u32).max(holder.since);
    let until = issued.plus(day * LIFETIME as u32);
    let algorithm = tlv(SEQUENCE, &[ECDSA_WITH_SHA256]);
    let validity = tlv(SEQUENCE, &[&utc_time(issued), &utc_time(until)]);
    let issuer =
        name(&[(ORGANIZATION, holder.company), (COMMON_NAME, &format!("{} Issuing CA", holder.company))]);
    let subject = name(&[(ORGANIZATION, holder.company), (COMMON_NAME, holder.name)]);
    let body = tlv(
        SEQUENCE,
        &[
            &tlv(0xa0, &[&tlv(INTEGER, &[&[2]])]),
            &integer(draw, 16),
            &algorithm,
            &issuer,
            &validity,
            &subject,
            &public_key(draw),
            &tlv(0xa3, &[&tlv(SEQUENCE, &[&extensions(holder)])]),
        ],
    );
    let signature = tlv(SEQUENCE, &[&integer(draw, 32), &integer(draw, 32)]);
    tlv(SEQUENCE, &[&body, &algorithm, &tlv(BIT_STRING, &[&[0], &signature])])
}

fn public_key(draw: &mut Draw) -> Vec<u8> {
    let digits = draw.pick(&POINTS).as_bytes();
    let half = |digit: u8| char::from(digit).to_digit(16).unwrap_or(0) as u8;
    let point: Vec<u8> = digits.chunks_exact(2).map(|pair| half(pair[0]) << 4 | half(pair[1])).collect();
    let algorithm = tlv(SEQUENCE, &[EC_PUBLIC_KEY, PRIME256V1]);
    // 4: the point is not compressed
    tlv(SEQUENCE, &[&algorithm, &tlv(BIT_STRING, &[&[0, 4], &point])])
}

fn extensions(holder: &Holder<'_>) -> Vec<u8> {
    let upn = tlv(0xa0, &[UPN, &tlv(0xa0, &[&tlv(UTF8_STRING, &[holder.upn.as_bytes()])])]);
    let mail = holder.mail.map(|mail| tlv(0x81, &[mail.as_bytes()])).unwrap_or_default();
    let wrapped = |oid: &[u8], value: &[u8]| tlv(SEQUENCE, &[oid, &tlv(OCTET_STRING, &[value])]);
    let mut out = tlv(SEQUENCE, &[KEY_USAGE, USAGE]);
    out.extend(wrapped(EXTENDED_KEY_USAGE, &tlv(SEQUENCE, &[CLIENT_AUTH, EMAIL_PROTECTION])));
    out.extend(wrapped(SUBJECT_ALT_NAME, &tlv(SEQUENCE, &[&upn, &mail])));
    out
}

fn name(parts: &[(&[u8], &str)]) -> Vec<u8> {
    let part = |(oid, value): &(&[u8], &str)| {
        // RFC 5280 allows 64 characters
        let value: String = value.chars().take(64).collect();
        tlv(SET, &[&tlv(SEQUENCE, &[oid, &tlv(UTF8_STRING, &[value.as_bytes()])])])
    };
    tlv(SEQUENCE, &[&parts.iter().flat_map(part).collect::<Vec<u8>>()])
}

/// A positive number of so many octets.
fn integer(draw: &mut Draw, octets: usize) -> Vec<u8> {
    let mut value: Vec<u8> = (0..octets).map(|_| draw.below(256) as u8).collect();
    // positive, and as short as it may be written
    value[0] = value[0] & 0x7f | 0x01;
    tlv(INTEGER, &[&value])
}

/// UTCTime: two digits of the year, up to seconds.
fn utc_time(time: SimTime) -> Vec<u8> {
    let digits: String = time.rfc3339().chars().filter(char::is_ascii_digit).skip(2).take(12).collect();
    tlv(0x17, &[digits.as_bytes(), b"Z"])
}

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = Vec::with_capacity(length + 4);
    out.push(tag);
    match length {
        0..=0x7f => out.push(length as u8),
        0x80..=0xff => out.extend([0x81, length as u8]),
        _ => out.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}
