//! Filters from their BER form, without recursion: a peer decides how deep they nest.

use crate::ber::{Malformed, Reader, Tlv, boolean, tag, text};
use forestbed_sim::directory::Filter;

const AND: u8 = tag::context_constructed(0);
const OR: u8 = tag::context_constructed(1);
const NOT: u8 = tag::context_constructed(2);
const EQUALITY: u8 = tag::context_constructed(3);
const SUBSTRINGS: u8 = tag::context_constructed(4);
const GREATER_OR_EQUAL: u8 = tag::context_constructed(5);
const LESS_OR_EQUAL: u8 = tag::context_constructed(6);
const PRESENT: u8 = tag::context(7);
const APPROX: u8 = tag::context_constructed(8);
const EXTENSIBLE: u8 = tag::context_constructed(9);

/// An and, or, or not whose parts are still being read.
struct Open<'a> {
    tag: u8,
    rest: Reader<'a>,
    parts: Vec<Filter>,
}

impl Open<'_> {
    fn close(mut self) -> Result<Filter, Malformed> {
        match self.tag {
            AND => Ok(Filter::And(self.parts)),
            OR => Ok(Filter::Or(self.parts)),
            _ => match (self.parts.pop(), self.parts.is_empty()) {
                (Some(part), true) => Ok(Filter::Not(Box::new(part))),
                _ => Err(Malformed::Value),
            },
        }
    }
}

/// Reads the filter that comes next. `max_depth` is the deepest nesting of and, or, not.
pub(super) fn decode(reader: &mut Reader<'_>, max_depth: usize) -> Result<Filter, Malformed> {
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut next = Some(reader.any()?);
    loop {
        let mut done = match next.take() {
            Some(Tlv { tag: tag @ (AND | OR | NOT), content }) => {
                if open.len() >= max_depth {
                    return Err(Malformed::TooDeep);
                }
                open.push(Open { tag, rest: Reader::new(content), parts: Vec::new() });
                None
            }
            Some(item) => Some(decode_item(item)?),
            None => None,
        };
        // hand finished parts to the innermost open element, and close it when it has no more
        loop {
            let Some(innermost) = open.last_mut() else {
                return done.ok_or(Malformed::Value);
            };
            innermost.parts.extend(done.take());
            if !innermost.rest.is_empty() {
                next = Some(innermost.rest.any()?);
                break;
            }
            done = open.pop().map(Open::close).transpose()?;
        }
    }
}

fn decode_item(item: Tlv<'_>) -> Result<Filter, Malformed> {
    let mut reader = Reader::new(item.content);
    let filter = match item.tag {
        EQUALITY => {
            let (attribute, value) = assertion(&mut reader)?;
            Filter::Equality { attribute, value }
        }
        GREATER_OR_EQUAL => {
            let (attribute, value) = assertion(&mut reader)?;
            Filter::GreaterOrEqual { attribute, value }
        }
        LESS_OR_EQUAL => {
            let (attribute, value) = assertion(&mut reader)?;
            Filter::LessOrEqual { attribute, value }
        }
        APPROX => {
            let (attribute, value) = assertion(&mut reader)?;
            Filter::Approx { attribute, value }
        }
        PRESENT => return text(item.content).map(|attribute| Filter::Present(attribute.to_owned())),
        SUBSTRINGS => substrings(&mut reader)?,
        EXTENSIBLE => extensible(&mut reader)?,
        _ => return Err(Malformed::UnexpectedTag),
    };
    reader.end().map(|()| filter)
}

fn assertion(reader: &mut Reader<'_>) -> Result<(String, Vec<u8>), Malformed> {
    Ok((reader.text()?.to_owned(), reader.octets()?.to_vec()))
}

fn substrings(reader: &mut Reader<'_>) -> Result<Filter, Malformed> {
    let attribute = reader.text()?.to_owned();
    let mut parts = reader.sequence()?;
    if parts.is_empty() {
        return Err(Malformed::Value);
    }
    let initial = parts.optional(tag::context(0))?.map(<[u8]>::to_vec);
    let mut any = Vec::new();
    while let Some(part) = parts.optional(tag::context(1))? {
        any.push(part.to_vec());
    }
    let last = parts.optional(tag::context(2))?.map(<[u8]>::to_vec);
    parts.end()?;
    Ok(Filter::Substrings { attribute, initial, any, last })
}

fn extensible(reader: &mut Reader<'_>) -> Result<Filter, Malformed> {
    let owned = |content: Option<&[u8]>| content.map(text).transpose().map(|text| text.map(str::to_owned));
    let rule = owned(reader.optional(tag::context(1))?)?;
    let attribute = owned(reader.optional(tag::context(2))?)?;
    let value = reader.content(tag::context(3))?.to_vec();
    let dn_attributes = reader.optional(tag::context(4))?.map(boolean).transpose()?.unwrap_or(false);
    Ok(Filter::Extensible { attribute, rule, value, dn_attributes })
}
