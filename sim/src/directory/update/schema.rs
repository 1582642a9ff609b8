//! Extending the schema over LDAP: objects below the schema's head become attributes and classes once the
//! schema is read again (MS-ADTS 3.1.1.2, 3.1.1.5.2.3; `schemaUpdateNow`, or five minutes later by itself).

use super::UpdateContext;
use super::draft::Draft;
use crate::clock::SimTime;
use crate::directory::error::{DirectoryError, Refusal};
use crate::directory::schema::{Additions, ClassParts, NewAttribute, NewClass, Tunable};
use crate::directory::store::varint;
use crate::directory::{AttrId, Directory, Entry, ObjectId, Schema, attr, class, keys};
use crate::ids::Guid;
use std::sync::Arc;
use std::time::Duration;

/// How long after a change the schema is read again unless it is asked for.
const DELAY: Duration = Duration::from_secs(300);

/// Link identifiers that the system picks lie above.
const FIRST_OWN_LINK: i64 = 10_000;

/// `oMSyntax` that goes with each `attributeSyntax` (MS-ADTS 3.1.1.2.2.2).
const SYNTAXES: [(&str, &[i64]); 17] = [
    ("2.5.5.1", &[127]),
    ("2.5.5.2", &[6]),
    ("2.5.5.3", &[27]),
    ("2.5.5.4", &[20]),
    ("2.5.5.5", &[19, 22]),
    ("2.5.5.6", &[18]),
    ("2.5.5.7", &[127]),
    ("2.5.5.8", &[1]),
    ("2.5.5.9", &[2, 10]),
    ("2.5.5.10", &[4, 127]),
    ("2.5.5.11", &[23, 24]),
    ("2.5.5.12", &[64]),
    ("2.5.5.13", &[127]),
    ("2.5.5.14", &[127]),
    ("2.5.5.15", &[66]),
    ("2.5.5.16", &[65]),
    ("2.5.5.17", &[4]),
];

impl Directory {
    pub(super) fn is_schema_class(&self, class: crate::directory::ClassId) -> bool {
        matches!(class, class::ATTRIBUTE_SCHEMA | class::CLASS_SCHEMA)
    }

    /// An attribute of a schema object by its name, as text.
    fn schema_text(entry: &Entry<'_>, name: &str) -> String {
        entry.text(name).map(String::from).unwrap_or_default()
    }

    /// Refuses changes of the schema anywhere but at its master.
    pub(super) fn require_schema_master(&self) -> Result<(), DirectoryError> {
        if self.is_schema_master() { Ok(()) } else { Err(Refusal::WillNotPerform.error()) }
    }

    /// Checks a new schema object, and gives it what the system gives: a display name from its common name,
    /// an identifier.
    pub(super) fn complete_schema_object(
        &self,
        draft: &mut Draft,
        (cn, guid): (&str, Guid),
    ) -> Result<(), DirectoryError> {
        let id = |name: &str| self.schema.attribute_id(name).unwrap_or(attr::NAME);
        let default = |draft: &mut Draft, name: &str, value: Vec<u8>| {
            let held = draft.values.entry(id(name)).or_default();
            if held.is_empty() {
                held.push(value);
            }
        };
        default(draft, "lDAPDisplayName", display_name(cn).into_bytes());
        // not the object's own identifier: nothing may confuse them
        default(
            draft,
            "schemaIDGUID",
            self.seed.guid("schemaIDGUID", &guid.to_string(), 0).to_bytes_le().to_vec(),
        );
        default(draft, "adminDisplayName", cn.as_bytes().to_vec());
        let text = |draft: &Draft, name: &str| draft.text(self, id(name)).unwrap_or_default();
        let oid = text(draft, if draft.class == class::CLASS_SCHEMA { "governsID" } else { "attributeID" });
        if !is_oid(&oid) {
            return Err(Refusal::BadSyntax.error());
        }
        let name = text(draft, "lDAPDisplayName");
        let same = |attribute: &str, value: &str| {
            let id = id(attribute);
            let row = self.schema.attribute(id);
            self.children(self.info.schema).any(|other| {
                let held = self.packed_values(other, id);
                held.iter().any(|held| crate::directory::value::same_value(row, held, value.as_bytes()))
            })
        };
        if same("attributeID", &oid) || same("governsID", &oid) {
            return Err(Refusal::SchemaDuplicateOid.error());
        }
        if same("lDAPDisplayName", &name) {
            return Err(Refusal::SchemaDuplicateName.error());
        }
        if draft.class == class::ATTRIBUTE_SCHEMA {
            let om_syntax = draft.int(self, id("oMSyntax")).unwrap_or(0);
            let syntax = text(draft, "attributeSyntax");
            let fits = SYNTAXES.iter().any(|(name, numbers)| *name == syntax && numbers.contains(&om_syntax));
            if !fits {
                return Err(Refusal::SchemaSyntax.error());
            }
            return Ok(());
        }
        self.check_schema_names(draft)
    }

