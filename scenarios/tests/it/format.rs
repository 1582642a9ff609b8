//! Scenario files: what is read, and what is said about a wrong one.

use forestbed_scenarios::ErrorKind;
use forestbed_scenarios::format::{Scenario, json_schema};
use forestbed_sim::clock::SimTime;
use forestbed_sim::spec::{DefectMix, PlanTarget, Seats, UsageLocation};
use forestbed_sim::tenant::SubscriptionChange;

const HEAD: &str = "format: 1\nname: a\n";

/// A wrong text must be refused at its place, with words that say what is allowed.
fn check(text: &str, place: (u64, u64), words: &[&str]) {
    let error = Scenario::parse("a.yaml", &format!("{HEAD}{text}")).expect_err(text);
    assert_eq!(error.kind(), ErrorKind::Input);
    assert_eq!(error.exit_code(), 2);
    assert_eq!(error.line_and_column(), Some(place), "{error}");
    let shown = error.to_string();
    assert!(shown.starts_with(&format!("a.yaml:{}:{}: ", place.0, place.1)), "{shown}");
    for word in words {
        assert!(shown.contains(word), "{word} is not in: {shown}");
    }
}

#[test]
fn an_unknown_key_is_named_with_its_place_and_the_allowed_ones() {
    check("stps: []", (3, 1), &["stps", "steps", "forests", "tenant"]);
    check("clock: { mod: stepped }", (3, 10), &["mod", "start", "mode"]);
    check(
        "forests:\n  - domain: contoso.local\n    upn_suffix: [x.com]",
        (5, 5),
        &["upn_suffix", "upn_suffixes"],
    );
    check("steps:\n  - run: fixer\n  - rnu: sync", (5, 5), &["rnu", "run", "snapshot", "expect", "fault"]);
    check(
        "steps:\n  - run: { role: sync, cycl: delta }",
        (4, 24),
        &["cycl", "role", "cycle", "timeout", "exit"],
    );
    check("steps:\n  - expect:\n      repairs: { recal: 1 }", (5, 18), &["recal", "recall", "collateral"]);
    check("steps:\n  - change: { delete: 3 }", (4, 15), &["delete", "delete_users", "move_ou"]);
    check("steps:\n  - fault: { graf: x, status: 429 }", (4, 14), &["graf", "graph", "retry_after"]);
    check("limits: { max_pagesize: 5 }", (3, 11), &["max_pagesize", "max_page_size"]);
    check("steps:\n  - fault: nothing", (4, 5), &["nothing", "or none"]);
    check("steps:\n  - run: { role: sync, staging: 1 }", (4, 33), &["bool"]);
    check("steps:\n  - run: { role: sync, engine: \"a/b\" }", (4, 32), &["a/b"]);
    let graph = |request: &str| format!("steps:\n  - change: {{ graph: [{request}] }}");
    check(&graph("{ requst: x }"), (4, 25), &["requst", "request", "body", "status"]);
    check(&graph("{ body: {} }"), (4, 25), &["request"]);
    check(&graph("FETCH /users"), (4, 23), &["FETCH", "GET, POST, PATCH, PUT, DELETE"]);
    check(&graph("DELETE users/a"), (4, 23), &["users/a", "/users/ann@contoso.com"]);
    check(&graph("'DELETE /users/{a'"), (4, 23), &["not closed"]);
    check(&graph("'DELETE /users/{a}'"), (4, 23), &["{a}", "{sku=SPE_E3}"]);
    check(&graph("{ request: GET /users, status: 99 }"), (4, 54), &["99", "from 200 to 599"]);
}

#[test]
fn an_impossible_number_is_named_with_what_is_allowed() {
    let population =
        |value: &str| format!("forests:\n  - domain: contoso.local\n    population: {{ users: {value} }}");
    for (value, word) in [("-5", "-5"), ("many", "'many'"), ("1.5", "1.5"), ("3000000", "3000000")] {
        check(&population(value), (5, 26), &[word, "from 0 to 2000000"]);
    }
    check("format: 2", (3, 1), &["duplicate", "format"]);
    check("steps:\n  - expect:\n      repairs: { recall: 1.5 }", (5, 26), &["1.5", "from 0 to 1"]);
    check(
        "steps:\n  - fault: { graph: \"GET /v1.0/users\", status: 200 }",
        (4, 48),
        &["200", "from 400 to 599"],
    );
    check("steps:\n  - run: { role: sync, exit: 256 }", (4, 30), &["256", "0 to 255", "any"]);
    check("steps:\n  - advance: 30", (4, 14), &["'30'", "500ms, 3s, 30m, 1h, 2d"]);
    check("tenant:\n  licenses: { ENTERPRISEPACK: -1 }", (4, 31), &["-1", "more-than-users"]);
}

