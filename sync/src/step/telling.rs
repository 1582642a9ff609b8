//! What a full import has been told so far. A directory may tell of an object as of a change even when
//! everything is asked for (DirSync does, MS-ADTS 3.1.1.3.4.1.3): then nobody says what is not there any more.

use super::import::ImportReport;
use crate::engine::Engine;
use crate::error::Result;
use crate::space::CsObject;
use crate::state::Numbers;
use crate::value::{Attributes, CsKey, Name, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// An import under way.
#[derive(Default)]
pub(super) struct Telling {
    /// Whether everything is told anew.
    full: bool,
    /// Objects that were told of.
    pub(super) seen: Numbers,
    /// Those of them that were as before.
    unchanged: Numbers,
    /// References that were there before and have not been told yet, by object and attribute. They may still
    /// come: large sets of links are told in parts.
    awaited: BTreeMap<(u32, Name), Vec<Value>>,
}

impl Telling {
    pub(super) fn new(full: bool) -> Self {
        Self { full, ..Self::default() }
    }

    /// What changes of an object are told against. In a full import the first of them are told against nothing,
    /// but for references, which stay until the end: an import that is cut short takes none away.
    pub(super) fn base(&mut self, key: CsKey, object: &CsObject) -> Attributes {
        if !self.full || self.seen.contains(key.id) {
            return object.imported.clone();
        }
        let mut base = Vec::new();
        for (name, values) in object.imported.iter() {
            // what was sent is compared with what comes back at once
            let refers = values.iter().any(|value| matches!(value, Value::Reference(_)));
            if refers && object.sent.find(name).is_none() {
                self.awaited.insert((key.id, name), values.to_vec());
                base.push((name, Cow::Borrowed(values)));
            }
        }
        Attributes::in_order(base.into_iter())
    }

    /// All values of an attribute were told.
    pub(super) fn whole(&mut self, key: CsKey, name: Name) {
        self.awaited.remove(&(key.id, name));
    }

    /// Values of an attribute were told.
    pub(super) fn came(&mut self, key: CsKey, name: Name, values: &[Value]) {
        if let Some(awaited) = self.awaited.get_mut(&(key.id, name)) {
            awaited.retain(|value| values.binary_search(value).is_err());
            if awaited.is_empty() {
                self.whole(key, name);
            }
        }
    }

    /// An object was told of and is as before.
    pub(super) fn unchanged(&mut self, key: CsKey) {
        self.unchanged.insert(key.id);
    }
}

impl Engine {
    /// Takes away the references that a complete full import did not tell any more.
    pub(super) fn drop_untold(
        &mut self,
        connector: u8,
        telling: &mut Telling,
        report: &mut ImportReport,
    ) -> Result<()> {
        let awaited = std::mem::take(&mut telling.awaited);
        for (at, ((id, name), gone)) in awaited.into_iter().enumerate() {
            let key = CsKey { connector, id };
            let Some(mut object) = self.state.edit(key)? else { continue };
            let mut left = object.imported.get(name).to_vec();
            left.retain(|value| gone.binary_search(value).is_err());
            if left.len() == object.imported.get(name).len() {
                continue;
            }
            let mut imported = object.imported.clone();
            if left.is_empty() {
                imported.remove(name);
            } else {
                imported.set(name, left);
            }
            self.refer(key, &object.dn, &object.imported, &imported);
            object.imported = imported;
            self.state.changed(key, &object);
            self.state.save(key, object);
            if telling.unchanged.contains(id) {
                telling.unchanged.remove(id);
                report.unchanged -= 1;
                report.updated += 1;
            }
            if (at + 1) % self.config.batch == 0 {
                self.state.commit("import: references")?;
            }
        }
        self.state.commit("import: references")
    }
}
