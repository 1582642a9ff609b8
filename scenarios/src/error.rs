//! The one error of this crate, with the exit code that it means.

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};
use std::fmt;
use std::path::Path;

/// How many characters of a wrong line are shown.
const SHOWN_COLUMNS: usize = 100;

/// What kind of thing went wrong; it decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The scenario file or an argument is wrong: exit code 2.
    Input,
    /// A port that was asked for is taken: exit code 3.
    PortInUse,
    /// A tool could not start or ran out of time: exit code 3.
    Tool,
    /// The harness itself could not do its work: exit code 3.
    Harness,
}

/// Why an estate could not be started or a scenario could not be run.
///
/// What it is not: a failed expectation. Those are results, not errors. Its text is one line, with file, line
/// and column when it has a place; as a miette [`Diagnostic`] it marks that place in the file.
pub struct Error {
    kind: ErrorKind,
    message: String,
    help: Option<String>,
    place: Option<Box<Place>>,
    lost: bool,
}

/// Where in a file.
#[derive(Debug)]
struct Place {
    source: NamedSource<String>,
    line: u64,
    column: u64,
    offset: usize,
    length: usize,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error { kind, message: message.into(), help: None, place: None, lost: false }
    }

    /// The file or an argument is wrong.
    pub fn input(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Input, message)
    }

    /// A tool could not start, gave up or ran out of time.
    pub fn tool(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Tool, message)
    }

    /// The harness could not do its work.
    pub fn harness(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Harness, message)
    }

    pub(crate) fn io(path: &Path, doing: &str, source: &std::io::Error) -> Error {
        Error::harness(format!("cannot {doing} {}: {source}", path.display()))
    }

    /// A connection ended, or nothing came in time: another try may go better.
    #[must_use]
    pub(crate) fn lost(mut self) -> Error {
        self.lost = true;
        self
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.lost
    }

    #[must_use]
    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Error {
        self.help = Some(help.into());
        self
    }

    /// Marks `length` bytes from `offset` on of a file's text, at a line and column that count from 1.
    #[must_use]
    pub(crate) fn at(mut self, file: &str, text: &str, place: (u64, u64), span: (usize, usize)) -> Error {
        let source = NamedSource::new(file, text.to_owned());
        let offset = span.0.min(text.len());
        let length = span.1.min(text.len() - offset);
        self.place = Some(Box::new(Place { source, line: place.0, column: place.1, offset, length }));
        self
    }

    /// What kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The exit code of a command that ends with this error: 2 for wrong input, 3 for the rest.
    pub fn exit_code(&self) -> u8 {
        match self.kind {
            ErrorKind::Input => 2,
            ErrorKind::PortInUse | ErrorKind::Tool | ErrorKind::Harness => 3,
        }
    }

    /// What to do about it, if that is known.
    pub fn help_text(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// Line and column in the file, both from 1 on; none when the error has no place.
    pub fn line_and_column(&self) -> Option<(u64, u64)> {
        self.place.as_ref().map(|place| (place.line, place.column))
    }

    /// The error for a terminal: the text, the marked line of the file, and what to do; control characters
    /// of the file are shown escaped.
    pub fn render(&self) -> String {
        let mut out = format!("error: {self}\n");
        if let Some(place) = &self.place {
            let line = usize::try_from(place.line).unwrap_or(0);
            let text = place.source.inner().lines().nth(line.saturating_sub(1)).unwrap_or_default();
            let gutter = " ".repeat(place.line.to_string().len());
            // of a long line only the part around the place
            let column = usize::try_from(place.column).unwrap_or(1).max(1) - 1;
            let from = column.saturating_sub(SHOWN_COLUMNS / 2);
            let part: String = text.chars().skip(from).take(SHOWN_COLUMNS).collect();
            let before: String = part.chars().take(column - from).collect();
            let marked = part.chars().count().saturating_sub(column - from).max(1);
            let shown = crate::report::escape_terminal(&part);
            let indent = " ".repeat(crate::report::escape_terminal(&before).chars().count());
            let marks = "^".repeat(place.length.clamp(1, marked));
            out.push_str(&format!("{gutter} |\n{} | {shown}\n{gutter} | {indent}{marks}\n", place.line));
        }
        if let Some(help) = &self.help {
            out.push_str(&format!("help: {help}\n"));
        }
        out
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{}:{}:{}: ", place.source.name(), place.line, place.column)?;
        }
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.kind)
    }
}

impl std::error::Error for Error {}

impl Diagnostic for Error {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.place.as_ref().map(|place| &place.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = self.place.as_ref()?;
        let label = LabeledSpan::new(Some("here".to_owned()), place.offset, place.length);
        Some(Box::new(std::iter::once(label)))
    }
}

impl From<forestbed_sim::Error> for Error {
    fn from(error: forestbed_sim::Error) -> Error {
        Error::input(error.to_string())
    }
}
