//! Addresses as the cloud calculates them: user principal name, mail nickname, mail, proxy addresses
//! (directory-sync.md 2.2).

use super::switches::Switches;
use std::collections::BTreeSet;

/// What a value of `proxyAddresses` is to the cloud. Addresses are in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SmtpValue {
    /// An SMTP address that is kept.
    Smtp {
        /// The address without its prefix.
        address: String,
        /// `SMTP:` in capitals.
        primary: bool,
    },
    /// An SMTP address that no reference settles: kept or discarded.
    Doubtful {
        /// The address without its prefix.
        address: String,
        /// `SMTP:` in capitals.
        primary: bool,
    },
    /// Discarded: malformed, reserved, or of a protocol that the cloud does not keep.
    Discarded,
    /// An X500 address, kept as it is.
    X500(String),
    /// Another protocol (SIP, EUM...): kept or not.
    Other(String),
}

/// Protocols that the proxy calculation drops.
const DROPPED_PROTOCOLS: [&str; 6] = ["msmail", "ccmail", "notes", "x400", "x.400", "fax"];

impl SmtpValue {
    /// Judges one value (already trimmed, as the engine sends it).
    pub(super) fn parse(value: &str) -> SmtpValue {
        let Some(prefix) = SmtpValue::prefix_of(value) else { return SmtpValue::Discarded };
        let rest = &value[prefix.len() + 1..];
        let lower = prefix.to_ascii_lowercase();
        match lower.as_str() {
            "smtp" => {
                let (address, primary) = (rest.to_lowercase(), prefix == "SMTP");
                match judge_address(rest) {
                    Verdict::Invalid => SmtpValue::Discarded,
                    _ if is_reserved(&address) => SmtpValue::Discarded,
                    Verdict::Doubtful => SmtpValue::Doubtful { address, primary },
                    Verdict::Valid => SmtpValue::Smtp { address, primary },
                }
            }
            "x500" | "x.500" => SmtpValue::X500(value.to_lowercase()),
            dropped if DROPPED_PROTOCOLS.contains(&dropped) => SmtpValue::Discarded,
            _ => SmtpValue::Other(value.to_lowercase()),
        }
    }

    /// The protocol before the first colon: letters, digits and periods.
    pub(super) fn prefix_of(value: &str) -> Option<&str> {
        let (prefix, _) = value.split_once(':')?;
        let clean = !prefix.is_empty() && prefix.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
        clean.then_some(prefix)
    }
}

/// How sure the references are about a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Kept as it is.
    Valid,
    /// Neither list names it.
    Doubtful,
    /// Not taken.
    Invalid,
}

/// Whether an address (without prefix) is one that the cloud keeps.
pub(super) fn judge_address(address: &str) -> Verdict {
    let bad = |c: char| c.is_whitespace() || c.is_control() || "<>();,[]\":".contains(c);
    let Some((local, domain)) = address.split_once('@') else { return Verdict::Invalid };
    if local.is_empty() || domain.is_empty() || domain.contains('@') || address.contains(bad) {
        return Verdict::Invalid;
    }
    let labels = domain.split('.').all(|label| {
        !label.is_empty()
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    });
    let periods = local.starts_with('.') || local.ends_with('.') || local.contains("..");
    let atext = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b);
    if !labels || !domain.contains('.') || periods || !local.bytes().all(atext) || address.len() > 256 {
        return Verdict::Doubtful;
    }
    Verdict::Valid
}

/// Suffixes that only the cloud itself gives out.
pub(super) fn is_reserved(address: &str) -> bool {
    let domain = address.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
    ["onmicrosoft.com", "microsoftonline.com"]
        .iter()
        .any(|reserved| domain.strip_suffix(reserved).is_some_and(|rest| rest.ends_with('.')))
}

/// The domain of an address, in lower case.
pub(super) fn domain_of(address: &str) -> Option<String> {
    address.rsplit_once('@').map(|(_, domain)| domain.to_lowercase())
}

