//! A second reading of the rules of licensing: straight from the tables and from what users show as JSON. It
//! shares no code with the tenant.

use super::super::*;
use std::collections::{BTreeMap, BTreeSet};

type Plans = BTreeSet<(String, String)>;

/// Plans of products (id and upper-case name), and the rules between them.
pub(super) struct Tables {
    pub(super) skus: BTreeMap<String, (String, Plans)>,
    depends: Vec<(String, Vec<String>)>,
    exclusive: Vec<(String, String)>,
    places: Vec<(String, String)>,
}

impl Tables {
    pub(super) fn read() -> Tables {
        let mut skus: BTreeMap<String, (String, Plans)> = BTreeMap::new();
        for line in include_str!("../../../../data/skus.tsv").lines().skip(1) {
            let cells: Vec<&str> = line.split('\t').collect();
            let entry = skus.entry(cells[1].to_owned()).or_insert((cells[0].to_owned(), Plans::new()));
            entry.1.insert((cells[3].to_owned(), cells[2].to_ascii_uppercase()));
        }
        let mut tables = Tables { skus, depends: Vec::new(), exclusive: Vec::new(), places: Vec::new() };
        for line in include_str!("../../../../data/license-rules.tsv").lines() {
            let cells: Vec<&str> = line.split('\t').collect();
            let others = || cells[2].split(',').map(str::to_owned);
            match cells[0] {
                "depends" => tables.depends.push((cells[1].to_owned(), others().collect())),
                "exclusive" => tables.exclusive.extend(others().map(|other| (cells[1].to_owned(), other))),
                _ => {}
            }
        }
        for line in include_str!("../../../../data/license-locations.tsv").lines().skip(2) {
            let cells: Vec<&str> = line.split('\t').collect();
            tables.places.push((cells[0].to_owned(), cells[1].to_owned()));
        }
        tables
    }

    fn plans(&self, license: &Entry) -> Plans {
        let all = self.skus.get(&license.sku).map(|(_, plans)| plans.clone()).unwrap_or_default();
        all.into_iter().filter(|(id, _)| !license.off.contains(id)).collect()
    }

    /// Ids and names of the plans that are on.
    pub(super) fn union<'a>(&self, entries: impl IntoIterator<Item = &'a Entry>) -> Plans {
        entries.into_iter().filter(|entry| entry.is_active()).flat_map(|entry| self.plans(entry)).collect()
    }

    /// The plans of every rule that is broken: one name without what it needs, or two that clash.
    pub(super) fn broken(&self, on: &Plans) -> Vec<Vec<String>> {
        let has = |name: &str| on.iter().any(|(_, known)| known == name);
        let lacking = self.depends.iter().filter(|(plan, needs)| has(plan) && !needs.iter().any(|n| has(n)));
        let clashing = self.exclusive.iter().filter(|(a, b)| has(a) && has(b));
        let lacking = lacking.map(|(plan, _)| vec![plan.clone()]);
        lacking.chain(clashing.map(|(a, b)| vec![a.clone(), b.clone()])).collect()
    }

    pub(super) fn is_prohibited(&self, license: &Entry, place: &str) -> bool {
        let covers = |rule: &str, name: &str| match rule.strip_suffix('*') {
            Some(head) => name.starts_with(head),
            None => name == rule,
        };
        self.plans(license)
            .iter()
            .any(|(_, name)| self.places.iter().any(|(rule, at)| at == place && covers(rule, name)))
    }

    /// What an attempt to give `asked` beside `base` would be told of each product; none is fine.
    pub(super) fn faults(
        &self,
        user: &Person,
        place: &str,
        asked: &[Entry],
        base: &[Entry],
        free: &BTreeMap<String, i64>,
    ) -> BTreeMap<String, &'static str> {
        let mut found: BTreeMap<String, &'static str> = BTreeMap::new();
        let all: Vec<Entry> = base.iter().chain(asked).cloned().collect();
        let broken = self.broken(&self.union(&all));
        for license in asked {
            let names: BTreeSet<String> = self.plans(license).into_iter().map(|(_, name)| name).collect();
            let concerns = |plans: &Vec<String>| plans.iter().any(|plan| names.contains(plan));
            // what nobody asked for lacks something: what is asked for takes it away
            let foreign = |plans: &Vec<String>| {
                let asked: Plans = asked.iter().flat_map(|license| self.plans(license)).collect();
                !asked.iter().any(|(_, name)| plans.contains(name))
            };
            let needs = broken.iter().any(|plans| plans.len() == 1 && (concerns(plans) || foreign(plans)));
            let clash = broken.iter().any(|plans| plans.len() == 2 && concerns(plans));
            let fault = if self.is_prohibited(license, place) {
                "ProhibitedInUsageLocationViolation"
            } else if !user.holds(&license.sku) && free[&license.sku] <= 0 {
                "CountViolation"
            } else if needs {
                "DependencyViolation"
            } else if clash {
                "MutuallyExclusiveViolation"
            } else {
                continue;
            };
            found.insert(license.sku.clone(), fault);
        }
        found
    }
}

