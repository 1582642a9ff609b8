//! Some hundred filters over a fixed population. What they must find comes from predicates over the JSON
//! that are put together beside the text and share nothing with parser, checker and evaluator.

use super::condition_tests::Sample;
use super::filter;
use super::metadata::Entity;
use forestbed_sim::tenant::ObjectKind;
use serde_json::{Value, json};

type Predicate = Box<dyn Fn(&Value) -> bool>;

/// 24 people that differ in every property that the filters name.
fn population() -> Vec<Value> {
    let names = ["Ada", "ada", "Søren", "O'Brien", "Zoë", "李", "Abe", ""];
    (0..24usize)
        .map(|i| {
            let mut person = json!({
                "id": format!("00000000-0000-4000-8000-0000000000{i:02}"),
                "displayName": format!("{}{}", names[i % 8], i / 8),
                "userPrincipalName": format!("p{i}@{}", if i % 3 == 0 { "contoso.com" } else { "Fabrikam.com" }),
                "accountEnabled": i % 2 == 0,
                "createdDateTime": format!("2026-01-{:02}T08:00:00Z", 5 + i % 4),
                "proxyAddresses": (0..i % 4).map(|n| format!("smtp:P{i}x{n}@contoso.com")).collect::<Vec<_>>(),
                "assignedPlans": (0..i % 3)
                    .map(|n| json!({
                        "service": if n == 0 { "exchange" } else { "SharePoint" },
                        "capabilityStatus": if i % 2 == 0 { "Enabled" } else { "Deleted" },
                    }))
                    .collect::<Vec<_>>(),
            });
            if i % 5 != 0 {
                person["department"] = json!(["Sales", "HR", "R&D", "it's"][i % 4]);
            }
            if i % 6 != 0 {
                person["jobTitle"] = json!(names[(i + 3) % 8]);
            }
            person
        })
        .collect()
}

fn lower(value: &Value) -> Option<String> {
    value.as_str().map(str::to_lowercase)
}

fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Comparisons of text properties with some texts and with null.
fn texts() -> Vec<(String, Predicate)> {
    let mut out: Vec<(String, Predicate)> = Vec::new();
    for name in ["displayName", "department", "jobTitle", "userPrincipalName"] {
        for text in ["Ada0", "o'brien1", "SALES", "søren2", "p6@contoso.com", "r&d", ""] {
            let wanted = text.to_lowercase();
            for op in ["eq", "ne", "ge", "le", "gt", "lt"] {
                let wanted = wanted.clone();
                let predicate = move |person: &Value| match (lower(&person[name]), op) {
                    (own, "eq") => own.as_deref() == Some(&wanted),
                    (own, "ne") => own.as_deref() != Some(&wanted),
                    (Some(own), "ge") => own >= wanted,
                    (Some(own), "le") => own <= wanted,
                    (Some(own), "gt") => own > wanted,
                    (Some(own), "lt") => own < wanted,
                    _ => false,
                };
                out.push((format!("{name} {op} {}", quote(text)), Box::new(predicate)));
            }
            let head = wanted.chars().take(2).collect::<String>();
            let shown = quote(&head);
            out.push((
                format!("startsWith({name},{shown})"),
                Box::new(move |person| lower(&person[name]).is_some_and(|own| own.starts_with(&head))),
            ));
            let list = [wanted, "hr".to_owned()];
            out.push((
                format!("{name} in ({},'HR')", quote(text)),
                Box::new(move |person| lower(&person[name]).is_some_and(|own| list.contains(&own))),
            ));
        }
    }
    for name in ["department", "jobTitle"] {
        out.push((format!("{name} eq null"), Box::new(move |person| person[name].is_null())));
        out.push((format!("{name} ne null"), Box::new(move |person| !person[name].is_null())));
    }
    out
}

