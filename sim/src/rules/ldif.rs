//! Objects from LDIF.

use super::attributes::slot_of;
use super::{ATTRIBUTES, ObjectView};
use crate::ids::Guid;
use crate::ldif::{Body, LdifError, LdifErrorKind, Record, RecordReader, Value};
use std::io::BufRead;

/// Reads objects from LDIF of any length, one at a time.
///
/// Names of attributes may be in any case, and carry the options `binary` and `range=...`, which do not change
/// what a value is; values in another language (`displayName;lang-de`) are left out. Changes are refused, but for
/// `changetype: add`. An error belongs to one record: the next call goes on behind it.
///
/// ```
/// use forestbed_sim::rules::LdifViews;
/// let text = "dn: CN=Ada,DC=contoso,DC=local\nobjectClass: top\nobjectClass: user\nMAIL: ada@contoso.com\n";
/// let view = LdifViews::new(text.as_bytes(), 0).next().unwrap().unwrap();
/// assert_eq!((view.class.as_str(), view.first("mail")), ("user", Some("ada@contoso.com")));
/// ```
#[derive(Debug)]
pub struct LdifViews<R> {
    records: RecordReader<R>,
    forest: u16,
}

impl<R: BufRead> LdifViews<R> {
    /// Objects of this forest or file.
    pub fn new(source: R, forest: u16) -> LdifViews<R> {
        LdifViews::of(RecordReader::new(source), forest)
    }

    /// Of a reader with limits of its own.
    pub fn of(records: RecordReader<R>, forest: u16) -> LdifViews<R> {
        LdifViews { records, forest }
    }
}

impl<R: BufRead> Iterator for LdifViews<R> {
    type Item = Result<ObjectView, LdifError>;

    fn next(&mut self) -> Option<Self::Item> {
        let outcome = self.records.next()?;
        Some(outcome.and_then(|record| view(record, self.forest)))
    }
}

fn view(record: Record, forest: u16) -> Result<ObjectView, LdifError> {
    let error = |line: usize, kind: LdifErrorKind| LdifError { line, column: 1, kind };
    let attributes = match record.body {
        Body::Entry(attributes) | Body::Add(attributes) => attributes,
        body => {
            return Err(error(record.line, LdifErrorKind::Change(body.change_type().unwrap_or_default())));
        }
    };
    let mut view = ObjectView::new(record.dn, "").in_forest(forest);
    let mut classes: Vec<Vec<u8>> = Vec::new();
    let mut found: Vec<(u8, Vec<u8>)> = Vec::with_capacity(attributes.len());
    for attribute in attributes {
        if !attribute.options().all(is_silent) {
            continue;
        }
        let name = attribute.base_name();
        let slot = slot_of(name);
        let (class, guid) =
            (name.eq_ignore_ascii_case("objectClass"), name.eq_ignore_ascii_case("objectGUID"));
        if slot.is_none() && !class && !guid {
            continue;
        }
        let Value::Bytes(octets) = attribute.value else {
            return Err(error(attribute.line, LdifErrorKind::ValueByUrl));
        };
        match slot {
            Some(slot) => found.push((slot, octets)),
            None if class => classes.push(octets),
            None => view.guid = guid_of(&octets),
        }
    }
    found.sort_by_key(|(slot, _)| *slot);
    view.reserve(found.len().min(ATTRIBUTES.len()), found.len());
    let mut found = found.into_iter().peekable();
    while let Some((slot, first)) = found.next() {
        let same = std::iter::from_fn(|| found.next_if(|(held, _)| *held == slot));
        view.add_octets(slot, std::iter::once(first).chain(same.map(|(_, octets)| octets)));
    }
    view.class = class_of(&classes);
    Ok(view)
}

/// An option that does not change what the value is.
fn is_silent(option: &str) -> bool {
    let starts =
        |start: &str| option.get(..start.len()).is_some_and(|found| found.eq_ignore_ascii_case(start));
    option.eq_ignore_ascii_case("binary") || starts("range=")
}

