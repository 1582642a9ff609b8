//! An LDIF file as a directory: what is read from it, what is changed in it, and the file that comes out.
//!
//! Records that are not changed come out as they went in, byte for byte: comments, folding, order and what could
//! not be read included.

use super::octets::Octets;
use super::request::{Op, Part};
use super::target::{ObjectName, Stored, Target, Trouble};
use crate::checker::source::Entry;
use crate::tool::BoxFuture;
use forestbed_sim::directory::dn::Dn;
use forestbed_sim::ldif::{Attribute, Body, Reader, Record, Value, write_record};
use forestbed_sim::rules::ObjectView;
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

const NO_SUCH_ATTRIBUTE: u32 = 16;
const ATTRIBUTE_OR_VALUE_EXISTS: u32 = 20;

/// A file of content records.
pub struct LdifDirectory {
    text: Vec<u8>,
    records: Vec<Held>,
    /// Records by their names; of two with the same name the first.
    by_name: BTreeMap<String, usize>,
    /// What could not be read: line and problem.
    pub problems: Vec<(usize, String)>,
    forest: usize,
}

struct Held {
    record: Record,
    /// Where it stands in the text, its comments and the empty lines behind it excluded.
    span: Range<usize>,
    changed: bool,
}

impl LdifDirectory {
    /// Reads a file, which becomes the source of this number.
    pub fn read(text: Vec<u8>, forest: usize) -> LdifDirectory {
        let blocks = blocks(&text);
        let mut directory = LdifDirectory {
            text: Vec::new(),
            records: Vec::new(),
            by_name: BTreeMap::new(),
            problems: Vec::new(),
            forest,
        };
        for record in Reader::new(&text) {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    directory.problems.push((error.line, format!("column {}: {}", error.column, error.kind)));
                    continue;
                }
            };
            if !matches!(record.body, Body::Entry(_) | Body::Add(_)) {
                let kind = record.body.change_type().unwrap_or_default();
                directory
                    .problems
                    .push((record.line, format!("a change (changetype: {kind}) is left as it is")));
                continue;
            }
            let at = blocks.partition_point(|(line, _)| *line <= record.line);
            let Some((_, span)) = at.checked_sub(1).and_then(|at| blocks.get(at)) else { continue };
            let Ok(dn) = Dn::parse(&record.dn) else {
                directory.problems.push((record.line, "its name is no distinguished name".to_owned()));
                continue;
            };
            let place = directory.records.len();
            if directory.by_name.contains_key(&dn.normalized()) {
                directory.problems.push((record.line, "an earlier record has the same name".to_owned()));
                continue;
            }
            directory.by_name.insert(dn.normalized(), place);
            directory.records.push(Held { record, span: span.clone(), changed: false });
        }
        directory.text = text;
        directory
    }

    /// What the rules see of it.
    pub fn views(&self) -> Vec<ObjectView> {
        let forest = u16::try_from(self.forest).unwrap_or(u16::MAX);
        let entry = |held: &Held| {
            let mut entry = Entry::new(held.record.dn.clone());
            for Attribute { name, value, .. } in attributes(&held.record) {
                if let Value::Bytes(octets) = value {
                    entry.push(name, octets.clone());
                }
            }
            entry.view(forest)
        };
        self.records.iter().filter_map(entry).collect()
    }

    /// The file with the changes that were made.
    pub fn text(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.text.len());
        let mut at = 0;
        for held in self.records.iter().filter(|held| held.changed) {
            let block = &self.text[held.span.clone()];
            // a version line and comments stand before the name
            let head: usize = block
                .split_inclusive(|byte| *byte == b'\n')
                .take_while(|line| !line.to_ascii_lowercase().starts_with(b"dn:"))
                .map(<[u8]>::len)
                .sum();
            out.extend_from_slice(&self.text[at..held.span.start + head]);
            let mut record = String::new();
            write_record(&mut record, &held.record);
            // the empty line behind it is still in the text
            out.extend_from_slice(record.trim_end_matches('\n').as_bytes());
            out.push(b'\n');
            at = held.span.end;
        }
        out.extend_from_slice(&self.text[at..]);
        out
    }

    fn find(&self, dn: &str) -> Option<usize> {
        self.by_name.get(&Dn::parse(dn).ok()?.normalized()).copied()
    }

    fn change(&mut self, dn: &str, parts: &[Part]) -> Result<(), Trouble> {
        let refused = |code, text: &str| Trouble::Refused { code, text: text.to_owned() };
        let place = self.find(dn).ok_or_else(|| refused(32, "no such record"))?;
        let held = &mut self.records[place];
        let mut list = attributes(&held.record).to_vec();
        for part in parts {
            let named = |attribute: &Attribute| attribute.name.eq_ignore_ascii_case(&part.attribute);
            if part.op == Op::Replace {
                list.retain(|attribute| !named(attribute));
            }
            for value in &part.values {
                let value = Value::Bytes(value.0.clone());
                let at = list.iter().position(|attribute| named(attribute) && attribute.value == value);
                match (part.op, at) {
                    (Op::Delete, Some(at)) => drop(list.remove(at)),
                    (Op::Delete, None) => return Err(refused(NO_SUCH_ATTRIBUTE, "no such value")),
                    (Op::Add, Some(_)) => {
                        return Err(refused(ATTRIBUTE_OR_VALUE_EXISTS, "the value is there"));
                    }
                    (Op::Add | Op::Replace, _) => {
                        let behind = list.iter().rposition(named).map_or(list.len(), |at| at + 1);
                        list.insert(behind, Attribute { line: 0, name: part.attribute.clone(), value });
                    }
                }
            }
        }
        match &mut held.record.body {
            Body::Entry(attributes) | Body::Add(attributes) => *attributes = list,
            _ => {}
        }
        held.changed = true;
        Ok(())
    }
}

