//! Delta queries: first everything, then what changed since (microsoft-graph.md 2.6).
//!
//! A round is a walk over the tenant in pages; the token at its end names a place in the tenant's change log.
//! What a client asked for (`$select`, `$filter`) travels in the token, sealed. Decision 0022 tells what was
//! chosen where the documents are silent.

mod filter;
mod item;
mod plan;
mod round;
mod token;

use super::call::{ApiCall, ApiReply};
use super::error::ApiError;
use super::json::Object;
use super::rooms::Templates;
use super::route::Matched;
use crate::odata::Entity;
use forestbed_sim::clock::SimTime;
use forestbed_sim::tenant::{DeltaResync, Tenant};
use forestbed_sim::view::View;
use forestbed_sim::world::World;
use http::header::{HeaderName, LOCATION};
use item::Items;
use plan::{Asked, Plan, Start};
use round::Page;
use std::time::Duration;
use token::{Place, Purpose, Seal, Token};

/// How long a delta token lives (microsoft-graph.md 2.6).
const DELTA_TOKEN_LIFE: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long a page token lives: "minutes" says microsoft-graph.md 2.6, and not how many.
const PAGE_TOKEN_LIFE: Duration = Duration::from_secs(30 * 60);

pub(super) const TEMPLATES: Templates = &[
    ("/users/delta", delta),
    ("/groups/delta", delta),
    ("/contacts/delta", delta),
    ("/devices/delta", delta),
    ("/applications/delta", delta),
    ("/servicePrincipals/delta", delta),
    ("/directoryRoles/delta", delta),
    ("/directory/administrativeUnits/delta", delta),
    ("/administrativeUnits/delta", delta),
    ("/directoryObjects/delta", delta),
];

/// What can be followed: the path of the objects, what the context calls them, and their type.
struct Stream {
    path: &'static str,
    set: &'static str,
    entity: Entity,
}

const STREAMS: &[Stream] = &[
    Stream { path: "/users", set: "users", entity: Entity::User },
    Stream { path: "/groups", set: "groups", entity: Entity::Group },
    Stream { path: "/contacts", set: "contacts", entity: Entity::OrgContact },
    Stream { path: "/devices", set: "devices", entity: Entity::Device },
    Stream { path: "/applications", set: "applications", entity: Entity::Application },
    Stream { path: "/servicePrincipals", set: "servicePrincipals", entity: Entity::ServicePrincipal },
    Stream { path: "/directoryRoles", set: "directoryRoles", entity: Entity::DirectoryRole },
    Stream {
        path: "/directory/administrativeUnits",
        set: "directory/administrativeUnits",
        entity: Entity::AdministrativeUnit,
    },
    // beta's place of them
    Stream {
        path: "/administrativeUnits",
        set: "directory/administrativeUnits",
        entity: Entity::AdministrativeUnit,
    },
    Stream { path: "/directoryObjects", set: "directoryObjects", entity: Entity::DirectoryObject },
];

fn stream(template: &str) -> Result<&'static Stream, ApiError> {
    let path = template.strip_suffix("/delta").unwrap_or(template);
    let found = STREAMS.iter().find(|stream| stream.path == path);
    found.ok_or_else(|| ApiError::of("not-implemented", &[]))
}

fn delta(world: &World, call: &ApiCall<'_>, matched: &Matched) -> Result<ApiReply, ApiError> {
    let stream = stream(matched.template)?;
    let entity = stream.entity;
    let asked = Asked::read(call)?;
    let seal = Seal { seed: world.seed, set: stream.set };
    let tenant = world.tenant_view(View::Delta);
    let (plan, place) = match &asked.start {
        Start::Fresh => {
            let plan = Plan::new(entity, &asked)?;
            (plan, Place::First { since: tenant.last_change(), kind: 0, at: 0, after: None })
        }
        Start::Latest => (Plan::new(entity, &asked)?, Place::Changes { since: tenant.last_change() }),
        Start::Token(purpose, text) => {
            let token = seal.open(*purpose, text).ok_or_else(|| ApiError::of("delta-token-invalid", &[]))?;
            match standing(&token, *purpose, world.generation(), call.now, &tenant) {
                Standing::Good => {}
                Standing::PageOver => return Err(ApiError::of("skiptoken-expired", &[])),
                Standing::Over => return Ok(resync(&tenant, call, stream, &token.plan)),
            }
            (token.plan, token.place)
        }
    };
    let size = asked.page_size.or(plan.size).unwrap_or(world.limits.default_page_size);
    let size = size.clamp(1, world.limits.max_top);
    let items = Items::new(call, &tenant, stream, &plan, asked.minimal)?;
    let page = match asked.start {
        Start::Latest => Page::empty(place),
        _ => round::page(&tenant, &plan, place, size, world.limits.delta_links_per_page, &items),
    };
    let plan = Plan { size: asked.page_size.or(plan.size), ..plan };
    let token = Token { generation: world.generation(), issued: call.now, place: page.next, plan };
    let purpose = if page.more { Purpose::Page } else { Purpose::Delta };
    let link = format!(
        "{}/{}{}/delta?{}={}",
        call.base,
        call.version.as_str(),
        stream.path,
        purpose.option(),
        seal.close(purpose, &token)
    );
    let reply = write(&items, &page, purpose, &link);
    Ok(asked.applied.iter().fold(reply, |reply, applied| {
        reply.with_header(HeaderName::from_static("preference-applied"), applied)
    }))
}

/// What a token that was made here is still worth.
enum Standing {
    Good,
    PageOver,
    Over,
}

fn standing(token: &Token, purpose: Purpose, generation: u64, now: SimTime, tenant: &Tenant) -> Standing {
    let life = match purpose {
        Purpose::Page => PAGE_TOKEN_LIFE,
        Purpose::Delta => DELTA_TOKEN_LIFE,
    };
    let gone = token.place.since().saturating_add(1) < tenant.first_change();
    let old = token.generation != generation || token.issued.plus(life) <= now;
    match purpose {
        Purpose::Page if old => Standing::PageOver,
        _ if old || gone => Standing::Over,
        _ => Standing::Good,
    }
}

/// 410: the client begins anew at the address that it is told.
fn resync(tenant: &Tenant, call: &ApiCall<'_>, stream: &Stream, plan: &Plan) -> ApiReply {
    let key = match tenant.switches().delta_resync {
        DeltaResync::ResyncRequired => "delta-resync-required",
        DeltaResync::SyncStateNotFound => "delta-sync-state-not-found",
        DeltaResync::DirectoryResyncRequired => "delta-directory-resync-required",
    };
    let location = format!(
        "{}/{}{}/delta?{}",
        call.base,
        call.version.as_str(),
        stream.path,
        plan.query("$deltatoken=")
    );
    ApiError::of(key, &[]).reply(call).with_header(LOCATION, &location)
}

fn write(items: &Items<'_>, page: &Page<'_>, purpose: Purpose, link: &str) -> ApiReply {
    let mut body = Vec::with_capacity(256 + page.told.len() * 384);
    let mut json = Object::new(&mut body);
    json.text("@odata.context", items.context());
    let name = if purpose == Purpose::Page { "@odata.nextLink" } else { "@odata.deltaLink" };
    json.text(name, link);
    json.array("value", &page.told, |out, told| items.write(out, told));
    json.end();
    ApiReply::json(200, body, page.told.len() as u32)
}
