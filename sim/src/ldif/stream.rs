//! Records from a pipe of any length: only the record at hand is held.

use super::error::{LdifError, LdifErrorKind};
use super::reader::{LdifLimits, Reader};
use super::record::Record;
use std::io::{self, BufRead};

/// Most octets of one record: a group of some millions of members.
const RECORD_MAX: usize = 256 << 20;

/// Reads LDIF record by record from whatever can be read.
///
/// Gives what [`Reader`] gives of the whole text, with the lines of the whole text; an error belongs to one
/// record, and the next call goes on behind the next empty line. When the source itself cannot be read, that is
/// the last error.
///
/// ```
/// use forestbed_sim::ldif::RecordReader;
/// let text = "dn: DC=local\nobjectClass: domainDNS\n\nno name\n\ndn: DC=lan\nobjectClass: domainDNS\n";
/// let records: Vec<_> = RecordReader::new(text.as_bytes()).collect();
/// assert_eq!(records[1].as_ref().unwrap_err().line, 4);
/// assert_eq!(records[2].as_ref().unwrap().line, 6);
/// ```
#[derive(Debug)]
pub struct RecordReader<R> {
    source: R,
    limits: LdifLimits,
    max_record_bytes: usize,
    record: Vec<u8>,
    /// The number of the next line.
    line: usize,
    /// No record was read yet.
    at_start: bool,
    ended: bool,
}

/// What became of a line.
enum Outcome {
    End,
    Kept,
    TooLong,
}

impl<R: BufRead> RecordReader<R> {
    /// A reader with the default limits, and 256 MiB for one record.
    pub fn new(source: R) -> RecordReader<R> {
        RecordReader::with_limits(source, LdifLimits::default(), RECORD_MAX)
    }

    /// A reader with other limits.
    pub fn with_limits(source: R, limits: LdifLimits, max_record_bytes: usize) -> RecordReader<R> {
        RecordReader {
            source,
            limits,
            max_record_bytes,
            record: Vec::new(),
            line: 1,
            at_start: true,
            ended: false,
        }
    }

