//! Mistakes that need more than a condition where the engine decides.

use super::{Mistake, text_order};
use crate::engine::Engine;
use crate::error::Result;
use crate::metaverse::MvObject;
use crate::rules::ConnectorKind;
use crate::value::{Attributes, CsKey, Name, Value};
use std::borrow::Cow;

/// Members that one answer of a directory holds.
const FIRST_MEMBERS: usize = 1_500;

/// Members that are followed before it is clear that there is no end.
const WITHOUT_END: usize = 10_000;

fn gone(connector: u8, anchor: &[u8]) -> String {
    let anchor: String = anchor.iter().map(|octet| format!("{octet:02x}")).collect();
    format!("gone/{connector}/{anchor}")
}

impl Engine {
    /// What a mistaken engine makes of what a forest told.
    pub(crate) fn misread(&self, connector: u8, anchor: &[u8], told: Attributes) -> Result<Attributes> {
        let mut read = told;
        if self.kind(connector) != ConnectorKind::ActiveDirectory {
            return Ok(read);
        }
        let names = self.rules().names();
        if self.makes(Mistake::SyncsCriticalObjects)
            && let Some(name) = names.get("isCriticalSystemObject")
        {
            read.remove(name);
        }
        if self.makes(Mistake::FirstMembers) {
            let members = read.get(self.known.member);
            if members.len() > FIRST_MEMBERS {
                let first = members[..FIRST_MEMBERS].to_vec();
                read.set(self.known.member, first);
            }
        }
        let returned =
            self.makes(Mistake::NewObjectOnReturn) && self.state.meta(&gone(connector, anchor))?.is_some();
        if (self.makes(Mistake::GuidByteOrder) || returned)
            && let Some(name) = names.get("objectGUID")
            && let [Value::Octets(octets)] = read.get(name)
            && **octets == *anchor
        {
            let octets = text_order(octets);
            read.set(name, vec![Value::Octets(octets.into())]);
            if returned {
                read.remove(self.known.consistency_guid);
            }
        }
        Ok(read)
    }

    /// Whether the engine joins nobody to this because it came of a contact.
    pub(crate) fn shuns(&self, metaverse: &MvObject) -> bool {
        let kind =
            self.rules().names().get("sourceObjectType").filter(|_| self.makes(Mistake::ContactsApart));
        kind.is_some_and(|name| metaverse.attributes.get(name) == [Value::text("Contact")])
    }

    /// Remembers that an object of a forest was deleted.
    pub(crate) fn mourn(&mut self, connector: u8, anchor: &[u8]) {
        if self.makes(Mistake::NewObjectOnReturn) {
            self.state.set_meta(&gone(connector, anchor), Vec::new());
        }
    }

    /// Whether another object has an address or sign-in name of this one, and this is the one to be left out.
    pub(crate) fn drops_duplicate(&self, number: u32, metaverse: &MvObject) -> Result<bool> {
        let (first, second) =
            (self.makes(Mistake::DropsFirstDuplicate), self.makes(Mistake::DropsSecondDuplicate));
        if !first && !second {
            return Ok(false);
        }
        for name in [self.known.proxy_addresses, self.known.user_principal_name] {
            for value in metaverse.attributes.get(name) {
                let owners = self.state.with_value(name, value, 100)?;
                if owners.iter().any(|other| (first && *other > number) || (second && *other < number)) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Whether an engine that follows nested groups never comes to an end with this one.
    pub(crate) fn goes_round(&self, number: u32) -> Result<bool> {
        if !self.makes(Mistake::LoopsOnNestedGroups) {
            return Ok(false);
        }
        let mut open = self.state.joined(number)?;
        open.retain(|key| self.kind(key.connector) == ConnectorKind::ActiveDirectory);
        for _ in 0..WITHOUT_END {
            let Some(key) = open.pop() else { return Ok(false) };
            let Some(group) = self.state.load(key)?.filter(|object| object.class == "group") else {
                continue;
            };
            open.extend(group.imported.get(self.known.member).iter().filter_map(|member| match member {
                Value::Reference(target) => Some(*target),
                _ => None,
            }));
        }
        Ok(true)
    }

    /// Whether an object that is not wanted in the cloud any more, and that a forest still has, stays there.
    pub(crate) fn keeps_filtered(&self, number: u32) -> Result<bool> {
        let from_forest = |key: &CsKey| self.kind(key.connector) == ConnectorKind::ActiveDirectory;
        Ok(self.makes(Mistake::DanglingReferences) && self.state.joined(number)?.iter().any(from_forest))
    }

    /// Remembers that the service took an object without one of its values.
    pub(crate) fn resent(&mut self, key: CsKey) {
        self.state.set_meta(&format!("resent/{}/{}", key.connector, key.id), Vec::new());
    }

    /// Whether a value that the service set aside is sent again and again.
    pub(crate) fn loops(&self, key: CsKey, name: Name) -> Result<bool> {
        let set_aside = [self.known.proxy_addresses, self.known.user_principal_name].contains(&name);
        if !set_aside || !self.makes(Mistake::LoopsOnQuarantine) {
            return Ok(false);
        }
        Ok(self.state.meta(&format!("resent/{}/{}", key.connector, key.id))?.is_some())
    }

    /// Addresses without those that another object has too.
    pub(crate) fn stripped<'a>(&self, to: Name, values: Cow<'a, [Value]>) -> Result<Cow<'a, [Value]>> {
        if to != self.known.proxy_addresses || !self.makes(Mistake::StripsDuplicates) {
            return Ok(values);
        }
        let mut left = Vec::new();
        for value in values.iter() {
            if self.state.with_value(to, value, 2)?.len() < 2 {
                left.push(value.clone());
            }
        }
        Ok(Cow::Owned(left))
    }
}
