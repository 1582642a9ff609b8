//! What the tenant says over Graph: people with their licences, subscriptions, licensed groups.

use super::super::graph::GraphClient;
use crate::tool::ToolError;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What is asked for of each person.
const PERSON: &str = "id,accountEnabled,onPremisesSyncEnabled,onPremisesSamAccountName,onPremisesImmutableId,\
                      onPremisesProvisioningErrors,userPrincipalName,usageLocation,department,\
                      licenseAssignmentStates";
/// What is asked for of each group.
const GROUP: &str =
    "id,displayName,onPremisesSyncEnabled,onPremisesSamAccountName,assignedLicenses,licenseProcessingState";

/// A synchronized, enabled person.
#[derive(Debug, Clone, Default)]
pub(super) struct Person {
    pub(super) id: String,
    pub(super) account: String,
    pub(super) anchor: Option<String>,
    pub(super) upn: String,
    pub(super) department: Option<String>,
    pub(super) usage_location: Option<String>,
    /// Another object has the sign-in name that it should have.
    pub(super) name_in_conflict: bool,
    pub(super) licences: Vec<Held>,
}

/// One assignment of a licence to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) sku: String,
    pub(super) disabled: BTreeSet<String>,
    /// The group that it comes from; none of a direct one.
    pub(super) group: Option<String>,
    /// `Error`: the person does not have it.
    pub(super) state: String,
    pub(super) error: String,
}

impl Held {
    pub(super) fn is_active(&self) -> bool {
        self.state != "Error"
    }

    fn read(value: &Value) -> Held {
        Held {
            sku: text(value, "skuId").unwrap_or_default(),
            disabled: texts(&value["disabledPlans"]),
            group: text(value, "assignedByGroup"),
            state: text(value, "state").unwrap_or_default(),
            // some answers say that nothing is wrong, others say nothing (microsoft-graph 5.4)
            error: text(value, "error").unwrap_or_else(|| "None".to_owned()),
        }
    }
}

impl Person {
    fn read(user: &Value) -> Person {
        let errors = user["onPremisesProvisioningErrors"].as_array().into_iter().flatten();
        let about_name =
            |error: &Value| text(error, "propertyCausingError").is_some_and(|p| p == "UserPrincipalName");
        Person {
            id: text(user, "id").unwrap_or_default(),
            account: text(user, "onPremisesSamAccountName").unwrap_or_default(),
            anchor: text(user, "onPremisesImmutableId"),
            upn: text(user, "userPrincipalName").unwrap_or_default(),
            department: text(user, "department"),
            usage_location: text(user, "usageLocation"),
            name_in_conflict: errors.into_iter().any(about_name),
            licences: user["licenseAssignmentStates"]
                .as_array()
                .into_iter()
                .flatten()
                .map(Held::read)
                .collect(),
        }
    }

    /// The direct assignment of a product.
    pub(super) fn direct(&self, sku: &str) -> Option<&Held> {
        self.licences.iter().find(|held| held.sku == sku && held.group.is_none())
    }

    /// Has the product, directly or through a group.
    pub(super) fn holds(&self, sku: &str) -> bool {
        self.licences.iter().any(|held| held.sku == sku && held.is_active())
    }

    /// Notes what a call has changed.
    pub(super) fn changed(&mut self, added: Option<(&str, &BTreeSet<String>)>, removed: &[String]) {
        let stays = |held: &Held| {
            let replaced = added.is_some_and(|(sku, _)| held.sku == sku);
            held.group.is_some() || !(removed.contains(&held.sku) || replaced)
        };
        self.licences.retain(stays);
        self.licences.extend(added.map(|(sku, disabled)| Held {
            sku: sku.to_owned(),
            disabled: disabled.clone(),
            group: None,
            state: "Active".to_owned(),
            error: "None".to_owned(),
        }));
    }
}

/// The enabled people of the tenant who were synchronized, in order of sAMAccountName.
pub(super) async fn people(graph: &GraphClient, first_page_only: bool) -> Result<Vec<Person>, ToolError> {
    let path = format!("/users?$select={PERSON}&$filter=onPremisesSyncEnabled%20eq%20true");
    let users = match first_page_only {
        true => graph.get(&path).await?["value"].as_array().cloned().unwrap_or_default(),
        false => graph.list(&format!("{path}&$top=999")).await?,
    };
    let enabled = users.iter().filter(|user| user["accountEnabled"].as_bool() == Some(true));
    let mut people: Vec<Person> = enabled.map(Person::read).collect();
    people.sort_by_cached_key(|person| (person.account.to_lowercase(), person.id.clone()));
    Ok(people)
}

