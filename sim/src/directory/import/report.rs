//! What became of a file's entries.

use std::collections::BTreeMap;
use std::fmt;

/// Most notes of a kind that the text shows.
const SHOWN: usize = 20;

/// One thing that somebody may want to know, with the first line it is about and how often it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The line in the file.
    pub line: usize,
    /// How often.
    pub count: usize,
    /// What.
    pub text: String,
}

/// Notes by text, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Notes(BTreeMap<String, (usize, usize)>);

impl Notes {
    pub(super) fn add(&mut self, line: usize, text: String) {
        self.0.entry(text).or_insert((line, 0)).1 += 1;
    }

    fn take(self) -> Vec<Note> {
        let mut notes: Vec<Note> =
            self.0.into_iter().map(|(text, (line, count))| Note { line, count, text }).collect();
        notes.sort_by(|a, b| (a.line, &a.text).cmp(&(b.line, &b.text)));
        notes
    }
}

/// What became of the entries of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// The file's name.
    pub name: String,
    /// Entries of the file.
    pub entries: usize,
    /// Those that became objects of their own.
    pub created: usize,
    /// Those that describe an object which every forest is born with.
    pub replaced: usize,
    /// What could not be kept: entries and values.
    pub skipped: Vec<Note>,
    /// What was put where the file says nothing: parents, numbers.
    pub assumed: Vec<Note>,
    /// Values that the directory makes itself, by attribute: back links, USNs, constructed attributes.
    pub recomputed: BTreeMap<String, usize>,
}

/// A report that is still being written.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) report: ImportReport,
    pub(super) skipped: Notes,
    pub(super) assumed: Notes,
}

impl Draft {
    pub(super) fn finish(mut self) -> ImportReport {
        self.report.skipped = self.skipped.take();
        self.report.assumed = self.assumed.take();
        self.report
    }

    pub(super) fn skip(&mut self, line: usize, text: impl Into<String>) {
        self.skipped.add(line, text.into());
    }

    pub(super) fn assume(&mut self, line: usize, text: impl Into<String>) {
        self.assumed.add(line, text.into());
    }

    pub(super) fn recompute(&mut self, attribute: &str) {
        *self.report.recomputed.entry(attribute.to_owned()).or_default() += 1;
    }
}

impl ImportReport {
    /// How many entries and values were not kept.
    pub fn lost(&self) -> usize {
        self.skipped.iter().map(|note| note.count).sum()
    }
}

impl fmt::Display for ImportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ImportReport { name, entries, created, replaced, .. } = self;
        writeln!(
            f,
            "{name}: {entries} entries: {created} new objects, {replaced} in place of the forest's own; \
             {} values and entries skipped",
            self.lost()
        )?;
        for (title, notes) in [("skipped", &self.skipped), ("assumed", &self.assumed)] {
            for Note { line, count, text } in notes.iter().take(SHOWN) {
                let times = if *count > 1 { format!(" ({count} times)") } else { String::new() };
                writeln!(f, "{title}: line {line}: {text}{times}")?;
            }
            if notes.len() > SHOWN {
                writeln!(f, "{title}: ... and {} more", notes.len() - SHOWN)?;
            }
        }
        if !self.recomputed.is_empty() {
            let all: Vec<String> =
                self.recomputed.iter().map(|(name, count)| format!("{name} ({count})")).collect();
            writeln!(f, "recomputed: {}", all.join(", "))?;
        }
        Ok(())
    }
}
