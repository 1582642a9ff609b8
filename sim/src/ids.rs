//! Identifiers: GUIDs in both byte orders, security identifiers, the source anchor.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD};
use std::fmt;

/// A globally unique identifier.
///
/// Kept in the order of its text. Active Directory puts the first three fields on the wire with the least
/// significant byte first ([`Guid::to_bytes_le`]); Graph shows the text. Mixing the two orders is the
/// classic source-anchor bug.
///
/// ```
/// use forestbed_sim::ids::Guid;
/// let guid = Guid::parse("01234567-89ab-cdef-0123-456789abcdef").unwrap();
/// assert_eq!(guid.to_bytes_le()[..4], [0x67, 0x45, 0x23, 0x01]);
/// assert_eq!(guid.immutable_id(), "Z0UjAauJ780BI0VniavN7w==");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Guid([u8; 16]);

impl Guid {
    /// The all-zero identifier.
    pub const NIL: Guid = Guid([0; 16]);

    /// From bytes in the order of the text.
    pub const fn from_bytes(bytes: [u8; 16]) -> Guid {
        Guid(bytes)
    }

    /// From bytes as `objectGUID` carries them.
    pub fn from_bytes_le(mut bytes: [u8; 16]) -> Guid {
        swap_fields(&mut bytes);
        Guid(bytes)
    }

    /// The bytes as `objectGUID` carries them.
    pub fn to_bytes_le(self) -> [u8; 16] {
        let mut bytes = self.0;
        swap_fields(&mut bytes);
        bytes
    }

    /// The bytes in the order of the text.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }

    /// From text: 8-4-4-4-12, with or without braces, or 32 digits in the order of the text.
    pub fn parse(text: &str) -> Option<Guid> {
        let text = text.strip_prefix('{').and_then(|t| t.strip_suffix('}')).unwrap_or(text);
        let hyphens: Vec<usize> =
            text.bytes().enumerate().filter(|(_, b)| *b == b'-').map(|(i, _)| i).collect();
        if !(hyphens.is_empty() && text.len() == 32 || hyphens == [8, 13, 18, 23] && text.len() == 36) {
            return None;
        }
        let mut digits = text.bytes().filter(|b| *b != b'-').map(|b| (b as char).to_digit(16));
        let mut bytes = [0u8; 16];
        for byte in &mut bytes {
            *byte = (digits.next()?? << 4 | digits.next()??) as u8;
        }
        Some(Guid(bytes))
    }

    /// A short opaque text, as Graph's ids of assignments are: base64url of the bytes, without padding.
    pub fn opaque(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// The source anchor (immutable ID) of an object with this `objectGUID`: base64 of its wire bytes.
    pub fn immutable_id(self) -> String {
        BASE64.encode(self.to_bytes_le())
    }
}

fn swap_fields(bytes: &mut [u8; 16]) {
    bytes[0..4].reverse();
    bytes[4..6].reverse();
    bytes[6..8].reverse();
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut text, mut at) = ([b'-'; 36], 0);
        for (i, byte) in self.0.iter().enumerate() {
            at += usize::from(matches!(i, 4 | 6 | 8 | 10));
            for nibble in [byte >> 4, byte & 15] {
                text[at] = b"0123456789abcdef"[usize::from(nibble)];
                at += 1;
            }
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Guid({self})")
    }
}

/// The most sub-authorities that a security identifier carries here (Windows allows 15, Active Directory's
/// `objectSid` holds at most 28 bytes: five).
const MAX_SUB_AUTHORITIES: usize = 15;

/// A security identifier, such as `S-1-5-21-1004336348-1177238915-682003330-1103`.
///
/// ```
/// use forestbed_sim::ids::Sid;
/// let domain = Sid::parse("S-1-5-21-1-2-3").unwrap();
/// let user = domain.with_rid(1103);
/// assert_eq!(user.to_string(), "S-1-5-21-1-2-3-1103");
/// assert_eq!(Sid::from_bytes(&user.to_bytes()), Some(user.clone()));
/// assert_eq!(user.rid(), Some(1103));
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sid {
    authority: u64,
    sub_authorities: Vec<u32>,
}

impl Sid {
    /// The identifier of a domain: `S-1-5-21-a-b-c`.
    pub fn domain(a: u32, b: u32, c: u32) -> Sid {
        Sid { authority: 5, sub_authorities: vec![21, a, b, c] }
    }

