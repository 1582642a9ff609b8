//! Distinguished names: RFC 4514 text, parsed, compared and escaped.
//!
//! Read as Active Directory reads them: spaces around `,` and `=` do not matter, quoted values (RFC 2253) and
//! `#` values are understood, multi-valued relative names are not.

use std::borrow::Cow;
use std::fmt;

/// A parsed distinguished name, the leaf first.
///
/// ```
/// use forestbed_sim::directory::dn::Dn;
/// let dn = Dn::parse(r"cn=Doe\, John , ou=Staff,DC=contoso,DC=local").unwrap();
/// assert_eq!(dn.rdns[0].value, "Doe, John");
/// assert_eq!(dn.to_string(), r"cn=Doe\, John,ou=Staff,DC=contoso,DC=local");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dn {
    /// Its relative names, the leaf first; none for the root.
    pub rdns: Vec<Rdn>,
}

/// One relative distinguished name. Active Directory knows no multi-valued ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rdn {
    /// The attribute as written: `CN`, `ou`, `2.5.4.3`.
    pub attribute: String,
    /// The value, unescaped.
    pub value: String,
}

/// The text is not a distinguished name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadDn;

impl fmt::Display for BadDn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a distinguished name")
    }
}

impl std::error::Error for BadDn {}

impl Dn {
    /// Reads the text form. The empty text is the root.
    pub fn parse(text: &str) -> Result<Dn, BadDn> {
        let mut rdns = Vec::with_capacity(8);
        let mut rest = text.trim_start_matches(' ');
        if rest.is_empty() {
            return Ok(Dn { rdns });
        }
        loop {
            let (rdn, after) = Rdn::take(rest)?;
            rdns.push(rdn);
            match after.strip_prefix(',') {
                Some(after) => rest = after,
                None if after.is_empty() => return Ok(Dn { rdns }),
                None => return Err(BadDn),
            }
        }
    }

    /// The name without its leaf; none for the root.
    pub fn parent(&self) -> Option<Dn> {
        let (_, rest) = self.rdns.split_first()?;
        Some(Dn { rdns: rest.to_vec() })
    }

    /// The same for every spelling of one name: lower case, no spaces.
    pub fn normalized(&self) -> String {
        self.to_string().chars().flat_map(char::to_lowercase).collect()
    }

    /// The host that its domain components name: `DC=fabrikam,DC=com` is `fabrikam.com`. None when it does
    /// not end in domain components.
    pub fn dns_name(&self) -> Option<String> {
        let is_dc = |rdn: &&Rdn| rdn.attribute.eq_ignore_ascii_case("dc");
        let mut labels: Vec<&str> =
            self.rdns.iter().rev().take_while(is_dc).map(|rdn| rdn.value.as_str()).collect();
        labels.reverse();
        (!labels.is_empty()).then(|| labels.join("."))
    }
}

impl fmt::Display for Dn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, rdn) in self.rdns.iter().enumerate() {
            write!(f, "{}{rdn}", if i == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl fmt::Display for Rdn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.attribute, escape(&self.value))
    }
}

impl Rdn {
    /// Reads one relative name, as a rename request carries it.
    pub fn parse(text: &str) -> Result<Rdn, BadDn> {
        match Rdn::take(text)? {
            (rdn, "") => Ok(rdn),
            _ => Err(BadDn),
        }
    }

    /// Reads one relative name off the front; what follows begins with `,` or is empty.
    fn take(text: &str) -> Result<(Rdn, &str), BadDn> {
        let equals = text.bytes().position(|byte| byte == b'=').ok_or(BadDn)?;
        let (attribute, rest) = (text[..equals].trim_matches(' '), &text[equals + 1..]);
        let fits = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'.';
        if attribute.is_empty() || !attribute.bytes().all(fits) || attribute.starts_with('-') {
            return Err(BadDn);
        }
        let rest = rest.trim_start_matches(' ');
        let (value, rest) = match rest.chars().next() {
            Some('"') => take_quoted(&rest[1..])?,
            Some('#') => take_hex(&rest[1..])?,
            _ => take_plain(rest)?,
        };
        if value.is_empty() {
            return Err(BadDn);
        }
        Ok((Rdn { attribute: attribute.to_owned(), value }, rest))
    }
}

fn hex_pair(bytes: &[u8]) -> Option<u8> {
    let digit = |byte: u8| (byte as char).to_digit(16);
    Some((digit(*bytes.first()?)? << 4 | digit(*bytes.get(1)?)?) as u8)
}

