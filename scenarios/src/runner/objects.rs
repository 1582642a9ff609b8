//! What single objects of the tenant have to be, against what they are.

use super::Check;
use crate::format::{
    ANCHOR, AssignmentExpectation, CONFLICTS, LicenseError, ObjectExpectation, PropertyName, SYNCED, Wanted,
};
use forestbed_sim::ids::Guid;
use forestbed_sim::oracle::{CloudRecord, read_tenant};
use forestbed_sim::tenant::{Catalogue, LicenseAssignment, Property, Tenant};
use forestbed_sim::world::World;
use std::collections::BTreeSet;
use std::fmt;

/// Judges every expectation on its own.
pub(super) fn judge(expectations: &[ObjectExpectation], world: &World, checks: &mut Vec<Check>) {
    if expectations.is_empty() {
        return;
    }
    let view = read_tenant(&world.tenant());
    for expectation in expectations {
        let fits = |record: &&CloudRecord| {
            record.kind == expectation.kind.kind()
                && record.deleted == expectation.deleted
                && expectation.find.iter().all(|(name, wanted)| wanted.fits(&values(record, *name)))
        };
        let found: Vec<&CloudRecord> = view.objects.iter().filter(fits).collect();
        let subject = subject(expectation);
        let wanted = expectation.count.map_or(1, |count| count.0);
        checks.push(Check {
            what: format!("objects: {subject}"),
            expected: format!("{wanted} of them"),
            actual: found.len().to_string(),
            passed: found.len() as u64 == wanted,
        });
        found.iter().for_each(|record| one(expectation, &subject, record, checks));
        if let Some(wanted) = expectation.photo {
            let tenant = world.tenant();
            for record in &found {
                let actual = tenant.photo(record.id).is_some();
                let (expected, actual, passed) = (wanted.to_string(), actual.to_string(), actual == wanted);
                checks.push(Check { what: format!("objects: {subject}: photo"), expected, actual, passed });
            }
        }
        if let Some(wanted) = &expectation.assignments {
            let tenant = world.tenant();
            for record in found {
                let actual = assignments(&tenant, record);
                checks.push(Check {
                    what: format!("objects: {subject}: assignments"),
                    expected: listed(wanted.iter().map(Assignment::wanted)),
                    actual: listed(actual.iter().cloned()),
                    passed: are(wanted, actual),
                });
            }
        }
    }
}

/// An assignment of a licence by the names that people know.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Assignment {
    sku: String,
    sku_id: String,
    group: Option<String>,
    error: &'static str,
    active: bool,
    /// Names and ids of the service plans that are off.
    disabled: Option<Vec<(String, String)>>,
}

impl Assignment {
    fn wanted(expectation: &AssignmentExpectation) -> Assignment {
        let error = expectation.error.map_or("None", LicenseError::name);
        let plans = expectation.disabled_plans.as_ref();
        Assignment {
            sku: expectation.sku.0.clone(),
            sku_id: String::new(),
            group: expectation.group.clone(),
            error,
            active: expectation.error.is_none() || expectation.kept,
            disabled: plans.map(|plans| plans.iter().map(|plan| (plan.clone(), String::new())).collect()),
        }
    }

    fn fits(&self, wanted: &AssignmentExpectation) -> bool {
        let sku = |name: &str| name.eq_ignore_ascii_case(&wanted.sku.0);
        let off = self.disabled.as_deref().unwrap_or_default();
        let is_off = |plan: &String| {
            off.iter().any(|(name, id)| name.eq_ignore_ascii_case(plan) || id.eq_ignore_ascii_case(plan))
        };
        (sku(&self.sku) || sku(&self.sku_id))
            && self.group == wanted.group
            && self.error == wanted.error.map_or("None", LicenseError::name)
            && self.active == (wanted.error.is_none() || wanted.kept)
            && wanted
                .disabled_plans
                .as_ref()
                .is_none_or(|plans| plans.len() == off.len() && plans.iter().all(is_off))
    }
}

