//! IdFix's rule for mail addresses, which it calls RFC 2822.

use super::domains;
use super::row::ErrorType;
use super::text::mentions_smtp;
use std::borrow::Cow;

/// What is wrong with an address, and what IdFix makes of it; none when it is right.
pub(super) fn check(value: &str) -> Option<(Vec<ErrorType>, String)> {
    let prefix_end = if mentions_smtp(value) { value.find(':').map_or(0, |at| at + 1) } else { 0 };
    let (prefix, address) = value.split_at(prefix_end);
    let mut address = Cow::Borrowed(address);
    let mut errors = Vec::new();
    if !has_known_top_level_domain(&address) {
        errors.push(ErrorType::TopLevelDomain);
    }
    if !address.rsplit_once('@').is_some_and(|(_, domain)| is_domain(domain)) {
        errors.push(ErrorType::DomainPart);
        if let Some((local, domain)) = address.rsplit_once('@') {
            let domain: String = domain.chars().filter(|c| is_domain_char(*c)).collect();
            address = Cow::Owned(format!("{local}@{domain}"));
        }
    }
    if !is_split_once(&address) || !address.split_once('@').is_some_and(|(local, _)| is_local(local)) {
        errors.push(ErrorType::LocalPart);
        if let Some((local, domain)) = address.rsplit_once('@') {
            let local: String = local.chars().filter(|c| is_atom_char(*c) || *c == '.').collect();
            address = Cow::Owned(format!("{local}@{domain}").replace(".@", "@"));
        }
    }
    if !is_address(&address) {
        errors.push(ErrorType::Format);
    }
    errors.sort_unstable();
    let repaired =
        || if prefix_end == 0 { address.into_owned() } else { format!("{}{address}", prefix.trim()) };
    (!errors.is_empty()).then(|| (errors, repaired()))
}

/// Without a period, or with nothing after the last one, IdFix does not look.
fn has_known_top_level_domain(address: &str) -> bool {
    match address.rsplit_once('.') {
        Some((_, last)) if !last.is_empty() => domains::is_known(&last.to_lowercase()),
        _ => true,
    }
}

fn is_split_once(address: &str) -> bool {
    address.bytes().filter(|byte| *byte == b'@').count() == 1
}

fn is_address(address: &str) -> bool {
    address.split_once('@').is_some_and(|(local, domain)| is_local(local) && is_domain(domain))
}

/// Labels of letters, digits and inner hyphens, and a last one of 2 to 17 letters.
fn is_domain(domain: &str) -> bool {
    // the end of a .NET expression also stands before a last line feed
    let domain = domain.strip_suffix('\n').unwrap_or(domain);
    domain.rsplit_once('.').is_some_and(|(labels, last)| {
        (2..=17).contains(&last.len())
            && last.bytes().all(|byte| byte.is_ascii_alphabetic())
            && labels.split('.').all(is_label)
    })
}

fn is_label(label: &str) -> bool {
    let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = label.as_bytes();
    edge(bytes.first())
        && edge(bytes.last())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}

/// Atoms with single periods between them.
fn is_local(local: &str) -> bool {
    local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom_char))
}

fn is_domain_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-')
}

fn is_atom_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~-".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_address_passes_and_no_other() {
        for value in
            ["SMTP:jan@contoso.com", "a!#$%&'*+/=?^_`{|}~-b@contoso.com", "a.b@c-d.example.nl", "x400:smtp:"]
        {
            let flagged = check(value).is_some();
            assert_eq!(flagged, value == "x400:smtp:", "{value}");
        }
    }

    #[test]
    fn a_line_feed_at_the_end_escapes_the_domain_rule_but_not_the_list() {
        // a .NET expression's `$` matches before it; the list of domains has no such line
        let (errors, update) = check("smtp:jan@contoso.com\n").unwrap();
        assert_eq!(errors, [ErrorType::TopLevelDomain]);
        assert_eq!(update, "smtp:jan@contoso.com\n");
    }

    #[test]
    fn one_period_before_the_at_sign_is_taken_away_and_no_more() {
        let (errors, update) = check("jan..@contoso.com").unwrap();
        assert_eq!(errors, [ErrorType::Format, ErrorType::LocalPart]);
        assert_eq!(update, "jan.@contoso.com");
    }
}
