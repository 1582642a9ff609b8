//! What an administrator does in the tenant between two cycles: requests to Graph in a change step.

use crate::support::Api;
use forestbed_scenarios::runner::{self, RunOptions, RunReport, StepStatus};
use serde_json::json;

const HEAD: &str = "format: 1
name: tenant
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
  licenses: { SPE_E3: 5 }
clock: { mode: stepped }
";

/// Two people and a group of one of them, synchronized.
const SYNCED: &str = "  - change:
      ldif: |
        dn: CN=Ann Lee,CN=Users,DC=contoso,DC=local
        objectClass: user
        sAMAccountName: ann
        userAccountControl: 544
        userPrincipalName: ann@contoso.com
        displayName: Ann Lee
        mobile: +31 6 11

        dn: CN=Ben Lee,CN=Users,DC=contoso,DC=local
        objectClass: user
        sAMAccountName: ben
        userAccountControl: 544
        userPrincipalName: ben@contoso.com
        displayName: Ben Lee

        dn: CN=Team,CN=Users,DC=contoso,DC=local
        objectClass: group
        sAMAccountName: team
        displayName: Team
        member: CN=Ann Lee,CN=Users,DC=contoso,DC=local
  - run: sync
";

async fn play(steps: &str) -> RunReport {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tenant.yaml");
    std::fs::write(&path, format!("{HEAD}steps:\n{steps}")).unwrap();
    let options = RunOptions { progress: false, ..RunOptions::default() };
    runner::run(&path, options).await.unwrap()
}

#[tokio::test]
async fn an_administrator_changes_users_groups_licences_and_settings_by_name() {
    let steps = format!(
        "{SYNCED}  - change:
      graph:
        - {{ request: PATCH /users/ann@contoso.com, body: {{ mobilePhone: '+31 6 22', usageLocation: NL }}, status: 204 }}
        - {{ request: POST /users/ann@contoso.com/assignLicense, body: {{ addLicenses: [{{ skuId: '{{sku=SPE_E3}}' }}], removeLicenses: [] }} }}
        - {{ request: 'PATCH /users/{{displayName=Ben Lee}}', body: {{ usageLocation: NL }} }}
        - {{ request: 'POST /groups/{{displayName=Team}}/assignLicense', body: {{ addLicenses: [{{ skuId: '{{sku=spe_e3}}' }}], removeLicenses: [] }}, status: 202 }}
        - DELETE /users/ben@contoso.com
        - {{ request: 'PATCH /directory/onPremisesSynchronization/{{organization}}', body: {{ features: {{ blockSoftMatchEnabled: true }} }} }}
        - {{ request: 'PATCH /organization/{{organization}}', body: {{ onPremisesSyncEnabled: false }}, status: 204 }}
  - expect:
      objects:
        - {{ find: {{ userPrincipalName: ann@contoso.com }}, licenses: 1, is: {{ mobilePhone: '+31 6 22' }} }}
        - {{ find: {{ displayName: Ben Lee }}, count: 0 }}
        - {{ find: {{ displayName: Ben Lee }}, deleted: true }}
  - change:
      graph:
        - 'POST /directory/deletedItems/{{displayName=Ben Lee}}/restore'
        - {{ request: 'POST /groups', body: {{ displayName: Cloud, mailNickname: cloud, mailEnabled: false, securityEnabled: true }}, status: 201 }}
        - {{ request: 'POST /groups/{{displayName=Cloud}}/members/$ref', body: {{ '@odata.id': 'https://graph.microsoft.com/v1.0/users/{{users/displayName=Ben Lee}}' }} }}
  - expect:
      objects:
        - {{ find: {{ displayName: Ben Lee }} }}
        - {{ kind: group, find: {{ displayName: Cloud }}, members: 1 }}
"
    );
    let report = play(&steps).await;
    assert_eq!(report.exit_code(), 0, "{report:#?}");
    assert_eq!(report.steps[2].note, "7 requests to Graph");
    forestbed_witness::record("SCENARIOS-TENANT", 9, "scenarios/tests/it/tenant_changes.rs");
}

#[tokio::test]
async fn an_administrators_requests_cost_the_tools_nothing() {
    // no token, no time, no line in the journal, and no fault of theirs strikes
    let report = play(
        "  - fault: { graph: 'GET */users*', status: 503, every: 1 }
  - change: { graph: ['GET /users', 'GET /beta/users', 'GET /users?$filter=displayName eq ''x y'''] }
  - expect: { cost: { requests: 0, writes: 0, failures: 0 } }
",
    )
    .await;
    assert_eq!(report.exit_code(), 0, "{report:#?}");
    assert_eq!(report.score.cost.map(|cost| cost.requests()), Some(0));
}

#[tokio::test]
async fn another_answer_than_expected_fails_the_step_with_the_services_own_words() {
    let synced = |request: &str| format!("{SYNCED}  - change: {{ graph: [{request}] }}\n  - advance: 1s\n");
    for (request, words) in [
        // microsoft-graph.md 2.4: what is mastered on premises is read-only
        (
            "{ request: PATCH /users/ann@contoso.com, body: { displayName: X } }",
            vec![
                "PATCH /users/ann@contoso.com: 400, expected a success: Request_BadRequest: ",
                "on-premises",
            ],
        ),
        ("{ request: DELETE /users/ann@contoso.com, status: 403 }", vec!["DELETE", ": 204, expected 403"]),
        ("GET /users/none@contoso.com", vec![": 404, expected a success: Request_ResourceNotFound: "]),
        ("'GET /groups/{displayName=None}'", vec!["nothing in groups has the displayName 'None'"]),
        ("'GET /users/{userType=Member}'", vec!["objects in users have the userType 'Member'"]),
        ("'GET /users/{shoeSize=9}'", vec!["'shoeSize' is no property of Graph"]),
        ("'GET /teams/{displayName=None}'", vec!["nothing is looked up in 'teams': there are users, groups"]),
        ("'GET /users/{sku=SPE_E33}'", vec!["SPE_E33", "near: "]),
    ] {
        let report = play(&synced(request)).await;
        // the run goes on: what the administrator finds is the work of a tool
        assert_eq!((report.exit_code(), report.steps.len()), (1, 4), "{request}: {report:#?}");
        assert_eq!(report.steps[2].status, StepStatus::Failed);
        for word in words {
            assert!(report.steps[2].note.contains(word), "{word}: {}", report.steps[2].note);
        }
    }
}

#[tokio::test]
async fn the_control_api_takes_the_same_requests() {
    let api = Api::start().await;
    let create = json!({ "request": "POST /groups", "status": 201, "body":
        { "displayName": "T", "mailNickname": "t", "mailEnabled": false, "securityEnabled": true } });
    let done = api.post("/api/change", json!({ "graph": [create, "DELETE /groups/{displayName=T}"] })).await;
    let said = done.text().await.unwrap();
    assert!(said.contains("POST /groups: 201") && said.contains(": 204"), "{said}");
    let refused = api.post("/api/change", json!({ "graph": ["DELETE /groups/{displayName=T}"] })).await;
    assert_eq!(refused.status(), 409);
    let journal = api.text("/api/journal").await;
    assert!(!journal.contains("/groups"), "{journal}");
}
