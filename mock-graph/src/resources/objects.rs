//! Answers that hold users, groups and contacts: one of them, or a page of a collection.

use super::call::{ApiCall, ApiReply, ApiVersion};
use super::error::ApiError;
use super::json::{Object, string};
use super::projection::{Projection, Shape, Typed};
use super::relations::{MAX_LEVELS, Relation};
use crate::odata::{Condition, Entity, Expand, Options, Record};
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::{CloudObject, ObjectKind, Property, PropertyValue, Tenant};

/// An object of the tenant, as conditions look at it.
pub(crate) struct Row<'t> {
    pub(crate) tenant: &'t Tenant,
    pub(crate) object: &'t CloudObject,
}

impl Record for Row<'_> {
    fn kind(&self) -> ObjectKind {
        self.object.kind()
    }

    fn value(&self, property: Property) -> PropertyValue<'_> {
        if property.belongs_to(self.object.kind()) {
            self.tenant.property(self.object, property)
        } else {
            PropertyValue::Null
        }
    }
}

/// How objects of an answer are written.
pub(crate) struct Writer<'t> {
    tenant: &'t Tenant,
    /// One for each kind; a collection of one type has only its own.
    projections: Projections,
    /// Whether each object says its type.
    typed: bool,
    expand: Option<Expansion>,
    context: String,
}

type Projections = [Projection; ObjectKind::COUNT];

/// What `$expand` shows of each object.
struct Expansion {
    relation: Relation,
    projections: Projections,
    /// How many managers above each other.
    levels: usize,
}

fn projections(
    entity: Entity,
    version: ApiVersion,
    select: Option<&[String]>,
    shape: Shape,
) -> Result<Projections, ApiError> {
    let chosen = Projection::new(entity, version, select, shape)?;
    Ok(ObjectKind::ALL.map(|kind| match (entity, select) {
        (Entity::DirectoryObject, None) => Projection::default_of(kind, version, Typed::Yes),
        (Entity::DirectoryObject, Some(_)) => chosen.narrowed(Entity::of(kind)),
        _ => chosen.clone(),
    }))
}

impl<'t> Writer<'t> {
    /// For objects of a type. `set` is what the context names: `users`, `directoryObjects`.
    pub(crate) fn new(
        tenant: &'t Tenant,
        call: &ApiCall<'_>,
        entity: Entity,
        set: &str,
        options: &Options,
        shape: Shape,
    ) -> Result<Writer<'t>, ApiError> {
        let select = options.select.as_deref();
        let projections = projections(entity, call.version, select, shape)?;
        let expand = expansion(entity, call, &options.expand)?;
        let mut listed: Vec<String> = Vec::new();
        if select.is_some() {
            let chosen = Projection::new(entity, call.version, select, shape)?;
            listed.extend(chosen.names().into_iter().map(str::to_owned));
        }
        listed.extend(expand.iter().map(|expansion| format!("{}()", expansion.relation.name())));
        let list = if listed.is_empty() { String::new() } else { format!("({})", listed.join(",")) };
        let entity_suffix = if shape == Shape::Single { "/$entity" } else { "" };
        let context = format!("{}{set}{list}{entity_suffix}", context_base(call));
        let typed = entity == Entity::DirectoryObject;
        Ok(Writer { tenant, projections, typed, expand, context })
    }

    /// What `@odata.context` says.
    pub(crate) fn context(&self) -> &str {
        &self.context
    }

    /// Writes one object as an element of a collection.
    pub(crate) fn element(&self, out: &mut Vec<u8>, object: &CloudObject) {
        let mut json = Object::new(out);
        if self.typed {
            type_member(&mut json, object);
        }
        self.members(&mut json, object);
        json.end();
    }

    /// The answer that is this one object.
    pub(crate) fn single(&self, status: u16, object: &CloudObject) -> ApiReply {
        let mut body = Vec::with_capacity(1024);
        let mut json = Object::new(&mut body);
        json.text("@odata.context", &self.context);
        if self.typed {
            type_member(&mut json, object);
        }
        self.members(&mut json, object);
        json.end();
        ApiReply::json(status, body, 1)
    }

    fn members(&self, json: &mut Object<'_>, object: &CloudObject) {
        self.projections[object.kind() as usize].write(json, self.tenant, object);
        let Some(expansion) = &self.expand else { return };
        if expansion.relation == Relation::Manager {
            return self.manager(json, object, expansion, &mut vec![object.id()]);
        }
        let ids = expansion.relation.first(self.tenant, object);
        let found = ids.iter().filter_map(|id| self.tenant.object(*id));
        json.array(expansion.relation.name(), found, |out, related| {
            let mut inner = Object::new(out);
            type_member(&mut inner, related);
            expansion.projections[related.kind() as usize].write(&mut inner, self.tenant, related);
            inner.end();
        });
    }

    /// A manager and those above; a user without one has no such member, and nobody is shown above oneself.
    fn manager(&self, json: &mut Object<'_>, of: &CloudObject, expansion: &Expansion, below: &mut Vec<Guid>) {
        let found = of.manager().filter(|id| below.len() <= expansion.levels && !below.contains(id));
        let Some(manager) = found.and_then(|id| self.tenant.object(id)) else { return };
        below.push(manager.id());
        let mut inner = Object::new(json.key("manager"));
        type_member(&mut inner, manager);
        expansion.projections[manager.kind() as usize].write(&mut inner, self.tenant, manager);
        self.manager(&mut inner, manager, expansion, below);
        inner.end();
    }
}

