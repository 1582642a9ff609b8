//! Import: what a directory tells becomes the state of its connector space.

use super::ports::{Entry, Fault, ImportRequest, News, Part, Patch, Source, Told};
use super::telling::Telling;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::mistakes::Mistake;
use crate::rules::{ConnectorKind, Side};
use crate::space::{CsObject, PendingImport, digest, folded};
use crate::state::{Numbers, Table, tail};
use crate::value::{Attributes, CsKey, Kind, Name, Value};
use std::collections::BTreeSet;

/// Parts without any object in a row, before a source counts as stuck.
const MAX_IDLE: usize = 1_000;

/// Which objects an import reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportKind {
    /// All; objects that are not told any more are deleted once the source said that this was all.
    Full,
    /// Those that changed since the last complete import.
    Delta,
}

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// New objects.
    pub added: u64,
    /// Objects of which something changed.
    pub updated: u64,
    /// Objects that are gone, or no longer in the scope of the connector.
    pub deleted: u64,
    /// Objects as they were.
    pub unchanged: u64,
    /// Objects outside the scope of the connector.
    pub filtered: u64,
    /// Values that are not of their attribute's kind, and were left out.
    pub unreadable: u64,
    /// Exported values that came back different.
    pub not_reimported: u64,
    /// Whether the source said that nothing is missing. Otherwise nothing was deleted, and the next import
    /// begins where this one began.
    pub complete: bool,
    /// What stopped it.
    pub fault: Option<Fault>,
}

impl Engine {
    /// Imports from a directory.
    ///
    /// # Errors
    /// When the database fails, the connector is unknown, or a delta import has no full one to begin from
    /// (also when rules or filters now cover what that one did not read).
    /// What the source does wrong is in the report.
    pub fn import(
        &mut self,
        connector: &str,
        kind: ImportKind,
        source: &mut dyn Source,
    ) -> Result<ImportReport> {
        let number = self.connector(connector)?;
        self.rest = None;
        let cookie_row = format!("cookie/{number}");
        let kind_of = self.kind(number);
        let mut request = ImportRequest {
            connector: connector.to_owned(),
            cookie: None,
            attributes: self.rules.wanted(kind_of),
            classes: self.rules.classes(kind_of).into_iter().map(str::to_owned).collect(),
        };
        let scope_row = format!("scope/{number}");
        let scope = self.scope(number, &request);
        if kind == ImportKind::Delta {
            let needs = |why: &str| Error::order(format!("{connector}: a full import is needed: {why}"));
            let cookie = self.state.meta(&cookie_row)?;
            request.cookie = Some(cookie.ok_or_else(|| needs("none was complete before"))?);
            if self.state.meta(&scope_row)?.as_deref() != Some(scope.as_bytes()) {
                return Err(needs("other attributes, classes or containers are in scope now"));
            }
        }
        let mut report = ImportReport::default();
        let mut telling = Telling::new(kind == ImportKind::Full);
        let ended = self.receive(number, source, &request, &mut telling, &mut report);
        if let Err(error) = ended {
            self.state.roll_back();
            return Err(error);
        }
        let cookie = match ended? {
            Some(cookie) => cookie,
            None if self.makes(Mistake::PartialImportDeletes) => {
                report.fault = None;
                Vec::new()
            }
            None => {
                self.state.commit("import: cut short")?;
                return Ok(report);
            }
        };
        if kind == ImportKind::Full && !self.finish_full(number, &telling.seen, &mut report)? {
            return Ok(report);
        }
        self.drop_untold(number, &mut telling, &mut report)?;
        self.settle_flights(number)?;
        if !self.makes(Mistake::LosesCookie) && !cookie.is_empty() {
            self.state.set_meta(&cookie_row, cookie);
        }
        self.state.set_meta(&scope_row, scope.into_bytes());
        self.state.commit("import: complete")?;
        report.complete = true;
        Ok(report)
    }

    /// What an import covers: a delta import only goes on where this is the same.
    fn scope(&self, connector: u8, request: &ImportRequest) -> String {
        let connector = &self.config.connectors[usize::from(connector)];
        let domains: Vec<&str> = connector.domains.iter().map(|domain| domain.fqdn.as_str()).collect();
        let of = (&request.attributes, &request.classes, domains, &connector.include, &connector.exclude);
        format!("{of:?}")
    }