/// What stands before the first `@` (a name without `@` stands for itself).
pub(super) fn local_part(address: &str) -> &str {
    address.split('@').next().unwrap_or(address)
}

/// Whether a user principal name is one that the cloud takes as it is, its suffix apart
/// (mission.md, attribute rules; directory-sync.md 6).
pub(super) fn judge_upn(upn: &str) -> Verdict {
    let Some((local, domain)) = upn.split_once('@') else { return Verdict::Invalid };
    if local.is_empty() || domain.is_empty() || domain.contains('@') {
        return Verdict::Invalid;
    }
    let too_long = |text: &str, most: usize| text.chars().count() > most;
    if too_long(upn, 113) || too_long(local, 64) || too_long(domain, 48) {
        return Verdict::Invalid;
    }
    if local.ends_with('.') || local.chars().any(is_invalid_in_upn) {
        return Verdict::Invalid;
    }
    // "$" and "`" are in neither list; about a leading or double period the documents are silent
    let doubtful = local.contains(['$', '`']) || local.starts_with('.') || local.contains("..");
    if doubtful { Verdict::Doubtful } else { Verdict::Valid }
}

/// Characters that the user part of a user principal name must not hold.
fn is_invalid_in_upn(c: char) -> bool {
    !(c.is_ascii_alphanumeric() || "'.-_!#^~$`".contains(c))
}

/// Characters that are not in the list of allowed ones: the invalid ones, and the two of neither list.
fn is_not_listed(c: char) -> bool {
    is_invalid_in_upn(c) || matches!(c, '$' | '`')
}

/// The user principal names that the cloud may show for one on premises.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpnRule {
    /// Permitted names, in lower case.
    pub permitted: BTreeSet<String>,
    /// What stands before the digits (and the optional `+`) of a quarantined name.
    pub quarantine_prefixes: BTreeSet<String>,
    /// The object may be refused for its name.
    pub may_be_refused: bool,
}

/// Calculates the rule for a name from on premises.
///
/// `nicknames` are the permitted mail nicknames, `verified` tells whether a domain (in lower case) is
/// verified, `initial` is the initial domain.
pub(super) fn upn_rule(
    upn: &str,
    nicknames: &[String],
    verified: &dyn Fn(&str) -> bool,
    initial: &str,
    switches: &Switches,
) -> UpnRule {
    let mut rule = UpnRule::default();
    let is_verified = domain_of(upn).is_some_and(|domain| verified(&domain));
    let recalculated: BTreeSet<String> = nicknames
        .iter()
        .flat_map(|nick| user_part_forms(nick))
        .map(|nick| format!("{nick}@{initial}").to_lowercase())
        .collect();
    let verdict = judge_upn(upn);
    if verdict != Verdict::Invalid {
        match is_verified {
            true => rule.permitted.insert(upn.to_lowercase()),
            false => {
                rule.permitted.extend(recalculated.iter().cloned());
                true
            }
        };
    }
    if verdict != Verdict::Valid {
        match switches.get("invalid_upn") {
            "reject" => rule.may_be_refused = true,
            "underscore" => {
                let underscored = underscored_upn(upn).filter(|_| is_verified);
                // what underscores do not mend (length, a period at the end) is no reference's business
                let mended = underscored.filter(|name| judge_upn(name) != Verdict::Invalid);
                let settled = mended.is_some() && upn.matches('@').count() == 1;
                rule.permitted.extend(mended);
                if !settled {
                    rule.permitted.extend(recalculated.iter().cloned());
                    rule.may_be_refused = is_verified;
                }
            }
            _ => rule.permitted.extend(recalculated.iter().cloned()),
        }
    }
    // no name can be made without a nickname
    rule.may_be_refused |= rule.permitted.is_empty();
    let parts = rule.permitted.iter().map(|name| local_part(name).to_owned());
    rule.quarantine_prefixes =
        parts.chain(user_part_forms(local_part(upn)).into_iter().map(|p| p.to_lowercase())).collect();
    rule
}

