//! Who may make a call: an application by the permissions it was granted, a user through an application by both
//! the permissions and the user's own rights.

use super::call::ApiCall;
use super::me;
use super::route::{Matched, route};
use super::tables::allowed;
use crate::odata::rows;
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::{CloudObject, Property, Tenant};
use std::sync::LazyLock;

/// A row of either table: whom or which permission it is about, methods, routes, and what is left out.
struct Row {
    subject: &'static str,
    methods: Vec<&'static str>,
    routes: Vec<&'static str>,
    except: Vec<&'static str>,
    own: bool,
}

static RIGHTS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let table = rows(include_str!("../../data/graph-role-rights.tsv"));
    let row = |cells: Vec<&'static str>| match cells[..] {
        [subject, _, methods, routes, except, ..] => Some(Row {
            subject,
            methods: list(methods),
            routes: list(routes),
            except: list(except),
            own: false,
        }),
        _ => None,
    };
    table.filter_map(row).collect()
});

static DELEGATED: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let table = rows(include_str!("../../data/graph-delegated-permissions.tsv"));
    let row = |cells: Vec<&'static str>| match cells[..] {
        [subject, methods, routes, own, ..] => {
            let own = own == "yes";
            Some(Row { subject, methods: list(methods), routes: list(routes), except: Vec::new(), own })
        }
        _ => None,
    };
    table.filter_map(row).collect()
});

fn list(cell: &'static str) -> Vec<&'static str> {
    cell.split(' ').filter(|part| !part.is_empty()).collect()
}

impl Row {
    fn covers(&self, method: &str, template: &str) -> bool {
        let below = |route: &&str| {
            let rest = template.strip_prefix(*route);
            **route == *"*" || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        (self.methods == ["*"] || self.methods.contains(&method))
            && self.routes.iter().any(below)
            && !self.except.iter().any(below)
    }
}

/// Whether a call is allowed. Unknown routes and methods are: the resources refuse those themselves.
pub(crate) fn may(tenant: &Tenant, call: &ApiCall<'_>) -> bool {
    // an application that asks for itself gets the refusal of `/me` from the resources
    let Some(Ok(matched)) = me::path(call).map(|path| route(&path)) else { return true };
    let needed = allowed(call.method.as_str(), matched.template).unwrap_or(&[]);
    if call.caller.unchecked || needed.is_empty() {
        return true;
    }
    let Some(user) = call.caller.user else { return suffices(&call.caller.roles, needed) };
    let own = is_own(tenant, &matched, user);
    let (method, template) = (call.method.as_str(), matched.template);
    let beside = |scope: &String| {
        let rows = DELEGATED.iter().filter(|row| row.subject == scope && (own || !row.own));
        rows.into_iter().any(|row| row.covers(method, template))
    };
    let scopes = &call.caller.scopes;
    (suffices(scopes, needed) || scopes.iter().any(beside)) && has_right(tenant, call, &matched, user, own)
}

/// Whether one of the alternatives is held; `a+b` asks for both.
fn suffices(held: &[String], needed: &[&str]) -> bool {
    let holds = |permission: &str| held.iter().any(|own| own == permission);
    needed.iter().any(|needed| needed.split('+').all(holds))
}

/// Whether a path names the user's own object.
fn is_own(tenant: &Tenant, matched: &Matched, user: Guid) -> bool {
    let named = || tenant.user(matched.key(0)).is_some_and(|named| named.id() == user);
    matched.template.starts_with("/users/{id}") && named()
}

fn has_right(tenant: &Tenant, call: &ApiCall<'_>, matched: &Matched, user: Guid, own: bool) -> bool {
    let Some(person) = tenant.object(user) else { return false };
    let guest = person.text(Property::UserType) == Some("Guest");
    let named = Guid::parse(matched.key(0)).and_then(|id| tenant.object(id));
    let owner = named.map(CloudObject::owners).is_some_and(|owners| owners.contains(&user));
    let roles: Vec<String> = tenant.roles_of(user).map(|template| template.to_string()).collect();
    let is = |subject: &str| match subject {
        "member" => !guest,
        "guest" => guest,
        "self" => own,
        "owner" => owner,
        role => roles.iter().any(|held| held == role),
    };
    RIGHTS.iter().filter(|row| is(row.subject)).any(|row| row.covers(call.method.as_str(), matched.template))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_tables_is_read() {
        for (table, cells, count) in [
            (include_str!("../../data/graph-role-rights.tsv"), 7, RIGHTS.len()),
            (include_str!("../../data/graph-delegated-permissions.tsv"), 6, DELEGATED.len()),
        ] {
            // comment and column names
            assert_eq!(table.lines().count() - 2, count);
            for row in rows(table) {
                assert_eq!(row.len(), cells, "{row:?}");
                assert!(["observed", "documented", "assumed"].contains(&row[cells - 1]), "{row:?}");
            }
        }
    }

    #[test]
    fn a_route_means_itself_and_what_lies_below() {
        let row = |routes, except| Row { subject: "", methods: vec!["GET"], routes, except, own: false };
        let users = row(vec!["/users/{id}"], vec!["/users/{id}/assignLicense"]);
        for (method, template, expected) in [
            ("GET", "/users/{id}", true),
            ("GET", "/users/{id}/memberOf", true),
            ("GET", "/users/{id}/assignLicense", false),
            ("PATCH", "/users/{id}", false),
            ("GET", "/users", false),
        ] {
            assert_eq!(users.covers(method, template), expected, "{method} {template}");
        }
        assert!(row(vec!["*"], vec![]).covers("GET", "/anything"));
    }
}