    /// A value of a new schema object that is given in words: a class that is its own category, a link
    /// identifier that the system picks (the OID of `linkID` itself) or that follows from the forward link's
    /// name. None for any other.
    pub(super) fn schema_value(
        &self,
        name: &str,
        values: &[Vec<u8>],
    ) -> Result<Option<Vec<Vec<u8>>>, DirectoryError> {
        let text = values.first().and_then(|value| std::str::from_utf8(value).ok()).unwrap_or_default();
        match name {
            "defaultObjectCategory" if self.resolve(text).is_err() => Ok(Some(Vec::new())),
            "linkID" if text.parse::<i64>().is_err() => {
                let link_id = self.link_id_for(text).ok_or_else(|| Refusal::BadSyntax.error())?;
                Ok(Some(vec![super::defaults::int(link_id)]))
            }
            _ => Ok(None),
        }
    }

    fn link_id_for(&self, text: &str) -> Option<i64> {
        const PICK: &str = "1.2.840.113556.1.2.50";
        let of = |id: ObjectId| self.entry(id).and_then(|entry| entry.int("linkID"));
        let mut objects = self.children(self.info.schema);
        if text == PICK {
            let highest = objects.filter_map(of).max().unwrap_or(0).max(FIRST_OWN_LINK);
            return Some((highest + 2) & !1);
        }
        let named = |id: &ObjectId| {
            let names = ["attributeID", "lDAPDisplayName"];
            let entry = self.entry(*id);
            names.into_iter().any(|name| entry.and_then(|entry| entry.text(name)).as_deref() == Some(text))
        };
        objects.find(named).and_then(of).map(|forward| forward | 1)
    }

    /// What a class names exists: superclass, attributes, auxiliary classes, superiors. The own name may be
    /// among the superiors.
    pub(super) fn check_schema_names(&self, draft: &Draft) -> Result<(), DirectoryError> {
        let own = draft.text(self, attr::LDAP_DISPLAY_NAME).unwrap_or_default();
        let names = |attribute: &str| -> Vec<String> {
            let Some(id) = self.schema.attribute_id(attribute) else { return Vec::new() };
            let values = draft.values.get(&id).cloned().unwrap_or_default();
            values.into_iter().filter_map(|value| String::from_utf8(value).ok()).collect()
        };
        for attribute in ["mayContain", "mustContain", "rDNAttID"] {
            if !names(attribute).iter().all(|name| self.schema.attribute_id(name).is_some()) {
                return Err(Refusal::SchemaNonexistent.error());
            }
        }
        for attribute in ["subClassOf", "auxiliaryClass", "possSuperiors"] {
            let known =
                |name: &String| self.schema.class_id(name).is_some() || name.eq_ignore_ascii_case(&own);
            if !names(attribute).iter().all(known) {
                return Err(Refusal::SchemaNonexistent.error());
            }
        }
        Ok(())
    }

    /// A class is its own category unless it says otherwise; and the change is noted.
    pub(super) fn note_schema_object(&mut self, context: &UpdateContext, id: ObjectId) {
        self.note_schema_change(context.now);
        let is_class = self.store.get(id.0).is_some_and(|record| record.class == class::CLASS_SCHEMA);
        let category = self.schema.attribute_id("defaultObjectCategory");
        let (true, Some(category)) = (is_class, category) else { return };
        if self.packed_values(id, category).is_empty() {
            let mut own = Vec::new();
            varint::put(&mut own, u64::from(id.0));
            self.put_local(id, category, &[own]);
        }
    }

