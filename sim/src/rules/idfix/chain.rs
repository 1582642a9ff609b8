//! Which rules IdFix runs on which attribute, in which order, and what each makes of a value.

use super::super::{IdFixMode, ObjectView};
use super::address;
use super::row::{Action, ErrorType};
use super::settings::IdFixSettings;
use super::text::{cut, mentions_smtp};
use std::borrow::Cow;

/// One object while its rules run.
pub(super) struct Subject<'a> {
    pub(super) view: &'a ObjectView,
    pub(super) cn: Cow<'a, str>,
    pub(super) number: u32,
}

impl Subject<'_> {
    fn is(&self, class: &str) -> bool {
        self.view.class.eq_ignore_ascii_case(class)
    }
}

/// The steps that depend on the value.
type Tail = fn(&str) -> &'static [Step];

/// The rules of one attribute.
pub(super) struct Chain {
    /// As IdFix spells it.
    pub(super) shown: &'static str,
    /// As the schema spells it.
    pub(super) attribute: &'static str,
    /// Each value is looked at, not the first alone.
    pub(super) each_value: bool,
    pub(super) steps: &'static [Step],
    /// Further steps, by what the value was at first.
    pub(super) tail: Tail,
}

/// One rule.
pub(super) enum Step {
    /// At most so many UTF-16 code units.
    Length(usize),
    /// 20 for class `user`, else 256.
    AccountLength,
    /// None of these characters anywhere.
    Without(fn(char) -> bool),
    NoLeadingPeriods,
    Trimmed,
    /// No colon after the first one.
    OneColon,
    Address,
    Unique,
    /// Only on objects without userPrincipalName.
    UniqueAccount,
    /// Absent or empty: the suggestion is cn.
    NotBlank,
    /// The same for groups alone; the suggestion is cut.
    GroupNotBlank,
    /// For contacts alone; the suggestion is made of names.
    ContactNotBlank,
    /// For contacts and users without a mailbox; only contacts get a suggestion.
    TargetNotBlank,
}

/// What a rule says of a value that it rejects.
pub(super) struct Failure {
    pub(super) errors: Vec<ErrorType>,
    pub(super) action: Action,
    pub(super) update: Option<String>,
}

impl Failure {
    pub(super) fn new(error: ErrorType, update: Option<String>) -> Failure {
        Failure { errors: vec![error], action: Action::Edit, update }
    }
}

/// The chains in the order in which IdFix runs them.
pub(super) fn chains(settings: &IdFixSettings) -> &'static [Chain] {
    match settings.mode {
        IdFixMode::Dedicated => &DEDICATED,
        // the chain of userPrincipalName is the last one
        IdFixMode::MultiTenant if settings.alternate_login_id => &MULTI_TENANT[..MULTI_TENANT.len() - 1],
        IdFixMode::MultiTenant => &MULTI_TENANT,
    }
}

const fn chain(shown: &'static str, attribute: &'static str, steps: &'static [Step]) -> Chain {
    Chain { shown, attribute, each_value: false, steps, tail: |_| &[] }
}

const fn proxy_chain(tail: Tail) -> Chain {
    let steps = &[Step::Length(256), Step::OneColon, Step::Unique];
    Chain { shown: "proxyAddresses", attribute: "proxyAddresses", each_value: true, steps, tail }
}

const fn target_chain(steps: &'static [Step], tail: Tail) -> Chain {
    Chain { shown: "targetAddress", attribute: "targetAddress", each_value: false, steps, tail }
}

static MULTI_TENANT: [Chain; 8] = [
    chain("displayName", "displayName", &[Step::Length(255), Step::NotBlank]),
    chain("givenName", "givenName", &[Step::Length(63)]),
    chain("mail", "mail", &[Step::Length(256), Step::Unique]),
    chain("mailnickname", "mailNickname", &[Step::Length(64), Step::NoLeadingPeriods, Step::Unique]),
    proxy_chain(proxy_tail),
    chain(
        "sAMAccountName",
        "sAMAccountName",
        &[Step::AccountLength, Step::Without(|c| r#"\"|,/[]:<>+=;?*"#.contains(c)), Step::UniqueAccount],
    ),
    target_chain(&[Step::Length(255), Step::OneColon, Step::Unique], target_tail),
    chain(
        "userPrincipalName",
        "userPrincipalName",
        &[Step::Length(113), Step::Without(no_upn_char), Step::Address, Step::Unique],
    ),
];

static DEDICATED: [Chain; 5] = [
    chain("displayName", "displayName", &[Step::Length(256), Step::Trimmed, Step::GroupNotBlank]),
    chain(
        "mail",
        "mail",
        &[Step::Length(256), Step::Without(char::is_whitespace), Step::Address, Step::Unique],
    ),
    // a rule about periods stands last here and never reports: IdFix drops what it finds
    chain(
        "mailnickname",
        "mailNickname",
        &[Step::Length(64), Step::Without(no_alias_char), Step::Unique, Step::ContactNotBlank],
    ),
    proxy_chain(address_tail),
    target_chain(&[Step::Length(256), Step::TargetNotBlank], address_tail),
];

fn proxy_tail(value: &str) -> &'static [Step] {
    if mentions_smtp(value) {
        return &[Step::Without(|c| c.is_whitespace() || "<>();,[]\"".contains(c)), Step::Address];
    }
    let lower = value.to_ascii_lowercase();
    if ["x400", "x.400", "x500", "x.500"].iter().any(|kind| lower.starts_with(kind)) {
        return &[Step::Without(|c| "\u{c}\n\r\t\u{b}[]\"'".contains(c))];
    }
    &[Step::Without(|c| c.is_whitespace() || "<>(),[]\"".contains(c))]
}

fn target_tail(value: &str) -> &'static [Step] {
    if mentions_smtp(value) {
        &[Step::Without(|c| c.is_whitespace() || "\\<>();,[]\"".contains(c)), Step::Address]
    } else {
        &[Step::Without(|c| c.is_whitespace() || "\\<>(),[]\"".contains(c))]
    }
}

