//! Answers that hold users, groups and contacts: one of them, or a page of a collection.

use super::call::{ApiCall, ApiReply, ApiVersion};
use super::error::ApiError;
use super::json::{Object, string};
use super::projection::{Projection, Shape, Typed};
use crate::odata::{Condition, Entity, Expand, Options, Record};
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::{CloudObject, ObjectKind, Property, PropertyValue, Tenant};

/// The most objects of one expanded relation (microsoft-graph.md section 3).
const MAX_EXPANDED: usize = 20;

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
    expand: Option<(Relation, Projections)>,
    context: String,
}

type Projections = [Projection; ObjectKind::COUNT];

/// A relation that can be expanded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    Members,
    Owners,
    MemberOf,
    TransitiveMemberOf,
    Manager,
    DirectReports,
}

impl Relation {
    fn of(entity: Entity, name: &str) -> Option<(&'static str, Relation)> {
        let name = entity.navigation(name)?;
        let relation = match name {
            "members" => Relation::Members,
            "owners" => Relation::Owners,
            "memberOf" => Relation::MemberOf,
            "transitiveMemberOf" => Relation::TransitiveMemberOf,
            "manager" => Relation::Manager,
            "directReports" => Relation::DirectReports,
            _ => return None,
        };
        Some((name, relation))
    }

    fn name(self) -> &'static str {
        match self {
            Relation::Members => "members",
            Relation::Owners => "owners",
            Relation::MemberOf => "memberOf",
            Relation::TransitiveMemberOf => "transitiveMemberOf",
            Relation::Manager => "manager",
            Relation::DirectReports => "directReports",
        }
    }

    /// The first live objects of the relation, as many as are shown: a group of a hundred thousand is not
    /// copied for twenty.
    fn first(self, tenant: &Tenant, object: &CloudObject) -> Vec<Guid> {
        let shown = |ids: &[Guid]| {
            let live = ids.iter().copied().filter(|id| tenant.object(*id).is_some());
            live.take(MAX_EXPANDED).collect()
        };
        match self {
            Relation::Members => shown(tenant.members(object.id())),
            Relation::Owners => shown(object.owners()),
            Relation::MemberOf => shown(tenant.member_of(object.id())),
            Relation::TransitiveMemberOf => shown(&transitive(tenant, object.id(), Tenant::member_of)),
            Relation::Manager => object.manager().into_iter().collect(),
            Relation::DirectReports => shown(object.direct_reports()),
        }
    }
}

/// What is reached from an object over any number of steps, sorted by id; the object itself is not.
pub(crate) fn transitive(tenant: &Tenant, from: Guid, step: fn(&Tenant, Guid) -> &[Guid]) -> Vec<Guid> {
    let mut found: std::collections::BTreeSet<Guid> = std::collections::BTreeSet::new();
    let mut open = vec![from];
    while let Some(id) = open.pop() {
        for next in step(tenant, id) {
            if *next != from && found.insert(*next) {
                open.push(*next);
            }
        }
    }
    found.into_iter().collect()
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
        let expand = expansion(entity, call.version, &options.expand)?;
        let mut listed: Vec<String> = Vec::new();
        if select.is_some() {
            let chosen = Projection::new(entity, call.version, select, shape)?;
            listed.extend(chosen.names().into_iter().map(str::to_owned));
        }
        listed.extend(expand.iter().map(|(relation, _)| format!("{}()", relation.name())));
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
        let Some((relation, projections)) = &self.expand else { return };
        let ids = relation.first(self.tenant, object);
        let found = ids.iter().filter_map(|id| self.tenant.object(*id));
        let write = |out: &mut Vec<u8>, related: &CloudObject| {
            let mut inner = Object::new(out);
            type_member(&mut inner, related);
            projections[related.kind() as usize].write(&mut inner, self.tenant, related);
            inner.end();
        };
        if *relation != Relation::Manager {
            return json.array(relation.name(), found, write);
        }
        // a user without a manager has no such member
        for manager in found {
            write(json.key(relation.name()), manager);
        }
    }
}

fn type_member(json: &mut Object<'_>, object: &CloudObject) {
    json.text("@odata.type", &format!("#microsoft.graph.{}", object.kind().graph_type()));
}

fn expansion(
    entity: Entity,
    version: ApiVersion,
    expand: &[Expand],
) -> Result<Option<(Relation, Projections)>, ApiError> {
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
    let related = projections(Entity::DirectoryObject, version, first.select.as_deref(), Shape::Single)?;
    Ok(Some((relation, related)))
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