#[test]
fn a_wrong_type_or_word_is_named_with_what_is_allowed() {
    check("steps:\n  - run: fixr", (4, 10), &["fixr", "checker, fixer, sync or licenser"]);
    check("steps:\n  - run: { role: sync, cycle: full }", (4, 31), &["full", "initial", "delta"]);
    check("clock: { mode: fast }", (3, 16), &["fast", "frozen", "stepped", "realtime"]);
    check("clock: { start: yesterday }", (3, 17), &["yesterday", "2026-01-05T08:00:00Z"]);
    check("covers: [M23]", (3, 10), &["M23", "M01 to M22"]);
    check("forests:\n  - domain: contoso", (4, 13), &["contoso", "at least two labels"]);
    check("forests:\n  - domain: a.b\n    defects: { PA99: 1 }", (5, 16), &["PA99", "PA26"]);
    check("tenant: { country: Norway }", (3, 20), &["Norway", "two capital letters"]);
    check("tenant:\n  license_plan: [{ sku: EMS, to: some }]", (4, 34), &["some", "all"]);
    check("steps: fixer", (3, 8), &["sequence"]);
    check("seed: -1", (3, 7), &["-1", "from 0 to 18446744073709551615"]);
    check("steps:\n  - run: { role: sync, timeout: 0s }", (4, 33), &["0s", "10m"]);
    check("tenant:\n  licenses: { ENTERPRISEPAK: 5 }", (4, 15), &["ENTERPRISEPAK", "ENTERPRISEPACK"]);
    check("tenant:\n  license_plan: [{ sku: EMS, to: { grup: a } }]", (4, 36), &["grup", "group"]);
    check("tenant:\n  license_plan: [{ sku: EMSS }]", (4, 25), &["EMSS", "EMS"]);
    check(
        "forests:\n  - domain: a.b\n    defects: idfix-clasic",
        (5, 14),
        &["idfix-clasic", "idfix-classic"],
    );
    check("seed: 1\nseed: 2", (4, 1), &["duplicate", "seed"]);
}

#[test]
fn a_step_has_one_key() {
    check("steps:\n  - run: fixer\n    snapshot: x", (4, 5), &["one key", "run", "snapshot"]);
}

#[test]
fn what_no_single_value_can_know_is_refused_too() {
    check("steps: [{ snapshot: a }, { snapshot: a }]", (3, 38), &["snapshot a", "twice"]);
    check("forests: [{ domain: a.b }, { domain: A.B }]", (3, 38), &["A.B", "twice"]);
    check("steps: [{ change: { delete_users: 1, forest: 2 } }]", (3, 38), &["forest", "beyond"]);
}

#[test]
fn a_rendered_error_marks_the_place_and_escapes_the_file() {
    let text = format!("{HEAD}clock: {{ mode: \u{202e}fast }}");
    let shown = Scenario::parse("a.yaml", &text).expect_err("wrong").render();
    assert!(shown.contains("3 | clock: { mode: \\u{202e}fast }"), "{shown}");
    assert!(shown.contains("^") && shown.contains("help: "), "{shown}");
    assert!(!shown.contains('\u{202e}'), "{shown}");
}

#[test]
fn of_a_long_line_only_the_place_is_shown() {
    let text = format!("{HEAD}covers: [{}M23]", "M01, ".repeat(100_000));
    let shown = Scenario::parse("a.yaml", &text).expect_err("wrong").render();
    assert!(shown.len() < 1000 && shown.contains("M23"), "{shown}");
    let marked = shown.lines().find(|line| line.contains('^')).expect("a mark");
    let column = marked.find('^').expect("a mark");
    let line = shown.lines().nth(2).expect("the line");
    assert!(line[column..].starts_with("M23"), "{shown}");
}

#[test]
fn a_file_that_is_not_utf_8_is_refused_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("latin.yaml");
    std::fs::write(&file, b"format: 1\nname: caf\xe9\n").expect("a file");
    let error = Scenario::load(&file).expect_err("not UTF-8");
    assert_eq!((error.line_and_column(), error.exit_code()), (Some((2, 10)), 2));
    assert!(error.to_string().contains("0xe9"), "{error}");
}

#[test]
fn hostile_yaml_is_refused_and_never_hangs() {
    let bomb =
        "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n";
    let deep = format!("steps: {}", "[".repeat(100_000));
    for text in [bomb, deep.as_str(), "\u{0}", "- a", "a: *x", "", "%YAML 9.9\n---\n"] {
        let error = Scenario::parse("a.yaml", text).expect_err("hostile");
        assert_eq!(error.exit_code(), 2);
    }
}

