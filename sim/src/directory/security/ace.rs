//! Entries of access control lists (MS-DTYP 2.4.4).

use crate::ids::{Guid, Sid};

/// Children that are no containers inherit it.
pub(super) const OBJECT_INHERIT: u8 = 0x01;
/// Children that are containers inherit it; every object of a directory is one.
pub(super) const CONTAINER_INHERIT: u8 = 0x02;
/// Children inherit it, their children do not.
pub(super) const NO_PROPAGATE: u8 = 0x04;
/// It does not count for the object that carries it.
pub(super) const INHERIT_ONLY: u8 = 0x08;
/// It came from above.
pub(super) const INHERITED: u8 = 0x10;

/// An object type is there, an inherited object type is there: flags of an object ACE.
const HAS_TYPE: u32 = 1;
const HAS_INHERITED_TYPE: u32 = 2;

/// What an entry does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Allow,
    Deny,
    Audit,
}

impl Kind {
    /// The type byte of an entry without object types; those with them are 5 above.
    fn number(self) -> u8 {
        match self {
            Kind::Allow => 0,
            Kind::Deny => 1,
            Kind::Audit => 2,
        }
    }
}

/// One entry. `trustee` is whom it concerns: [`Sid`]s, or placeholders while it is a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ace<T = Sid> {
    pub(super) kind: Kind,
    pub(super) flags: u8,
    pub(super) mask: u32,
    /// The property, property set, extended right or class that it is about.
    pub(super) object: Option<Guid>,
    /// The class that inherits it.
    pub(super) inherited_object: Option<Guid>,
    pub(super) trustee: T,
}

impl<T> Ace<T> {
    pub(super) fn with_trustee<U>(&self, trustee: U) -> Ace<U> {
        let Ace { kind, flags, mask, object, inherited_object, .. } = *self;
        Ace { kind, flags, mask, object, inherited_object, trustee }
    }
}

impl Ace {
    /// Appends its binary form.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let start = out.len();
        let object = self.object.is_some() || self.inherited_object.is_some();
        out.extend_from_slice(&[self.kind.number() + if object { 5 } else { 0 }, self.flags, 0, 0]);
        out.extend_from_slice(&self.mask.to_le_bytes());
        if object {
            let flags = if self.object.is_some() { HAS_TYPE } else { 0 }
                | if self.inherited_object.is_some() { HAS_INHERITED_TYPE } else { 0 };
            out.extend_from_slice(&flags.to_le_bytes());
            for guid in [self.object, self.inherited_object].into_iter().flatten() {
                out.extend_from_slice(&guid.to_bytes_le());
            }
        }
        out.extend_from_slice(&self.trustee.to_bytes());
        let size = (out.len() - start) as u16;
        out[start + 2..start + 4].copy_from_slice(&size.to_le_bytes());
    }

    /// Reads one entry of exactly these bytes; none when it is malformed. `Some(None)` is a well-formed entry of
    /// a kind that is not understood here (conditional ones).
    pub(super) fn parse(bytes: &[u8]) -> Option<Option<Ace>> {
        let (kind, flags) = (*bytes.first()?, *bytes.get(1)?);
        let object = match kind {
            0..=2 => false,
            5..=7 => true,
            _ => return Some(None),
        };
        let number = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let mask = number(4)?;
        let mut at = 8;
        let (mut types, guid) = (0, |at: &mut usize| {
            let guid = <[u8; 16]>::try_from(bytes.get(*at..*at + 16)?).ok()?;
            *at += 16;
            Some(Guid::from_bytes_le(guid))
        });
        if object {
            types = number(at)?;
            at += 4;
        }
        let own = if types & HAS_TYPE != 0 { Some(guid(&mut at)?) } else { None };
        let inherited = if types & HAS_INHERITED_TYPE != 0 { Some(guid(&mut at)?) } else { None };
        let count = usize::from(*bytes.get(at + 1)?);
        let trustee = Sid::from_bytes(bytes.get(at..at + 8 + count * 4)?)?;
        let kind = match kind % 5 {
            0 => Kind::Allow,
            1 => Kind::Deny,
            _ => Kind::Audit,
        };
        Some(Some(Ace { kind, flags, mask, object: own, inherited_object: inherited, trustee }))
    }
}