    /// Reads to the end; `None` when it was not reached.
    fn receive(
        &mut self,
        connector: u8,
        source: &mut dyn Source,
        request: &ImportRequest,
        telling: &mut Telling,
        report: &mut ImportReport,
    ) -> Result<Option<Vec<u8>>> {
        if let Err(fault) = source.begin(request) {
            report.fault = Some(fault);
            return Ok(None);
        }
        let mut idle = 0;
        let mut staged = 0;
        loop {
            let (entries, cookie) = match source.next() {
                Ok(Part::More(entries)) => (entries, None),
                Ok(Part::End { entries, cookie }) => (entries, Some(cookie)),
                Err(fault) => {
                    report.fault = Some(fault);
                    return Ok(None);
                }
            };
            idle = if entries.is_empty() { idle + 1 } else { 0 };
            if idle > MAX_IDLE {
                let text = format!("{MAX_IDLE} parts without an object, and no end");
                report.fault = Some(Fault::Interrupted(text));
                return Ok(None);
            }
            for entry in entries {
                if let Some(key) = self.stage(connector, entry, telling, report)? {
                    telling.seen.insert(key.id);
                }
                staged += 1;
                if staged % self.config.batch == 0 {
                    self.state.commit("import: objects")?;
                }
            }
            if cookie.is_some() {
                return Ok(cookie);
            }
        }
    }

    /// Objects that a complete full import did not tell are gone. False when nothing at all was told.
    fn finish_full(&mut self, connector: u8, seen: &Numbers, report: &mut ImportReport) -> Result<bool> {
        let prefix = Table::Object.key(&[&[connector]]);
        let mut after: Option<Vec<u8>> = None;
        loop {
            self.state.encode();
            let rows = self.state.scan(&prefix, after.as_deref(), self.config.batch)?;
            let Some((last, _)) = rows.last() else { return Ok(true) };
            after = Some(last.clone());
            for (row, _) in &rows {
                let key = CsKey { connector, id: tail(row) };
                if seen.contains(key.id) {
                    continue;
                }
                let Some(mut object) = self.state.edit(key)? else { continue };
                if object.present && seen.is_empty() && !self.makes(Mistake::PartialImportDeletes) {
                    // a directory that had objects and now tells of none has lost its way, not its objects
                    report.fault = Some(Fault::Refused("the source tells of no object at all".to_owned()));
                    self.state.roll_back();
                    return Ok(false);
                }
                if object.present {
                    self.stage_delete(key, object, report);
                } else if object.exists == Some(true) {
                    // taken by an export, and not there after all
                    object.exists = None;
                    object.sent = Attributes::default();
                    self.state.changed(key, &object);
                    self.state.save(key, object);
                }
            }
            self.state.commit("import: deletions")?;
        }
    }

    /// What was sent without an answer has arrived if the import told of it, and has not if it did not: either
    /// way the synchronization compares anew.
    fn settle_flights(&mut self, connector: u8) -> Result<()> {
        loop {
            let rows = self.state.scan(&Table::Flight.key(&[&[connector]]), None, self.config.batch)?;
            if rows.is_empty() {
                return Ok(());
            }
            for (row, _) in rows {
                let key = CsKey { connector, id: tail(&row) };
                if let Some(object) = self.state.load(key)? {
                    self.state.changed(key, &object);
                }
                self.state.delete(row);
            }
        }
    }