/// What a backslash stands for: a special character, or a byte in hexadecimal. And how long it is.
fn unescape(after: &[u8]) -> Result<(u8, usize), BadDn> {
    if let Some(byte) = hex_pair(after) {
        return Ok((byte, 2));
    }
    match after.first() {
        Some(byte @ (b'"' | b'+' | b',' | b';' | b'<' | b'>' | b'\\' | b' ' | b'#' | b'=' | b'/')) => {
            Ok((*byte, 1))
        }
        _ => Err(BadDn),
    }
}

fn take_plain(text: &str) -> Result<(String, &str), BadDn> {
    let bytes = text.as_bytes();
    // most values have nothing to be unescaped, and no space at their end
    let end = bytes.iter().position(|byte| SPECIAL[usize::from(*byte)]).unwrap_or(bytes.len());
    if matches!(bytes.get(end), None | Some(b',')) && !bytes[..end].ends_with(b" ") {
        return Ok((text[..end].to_owned(), &text[end..]));
    }
    let (mut value, mut at, mut kept) = (Vec::new(), 0, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b',' => break,
            b'\\' => {
                let (byte, length) = unescape(&bytes[at + 1..])?;
                value.push(byte);
                at += 1 + length;
                // an escaped space at the end is part of the value
                kept = value.len();
            }
            b'"' | b'+' | b';' | b'<' | b'>' | 0 => return Err(BadDn),
            _ => {
                value.push(*byte);
                at += 1;
                if *byte != b' ' {
                    kept = value.len();
                }
            }
        }
    }
    value.truncate(kept);
    Ok((String::from_utf8(value).map_err(|_| BadDn)?, &text[at..]))
}

fn take_quoted(text: &str) -> Result<(String, &str), BadDn> {
    let bytes = text.as_bytes();
    let (mut value, mut at) = (Vec::new(), 0);
    loop {
        match bytes.get(at).ok_or(BadDn)? {
            b'"' => break,
            b'\\' => {
                let (byte, length) = unescape(&bytes[at + 1..])?;
                value.push(byte);
                at += 1 + length;
            }
            byte => {
                value.push(*byte);
                at += 1;
            }
        }
    }
    let rest = text[at + 1..].trim_start_matches(' ');
    if !rest.is_empty() && !rest.starts_with(',') {
        return Err(BadDn);
    }
    Ok((String::from_utf8(value).map_err(|_| BadDn)?, rest))
}

/// `#` and the BER encoding of a string.
fn take_hex(text: &str) -> Result<(String, &str), BadDn> {
    let end = text.find(',').unwrap_or(text.len());
    let digits = text[..end].trim_end_matches(' ').as_bytes();
    if !digits.len().is_multiple_of(2) {
        return Err(BadDn);
    }
    let bytes: Option<Vec<u8>> = digits.chunks_exact(2).map(hex_pair).collect();
    let bytes = bytes.ok_or(BadDn)?;
    let [_tag, length, content @ ..] = &bytes[..] else { return Err(BadDn) };
    if usize::from(*length) != content.len() {
        return Err(BadDn);
    }
    Ok((String::from_utf8(content.to_vec()).map_err(|_| BadDn)?, &text[end..]))
}

/// Bytes that are escaped wherever they stand.
const SPECIAL: [bool; 256] = {
    let (mut table, mut byte) = ([false; 256], 0u8);
    while byte < 0x80 {
        table[byte as usize] =
            matches!(byte, b'"' | b'+' | b',' | b';' | b'<' | b'>' | b'\\' | b'=') || byte.is_ascii_control();
        byte += 1;
    }
    table
};

/// A value as it stands in a distinguished name (RFC 4514 2.4); control characters in hexadecimal, so that a
/// tombstone's name reads `CN=Bob\0ADEL:...`.
pub fn escape(value: &str) -> Cow<'_, str> {
    if is_plain(value.as_bytes()) {
        return Cow::Borrowed(value);
    }
    let mut out = Vec::with_capacity(value.len() + 8);
    write_escaped(value.as_bytes(), &mut out);
    // what is escaped is ASCII, and only ASCII is put before it
    String::from_utf8(out).map_or(Cow::Borrowed(value), Cow::Owned)
}

