//! The reference licenser: usage location first, then the licence, in the plan's order, as far as seats go.

use super::directory::{DirectoryClient, DirectoryEntry};
use super::graph::GraphClient;
use crate::tool::{
    BoxFuture, LicensePlan, LicensePlanRow, PlanAudience, PlanLocation, Tool, ToolEnv, ToolError, ToolOutcome,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Assigns the licences of the plan to synchronized people.
///
/// It reads who is licensed already and writes only what is missing, so a second run writes nothing.
#[derive(Debug, Clone, Copy)]
pub struct ReferenceLicenser {
    locate: bool,
}

impl Default for ReferenceLicenser {
    fn default() -> ReferenceLicenser {
        ReferenceLicenser { locate: true }
    }
}

impl ReferenceLicenser {
    /// One that takes it that every person has a usage location already.
    pub fn without_usage_location() -> ReferenceLicenser {
        ReferenceLicenser { locate: false }
    }
}

impl Tool for ReferenceLicenser {
    fn name(&self) -> &str {
        "reference licenser"
    }

    fn run<'a>(&'a self, env: &'a ToolEnv) -> BoxFuture<'a, Result<ToolOutcome, ToolError>> {
        Box::pin(run(env, self.locate))
    }
}

struct Person {
    id: String,
    account: String,
    department: Option<String>,
    country: Option<String>,
    usage_location: Option<String>,
    licensed: BTreeSet<String>,
}

struct Subscription {
    id: String,
    part_number: String,
    free: i64,
    plans: BTreeMap<String, String>,
}

#[derive(Default)]
struct Tally {
    assigned: u64,
    located: u64,
    no_seat: u64,
    no_country: u64,
    refused: u64,
    lines: Vec<String>,
}

async fn run(env: &ToolEnv, locate: bool) -> Result<ToolOutcome, ToolError> {
    let plan = LicensePlan::read(&env.license_plan)?;
    let graph = GraphClient::new(env)?;
    let countries = countries(env).await?;
    let mut people = people(&graph, &countries).await?;
    let mut subscriptions = subscriptions(&graph).await?;
    let mut tally = Tally::default();
    for row in &plan.rows {
        let Some(subscription) = subscriptions.iter_mut().find(|s| s.is(&row.sku)) else {
            return Err(ToolError::Failed(format!("the tenant has no subscription {}", row.sku)));
        };
        assign_row(&graph, row, subscription, &mut people, &mut tally, locate).await?;
    }
    let counts = graph.counts();
    let said = format!(
        "{} licences assigned, {} usage locations set, {} without a seat, {} without a country, {} refused\n{}",
        tally.assigned,
        tally.located,
        tally.no_seat,
        tally.no_country,
        tally.refused,
        tally.lines.join("\n")
    );
    let outcome = ToolOutcome { exit: i32::from(tally.refused > 0), ..ToolOutcome::done(said) };
    Ok(outcome
        .with_count("assigned", tally.assigned)
        .with_count("located", tally.located)
        .with_count("without a seat", tally.no_seat)
        .with_count("without a country", tally.no_country)
        .with_count("requests", counts.requests)
        .with_count("writes", counts.writes)
        .with_count("waits", counts.waits))
}

async fn assign_row(
    graph: &GraphClient,
    row: &LicensePlanRow,
    subscription: &mut Subscription,
    people: &mut [Person],
    tally: &mut Tally,
    set_location: bool,
) -> Result<(), ToolError> {
    let audience = people.iter_mut().filter(|person| match &row.to {
        PlanAudience::All | PlanAudience::First(_) => true,
        PlanAudience::Department(name) => {
            person.department.as_deref().is_some_and(|held| held.eq_ignore_ascii_case(name))
        }
    });
    let first = if let PlanAudience::First(count) = row.to { count as usize } else { usize::MAX };
    for person in audience.take(first) {
        if person.licensed.contains(&subscription.id) {
            continue;
        }
        if subscription.free <= 0 {
            tally.no_seat += 1;
            continue;
        }
        if set_location && !locate(graph, row, person, tally).await? {
            continue;
        }
        let disabled: Vec<&str> = row.disabled_plans.iter().map(|plan| subscription.plan_id(plan)).collect();
        let body = json!({ "addLicenses": [{ "skuId": subscription.id, "disabledPlans": disabled }], "removeLicenses": [] });
        match graph.write(Method::POST, &format!("/users/{}/assignLicense", person.id), &body).await {
            Ok(_) => {
                tally.assigned += 1;
                subscription.free -= 1;
                person.licensed.insert(subscription.id.clone());
            }
            Err(refusal) if refusal.status == 400 => {
                tally.refused += 1;
                tally.lines.push(format!("{}: {}", person.account, refusal.message));
            }
            Err(refusal) => return Err(refusal.into()),
        }
    }
    Ok(())
}

/// Without a usage location a direct licence is refused: sets it first. False when none is known.
async fn locate(
    graph: &GraphClient,
    row: &LicensePlanRow,
    person: &mut Person,
    tally: &mut Tally,
) -> Result<bool, ToolError> {
    if person.usage_location.is_some() {
        return Ok(true);
    }
    let country = match &row.usage_location {
        PlanLocation::Fixed(country) => Some(country.clone()),
        PlanLocation::FromC => person.country.clone(),
    };
    let Some(country) = country else {
        // nothing failed: the plan says where the location comes from, and there it is not
        tally.no_country += 1;
        tally.lines.push(format!("{}: no country is known, so no usage location", person.account));
        return Ok(false);
    };
    graph
        .write(Method::PATCH, &format!("/users/{}", person.id), &json!({ "usageLocation": country }))
        .await?;
    tally.located += 1;
    person.usage_location = Some(country);
    Ok(true)
}

/// The country code (`c`) of every account on premises, by source anchor.
async fn countries(env: &ToolEnv) -> Result<BTreeMap<String, String>, ToolError> {
    let mut found = BTreeMap::new();
    for forest in &env.forests {
        let mut directory = DirectoryClient::connect(env, forest).await?;
        let filter = "(&(objectCategory=person)(objectClass=user)(c=*))";
        for entry in directory.search(filter, &["objectGUID", "c", "mS-DS-ConsistencyGuid"]).await? {
            let (Some(anchor), Some(country)) = (source_anchor(&entry), entry.text("c")) else {
                continue;
            };
            found.insert(anchor, country.to_owned());
        }
    }
    Ok(found)
}

/// Synchronized, enabled people, in order of sAMAccountName.
async fn people(graph: &GraphClient, countries: &BTreeMap<String, String>) -> Result<Vec<Person>, ToolError> {
    let select = "id,accountEnabled,onPremisesSyncEnabled,onPremisesSamAccountName,onPremisesImmutableId,usageLocation,department,assignedLicenses";
    let users = graph
        .list(&format!("/users?$select={select}&$filter=onPremisesSyncEnabled%20eq%20true&$top=999"))
        .await?;
    let text = |user: &Value, name: &str| user[name].as_str().map(str::to_owned);
    let mut people: Vec<Person> = users
        .iter()
        .filter(|user| user["accountEnabled"].as_bool() == Some(true))
        .map(|user| Person {
            id: text(user, "id").unwrap_or_default(),
            account: text(user, "onPremisesSamAccountName").unwrap_or_default(),
            department: text(user, "department"),
            country: text(user, "onPremisesImmutableId").and_then(|anchor| countries.get(&anchor).cloned()),
            usage_location: text(user, "usageLocation"),
            licensed: user["assignedLicenses"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|license| text(license, "skuId"))
                .collect(),
        })
        .collect();
    people.sort_by_cached_key(|person| (person.account.to_lowercase(), person.id.clone()));
    Ok(people)
}

async fn subscriptions(graph: &GraphClient) -> Result<Vec<Subscription>, ToolError> {
    let answer = graph.get("/subscribedSkus").await?;
    let skus = answer["value"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let units = |value: &Value| value.as_i64().unwrap_or(0);
    let subscription = |sku: &Value| Subscription {
        id: text(&sku["skuId"]),
        part_number: text(&sku["skuPartNumber"]),
        free: units(&sku["prepaidUnits"]["enabled"]) + units(&sku["prepaidUnits"]["warning"])
            - units(&sku["consumedUnits"]),
        plans: sku["servicePlans"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|plan| (text(&plan["servicePlanName"]), text(&plan["servicePlanId"])))
            .collect(),
    };
    Ok(skus.iter().map(subscription).collect())
}

impl Subscription {
    fn is(&self, sku: &str) -> bool {
        self.part_number.eq_ignore_ascii_case(sku) || self.id.eq_ignore_ascii_case(sku)
    }

    fn plan_id<'a>(&'a self, plan: &'a str) -> &'a str {
        let named = self.plans.iter().find(|(name, _)| name.eq_ignore_ascii_case(plan));
        named.map_or(plan, |(_, id)| id)
    }
}

/// The source anchor that the sync engine gives a person: mS-DS-ConsistencyGuid, else objectGUID.
fn source_anchor(entry: &DirectoryEntry) -> Option<String> {
    let octets = entry.bytes("mS-DS-ConsistencyGuid").or_else(|| entry.bytes("objectGUID"))?;
    Some(STANDARD.encode(octets))
}
