//! Entries from LDIF: a record at a time, so that a pipe of any length is read in bounded memory.

use super::entry::Entry;
use super::file::Problem;
use forestbed_sim::ldif::{Attribute, Body, LdifError, Record, RecordReader, Value};
use std::io::BufRead;

/// Entries of an LDIF text.
pub(super) struct LdifEntries<'a> {
    records: RecordReader<Box<dyn BufRead + Send + 'a>>,
}

impl<'a> LdifEntries<'a> {
    pub(super) fn new(source: Box<dyn BufRead + Send + 'a>) -> LdifEntries<'a> {
        LdifEntries { records: RecordReader::new(source) }
    }
}

impl Iterator for LdifEntries<'_> {
    type Item = Result<Entry, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.records.next()?.map_err(|error| problem(&error)).and_then(entry_of))
    }
}

fn problem(error: &LdifError) -> Problem {
    Problem::at(error.line, format!("column {}: {}", error.column, error.kind))
}

fn entry_of(record: Record) -> Result<Entry, Problem> {
    let attributes = match record.body {
        Body::Entry(attributes) | Body::Add(attributes) => attributes,
        other => {
            let kind = other.change_type().unwrap_or_default();
            let message = format!("a change (changetype: {kind}) is no entry: export the entries themselves");
            return Err(Problem::at(record.line, message));
        }
    };
    let mut entry = Entry::new(record.dn);
    for attribute in attributes {
        let Some(name) = plain_name(&attribute).map(str::to_owned) else { continue };
        match attribute.value {
            Value::Bytes(octets) => entry.push(&name, octets),
            Value::Url(_) => {
                let message = format!("{name}: a value from a URL is not fetched; the entry is left out");
                return Err(Problem::at(attribute.line, message));
            }
        }
    }
    Ok(entry)
}

/// The name without options that do not change what the value is; none of a value in another language.
fn plain_name(attribute: &Attribute) -> Option<&str> {
    let own = |option: &str| {
        let option = option.to_ascii_lowercase();
        option == "binary" || option.starts_with("range=")
    };
    attribute.options().all(own).then(|| attribute.base_name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    fn read(text: &str) -> Vec<Result<Entry, (usize, String)>> {
        let entries = LdifEntries::new(Box::new(io::Cursor::new(text.as_bytes().to_vec())));
        entries.map(|entry| entry.map_err(|problem| (problem.line, problem.message))).collect()
    }

    #[test]
    fn records_come_with_all_their_values_whatever_stands_between_them() {
        let text = "version: 1\n\n# a comment\n\n\r\ndn: CN=a,DC=x\r\nobjectClass: user\r\nmember;range=0-1: CN=b\n\
                    userCertificate;binary:: AAE=\ndisplayName;lang-de: Anna\n# refldap://x\nMail: a@\n contoso.com\n\n\n\
                    # refldap\n\ndn:: Q049w6QsREM9eA==\nchangetype: add\nobjectClass: group";
        let entries: Vec<Entry> = read(text).into_iter().map(Result::unwrap).collect();
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[0].dn, "CN=a,DC=x");
        assert_eq!(entries[0].texts("mail").collect::<Vec<_>>(), ["a@contoso.com"]);
        assert_eq!(entries[0].octets("usercertificate").collect::<Vec<_>>(), [&[0, 1][..]]);
        assert_eq!(entries[0].texts("member").count(), 1);
        assert_eq!(entries[0].texts("displayName").count(), 0);
        assert_eq!(entries[1].dn, "CN=ä,DC=x");
    }

    #[test]
    fn a_broken_record_is_told_with_its_line_and_the_rest_goes_on() {
        let check = |text: &str, expected: &[Option<(usize, &str)>]| {
            let got = read(text);
            assert_eq!(got.len(), expected.len(), "{got:?}");
            for (got, expected) in got.iter().zip(expected) {
                match (got, expected) {
                    (Ok(_), None) => {}
                    (Err((line, said)), Some((at, word))) => {
                        assert_eq!(line, at, "{said}");
                        assert!(said.contains(word), "{said}");
                    }
                    other => panic!("{other:?}"),
                }
            }
        };
        let good = "dn: CN=a,DC=x\nobjectClass: user\n";
        check(&format!("{good}\ndn: CN=b,DC=x\nno colon\n\n{good}"), &[None, Some((5, "no colon")), None]);
        check(&format!("# one\n\ndn: CN=b,DC=x\nmail:: *\n\n{good}"), &[Some((4, "base64")), None]);
        check(&format!("{good}\nmail: x\n\n{good}"), &[None, Some((4, "'dn:'")), None]);
        check("dn: CN=b,DC=x\nchangetype: delete\n", &[Some((1, "changetype: delete"))]);
        check("dn: CN=b,DC=x\ncn: b\nphoto:< file:///etc/passwd\n", &[Some((3, "photo"))]);
        check(" continues\n\nversion: 2\n\n", &[Some((1, "continues nothing")), Some((3, "version"))]);
    }
}
