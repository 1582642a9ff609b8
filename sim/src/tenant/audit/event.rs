//! What the audit log keeps of a change.

use super::ring::Timed;
use crate::clock::SimTime;
use crate::ids::Guid;
use crate::tenant::groups::is_unified;
use crate::tenant::object::CloudObject;
use crate::tenant::{CallContext, ObjectKind, Property};
use serde_json::Value;
use std::sync::LazyLock;

/// Most properties that one entry tells of an object.
const MODIFIED_MAX: usize = 64;
/// Longest old or new value that an entry keeps, in bytes; the rest is cut off.
const VALUE_MAX: usize = 1024;

/// Who caused a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Initiator {
    /// An application, by its client id.
    App(Guid),
    /// A user.
    User(Guid),
    /// A service of the tenant itself, by name: "Microsoft Entra ID Group-Based Licensing".
    Service(&'static str),
}

/// What an activity is, beside its name: a row of audit-activities.tsv.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activity {
    /// `activityDisplayName`.
    pub name: &'static str,
    /// `category`.
    pub category: &'static str,
    /// `operationType`.
    pub operation: &'static str,
    /// `loggedByService`.
    pub service: &'static str,
}

static ACTIVITIES: LazyLock<Vec<Activity>> = LazyLock::new(|| {
    let lines = include_str!("../../../data/audit-activities.tsv").lines();
    lines.filter(|line| !line.starts_with('#')).skip(1).filter_map(read_activity).collect()
});

fn read_activity(line: &'static str) -> Option<Activity> {
    let mut cells = line.split('\t');
    Some(Activity {
        name: cells.next()?,
        category: cells.next()?,
        operation: cells.next()?,
        service: cells.next()?,
    })
}

impl Activity {
    /// The activity of a name. One that the table does not have is told without a category, so that no call
    /// panics; a test holds every name in the code against the table.
    pub fn named(name: &'static str) -> Activity {
        let known = ACTIVITIES.iter().find(|activity| activity.name == name).copied();
        known.unwrap_or(Activity { name, category: "Other", operation: "Update", service: "Core Directory" })
    }
}

/// A property that a change set, with its values as the log shows them: JSON in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModifiedProperty {
    /// Its name.
    pub name: String,
    /// What it was; none when the log does not know.
    pub old: Option<String>,
    /// What it became.
    pub new: Option<String>,
}

/// An object that a change was about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditTarget {
    /// Its id: an object id, or a domain's name.
    pub id: String,
    /// `User`, `Group`, `Device`, `ServicePrincipal`, `Application`, `Directory`, `Role`, `Other`.
    pub kind: &'static str,
    /// Its name, when it has one.
    pub display_name: Option<String>,
    /// The user principal name of a user.
    pub user_principal_name: Option<String>,
    /// `azureAD` or `unifiedGroups` of a group.
    pub group_type: Option<&'static str>,
    /// What changed of it.
    pub modified: Vec<ModifiedProperty>,
}

impl AuditTarget {
    /// An object of the tenant.
    pub fn of(object: &CloudObject) -> AuditTarget {
        AuditTarget {
            id: object.id().to_string(),
            kind: object.kind().name(),
            display_name: object.text(Property::DisplayName).map(str::to_owned),
            user_principal_name: object.user_principal_name().map(str::to_owned),
            group_type: (object.kind() == ObjectKind::Group)
                .then(|| if is_unified(object) { "unifiedGroups" } else { "azureAD" }),
            modified: Vec::new(),
        }
    }

    /// Something that is no object of the store: a domain, the company.
    pub fn other(kind: &'static str, id: &str, display_name: &str) -> AuditTarget {
        AuditTarget {
            id: id.to_owned(),
            kind,
            display_name: Some(display_name.to_owned()),
            user_principal_name: None,
            group_type: None,
            modified: Vec::new(),
        }
    }

    /// Adds a property with what it was and what it became; null is no value.
    #[must_use]
    pub fn modified(mut self, name: &str, old: &Value, new: &Value) -> AuditTarget {
        if self.modified.len() < MODIFIED_MAX {
            self.modified.push(ModifiedProperty { name: name.to_owned(), old: shown(old), new: shown(new) });
        }
        self
    }
}

