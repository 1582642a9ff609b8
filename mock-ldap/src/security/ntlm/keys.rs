//! What is computed from a hash, the challenge and the response (MS-NLMP 3.3.2, 3.4.5).

use super::arcfour::Arcfour;
use super::message::flag;
use forestbed_sim::directory::NtHash;
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};

/// A key or a keyed digest.
pub(crate) type Key = [u8; 16];

/// The keyed digest of the parts one after another.
pub(super) fn hmac_md5(key: &[u8], parts: &[&[u8]]) -> Key {
    // a key of any length is taken: longer ones are digested first
    let Ok(mut mac) = Hmac::<Md5>::new_from_slice(key) else { return Key::default() };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

pub(crate) fn md5(parts: &[&[u8]]) -> Key {
    let mut digest = Md5::new();
    parts.iter().for_each(|part| digest.update(part));
    digest.finalize().into()
}

/// NTOWFv2: the key of an account as a client names it. The user counts in upper case, the domain as it came.
pub(super) fn response_key(hash: &NtHash, user: &str, domain: &str) -> Key {
    let name = user.chars().map(upper).chain(domain.chars()).collect::<String>();
    let octets: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    hmac_md5(hash, &[&octets])
}

/// Upper case a character at a time, as Windows does: ß stays what it is.
fn upper(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

/// The key that both sides use: the client's own, encrypted, when a key exchange was negotiated.
pub(super) fn exported(session_base_key: &Key, encrypted: &[u8], flags: u32) -> Option<Key> {
    if flags & flag::KEY_EXCHANGE == 0 {
        return Some(*session_base_key);
    }
    let mut key: Key = encrypted.try_into().ok()?;
    Arcfour::new(session_base_key).apply(&mut key);
    Some(key)
}

/// In which direction a key is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    ToServer,
    ToClient,
}

impl Direction {
    fn text(self) -> &'static str {
        match self {
            Direction::ToServer => "client-to-server",
            Direction::ToClient => "server-to-client",
        }
    }
}

/// SIGNKEY with extended session security.
pub(super) fn sign_key(exported: &Key, direction: Direction) -> Key {
    let magic = format!("session key to {} signing key magic constant\0", direction.text());
    md5(&[exported, magic.as_bytes()])
}

/// SEALKEY with extended session security: from as much of the key as was negotiated.
pub(super) fn seal_key(exported: &Key, direction: Direction, flags: u32) -> Key {
    let most = match () {
        () if flags & flag::KEY_128 != 0 => 16,
        () if flags & flag::KEY_56 != 0 => 7,
        () => 5,
    };
    let magic = format!("session key to {} sealing key magic constant\0", direction.text());
    md5(&[&exported[..most], magic.as_bytes()])
}
