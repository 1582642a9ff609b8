//! What administrators have planned, as tools are told it now: a scenario may change what is synchronized.

use crate::Error;
use crate::tool::EstatePlan;
use forestbed_sim::directory::Directory;
use forestbed_sim::spec::Synchronize;
use forestbed_sim::world::World;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The plan, and the file in which tools read it.
#[derive(Debug)]
pub(crate) struct ToldPlan {
    file: PathBuf,
    /// As the estate has grown.
    first: EstatePlan,
    now: Mutex<EstatePlan>,
}

impl ToldPlan {
    /// A plan that lies in a file already.
    pub(crate) fn new(file: PathBuf, plan: EstatePlan) -> ToldPlan {
        ToldPlan { file, first: plan.clone(), now: Mutex::new(plan) }
    }

    fn lock(&self) -> MutexGuard<'_, EstatePlan> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The plan of this instant.
    pub(crate) fn now(&self) -> EstatePlan {
        self.lock().clone()
    }

    /// What is to be synchronized.
    pub(crate) fn synchronize(&self) -> Synchronize {
        self.lock().synchronize.clone().unwrap_or_default()
    }

    /// Tells tools of something else to synchronize.
    ///
    /// # Errors
    /// When the file cannot be written; the plan then stays as it is.
    pub(crate) fn set(&self, wanted: Synchronize) -> Result<(), Error> {
        let mut now = self.lock();
        let plan = EstatePlan { synchronize: Some(wanted).filter(|w| !w.is_default()), ..now.clone() };
        write_plan(&self.file, &plan)?;
        *now = plan;
        Ok(())
    }

    /// Back to the first plan.
    ///
    /// # Errors
    /// As of [`ToldPlan::set`].
    pub(crate) fn reset(&self) -> Result<(), Error> {
        self.set(self.first.synchronize.clone().unwrap_or_default())
    }
}

/// Writes the file of a plan.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write_plan(file: &Path, plan: &EstatePlan) -> Result<(), Error> {
    let text = serde_json::to_string_pretty(plan).map_err(|error| Error::harness(error.to_string()))?;
    std::fs::write(file, text).map_err(|error| Error::io(file, "write", &error))
}

/// Whether the directories have what is named; `changed` stands for one of them that is not in the world yet.
///
/// # Errors
/// In words: a contradiction, or the first name that is nobody's.
pub(crate) fn check_names(
    world: &World,
    changed: Option<(usize, &Directory)>,
    wanted: &Synchronize,
) -> Result<(), String> {
    wanted.check().map_err(|reason| format!("synchronize: {reason}"))?;
    let cells = world.domains();
    for name in &wanted.domains {
        if !cells.iter().any(|cell| cell.spec.domain.eq_ignore_ascii_case(name)) {
            let known: Vec<&str> = cells.iter().map(|cell| cell.spec.domain.as_str()).collect();
            return Err(format!("synchronize: there is no domain '{name}': there are {}", known.join(", ")));
        }
    }
    let holds = |directory: &Directory, dn: &str| directory.resolve(dn).is_ok();
    let is_there = |dn: &String| {
        (0..cells.len()).any(|at| match changed {
            Some((forest, directory)) if forest == at => holds(directory, dn),
            _ => holds(&world.directory(at), dn),
        })
    };
    let mut containers = wanted.include.iter().chain(&wanted.exclude).map(|dn| ("container", dn));
    let missing = containers.find(|(_, dn)| !is_there(dn));
    let missing =
        missing.or_else(|| wanted.group.as_ref().map(|dn| ("group", dn)).filter(|(_, dn)| !is_there(dn)));
    match missing {
        Some((what, dn)) => Err(format!("synchronize: there is no {what} '{dn}'")),
        None => Ok(()),
    }
}
