//! Which properties Graph lets an application write, and in which form: graph-writes.tsv.

use super::property::{ObjectKind, Property, PropertyType, Stored};
use super::{TenantError, license};
use crate::clock::SimTime;
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// Longest collection of strings in one property; Graph documents none for those that are written here.
const TEXTS_MAX: usize = 250;
/// Longest text where the table names no length.
const TEXT_MAX: usize = 4096;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Write {
    Required,
    Always,
    Create,
    ReadOnly,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    pub(crate) property: Property,
    pub(crate) kind: ObjectKind,
    pub(crate) write: Write,
    pub(crate) synced: bool,
    clearable: bool,
    max: usize,
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let lines = include_str!("../../data/graph-writes.tsv").lines();
    lines.filter(|line| !line.starts_with('#')).skip(1).filter_map(read_rule).collect()
});

fn read_rule(line: &str) -> Option<Rule> {
    let cells: Vec<&str> = line.split('\t').collect();
    let [name, kind, write, synced, clearable, max, ..] = cells[..] else { return None };
    let kind = match kind {
        "U" => ObjectKind::User,
        "G" => ObjectKind::Group,
        "D" => ObjectKind::Device,
        "A" => ObjectKind::Application,
        "S" => ObjectKind::ServicePrincipal,
        _ => ObjectKind::AdministrativeUnit,
    };
    let write = match write {
        "required" => Write::Required,
        "write" => Write::Always,
        "create" => Write::Create,
        _ => Write::ReadOnly,
    };
    Some(Rule {
        property: Property::parse(kind, name)?,
        kind,
        write,
        synced: synced == "yes",
        clearable: clearable == "yes",
        max: max.parse().unwrap_or(TEXT_MAX),
    })
}

/// The properties that a new object of a kind must have, in the order in which Graph asks for them.
pub(crate) fn required(kind: ObjectKind) -> impl Iterator<Item = Property> {
    RULES
        .iter()
        .filter(move |rule| rule.kind == kind && rule.write == Write::Required)
        .map(|rule| rule.property)
}

/// The rule of a property by its name as sent.
pub(crate) fn rule(kind: ObjectKind, name: &str) -> Result<Rule, TenantError> {
    let property = Property::parse(kind, name);
    let found = property.and_then(|wanted| RULES.iter().find(|r| r.kind == kind && r.property == wanted));
    // what the table does not name of these kinds is Graph's own to write
    let read_only = || match (kind, property) {
        (ObjectKind::User | ObjectKind::Group, _) | (_, None) => None,
        (_, Some(property)) => Some(Rule {
            property,
            kind,
            write: Write::ReadOnly,
            synced: false,
            clearable: false,
            max: TEXT_MAX,
        }),
    };
    let found = found.copied().or_else(read_only);
    found.ok_or_else(|| TenantError::of("unknown-property", &[("property", name)]))
}

pub(crate) fn refuse(key: &str, rule: &Rule) -> TenantError {
    TenantError::of(key, &[("property", rule.property.name()), ("resource", rule.kind.name())])
}

/// Reads a value for a property: `None` clears it.
pub(crate) fn read(rule: &Rule, value: &Value) -> Result<Option<Stored>, TenantError> {
    let invalid = || refuse("invalid-value", rule);
    if value.is_null() {
        return if rule.clearable { Ok(None) } else { Err(refuse("required", rule)) };
    }
    let stored = match rule.property.value_type() {
        PropertyType::Bool => Stored::Bool(value.as_bool().ok_or_else(invalid)?),
        PropertyType::Int => {
            let number = value.as_i64().and_then(|number| i32::try_from(number).ok());
            Stored::Int(number.ok_or_else(invalid)?)
        }
        PropertyType::Time => {
            let time = value.as_str().and_then(SimTime::parse_rfc3339);
            Stored::Time(time.ok_or_else(invalid)?)
        }
        PropertyType::Text => {
            let text = value.as_str().ok_or_else(invalid)?;
            check_text(rule, text)?;
            Stored::text(text)
        }
        PropertyType::Texts => read_texts(rule, value)?,
        PropertyType::Json if value.is_object() || value.is_array() => Stored::Json(Box::new(value.clone())),
        PropertyType::Json => return Err(invalid()),
    };
    Ok(Some(stored))
}

