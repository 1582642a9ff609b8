//! Paths to routes. Names are read in any case, keys stand in parentheses or in a segment of their own.

use super::error::ApiError;
use super::tail::{self, Tail};
use crate::odata::{Entity, Target, entity, walk};
use percent_encoding::percent_decode_str;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What a path means; `{id}` in its template is a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    Users,
    UsersCount,
    User,
    UserMemberOf,
    UserMemberOfCount,
    UserTransitiveMemberOf,
    UserTransitiveMemberOfCount,
    UserManager,
    UserDirectReports,
    Groups,
    GroupsCount,
    Group,
    Members,
    MembersCount,
    MembersRef,
    MemberRef,
    Owners,
    OwnersCount,
    OwnersRef,
    OwnerRef,
    TransitiveMembers,
    TransitiveMembersCount,
    GroupMemberOf,
    GroupTransitiveMemberOf,
    Contacts,
    ContactsCount,
    Contact,
    ContactMemberOf,
    ContactManager,
    ContactDirectReports,
    DirectoryObject,
    GetByIds,
    Domains,
    Domain,
    Organizations,
    Organization,
    SubscribedSkus,
    SubscribedSku,
    /// A template of one of the rooms ([`super::rooms`]), which answers it itself.
    Room,
}

/// The templates that are not of a room of their own; fixed names stand before keys.
pub(crate) const ROUTES: &[(&str, Route)] = &[
    ("/users", Route::Users),
    ("/users/$count", Route::UsersCount),
    ("/users/{id}", Route::User),
    ("/users/{id}/memberOf", Route::UserMemberOf),
    ("/users/{id}/memberOf/$count", Route::UserMemberOfCount),
    ("/users/{id}/transitiveMemberOf", Route::UserTransitiveMemberOf),
    ("/users/{id}/transitiveMemberOf/$count", Route::UserTransitiveMemberOfCount),
    ("/users/{id}/manager", Route::UserManager),
    ("/users/{id}/directReports", Route::UserDirectReports),
    ("/groups", Route::Groups),
    ("/groups/$count", Route::GroupsCount),
    ("/groups/{id}", Route::Group),
    ("/groups/{id}/members", Route::Members),
    ("/groups/{id}/members/$count", Route::MembersCount),
    ("/groups/{id}/members/$ref", Route::MembersRef),
    ("/groups/{id}/members/{id}/$ref", Route::MemberRef),
    ("/groups/{id}/owners", Route::Owners),
    ("/groups/{id}/owners/$count", Route::OwnersCount),
    ("/groups/{id}/owners/$ref", Route::OwnersRef),
    ("/groups/{id}/owners/{id}/$ref", Route::OwnerRef),
    ("/groups/{id}/transitiveMembers", Route::TransitiveMembers),
    ("/groups/{id}/transitiveMembers/$count", Route::TransitiveMembersCount),
    ("/groups/{id}/memberOf", Route::GroupMemberOf),
    ("/groups/{id}/transitiveMemberOf", Route::GroupTransitiveMemberOf),
    ("/contacts", Route::Contacts),
    ("/contacts/$count", Route::ContactsCount),
    ("/contacts/{id}", Route::Contact),
    ("/contacts/{id}/memberOf", Route::ContactMemberOf),
    ("/contacts/{id}/manager", Route::ContactManager),
    ("/contacts/{id}/directReports", Route::ContactDirectReports),
    ("/directoryObjects/getByIds", Route::GetByIds),
    ("/directoryObjects/{id}", Route::DirectoryObject),
    ("/domains", Route::Domains),
    ("/domains/{id}", Route::Domain),
    ("/organization", Route::Organizations),
    ("/organization/{id}", Route::Organization),
    ("/subscribedSkus", Route::SubscribedSkus),
    ("/subscribedSkus/{id}", Route::SubscribedSku),
];

/// What Graph has at the root and this server does not (the entity sets of microsoft-graph.md section 2).
const ABSENT_ROOTS: &[&str] = &["directory"];

/// Functions and actions that Graph has on users and groups and this server does not (section 2).
const ABSENT_CALLS: &[&str] = &["validateProperties", "getAvailableExtensionProperties"];

/// A path that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Matched {
    /// What it means.
    pub(crate) route: Route,
    /// The template, as the tables of permissions and costs name it.
    pub(crate) template: &'static str,
    /// The keys, decoded.
    pub(crate) keys: Vec<String>,
    /// The type that a collection is cast to: `members/microsoft.graph.user`.
    pub(crate) cast: Option<Entity>,
    /// What follows the template: a property, `$value`, `$count`, `$ref`.
    pub(crate) tail: Tail,
}

impl Matched {
    /// The key at this place; empty when the template has none.
    pub(crate) fn key(&self, at: usize) -> &str {
        self.keys.get(at).map_or("", String::as_str)
    }
}

