//! Single rules by example: the tables of `sim/tests/examples`, whose README says how to read them.

use super::{Finding, Licensed, ObjectView, Settings, Severity, check};
use crate::clock::SimTime;

/// What an object has that the table does not speak of: somebody, a contact or a group that nothing is wrong
/// with.
fn innocent(class: &str, nth: usize) -> Vec<(&'static str, String)> {
    const PEOPLE: [(&str, &str); 4] =
        [("Jan", "Jansen"), ("Eva", "Bakker"), ("Tom", "Visser"), ("Ada", "Smit")];
    let (given, sn) = PEOPLE[nth % PEOPLE.len()];
    let local = format!("{given}.{sn}").to_lowercase();
    let of = |domain: &str| format!("{local}@{domain}");
    match class {
        "contact" => vec![
            ("cn", format!("{given} {sn}")),
            ("displayName", format!("{given} {sn}")),
            ("mail", of("fabrikam.com")),
            ("targetAddress", format!("SMTP:{}", of("fabrikam.com"))),
            ("proxyAddresses", format!("SMTP:{}", of("fabrikam.com"))),
            ("mailNickname", local),
        ],
        "group" => vec![
            ("cn", format!("Friends of {given}")),
            ("displayName", format!("Friends of {given}")),
            ("sAMAccountName", format!("friends.{local}")),
            ("groupType", "-2147483640".to_owned()),
            ("mail", format!("friends.{}", of("contoso.com"))),
            ("proxyAddresses", format!("SMTP:friends.{}", of("contoso.com"))),
            ("mailNickname", format!("friends.{local}")),
        ],
        _ => vec![
            ("cn", format!("{given} {sn}")),
            ("displayName", format!("{given} {sn}")),
            ("givenName", given.to_owned()),
            ("sn", sn.to_owned()),
            ("sAMAccountName", local.clone()),
            ("userPrincipalName", of("contoso.com")),
            ("mail", of("contoso.com")),
            ("proxyAddresses", format!("SMTP:{}", of("contoso.com"))),
            ("mailNickname", local),
        ],
    }
}

/// `\u{200b}` is a character, `\x{a*65}` a text so many times, `\e` nothing.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, escape)) = rest.split_once('\\') {
        out.push_str(before);
        let (kind, tail) = escape.split_at(1);
        rest = tail;
        match kind {
            "e" => {}
            "n" => out.push('\n'),
            "r" => out.push('\r'),
            "t" => out.push('\t'),
            "\\" => out.push('\\'),
            _ => {
                let (inside, tail) = tail[1..].split_once('}').expect("a brace that closes");
                rest = tail;
                match kind {
                    "u" => out.push(char::from_u32(u32::from_str_radix(inside, 16).unwrap()).unwrap()),
                    "x" => {
                        let (text, times) = inside.rsplit_once('*').expect("a number of times");
                        out.push_str(&text.repeat(times.parse().unwrap()));
                    }
                    _ => panic!("unknown escape {kind} in {text}"),
                }
            }
        }
    }
    out + rest
}

fn values(text: &str) -> Vec<String> {
    match text {
        "" => Vec::new(),
        _ => text.split(" | ").map(unescaped).collect(),
    }
}

/// `user mail=a@contoso.com ;; sn=`: an innocent user but for this. `-user`: with nothing else.
fn object(text: &str, nth: usize) -> ObjectView {
    let (class, attributes) = text.split_once(' ').unwrap_or((text, ""));
    let bare = class.strip_prefix('-');
    let class = bare.unwrap_or(class);
    let mut view = ObjectView::new(format!("CN=Number {nth},OU=Staff,DC=contoso,DC=local"), class);
    if bare.is_none() {
        innocent(class, nth - 1).into_iter().for_each(|(name, value)| view.set(name, vec![value]));
    }
    for attribute in attributes.split(" ;; ").filter(|attribute| !attribute.is_empty()) {
        let (name, text) = attribute.split_once('=').expect("an attribute and its values");
        match name {
            "dn" => view.dn = unescaped(text),
            "forest" => view.forest = text.parse().unwrap(),
            _ => view.set(name, values(text)),
        }
    }
    view
}

