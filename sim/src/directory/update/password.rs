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

/// Whether a password is complex enough: three of the classes upper case, lower case, digit, other; and it does not
/// contain the account's name when that is longer than two characters (the documented password filter).
pub(super) fn is_complex(password: &str, account: &str) -> bool {
    let kinds: [fn(char) -> bool; 4] =
        [|c| c.is_uppercase(), |c| c.is_lowercase(), |c| c.is_ascii_digit(), |c| !c.is_alphanumeric()];
    let classes = kinds.iter().filter(|kind| password.chars().any(**kind)).count();
    let account = account.to_lowercase();
    let names_it = account.chars().count() > 2 && password.to_lowercase().contains(&account);
    classes >= 3 && !names_it
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
    fn a_quoted_password_is_read() {
        // golden/00: unicodePwd of Alice
        use base64::Engine as _;
        let value =
            base64::engine::general_purpose::STANDARD.decode("IgBQAGEAcwBzAHcAMAByAGQAIQAxACIA").unwrap();
        assert_eq!(read_quoted(&value).as_deref(), Some("Passw0rd!1"));
        assert_eq!(read_quoted(b"Passw0rd!1"), None);
    }
}
