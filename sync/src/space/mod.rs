//! Connector spaces: what each directory told, and what is to be told to it.

mod object;

pub(crate) use object::{CsObject, PendingImport, digest, digest_of};
pub use object::{Operation, Rejection, Retry};

use crate::error::Result;
use crate::state::{State, Table};
use crate::value::CsKey;
use std::rc::Rc;

/// A distinguished name in the form in which two of them are compared: case and white space around the
/// separators do not count.
pub(crate) fn folded(dn: &str) -> Vec<u8> {
    let mut folded = String::with_capacity(dn.len());
    for (at, component) in crate::expression::components(dn).enumerate() {
        if at > 0 {
            folded.push(',');
        }
        folded.push_str(component.trim());
    }
    let mut folded = folded.to_lowercase().into_bytes();
    // keys of the database stay short; names that differ only behind this do not occur in directories
    folded.truncate(2_000);
    folded
}

/// The distinguished name of an object in the cloud's connector space (directory-sync.md, section 1.4).
pub fn cloud_dn(source_anchor: &str) -> String {
    let mut dn = String::with_capacity(5 + 2 * source_anchor.len());
    dn.push_str("CN={");
    for octet in source_anchor.bytes() {
        dn.extend([octet >> 4, octet & 15].map(|half| char::from_digit(u32::from(half), 16).unwrap_or('0')));
    }
    dn.push('}');
    dn
}

/// The source anchor that such a name holds.
pub fn source_anchor_of(dn: &str) -> Option<String> {
    let hex = dn.strip_prefix("CN={")?.strip_suffix('}')?;
    let octet = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
    let octets: Option<Vec<u8>> = (0..hex.len()).step_by(2).map(octet).collect();
    String::from_utf8(octets?).ok()
}

impl State {
    pub(crate) fn find_anchor(&self, connector: u8, anchor: &[u8]) -> Result<Option<CsKey>> {
        let id = self.number(&Table::Anchor.key(&[&[connector], anchor]))?;
        Ok(id.map(|id| CsKey { connector, id }))
    }

    pub(crate) fn find_dn(&self, connector: u8, dn: &str) -> Result<Option<CsKey>> {
        let id = self.number(&Table::Dn.key(&[&[connector], &folded(dn)]))?;
        Ok(id.map(|id| CsKey { connector, id }))
    }

    /// Gives an object its number and its entries in the indexes.
    pub(crate) fn create(&mut self, connector: u8, object: CsObject) -> Result<CsKey> {
        let key = CsKey { connector, id: self.next(&["next/object/", &connector.to_string()].concat())? };
        self.index(key, &object);
        self.save(key, object);
        Ok(key)
    }

    /// Writes the indexes of an object.
    pub(crate) fn index(&mut self, key: CsKey, object: &CsObject) {
        let id = key.id.to_be_bytes().to_vec();
        self.put(Table::Dn.key(&[&[key.connector], &folded(&object.dn)]), id.clone());
        if !object.anchor.is_empty() {
            self.put(Table::Anchor.key(&[&[key.connector], &object.anchor]), id);
        }
    }

    /// Takes its indexes away, as far as they are still its own.
    pub(crate) fn unindex(&mut self, key: CsKey, object: &CsObject) -> Result<()> {
        let dn = Table::Dn.key(&[&[key.connector], &folded(&object.dn)]);
        let anchor = Table::Anchor.key(&[&[key.connector], &object.anchor]);
        for row in [dn, anchor] {
            if self.number(&row)? == Some(key.id) {
                self.delete(row);
            }
        }
        Ok(())
    }

    /// To be synchronized. The order is that of anchors: it does not depend on who was imported first.
    pub(crate) fn changed(&mut self, key: CsKey, object: &CsObject) {
        if object.present && self.all_inbound() {
            return;
        }
        let order = if object.anchor.is_empty() { object.dn.as_bytes() } else { &object.anchor };
        let order = &order[..order.len().min(300)];
        self.mark(Table::Changed, &[&[key.connector], order, &key.id.to_be_bytes()]);
    }

