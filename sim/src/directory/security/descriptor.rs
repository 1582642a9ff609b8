//! Security descriptors in their self-relative form (MS-DTYP 2.4.6).

use super::ace::Ace;
use crate::ids::Sid;

/// Bits of the control word.
const DACL_PRESENT: u16 = 0x0004;
const SACL_PRESENT: u16 = 0x0010;
const DACL_AUTO_INHERITED: u16 = 0x0400;
const SACL_AUTO_INHERITED: u16 = 0x0800;
const DACL_PROTECTED: u16 = 0x1000;
const SACL_PROTECTED: u16 = 0x2000;
const SELF_RELATIVE: u16 = 0x8000;

const HEADER: usize = 20;
/// Lists of a directory are of this revision: they may hold object entries.
const ACL_REVISION: u8 = 4;

/// Parts of a security descriptor: the bits of the SD flags control (MS-ADTS 3.1.1.3.4.1.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecurityParts(u8);

impl SecurityParts {
    /// Owner, group, DACL and SACL.
    pub const ALL: SecurityParts = SecurityParts(15);
    const OWNER: u8 = 1;
    const GROUP: u8 = 2;
    const DACL: u8 = 4;
    const SACL: u8 = 8;

    /// From the control's number; none of the four bits means all of them.
    pub fn from_flags(flags: i64) -> SecurityParts {
        match (flags & 15) as u8 {
            0 => SecurityParts::ALL,
            bits => SecurityParts(bits),
        }
    }

    /// Whether the system access control list is among them: only administrators read it.
    pub fn includes_sacl(self) -> bool {
        self.0 & SecurityParts::SACL != 0
    }

    fn has(self, part: u8) -> bool {
        self.0 & part != 0
    }
}

impl Default for SecurityParts {
    fn default() -> SecurityParts {
        SecurityParts::ALL
    }
}

/// An access control list as it is stored: header and entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Acl {
    bytes: Vec<u8>,
    /// What lies above does not reach it.
    pub(super) protected: bool,
    pub(super) auto_inherited: bool,
}

impl Acl {
    pub(super) fn new(aces: &[Ace], protected: bool, auto_inherited: bool) -> Acl {
        let (mut bytes, mut count) = (vec![ACL_REVISION, 0, 0, 0, 0, 0, 0, 0], 0u16);
        for ace in aces {
            let whole = bytes.len();
            ace.write(&mut bytes);
            if bytes.len() > usize::from(u16::MAX) {
                // what was written above may hand down more than one list holds
                bytes.truncate(whole);
                break;
            }
            count += 1;
        }
        let size = (bytes.len() as u16).to_le_bytes();
        bytes[2..4].copy_from_slice(&size);
        bytes[4..6].copy_from_slice(&count.to_le_bytes());
        Acl { bytes, protected, auto_inherited }
    }

    /// Reads a list at the front of `bytes`; none when it is malformed.
    fn parse(bytes: &[u8]) -> Option<Acl> {
        let size = usize::from(u16::from_le_bytes([*bytes.get(2)?, *bytes.get(3)?]));
        let bytes = bytes.get(..size)?;
        if size < 8 || !matches!(bytes[0], 2 | ACL_REVISION) {
            return None;
        }
        let acl = Acl { bytes: bytes.to_vec(), protected: false, auto_inherited: false };
        acl.read().is_some().then_some(acl)
    }

    /// Its entries; those of kinds that are not understood are left out. None when one is malformed.
    fn read(&self) -> Option<Vec<Ace>> {
        let count = u16::from_le_bytes([*self.bytes.get(4)?, *self.bytes.get(5)?]);
        let (mut aces, mut rest) = (Vec::new(), self.bytes.get(8..)?);
        for _ in 0..count {
            let size = usize::from(u16::from_le_bytes([*rest.get(2)?, *rest.get(3)?]));
            if size < 8 || size % 4 != 0 {
                return None;
            }
            aces.extend(Ace::parse(rest.get(..size)?)?);
            rest = &rest[size..];
        }
        Some(aces)
    }

    pub(super) fn aces(&self) -> Vec<Ace> {
        self.read().unwrap_or_default()
    }
}