fn underscored_upn(upn: &str) -> Option<String> {
    let (local, domain) = upn.rsplit_once('@').filter(|(local, _)| !local.is_empty())?;
    let local: String = local.chars().map(|c| if is_not_listed(c) { '_' } else { c }).collect();
    Some(format!("{local}@{domain}").to_lowercase())
}

/// The forms in which a nickname can become the user part of a name: as it is; where it holds characters
/// that a name must not hold, with them removed or as underscores.
pub(super) fn user_part_forms(nickname: &str) -> Vec<String> {
    if !nickname.chars().any(is_not_listed) {
        return vec![nickname.to_owned()];
    }
    let stripped: String = nickname.chars().filter(|c| !is_not_listed(*c)).collect();
    let underscored: String = nickname.chars().map(|c| if is_not_listed(c) { '_' } else { c }).collect();
    let mut forms = vec![nickname.to_owned(), underscored];
    if !stripped.is_empty() {
        forms.push(stripped);
    }
    forms
}

/// Whether `name` is the quarantined form of one of these prefixes: prefix, four digits, at the initial
/// domain; with or without a plus, as the documents contradict each other and a switch decides.
pub(crate) fn is_quarantine_form(
    name: &str,
    prefixes: &BTreeSet<String>,
    initial: &str,
    switches: &Switches,
) -> bool {
    let lower = name.to_lowercase();
    let Some(local) = lower.strip_suffix(&format!("@{}", initial.to_lowercase())) else { return false };
    let Some((head, digits)) = local.split_at_checked(local.len().saturating_sub(4)) else { return false };
    if digits.len() != 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let prefix = match switches.get("quarantine_upn_form") {
        "plus-digits" => match head.strip_suffix('+') {
            Some(prefix) => prefix,
            None => return false,
        },
        _ => head,
    };
    prefixes.contains(prefix)
}

/// A mail nickname as an alias that Exchange takes: letters, digits and the marks of an atom, inner single
/// periods, at most 64.
pub(super) fn is_clean_nickname(nickname: &str) -> bool {
    let periods = nickname.starts_with('.') || nickname.ends_with('.') || nickname.contains("..");
    let marks = |c: char| {
        c.is_ascii_alphanumeric()
            || "!#$%'*+-/=?^_`{|}~.".contains(c)
            || ('\u{00a1}'..='\u{00ff}').contains(&c)
    };
    !nickname.is_empty() && !periods && nickname.chars().all(marks) && nickname.chars().count() <= 64
}

/// The forms of a nickname source that the references leave open: itself when it is clean; otherwise also
/// with its bad characters removed or as underscores, and cut to 64.
pub(super) fn nickname_forms(nickname: &str) -> Vec<String> {
    if is_clean_nickname(nickname) {
        return vec![nickname.to_owned()];
    }
    let good = |c: char| is_clean_nickname(&c.to_string());
    let keep_periods = |c: char| good(c) || c == '.';
    let stripped: String = nickname.trim_matches('.').chars().filter(|c| keep_periods(*c)).collect();
    let underscored: String = nickname.chars().map(|c| if keep_periods(c) { c } else { '_' }).collect();
    let period_mark: String = nickname.strip_prefix('.').map_or_else(String::new, |r| format!("_{r}"));
    let mut single = stripped.clone();
    while single.contains("..") {
        single = single.replace("..", ".");
    }
    let mut forms = vec![
        nickname.to_owned(),
        nickname.trim().to_owned(),
        local_part(nickname).to_owned(),
        stripped,
        single,
        underscored,
        period_mark,
    ];
    let cut: Vec<String> = forms.iter().map(|form| form.chars().take(64).collect()).collect();
    forms.extend(cut);
    forms.retain(|form| !form.is_empty());
    forms
}
