//! The page docs/from-ad-to-the-cloud.md: its picture and its trace are what rules and preview give.
//! `FORESTBED_UPDATE_DOCS=1` writes them anew.

use super::fakes::{World, sid};
use super::import;
use crate::rules::{RuleFile, RuleText, compile, picture};
use crate::value::Value;
use crate::{ImportKind, Preview, PreviewedAttribute, SyncKind, Told, rules, source_anchor_of};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

const ADA: [u8; 16] = [0xa1; 16];
const MAILBOX: [u8; 16] = [0xb2; 16];

fn docs(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name)
}

fn agrees(name: &str, right: &str) {
    let path = docs(name);
    if std::env::var_os("FORESTBED_UPDATE_DOCS").is_some() {
        std::fs::write(&path, right).expect("a page that can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == right,
        "{} is not what the code gives: FORESTBED_UPDATE_DOCS=1 writes it",
        path.display()
    );
}

fn drawn(files: &[(&str, &str)]) -> String {
    picture(&compile(files, &super::fakes::config(1)).expect("good rules"))
}

#[test]
fn the_committed_picture_is_what_the_default_rules_give() {
    agrees("pictures/sync-rules.svg", &drawn(&[("default-rules.yaml", rules::DEFAULT_RULES)]));
}

/// Read from the file once more, by nobody's code but the parser's.
#[test]
fn every_rule_of_the_file_stands_in_the_picture_with_its_precedence_and_its_joins() {
    let file: RuleFile = serde_saphyr::from_str(rules::DEFAULT_RULES).expect("readable");
    let svg = drawn(&[("default-rules.yaml", rules::DEFAULT_RULES)]);
    let lines: Vec<&str> = svg.lines().collect();
    let mut seen = BTreeSet::new();
    let check = |rule: &RuleText, seen: &mut BTreeSet<usize>| {
        let name = rule.name.split_once(" - ").expect("a way and a name").1;
        let precedences: Vec<String> = std::iter::once(rule.precedence)
            .chain(rule.copies.iter().map(|c| c.precedence))
            .map(|p| p.to_string())
            .collect();
        let title = format!("class=\"name\">{} {name}</text>", precedences.join(", "));
        let at = lines.iter().position(|line| line.ends_with(&title));
        let at = at.unwrap_or_else(|| panic!("{title} is not in the picture"));
        assert!(seen.insert(at), "{title} stands there twice");
        let sizes = lines[at + 2];
        let joins = rule.join.len();
        assert_eq!(sizes.contains(" join"), joins > 0, "{sizes}");
        assert!(joins < 2 || sizes.contains(&format!(" {joins} joins ")), "{sizes}");
        let clauses: usize = rule.scope.iter().map(Vec::len).sum();
        assert_eq!(sizes.contains("scope: all"), clauses == 0, "{sizes}");
    };
    file.rules.iter().for_each(|rule| check(rule, &mut seen));
    assert!(file.rules.len() > 20 && seen.len() == file.rules.len());
}

#[test]
fn a_rule_of_ones_own_is_in_the_picture_and_its_name_cannot_break_it() {
    let own = "format: 1\nrules:\n  - { name: \"Mine - <b>&\", precedence: 7, direction: inbound, connector: \
               active-directory, object: user, metaverse: person, link: Join, source: x, confidence: custom, \
               flows: [{ to: title, constant: \"x\" }] }\n";
    let svg = drawn(&[("default-rules.yaml", rules::DEFAULT_RULES), ("own.yaml", own)]);
    assert!(svg.contains(">7 &lt;b&gt;&amp;</text>"), "{svg}");
    assert!(svg.contains("flows only \u{b7} scope: all \u{b7} 1 flow<"), "{svg}");
}

/// Ada's account is in one forest, her mailbox in another (directory-sync.md, sections 1.5 and 4).
fn ada() -> Preview {
    let mut world = World::new(2);
    world.forests[0].put(
        &ADA,
        "CN=Ada Byron,OU=Staff,DC=contoso,DC=local",
        "user",
        &[
            ("userAccountControl", "512"),
            ("sAMAccountName", "ada"),
            ("userPrincipalName", "ada@contoso.com"),
            ("displayName", "Ada Byron"),
            ("department", "Engines"),
        ],
    );
    world.forests[1].put(
        &MAILBOX,
        "CN=Ada Byron,OU=Mailboxes,DC=fabrikam,DC=local",
        "user",
        &[
            ("userAccountControl", "514"),
            ("sAMAccountName", "abyron"),
            ("userPrincipalName", "abyron@fabrikam.local"),
            ("displayName", "Byron, Ada"),
            ("mailNickname", "ada.byron"),
            ("mail", "ada.byron@contoso.com"),
            ("proxyAddresses", "SMTP:ada.byron@contoso.com|smtp:ada@contoso.com"),
            ("msExchRecipientTypeDetails", "2"),
        ],
    );
    let mailbox = world.forests[1].things.get_mut(&MAILBOX[..]).expect("just put");
    mailbox.fields.insert("msExchMasterAccountSid".to_owned(), vec![Told::Octets(sid(&ADA))]);
    let mut engine = world.open().expect("opens");
    for (number, forest) in world.forests.iter_mut().enumerate() {
        import(&mut engine, &format!("forest{number}"), ImportKind::Full, forest).expect("an import");
    }
    import(&mut engine, "cloud", ImportKind::Full, &mut world.cloud).expect("an import");
    engine.sync(SyncKind::Full).expect("a synchronization");
    let dn = "CN=Ada Byron,OU=Staff,DC=contoso,DC=local";
    engine.preview("forest0", dn).expect("a preview").expect("ada")
}

fn short(values: &[Value]) -> String {
    let one = |value: &Value| {
        let text = value.display();
        match text.char_indices().nth(44) {
            Some((end, _)) => format!("{}...", &text[..end]),
            None => text,
        }
    };
    values.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn trace(preview: &Preview) -> String {
    let mut out = String::from("| in the metaverse | value | by | lost |\n|---|---|---|---|\n");
    for PreviewedAttribute { name, contributions } in &preview.attributes {
        let said = |c: &crate::Contribution| c.values.as_deref().map(short).unwrap_or_default();
        let won = contributions.iter().find(|c| c.won);
        let lost: Vec<String> = contributions
            .iter()
            .filter(|c| !c.won && won.is_none_or(|won| c.values != won.values))
            .filter(|c| !said(c).is_empty())
            .map(|c| format!("{} ({})", said(c), c.origin.precedence))
            .collect();
        let Some(won) = won.filter(|won| !said(won).is_empty()) else { continue };
        let by = format!("{} {}", won.origin.precedence, won.rule);
        // writing to a string cannot fail
        let _ = writeln!(out, "| {name} | {} | {by} | {} |", said(won), lost.join("; "));
    }
    for export in preview.exports.iter().filter(|export| export.connector == "cloud") {
        let anchor = source_anchor_of(&export.dn).unwrap_or_default();
        let _ = writeln!(out, "\n**{:?}**, source anchor `{anchor}`:\n", export.operation);
        out.push_str("| sent to the tenant | value |\n|---|---|\n");
        for (name, _, values) in export.changes.iter().filter(|(_, _, values)| !values.is_empty()) {
            let _ = writeln!(out, "| {name} | {} |", short(values));
        }
    }
    out
}

#[test]
fn the_trace_in_the_page_is_what_the_preview_gives() {
    let (begin, end) = ("<!-- trace: written by a test of sync/ -->\n", "<!-- end of the trace -->");
    let page = std::fs::read_to_string(docs("from-ad-to-the-cloud.md")).expect("the page");
    let (before, rest) = page.split_once(begin).expect("where the trace begins");
    let (_, after) = rest.split_once(end).expect("where the trace ends");
    let right = format!("{before}{begin}\n{}\n{end}{after}", trace(&ada()));
    agrees("from-ad-to-the-cloud.md", &right);
}

/// What the page says in words, from directory-sync.md 1.4 and 1.5 and not from the preview.
#[test]
fn signing_in_comes_from_the_enabled_account_and_the_address_list_from_the_mailbox() {
    let preview = ada();
    assert_eq!(preview.error, None);
    // the account, the mailbox, and the object that is to come in the tenant
    assert_eq!(preview.joined.len(), 3, "{:?}", preview.joined);
    let value = |name: &str| {
        let attribute =
            preview.attributes.iter().find(|a| a.name == name).unwrap_or_else(|| panic!("{name}"));
        let won = attribute.contributions.iter().find(|c| c.won).expect("a winner");
        short(won.values.as_deref().unwrap_or_default())
    };
    assert_eq!(value("userPrincipalName"), "ada@contoso.com");
    assert_eq!(value("accountEnabled"), "True");
    assert_eq!(value("displayName"), "Byron, Ada");
    assert_eq!(value("mail"), "ada.byron@contoso.com");
    assert_eq!(value("department"), "Engines", "the mailbox has none");
    // base64 of sixteen times 0xa1
    assert_eq!(value("sourceAnchor"), "oaGhoaGhoaGhoaGhoaGhoQ==");
}
