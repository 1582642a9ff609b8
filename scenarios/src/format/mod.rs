//! The scenario file: YAML that describes an estate and the steps of a flow over it.
//!
//! Typed, so that `NO` is a country and not false. Whatever is wrong is named with file, line, column and what
//! is allowed there. The JSON schema ([`json_schema`]) serves editors.

mod domains;
mod estate;
mod expect;
mod fault;
mod graph_requests;
mod known;
mod lag;
mod ldap;
mod ldif_changes;
mod ldif_file;
mod objects;
mod population;
pub mod scalars;
mod steps;
mod subscriptions;
mod synchronize;
mod text_or_map;
mod topology;

pub use domains::{Controllers, DomainSection};
pub use estate::{
    ClockSection, DirectoryLook, ForestSection, LimitsSection, Mode, PlanSection, Profile, SchemaSection,
    TenantSection,
};
pub use expect::{
    CostExpectations, DetectionExpectations, Expectations, LastRunExpectations, LicenseExpectations, Number,
    RepairExpectations, SyncExpectations,
};
pub use fault::FaultStep;
pub use graph_requests::{GraphRequest, Part, Wish};
pub use lag::LagSection;
pub use ldap::{Binding, LdapSection, Signing};
pub use ldif_changes::{LdifChange, LdifChanges};
pub use ldif_file::read_ldif;
pub use objects::{
    ANCHOR, AssignmentExpectation, CONFLICTS, LicenseError, ObjectExpectation, ObjectKindName, PropertyName,
    SYNCED, Wanted,
};
pub use population::{PopulationSection, ProfileName};
pub use steps::{ChangeStep, DEFAULT_TIMEOUT, ExitRule, Modify, MoveOu, RunStep, Step};
pub use subscriptions::{Status, SubscriptionSection};
pub use synchronize::{AnchorName, DnText, IdentifyingName, SynchronizeSection};
pub use text_or_map::{Defects, Licenses, Location, Product, Target};
pub use topology::{PeopleMatchName, TopologyName};

