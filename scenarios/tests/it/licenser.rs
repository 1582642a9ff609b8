//! The reference licenser where something goes wrong between two of its runs.

use forestbed_scenarios::Role;
use forestbed_scenarios::runner::{self, RunOptions, RunReport};
use forestbed_scenarios::tool::{BoxFuture, Tool, ToolEnv, ToolError, ToolOutcome};
use forestbed_scenarios::tools::ReferenceLicenser;
use std::sync::{Arc, Mutex};

const HEAD: &str = "format: 1
name: licenser
forests:
  - domain: contoso.local
    upn_suffixes: [contoso.com]
    population: { users: 0, groups: 0, contacts: 0, rooms: 0, shared: 0, computers: 0, services: 0, admins: 0 }
    defects: clean
    decoys: 0
tenant:
  initial_domain: contoso.onmicrosoft.com
  verified_domains: [contoso.com]
  cloud_users: 1
  licenses: { ENTERPRISEPACK: 1 }
  license_plan: [{ sku: ENTERPRISEPACK, to: all, usage_location: NL }]
  switches: { update_upn_of_licensed: \"off\" }
clock: { mode: stepped }
steps:
  - change:
      ldif: |
        dn: CN=Ann Lee,CN=Users,DC=contoso,DC=local
        objectClass: user
        sAMAccountName: ann
        userAccountControl: 544
        userPrincipalName: ann@contoso.com
        displayName: Ann Lee

        dn: CN=Ben Lee,CN=Users,DC=contoso,DC=local
        objectClass: user
        sAMAccountName: ben
        userAccountControl: 544
        userPrincipalName: ben@contoso.com
        displayName: Ben Lee
  - run: sync
  - run: licenser
  - expect: { objects: [{ find: { displayName: Ann Lee }, licenses: 1 }] }
  - change:
      ldif: |
        dn: CN=Ann Lee,CN=Users,DC=contoso,DC=local
        changetype: modify
        replace: userPrincipalName
        userPrincipalName: ann.lee@contoso.com
        -
  - run: { role: sync, cycle: delta }
";

async fn play(steps: &str, tool: Arc<dyn Tool>) -> RunReport {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("licenser.yaml");
    std::fs::write(&path, format!("{HEAD}{steps}")).unwrap();
    let options = RunOptions { progress: false, ..RunOptions::default() }.tool(Role::Licenser, tool);
    runner::run(&path, options).await.unwrap()
}

fn holds(report: &RunReport) {
    assert_eq!(report.exit_code(), 0, "{}", forestbed_scenarios::report::terminal(report));
}

/// What the licenser said, run by run.
#[derive(Default)]
struct Heard {
    inner: ReferenceLicenser,
    said: Mutex<Vec<(i32, String)>>,
}

impl Tool for Heard {
    fn name(&self) -> &str {
        "reference licenser"
    }

    fn run<'a>(&'a self, env: &'a ToolEnv) -> BoxFuture<'a, Result<ToolOutcome, ToolError>> {
        Box::pin(async move {
            let outcome = self.inner.run(env).await?;
            self.said.lock().unwrap().push((outcome.exit, outcome.output.clone()));
            Ok(outcome)
        })
    }
}

#[tokio::test]
async fn a_seat_that_waits_for_its_owner_is_not_given_to_the_next() {
    let steps = "  - run: licenser
  - expect:
      licenses: { ENTERPRISEPACK: { consumed: 0 } }
  - run: licenser
  - expect:
      licenses: { ENTERPRISEPACK: { consumed: 1 } }
      objects:
        - { find: { displayName: Ann Lee }, licenses: 1 }
        - { find: { displayName: Ben Lee }, licenses: 0 }
";
    holds(&play(steps, Arc::new(ReferenceLicenser::default())).await);
}

#[tokio::test]
async fn a_licence_that_is_owed_and_has_no_seat_stays_owed_until_there_is_one() {
    let steps = "  - run: licenser
  # somebody else takes the seat meanwhile
  - change:
      graph:
        - { request: \"PATCH /users/ben@contoso.com\", body: { usageLocation: NL } }
        - request: POST /users/ben@contoso.com/assignLicense
          body: { addLicenses: [{ skuId: \"{sku=ENTERPRISEPACK}\", disabledPlans: [] }], removeLicenses: [] }
  - run: { role: licenser, exit: 1 }
  - expect: { objects: [{ find: { displayName: Ann Lee }, licenses: 0 }] }
  - change: { subscriptions: { ENTERPRISEPACK: { seats: 2 } } }
  - run: licenser
  - expect:
      licenses: { ENTERPRISEPACK: { consumed: 2, errors: {} } }
      objects: [{ find: { displayName: Ann Lee }, licenses: 1 }]
  # for one name it is done once
  - run: licenser
  - expect: { licenses: { ENTERPRISEPACK: { consumed: 2 } } }
";
    let heard = Arc::new(Heard::default());
    holds(&play(steps, heard.clone()).await);
    let said = heard.said.lock().unwrap();
    let exits: Vec<i32> = said.iter().map(|(exit, _)| *exit).collect();
    assert_eq!(exits, [0, 0, 1, 0, 0]);
    // whom it is about, and what to do
    assert!(said[1].1.contains("ann: licences wait for the name"), "{}", said[1].1);
    assert!(said[2].1.contains("ann: licences cannot be given back"), "{}", said[2].1);
    assert!(said[3].1.contains("ann: the name is still ann@contoso.com"), "{}", said[3].1);
}

/// A licenser that dies at the call that takes a licence away: refused, or carried out and never answered.
#[tokio::test]
async fn a_run_that_ends_at_taking_a_licence_away_is_made_good_by_the_next() {
    for (fault, licences, said) in [
        ("status: 500", 0, "ann: licences wait for the name"),
        ("after_commit: true", 1, "ann: the name is still ann@contoso.com"),
    ] {
        let steps = format!(
            "  - fault: {{ graph: \"POST /v1.0/users/*/assignLicense\", nth: 1, {fault} }}
  - run: {{ role: licenser, exit: 1 }}
  - run: licenser
  - expect: {{ objects: [{{ find: {{ displayName: Ann Lee }}, licenses: {licences} }}] }}
  - run: licenser
  - expect: {{ objects: [{{ find: {{ displayName: Ann Lee }}, licenses: 1 }}] }}
"
        );
        let heard = Arc::new(Heard::default());
        holds(&play(&steps, heard.clone()).await);
        let heard = heard.said.lock().unwrap();
        assert!(heard[1].1.contains(said), "{fault}: {}", heard[1].1);
    }
}
