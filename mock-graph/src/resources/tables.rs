//! What a route costs and who may call it: graph-costs.tsv and graph-permissions.tsv.

use super::call::ApiCall;
use super::me;
use super::route::{Matched, Route, route};
use crate::odata::{Options, rows};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What a request costs an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Resource units.
    pub(crate) units: u32,
    /// Whether it counts against the write limit.
    pub(crate) write: bool,
}

/// What a table says of each template, by method, in the order of its rows.
type ByTemplate<T> = BTreeMap<&'static str, Vec<(&'static str, T)>>;

static PERMISSIONS: LazyLock<ByTemplate<Vec<&'static str>>> = LazyLock::new(|| {
    by_template(include_str!("../../data/graph-permissions.tsv"), |roles| Some(roles.split(' ').collect()))
});

/// Resource units.
static COSTS: LazyLock<ByTemplate<u32>> =
    LazyLock::new(|| by_template(include_str!("../../data/graph-costs.tsv"), |units| units.parse().ok()));

fn by_template<T>(table: &'static str, read: impl Fn(&'static str) -> Option<T>) -> ByTemplate<T> {
    let mut of = ByTemplate::new();
    for cells in rows(table) {
        if let [method, template, cell, ..] = cells[..]
            && let Some(value) = read(cell)
        {
            of.entry(template).or_default().push((method, value));
        }
    }
    of
}

fn of_method<'t, T>(table: &'t ByTemplate<T>, method: &str, template: &str) -> Option<&'t T> {
    table.get(template)?.iter().find(|(own, _)| *own == method).map(|(_, value)| value)
}

/// The application permissions of which any one suffices for a method on a template; none when Graph has no
/// such method there.
pub(crate) fn allowed(method: &str, template: &str) -> Option<&'static [&'static str]> {
    of_method(&PERMISSIONS, method, template).map(Vec::as_slice)
}

/// The methods that a template has.
pub(crate) fn methods(template: &str) -> Vec<&'static str> {
    PERMISSIONS.get(template).into_iter().flatten().map(|(method, _)| *method).collect()
}

fn matched(call: &ApiCall<'_>) -> Option<Matched> {
    route(&me::path(call)?).ok()
}

/// The cost of a request, by route and query options (microsoft-graph.md section 4, "RU cost").
pub(crate) fn cost(call: &ApiCall<'_>) -> Cost {
    if !call.method.is_safe() {
        // getByIds and the questions about memberships are POSTs that only read
        let reads = matched(call).is_some_and(|matched| {
            let asks = ["/getMember", "/checkMember"].iter().any(|part| matched.template.contains(part));
            asks || matched.route == Route::GetByIds
        });
        return Cost { units: base(call).max(1), write: !reads };
    }
    let mut units = base(call);
    if let Ok(options) = Options::parse(call.query, false, usize::MAX) {
        units += u32::from(!options.expand.is_empty());
        units = units.saturating_sub(u32::from(options.select.is_some()));
        units = units.saturating_sub(u32::from(options.top.is_some_and(|top| top < 20)));
    }
    Cost { units: units.max(1), write: false }
}

fn base(call: &ApiCall<'_>) -> u32 {
    let Some(matched) = matched(call) else { return 1 };
    of_method(&COSTS, call.method.as_str(), matched.template).copied().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::super::call::{ApiVersion, Caller};
    use super::super::route::templates;
    use super::*;
    use forestbed_sim::clock::DEFAULT_START;
    use forestbed_sim::ids::Guid;
    use http::{HeaderMap, Method};

    #[test]
    fn every_route_has_permissions_and_every_row_a_route() {
        for (template, _) in templates() {
            assert!(!methods(template).is_empty(), "{template}");
        }
        for table in
            [include_str!("../../data/graph-permissions.tsv"), include_str!("../../data/graph-costs.tsv")]
        {
            for cells in rows(table) {
                assert!(templates().any(|(template, _)| template == cells[1]), "{cells:?}");
                assert_eq!(cells.len(), 5, "{cells:?}");
                assert!(["observed", "documented", "assumed"].contains(&cells[4]), "{cells:?}");
            }
        }
    }

    fn check<T>(method: &Method, path: &str, query: &str, read: impl Fn(&ApiCall<'_>) -> T) -> T {
        let (headers, caller) = (HeaderMap::new(), Caller::default());
        read(&ApiCall {
            method,
            version: ApiVersion::V1,
            path,
            query,
            headers: &headers,
            body: &[],
            base: "https://localhost",
            caller: &caller,
            now: DEFAULT_START,
            request_id: Guid::NIL,
        })
    }

    #[test]
    fn costs_are_those_of_the_reference() {
        // microsoft-graph.md section 4, "RU cost"
        for (method, path, query, units, write) in [
            (Method::GET, "/users", "", 2, false),
            (Method::GET, "/users", "$select=id", 1, false),
            (Method::GET, "/users", "$top=5", 1, false),
            (Method::GET, "/users", "$select=id&$top=5", 1, false),
            (Method::GET, "/users", "$expand=manager", 3, false),
            (Method::GET, "/users/1", "", 1, false),
            (Method::GET, "/groups", "", 1, false),
            (Method::GET, "/groups/1/members", "", 3, false),
            (Method::GET, "/groups/1/members", "$top=999", 3, false),
            (Method::GET, "/groups/1/transitiveMembers", "", 5, false),
            (Method::GET, "/users/1/licenseDetails", "", 2, false),
            (Method::GET, "/subscribedSkus", "", 3, false),
            (Method::GET, "/nosuch", "", 1, false),
            (Method::PATCH, "/users/1", "", 1, true),
            (Method::POST, "/users/1/assignLicense", "", 1, true),
        ] {
            assert_eq!(check(&method, path, query, cost), Cost { units, write }, "{method} {path}?{query}");
        }
    }

    #[test]
    fn permissions_are_those_of_the_reference() {
        // microsoft-graph.md section 1.8
        for (method, path, expected) in [
            ("DELETE", "/users/1", "User.ReadWrite.All"),
            ("DELETE", "/groups/1", "Group.ReadWrite.All"),
            ("POST", "/users", "User.ReadWrite.All Directory.ReadWrite.All"),
            ("POST", "/groups", "Group.Create Group.ReadWrite.All Directory.ReadWrite.All"),
            ("PATCH", "/groups/1", "Group.ReadWrite.All Directory.ReadWrite.All"),
            ("PUT", "/users/1", ""),
            ("GET", "/nosuch", ""),
        ] {
            let found = route(path).ok().and_then(|matched| allowed(method, matched.template));
            assert_eq!(found.unwrap_or(&[]).join(" "), expected, "{method} {path}");
        }
    }
}
