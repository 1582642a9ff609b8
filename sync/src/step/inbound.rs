//! The first half of a synchronization: from connector spaces to the metaverse.

use super::decided::Decided;
use crate::config::Anchor;
use crate::engine::Engine;
use crate::error::Result;
use crate::expression::Failure;
use crate::metaverse::{MvObject, Origin, index_prefix};
use crate::mistakes::Mistake;
use crate::rules::{ConnectorKind, Direction, JoinPair, Link, Merge, Rule, in_scope};
use crate::space::{CsObject, PendingImport};
use crate::state::Table;
use crate::value::{Attributes, CsKey, Flowed, Name, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Most objects of the metaverse that a join looks at.
const MAX_CANDIDATES: usize = 100;

/// What a rule had to say about an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contribution {
    /// Name of the rule.
    pub rule: String,
    /// Which rule of which object.
    pub origin: Origin,
    /// Its values; `None` for "ignore this flow".
    pub values: Option<Vec<Value>>,
    /// Whether these are the values of the attribute now.
    pub won: bool,
}

/// Contributions by attribute, the winners first.
pub(crate) type Trace = BTreeMap<Name, Vec<Contribution>>;

/// The values of an attribute, and which rule of which object gave them.
type Winners<'a> = Decided<(Cow<'a, [Value]>, Option<Origin>)>;

/// What became of an object on its way to the metaverse.
pub(crate) enum Joined {
    To(u32),
    New(u32),
    No,
}

impl Engine {
    /// Synchronizes one object of a connector space into the metaverse.
    pub(crate) fn inbound(&mut self, key: CsKey) -> Result<()> {
        let Some(mut object) = self.state.load(key)? else { return Ok(()) };
        let pending = object.pending;
        if matches!(pending, PendingImport::Delete | PendingImport::DeleteAdd) {
            self.disjoin(key)?;
        }
        if pending == PendingImport::Delete {
            self.mourn(key.connector, &object.anchor);
            return self.state.remove(key, &object);
        }
        if !object.present && object.exists.is_none() && object.export.is_none() {
            return Ok(());
        }
        // of another sort the mark alone tells: the row need not be written again for it
        if pending == PendingImport::DeleteAdd || object.error.is_some() {
            let mut settled = Rc::unwrap_or_clone(object);
            settled.pending = PendingImport::None;
            settled.error = None;
            object = Rc::new(settled);
            self.state.save(key, Rc::clone(&object));
        }
        match self.join_or_project(key, &object) {
            Ok(Joined::To(metaverse) | Joined::New(metaverse)) => {
                if self.kind(key.connector) == ConnectorKind::Cloud || object.export.is_some() {
                    // what is there now may differ from what should be, or be it already
                    self.state.mark_flow(metaverse);
                }
                if let Err(failure) = self.recompute(metaverse, None)? {
                    self.failed(key, failure.0)?;
                }
                Ok(())
            }
            Ok(Joined::No) => Ok(()),
            Err(Stopped::Failure(text)) => self.failed(key, text),
            Err(Stopped::Error(error)) => Err(error),
        }
    }

    fn failed(&mut self, key: CsKey, text: String) -> Result<()> {
        if let Some(mut object) = self.state.edit(key)? {
            object.error = Some(text);
            self.state.save(key, object);
            self.state.put(Table::Failed.of(key), Vec::new());
        }
        Ok(())
    }

    /// Takes an object away from its metaverse object.
    pub(crate) fn disjoin(&mut self, key: CsKey) -> Result<()> {
        if let Some(metaverse) = self.state.link_of(key)? {
            self.state.unlink(key, metaverse)?;
            self.state.referrers_changed(key)?;
            // what remains contributes what it did before; a failure there belongs to the other objects
            if let Err(failure) = self.recompute(metaverse, None)? {
                self.state.put(Table::FailedOut.at(metaverse), failure.0.into_bytes());
            }
        }
        Ok(())
    }

    fn linking_rules(&self, key: CsKey, object: &CsObject) -> Vec<usize> {
        let rules = self.rules_for(Direction::Inbound, key.connector, &object.class).iter().copied();
        let links = |at: &usize| {
            let rule = &self.rules.rules[*at];
            rule.links() && in_scope(&rule.scope, &object.imported)
        };
        rules.filter(links).collect()
    }

