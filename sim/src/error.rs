//! The one error of this crate: what was asked for cannot be made.

use std::fmt;

/// Why an estate, or a part of it, cannot be made as asked.
///
/// It is not what goes on a wire: a refused LDAP operation is a `DirectoryError`, a refused Graph call a
/// `TenantError`; both are data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    message: String,
    help: Option<String>,
}

impl Error {
    /// A specification that cannot be met; the message names the value and the place.
    pub fn invalid_spec(message: impl Into<String>) -> Error {
        Error { message: message.into(), help: None }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Error {
        self.help = Some(help.into());
        self
    }

    /// What to do about it, if that is known.
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.help.iter().try_for_each(|help| write!(f, " ({help})"))
    }
}

impl std::error::Error for Error {}
