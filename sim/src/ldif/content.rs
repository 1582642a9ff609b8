//! A file of entries that a forest can start from.

use super::{Body, Reader, Record, Value};
use crate::directory::dn::Dn;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Most problems that an error names.
const SHOWN: usize = 10;

/// The entries of a file, read and checked as far as that goes without a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The file's name, for messages.
    pub name: String,
    /// The entries, in the order of the file.
    pub entries: Vec<ContentEntry>,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentEntry {
    /// Its line in the file, from 1 on.
    pub line: usize,
    /// Its name.
    pub dn: Dn,
    /// Its values, in the order of the file.
    pub values: Vec<ContentValue>,
}

/// One value of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentValue {
    /// Its line in the file.
    pub line: usize,
    /// The attribute's name with its options, as written.
    pub attribute: String,
    /// The bytes.
    pub value: Vec<u8>,
}

/// Why a file is nothing that a forest can start from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentError {
    /// The file's name.
    pub name: String,
    /// What is wrong where, by line.
    pub problems: Vec<(usize, String)>,
}

impl fmt::Display for ContentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (line, problem)) in self.problems.iter().take(SHOWN).enumerate() {
            let end = if place == 0 { "" } else { "\n" };
            match line {
                0 => write!(f, "{end}{}: {problem}", self.name)?,
                _ => write!(f, "{end}{}: line {line}: {problem}", self.name)?,
            }
        }
        match self.problems.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, "\n... and {more} more"),
        }
    }
}

impl std::error::Error for ContentError {}

/// What fetches the bytes of `attr:< url`, or says why it does not.
pub type Fetch<'a> = &'a mut dyn FnMut(&str) -> Result<Vec<u8>, String>;

/// Refuses every URL.
///
/// # Errors
/// Always.
pub fn refuse_urls(url: &str) -> Result<Vec<u8>, String> {
    Err(format!("a value from {} is not fetched: no folder is allowed", crate::dump::escape_text(url)))
}

impl ContentEntry {
    /// The values of an attribute, whatever its case; options are part of the name.
    pub fn values_of<'a>(&'a self, attribute: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let named = move |value: &&ContentValue| value.attribute.eq_ignore_ascii_case(attribute);
        self.values.iter().filter(named).map(|value| value.value.as_slice())
    }

    /// Whether an attribute has a value.
    pub fn has(&self, attribute: &str) -> bool {
        self.values_of(attribute).next().is_some()
    }

    fn is_class(&self, class: &str) -> bool {
        self.values_of("objectClass").any(|value| value.eq_ignore_ascii_case(class.as_bytes()))
    }

    fn texts<'a>(&'a self, attribute: &'a str) -> impl Iterator<Item = &'a str> {
        self.values_of(attribute).filter_map(|value| std::str::from_utf8(value).ok())
    }
}

impl Content {
    /// Reads a whole file. Entries and `changetype: add` are taken; other changes are refused, because there
    /// is nothing yet that they could change.
    ///
    /// # Errors
    /// Everything that is wrong with the file: what is no LDIF, changes, names that are none, values whose URL
    /// `fetch` refuses, no entry at all.
    pub fn read(name: &str, text: &[u8], fetch: Fetch<'_>) -> Result<Content, ContentError> {
        let (mut entries, mut problems) = (Vec::new(), Vec::new());
        for record in Reader::new(text) {
            match record {
                Ok(record) => match entry(record, fetch) {
                    Ok(Some(entry)) => entries.push(entry),
                    Ok(None) => {}
                    Err(problem) => problems.push(problem),
                },
                Err(error) => {
                    problems.push((error.line, format!("column {}: {}", error.column, error.kind)));
                }
            }
        }
        if entries.is_empty() && problems.is_empty() {
            problems.push((0, "no entry in it".to_owned()));
        }
        match problems.is_empty() {
            true => Ok(Content { name: name.to_owned(), entries }),
            false => Err(ContentError { name: name.to_owned(), problems }),
        }
    }

