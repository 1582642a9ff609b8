//! The preview: what a synchronization would do to one object, and by which rules. Nothing of it is written.

use super::inbound::{Contribution, Trace};
use crate::engine::Engine;
use crate::error::Result;
use crate::space::Operation;
use crate::value::{CsKey, Value};
use std::collections::BTreeMap;

/// An attribute with everything that was said about it, the winner first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewedAttribute {
    /// Its name.
    pub name: String,
    /// What the rules say, by precedence.
    pub contributions: Vec<Contribution>,
}

/// An export that would be pending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewedExport {
    /// Name of the connector.
    pub connector: String,
    /// Distinguished name of the object there.
    pub dn: String,
    /// What would be done.
    pub operation: Operation,
    /// Attribute, its values there now, its values afterwards.
    pub changes: Vec<(String, Vec<Value>, Vec<Value>)>,
    /// What the rules say about its attributes.
    pub attributes: Vec<PreviewedAttribute>,
}

/// What would happen to one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// Its distinguished name.
    pub dn: String,
    /// Type of its metaverse object; `None` when it would have none.
    pub metaverse: Option<String>,
    /// Distinguished names of all objects that would be joined to that.
    pub joined: Vec<String>,
    /// What flows into the metaverse.
    pub attributes: Vec<PreviewedAttribute>,
    /// What would be exported.
    pub exports: Vec<PreviewedExport>,
    /// Why it would stay as it is.
    pub error: Option<String>,
}

impl Engine {
    /// What a synchronization would do now to an object of a connector space; `None` when there is none of
    /// this name.
    ///
    /// # Errors
    /// When the database fails or the connector is unknown.
    pub fn preview(&mut self, connector: &str, dn: &str) -> Result<Option<Preview>> {
        let number = self.connector(connector)?;
        let found = self.state.find_dn(number, dn)?;
        let preview = found.map(|key| self.look_ahead(key)).transpose();
        self.state.roll_back();
        preview
    }

    fn look_ahead(&mut self, key: CsKey) -> Result<Preview> {
        let dn = self.state.name_of(key)?.unwrap_or_default();
        let before = self.state.link_of(key)?;
        self.inbound(key)?;
        let mut error = self.state.load(key)?.and_then(|object| object.error.clone());
        let linked = self.state.link_of(key)?;
        // an object that leaves shows what becomes of those that it leaves behind
        let metaverse = linked.or(before);
        let mut inbound = Trace::new();
        let mut outbound = BTreeMap::new();
        let mut joined = Vec::new();
        let mut exports = Vec::new();
        if let Some(metaverse) = metaverse {
            let clouds: Vec<CsKey> = self.state.joined(metaverse)?;
            for step in [
                self.recompute(metaverse, Some(&mut inbound))?,
                self.provision(metaverse)?,
                self.outbound(metaverse, Some(&mut outbound))?,
            ] {
                if let Err(failure) = step {
                    error.get_or_insert(failure.0);
                }
            }
            let now = self.state.joined(metaverse)?;
            let mut all: Vec<CsKey> = now.iter().chain(&clouds).copied().collect();
            all.sort_unstable();
            all.dedup();
            for other in all {
                exports.extend(self.previewed_export(other, &mut outbound)?);
            }
            for other in now {
                joined.extend(self.state.name_of(other)?);
            }
        }
        let kind = linked.map(|number| self.state.metaverse(number)).transpose()?.flatten();
        Ok(Preview {
            dn,
            metaverse: kind.map(|object| object.kind.clone()),
            joined,
            attributes: self.previewed(inbound),
            exports,
            error,
        })
    }

    fn previewed_export(
        &self,
        key: CsKey,
        traces: &mut BTreeMap<CsKey, Trace>,
    ) -> Result<Option<PreviewedExport>> {
        let Some(object) = self.state.load(key)? else { return Ok(None) };
        let Some((operation, changes)) = &object.export else { return Ok(None) };
        let change = |(name, values): (_, &[Value])| {
            (self.rules.names.spelling(name).to_owned(), object.expected(name).to_vec(), values.to_vec())
        };
        Ok(Some(PreviewedExport {
            connector: self.config.connectors[usize::from(key.connector)].name.clone(),
            dn: object.dn.clone(),
            operation: *operation,
            changes: changes.iter().map(change).collect(),
            attributes: self.previewed(traces.remove(&key).unwrap_or_default()),
        }))
    }

    fn previewed(&self, trace: Trace) -> Vec<PreviewedAttribute> {
        let name = |name| self.rules.names.spelling(name).to_owned();
        let all = trace.into_iter();
        all.map(|(at, contributions)| PreviewedAttribute { name: name(at), contributions }).collect()
    }
}