/// As octets, or as some exports write it, as text.
fn guid_of(octets: &[u8]) -> Option<Guid> {
    match <[u8; 16]>::try_from(octets) {
        Ok(octets) => Some(Guid::from_bytes_le(octets)),
        Err(_) => Guid::parse(std::str::from_utf8(octets).ok()?.trim()),
    }
}

/// The structural class: not every export keeps the order, so the classes that rules look at go first; those
/// that are users too come before them.
fn class_of(classes: &[Vec<u8>]) -> String {
    const KNOWN: [&str; 5] = ["computer", "inetOrgPerson", "user", "contact", "group"];
    let is = |name: &&&str| classes.iter().any(|class| class.eq_ignore_ascii_case(name.as_bytes()));
    match KNOWN.iter().find(is) {
        Some(name) => (*name).to_owned(),
        None => classes.last().map(|class| String::from_utf8_lossy(class).into_owned()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Vec<Result<ObjectView, String>> {
        LdifViews::new(text, 3).map(|outcome| outcome.map_err(|error| error.to_string())).collect()
    }

    #[test]
    fn objects_come_with_what_rules_read() {
        let text = b"version: 1\n\ndn: CN=Ada,DC=x\nOBJECTCLASS: user\nobjectClass: top\nMail: ada@contoso.com\n\
            PROXYADDRESSES: SMTP:ada@contoso.com\nmember;range=0-1: CN=a\nproxyaddresses: smtp:\n a@contoso.com\n\
            member;range=2-*: CN=b\ndescription: none\ndisplayName;lang-de: Anna\ndisplayName:: SvxyZ2Vu\n\
            objectGUID:: Z0UjAauJ780BI0VniavN7w==\nthumbnailPhoto;binary:: /9j/4P/Z\ntitle:: QQBC\n\n\
            dn: CN=PC,DC=x\nchangetype: add\nobjectClass: user\nobjectClass: computer\n";
        let views: Vec<ObjectView> = read(text).into_iter().map(Result::unwrap).collect();
        let ada = &views[0];
        assert_eq!((ada.dn.as_str(), ada.class.as_str(), ada.forest), ("CN=Ada,DC=x", "user", 3));
        assert_eq!(ada.all("proxyAddresses"), ["SMTP:ada@contoso.com", "smtp:a@contoso.com"]);
        assert_eq!(ada.all("member"), ["CN=a", "CN=b"]);
        assert_eq!(ada.first("displayName"), Some("J\u{fffd}rgen"));
        assert_eq!(ada.not_utf8().next(), Some(("displayName", 0, &b"J\xfcrgen"[..])));
        assert_eq!(ada.first("title"), Some("A\0B"));
        assert_eq!(ada.guid, Guid::parse("01234567-89ab-cdef-0123-456789abcdef"));
        assert!(ada.first("thumbnailPhoto").unwrap().starts_with("image/jpeg; octets=6"));
        assert_eq!(views[1].class, "computer");
        assert_eq!(views.len(), 2);
    }

    #[test]
    fn what_is_no_entry_is_told_with_its_line_and_the_rest_goes_on() {
        let text = b"dn: CN=a\nobjectClass: user\n\ndn: CN=b\nchangetype: delete\n\ndn: CN=c\nmail:< file:///etc/passwd\n\n\
            dn: CN=d\nno colon\n\ndn: CN=e\ndescription:< file:///x\nobjectClass: group\n";
        let outcomes = read(text);
        let told: Vec<&str> =
            outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).map(String::as_str).collect();
        assert_eq!(
            told,
            [
                "line 4, column 1: a change (changetype: delete) is no entry: export the entries themselves",
                "line 8, column 1: a value from a URL is not fetched: the entry is left out",
                "line 11, column 9: no colon: a line is 'attribute: value'",
            ]
        );
        assert_eq!(outcomes.last().unwrap().as_ref().unwrap().class, "group");
        assert_eq!(outcomes.len(), 5);
    }

    #[test]
    fn a_value_of_a_megabyte_is_a_value() {
        let text = format!("dn: CN=a\nobjectClass: user\ndisplayName: {}\n", "x".repeat(1 << 20));
        let view = LdifViews::new(text.as_bytes(), 0).next().unwrap().unwrap();
        assert_eq!(view.first("displayName").map(str::len), Some(1 << 20));
    }
}