    /// The DNS name of the domain that the entries lie in: the one of a `domainDNS` head, else the domain
    /// components that all names end in.
    ///
    /// # Errors
    /// Names that end in no domain components, or in different ones.
    pub fn domain(&self) -> Result<String, ContentError> {
        let heads = self
            .entries
            .iter()
            .filter(|entry| entry.is_class("domainDNS") && labels(&entry.dn).len() == entry.dn.rdns.len());
        if let Some(head) = heads.min_by_key(|entry| entry.dn.rdns.len()) {
            return Ok(labels(&head.dn).join("."));
        }
        let mut common: Option<Vec<String>> = None;
        for entry in &self.entries {
            let own = labels(&entry.dn);
            let same = |common: &Vec<String>| {
                own.iter().rev().zip(common.iter().rev()).take_while(|(a, b)| a == b).count()
            };
            let next = match &common {
                None => own,
                Some(common) => common[common.len() - same(common)..].to_vec(),
            };
            if next.len() < 2 {
                let told = "names end in the components of one domain, such as DC=contoso,DC=local";
                let problem =
                    format!("'{}' does not fit: {told}", crate::dump::escape_text(&entry.dn.to_string()));
                return Err(ContentError { name: self.name.clone(), problems: vec![(entry.line, problem)] });
            }
            common = Some(next);
        }
        Ok(common.unwrap_or_default().join("."))
    }

    /// The NetBIOS name of a domain, from the `crossRef` that names it; none when the file has none.
    pub fn netbios(&self, domain: &str) -> Option<String> {
        let of_domain = |entry: &&ContentEntry| {
            entry.is_class("crossRef")
                && entry.texts("nCName").any(|name| {
                    Dn::parse(name).is_ok_and(|dn| labels(&dn).join(".").eq_ignore_ascii_case(domain))
                })
        };
        let found = self.entries.iter().find(of_domain)?;
        let name = found.texts("nETBIOSName").next()?;
        Some(name.to_owned())
    }

    /// The domain that most principal names of people end in, beside the forest's own; mail addresses where no
    /// principal name says it. None when there is none.
    pub fn mail_domain(&self, domain: &str) -> Option<String> {
        ["userPrincipalName", "mail"].into_iter().find_map(|attribute| {
            let mut counts: BTreeMap<String, usize> = BTreeMap::new();
            for value in self.entries.iter().flat_map(|entry| entry.texts(attribute)) {
                let suffix = value.rsplit_once('@').map(|(_, suffix)| suffix.to_ascii_lowercase());
                let named = |suffix: &String| crate::world::is_domain(suffix) && suffix != domain;
                if let Some(suffix) = suffix.filter(named) {
                    *counts.entry(suffix).or_default() += 1;
                }
            }
            // the first one in order of names where two are as common
            counts.into_iter().rev().max_by_key(|(_, count)| *count).map(|(suffix, _)| suffix)
        })
    }

    /// The lines of entries whose name an earlier entry has.
    pub(crate) fn repeated(&self) -> BTreeSet<usize> {
        let mut seen = BTreeSet::new();
        let again = self.entries.iter().filter(|entry| !seen.insert(entry.dn.normalized()));
        again.map(|entry| entry.line).collect()
    }
}

/// The domain components that a name ends in, as written but for their case.
fn labels(dn: &Dn) -> Vec<String> {
    let components = dn.rdns.iter().rev().take_while(|rdn| rdn.attribute.eq_ignore_ascii_case("dc"));
    let mut labels: Vec<String> = components.map(|rdn| rdn.value.to_lowercase()).collect();
    labels.reverse();
    labels
}

/// The entry of a record; none for the root, which a search with scope base at "" brings.
fn entry(record: Record, fetch: Fetch<'_>) -> Result<Option<ContentEntry>, (usize, String)> {
    let line = record.line;
    let shown = || crate::dump::escape_text(&record.dn);
    let attributes = match record.body {
        Body::Entry(attributes) | Body::Add(attributes) => attributes,
        body => {
            let kind = body.change_type().unwrap_or_default();
            let problem = format!(
                "a change (changetype: {kind}) of '{}': an estate starts from entries; apply changes to the \
                 running one with ldapmodify -f",
                shown()
            );
            return Err((line, problem));
        }
    };
    let dn = Dn::parse(&record.dn).map_err(|_| (line, format!("'{}' is no distinguished name", shown())))?;
    if dn.rdns.is_empty() {
        return Ok(None);
    }
    let mut values = Vec::with_capacity(attributes.len());
    for attribute in attributes {
        let value = match attribute.value {
            Value::Bytes(bytes) => bytes,
            Value::Url(url) => fetch(&url).map_err(|problem| (attribute.line, problem))?,
        };
        values.push(ContentValue { line: attribute.line, attribute: attribute.name, value });
    }
    Ok(Some(ContentEntry { line, dn, values }))
}
