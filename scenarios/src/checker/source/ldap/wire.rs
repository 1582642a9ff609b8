//! What a search answers, from BER to values: nothing that a server sends makes it panic.

use crate::checker::source::Entry;
use ldap3::ResultEntry;
use ldap3::asn1::{PL, StructureTag, parse_tag};
use ldap3::controls::RawControl;

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;

/// An entry of a search result; none when it is malformed.
pub(crate) fn entry_of(result: ResultEntry) -> Option<Entry> {
    let PL::C(parts) = result.0.payload else { return None };
    let mut parts = parts.into_iter();
    let dn = String::from_utf8(primitive(parts.next()?)?).ok()?;
    let PL::C(list) = parts.next()?.payload else { return None };
    let mut entry = Entry::new(dn);
    for attribute in list {
        let PL::C(pair) = attribute.payload else { return None };
        let mut pair = pair.into_iter();
        let name = String::from_utf8(primitive(pair.next()?)?).ok()?;
        let PL::C(values) = pair.next()?.payload else { return None };
        let values: Option<Vec<Vec<u8>>> = values.into_iter().map(primitive).collect();
        entry.attributes.push((name, values?));
    }
    Some(entry)
}

fn primitive(tag: StructureTag) -> Option<Vec<u8>> {
    match tag.payload {
        PL::P(octets) => Some(octets),
        PL::C(_) => None,
    }
}

/// A control whose value is a SEQUENCE of integers and, at its end, an octet string: paging and DirSync.
pub(crate) fn cookie_control(oid: &str, critical: bool, numbers: &[i64], cookie: &[u8]) -> RawControl {
    let mut inner = Vec::with_capacity(cookie.len() + 24);
    for number in numbers {
        let octets = number.to_be_bytes();
        // the shortest form that keeps the sign
        let mut first = 0;
        while first < 7
            && octets[first] == if *number < 0 { 0xff } else { 0 }
            && (octets[first + 1] ^ octets[first]) < 0x80
        {
            first += 1;
        }
        element(&mut inner, INTEGER, &octets[first..]);
    }
    element(&mut inner, OCTET_STRING, cookie);
    let mut value = Vec::with_capacity(inner.len() + 6);
    element(&mut value, SEQUENCE, &inner);
    RawControl { ctype: oid.to_owned(), crit: critical, val: Some(value) }
}

fn element(out: &mut Vec<u8>, tag: u8, content: &[u8]) {
    out.push(tag);
    match content.len() {
        short @ 0..=0x7f => out.push(short as u8),
        long => {
            let octets = long.to_be_bytes();
            let first = octets.iter().position(|octet| *octet != 0).unwrap_or(octets.len() - 1);
            out.push(0x80 | (octets.len() - first) as u8);
            out.extend_from_slice(&octets[first..]);
        }
    }
    out.extend_from_slice(content);
}

/// The same read back: the integers before the octet string, and the octet string; none when it is malformed.
pub(crate) fn read_cookie(value: &[u8]) -> Option<(Vec<i64>, Vec<u8>)> {
    let (_, tag) = parse_tag(value).ok()?;
    let PL::C(parts) = tag.payload else { return None };
    let mut numbers = Vec::new();
    let last = parts.len().checked_sub(1)?;
    let mut cookie = None;
    for (at, part) in parts.into_iter().enumerate() {
        let octets = primitive(part)?;
        if at == last {
            cookie = Some(octets);
        } else {
            let sign = if octets.first()? & 0x80 == 0 { 0 } else { -1 };
            (octets.len() <= 8).then_some(())?;
            numbers.push(octets.iter().fold(sign, |sum: i64, octet| sum << 8 | i64::from(*octet)));
        }
    }
    Some((numbers, cookie?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_written_as_the_protocol_documents_show() {
        // RFC 2696 with size 1000 and no cookie; MS-ADTS 3.1.1.3.4.1.3 has three members
        let value =
            |numbers: &[i64], cookie: &[u8]| cookie_control("1.2", true, numbers, cookie).val.unwrap();
        assert_eq!(value(&[1000], b""), [0x30, 6, 2, 2, 0x03, 0xe8, 4, 0]);
        assert_eq!(value(&[128], b"ab"), [0x30, 8, 2, 2, 0, 0x80, 4, 2, b'a', b'b']);
        assert_eq!(value(&[-2_147_483_648, 0], b"")[2..8], [2, 4, 0x80, 0, 0, 0]);
        assert_eq!(value(&[0], &[7; 300])[..6], [0x30, 0x82, 1, 51, 2, 1]);
    }

    #[test]
    fn a_cookie_is_read_back_and_nothing_malformed_is() {
        for (numbers, cookie) in
            [(vec![1000], &b""[..]), (vec![1, 0], b"abc"), (vec![-1, i64::from(i32::MIN)], &[0; 200])]
        {
            let value = cookie_control("1.2", false, &numbers, cookie).val.unwrap();
            assert_eq!(read_cookie(&value), Some((numbers, cookie.to_vec())));
            (0..value.len()).for_each(|end| assert_eq!(read_cookie(&value[..end]), None, "{end}"));
        }
        assert_eq!(read_cookie(&[0x30, 0]), None);
        assert_eq!(read_cookie(b"\x04\x01a"), None);
    }
}
