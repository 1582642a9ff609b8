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
            guid: None,
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
            (Action::Edit, Some(update), None) if self.value.is_none() => {
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
    pub fn findings(&self, objects: &[ObjectView]) -> Vec<Finding> {
        let mut findings: Vec<Finding> = self.rows.iter().map(IdFixRow::finding).collect();
        let mut start = 0;
        // what concerns one attribute of one object stands together, first holders' rows between it
        let own = |row: &&IdFixRow| row.kind == RowKind::Finding;
        while start < self.rows.len() {
            let Some(first) = self.rows[start..].iter().find(own) else { break };
            let same = |row: &IdFixRow| {
                row.kind == RowKind::AddedOriginal
                    || row.object == first.object && row.attribute == first.attribute
            };
            let end = start + self.rows[start..].iter().take_while(|row| same(row)).count();
            let mut values = objects[first.object].all(first.ldap_display_name()).to_vec();
            let decided: Vec<bool> =
                self.rows[start..end].iter().map(|row| row.applied(&mut values)).collect();
            for (place, decided) in (start..end).zip(decided) {
                findings[place].suggestion = decided.then(|| values.clone());
            }
            start = end;
        }
        for finding in &mut findings {
            finding.guid = objects[finding.object].guid.map(|guid| guid.to_string());
        }
        self.name_the_others(&mut findings);
        findings
    }

    /// A first holder's row and the row that it was added for name each other.
    fn name_the_others(&self, findings: &mut [Finding]) {
        for place in 1..self.rows.len() {
            if self.rows[place - 1].kind == RowKind::AddedOriginal {
                findings[place - 1].others = vec![self.rows[place].dn.clone()];
                findings[place].others = vec![self.rows[place - 1].dn.clone()];
            }
        }
    }
}