    /// Takes one object over; its key unless it is outside the scope of the connector.
    fn stage(
        &mut self,
        connector: u8,
        entry: Entry,
        telling: &mut Telling,
        report: &mut ImportReport,
    ) -> Result<Option<CsKey>> {
        if entry.anchor.is_empty() || entry.anchor.len() > 300 {
            report.unreadable += 1;
            return Ok(None);
        }
        let known = self.state.find_anchor(connector, &entry.anchor)?;
        if entry.news == News::Deleted || !self.in_scope(connector, &entry.dn) {
            report.filtered += u64::from(entry.news != News::Deleted);
            if let Some(key) = known
                && let Some(object) = self.state.edit(key)?
                && object.pending != PendingImport::Delete
            {
                self.stage_delete(key, object, report);
            }
            return Ok(None);
        }
        let key = match known {
            Some(key) => key,
            None => self.by_name(connector, &entry)?,
        };
        let mut object = self.state.edit(key)?.unwrap_or_default();
        let before = (object.present, object.transient, object.dn.clone());
        let class = self.class(connector, &entry.class);
        let other_class = !class.is_empty() && class != object.class;
        if object.dn != entry.dn || object.anchor != entry.anchor || object.transient {
            self.rename(key, &mut object, &entry)?;
        }
        let imported = self.attributes(key, &object, entry.news, telling, report)?;
        let imported = self.misread(key.connector, &entry.anchor, imported)?;
        if self.makes(Mistake::SkipsBlankUpn)
            && self.kind(connector) == ConnectorKind::ActiveDirectory
            && class == "user"
            && imported.get(self.known.user_principal_name).is_empty()
        {
            return Ok(None);
        }
        let changed = imported != object.imported;
        if changed {
            self.refer(key, &object.dn, &object.imported, &imported);
        }
        let confirms = !object.sent.is_empty() || object.exists.is_some();
        if before.0 && !changed && !other_class && !confirms && !before.1 && before.2 == object.dn {
            report.unchanged += 1;
            telling.unchanged(key);
            if object.pending != PendingImport::Delete {
                return Ok(Some(key));
            }
        }
        self.confirm(&mut object, &imported, report);
        let linked = self.state.link_of(key)?.is_some();
        object.pending = pending(object.pending, other_class && before.0, !before.0 && !linked);
        report.added += u64::from(!before.0);
        report.updated += u64::from(before.0);
        if other_class {
            object.class = class;
        }
        object.present = true;
        object.imported = imported;
        self.state.changed(key, &object);
        self.state.save(key, object);
        Ok(Some(key))
    }

    fn stage_delete(&mut self, key: CsKey, mut object: CsObject, report: &mut ImportReport) {
        object.pending = PendingImport::Delete;
        self.state.changed(key, &object);
        self.state.save(key, object);
        report.deleted += 1;
    }

    /// An object whose anchor is new: one that was exported or referred to under its name, or a new one.
    fn by_name(&mut self, connector: u8, entry: &Entry) -> Result<CsKey> {
        if let Some(key) = self.state.find_dn(connector, &entry.dn)?
            && let Some(mut object) = self.state.edit(key)?
        {
            if object.anchor.is_empty() {
                return Ok(key);
            }
            // its name belongs to another object now
            self.state.unindex(key, &object)?;
            object.dn = format!("{}\\0ATRANSIENT:{}", object.dn, key.id);
            object.transient = true;
            self.state.index(key, &object);
            self.state.save(key, object);
        }
        self.state.create(connector, CsObject::placeholder(&entry.dn))
    }

    fn rename(&mut self, key: CsKey, object: &mut CsObject, entry: &Entry) -> Result<()> {
        // a placeholder, or an object that moved away, may hold the name
        if let Some(other_key) = self.state.find_dn(key.connector, &entry.dn)?
            && other_key != key
            && let Some(mut other) = self.state.edit(other_key)?
        {
            self.state.unindex(other_key, &other)?;
            other.dn = format!("{}\\0ATRANSIENT:{}", other.dn, other_key.id);
            other.transient = true;
            self.state.index(other_key, &other);
            self.state.save(other_key, other);
        }
        self.state.unindex(key, object)?;
        object.dn.clone_from(&entry.dn);
        object.anchor.clone_from(&entry.anchor);
        object.transient = false;
        self.state.index(key, object);
        Ok(())
    }

    /// Compares what was exported with what came back.
    fn confirm(&mut self, object: &mut CsObject, imported: &Attributes, report: &mut ImportReport) {
        for (name, sent) in object.sent.iter() {
            let back = imported.get(name);
            object.diverged.retain(|(other, ..)| *other != name);
            if back != sent {
                object.diverged.push((name, digest(sent), digest(back)));
                report.not_reimported += 1;
            }
        }
        object.sent = Attributes::default();
        object.exists = None;
    }

