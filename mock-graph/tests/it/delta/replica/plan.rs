//! Random writes, by index: any plan means something in any state.

use crate::delta::client::{Client, spec};
use forestbed_sim::ids::Guid;
use forestbed_sim::spec::LagSpec;
use forestbed_sim::tenant::{CallContext, ObjectKind, SyncObject, SyncOperation, SyncType};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// One thing that happens. `v1` says which of the two clients does it: one speaks v1.0, the other beta.
#[derive(Debug, Clone)]
pub(super) enum Step {
    User {
        name: u8,
        v1: bool,
    },
    Group {
        name: u8,
        v1: bool,
    },
    Write {
        which: u8,
        property: u8,
        value: u8,
        v1: bool,
    },
    Delete {
        which: u8,
        v1: bool,
    },
    Restore {
        which: u8,
    },
    Purge {
        which: u8,
    },
    Join {
        group: u8,
        member: u8,
        v1: bool,
    },
    Leave {
        group: u8,
        member: u8,
        v1: bool,
    },
    Manager {
        user: u8,
        manager: Option<u8>,
        v1: bool,
    },
    License {
        which: u8,
        sku: u8,
        take: bool,
    },
    /// The engine sends a person; a name that another holds is set aside, and freed by the sweeper later.
    Sync {
        person: u8,
        name: u8,
        group: bool,
    },
    Unsync {
        person: u8,
    },
    Wait {
        seconds: u32,
    },
    /// The follower reads so many pages of each set.
    Poll {
        pages: u8,
    },
}

pub(super) fn plans() -> impl Strategy<Value = Vec<Step>> {
    // few objects, so that what happens to one meets what happened to another
    let small = || 0..6u8;
    let wait = prop_oneof![
        6 => 1..60u32,
        2 => 60..8_000u32,
        1 => 80_000..500_000u32,
        1 => Just(8 * 24 * 3600),
    ];
    let step = prop_oneof![
        4 => (small(), any::<bool>()).prop_map(|(name, v1)| Step::User { name, v1 }),
        2 => (small(), any::<bool>()).prop_map(|(name, v1)| Step::Group { name, v1 }),
        5 => (small(), any::<u8>(), 0..4u8, any::<bool>())
            .prop_map(|(which, property, value, v1)| Step::Write { which, property, value, v1 }),
        4 => (small(), any::<bool>()).prop_map(|(which, v1)| Step::Delete { which, v1 }),
        5 => small().prop_map(|which| Step::Restore { which }),
        1 => small().prop_map(|which| Step::Purge { which }),
        7 => (small(), small(), any::<bool>()).prop_map(|(group, member, v1)| Step::Join { group, member, v1 }),
        3 => (small(), small(), any::<bool>())
            .prop_map(|(group, member, v1)| Step::Leave { group, member, v1 }),
        3 => (small(), prop::option::weighted(0.8, small()), any::<bool>())
            .prop_map(|(user, manager, v1)| Step::Manager { user, manager, v1 }),
        3 => (small(), 0..4u8, any::<bool>()).prop_map(|(which, sku, take)| Step::License { which, sku, take }),
        4 => (0..4u8, 0..3u8, any::<bool>()).prop_map(|(person, name, group)| Step::Sync { person, name, group }),
        1 => (0..4u8).prop_map(|person| Step::Unsync { person }),
        5 => wait.prop_map(|seconds| Step::Wait { seconds }),
        6 => (1..4u8).prop_map(|pages| Step::Poll { pages }),
    ];
    prop::collection::vec(step, 1..90)
}

/// The tenant under test with the ids of everything that was ever made, by whom it was made.
pub(super) struct Estate {
    pub(super) client: Client,
    users: Vec<String>,
    groups: Vec<String>,
}

impl Estate {
    pub(super) fn new(lag: bool) -> Estate {
        let mut spec = spec();
        spec.limits.delta_links_per_page = 2;
        if lag {
            let seconds = Duration::from_secs;
            spec.tenant.lag =
                LagSpec { object: seconds(2), query: seconds(5), delta: seconds(20), jitter: seconds(15) };
        }
        Estate { client: Client::of(spec), users: Vec::new(), groups: Vec::new() }
    }

