use super::*;
use crate::config::{Config, Connector};

pub(crate) fn connector(name: &str, kind: ConnectorKind) -> Connector {
    Connector {
        name: name.to_owned(),
        kind,
        forest: Default::default(),
        domains: Vec::new(),
        include: Vec::new(),
        exclude: Vec::new(),
        group: None,
    }
}

pub(crate) fn config() -> Config {
    Config::new(vec![
        connector("contoso", ConnectorKind::ActiveDirectory),
        connector("cloud", ConnectorKind::Cloud),
    ])
}

#[test]
fn the_default_rules_are_right_for_every_choice_of_anchor() {
    for anchor in ["objectGUID", "mS-DS-ConsistencyGuid", "employeeID"] {
        let config = Config { anchor: anchor.to_owned().into(), ..config() };
        let set =
            compile(&[("default-rules.yaml", DEFAULT_RULES)], &config).unwrap_or_else(|e| panic!("{e}"));
        assert!(set.rules().len() > 25);
        let written_back = set.rules().iter().any(|rule| rule.contributor_of.is_some());
        assert_eq!(written_back, anchor == "mS-DS-ConsistencyGuid");
        assert!(set.wanted(ConnectorKind::ActiveDirectory).iter().any(|name| name == "member"));
    }
}

#[test]
fn a_user_of_exchange_online_has_about_a_hundred_and_ten_attributes() {
    // directory-sync.md, section 1.7: "≈ 110"; identity and names of the account come beside them
    let set = compile(&[("default-rules.yaml", DEFAULT_RULES)], &config()).expect("right");
    let outbound = |rule: &&Rule| {
        rule.direction == Direction::Outbound
            && rule.connector == ConnectorKind::Cloud
            && rule.object == "user"
    };
    let filled: std::collections::BTreeSet<Name> =
        set.rules().iter().filter(outbound).flat_map(|rule| &rule.flows).map(|flow| flow.to).collect();
    assert!((105..=125).contains(&filled.len()), "{}", filled.len());
}

#[test]
fn every_default_rule_says_where_it_is_known_from() {
    let file: RuleFile = serde_saphyr::from_str(DEFAULT_RULES).expect("readable");
    for rule in &file.rules {
        assert!(!rule.source.is_empty(), "{}", rule.name);
        assert!(["observed", "documented", "assumed"].contains(&rule.confidence.as_str()), "{}", rule.name);
    }
}

#[test]
fn a_wrong_rule_file_is_told_with_its_place() {
    let rule = |precedence: u16, name: &str, rest: &str| {
        format!(
            "  - {{ name: {name}, precedence: {precedence}, direction: inbound, connector: active-directory, \
             object: user, metaverse: person, link: Join, source: test, confidence: custom, {rest} }}\n"
        )
    };
    let check = |rules: String, wrong: &[&str]| {
        let text = format!("format: 1\nrules:\n{rules}");
        let error = compile(&[("default", DEFAULT_RULES), ("mine.yaml", &text)], &config());
        let error = error.expect_err("wrong").to_string();
        for part in wrong {
            assert!(error.contains(part), "{part:?} is not in {error:?}");
        }
    };
    let flow = |text: &str| rule(50, "Mine", &format!("flows: [{text}]"));
    check(rule(100, "Mine", "direct: [cn]"), &["\"Mine\"", "precedence 100", "User Join"]);
    check(rule(50, "In from AD - User Join", "direct: [cn]"), &["two rules are called"]);
    check(rule(50, "Mine", "direct: [shoeSize]"), &["ActiveDirectory has no attribute shoeSize"]);
    check(flow("{to: title, expression: 'trim([cn])'}"), &["flow to title", "column 1", "spelt Trim"]);
    check(flow("{to: title, expression: 'Left([cn]'}"), &["column 10", "is missing before the end"]);
    check(flow("{to: memberCount, expression: 'Trim([cn])'}"), &["the flow gives Text", "Integer"]);
    check(flow("{to: title, from: pwdLastSet}"), &["the flow gives Integer, the attribute is Text"]);
    check(flow("{to: title, from: cn, constant: x}"), &["one of from, constant and expression"]);
    check(flow("{to: title, from: cn, merge: Merge}"), &["cannot be merged"]);
    check(rule(50, "Mine", "join: [[{object: mail, metaverse: mail}]]"), &["would both join the same user"]);
    check(rule(50, "Mine", "join: [[{object: objectSid, metaverse: mail}]]"), &["can never be equal"]);
    check(rule(50, "Mine", "scope: [[{attribute: cn, operator: EQUAL}]]"), &["needs a value"]);
    check(
        rule(50, "Mine", "scope: [[{attribute: pwdLastSet, operator: EQUAL, value: x}]]"),
        &["is no value of"],
    );
    check("  - { name: x }\n".to_owned(), &["mine.yaml", "precedence"]);
    check(rule(50, "Mine", "shape: round"), &["mine.yaml", "shape"]);
}
