//! What was found, counted.

use forestbed_sim::rules::{Finding, Severity};
use std::collections::BTreeMap;

/// Counts of findings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Objects that were checked.
    pub objects: u64,
    /// Findings by rule and severity.
    pub by_rule: BTreeMap<(String, Severity), u64>,
    /// Findings that no rule can repair.
    pub decisions: u64,
    /// Objects that something was found about.
    pub dirty: u64,
    /// The object of the last finding.
    last: Option<usize>,
}

impl Tally {
    /// Counts one finding; those of one object come one after the other.
    pub fn count(&mut self, finding: &Finding) {
        *self.by_rule.entry((finding.rule.to_string(), finding.severity)).or_default() += 1;
        self.decisions += u64::from(finding.needs_decision());
        self.dirty += u64::from(self.last.replace(finding.object) != Some(finding.object));
    }

    /// Findings of this severity.
    pub fn of(&self, severity: Severity) -> u64 {
        self.by_rule.iter().filter(|((_, held), _)| *held == severity).map(|(_, count)| count).sum()
    }

    /// All findings.
    pub fn findings(&self) -> u64 {
        self.by_rule.values().sum()
    }

    /// One line that says it all.
    pub fn summary(&self) -> String {
        let (errors, warnings) = (self.of(Severity::Error), self.of(Severity::Warning));
        let plural = |count: u64, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        format!(
            "{} checked: {} and {} about {}; {} for a decision",
            plural(self.objects, "object"),
            plural(errors, "error"),
            plural(warnings, "warning"),
            plural(self.dirty, "object"),
            self.decisions,
        )
    }
}
