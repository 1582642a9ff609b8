//! What can be said of a domain name.

use super::Settings;
use std::collections::{BTreeMap, BTreeSet};

/// Octets beyond which a text is no domain in whatever alphabet.
const KEY_MAX: usize = 1024;

/// What is wrong with a domain; the first that applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DomainFault {
    /// Nothing there.
    Empty,
    /// Letters outside ASCII.
    Unicode,
    /// A character or a label that no domain can have.
    Malformed,
    /// `contoso` or `10.0.0.1`.
    SingleLabelOrNumeric,
    /// No public suffix: `contoso.local`.
    NonRoutable,
    /// Routable, but not one of the tenant's verified domains.
    Unverified,
}

/// Judges domains and remembers what it said.
pub(super) struct Domains<'a> {
    settings: &'a Settings,
    /// The verified domains as they are compared.
    verified: BTreeSet<String>,
    known: BTreeMap<String, Option<DomainFault>>,
}

impl<'a> Domains<'a> {
    pub(super) fn new(settings: &'a Settings) -> Domains<'a> {
        let verified = settings.verified_domains.iter().map(|domain| ascii_key(domain)).collect();
        Domains { settings, verified, known: BTreeMap::new() }
    }

    /// What is wrong with this domain, if anything.
    pub(super) fn fault(&mut self, domain: &str) -> Option<DomainFault> {
        if let Some(fault) = self.known.get(domain) {
            return *fault;
        }
        let fault = self.judge(domain);
        // a dirty directory can hold any number of odd domains; its real ones come first and often
        if self.known.len() < 4096 {
            self.known.insert(domain.to_owned(), fault);
        }
        fault
    }

    fn judge(&self, domain: &str) -> Option<DomainFault> {
        let lower = domain.to_lowercase();
        if domain.is_empty() {
            return Some(DomainFault::Empty);
        }
        if !domain.is_ascii() {
            return Some(DomainFault::Unicode);
        }
        if !lower.split('.').all(is_label) || lower.len() > 253 {
            return Some(DomainFault::Malformed);
        }
        let last = lower.rsplit('.').next().unwrap_or("");
        if !lower.contains('.') || last.bytes().all(|b| b.is_ascii_digit()) {
            return Some(DomainFault::SingleLabelOrNumeric);
        }
        if !is_routable(&lower) {
            return Some(DomainFault::NonRoutable);
        }
        (!self.verified.is_empty() && !self.is_verified(&lower)).then_some(DomainFault::Unverified)
    }

    pub(super) fn is_verified(&self, domain: &str) -> bool {
        let lower = domain.is_ascii() && !domain.bytes().any(|b| b.is_ascii_uppercase());
        match lower || domain.len() > KEY_MAX {
            true => self.verified.contains(domain),
            false => self.verified.contains(&ascii_key(domain)),
        }
    }

    /// An internationalized domain as the wire writes it, `xn--bcher-kva.com` of `bücher.com`, if it is a
    /// domain that the internet knows.
    pub(super) fn in_ascii(&mut self, domain: &str) -> Option<String> {
        let ascii = idna::domain_to_ascii(domain).ok()?;
        self.fault(&ascii).is_none_or(|fault| fault == DomainFault::Unverified).then_some(ascii)
    }

    /// The domain that replaces one that cannot stay: the object's own verified domain, so that its names
    /// agree with its primary address, else as mapped, else the tenant's default.
    pub(super) fn replacement(&self, domain: &str, home: Option<&str>) -> Option<String> {
        let own = home.filter(|own| self.is_verified(own)).map(str::to_lowercase);
        let mapped = || self.settings.domain_map.iter().find(|(from, _)| from.eq_ignore_ascii_case(domain));
        own.or_else(|| mapped().map(|(_, to)| to.clone())).or_else(|| self.home(None))
    }

    /// The object's own domain if it is verified, else the tenant's default.
    pub(super) fn home(&self, own: Option<&str>) -> Option<String> {
        let own = own.filter(|domain| self.is_verified(domain)).map(str::to_lowercase);
        own.or_else(|| self.settings.verified_domains.first().cloned())
    }
}

/// A domain in lower case and in ASCII, so that both ways of writing an internationalized one are equal.
fn ascii_key(domain: &str) -> String {
    match domain.is_ascii() {
        true => domain.to_ascii_lowercase(),
        false => idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_lowercase()),
    }
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// Whether the public suffix list knows the end of this (lower-case) name.
fn is_routable(domain: &str) -> bool {
    let known = |name: &str| psl::suffix(name.as_bytes()).is_some_and(|suffix| suffix.is_known());
    // the list holds internationalized suffixes in their own letters
    known(domain) || domain.contains("xn--") && known(&idna::domain_to_unicode(domain).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_suffix_list_decides_what_is_routable() {
        let settings = Settings::default();
        let check = |domain: &str, expected: Option<DomainFault>| {
            assert_eq!(Domains::new(&settings).fault(domain), expected, "{domain}");
        };
        check("contoso.com", None);
        check("Contoso.COM", None);
        check("contoso.app", None);
        check("uni.edu.au", None);
        check("example.xn--p1ai", None);
        for tld in ["local", "lan", "internal", "corp", "test", "home"] {
            check(&format!("contoso.{tld}"), Some(DomainFault::NonRoutable));
        }
        check("contoso", Some(DomainFault::SingleLabelOrNumeric));
        check("10.0.0.1", Some(DomainFault::SingleLabelOrNumeric));
        check("my_corp.com", Some(DomainFault::Malformed));
        check("contoso..com", Some(DomainFault::Malformed));
        check("-contoso.com", Some(DomainFault::Malformed));
        check("bücher.com", Some(DomainFault::Unicode));
    }

    #[test]
    fn with_verified_domains_others_are_named_and_replaced() {
        let settings = Settings {
            verified_domains: vec!["contoso.com".into(), "fabrikam.com".into()],
            domain_map: [("old.local".to_owned(), "fabrikam.com".to_owned())].into(),
            ..Settings::default()
        };
        let mut domains = Domains::new(&settings);
        assert_eq!(domains.fault("fabrikam.com"), None);
        assert_eq!(domains.fault("oldbrand.com"), Some(DomainFault::Unverified));
        assert_eq!(domains.replacement("OLD.local", None).as_deref(), Some("fabrikam.com"));
        assert_eq!(domains.replacement("OLD.local", Some("contoso.com")).as_deref(), Some("contoso.com"));
        assert_eq!(domains.replacement("x.local", Some("fabrikam.com")).as_deref(), Some("fabrikam.com"));
        assert_eq!(domains.replacement("x.local", Some("other.com")).as_deref(), Some("contoso.com"));
    }
}
