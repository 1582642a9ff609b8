//! One entry as a source gave it.

use forestbed_sim::ids::Guid;
use forestbed_sim::rules::{ATTRIBUTES, ObjectView, OctetSummary};

/// One entry as a source gave it: names in the source's spelling, values as octets, in the source's order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// Its distinguished name.
    pub dn: String,
    /// Its attributes; a name may come more than once.
    pub attributes: Vec<(String, Vec<Vec<u8>>)>,
}

/// The classes that the rules know, the more special ones first.
const CLASSES: [&str; 4] = ["contact", "group", "inetOrgPerson", "user"];
/// What is a `user` by its superclass only: accounts of machines and of services that a domain manages.
const NO_PEOPLE: [&str; 4] = [
    "computer",
    "msDS-ManagedServiceAccount",
    "msDS-GroupManagedServiceAccount",
    "msDS-DelegatedManagedServiceAccount",
];

impl Entry {
    /// An entry without attributes.
    pub fn new(dn: impl Into<String>) -> Entry {
        Entry { dn: dn.into(), attributes: Vec::new() }
    }

    /// All values of an attribute (name in any case).
    pub fn octets(&self, attribute: &str) -> impl Iterator<Item = &[u8]> {
        let named = |(name, _): &&(String, Vec<Vec<u8>>)| name.eq_ignore_ascii_case(attribute);
        self.attributes.iter().filter(named).flat_map(|(_, values)| values.iter().map(Vec::as_slice))
    }

    /// The values of an attribute that are text.
    pub fn texts(&self, attribute: &str) -> impl Iterator<Item = &str> {
        self.octets(attribute).filter_map(|value| std::str::from_utf8(value).ok())
    }

    /// Adds one value.
    pub fn push(&mut self, attribute: &str, value: Vec<u8>) {
        match self.attributes.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case(attribute)) {
            Some((_, values)) => values.push(value),
            None => self.attributes.push((attribute.to_owned(), vec![value])),
        }
    }

    /// Takes an attribute away and gives its values.
    pub fn take(&mut self, attribute: &str) -> Vec<Vec<u8>> {
        let at = self.attributes.iter().position(|(name, _)| name.eq_ignore_ascii_case(attribute));
        at.map(|at| self.attributes.remove(at).1).unwrap_or_default()
    }

    /// `objectGUID`, as octets or as text.
    pub fn guid(&self) -> Option<Guid> {
        let value = self.octets("objectGUID").next()?;
        match <[u8; 16]>::try_from(value) {
            Ok(octets) => Some(Guid::from_bytes_le(octets)),
            Err(_) => Guid::parse(std::str::from_utf8(value).ok()?.trim_matches(['{', '}'])),
        }
    }

    /// The class by which the rules treat it; none for what they do not check.
    pub fn class(&self) -> Option<&'static str> {
        let is = |class: &&str| self.texts("objectClass").any(|held| held.eq_ignore_ascii_case(class));
        if NO_PEOPLE.iter().any(&is) {
            return None;
        }
        CLASSES.into_iter().find(is)
    }

    /// What the rules see of it, when it came from this forest (the number of the source); none of a class
    /// that they do not check.
    pub fn view(&self, forest: u16) -> Option<ObjectView> {
        let mut view = ObjectView::new(self.dn.clone(), self.class()?);
        view.guid = self.guid();
        view.forest = forest;
        for attribute in ATTRIBUTES {
            let values: Vec<Vec<u8>> = self.octets(attribute).map(<[u8]>::to_vec).collect();
            // a repeated check remembers summaries
            let is_summary = |value: &Vec<u8>| {
                std::str::from_utf8(value).is_ok_and(|text| OctetSummary::parse(text).is_some())
            };
            if values.is_empty() {
                continue;
            } else if values.iter().all(is_summary) {
                let texts = values.into_iter().map(|value| String::from_utf8_lossy(&value).into_owned());
                view.set(attribute, texts.collect());
            } else {
                view.set_octets(attribute, values);
            }
        }
        Some(view)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(classes: &[&str]) -> Entry {
        let mut entry = Entry::new("CN=a,DC=contoso,DC=local");
        classes.iter().for_each(|class| entry.push("objectclass", class.as_bytes().to_vec()));
        entry
    }

    #[test]
    fn the_class_is_found_in_any_order_and_machines_are_none() {
        let check = |classes: &[&str], expected: Option<&str>| assert_eq!(entry(classes).class(), expected);
        check(&["top", "person", "organizationalPerson", "user"], Some("user"));
        check(&["user", "inetOrgPerson", "top"], Some("inetOrgPerson"));
        check(&["INETORGPERSON"], Some("inetOrgPerson"));
        check(&["top", "group"], Some("group"));
        check(&["top", "person", "organizationalPerson", "contact"], Some("contact"));
        check(&["top", "person", "organizationalPerson", "user", "computer"], None);
        check(
            &["top", "person", "organizationalPerson", "user", "computer", "msDS-GroupManagedServiceAccount"],
            None,
        );
        check(&["top", "organizationalUnit"], None);
        check(&[], None);
    }

    #[test]
    fn names_are_taken_in_any_case_and_a_guid_as_octets_or_text() {
        let mut one = entry(&["user"]);
        one.push("PROXYADDRESSES", b"SMTP:a@contoso.com".to_vec());
        one.push("proxyAddresses", b"smtp:b@contoso.com".to_vec());
        one.push("ObjectGuid", b"{6f1b2a3c-0000-4000-8000-0123456789ab}".to_vec());
        let view = one.view(0).unwrap();
        assert_eq!(view.all("proxyAddresses"), ["SMTP:a@contoso.com", "smtp:b@contoso.com"]);
        let text = view.guid.unwrap().to_string();
        assert_eq!(text, "6f1b2a3c-0000-4000-8000-0123456789ab");
        one.take("objectguid");
        // the first three fields of the octets are little-endian
        one.push(
            "objectGUID",
            vec![0x3c, 0x2a, 0x1b, 0x6f, 0, 0, 0, 0x40, 0x80, 0, 1, 0x23, 0x45, 0x67, 0x89, 0xab],
        );
        assert_eq!(one.guid().unwrap().to_string(), text);
    }
}
