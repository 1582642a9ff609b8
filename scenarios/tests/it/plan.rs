//! What administrators have planned: how tools are told, and what a plan may name.

use crate::support::client;
use forestbed_scenarios::tool::{Cycle, EstatePlan, LicensePlan, PlanAudience};
use forestbed_scenarios::{Error, Lab};
use forestbed_sim::spec::{EstateSpec, ForestSpec, PlanRow, PlanTarget, PopulationSpec, UsageLocation};

fn spec(not_synchronized: &[&str]) -> EstateSpec {
    let forest = |domain: &str, not_synchronized: &[&str]| ForestSpec {
        domain: domain.to_owned(),
        population: PopulationSpec::of_users(40),
        not_synchronized: not_synchronized.iter().map(|name| (*name).to_owned()).collect(),
        ..ForestSpec::default()
    };
    let mut spec = EstateSpec {
        forests: vec![forest("contoso.local", not_synchronized), forest("fabrikam.local", &[])],
        ..EstateSpec::default()
    };
    spec.tenant.country = "NO".to_owned();
    spec.tenant.license_groups = vec!["gg-*".to_owned()];
    spec.tenant.switches.insert("group_member_limit".to_owned(), "30".to_owned());
    let row = |to| PlanRow {
        sku: "EMS".to_owned(),
        to,
        usage_location: UsageLocation::FromC,
        disabled_plans: Vec::new(),
        replaces: Vec::new(),
    };
    spec.tenant.license_plan = vec![
        row(PlanTarget::First(3)),
        row(PlanTarget::All),
        row(PlanTarget::Group("domain admins".to_owned())),
    ];
    spec
}

async fn started(spec: EstateSpec) -> Result<Lab, Error> {
    Lab::builder().spec(spec).start().await
}

#[tokio::test]
async fn a_tool_is_told_what_administrators_have_planned_and_nothing_of_what_is_wrong() {
    let lab = started(spec(&["service accounts", "ForeignSecurityPrincipals"])).await.unwrap();
    let env = lab.tool_env(Cycle::Initial);
    let plan = EstatePlan::read(&env.plan).unwrap();
    let country = plan.usage_location.as_deref();
    assert_eq!((plan.format, plan.max_group_members, country), (1, Some(30), Some("NO")));
    assert_eq!(plan.licensed, [PlanAudience::First(3), PlanAudience::All]);
    let holds = |dn: &str| plan.scope.iter().any(|scope| scope == dn);
    assert!(holds("OU=Groups,DC=contoso,DC=local") && holds("DC=fabrikam,DC=local"), "{:?}", plan.scope);
    assert!(!plan.scope.iter().any(|dn| dn.starts_with("OU=Service") || dn.starts_with("CN=Foreign")));
    // the group of a row of the plan is named beside those of the pattern, in each domain that has it
    let (named, others): (Vec<&String>, Vec<&String>) =
        plan.license_groups.iter().partition(|dn| dn.starts_with("CN=GG-"));
    let admins = ["contoso", "fabrikam"].map(|name| format!("CN=Domain Admins,CN=Users,DC={name},DC=local"));
    assert!(!named.is_empty());
    assert_eq!(others, admins.iter().collect::<Vec<_>>());
    let rows = LicensePlan::read(&env.license_plan).unwrap().rows;
    assert_eq!(rows[2].to, PlanAudience::Group("domain admins".to_owned()));
    let get = client(&env.ca_file).get(format!("{}/api/plan", lab.control_url()));
    let told = get.bearer_auth(&env.control_token).send().await.unwrap().json::<EstatePlan>().await.unwrap();
    assert_eq!(told, plan);
    lab.shutdown().await;
}

#[tokio::test]
async fn without_a_decision_the_plan_has_no_scope_and_without_a_file_it_says_nothing() {
    let lab = started(EstateSpec::default()).await.unwrap();
    let plan = EstatePlan::read(&lab.tool_env(Cycle::Initial).plan).unwrap();
    assert!(plan.scope.is_empty() && plan.license_groups.is_empty() && plan.licensed.is_empty(), "{plan:?}");
    // directory-sync.md: 250,000 members through the second endpoint
    assert_eq!(plan.max_group_members, Some(250_000));
    lab.shutdown().await;
    let nothing = EstatePlan::read("".as_ref()).unwrap();
    assert_eq!(nothing, EstatePlan { format: 1, ..EstatePlan::default() });
    assert!(EstatePlan::read("/nowhere/plan.json".as_ref()).unwrap_err().to_string().contains("/nowhere"));
}

#[tokio::test]
async fn a_container_that_is_not_there_cannot_be_left_out() {
    let error = started(spec(&["Nobody"])).await.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(error.contains("'Nobody'") && error.contains("contoso.local"), "{error}");
}

#[tokio::test]
async fn what_is_to_be_synchronized_is_told_changed_and_taken_back() {
    let mut spec = EstateSpec::default();
    spec.synchronize.alternate_id = Some("mail".to_owned());
    let api = crate::support::Api { client: client("/dev/null".as_ref()), lab: started(spec).await.unwrap() };
    let told = || {
        let file = &api.lab.env()["FORESTBED_PLAN"];
        EstatePlan::read(file.as_ref()).unwrap().synchronize.unwrap_or_default()
    };
    let first = told();
    assert_eq!(first.alternate_id.as_deref(), Some("mail"));
    let change =
        |body: serde_json::Value| api.post("/api/change", serde_json::json!({ "synchronize": body }));
    let answer = change(serde_json::json!({ "exclude": ["OU=Nobody,DC=contoso,DC=local"] })).await;
    assert_eq!(answer.status(), 409);
    assert!(answer.text().await.unwrap().contains("no container 'OU=Nobody"));
    assert_eq!(change(serde_json::json!({ "domains": ["fabrikam.local"] })).await.status(), 409);
    assert_eq!(told(), first, "what is refused changes nothing");
    assert_eq!(
        change(serde_json::json!({ "exclude": ["OU=People,DC=contoso,DC=local"] })).await.status(),
        200
    );
    assert_eq!(told().exclude, ["OU=People,DC=contoso,DC=local"]);
    assert_eq!(api.get("/api/plan").await["synchronize"]["exclude"][0], "OU=People,DC=contoso,DC=local");
    assert_eq!(api.post("/api/checkpoints/narrow", serde_json::json!({})).await.status(), 200);
    assert_eq!(change(serde_json::json!({})).await.status(), 200);
    assert!(told().is_default());
    assert_eq!(api.post("/api/checkpoints/narrow/restore", serde_json::json!({})).await.status(), 200);
    assert_eq!(told().exclude, ["OU=People,DC=contoso,DC=local"]);
    assert_eq!(api.post("/api/reset", serde_json::json!({})).await.status(), 200);
    assert_eq!(told(), first);
    api.lab.shutdown().await;
}
