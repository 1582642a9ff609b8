//! The grammar.

use super::ast::{BinaryOp, Expr, Lambda, Literal};
use super::parser::parse;
use forestbed_sim::clock::SimTime;
use forestbed_sim::ids::Guid;
use proptest::prelude::*;

fn check(filter: &str, canonical: &str) {
    let tree = parse(filter).unwrap_or_else(|error| panic!("{filter}: {error:?}"));
    assert_eq!(tree.to_string(), canonical, "{filter}");
}

#[test]
fn every_form_of_the_grammar_is_read() {
    // the forms that microsoft-graph.md section 3 names
    for (filter, canonical) in [
        ("displayName eq 'Ada'", "displayName eq 'Ada'"),
        ("displayName eq 'O''Brien'", "displayName eq 'O''Brien'"),
        ("accountEnabled eq true", "accountEnabled eq true"),
        ("NOT(accountEnabled EQ False)", "not (accountEnabled eq false)"),
        ("a eq 1 and b eq 2 or c eq 3", "((a eq 1) and (b eq 2)) or (c eq 3)"),
        ("a eq 1 or b eq 2 and c eq 3", "(a eq 1) or ((b eq 2) and (c eq 3))"),
        ("(a eq 1 or b eq 2) and c eq 3", "((a eq 1) or (b eq 2)) and (c eq 3)"),
        ("a eq 1 and b eq 2 and c eq 3", "(a eq 1) and (b eq 2) and (c eq 3)"),
        ("not startsWith(mail,'a')", "not startsWith(mail,'a')"),
        ("department in ('A', 'B')", "department in ('A','B')"),
        ("mail eq null", "mail eq null"),
        ("proxyAddresses/any(p:p eq 'smtp:x')", "proxyAddresses/any(p:p eq 'smtp:x')"),
        ("proxyAddresses/any()", "proxyAddresses/any()"),
        (
            "assignedLicenses/any(x:x/skuId eq 6fd2c87f-b296-42f0-b197-1e91e994b900)",
            "assignedLicenses/any(x:x/skuId eq 6fd2c87f-b296-42f0-b197-1e91e994b900)",
        ),
        ("assignedLicenses/$count ne 0", "assignedLicenses/$count ne 0"),
        ("groupTypes/all(g:g ne 'Unified')", "groupTypes/all(g:g ne 'Unified')"),
        (
            "onPremisesExtensionAttributes/extensionAttribute1 eq 'x'",
            "onPremisesExtensionAttributes/extensionAttribute1 eq 'x'",
        ),
        ("createdDateTime ge 2026-01-05T08:00:00Z", "createdDateTime ge 2026-01-05T08:00:00Z"),
        (
            "createdDateTime ge 2026-01-05T08:00:00.123+02:00",
            "createdDateTime ge 2026-01-05T08:00:00.123+02:00",
        ),
        ("employeeHireDate le 2026-01-05", "employeeHireDate le 2026-01-05"),
        ("t eq 08:30:00", "t eq 08:30:00"),
        ("x add 1 mul -2 gt 1.5e-3", "(x add (1 mul -2)) gt 1.5e-3"),
        ("-(x) lt 4", "(-(x)) lt 4"),
        ("style has Sales.Pattern'Yellow'", "style has Sales.Pattern'Yellow'"),
        ("d eq duration'PT1H'", "d eq duration'PT1H'"),
        ("microsoft.graph.user/mail eq 'x'", "microsoft.graph.user/mail eq 'x'"),
        ("isof('microsoft.graph.user')", "isof('microsoft.graph.user')"),
        ("contains(tolower(trim(displayName)),'ö')", "contains(tolower(trim(displayName)),'ö')"),
        ("'x' eq displayName", "'x' eq displayName"),
    ] {
        check(filter, canonical);
    }
}

#[test]
fn what_is_malformed_is_refused_where_it_breaks() {
    // the two texts that microsoft-graph.md section 3 gives for a malformed filter, and their siblings
    let error = |filter: &str| {
        let error = parse(filter).expect_err(filter);
        let arg = |name| error.args.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone());
        (error.key, arg("position"))
    };
    for (filter, key, position) in [
        ("", "filter-expression-expected", Some("0")),
        ("displayName eq", "filter-expression-expected", Some("14")),
        ("displayName eq 'a", "filter-unterminated-string", Some("17")),
        ("displayName eq 'a' 'b'", "filter-syntax-error", Some("22")),
        ("displayName like 'a'", "filter-syntax-error", Some("16")),
        ("(a eq 1", "filter-close-paren-or-operator-expected", Some("7")),
        ("startsWith(a 'b')", "filter-close-paren-or-comma-expected", Some("16")),
        ("a in 'b'", "filter-open-paren-expected", Some("8")),
        ("a eq #", "filter-invalid-character", Some("5")),
        ("a/b(c)", "filter-unknown-function", None),
        ("a eq 12:99", "filter-syntax-error", Some("10")),
        ("a eq 2026-13-01", "filter-syntax-error", Some("15")),
    ] {
        let (found, at) = error(filter);
        assert_eq!((found, at.as_deref()), (key, position), "{filter}");
    }
}

