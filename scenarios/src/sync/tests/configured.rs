//! Configurations of one's own: what they leave out stays on premises, and what is wrong in them is told at once.

use super::*;

/// The principal names of a tenant's synchronized users.
fn users(lab: &Lab) -> Vec<String> {
    use forestbed_sim::tenant::ObjectKind;
    let tenant = lab.world().tenant();
    let synchronized = tenant.iter(ObjectKind::User).filter(|user| user.is_synchronized());
    let mut names: Vec<String> =
        synchronized.filter_map(|user| user.user_principal_name().map(str::to_lowercase)).collect();
    names.sort();
    names
}

/// The principal names of people whose distinguished names a function takes.
fn named(lab: &Lab, domain: usize, which: impl Fn(&str) -> bool) -> Vec<String> {
    let directory = lab.world().directory(domain);
    let wanted: Vec<String> = people(lab, domain);
    let entries = directory.ids().filter_map(|id| directory.entry(id));
    let of = entries.filter(|entry| wanted.contains(&entry.dn()) && which(&entry.dn()));
    let mut names: Vec<String> =
        of.filter_map(|entry| entry.text("userPrincipalName").map(|name| name.to_lowercase())).collect();
    names.sort();
    names
}

fn of_people(lab: &Lab, domain: usize) -> Vec<String> {
    let all = named(lab, domain, |_| true);
    users(lab).into_iter().filter(|name| all.contains(name)).collect()
}

const CLOUD: &str = "{ name: tenant, kind: cloud }";

fn one_forest(more: &str) -> String {
    format!("connectors: [{{ name: contoso.local, kind: active-directory{more} }}, {CLOUD}]\n")
}

#[tokio::test]
async fn containers_that_are_included_or_excluded_say_who_is_synchronized() {
    let lab = lab(SMALL).await;
    let unit = parent(&people(&lab, 0)[0]).to_owned();
    let inside = |dn: &str| dn.ends_with(&unit);
    assert!(!named(&lab, 0, inside).is_empty() && !named(&lab, 0, |dn| !inside(dn)).is_empty());
    for (key, expected) in
        [("include", named(&lab, 0, inside)), ("exclude", named(&lab, 0, |dn| !inside(dn)))]
    {
        lab.reset().expect("it goes back");
        let engine = configured(&one_forest(&format!(", {key}: ['{unit}']")));
        cycle(&lab, &engine, Cycle::Initial).await;
        assert_eq!(of_people(&lab, 0), expected, "{key}");
        // the same people when nothing is filtered any more, and the others too
        let widened = configured(&one_forest(""));
        cycle(&lab, &widened, Cycle::Delta).await;
        assert_eq!(of_people(&lab, 0), named(&lab, 0, |_| true), "{key} taken back");
        // and they go again with the filter
        cycle(&lab, &engine, Cycle::Delta).await;
        assert_eq!(of_people(&lab, 0), expected, "{key} again");
    }
    lab.shutdown().await;
}

#[tokio::test]
async fn only_members_of_a_pilot_group_are_synchronized() {
    let lab = lab(SMALL).await;
    let (all, pilot) = (people(&lab, 0), groups(&lab, 0).swap_remove(0));
    write(&lab, 0, &pilot, ModifyOp::Replace, "member", &[&all[0], &all[1]]);
    cycle(&lab, &configured(&one_forest(&format!(", group: '{pilot}'"))), Cycle::Initial).await;
    assert_eq!(of_people(&lab, 0), named(&lab, 0, |dn| all[..2].iter().any(|member| member == dn)));
    lab.shutdown().await;
}

#[tokio::test]
async fn forests_and_domains_that_are_not_named_stay_on_premises() {
    let estate = "format: 1
name: forests
forests:
  - domain: contoso.local
    upn_suffixes: [contoso.com]
    population: { users: 5, groups: 1, contacts: 0, rooms: 0, computers: 0, services: 0 }
    defects: {}
    decoys: 0
    children:
      - { domain: emea.contoso.local, population: { users: 5, groups: 1, contacts: 0, rooms: 0, computers: 0, services: 0 } }
  - domain: fabrikam.local
    upn_suffixes: [fabrikam.com]
    population: { users: 5, groups: 1, contacts: 0, rooms: 0, computers: 0, services: 0 }
    defects: {}
    decoys: 0
tenant: { verified_domains: [contoso.com, fabrikam.com] }
clock: { mode: stepped }
";
    let lab = lab(estate).await;
    // domain 0 is the root, 1 the child, 2 the other forest
    let contoso = |domains: &str| {
        format!(
            "{{ name: headquarters, kind: active-directory, forest: {{ fqdn: contoso.local }}{domains} }}"
        )
    };
    let fabrikam = "{ name: fabrikam.local, kind: active-directory }";
    let only_child = ", domains: [{ fqdn: emea.contoso.local }]";
    for (connectors, expected) in [
        (contoso(""), [true, true, false]),
        (contoso(only_child), [false, true, false]),
        (fabrikam.to_owned(), [false, false, true]),
        (format!("{}, {fabrikam}", contoso("")), [true, true, true]),
    ] {
        lab.reset().expect("it goes back");
        let engine = configured(&format!("connectors: [{connectors}, {CLOUD}]"));
        let first = cycle(&lab, &engine, Cycle::Initial).await;
        assert_eq!(count(&first, "failed"), 0, "{first:?}");
        for (domain, is_in) in expected.into_iter().enumerate() {
            let wanted = if is_in { named(&lab, domain, |_| true) } else { Vec::new() };
            assert_eq!(of_people(&lab, domain), wanted, "{connectors} domain {domain}");
        }
        assert_eq!(writes(&cycle(&lab, &engine, Cycle::Delta).await), 0, "{connectors}");
    }
    assert_converged(&lab, "all of it");
    lab.shutdown().await;
}

