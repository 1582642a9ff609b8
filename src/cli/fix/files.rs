//! Repairing LDIF files.

use super::{Fix, Format, planned, read, write};
use forestbed_scenarios::Error;
use forestbed_scenarios::fixer::{self, LdifDirectory, Machine, State, Target, take_suggestion};
use forestbed_scenarios::report::escape_terminal;
use forestbed_sim::rules::Settings;
use std::path::PathBuf;
use std::process::ExitCode;

impl Fix {
    /// Plans over all files together; writes repaired copies where they are asked for.
    pub(super) async fn fix_files(&self, paths: &[PathBuf], settings: &Settings) -> Result<ExitCode, Error> {
        let writing = &self.writing;
        if !writing.fixed.is_empty() && writing.fixed.len() != paths.len() {
            return Err(Error::input("--fixed is given once for each --ldif"));
        }
        if writing.apply && writing.fixed.is_empty() {
            return Err(Error::input(
                "an LDIF file is not changed in place: --fixed FILE names the repaired one",
            ));
        }
        if let Some(path) = writing.fixed.iter().find(|path| paths.contains(path)) {
            let problem = format!("{} is a file that is read: name another for --fixed", path.display());
            return Err(Error::input(problem));
        }
        let decisions = self.decisions()?;
        let (mut files, mut views, mut broken) = (Vec::new(), Vec::new(), 0);
        for (forest, path) in paths.iter().enumerate() {
            let file = LdifDirectory::read(read(path)?, forest);
            for (line, problem) in &file.problems {
                eprintln!("{}: line {line}: {}", path.display(), escape_terminal(problem));
            }
            broken += file.problems.len();
            views.extend(file.views());
            files.push(file);
        }
        let plan = fixer::plan(views, settings, &decisions, take_suggestion);
        if plan.changes.len() > writing.limit && !writing.fixed.is_empty() {
            return Ok(self.over_limit(plan.changes.len()));
        }
        let mut done = planned(plan);
        let mut targets: Vec<_> =
            files.iter_mut().map(|file| Box::new(file) as Box<dyn Target + '_>).collect();
        let ldif = match self.format() {
            Format::Ldif => Some(fixer::changes_ldif(&done.plan, &mut targets).await),
            _ => None,
        };
        if !writing.fixed.is_empty() {
            done.applied = Machine::new(&mut targets, None).apply(&done.plan.changes).await;
        }
        drop(targets);
        for (file, path) in files.iter().zip(&writing.fixed) {
            write(path, &file.text())?;
        }
        let text = ldif.unwrap_or_else(|| match self.format() {
            Format::Json => format!("{:#}\n", fixer::json_of(&done, !writing.fixed.is_empty())),
            _ => fixer::plan_text(&done.plan),
        });
        self.print(&text)?;
        let well = done.applied.iter().all(|applied| matches!(applied.state, State::Done | State::Already));
        Ok(ExitCode::from(u8::from(!well || broken > 0 || !done.plan.unmet.is_empty())))
    }
}