fn attributes(record: &Record) -> &[Attribute] {
    match &record.body {
        Body::Entry(attributes) | Body::Add(attributes) => attributes,
        _ => &[],
    }
}

/// The runs of lines between empty ones: the number of the first line, and where the run stands in the text.
fn blocks(text: &[u8]) -> Vec<(usize, Range<usize>)> {
    let mut blocks: Vec<(usize, Range<usize>)> = Vec::new();
    let (mut at, mut open) = (0, false);
    for (number, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let empty = matches!(line, b"\n" | b"\r\n");
        match blocks.last_mut() {
            Some((_, span)) if open && !empty => span.end = at + line.len(),
            _ if !empty => blocks.push((number + 1, at..at + line.len())),
            _ => {}
        }
        open = !empty;
        at += line.len();
    }
    blocks
}

impl Target for &mut LdifDirectory {
    fn read<'a>(
        &'a mut self,
        object: &'a ObjectName,
        names: &'a [String],
    ) -> BoxFuture<'a, Result<Option<Stored>, Trouble>> {
        let found = self.find(&object.dn).map(|place| {
            let record = &self.records[place].record;
            let mut stored = Stored { dn: record.dn.clone(), ..Stored::default() };
            for Attribute { name, value, .. } in attributes(record) {
                if let Value::Bytes(octets) = value
                    && names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name))
                {
                    stored.values.entry(name.to_ascii_lowercase()).or_default().push(Octets(octets.clone()));
                }
            }
            stored
        });
        Box::pin(async move { Ok(found) })
    }

    fn modify<'a>(
        &'a mut self,
        _object: &'a ObjectName,
        dn: &'a str,
        parts: &'a [Part],
        _version: Option<&'a str>,
    ) -> BoxFuture<'a, Result<(), Trouble>> {
        let done = self.change(dn, parts);
        Box::pin(async move { done })
    }

    fn wait(&mut self, _span: Duration) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "version: 1\n# by hand\ndn: CN=A,DC=x\nobjectClass: user\nmail: a@x\nproxyAddresses: SMTP:a\n @x\ncn: A\n\n\n\
        # broken\ndn: CN=B,DC=x\nno colon\n\ndn:: Q049QyxEQz14\r\nobjectclass: contact\r\nMail: c@x\r\n\r\n";

    fn name(dn: &str) -> ObjectName {
        ObjectName { dn: dn.to_owned(), ..ObjectName::default() }
    }

    fn part(op: Op, attribute: &str, value: &str) -> Part {
        Part { attribute: attribute.to_owned(), op, values: vec![Octets::from(value)] }
    }

    #[test]
    fn a_file_without_changes_comes_out_byte_for_byte() {
        let directory = LdifDirectory::read(FILE.as_bytes().to_vec(), 0);
        assert_eq!(directory.text(), FILE.as_bytes());
        assert_eq!(directory.problems.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [13]);
        let found: Vec<_> = directory.views().into_iter().map(|view| (view.dn, view.class)).collect();
        assert_eq!(found, [("CN=A,DC=x".into(), "user".to_owned()), ("CN=C,DC=x".into(), "contact".into())]);
    }

    #[test]
    fn a_change_touches_its_record_alone_and_a_value_that_is_not_there_is_refused() {
        let mut directory = LdifDirectory::read(FILE.as_bytes().to_vec(), 0);
        let parts =
            [part(Op::Delete, "proxyAddresses", "SMTP:a@x"), part(Op::Add, "proxyAddresses", "smtp:a@x")];
        directory.change("cn=a,dc=x", &parts).unwrap();
        let expected = FILE.replace(
            "mail: a@x\nproxyAddresses: SMTP:a\n @x\ncn: A\n",
            "mail: a@x\ncn: A\nproxyAddresses: smtp:a@x\n",
        );
        assert_eq!(String::from_utf8(directory.text()).unwrap(), expected);
        let gone = directory.change("CN=A,DC=x", &[part(Op::Delete, "mail", "A@x")]);
        assert!(matches!(gone, Err(Trouble::Refused { code: 16, .. })), "{gone:?}");
        let there = directory.change("CN=A,DC=x", &[part(Op::Add, "mail", "a@x")]);
        assert!(matches!(there, Err(Trouble::Refused { code: 20, .. })), "{there:?}");
        assert_eq!(String::from_utf8(directory.text()).unwrap(), expected);
        assert!(directory.find(&name("CN=B,DC=x").dn).is_none());
    }
}
