//! A change in the making: attributes of one object, checked step by step, written only when all is well.

use super::foreign::Target;
use super::{Modification, ModifyOp, UpdateContext};
use crate::directory::error::{DirectoryError, Refusal};
use crate::directory::value::{BadValue, pack, same_value};
use crate::directory::{AttrId, Attribute, ClassId, Directory, ObjectId, Syntax, attr};
use crate::ids::Sid;
use std::collections::{BTreeMap, BTreeSet};

/// Most values of an attribute that is no link: what fits on a page of the real database (about 1,300).
const MOST_VALUES: usize = 1300;

/// See the module.
pub(super) struct Draft {
    /// None while the object is being added.
    pub(super) id: Option<ObjectId>,
    pub(super) class: ClassId,
    /// Attributes that steps have named, with their values so far; links apart.
    pub(super) values: BTreeMap<AttrId, Vec<Vec<u8>>>,
    /// Link values that steps have given or taken.
    pub(super) links: BTreeMap<(AttrId, ObjectId), bool>,
    /// New members from outside of the forest that have no object here yet.
    pub(super) foreign: BTreeSet<Sid>,
}

impl Draft {
    pub(super) fn new(id: Option<ObjectId>, class: ClassId) -> Draft {
        Draft { id, class, values: BTreeMap::new(), links: BTreeMap::new(), foreign: BTreeSet::new() }
    }

    /// The values of an attribute as the change would leave them.
    pub(super) fn current(&self, directory: &Directory, attribute: AttrId) -> Vec<Vec<u8>> {
        match (self.values.get(&attribute), self.id) {
            (Some(values), _) => values.clone(),
            (None, Some(id)) => directory.packed_values(id, attribute),
            (None, None) => Vec::new(),
        }
    }

    /// The first value as a number.
    pub(super) fn int(&self, directory: &Directory, attribute: AttrId) -> Option<i64> {
        let values = self.current(directory, attribute);
        values.first().map(|packed| crate::directory::store::varint::take_signed(&mut &packed[..]))
    }

    /// The first value as text.
    pub(super) fn text(&self, directory: &Directory, attribute: AttrId) -> Option<String> {
        self.current(directory, attribute).into_iter().next().and_then(|value| String::from_utf8(value).ok())
    }

    /// Whether a link value would be there.
    fn has_link(&self, directory: &Directory, attribute: AttrId, target: ObjectId) -> bool {
        match (self.links.get(&(attribute, target)), self.id) {
            (Some(present), _) => *present,
            (None, Some(id)) => directory.has_link(id, attribute, target),
            (None, None) => false,
        }
    }

    /// The targets of a link as the change would leave them.
    pub(super) fn link_targets(&self, directory: &Directory, attribute: AttrId) -> Vec<ObjectId> {
        let stored = self.id.map(|id| directory.targets(id, attribute)).unwrap_or_default();
        let kept = stored.into_iter().filter(|target| self.links.get(&(attribute, *target)) != Some(&false));
        let mut targets: Vec<ObjectId> = kept.collect();
        let given = self.links.iter().filter(|((id, _), present)| *id == attribute && **present);
        targets.extend(given.map(|((_, target), _)| *target));
        targets.sort();
        targets.dedup();
        targets
    }

