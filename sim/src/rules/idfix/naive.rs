//! A second reading of preparation-rules.md, section 2, for the tests: regular expressions as the page prints
//! them and a store that is scanned from its start. It shares no code with what it is held against.

use super::super::ObjectView;
use regex::Regex;
use unicode_normalization::UnicodeNormalization;

/// One row as text: name, class, attribute, errors, value, action, update, whether it was added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) dn: String,
    pub(super) class: String,
    pub(super) attribute: String,
    pub(super) errors: String,
    pub(super) value: Option<String>,
    pub(super) action: String,
    pub(super) update: Option<String>,
    pub(super) added: bool,
}

/// What a run says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) lines: Vec<Line>,
    pub(super) skipped: Vec<usize>,
    pub(super) suppressed: usize,
}

/// A value that was met: attribute, text, and who came first with it.
type Store = Vec<(String, String, usize)>;
/// Errors, action, update.
type Verdict = Option<(String, String, Option<String>)>;
type Rule<'a> = Box<dyn Fn(&mut Store, Option<&str>) -> Verdict + 'a>;

pub(super) fn evaluate(objects: &[ObjectView], dedicated: bool, alternate: bool) -> Said {
    let mut said = Said::default();
    let mut store = Store::new();
    for (n, object) in objects.iter().enumerate() {
        let kind = object.class.to_lowercase();
        let asked = kind == "user" || kind == "inetorgperson" || kind == "contact" || kind == "group";
        if !asked || dedicated && object.all("mail").is_empty() {
            continue;
        }
        if is_skipped(object, dedicated) {
            said.skipped.push(n);
            continue;
        }
        for (attribute, read, each) in attributes(dedicated, alternate) {
            let values = object.all(read);
            let mut looked: Vec<Option<&str>> = values.iter().map(|v| Some(v.as_str())).collect();
            if !each {
                looked.truncate(1);
                if looked.is_empty() {
                    looked.push(None);
                }
            }
            for value in looked {
                let rules = rules(object, n, attribute, read, value, dedicated);
                apply(&mut said, &mut store, objects, object, attribute, value, &rules);
            }
        }
    }
    said
}

fn attributes(dedicated: bool, alternate: bool) -> Vec<(&'static str, &'static str, bool)> {
    let mut all = vec![
        ("displayName", "displayName", false),
        ("givenName", "givenName", false),
        ("mail", "mail", false),
        ("mailnickname", "mailNickname", false),
        ("proxyAddresses", "proxyAddresses", true),
        ("sAMAccountName", "sAMAccountName", false),
        ("targetAddress", "targetAddress", false),
        ("userPrincipalName", "userPrincipalName", false),
    ];
    all.retain(|(_, read, _)| match *read {
        "givenName" | "sAMAccountName" => !dedicated,
        "userPrincipalName" => !dedicated && !alternate,
        _ => true,
    });
    all
}

