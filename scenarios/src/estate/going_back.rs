//! Going back in time: what of the record and of the tools' files belongs to a named state, and to none.

use super::{Estate, Judge};
use crate::Error;
use crate::tool::ToolReport;
use forestbed_sim::spec::Synchronize;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{MutexGuard, PoisonError};

/// What belongs to a named state of the world.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    /// The record, its account closed.
    judge: Judge,
    changes: u64,
    /// The report that lay where tools leave theirs.
    report: Option<ToolReport>,
    /// What was to be synchronized.
    wanted: Synchronize,
}

impl Estate {
    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the state of this instant, and the record of it, under a name; older ones are replaced.
    pub(crate) fn checkpoint(&self, name: &str) {
        let mut kept = self.kept();
        let mut judge = self.judge().clone();
        // what is spent from here on is not this state's
        judge.begin_excursion(&self.world);
        let changes = self.changes.load(Ordering::Acquire);
        // a report that cannot be read is not heard by the scores either
        let report = ToolReport::read(&self.report_file).unwrap_or_default();
        self.world.checkpoint(name);
        kept.insert(name.to_owned(), Kept { judge, changes, report, wanted: self.plan.synchronize() });
    }

    /// Goes back to a named state and its record; false when there is none of that name.
    ///
    /// # Errors
    /// When the report of that state cannot be put back; the estate then stays as it is.
    pub(crate) fn restore(&self, name: &str) -> Result<bool, Error> {
        let kept = self.kept();
        let Some(state) = kept.get(name).cloned() else { return Ok(self.world.restore(name)) };
        match &state.report {
            Some(report) => report
                .write(&self.report_file)
                .map_err(|error| Error::io(&self.report_file, "write", &error))?,
            None => forget(&self.report_file)?,
        }
        self.plan.set(state.wanted)?;
        let restored = self.world.restore(name);
        self.changes.store(state.changes, Ordering::Release);
        let mut judge = state.judge;
        judge.end_excursion(&self.world);
        *self.judge() = judge;
        Ok(restored)
    }

    /// Back to the state right after generation, with nothing on record and nothing that tools remember.
    ///
    /// # Errors
    /// When a file of the tools cannot be removed; the estate then stays as it is.
    pub(crate) fn reset(&self) -> Result<(), Error> {
        forget(&self.report_file)?;
        self.plan.reset()?;
        empty(&self.state_dir).map_err(|error| Error::io(&self.state_dir, "empty", &error))?;
        self.world.reset();
        self.world.faults.clear();
        self.changes.store(0, Ordering::Release);
        *self.judge() = Judge::new(&self.world);
        Ok(())
    }
}

fn forget(file: &Path) -> Result<(), Error> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io(file, "remove", &error)),
        _ => Ok(()),
    }
}

/// Removes what a folder holds; a link goes, and what it points to stays. A folder that a tool removed is made
/// again.
fn empty(folder: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return fs::create_dir_all(folder),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