    /// Sends a write that may be refused, and never breaks anything.
    fn write(&self, method: &str, path: &str, v1: bool, body: &Value) -> Option<Value> {
        let version = if v1 { "v1.0" } else { "beta" };
        let answer = self.client.send(method, &format!("/{version}/{path}"), "", body);
        assert!(answer.status < 500, "{method} {path}: {}", answer.body);
        (answer.status < 300).then_some(answer.body)
    }

    /// A user or a group, with the set that it is in.
    fn any(&self, which: u8) -> Option<(&'static str, &str)> {
        let (which, users) = (usize::from(which), self.users.len());
        let all = users + self.groups.len();
        let which = which.checked_rem(all)?;
        Some(if which < users {
            ("users", &self.users[which])
        } else {
            ("groups", &self.groups[which - users])
        })
    }

    fn user(&self, which: u8) -> Option<&str> {
        Some(&self.users[usize::from(which).checked_rem(self.users.len())?])
    }

    fn group(&self, which: u8) -> Option<&str> {
        Some(&self.groups[usize::from(which).checked_rem(self.groups.len())?])
    }

    pub(super) fn apply(&mut self, step: &Step) {
        match step {
            Step::User { name, v1 } => {
                let body = json!({"accountEnabled": true, "displayName": format!("u{name}"),
                    "mailNickname": format!("u{name}"), "userPrincipalName": format!("u{name}@contoso.com"),
                    "usageLocation": "NL", "passwordProfile": {"password": "Hunter-22"}});
                let made = self.write("POST", "users", *v1, &body);
                self.users.extend(made.and_then(|made| made["id"].as_str().map(str::to_owned)));
            }
            Step::Group { name, v1 } => {
                let body = json!({"displayName": format!("g{name}"), "mailNickname": format!("g{name}"),
                    "mailEnabled": false, "securityEnabled": true});
                let made = self.write("POST", "groups", *v1, &body);
                self.groups.extend(made.and_then(|made| made["id"].as_str().map(str::to_owned)));
            }
            Step::Sync { person, name, group } => self.sync(*person, *name, *group),
            Step::Unsync { person } => self.provision(*person, SyncOperation::Delete, BTreeMap::new()),
            Step::Wait { seconds } => self.client.advance(Duration::from_secs(u64::from(*seconds))),
            Step::Poll { .. } => {}
            step => {
                self.change(step);
            }
        }
    }

    fn change(&self, step: &Step) -> Option<()> {
        match step {
            Step::Write { which, property, value, v1 } => {
                let (set, id) = self.any(*which)?;
                let name = match (set, property % 5) {
                    ("users", 0) => "jobTitle",
                    ("users", 1) => "department",
                    ("users", 2) => "mail",
                    ("users", 3) => "businessPhones",
                    ("groups", 0 | 1) => "description",
                    _ => "displayName",
                };
                let value = match (name, value) {
                    ("displayName", value) => json!(format!("n{value}")),
                    ("mail", value) => json!(format!("m{value}@contoso.com")),
                    ("businessPhones", 0) => json!([]),
                    ("businessPhones", value) => json!([format!("+31 {value}")]),
                    (_, 0) => Value::Null,
                    (_, value) => json!(format!("t{value}")),
                };
                self.write("PATCH", &format!("{set}/{id}"), *v1, &json!({ name: value }));
            }
            Step::Delete { which, v1 } => {
                let (set, id) = self.any(*which)?;
                self.write("DELETE", &format!("{set}/{id}"), *v1, &Value::Null);
            }
            Step::Restore { which } => {
                let id = Guid::parse(self.any(*which)?.1)?;
                let ctx = self.ctx();
                let mut tenant = self.client.world().tenant_mut();
                // the name may be taken, or the object gone for good
                let _ = tenant.restore_deleted(&ctx, id);
            }
            Step::Purge { which } => {
                let id = self.any(*which)?.1;
                let path = format!("/v1.0/directory/deletedItems/{id}");
                let answer = self.client.send("DELETE", &path, "", &Value::Null);
                assert!([204, 404, 501].contains(&answer.status), "{}", answer.body);
            }
            Step::Join { group, member, v1 } => {
                let (group, member) = (self.group(*group)?, self.any(*member)?.1);
                let body = json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{member}")});
                self.write("POST", &format!("groups/{group}/members/$ref"), *v1, &body);
            }
            Step::Leave { group, member, v1 } => {
                let (group, member) = (self.group(*group)?, self.any(*member)?.1);
                self.write("DELETE", &format!("groups/{group}/members/{member}/$ref"), *v1, &Value::Null);
            }
            Step::Manager { user, manager, v1 } => self.manage(*user, *manager, *v1)?,
            Step::License { which, sku, take } => self.license(*which, *sku, *take)?,
            _ => {}
        }
        Some(())
    }