/// Values stand in a list, as JSON in a text.
fn shown(value: &Value) -> Option<String> {
    let mut text = match value {
        Value::Null => return None,
        Value::Array(_) => value.to_string(),
        single => format!("[{single}]"),
    };
    if text.len() > VALUE_MAX {
        let end = (0..=VALUE_MAX).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
    }
    Some(text)
}

/// One entry of the audit log, before the tenant numbers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// When.
    pub at: SimTime,
    /// What.
    pub activity: Activity,
    /// By whom; none for the harness itself.
    pub initiator: Option<Initiator>,
    /// Why it failed; none when it succeeded.
    pub failure: Option<String>,
    /// What it was about, in Graph's order.
    pub targets: Vec<AuditTarget>,
    /// Further facts: key and value.
    pub details: Vec<(&'static str, String)>,
}

impl AuditEvent {
    /// A success by the caller, about nothing yet. `activity` is a name of audit-activities.tsv.
    pub fn new(ctx: &CallContext, activity: &'static str) -> AuditEvent {
        AuditEvent {
            at: ctx.now,
            activity: Activity::named(activity),
            initiator: ctx.app.map(Initiator::App),
            failure: None,
            targets: Vec::new(),
            details: Vec::new(),
        }
    }

    /// Names who caused it, where that is not the caller.
    #[must_use]
    pub fn by(mut self, initiator: Initiator) -> AuditEvent {
        self.initiator = Some(initiator);
        self
    }

    /// Adds what it was about.
    #[must_use]
    pub fn target(mut self, target: AuditTarget) -> AuditEvent {
        self.targets.push(target);
        self
    }

    /// Says that it failed, and why.
    #[must_use]
    pub fn failed(mut self, reason: &str) -> AuditEvent {
        self.failure = Some(reason.to_owned());
        self
    }

    /// Adds a further fact.
    #[must_use]
    pub fn detail(mut self, key: &'static str, value: impl Into<String>) -> AuditEvent {
        self.details.push((key, value.into()));
        self
    }
}

/// One entry of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its id: opaque, unique in the tenant.
    pub id: String,
    /// What ties entries of one operation together.
    pub correlation_id: Guid,
    /// What happened.
    pub event: AuditEvent,
}

impl Timed for AuditEntry {
    fn at(&self) -> SimTime {
        self.event.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_activity_says_where_it_comes_from() {
        let table = include_str!("../../../data/audit-activities.tsv");
        let lines: Vec<&str> = table.lines().filter(|line| !line.starts_with('#')).skip(1).collect();
        assert_eq!(lines.len(), ACTIVITIES.len());
        for line in lines {
            let cells: Vec<&str> = line.split('\t').collect();
            assert_eq!(cells.len(), 6, "{line}");
            assert!(["observed", "documented", "assumed"].contains(&cells[5]), "{line}");
        }
    }

    #[test]
    fn every_activity_that_the_tenant_writes_has_a_row() {
        // whoever calls has a name of the table: the sources are searched, as the names are texts
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tenant");
        let mut open = vec![std::path::PathBuf::from(folder)];
        let mut used = 0;
        while let Some(path) = open.pop() {
            if path.is_dir() {
                open.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let text = text.split("#[cfg(test)]").next().unwrap_or("");
            for call in ["AuditEvent::new(", "audit_object(", "audit_life(", "audit_update(", "audit_link("] {
                for part in text.split(call).skip(1) {
                    let arguments = part.split(';').next().unwrap_or("");
                    let named = arguments.split('"').skip(1).step_by(2).take(2);
                    for name in named.filter(|name| name.contains(' ')) {
                        let known = ACTIVITIES.iter().any(|known| known.name == name);
                        assert!(known, "{}: {name}", path.display());
                        used += 1;
                    }
                }
            }
        }
        assert!(used > 10, "{used}");
    }

    #[test]
    fn values_are_told_as_lists() {
        for (value, expected) in [
            (json!(null), None),
            (json!("Sales"), Some(r#"["Sales"]"#)),
            (json!(true), Some("[true]")),
            (json!(["a", "b"]), Some(r#"["a","b"]"#)),
        ] {
            assert_eq!(shown(&value).as_deref(), expected, "{value}");
        }
        assert!(shown(&json!("ü".repeat(5000))).unwrap().len() <= VALUE_MAX);
    }
}
