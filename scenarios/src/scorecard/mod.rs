//! The scorecard: a checker and a fixer on many dirty estates, each served over LDAP, and a table of how they did.

mod markdown;
mod sums;
mod table;
#[cfg(test)]
mod table_tests;

use crate::lab::Lab;
use crate::tool::{CommandTool, Role, Tool, ToolError};
use crate::tools::{FixerOptions, ReferenceFixer, RuleSetChecker};
use crate::{Error, ErrorKind};
use forestbed_sim::clock::ClockMode;
use forestbed_sim::population::{PopulationProfile, PopulationSpec};
use forestbed_sim::rules::RuleSet;
use forestbed_sim::score::{Comparison, DetectionScore, RepairScore, Scorecard, compare};
use forestbed_sim::spec::{
    DefectMix, EstateSpec, ForestSpec, PlanRow, PlanTarget, TenantSpec, UsageLocation,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use markdown::{Part, markdown};
pub use table::terminal;

/// What is to be played.
#[derive(Debug, Clone)]
pub struct ScorecardOptions {
    /// Population profiles.
    pub populations: Vec<PopulationProfile>,
    /// Defect profiles by name.
    pub defects: Vec<String>,
    /// Seeds.
    pub seeds: Vec<u64>,
    /// People an estate.
    pub users: u32,
    /// Defects per person, 0 to 1.
    pub rate: f64,
    /// So many percent of the defects meet another one on their object.
    pub overlap: u8,
    /// Innocent look-alikes an estate.
    pub decoys: u32,
    /// The rules of the reference tools.
    pub rules: RuleSet,
    /// Commands in the place of the reference tools.
    pub tools: BTreeMap<Role, String>,
    /// Commands that are compared with them, on the same estates.
    pub against: BTreeMap<Role, String>,
    /// The reference tools by these rules are compared with them, on the same estates.
    pub against_rules: Option<RuleSet>,
    /// The folder that commands run in.
    pub folder: PathBuf,
}

/// One estate, and how the tools did on it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ScorecardRow {
    /// The population profile.
    pub population: String,
    /// The defect profile.
    pub defects: String,
    /// The seed.
    pub seed: u64,
    /// How the checker did.
    pub detection: DetectionScore,
    /// How the fixer did.
    pub repairs: RepairScore,
    /// The other tools on the same estate, line by line; [`read`] leaves it out.
    #[serde(skip_serializing_if = "Option::is_none", skip_deserializing)]
    pub comparison: Option<Comparison>,
    /// How they did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against: Option<Rival>,
}

/// How the tools did that are compared.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Rival {
    /// How the checker did.
    pub detection: DetectionScore,
    /// How the fixer did.
    pub repairs: RepairScore,
}

/// Who plays: commands, and the reference tools by some rules where there is none.
#[derive(Clone, Copy)]
struct Players<'a> {
    tools: &'a BTreeMap<Role, String>,
    rules: RuleSet,
    folder: &'a Path,
}

impl Players<'_> {
    fn name(self) -> String {
        match (self.tools.values().next(), self.rules) {
            (Some(command), _) => command.clone(),
            (None, RuleSet::Documented) => "reference".to_owned(),
            (None, RuleSet::IdFix) => "IdFix's rules".to_owned(),
        }
    }
}

impl ScorecardOptions {
    fn players(&self) -> Players<'_> {
        Players { tools: &self.tools, rules: self.rules, folder: &self.folder }
    }

    fn rivals(&self) -> Option<Players<'_>> {
        let asked = !self.against.is_empty() || self.against_rules.is_some();
        let rules = self.against_rules.unwrap_or(self.rules);
        asked.then_some(Players { tools: &self.against, rules, folder: &self.folder })
    }
}

impl ScorecardRow {
    /// Everything found, nothing made up, everything repaired, nothing else touched.
    pub fn is_perfect(&self) -> bool {
        let whole = |share: f64| share >= 1.0;
        whole(self.detection.recall)
            && whole(self.detection.precision)
            && whole(self.repairs.recall)
            && self.repairs.collateral.is_empty()
            && self.repairs.decoys_touched.is_empty()
    }
}

/// Plays every combination; `done` hears of each as it ends.
///
/// # Errors
/// When an estate cannot be grown or served, or a tool cannot start.
pub async fn play(
    options: &ScorecardOptions,
    mut done: impl FnMut(&ScorecardRow),
) -> Result<Vec<ScorecardRow>, Error> {
    let mut rows = Vec::new();
    for population in &options.populations {
        for defects in &options.defects {
            for seed in &options.seeds {
                let spec = estate(options, *population, defects, *seed);
                let row = play_one(options, spec, *population, defects).await?;
                done(&row);
                rows.push(row);
            }
        }
    }
    Ok(rows)
}

