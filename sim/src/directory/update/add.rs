//! Adding objects over LDAP (active-directory.md 8; MS-ADTS 3.1.1.5.2).

use super::defaults;
use super::draft::{Draft, convert};
use super::write::{NewCells, NewRecord};
use super::{Modification, ModifyOp, UpdateContext};
use crate::directory::dn::{Dn, Rdn};
use crate::directory::error::{self, DirectoryError, Refusal};
use crate::directory::resolve::Lookup;
use crate::directory::{AttrId, ClassId, Directory, ObjectId, attr, class};

/// What clients may send along, because tools copy it from other objects, and the server fills in itself.
const TOLERATED: [AttrId; 3] = [attr::OBJECT_CATEGORY, attr::INSTANCE_TYPE, attr::DISTINGUISHED_NAME];
/// What only the store makes, refused when it is supplied.
const REFUSED: [AttrId; 4] = [attr::OBJECT_GUID, attr::OBJECT_SID, attr::SAM_ACCOUNT_TYPE, attr::IS_DELETED];

impl Directory {
    /// Adds an object.
    ///
    /// # Errors
    /// The codes and texts of active-directory.md 10: a parent that does not exist (32), a name that is taken
    /// (68), a class or attribute that the schema lacks (16), rules of the schema (64, 65, 19, 21), account
    /// rules (68, 19, 80, 53), rights (50).
    pub fn add(
        &mut self,
        context: &UpdateContext,
        dn: &str,
        attributes: &[(String, Vec<Vec<u8>>)],
    ) -> Result<ObjectId, DirectoryError> {
        let parsed = Dn::parse(dn).map_err(|_| error::bad_name(dn))?;
        let Some(rdn) = parsed.rdns.first() else { return Err(Refusal::WillNotPerform.error()) };
        let parent = self.parent_for(&parsed)?;
        let (class, own_classes) = self.classes_of(attributes)?;
        let creator = self.require_create(context, (parent, class), attributes)?;
        self.check_place(context, class, rdn, parent)?;
        if self.child(parent, rdn).is_some() {
            return Err(Refusal::EntryExists.error());
        }
        let guid = self.guid_below(parent, class, &rdn.value);
        let mut draft = Draft::new(None, class);
        if !own_classes.is_empty() {
            self.put_classes(&mut draft, &own_classes);
        }
        let name_row = self.schema.attribute(self.schema.class(class).rdn);
        let name = convert(self, context, name_row, rdn.value.as_bytes())?;
        let mut password = None;
        for (attribute, values) in attributes {
            self.add_attribute(context, &mut draft, rdn, (attribute, values), &mut password)?;
        }
        if let Some((attribute, value)) = password {
            self.first_password(context, &mut draft, (&attribute, &value))?;
            let now = defaults::int(context.now.filetime());
            draft.values.entry(attr::PWD_LAST_SET).or_insert(vec![now]);
        }
        if self.is_schema_class(class) {
            self.require_schema_master()?;
            self.complete_schema_object(&mut draft, (&rdn.value, guid))?;
        }
        if !context.lenient {
            self.check_allowed(&draft)?;
            self.check_classes(&draft)?;
        }
        let stamped = draft.values.get(&attr::PWD_LAST_SET).cloned();
        if draft.values.contains_key(&attr::UNICODE_PWD) && draft.int(self, attr::PWD_LAST_SET) != Some(0) {
            // set with the password, not asked for: the rule about 0 and -1 does not apply
            draft.values.remove(&attr::PWD_LAST_SET);
        }
        self.check_account(context, &mut draft)?;
        if let Some(values) = stamped {
            draft.values.entry(attr::PWD_LAST_SET).or_insert(values);
        }
        if let Some(sid) = creator {
            draft.values.insert(attr::CREATOR_SID, vec![sid.to_bytes()]);
        }
        let id = self.finish_add(context, draft, parent, guid, name)?;
        if self.is_schema_class(class) {
            self.note_schema_object(context, id);
        }
        Ok(id)
    }

    fn finish_add(
        &mut self,
        context: &UpdateContext,
        mut draft: Draft,
        parent: ObjectId,
        guid: crate::ids::Guid,
        name: Vec<u8>,
    ) -> Result<ObjectId, DirectoryError> {
        let class = draft.class;
        let mut cells: defaults::PackedAttributes = std::mem::take(&mut draft.values).into_iter().collect();
        cells.push((attr::NAME, vec![name]));
        defaults::complete(&self.schema, class, guid, &mut cells);
        if !context.lenient {
            self.check_required(class, &cells)?;
        }
        self.admit_foreign(context, &mut draft);
        let parent_context = self.store.get(parent.0).map(|record| record.context);
        let explicit = defaults::Attributes::first(&cells, attr::OBJECT_SID).is_some();
        let rid = self.next_rid_for(class, None, explicit);
        let write = self.begin(context.now);
        let new = NewRecord {
            parent: parent.0,
            context: parent_context.unwrap_or(crate::directory::contexts::DOMAIN),
            class,
            guid,
            rid,
            cells: NewCells::Apart(cells),
        };
        let id = self.create(write, new);
        for ((attribute, target), _) in draft.links {
            self.put_link(write, id, attribute, target, true);
        }
        Ok(id)
    }

    fn parent_for(&self, dn: &Dn) -> Result<ObjectId, DirectoryError> {
        let parent = dn.parent().unwrap_or_default();
        match self.look_up(&parent) {
            Lookup::Found(id) if !self.is_deleted(id) => Ok(id),
            Lookup::Found(_) => Err(Refusal::WillNotPerform.error()),
            Lookup::Missing(ancestor) => Err(error::no_such_object(&self.dn_text(ancestor))),
            Lookup::Elsewhere(host) => Err(self.elsewhere(host, &parent)),
        }
    }