use crate::Error;
use scalars::{MissionRow, Name, Seed, Whole};
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
    pub seed: Option<Seed>,
    /// The forests (the default estate's one unless said).
    #[serde(default)]
    pub forests: Vec<ForestSection>,
    /// How the forests belong together (separate unless said).
    pub topology: Option<TopologyName>,
    /// How people of several forests are recognised: sid (unless said), mail, account-and-alias, or attribute:NAME.
    pub people_match: Option<PeopleMatchName>,
    /// What the customer wants synchronized (everything unless said); told to tools in the plan.
    #[serde(default)]
    pub synchronize: SynchronizeSection,
    /// The tenant.
    #[serde(default)]
    pub tenant: TenantSection,
    /// What the directories look like to LDAP clients (active-directory unless said).
    pub profile: Option<DirectoryLook>,
    /// Virtual time.
    #[serde(default)]
    pub clock: ClockSection,
    /// Limits by name.
    #[serde(default)]
    pub limits: LimitsSection,
    /// What domain controllers ask of connections.
    #[serde(default)]
    pub ldap: LdapSection,
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
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => return Err(not_utf8(&path.display().to_string(), &error)),
        };
        Scenario::parse(&path.display().to_string(), &text)
    }

    /// Reads the text of a file; `file` is its name in errors.
    ///
    /// # Errors
    /// With file, line, column and what is allowed there.
    pub fn parse(file: &str, text: &str) -> Result<Scenario, Error> {
        let mut scenario: Scenario =
            serde_saphyr::from_str(text).map_err(|error| diagnose(file, text, &error))?;
        scenario.check().map_err(|(reason, word)| blame(file, text, &reason, &word))?;
        let beside = Path::new(file).parent().unwrap_or(Path::new(""));
        scenario.forests.iter_mut().try_for_each(|forest| forest.read_ldif(beside))?;
        Ok(scenario)
    }

    /// What no single value can know: the reason, and the value whose last mention in the file is to blame.
    fn check(&self) -> Result<(), (String, String)> {
        let mut domains = BTreeSet::new();
        for forest in &self.forests {
            match (&forest.domain, &forest.ldif) {
                (None, None) => {
                    let reason = "forests: a forest has a domain, or an ldif file that says it".to_owned();
                    return Err((reason, "forests:".to_owned()));
                }
                (Some(domain), _) if !domains.insert(domain.0.to_ascii_lowercase()) => {
                    let reason = format!("forests: the domain {} is there twice", domain.0);
                    return Err((reason, domain.0.clone()));
                }
                (_, Some(_)) if forest.population.says_anything() => {
                    let reason = "forests: a forest has a population or an ldif file".to_owned();
                    return Err((reason, "population:".to_owned()));
                }
                _ => {}
            }
            for child in &forest.children {
                if !domains.insert(child.domain.0.to_ascii_lowercase()) {
                    let reason = format!("forests: the domain {} is there twice", child.domain.0);
                    return Err((reason, child.domain.0.clone()));
                }
            }
        }
        let sections = self.steps.iter().filter_map(|step| match step {
            Step::Change(change) => change.synchronize.as_ref(),
            _ => None,
        });
        for section in std::iter::once(&self.synchronize).chain(sections) {
            let wrong = |reason: String| (format!("synchronize: {reason}"), "synchronize:".to_owned());
            section.spec().check().map_err(wrong)?;
        }
        let mut names = BTreeSet::new();
        for step in &self.steps {
            match step {
                Step::Snapshot(name) if !names.insert(&name.0) => {
                    let reason = format!("steps: the snapshot {} is there twice", name.0);
                    return Err((reason, name.0.clone()));
                }
                Step::Change(change) => {
                    let further: usize = self.forests.iter().map(|forest| forest.children.len()).sum();
                    let beside = match &self.forests[..] {
                        [only] => only.population.forests_beside(),
                        _ => 0,
                    };
                    let forests = self.forests.len().max(1) + beside + further;
                    if change.forest.is_some_and(|forest| forest.0 as usize > forests) {
                        let reason =
                            format!("steps: change names a forest beyond the {forests} of this file");
                        return Err((reason, "forest:".to_owned()));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The error of a file whose bytes are no text, with the place of the first wrong one.
fn not_utf8(file: &str, error: &std::string::FromUtf8Error) -> Error {
    let good = error.utf8_error().valid_up_to();
    let text = String::from_utf8_lossy(&error.as_bytes()[..good]);
    let line = text.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = text.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
    let shown = String::from_utf8_lossy(error.as_bytes());
    Error::input(format!("the byte 0x{:02x} is not UTF-8", error.as_bytes()[good]))
        .at(file, &shown, (line as u64, column as u64), (good, 1))
        .with_help("save the file as UTF-8")
}

/// An error about a value that was read without its place: it has the place of the value's last mention.
fn blame(file: &str, text: &str, reason: &str, word: &str) -> Error {
    let reason = crate::report::escape_terminal(reason);
    let Some(begin) = text.rfind(word) else { return Error::input(format!("{file}: {reason}")) };
    let before = &text[..begin];
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
    Error::input(reason).at(file, text, (line as u64, column as u64), (begin, word.len()))
}

/// The error of an estate that could not be grown as its file asks: with the place of the defect that it names.
pub(crate) fn explain(path: &Path, error: Error) -> Error {
    if error.kind() != crate::ErrorKind::Input || error.line_and_column().is_some() {
        return error;
    }
    let (file, reason) = (path.display().to_string(), error.to_string());
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let is_id = |word: &&str| word.len() == 4 && forestbed_sim::defects::catalogue().get(word).is_some();
    let id = reason.split(|c: char| !c.is_ascii_alphanumeric()).find(is_id);
    blame(&file, &text, &reason, id.unwrap_or("\0"))
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
    // the reader's advice is for programmers who call it
    let message =
        message.strip_suffix(", set DuplicateKeyPolicy in Options if acceptable").unwrap_or(message);
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