    /// The number of the line that is read next, from 1 on.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Appends the next line, but never more than fits into a record.
    fn take_line(&mut self) -> io::Result<Outcome> {
        let (mut any, mut too_long) = (false, false);
        loop {
            let part = match self.source.fill_buf() {
                Ok(part) => part,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if part.is_empty() && !any {
                return Ok(Outcome::End);
            }
            any = true;
            let end = part.iter().position(|octet| *octet == b'\n').map(|place| place + 1);
            let taken = end.unwrap_or(part.len());
            if too_long || self.record.len() + taken > self.max_record_bytes {
                too_long = true;
            } else {
                self.record.extend_from_slice(&part[..taken]);
            }
            let last = end.is_some() || taken == 0;
            self.source.consume(taken);
            if last {
                self.line += 1;
                return Ok(if too_long { Outcome::TooLong } else { Outcome::Kept });
            }
        }
    }

    /// Collects the lines up to the next empty one: the number of the first, and whether all of them fitted;
    /// none at the end of the text.
    fn collect(&mut self) -> io::Result<Option<(usize, bool)>> {
        self.record.clear();
        let (mut first, mut fits) = (self.line, true);
        loop {
            let from = self.record.len();
            match self.take_line()? {
                Outcome::End => return Ok((!self.record.is_empty() || !fits).then_some((first, fits))),
                Outcome::TooLong => {
                    self.record.truncate(from);
                    fits = false;
                }
                Outcome::Kept if matches!(&self.record[from..], b"\n" | b"\r\n" | b"\r") => {
                    if from > 0 || !fits {
                        return Ok(Some((first, fits)));
                    }
                    self.record.clear();
                    first = self.line;
                }
                Outcome::Kept => {}
            }
        }
    }

    fn parse(&mut self, first: usize) -> Option<Result<Record, LdifError>> {
        let mut reader = Reader::with_limits(&self.record, self.limits);
        if !self.at_start {
            reader.goes_on();
        }
        let outcome = reader.next();
        // what comes before the first record is `version:`, with or without an empty line behind it
        self.at_start = reader.is_at_start();
        let mut outcome = outcome?;
        match &mut outcome {
            Ok(record) => record.shift(first - 1),
            Err(error) => error.line += first - 1,
        }
        Some(outcome)
    }
}

impl<R: BufRead> Iterator for RecordReader<R> {
    type Item = Result<Record, LdifError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            let error = |line: usize, kind: LdifErrorKind| LdifError { line, column: 1, kind };
            match self.collect() {
                Err(problem) => {
                    self.ended = true;
                    return Some(Err(error(self.line, LdifErrorKind::Unreadable(problem.to_string()))));
                }
                Ok(None) => self.ended = true,
                Ok(Some((first, false))) => {
                    self.at_start = false;
                    let kind =
                        LdifErrorKind::TooLarge { limit: "max_record_bytes", value: self.max_record_bytes };
                    return Some(Err(error(first, kind)));
                }
                Ok(Some((first, true))) => {
                    if let Some(outcome) = self.parse(first) {
                        return Some(outcome);
                    }
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::BufReader;

    fn streamed(text: &[u8], buffer: usize) -> Vec<Result<Record, LdifError>> {
        RecordReader::new(BufReader::with_capacity(buffer, text)).collect()
    }

    fn line() -> impl Strategy<Value = &'static str> {
        prop::sample::select(
            &[
                "dn: CN=a,DC=x",
                "dn:: Q049w6QsREM9eA==",
                "cn: a",
                "mail:: YQ==",
                "mail:: *",
                " more",
                "# comment",
                "version: 1",
                "version: 2",
                "changetype: delete",
                "changetype: modify",
                "add: mail",
                "-",
                "no colon",
                "member;range=0-1: CN=b",
                "",
                "",
                "",
                " ",
                "\u{fc}: x",
                "photo:< file:///x",
            ][..],
        )
    }

    proptest! {
        #[test]
        fn a_pipe_gives_what_the_whole_text_gives(
            lines in prop::collection::vec((line(), prop::sample::select(&["\n", "\r\n"][..])), 0..30),
            end in any::<bool>(),
            buffer in 1usize..40,
        ) {
            let mut text: String = lines.iter().flat_map(|(line, end)| [*line, *end]).collect();
            if end {
                text.truncate(text.trim_end_matches(['\r', '\n']).len());
            }
            let expected: Vec<_> = Reader::new(text.as_bytes()).collect();
            prop_assert_eq!(streamed(text.as_bytes(), buffer), expected, "{:?}", text);
        }

        #[test]
        fn no_octets_do_harm(text in prop::collection::vec(any::<u8>(), 0..300), buffer in 1usize..40) {
            let expected: Vec<_> = Reader::new(&text).collect();
            prop_assert_eq!(streamed(&text, buffer), expected);
        }
    }

    #[test]
    fn a_record_that_is_too_large_is_told_and_the_rest_goes_on() {
        let text = format!("dn: CN=a\ncn: {}\ncn: b\n\ndn: CN=b\ncn: b\n", "a".repeat(500));
        let reader = RecordReader::with_limits(text.as_bytes(), LdifLimits::default(), 100);
        let outcomes: Vec<_> = reader.map(|outcome| outcome.map(|record| record.dn)).collect();
        assert_eq!(
            outcomes[0].as_ref().unwrap_err().to_string(),
            "line 1, column 1: more than max_record_bytes = 100"
        );
        assert_eq!(outcomes[1].as_deref(), Ok("CN=b"));
        assert_eq!(outcomes.len(), 2);
    }

    #[test]
    fn a_source_that_fails_is_the_end() {
        struct Broken;
        impl io::Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("the cable is cut"))
            }
        }
        let text = io::Read::chain(&b"dn: CN=a\ncn: a\n\ndn: CN=b\n"[..], Broken);
        let outcomes: Vec<_> = RecordReader::new(BufReader::new(text)).collect();
        assert_eq!(outcomes.len(), 2);
        let told = outcomes[1].as_ref().unwrap_err().to_string();
        assert_eq!(told, "line 5, column 1: it cannot be read: the cable is cut");
    }
}
