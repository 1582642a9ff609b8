//! Records of CSV (RFC 4180), with what tools in the field write instead, and with line numbers.

use crate::checker::source::file::Problem;
use std::collections::VecDeque;
use std::io::{self, BufRead, Read};

/// Octets of one record at most.
const RECORD_MAX: usize = 64 * 1024 * 1024;

/// One record: its first line and its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    /// Its first line, from 1 on.
    pub(super) line: usize,
    /// Its fields without quotes.
    pub(super) fields: Vec<Vec<u8>>,
}

/// Records one after the other; a broken one is told, and reading goes on at the line behind its first.
pub(super) struct CsvReader<'a> {
    source: Box<dyn BufRead + Send + 'a>,
    delimiter: u8,
    /// Lines that were read already.
    again: VecDeque<Vec<u8>>,
    /// The number of the next line.
    line: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Begin,
    Plain,
    Quoted,
    /// Behind a quote in a quoted field: its end, or the first of two.
    Quote,
}

struct Parser {
    delimiter: u8,
    state: State,
    fields: Vec<Vec<u8>>,
    field: Vec<u8>,
}

impl<'a> CsvReader<'a> {
    pub(super) fn new(source: Box<dyn BufRead + Send + 'a>) -> CsvReader<'a> {
        CsvReader { source, delimiter: b',', again: VecDeque::new(), line: 1 }
    }

    pub(super) fn set_delimiter(&mut self, delimiter: u8) {
        self.delimiter = delimiter;
    }

    /// The next line with its end, without reading past it; none at the end.
    pub(super) fn peek_line(&mut self) -> io::Result<Option<&[u8]>> {
        if self.again.is_empty() {
            match self.physical()? {
                Some(line) => self.again.push_back(line),
                None => return Ok(None),
            }
        }
        Ok(self.again.front().map(Vec::as_slice))
    }

    /// Leaves the next line out.
    pub(super) fn skip_line(&mut self) {
        self.again.pop_front();
        self.line += 1;
    }

    fn physical(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let limit = RECORD_MAX as u64 + 1;
        let read = (&mut self.source).take(limit).read_until(b'\n', &mut line)?;
        if read as u64 == limit && line.last() != Some(&b'\n') {
            // the rest of a line that is too long is read and dropped, a piece at a time
            let mut rest = Vec::new();
            loop {
                rest.clear();
                let more = (&mut self.source).take(limit).read_until(b'\n', &mut rest)?;
                if more == 0 || rest.last() == Some(&b'\n') {
                    break;
                }
            }
        }
        Ok((read > 0).then_some(line))
    }

    fn next_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        match self.again.pop_front() {
            Some(line) => Ok(Some(line)),
            None => self.physical(),
        }
    }

    fn record(&mut self, first_line: usize) -> io::Result<Option<Result<Record, Problem>>> {
        let mut parser =
            Parser { delimiter: self.delimiter, state: State::Begin, fields: Vec::new(), field: Vec::new() };
        let mut held: Vec<Vec<u8>> = Vec::new();
        let mut octets = 0;
        loop {
            let line = self.next_line()?;
            let broken = match &line {
                None if held.is_empty() => return Ok(None),
                None => Some("a quote is not closed".to_owned()),
                Some(line) => {
                    octets += line.len();
                    if octets > RECORD_MAX {
                        Some(format!("the record is longer than {RECORD_MAX} octets: is a quote not closed?"))
                    } else {
                        match parser.feed(line) {
                            Ok(true) => {
                                self.line = first_line + held.len() + 1;
                                return Ok(Some(Ok(Record { line: first_line, fields: parser.fields })));
                            }
                            Ok(false) => None,
                            Err(column) => Some(format!(
                                "column {column}: behind a closing quote comes neither a separator nor the line's end"
                            )),
                        }
                    }
                }
            };
            held.extend(line);
            if let Some(message) = broken {
                held.drain(1..).rev().for_each(|line| self.again.push_front(line));
                self.line = first_line + 1;
                return Ok(Some(Err(Problem::at(first_line, message))));
            }
        }
    }
}

impl Iterator for CsvReader<'_> {
    type Item = Result<Record, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let line = self.line;
            match self.record(line) {
                Ok(Some(Ok(record))) if record.fields == [b""] => {}
                Ok(next) => return next,
                Err(error) => return Some(Err(Problem::unreadable(line, &error))),
            }
        }
    }
}

