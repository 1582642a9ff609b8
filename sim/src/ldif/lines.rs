//! Lines: folded ones are joined, comments left out.

use super::error::{LdifError, LdifErrorKind};
use std::borrow::Cow;

/// One logical line.
#[derive(Debug, Clone)]
pub(super) struct Line<'a> {
    /// Where it begins, from 1 on.
    pub(super) number: usize,
    /// Its bytes, unfolded, without the line's end.
    pub(super) text: Cow<'a, [u8]>,
    /// Where each continuation begins: offset in `text`, number of the physical line.
    folds: Vec<(usize, usize)>,
}

impl Line<'_> {
    /// The error at an offset of the unfolded text.
    pub(super) fn error(&self, offset: usize, kind: LdifErrorKind) -> LdifError {
        let (begin, line, lead) = self
            .folds
            .iter()
            .rev()
            .find(|(begin, _)| *begin <= offset)
            // the space that marks a continuation is a column of its own
            .map_or((0, self.number, 0), |(begin, line)| (*begin, *line, 1));
        LdifError { line, column: offset - begin + lead + 1, kind }
    }
}

/// What comes next in a text.
#[derive(Debug)]
pub(super) enum Step<'a> {
    Line(Line<'a>),
    /// The end of a record: an empty line.
    Blank,
    End,
}

/// A text, line by line.
#[derive(Debug, Clone)]
pub(super) struct Lines<'a> {
    rest: &'a [u8],
    /// The number of the next physical line.
    number: usize,
    /// Most bytes of one unfolded line.
    max: usize,
    /// The line before was empty, or there was none.
    between_records: bool,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a [u8], max: usize) -> Lines<'a> {
        Lines { rest: text, number: 1, max, between_records: true }
    }

    /// The next physical line without its end, LF or CRLF; none at the end of the text.
    fn physical(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.iter().position(|byte| *byte == b'\n').unwrap_or(self.rest.len());
        let line = &self.rest[..end];
        self.rest = self.rest.get(end + 1..).unwrap_or_default();
        self.number += 1;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        self.between_records = line.is_empty();
        Some(line)
    }

    /// The next logical line that is no comment.
    ///
    /// # Errors
    /// A continuation of nothing, a line that is too long. Reading may go on.
    pub(super) fn step(&mut self) -> Result<Step<'a>, LdifError> {
        loop {
            let number = self.number;
            let Some(first) = self.physical() else { return Ok(Step::End) };
            if first.is_empty() {
                return Ok(Step::Blank);
            }
            if first[0] == b' ' {
                return Err(LdifError { line: number, column: 1, kind: LdifErrorKind::NothingToContinue });
            }
            let comment = first[0] == b'#';
            let line = self.unfold(number, first, comment)?;
            if !comment {
                return Ok(Step::Line(line));
            }
        }
    }

    fn unfold(&mut self, number: usize, first: &'a [u8], comment: bool) -> Result<Line<'a>, LdifError> {
        let mut line = Line { number, text: Cow::Borrowed(first), folds: Vec::new() };
        let mut too_long = first.len() > self.max;
        while self.rest.first() == Some(&b' ') {
            let at = self.number;
            let Some(more) = self.physical() else { break };
            too_long |= line.text.len() + more.len() > self.max;
            if comment || too_long {
                continue;
            }
            line.folds.push((line.text.len(), at));
            line.text.to_mut().extend_from_slice(&more[1..]);
        }
        if too_long && !comment {
            let kind = LdifErrorKind::TooLarge { limit: "max_line_bytes", value: self.max };
            return Err(LdifError { line: number, column: 1, kind });
        }
        Ok(line)
    }

    /// Skips to the end of the record, if it has not ended.
    pub(super) fn skip_record(&mut self) {
        while !self.between_records && self.physical().is_some() {}
    }
}
