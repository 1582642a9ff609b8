//! The one error of this crate, with the exit code that it means.

use std::fmt;
use std::path::Path;

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
/// What it is not: a failed expectation. Those are results, not errors.
pub struct Error {
    kind: ErrorKind,
    message: String,
    report: Option<Box<miette::Report>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error { kind, message: message.into(), report: None }
    }

    pub(crate) fn input(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Input, message)
    }

    pub(crate) fn harness(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Harness, message)
    }

    pub(crate) fn file(path: &Path, doing: &str, source: &std::io::Error) -> Error {
        Error::new(ErrorKind::Harness, format!("cannot {doing} {}: {source}", path.display()))
    }

    /// An error of the file itself, with the place shown in its text.
    pub(crate) fn diagnosed(message: String, report: miette::Report) -> Error {
        Error { kind: ErrorKind::Input, message, report: Some(Box::new(report)) }
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

    /// The error with the marked place in its file, for terminals; none when it has no place.
    pub fn report(&self) -> Option<&miette::Report> {
        self.report.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.message)
    }
}

impl std::error::Error for Error {}
