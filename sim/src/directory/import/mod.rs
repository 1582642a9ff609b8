//! A directory from a user's own LDIF: exports of real domains, dumps, entries written by hand.
//!
//! [`Directory::import`] lays the entries of a file over a new forest. An entry that describes an object which
//! every forest is born with (found by name, by well-known SID, by objectGUID) takes its place; the others become
//! objects of their own. Nothing of Active Directory's constraints is checked, dirty data is the point; but
//! what cannot be kept is said in the [`ImportReport`], value by value.

mod accounts;
mod identity;
mod links;
mod report;
mod values;

pub use report::{ImportReport, Note};

use super::dn::Dn;
use super::update::{NewCells, NewRecord, Write};
use super::{AttrId, ClassId, Directory, ObjectId, UpdateContext, attr, class, schema, store};
use crate::clock::SimTime;
use crate::dump::escape_text;
use crate::ldif::{Content, ContentEntry};
use report::Draft;
use std::collections::{BTreeMap, BTreeSet};
use values::EntryValues;

/// What each domain controller counts for itself, or any logon changes: canonical dumps leave it out.
pub const OWN_TO_A_CONTROLLER: [&str; 9] = [
    "uSNCreated",
    "uSNChanged",
    "whenChanged",
    "lastLogon",
    "lastLogoff",
    "logonCount",
    "badPwdCount",
    "badPasswordTime",
    "dSCorePropagationData",
];
/// Deepest name that is taken.
const DEEPEST: usize = 256;

/// An object whose references to others are still to be read.
struct Pending {
    id: ObjectId,
    line: usize,
    complete: bool,
    references: BTreeMap<AttrId, Vec<(usize, Vec<u8>)>>,
    back_links: Vec<(usize, AttrId, Vec<u8>)>,
}

struct Importer<'d> {
    directory: &'d mut Directory,
    context: UpdateContext,
    draft: Draft,
    /// Objects that an entry of the file has.
    claimed: BTreeSet<ObjectId>,
    pending: Vec<Pending>,
    /// Objects made at run time by those who wrote the dump: it leaves out their stamps.
    at_run_time: Vec<ObjectId>,
}

impl Directory {
    /// Lays the entries of a file over this new forest.
    ///
    /// objectGUID, objectSid, whenCreated and whenChanged are kept; back links, USNs and constructed attributes
    /// are made anew; passwords are set where unicodePwd stands as a client would set it, else accounts have
    /// none; the administrator keeps the forest's password and is made able to sign in. Parents that the file
    /// does not hold are made as containers or organizational units. An entry with objectGUID and instanceType
    /// is taken as complete: what it does not list, its object does not have.
    pub fn import(&mut self, context: &UpdateContext, content: &Content) -> ImportReport {
        let mut draft = Draft::default();
        draft.report.name.clone_from(&content.name);
        draft.report.entries = content.entries.len();
        let mut importer = Importer {
            directory: self,
            context: *context,
            draft,
            claimed: BTreeSet::new(),
            pending: Vec::new(),
            at_run_time: Vec::new(),
        };
        importer.adopt_identity(content);
        let repeated = content.repeated();
        let mut entries: Vec<&ContentEntry> = content.entries.iter().collect();
        // parents first; the order of the file among equals
        entries.sort_by_key(|entry| entry.dn.rdns.len());
        for entry in entries {
            if repeated.contains(&entry.line) {
                let name = shown(&entry.dn);
                importer.draft.skip(entry.line, format!("{name}: an earlier entry has this name"));
            } else {
                importer.take(entry);
            }
        }
        importer.link();
        importer.finish();
        importer.draft.finish()
    }
}

fn shown(dn: &Dn) -> String {
    let text = dn.to_string();
    let short: String = text.chars().take(200).collect();
    format!("'{}'", escape_text(&short))
}

