//! Collections: filtered, searched, sorted, counted and cut into pages.

use super::call::{ApiCall, ApiReply, ApiVersion};
use super::error::ApiError;
use super::objects::{Row, Writer, meets, page};
use super::projection::Shape;
use crate::odata::{
    Condition, Entity, Options, Position, Record, TokenError, Tokens, filter, lookups, search,
};
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::{CloudObject, Property, PropertyValue, Tenant};
use forestbed_sim::world::World;

/// What a collection is made of.
#[derive(Debug, Clone)]
pub(crate) enum Members {
    /// All live objects of the type.
    All,
    /// These objects, sorted by id.
    Ids(Vec<Guid>),
    /// These deleted objects, sorted by id.
    Deleted(Vec<Guid>),
}

/// A collection that is asked for.
pub(crate) struct Collection<'a> {
    /// The type of its objects.
    pub(crate) entity: Entity,
    /// What the context names.
    pub(crate) set: &'a str,
    /// The type that it is cast to.
    pub(crate) cast: Option<Entity>,
    /// Its objects.
    pub(crate) members: Members,
}

/// Reads the query options of a call.
pub(crate) fn options(world: &World, call: &ApiCall<'_>) -> Result<Options, ApiError> {
    Ok(Options::parse(call.query, call.version == ApiVersion::Beta, world.limits.max_top)?)
}

/// What makes and reads the page tokens of a call.
pub(crate) fn tokens(world: &World, call: &ApiCall<'_>, options: &Options) -> Tokens {
    Tokens {
        seed: world.seed,
        generation: world.generation(),
        query: format!("{}\n{}", call.path.to_ascii_lowercase(), options.fingerprint()),
        now: call.now,
        lifetime: world.limits.page_token_lifetime,
    }
}