/// A security descriptor; a part that is absent is none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::directory) struct SecurityDescriptor {
    pub(super) owner: Option<Sid>,
    pub(super) group: Option<Sid>,
    pub(super) dacl: Option<Acl>,
    pub(super) sacl: Option<Acl>,
}

impl SecurityDescriptor {
    /// Reads the self-relative form; none when it is malformed.
    pub(in crate::directory) fn parse(bytes: &[u8]) -> Option<SecurityDescriptor> {
        let header = bytes.get(..HEADER)?;
        let control = u16::from_le_bytes([header[2], header[3]]);
        if header[0] != 1 || control & SELF_RELATIVE == 0 {
            return None;
        }
        let part = |at: usize| {
            let offset = u32::from_le_bytes(header[at..at + 4].try_into().unwrap_or_default()) as usize;
            (offset != 0).then(|| bytes.get(offset..).filter(|_| offset >= HEADER).unwrap_or_default())
        };
        let sid = |at: usize| match part(at) {
            None => Some(None),
            Some(rest) => {
                let count = usize::from(*rest.get(1)?);
                Some(Some(Sid::from_bytes(rest.get(..8 + count * 4)?)?))
            }
        };
        let acl = |at: usize, present: u16, protected: u16, auto: u16| match part(at) {
            Some(rest) if control & present != 0 => {
                let acl = Acl::parse(rest)?;
                let (protected, auto_inherited) = (control & protected != 0, control & auto != 0);
                Some(Some(Acl { protected, auto_inherited, ..acl }))
            }
            _ => Some(None),
        };
        Some(SecurityDescriptor {
            owner: sid(4)?,
            group: sid(8)?,
            sacl: acl(12, SACL_PRESENT, SACL_PROTECTED, SACL_AUTO_INHERITED)?,
            dacl: acl(16, DACL_PRESENT, DACL_PROTECTED, DACL_AUTO_INHERITED)?,
        })
    }

    /// These parts of another one, the rest of this one.
    pub(in crate::directory) fn replaced(self, parts: SecurityParts, by: SecurityDescriptor) -> Self {
        let take = |part: u8| parts.has(part);
        SecurityDescriptor {
            owner: by.owner.filter(|_| take(SecurityParts::OWNER)).or(self.owner),
            group: by.group.filter(|_| take(SecurityParts::GROUP)).or(self.group),
            dacl: by.dacl.filter(|_| take(SecurityParts::DACL)).or(self.dacl),
            sacl: by.sacl.filter(|_| take(SecurityParts::SACL)).or(self.sacl),
        }
    }

    /// The self-relative form of some parts.
    pub(in crate::directory) fn to_bytes(&self, parts: SecurityParts) -> Vec<u8> {
        let mut out = vec![0; HEADER];
        let mut control = SELF_RELATIVE;
        let put = |out: &mut Vec<u8>, at: usize, bytes: &[u8]| {
            let offset = (out.len() as u32).to_le_bytes();
            out[at..at + 4].copy_from_slice(&offset);
            out.extend_from_slice(bytes);
        };
        for (part, at, sid) in
            [(SecurityParts::OWNER, 4, &self.owner), (SecurityParts::GROUP, 8, &self.group)]
        {
            if let Some(sid) = sid.as_ref().filter(|_| parts.has(part)) {
                put(&mut out, at, &sid.to_bytes());
            }
        }
        let lists = [
            (SecurityParts::SACL, 12, &self.sacl, SACL_PRESENT, SACL_PROTECTED, SACL_AUTO_INHERITED),
            (SecurityParts::DACL, 16, &self.dacl, DACL_PRESENT, DACL_PROTECTED, DACL_AUTO_INHERITED),
        ];
        for (part, at, acl, present, protected, auto) in lists {
            if let Some(acl) = acl.as_ref().filter(|_| parts.has(part)) {
                control |= present;
                control |= if acl.protected { protected } else { 0 };
                control |= if acl.auto_inherited { auto } else { 0 };
                put(&mut out, at, &acl.bytes);
            }
        }
        out[0] = 1;
        out[2..4].copy_from_slice(&control.to_le_bytes());
        out
    }
}