impl Importer<'_> {
    /// Makes the object of an entry, or overwrites the one that is there.
    fn take(&mut self, entry: &ContentEntry) {
        let problem = match self.class_of(entry) {
            Ok(class @ (class::ATTRIBUTE_SCHEMA | class::CLASS_SCHEMA)) => {
                self.leave_schema(entry, class).err()
            }
            Ok(class) => self.place(entry, class).err(),
            Err(problem) => Some(problem),
        };
        if let Some(problem) = problem {
            self.draft.skip(entry.line, format!("{}: {problem}", shown(&entry.dn)));
        }
    }

    fn place(&mut self, entry: &ContentEntry, class: ClassId) -> Result<(), String> {
        if entry.dn.rdns.len() > DEEPEST {
            return Err(format!("deeper than {DEEPEST} names"));
        }
        let mut values = self.directory.read_values(entry, class, &mut self.draft);
        let found = self.object_of(entry, &values);
        if found.is_some_and(|id| self.claimed.contains(&id)) {
            return Err("an earlier entry stands for the same object".to_owned());
        }
        self.check_identifiers(entry, &mut values, found);
        let parent = match entry.dn.parent() {
            _ if found == Some(self.directory.info.domain) => None,
            Some(parent) => Some(self.parent(&parent, entry.line)?),
            None => return Err("it lies outside of the domain".to_owned()),
        };
        let rdn = entry.dn.rdns[0].value.clone();
        let write = self.directory.begin(self.context.now);
        let id = match (found, parent) {
            (Some(id), _) => {
                self.overwrite(write, id, class, parent, &rdn, &values);
                self.draft.report.replaced += 1;
                id
            }
            (None, Some(parent)) => {
                self.draft.report.created += 1;
                self.make(write, class, parent, &rdn, &values, entry.line)?
            }
            (None, None) => return Err("it lies outside of the domain".to_owned()),
        };
        self.put_record(write, id, class, &values);
        self.claimed.insert(id);
        if values.complete && values.created.is_none() {
            self.at_run_time.push(id);
        }
        if let Some(password) = &values.password {
            self.directory.set_password(id, password, self.context.now);
            if let Some(last_set) = values.cells.get(&attr::PWD_LAST_SET) {
                let write = self.directory.begin(self.context.now);
                self.directory.put_values(write, id, &[(attr::PWD_LAST_SET, last_set.clone())]);
            }
        }
        self.pending.push(Pending {
            id,
            line: entry.line,
            complete: values.complete,
            references: values.references,
            back_links: values.back_links,
        });
        Ok(())
    }

    /// The structural class of an entry: the most special one that the schema knows.
    fn class_of(&mut self, entry: &ContentEntry) -> Result<ClassId, String> {
        let schema = self.directory.schema;
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for value in entry.values_of("objectClass") {
            let text = String::from_utf8_lossy(value).into_owned();
            match schema.class_id(&text) {
                Some(id) => known.push(id),
                None => unknown.push(text),
            }
        }
        if known.is_empty() && unknown.is_empty() {
            return Err("no objectClass: export that too".to_owned());
        }
        let structural = known.iter().filter(|id| schema.class(**id).is_structural());
        let Some(class) = structural.max_by_key(|id| schema.class(**id).chain.len()).copied() else {
            return Err("no structural class that the schema knows".to_owned());
        };
        let rdn = &entry.dn.rdns[0];
        let naming = schema.class(class).rdn;
        if schema.attribute_id(&rdn.attribute) != Some(naming) {
            let name = schema.name(naming);
            return Err(format!("objects of class {} are named by {name}", schema.class_name(class)));
        }
        for text in unknown {
            let text = escape_text(&text);
            self.draft.skip(entry.line, format!("objectClass: the schema has no class '{text}'"));
        }
        for other in known {
            if !schema.is_kind_of(class, other) {
                let name = schema.class_name(other);
                let told = format!("objectClass: {name} is not kept beside {}", schema.class_name(class));
                self.draft.skip(entry.line, told);
            }
        }
        Ok(class)
    }

    /// The schema is the forest's own: a definition that it has is not read again, any other is lost.
    fn leave_schema(&mut self, entry: &ContentEntry, class: ClassId) -> Result<(), String> {
        use super::resolve::Lookup;
        match self.directory.look_up(&entry.dn) {
            Lookup::Found(_) => {
                self.draft.recompute(self.directory.schema.class_name(class));
                Ok(())
            }
            _ => Err("the schema is the forest's own and has no such definition".to_owned()),
        }
    }

    /// The object of a name, made where the file does not hold it.
    fn parent(&mut self, dn: &Dn, line: usize) -> Result<ObjectId, String> {
        use super::resolve::Lookup;
        let missing = match self.directory.look_up(dn) {
            Lookup::Found(id) => return Ok(id),
            Lookup::Missing(_) => dn,
            Lookup::Elsewhere(_) => return Err(format!("it lies outside of {}", self.directory.info.dns)),
        };
        let Some(above) = missing.parent() else { return Err("it lies outside of the domain".to_owned()) };
        let above = self.parent(&above, line)?;
        let rdn = &missing.rdns[0];
        let class = match self.directory.schema.attribute_id(&rdn.attribute) {
            Some(attr::OU) => class::ORGANIZATIONAL_UNIT,
            Some(attr::CN) => class::CONTAINER,
            _ => return Err(format!("its parent {} is not in the file", shown(missing))),
        };
        let name = self.directory.schema.class_name(class);
        self.draft.assume(line, format!("{}: not in the file, made as {name}", shown(missing)));
        let write = self.directory.begin(self.context.now);
        self.make(write, class, above, &rdn.value, &EntryValues::default(), line)
    }

    /// Makes an object.
    fn make(
        &mut self,
        write: Write,
        class: ClassId,
        parent: ObjectId,
        rdn: &str,
        values: &EntryValues,
        line: usize,
    ) -> Result<ObjectId, String> {
        let Some(context) = self.directory.store.get(parent.0).map(|record| record.context) else {
            return Err("its parent is not in the file".to_owned());
        };
        let mut cells: Vec<_> = values.cells.iter().map(|(id, packed)| (*id, packed.clone())).collect();
        let guid = values.guid.unwrap_or_else(|| self.directory.guid_below(parent, class, rdn));
        let own = values.sid.as_ref().and_then(|sid| self.directory.own_rid(sid));
        if let (None, Some(sid)) = (own, &values.sid) {
            cells.push((attr::OBJECT_SID, vec![sid.to_bytes()]));
        }
        let rid = match values.deleted && values.sid.is_none() {
            true => 0,
            false => {
                let explicit = cells.iter().any(|(id, values)| *id == attr::OBJECT_SID && !values.is_empty());
                self.directory.next_rid_for(class, own, explicit)
            }
        };
        cells.push((attr::NAME, vec![rdn.as_bytes().to_vec()]));
        self.add_defaults(class, guid, values, &mut cells, line);
        let cells = NewCells::Apart(cells);
        let new = NewRecord { parent: parent.0, context, class, guid, rid, cells };
        Ok(self.directory.create(write, new))
    }

    /// Lays an entry over an object that is there.
    fn overwrite(
        &mut self,
        write: Write,
        id: ObjectId,
        class: ClassId,
        parent: Option<ObjectId>,
        rdn: &str,
        values: &EntryValues,
    ) {
        let mut changes = values.cells.clone();
        let held: Vec<AttrId> = match self.directory.store.get(id.0) {
            Some(record) => store::Cells::of(&record.cells)
                .filter(|cell| !cell.is_empty())
                .map(|cell| cell.attribute)
                .collect(),
            None => return,
        };
        if values.complete {
            let gone = held.iter().filter(|id| !values.references.contains_key(id) && self.is_told(**id));
            gone.for_each(|id| {
                changes.entry(*id).or_default();
            });
        }
        let own = values.sid.as_ref().map(|sid| (self.directory.own_rid(sid), sid.to_bytes()));
        changes.insert(attr::NAME, vec![rdn.as_bytes().to_vec()]);
        let guid = values.guid;
        self.directory.reindexed(id, |directory| {
            for (attribute, packed) in changes {
                if directory.packed_values(id, attribute) != packed {
                    directory.put_cell(write, id, attribute, &packed);
                }
            }
            if let Some((None, bytes)) = &own {
                directory.put_cell(write, id, attr::OBJECT_SID, std::slice::from_ref(bytes));
            }
            let old = directory.store.get(id.0).map(|record| record.parent);
            if let Some(parent) = parent.filter(|parent| old != Some(parent.0)) {
                directory.store.move_below(id.0, parent.0);
            }
            if let Some(record) = directory.store.get_mut(id.0) {
                record.class = class;
                record.guid = guid.unwrap_or(record.guid);
                match own {
                    Some((Some(rid), _)) => record.rid = rid,
                    Some((None, _)) => record.rid = 0,
                    None => {}
                }
            }
            directory.store.name_changed(id.0);
        });
        self.directory.touch(write, id);
    }

    /// Whether a dump or a search tells an attribute: what it hides is kept as it is.
    fn is_told(&self, id: AttrId) -> bool {
        let row: &schema::Attribute = self.directory.schema.attribute(id);
        !row.secret
            && !matches!(
                id,
                attr::NAME | attr::NT_SECURITY_DESCRIPTOR | attr::OBJECT_CATEGORY | attr::OBJECT_SID
            )
            && !OWN_TO_A_CONTROLLER.contains(&row.name)
    }

    /// What a record keeps beside its cells: times, and whether it is deleted.
    fn put_record(&mut self, write: Write, id: ObjectId, class: ClassId, values: &EntryValues) {
        let category = values.deleted && values.complete && !values.has_category;
        let now = self.context.now.millis();
        self.directory.reindexed(id, |directory| {
            if category {
                directory.put_cell(write, id, attr::OBJECT_CATEGORY, &[]);
            }
            if let Some(record) = directory.store.get_mut(id.0) {
                record.created = values.created.map_or(record.created, |time| time.millis());
                record.changed = values.changed.map_or(now.max(record.created), |time| time.millis());
                let born_deleted = record.deleted && class == class::CONTAINER;
                record.deleted = values.deleted || born_deleted;
            }
            if values.deleted {
                directory.stamp_deletion(write, id, values.changed);
            }
        });
    }
}

impl Directory {
    /// Lets the lifetime of a deleted object begin when the file says that it was changed last, or now.
    fn stamp_deletion(&mut self, write: Write, id: ObjectId, changed: Option<SimTime>) {
        let deletion = Write { now: changed.unwrap_or(write.now), ..write };
        for attribute in [attr::NAME, attr::IS_RECYCLED] {
            let values = self.packed_values(id, attribute);
            if !values.is_empty() {
                self.put_cell(deletion, id, attribute, &values);
            }
        }
    }
}

#[cfg(test)]
mod tests;