/// The containers that no plan synchronizes: accounts of programs, and principals of other forests.
const NOT_SYNCHRONIZED: [&str; 2] = ["Service Accounts", "ForeignSecurityPrincipals"];
/// The groups whose members get licences: those of departments and projects.
const LICENSE_GROUPS: &str = "GG-*";

/// The estate of one combination. Merged companies are two forests, one of them with the other company's domain.
/// Everybody is to get a licence; a group of more members than the smallest forest has people is too large, since the
/// real limits lie beyond estates that can be played often.
pub fn estate(
    options: &ScorecardOptions,
    population: PopulationProfile,
    defects: &str,
    seed: u64,
) -> EstateSpec {
    let mix = DefectMix::Profile { name: defects.to_owned(), rate: options.rate };
    let forest = |domain: &str, suffix: &str, users: u32, decoys: u32| ForestSpec {
        domain: domain.to_owned(),
        upn_suffixes: vec![suffix.to_owned()],
        population: PopulationSpec::of(population, users),
        defects: mix.clone(),
        overlap: options.overlap,
        decoys,
        not_synchronized: NOT_SYNCHRONIZED.map(str::to_owned).into(),
        ..ForestSpec::default()
    };
    let (users, decoys) = (options.users, options.decoys);
    let merged = population.name() == "merged-companies";
    let other = users * 2 / 5;
    let forests = match merged {
        true => vec![
            forest("contoso.local", "contoso.com", users - other, decoys - decoys / 2),
            forest("fabrikam.local", "fabrikam.com", other, decoys / 2),
        ],
        false => vec![forest("contoso.local", "contoso.com", users, decoys)],
    };
    let everybody = PlanRow {
        sku: "ENTERPRISEPACK".to_owned(),
        to: PlanTarget::All,
        usage_location: UsageLocation::FromC,
        disabled_plans: Vec::new(),
        replaces: Vec::new(),
    };
    let smallest = forests.iter().map(|forest| forest.population.users).min().unwrap_or(users);
    let mut tenant = TenantSpec {
        license_plan: vec![everybody],
        license_groups: vec![LICENSE_GROUPS.to_owned()],
        switches: [("group_member_limit".to_owned(), smallest.to_string())].into(),
        ..TenantSpec::default()
    };
    if merged {
        tenant.verified_domains.push("fabrikam.com".to_owned());
    }
    EstateSpec { seed, clock: ClockMode::Stepped, forests, tenant, ..EstateSpec::default() }
}

async fn play_one(
    options: &ScorecardOptions,
    spec: EstateSpec,
    population: PopulationProfile,
    defects: &str,
) -> Result<ScorecardRow, Error> {
    let seed = spec.seed;
    let lab = Lab::builder().spec(spec).start().await?;
    let players = options.players();
    let card = both(players, &lab).await?;
    let mut comparison = None;
    let mut against = None;
    if let Some(rivals) = options.rivals() {
        lab.reset()?;
        let other = both(rivals, &lab).await?;
        comparison = Some(compare([&players.name(), &rivals.name()], [&card, &other]));
        let (detection, repairs) = (other.detection.unwrap_or_default(), other.repairs.unwrap_or_default());
        against = Some(Rival { detection, repairs });
    }
    lab.shutdown().await;
    Ok(ScorecardRow {
        population: population.name().to_owned(),
        defects: defects.to_owned(),
        seed,
        detection: card.detection.unwrap_or_default(),
        repairs: card.repairs.unwrap_or_default(),
        comparison,
        against,
    })
}

/// Runs checker, then fixer, on the live server. A tool that ends badly is judged by what it did.
async fn both(players: Players<'_>, lab: &Lab) -> Result<Scorecard, Error> {
    run(players, lab, Role::Checker).await?;
    let detection = lab.score().detection;
    run(players, lab, Role::Fixer).await?;
    Ok(Scorecard { detection, ..lab.score() })
}

