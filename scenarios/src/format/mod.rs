//! The scenario file: YAML that describes an estate and the steps of a flow over it.
//!
//! Typed, so that `NO` is a country and not false. Whatever is wrong is named with file, line, column and what
//! is allowed there. The JSON schema ([`json_schema`]) serves editors.

mod estate;
mod expect;
mod known;
pub mod scalars;
mod steps;
mod text_or_map;

pub use estate::{
    ClockSection, ForestSection, LimitsSection, Mode, PlanSection, PopulationSection, Profile, SchemaSection,
    TenantSection,
};
pub use expect::{
    CostExpectations, DetectionExpectations, Expectations, LicenseExpectations, Number, RepairExpectations,
    SyncExpectations,
};
pub use steps::{ChangeStep, DEFAULT_TIMEOUT, ExitRule, FaultStep, Modify, MoveOu, RunStep, Step};
pub use text_or_map::{Defects, Licenses, Location, Target};

use crate::Error;
use scalars::{MissionRow, Name, Whole};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::Path;

/// Defects per person of a profile that names no rate.
pub const DEFAULT_DEFECT_RATE: f64 = 0.02;
/// The largest scenario file, in bytes.
const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;

/// A scenario: an estate, and the steps of a flow over it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Version of the format: 1.
    pub format: Whole<1, 1>,
    /// Its name; snapshots are named after it.
    pub name: Name,
    /// What it is about, in a sentence or two.
    #[serde(default)]
    pub about: String,
    /// Rows of the mission's table that it covers, M01 to M22.
    #[serde(default)]
    pub covers: Vec<MissionRow>,
    /// What everything random is drawn from (42 unless said).
    pub seed: Option<u64>,
    /// The forests (the default estate's one unless said).
    #[serde(default)]
    pub forests: Vec<ForestSection>,
    /// The tenant.
    #[serde(default)]
    pub tenant: TenantSection,
    /// Virtual time.
    #[serde(default)]
    pub clock: ClockSection,
    /// Limits by name.
    #[serde(default)]
    pub limits: LimitsSection,
    /// What happens, in this order.
    #[serde(default)]
    pub steps: Vec<Step>,
}

impl Scenario {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, or with file, line, column and what is allowed there when it is wrong.
    pub fn load(path: &Path) -> Result<Scenario, Error> {
        let wrong =
            |reason: String| Error::input(format!("cannot read the scenario {}: {reason}", path.display()));
        let meta = std::fs::metadata(path).map_err(|e| wrong(e.to_string()))?;
        if meta.is_file() && meta.len() > MAX_FILE_BYTES {
            return Err(wrong(format!("{} bytes, more than {MAX_FILE_BYTES}", meta.len())));
        }
        let bytes = std::fs::read(path).map_err(|e| wrong(e.to_string()))?;
        let text = String::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8".to_owned()))?;
        Scenario::parse(&path.display().to_string(), &text)
    }

    /// Reads the text of a file; `file` is its name in errors.
    ///
    /// # Errors
    /// With file, line, column and what is allowed there.
    pub fn parse(file: &str, text: &str) -> Result<Scenario, Error> {
        let scenario: Scenario =
            serde_saphyr::from_str(text).map_err(|error| diagnose(file, text, &error))?;
        scenario.check().map_err(|reason| Error::input(format!("{file}: {reason}")))?;
        Ok(scenario)
    }

    /// What no single value can know.
    fn check(&self) -> Result<(), String> {
        let mut domains = BTreeSet::new();
        for forest in &self.forests {
            if !domains.insert(forest.domain.0.to_ascii_lowercase()) {
                return Err(format!("forests: the domain {} is there twice", forest.domain.0));
            }
        }
        let mut names = BTreeSet::new();
        for step in &self.steps {
            match step {
                Step::Snapshot(name) if !names.insert(&name.0) => {
                    return Err(format!("steps: the snapshot {} is there twice", name.0));
                }
                Step::Change(change) => {
                    let forests = self.forests.len().max(1);
                    if change.forest.is_some_and(|forest| forest.0 as usize > forests) {
                        return Err(format!(
                            "steps: change names a forest beyond the {forests} of this file"
                        ));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Turns the reader's error into ours: one line with the place, the marked text, and what to do.
fn diagnose(file: &str, text: &str, error: &serde_saphyr::Error) -> Error {
    let error = error.without_snippet();
    let shown = error.to_string();
    let Some(location) = error.location() else {
        return Error::input(format!("{file}: {}", crate::report::escape_terminal(&shown)));
    };
    let place = (location.line(), location.column());
    let suffix = format!(" at line {}, column {}", place.0, place.1);
    let message = shown.strip_suffix(&suffix).unwrap_or(&shown);
    // the reader counts characters, a span counts bytes
    let skip = usize::try_from(location.span().offset()).unwrap_or(0);
    let take = usize::try_from(location.span().len()).unwrap_or(0);
    let mut starts = text.char_indices().map(|(at, _)| at).chain(std::iter::once(text.len()));
    let begin = starts.nth(skip).unwrap_or(text.len());
    let length = text[begin..].chars().take(take).map(char::len_utf8).sum();
    Error::input(crate::report::escape_terminal(message)).at(file, text, place, (begin, length)).with_help(
        "`forestbed schema` prints every key with its meaning; `forestbed scenarios list` shows examples",
    )
}

/// The JSON schema of the scenario file, for editors, ending in a newline.
pub fn json_schema() -> String {
    let schema = schemars::schema_for!(Scenario);
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}
