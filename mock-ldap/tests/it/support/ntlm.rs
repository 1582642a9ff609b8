//! An NTLM client made from MS-NLMP alone, which shares no code with the server: version 2 of the responses,
//! integrity code, key exchange, signing and sealing.

use forestbed_sim::directory::nt_hash_of;
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};

/// UNICODE, NTLM, TARGET_INFO, ALWAYS_SIGN, EXTENDED_SESSIONSECURITY, 128, KEY_EXCH.
pub(crate) const PLAIN: u32 = 0x6088_8201;
/// The same with SIGN; with SIGN and SEAL.
pub(crate) const SIGNED: u32 = PLAIN | 0x10;
pub(crate) const SEALED: u32 = PLAIN | 0x30;
/// The key that the client chooses.
const KEY: [u8; 16] = *b"chosen by client";

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 16] {
    let mut mac = Hmac::<Md5>::new_from_slice(key).expect("any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A stream cipher made from its description, an octet at a time.
struct Rc4(Vec<u8>, usize, usize);

impl Rc4 {
    fn new(key: &[u8]) -> Rc4 {
        let mut s: Vec<u8> = (0..=255).collect();
        let mut j = 0;
        for i in 0..256 {
            j = (j + s[i] as usize + key[i % key.len()] as usize) % 256;
            s.swap(i, j);
        }
        Rc4(s, 0, 0)
    }

    fn apply(&mut self, data: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for octet in data {
            self.1 = (self.1 + 1) % 256;
            self.2 = (self.2 + self.0[self.1] as usize) % 256;
            self.0.swap(self.1, self.2);
            out.push(octet ^ self.0[(self.0[self.1] as usize + self.0[self.2] as usize) % 256]);
        }
        out
    }
}

/// What a client says in its last message, and how.
#[derive(Debug, Clone)]
pub(crate) struct Login<'a> {
    pub(crate) user: &'a str,
    pub(crate) domain: &'a str,
    pub(crate) password: &'a str,
    pub(crate) flags: u32,
    /// Whether there is an integrity code, and whether it is right.
    pub(crate) integrity: Option<bool>,
    pub(crate) channel_binding: Option<[u8; 16]>,
}

impl<'a> Login<'a> {
    pub(crate) fn new(domain: &'a str, user: &'a str, password: &'a str) -> Login<'a> {
        Login { user, domain, password, flags: PLAIN, integrity: Some(true), channel_binding: None }
    }

    /// The first message.
    pub(crate) fn negotiate(&self) -> Vec<u8> {
        [&b"NTLMSSP\0\x01\0\0\0"[..], &self.flags.to_le_bytes(), &[0; 16]].concat()
    }

    /// The last message.
    pub(crate) fn authenticate(&self, challenge: &[u8]) -> Vec<u8> {
        let number = |at: usize| u32::from_le_bytes(challenge[at..at + 4].try_into().expect("four"));
        let agreed = self.flags & number(20);
        let (length, offset) = (number(40) as usize & 0xffff, number(44) as usize);
        let mut info = challenge[offset..offset + length - 4].to_vec();
        if self.integrity.is_some() {
            info.extend_from_slice(&[6, 0, 4, 0, 2, 0, 0, 0]);
        }
        if let Some(digest) = self.channel_binding {
            info.extend_from_slice(&[10, 0, 16, 0]);
            info.extend_from_slice(&digest);
        }
        let blob = [&[1, 1, 0, 0, 0, 0, 0, 0][..], &[0; 8], &[0xaa; 8], &[0; 4], &info, &[0; 8]].concat();
        let name = utf16(&format!("{}{}", self.user.to_uppercase(), self.domain));
        let key = hmac(&nt_hash_of(self.password), &[&name]);
        let proof = hmac(&key, &[&challenge[24..32], &blob]);
        let session = Rc4::new(&hmac(&key, &[&proof])).apply(&KEY);
        let parts = [
            vec![0; 24],
            [&proof[..], &blob].concat(),
            utf16(self.domain),
            utf16(self.user),
            utf16("COMPUTER"),
            session,
        ];
        let mut message = b"NTLMSSP\0\x03\0\0\0".to_vec();
        let mut at = 88u32;
        for part in &parts {
            let length = (part.len() as u16).to_le_bytes();
            message.extend([length, length].concat());
            message.extend(at.to_le_bytes());
            at += part.len() as u32;
        }
        message.extend(agreed.to_le_bytes());
        message.extend([0; 8 + 16]);
        message.extend(parts.concat());
        if let Some(right) = self.integrity {
            let mut code = hmac(&KEY, &[&self.negotiate(), challenge, &message]);
            code[0] ^= u8::from(!right);
            message[72..88].copy_from_slice(&code);
        }
        message
    }
}

/// The client's end of the layer.
pub(crate) struct Layer {
    seal: bool,
    /// Keys to sign with and streams to seal with: the client's, the server's.
    ends: [([u8; 16], Rc4, u32); 2],
}

impl Layer {
    pub(crate) fn new(flags: u32) -> Layer {
        let key = |which: &str, what: &str| -> [u8; 16] {
            let text = format!("session key to {which} {what} key magic constant\0");
            Md5::digest([&KEY[..], text.as_bytes()].concat()).into()
        };
        let end = |which: &str| (key(which, "signing"), Rc4::new(&key(which, "sealing")), 0);
        let ends = [end("client-to-server"), end("server-to-client")];
        Layer { seal: flags & 0x20 != 0, ends }
    }

    fn signature(end: &mut ([u8; 16], Rc4, u32), message: &[u8]) -> Vec<u8> {
        let number = end.2.to_le_bytes();
        end.2 += 1;
        let digest = end.1.apply(&hmac(&end.0, &[&number, message])[..8]);
        [&[1, 0, 0, 0][..], &digest, &number].concat()
    }

    /// The client's signature of a list of mechanisms, for clients that sign nothing else.
    pub(crate) fn sign_list(&mut self, list: &[u8]) -> Vec<u8> {
        Layer::signature(&mut self.ends[0], list)
    }

    /// What the server's signature of the list must be.
    pub(crate) fn servers_signature_of_list(&mut self, list: &[u8]) -> Vec<u8> {
        Layer::signature(&mut self.ends[1], list)
    }

    /// A buffer to send, its length in front.
    pub(crate) fn wrap(&mut self, message: &[u8]) -> Vec<u8> {
        let end = &mut self.ends[0];
        let body = if self.seal { end.1.apply(message) } else { message.to_vec() };
        let signature = Layer::signature(end, message);
        [&(16 + body.len() as u32).to_be_bytes()[..], &signature, &body].concat()
    }

    /// What is in a received buffer, given without its length.
    pub(crate) fn unwrap(&mut self, buffer: &[u8]) -> Vec<u8> {
        let end = &mut self.ends[1];
        let message = if self.seal { end.1.apply(&buffer[16..]) } else { buffer[16..].to_vec() };
        assert_eq!(Layer::signature(end, &message), buffer[..16], "the server's signature");
        message
    }
}