/// Booleans, times and collections.
fn others() -> Vec<(String, Predicate)> {
    let mut out: Vec<(String, Predicate)> = Vec::new();
    for wanted in [true, false] {
        out.push((
            format!("accountEnabled eq {wanted}"),
            Box::new(move |person| person["accountEnabled"] == wanted),
        ));
        out.push((
            format!("accountEnabled ne {wanted}"),
            Box::new(move |person| person["accountEnabled"] != wanted),
        ));
    }
    for day in 4..10 {
        // the texts have one form, so that their order is that of time
        let wanted = format!("2026-01-{day:02}T08:00:00Z");
        let (ge, le) = (wanted.clone(), wanted.clone());
        out.push((
            format!("createdDateTime ge {wanted}"),
            Box::new(move |person| person["createdDateTime"].as_str() >= Some(&ge)),
        ));
        out.push((
            format!("createdDateTime le {wanted}"),
            Box::new(move |person| person["createdDateTime"].as_str() <= Some(&le)),
        ));
    }
    for i in 0..8 {
        let wanted = format!("smtp:p{i}x1@contoso.com");
        out.push((
            format!("proxyAddresses/any(a:a eq '{}')", wanted.to_uppercase()),
            Box::new(move |person| {
                person["proxyAddresses"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .any(|a| lower(a).as_ref() == Some(&wanted))
            }),
        ));
        let head = format!("smtp:p{i}");
        out.push((
            format!("proxyAddresses/any(a:startswith(a,'{head}'))"),
            Box::new(move |person| {
                let addresses = person["proxyAddresses"].as_array().unwrap();
                addresses.iter().any(|a| lower(a).is_some_and(|a| a.starts_with(&head)))
            }),
        ));
    }
    for service in ["exchange", "sharepoint"] {
        for status in ["Enabled", "Deleted"] {
            let fits = move |plan: &Value| {
                lower(&plan["service"]).as_deref() == Some(service) && plan["capabilityStatus"] == status
            };
            out.push((
                format!("assignedPlans/any(p:p/service eq '{service}' and p/capabilityStatus eq '{status}')"),
                Box::new(move |person| person["assignedPlans"].as_array().unwrap().iter().any(fits)),
            ));
        }
    }
    out
}

fn clauses() -> Vec<(String, Predicate)> {
    texts().into_iter().chain(others()).collect()
}

fn found(text: &str, people: &[Value]) -> Vec<String> {
    let condition = filter(Entity::User, true, text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    let samples = people.iter().map(|person| Sample(ObjectKind::User, person.clone()));
    let hits = samples.filter(|sample| condition.holds(sample));
    hits.map(|sample| sample.1["id"].as_str().unwrap().to_owned()).collect()
}

fn expected(predicate: impl Fn(&Value) -> bool, people: &[Value]) -> Vec<String> {
    people.iter().filter(|p| predicate(p)).map(|p| p["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn single_clauses_find_what_the_predicates_find() {
    let people = population();
    let (clauses, mut hits) = (clauses(), 0);
    for (text, predicate) in &clauses {
        let wanted = expected(predicate, &people);
        assert_eq!(found(text, &people), wanted, "{text}");
        hits += wanted.len();
    }
    assert!(clauses.len() > 250, "{}", clauses.len());
    assert!(hits > 500, "the population meets too few of them: {hits}");
}

#[test]
fn connected_clauses_find_what_the_predicates_find() {
    let people = population();
    let clauses = clauses();
    let pick = |i: usize| &clauses[i % clauses.len()];
    for i in 0..120usize {
        let ((a, pa), (b, pb), (c, pc)) = (pick(i * 7), pick(i * 13 + 5), pick(i * 29 + 11));
        // what has no `not` column (lambdas over some collections) is asked plainly
        let negatable = !a.contains(" in (") && !a.starts_with("createdDateTime");
        let (text, wanted) = match i % 4 {
            0 => (format!("{a} and {b}"), expected(|p| pa(p) && pb(p), &people)),
            1 => (format!("{a} or {b} and {c}"), expected(|p| pa(p) || pb(p) && pc(p), &people)),
            2 => (format!("({a} or {b}) and {c}"), expected(|p| (pa(p) || pb(p)) && pc(p), &people)),
            _ if negatable => (format!("not({a}) and {b}"), expected(|p| !pa(p) && pb(p), &people)),
            _ => (format!("{a} or {c}"), expected(|p| pa(p) || pc(p), &people)),
        };
        assert_eq!(found(&text, &people), wanted, "{text}");
    }
}
