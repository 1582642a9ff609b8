//! What would be changed, and why: found by the rules, on views of the objects, without a server.

use super::decisions::Decisions;
use super::target::ObjectName;
use forestbed_sim::directory::dn::Dn;
use forestbed_sim::rules::{self, Finding, ObjectView, Settings, Severity};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A repair can bring another defect to light (a mail that differed from an address that could not be read):
/// so many rounds at most.
pub const ROUNDS: usize = 5;

/// What is done about a finding: the values that its attribute shall have, or nothing.
pub type Review = fn(&Finding, &ObjectView) -> Option<Vec<String>>;

/// Takes the rule's suggestion.
pub fn take_suggestion(finding: &Finding, _view: &ObjectView) -> Option<Vec<String>> {
    finding.suggestion.clone()
}

/// Everything that is to be changed, object by object, and what is left.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// How many objects were looked at.
    pub objects: usize,
    /// One change an object: those of earlier rounds first, then in the order of the objects.
    pub changes: Vec<Change>,
    /// What breaks a rule and stays, in the order of the objects.
    pub left: Vec<Left>,
    /// Everything that any round found: the first finding of each rule about each attribute of each object.
    pub findings: Vec<Finding>,
    /// Decisions that cannot be carried out: their place in the file, and why.
    pub unmet: Vec<(usize, String)>,
}

/// What is to become of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which object.
    pub object: ObjectName,
    /// The last round that touched it, from 1 on.
    pub round: usize,
    /// Attribute by attribute.
    pub edits: Vec<Edit>,
}

/// What is to become of one attribute. Values are texts as the rules see them; octets stand as their summaries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edit {
    /// The attribute.
    pub attribute: String,
    /// All its values now.
    pub before: Vec<String>,
    /// All its values then; none when it goes.
    pub after: Vec<String>,
    /// The reasons.
    pub why: Vec<Why>,
}

/// A reason for an edit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Why {
    /// Id of the catalogue, or `decision`.
    pub rule: String,
    /// How bad it was.
    pub severity: Severity,
    /// In words.
    pub reason: String,
    /// The round that found it, from 1 on.
    pub round: usize,
}

/// What breaks a rule and is not changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Left {
    /// The object.
    pub dn: String,
    /// The attribute.
    pub attribute: String,
    /// Id of the catalogue.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// The value that breaks the rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// In words: why it is wrong.
    pub reason: String,
    /// Why it is left.
    pub because: Because,
    /// Of a duplicate: the other holders.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
}

/// Why something is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Because {
    /// No rule can name the repair: a person has to.
    NeedsDecision,
    /// A person decided to leave it, or decided otherwise than the rule.
    Decided,
    /// The repair would rename the object, which the fixer never does.
    WouldRename,
    /// Only the decisions that were handed in are applied.
    NotAsked,
    /// Repairs of it did not come to an end.
    Unsettled,
}

/// Looks at all objects, repairs them in memory, looks again, until nothing more can be repaired.
///
/// `forest_of` says of each view which server or file it came from.
pub fn plan(views: Vec<ObjectView>, settings: &Settings, decisions: &Decisions, review: Review) -> Plan {
    let mut planner = Planner::new(views, decisions);
    let mut last = Vec::new();
    for round in 1..=ROUNDS {
        let mut found = rules::check(&planner.views, settings);
        planner.note(&found);
        let wrote = planner.round(round, &found, review);
        last = std::mem::take(&mut found);
        if !wrote {
            break;
        }
        if round == ROUNDS {
            last = rules::check(&planner.views, settings);
            planner.note(&last);
        }
    }
    planner.finish(&last, review)
}

type Spot = (usize, String);

struct Planner<'a> {
    views: Vec<ObjectView>,
    decisions: &'a Decisions,
    /// What an attribute held at first, of those that were changed.
    before: BTreeMap<Spot, Vec<String>>,
    why: BTreeMap<Spot, Vec<Why>>,
    rounds: BTreeMap<usize, usize>,
    /// Decided by a person: no suggestion changes it.
    pinned: BTreeSet<Spot>,
    seen: BTreeSet<(usize, String, String)>,
    findings: Vec<Finding>,
    unmet: Vec<(usize, String)>,
}