fn read_texts(rule: &Rule, value: &Value) -> Result<Stored, TenantError> {
    let invalid = || refuse("invalid-value", rule);
    let list = value.as_array().filter(|list| list.len() <= TEXTS_MAX).ok_or_else(invalid)?;
    let texts: Vec<&str> = list.iter().map(Value::as_str).collect::<Option<_>>().ok_or_else(invalid)?;
    texts.iter().try_for_each(|text| check_text(rule, text))?;
    if rule.property == Property::BusinessPhones && texts.len() > 1 {
        return Err(refuse("single-value", rule));
    }
    Ok(Stored::texts(texts))
}

fn check_text(rule: &Rule, text: &str) -> Result<(), TenantError> {
    if text.encode_utf16().count() > rule.max {
        return Err(refuse("too-long", rule));
    }
    if text.is_empty() && !rule.clearable && rule.property.value_type() == PropertyType::Text {
        return Err(refuse("required", rule));
    }
    let fine = match rule.property {
        Property::MailNickname => is_nickname(rule.kind, text),
        Property::UsageLocation => license::is_location(text),
        Property::OnPremisesImmutableId => !text.contains(['$', '_']) && !text.is_empty(),
        Property::UserType => matches!(text, "Member" | "Guest"),
        Property::Mail => is_address(text),
        Property::PasswordPolicies => text
            .split(',')
            .map(str::trim)
            .all(|policy| matches!(policy, "None" | "DisableStrongPassword" | "DisablePasswordExpiration")),
        Property::Visibility => matches!(text, "Private" | "Public" | "HiddenMembership"),
        Property::SignInAudience => matches!(
            text,
            "AzureADMyOrg"
                | "AzureADMultipleOrgs"
                | "AzureADandPersonalMicrosoftAccount"
                | "PersonalMicrosoftAccount"
        ),
        Property::MembershipType => matches!(text, "Assigned" | "Dynamic"),
        Property::MembershipRuleProcessingState => matches!(text, "On" | "Paused"),
        _ => true,
    };
    if fine { Ok(()) } else { Err(refuse("invalid-value", rule)) }
}

/// microsoft-graph.md 2.1 (users: no comma, no '.' at the end) and 2.3.
fn is_nickname(kind: ObjectKind, text: &str) -> bool {
    let bad = |letter: char| {
        "@()\\[]\";:<>, ".contains(letter)
            || letter.is_control()
            || (letter == '.' && kind == ObjectKind::Group)
    };
    !text.contains(bad) && !text.ends_with('.') && text.is_ascii()
}

fn is_address(text: &str) -> bool {
    let mut parts = text.split('@');
    let (local, domain) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    let fine = text.is_ascii()
        && !text.contains(|letter: char| letter.is_whitespace() || "<>();,[]\"".contains(letter));
    fine && !local.is_empty() && domain.contains('.') && parts.next().is_none()
}

/// Whether a password is one that the tenant takes: 8 to 256 characters of three kinds out of four.
pub(crate) fn is_strong(password: &str) -> bool {
    let has = |test: fn(char) -> bool| usize::from(password.chars().any(test));
    let kinds = has(|c| c.is_lowercase())
        + has(|c| c.is_uppercase())
        + has(|c| c.is_ascii_digit())
        + has(|c| !c.is_alphanumeric());
    (8..=256).contains(&password.chars().count()) && kinds >= 3
}

/// The annotations and bindings of a body (`members@odata.bind`) apart from its properties.
pub(crate) fn properties(body: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    body.iter().filter(|(name, _)| !name.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_read() {
        let table = include_str!("../../data/graph-writes.tsv").lines();
        let lines: Vec<&str> = table.filter(|line| !line.starts_with('#')).skip(1).collect();
        assert_eq!(RULES.len(), lines.len());
        for line in lines {
            let confidence = line.rsplit('\t').next().unwrap_or("");
            assert!(["observed", "documented", "assumed"].contains(&confidence), "{line}");
        }
        for kind in [ObjectKind::User, ObjectKind::Group] {
            for property in Property::all().filter(|property| property.belongs_to(kind)) {
                assert!(rule(kind, property.name()).is_ok(), "{kind:?} {}", property.name());
            }
        }
    }

    #[test]
    fn nicknames_follow_the_documented_characters() {
        // microsoft-graph.md 2.1: 'naveen.mills,.jr.' was refused
        for (kind, text, expected) in [
            (ObjectKind::User, "adele.vance", true),
            (ObjectKind::User, "naveen.mills,.jr.", false),
            (ObjectKind::User, "a b", false),
            (ObjectKind::User, "a@b", false),
            (ObjectKind::Group, "sales", true),
            (ObjectKind::Group, "sales.team", false),
        ] {
            assert_eq!(is_nickname(kind, text), expected, "{text}");
        }
    }
}