    /// The schema is read again some time after this.
    pub(super) fn note_schema_change(&mut self, now: SimTime) {
        self.schema_refresh = Some(self.schema_refresh.unwrap_or(now.plus(DELAY)));
    }

    /// Whether this domain controller is the schema master: the only one at which the schema changes.
    fn is_schema_master(&self) -> bool {
        let owner = self.entry(self.info.schema).and_then(|head| head.text(attr::FSMO_ROLE_OWNER));
        owner.is_none_or(|owner| owner.eq_ignore_ascii_case(&self.info.ds_service_dn))
    }

    /// Takes the schema of a replication partner that has more: what it sends counts its rows.
    pub(in crate::directory) fn adopt_schema(&mut self, schema: Schema) {
        if schema.extent() > self.schema.extent() {
            self.schema = schema;
        }
    }

    /// Notes the objects of classes beyond the tables, once replication has brought them.
    pub(in crate::directory) fn note_class_objects(&mut self) {
        let known = self.schema.classes().count();
        if self.class_objects.len() >= known {
            return;
        }
        let mut objects: Vec<Option<ObjectId>> = (*self.class_objects).clone();
        objects.resize(known, None);
        for id in self.children(self.info.schema) {
            let Some(entry) = self.entry(id).filter(|entry| entry.class() == class::CLASS_SCHEMA) else {
                continue;
            };
            let class = self.schema.class_id(&Self::schema_text(&entry, "governsID"));
            if let Some(place) = class.and_then(|class| objects.get_mut(class.index())) {
                place.get_or_insert(id);
            }
        }
        if objects.iter().all(Option::is_some) {
            self.class_objects = Arc::new(objects);
        }
    }

    /// Reads the schema from its objects: what was added is an attribute or class from now on. Only the schema
    /// master does; the others get its schema with what they replicate.
    ///
    /// # Errors
    /// 53 when the program has come to as many different schemas as it may.
    pub fn refresh_schema(&mut self) -> Result<(), DirectoryError> {
        if !self.is_schema_master() {
            self.schema_refresh = None;
            return Ok(());
        }
        let (additions, classes) = self.schema_additions();
        let before = self.schema;
        let after = before.with(additions).ok_or_else(|| Refusal::WillNotPerform.error())?;
        self.schema_refresh = None;
        let mut objects: Vec<Option<ObjectId>> = (*self.class_objects).clone();
        objects.truncate(Schema::classes_of_tables());
        objects.extend(classes.into_iter().map(Some));
        self.class_objects = Arc::new(objects);
        self.schema = after;
        self.sorted.clear();
        let changed: Vec<AttrId> = after
            .attributes()
            .filter(|row| {
                let old = before.attributes().find(|old| old.id == row.id);
                old.is_some_and(|old| keys::is_indexed(old) != keys::is_indexed(row))
            })
            .map(|row| row.id)
            .collect();
        changed.into_iter().for_each(|id| self.index_anew(id));
        Ok(())
    }

    /// An attribute that came into the index, or left it.
    fn index_anew(&mut self, id: AttrId) {
        let row = self.schema.attribute(id);
        for object in (0..self.store.len()).map(ObjectId) {
            let Some(cell) = self.store.get(object.0).and_then(|record| record.cell(id)) else { continue };
            let keys = keys::of_cell(row, &cell, &self.store.dictionary);
            for key in keys {
                if keys::is_indexed(row) {
                    self.store.index.insert(key, object.0);
                } else {
                    self.store.index.remove(key, object.0);
                }
            }
        }
    }

