//! The second half of a synchronization: from the metaverse to what is to be exported.

use super::decided::Decided;
use super::inbound::{Contribution, Trace, merge};
use crate::engine::Engine;
use crate::error::Result;
use crate::expression::Failure;
use crate::metaverse::{MvObject, Origin};
use crate::mistakes::Mistake;
use crate::rules::{ConnectorKind, Direction, Link, Merge, Rule, in_scope};
use crate::space::{CsObject, Operation, Retry, cloud_dn, digest, digest_of};
use crate::state::Table;
use crate::value::{Attributes, CsKey, Flowed, Name, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;

/// What an object of a target should have: `None` leaves the attribute as it is.
type Desired<'a> = Decided<Option<Cow<'a, [Value]>>>;

impl Engine {
    /// Decides in which class, if any, a metaverse object has an object in the cloud.
    pub(crate) fn provision(&mut self, number: u32) -> Result<std::result::Result<(), Failure>> {
        self.state.done(Table::Provision, number);
        let Some(metaverse) = self.state.metaverse(number)? else { return Ok(Ok(())) };
        let cloud = self.config.connectors.iter().position(|c| c.kind == ConnectorKind::Cloud);
        let cloud = cloud.and_then(|at| u8::try_from(at).ok()).unwrap_or_default();
        let drops = self.drops_duplicate(number, &metaverse)? || self.goes_round(number)?;
        let wanted = self.wanted_class(&metaverse).filter(|_| !drops);
        let mut outcome = Ok(());
        let mut moved = false;
        match (wanted, self.state.joined_in(number, cloud)?) {
            (None, None) => {}
            (None, Some(_)) if self.keeps_filtered(number)? => {}
            (None, Some(key)) => {
                self.deprovision(key, number)?;
                moved = true;
            }
            (Some(class), existing) => {
                let dn = self.cloud_name(&metaverse);
                // an object that is not there yet may still be made under another anchor
                let keeps = |object: Rc<CsObject>| {
                    let sticks = object.known_to_exist() && !self.makes(Mistake::RecreatesOnAnchorChange);
                    (object.class == class || self.makes(Mistake::KeepsClass))
                        && (sticks || Some(&object.dn) == dn.as_ref())
                };
                let same = match existing {
                    Some(key) => self.state.load(key)?.is_some_and(keeps),
                    None => false,
                };
                if !same {
                    // a contact that becomes a user is another object in the cloud
                    if let Some(key) = existing {
                        self.deprovision(key, number)?;
                    }
                    outcome = self.make(number, &metaverse, cloud, &class)?;
                    moved = outcome.is_ok() || existing.is_some();
                }
            }
        }
        if moved {
            for key in self.state.joined(number)? {
                self.state.referrers_changed(key)?;
            }
        }
        if self.state.joined(number)?.is_empty() {
            self.state.remove_metaverse(number, &metaverse, &self.indexed)?;
        } else {
            self.state.mark_flow(number);
        }
        Ok(outcome)
    }

    fn cloud_name(&self, metaverse: &MvObject) -> Option<String> {
        let anchor = metaverse.attributes.get(self.known.source_anchor).first()?;
        anchor.as_text().map(cloud_dn)
    }

    fn wanted_class(&self, metaverse: &MvObject) -> Option<String> {
        let provisions = |rule: &&Rule| {
            rule.direction == Direction::Outbound
                && rule.connector == ConnectorKind::Cloud
                && rule.link == Link::Provision
                && rule.metaverse.as_ref() == Some(&metaverse.kind)
                && in_scope(&rule.scope, &metaverse.attributes)
        };
        self.rules.rules.iter().find(provisions).map(|rule| rule.object.clone())
    }

    /// Links the object of this source anchor, or makes it.
    fn make(
        &mut self,
        number: u32,
        metaverse: &MvObject,
        cloud: u8,
        class: &str,
    ) -> Result<std::result::Result<(), Failure>> {
        let Some(dn) = self.cloud_name(metaverse) else {
            return Ok(Err(Failure("there is no source anchor".to_owned())));
        };
        let Some(key) = self.state.find_dn(cloud, &dn)? else {
            let object = CsObject { class: class.to_owned(), ..CsObject::placeholder(&dn) };
            let key = self.state.create(cloud, object)?;
            self.state.link(key, number)?;
            return Ok(Ok(()));
        };
        let mut object = self.state.edit(key)?.unwrap_or_default();
        if self.state.link_of(key)?.is_some() {
            return Ok(Err(Failure("another object has the same source anchor".to_owned())));
        }
        if !object.known_to_exist() {
            object.class = class.to_owned();
        }
        if object.class != class {
            return Ok(Err(Failure(format!("the cloud has a {} with the same source anchor", object.class))));
        }
        self.state.link(key, number)?;
        // it may have been about to be deleted
        let was = object.export.take().map(|(operation, _)| operation);
        self.state.set_export(key, object, was);
        // the cloud contributes too: its anchor, its location
        self.recompute(number, None)
    }

    fn deprovision(&mut self, key: CsKey, number: u32) -> Result<()> {
        self.state.referrers_changed(key)?;
        self.state.unlink(key, number)?;
        // what the cloud had contributed goes with it
        if let Err(failure) = self.recompute(number, None)? {
            self.state.put(Table::FailedOut.at(number), failure.0.into_bytes());
        }
        self.state.done(Table::Provision, number);
        let Some(mut object) = self.state.edit(key)? else { return Ok(()) };
        if object.known_to_exist() || self.state.get(&Table::Flight.of(key))?.is_some() {
            let was = object.export.take().map(|(operation, _)| operation);
            object.export = Some((Operation::Delete, Attributes::default()));
            object.rejection = None;
            self.state.set_export(key, object, was);
            return Ok(());
        }
        self.state.remove(key, &object)
    }

    /// Computes what is to be exported of a metaverse object, to all its directories.
    pub(crate) fn outbound(
        &mut self,
        number: u32,
        mut trace: Option<&mut BTreeMap<CsKey, Trace>>,
    ) -> Result<std::result::Result<(), Failure>> {
        self.state.done(Table::Flow, number);
        let Some(metaverse) = self.state.metaverse(number)? else { return Ok(Ok(())) };
        for key in self.state.joined(number)? {
            let Some(object) = self.state.load(key)? else { continue };
            let name = self.cloud_name(&metaverse).filter(|name| *name != object.dn);
            if self.kind(key.connector) == ConnectorKind::Cloud && name.is_some() {
                // the text of the rule, also before the cloud has told which anchor it knows
                return Ok(Err(Failure("SourceAnchor attribute has changed.".to_owned())));
            }
            let trace = trace.as_deref_mut().map(|all| all.entry(key).or_default());
            let desired = match self.desired(&metaverse, key, &object, trace)? {
                Ok(desired) => desired,
                Err(failure) => return Ok(Err(failure)),
            };
            self.compare(key, &object, desired)?;
        }
        Ok(Ok(()))
    }

    fn desired<'a>(
        &self,
        metaverse: &'a MvObject,
        key: CsKey,
        object: &'a CsObject,
        mut trace: Option<&mut Trace>,
    ) -> Result<std::result::Result<Desired<'a>, Failure>> {
        let cloud = self.kind(key.connector) == ConnectorKind::Cloud;
        let mut desired = Desired::new(self.rules.names.len());
        for at in self.rules_for(Direction::Outbound, key.connector, &object.class) {
            let rule = &self.rules.rules[*at];
            if rule.metaverse.as_ref().is_some_and(|kind| *kind != metaverse.kind) {
                continue;
            }
            let towards = rule
                .contributor_of
                .is_none_or(|name| metaverse.origin(name).is_some_and(|origin| origin.object == key));
            if !towards || !in_scope(&rule.scope, &metaverse.attributes) {
                continue;
            }
            for flow in &rule.flows {
                let decided = desired.contains(flow.to);
                if decided && flow.merge == Merge::Update && trace.is_none() {
                    continue;
                }
                let flowed = match self.run(flow, &metaverse.attributes, key, object) {
                    Ok(flowed) => flowed,
                    Err(_) if decided => continue,
                    Err(failure) => return Ok(Err(failure)),
                };
                let values = match flowed {
                    Flowed::Null => continue,
                    Flowed::Ignore => None,
                    Flowed::Values(_) if flow.once && object.known_to_exist() => None,
                    Flowed::Values(values) => {
                        let values = self.stripped(flow.to, values)?;
                        Some(self.resolved(values, key.connector)?)
                    }
                };
                if let Some(trace) = trace.as_deref_mut() {
                    let origin = Origin { precedence: rule.precedence, object: key };
                    let won = !decided || flow.merge != Merge::Update;
                    let values = values.clone().map(Cow::into_owned);
                    let said = Contribution { rule: rule.name.clone(), origin, values, won };
                    trace.entry(flow.to).or_default().push(said);
                }
                match (desired.get_mut(flow.to), values) {
                    (Some(Some(all)), Some(more)) if flow.merge != Merge::Update => {
                        merge(all.to_mut(), more.into_owned(), flow.merge);
                    }
                    (Some(_), _) => {}
                    (None, Some(mut values)) => {
                        if flow.merge != Merge::Update {
                            // a merge adds to what the target has, and leaves that as it is
                            let mut all = object.expected(flow.to).to_vec();
                            merge(&mut all, values.into_owned(), flow.merge);
                            values = Cow::Owned(all);
                        }
                        desired.set(flow.to, Some(values));
                    }
                    (None, None) => desired.set(flow.to, None),
                }
            }
        }
        if cloud && object.known_to_exist() {
            // what no rule gives any more is cleared; of a forest nothing is ever cleared
            for name in self.filled(key.connector, &object.class, &metaverse.kind) {
                if !desired.contains(*name) && !object.expected(*name).is_empty() {
                    desired.set(*name, Some(Cow::Borrowed(&[])));
                }
            }
        }
        Ok(Ok(desired))
    }

    /// Values as the target's connector space has them: references to objects that it does not have are
    /// dropped, and so are empty texts.
    fn resolved<'a>(&self, values: Cow<'a, [Value]>, connector: u8) -> Result<Cow<'a, [Value]>> {
        let stays = |value: &Value| {
            let sent = !value.is_empty_text() || self.makes(Mistake::SendsEmptyText);
            !matches!(value, Value::Reference(_)) && sent
        };
        if values.iter().all(stays) {
            return Ok(values);
        }
        let mut out = Vec::with_capacity(values.len());
        for value in values.iter() {
            match value {
                Value::Reference(key) if key.connector != connector => {
                    if let Some(number) = self.state.link_of(*key)?
                        && let Some(target) = self.state.joined_in(number, connector)?
                    {
                        out.push(Value::Reference(target));
                    }
                }
                value if value.is_empty_text() => {}
                value => out.push(value.clone()),
            }
        }
        Ok(Cow::Owned(out))
    }

    /// Values without references to objects that the directory does not have, or loses in the next export: it
    /// drops those by itself.
    fn remaining(&self, there: &[Value]) -> Result<Vec<Value>> {
        let mut left = Vec::with_capacity(there.len());
        for value in there {
            let stays = match value {
                Value::Reference(key) => self.state.load(*key)?.is_some_and(|target| {
                    target.known_to_exist() && !matches!(target.export, Some((Operation::Delete, _)))
                }),
                _ => true,
            };
            left.extend(stays.then(|| value.clone()));
        }
        Ok(left)
    }

    /// What is desired against what is there: the pending export.
    fn compare(&mut self, key: CsKey, object: &CsObject, desired: Desired<'_>) -> Result<()> {
        let exists = object.known_to_exist();
        let mut changes = Vec::new();
        for (name, values) in desired.in_order() {
            let Some(values) = values else { continue };
            let values = Attributes::normal(values);
            let there: &[Value] = if exists { object.expected(name) } else { &[] };
            let refers = || there.iter().any(|value| matches!(value, Value::Reference(_)));
            let again = exists
                && !values.is_empty()
                && self.kind(key.connector) == ConnectorKind::Cloud
                && (self.makes(Mistake::ResendsEverything) || self.loops(key, name)?);
            let equal = *values == *there || (exists && refers() && *values == *self.remaining(there)?);
            if equal && !again {
                continue;
            }
            let came_back = |(other, sent, back): &(Name, u64, u64)| {
                *other == name && *sent == digest(&values) && *back == digest(there)
            };
            // it was sent and taken, and the directory made something else of it: sending it again is idle
            let fights = self.makes(Mistake::FightsTheService);
            if exists && !fights && object.diverged.iter().any(came_back) {
                continue;
            }
            changes.push((name, values));
        }
        let changes = Attributes::in_order(changes.into_iter());
        let export = match (exists, self.kind(key.connector), changes.is_empty()) {
            (false, ConnectorKind::Cloud, _) => Some((Operation::Add, changes)),
            (true, _, false) => Some((Operation::Update, changes)),
            _ => None,
        };
        if export == object.export {
            return Ok(());
        }
        let mut object = object.clone();
        let was = object.export.take().map(|(operation, _)| operation);
        let other = |rejection: &crate::space::Rejection| {
            export.as_ref().is_none_or(|(_, changes)| digest_of(changes) != rejection.digest)
        };
        if object.rejection.as_ref().is_some_and(|r| r.retry != Retry::EachExport && other(r)) {
            object.rejection = None;
        }
        object.export = export;
        self.state.set_export(key, object, was);
        Ok(())
    }
}