fn apply(
    said: &mut Said,
    store: &mut Store,
    objects: &[ObjectView],
    object: &ObjectView,
    attribute: &str,
    value: Option<&str>,
    rules: &[Rule<'_>],
) {
    let mut now = value.map(str::to_owned);
    let (mut errors, mut action) = (Vec::new(), String::new());
    for rule in rules {
        if let Some((error, proposed, update)) = rule(store, now.as_deref()) {
            errors.push(error);
            action = proposed;
            now = update;
        }
    }
    if errors.is_empty() {
        return;
    }
    let line = Line {
        dn: object.dn.clone(),
        class: object.class.clone(),
        attribute: attribute.to_owned(),
        errors: errors.join(", "),
        value: value.map(str::to_owned),
        action,
        update: now,
        added: false,
    };
    if errors.iter().any(|error| error == "Duplicate") && line.action == "Edit" {
        match store.iter().find(|held| held.0 == attribute && equal(&held.1, value.unwrap_or(""))) {
            Some((_, _, first)) => said.lines.push(Line {
                dn: objects[*first].dn.clone(),
                errors: "Duplicate".to_owned(),
                added: true,
                ..line.clone()
            }),
            None => said.suppressed += 1,
        }
    }
    said.lines.push(line);
}

fn cn(object: &ObjectView) -> String {
    object.first("cn").unwrap_or("").to_owned()
}

/// Equal but for case, composition, and the two ligatures that were measured.
fn equal(one: &str, other: &str) -> bool {
    let plain = |text: &str| -> String {
        let lower: String = text.chars().flat_map(char::to_lowercase).collect();
        // taken apart only after composing: a ligature with a mark of its own is another letter
        let composed: String = lower.nfc().collect();
        composed.replace('ß', "ss").replace('æ', "ae").nfd().collect()
    };
    plain(one) == plain(other)
}

fn is_skipped(object: &ObjectView, dedicated: bool) -> bool {
    let (kind, cn) = (object.class.to_lowercase(), cn(object));
    let begins = |text: &str, start: &str| text.to_lowercase().starts_with(&start.to_lowercase());
    let known = [
        "Admini",
        "CAS_{",
        "DiscoverySearchMailbox",
        "FederatedEmail",
        "Guest",
        "HTTPConnector",
        "krbtgt",
        "iusr_",
        "iwam",
        "msol",
        "support_",
        "SystemMailbox",
        "WWIOadmini",
        "HealthMailbox",
        "Exchange Online-ApplicationAccount",
    ];
    if cn.ends_with('$') || known.iter().any(|start| begins(&cn, start)) {
        return true;
    }
    if object.dn.to_uppercase().contains("ACNF:") {
        return true;
    }
    if dedicated {
        return false;
    }
    if object.first("isCriticalSystemObject") == Some("TRUE") {
        return true;
    }
    if kind == "user" {
        let starts = |attribute: &str, starts: &[&str]| {
            object.first(attribute).is_some_and(|value| starts.iter().any(|start| begins(value, start)))
        };
        return starts("sAMAccountName", &["CAS_", "SUPPORT_", "MSOL_"])
            || starts("mailNickname", &["CAS_", "SYSTEMMAILBOX"])
            || object.first("msExchHideFromAddressLists") == Some("TRUE")
                && starts("displayName", &["MSOL"])
            || object.first("msExchRecipientTypeDetails").is_some_and(|details| {
                Regex::new("^0x(1|2|4|400|800|1000|20000)000$").unwrap().is_match(details)
            });
    }
    if kind == "group" {
        return match object.first("groupType").map(|kind| kind.starts_with('-')) {
            Some(true) => object.all("mail").is_empty(),
            Some(false) => object.all("proxyAddresses").is_empty(),
            None => false,
        };
    }
    false
}

fn rules<'a>(
    object: &'a ObjectView,
    n: usize,
    attribute: &'static str,
    read: &'static str,
    raw: Option<&str>,
    dedicated: bool,
) -> Vec<Rule<'a>> {
    let smtp = raw.is_some_and(|raw| Regex::new("(?i)smtp:").unwrap().is_match(raw));
    let strip = |expression| stripping(object, expression);
    let unique = || unique(object, n, attribute, read);
    let mut rules: Vec<Rule<'a>> = Vec::new();
    match (read, dedicated) {
        ("displayName", false) => rules.extend([length(255), blank(&[], object)]),
        ("givenName", false) => rules.push(length(63)),
        ("mail", false) => rules.extend([length(256), unique()]),
        ("mailNickname", false) => rules.extend([length(64), strip(r"^[.]+"), unique()]),
        ("proxyAddresses", false) => {
            rules.extend([length(256), colon(), unique()]);
            if smtp {
                rules.extend([strip(r#"[\s<>();,\[\]"]"#), rfc2822()]);
            } else if raw.is_some_and(|raw| Regex::new(r"(?i)^x\.?[45]00").unwrap().is_match(raw)) {
                rules.push(strip(r#"[\f\n\r\t\v\[\]"']"#));
            } else {
                rules.push(strip(r#"[\s<>(),\[\]"]"#));
            }
        }
        ("sAMAccountName", false) => {
            let max = if object.class.eq_ignore_ascii_case("user") { 20 } else { 256 };
            rules.extend([length(max), strip(r#"[\\"|,/\[\]:<>+=;?*]"#)]);
            if object.all("userPrincipalName").is_empty() {
                rules.push(unique());
            }
        }
        ("targetAddress", false) => {
            rules.extend([length(255), colon(), unique()]);
            if smtp {
                rules.extend([strip(r#"[\s\\<>();,\[\]"]"#), rfc2822()]);
            } else {
                rules.push(strip(r#"[\s\\<>(),\[\]"]"#));
            }
        }
        ("userPrincipalName", false) => {
            let invalid = r#"[\s\\%&*+/=?'{}|<>();:,\[\]"äëïöüÿÄËÏÖÜŸ]"#;
            rules.extend([length(113), strip(invalid), rfc2822(), unique()]);
        }
        ("displayName", true) => rules.extend([length(256), strip(r"^\s+|\s+$"), blank(&["group"], object)]),
        ("mail", true) => rules.extend([length(256), strip(r"\s"), rfc2822(), unique()]),
        ("mailNickname", true) => {
            let invalid = r#"[\s\\!#$%&*+/=?^`{}|~<>()';:,\[\]"@]"#;
            rules.extend([length(64), strip(invalid), unique(), blank(&["contact"], object)]);
        }
        ("proxyAddresses", true) => {
            rules.extend([length(256), colon(), unique()]);
            if smtp {
                rules.push(rfc2822());
            }
        }
        _ => {
            rules.extend([length(256), blank(&["contact", "user"], object)]);
            if smtp {
                rules.push(rfc2822());
            }
        }
    }
    rules
}

fn length<'a>(max: usize) -> Rule<'a> {
    Box::new(move |_, value| {
        let units: Vec<u16> = value?.encode_utf16().collect();
        (units.len() > max).then(|| edit("Length", String::from_utf16_lossy(&units[..max])))
    })
}

fn edit(error: &str, update: String) -> (String, String, Option<String>) {
    (error.to_owned(), "Edit".to_owned(), Some(update))
}

fn stripping<'a>(object: &'a ObjectView, expression: &str) -> Rule<'a> {
    let expression = Regex::new(expression).unwrap();
    Box::new(move |_, value| {
        let value = value?;
        expression.is_match(value).then(|| {
            let left = expression.replace_all(value, "").into_owned();
            edit("Character", if left.is_empty() { cn(object) } else { left })
        })
    })
}

fn colon<'a>() -> Rule<'a> {
    let expression = Regex::new("(?s)^([^:]+:)(.*:.*)$").unwrap();
    Box::new(move |_, value| {
        let parts = expression.captures(value?)?;
        Some(edit("Character", format!("{}{}", &parts[1], parts[2].replace(':', ""))))
    })
}

/// For these classes, or for all. Which attribute it is follows from the classes.
fn blank<'a>(classes: &'static [&'static str], object: &'a ObjectView) -> Rule<'a> {
    Box::new(move |_, value| {
        let kind = object.class.to_lowercase();
        if value.is_some_and(|value| !value.is_empty())
            || !classes.is_empty() && !classes.contains(&kind.as_str())
        {
            return None;
        }
        let first = |attribute| object.first(attribute).unwrap_or("");
        let update = match classes {
            ["contact"] => match (first("givenName"), first("sn"), object.first("sAMAccountName")) {
                ("", "", Some(account)) => account.to_owned(),
                ("", "", None) => cn(object),
                ("", sn, _) => sn.to_owned(),
                // the period is there as soon as sn is, even an empty one
                (given, _, _) if object.first("sn").is_none() => given.to_owned(),
                (given, sn, _) => format!("{given}.{sn}"),
            },
            ["contact", "user"] if !first("homeMDB").trim().is_empty() => return None,
            ["contact", "user"] if kind == "contact" => {
                let units: Vec<u16> = format!("SMTP:{}", first("mail")).encode_utf16().take(256).collect();
                String::from_utf16_lossy(&units)
            }
            ["contact", "user"] => {
                return Some(("Blank".to_owned(), "Edit".to_owned(), value.map(str::to_owned)));
            }
            ["group"] => {
                let units: Vec<u16> = cn(object).encode_utf16().take(255).collect();
                String::from_utf16_lossy(&units)
            }
            _ => cn(object),
        };
        Some(edit("Blank", update))
    })
}

fn unique<'a>(object: &'a ObjectView, n: usize, attribute: &'static str, read: &'static str) -> Rule<'a> {
    Box::new(move |store, value| {
        let value = value?;
        if !store.iter().any(|held| held.0 == attribute && equal(&held.1, value)) {
            store.push((attribute.to_owned(), value.to_owned(), n));
            return None;
        }
        let has = |other: &str| !object.all(other).is_empty();
        let smtp = Regex::new("(?i)smtp:").unwrap().find(value).map(|found| found.start());
        let action = if object.first(read) != Some(value) {
            "Edit"
        } else {
            match read {
                "proxyAddresses" => match (smtp, has("mailNickname")) {
                    (Some(0), true) => "Complete",
                    (Some(_), false) => "Remove",
                    _ => "Edit",
                },
                "mailNickname" if has("homeMDB") => "Complete",
                "userPrincipalName" | "mail" | "sAMAccountName" if has("mailNickname") => "Complete",
                _ => "Edit",
            }
        };
        Some(("Duplicate".to_owned(), action.to_owned(), Some(value.to_owned())))
    })
}

fn rfc2822<'a>() -> Rule<'a> {
    const LOCAL: &str = r"[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]+)*@";
    // .NET's `$` also stands before a last line feed
    const DOMAIN: &str = r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?\.)+(?:[a-zA-Z]{2,17})\n?$";
    let domain = Regex::new(&format!("@{DOMAIN}")).unwrap();
    let local = Regex::new(&format!("^{LOCAL}")).unwrap();
    let whole = Regex::new(&format!("^{LOCAL}{DOMAIN}")).unwrap();
    let no_domain = Regex::new("[^a-zA-Z0-9.-]").unwrap();
    let no_local = Regex::new(r"[^a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]").unwrap();
    Box::new(move |_, value| {
        let value = value?;
        let typed = value.to_ascii_lowercase().contains("smtp:");
        let colon = if typed { value.find(':').unwrap() + 1 } else { 0 };
        let mut x = value[colon..].to_owned();
        let mut wrong = Vec::new();
        let top = x.rfind('.').map(|at| x[at..].to_lowercase()).filter(|top| top.len() > 1);
        if top.is_some_and(|top| !is_listed(&top[1..])) {
            wrong.push("TopLevelDomain");
        }
        if !domain.is_match(&x) {
            wrong.push("DomainPart");
            if let Some(at) = x.rfind('@') {
                x = format!("{}{}", &x[..=at], no_domain.replace_all(&x[at + 1..], ""));
            }
        }
        if !local.is_match(&x) || x.matches('@').count() > 1 {
            wrong.push("LocalPart");
            if let Some(at) = x.rfind('@') {
                x = format!("{}{}", no_local.replace_all(&x[..at], ""), &x[at..]).replace(".@", "@");
            }
        }
        if !whole.is_match(&x) {
            wrong.insert(0, "Format");
        }
        (!wrong.is_empty()).then(|| edit(&wrong.join(", "), format!("{}{x}", value[..colon].trim())))
    })
}

/// The assumption that IdFix's list is the public suffix list less four, said once more.
fn is_listed(top: &str) -> bool {
    let gone = ["app", "microsoft", "shop", "blog"];
    !gone.contains(&top)
        && !top.starts_with("xn--")
        && psl::domain(format!("y.x.{top}").as_bytes()).is_some_and(|domain| domain.suffix().is_known())
}