impl Parser {
    /// Takes a line with its end; true when the record ends with it. An error is the column of what is wrong.
    fn feed(&mut self, line: &[u8]) -> Result<bool, usize> {
        let end = match line {
            [.., b'\r', b'\n'] => line.len() - 2,
            [.., b'\n'] => line.len() - 1,
            _ => line.len(),
        };
        for (at, byte) in line[..end].iter().copied().enumerate() {
            match (self.state, byte) {
                (State::Begin, b'"') => self.state = State::Quoted,
                (State::Quoted, b'"') => self.state = State::Quote,
                (State::Quoted, _) => self.field.push(byte),
                (State::Quote, b'"') => {
                    self.field.push(b'"');
                    self.state = State::Quoted;
                }
                (_, byte) if byte == self.delimiter => self.end_field(),
                (State::Quote, _) => return Err(at + 1),
                (State::Begin | State::Plain, _) => {
                    self.field.push(byte);
                    self.state = State::Plain;
                }
            }
        }
        if self.state == State::Quoted {
            self.field.extend_from_slice(&line[end..]);
            return Ok(false);
        }
        self.end_field();
        Ok(true)
    }

    fn end_field(&mut self) {
        self.fields.push(std::mem::take(&mut self.field));
        self.state = State::Begin;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Vec<Result<(usize, Vec<String>), usize>> {
        let reader = CsvReader::new(Box::new(io::Cursor::new(text.as_bytes().to_vec())));
        let strings =
            |fields: Vec<Vec<u8>>| fields.into_iter().map(|f| String::from_utf8(f).unwrap()).collect();
        reader.map(|r| r.map(|r| (r.line, strings(r.fields))).map_err(|p| p.line)).collect()
    }

    #[test]
    fn records_are_read_as_rfc_4180_and_the_field_write_them() {
        let check = |text: &str, expected: &[(usize, &[&str])]| {
            let got: Vec<_> = read(text).into_iter().map(Result::unwrap).collect();
            let own =
                |(line, fields): &(usize, &[&str])| (*line, fields.iter().map(|f| (*f).to_owned()).collect());
            let expected: Vec<(usize, Vec<String>)> = expected.iter().map(own).collect();
            assert_eq!(got, expected, "{text:?}");
        };
        check("a,b\r\n\r\nc,d", &[(1, &["a", "b"]), (3, &["c", "d"])]);
        check("\"a,\"\"b\"\"\",\n", &[(1, &["a,\"b\"", ""])]);
        check("\"one\r\ntwo\",x\nlast\n", &[(1, &["one\r\ntwo", "x"]), (3, &["last"])]);
        // IdFix quotes only what has a comma in it, and doubles no quote
        check("a \"b\" c,d\n", &[(1, &["a \"b\" c", "d"])]);
        check(",\n", &[(1, &["", ""])]);
    }

    #[test]
    fn a_broken_record_does_not_swallow_those_behind_it() {
        let lines = |text: &str| read(text).into_iter().map(|r| r.map(|(line, _)| line)).collect::<Vec<_>>();
        assert_eq!(lines("a,b\n\"open,x\nc,d\ne,f\n"), [Ok(1), Err(2), Ok(3), Ok(4)]);
        assert_eq!(lines("\"a\"b,c\nd,e\n"), [Err(1), Ok(2)]);
        assert_eq!(lines("\"open,x\nc,\"d\"\n\"open\nf,g\n"), [Err(1), Ok(2), Err(3), Ok(4)]);
    }

    proptest! {
        #[test]
        fn what_is_written_with_quotes_is_read_back(rows in proptest::collection::vec(proptest::collection::vec("[a\",\n\r;é ]{0,6}", 2..4), 1..5)) {
            let quoted = |field: &String| format!("\"{}\"", field.replace('"', "\"\""));
            let text: String = rows.iter().map(|row| row.iter().map(quoted).collect::<Vec<_>>().join(",") + "\r\n").collect();
            let got: Vec<Vec<String>> = read(&text).into_iter().map(|r| r.unwrap().1).collect();
            prop_assert_eq!(got, rows);
        }

        #[test]
        fn any_text_comes_to_an_end(text in "[a\",\n\r]{0,60}") {
            read(&text);
        }
    }
}
