//! The objects of all sources on their way to the rules.

use super::output::{Tally, idfix_rows};
use super::source::Entry;
use forestbed_sim::rules::idfix::{IdFix, IdFixSettings, Mode, sort_rows};
use forestbed_sim::rules::{self, Finding, IdFixMode, ObjectView, RuleSet, Settings};
use std::io::{self, Write};

/// The objects of all sources, in their order.
pub(super) struct Gathered {
    views: Vec<ObjectView>,
    settings: Settings,
    /// The number of the object behind the last one of each source.
    ends: Vec<usize>,
}

impl Gathered {
    pub(super) fn new(settings: Settings) -> Gathered {
        Gathered { views: Vec::new(), settings, ends: Vec::new() }
    }

    /// How many objects there are.
    pub(super) fn len(&self) -> usize {
        self.views.len()
    }

    pub(super) fn add(&mut self, entry: &Entry, forest: u16) {
        self.views.extend(entry.view(forest));
    }

    /// The objects that come next are another source's.
    pub(super) fn end_source(&mut self) {
        self.ends.push(self.len());
    }

    pub(super) fn ends(&self) -> &[usize] {
        &self.ends
    }

    pub(super) fn is_idfix(&self) -> bool {
        self.settings.rules == RuleSet::IdFix
    }

    /// Hands every finding over with its object, in the order of the objects.
    pub(super) fn finish(
        self,
        mut each: impl FnMut(&ObjectView, &Finding) -> io::Result<()>,
    ) -> io::Result<()> {
        let findings = match self.settings.rules {
            RuleSet::Documented => rules::check(&self.views, &self.settings),
            RuleSet::IdFix => {
                let mut findings = self.idfix().finish().findings(&self.views);
                // it adds rows of first holders behind those of later ones
                findings.sort_by_key(|finding| finding.object);
                findings
            }
        };
        findings.iter().try_for_each(|finding| each(&self.views[finding.object], finding))
    }

    fn idfix(&self) -> IdFix {
        let mode = match self.settings.idfix {
            IdFixMode::MultiTenant => Mode::MultiTenant,
            IdFixMode::Dedicated => Mode::Dedicated,
        };
        let alternate_login_id = self.settings.alternate_login_id;
        let mut run = IdFix::new(&IdFixSettings { mode, alternate_login_id });
        self.views.iter().for_each(|view| run.add(view));
        run
    }

    /// Writes what IdFix's own export would hold, row by row.
    pub(super) fn write_idfix_rows(&self, out: &mut dyn Write, tally: &mut Tally) -> io::Result<()> {
        let mut report = self.idfix().finish();
        let mut findings = report.findings(&self.views);
        findings.sort_by_key(|finding| finding.object);
        findings.iter().for_each(|finding| tally.count(finding));
        sort_rows(&mut report.rows);
        idfix_rows(&report.rows, out)?;
        out.flush()
    }
}