    /// From text.
    pub fn parse(text: &str) -> Option<Sid> {
        let mut parts = text.strip_prefix("S-1-").or_else(|| text.strip_prefix("s-1-"))?.split('-');
        let authority: u64 = parts.next()?.parse().ok()?;
        let sub_authorities = parts.map(|p| p.parse().ok()).collect::<Option<Vec<u32>>>()?;
        (authority < 1 << 48 && sub_authorities.len() <= MAX_SUB_AUTHORITIES)
            .then_some(Sid { authority, sub_authorities })
    }

    /// From the binary form of `objectSid`.
    pub fn from_bytes(bytes: &[u8]) -> Option<Sid> {
        let [1, count, authority @ ..] = bytes.get(..8)? else { return None };
        let authority = authority.iter().fold(0u64, |acc, b| acc << 8 | u64::from(*b));
        let rest = &bytes[8..];
        if usize::from(*count) > MAX_SUB_AUTHORITIES || rest.len() != usize::from(*count) * 4 {
            return None;
        }
        let sub_authorities =
            rest.chunks_exact(4).map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect();
        Some(Sid { authority, sub_authorities })
    }

    /// The binary form of `objectSid`.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![1, self.sub_authorities.len() as u8];
        bytes.extend_from_slice(&self.authority.to_be_bytes()[2..]);
        self.sub_authorities.iter().for_each(|part| bytes.extend_from_slice(&part.to_le_bytes()));
        bytes
    }

    /// The identifier of a principal of this domain.
    pub fn with_rid(&self, rid: u32) -> Sid {
        let mut sid = self.clone();
        sid.sub_authorities.push(rid);
        sid
    }

    /// Appends the binary form of [`Sid::with_rid`].
    pub fn write_with_rid(&self, rid: u32, out: &mut Vec<u8>) {
        out.extend_from_slice(&[1, self.sub_authorities.len() as u8 + 1]);
        out.extend_from_slice(&self.authority.to_be_bytes()[2..]);
        let parts = self.sub_authorities.iter().chain(std::iter::once(&rid));
        parts.for_each(|part| out.extend_from_slice(&part.to_le_bytes()));
    }

    /// Puts the binary form of [`Sid::with_rid`] into a buffer, and says how long it is; none when it does not
    /// fit.
    #[inline]
    pub(crate) fn write_with_rid_into(&self, rid: u32, buffer: &mut [u8; 32]) -> Option<usize> {
        buffer[0] = 1;
        buffer[1] = self.sub_authorities.len() as u8 + 1;
        buffer[2..8].copy_from_slice(&self.authority.to_be_bytes()[2..]);
        let mut at = 8;
        for part in self.sub_authorities.iter().chain(std::iter::once(&rid)) {
            buffer.get_mut(at..at + 4)?.copy_from_slice(&part.to_le_bytes());
            at += 4;
        }
        Some(at)
    }

    /// The last sub-authority.
    pub fn rid(&self) -> Option<u32> {
        self.sub_authorities.last().copied()
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "S-1-{}", self.authority)?;
        self.sub_authorities.iter().try_for_each(|part| write!(f, "-{part}"))
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sid({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_has_two_byte_orders_and_one_text() {
        let guid = Guid::parse("{d7a51b71-e1e1-411b-be67-c97ca6b456a9}").unwrap();
        // golden/05: <GUID=711ba5d7e1e11b41be67c97ca6b456a9> is the same object
        assert_eq!(guid.to_bytes_le()[..8], [0x71, 0x1b, 0xa5, 0xd7, 0xe1, 0xe1, 0x1b, 0x41]);
        assert_eq!(Guid::from_bytes_le(guid.to_bytes_le()), guid);
        assert_eq!(Guid::parse(&guid.to_string()), Some(guid));
        for bad in
            ["", "d7a51b71", "g7a51b71-e1e1-411b-be67-c97ca6b456a9", "d7a51b71e-1e1-411b-be67-c97ca6b456a9"]
        {
            assert_eq!(Guid::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_sid_reads_what_a_domain_controller_sent() {
        // golden/02: objectSid of Alice, RID 1103
        let bytes = BASE64.decode("AQUAAAAAAAUVAAAAgpt9H7EsCW7TJSggTwQAAA==").unwrap();
        let sid = Sid::from_bytes(&bytes).unwrap();
        assert_eq!(sid.to_string(), "S-1-5-21-528325506-1846095025-539502035-1103");
        assert_eq!(sid.to_bytes(), bytes);
        assert_eq!(Sid::parse(&sid.to_string()), Some(sid));
        assert_eq!(Sid::from_bytes(&bytes[..27]), None);
        assert_eq!(Sid::parse("S-1-"), None);
    }
}
