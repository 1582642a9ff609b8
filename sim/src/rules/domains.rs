//! What can be said of a domain name.

use super::Settings;
use std::collections::{BTreeMap, BTreeSet};

/// Letters by which a misspelt suffix differs at most from the one that was meant.
const MISSPELT: usize = 3;
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
    /// The UPN suffixes of the forests likewise.
    suffixes: BTreeSet<String>,
    known: BTreeMap<String, Option<DomainFault>>,
    /// What was asked last: the next object mostly has the same domain.
    last: (String, Option<DomainFault>),
    /// The verified domain of the forest of the object that is looked at, where the object has none of its own.
    of_forest: Option<String>,
}

impl<'a> Domains<'a> {
    pub(super) fn new(settings: &'a Settings) -> Domains<'a> {
        let keys = |domains: &[String]| domains.iter().map(|domain| ascii_key(domain)).collect();
        let (verified, suffixes) = (keys(&settings.verified_domains), keys(&settings.upn_suffixes));
        let last = (String::new(), Some(DomainFault::Empty));
        Domains { settings, verified, suffixes, known: BTreeMap::new(), last, of_forest: None }
    }

    /// Turns to an object: one without a verified domain of its own gets that of its forest, by the DC= parts of
    /// its name.
    pub(super) fn turn_to(&mut self, dn: &str, home: Option<&str>) {
        self.of_forest = match home {
            Some(_) => None,
            None => self.verified_domain_of(dn),
        };
    }

    fn verified_domain_of(&self, dn: &str) -> Option<String> {
        let label = |part: &'_ str| {
            let (name, label) = part.split_once('=')?;
            name.trim().eq_ignore_ascii_case("DC").then(|| label.trim().to_lowercase())
        };
        let mut labels: Vec<String> = dn.rsplit(',').map_while(label).collect();
        labels.reverse();
        let domain = labels.join(".");
        if self.is_verified(&domain) {
            return Some(domain);
        }
        let mut mapped = self.settings.domain_map.iter();
        mapped.find(|(from, _)| from.eq_ignore_ascii_case(&domain)).map(|(_, to)| to.clone())
    }

    /// What is wrong with this domain, if anything.
    pub(super) fn fault(&mut self, domain: &str) -> Option<DomainFault> {
        if self.last.0 == domain {
            return self.last.1;
        }
        let fault = self.judged(domain);
        if domain.len() <= KEY_MAX {
            self.last.0.clear();
            self.last.0.push_str(domain);
            self.last.1 = fault;
        }
        fault
    }

    fn judged(&mut self, domain: &str) -> Option<DomainFault> {
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

    pub(super) fn settings(&self) -> &'a Settings {
        self.settings
    }

    pub(super) fn is_verified(&self, domain: &str) -> bool {
        is_among(&self.verified, domain)
    }

    /// Whether a forest has this UPN suffix, as far as the suffixes are known.
    pub(super) fn is_suffix(&self, domain: &str) -> bool {
        self.suffixes.is_empty() || is_among(&self.suffixes, domain)
    }

    /// The suffix that this one was probably meant to be.
    pub(super) fn nearest_suffix(&self, domain: &str) -> Option<&str> {
        let domain = ascii_key(domain);
        let near = self.suffixes.iter().map(|suffix| (distance(suffix, &domain), suffix));
        near.filter(|(distance, _)| *distance <= MISSPELT).min().map(|(_, suffix)| suffix.as_str())
    }

    /// An internationalized domain as the wire writes it, `xn--bcher-kva.com` of `bücher.com`, if it is a
    /// domain that the internet knows.
    pub(super) fn in_ascii(&mut self, domain: &str) -> Option<String> {
        let ascii = idna::domain_to_ascii(domain).ok()?;
        self.fault(&ascii).is_none_or(|fault| fault == DomainFault::Unverified).then_some(ascii)
    }

    /// The domain that replaces one that cannot stay: the object's own verified domain, so that its names
    /// agree with its primary address, else as mapped, else its forest's, else the tenant's default.
    pub(super) fn replacement(&self, domain: &str, home: Option<&str>) -> Option<String> {
        let own = home.filter(|own| self.is_verified(own)).map(str::to_lowercase);
        let mapped = || self.settings.domain_map.iter().find(|(from, _)| from.eq_ignore_ascii_case(domain));
        own.or_else(|| mapped().map(|(_, to)| to.clone())).or_else(|| self.home(None))
    }

    /// The object's own domain if it is verified, else its forest's, else the tenant's default.
    pub(super) fn home(&self, own: Option<&str>) -> Option<String> {
        let own = own.filter(|domain| self.is_verified(domain)).map(str::to_lowercase);
        own.or_else(|| self.of_forest.clone()).or_else(|| self.settings.verified_domains.first().cloned())
    }
}