    fn join_or_project(&mut self, key: CsKey, object: &CsObject) -> std::result::Result<Joined, Stopped> {
        let rules = self.linking_rules(key, object);
        if let Some(metaverse) = self.state.link_of(key)? {
            let sticky = || {
                let of_class = self.rules_for(Direction::Inbound, key.connector, &object.class);
                of_class.iter().any(|at| self.rules.rules[*at].link == Link::StickyJoin)
            };
            // a link to the cloud ends with the object's scope on the way out, not on the way in
            if !rules.is_empty() || self.kind(key.connector) == ConnectorKind::Cloud || sticky() {
                return Ok(Joined::To(metaverse));
            }
            self.disjoin(key)?;
            return Ok(Joined::No);
        }
        let joins: Vec<usize> =
            rules.iter().copied().filter(|at| !self.rules.rules[*at].join.is_empty()).collect();
        if let [first, second, ..] = joins[..] {
            return Err(Stopped::Failure(format!(
                "two rules with join criteria are in scope: {:?} and {:?}",
                self.rules.rules[first].name, self.rules.rules[second].name
            )));
        }
        if let Some(at) = joins.first()
            && let Some(metaverse) = self.candidate(key, object, &self.rules.rules[*at])?
        {
            self.state.link(key, metaverse)?;
            self.state.mark_provision(metaverse);
            self.state.referrers_changed(key)?;
            return Ok(Joined::To(metaverse));
        }
        let provision = rules.iter().map(|at| &self.rules.rules[*at]).find(|r| r.link == Link::Provision);
        let has_value =
            |rule: &Rule| rule.join.iter().flatten().any(|pair| !object.imported.get(pair.object).is_empty());
        if let Some(rule) = provision.filter(|rule| rule.join.is_empty() || has_value(rule)) {
            let kind = rule.metaverse.clone().unwrap_or_default();
            let number = self.state.next("next/metaverse")?;
            let made = MvObject { kind, ..MvObject::default() };
            self.state.save_metaverse(number, &Attributes::default(), made, &self.indexed)?;
            self.state.link(key, number)?;
            self.state.mark_provision(number);
            self.state.referrers_changed(key)?;
            return Ok(Joined::New(number));
        }
        // its partner may come later: it is asked again when one has this value
        if let Some(at) = joins.first() {
            let pairs: Vec<JoinPair> =
                self.rules.rules[*at].join.iter().filter_map(|g| g.first().cloned()).collect();
            for pair in pairs {
                for value in object.imported.get(pair.object) {
                    let mut row = index_prefix(Table::Waiting, pair.metaverse, value);
                    row.push(key.connector);
                    row.extend(key.id.to_be_bytes());
                    self.state.put(row, Vec::new());
                }
            }
        }
        Ok(Joined::No)
    }

    /// The one object of the metaverse that a rule joins to. One that has an object of the same connector
    /// already is none, where the rule would make a new one otherwise: two people of a forest who share an
    /// address are two people.
    fn candidate(
        &self,
        key: CsKey,
        object: &CsObject,
        rule: &Rule,
    ) -> std::result::Result<Option<u32>, Stopped> {
        if self.makes(Mistake::NoJoins) && self.kind(key.connector) == ConnectorKind::ActiveDirectory {
            return Ok(None);
        }
        for group in &rule.join {
            let Some(first) = group.first() else { continue };
            let mut found = Vec::new();
            for value in object.imported.get(first.object) {
                found.extend(self.state.with_value(first.metaverse, value, MAX_CANDIDATES)?);
            }
            found.sort_unstable();
            found.dedup();
            let mut fitting = Vec::new();
            for number in found {
                let Some(metaverse) = self.state.metaverse(number)? else { continue };
                let other_kind = rule.metaverse.as_ref().is_some_and(|kind| *kind != metaverse.kind);
                let fits = group.iter().all(|pair| agrees(pair, object, &metaverse));
                let taken =
                    rule.link == Link::Provision && self.state.joined_in(number, key.connector)?.is_some();
                if fits && !other_kind && !taken && !self.shuns(&metaverse) {
                    fitting.push(number);
                }
            }
            match fitting[..] {
                [] => {}
                [one] => return Ok(Some(one)),
                _ => {
                    return Err(Stopped::Failure(format!(
                        "rule {:?} finds {} objects of the metaverse to join",
                        rule.name,
                        fitting.len()
                    )));
                }
            }
        }
        Ok(None)
    }