    /// What the schema's objects say beyond the tables, and the objects of new classes.
    fn schema_additions(&self) -> (Additions, Vec<ObjectId>) {
        let (mut additions, mut classes) = (Additions::default(), Vec::new());
        for id in self.children(self.info.schema) {
            let Some(entry) = self.entry(id).filter(|entry| !entry.is_deleted()) else { continue };
            match entry.class() {
                class::ATTRIBUTE_SCHEMA => {
                    let oid = Self::schema_text(&entry, "attributeID");
                    match self.schema.attribute_id(&oid).filter(|_| Schema::is_of_tables(&oid)) {
                        Some(known) => {
                            let tunable = tunable(&entry);
                            let row = Schema::row_of_tables(known);
                            if row.is_some_and(|row| Tunable::of(row) != tunable) {
                                additions.tuned.push((known, tunable));
                            }
                        }
                        None if !Schema::is_of_tables(&oid) => {
                            additions.attributes.push(new_attribute(&entry, oid));
                        }
                        None => {}
                    }
                }
                class::CLASS_SCHEMA => {
                    let oid = Self::schema_text(&entry, "governsID");
                    if Schema::is_of_tables(&oid) {
                        let parts = parts(&entry, false);
                        if let (Some(known), false) = (self.schema.class_id(&oid), parts.is_empty()) {
                            additions.grown.push((known, parts));
                        }
                    } else {
                        additions.classes.push(new_class(&entry, oid));
                        classes.push(id);
                    }
                }
                _ => {}
            }
        }
        (additions, classes)
    }
}

fn tunable(entry: &Entry<'_>) -> Tunable {
    Tunable {
        search_flags: entry.int("searchFlags").unwrap_or(0),
        range_lower: entry.int("rangeLower"),
        range_upper: entry.int("rangeUpper"),
        in_global_catalog: entry.text("isMemberOfPartialAttributeSet").as_deref() == Some("TRUE"),
    }
}

fn flag(entry: &Entry<'_>, name: &str) -> bool {
    entry.text(name).as_deref() == Some("TRUE")
}

fn identifier(entry: &Entry<'_>) -> Option<[u8; 16]> {
    let id = entry.directory.schema().attribute_id("schemaIDGUID")?;
    entry.ldap_values(id).into_iter().next()?.try_into().ok()
}

fn new_attribute(entry: &Entry<'_>, oid: String) -> NewAttribute {
    NewAttribute {
        name: Directory::schema_text(entry, "lDAPDisplayName"),
        oid,
        cn: entry.rdn_value().to_owned(),
        attribute_syntax: Directory::schema_text(entry, "attributeSyntax"),
        om_syntax: entry.int("oMSyntax").unwrap_or(0),
        single_valued: flag(entry, "isSingleValued"),
        system_only: flag(entry, "systemOnly"),
        link_id: entry.int("linkID").and_then(|id| u32::try_from(id).ok()),
        guid: identifier(entry),
        defunct: flag(entry, "isDefunct"),
        tunable: tunable(entry),
    }
}

/// Names that a class object holds; of a class of the tables only what was added.
fn parts(entry: &Entry<'_>, all: bool) -> ClassParts {
    let names = |plain: &str, system: &str| {
        let mut names = entry.texts(plain);
        if all {
            names.extend(entry.texts(system));
        }
        names
    };
    ClassParts {
        auxiliary: names("auxiliaryClass", "systemAuxiliaryClass"),
        must: names("mustContain", "systemMustContain"),
        may: names("mayContain", "systemMayContain"),
        superiors: names("possSuperiors", "systemPossSuperiors"),
    }
}

fn new_class(entry: &Entry<'_>, oid: String) -> NewClass {
    NewClass {
        name: Directory::schema_text(entry, "lDAPDisplayName"),
        oid,
        cn: entry.rdn_value().to_owned(),
        category: entry.int("objectClassCategory").unwrap_or(1),
        super_class: Directory::schema_text(entry, "subClassOf"),
        rdn: Directory::schema_text(entry, "rDNAttID"),
        guid: identifier(entry),
        parts: parts(entry, true),
    }
}

/// `lDAPDisplayName` that the system makes of a common name: words joined, the first one in lower case
/// (MS-ADTS 3.1.1.2.3.4).
fn display_name(cn: &str) -> String {
    let words = cn.split([' ', '-', '_']).filter(|word| !word.is_empty());
    let mut name = String::new();
    for (at, word) in words.enumerate() {
        let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        name.push_str(&if at == 0 { first.to_lowercase() } else { first.to_uppercase() });
        name.push_str(rest);
    }
    name
}

fn is_oid(text: &str) -> bool {
    let arcs: Vec<&str> = text.split('.').collect();
    arcs.len() > 2 && arcs.iter().all(|arc| !arc.is_empty() && arc.bytes().all(|byte| byte.is_ascii_digit()))
}