    /// Keeps the list of who refers to whom.
    pub(super) fn refer(&mut self, key: CsKey, dn: &str, was: &Attributes, is: &Attributes) {
        let member = self.known.member;
        let targets = |attributes: &Attributes| -> BTreeSet<(u32, bool)> {
            let values = attributes.iter().flat_map(|(name, values)| values.iter().map(move |v| (name, v)));
            let reference = |(name, value): (Name, &Value)| match value {
                Value::Reference(key) => Some((key.id, name == member)),
                _ => None,
            };
            values.filter_map(reference).collect()
        };
        let (old, new) = (targets(was), targets(is));
        let row = |target: u32| {
            let target = CsKey { connector: key.connector, id: target };
            [Table::Referrer.of(target), key.id.to_be_bytes().to_vec()].concat()
        };
        old.difference(&new).for_each(|(target, _)| self.state.delete(row(*target)));
        // in this order: what is both a member and something else counts as a member
        for (target, as_member) in &new {
            if *as_member || !new.contains(&(*target, true)) {
                self.put_if_new(row(*target), *as_member, old.contains(&(*target, *as_member)));
            }
        }
        // who joins or leaves the pilot group comes into scope or falls out of it
        if self.group[usize::from(key.connector)].as_ref().is_some_and(|group| *group == folded(dn)) {
            let moved: Vec<u32> = old.symmetric_difference(&new).map(|(target, _)| *target).collect();
            for id in moved {
                let member = CsKey { connector: key.connector, id };
                if let Ok(Some(object)) = self.state.load(member) {
                    self.state.changed(member, &object);
                }
            }
        }
    }

    fn put_if_new(&mut self, row: Vec<u8>, as_member: bool, known: bool) {
        // a row that an old reference of the other sort took away comes back
        if !known || self.state.was_deleted(&row) {
            self.state.put(row, vec![u8::from(as_member)]);
        }
    }

    fn attributes(
        &mut self,
        key: CsKey,
        object: &CsObject,
        news: News,
        telling: &mut Telling,
        report: &mut ImportReport,
    ) -> Result<Attributes> {
        let (mut attributes, patches) = match news {
            News::Whole(list) => {
                let replace = |(name, values)| (name, Patch::Replace(values));
                (Attributes::default(), list.into_iter().map(replace).collect())
            }
            News::Changed(list) => (telling.base(key, object), list),
            News::Deleted => (Attributes::default(), Vec::new()),
        };
        for (name, patch) in patches {
            let Some((name, kind)) = self.known_attribute(key.connector, &name) else { continue };
            let values = match patch {
                Patch::Replace(values) => {
                    telling.whole(key, name);
                    self.values(key.connector, kind, values, report)?
                }
                Patch::Change { add, remove } => {
                    let gone: BTreeSet<Value> =
                        self.values(key.connector, kind, remove, report)?.into_iter().collect();
                    let mut values = attributes.get(name).to_vec();
                    values.retain(|value| !gone.contains(value));
                    let mut came = self.values(key.connector, kind, add, report)?;
                    came.sort();
                    telling.came(key, name, &came);
                    values.extend(came);
                    values
                }
            };
            if values.is_empty() {
                attributes.remove(name);
            } else {
                attributes.set(name, values);
            }
        }
        Ok(attributes)
    }

    fn known_attribute(&self, connector: u8, name: &str) -> Option<(Name, Kind)> {
        let side = match self.config.connectors[usize::from(connector)].kind {
            ConnectorKind::ActiveDirectory => Side::ActiveDirectory,
            ConnectorKind::Cloud => Side::Cloud,
        };
        let name = self.rules.names.get(name)?;
        Some((name, self.rules.schema.get(side, name)?.kind))
    }

    fn values(
        &mut self,
        connector: u8,
        kind: Kind,
        told: Vec<Told>,
        report: &mut ImportReport,
    ) -> Result<Vec<Value>> {
        let mut values = Vec::with_capacity(told.len());
        for value in told {
            let value = match (kind, value) {
                (Kind::Reference, Told::Object { dn, anchor }) => self.reference(connector, &dn, anchor)?,
                (Kind::Reference, Told::Text(dn)) => self.reference(connector, &dn, None)?,
                (Kind::Reference, Told::Octets(octets)) => match String::from_utf8(octets) {
                    Ok(dn) => self.reference(connector, &dn, None)?,
                    Err(_) => None,
                },
                (kind, value) => converted(kind, value),
            };
            report.unreadable += u64::from(value.is_none());
            values.extend(value);
        }
        Ok(values)
    }

