//! The three messages (MS-NLMP 2.2.1). Every offset and length is checked against what is there.

use forestbed_sim::clock::SimTime;

/// How each message begins.
pub(crate) const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";

/// Flags of NEGOTIATE and its answers (MS-NLMP 2.2.2.5).
pub(super) mod flag {
    pub(in super::super) const UNICODE: u32 = 0x0000_0001;
    pub(in super::super) const OEM: u32 = 0x0000_0002;
    pub(in super::super) const REQUEST_TARGET: u32 = 0x0000_0004;
    pub(in super::super) const SIGN: u32 = 0x0000_0010;
    pub(in super::super) const SEAL: u32 = 0x0000_0020;
    pub(in super::super) const NTLM: u32 = 0x0000_0200;
    pub(in super::super) const ALWAYS_SIGN: u32 = 0x0000_8000;
    pub(in super::super) const TARGET_TYPE_DOMAIN: u32 = 0x0001_0000;
    pub(in super::super) const EXTENDED_SESSION_SECURITY: u32 = 0x0008_0000;
    pub(in super::super) const TARGET_INFO: u32 = 0x0080_0000;
    pub(in super::super) const VERSION: u32 = 0x0200_0000;
    pub(in super::super) const KEY_128: u32 = 0x2000_0000;
    pub(in super::super) const KEY_EXCHANGE: u32 = 0x4000_0000;
    pub(in super::super) const KEY_56: u32 = 0x8000_0000;
}

/// Kinds of attributes about a target (MS-NLMP 2.2.2.1).
pub(super) mod av {
    pub(in super::super) const END: u16 = 0;
    pub(in super::super) const NETBIOS_COMPUTER: u16 = 1;
    pub(in super::super) const NETBIOS_DOMAIN: u16 = 2;
    pub(in super::super) const DNS_COMPUTER: u16 = 3;
    pub(in super::super) const DNS_DOMAIN: u16 = 4;
    pub(in super::super) const DNS_FOREST: u16 = 5;
    pub(in super::super) const FLAGS: u16 = 6;
    pub(in super::super) const TIMESTAMP: u16 = 7;
    pub(in super::super) const CHANNEL_BINDINGS: u16 = 10;
}

/// Windows 10.0, build 17763, revision 15 of the protocol: Windows Server 2019, as the texts of errors say.
const VERSION: [u8; 8] = [10, 0, 0x63, 0x45, 0, 0, 0, 15];
/// Where the payload of a CHALLENGE begins.
const CHALLENGE_HEAD: usize = 56;
/// Where AUTHENTICATE has its integrity code.
const MIC: std::ops::Range<usize> = 72..88;

/// A message is not one, or not the one that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BadMessage;

fn head(message: &[u8], kind: u32) -> Result<(), BadMessage> {
    let whole = message.starts_with(SIGNATURE) && number(message, 8)? == kind;
    if whole { Ok(()) } else { Err(BadMessage) }
}

fn number(message: &[u8], at: usize) -> Result<u32, BadMessage> {
    let octets = message.get(at..at + 4).and_then(|octets| octets.try_into().ok());
    octets.map(u32::from_le_bytes).ok_or(BadMessage)
}

/// What the field at an offset points to.
fn field(message: &[u8], at: usize) -> Result<&[u8], BadMessage> {
    let length = number(message, at)? as u16 as usize;
    let offset = number(message, at + 4)? as usize;
    if length == 0 {
        return Ok(&[]);
    }
    message.get(offset..offset.saturating_add(length)).ok_or(BadMessage)
}

fn text(octets: &[u8], flags: u32) -> Result<String, BadMessage> {
    if flags & flag::UNICODE == 0 {
        return Ok(octets.iter().map(|octet| char::from(*octet)).collect());
    }
    if !octets.len().is_multiple_of(2) {
        return Err(BadMessage);
    }
    let units: Vec<u16> = octets.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    String::from_utf16(&units).map_err(|_| BadMessage)
}

/// The flags of a NEGOTIATE message.
pub(super) fn read_negotiate(message: &[u8]) -> Result<u32, BadMessage> {
    head(message, 1)?;
    number(message, 12)
}

