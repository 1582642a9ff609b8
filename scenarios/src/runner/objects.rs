//! What single objects of the tenant have to be, against what they are.

use super::Check;
use crate::format::{ANCHOR, CONFLICTS, ObjectExpectation, PropertyName, SYNCED, Wanted};
use forestbed_sim::oracle::{CloudRecord, read_tenant};
use forestbed_sim::world::World;
use std::collections::BTreeSet;

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
    }
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
