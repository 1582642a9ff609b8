//! The page about populations says what the command measures.

use forestbed::spec::PopulationProfile;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};

const PAGE: &str = "docs/population.md";

fn measured(profile: PopulationProfile) -> Value {
    let arguments =
        ["generate", "--population", profile.name(), "--users", "2000", "--defects", "clean", "--json"];
    let run = Command::new(env!("CARGO_BIN_EXE_forestbed")).args(arguments).stdin(Stdio::null()).output();
    let run = run.expect("forestbed runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    serde_json::from_slice(&run.stdout).expect("JSON")
}

/// `0 1 2 6 23`, or one number.
fn cell(value: &Value) -> String {
    match value {
        Value::Object(spread) if spread.contains_key("median") => {
            ["least", "median", "p90", "p99", "most"].map(|key| spread[key].to_string()).join(" ")
        }
        Value::Object(counts) => counts.len().to_string(),
        value => value.to_string(),
    }
}

const ROWS: [(&str, &str); 37] = [
    ("people", "people"),
    ("contractors", "types/Contractor"),
    ("pupils", "types/Student"),
    ("who left", "leavers"),
    ("with a mailbox", "mailboxes"),
    ("with a number in the account name", "numbered"),
    ("with a mobile", "mobiles"),
    ("with a fax", "faxes"),
    ("with a photo", "photos"),
    ("with a certificate", "certificates"),
    ("countries", "countries"),
    ("departments", "departments"),
    ("languages", "languages"),
    ("SMTP addresses of a person", "addresses"),
    ("octets of a photo", "photo_octets"),
    ("octets of a certificate", "certificate_octets"),
    ("days since the account was made", "account_days"),
    ("days since the password was set", "password_days"),
    ("days since the last logon", "logon_days"),
    ("people whom a manager leads", "reports"),
    ("managers above a person", "levels"),
    ("groups", "groups"),
    ("... for security", "security_groups"),
    ("... with an address", "mail_groups"),
    ("... that hold groups", "nesting_groups"),
    ("longest chain of groups", "nesting_depth"),
    ("members of a group", "members"),
    ("groups of a person", "memberships"),
    ("rooms and equipment", "rooms"),
    ("shared mailboxes", "shared"),
    ("contacts", "contacts"),
    ("computers", "computers"),
    ("accounts of services and administrators", "other_accounts"),
    ("organizational units", "units"),
    ("largest department", "departments/most"),
    ("largest country", "countries/most"),
    ("most common language", "languages/most"),
];

fn at<'a>(shape: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('/').try_fold(shape, |value, key| value.get(key))
}

/// `Sales (361)`.
fn most(shape: &Value, path: &str) -> String {
    let counts = shape[path].as_object().expect("counts by name");
    let most = counts.iter().max_by_key(|(name, count)| (count.as_u64(), std::cmp::Reverse(*name)));
    most.map(|(name, count)| format!("{name} ({count})")).unwrap_or_default()
}

fn shapes(all: &[(PopulationProfile, Value)]) -> String {
    let columns: Vec<(String, &Value)> = all
        .iter()
        .flat_map(|(profile, value)| {
            let forests = value["forests"].as_array().expect("forests");
            let name = move |number: usize| match forests.len() {
                1 => profile.name().to_owned(),
                _ => format!("{} {}", profile.name(), number + 1),
            };
            forests.iter().enumerate().map(move |(number, forest)| (name(number), &forest["shape"]))
        })
        .collect();
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut text =
        line([String::new()].into_iter().chain(columns.iter().map(|(name, _)| name.clone())).collect());
    text.push_str(&format!("|---|{}\n", "---|".repeat(columns.len())));
    for (label, path) in ROWS {
        let value = |shape: &Value| match path.strip_suffix("/most") {
            Some(path) => most(shape, path),
            None => at(shape, path).map_or_else(|| "0".to_owned(), cell),
        };
        text.push_str(&line(
            [label.to_owned()].into_iter().chain(columns.iter().map(|(_, shape)| value(shape))).collect(),
        ));
    }
    text
}

fn profiles() -> String {
    let row = |profile: PopulationProfile| format!("| `{}` | {} |\n", profile.name(), profile.about());
    let rows: String = PopulationProfile::all().map(row).collect();
    format!("| Profile | What it is like |\n|---|---|\n{rows}")
}

fn between(page: &str, mark: &str, text: &str) -> String {
    let (open, close) = (format!("<!-- {mark} -->\n"), format!("<!-- /{mark} -->"));
    let (before, rest) = page.split_once(&open).expect("a mark");
    let (_, after) = rest.split_once(&close).expect("its end");
    format!("{before}{open}{text}{close}{after}")
}

/// With `FORESTBED_UPDATE_DOCS` set the page is written anew.
#[test]
fn the_page_about_populations_says_what_is_measured() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = std::fs::read_to_string(&path).expect("the page");
    let all: Vec<(PopulationProfile, Value)> =
        PopulationProfile::all().map(|profile| (profile, measured(profile))).collect();
    for (profile, value) in &all {
        for forest in value["forests"].as_array().expect("forests") {
            assert_eq!(forest["population"]["profile"], profile.name());
            assert_eq!(forest["population"]["users"], forest["shape"]["people"], "{profile}");
            // every domain is born with DnsAdmins and DnsUpdateProxy, whose relative ids are not the system's
            let asked = forest["population"]["groups"].as_u64().map(|groups| groups + 2);
            assert_eq!(asked, forest["shape"]["groups"].as_u64(), "{profile}");
        }
    }
    let expected = between(&between(&page, "profiles", &profiles()), "shapes", &shapes(&all));
    if std::env::var_os("FORESTBED_UPDATE_DOCS").is_some() {
        std::fs::write(&path, &expected).expect("the page is written");
    }
    assert!(page == expected, "{PAGE} is out of date: run this test with FORESTBED_UPDATE_DOCS=1");
}

#[test]
fn a_profile_that_there_is_not_is_refused_with_those_that_there_are() {
    let run = Command::new(env!("CARGO_BIN_EXE_forestbed"));
    let ended = { run }.args(["generate", "--population", "bakery"]).output().expect("forestbed runs");
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(2), "{said}");
    assert!(said.contains("bakery") && said.contains("small-business, school, enterprise"), "{said}");
}
