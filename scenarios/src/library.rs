//! The scenarios that come with the program.

use crate::Error;
use crate::format::Scenario;

/// A scenario of the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LibraryFile {
    /// Its name: `first-sync-and-license`.
    pub name: &'static str,
    /// Its text, with its comments.
    pub text: &'static str,
}

macro_rules! files {
    ($($name:literal),*) => {
        &[$(LibraryFile { name: $name, text: include_str!(concat!("../library/", $name, ".yaml")) }),*]
    };
}

/// All of them, sorted by name; `default` is the estate of `up` and `exec` and has no steps.
pub const LIBRARY: &[LibraryFile] = files![
    "default",
    "duplicates-and-conflicts",
    "first-sync-and-license",
    "licence-throttling",
    "merger",
    "school-rollover"
];

impl LibraryFile {
    /// The file of this name.
    pub fn find(name: &str) -> Option<LibraryFile> {
        LIBRARY.iter().copied().find(|file| file.name == name)
    }

    /// Reads it.
    ///
    /// # Errors
    /// Never for a released library: a test reads all of them.
    pub fn scenario(self) -> Result<Scenario, Error> {
        Scenario::parse(&format!("{}.yaml", self.name), self.text)
    }
}
