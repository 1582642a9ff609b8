//! The engine on live estates: whatever happens on the way, the tenant ends the same.

mod configured;
mod crashes;
mod cycles;
mod faults;
mod random;
mod selections;
mod tenants;
mod usn;

use super::{Config, ReferenceSync, SyncOptions};
use crate::format::Scenario;
use crate::tool::{BoxFuture, Cycle};
use crate::{Lab, Role, Tool, ToolEnv, ToolError, ToolOutcome};
use forestbed_sim::directory::{Entry, Modification, ModifyOp, UpdateContext};
use forestbed_sim::dump::{self, DumpOptions};
use std::time::Duration;

/// A small clean estate.
const SMALL: &str = "format: 1
name: small
forests:
  - domain: contoso.local
    upn_suffixes: [contoso.com]
    population: { users: 12, groups: 3, contacts: 1, rooms: 1, computers: 1, services: 1 }
    defects: {}
    decoys: 0
clock: { mode: stepped }
";

async fn lab(estate: &str) -> Lab {
    let spec = Scenario::parse("estate.yaml", estate).expect("an estate").estate();
    Lab::builder().spec(spec).start().await.expect("the lab starts")
}

fn engine(options: SyncOptions) -> ReferenceSync {
    ReferenceSync::with_options(options)
}

/// A configuration file's text as an engine.
fn configured(yaml: &str) -> ReferenceSync {
    let config = Config::parse(yaml).expect("a configuration");
    engine(SyncOptions { config: Some(config), ..SyncOptions::default() })
}

/// A cycle that must end well.
async fn cycle(lab: &Lab, tool: &dyn Tool, kind: Cycle) -> ToolOutcome {
    lab.run_cycle(Role::Sync, tool, kind).await.expect("the cycle ends")
}

/// A full cycle of the same engine.
async fn full_cycle(lab: &Lab) -> ToolOutcome {
    let engine = engine(SyncOptions { full: true, ..SyncOptions::default() });
    cycle(lab, &engine, Cycle::Delta).await
}

fn count(outcome: &ToolOutcome, what: &str) -> u64 {
    *outcome.counts.get(what).unwrap_or_else(|| panic!("{what} is not counted: {outcome:?}"))
}

/// What a cycle wrote anywhere.
fn writes(outcome: &ToolOutcome) -> u64 {
    ["set", "deleted", "written back", "failed"].iter().map(|what| count(outcome, what)).sum()
}

/// The tenant as a text that does not depend on when something was written.
fn tenant(lab: &Lab) -> String {
    dump::tenant(&lab.world().tenant(), DumpOptions::default()).to_yaml()
}

fn assert_converged(lab: &Lab, place: &str) {
    let score = lab.score().sync.expect("a sync ran");
    assert!(score.converged, "{place}: {score:#?}");
}

/// Two texts that ought to be equal: the first lines that are not.
fn assert_same(is: &str, wanted: &str, place: &str) {
    let differs = is.lines().zip(wanted.lines()).find(|(a, b)| a != b);
    assert!(
        is == wanted,
        "{place}: {differs:?}, {} lines for {}",
        is.lines().count(),
        wanted.lines().count()
    );
}

/// Names of a domain's objects, in order.
fn names(lab: &Lab, domain: usize, which: impl Fn(&Entry<'_>) -> bool) -> Vec<String> {
    let directory = lab.world().directory(domain);
    let entries = directory.ids().filter_map(|id| directory.entry(id)).filter(|entry| !entry.is_deleted());
    let mut names: Vec<String> = entries.filter(|entry| which(entry)).map(|entry| entry.dn()).collect();
    names.sort();
    names
}

fn people(lab: &Lab, domain: usize) -> Vec<String> {
    names(lab, domain, |entry| entry.is_class("user") && entry.text("employeeID").is_some())
}

fn groups(lab: &Lab, domain: usize) -> Vec<String> {
    names(lab, domain, |entry| entry.is_class("group") && entry.dn().contains("OU=Groups"))
}

/// The container of an object.
fn parent(dn: &str) -> &str {
    &dn[dn.find(",OU=").expect("it lies in an organizational unit") + 1..]
}

/// Writes values in a domain.
fn write(lab: &Lab, domain: usize, dn: &str, op: ModifyOp, attribute: &str, values: &[&str]) {
    let values = values.iter().map(|value| value.as_bytes().to_vec()).collect();
    let change = Modification { op, attribute: attribute.to_owned(), values };
    let context = UpdateContext::system(lab.world().clock.now());
    lab.world().directory_mut(domain).modify(&context, dn, &[change]).expect("a change");
}

/// A day in a domain: a new title, somebody who left, somebody who joined, a new member, a container with a new name.
fn a_day(lab: &Lab, domain: usize) {
    let people = people(lab, domain);
    let (title, leaver, manager) = (&people[0], &people[1], &people[2]);
    write(lab, domain, title, ModifyOp::Replace, "title", &["Astronaut"]);
    let newcomer = format!("CN=Niels Nieuw,{}", parent(title));
    let context = UpdateContext::lenient(lab.world().clock.now());
    let text = |name: &str, value: &str| (name.to_owned(), vec![value.as_bytes().to_vec()]);
    let attributes = [
        text("objectClass", "user"),
        text("sAMAccountName", &format!("nieuw{domain}")),
        text("userPrincipalName", &format!("nieuw{domain}@contoso.com")),
        text("userAccountControl", "544"),
        text("manager", manager),
    ];
    {
        let mut directory = lab.world().directory_mut(domain);
        directory.delete(&context, leaver).expect("a leaf");
        directory.add(&context, &newcomer, &attributes).expect("a newcomer");
    }
    write(lab, domain, &groups(lab, domain)[0], ModifyOp::Add, "member", &[&newcomer]);
    let unit = parent(manager);
    let mut directory = lab.world().directory_mut(domain);
    directory.modify_dn(&context, unit, "OU=Renamed", true, None).expect("a new name");
}

/// Time for controllers to learn from each other.
fn a_minute(lab: &Lab) {
    lab.world().advance(Duration::from_secs(60));
}

/// An engine that is told something else of the estate.
struct Told {
    engine: ReferenceSync,
    edit: fn(&mut ToolEnv),
}

impl Tool for Told {
    fn name(&self) -> &str {
        self.engine.name()
    }

    fn run<'a>(&'a self, env: &'a ToolEnv) -> BoxFuture<'a, Result<ToolOutcome, ToolError>> {
        let mut env = env.clone();
        (self.edit)(&mut env);
        Box::pin(async move { self.engine.run(&env).await })
    }
}