/// What a CHALLENGE carries.
pub(super) struct Challenge<'a> {
    pub(super) flags: u32,
    pub(super) challenge: [u8; 8],
    /// The NetBIOS name of the domain.
    pub(super) target: &'a str,
    /// Texts about the target, by kind.
    pub(super) names: &'a [(u16, &'a str)],
    pub(super) now: SimTime,
}

impl Challenge<'_> {
    pub(super) fn write(&self) -> Vec<u8> {
        let target = if self.flags & flag::UNICODE != 0 { utf16(self.target) } else { oem(self.target) };
        let target = if self.flags & flag::REQUEST_TARGET != 0 { target } else { Vec::new() };
        let mut info = Vec::new();
        self.names.iter().for_each(|(kind, name)| put_attribute(&mut info, *kind, &utf16(name)));
        put_attribute(&mut info, av::TIMESTAMP, &self.now.filetime().to_le_bytes());
        put_attribute(&mut info, av::END, &[]);
        let mut out = SIGNATURE.to_vec();
        out.extend_from_slice(&2u32.to_le_bytes());
        put_field(&mut out, target.len(), CHALLENGE_HEAD);
        out.extend_from_slice(&self.flags.to_le_bytes());
        out.extend_from_slice(&self.challenge);
        out.extend_from_slice(&[0; 8]);
        put_field(&mut out, info.len(), CHALLENGE_HEAD + target.len());
        out.extend_from_slice(if self.flags & flag::VERSION != 0 { &VERSION } else { &[0; 8] });
        out.extend_from_slice(&target);
        out.extend_from_slice(&info);
        out
    }
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn oem(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect()
}

fn put_attribute(out: &mut Vec<u8>, kind: u16, value: &[u8]) {
    out.extend_from_slice(&kind.to_le_bytes());
    out.extend_from_slice(&(value.len() as u16).to_le_bytes());
    out.extend_from_slice(value);
}

fn put_field(out: &mut Vec<u8>, length: usize, offset: usize) {
    let length = (length as u16).to_le_bytes();
    out.extend_from_slice(&length);
    out.extend_from_slice(&length);
    out.extend_from_slice(&(offset as u32).to_le_bytes());
}

/// What an AUTHENTICATE message carries.
#[derive(Debug, Clone)]
pub(super) struct Authenticate<'a> {
    pub(super) lm_response: &'a [u8],
    pub(super) nt_response: &'a [u8],
    pub(super) domain: String,
    pub(super) user: String,
    pub(super) workstation: String,
    pub(super) session_key: &'a [u8],
    pub(super) flags: u32,
}

impl<'a> Authenticate<'a> {
    /// Reads a message; `flags` are those of the CHALLENGE, which say how texts are written.
    pub(super) fn read(message: &'a [u8], flags: u32) -> Result<Authenticate<'a>, BadMessage> {
        head(message, 3)?;
        Ok(Authenticate {
            lm_response: field(message, 12)?,
            nt_response: field(message, 20)?,
            domain: text(field(message, 28)?, flags)?,
            user: text(field(message, 36)?, flags)?,
            workstation: text(field(message, 44)?, flags)?,
            session_key: field(message, 52)?,
            flags: number(message, 60)?,
        })
    }
}

/// The integrity code of an AUTHENTICATE message, and the message with zeros in its place.
pub(super) fn integrity_code(message: &[u8]) -> Result<([u8; 16], Vec<u8>), BadMessage> {
    let code = message.get(MIC).and_then(|code| code.try_into().ok()).ok_or(BadMessage)?;
    let mut blank = message.to_vec();
    blank[MIC].fill(0);
    Ok((code, blank))
}

/// The value of one kind of attribute in the client's part of a response of version 2.
pub(super) fn client_attribute(nt_response: &[u8], wanted: u16) -> Option<&[u8]> {
    // 16 octets of proof; versions, time, the client's challenge and padding take 28 more
    let mut rest = nt_response.get(44..)?;
    while let [k0, k1, l0, l1, after @ ..] = rest {
        let length = usize::from(u16::from_le_bytes([*l0, *l1]));
        let (kind, value) = (u16::from_le_bytes([*k0, *k1]), after.get(..length)?);
        if kind == wanted {
            return Some(value);
        }
        if kind == av::END {
            return None;
        }
        rest = &after[length..];
    }
    None
}
