//! What a client of delta queries knows, and how that differs from the tenant.

use crate::delta::client::Client;
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::Tenant;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

const USER: &str = "displayName,jobTitle,department,userPrincipalName,mail,proxyAddresses,businessPhones,\
    accountEnabled,usageLocation,onPremisesSyncEnabled,onPremisesProvisioningErrors,assignedLicenses,\
    assignedPlans,provisionedPlans,licenseAssignmentStates,mailNickname,onPremisesImmutableId";
const GROUP: &str = "displayName,description,mailNickname,visibility,onPremisesSyncEnabled,assignedLicenses,licenseProcessingState";

#[derive(Debug, Default)]
struct Known {
    properties: Map<String, Value>,
    members: BTreeSet<String>,
    managers: BTreeSet<String>,
}

/// Follows the objects of one set.
pub(super) struct Follower {
    set: &'static str,
    minimal: bool,
    known: BTreeMap<String, Known>,
    /// Where it goes on.
    link: String,
    /// Where the round that is under way began.
    round: String,
    resyncs: usize,
}

impl Follower {
    pub(super) fn new(set: &'static str, minimal: bool) -> Follower {
        let (properties, relation) = if set == "users" { (USER, "manager") } else { (GROUP, "members") };
        let link = format!("{set}/delta?$select={properties},{relation}");
        Follower { set, minimal, known: BTreeMap::new(), round: link.clone(), link, resyncs: 0 }
    }

    pub(super) fn resyncs(&self) -> usize {
        self.resyncs
    }

    /// Reads some pages; whether a round ended with the last one.
    pub(super) fn read(&mut self, client: &Client, pages: usize) -> bool {
        let mut ended = false;
        for _ in 0..pages {
            ended = self.page(client);
        }
        ended
    }

    /// Reads to the end of the round that is under way, and one more.
    pub(super) fn catch_up(&mut self, client: &Client) {
        for _ in 0..2 {
            let mut pages = 0;
            while !self.page(client) {
                pages += 1;
                assert!(pages < 5_000, "a round of {} without an end", self.set);
            }
        }
    }

    fn page(&mut self, client: &Client) -> bool {
        let prefer = if self.minimal { "return=minimal, odata.maxpagesize=3" } else { "odata.maxpagesize=3" };
        let answer = client.ask(&self.link, prefer);
        match answer.status {
            200 => {}
            410 => {
                // what it knows may be anything: it begins with nothing, where it is told to
                self.known.clear();
                self.link = answer.header("location").to_owned();
                self.round.clone_from(&self.link);
                self.resyncs += 1;
                return false;
            }
            400 => {
                // a page token lives minutes: the round is read again
                assert_eq!(answer.body["error"]["code"], "Directory_ExpiredPageToken");
                self.link.clone_from(&self.round);
                if !self.round.contains("deltatoken=") || self.round.ends_with("deltatoken=") {
                    // a first round that is begun again tells nothing of what went meanwhile
                    self.known.clear();
                }
                return false;
            }
            status => panic!("{}: {status} {}", self.link, answer.body),
        }
        answer.body["value"].as_array().unwrap().iter().for_each(|item| self.take(item));
        if let Some(next) = answer.body["@odata.nextLink"].as_str() {
            self.link = next.to_owned();
            return false;
        }
        self.link = answer.body["@odata.deltaLink"].as_str().unwrap().to_owned();
        self.round.clone_from(&self.link);
        true
    }

    fn take(&mut self, item: &Value) {
        let id = item["id"].as_str().unwrap();
        if let Some(removed) = item.get("@removed") {
            assert!(["changed", "deleted"].contains(&removed["reason"].as_str().unwrap()));
            self.known.remove(id);
            return;
        }
        let known = self.known.entry(id.to_owned()).or_default();
        for (name, value) in item.as_object().unwrap() {
            match name.as_str() {
                "id" => {}
                "members@delta" => links(&mut known.members, value),
                "manager@delta" => links(&mut known.managers, value),
                _ => drop(known.properties.insert(name.clone(), value.clone())),
            }
        }
    }
}

fn links(known: &mut BTreeSet<String>, told: &Value) {
    for link in told.as_array().unwrap() {
        let id = link["id"].as_str().unwrap().to_owned();
        assert!(link["@odata.type"].as_str().unwrap().starts_with("#microsoft.graph."));
        match link.get("@removed") {
            Some(_) => known.remove(&id),
            None => known.insert(id),
        };
    }
}

/// An absent property is one without a value.
fn bare(properties: &Map<String, Value>) -> BTreeMap<&str, &Value> {
    let empty = |value: &Value| value.is_null() || *value == json!([]);
    let kept =
        properties.iter().filter(|(name, value)| !name.starts_with('@') && *name != "id" && !empty(value));
    kept.map(|(name, value)| (name.as_str(), value)).collect()
}

/// How the copies differ from the tenant: properties as Graph lists them, members and managers as it keeps them.
pub(super) fn differences(client: &Client, users: &Follower, groups: &Follower) -> Vec<String> {
    let mut out = Vec::new();
    let tenant = client.world().tenant();
    for follower in [users, groups] {
        let mut left: BTreeSet<&str> = follower.known.keys().map(String::as_str).collect();
        for object in listed(client, follower.set) {
            let id = object["id"].as_str().unwrap();
            left.remove(id);
            let Some(known) = follower.known.get(id) else {
                out.push(format!("{} {id} is missing", follower.set));
                continue;
            };
            let (real, told) = (bare(object.as_object().unwrap()), bare(&known.properties));
            for name in real.keys().chain(told.keys()).collect::<BTreeSet<_>>() {
                let (real, told) = (real.get(*name), told.get(*name));
                if real != told {
                    out.push(format!("{} {id}: {name} is {real:?}, not {told:?}", follower.set));
                }
            }
            relations(&tenant, id, known, &[users, groups], &mut out);
        }
        out.extend(left.into_iter().map(|id| format!("{} {id} is gone", follower.set)));
    }
    out
}

fn listed(client: &Client, set: &str) -> Vec<Value> {
    let properties = if set == "users" { USER } else { GROUP };
    let mut answer = client.ask(&format!("{set}?$top=50&$select=id,{properties}"), "");
    let mut all = Vec::new();
    loop {
        assert_eq!(answer.status, 200, "{}", answer.body);
        all.extend(answer.body["value"].as_array().unwrap().clone());
        match answer.body["@odata.nextLink"].as_str() {
            Some(next) => answer = client.ask(next, ""),
            None => return all,
        }
    }
}

/// A member that is deleted counts until it is purged; the client knows that it is deleted.
fn relations(tenant: &Tenant, id: &str, known: &Known, all: &[&Follower], out: &mut Vec<String>) {
    let id = Guid::parse(id).unwrap();
    let alive = |id: &&String| all.iter().any(|follower| follower.known.contains_key(*id));
    let members: BTreeSet<String> = tenant.members(id).iter().map(Guid::to_string).collect();
    let told: BTreeSet<String> = known.members.iter().filter(alive).cloned().collect();
    if members != told {
        out.push(format!("{id}: members are {members:?}, not {told:?}"));
    }
    let manager: BTreeSet<String> =
        tenant.object(id).and_then(|object| object.manager()).iter().map(Guid::to_string).collect();
    if manager != known.managers {
        out.push(format!("{id}: manager is {manager:?}, not {:?}", known.managers));
    }
}