fn type_member(json: &mut Object<'_>, object: &CloudObject) {
    json.text("@odata.type", &format!("#microsoft.graph.{}", object.kind().graph_type()));
}

fn expansion(entity: Entity, call: &ApiCall<'_>, expand: &[Expand]) -> Result<Option<Expansion>, ApiError> {
    let first = match expand {
        [] => return Ok(None),
        [first] => first,
        _ => return Err(ApiError::of("expand-one", &[])),
    };
    let Some((_, relation)) = Relation::of(entity, &first.name) else {
        let note = format!("$expand of {}", first.name);
        return Err(match entity.navigation(&first.name) {
            Some(name) => ApiError::of("expand-not-supported", &[("property", name)]),
            None => {
                let ty = format!("microsoft.graph.{}", entity.type_name());
                ApiError::of("select-unknown-property", &[("property", &first.name), ("type", &ty)])
            }
        }
        .with_unknown(note));
    };
    // a chain of managers is an advanced query
    if first.levels > 1 && (relation != Relation::Manager || !call.eventual()) {
        return Err(ApiError::of("unsupported-query", &[]).with_unknown(format!("$levels of {}", first.name)));
    }
    let select = first.select.as_deref();
    let projections = projections(Entity::DirectoryObject, call.version, select, Shape::Single)?;
    Ok(Some(Expansion { relation, projections, levels: first.levels.min(MAX_LEVELS) }))
}

/// `https://host/v1.0/$metadata#`.
pub(crate) fn context_base(call: &ApiCall<'_>) -> String {
    format!("{}/{}/$metadata#", call.base, call.version.as_str())
}

/// A page of a collection: context, count, nextLink, value, in this order (microsoft-graph.md A4).
pub(crate) fn page<T>(
    context: &str,
    count: Option<usize>,
    next: Option<&str>,
    elements: &[T],
    write: impl FnMut(&mut Vec<u8>, &T),
) -> ApiReply {
    let mut body = Vec::with_capacity(256 + elements.len() * 384);
    let mut json = Object::new(&mut body);
    string(json.key("@odata.context"), context);
    if let Some(count) = count {
        json.bare("@odata.count", count);
    }
    if let Some(next) = next {
        json.text("@odata.nextLink", next);
    }
    json.array("value", elements, write);
    json.end();
    ApiReply::json(200, body, elements.len() as u32)
}

/// Whether an object meets a condition.
pub(crate) fn meets(tenant: &Tenant, object: &CloudObject, condition: &Condition) -> bool {
    condition.holds(&Row { tenant, object })
}
