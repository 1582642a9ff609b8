//! Names of attributes as small numbers: an object of the database holds none of their letters.

use crate::error::{Error, Result};
use std::collections::BTreeMap;

/// An attribute, by its number in [`Names`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(pub(crate) u16);

/// The attributes that the rules and the schema know, in the order in which they were first met. Directories
/// do not tell case apart in names of attributes, so neither does a look-up.
#[derive(Debug, Clone, Default)]
pub struct Names {
    spelt: Vec<String>,
    exact: BTreeMap<String, Name>,
    folded: BTreeMap<String, Name>,
}

impl Names {
    /// The number of a name, given out when it is new.
    ///
    /// # Errors
    /// When there are more than 65,535 names.
    pub fn intern(&mut self, name: &str) -> Result<Name> {
        if let Some(found) = self.get(name) {
            return Ok(found);
        }
        let number = u16::try_from(self.spelt.len())
            .map_err(|_| Error::rules("more than 65,535 attributes are named"))?;
        self.spelt.push(name.to_owned());
        self.exact.insert(name.to_owned(), Name(number));
        self.folded.insert(name.to_ascii_lowercase(), Name(number));
        Ok(Name(number))
    }

    /// The number of a name that is known, in any case.
    pub fn get(&self, name: &str) -> Option<Name> {
        if let Some(found) = self.exact.get(name) {
            return Some(*found);
        }
        self.folded.get(&name.to_ascii_lowercase()).copied()
    }

    /// How it is spelt.
    pub fn spelling(&self, name: Name) -> &str {
        self.spelt.get(usize::from(name.0)).map_or("", String::as_str)
    }

    /// How many there are: each number is below this.
    pub(crate) fn len(&self) -> usize {
        self.spelt.len()
    }

    /// All of them by number.
    pub fn iter(&self) -> impl Iterator<Item = (Name, &str)> {
        (0u16..).map(Name).zip(self.spelt.iter().map(String::as_str))
    }
}
