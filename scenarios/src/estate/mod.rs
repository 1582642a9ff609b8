//! What the control API, the runner and a test share of a running estate: its world, the record that its
//! scores are made from, and the changes that life brings.

mod change;
mod going_back;
mod graph_requests;
mod judge;
mod ldif_changes;
mod names;
mod people;
mod restore;
mod state_text;
mod verdict;
mod wanted;

pub(crate) use change::ChangeRefusal;
pub(crate) use judge::{Judge, Reading};
pub(crate) use state_text::{canonical, state_text};
pub(crate) use wanted::{ToldPlan, write_plan};

use crate::format::ChangeStep;
use crate::tool::ToolReport;
use change::{ChangeReport, apply_change};
use forestbed_sim::score::Scorecard;
use forestbed_sim::world::World;
use going_back::Kept;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// A running estate as the harness sees it.
#[derive(Debug)]
pub(crate) struct Estate {
    /// Directories, tenant, clock, journal, faults.
    pub(crate) world: Arc<World>,
    /// What administrators have planned.
    pub(crate) plan: ToldPlan,
    judge: Mutex<Judge>,
    changes: AtomicU64,
    journal: watch::Receiver<u64>,
    report_file: PathBuf,
    state_dir: PathBuf,
    /// What belongs to the named states of the world, by their names.
    kept: Mutex<BTreeMap<String, Kept>>,
}

impl Estate {
    /// Of a world; `report_file` and `state_dir` are where tools are told to leave theirs, `plan` is what they are told.
    pub(crate) fn new(
        world: Arc<World>,
        (report_file, state_dir): (PathBuf, PathBuf),
        plan: ToldPlan,
    ) -> Estate {
        let (sender, journal) = watch::channel(world.journal.last_seq());
        world.journal.listen(move |seq| {
            // entries may be told out of order by concurrent requests: only a later one moves it on
            sender.send_if_modified(|last| {
                let later = seq > *last;
                *last = seq.max(*last);
                later
            });
        });
        let judge = Mutex::new(Judge::new(&world));
        let (changes, kept) = (AtomicU64::new(0), Mutex::default());
        Estate { world, plan, judge, changes, journal, report_file, state_dir, kept }
    }

    /// Follows the number of the newest entry of the journal.
    pub(crate) fn journal(&self) -> watch::Receiver<u64> {
        self.journal.clone()
    }

    pub(crate) fn judge(&self) -> MutexGuard<'_, Judge> {
        self.judge.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All scores of this instant. A tool that nobody ran in a role is heard too: its report is where every tool
    /// is told to leave it.
    pub(crate) fn score(&self) -> Scorecard {
        let mut judge = self.judge().clone();
        if let Ok(Some(report)) = ToolReport::read(&self.report_file) {
            judge.found_beside(report);
        }
        judge.score(&self.world, &self.plan.synchronize())
    }

    /// Applies a change and puts it on record. Its number is part of what it is drawn from.
    ///
    /// # Errors
    /// In words, when the directory or the tenant refuses it.
    pub(crate) fn change(&self, step: &ChangeStep) -> Result<ChangeReport, ChangeRefusal> {
        let nth = self.changes.fetch_add(1, Ordering::AcqRel);
        let previous = self.world.converged();
        let mut report = apply_change(&self.world, step, nth).map_err(ChangeRefusal::Estate)?;
        if let Some(wanted) = &step.synchronize {
            let told = self.plan.set(wanted.spec());
            told.map_err(|error| ChangeRefusal::Estate(error.to_string()))?;
            report.selected = true;
        }
        self.judge().changed(&self.world, previous);
        report.graph = graph_requests::send(&self.world, &step.graph).map_err(ChangeRefusal::Tenant)?;
        Ok(report)
    }
}