#[test]
fn no_is_a_country_and_a_name_stays_a_name() {
    let text = format!(
        "{HEAD}forests: [{{ domain: Fabrikam.LOCAL, defects: {{ PA26: 3 }}, not_synchronized: [Rooms] }}]\n\
         tenant:\n  country: NO\n  display_name: 1234\n  licenses: {{ EMS: 5, ENTERPRISEPACK: more-than-users }}\n  \
         subscriptions: {{ EMS: {{ ends: 2026-02-01T00:00:00Z, trial: true }} }}\n  \
         license_plan: [{{ sku: EMS, to: {{ first: 3 }}, usage_location: NO }},\n    \
         {{ sku: EMS, to: {{ group: team }}, replaces: [ENTERPRISEPACK] }}]\n  license_groups: [\"GG-*\"]\n"
    );
    let spec = Scenario::parse("a.yaml", &text).unwrap().estate();
    assert_eq!((spec.tenant.country.as_str(), spec.tenant.display_name.as_str()), ("NO", "1234"));
    assert_eq!(spec.forests[0].domain, "fabrikam.local");
    assert_eq!(spec.forests[0].not_synchronized, ["Rooms"]);
    assert_eq!(spec.tenant.license_groups, ["GG-*"]);
    assert_eq!(spec.forests[0].defects, DefectMix::Exact([("PA26".to_owned(), 3)].into()));
    let seats = [("EMS".to_owned(), Seats::Exactly(5)), ("ENTERPRISEPACK".to_owned(), Seats::MoreThanUsers)];
    assert_eq!(spec.tenant.licenses, seats);
    let ends = SimTime::parse_rfc3339("2026-02-01T00:00:00Z");
    let own = SubscriptionChange { ends, trial: Some(true), ..SubscriptionChange::default() };
    assert_eq!(spec.tenant.subscriptions, [("EMS".to_owned(), own)].into());
    let second = &spec.tenant.license_plan[1];
    assert_eq!(second.to, PlanTarget::Group("team".to_owned()));
    assert_eq!(second.replaces, ["ENTERPRISEPACK"]);
    assert_eq!(spec.tenant.license_plan[0].usage_location, UsageLocation::Fixed("NO".to_owned()));
}

#[test]
fn the_published_schema_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/scenario.schema.json");
    let published = std::fs::read_to_string(path).unwrap_or_default();
    assert!(published == json_schema(), "write it anew: cargo run -- schema > docs/scenario.schema.json");
}

#[test]
fn changes_written_as_ldif_are_read_with_the_file() {
    use forestbed_scenarios::format::{LdifChange, Step};
    let text = "steps:\n  - change:\n      forest: 1\n      ldif: |\n        dn: CN=Ann,DC=contoso,DC=local\n        objectClass: user\n        mail: ann@contoso.com\n        mail: b@contoso.com\n\n        dn: CN=Ann,DC=contoso,DC=local\n        changetype: delete\n";
    let scenario = Scenario::parse("a.yaml", &format!("{HEAD}{text}")).unwrap();
    let Step::Change(change) = &scenario.steps[0] else { panic!("a change") };
    let changes = &change.ldif.as_ref().unwrap().0;
    let name = "CN=Ann,DC=contoso,DC=local".to_owned();
    let values = |values: &[&str]| values.iter().map(|v| v.as_bytes().to_vec()).collect::<Vec<_>>();
    let attributes = vec![
        ("objectClass".to_owned(), values(&["user"])),
        ("mail".to_owned(), values(&["ann@contoso.com", "b@contoso.com"])),
    ];
    assert_eq!(*changes, [LdifChange::Add(name.clone(), attributes), LdifChange::Delete(name)]);
    let wrong = |ldif: &str, words: &[&str]| {
        let error = Scenario::parse("a.yaml", &format!("{HEAD}steps:\n  - change: {{ ldif: {ldif:?} }}\n"));
        let shown = error.expect_err(ldif).to_string();
        assert!(words.iter().all(|word| shown.contains(word)), "{shown}");
    };
    wrong("", &["changes nothing"]);
    wrong("dn: CN=Ann\nchangetype: vanish\n", &["vanish", "modrdn"]);
    wrong("dn: CN=Ann\nphoto:< file:///photo.jpg\n", &["not opened", "base64"]);
    wrong("dn: CN=Ann\nchangetype: modify\nincrement: a\na: 1\n-\n", &["increment"]);
}

