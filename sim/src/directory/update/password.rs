//! Passwords: kept as their NT hashes, never readable.

use crate::directory::NtHash;
use md4::{Digest, Md4};

/// The NT hash of a password.
pub fn nt_hash_of(password: &str) -> NtHash {
    let mut hash = Md4::new();
    password.encode_utf16().for_each(|unit| hash.update(unit.to_le_bytes()));
    hash.finalize().into()
}

/// The text of a `unicodePwd` value: quoted UTF-16, least significant byte first. None for anything else.
pub(in crate::directory) fn read_quoted(value: &[u8]) -> Option<String> {
    if !value.len().is_multiple_of(2) {
        return None;
    }
    let units: Vec<u16> = value.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    let text = String::from_utf16(&units).ok()?;
    Some(text.strip_prefix('"')?.strip_suffix('"')?.to_owned())
}

/// Whose password it is, for the rule that it does not tell the name.
pub(super) struct Owner {
    pub(super) account: String,
    pub(super) display: String,
}

/// Whether a password is complex enough: characters of three of the kinds upper case, lower case, digit,
/// neither letter nor digit, letter without case; and it contains neither the account's name nor a part of
/// the display name, each when it has three characters or more (the documented password filter).
pub(super) fn is_complex(password: &str, owner: &Owner) -> bool {
    let kinds: [fn(char) -> bool; 5] = [
        |c| c.is_uppercase(),
        |c| c.is_lowercase(),
        |c| c.is_ascii_digit(),
        |c| !c.is_alphanumeric(),
        |c| c.is_alphabetic() && !c.is_uppercase() && !c.is_lowercase(),
    ];
    let classes = kinds.iter().filter(|kind| password.chars().any(**kind)).count();
    let password = password.to_lowercase();
    let separates = |c: char| c.is_whitespace() || matches!(c, ',' | '.' | '-' | '_' | '#');
    let parts = owner.display.split(separates).chain([owner.account.as_str()]);
    let mut told = parts.filter(|part| part.chars().count() > 2);
    classes >= 3 && !told.any(|part| password.contains(&part.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_the_protocol() {
        // MS-NLMP 4.2.2.1.2: NTOWFv1 of "Password"
        assert_eq!(
            nt_hash_of("Password"),
            [0xa4, 0xf4, 0x9c, 0x40, 0x65, 0x10, 0xbd, 0xca, 0xb6, 0x82, 0x4e, 0xe7, 0xc3, 0x0f, 0xd8, 0x52]
        );
    }

    #[test]
    fn complexity_counts_kinds_and_looks_for_names() {
        // Microsoft: "Password must meet complexity requirements"
        let owner = Owner { account: "anna.berg".to_owned(), display: "Anna-Lena Berg".to_owned() };
        for (password, expected) in [
            ("Passw0rd", true),
            ("password1!", true),
            ("password1", false),
            ("PASSWORD-X", false),
            ("xAnnA123!", false),
            ("BERG-2024x", false),
            ("Lena.2024x", false),
            ("Anna.Berg2024x", false),
            ("密码Passw", true),
        ] {
            assert_eq!(is_complex(password, &owner), expected, "{password}");
        }
    }

    #[test]
    fn a_quoted_password_is_read() {
        // golden/00: unicodePwd of Alice
        use base64::Engine as _;
        let value =
            base64::engine::general_purpose::STANDARD.decode("IgBQAGEAcwBzAHcAMAByAGQAIQAxACIA").unwrap();
        assert_eq!(read_quoted(&value).as_deref(), Some("Passw0rd!1"));
        assert_eq!(read_quoted(b"Passw0rd!1"), None);
    }
}