impl Collection<'_> {
    /// The object of an id: a live one, unless the collection is of deleted ones.
    fn member<'t>(&self, tenant: &'t Tenant, id: Guid) -> Option<&'t CloudObject> {
        match self.members {
            Members::Deleted(_) => tenant.deleted_object(id),
            _ => tenant.object(id),
        }
    }

    fn target(&self) -> Entity {
        self.cast.unwrap_or(self.entity)
    }

    fn set_name(&self) -> &str {
        match self.cast {
            Some(cast) => match cast.kind() {
                Some(kind) => super::read::set_of(kind),
                None => self.set,
            },
            None => self.set,
        }
    }

    /// What the options and the cast demand.
    fn condition(
        &self,
        call: &ApiCall<'_>,
        options: &Options,
        advanced: bool,
    ) -> Result<Condition, ApiError> {
        let mut parts = Vec::new();
        if let Some(text) = &options.filter {
            parts.push(filter(self.target(), advanced, text)?);
        }
        if let Some(text) = &options.search {
            if !call.eventual() {
                return Err(ApiError::of("search-needs-header", &[]));
            }
            parts.push(search(self.target(), text)?);
        }
        if let Some(kind) = self.cast.and_then(Entity::kind).filter(|_| self.entity != self.target()) {
            parts.push(Condition::IsKind(kind));
        }
        Ok(match parts.len() {
            0 => Condition::Always,
            _ => Condition::All(parts),
        })
    }

    /// The objects that can meet the condition: from an index when it names one, all of them otherwise.
    fn narrowed(&self, tenant: &Tenant, condition: &Condition) -> Members {
        let (Members::All, Some(kind)) = (&self.members, self.entity.kind()) else {
            return self.members.clone();
        };
        let Some(wanted) = lookups(condition) else { return Members::All };
        let mut ids = Vec::new();
        for lookup in wanted {
            match lookup {
                (Property::Id, text) => ids.extend(Guid::parse(&text)),
                (property, text) => match tenant.lookup(kind, property, &text) {
                    Some(found) => ids.extend(found.iter().map(|object| object.id())),
                    None => return Members::All,
                },
            }
        }
        ids.sort_unstable();
        ids.dedup();
        Members::Ids(ids)
    }

    /// The collection as text/plain number: `/users/$count`.
    pub(crate) fn count(
        &self,
        world: &World,
        tenant: &Tenant,
        call: &ApiCall<'_>,
    ) -> Result<ApiReply, ApiError> {
        if !call.eventual() {
            return Err(ApiError::of("count-unsupported", &[]));
        }
        let options = options(world, call)?;
        let condition = self.condition(call, &options, true)?;
        let members = self.narrowed(tenant, &condition);
        Ok(ApiReply::text(self.total(tenant, &members, &condition).to_string()))
    }

    fn total(&self, tenant: &Tenant, members: &Members, condition: &Condition) -> usize {
        match (members, self.entity.kind()) {
            (Members::All, Some(kind)) if *condition == Condition::Always => tenant.count(kind),
            (Members::All, Some(kind)) => {
                tenant.iter(kind).filter(|object| meets(tenant, object, condition)).count()
            }
            (Members::All, None) => 0,
            (Members::Ids(ids) | Members::Deleted(ids), _) => self.present(tenant, ids, condition).count(),
        }
    }

    fn present<'t>(
        &'t self,
        tenant: &'t Tenant,
        ids: &'t [Guid],
        condition: &'t Condition,
    ) -> impl Iterator<Item = &'t CloudObject> {
        let kind = self.entity.kind();
        ids.iter()
            .filter_map(|id| self.member(tenant, *id))
            .filter(move |object| kind.is_none_or(|kind| object.kind() == kind))
            .filter(|object| meets(tenant, object, condition))
    }

    /// One page.
    pub(crate) fn list(
        &self,
        world: &World,
        tenant: &Tenant,
        call: &ApiCall<'_>,
    ) -> Result<ApiReply, ApiError> {
        let options = options(world, call)?;
        let counted = options.count && call.eventual();
        let condition = self.condition(call, &options, counted)?;
        let writer = Writer::new(tenant, call, self.target(), self.set_name(), &options, Shape::List)?;
        let tokens = tokens(world, call, &options);
        let start = match &options.skiptoken {
            Some(token) => Some(tokens.read(token).map_err(|error| match error {
                TokenError::Invalid => ApiError::of("skiptoken-invalid", &[]),
                TokenError::Expired => ApiError::of("skiptoken-expired", &[]),
            })?),
            None => None,
        };
        let members = self.narrowed(tenant, &condition);
        let size = options.top.unwrap_or(world.limits.default_page_size).max(1);
        let query = Query { tenant, condition: &condition, size, start: start.as_ref() };
        let order = options.orderby.as_deref().map(|text| self.order(text, &options, counted)).transpose()?;
        let (objects, next) = match (order, &members) {
            (Some(order), members) => self.sorted(&query, members, &order),
            (None, Members::All) => self.scanned(&query),
            (None, Members::Ids(ids) | Members::Deleted(ids)) => self.following(&query, ids),
        };
        // the count comes on the first page only (microsoft-graph.md section 3)
        let total = (counted && start.is_none()).then(|| self.total(tenant, &members, &condition));
        let next = next.map(|position| {
            let query = options.next_query(&tokens.write(&position));
            format!("{}/{}{}?{query}", call.base, call.version.as_str(), call.path)
        });
        Ok(page(writer.context(), total, next.as_deref(), &objects, |out, object| {
            writer.element(out, object)
        }))
    }

    /// In the order of creation.
    fn scanned<'t>(&self, query: &Query<'t, '_>) -> (Vec<&'t CloudObject>, Option<Position>) {
        let Some(kind) = self.entity.kind() else { return (Vec::new(), None) };
        let place = match query.start {
            Some(Position::At(place)) => usize::try_from(*place).unwrap_or(usize::MAX),
            _ => 0,
        };
        let mut found = Vec::new();
        for (place, object) in query.tenant.iter_from(kind, place) {
            if !meets(query.tenant, object, query.condition) {
                continue;
            }
            if found.len() == query.size {
                return (found, Some(Position::At(place as u64)));
            }
            found.push(object);
        }
        (found, None)
    }

    /// In the order of ids.
    fn following<'t>(&self, query: &Query<'t, '_>, ids: &[Guid]) -> (Vec<&'t CloudObject>, Option<Position>) {
        let from = match query.start {
            Some(Position::After(id)) => ids.partition_point(|own| own <= id),
            _ => 0,
        };
        let kind = self.entity.kind();
        let mut found: Vec<&'t CloudObject> = Vec::new();
        for object in ids[from..].iter().filter_map(|id| self.member(query.tenant, *id)) {
            if kind.is_some_and(|kind| object.kind() != kind) || !meets(query.tenant, object, query.condition)
            {
                continue;
            }
            if found.len() == query.size {
                let last = found.last().map(|object| Position::After(object.id()));
                return (found, last);
            }
            found.push(object);
        }
        (found, None)
    }

    /// In the order of a property, then of ids.
    fn sorted<'t>(
        &self,
        query: &Query<'t, '_>,
        members: &Members,
        order: &Order,
    ) -> (Vec<&'t CloudObject>, Option<Position>) {
        let tenant = query.tenant;
        let mut rows: Vec<(String, Guid, &'t CloudObject)> = Vec::new();
        let mut take = |object: &'t CloudObject| rows.push((order.key(tenant, object), object.id(), object));
        let met = |object: &&'t CloudObject| meets(tenant, object, query.condition);
        match (members, self.entity.kind()) {
            (Members::All, Some(kind)) => tenant.iter(kind).filter(met).for_each(&mut take),
            (Members::All, None) => {}
            (Members::Ids(ids) | Members::Deleted(ids), kind) => ids
                .iter()
                .filter_map(|id| self.member(tenant, *id))
                .filter(|object| kind.is_none_or(|kind| object.kind() == kind))
                .filter(met)
                .for_each(&mut take),
        }
        let compare = |a: (&str, Guid), b: (&str, Guid)| {
            let ascending = a.cmp(&b);
            if order.descending { ascending.reverse() } else { ascending }
        };
        if let Some(Position::Sorted(key, id)) = query.start {
            rows.retain(|row| compare((&row.0, row.1), (key, *id)).is_gt());
        }
        rows.sort_unstable_by(|a, b| compare((&a.0, a.1), (&b.0, b.1)));
        let more = rows.len() > query.size;
        rows.truncate(query.size);
        let next = rows.last().filter(|_| more).map(|(key, id, _)| Position::Sorted(key.clone(), *id));
        (rows.into_iter().map(|(_, _, object)| object).collect(), next)
    }

    /// Reads `$orderby`: one property, by default one of the two that need no index of their own
    /// (microsoft-graph.md section 3).
    fn order(&self, text: &str, options: &Options, advanced: bool) -> Result<Order, ApiError> {
        let mut words = text.split_whitespace();
        let name = words.next().unwrap_or("");
        let descending = match words.next() {
            None => false,
            Some(word) if word.eq_ignore_ascii_case("asc") => false,
            Some(word) if word.eq_ignore_ascii_case("desc") => true,
            Some(_) => return Err(ApiError::of("orderby-unsupported", &[])),
        };
        let Some(info) = self.target().property(name) else {
            let ty = format!("microsoft.graph.{}", self.target().type_name());
            let error = ApiError::of("orderby-unknown-property", &[("property", name), ("type", &ty)]);
            return Err(error.with_unknown(format!("$orderby {name}")));
        };
        let simple = matches!(info.name, "displayName" | "userPrincipalName");
        let allowed = match info.name {
            _ if simple && options.filter.is_none() => true,
            "createdDateTime" | "deletedDateTime" => advanced,
            _ => simple && advanced,
        };
        match info.id.filter(|_| allowed && words.next().is_none()) {
            Some(property) => Ok(Order { property, descending }),
            None => Err(ApiError::of("orderby-unsupported", &[])),
        }
    }
}

struct Query<'t, 'q> {
    tenant: &'t Tenant,
    condition: &'q Condition,
    size: usize,
    start: Option<&'q Position>,
}

struct Order {
    property: Property,
    descending: bool,
}

impl Order {
    fn key(&self, tenant: &Tenant, object: &CloudObject) -> String {
        let row = Row { tenant, object };
        match row.value(self.property) {
            PropertyValue::Text(text) => text.to_lowercase(),
            PropertyValue::Time(time) => time.rfc3339(),
            PropertyValue::Guid(guid) => guid.to_string(),
            _ => String::new(),
        }
    }
}
