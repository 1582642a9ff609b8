//! What the licenser remembers between two runs: whose licences wait for a new name.

use crate::tool::ToolError;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const FILE: &str = "licenser.json";

/// The file in the folder that tools keep between steps.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Note {
    /// Version of the format: 1.
    format: u32,
    /// Whose licences were taken away, by id: they are owed.
    pub(super) owed: BTreeMap<String, Owed>,
    /// The names for which that was tried already, by id: once is enough.
    pub(super) tried: BTreeMap<String, String>,
    #[serde(skip)]
    folder: PathBuf,
}

/// What one person is owed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Owed {
    /// Service plans that were off, by skuId of the direct licences.
    pub(super) licences: BTreeMap<String, BTreeSet<String>>,
    /// The tenant has said that they are gone; otherwise the run may have ended before.
    pub(super) taken: bool,
    /// The name that was refused to go.
    pub(super) former: String,
    /// The name that was waited for.
    pub(super) name: String,
}

impl Note {
    /// What was left by an earlier run, or nothing.
    ///
    /// # Errors
    /// A file that cannot be read, or is none of these: somebody's licences may be written there alone.
    pub(super) fn read(folder: &Path) -> Result<Note, ToolError> {
        let path = folder.join(FILE);
        let wrong = |why: String| ToolError::CannotStart(format!("{}: {why}", path.display()));
        let mut note = match std::fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Note::default(),
            Err(error) => return Err(wrong(error.to_string())),
        };
        if note.format > 1 {
            return Err(wrong(format!("format {} is of a later version", note.format)));
        }
        folder.clone_into(&mut note.folder);
        Ok(note)
    }

    /// Writes it in one step: a crash leaves the former one or this one.
    pub(super) fn write(&mut self) -> Result<(), ToolError> {
        self.format = 1;
        let text = serde_json::to_string_pretty(self).map_err(ToolError::failed)?;
        let (path, new) = (self.folder.join(FILE), self.folder.join(format!("{FILE}.new")));
        std::fs::write(&new, text).and_then(|()| std::fs::rename(&new, &path)).map_err(ToolError::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_back_and_a_damaged_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut note = Note::read(folder.path()).unwrap();
        assert_eq!((note.owed.len(), note.tried.len()), (0, 0));
        let licences = [("sku".to_owned(), BTreeSet::from(["plan".to_owned()]))].into();
        note.owed.insert(
            "id".to_owned(),
            Owed {
                licences,
                taken: true,
                former: "a@contoso.com".to_owned(),
                name: "ann@contoso.com".to_owned(),
            },
        );
        note.write().unwrap();
        assert_eq!(Note::read(folder.path()).unwrap(), note);
        for damaged in ["{", "[]", "{\"format\": 2, \"owed\": {}, \"tried\": {}}"] {
            std::fs::write(folder.path().join(FILE), damaged).unwrap();
            assert!(matches!(Note::read(folder.path()), Err(ToolError::CannotStart(_))), "{damaged}");
        }
    }
}