#[tokio::test]
async fn with_object_guid_as_the_anchor_nothing_is_written_to_the_forest() {
    let lab = lab(SMALL).await;
    let outcome =
        cycle(&lab, &configured(&format!("{}anchor: objectGUID\n", one_forest(""))), Cycle::Initial).await;
    assert_eq!(count(&outcome, "written back"), 0);
    assert!(names(&lab, 0, |entry| entry.text("mS-DS-ConsistencyGuid").is_some()).is_empty());
    assert_converged(&lab, "objectGUID");
    lab.shutdown().await;
}

#[tokio::test]
async fn what_is_wrong_in_a_configuration_is_told_before_anything_is_written() {
    let lab = lab(SMALL).await;
    let untouched = lab.snapshot();
    let nobody = "OU=Nobody,DC=contoso,DC=local";
    for (connectors, wrong) in [
        (
            "{ name: fabrikam.local, kind: active-directory }".to_owned(),
            "there is no forest 'fabrikam.local'",
        ),
        (
            "{ name: contoso.local, kind: active-directory, domains: [{ fqdn: asia.contoso.local }] }"
                .to_owned(),
            "no domain 'asia.contoso.local'",
        ),
        (
            format!("{{ name: contoso.local, kind: active-directory, include: ['{nobody}'] }}"),
            "no container 'OU=Nobody,DC=contoso,DC=local'",
        ),
        (
            "{ name: contoso.local, kind: active-directory, exclude: ['OU=People,DC=fabrikam,DC=com'] }"
                .to_owned(),
            "no container 'OU=People,DC=fabrikam,DC=com'",
        ),
        (
            format!("{{ name: contoso.local, kind: active-directory, group: 'CN=Pilot,{nobody}' }}"),
            "no group 'CN=Pilot,OU=Nobody,DC=contoso,DC=local'",
        ),
    ] {
        let engine = configured(&format!("connectors: [{connectors}, {CLOUD}]"));
        let error = lab.run_cycle(Role::Sync, &engine, Cycle::Initial).await.expect_err(wrong);
        assert!(matches!(error, ToolError::CannotStart(_)) && error.to_string().contains(wrong), "{error}");
    }
    assert_same(&lab.snapshot(), &untouched, "wrong configurations");
    lab.shutdown().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("sync.yaml");
    let wrong = |text: &str| {
        std::fs::write(&file, text).expect("written");
        crate::sync::read_config(&file).expect_err(text)
    };
    let misspelt = wrong(&format!("{}stagin: true\n", one_forest("")));
    assert!(
        misspelt.to_string().contains("stagin") && misspelt.to_string().contains("sync.yaml"),
        "{misspelt}"
    );
    assert_eq!(misspelt.exit_code(), 2);
    let no_cloud = wrong("connectors: [{ name: contoso.local, kind: active-directory }]\n");
    assert!(no_cloud.to_string().contains("one cloud is needed"), "{no_cloud}");
    for (text, threshold) in
        [("", None), ("delete_threshold: 7\n", Some(Some(7))), ("delete_threshold: null\n", Some(None))]
    {
        std::fs::write(&file, format!("{}{text}", one_forest(""))).expect("written");
        let read = crate::sync::read_config(&file).expect("a configuration");
        assert_eq!(read.delete_threshold, threshold, "{text}");
    }
}

#[test]
fn whatever_a_plan_may_name_the_rules_can_compare_and_send() {
    use forestbed_sim::oracle::IDENTIFYING;
    for name in IDENTIFYING {
        for more in
            [format!("matching: [{name}]"), format!("alternate_id: {name}"), format!("anchor: {name}")]
        {
            let config = Config::parse(&format!("{}{more}\n", one_forest(""))).expect("a configuration");
            let rules = [("default-rules.yaml", forestbed_sync::rules::DEFAULT_RULES)];
            let engine =
                forestbed_sync::Engine::open(Box::new(forestbed_sync::Memory::default()), config, &rules);
            assert!(engine.is_ok(), "{more}: {:?}", engine.err());
        }
    }
}