/// Whether [`escape`] leaves a value as it is.
pub(super) fn is_plain(bytes: &[u8]) -> bool {
    let edge = matches!(bytes.first(), Some(b' ' | b'#')) || bytes.last() == Some(&b' ');
    !edge && !bytes.iter().any(|byte| SPECIAL[usize::from(*byte)])
}

/// Appends [`escape`] of a value, without an allocation of its own.
pub(super) fn write_escaped(value: &[u8], out: &mut Vec<u8>) {
    if is_plain(value) {
        return out.extend_from_slice(value);
    }
    let last = value.len().saturating_sub(1);
    for (at, byte) in value.iter().copied().enumerate() {
        let digit = |nibble: u8| b"0123456789ABCDEF"[usize::from(nibble)];
        match byte {
            _ if byte.is_ascii_control() => {
                out.extend_from_slice(&[b'\\', digit(byte >> 4), digit(byte & 15)]);
            }
            b' ' if at == 0 || at == last => out.extend_from_slice(b"\\ "),
            b'#' if at == 0 => out.extend_from_slice(b"\\#"),
            _ if SPECIAL[usize::from(byte)] => out.extend_from_slice(&[b'\\', byte]),
            _ => out.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expected: Option<&[(&str, &str)]>) {
        let parsed = Dn::parse(text).ok();
        let pairs: Option<Vec<(&str, &str)>> = parsed
            .as_ref()
            .map(|dn| dn.rdns.iter().map(|r| (r.attribute.as_str(), r.value.as_str())).collect());
        assert_eq!(pairs.as_deref(), expected, "{text}");
    }

    #[test]
    fn names_are_read_as_rfc_4514_shows_them() {
        // the examples of RFC 4514 section 4
        check("UID=jsmith,DC=example,DC=net", Some(&[("UID", "jsmith"), ("DC", "example"), ("DC", "net")]));
        check(
            r#"CN=James \"Jim\" Smith\, III,DC=example"#,
            Some(&[("CN", r#"James "Jim" Smith, III"#), ("DC", "example")]),
        );
        check(r"CN=Before\0dAfter,DC=net", Some(&[("CN", "Before\rAfter"), ("DC", "net")]));
        check("1.3.6.1.4.1.1466.0=#04024869", Some(&[("1.3.6.1.4.1.1466.0", "Hi")]));
        check(r"CN=Lu\C4\8Di\C4\87", Some(&[("CN", "Lučić")]));
        check("", Some(&[]));
        // golden/05 and golden/07
        check(
            "cn=alice müller , ou=STAFF,dc=CONTOSO",
            Some(&[("cn", "alice müller"), ("ou", "STAFF"), ("dc", "CONTOSO")]),
        );
        check(r"CN=\ Doe\, John,OU=Staff", Some(&[("CN", " Doe, John"), ("OU", "Staff")]));
        check(r#"CN="Doe, John" ,OU=Staff"#, Some(&[("CN", "Doe, John"), ("OU", "Staff")]));
        for bad in [
            "garbage",
            "CN=",
            "CN=a,",
            ",CN=a",
            "CN=a\\",
            r"CN=a\zz",
            "CN=a+SN=b",
            "=a",
            "CN=#0",
            "C\u{e9}=a",
        ] {
            check(bad, None);
        }
    }

    #[test]
    fn a_tombstone_shows_its_line_feed_in_hexadecimal() {
        // golden/07: CN=REN2\0ADEL:99277398-...
        assert_eq!(escape("REN2\nDEL:99277398"), r"REN2\0ADEL:99277398");
        assert_eq!(escape(" Doe, John"), r"\ Doe\, John");
    }

    proptest! {
        #[test]
        fn what_is_escaped_reads_back(values in prop::collection::vec("\\PC{1,12}|[ #,+\"\\\\<>;=\r\n\0a]{1,6}", 1..5)) {
            let rdns = values.iter().map(|v| Rdn { attribute: "CN".to_owned(), value: v.clone() }).collect();
            let dn = Dn { rdns };
            prop_assert_eq!(Dn::parse(&dn.to_string()), Ok(dn));
        }

        #[test]
        fn arbitrary_text_is_read_or_refused(text in "\\PC{0,40}|[CN=,\\\\\"# +a1]{0,30}") {
            if let Ok(dn) = Dn::parse(&text) {
                prop_assert_eq!(Dn::parse(&dn.to_string()), Ok(dn));
            }
        }
    }
}