    /// The object of a reference; one that was not imported yet gets a placeholder.
    fn reference(&mut self, connector: u8, dn: &str, anchor: Option<Vec<u8>>) -> Result<Option<Value>> {
        if let Some(anchor) = anchor
            && let Some(key) = self.state.find_anchor(connector, &anchor)?
        {
            return Ok(Some(Value::Reference(key)));
        }
        if dn.is_empty() {
            return Ok(None);
        }
        let key = match self.state.find_dn(connector, dn)? {
            Some(key) => key,
            None => self.state.create(connector, CsObject::placeholder(dn))?,
        };
        Ok(Some(Value::Reference(key)))
    }

    /// Domain and container filters of the connector (an object is in scope by its nearest container).
    fn in_scope(&self, connector: u8, dn: &str) -> bool {
        let connector = &self.config.connectors[usize::from(connector)];
        if connector.domains.is_empty() && connector.include.is_empty() && connector.exclude.is_empty() {
            return true;
        }
        let folded = folded(dn);
        let depth = |list: &[String]| {
            let below = |container: &&String| {
                let container = crate::space::folded(container);
                folded
                    .strip_suffix(container.as_slice())
                    .is_some_and(|head| head.is_empty() || head.ends_with(b","))
            };
            list.iter().filter(below).map(String::len).max()
        };
        let domains: Vec<String> = connector
            .domains
            .iter()
            .map(|domain| {
                domain.fqdn.split('.').map(|part| format!("dc={part}")).collect::<Vec<_>>().join(",")
            })
            .collect();
        let own_domain = || {
            let parts = crate::expression::components(dn).map(str::trim);
            let of = parts.filter(|part| part.get(..3).is_some_and(|p| p.eq_ignore_ascii_case("dc=")));
            let of = of.collect::<Vec<_>>().join(",").to_lowercase();
            domains.iter().any(|domain| domain.eq_ignore_ascii_case(&of))
        };
        if !domains.is_empty() && !own_domain() {
            return false;
        }
        match (depth(&connector.include), depth(&connector.exclude)) {
            (Some(included), Some(excluded)) => included > excluded,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => connector.include.is_empty(),
        }
    }

    /// A class as the rules spell it.
    fn class(&self, connector: u8, told: &str) -> String {
        let known =
            self.classes[usize::from(connector)].iter().find(|class| class.eq_ignore_ascii_case(told));
        known.map_or(told, String::as_str).to_owned()
    }
}

/// What is left to do for an object: is it another one, a new one, or one that changed?
fn pending(was: PendingImport, other: bool, new: bool) -> PendingImport {
    match was {
        PendingImport::DeleteAdd => PendingImport::DeleteAdd,
        _ if other => PendingImport::DeleteAdd,
        PendingImport::Add => PendingImport::Add,
        _ if new => PendingImport::Add,
        _ => PendingImport::Update,
    }
}

fn converted(kind: Kind, value: Told) -> Option<Value> {
    Some(match (kind, value) {
        (Kind::Text, Told::Text(text)) => Value::Text(text.into()),
        (Kind::Text, Told::Octets(octets)) => Value::Text(String::from_utf8(octets).ok()?.into()),
        (Kind::Octets, Told::Octets(octets)) => Value::Octets(octets.into()),
        (Kind::Integer, Told::Integer(number)) => Value::Integer(number),
        (Kind::Boolean, Told::Boolean(truth)) => Value::Boolean(truth),
        (Kind::Integer | Kind::Boolean, Told::Octets(octets)) => {
            return converted(kind, Told::Text(String::from_utf8(octets).ok()?));
        }
        (Kind::Integer, Told::Text(text)) => Value::Integer(text.trim().parse().ok()?),
        (Kind::Boolean, Told::Text(text)) => Value::Boolean(text.trim().to_ascii_lowercase().parse().ok()?),
        _ => return None,
    })
}
