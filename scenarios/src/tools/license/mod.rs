//! The reference licenser: people and groups get the licences of a plan, in the plan's order, as far as seats go.
//!
//! Directly: usage location first, then the licence (`direct.rs`). Through groups: the group gets it, and members
//! who got nothing are looked at again once there is a seat (`groups.rs`). Where a tenant does not rename licensed
//! people, they give their licences up while a new name comes, and get them back (`renamed.rs`).

mod direct;
mod forest;
mod groups;
mod mistakes;
mod note;
mod renamed;
mod tenant;

pub use mistakes::LicenserMistake;

use super::graph::GraphClient;
use crate::tool::{
    BoxFuture, LicensePlan, LicensePlanRow, PlanAudience, PlanLocation, Tool, ToolEnv, ToolError, ToolOutcome,
};
use note::Note;
use std::collections::{BTreeMap, BTreeSet};
use tenant::{Person, Subscription};

/// Assigns the licences of the plan to synchronized people.
///
/// It reads who is licensed already and writes only what is missing, so a second run writes nothing.
#[derive(Debug, Clone, Copy)]
pub struct ReferenceLicenser {
    locate: bool,
    mistake: Option<LicenserMistake>,
}

impl Default for ReferenceLicenser {
    fn default() -> ReferenceLicenser {
        ReferenceLicenser { locate: true, mistake: None }
    }
}

impl ReferenceLicenser {
    /// One that takes it that every person has a usage location already.
    pub fn without_usage_location() -> ReferenceLicenser {
        ReferenceLicenser { locate: false, ..ReferenceLicenser::default() }
    }

    /// A wrong copy, for tests of those who judge licensers.
    pub fn mistaken(mistake: LicenserMistake) -> ReferenceLicenser {
        ReferenceLicenser { mistake: Some(mistake), ..ReferenceLicenser::default() }
    }
}

impl Tool for ReferenceLicenser {
    fn name(&self) -> &str {
        "reference licenser"
    }

    fn run<'a>(&'a self, env: &'a ToolEnv) -> BoxFuture<'a, Result<ToolOutcome, ToolError>> {
        Box::pin(run(env, *self))
    }
}

#[derive(Default)]
struct Tally {
    assigned: u64,
    changed: u64,
    groups: u64,
    reprocessed: u64,
    located: u64,
    set_aside: u64,
    given_back: u64,
    no_seat: u64,
    no_country: u64,
    refused: u64,
    lines: Vec<String>,
}

impl Tally {
    fn say(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }
}

/// One run.
struct Work<'a> {
    env: &'a ToolEnv,
    plan: &'a LicensePlan,
    graph: GraphClient,
    licenser: ReferenceLicenser,
    /// The country code (`c`) of accounts on premises, by source anchor.
    countries: BTreeMap<String, String>,
    people: Vec<Person>,
    subscriptions: Vec<Subscription>,
    /// People whose licences wait for their new names: they are left alone.
    waiting: BTreeSet<String>,
    tally: Tally,
}

impl Work<'_> {
    fn makes(&self, mistake: LicenserMistake) -> bool {
        self.licenser.mistake == Some(mistake)
    }

    /// Reads what the tenant says now.
    async fn read(&mut self) -> Result<(), ToolError> {
        self.people = tenant::people(&self.graph, self.makes(LicenserMistake::IgnoresSecondPage)).await?;
        self.subscriptions = tenant::subscriptions(&self.graph).await?;
        Ok(())
    }

    /// The place of a subscription that the plan names.
    fn subscription(&self, sku: &str) -> Result<usize, ToolError> {
        let found = self.subscriptions.iter().position(|subscription| subscription.is(sku));
        found.ok_or_else(|| ToolError::Failed(format!("the tenant has no subscription {sku}")))
    }
}

async fn run(env: &ToolEnv, licenser: ReferenceLicenser) -> Result<ToolOutcome, ToolError> {
    let plan = LicensePlan::read(&env.license_plan)?;
    let by_country = |row: &LicensePlanRow| {
        row.usage_location == PlanLocation::FromC && !matches!(row.to, PlanAudience::Group(_))
    };
    let countries = match plan.rows.iter().any(by_country) {
        true => forest::values(env, "c").await?,
        false => BTreeMap::new(),
    };
    let mut work = Work {
        env,
        plan: &plan,
        graph: GraphClient::new(env)?,
        licenser,
        countries,
        people: Vec::new(),
        subscriptions: Vec::new(),
        waiting: BTreeSet::new(),
        tally: Tally::default(),
    };
    work.read().await?;
    let note = Note::read(&env.state_dir)?;
    work.follow_names(note).await?;
    for row in &plan.rows {
        match &row.to {
            PlanAudience::Group(account) => work.license_group(row, account).await?,
            PlanAudience::All | PlanAudience::First(_) | PlanAudience::Department(_) => {
                work.license_people(row).await?;
            }
        }
    }
    Ok(outcome(&work))
}

fn outcome(work: &Work<'_>) -> ToolOutcome {
    let (tally, counts) = (&work.tally, work.graph.counts());
    let said = format!(
        "{} licences assigned, {} changed, {} groups licensed, {} members reprocessed, {} usage locations set, {} set \
         aside for a new name, {} given back, {} without a seat, {} without a country, {} refused\n{}",
        tally.assigned,
        tally.changed,
        tally.groups,
        tally.reprocessed,
        tally.located,
        tally.set_aside,
        tally.given_back,
        tally.no_seat,
        tally.no_country,
        tally.refused,
        tally.lines.join("\n")
    );
    ToolOutcome { exit: i32::from(tally.refused > 0), ..ToolOutcome::done(said) }
        .with_count("assigned", tally.assigned)
        .with_count("changed", tally.changed)
        .with_count("groups", tally.groups)
        .with_count("reprocessed", tally.reprocessed)
        .with_count("located", tally.located)
        .with_count("set aside", tally.set_aside)
        .with_count("given back", tally.given_back)
        .with_count("without a seat", tally.no_seat)
        .with_count("without a country", tally.no_country)
        .with_count("requests", counts.requests)
        .with_count("writes", counts.writes)
        .with_count("waits", counts.waits)
}