fn is_among(domains: &BTreeSet<String>, domain: &str) -> bool {
    let lower = domain.is_ascii() && !domain.bytes().any(|b| b.is_ascii_uppercase());
    match lower || domain.len() > KEY_MAX {
        true => domains.contains(domain),
        false => domains.contains(&ascii_key(domain)),
    }
}

/// How many letters must be put in, taken out or replaced to make one text of the other (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[other.len()]
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
        // RFC 1035: 255 octets on the wire, which are 253 characters
        let longest = format!("{}com", "a.".repeat(125));
        assert_eq!(longest.len(), 253);
        check(&longest, None);
        check(&format!("b{longest}"), Some(DomainFault::Malformed));
        check(&format!("b.{longest}"), Some(DomainFault::Malformed));
    }

    #[test]
    fn both_ways_of_writing_an_international_domain_are_one_domain() {
        // RFC 3492's procedure, as catalogue row PA10 has it: bücher.com is xn--bcher-kva.com
        for verified in ["bücher.com", "xn--bcher-kva.com", "BÜCHER.com"] {
            let settings = Settings { verified_domains: vec![verified.to_owned()], ..Settings::default() };
            let mut domains = Domains::new(&settings);
            assert_eq!(domains.fault("xn--bcher-kva.com"), None, "{verified}");
            assert_eq!(domains.fault("XN--Bcher-KVA.com"), None, "{verified}");
            assert_eq!(domains.fault("bücher.com"), Some(DomainFault::Unicode), "{verified}");
            assert_eq!(domains.in_ascii("Bücher.com").as_deref(), Some("xn--bcher-kva.com"));
            assert_eq!(domains.in_ascii("bücher.local"), None);
        }
    }

    #[test]
    fn a_misspelt_suffix_is_told_from_a_foreign_one() {
        let settings = Settings {
            upn_suffixes: vec!["contoso.com".into(), "contoso.local".into()],
            ..Settings::default()
        };
        let domains = Domains::new(&settings);
        let check = |domain: &str, known: bool, nearest: Option<&str>| {
            assert_eq!(
                (domains.is_suffix(domain), domains.nearest_suffix(domain)),
                (known, nearest),
                "{domain}"
            );
        };
        check("Contoso.COM", true, Some("contoso.com"));
        check("cnotoso.com", false, Some("contoso.com"));
        check("contoso.cm", false, Some("contoso.com"));
        check("fabrikam.com", false, None);
        assert!(Domains::new(&Settings::default()).is_suffix("fabrikam.com"));
    }

    /// By definition: the least of what each last step costs.
    fn naive_distance(one: &[char], other: &[char]) -> usize {
        let ([a, left @ ..], [b, right @ ..]) = (one, other) else { return one.len() + other.len() };
        let replaced = naive_distance(left, right) + usize::from(a != b);
        replaced.min(naive_distance(left, other) + 1).min(naive_distance(one, right) + 1)
    }

    #[test]
    fn the_distance_of_two_texts_is_the_fewest_steps_between_them() {
        let mut texts = vec![String::new()];
        for nth in 0..31 {
            let shorter = texts[nth / 2].clone();
            texts.push(shorter + if nth % 2 == 0 { "a" } else { "b" });
        }
        for (one, other) in texts.iter().flat_map(|one| texts.iter().map(move |other| (one, other))) {
            let letters = |text: &str| text.chars().collect::<Vec<char>>();
            assert_eq!(distance(one, other), naive_distance(&letters(one), &letters(other)), "{one} {other}");
        }
    }

    #[test]
    fn who_has_no_verified_domain_gets_that_of_the_forest() {
        let settings = Settings {
            verified_domains: vec!["contoso.com".into(), "fabrikam.com".into()],
            domain_map: [("fabrikam.local".to_owned(), "fabrikam.com".to_owned())].into(),
            ..Settings::default()
        };
        let mut domains = Domains::new(&settings);
        let mut check = |dn: &str, own: Option<&str>, expected: &str| {
            domains.turn_to(dn, own);
            assert_eq!(domains.home(own).as_deref(), Some(expected), "{dn}");
            assert_eq!(domains.replacement("x.lan", own).as_deref(), Some(expected), "{dn}");
        };
        let fabrikam = "CN=Doe\\, Ada,OU=Corp, dc=Fabrikam,DC=local";
        check(fabrikam, None, "fabrikam.com");
        check(fabrikam, Some("contoso.com"), "contoso.com");
        check("CN=Ada,DC=fabrikam,DC=com", None, "fabrikam.com");
        check("CN=Ada,DC=contoso,DC=local", None, "contoso.com");
        check("CN=Ada,O=fabrikam.local", None, "contoso.com");
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
