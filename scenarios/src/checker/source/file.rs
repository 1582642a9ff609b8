//! Files and pipes as sources.

use super::csv::CsvEntries;
use super::decode::decoded;
use super::entry::Entry;
use super::ldif::LdifEntries;
use crate::error::Error;
use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};

/// What a file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// LDIF content records (RFC 2849).
    Ldif,
    /// CSV with a header.
    Csv,
}

/// A part of a file that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1 on.
    pub line: usize,
    /// What is wrong there; it may quote the file, so it is escaped before it is shown.
    pub message: String,
    /// The rest of the file was not read.
    pub is_fatal: bool,
}

impl Problem {
    pub(super) fn at(line: usize, message: impl Into<String>) -> Problem {
        Problem { line, message: message.into(), is_fatal: false }
    }

    pub(super) fn fatal(line: usize, message: impl Into<String>) -> Problem {
        Problem { is_fatal: true, ..Problem::at(line, message) }
    }

    pub(super) fn unreadable(line: usize, error: &io::Error) -> Problem {
        Problem::fatal(line, format!("cannot be read any further: {error}"))
    }
}

/// The entries of one file, or of standard input.
pub struct FileSource {
    name: String,
    entries: Entries,
    ended: bool,
}

enum Entries {
    Ldif(LdifEntries<'static>),
    Csv(Box<CsvEntries<'static>>),
}

impl std::fmt::Debug for FileSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FileSource({})", self.name)
    }
}

impl FileSource {
    /// Opens a file; `-` is standard input.
    ///
    /// # Errors
    /// When it cannot be opened, or is a CSV file without a usable header.
    pub fn open(kind: FileKind, path: &Path) -> Result<FileSource, Error> {
        let name = if is_stdin(path) { "standard input".to_owned() } else { path.display().to_string() };
        let cannot = |error: io::Error| Error::input(format!("cannot read {name}: {error}"));
        let source: Box<dyn Read + Send> = match is_stdin(path) {
            true => Box::new(io::stdin()),
            false => Box::new(open_file(path).map_err(cannot)?),
        };
        FileSource::read(kind, name.clone(), source)
    }

    /// The entries of whatever gives octets.
    ///
    /// # Errors
    /// As [`FileSource::open`].
    pub fn read(kind: FileKind, name: String, source: Box<dyn Read + Send>) -> Result<FileSource, Error> {
        let cannot = |error: io::Error| Error::input(format!("cannot read {name}: {error}"));
        let source: Box<dyn BufRead + Send> = decoded(source).map_err(cannot)?;
        let entries = match kind {
            FileKind::Ldif => Entries::Ldif(LdifEntries::new(source)),
            FileKind::Csv => {
                let entries = CsvEntries::new(source);
                let entries = entries.map_err(|problem| {
                    let said = crate::report::escape_terminal(&problem.message);
                    Error::input(format!("{name}: line {}: {said}", problem.line)).with_help(CSV_HELP)
                })?;
                Entries::Csv(Box::new(entries))
            }
        };
        Ok(FileSource { name, entries, ended: false })
    }

    /// The file's name for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether a finding about this attribute may be told: a CSV file without a column for it says nothing about
    /// it, neither that it is there nor that it is absent. `value` says whether the finding is about a value.
    pub fn knows(&self, attribute: &str, value: bool) -> bool {
        match &self.entries {
            Entries::Ldif(_) => true,
            Entries::Csv(entries) => entries.knows(attribute, value),
        }
    }
}

const CSV_HELP: &str = "the first line names the attributes: DN or distinguishedName, objectClass, displayName, mail...; \
                        csvde, Get-ADUser | Export-Csv and IdFix write such files";

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn open_file(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::Error::other(format!("{} is a folder", PathBuf::from(path).display())));
    }
    Ok(file)
}

impl Iterator for FileSource {
    type Item = Result<Entry, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = match &mut self.entries {
            Entries::Ldif(entries) => entries.next(),
            Entries::Csv(entries) => entries.next(),
        };
        self.ended = next.as_ref().is_none_or(|next| next.as_ref().is_err_and(|problem| problem.is_fatal));
        next
    }
}