fn set(settings: &mut Settings, name: &str, text: &str) {
    let list = || values(text);
    match name {
        "verified" => settings.verified_domains = list(),
        "suffixes" => settings.upn_suffixes = list(),
        "scope" => settings.scope = list(),
        "licensed" if text == "all" => settings.licensed = Licensed::All,
        "licensed" => settings.licensed = Licensed::these(list()),
        "licence-groups" => settings.license_groups = list(),
        "members" => settings.max_group_members = text.parse().ok(),
        "now" => settings.now = SimTime::parse_rfc3339(text),
        "usage-location" => settings.default_usage_location = Some(text.to_owned()),
        "map" => {
            let pair =
                |text: &String| text.split_once('>').map(|(from, to)| (from.to_owned(), to.to_owned()));
            settings.domain_map = list().iter().filter_map(pair).collect();
        }
        _ => panic!("unknown setting {name}"),
    }
}

/// `!MN03 mailNickname -> jan.j`: an error; `?` a warning; `2!` of the second object; without `->` it needs a
/// decision; `->` with nothing after it empties the attribute.
fn shown(finding: &Finding, several: bool) -> String {
    let number = if several { (finding.object + 1).to_string() } else { String::new() };
    let sign = if finding.severity == Severity::Error { '!' } else { '?' };
    let suggestion = finding.suggestion.as_ref().map(|values| format!(" -> {}", values.join(" | ")));
    format!("{number}{sign}{} {}{}", finding.rule, finding.attribute, suggestion.unwrap_or_default())
        .trim_end()
        .to_owned()
}

/// Plays a table; returns how many rows it has and those that went otherwise.
fn play(table: &str) -> (usize, Vec<String>) {
    let mut settings = Settings::default();
    let (mut played, mut wrong) = (0, Vec::new());
    for line in table.lines().skip(1).filter(|line| !line.is_empty()) {
        if let Some(setting) = line.strip_prefix("@ ") {
            match setting.split_once(' ') {
                Some((name, text)) => set(&mut settings, name, text),
                None => settings = Settings::default(),
            }
            continue;
        }
        let mut cells = line.split('\t');
        let (objects, findings) = (cells.next().unwrap(), cells.next().expect("three columns"));
        assert!(cells.next().is_some_and(|source| !source.is_empty()), "a row without a source: {line}");
        let views: Vec<ObjectView> =
            (1..).zip(objects.split(" // ")).map(|(nth, text)| object(text, nth)).collect();
        let found = check(&views, &settings);
        let mut found: Vec<String> = found.iter().map(|f| shown(f, views.len() > 1)).collect();
        let mut expected: Vec<String> = match findings {
            "-" => Vec::new(),
            _ => findings.split(" ;; ").map(|text| unescaped(text).trim_end().to_owned()).collect(),
        };
        found.sort();
        expected.sort();
        if found != expected {
            wrong.push(format!("{objects}\n    expected {expected:?}\n    found    {found:?}"));
        }
        played += 1;
    }
    (played, wrong)
}

#[test]
fn every_example_is_judged_as_the_catalogue_says() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/examples");
    let mut tables: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    tables.retain(|path| path.extension().is_some_and(|extension| extension == "tsv"));
    tables.sort();
    assert!(!tables.is_empty());
    let mut all_wrong = Vec::new();
    for path in tables {
        let (played, wrong) = play(&std::fs::read_to_string(&path).unwrap());
        assert!(played > 0, "{} has no rows", path.display());
        all_wrong.extend(wrong.into_iter().map(|wrong| format!("{}: {wrong}", path.display())));
    }
    assert!(all_wrong.is_empty(), "{}\n{} rows", all_wrong.join("\n"), all_wrong.len());
}
