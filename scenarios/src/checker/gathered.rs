//! The objects of all sources on their way to the rules.

use super::output::{Format, Tally, idfix_rows};
use super::source::Entry;
use crate::error::Error;
use forestbed_sim::rules::idfix::{Action, IdFix, IdFixRow, RowKind, sort_rows};
use forestbed_sim::rules::{CheckError, Checker, Finding, ObjectView, RuleSet, Settings};
use std::io::{self, Write};

/// The objects of all sources, in their order.
pub(super) struct Gathered<'a> {
    rules: Rules<'a>,
    count: usize,
    /// The number of the object behind the last one of each source.
    ends: Vec<usize>,
}

enum Rules<'a> {
    Findings(Box<Checker<'a>>),
    /// IdFix's rows as they are.
    Rows(Box<IdFix>),
}

impl<'a> Gathered<'a> {
    /// For an output of this form; files that are needed come into the system's folder for them.
    pub(super) fn new(settings: &'a Settings, format: Format) -> Gathered<'a> {
        let rules = match (settings.rules, format) {
            (RuleSet::IdFix, Format::IdFixCsv) => Rules::Rows(Box::new(IdFix::new(&settings.into()))),
            _ => Rules::Findings(Box::new(Checker::new(settings, std::env::temp_dir()))),
        };
        Gathered { rules, count: 0, ends: Vec::new() }
    }

    /// How many objects there are.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// The output is made of IdFix's own rows.
    pub(super) fn is_rows(&self) -> bool {
        matches!(self.rules, Rules::Rows(_))
    }

    /// One more object, unless the rules do not check its class.
    ///
    /// # Errors
    /// When there is no room for it.
    pub(super) fn add(&mut self, entry: &Entry, forest: u16) -> Result<(), Error> {
        let Some(view) = entry.view(forest) else { return Ok(()) };
        self.count += 1;
        match &mut self.rules {
            Rules::Findings(checker) => checker.add(view).map_err(|error| no_room(&error)),
            Rules::Rows(idfix) => {
                idfix.add(&view);
                Ok(())
            }
        }
    }

    /// The objects that come next are another source's.
    pub(super) fn end_source(&mut self) {
        self.ends.push(self.count);
    }

    /// The number of the source that an object came from.
    pub(super) fn sources(&self) -> impl Fn(usize) -> usize + use<> {
        let ends = self.ends.clone();
        move |object| ends.partition_point(|end| *end <= object)
    }

    /// Hands every finding over with its object, those about one object together; none when the output is made of
    /// IdFix's own rows, which are written here.
    ///
    /// # Errors
    /// When there is no room, or when the output cannot be written.
    pub(super) fn finish(
        self,
        out: &mut dyn Write,
        tally: &mut Tally,
        mut each: impl FnMut(&ObjectView, &Finding, &mut Tally, &mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Error> {
        let cannot = |error: io::Error| Error::harness(format!("cannot write the findings: {error}"));
        match self.rules {
            Rules::Rows(idfix) => {
                let mut rows = idfix.finish().rows;
                sort_rows(&mut rows);
                rows.iter().for_each(|row| tally.count(&counted(row)));
                idfix_rows(&rows, out).map_err(cannot)
            }
            Rules::Findings(checker) => {
                let mut written = Ok(());
                let done = checker.finish_with(|view, finding| {
                    if written.is_ok() {
                        written = each(view, &finding, tally, out);
                    }
                });
                done.map_err(|error| no_room(&error))?;
                written.map_err(cannot)
            }
        }
    }
}

fn no_room(error: &CheckError) -> Error {
    Error::harness(error.to_string()).with_help("TMPDIR names the folder for the files of large checks")
}

/// A row as it is counted: one that would change nothing is left for a person.
fn counted(row: &IdFixRow) -> Finding {
    let repairs =
        row.kind == RowKind::Finding && !(row.proposed_action == Action::Edit && row.update == row.value);
    Finding { suggestion: repairs.then(Vec::new), ..row.finding() }
}
