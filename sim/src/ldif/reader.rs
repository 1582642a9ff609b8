//! From bytes to records.

use super::error::{LdifError, LdifErrorKind as Kind};
use super::lines::{Line, Lines, Step};
use super::record::{Attribute, Body, Control, ModifySpec, Record, SpecOp, Value};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

/// What a reader takes at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LdifLimits {
    /// Bytes of one unfolded line. Default 16 MiB: a photograph fits, and so does the largest value that a
    /// domain controller receives (10 MiB).
    pub max_line_bytes: usize,
    /// Lines of one record, unfolded. Default 5,000,000: members of a group.
    pub max_record_lines: usize,
}

impl Default for LdifLimits {
    fn default() -> LdifLimits {
        LdifLimits { max_line_bytes: 16 * 1024 * 1024, max_record_lines: 5_000_000 }
    }
}

/// Reads a text record by record, in one pass; only the record at hand is held.
///
/// An error belongs to one record: the next call goes on behind the next empty line.
///
/// ```
/// use forestbed_sim::ldif::{Body, Reader, Value};
/// let text = b"version: 1\n\ndn: OU=Staff,DC=contoso,DC=local\nobjectClass: organizational\n Unit\n";
/// let record = Reader::new(text).next().unwrap().unwrap();
/// let Body::Entry(attributes) = record.body else { panic!() };
/// assert_eq!(attributes[0].value, Value::Bytes(b"organizationalUnit".to_vec()));
/// assert_eq!(Reader::new(b"dn: DC=local\nno colon\n").next().unwrap().unwrap_err().line, 2);
/// ```
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    lines: Lines<'a>,
    limits: LdifLimits,
    /// No record was read yet: a `version:` may come.
    at_start: bool,
    /// The text cannot be read at all.
    refused: Option<LdifError>,
}

/// A line as attribute, rest and place.
struct Spec<'a> {
    line: Line<'a>,
    name: String,
    /// Where the value specification begins: at the first colon.
    colon: usize,
}

impl<'a> Reader<'a> {
    /// A reader with the default limits.
    pub fn new(text: &'a [u8]) -> Reader<'a> {
        Reader::with_limits(text, LdifLimits::default())
    }

    /// A reader with other limits.
    pub fn with_limits(text: &'a [u8], limits: LdifLimits) -> Reader<'a> {
        let utf16 = text.starts_with(&[0xff, 0xfe]) || text.starts_with(&[0xfe, 0xff]);
        let refused = utf16.then_some(LdifError { line: 1, column: 1, kind: Kind::Utf16 });
        let text = if utf16 { &[][..] } else { text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text) };
        Reader { lines: Lines::new(text, limits.max_line_bytes), limits, at_start: true, refused }
    }

    /// The text is not the beginning of a file.
    pub(super) fn goes_on(&mut self) {
        self.at_start = false;
    }

    /// Nothing but comments was read.
    pub(super) fn is_at_start(&self) -> bool {
        self.at_start
    }

    fn record(&mut self) -> Result<Option<Record>, LdifError> {
        let Some(mut first) = self.first_line()? else { return Ok(None) };
        if std::mem::take(&mut self.at_start) && first.is("version") {
            let version = first.text_value()?;
            if version != "1" {
                return Err(first.error(first.colon + 1, Kind::Version(version)));
            }
            match self.lines.step()? {
                Step::Line(line) => first = Spec::of(line)?,
                Step::End => return Ok(None),
                Step::Blank => match self.first_line()? {
                    Some(line) => first = line,
                    None => return Ok(None),
                },
            }
        }
        if !first.is("dn") {
            let found = first.name.clone();
            return Err(first.error(0, Kind::NoName(found)));
        }
        let (line, dn) = (first.line.number, first.name_value()?);
        let mut specs = Specs { reader: self, line, last: line, count: 0, ended: false };
        let (controls, body) = specs.body()?;
        Ok(Some(Record { line, dn, controls, body }))
    }

    /// The first line of the next record; none at the end of the text.
    fn first_line(&mut self) -> Result<Option<Spec<'a>>, LdifError> {
        loop {
            match self.lines.step()? {
                Step::Line(line) => return Spec::of(line).map(Some),
                Step::Blank => {}
                Step::End => return Ok(None),
            }
        }
    }
}

impl Iterator for Reader<'_> {
    type Item = Result<Record, LdifError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = self.refused.take() {
            return Some(Err(error));
        }
        let outcome = self.record();
        if outcome.is_err() {
            self.at_start = false;
            self.lines.skip_record();
        }
        outcome.transpose()
    }
}

/// The lines of one record behind its name.
struct Specs<'r, 'a> {
    reader: &'r mut Reader<'a>,
    /// The line of the record's name.
    line: usize,
    /// The line read last.
    last: usize,
    count: usize,
    ended: bool,
}

