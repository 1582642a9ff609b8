//! Entries from LDIF: a record at a time, so that a pipe of any length is read in bounded memory.

use super::entry::Entry;
use super::file::Problem;
use forestbed_sim::ldif::{Attribute, Body, LdifError, LdifErrorKind, LdifLimits, Reader, Record, Value};
use std::io::{self, BufRead, Read as _};

/// Octets of one record at most: what a group of two million members takes.
const RECORD_MAX: usize = 256 * 1024 * 1024;

/// Entries of an LDIF text.
pub(super) struct LdifEntries<'a> {
    source: Box<dyn BufRead + Send + 'a>,
    record: Vec<u8>,
    /// The number of the next line.
    line: usize,
    limits: LdifLimits,
    /// Octets of one record at most.
    record_max: usize,
}

impl<'a> LdifEntries<'a> {
    pub(super) fn new(source: Box<dyn BufRead + Send + 'a>) -> LdifEntries<'a> {
        LdifEntries {
            source,
            record: Vec::new(),
            line: 1,
            limits: LdifLimits::default(),
            record_max: RECORD_MAX,
        }
    }

    /// Collects the lines of the next record and gives the number of the first; none at the end.
    fn collect(&mut self) -> io::Result<Option<(usize, bool)>> {
        self.record.clear();
        let (mut first, mut too_long) = (self.line, false);
        loop {
            let from = self.record.len();
            let room = (self.record_max - from + 1) as u64;
            if (&mut self.source).take(room).read_until(b'\n', &mut self.record)? == 0 {
                return Ok((!self.record.is_empty() || too_long).then_some((first, too_long)));
            }
            if self.record.len() > self.record_max {
                // what is too long is read and dropped, to the end of the record
                too_long = true;
                self.record.truncate(from);
                self.skip_line()?;
                self.line += 1;
                continue;
            }
            self.line += 1;
            let line = &self.record[from..];
            if line == b"\n" || line == b"\r\n" {
                if from > 0 || too_long {
                    return Ok(Some((first, too_long)));
                }
                first = self.line;
                self.record.clear();
            }
        }
    }

    /// Drops the rest of a line.
    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let chunk = self.source.fill_buf()?;
            let (length, end) = match chunk.iter().position(|byte| *byte == b'\n') {
                Some(at) => (at + 1, true),
                None => (chunk.len(), chunk.is_empty()),
            };
            self.source.consume(length);
            if end {
                return Ok(());
            }
        }
    }
}

impl Iterator for LdifEntries<'_> {
    type Item = Result<Entry, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (first, too_long) = match self.collect() {
                Ok(Some(found)) => found,
                Ok(None) => return None,
                Err(error) => return Some(Err(Problem::unreadable(self.line, &error))),
            };
            if too_long {
                let kind = LdifErrorKind::TooLarge { limit: "octets of a record", value: self.record_max };
                return Some(Err(problem(first, &LdifError { line: 1, column: 1, kind })));
            }
            // nothing but comments, or a version line of its own, is no record
            match Reader::with_limits(&self.record, self.limits).next() {
                None => {}
                Some(Err(error)) => return Some(Err(problem(first, &error))),
                Some(Ok(record)) => return Some(entry_of(record, first)),
            }
        }
    }
}

fn problem(first: usize, error: &LdifError) -> Problem {
    Problem::at(first + error.line.saturating_sub(1), format!("column {}: {}", error.column, error.kind))
}

fn entry_of(record: Record, first: usize) -> Result<Entry, Problem> {
    let line = first + record.line.saturating_sub(1);
    let attributes = match record.body {
        Body::Entry(attributes) | Body::Add(attributes) => attributes,
        other => {
            let kind = other.change_type().unwrap_or_default();
            let message = format!("a change (changetype: {kind}) is no entry: export the entries themselves");
            return Err(Problem::at(line, message));
        }
    };
    let mut entry = Entry::new(record.dn);
    for attribute in attributes {
        let Some(name) = plain_name(&attribute).map(str::to_owned) else { continue };
        match attribute.value {
            Value::Bytes(octets) => entry.push(&name, octets),
            Value::Url(_) => {
                let line = first + attribute.line.saturating_sub(1);
                let message = format!("{name}: a value from a URL is not fetched; the entry is left out");
                return Err(Problem::at(line, message));
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
    fn a_record_that_is_too_long_is_told_and_dropped_whatever_its_lines_are() {
        let check = |middle: &str| {
            let text = format!("dn: CN=a,DC=x\ncn: a\n\n{middle}\n\ndn: CN=b,DC=x\ncn: b\n");
            let mut entries = LdifEntries::new(Box::new(io::Cursor::new(text.into_bytes())));
            entries.record_max = 100;
            let got: Vec<Result<String, usize>> =
                entries.map(|entry| entry.map(|entry| entry.dn).map_err(|problem| problem.line)).collect();
            assert_eq!(got, [Ok("CN=a,DC=x".to_owned()), Err(4), Ok("CN=b,DC=x".to_owned())], "{middle}");
        };
        check(&format!("dn: CN={},DC=x\ncn: c", "c".repeat(1000)));
        check(&"cn: c\n".repeat(200));
        check(&format!("dn: CN=c,DC=x\ncn: c\ncn: {}", "c".repeat(100)));
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
