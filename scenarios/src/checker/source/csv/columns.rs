//! What the columns of a CSV file mean.

use forestbed_sim::rules::ATTRIBUTES;
use std::sync::LazyLock;

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Column {
    /// The object's distinguished name.
    Name,
    /// An attribute, by its schema's name.
    Attribute(&'static str),
    /// `Enabled` of Get-ADUser, which stands for a flag of userAccountControl.
    Enabled,
    /// Nothing that the rules read.
    Other,
}

/// A column's name in other programs, and what it means; `data/csv-columns.tsv`.
static NAMES: LazyLock<Vec<(&'static str, &'static str)>> = LazyLock::new(|| {
    let rows = include_str!("../../../../data/csv-columns.tsv").lines().skip(1);
    rows.filter_map(|row| row.split_once('\t'))
        .map(|(name, rest)| (name, rest.split('\t').next().unwrap_or_default()))
        .collect()
});

/// Attributes that hold several values; a separator in any other's value is part of it.
const MULTI_VALUED: [&str; 6] =
    ["objectClass", "proxyAddresses", "member", "memberOf", "userCertificate", "userSMIMECertificate"];

impl Column {
    /// By the header's text.
    pub(super) fn of(header: &str) -> Column {
        let header = header.trim();
        let known = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(header));
        let meaning = known.map_or(header, |(_, meaning)| meaning);
        match meaning {
            "dn" => return Column::Name,
            "enabled" => return Column::Enabled,
            _ => {}
        }
        let own = ["objectClass", "objectGUID"].into_iter().chain(ATTRIBUTES.iter().copied());
        own.into_iter()
            .find(|name| name.eq_ignore_ascii_case(meaning))
            .map_or(Column::Other, Column::Attribute)
    }
}

/// The values of a cell.
pub(super) fn values<'a>(attribute: &str, cell: &'a [u8]) -> Vec<&'a [u8]> {
    if cell.is_empty() {
        return Vec::new();
    }
    if !MULTI_VALUED.contains(&attribute) {
        return vec![cell];
    }
    let is_address = attribute == "proxyAddresses";
    let (mut values, mut from) = (Vec::new(), 0);
    for (at, _) in cell.iter().enumerate().filter(|(_, byte)| **byte == b';') {
        // csvde writes a separator that belongs to the value as '\;', and so do distinguished names
        if at > 0 && cell[at - 1] == b'\\' {
            continue;
        }
        if is_address && !separates(&cell[from..at], &cell[at + 1..]) {
            continue;
        }
        values.push(&cell[from..at]);
        from = at + 1;
    }
    values.push(&cell[from..]);
    values.retain(|value| !value.is_empty());
    values
}

/// Whether a semicolon between these two stands between two addresses: one of X.400 is full of them, and one
/// that should not be in an SMTP address is a defect to be found.
fn separates(before: &[u8], after: &[u8]) -> bool {
    let next = after.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii_start();
    let prefix = next.split(|byte| *byte == b':').next().unwrap_or_default();
    let has_prefix = prefix.len() < next.len()
        && !prefix.is_empty()
        && prefix.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    let is_smtp = before.len() >= 5 && before[..5].eq_ignore_ascii_case(b"smtp:");
    let is_whole = !is_smtp || before.contains(&b'@');
    after.is_empty() || has_prefix || is_smtp && is_whole && next.contains(&b'@')
}

/// The octets of a value: csvde writes what is no text as `X'...'`, and other programs write truth in words.
pub(super) fn octets(attribute: &str, value: &[u8]) -> Vec<u8> {
    if let Some(octets) =
        value.strip_prefix(b"X'").and_then(|rest| rest.strip_suffix(b"'")).and_then(hexadecimal)
    {
        return octets;
    }
    let text = std::str::from_utf8(value).unwrap_or_default();
    if matches!(attribute, "objectSid" | "msExchMasterAccountSid")
        && let Some(sid) = forestbed_sim::ids::Sid::parse(text.trim())
    {
        return sid.to_bytes();
    }
    if matches!(attribute, "isCriticalSystemObject" | "msExchHideFromAddressLists") {
        return value.to_ascii_uppercase();
    }
    value.to_vec()
}

fn hexadecimal(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some((digit(high)? * 16 + digit(low)?) as u8),
        _ => None,
    };
    text.chunks(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_of_the_table_means_something() {
        for (name, _) in NAMES.iter() {
            assert_ne!(Column::of(name), Column::Other, "{name}");
        }
        assert_eq!(Column::of(" PROXYADDRESSES "), Column::Attribute("proxyAddresses"));
        assert_eq!(Column::of("dn"), Column::Name);
        assert_eq!(Column::of("Surname"), Column::Attribute("sn"));
        assert_eq!(Column::of("LastLogonDate"), Column::Other);
    }

    #[test]
    fn a_semicolon_separates_addresses_but_not_the_parts_of_one() {
        let check = |attribute: &str, cell: &str, expected: &[&str]| {
            let got = values(attribute, cell.as_bytes());
            let got: Vec<&str> = got.into_iter().map(|v| std::str::from_utf8(v).unwrap()).collect();
            assert_eq!(got, expected, "{cell}");
        };
        check("proxyAddresses", "SMTP:a@x.com;smtp:b@x.com", &["SMTP:a@x.com", "smtp:b@x.com"]);
        check("proxyAddresses", "SMTP:a@x.com;b@x.com", &["SMTP:a@x.com", "b@x.com"]);
        check("proxyAddresses", "SMTP:a;b@x.com;sip:a@x.com", &["SMTP:a;b@x.com", "sip:a@x.com"]);
        check(
            "proxyAddresses",
            "X400:C=US;A= ;P=Contoso;O=Exchange;S=Doe;G=John;;smtp:a@x.com",
            &["X400:C=US;A= ;P=Contoso;O=Exchange;S=Doe;G=John;", "smtp:a@x.com"],
        );
        check("proxyAddresses", "SMTP:a@x.com;", &["SMTP:a@x.com"]);
        check("displayName", "Doe; John", &["Doe; John"]);
        check("objectClass", "top;person;user", &["top", "person", "user"]);
        check("member", "CN=a\\;b,DC=x;CN=c,DC=x", &["CN=a\\;b,DC=x", "CN=c,DC=x"]);
        check("mail", "", &[]);
    }

    #[test]
    fn octets_come_from_csvdes_notation_and_truth_from_words() {
        assert_eq!(octets("thumbnailPhoto", b"X'ffd8FF'"), [0xff, 0xd8, 0xff]);
        assert_eq!(octets("displayName", b"X'zz'"), b"X'zz'");
        assert_eq!(octets("msExchHideFromAddressLists", b"True"), b"TRUE");
        assert_eq!(
            octets("objectSid", b"S-1-5-32-544"),
            [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0]
        );
    }
}