/// One user by id, of whatever kind.
pub(super) async fn person(graph: &GraphClient, id: &str) -> Result<Person, ToolError> {
    Ok(Person::read(&graph.get(&format!("/users/{id}?$select={PERSON}")).await?))
}

/// What was bought of one product.
#[derive(Debug, Clone)]
pub(super) struct Subscription {
    pub(super) id: String,
    pub(super) part_number: String,
    pub(super) free: i64,
    plans: BTreeMap<String, String>,
}

impl Subscription {
    pub(super) fn is(&self, sku: &str) -> bool {
        self.part_number.eq_ignore_ascii_case(sku) || self.id.eq_ignore_ascii_case(sku)
    }

    /// The id of a service plan that is named by name or id.
    pub(super) fn plan_id(&self, plan: &str) -> String {
        let named = self.plans.iter().find(|(name, _)| name.eq_ignore_ascii_case(plan));
        named.map_or(plan, |(_, id)| id).to_owned()
    }

    pub(super) fn has_plan(&self, id: &str) -> bool {
        self.plans.values().any(|known| known == id)
    }
}

pub(super) async fn subscriptions(graph: &GraphClient) -> Result<Vec<Subscription>, ToolError> {
    let skus = graph.list("/subscribedSkus").await?;
    let units = |value: &Value| value.as_i64().unwrap_or(0);
    let subscription = |sku: &Value| Subscription {
        id: text(sku, "skuId").unwrap_or_default(),
        part_number: text(sku, "skuPartNumber").unwrap_or_default(),
        free: units(&sku["prepaidUnits"]["enabled"]) + units(&sku["prepaidUnits"]["warning"])
            - units(&sku["consumedUnits"]),
        plans: sku["servicePlans"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|plan| Some((text(plan, "servicePlanName")?, text(plan, "servicePlanId")?)))
            .collect(),
    };
    Ok(skus.iter().map(subscription).collect())
}

/// A synchronized group.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) id: String,
    pub(super) account: String,
    /// Its licences with the service plans that stay off.
    pub(super) licences: BTreeMap<String, BTreeSet<String>>,
    /// Its licences have reached its members.
    pub(super) settled: bool,
}

impl Group {
    pub(super) fn read(group: &Value) -> Group {
        let licence = |own: &Value| Some((text(own, "skuId")?, texts(&own["disabledPlans"])));
        let state = text(&group["licenseProcessingState"], "state");
        Group {
            id: text(group, "id").unwrap_or_default(),
            account: text(group, "onPremisesSamAccountName").unwrap_or_default(),
            licences: group["assignedLicenses"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(licence)
                .collect(),
            settled: state.is_none_or(|state| state == "ProcessingComplete"),
        }
    }
}

/// The synchronized groups.
pub(super) async fn groups(graph: &GraphClient) -> Result<Vec<Group>, ToolError> {
    let path = format!("/groups?$select={GROUP}&$filter=onPremisesSyncEnabled%20eq%20true&$top=999");
    Ok(graph.list(&path).await?.iter().map(Group::read).collect())
}

/// One group by id.
pub(super) async fn group(graph: &GraphClient, id: &str) -> Result<Group, ToolError> {
    Ok(Group::read(&graph.get(&format!("/groups/{id}?$select={GROUP}")).await?))
}

/// Whether the names of licensed people follow those on premises in this tenant.
pub(super) async fn names_follow(graph: &GraphClient) -> Result<bool, ToolError> {
    let settings = graph.list("/directory/onPremisesSynchronization").await?;
    let feature = |record: &Value| record["features"]["synchronizeUpnForManagedUsersEnabled"].as_bool();
    Ok(settings.first().and_then(feature).unwrap_or(true))
}

/// The verified domains, in lower case.
pub(super) async fn verified_domains(graph: &GraphClient) -> Result<BTreeSet<String>, ToolError> {
    let domains = graph.list("/domains").await?;
    let verified = domains.iter().filter(|domain| domain["isVerified"].as_bool() == Some(true));
    Ok(verified.filter_map(|domain| text(domain, "id")).map(|name| name.to_lowercase()).collect())
}

pub(super) fn text(value: &Value, name: &str) -> Option<String> {
    value[name].as_str().map(str::to_owned)
}

fn texts(list: &Value) -> BTreeSet<String> {
    list.as_array().into_iter().flatten().filter_map(|value| value.as_str().map(str::to_owned)).collect()
}
