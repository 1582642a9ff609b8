use super::rule::Rule;
use crate::clock::DEFAULT_START;
use crate::seed::Seed;
use crate::spec::TenantSpec;
use crate::tenant::{CallContext, ObjectKind, Property, Tenant};
use serde_json::{Map, Value, json};
use std::time::Duration;

fn map(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn tenant() -> (Tenant, CallContext) {
    let spec = TenantSpec { cloud_users: 1, cloud_groups: 0, ..TenantSpec::default() };
    let mut tenant = Tenant::new(&spec, 10, Seed::new(1), DEFAULT_START).unwrap();
    let ctx = CallContext { now: DEFAULT_START, app: None };
    for (name, extra) in [
        ("ada", json!({ "department": "Sales", "jobTitle": "Manager", "usageLocation": "NL" })),
        ("ben", json!({ "department": "sales", "accountEnabled": false, "usageLocation": "DE" })),
        ("cleo", json!({ "department": "Pre-Sales", "otherMails": ["cleo@fabrikam.com"] })),
        ("dora", json!({ "jobTitle": "Sales Engineer", "businessPhones": ["+31 20 1234567"] })),
        (
            "emil",
            json!({ "department": "A \"quoted\" one", "onPremisesExtensionAttributes": { "extensionAttribute7": "seven" } }),
        ),
    ] {
        let mut body = map(json!({
            "accountEnabled": true, "displayName": name, "mailNickname": name,
            "userPrincipalName": format!("{name}@contoso.com"),
            "passwordProfile": { "password": "Secret!1234" },
        }));
        body.extend(map(extra));
        tenant.create_user(&ctx, &body).unwrap();
    }
    (tenant, ctx)
}

#[test]
fn rules_name_the_users_that_their_words_mean() {
    let (tenant, _) = tenant();
    let named = |rule: &str| {
        let rule = Rule::parse(rule).unwrap_or_else(|reason| panic!("{rule}: {reason}"));
        let users =
            tenant.iter(ObjectKind::User).skip(1).filter(|user| rule.condition.holds(&tenant, user, None));
        users.filter_map(|user| user.text(Property::DisplayName)).collect::<Vec<_>>().join(" ")
    };
    // what each rule means follows from Microsoft's description of the operators; people are those above
    for (rule, expected) in [
        (r#"user.department -eq "Sales""#, "ada ben"),
        (r#"(user.department -eq "Sales")"#, "ada ben"),
        (r#"user.department eq "SALES""#, "ada ben"),
        (r#"user.department -ne "Sales""#, "cleo dora emil"),
        (r#"user.department -eq null"#, "dora"),
        (r#"user.department -ne null"#, "ada ben cleo emil"),
        (r#"user.department -startsWith "pre""#, "cleo"),
        (r#"user.department -notStartsWith "sal""#, "cleo dora emil"),
        (r#"user.department -contains "sales""#, "ada ben cleo"),
        (r#"user.department -notContains "sales""#, "dora emil"),
        (r#"user.department -match "^.*-S""#, "cleo"),
        (r#"user.displayName -notMatch "^[a-c]""#, "dora emil"),
        (r#"user.department -in ["Sales","Pre-Sales"]"#, "ada ben cleo"),
        (r#"user.department -notIn ["Sales", "Pre-Sales"]"#, "dora emil"),
        (r#"user.department -eq "A `"quoted`" one""#, "emil"),
        (r#"user.accountEnabled -eq true"#, "ada cleo dora emil"),
        (r#"user.accountEnabled -eq "false""#, "ben"),
        (r#"user.dirSyncEnabled -eq true"#, ""),
        (r#"user.otherMails -any (_ -contains "fabrikam")"#, "cleo"),
        (r#"user.otherMails -all (_ -contains "fabrikam")"#, "ada ben cleo dora emil"),
        (r#"user.otherMails -contains "fabrikam""#, "cleo"),
        (r#"user.telephoneNumber -startsWith "+31""#, "dora"),
        (r#"user.extensionAttribute7 -eq "seven""#, "emil"),
        (r#"user.department -eq "Sales" -and user.usageLocation -eq "NL""#, "ada"),
        // and before or, not before and
        (
            r#"user.displayName -eq "dora" -or user.department -eq "Sales" -and user.usageLocation -eq "DE""#,
            "ben dora",
        ),
        (
            r#"(user.displayName -eq "dora" -or user.department -eq "Sales") -and user.usageLocation -eq "DE""#,
            "ben",
        ),
        (r#"-not (user.department -contains "sales") -and user.jobTitle -eq null"#, "emil"),
        (r#"not (user.accountEnabled -eq true)"#, "ben"),
        (r#"user.assignedPlans -any (assignedPlan.capabilityStatus -eq "Enabled")"#, ""),
    ] {
        assert_eq!(named(rule), expected, "{rule}");
    }
}

#[test]
fn a_rule_that_cannot_be_read_is_refused_with_its_place() {
    for (rule, part) in [
        ("", "empty"),
        ("user.department", "operator"),
        (r#"user.department -eq"#, "value"),
        (r#"user.department -eq Sales"#, "value"),
        (r#"user.department -equals "Sales""#, "-equals"),
        (r#"user.nosuch -eq "x""#, "user.nosuch"),
        (r#"group.displayName -eq "x""#, "group.displayName"),
        (r#"user.department -eq "Sales"#, "no end"),
        (r#"(user.department -eq "Sales""#, "')'"),
        (r#"user.department -eq "Sales")"#, "end of the rule"),
        (r#"user.department -match "(""#, "pattern"),
        (r#"user.accountEnabled -eq "maybe""#, "type"),
        (r#"user.department -eq true"#, "type"),
        (r#"user.department -any (_ -eq "x")"#, "collection"),
        (r#"user.assignedPlans -eq "x""#, "-any"),
        (r#"user.department -in "Sales""#, "'['"),
        (r#"user.department -eq "a" -and device.displayName -eq "b""#, "not both"),
        (r#"user.extensionAttribute16 -eq "x""#, "extensionAttribute16"),
        ("?", "not expected"),
        (&"(".repeat(5000), "characters"),
        (&"(".repeat(200), "deep"),
    ] {
        let reason = Rule::parse(rule).expect_err(rule);
        assert!(reason.contains(part), "{rule}: {reason}");
    }
}

proptest::proptest! {
    #[test]
    fn arbitrary_rules_are_read_or_refused_and_never_panic(
        words in proptest::collection::vec(
            proptest::sample::select(vec![
                "user.department", "user.otherMails", "device.displayName", "-eq", "-any", "-in", "-not", "-and",
                "-or", "(", ")", "[", "]", ",", "\"x\"", "null", "true", "_", "`", "\"", "é", "-match", "\"(\"",
            ]),
            0..40,
        ),
    ) {
        drop(Rule::parse(&words.join(" ")));
        drop(Rule::parse(&words.concat()));
    }
}

#[test]
fn a_dynamic_group_follows_its_rule_on_the_clock_and_stands_still_while_paused() {
    let (mut tenant, mut ctx) = tenant();
    let body = json!({
        "displayName": "Sales", "mailNickname": "sales", "mailEnabled": false, "securityEnabled": true,
        "groupTypes": ["DynamicMembership"], "membershipRuleProcessingState": "On",
        "membershipRule": "user.department -eq \"Sales\"",
    });
    let group = tenant.create_group(&ctx, &map(body)).unwrap();
    let names = |tenant: &Tenant| {
        let mut names: Vec<&str> = tenant
            .members(group)
            .iter()
            .filter_map(|id| tenant.object(*id)?.text(Property::DisplayName))
            .collect();
        names.sort_unstable();
        names.join(" ")
    };
    let pass = |tenant: &mut Tenant, ctx: &mut CallContext, seconds: u64| {
        ctx.now = ctx.now.plus(Duration::from_secs(seconds));
        tenant.run_due(ctx.now);
    };
    assert_eq!(names(&tenant), "");
    pass(&mut tenant, &mut ctx, 60);
    assert_eq!(names(&tenant), "");
    pass(&mut tenant, &mut ctx, 60);
    assert_eq!(names(&tenant), "ada ben");
    let set = |tenant: &mut Tenant, ctx: &CallContext, name: &str, department: Value| {
        let id = tenant.user(&format!("{name}@contoso.com")).unwrap().id();
        tenant.update(ctx, id, &map(json!({ "department": department }))).unwrap();
    };
    set(&mut tenant, &ctx, "dora", json!("Sales"));
    set(&mut tenant, &ctx, "ada", Value::Null);
    pass(&mut tenant, &mut ctx, 120);
    assert_eq!(names(&tenant), "ben dora");

    tenant.update(&ctx, group, &map(json!({ "membershipRuleProcessingState": "Paused" }))).unwrap();
    set(&mut tenant, &ctx, "ada", json!("Sales"));
    pass(&mut tenant, &mut ctx, 600);
    assert_eq!(names(&tenant), "ben dora");
    tenant.update(&ctx, group, &map(json!({ "membershipRuleProcessingState": "On" }))).unwrap();
    pass(&mut tenant, &mut ctx, 120);
    assert_eq!(names(&tenant), "ada ben dora");

    // nobody else writes its members
    let cleo = tenant.user("cleo@contoso.com").unwrap().id();
    assert!(tenant.add_member(&ctx, group, cleo).is_err());
    // a changed rule is processed for everybody
    let rule = json!({ "membershipRule": "user.department -eq \"Pre-Sales\"" });
    tenant.update(&ctx, group, &map(rule)).unwrap();
    pass(&mut tenant, &mut ctx, 120);
    assert_eq!(names(&tenant), "cleo");
    // without the type the members stay, and can be written
    let body = json!({ "groupTypes": [], "membershipRule": null, "membershipRuleProcessingState": null });
    if tenant.update(&ctx, group, &map(body)).is_ok() {
        assert_eq!(names(&tenant), "cleo");
    }
}