fn address_tail(value: &str) -> &'static [Step] {
    if mentions_smtp(value) { &[Step::Address] } else { &[] }
}

fn no_upn_char(c: char) -> bool {
    c.is_whitespace() || r#"\%&*+/=?'{}|<>();:,[]"äëïöüÿÄËÏÖÜŸ"#.contains(c)
}

fn no_alias_char(c: char) -> bool {
    c.is_whitespace() || r#"\!#$%&*+/=?^`{}|~<>()';:,[]"@"#.contains(c)
}

/// What this rule says of a value, or of its absence; duplicates are not its business.
pub(super) fn judge(step: &Step, subject: &Subject<'_>, value: Option<&str>) -> Option<Failure> {
    if value.unwrap_or("").is_empty()
        && let Some(update) = blank(step, subject, value)
    {
        return Some(Failure::new(ErrorType::Blank, update));
    }
    let value = value?;
    let length = |max| cut(value, max).map(|cut| Failure::new(ErrorType::Length, Some(cut)));
    let replaced = |update: String| {
        let update = if update.is_empty() { subject.cn.to_string() } else { update };
        Some(Failure::new(ErrorType::Character, Some(update)))
    };
    match step {
        Step::Length(max) => length(*max),
        Step::AccountLength => length(if subject.is("user") { 20 } else { 256 }),
        Step::Without(unwanted) => {
            // in no set: most characters of most values
            let unwanted = |c: char| !c.is_ascii_alphanumeric() && unwanted(c);
            value.contains(unwanted).then(|| replaced(value.replace(unwanted, "")))?
        }
        Step::NoLeadingPeriods if value.starts_with('.') => {
            replaced(value.trim_start_matches('.').to_owned())
        }
        Step::Trimmed if value.trim() != value => replaced(value.trim().to_owned()),
        Step::OneColon => one_colon(value).map(|update| Failure::new(ErrorType::Character, Some(update))),
        Step::Address => {
            let (errors, update) = address::check(value)?;
            Some(Failure { errors, action: Action::Edit, update: Some(update) })
        }
        _ => None,
    }
}

/// The value without the colons after its first one, if there are any. A colon that comes first of all hides
/// the others.
fn one_colon(value: &str) -> Option<String> {
    let (kind, rest) = value.split_once(':').filter(|(kind, _)| !kind.is_empty())?;
    rest.contains(':').then(|| format!("{kind}:{}", rest.replace(':', "")))
}

/// The suggestion (which may be none) of a rule that forbids blanks; none when it does not apply.
fn blank(step: &Step, subject: &Subject<'_>, value: Option<&str>) -> Option<Option<String>> {
    let cn = || subject.cn.to_string();
    let first = |attribute| subject.view.first(attribute);
    match step {
        Step::NotBlank => Some(Some(cn())),
        Step::GroupNotBlank if subject.is("group") => Some(Some(cut(&cn(), 255).unwrap_or_else(cn))),
        Step::ContactNotBlank if subject.is("contact") => {
            let mut name = first("givenName").or(value).unwrap_or("").to_owned();
            if let Some(sn) = first("sn") {
                if !name.is_empty() {
                    name.push('.');
                }
                name.push_str(sn);
            }
            if name.is_empty() {
                name = first("sAMAccountName").map_or_else(cn, str::to_owned);
            }
            Some(Some(name))
        }
        Step::TargetNotBlank if subject.is("contact") || subject.is("user") => {
            if first("homeMDB").is_some_and(|home| !home.trim().is_empty()) {
                return None;
            }
            if !subject.is("contact") {
                return Some(value.map(str::to_owned));
            }
            let update = format!("SMTP:{}", first("mail").unwrap_or(""));
            Some(Some(cut(&update, 256).unwrap_or(update)))
        }
        _ => None,
    }
}