    /// The structural class of a request, the most special one it names, and auxiliary ones of the object's own.
    fn classes_of(
        &self,
        attributes: &[(String, Vec<Vec<u8>>)],
    ) -> Result<(ClassId, Vec<ClassId>), DirectoryError> {
        let schema = &self.schema;
        let named =
            attributes.iter().filter(|(name, _)| schema.attribute_id(name) == Some(attr::OBJECT_CLASS));
        let values: Vec<Vec<u8>> = named.flat_map(|(_, values)| values.clone()).collect();
        let classes = self.named_classes(&values)?;
        if classes.is_empty() {
            return Err(Refusal::MissingClass.error());
        }
        let structural = classes.iter().filter(|id| schema.class(**id).is_structural());
        let special = structural.max_by_key(|id| schema.class(**id).chain.len());
        let special = *special.ok_or_else(|| Refusal::StructuralClass.error())?;
        Ok((special, self.own_classes(special, &classes)?))
    }

    pub(super) fn check_place(
        &self,
        context: &UpdateContext,
        class: ClassId,
        rdn: &Rdn,
        parent: ObjectId,
    ) -> Result<(), DirectoryError> {
        let dn = self.dn_text(parent);
        let row = self.schema.class(class);
        let fits = self.schema.attribute_id(&rdn.attribute) == Some(row.rdn);
        let parent_class = self.store.get(parent.0).map(|record| record.class);
        let below = parent_class.is_some_and(|parent| self.schema.may_lie_below(class, parent));
        if !fits || !below && !context.lenient {
            return Err(Refusal::NamingViolation.with(&[("dn", &dn)]));
        }
        let by_system = context.lenient || context.actor == super::Actor::System;
        if row.system_only && !by_system {
            return Err(Refusal::WillNotPerform.error());
        }
        Ok(())
    }

    fn add_attribute(
        &self,
        context: &UpdateContext,
        draft: &mut Draft,
        rdn: &Rdn,
        (name, values): (&str, &[Vec<u8>]),
        password: &mut Option<(String, Vec<u8>)>,
    ) -> Result<(), DirectoryError> {
        let id = self.schema.attribute_id(name).ok_or_else(|| Refusal::UnknownAttribute.error())?;
        let row = self.schema.attribute(id);
        if id == attr::OBJECT_CLASS || TOLERATED.contains(&id) {
            return Ok(());
        }
        if id == self.schema.class(draft.class).rdn || id == attr::NAME {
            let same = |value: &Vec<u8>| *value == rdn.value.as_bytes();
            let same = values.iter().all(same);
            return if same {
                Ok(())
            } else {
                Err(Refusal::NamingViolation.with(&[("dn", &rdn.to_string())]))
            };
        }
        if self.sets_password(id) {
            *password = values.first().map(|value| (name.to_owned(), value.clone()));
            return Ok(());
        }
        if row.constructed {
            return Err(Refusal::SystemOwned.on(row));
        }
        // what only the system writes on other objects makes a schema object what it is
        let in_schema = self.is_schema_class(draft.class);
        if in_schema && let Some(values) = self.schema_value(row.name, values)? {
            if !values.is_empty() {
                draft.values.insert(id, values);
            }
            return Ok(());
        }
        let guarded = row.system_only && !context.lenient && !in_schema;
        if REFUSED.contains(&id) || row.is_back_link() || guarded {
            return Err(Refusal::WillNotPerform.error());
        }
        let op = ModifyOp::Add;
        let change = Modification { op, attribute: name.to_owned(), values: values.to_vec() };
        if id == attr::NT_SECURITY_DESCRIPTOR {
            return self.write_descriptor(context, draft, &change);
        }
        draft.apply(self, context, row, &change)
    }

    /// Every attribute with values is one that the class may carry.
    pub(super) fn check_allowed(&self, draft: &Draft) -> Result<(), DirectoryError> {
        let named = draft.values.iter().filter(|(_, values)| !values.is_empty()).map(|(id, _)| *id);
        let linked = draft.links.iter().filter(|(_, present)| **present).map(|((id, _), _)| *id);
        let foreign = draft.foreign.iter().map(|_| attr::MEMBER).take(1);
        let mut all = named.chain(linked).chain(foreign);
        let own = self.drafted_classes(draft);
        match all.all(|id| self.may_carry(draft.class, &own, id)) {
            true => Ok(()),
            false => Err(Refusal::NotAllowedByClass.error()),
        }
    }

    /// What the class requires is there; the system itself gives identifiers, category and descriptor.
    fn check_required(
        &self,
        class: ClassId,
        cells: &defaults::PackedAttributes,
    ) -> Result<(), DirectoryError> {
        let given = |id: AttrId| cells.iter().any(|(other, values)| *other == id && !values.is_empty());
        let by_system = |id: AttrId| {
            crate::directory::entry::DERIVED.contains(&id)
                || id == attr::NT_SECURITY_DESCRIPTOR
                || id == self.schema.class(class).rdn
                || class == class::CLASS_SCHEMA && self.schema.name(id) == "defaultObjectCategory"
        };
        match self.schema.must_have(class).all(|id| by_system(id) || given(id)) {
            true => Ok(()),
            false if class == class::FOREIGN_SECURITY_PRINCIPAL => Ok(()),
            false => Err(Refusal::MissingAttribute.error()),
        }
    }
}
