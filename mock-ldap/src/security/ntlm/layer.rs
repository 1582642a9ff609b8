//! Signing and sealing of messages with extended session security (MS-NLMP 3.4), in the buffers of RFC 4422.

use super::arcfour::Arcfour;
use super::keys::{self, Direction, Key};
use super::message::flag;

/// Octets of a signature: version, checksum, sequence number.
const SIGNATURE: usize = 16;

/// What one side signs and seals with.
#[derive(Debug, Clone)]
struct Half {
    key: Key,
    cipher: Arcfour,
    sequence: u32,
}

impl Half {
    fn new(exported: &Key, direction: Direction, flags: u32) -> Half {
        let cipher = Arcfour::new(&keys::seal_key(exported, direction, flags));
        Half { key: keys::sign_key(exported, direction), cipher, sequence: 0 }
    }

    /// The signature of the next message. The cipher has been through the message already, if that is sealed.
    fn sign(&mut self, message: &[u8], encrypted: bool) -> [u8; SIGNATURE] {
        let sequence = self.sequence.to_le_bytes();
        let digest = keys::hmac_md5(&self.key, &[&sequence, message]);
        let mut signature = [0; SIGNATURE];
        signature[0] = 1;
        signature[4..12].copy_from_slice(&digest[..8]);
        if encrypted {
            self.cipher.apply(&mut signature[4..12]);
        }
        signature[12..].copy_from_slice(&sequence);
        self.sequence = self.sequence.wrapping_add(1);
        signature
    }

    /// The signature of a list of mechanisms (MS-SPNG 3.2.5.1): it takes a sequence number, but the key
    /// stream begins anew after it.
    fn sign_list(&mut self, list: &[u8], encrypted: bool) -> [u8; SIGNATURE] {
        let cipher = self.cipher.clone();
        let signature = self.sign(list, encrypted);
        self.cipher = cipher;
        signature
    }
}

/// What protects the messages of a connection after an NTLM bind that asked for it: each is signed, and
/// sealed too when the client wanted that. RC4 and MD5 are what the protocol has; it is no substitute for TLS.
#[derive(Debug, Clone)]
pub struct SecurityLayer {
    flags: u32,
    client: Half,
    server: Half,
}

/// A buffer whose signature does not fit; nothing that follows can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a protected buffer is not what its sender signed")]
pub struct Tampered;

impl SecurityLayer {
    pub(super) fn new(exported: &Key, flags: u32) -> SecurityLayer {
        SecurityLayer {
            flags,
            client: Half::new(exported, Direction::ToServer, flags),
            server: Half::new(exported, Direction::ToClient, flags),
        }
    }

    /// Whether messages are sealed, not only signed.
    pub fn seals(&self) -> bool {
        self.flags & flag::SEAL != 0
    }

    /// Whether the seal has 128 bits, which is what passwords are written under.
    pub fn is_strong(&self) -> bool {
        self.seals() && self.flags & flag::KEY_128 != 0
    }

    fn encrypts_signatures(&self) -> bool {
        self.flags & flag::KEY_EXCHANGE != 0
    }

    /// Protects the server's `message` (or several): appends one buffer, four octets of length and all.
    pub fn wrap(&mut self, message: &[u8], out: &mut Vec<u8>) {
        let length = u32::try_from(message.len() + SIGNATURE).unwrap_or(u32::MAX);
        out.extend_from_slice(&length.to_be_bytes());
        let at = out.len();
        out.extend_from_slice(&[0; SIGNATURE]);
        out.extend_from_slice(message);
        let (seals, encrypts) = (self.seals(), self.encrypts_signatures());
        if seals {
            self.server.cipher.apply(&mut out[at + SIGNATURE..]);
        }
        let signature = self.server.sign(message, encrypts);
        out[at..at + SIGNATURE].copy_from_slice(&signature);
    }

    /// What the client protected in a buffer, given without the four octets of its length.
    ///
    /// # Errors
    /// When it is too short or its signature does not fit.
    pub fn unwrap(&mut self, buffer: &[u8]) -> Result<Vec<u8>, Tampered> {
        let (signature, message) = buffer.split_at_checked(SIGNATURE).ok_or(Tampered)?;
        let (seals, encrypts) = (self.seals(), self.encrypts_signatures());
        let mut message = message.to_vec();
        if seals {
            self.client.cipher.apply(&mut message);
        }
        if self.client.sign(&message, encrypts) == signature { Ok(message) } else { Err(Tampered) }
    }

    /// Whether the client signed this list of mechanisms.
    pub(crate) fn client_signed_list(&mut self, list: &[u8], signature: &[u8]) -> bool {
        let encrypts = self.encrypts_signatures();
        self.client.sign_list(list, encrypts) == signature
    }

    /// The server's signature of a list of mechanisms.
    pub(crate) fn sign_list(&mut self, list: &[u8]) -> [u8; SIGNATURE] {
        let encrypts = self.encrypts_signatures();
        self.server.sign_list(list, encrypts)
    }

    #[cfg(test)]
    pub(super) fn swapped(mut self) -> SecurityLayer {
        std::mem::swap(&mut self.client, &mut self.server);
        self
    }
}