    /// Applies one step.
    pub(super) fn apply(
        &mut self,
        directory: &Directory,
        context: &UpdateContext,
        attribute: &'static Attribute,
        step: &Modification,
    ) -> Result<(), DirectoryError> {
        if attribute.is_forward_link() {
            return self.apply_link(directory, context, attribute, step);
        }
        if step.values.len() > MOST_VALUES {
            return Err(Refusal::TooManyValues.error());
        }
        let mut packed = Vec::with_capacity(step.values.len());
        for value in &step.values {
            // what goes is not stored: a value that was put there past the schema's limits can be taken away
            let limits = if step.op == ModifyOp::Delete { Limits::None } else { Limits::of(context) };
            packed.push(converted(directory, limits, attribute, value)?);
        }
        let id = attribute.id;
        // taken out, not copied: a request may hold many steps, and a failed one discards the whole draft
        let mut values = self.values.remove(&id).unwrap_or_else(|| self.current(directory, id));
        match step.op {
            ModifyOp::Add => {
                if packed.is_empty() {
                    return Err(Refusal::BadSyntax.error());
                }
                add_values(directory, context, attribute, &mut values, packed)?;
            }
            ModifyOp::Replace => {
                values.clear();
                add_values(directory, context, attribute, &mut values, packed)?;
            }
            ModifyOp::Delete if packed.is_empty() => {
                if values.is_empty() && !context.permissive_modify {
                    return Err(Refusal::NoSuchAttribute.on(attribute));
                }
                values.clear();
            }
            ModifyOp::Delete => {
                for value in packed {
                    match values.iter().position(|held| same_value(attribute, held, &value)) {
                        Some(at) => drop(values.remove(at)),
                        None if context.permissive_modify => {}
                        None => return Err(Refusal::NoSuchValue.on(attribute)),
                    }
                }
            }
        }
        if attribute.single_valued && values.len() > 1 {
            return Err(Refusal::NotMultiValued.on(attribute));
        }
        if values.len() > MOST_VALUES && !context.lenient {
            return Err(Refusal::TooManyValues.error());
        }
        // accounts and groups that exist take one description, though the schema allows several
        let described = id == attr::DESCRIPTION && values.len() > 1 && step.op != ModifyOp::Delete;
        let has_account = |id| !directory.packed_values(id, attr::SAM_ACCOUNT_NAME).is_empty();
        if described && !context.lenient && self.id.is_some_and(has_account) {
            return Err(Refusal::ValueExists.on(attribute));
        }
        self.values.insert(id, values);
        Ok(())
    }

    fn apply_link(
        &mut self,
        directory: &Directory,
        context: &UpdateContext,
        attribute: &'static Attribute,
        step: &Modification,
    ) -> Result<(), DirectoryError> {
        let mut targets = Vec::with_capacity(step.values.len());
        for value in &step.values {
            targets.push(target(directory, attribute, value, step.op)?);
        }
        let id = attribute.id;
        if step.op == ModifyOp::Replace || step.op == ModifyOp::Delete && targets.is_empty() {
            let held = self.link_targets(directory, id);
            let none = held.is_empty() && (id != attr::MEMBER || self.foreign.is_empty());
            if none && step.op == ModifyOp::Delete && !context.permissive_modify {
                return Err(Refusal::NoSuchAttribute.on(attribute));
            }
            self.links.extend(held.into_iter().map(|target| ((id, target), false)));
            if id == attr::MEMBER {
                self.foreign.clear();
            }
        }
        let wanted = step.op != ModifyOp::Delete;
        for target in targets {
            let held = match &target {
                Target::Object(target) => self.has_link(directory, id, *target),
                Target::Foreign(sid) => self.foreign.contains(sid),
            };
            if held == wanted && !context.permissive_modify && step.op != ModifyOp::Replace {
                return Err(match (id, wanted) {
                    (attr::MEMBER, true) => Refusal::AlreadyMember.error(),
                    (attr::MEMBER, false) => Refusal::NotAMember.error(),
                    (_, true) => Refusal::ValueExists.on(attribute),
                    (_, false) => Refusal::NoSuchValue.on(attribute),
                });
            }
            match target {
                Target::Object(target) => drop(self.links.insert((id, target), wanted)),
                Target::Foreign(sid) if wanted => drop(self.foreign.insert(sid)),
                Target::Foreign(sid) => drop(self.foreign.remove(&sid)),
            }
        }
        if attribute.single_valued && self.link_targets(directory, id).len() > 1 {
            return Err(Refusal::NotMultiValued.on(attribute));
        }
        Ok(())
    }
}

fn add_values(
    directory: &Directory,
    context: &UpdateContext,
    attribute: &'static Attribute,
    values: &mut Vec<Vec<u8>>,
    added: Vec<Vec<u8>>,
) -> Result<(), DirectoryError> {
    for value in added {
        let exactly = directory.constraints.case_variants;
        let same =
            |held: &Vec<u8>| if exactly { *held == value } else { same_value(attribute, held, &value) };
        let held = values.iter().any(same);
        if !held || context.lenient {
            values.push(value);
        } else if !context.permissive_modify {
            return Err(Refusal::ValueExists.on(attribute));
        }
    }
    Ok(())
}