impl<'a> Specs<'_, 'a> {
    fn next_line(&mut self) -> Result<Option<Line<'a>>, LdifError> {
        if self.ended {
            return Ok(None);
        }
        match self.reader.lines.step()? {
            Step::Line(line) => {
                self.last = line.number;
                self.count += 1;
                let value = self.reader.limits.max_record_lines;
                if self.count > value {
                    return Err(self.error_at_name(Kind::TooLarge { limit: "max_record_lines", value }));
                }
                Ok(Some(line))
            }
            Step::Blank | Step::End => {
                self.ended = true;
                Ok(None)
            }
        }
    }

    fn next(&mut self) -> Result<Option<Spec<'a>>, LdifError> {
        self.next_line()?.map(Spec::of).transpose()
    }

    fn error_at_name(&self, kind: Kind) -> LdifError {
        LdifError { line: self.line, column: 1, kind }
    }

    /// What is wrong with a record that ended too early.
    fn missing(&self, what: &'static str) -> LdifError {
        LdifError { line: self.last, column: 1, kind: Kind::Missing(what) }
    }

    fn body(&mut self) -> Result<(Vec<Control>, Body), LdifError> {
        let mut controls = Vec::new();
        let Some(mut spec) = self.next()? else { return Err(self.missing("an attribute or a changetype")) };
        while spec.is("control") {
            controls.push(spec.control()?);
            spec = self.next()?.ok_or_else(|| self.missing("a changetype after its control"))?;
        }
        if !spec.is("changetype") {
            if !controls.is_empty() {
                return Err(spec.unexpected("'control:' or 'changetype:'"));
            }
            return Ok((controls, Body::Entry(self.attributes(Some(spec))?)));
        }
        let kind = spec.text_value()?.to_ascii_lowercase();
        let body = match kind.as_str() {
            "add" => Body::Add(self.attributes(None)?),
            "delete" => self.nothing_more().map(|()| Body::Delete)?,
            "modify" => Body::Modify(self.modifications()?),
            "modrdn" | "moddn" => self.modify_dn()?,
            _ => return Err(spec.error(spec.colon + 1, Kind::ChangeType(kind))),
        };
        Ok((controls, body))
    }

    fn attributes(&mut self, first: Option<Spec<'a>>) -> Result<Vec<Attribute>, LdifError> {
        let mut attributes = Vec::new();
        let mut next = match first {
            Some(spec) => Some(spec),
            None => self.next()?,
        };
        if next.is_none() {
            return Err(self.missing("an attribute"));
        }
        while let Some(spec) = next {
            if spec.is("dn") {
                return Err(spec.unexpected("an attribute, or an empty line before the next record"));
            }
            attributes.push(spec.attribute()?);
            next = self.next()?;
        }
        Ok(attributes)
    }

    fn nothing_more(&mut self) -> Result<(), LdifError> {
        match self.next()? {
            Some(spec) => Err(spec.unexpected("an empty line after a deletion")),
            None => Ok(()),
        }
    }

    fn modifications(&mut self) -> Result<Vec<ModifySpec>, LdifError> {
        let mut parts = Vec::new();
        while let Some(head) = self.next()? {
            let op = match head.name.to_ascii_lowercase().as_str() {
                "add" => SpecOp::Add,
                "delete" => SpecOp::Delete,
                "replace" => SpecOp::Replace,
                "increment" => SpecOp::Increment,
                _ => return Err(head.unexpected("'add:', 'delete:' or 'replace:'")),
            };
            let attribute = head.text_value()?;
            if !is_attribute(&attribute) {
                return Err(head.error(head.colon + 1, Kind::AttributeName(attribute)));
            }
            let mut values = Vec::new();
            // the last '-' is often left out
            while let Some(line) = self.next_line()? {
                if &*line.text == b"-" {
                    break;
                }
                let spec = Spec::of(line)?;
                if !spec.is(&attribute) {
                    let found = spec.name.clone();
                    return Err(spec.error(0, Kind::OtherAttribute { head: attribute, found }));
                }
                values.push(spec.value()?);
            }
            parts.push(ModifySpec { op, attribute, values });
        }
        Ok(parts)
    }

    fn modify_dn(&mut self) -> Result<Body, LdifError> {
        let new_rdn = self.expect("newrdn", "'newrdn:'")?.name_value()?;
        let delete = self.expect("deleteoldrdn", "'deleteoldrdn:'")?;
        let delete_old_rdn = match delete.text_value()?.as_str() {
            "0" => false,
            "1" => true,
            _ => return Err(delete.error(delete.colon + 1, Kind::DeleteOldRdn)),
        };
        let new_superior = match self.next()? {
            None => None,
            Some(spec) if spec.is("newsuperior") => Some(spec.name_value()?),
            Some(spec) => return Err(spec.unexpected("'newsuperior:' or an empty line")),
        };
        match self.next()? {
            Some(spec) => Err(spec.unexpected("an empty line after a rename")),
            None => Ok(Body::ModifyDn { new_rdn, delete_old_rdn, new_superior }),
        }
    }

    fn expect(&mut self, name: &str, expected: &'static str) -> Result<Spec<'a>, LdifError> {
        match self.next()? {
            Some(spec) if spec.is(name) => Ok(spec),
            Some(spec) => Err(spec.unexpected(expected)),
            None => Err(self.missing(expected)),
        }
    }
}

