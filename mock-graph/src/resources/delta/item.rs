//! The objects of an answer as JSON.

use super::super::call::ApiCall;
use super::super::error::ApiError;
use super::super::json::Object;
use super::super::object_rights::{holds, reading};
use super::super::objects::context_base;
use super::super::projection::Projection;
use super::Stream;
use super::plan::{Plan, Tracked};
use crate::odata::Entity;
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::{
    CloudObject, ObjectChanges, ObjectKind, Property, PropertySet, PropertyType, Tenant,
};

/// One object that an answer tells of.
pub(super) struct Told<'t> {
    id: Guid,
    kind: ObjectKind,
    state: State<'t>,
    /// Members that came (true) or went.
    pub(super) members: Vec<(Guid, bool)>,
    managers: Vec<(Guid, bool)>,
}

enum State<'t> {
    /// Among the deleted items, from where it can come back.
    Deleted,
    /// Gone for good.
    Purged,
    /// It lives; `news` are the properties that changed, none for all of them. `again` says that the client may
    /// know it from before it was deleted: what is computed and empty now is told too.
    Live { object: &'t CloudObject, news: Option<PropertySet>, again: bool },
}

impl<'t> Told<'t> {
    /// An object that the client may not know yet.
    pub(super) fn whole(object: &'t CloudObject, members: Vec<(Guid, bool)>) -> Told<'t> {
        let managers = object.manager().map(|manager| (manager, true)).into_iter().collect();
        let state = State::Live { object, news: None, again: false };
        Told { id: object.id(), kind: object.kind(), state, members, managers }
    }

    /// An object of which something changed.
    pub(super) fn changed(object: &'t CloudObject, changes: ObjectChanges) -> Told<'t> {
        let mut managers = changes.managers;
        if changes.whole {
            managers.extend(object.manager().map(|manager| (manager, true)));
        }
        let news = (!changes.whole).then_some(changes.properties);
        let state = State::Live { object, news, again: changes.whole };
        let members = changes.members.into_iter().collect();
        Told {
            id: object.id(),
            kind: object.kind(),
            state,
            members,
            managers: managers.into_iter().collect(),
        }
    }

    /// An object that is deleted, or purged.
    pub(super) fn gone(id: Guid, kind: ObjectKind, purged: bool) -> Told<'t> {
        let state = if purged { State::Purged } else { State::Deleted };
        Told { id, kind, state, members: Vec::new(), managers: Vec::new() }
    }
}

/// How the objects of an answer are written, and which they are.
pub(super) struct Items<'t> {
    tenant: &'t Tenant,
    kinds: Vec<ObjectKind>,
    /// One for each of the kinds.
    columns: Vec<Projection>,
    tracked: Tracked,
    /// Whether each object says its type.
    typed: bool,
    /// Only what changed is shown.
    minimal: bool,
    context: String,
}

impl<'t> Items<'t> {
    pub(super) fn new(
        call: &ApiCall<'_>,
        tenant: &'t Tenant,
        stream: &Stream,
        plan: &Plan,
        minimal: bool,
    ) -> Result<Items<'t>, ApiError> {
        let entity = stream.entity;
        let mut kinds = plan.kinds(entity);
        // a stream of one kind asks for that kind's permissions by its path
        kinds.retain(|kind| entity != Entity::DirectoryObject || holds(call, reading(*kind)));
        let columns = kinds.iter().map(|kind| plan.columns(entity, Entity::of(*kind), call.version));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let shown = plan.select.iter().flatten().filter(|name| entity.navigation(name).is_none());
        let shown: Vec<&str> = shown.map(String::as_str).collect();
        let list = if shown.is_empty() { String::new() } else { format!("({})", shown.join(",")) };
        Ok(Items {
            tenant,
            kinds,
            columns,
            tracked: plan.tracked(entity, call.version)?,
            typed: entity == Entity::DirectoryObject,
            minimal,
            context: format!("{}{}{list}", context_base(call), stream.set),
        })
    }

    pub(super) fn context(&self) -> &str {
        &self.context
    }

    pub(super) fn kinds(&self) -> &[ObjectKind] {
        &self.kinds
    }

    pub(super) fn tracked(&self) -> Tracked {
        self.tracked
    }

    pub(super) fn write(&self, out: &mut Vec<u8>, told: &Told<'_>) {
        let mut json = Object::new(out);
        if self.typed {
            json.text("@odata.type", &type_name(told.kind));
        }
        match &told.state {
            State::Live { object, news, again } => {
                self.properties(&mut json, object, *news, *again);
                if self.tracked.members {
                    self.links(&mut json, "members@delta", &told.members);
                }
                if self.tracked.manager {
                    self.links(&mut json, "manager@delta", &told.managers);
                }
            }
            State::Deleted => removed(&mut json, told.id, "changed"),
            State::Purged => removed(&mut json, told.id, "deleted"),
        }
        json.end();
    }

    /// What ever had a value, or with `return=minimal` what changed; the id always.
    fn properties(
        &self,
        json: &mut Object<'_>,
        object: &CloudObject,
        news: Option<PropertySet>,
        again: bool,
    ) {
        let Some(at) = self.kinds.iter().position(|kind| *kind == object.kind()) else { return };
        let changed = |property: Property| news.is_some_and(|news| news.contains(property));
        self.columns[at].write_some(json, self.tenant, object, |property, empty| match property {
            Property::Id => true,
            property if self.minimal && news.is_some() => changed(property),
            // restored without a licence, or without a conflict, that the client was told of
            property if again && property.value_type() == PropertyType::Json => true,
            property => !empty || changed(property) || object.was_cleared(property),
        });
    }

    /// Relations that came or went; a member that is not there is not written at all.
    fn links(&self, json: &mut Object<'_>, name: &str, links: &[(Guid, bool)]) {
        if links.is_empty() {
            return;
        }
        json.array(name, links, |out, (id, present)| {
            let mut link = Object::new(out);
            let kind = self.tenant.kind_of(*id);
            link.text("@odata.type", &kind.map_or("#microsoft.graph.directoryObject".to_owned(), type_name));
            if *present {
                link.text("id", &id.to_string());
            } else {
                removed(&mut link, *id, "deleted");
            }
            link.end();
        });
    }
}

fn type_name(kind: ObjectKind) -> String {
    format!("#microsoft.graph.{}", kind.graph_type())
}

fn removed(json: &mut Object<'_>, id: Guid, reason: &str) {
    json.text("id", &id.to_string());
    let mut inner = Object::new(json.key("@removed"));
    inner.text("reason", reason);
    inner.end();
}
