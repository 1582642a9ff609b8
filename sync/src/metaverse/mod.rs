//! The metaverse: one object for each person, group or device, whoever contributes to it.

use crate::error::{Error, Result};
use crate::state::{State, Table};
use crate::value::codec::{Reader, put_attributes, put_number, put_octets};
use crate::value::{Attributes, CsKey, Name, Value};
use std::collections::BTreeSet;

/// Which rule of which object gave an attribute its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// Precedence of the rule.
    pub precedence: u16,
    /// The object that it read.
    pub object: CsKey,
}

/// An object of the metaverse.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct MvObject {
    /// `person`, `group` or `device`.
    pub(crate) kind: String,
    pub(crate) attributes: Attributes,
    /// What is joined to it, by connector in the order of creation.
    pub(crate) joined: Vec<CsKey>,
    /// By number of the attribute.
    pub(crate) origins: Vec<(Name, Origin)>,
}

impl MvObject {
    pub(crate) fn origin(&self, name: Name) -> Option<Origin> {
        let at = self.origins.binary_search_by_key(&name, |(name, _)| *name).ok()?;
        Some(self.origins[at].1)
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(512);
        put_octets(&mut out, self.kind.as_bytes());
        put_number(&mut out, self.joined.len() as u64);
        for key in &self.joined {
            out.push(key.connector);
            put_number(&mut out, u64::from(key.id));
        }
        put_attributes(&mut out, &self.attributes);
        put_number(&mut out, self.origins.len() as u64);
        for (name, origin) in &self.origins {
            put_number(&mut out, u64::from(name.0));
            put_number(&mut out, u64::from(origin.precedence));
            out.push(origin.object.connector);
            put_number(&mut out, u64::from(origin.object.id));
        }
        out
    }

    /// Its kind and what is joined to it.
    pub(crate) fn read_head<'a>(reader: &mut Reader<'a>) -> Result<(&'a str, Vec<CsKey>)> {
        let kind = reader.text()?;
        let mut joined = Vec::new();
        for _ in 0..reader.number()? {
            let connector = reader.octet()?;
            joined.push(CsKey { connector, id: u32::try_from(reader.number()?).map_err(wrong)? });
        }
        Ok((kind, joined))
    }

    pub(crate) fn read(octets: &[u8]) -> Result<Self> {
        let mut reader = Reader(octets);
        let (kind, joined) = Self::read_head(&mut reader)?;
        let kind = kind.to_owned();
        let attributes = reader.attributes()?;
        let count = reader.number()?;
        let mut origins = Vec::with_capacity(attributes.len());
        for _ in 0..count {
            let name = Name(u16::try_from(reader.number()?).map_err(wrong)?);
            let precedence = u16::try_from(reader.number()?).map_err(wrong)?;
            let connector = reader.octet()?;
            let id = u32::try_from(reader.number()?).map_err(wrong)?;
            origins.push((name, Origin { precedence, object: CsKey { connector, id } }));
        }
        Ok(Self { kind, joined, attributes, origins })
    }
}

fn wrong(_: std::num::TryFromIntError) -> Error {
    Error::corrupt("an object of the metaverse")
}

/// The key of a value in an index, without what follows it.
pub(crate) fn index_prefix(table: Table, name: Name, value: &Value) -> Vec<u8> {
    let key = value.join_key();
    let length = u16::try_from(key.len()).unwrap_or(u16::MAX).to_be_bytes();
    table.key(&[&name.0.to_be_bytes(), &length, &key])
}

impl State {
    /// Writes an object, keeps the index of join attributes, and wakes objects that wait for a new value.
    pub(crate) fn save_metaverse(
        &mut self,
        number: u32,
        was: &Attributes,
        object: MvObject,
        indexed: &BTreeSet<Name>,
    ) -> Result<()> {
        for name in indexed {
            let (old, new) = (was.get(*name), object.attributes.get(*name));
            if old == new {
                continue;
            }
            for value in old.iter().filter(|value| !new.contains(value)) {
                let prefix = index_prefix(Table::Index, *name, value);
                self.delete([prefix, number.to_be_bytes().to_vec()].concat());
            }
            for value in new.iter().filter(|value| !old.contains(value)) {
                let prefix = index_prefix(Table::Index, *name, value);
                self.put([prefix, number.to_be_bytes().to_vec()].concat(), Vec::new());
                self.wake(*name, value)?;
            }
        }
        self.put_metaverse(number, Some(object));
        Ok(())
    }

    fn wake(&mut self, name: Name, value: &Value) -> Result<()> {
        for (row, _) in self.scan(&index_prefix(Table::Waiting, name, value), None, 10_000)? {
            let key = crate::state::tail_object(&row);
            self.delete(row);
            if let Some(object) = self.load(key)? {
                self.changed(key, &object);
            }
        }
        Ok(())
    }

    /// Removes an object that nothing is joined to any more.
    pub(crate) fn remove_metaverse(
        &mut self,
        number: u32,
        object: &MvObject,
        indexed: &BTreeSet<Name>,
    ) -> Result<()> {
        let nothing = MvObject { kind: object.kind.clone(), ..MvObject::default() };
        self.save_metaverse(number, &object.attributes, nothing, indexed)?;
        self.put_metaverse(number, None);
        for table in [Table::Provision, Table::Flow] {
            self.done(table, number);
        }
        self.delete(Table::FailedOut.at(number));
        Ok(())
    }

    /// The objects of the metaverse that have this value.
    pub(crate) fn with_value(&self, name: Name, value: &Value, most: usize) -> Result<Vec<u32>> {
        let rows = self.scan(&index_prefix(Table::Index, name, value), None, most)?;
        Ok(rows.iter().map(|(row, _)| crate::state::tail(row)).collect())
    }
}