impl<'a> Planner<'a> {
    fn new(views: Vec<ObjectView>, decisions: &'a Decisions) -> Planner<'a> {
        let mut planner = Planner {
            views,
            decisions,
            before: BTreeMap::new(),
            why: BTreeMap::new(),
            rounds: BTreeMap::new(),
            pinned: BTreeSet::new(),
            seen: BTreeSet::new(),
            findings: Vec::new(),
            unmet: Vec::new(),
        };
        planner.decide();
        planner
    }

    /// What people decided comes first, so that the rules look at its outcome.
    fn decide(&mut self) {
        if self.decisions.is_empty() {
            return;
        }
        let mut met = BTreeSet::new();
        for index in 0..self.views.len() {
            for decision in self.decisions.of(&self.views[index].dn) {
                met.insert(decision.place);
                let spot = (index, decision.attribute.clone());
                self.pinned.insert(spot.clone());
                let present = self.views[index].all(&decision.attribute).to_vec();
                if names(&self.views[index].dn, &decision.attribute) {
                    self.unmet.push((decision.place, format!("{} names the object: not changed", spot.1)));
                    continue;
                }
                let Some(values) = decision.choice.applied(&present) else {
                    let why = format!("{}: {} no longer holds the value", decision.dn, decision.attribute);
                    self.unmet.push((decision.place, why));
                    continue;
                };
                let reason = decision.said();
                let why = Why { rule: "decision".to_owned(), severity: Severity::Error, reason, round: 1 };
                self.put(spot, values, vec![why], 1);
            }
        }
        let absent = self.decisions.all().filter(|decision| !met.contains(&decision.place));
        let absent =
            absent.map(|decision| (decision.place, format!("{}: no such object was read", decision.dn)));
        self.unmet.extend(absent);
        self.unmet.sort();
    }

    fn note(&mut self, found: &[Finding]) {
        for finding in found {
            let key = (finding.object, finding.attribute.to_string(), finding.rule.to_string());
            if self.seen.insert(key) {
                self.findings.push(finding.clone());
            }
        }
    }

    /// What would become of a finding's attribute: its new values, or why it stays.
    fn verdict(&self, finding: &Finding, review: Review) -> Result<Vec<String>, Because> {
        let view = &self.views[finding.object];
        if self.pinned.contains(&(finding.object, finding.attribute.to_string())) {
            return Err(Because::Decided);
        }
        let values = review(finding, view).ok_or(Because::NeedsDecision)?;
        match () {
            () if self.decisions.only => Err(Because::NotAsked),
            () if names(&view.dn, &finding.attribute) => Err(Because::WouldRename),
            () => Ok(values),
        }
    }

    /// Carries out the suggestions of a round; whether anything changed.
    fn round(&mut self, round: usize, found: &[Finding], review: Review) -> bool {
        let mut wanted: BTreeMap<Spot, (Vec<String>, Vec<Why>)> = BTreeMap::new();
        for finding in found {
            let Ok(values) = self.verdict(finding, review) else { continue };
            let why = Why {
                rule: finding.rule.to_string(),
                severity: finding.severity,
                reason: finding.reason.clone(),
                round,
            };
            let entry = wanted.entry((finding.object, finding.attribute.to_string())).or_default();
            entry.0 = values;
            entry.1.push(why);
        }
        let mut wrote = false;
        for (spot, (values, why)) in wanted {
            wrote |= self.put(spot, values, why, round);
        }
        wrote
    }

    fn put(&mut self, spot: Spot, values: Vec<String>, why: Vec<Why>, round: usize) -> bool {
        let present = self.views[spot.0].all(&spot.1);
        if same(present, &values) {
            return false;
        }
        let present = present.to_vec();
        self.before.entry(spot.clone()).or_insert(present);
        self.rounds.insert(spot.0, round);
        self.views[spot.0].set(&spot.1, values);
        self.why.entry(spot).or_default().extend(why);
        true
    }

    fn finish(self, last: &[Finding], review: Review) -> Plan {
        let mut left = Vec::new();
        for finding in last {
            let because = match self.verdict(finding, review) {
                Err(because) => because,
                // the holder of a duplicate who keeps its value has nothing to do
                Ok(values) if same(&values, self.views[finding.object].all(&finding.attribute)) => continue,
                Ok(_) => Because::Unsettled,
            };
            left.push(Left {
                dn: finding.dn.clone(),
                attribute: finding.attribute.to_string(),
                rule: finding.rule.to_string(),
                severity: finding.severity,
                value: finding.value.clone(),
                reason: finding.reason.clone(),
                because,
                others: finding.others.clone(),
            });
        }
        let mut edits: BTreeMap<usize, Vec<Edit>> = BTreeMap::new();
        let mut why = self.why;
        for ((object, attribute), before) in self.before {
            let after = self.views[object].all(&attribute).to_vec();
            if !same(&before, &after) {
                let why = why.remove(&(object, attribute.clone())).unwrap_or_default();
                edits.entry(object).or_default().push(Edit { attribute, before, after, why });
            }
        }
        let mut changes: Vec<Change> = edits
            .into_iter()
            .map(|(index, edits)| {
                let view = &self.views[index];
                let object = ObjectName { forest: forest(view), dn: view.dn.clone(), guid: view.guid };
                Change { object, round: self.rounds[&index], edits }
            })
            .collect();
        // who has to wait for another's value to be free was found in a later round
        changes.sort_by_key(|change| change.round);
        Plan { objects: self.views.len(), changes, left, findings: self.findings, unmet: self.unmet }
    }
}

/// Which server or file an object came from.
fn forest(view: &ObjectView) -> usize {
    usize::from(view.forest)
}

fn same(a: &[String], b: &[String]) -> bool {
    let sorted = |values: &[String]| {
        let mut values = values.to_vec();
        values.sort();
        values
    };
    a.len() == b.len() && sorted(a) == sorted(b)
}

/// Whether an attribute names the object: a change of it is a rename.
fn names(dn: &str, attribute: &str) -> bool {
    let names = |rdn: &str| rdn.eq_ignore_ascii_case(attribute);
    ["name", "distinguishedName"].into_iter().any(names)
        || Dn::parse(dn).is_ok_and(|dn| dn.rdns.first().is_some_and(|rdn| names(&rdn.attribute)))
}
