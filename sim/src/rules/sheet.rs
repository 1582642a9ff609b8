//! What has been found so far, attribute by attribute, and what the attributes would hold when repaired.

pub(super) use super::attributes::*;
use super::{Finding, ObjectView, Severity};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// One broken rule.
#[derive(Debug, Clone)]
pub(super) struct Broken {
    pub(super) rule: &'static str,
    pub(super) severity: Severity,
    pub(super) value: Option<String>,
    /// The repair is part of what the attribute would hold.
    pub(super) decided: bool,
    pub(super) reason: String,
    pub(super) others: Vec<u32>,
    pub(super) owner: Option<u32>,
}

impl Broken {
    pub(super) fn new(rule: &'static str, severity: Severity, reason: impl Into<String>) -> Broken {
        let reason = reason.into();
        Broken { rule, severity, value: None, decided: true, reason, others: Vec::new(), owner: None }
    }

    pub(super) fn error(rule: &'static str, reason: impl Into<String>) -> Broken {
        Broken::new(rule, Severity::Error, reason)
    }

    pub(super) fn warning(rule: &'static str, reason: impl Into<String>) -> Broken {
        Broken::new(rule, Severity::Warning, reason)
    }

    pub(super) fn of(mut self, value: &str) -> Broken {
        self.value = Some(value.to_owned());
        self
    }

    pub(super) fn decided(mut self, decided: bool) -> Broken {
        self.decided = decided;
        self
    }
}

/// One attribute of one object that something was found about.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    pub(super) broken: Vec<Broken>,
    pub(super) repaired: Vec<String>,
    /// What is compared with others in place of the repaired values.
    pub(super) compared: Option<Vec<String>>,
}

/// Everything found.
pub(super) struct Sheet<'a> {
    pub(super) objects: &'a [ObjectView],
    rows: BTreeMap<(u32, Slot), Row>,
}

impl<'a> Sheet<'a> {
    pub(super) fn new(objects: &'a [ObjectView]) -> Sheet<'a> {
        Sheet { objects, rows: BTreeMap::new() }
    }

    pub(super) fn original(&self, object: u32, slot: Slot) -> &'a [String] {
        self.objects[object as usize].slot(slot)
    }

    /// What the attribute would hold when everything that is decided so far were applied.
    pub(super) fn current(&self, object: u32, slot: Slot) -> &[String] {
        match self.rows.get(&(object, slot)) {
            Some(row) => &row.repaired,
            None => self.original(object, slot),
        }
    }

    /// What duplicates are looked for among: the repaired values, where the row names no others.
    pub(super) fn compared(&self, object: u32, slot: Slot) -> &[String] {
        let named = self.rows.get(&(object, slot)).and_then(|row| row.compared.as_deref());
        named.unwrap_or_else(|| self.current(object, slot))
    }

    pub(super) fn current_first(&self, object: u32, slot: Slot) -> Option<&str> {
        self.current(object, slot).first().map(String::as_str)
    }

    /// The row of an attribute, made when there is none.
    pub(super) fn row(&mut self, object: u32, slot: Slot) -> &mut Row {
        let original = self.original(object, slot);
        self.rows
            .entry((object, slot))
            .or_insert_with(|| Row { repaired: original.to_vec(), ..Row::default() })
    }

    /// Whether a rule of this severity or worse is broken there.
    pub(super) fn has(&self, object: u32, slot: Slot, severity: Severity) -> bool {
        self.rows.get(&(object, slot)).is_some_and(|row| row.broken.iter().any(|b| b.severity >= severity))
    }

    /// The repair of this attribute is not to be applied after all.
    pub(super) fn withdraw(&mut self, object: u32, slot: Slot) {
        let original = self.original(object, slot);
        let row = self.row(object, slot);
        row.repaired = original.to_vec();
        row.broken.iter_mut().for_each(|broken| broken.decided = false);
    }

    pub(super) fn into_findings(self) -> Vec<Finding> {
        let objects = self.objects;
        let name = |object: &u32| objects[*object as usize].dn.clone();
        let mut findings = Vec::new();
        for ((object, slot), row) in self.rows {
            let view = &objects[object as usize];
            for broken in row.broken {
                findings.push(Finding {
                    object: object as usize,
                    dn: view.dn.clone(),
                    guid: view.guid.map(|guid| guid.to_string()),
                    attribute: Cow::Borrowed(ATTRIBUTES[usize::from(slot)]),
                    rule: Cow::Borrowed(broken.rule),
                    severity: broken.severity,
                    value: broken.value,
                    suggestion: broken.decided.then(|| row.repaired.clone()),
                    others: broken.others.iter().map(name).collect(),
                    owner: broken.owner.as_ref().map(name),
                    reason: broken.reason,
                });
            }
        }
        findings
    }
}