/// The object that a link value names.
fn target(
    directory: &Directory,
    attribute: &'static Attribute,
    value: &[u8],
    op: ModifyOp,
) -> Result<Target, DirectoryError> {
    let text = std::str::from_utf8(value).map_err(|_| Refusal::BadReferenceSyntax.with(&[("dn", "")]))?;
    let text = match attribute.syntax {
        Syntax::DnBinary | Syntax::DnString => text.splitn(4, ':').nth(3).unwrap_or_default(),
        _ => text,
    };
    if attribute.id == attr::MEMBER
        && let Some(target) = directory.foreign_member(text)
    {
        return Ok(target);
    }
    let found = directory.resolve_value(text).ok().filter(|id| !directory.is_deleted(*id));
    if text.is_empty() || crate::directory::dn::Dn::parse(text).is_err() && !text.starts_with('<') {
        return Err(Refusal::BadReferenceSyntax.with(&[("dn", text)]));
    }
    found.map(Target::Object).ok_or_else(|| match (attribute.id, op) {
        (attr::MEMBER, _) => Refusal::NoSuchMember.with(&[("dn", "")]),
        (_, ModifyOp::Delete) => Refusal::NoSuchValue.on(attribute),
        _ => Refusal::NoSuchReference.on(attribute),
    })
}

/// Whether a value is held against the limits of its attribute.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Limits {
    None,
    Schema,
}

impl Limits {
    fn of(context: &UpdateContext) -> Limits {
        if context.lenient { Limits::None } else { Limits::Schema }
    }
}

/// Reads a value into stored form and checks its length or size.
pub(super) fn convert(
    directory: &Directory,
    context: &UpdateContext,
    attribute: &'static Attribute,
    value: &[u8],
) -> Result<Vec<u8>, DirectoryError> {
    converted(directory, Limits::of(context), attribute, value)
}

fn converted(
    directory: &Directory,
    limits: Limits,
    attribute: &'static Attribute,
    value: &[u8],
) -> Result<Vec<u8>, DirectoryError> {
    if value.is_empty() {
        return Err(Refusal::BadSyntax.error());
    }
    let packed = pack(directory, attribute, value).map_err(|bad| match bad {
        BadValue::Syntax => Refusal::BadSyntax.error(),
        BadValue::DnSyntax => Refusal::BadReferenceSyntax.with(&[("dn", &String::from_utf8_lossy(value))]),
        BadValue::NoObject => Refusal::NoSuchReference.on(attribute),
    })?;
    let size = match attribute.syntax {
        Syntax::Integer | Syntax::LargeInteger => {
            crate::directory::store::varint::take_signed(&mut &packed[..])
        }
        syntax if syntax.is_string() => String::from_utf8_lossy(&packed).chars().count() as i64,
        Syntax::OctetString | Syntax::Sid | Syntax::SecurityDescriptor => packed.len() as i64,
        _ => return Ok(packed),
    };
    let fits = attribute.range_lower.is_none_or(|lower| size >= lower)
        && attribute.range_upper.is_none_or(|upper| size <= upper);
    if fits || limits == Limits::None { Ok(packed) } else { Err(Refusal::OutOfRange.on(attribute)) }
}

impl Directory {
    pub(in crate::directory) fn is_deleted(&self, id: ObjectId) -> bool {
        self.store.get(id.0).is_none_or(|record| record.deleted)
    }

    /// Whether an object has a link value.
    pub(in crate::directory) fn has_link(&self, id: ObjectId, attribute: AttrId, target: ObjectId) -> bool {
        let links = self.store.get(id.0).map_or(&[][..], |record| record.links());
        crate::directory::store::position(links, attribute, target.0).is_ok_and(|at| links[at].is_present())
    }

    /// The object of a name; 32 for a deleted one, unless the request shows those.
    pub(in crate::directory) fn resolve_shown(
        &self,
        context: &UpdateContext,
        dn: &str,
    ) -> Result<ObjectId, DirectoryError> {
        if context.show_deleted { self.resolve(dn) } else { self.resolve_live(dn) }
    }

    /// The live object of a name; 32 for tombstones.
    pub(in crate::directory) fn resolve_live(&self, dn: &str) -> Result<ObjectId, DirectoryError> {
        self.resolve(dn).and_then(|id| self.live(id))
    }

    /// The same object when it is live; 32 for tombstones.
    pub(in crate::directory) fn live(&self, id: ObjectId) -> Result<ObjectId, DirectoryError> {
        if self.is_deleted(id) && id != self.info.deleted_objects {
            return Err(crate::directory::error::no_such_object(&self.dn_text(self.info.deleted_objects)));
        }
        Ok(id)
    }
}