#[test]
fn objects_topologies_and_ways_to_match_are_read_by_name() {
    use forestbed_sim::spec::{PeopleMatch, Topology};
    let text = "topology: full-mesh\npeople_match: attribute:employeeID\n";
    let estate = Scenario::parse("a.yaml", &format!("{HEAD}{text}")).unwrap().estate();
    assert_eq!(estate.topology, Topology::FullMesh);
    assert_eq!(estate.people_match, PeopleMatch::Attribute("employeeID".to_owned()));
    check("topology: ring", (3, 11), &["ring", "account-resource", "consolidation"]);
    check("people_match: name", (3, 15), &["name", "account-and-alias"]);
    let objects = |rest: &str| format!("steps:\n  - expect:\n      objects:\n        - {rest}\n");
    check(
        &objects("{ find: { nose: x } }"),
        (6, 21),
        &["nose", "userPrincipalName", "onPremisesImmutableId"],
    );
    check(&objects("{ find: { mail: x }, member: 3 }"), (6, 32), &["member", "members", "deleted"]);
    check(&objects("{ is: { mail: x } }"), (6, 13), &["find"]);
}

#[test]
fn a_wanted_value_takes_each_value_once() {
    use forestbed_scenarios::format::Wanted;
    let check = |wanted: &[&str], values: &[&str], fits: bool| {
        let owned = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert_eq!(Wanted(owned(wanted)).fits(&owned(values)), fits, "{wanted:?} {values:?}");
    };
    check(&[], &[], true);
    check(&[], &["a"], false);
    check(&["a"], &[], false);
    check(&["b", "a"], &["a", "b"], true);
    check(&["smtp:a"], &["SMTP:a"], false);
    check(&["a*c*e"], &["abcde"], true);
    check(&["a*c*e"], &["abde"], false);
    check(&["a*a"], &["a"], false);
    check(&["a", "a"], &["a", "b"], false);
    check(&["SMTP:*", "smtp:a@contoso.com"], &["smtp:a@contoso.com", "SMTP:b@contoso.com"], true);
    check(&["*"], &["a", "b"], false);
}

#[test]
fn what_is_to_be_synchronized_is_read_and_checked() {
    let read = |text: &str| Scenario::parse("a.yaml", &format!("{HEAD}{text}")).unwrap();
    let wanted = read("synchronize: { domains: [Contoso.local], include: ['OU=A,DC=contoso,DC=local'], alternate_id: MAIL, anchor: objectguid }\n")
        .estate()
        .synchronize;
    assert_eq!(wanted.domains, ["contoso.local"]);
    assert_eq!(wanted.include, ["OU=A,DC=contoso,DC=local"]);
    assert_eq!(
        (wanted.alternate_id.as_deref(), wanted.anchor.as_deref()),
        (Some("mail"), Some("objectGUID"))
    );
    assert!(read("").estate().synchronize.is_default());
    check("synchronize: { include: [Staff] }", (3, 26), &["Staff", "distinguished name"]);
    check(
        "synchronize: { anchor: thumbnailPhoto }",
        (3, 24),
        &["thumbnailPhoto", "objectGUID", "employeeID"],
    );
    check("synchronize: { alternate_id: objectGUID }", (3, 30), &["objectGUID", "mail"]);
    check("synchronize: { includes: [] }", (3, 16), &["includes", "include"]);
    check("synchronize: { include: ['OU=A,DC=b'], exclude: ['ou=a, dc=B'] }", (3, 1), &["both"]);
    let step = "steps:\n  - change:\n      synchronize: { include: ['OU=A,DC=b'], group: 'CN=G,DC=b' }\n";
    check(step, (5, 7), &["CN=G,DC=b", "no container"]);
}

#[test]
fn a_fault_of_the_provisioning_service_is_named_by_its_operation() {
    use forestbed_scenarios::format::Step;
    use forestbed_sim::journal::Side;
    let step = |rest: &str| format!("steps:\n  - fault: {{ {rest} }}\n");
    let read = |rest: &str| {
        let scenario = Scenario::parse("a.yaml", &format!("{HEAD}{}", step(rest))).unwrap();
        let Step::Fault(fault) = &scenario.steps[0] else { panic!("a fault") };
        fault.fault().expect("a fault")
    };
    let fault = read("provisioning: 'Provision*', status: 429, retry_after: 30s");
    assert_eq!((fault.side, fault.pattern.as_str()), (Side::Provisioning, "* Provision*"));
    assert_eq!(read("ldap: search, result: referral").effect, read("ldap: search, result: 10").effect);
    check(&step("provisioning: 'POST /x', drop: true"), (4, 28), &["POST /x", "ProvisionAzureADSyncObjects"]);
    check(&step("provisioning: '*', result: busy"), (4, 12), &["status"]);
    check(&step("provisioning: '*', graph: 'GET /*', drop: true"), (4, 12), &["one of", "provisioning"]);
    check(&step("provisioning: '*', ldap: search, drop: true"), (4, 12), &["one of", "provisioning"]);
}