    /// Computes the attributes of a metaverse object anew, from all objects that are joined to it.
    pub(crate) fn recompute(
        &mut self,
        number: u32,
        mut trace: Option<&mut Trace>,
    ) -> Result<std::result::Result<(), Failure>> {
        if trace.is_none() && self.state.fresh.contains(number) {
            return Ok(Ok(()));
        }
        let Some(was) = self.state.metaverse(number)? else { return Ok(Ok(())) };
        let mut objects = Vec::new();
        for key in self.state.joined(number)? {
            if let Some(object) = self.state.load(key)?.filter(|object| object.present) {
                objects.push((key, object));
            }
        }
        let mut winners = match self.winners(&was, &objects, trace.take()) {
            Ok(winners) => winners,
            Err(failure) => return Ok(Err(failure)),
        };
        self.pilot(&objects, &mut winners)?;
        self.forget_names(&objects, &mut winners);
        if let Some(is) = differing(&was, winners) {
            self.state.save_metaverse(number, &was.attributes, is, &self.indexed)?;
            self.state.mark_provision(number);
        }
        self.state.fresh.insert(number);
        Ok(Ok(()))
    }

    /// What the rules make of a metaverse object, the highest precedence first.
    fn winners<'a>(
        &self,
        was: &'a MvObject,
        objects: &'a [(CsKey, Rc<CsObject>)],
        mut trace: Option<&mut Trace>,
    ) -> std::result::Result<Winners<'a>, Failure> {
        let mut winners = Winners::new(self.rules.names.len());
        for (precedence, key, rule, at) in self.runs(objects, &was.kind) {
            let object = &objects[at].1;
            let rule = &self.rules.rules[rule];
            let origin = Origin { precedence, object: key };
            for flow in &rule.flows {
                let decided = winners.contains(flow.to);
                if decided && flow.merge == Merge::Update && trace.is_none() {
                    continue;
                }
                let flowed = match self.run(flow, &object.imported, key, object) {
                    Ok(flowed) => flowed,
                    Err(_) if decided => continue,
                    Err(failure) => return Err(failure),
                };
                let former = was.attributes.get(flow.to);
                let keep = flow.once && !former.is_empty();
                let values = match flowed {
                    Flowed::Null
                        if flow.to == self.known.cloud_filtered && self.makes(Mistake::FilteredIsFalse) =>
                    {
                        Some(Cow::Owned(vec![Value::Boolean(false)]))
                    }
                    Flowed::Null => continue,
                    Flowed::Ignore => None,
                    Flowed::Values(_) if keep => None,
                    Flowed::Values(values) => Some(values),
                };
                if flow.to == self.known.source_anchor
                    && let Some(problem) = self.wrong_anchor(&object.imported, values.as_deref())
                {
                    return Err(Failure(problem));
                }
                if let Some(trace) = trace.as_deref_mut() {
                    let values = values.clone().map(Cow::into_owned);
                    let won = !decided || flow.merge != Merge::Update;
                    let said = Contribution { rule: rule.name.clone(), origin, values, won };
                    trace.entry(flow.to).or_default().push(said);
                }
                match (winners.get_mut(flow.to), values) {
                    (Some((all, _)), Some(more)) if flow.merge != Merge::Update => {
                        merge(all.to_mut(), more.into_owned(), flow.merge);
                    }
                    (Some(_), _) => {}
                    (None, Some(values)) => winners.set(flow.to, (values, Some(origin))),
                    (None, None) => winners.set(flow.to, (Cow::Borrowed(former), was.origin(flow.to))),
                }
            }
        }
        Ok(winners)
    }

    /// A mistake: a blank display name stays blank.
    fn forget_names(&self, objects: &[(CsKey, Rc<CsObject>)], winners: &mut Winners<'_>) {
        let named = |(_, object): &(CsKey, Rc<CsObject>)| {
            object.imported.get(self.known.display_name).iter().any(|v| !v.display().trim().is_empty())
        };
        if self.makes(Mistake::SendsEmptyText) && !objects.iter().any(named) {
            winners.set(self.known.display_name, (Cow::Owned(vec![Value::text("")]), None));
        }
    }

    /// What is wrong with a source anchor that comes from an attribute of one's own.
    fn wrong_anchor(&self, imported: &Attributes, values: Option<&[Value]>) -> Option<String> {
        let Anchor::Attribute(name) = &self.config.anchor else { return None };
        let text = values?.first()?.as_text()?;
        let from = imported.get(self.rules.names.get(name)?).first()?;
        crate::anchor::problem(text, from.as_text().is_none())
    }

    /// The rules to run for a metaverse object, by precedence and then by connector: precedence, object, rule,
    /// place of the object in the list.
    fn runs(&self, objects: &[(CsKey, Rc<CsObject>)], kind: &str) -> Vec<(u16, CsKey, usize, usize)> {
        let mut runs = Vec::new();
        for (at, (key, object)) in objects.iter().enumerate() {
            for rule in self.rules_for(Direction::Inbound, key.connector, &object.class) {
                let of = &self.rules.rules[*rule];
                let other = of.metaverse.as_ref().is_some_and(|other| other != kind);
                if !other && in_scope(&of.scope, &object.imported) {
                    runs.push((of.precedence, *key, *rule, at));
                }
            }
        }
        runs.sort_unstable();
        runs
    }

    /// Objects outside the pilot group of their connector are filtered.
    fn pilot(&self, objects: &[(CsKey, Rc<CsObject>)], winners: &mut Winners<'_>) -> Result<()> {
        for (key, _) in objects {
            let Some(group) = &self.group[usize::from(key.connector)] else { continue };
            let row = Table::Dn.key(&[&[key.connector], group]);
            let member = match self.state.number(&row)? {
                Some(group) => {
                    let row = [Table::Referrer.of(*key), group.to_be_bytes().to_vec()].concat();
                    self.state.get(&row)?.is_some_and(|kind| kind == [1])
                }
                None => false,
            };
            if !member {
                winners.set(self.known.cloud_filtered, (Cow::Owned(vec![Value::Boolean(true)]), None));
            }
        }
        Ok(())
    }
}

