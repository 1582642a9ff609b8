//! IdFix's rows as findings, so that whatever reads findings can compare both rule sets.

use super::super::{Finding, ObjectView, Severity};
use super::row::{Action, IdFixRow, RowKind};
use super::run::IdFixReport;
use std::borrow::Cow;

impl IdFixRow {
    /// The row as a finding, without a suggestion.
    ///
    /// `rule` is `idfix:` and the errors, joined by `+` (`idfix:Character+TopLevelDomain`). IdFix knows one
    /// degree of badness, so every finding is an error. [`IdFixReport::findings`] adds the suggestions, which
    /// need the other values of the attribute.
    pub fn finding(&self) -> Finding {
        let errors: Vec<&str> = self.errors.iter().map(|error| error.name()).collect();
        Finding {
            object: self.object,
            dn: self.dn.clone(),
            guid: self.guid.map(|guid| guid.to_string()),
            attribute: Cow::Borrowed(self.ldap_display_name()),
            rule: Cow::Owned(format!("idfix:{}", errors.join("+"))),
            severity: Severity::Error,
            value: self.value.clone(),
            suggestion: None,
            others: Vec::new(),
            owner: None,
            reason: self.reason(),
        }
    }

    fn reason(&self) -> String {
        let action = self.proposed_action.name();
        match self.kind {
            RowKind::Finding => format!("IdFix: {}; proposes {action}", self.error_text()),
            RowKind::AddedOriginal => {
                format!("IdFix: first holder of a value that a later object repeats; proposes {action}")
            }
        }
    }

    /// What accepting the row does to the attribute's values. An Edit that writes back what is there, and a
    /// first holder's row, repair nothing: a person has to.
    fn applied(&self, values: &mut Vec<String>) -> bool {
        if self.kind == RowKind::AddedOriginal {
            return false;
        }
        let place = values.iter().position(|value| Some(value) == self.value.as_ref());
        match (self.proposed_action, &self.update, place) {
            (Action::Complete, ..) => true,
            (Action::Remove, _, Some(place)) => {
                values.remove(place);
                true
            }
            (Action::Edit, Some(update), Some(place)) if *update != values[place] => {
                values[place].clone_from(update);
                true
            }
            (Action::Edit, Some(update), None) => {
                values.push(update.clone());
                true
            }
            _ => false,
        }
    }
}

impl IdFixReport {
    /// The rows as findings in the same order, with what the attribute would hold if every proposal about it
    /// were accepted. `objects` are those that were checked.
    ///
    /// A first holder's finding has no suggestion, nor has an Edit that writes back what is there; Complete
    /// suggests the values that are there. A first holder and who repeats its value name each other in
    /// `others`, where IdFix shows both.
    pub fn findings(&self, objects: &[ObjectView]) -> Vec<Finding> {
        let mut findings = Vec::with_capacity(self.rows.len());
        let mut rest = &self.rows[..];
        while let Some(first) = rest.iter().find(|row| row.kind == RowKind::Finding) {
            let other = |row: &IdFixRow| row.kind == RowKind::Finding && row.object != first.object;
            let own = &rest[..rest.iter().position(other).unwrap_or(rest.len())];
            // a first holder's row that stands last was added for the next object
            let own = own.len() - own.iter().rev().take_while(|row| row.kind != RowKind::Finding).count();
            findings.extend(findings_of(&rest[..own], &objects[first.object]));
            rest = &rest[own..];
        }
        findings
    }
}

/// The findings of the rows that one object caused.
pub(super) fn findings_of(rows: &[IdFixRow], view: &ObjectView) -> Vec<Finding> {
    let mut findings: Vec<Finding> = rows.iter().map(IdFixRow::finding).collect();
    let mut start = 0;
    while let Some(first) = rows.get(start) {
        let end = start + rows[start..].iter().take_while(|row| row.attribute == first.attribute).count();
        let mut values = view.all(first.ldap_display_name()).to_vec();
        let decided: Vec<bool> = rows[start..end].iter().map(|row| row.applied(&mut values)).collect();
        for (finding, decided) in findings[start..end].iter_mut().zip(decided) {
            finding.suggestion = decided.then(|| values.clone());
        }
        start = end;
    }
    for place in 1..rows.len() {
        if rows[place - 1].kind == RowKind::AddedOriginal {
            findings[place - 1].others = vec![rows[place].dn.clone()];
            findings[place].others = vec![rows[place - 1].dn.clone()];
        }
    }
    findings
}
