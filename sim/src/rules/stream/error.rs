//! What can keep a check from its end.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a check of any size could not be carried out: its files could not be made, written or read.
#[derive(Debug)]
pub struct CheckError(Box<Kind>);

#[derive(Debug)]
enum Kind {
    Io { folder: PathBuf, what: &'static str, error: io::Error },
    NoFolder,
    Damaged,
    TooMany,
}

impl CheckError {
    pub(super) fn io(folder: &Path, what: &'static str, error: io::Error) -> CheckError {
        CheckError(Box::new(Kind::Io { folder: folder.to_owned(), what, error }))
    }

    pub(super) fn no_folder() -> CheckError {
        CheckError(Box::new(Kind::NoFolder))
    }

    pub(in super::super) fn damaged() -> CheckError {
        CheckError(Box::new(Kind::Damaged))
    }

    pub(super) fn too_many() -> CheckError {
        CheckError(Box::new(Kind::TooMany))
    }

    /// The disk that the check's folder is on is full.
    pub fn is_storage_full(&self) -> bool {
        matches!(&*self.0, Kind::Io { error, .. } if error.kind() == io::ErrorKind::StorageFull)
    }
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Kind::Io { folder, error, .. } if error.kind() == io::ErrorKind::StorageFull => write!(
                f,
                "the check needs more room than is left in {}: free some, or name another folder",
                folder.display()
            ),
            Kind::Io { folder, what, error } => {
                write!(f, "the check cannot {what} in {}: {error}", folder.display())
            }
            Kind::NoFolder => f.write_str("the check needs a folder for its files, and was given none"),
            Kind::Damaged => f.write_str("the check's own files were changed while it ran"),
            Kind::TooMany => write!(f, "more than {} objects", u32::MAX - 1),
        }
    }
}

impl std::error::Error for CheckError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &*self.0 {
            Kind::Io { error, .. } => Some(error),
            _ => None,
        }
    }
}