impl fmt::Display for Assignment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = self.group.as_ref().map_or("directly".to_owned(), |group| format!("through {group}"));
        write!(f, "{} {from}", self.sku)?;
        if self.error != "None" {
            write!(f, " {}{}", self.error, if self.active { " (kept)" } else { "" })?;
        }
        match self.disabled.as_deref() {
            None | Some([]) => Ok(()),
            Some(plans) => {
                let names: Vec<&str> = plans.iter().map(|(name, _)| name.as_str()).collect();
                write!(f, " without {}", names.join(" and "))
            }
        }
    }
}

fn listed(all: impl Iterator<Item = Assignment>) -> String {
    let texts: Vec<String> = all.map(|one| one.to_string()).collect();
    if texts.is_empty() { "none".to_owned() } else { texts.join(", ") }
}

/// Whether these are the wanted ones, each once.
fn are(wanted: &[AssignmentExpectation], mut actual: Vec<Assignment>) -> bool {
    let each = |wanted: &AssignmentExpectation| {
        let at = actual.iter().position(|one| one.fits(wanted));
        at.map(|at| actual.swap_remove(at)).is_some()
    };
    wanted.iter().all(each) && actual.is_empty()
}

fn assignments(tenant: &Tenant, record: &CloudRecord) -> Vec<Assignment> {
    let object = tenant.object(record.id).or_else(|| tenant.deleted_object(record.id));
    let Some(object) = object else { return Vec::new() };
    let name_of = |group: Guid| {
        let name = tenant.object(group).and_then(|group| group.text(Property::DisplayName));
        name.map_or_else(|| group.to_string(), str::to_owned)
    };
    let one = |own: &LicenseAssignment| {
        let sku = Catalogue::get().by_id(own.sku_id);
        let plan = |id: &Guid| {
            let plan = sku.and_then(|sku| sku.plans.iter().find(|plan| plan.id == *id));
            (plan.map_or_else(|| id.to_string(), |plan| plan.name.to_owned()), id.to_string())
        };
        Assignment {
            sku: sku.map_or_else(|| own.sku_id.to_string(), |sku| sku.part_number.to_owned()),
            sku_id: own.sku_id.to_string(),
            group: own.group.map(name_of),
            error: own.error.name(),
            active: own.is_active(),
            disabled: Some(own.disabled_plans.iter().map(plan).collect()),
        }
    };
    object.license_assignments().iter().map(one).collect()
}

fn subject(expectation: &ObjectExpectation) -> String {
    let deleted = if expectation.deleted { "deleted " } else { "" };
    let found: Vec<String> =
        expectation.find.iter().map(|(name, wanted)| format!("{} {wanted}", name.0)).collect();
    format!("{deleted}{} with {}", expectation.kind.kind().name(), found.join(", "))
}

fn values(record: &CloudRecord, name: PropertyName) -> Vec<String> {
    match name.0 {
        ANCHOR => record.anchor.iter().cloned().collect(),
        SYNCED => record.synced.iter().map(bool::to_string).collect(),
        CONFLICTS => {
            // as the cloud spells them (directory-sync.md 2.3.3)
            let spelt = |name: &str| match name {
                "userprincipalname" => "UserPrincipalName".to_owned(),
                "proxyaddresses" => "ProxyAddresses".to_owned(),
                other => other.to_owned(),
            };
            let names: BTreeSet<String> = record.quarantined.iter().map(|(name, _)| spelt(name)).collect();
            names.into_iter().collect()
        }
        name => record.texts(name).to_vec(),
    }
}

fn one(expectation: &ObjectExpectation, subject: &str, record: &CloudRecord, checks: &mut Vec<Check>) {
    let mut check = |what: &str, expected: String, actual: String, passed: bool| {
        checks.push(Check { what: format!("objects: {subject}: {what}"), expected, actual, passed });
    };
    for (name, wanted) in &expectation.is {
        let actual = values(record, *name);
        check(name.0, wanted.to_string(), Wanted(actual.clone()).to_string(), wanted.fits(&actual));
    }
    let counts = [
        ("licenses", expectation.licenses.map(|count| count.0), record.licenses.len()),
        ("members", expectation.members.map(|count| count.0), record.members.len()),
    ];
    for (what, wanted, actual) in counts {
        if let Some(wanted) = wanted {
            check(what, wanted.to_string(), actual.to_string(), wanted == actual as u64);
        }
    }
}