    fn manage(&self, user: u8, manager: Option<u8>, v1: bool) -> Option<()> {
        let path = format!("users/{}/manager/$ref", self.user(user)?);
        match manager {
            None => self.write("DELETE", &path, v1, &Value::Null),
            Some(manager) => {
                let manager = self.user(manager)?;
                let body = json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/users/{manager}")});
                self.write("PUT", &path, v1, &body)
            }
        };
        Some(())
    }

    fn license(&self, which: u8, sku: u8, take: bool) -> Option<()> {
        let (set, id) = self.any(which)?;
        let skus: Vec<Guid> = self.client.world().tenant().skus().iter().map(|own| own.sku.id).collect();
        let sku = skus[usize::from(sku) % skus.len()].to_string();
        let body = match take {
            true => json!({"addLicenses": [], "removeLicenses": [sku]}),
            false => json!({"addLicenses": [{"skuId": sku, "disabledPlans": []}], "removeLicenses": []}),
        };
        self.write("POST", &format!("{set}/{id}/assignLicense"), true, &body);
        Some(())
    }

    fn ctx(&self) -> CallContext {
        CallContext { now: self.client.world().clock.now(), app: None }
    }

    fn sync(&mut self, person: u8, name: u8, group: bool) {
        let mut properties = BTreeMap::new();
        let mut set = |key: &str, value: Value| properties.insert(key.to_owned(), value);
        if group {
            set("displayName", json!(format!("synced {name}")));
            set("securityEnabled", json!(true));
            set("mailEnabled", json!(false));
            set("member", json!([anchor(name, false), anchor(person, false)]));
        } else {
            set("displayName", json!(format!("synced {name}")));
            set("userPrincipalName", json!(format!("s{name}@contoso.com")));
            set("accountEnabled", json!(true));
            set("proxyAddresses", json!([format!("SMTP:s{name}@contoso.com")]));
            set("manager", json!(anchor(name, false)));
        }
        let person = if group { person + 100 } else { person };
        self.provision(person, SyncOperation::Set, properties);
    }

    fn provision(&mut self, person: u8, operation: SyncOperation, properties: BTreeMap<String, Value>) {
        let group = person >= 100;
        let object = SyncObject {
            object_type: if group { SyncType::Group } else { SyncType::User },
            operation,
            source_anchor: anchor(person, group),
            properties,
        };
        let ctx = self.ctx();
        let results = self.client.world().tenant_mut().provision(&ctx, &[object]);
        let id = results[0].cloud_anchor.as_deref().and_then(|anchor| anchor.split_once('_'));
        let known = if group { &mut self.groups } else { &mut self.users };
        if let Some((_, id)) = id.filter(|(_, id)| known.iter().all(|own| own != id)) {
            known.push(id.to_owned());
        }
    }
}

fn anchor(person: u8, group: bool) -> String {
    let kind = if group { ObjectKind::Group } else { ObjectKind::User };
    format!("{}{person}", kind.name())
}