#[test]
fn deep_and_long_expressions_are_refused() {
    for filter in [
        "(".repeat(10_000),
        "not ".repeat(3000),
        "-".repeat(10_000),
        "a/any(x:".repeat(1000),
        format!("1{}", " add 1".repeat(2000)),
        format!("a{}", " eq a".repeat(2000)),
        "f(".repeat(5000),
    ] {
        assert_eq!(parse(&filter).map_err(|e| e.key), Err("filter-too-deep"), "{}", &filter[..20]);
    }
    assert_eq!(parse(&"a".repeat(20_000)).map_err(|e| e.key), Err("filter-too-long"));
    let wide = vec!["a eq 1"; 1000].join(" or ");
    assert!(matches!(parse(&wide), Ok(Expr::Or(parts)) if parts.len() == 1000));
}

fn name() -> impl Strategy<Value = String> {
    "[a-zA-Z_][a-zA-Z0-9_]{0,8}".prop_filter("a keyword", |name| {
        let word = name.to_ascii_lowercase();
        BinaryOp::of(&word).is_none()
            && !["and", "or", "not", "in", "null", "true", "false", "inf", "nan", "any", "all"]
                .contains(&word.as_str())
    })
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Bool),
        any::<i64>().prop_map(Literal::Integer),
        ".{0,12}".prop_map(Literal::Text),
        any::<[u8; 16]>().prop_map(|bytes| Literal::Guid(Guid::from_bytes(bytes))),
        (0i64..4_000_000_000).prop_map(|seconds| {
            let time = SimTime::from_millis(seconds * 1000);
            Literal::Instant(time, time.rfc3339())
        }),
        Just(Literal::Date("2026-02-28".to_owned())),
        Just(Literal::Decimal("1.5e-3".to_owned())),
        (name(), ".{0,8}").prop_map(|(p, t)| Literal::Prefixed(format!("{p}.x"), t)),
    ]
}

fn expr() -> impl Strategy<Value = Expr> {
    let path = prop::collection::vec(name(), 1..4).prop_map(Expr::Path);
    let leaf = prop_oneof![literal().prop_map(Expr::Literal), path];
    leaf.prop_recursive(4, 40, 4, |inner| {
        let op = (0usize..12)
            .prop_map(|i| ["eq", "ne", "gt", "ge", "lt", "le", "has", "add", "sub", "mul", "div", "mod"][i]);
        let many = || prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            many().prop_map(Expr::And),
            many().prop_map(Expr::Or),
            inner.clone().prop_map(|e| Expr::Not(Box::new(e))),
            inner.clone().prop_map(|e| Expr::Negate(Box::new(e))),
            (op, inner.clone(), inner.clone())
                .prop_map(|(op, l, r)| { Expr::Binary(BinaryOp::of(op).unwrap(), Box::new(l), Box::new(r)) }),
            (inner.clone(), many()).prop_map(|(left, list)| Expr::In(Box::new(left), list)),
            (name(), many()).prop_map(|(name, args)| Expr::Call(name, args)),
            (prop::collection::vec(name(), 1..3), any::<bool>(), name(), inner.clone()).prop_map(
                |(path, all, variable, body)| {
                    Expr::Lambda(Box::new(Lambda { path, all, body: Some((variable, body)) }))
                }
            ),
        ]
    })
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn no_shuffled_tokens_make_the_parser_panic(
        words in prop::collection::vec("[(),/:'-]|eq|and|or|not|in|any|a|b|'x'|1|null| |\\$count|2026-01-01", 0..40),
    ) {
        let _ = parse(&words.join(" "));
        let _ = parse(&words.concat());
    }

    #[test]
    fn what_is_printed_reads_back_as_the_same_tree(tree in expr()) {
        let text = tree.to_string();
        prop_assert_eq!(parse(&text), Ok(tree), "{}", text);
    }
}