async fn run(players: Players<'_>, lab: &Lab, role: Role) -> Result<(), Error> {
    let by_rules = FixerOptions { rules: players.rules, ..FixerOptions::default() };
    let tool: Box<dyn Tool> = match (players.tools.get(&role), role) {
        (Some(command), _) => {
            Box::new(CommandTool::new(command, players.folder.to_owned(), lab.env_for_tool()))
        }
        (None, Role::Fixer) => Box::new(ReferenceFixer::with_options(by_rules)),
        (None, _) => Box::new(RuleSetChecker(players.rules)),
    };
    match lab.run(role, &*tool).await {
        Ok(_) | Err(ToolError::Failed(_)) => Ok(()),
        Err(error) => Err(Error::tool(format!("{}: {error}", tool.name()))),
    }
}

/// The largest file of rows that is read, in bytes.
const FILE_MAX: u64 = 256 * 1024 * 1024;

/// What `forestbed scorecard --json` has written.
#[derive(Deserialize)]
struct Written {
    format: u32,
    rows: Vec<ScorecardRow>,
}

/// The rows of earlier runs, from the files that they were written to as JSON: in the order of populations and defect
/// profiles, then of seeds.
///
/// # Errors
/// When a file cannot be read or is no scorecard, or when two rows are of one estate.
pub fn read(files: &[PathBuf]) -> Result<Vec<ScorecardRow>, Error> {
    let mut rows = Vec::new();
    for file in files {
        let wrong = |reason: String| Error::input(format!("no scorecard in {}: {reason}", file.display()));
        let length = std::fs::metadata(file).map_err(|error| wrong(error.to_string()))?.len();
        if length > FILE_MAX {
            return Err(wrong(format!("{length} bytes, more than {FILE_MAX}")));
        }
        let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
        let written: Written = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        if written.format != 1 {
            return Err(wrong(format!("format {}; 1 is known", written.format)));
        }
        rows.extend(written.rows);
    }
    let populations: Vec<&str> = PopulationProfile::all().map(PopulationProfile::name).collect();
    let profiles = forestbed_sim::defects::profiles();
    let place = |known: &[&str], name: &str| known.iter().position(|known| *known == name);
    rows.sort_by_key(|row| (place(&populations, &row.population), place(&profiles, &row.defects), row.seed));
    let same = |pair: &&[ScorecardRow]| {
        let [a, b] = pair else { return false };
        (&a.population, &a.defects, a.seed) == (&b.population, &b.defects, b.seed)
    };
    if let Some([row, _]) = rows.windows(2).find(same) {
        let (population, defects, seed) = (&row.population, &row.defects, row.seed);
        return Err(Error::input(format!("{population}/{defects}/{seed} stands there twice")));
    }
    Ok(rows)
}

/// The names of a list, or all of them.
///
/// # Errors
/// With the names that there are.
pub fn chosen<T: Clone>(asked: &str, all: &[(&str, T)]) -> Result<Vec<T>, Error> {
    if asked == "all" {
        return Ok(all.iter().map(|(_, one)| one.clone()).collect());
    }
    let find = |name: &str| {
        let found = all.iter().find(|(known, _)| *known == name.trim()).map(|(_, one)| one.clone());
        let names: Vec<&str> = all.iter().map(|(known, _)| *known).collect();
        found.ok_or_else(|| Error::input(format!("no '{name}': possible are all, {}", names.join(", "))))
    };
    asked.split(',').map(find).collect()
}

/// Seeds: `1-10`, `1,2,7` or both.
///
/// # Errors
/// When it is neither, or names more than 10,000.
pub fn seeds(text: &str) -> Result<Vec<u64>, Error> {
    let wrong = || Error::input(format!("'{text}' are no seeds: 1-10 or 1,2,7 are"));
    let mut seeds = Vec::new();
    for part in text.split(',') {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let number = |text: &str| text.trim().parse::<u64>().map_err(|_| wrong());
        let (from, to) = (number(from)?, number(to)?);
        if to < from || to - from >= 10_000 {
            return Err(wrong());
        }
        seeds.extend(from..=to);
    }
    Ok(seeds)
}

/// Whether an error is about the arguments.
pub fn is_input(error: &Error) -> bool {
    error.kind() == ErrorKind::Input
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_ranges_and_numbers() {
        assert_eq!(seeds("1-3,7").unwrap(), [1, 2, 3, 7]);
        for wrong in ["", "a", "3-1", "1-999999"] {
            assert!(seeds(wrong).is_err_and(|error| is_input(&error)), "{wrong}");
        }
    }

    #[test]
    fn names_are_chosen_from_those_that_there_are() {
        let all = [("a", 1), ("b", 2)];
        assert_eq!((chosen("all", &all).unwrap(), chosen("b", &all).unwrap()), (vec![1, 2], vec![2]));
        assert!(chosen("c", &all).unwrap_err().to_string().contains("all, a, b"));
    }
}