/// The object with what won; `None` where that is what it has.
fn differing(was: &MvObject, winners: Winners<'_>) -> Option<MvObject> {
    let mut values = Vec::with_capacity(was.attributes.len());
    let mut origins = Vec::with_capacity(was.origins.len());
    for (name, (all, origin)) in winners.in_order() {
        let all = Attributes::normal(all);
        if !all.is_empty() {
            values.push((name, all));
            origins.extend(origin.map(|origin| (name, origin)));
        }
    }
    let old = was.attributes.iter();
    let unchanged = old.len() == values.len()
        && old.zip(&values).all(|((name, old), (other, new))| name == *other && *old == **new)
        && was.origins == origins;
    (!unchanged).then(|| MvObject {
        kind: was.kind.clone(),
        joined: was.joined.clone(),
        attributes: Attributes::in_order(values.into_iter()),
        origins,
    })
}

/// All values together.
pub(crate) fn merge(all: &mut Vec<Value>, more: Vec<Value>, how: Merge) {
    for value in more {
        let there = match how {
            Merge::MergeCaseInsensitive => all.iter().any(|other| other.join_key() == value.join_key()),
            _ => all.contains(&value),
        };
        if !there {
            all.push(value);
        }
    }
}

fn agrees(pair: &JoinPair, object: &CsObject, metaverse: &MvObject) -> bool {
    object.imported.get(pair.object).iter().any(|value| {
        metaverse.attributes.get(pair.metaverse).iter().any(|other| match (value, other) {
            (Value::Text(a), Value::Text(b)) if !pair.case_sensitive => a.to_lowercase() == b.to_lowercase(),
            (a, b) => a == b,
        })
    })
}

/// Why an object did not get through.
pub(crate) enum Stopped {
    /// Something about the object.
    Failure(String),
    /// Something about the engine.
    Error(crate::error::Error),
}

impl From<crate::error::Error> for Stopped {
    fn from(error: crate::error::Error) -> Self {
        Self::Error(error)
    }
}
