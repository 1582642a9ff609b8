//! The snapshot step: the state as a file in the format of insta, so that `cargo insta review` serves it.

use super::{Runner, SnapshotMode, StepReport};
use crate::format::scalars::Name;
use similar::{ChangeTag, TextDiff};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// How many lines of a difference a report shows.
const SHOWN: usize = 20;

impl Runner<'_> {
    pub(super) fn snapshot(&mut self, name: &Name, report: &mut StepReport) {
        let folder = self.options.snapshots.clone().unwrap_or_else(|| beside(self.file));
        let path = folder.join(format!("{}__{}.snap", self.scenario.name.0, name.0));
        let file = self.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let text = self.lab.snapshot();
        match compare(&path, &text) {
            Err(error) => report.break_off(format!("cannot read {}: {error}", path.display())),
            Ok(Verdict::Same) => {
                // an older rejection is settled
                let _ = fs::remove_file(pending(&path));
            }
            Ok(verdict) => {
                let update = self.options.snapshot_mode == SnapshotMode::Update;
                let target = if update { path.clone() } else { pending(&path) };
                let written = fs::create_dir_all(&folder)
                    .and_then(|()| fs::write(&target, with_head(&file, &name.0, &text)));
                if let Err(error) = written {
                    report.break_off(format!("cannot write {}: {error}", target.display()));
                } else if update {
                    let _ = fs::remove_file(pending(&path));
                    report.note = format!("{} accepted", path.display());
                } else {
                    self.reject(&verdict, &target, report);
                }
            }
        }
    }

    fn reject(&self, verdict: &Verdict, pending: &Path, report: &mut StepReport) {
        let what = match verdict {
            Verdict::Missing => "there is no such snapshot yet",
            Verdict::Same | Verdict::Different(_) => "the state is not what the snapshot says",
        };
        if let Verdict::Different(diff) = verdict {
            report.output = diff.clone();
        }
        report.fail(format!(
            "{what}: see {}; accept it with --update-snapshots or cargo insta review",
            pending.display()
        ));
    }
}

enum Verdict {
    Same,
    Missing,
    Different(String),
}

fn beside(file: &Path) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).join("snapshots")
}

fn pending(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
}

fn compare(path: &Path, text: &str) -> io::Result<Verdict> {
    let file = match fs::read_to_string(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Verdict::Missing),
        Err(error) => return Err(error),
    };
    let old = body(&file);
    if old.trim_end() == text.trim_end() {
        return Ok(Verdict::Same);
    }
    Ok(Verdict::Different(difference(old, text)))
}

/// The first lines that differ, escaped for a terminal.
fn difference(old: &str, new: &str) -> String {
    let diff = TextDiff::from_lines(old, new);
    let lines = diff.iter_all_changes().filter_map(|change| {
        let sign = match change.tag() {
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
            ChangeTag::Equal => return None,
        };
        Some(format!("{sign} {}", crate::report::escape_terminal(change.value().trim_end())))
    });
    lines.take(SHOWN).collect::<Vec<_>>().join("\n")
}

/// The file: a head between two lines of dashes, then the text.
fn with_head(source: &str, expression: &str, text: &str) -> String {
    format!("---\nsource: {source}\nexpression: {expression}\n---\n{}\n", text.trim_end())
}

fn body(file: &str) -> &str {
    let Some(rest) = file.strip_prefix("---\n") else { return file };
    rest.split_once("\n---\n").map_or(file, |(_, body)| body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_survives_the_file_format_of_insta() {
        for text in ["a\nb\n", "--- tenant\nobjects: 1\n---\nx", ""] {
            assert_eq!(body(&with_head("first.yaml", "final", text)).trim_end(), text.trim_end());
        }
    }
}