/// Reads what follows the version in a path.
pub(crate) fn route(path: &str) -> Result<Matched, ApiError> {
    let (segments, cast) = segments(path);
    let find = |segments: &[String], tail: Tail| {
        BY_FIRST_NAME.of(segments).find_map(|(template, route)| {
            let keys = keys(template, segments)?;
            Some(Matched { route, template, keys, cast, tail })
        })
    };
    let whole = find(&segments, Tail::None);
    let found = whole.or_else(|| {
        tail::split(&segments, cast.map(Entity::type_name)).and_then(|(before, tail)| find(before, tail))
    });
    // `users/delta` is no user whose id is delta
    let shadowed = segments.get(1).filter(|name| named(ABSENT_CALLS, name));
    match found {
        Some(matched) if shadowed.is_none() || matched.route == Route::Room => Ok(matched),
        _ => Err(unknown(path, &segments)),
    }
}

/// Every template; those of the rooms come first, so that `users/delta` is no user whose id is delta.
pub(crate) fn templates() -> impl Iterator<Item = (&'static str, Route)> {
    super::rooms::templates().map(|template| (template, Route::Room)).chain(ROUTES.iter().copied())
}

/// The templates by how many segments they have and by the first of them: a request is matched with few.
struct ByFirstName(BTreeMap<(usize, String), Vec<(&'static str, Route)>>);

static BY_FIRST_NAME: LazyLock<ByFirstName> = LazyLock::new(|| {
    let mut by_first_name = BTreeMap::<_, Vec<_>>::new();
    for (template, route) in templates() {
        let mut names = template.split('/').skip(1);
        let first = names.next().unwrap_or("").to_ascii_lowercase();
        by_first_name.entry((1 + names.count(), first)).or_default().push((template, route));
    }
    ByFirstName(by_first_name)
});

impl ByFirstName {
    /// Those that may match, in the order of [`templates`]. None begins with a key.
    fn of(&self, segments: &[String]) -> impl Iterator<Item = (&'static str, Route)> {
        let first = segments.first().map_or("", String::as_str).to_ascii_lowercase();
        self.0.get(&(segments.len(), first)).into_iter().flatten().copied()
    }
}

fn keys(template: &str, segments: &[String]) -> Option<Vec<String>> {
    let mut parts = template.split('/').skip(1);
    let mut keys = Vec::new();
    for segment in segments {
        match parts.next()? {
            // what OData appends to a path is no key
            "{id}" if matches!(segment.as_str(), "$ref" | "$count" | "$value") => return None,
            "{id}" => keys.push(segment.clone()),
            name if name.eq_ignore_ascii_case(segment) => {}
            _ => return None,
        }
    }
    parts.next().is_none().then_some(keys)
}

/// Splits a path: `users('x')` becomes two segments, `delta()` one, `microsoft.graph.assignLicense` loses
/// its namespace, and a type's name becomes the cast.
pub(crate) fn segments(path: &str) -> (Vec<String>, Option<Entity>) {
    let trimmed = path.strip_prefix('/').unwrap_or(path);
    let trimmed = trimmed.strip_suffix('/').unwrap_or(trimmed);
    let (mut out, mut cast) = (Vec::new(), None);
    for raw in trimmed.split('/') {
        let segment = percent_decode_str(raw).decode_utf8_lossy().into_owned();
        let local = segment
            .get(..16)
            .filter(|head| head.eq_ignore_ascii_case("microsoft.graph."))
            .map(|_| segment[16..].to_owned());
        // the kiota SDKs cast by the schema's alias: `members/graph.user`
        let alias =
            segment.get(..6).filter(|head| head.eq_ignore_ascii_case("graph.")).map(|_| &segment[6..]);
        if let Some(entity) = local.as_deref().or(alias).and_then(Entity::named) {
            cast = Some(entity);
            continue;
        }
        let segment = local.unwrap_or(segment);
        match segment.strip_suffix(')').and_then(|head| head.split_once('(')) {
            Some((name, "")) => out.push(name.to_owned()),
            Some((name, key)) => {
                out.push(name.to_owned());
                out.push(unquoted(key));
            }
            None => out.push(segment),
        }
    }
    (out, cast)
}

fn unquoted(key: &str) -> String {
    let inner = key.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    inner.map_or_else(|| key.to_owned(), |inner| inner.replace("''", "'"))
}

fn named(list: &[&str], name: &str) -> bool {
    list.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// The refusal: 400 for what Graph does not know, 501 for what it knows and this server does not.
fn unknown(path: &str, segments: &[String]) -> ApiError {
    let note = format!("route {path}");
    let root = segments.first().map_or("", String::as_str);
    let lacks = |name: &str| ApiError::of("unknown-segment", &[("segment", name)]);
    let error = match first_unknown(segments) {
        Some(name) if name == root && !named(ABSENT_ROOTS, root) => lacks(name),
        Some(name) if name != root => lacks(name),
        _ => ApiError::of("not-implemented", &[]),
    };
    error.with_unknown(note)
}

/// The first segment that the schema does not know where it stands; none when all are known, or lead to what the
/// schema says nothing about.
fn first_unknown(segments: &[String]) -> Option<&str> {
    for (at, segment) in segments.iter().enumerate() {
        if walk(&segments[..=at], None).is_some() {
            // `users/delta` is no user whose id is delta
            if at > 0 && named(ABSENT_CALLS, segment) {
                return None;
            }
            continue;
        }
        let described = match walk(&segments[..at], None) {
            Some(Target::Set(_)) => true,
            Some(Target::One(ty)) => entity(ty).is_some(),
            _ => at == 0,
        };
        let call = named(ABSENT_CALLS, segment) || segment.starts_with('$') && at > 0;
        return (described && !call).then_some(segment);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_path_leads_to_its_route() {
        // clients.md "Requests" and microsoft-graph.md sections 2.1 and 4, "Path"
        for (path, route_, keys) in [
            ("/users", Route::Users, &[][..]),
            ("/Users/", Route::Users, &[]),
            ("/users/$count", Route::UsersCount, &[]),
            ("/users/ada@contoso.com", Route::User, &["ada@contoso.com"]),
            ("/users/ada%40contoso.com", Route::User, &["ada@contoso.com"]),
            ("/users('ada@contoso.com')", Route::User, &["ada@contoso.com"]),
            ("/users('o''brien@contoso.com')", Route::User, &["o'brien@contoso.com"]),
            ("/users('$x@y.com')", Route::User, &["$x@y.com"]),
            ("/users/a_b.com%23EXT%23@contoso.com", Route::User, &["a_b.com#EXT#@contoso.com"]),
            ("/users/1/microsoft.graph.assignLicense", Route::Room, &["1"]),
            ("/users('1')/assignLicense()", Route::Room, &["1"]),
            ("/groups/1/Members", Route::Members, &["1"]),
            ("/groups/1/members/2/$ref", Route::MemberRef, &["1", "2"]),
            ("/groups/1/members/$ref", Route::MembersRef, &["1"]),
            ("/groups/1/members/$count", Route::MembersCount, &["1"]),
            ("/directoryobjects/7", Route::DirectoryObject, &["7"]),
            ("/users/delta", Route::Room, &[]),
            ("/Users/delta()", Route::Room, &[]),
            ("/users/microsoft.graph.delta()", Route::Room, &[]),
            ("/subscribedSkus", Route::SubscribedSkus, &[]),
        ] {
            let matched = route(path).unwrap_or_else(|error| panic!("{path}: {error:?}"));
            assert_eq!((matched.route, matched.cast), (route_, None), "{path}");
            assert_eq!(matched.keys, keys, "{path}");
        }
        let alias = route("/groups/1/members/graph.user").unwrap();
        assert_eq!((alias.route, alias.cast), (Route::Members, Some(Entity::User)));
        assert_eq!(route("/users/graph.smith@contoso.com").unwrap().keys, ["graph.smith@contoso.com"]);
        let cast = route("/groups/1/members/microsoft.graph.user").unwrap();
        assert_eq!((cast.route, cast.cast), (Route::Members, Some(Entity::User)));
    }

    #[test]
    fn a_template_is_found_by_its_first_name() {
        for (template, route_) in templates() {
            assert!(!template.starts_with("/{"), "{template} begins with a key");
            let path = template.replace("{id}", "k").to_ascii_uppercase();
            let matched = route(&path).unwrap_or_else(|error| panic!("{path}: {error:?}"));
            let first = templates().find(|(other, _)| keys(other, &segments(&path).0).is_some());
            assert_eq!(first, Some((matched.template, matched.route)), "{path}");
            assert!(matched.template == template || route_ != Route::Room, "{template}");
        }
    }

    #[test]
    fn unknown_paths_are_refused_and_noted() {
        // microsoft-graph.md section 3: "Resource not found for the segment 'x'." (400, not 404)
        for (path, status, message) in [
            ("/nosuch", 400, "Resource not found for the segment 'nosuch'."),
            ("/users/1/nosuch", 400, "Resource not found for the segment 'nosuch'."),
            ("/", 400, "Resource not found for the segment ''."),
            ("/directory", 501, "This operation target is not yet supported."),
            ("/users/1/calendar", 501, "This operation target is not yet supported."),
            ("/users/1/messages/2/subject", 501, "This operation target is not yet supported."),
            ("/groups/1/members/nosuch", 501, "This operation target is not yet supported."),
            ("/groups/1/members/2/nosuch", 400, "Resource not found for the segment 'nosuch'."),
            ("/groups/1/threads", 501, "This operation target is not yet supported."),
        ] {
            let error = route(path).expect_err(path);
            assert_eq!((error.status, error.message.as_str()), (status, message), "{path}");
            assert_eq!(error.unknown.as_deref(), Some(format!("route {path}").as_str()));
        }
    }
}
