//! What `@odata.context` says an answer is.

use super::tables::{self, Member};

/// What an answer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// One entity of this type.
    Entity(&'static str),
    /// `value` is a collection of them.
    Entities(&'static str),
    /// `value` is of this primitive, complex or enumeration type.
    Value(&'static str),
    /// `value` is a collection of them.
    Values(&'static str),
    /// `value` is a collection of `@odata.id`.
    References,
    /// One `@odata.id`.
    Reference,
}

const PRIMITIVES: [&str; 11] = [
    "Boolean",
    "Int32",
    "Int64",
    "Double",
    "String",
    "Guid",
    "DateTimeOffset",
    "Binary",
    "Duration",
    "TimeOfDay",
    "Date",
];

/// Reads a context: `https://host/v1.0/$metadata#users(displayName)/$entity`.
pub(super) fn read(context: &str) -> Result<Shape, String> {
    let unknown = || format!("unknown context {context}");
    let (service, fragment) = context.split_once("/$metadata#").ok_or_else(unknown)?;
    if !service.ends_with("/v1.0") && !service.ends_with("/beta") {
        return Err(unknown());
    }
    if let Some(element) = fragment.strip_prefix("Collection(").and_then(|rest| rest.strip_suffix(')')) {
        if element == "$ref" {
            return Ok(Shape::References);
        }
        let (ty, entity) = named(element).ok_or_else(unknown)?;
        return Ok(if entity { Shape::Entities(ty) } else { Shape::Values(ty) });
    }
    if fragment == "$ref" {
        return Ok(Shape::Reference);
    }
    if fragment.starts_with("Edm.") || fragment.starts_with("microsoft.graph.") {
        let (ty, entity) = named(fragment.split('(').next().unwrap_or("")).ok_or_else(unknown)?;
        return Ok(if entity { Shape::Entity(ty) } else { Shape::Value(ty) });
    }
    path(fragment).ok_or_else(unknown)
}

/// A type by its full name, and whether it is an entity type.
fn named(name: &str) -> Option<(&'static str, bool)> {
    if let Some(primitive) = name.strip_prefix("Edm.") {
        return PRIMITIVES.iter().find(|known| **known == primitive).map(|known| (*known, false));
    }
    let local = name.strip_prefix("microsoft.graph.")?;
    match tables::entity(local) {
        Some((name, _)) => Some((name, true)),
        None => tables::complex_name(local).map(|name| (name, false)),
    }
}

/// Follows a path from the service: `users('1')/licenseDetails(skuId)/$entity`.
fn path(fragment: &str) -> Option<Shape> {
    let mut ty = "graphService";
    let mut member: Option<Member> = None;
    let mut single = false;
    for segment in segments(fragment) {
        if matches!(segment, "$entity" | "$delta") {
            single = segment == "$entity";
            continue;
        }
        if let Some(cast) = segment.strip_prefix("microsoft.graph.") {
            ty = tables::entity(cast.split('(').next()?)?.0;
            continue;
        }
        let (name, parentheses) = segment.split_once('(').unwrap_or((segment, ""));
        let found = tables::entity(ty)?.1.get(name)?;
        // what follows in parentheses is a key in quotes, or what was selected
        single = !found.collection || parentheses.starts_with('\'');
        member = Some(*found);
        ty = found.ty;
    }
    let member = member?;
    Some(match (member.navigation, single) {
        (true, true) => Shape::Entity(ty),
        (true, false) => Shape::Entities(ty),
        (false, _) if member.collection => Shape::Values(ty),
        (false, _) => Shape::Value(ty),
    })
}

/// Splits at slashes outside parentheses.
fn segments(fragment: &str) -> Vec<&str> {
    let (mut depth, mut start, mut out) = (0usize, 0, Vec::new());
    for (at, c) in fragment.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '/' if depth == 0 => {
                out.push(&fragment[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    out.push(&fragment[start..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts_name_what_an_answer_holds() {
        // microsoft-graph.md section 3, "Contexts"
        for (fragment, expected) in [
            ("users", Some(Shape::Entities("user"))),
            ("users/$entity", Some(Shape::Entity("user"))),
            ("users(displayName,mail)", Some(Shape::Entities("user"))),
            ("users(displayName)/$entity", Some(Shape::Entity("user"))),
            ("users(displayName,manager())", Some(Shape::Entities("user"))),
            ("directoryObjects", Some(Shape::Entities("directoryObject"))),
            ("users('1')/licenseDetails", Some(Shape::Entities("licenseDetails"))),
            ("users('1')/licenseDetails/$entity", Some(Shape::Entity("licenseDetails"))),
            ("users('1')/displayName", Some(Shape::Value("String"))),
            ("users('1')/proxyAddresses", Some(Shape::Values("String"))),
            ("users('1')/assignedLicenses", Some(Shape::Values("assignedLicense"))),
            ("auditLogs/directoryAudits", Some(Shape::Entities("directoryAudit"))),
            ("directory/deletedItems/microsoft.graph.user", Some(Shape::Entities("user"))),
            ("Collection(Edm.String)", Some(Shape::Values("String"))),
            ("Collection(microsoft.graph.user)", Some(Shape::Entities("user"))),
            ("Collection(microsoft.graph.assignedPlan)", Some(Shape::Values("assignedPlan"))),
            ("Collection($ref)", Some(Shape::References)),
            ("Edm.Boolean", Some(Shape::Value("Boolean"))),
            ("$ref", Some(Shape::Reference)),
            ("people", None),
            ("users('1')/nosuch", None),
            ("Collection(Edm.Nothing)", None),
        ] {
            let context = format!("https://graph.microsoft.com/v1.0/$metadata#{fragment}");
            assert_eq!(read(&context).ok(), expected, "{fragment}");
        }
        assert!(read("https://graph.microsoft.com/v2.0/$metadata#users").is_err());
    }
}
