//! One object of a connector space.

use crate::error::{Error, Result};
use crate::value::codec::{Reader, put_attributes, put_number, put_octets};
use crate::value::{Attributes, CsKey, Name, Value};

/// What an import left for the synchronization to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum PendingImport {
    #[default]
    None,
    Add,
    Update,
    Delete,
    /// The class changed: it is another object under the same anchor.
    DeleteAdd,
}

/// What an export does to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// Makes it.
    Add = 1,
    /// Changes some of its attributes.
    Update = 2,
    /// Deletes it.
    Delete = 3,
}

/// When a refused object is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Retry {
    /// In each export, as it is.
    #[default]
    EachExport,
    /// When something about it changes.
    OnChange,
    /// The whole export stops: nothing else would be taken either.
    StopsAll,
}

/// An answer that refused an object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rejection {
    /// The code of the answer.
    pub code: String,
    /// Its text.
    pub text: String,
    /// What follows from it.
    pub retry: Retry,
    pub(crate) digest: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct CsObject {
    /// Empty until the directory has told it.
    pub(crate) anchor: Vec<u8>,
    pub(crate) dn: String,
    pub(crate) class: String,
    /// Whether the directory, as far as imported, has it.
    pub(crate) present: bool,
    /// Its name was given to another object; the next import tells where it went.
    pub(crate) transient: bool,
    pub(crate) pending: PendingImport,
    /// The hologram: what the directory last told.
    pub(crate) imported: Attributes,
    pub(crate) export: Option<(Operation, Attributes)>,
    /// Taken by the directory and not yet seen in an import; no values mean cleared.
    pub(crate) sent: Attributes,
    /// Whether it exists by the answer to an export that no import has confirmed yet.
    pub(crate) exists: Option<bool>,
    /// What was sent and came back different: attribute, digest of what was sent, of what came back.
    pub(crate) diverged: Vec<(Name, u64, u64)>,
    pub(crate) rejection: Option<Rejection>,
    /// Why its synchronization failed.
    pub(crate) error: Option<String>,
}

impl CsObject {
    pub(crate) fn placeholder(dn: &str) -> Self {
        Self { dn: dn.to_owned(), ..Self::default() }
    }

    /// Whether the directory has it, unconfirmed exports included.
    pub(crate) fn known_to_exist(&self) -> bool {
        self.exists.unwrap_or(self.present)
    }

    /// A value as it is in the directory, unconfirmed exports included.
    pub(crate) fn expected(&self, name: Name) -> &[Value] {
        self.sent.find(name).unwrap_or_else(|| self.imported.get(name))
    }

    /// What it refers to, as last told.
    pub(crate) fn references(&self) -> impl Iterator<Item = CsKey> {
        self.imported.values().iter().filter_map(|value| match value {
            Value::Reference(key) => Some(*key),
            _ => None,
        })
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(256);
        put_octets(&mut out, &self.anchor);
        put_octets(&mut out, self.dn.as_bytes());
        put_octets(&mut out, self.class.as_bytes());
        let exists = match self.exists {
            None => 0,
            Some(exists) => 1 + u8::from(exists),
        };
        out.extend([u8::from(self.present), u8::from(self.transient), self.pending as u8, exists]);
        put_attributes(&mut out, &self.imported);
        put_attributes(&mut out, &self.sent);
        match &self.export {
            None => out.push(0),
            Some((operation, changes)) => {
                out.push(*operation as u8);
                put_attributes(&mut out, changes);
            }
        }
        put_number(&mut out, self.diverged.len() as u64);
        for (name, sent, back) in &self.diverged {
            [u64::from(name.0), *sent, *back].into_iter().for_each(|number| put_number(&mut out, number));
        }
        match &self.rejection {
            None => out.push(0),
            Some(rejection) => {
                out.push(1 + rejection.retry as u8);
                put_octets(&mut out, rejection.code.as_bytes());
                put_octets(&mut out, rejection.text.as_bytes());
                put_number(&mut out, rejection.digest);
            }
        }
        match &self.error {
            None => out.push(0),
            Some(error) => {
                out.push(1);
                put_octets(&mut out, error.as_bytes());
            }
        }
        out
    }

    /// Everything before the attributes.
    pub(crate) fn read_head(reader: &mut Reader<'_>) -> Result<Self> {
        Ok(Self {
            anchor: reader.octets()?.to_vec(),
            dn: reader.text()?.to_owned(),
            class: reader.text()?.to_owned(),
            present: reader.octet()? == 1,
            transient: reader.octet()? == 1,
            pending: match reader.octet()? {
                0 => PendingImport::None,
                1 => PendingImport::Add,
                2 => PendingImport::Update,
                3 => PendingImport::Delete,
                4 => PendingImport::DeleteAdd,
                _ => return Err(wrong()),
            },
            exists: match reader.octet()? {
                0 => None,
                other => Some(other == 2),
            },
            ..Self::default()
        })
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self> {
        let mut object = Self::read_head(reader)?;
        object.imported = reader.attributes()?;
        object.sent = reader.attributes()?;
        object.export = match reader.octet()? {
            0 => None,
            1 => Some((Operation::Add, reader.attributes()?)),
            2 => Some((Operation::Update, reader.attributes()?)),
            3 => Some((Operation::Delete, reader.attributes()?)),
            _ => return Err(wrong()),
        };
        for _ in 0..reader.number()? {
            let name = u16::try_from(reader.number()?).map_err(|_| wrong())?;
            object.diverged.push((Name(name), reader.number()?, reader.number()?));
        }
        let retry = match reader.octet()? {
            0 => None,
            1 => Some(Retry::EachExport),
            2 => Some(Retry::OnChange),
            3 => Some(Retry::StopsAll),
            _ => return Err(wrong()),
        };
        if let Some(retry) = retry {
            object.rejection = Some(Rejection {
                code: reader.text()?.to_owned(),
                text: reader.text()?.to_owned(),
                retry,
                digest: reader.number()?,
            });
        }
        if reader.octet()? == 1 {
            object.error = Some(reader.text()?.to_owned());
        }
        Ok(object)
    }
}

fn wrong() -> Error {
    Error::corrupt("an object of a connector space")
}

/// A digest of values, the same on every machine (FNV-1a).
pub(crate) fn digest(values: &[Value]) -> u64 {
    let mut attributes = Attributes::default();
    attributes.set(Name(0), values.to_vec());
    digest_of(&attributes)
}

/// A digest of attributes.
pub(crate) fn digest_of(attributes: &Attributes) -> u64 {
    let mut out = Vec::new();
    put_attributes(&mut out, attributes);
    out.iter().fold(0xcbf2_9ce4_8422_2325, |hash, octet| {
        (hash ^ u64::from(*octet)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