/// An element of `licenseAssignmentStates`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) sku: String,
    pub(super) off: BTreeSet<String>,
    pub(super) group: Option<Guid>,
    pub(super) state: String,
    pub(super) error: String,
}

impl Entry {
    pub(super) fn is_active(&self) -> bool {
        self.state != "Error"
    }

    pub(super) fn asked(sku: &str, off: BTreeSet<String>) -> Entry {
        Entry { sku: sku.to_owned(), off, group: None, state: "Active".to_owned(), error: "None".to_owned() }
    }
}

/// A live user as it shows itself.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) id: Guid,
    pub(super) location: Option<String>,
    pub(super) groups: BTreeSet<Guid>,
    pub(super) entries: Vec<Entry>,
}

impl Person {
    pub(super) fn holds(&self, sku: &str) -> bool {
        self.entries.iter().any(|entry| entry.sku == sku && entry.is_active())
    }

    pub(super) fn of(tenant: &Tenant, object: &CloudObject) -> Person {
        let states = tenant.property(object, Property::LicenseAssignmentStates).to_json();
        let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
        let entry = |value: &Value| Entry {
            sku: text(&value["skuId"]),
            off: strings(&value["disabledPlans"]),
            group: value["assignedByGroup"].as_str().and_then(Guid::parse),
            state: text(&value["state"]),
            error: text(&value["error"]),
        };
        Person {
            id: object.id(),
            location: object.text(Property::UsageLocation).map(str::to_owned),
            groups: tenant.member_of(object.id()).iter().copied().collect(),
            entries: states.as_array().unwrap().iter().map(entry).collect(),
        }
    }

    pub(super) fn all(tenant: &Tenant) -> Vec<Person> {
        tenant.iter(ObjectKind::User).map(|object| Person::of(tenant, object)).collect()
    }
}

pub(super) fn strings(value: &Value) -> BTreeSet<String> {
    value.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

/// What a group hands on, as it shows itself.
pub(super) fn handed(tenant: &Tenant, group: Guid) -> Vec<Entry> {
    let Some(object) = tenant.object(group) else { return Vec::new() };
    let licenses = tenant.property(object, Property::AssignedLicenses).to_json();
    let entry = |one: &Value| Entry::asked(one["skuId"].as_str().unwrap(), strings(&one["disabledPlans"]));
    licenses.as_array().unwrap().iter().map(entry).collect()
}

/// Seats that nobody has, by product; below zero where seats were taken back.
pub(super) fn free(tenant: &Tenant) -> BTreeMap<String, i64> {
    let people = Person::all(tenant);
    let one = |owned: &Subscription| {
        let sku = owned.sku.id.to_string();
        let held = people.iter().filter(|person| person.holds(&sku)).count() as i64;
        // microsoft-graph.md 5.3: enabled + warning; suspended and lockedOut are not assignable
        let counts = ["Enabled", "Warning"].contains(&owned.status.name());
        (sku, if counts { i64::from(owned.seats) } else { 0 } - held)
    };
    tenant.skus().iter().map(one).collect()
}
