//! `scorecard`: checker and fixer on many dirty estates, as a table.

use clap::Args;
use forestbed_scenarios::scorecard::{self, Part, ScorecardOptions, ScorecardRow};
use forestbed_scenarios::{Error, Role};
use forestbed_sim::defects;
use forestbed_sim::population::PopulationProfile;
use forestbed_sim::rules::RuleSet;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

/// Grows an estate for each population, defect profile and seed, serves it over LDAP, runs checker and fixer against
/// the live server, and prints how they did. Exits with 1 when one of them was not perfect.
#[derive(Debug, Args)]
pub(crate) struct Scorecard {
    /// Population profiles, or all.
    #[arg(long, value_name = "NAME,...|all", default_value = "default")]
    population: String,
    /// Defect profiles, or all.
    #[arg(long, value_name = "NAME,...|all", default_value = "all")]
    defects: String,
    /// Seeds: 1-10, or 1,2,7.
    #[arg(long, value_name = "SEEDS", default_value = "1")]
    seeds: String,
    /// People an estate.
    #[arg(long, value_name = "NUMBER", default_value_t = 1000,
        value_parser = clap::value_parser!(u32).range(20..=2_000_000))]
    users: u32,
    /// Defects per person, 0 to 1.
    #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
    rate: f64,
    /// This share of the defects is put on objects that carry one already, 0 to 1.
    #[arg(long, value_name = "SHARE", default_value_t = 0.2)]
    overlap: f64,
    /// Innocent look-alikes an estate.
    #[arg(long, value_name = "NUMBER", default_value_t = 60)]
    decoys: u32,
    /// A command in the place of the reference checker or fixer: checker='my-check', fixer='my-fix --all'.
    #[arg(long = "tool", value_name = "ROLE=COMMAND")]
    tools: Vec<String>,
    /// A command that is compared with them on the same estates.
    #[arg(long = "against", value_name = "ROLE=COMMAND")]
    against: Vec<String>,
    /// The reference tools by these rules are compared with them on the same estates.
    #[arg(long, value_name = "RULES", value_parser = ["documented", "idfix"])]
    against_rules: Option<String>,
    /// The rules of the reference tools: documented or idfix.
    #[arg(long, value_name = "RULES", default_value = "documented", value_parser = ["documented", "idfix"])]
    rules: String,
    /// Print the tables of earlier runs, from what they wrote with --json, and play nothing: a long run in parts.
    #[arg(long, value_name = "FILE,...", value_delimiter = ',')]
    from: Vec<PathBuf>,
    /// Print it as JSON.
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// Print it as Markdown tables over all seeds.
    #[arg(long)]
    markdown: bool,
    /// What the Markdown tables have lines for, a table each: profile, defect, attribute, severity.
    #[arg(long, value_name = "WHAT,...|all", default_value = "profile", requires = "markdown")]
    by: String,
}

impl Scorecard {
    pub(crate) fn run(&self) -> Result<ExitCode, Error> {
        let options = self.options()?;
        // a wrong name is told before the estates are played
        scorecard::chosen(&self.by, &Part::ALL)?;
        let tell = |row: &ScorecardRow| {
            let (found, repaired) = (row.detection.recall, row.repairs.recall);
            eprintln!(
                "{}/{}/{}: recall {found:.4}, precision {:.4}, repaired {repaired:.4}, collateral {}, decoys {}",
                row.population,
                row.defects,
                row.seed,
                row.detection.precision,
                row.repairs.collateral.count,
                row.repairs.decoys_touched.count
            );
        };
        let rows = match self.from.as_slice() {
            [] => super::block_on(scorecard::play(&options, tell))?,
            files => scorecard::read(files)?,
        };
        let text = if self.json {
            let rows = serde_json::to_value(&rows)
                .map_err(|error| Error::harness(format!("cannot write the scorecard: {error}")))?;
            format!("{:#}\n", serde_json::json!({ "format": 1, "rows": rows }))
        } else if self.markdown {
            scorecard::markdown(&rows, &scorecard::chosen(&self.by, &Part::ALL)?)
        } else {
            scorecard::terminal(&rows)
        };
        super::print(&text)?;
        Ok(ExitCode::from(u8::from(!rows.iter().all(ScorecardRow::is_perfect))))
    }

    fn options(&self) -> Result<ScorecardOptions, Error> {
        let share = |name: &str, value: f64| match (0.0..=1.0).contains(&value) {
            true => Ok(value),
            false => Err(Error::input(format!("--{name} {value}: a share is a number from 0 to 1"))),
        };
        let populations: Vec<(&str, PopulationProfile)> =
            PopulationProfile::all().map(|profile| (profile.name(), profile)).collect();
        let profiles: Vec<(&str, String)> =
            defects::profiles().into_iter().map(|name| (name, name.to_owned())).collect();
        Ok(ScorecardOptions {
            populations: scorecard::chosen(&self.population, &populations)?,
            defects: scorecard::chosen(&self.defects, &profiles)?,
            seeds: scorecard::seeds(&self.seeds)?,
            users: self.users,
            rate: share("rate", self.rate)?,
            overlap: (share("overlap", self.overlap)? * 100.0).round() as u8,
            decoys: self.decoys,
            rules: rules(&self.rules),
            against_rules: self.against_rules.as_deref().map(rules),
            tools: tools(&self.tools)?,
            against: tools(&self.against)?,
            folder: std::env::current_dir()
                .map_err(|error| Error::harness(format!("no current folder: {error}")))?,
        })
    }
}

fn rules(name: &str) -> RuleSet {
    if name == "idfix" { RuleSet::IdFix } else { RuleSet::Documented }
}

fn tools(arguments: &[String]) -> Result<BTreeMap<Role, String>, Error> {
    let tool = |argument: &String| {
        let wrong = || Error::input(format!("'{argument}': give checker=COMMAND or fixer=COMMAND"));
        let (role, command) = argument.split_once('=').ok_or_else(wrong)?;
        match role.parse::<Role>() {
            Ok(role @ (Role::Checker | Role::Fixer)) => Ok((role, command.to_owned())),
            _ => Err(wrong()),
        }
    };
    arguments.iter().map(tool).collect()
}
