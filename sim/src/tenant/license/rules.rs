//! Which service plans need or exclude each other (license-rules.tsv), and to which service a plan belongs.

use std::sync::LazyLock;

enum Rule {
    Exclusive,
    Depends,
}

struct Row {
    rule: Rule,
    plan: &'static str,
    others: Vec<&'static str>,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let row = |line: &'static str| {
        let mut cells = line.split('\t');
        let rule = match cells.next()? {
            "exclusive" => Rule::Exclusive,
            "depends" => Rule::Depends,
            _ => return None,
        };
        Some(Row { rule, plan: cells.next()?, others: cells.next()?.split(',').collect() })
    };
    include_str!("../../../data/license-rules.tsv").lines().filter_map(row).collect()
});

struct Prohibition {
    plan: &'static str,
    location: &'static str,
}

static PROHIBITED: LazyLock<Vec<Prohibition>> = LazyLock::new(|| {
    let table = include_str!("../../../data/license-locations.tsv").lines();
    let row = |line: &'static str| {
        let (plan, rest) = line.split_once('\t')?;
        Some(Prohibition { plan, location: rest.split('\t').next()? })
    };
    table.filter(|line| !line.starts_with('#')).skip(1).filter_map(row).collect()
});

static SERVICES: LazyLock<Vec<(&'static str, &'static str)>> = LazyLock::new(|| {
    let table = include_str!("../../../data/plan-services.tsv").lines();
    let row = |line: &'static str| {
        let mut cells = line.split('\t');
        Some((cells.next()?, cells.next()?))
    };
    table.filter(|line| !line.starts_with('#')).skip(1).filter_map(row).collect()
});

/// What a set of plans breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Violation {
    /// The plan is on and none of the others is.
    Depends { plan: &'static str, needs: Vec<&'static str> },
    /// Both are on.
    Exclusive { plan: &'static str, other: &'static str },
}

/// The rules, in the order of the table, that a set of plan names breaks; dependencies first.
pub(crate) fn violations(plans: &[&str]) -> Vec<Violation> {
    let on = |name: &str| plans.iter().any(|plan| plan.eq_ignore_ascii_case(name));
    let depends = ROWS.iter().filter(|row| matches!(row.rule, Rule::Depends));
    let missing = depends.filter(|row| on(row.plan) && !row.others.iter().any(|other| on(other)));
    let missing = missing.map(|row| Violation::Depends { plan: row.plan, needs: row.others.clone() });
    let exclusive = ROWS.iter().filter(|row| matches!(row.rule, Rule::Exclusive) && on(row.plan));
    let clashes = exclusive
        .flat_map(|row| row.others.iter().map(|other| (row.plan, *other)))
        .filter(|(_, other)| on(other))
        .map(|(plan, other)| Violation::Exclusive { plan, other });
    missing.chain(clashes).collect()
}

/// Whether a plan may not be used in a place (ISO 3166-1 alpha-2, any case): license-locations.tsv.
pub(crate) fn is_prohibited(plan: &str, location: &str) -> bool {
    PROHIBITED.iter().any(|row| {
        row.location.eq_ignore_ascii_case(location)
            && row.plan.strip_suffix('*').map_or_else(
                || row.plan.eq_ignore_ascii_case(plan),
                |head| plan.get(..head.len()).is_some_and(|own| own.eq_ignore_ascii_case(head)),
            )
    })
}

/// The service that runs a plan: `exchange`.
pub(crate) fn service(plan: &'static str) -> &'static str {
    SERVICES
        .iter()
        .find(|(prefix, _)| {
            plan.get(..prefix.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(prefix))
        })
        .map_or(plan, |(_, service)| service)
}

/// Whether a plan gives a mailbox: EXCHANGE_S_FOUNDATION and the archive add-on do not.
pub(crate) fn gives_mailbox(plan: &str) -> bool {
    ["EXCHANGE_S_STANDARD", "EXCHANGE_S_ENTERPRISE", "EXCHANGE_S_DESKLESS"].iter().any(|prefix| {
        plan.get(..prefix.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(prefix))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_names_plans_of_the_catalogue_and_its_confidence() {
        let plans: std::collections::BTreeSet<String> = crate::tenant::Catalogue::get()
            .skus()
            .iter()
            .flat_map(|sku| sku.plans.iter().map(|plan| plan.name.to_ascii_uppercase()))
            .collect();
        for row in ROWS.iter() {
            let names = std::iter::once(&row.plan).chain(&row.others);
            names.for_each(|name| assert!(plans.contains(*name), "{name}"));
        }
        let table = include_str!("../../../data/license-rules.tsv").lines().skip(2);
        for line in table {
            let cells: Vec<&str> = line.split('\t').collect();
            assert!(["observed", "documented", "assumed"].contains(&cells[3]), "{line}");
        }
        assert_eq!(ROWS.len(), include_str!("../../../data/license-rules.tsv").lines().count() - 2);
    }

    #[test]
    fn products_that_are_sold_alone_break_no_rule() {
        // microsoft-graph.md 5.1, core ids without the add-on MCOEV
        for name in [
            "STANDARDPACK",
            "ENTERPRISEPACK",
            "ENTERPRISEPREMIUM",
            "SPE_E3",
            "SPE_E5",
            "O365_BUSINESS_ESSENTIALS",
            "O365_BUSINESS_PREMIUM",
            "SPB",
            "SPE_F1",
            "M365_F1",
            "DESKLESSPACK",
            "EMS",
            "EMSPREMIUM",
            "AAD_PREMIUM",
            "EXCHANGESTANDARD",
            "EXCHANGEENTERPRISE",
            "PROJECTPROFESSIONAL",
            "PROJECTPREMIUM",
            "FLOW_FREE",
        ] {
            let sku = crate::tenant::Catalogue::get().find(name).unwrap();
            let plans: Vec<&str> = sku.plans.iter().map(|plan| plan.name).collect();
            assert_eq!(violations(&plans), [], "{name}");
        }
    }

    #[test]
    fn the_rules_seen_in_real_errors_hold() {
        // microsoft-graph.md 5.2
        for (plans, broken) in [
            (vec!["SHAREPOINT_PROJECT"], true),
            (vec!["SHAREPOINT_PROJECT", "SHAREPOINTENTERPRISE"], false),
            (vec!["TEAMS_FREE", "TEAMS1"], true),
            (vec!["MCOEV"], true),
            (vec!["MCOEV", "TEAMS1"], false),
            (vec!["EXCHANGE_S_STANDARD", "EXCHANGE_S_ENTERPRISE"], true),
            (vec!["EXCHANGE_S_ENTERPRISE", "exchange_s_enterprise"], false),
            (vec!["WORKPLACE_ANALYTICS"], true),
            (vec!["WORKPLACE_ANALYTICS", "EXCHANGE_S_DESKLESS"], true),
            (vec!["WORKPLACE_ANALYTICS", "EXCHANGE_S_STANDARD"], false),
            (vec!["MTRProManagement", "Teams_Rooms_Basic"], true),
        ] {
            assert_eq!(!violations(&plans).is_empty(), broken, "{plans:?}");
        }
    }
}