    pub(crate) fn link_of(&self, key: CsKey) -> Result<Option<u32>> {
        self.number(&Table::Link.of(key))
    }

    /// The objects of a metaverse object, by connector in the order of creation.
    pub(crate) fn joined(&self, metaverse: u32) -> Result<Vec<CsKey>> {
        Ok(self.look_at_joined(metaverse, <[CsKey]>::to_vec)?.unwrap_or_default())
    }

    /// Its object in one connector space.
    pub(crate) fn joined_in(&self, metaverse: u32, connector: u8) -> Result<Option<CsKey>> {
        let of = |joined: &[CsKey]| joined.iter().find(|key| key.connector == connector).copied();
        Ok(self.look_at_joined(metaverse, of)?.flatten())
    }

    pub(crate) fn link(&mut self, key: CsKey, metaverse: u32) -> Result<()> {
        self.fresh.remove(metaverse);
        self.put(Table::Link.of(key), metaverse.to_be_bytes().to_vec());
        let Some(mut object) = self.metaverse(metaverse)?.map(Rc::unwrap_or_clone) else { return Ok(()) };
        if let Err(at) = object.joined.binary_search(&key) {
            object.joined.insert(at, key);
            self.put_metaverse(metaverse, Some(object));
        }
        Ok(())
    }

    pub(crate) fn unlink(&mut self, key: CsKey, metaverse: u32) -> Result<()> {
        self.fresh.remove(metaverse);
        self.delete(Table::Link.of(key));
        self.mark_provision(metaverse);
        let Some(mut object) = self.metaverse(metaverse)?.map(Rc::unwrap_or_clone) else { return Ok(()) };
        object.joined.retain(|other| *other != key);
        self.put_metaverse(metaverse, Some(object));
        Ok(())
    }

    /// What flows out of those that refer to an object has to be computed again.
    pub(crate) fn referrers_changed(&mut self, key: CsKey) -> Result<()> {
        if self.sweep().all_flow() || self.deaf {
            return Ok(());
        }
        let prefix = Table::Referrer.of(key);
        let mut after: Option<Vec<u8>> = None;
        loop {
            let rows = self.scan(&prefix, after.as_deref(), 4_096)?;
            for (row, _) in &rows {
                let referrer = CsKey { connector: key.connector, id: crate::state::tail(row) };
                if let Some(metaverse) = self.link_of(referrer)? {
                    self.mark_flow(metaverse);
                }
            }
            match rows.into_iter().last() {
                Some((last, _)) => after = Some(last),
                None => return Ok(()),
            }
        }
    }

    /// Puts an object's pending export in place of the former one.
    pub(crate) fn set_export(&mut self, key: CsKey, object: CsObject, was: Option<Operation>) {
        let row = |operation: Operation| {
            Table::Export.key(&[&[key.connector, operation as u8], &key.id.to_be_bytes()])
        };
        if let Some(was) = was {
            self.delete(row(was));
        }
        if let Some((operation, _)) = &object.export {
            self.put(row(*operation), Vec::new());
        }
        self.save(key, object);
    }

    /// Removes an object; one that others refer to stays as a placeholder under its name.
    pub(crate) fn remove(&mut self, key: CsKey, object: &CsObject) -> Result<()> {
        for target in object.references() {
            let row = [Table::Referrer.of(target), key.id.to_be_bytes().to_vec()].concat();
            self.delete(row);
        }
        self.unindex(key, object)?;
        self.delete(Table::Flight.of(key));
        self.delete(Table::Failed.of(key));
        let was = object.export.as_ref().map(|(operation, _)| *operation);
        if self.any(&Table::Referrer.of(key))? {
            let placeholder = CsObject::placeholder(&object.dn);
            self.index(key, &placeholder);
            self.set_export(key, placeholder, was);
        } else {
            self.set_export(key, CsObject::default(), was);
            self.forget(key);
        }
        Ok(())
    }
}
