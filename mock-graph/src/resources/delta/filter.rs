//! The `$filter` of a delta query: ids, and for directory objects types.

use super::super::error::ApiError;
use crate::odata::Entity;
use forestbed_sim::ids::Guid;

/// Most expressions of one filter (microsoft-graph.md 2.6).
const MAX_EXPRESSIONS: usize = 50;

/// Which objects are followed. With both lists it is those that are in both.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Only {
    /// These ids, sorted; empty means any.
    pub(super) ids: Vec<Guid>,
    /// These types, sorted by name; empty means any.
    pub(super) types: Vec<&'static str>,
}

impl Only {
    /// Reads `id eq 'a' or id eq 'b'` and, for directory objects, `isof('microsoft.graph.user')`.
    pub(super) fn read(entity: Entity, text: &str) -> Result<Only, ApiError> {
        let unsupported = || {
            ApiError::of("delta-filter", &[("filter", text)])
                .with_unknown(format!("$filter of delta: {text}"))
        };
        let parts = alternatives(text);
        if parts.len() > MAX_EXPRESSIONS {
            return Err(ApiError::of("delta-filter-too-long", &[("max", &MAX_EXPRESSIONS.to_string())]));
        }
        let mut only = Only::default();
        for part in parts {
            let part = bare(part);
            if let Some(id) = compared_id(part) {
                only.ids.push(Guid::parse(id).ok_or_else(unsupported)?);
                continue;
            }
            let ty = tested_type(part).and_then(Entity::named).filter(|_| entity == Entity::DirectoryObject);
            only.types.push(ty.ok_or_else(unsupported)?.type_name());
        }
        only.ids.sort_unstable();
        only.ids.dedup();
        only.types.sort_unstable();
        only.types.dedup();
        Ok(only)
    }

    /// As it stands in a query, percent-encoded; none when everything is followed.
    pub(super) fn query(&self) -> Option<String> {
        let ids = self.ids.iter().map(|id| format!("id%20eq%20%27{id}%27"));
        let types = self.types.iter().map(|ty| format!("isof(%27microsoft.graph.{ty}%27)"));
        let all: Vec<String> = ids.chain(types).collect();
        (!all.is_empty()).then(|| format!("$filter={}", all.join("%20or%20")))
    }
}

/// Cuts at `or` between blanks; what these filters compare holds no blanks.
fn alternatives(text: &str) -> Vec<&str> {
    let lower = text.to_ascii_lowercase();
    let (mut parts, mut start) = (Vec::new(), 0);
    for (at, _) in lower.match_indices(" or ") {
        if at >= start {
            parts.push(&text[start..at]);
            start = at + 4;
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Without blanks and parentheses around it.
fn bare(text: &str) -> &str {
    let mut text = text.trim();
    while let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        text = inner.trim();
    }
    text
}

fn compared_id(text: &str) -> Option<&str> {
    let mut words = text.split_whitespace();
    let (name, operator, value) = (words.next()?, words.next()?, words.next()?);
    let fits = name.eq_ignore_ascii_case("id") && operator.eq_ignore_ascii_case("eq");
    if !fits || words.next().is_some() {
        return None;
    }
    quoted(value)
}

fn tested_type(text: &str) -> Option<&str> {
    let head = text.get(..4).filter(|head| head.eq_ignore_ascii_case("isof"))?;
    let inner = text[head.len()..].trim().strip_prefix('(')?.strip_suffix(')')?;
    let name = quoted(inner.trim())?;
    let space = name.get(..16).filter(|space| space.eq_ignore_ascii_case("microsoft.graph."))?;
    Some(&name[space.len()..])
}

fn quoted(text: &str) -> Option<&str> {
    text.strip_prefix('\'')?.strip_suffix('\'')
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "87d349ed-44d7-43e1-9a83-5f2406dee5bd";
    const B: &str = "477e9fc6-5de7-4406-bb2a-7e5c83c9ffff";

    #[test]
    fn ids_and_types_are_read_and_everything_else_is_refused() {
        // microsoft-graph.md 2.6: $filter only id eq 'a' or id eq 'b'; isof() is directoryObjects' own
        let (all, users) = (Entity::DirectoryObject, Entity::User);
        let many = |count| vec![format!("id eq '{A}'"); count].join(" or ");
        for (entity, text, expected) in [
            (users, format!("id eq '{A}'"), Some((1, 0))),
            (users, format!("id eq '{A}' or id eq '{B}'"), Some((2, 0))),
            (users, format!("ID EQ '{A}' OR (id eq '{A}')"), Some((1, 0))),
            (users, many(50), Some((1, 0))),
            (users, many(51), None),
            (users, format!("id eq {A}"), None),
            (users, "id eq 'ada'".to_owned(), None),
            (users, format!("id ne '{A}'"), None),
            (users, format!("id eq '{A}' and id eq '{B}'"), None),
            (users, "displayName eq 'x'".to_owned(), None),
            (users, "isof('microsoft.graph.user')".to_owned(), None),
            (users, String::new(), None),
            (all, "isOf('Microsoft.Graph.User') or isof('microsoft.graph.group')".to_owned(), Some((0, 2))),
            (all, format!("isof('microsoft.graph.group') or id eq '{A}'"), Some((1, 1))),
            (all, "isof('microsoft.graph.nosuch')".to_owned(), None),
            (all, "isof(".to_owned(), None),
            (all, " or ".to_owned(), None),
        ] {
            let found = Only::read(entity, &text).ok().map(|only| (only.ids.len(), only.types.len()));
            assert_eq!(found, expected, "{text}");
        }
    }
}