impl<'a> Spec<'a> {
    fn of(line: Line<'a>) -> Result<Spec<'a>, LdifError> {
        let Some(colon) = line.text.iter().position(|byte| *byte == b':') else {
            return Err(line.error(line.text.len().min(32), Kind::NoColon));
        };
        let name = String::from_utf8_lossy(&line.text[..colon]).into_owned();
        if !is_attribute(&name) {
            return Err(line.error(0, Kind::AttributeName(name.chars().take(64).collect())));
        }
        Ok(Spec { line, name, colon })
    }

    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    fn error(&self, offset: usize, kind: Kind) -> LdifError {
        self.line.error(offset.min(self.line.text.len()), kind)
    }

    fn unexpected(&self, expected: &'static str) -> LdifError {
        self.error(0, Kind::Unexpected { found: self.name.clone(), expected })
    }

    fn value(&self) -> Result<Value, LdifError> {
        value_of(&self.line.text[self.colon + 1..]).map_err(|kind| self.error(self.colon + 2, kind))
    }

    fn attribute(self) -> Result<Attribute, LdifError> {
        let value = self.value()?;
        Ok(Attribute { line: self.line.number, name: self.name, value })
    }

    /// The value as the text of a keyword; what is not UTF-8 is replaced, and so refused by the caller.
    fn text_value(&self) -> Result<String, LdifError> {
        match self.value()? {
            Value::Bytes(bytes) => Ok(String::from_utf8_lossy(&bytes).trim_end_matches(' ').to_owned()),
            Value::Url(_) => Err(self.error(self.colon + 1, Kind::NameByUrl)),
        }
    }

    /// The value as a name.
    fn name_value(&self) -> Result<String, LdifError> {
        match self.value()? {
            Value::Bytes(bytes) => {
                String::from_utf8(bytes).map_err(|_| self.error(self.colon + 1, Kind::NameNotUtf8))
            }
            Value::Url(_) => Err(self.error(self.colon + 1, Kind::NameByUrl)),
        }
    }

    /// `control: 1.2.840.113556.1.4.805 true: value`.
    fn control(&self) -> Result<Control, LdifError> {
        let bad = || self.error(self.colon + 1, Kind::Control);
        let rest = self.line.text[self.colon + 1..].trim_ascii_start();
        let end = rest.iter().position(|b| matches!(b, b' ' | b':')).unwrap_or(rest.len());
        let oid = std::str::from_utf8(&rest[..end]).ok().filter(|oid| is_oid(oid)).ok_or_else(bad)?;
        let mut rest = rest[end..].trim_ascii_start();
        let mut critical = false;
        for (word, meaning) in [(&b"true"[..], true), (b"false", false)] {
            if let Some(after) = rest.strip_prefix(word) {
                (critical, rest) = (meaning, after.trim_ascii_start());
            }
        }
        let value = match rest.split_first() {
            None => None,
            Some((b':', rest)) => Some(value_of(rest).map_err(|_| bad())?),
            Some(_) => return Err(bad()),
        };
        Ok(Control { oid: oid.to_owned(), critical, value })
    }
}

/// The value behind a colon: text, `: base64` or `< url`.
fn value_of(rest: &[u8]) -> Result<Value, Kind> {
    let fill = |rest: &'_ [u8]| rest.iter().position(|b| *b != b' ').unwrap_or(rest.len());
    match rest.split_first() {
        Some((b':', rest)) => {
            let text = rest.trim_ascii();
            let bytes = STANDARD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text));
            bytes.map(Value::Bytes).map_err(|_| Kind::Base64)
        }
        Some((b'<', rest)) => {
            let url = std::str::from_utf8(rest.trim_ascii()).map_err(|_| Kind::BadUrl)?;
            if url.chars().any(char::is_control) { Err(Kind::BadUrl) } else { Ok(Value::Url(url.to_owned())) }
        }
        _ => Ok(Value::Bytes(rest[fill(rest)..].to_vec())),
    }
}

fn is_oid(text: &str) -> bool {
    !text.is_empty() && text.split('.').all(|arc| !arc.is_empty() && arc.bytes().all(|b| b.is_ascii_digit()))
}

/// Name or OID with options: letters, digits, hyphens; the first one of a name is a letter. Underscores and
/// the `=` of `range=0-1499` are what servers send.
fn is_attribute(text: &str) -> bool {
    let mut parts = text.split(';');
    let name = parts.next().unwrap_or_default();
    let letters = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    let named = name.starts_with(|c: char| c.is_ascii_alphabetic()) && letters(name);
    let option = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'=' | b'*'))
    };
    (named || is_oid(name)) && parts.all(option)
}
