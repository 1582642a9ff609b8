//! Undeleting: one modification that deletes `isDeleted` and replaces `distinguishedName`
//! (active-directory.md 9; MS-ADTS 3.1.1.5.3.7).

use super::defaults::{ZEROS_OF_A_USER, account_type_of_group, account_type_of_user, int, primary_group};
use super::draft::{Draft, convert};
use super::write::Write;
use super::{Modification, ModifyOp, UpdateContext};
use crate::directory::dn::Dn;
use crate::directory::error::{self, DirectoryError, Refusal};
use crate::directory::resolve::Lookup;
use crate::directory::store::varint;
use crate::directory::{AttrId, Directory, ObjectId, attr, class};

impl Directory {
    /// Brings a deleted object back to the name that the modification gives; other changes are made with it.
    ///
    /// # Errors
    /// 53 for another modification of a deleted object and for a recycled one, 50, 1 when the parent does not
    /// exist or lies in another naming context, 64, 68 when the name or the account's name is taken, 19.
    pub(super) fn undelete(
        &mut self,
        context: &UpdateContext,
        id: ObjectId,
        changes: &[Modification],
    ) -> Result<ObjectId, DirectoryError> {
        let refused = || Refusal::IllegalOnDeleted.error();
        let (name, others) = self.wanted_name(changes).ok_or_else(refused)?;
        self.require_admin(context)?;
        let bin = self.recycle_bin_enabled();
        let recycled = self.entry(id).is_some_and(|entry| entry.is_recycled());
        if bin && recycled || !self.has_last_parent(id) {
            return Err(refused());
        }
        let parsed = Dn::parse(&name).map_err(|_| error::bad_name(&name))?;
        let rdn = parsed.rdns.first().ok_or_else(refused)?;
        let parent = self.undelete_below(id, &parsed)?;
        let class = self.store.get(id.0).map_or(class::TOP, |record| record.class);
        self.check_place(&UpdateContext { lenient: false, ..*context }, class, rdn, parent)?;
        if self.child(parent, rdn).is_some() {
            return Err(Refusal::EntryExists.error());
        }
        let row = self.schema.attribute(self.schema.class(class).rdn);
        let name = convert(self, context, row, rdn.value.as_bytes())?;
        let mut draft = self.undeleted(context, id, &others, recycled)?;
        self.admit_foreign(context, &mut draft);
        let write = self.begin(context.now);
        self.reindexed(id, |directory| {
            directory.put_cell(write, id, attr::NAME, &[name]);
            directory.raise(write, id, parent);
            for (attribute, values) in &draft.values {
                directory.put_cell(write, id, *attribute, values);
            }
        });
        for ((attribute, target), present) in draft.links {
            self.put_link(write, id, attribute, target, present);
        }
        self.store.deactivate_links(id.0, false);
        self.touch(write, id);
        Ok(id)
    }

    /// The new name, and the other changes; none when it is no undelete.
    fn wanted_name<'a>(&self, changes: &'a [Modification]) -> Option<(String, Vec<&'a Modification>)> {
        let (mut undeleted, mut name, mut others) = (false, None, Vec::new());
        for change in changes {
            match (self.schema.attribute_id(&change.attribute), change.op) {
                (Some(attr::IS_DELETED), ModifyOp::Delete) => undeleted = true,
                (Some(attr::DISTINGUISHED_NAME), ModifyOp::Replace) if change.values.len() == 1 => {
                    name = String::from_utf8(change.values[0].clone()).ok();
                }
                (Some(attr::IS_DELETED | attr::DISTINGUISHED_NAME), _) => return None,
                _ => others.push(change),
            }
        }
        name.filter(|_| undeleted).map(|name| (name, others))
    }

    /// The live parent of the new name, in the naming context that the object is in.
    fn undelete_below(&self, id: ObjectId, name: &Dn) -> Result<ObjectId, DirectoryError> {
        let parent = match self.look_up(&name.parent().unwrap_or_default()) {
            Lookup::Found(parent) if !self.is_deleted(parent) => parent,
            Lookup::Elsewhere(_) => return Err(Refusal::OtherNamingContext.error()),
            _ => return Err(Refusal::NoParent.error()),
        };
        let context = |id: ObjectId| self.store.get(id.0).map(|record| record.context);
        if context(parent) == context(id) { Ok(parent) } else { Err(Refusal::OtherNamingContext.error()) }
    }

    /// What the object gets beside its name: what the request adds, what deletion took, what a tombstone
    /// lost (golden/07).
    fn undeleted(
        &self,
        context: &UpdateContext,
        id: ObjectId,
        others: &[&Modification],
        tombstone: bool,
    ) -> Result<Draft, DirectoryError> {
        let class = self.store.get(id.0).map_or(class::TOP, |record| record.class);
        let mut draft = Draft::new(Some(id), class);
        for change in others {
            let attribute = self.schema.attribute_id(&change.attribute);
            let attribute = attribute.ok_or_else(|| Refusal::UnknownAttribute.error())?;
            self.check_writable(class, attribute)?;
            draft.apply(self, context, self.schema.attribute(attribute), change)?;
        }
        self.check_allowed(&draft)?;
        let chain = &self.schema.class(class).chain;
        let (user, group) = (chain.contains(&class::USER), chain.contains(&class::GROUP));
        // what it held comes back into the sight of others, so that it is checked as if it were given now
        for attribute in [attr::SAM_ACCOUNT_NAME, attr::USER_PRINCIPAL_NAME, attr::SERVICE_PRINCIPAL_NAME] {
            self.check_free(id, attribute, &draft.current(self, attribute))?;
        }
        self.check_account(context, &mut draft)?;
        let mut put = |attribute: AttrId, packed: Vec<u8>| {
            draft.values.entry(attribute).or_insert_with(|| vec![packed]);
        };
        if tombstone && user {
            // a tombstone has lost them (golden/07: undelete)
            ZEROS_OF_A_USER.into_iter().for_each(|attribute| put(attribute, int(0)));
            put(attr::ACCOUNT_EXPIRES, int(0));
            let control = self.entry(id).and_then(|entry| entry.int(attr::USER_ACCOUNT_CONTROL)).unwrap_or(0);
            put(attr::PRIMARY_GROUP_ID, int(primary_group(control, chain.contains(&class::COMPUTER))));
        }
        if tombstone && (user || group) {
            put(attr::ADMIN_COUNT, int(0));
            put(attr::OPERATOR_COUNT, int(0));
        }
        let number = |attribute| draft.int(self, attribute);
        let kind = match (user, group) {
            (true, _) => number(attr::USER_ACCOUNT_CONTROL).map(account_type_of_user),
            (_, true) => number(attr::GROUP_TYPE).map(account_type_of_group),
            _ => None,
        };
        if let Some(kind) = kind {
            draft.values.insert(attr::SAM_ACCOUNT_TYPE, vec![int(kind)]);
        }
        if let Some(category) = self.category_object(self.schema.class(class).default_category) {
            let mut packed = Vec::new();
            varint::put(&mut packed, u64::from(category.0));
            draft.values.insert(attr::OBJECT_CATEGORY, vec![packed]);
        }
        Ok(draft)
    }

    /// Makes a record a live one again.
    fn raise(&mut self, write: Write, id: ObjectId, parent: ObjectId) {
        for attribute in [attr::IS_DELETED, attr::IS_RECYCLED, attr::LAST_KNOWN_RDN] {
            self.put_cell(write, id, attribute, &[]);
        }
        self.store.move_below(id.0, parent.0);
        if let Some(record) = self.store.get_mut(id.0) {
            record.deleted = false;
        }
    }
}
