//! From octets to elements.

use super::element::{Attribute, Element, Label, Node, Text};
use super::input::Input;
use forestbed_sim::ids::Guid;

/// How much a document may ask of its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Elements inside one another; 64 by default (the service's documents have about a dozen).
    pub depth: usize,
    /// Elements and texts; 4,000,000 by default (a full call of 10,000 objects has about half a million).
    pub nodes: usize,
    /// Octets that arrays may unfold to, each of their elements counted with its names; 64 MiB by default.
    pub unfolded: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { depth: 64, nodes: 4_000_000, unfolded: 64 << 20 }
    }
}

/// Why octets are no document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what} (octet {at})")]
pub struct DecodeError {
    /// Where it was noticed: octets from the beginning.
    pub at: usize,
    /// What is wrong.
    pub what: &'static str,
}

const END_ELEMENT: u8 = 0x01;
const COMMENT: u8 = 0x02;
const ARRAY: u8 = 0x03;

/// Reads one document: one element, and nothing behind it but comments.
///
/// # Errors
/// When a record is unknown, ends too early, stands where it may not, or asks for more than the limits allow.
pub fn decode(octets: &[u8], limits: &Limits) -> Result<Element, DecodeError> {
    let mut reader = Reader {
        input: Input::new(octets),
        open: Vec::new(),
        root: None,
        nodes: limits.nodes,
        unfolded: limits.unfolded,
        depth: limits.depth,
    };
    while !reader.input.is_empty() {
        reader.record()?;
    }
    match (reader.open.is_empty(), reader.root) {
        (true, Some(root)) => Ok(root),
        (true, None) => Err(DecodeError { at: octets.len(), what: "there is no element" }),
        (false, _) => Err(DecodeError { at: octets.len(), what: "an element has no end" }),
    }
}

struct Reader<'a> {
    input: Input<'a>,
    open: Vec<Element>,
    root: Option<Element>,
    nodes: usize,
    unfolded: usize,
    depth: usize,
}

impl Reader<'_> {
    fn record(&mut self) -> Result<(), DecodeError> {
        match self.input.octet()? {
            END_ELEMENT => self.end(),
            // comments say nothing to the service
            COMMENT => self.input.string().map(drop),
            ARRAY => self.array(),
            kind @ 0x40..=0x77 => {
                let element = self.start(kind)?;
                if self.open.len() == self.depth {
                    return Err(self.input.fail("elements are nested too deep"));
                }
                self.open.push(element);
                Ok(())
            }
            kind @ 0x80..=0xBD => {
                let text = self.text(kind & 0xFE)?;
                self.push_text(text)?;
                // an odd record is the text and the end of its element
                if kind & 1 == 1 { self.end() } else { Ok(()) }
            }
            _ => Err(self.input.fail("there is no such record")),
        }
    }

    fn count(&mut self) -> Result<(), DecodeError> {
        self.nodes = self.nodes.checked_sub(1).ok_or_else(|| self.input.fail("there are too many nodes"))?;
        Ok(())
    }

    fn push_text(&mut self, text: Option<Text>) -> Result<(), DecodeError> {
        self.count()?;
        let Some(element) = self.open.last_mut() else {
            return Err(self.input.fail("a text stands outside of all elements"));
        };
        element.children.extend(text.map(Node::Text));
        Ok(())
    }

    fn end(&mut self) -> Result<(), DecodeError> {
        let Some(element) = self.open.pop() else {
            return Err(self.input.fail("an element ends that has not begun"));
        };
        self.close(element)
    }

    fn close(&mut self, element: Element) -> Result<(), DecodeError> {
        match (self.open.last_mut(), &self.root) {
            (Some(parent), _) => parent.children.push(Node::Element(element)),
            (None, None) => self.root = Some(element),
            (None, Some(_)) => {
                return Err(self.input.fail("there is a second element outside of all others"));
            }
        }
        Ok(())
    }

    /// An element's name, and its attributes up to the next record.
    fn start(&mut self, kind: u8) -> Result<Element, DecodeError> {
        self.count()?;
        let input = &mut self.input;
        let (prefix, name): (Label, Label) = match kind {
            0x40 => ("".into(), input.label()?),
            0x41 => (input.label()?, input.label()?),
            0x42 => ("".into(), input.dictionary()?.into()),
            0x43 => (input.label()?, input.dictionary()?.into()),
            0x44..=0x5D => (letter(kind - 0x44), input.dictionary()?.into()),
            0x5E..=0x77 => (letter(kind - 0x5E), input.label()?),
            _ => return Err(input.fail("there is no such element")),
        };
        if name.is_empty() {
            return Err(input.fail("an element has no name"));
        }
        let mut element = Element { prefix, name, ..Element::default() };
        while let Some(kind @ 0x04..=0x3F) = self.input.peek() {
            self.input.octet()?;
            self.count()?;
            self.attribute(kind, &mut element)?;
        }
        Ok(element)
    }

    fn attribute(&mut self, kind: u8, element: &mut Element) -> Result<(), DecodeError> {
        let input = &mut self.input;
        let namespace = match kind {
            0x08 => Some(("".into(), input.label()?)),
            0x09 => Some((input.label()?, input.label()?)),
            0x0A => Some(("".into(), input.dictionary()?.into())),
            0x0B => Some((input.label()?, input.dictionary()?.into())),
            _ => None,
        };
        if let Some(namespace) = namespace {
            element.namespaces.push(namespace);
            return Ok(());
        }
        let (prefix, name): (Label, Label) = match kind {
            0x04 => ("".into(), input.label()?),
            0x05 => (input.label()?, input.label()?),
            0x06 => ("".into(), input.dictionary()?.into()),
            0x07 => (input.label()?, input.dictionary()?.into()),
            0x0C..=0x25 => (letter(kind - 0x0C), input.dictionary()?.into()),
            _ => (letter(kind - 0x26), input.label()?),
        };
        let kind = self.input.octet()?;
        if !(0x80..=0xBD).contains(&kind) || kind & 1 == 1 {
            return Err(self.input.fail("an attribute has no value"));
        }
        let value = self.text(kind)?.unwrap_or_else(|| Text::Chars(String::new()));
        element.attributes.push(Attribute { prefix, name, value });
        Ok(())
    }

    /// The value of a text record by its even number; none when it is empty.
    fn text(&mut self, kind: u8) -> Result<Option<Text>, DecodeError> {
        if kind == 0xA4 {
            return self.list().map(Some);
        }
        scalar(&mut self.input, kind)
    }

    /// `StartListText`: texts up to the end of the list, which may not hold lists.
    fn list(&mut self) -> Result<Text, DecodeError> {
        let mut texts = Vec::new();
        loop {
            match self.input.octet()? {
                0xA6 => return Ok(Text::List(texts)),
                kind @ 0x80..=0xBD if kind & 1 == 0 && kind != 0xA4 => {
                    self.count()?;
                    texts.push(scalar(&mut self.input, kind)?.unwrap_or_else(|| Text::Chars(String::new())));
                }
                _ => return Err(self.input.fail("a list holds something that is no text")),
            }
        }
    }

    /// `Array`: one element, and how often it is repeated, each time with another value.
    fn array(&mut self) -> Result<(), DecodeError> {
        let kind = self.input.octet()?;
        if !(0x40..=0x77).contains(&kind) {
            return Err(self.input.fail("an array is not made of elements"));
        }
        let pattern = self.start(kind)?;
        if self.input.octet()? != END_ELEMENT {
            return Err(self.input.fail("the element of an array is not empty"));
        }
        if self.open.is_empty() {
            return Err(self.input.fail("an array stands outside of all elements"));
        }
        let kind = self.input.octet()?;
        // [MC-NBFX] 2.2.1.4: booleans, numbers, decimals, times, spans and GUIDs, each in its odd record
        if !matches!(kind, 0xB5 | 0x8B | 0x8D | 0x8F | 0x91 | 0x93 | 0x95 | 0x97 | 0xAF | 0xB1) {
            return Err(self.input.fail("an array holds values of another type"));
        }
        let names = std::mem::size_of::<Element>() + weight(&pattern);
        for _ in 0..self.input.number()? {
            self.count()?;
            let left = self.unfolded.checked_sub(names);
            self.unfolded = left.ok_or_else(|| self.input.fail("an array unfolds to too much"))?;
            let mut element = pattern.clone();
            element.children.extend(scalar(&mut self.input, kind & 0xFE)?.map(Node::Text));
            self.close(element)?;
        }
        Ok(())
    }
}

/// The prefix of one letter that a record stands for.
fn letter(number: u8) -> Label {
    const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz";
    let at = usize::from(number);
    LETTERS.get(at..=at).unwrap_or_default().into()
}

fn weight(element: &Element) -> usize {
    let namespaces = element.namespaces.iter().map(|(prefix, address)| prefix.len() + address.len() + 32);
    let attributes = element.attributes.iter().map(|attribute| {
        let value = match &attribute.value {
            Text::Chars(text) => text.len(),
            Text::Bytes(octets) => octets.len(),
            Text::List(texts) => texts.len() * 64,
            _ => 0,
        };
        attribute.prefix.len() + attribute.name.len() + value + 96
    });
    element.prefix.len() + element.name.len() + namespaces.sum::<usize>() + attributes.sum::<usize>()
}

/// Every text but a list.
fn scalar(input: &mut Input<'_>, kind: u8) -> Result<Option<Text>, DecodeError> {
    let text = match kind {
        0x80 => Text::Int(0),
        0x82 => Text::Int(1),
        0x84 => Text::Bool(false),
        0x86 => Text::Bool(true),
        0x88 => Text::Int(i64::from(i8::from_le_bytes(input.array()?))),
        0x8A => Text::Int(i64::from(i16::from_le_bytes(input.array()?))),
        0x8C => Text::Int(i64::from(i32::from_le_bytes(input.array()?))),
        0x8E => Text::Int(i64::from_le_bytes(input.array()?)),
        0x90 => Text::Float(f64::from(f32::from_le_bytes(input.array()?))),
        0x92 => Text::Float(f64::from_le_bytes(input.array()?)),
        0x94 => Text::Decimal(input.array()?),
        0x96 => Text::DateTime(u64::from_le_bytes(input.array()?)),
        0x98 => chars(input, 1)?,
        0x9A => chars(input, 2)?,
        0x9C => chars(input, 4)?,
        0x9E => bytes(input, 1)?,
        0xA0 => bytes(input, 2)?,
        0xA2 => bytes(input, 4)?,
        0xA8 => return Ok(None),
        0xAA => Text::Chars(input.dictionary()?.to_owned()),
        0xAC => Text::UniqueId(Guid::from_bytes_le(input.array()?)),
        0xAE => Text::TimeSpan(i64::from_le_bytes(input.array()?)),
        0xB0 => Text::Guid(Guid::from_bytes_le(input.array()?)),
        0xB2 => {
            let value = u64::from_le_bytes(input.array()?);
            i64::try_from(value).map_or(Text::UInt(value), Text::Int)
        }
        0xB4 => match input.octet()? {
            0 => Text::Bool(false),
            1 => Text::Bool(true),
            _ => return Err(input.fail("a boolean is neither true nor false")),
        },
        0xB6 => unicode(input, 1)?,
        0xB8 => unicode(input, 2)?,
        0xBA => unicode(input, 4)?,
        0xBC => {
            let prefix = input.octet()?;
            if prefix > 25 {
                return Err(input.fail("a qualified name has no such prefix"));
            }
            Text::Name(format!("{}:{}", letter(prefix), input.dictionary()?).into())
        }
        _ => return Err(input.fail("there is no such text")),
    };
    Ok(Some(text))
}

/// A length of one, two or four octets, and so many octets.
fn counted<'a>(input: &mut Input<'a>, size: usize) -> Result<&'a [u8], DecodeError> {
    let length = match size {
        1 => usize::from(input.octet()?),
        2 => usize::from(u16::from_le_bytes(input.array()?)),
        _ => usize::try_from(i32::from_le_bytes(input.array()?))
            .map_err(|_| input.fail("a length is negative"))?,
    };
    input.take(length)
}

fn chars(input: &mut Input<'_>, size: usize) -> Result<Text, DecodeError> {
    let octets = counted(input, size)?;
    let text = std::str::from_utf8(octets).map_err(|_| input.fail("a text is not UTF-8"))?;
    Ok(Text::Chars(text.to_owned()))
}

fn bytes(input: &mut Input<'_>, size: usize) -> Result<Text, DecodeError> {
    counted(input, size).map(|octets| Text::Bytes(octets.to_vec()))
}

fn unicode(input: &mut Input<'_>, size: usize) -> Result<Text, DecodeError> {
    let octets = counted(input, size)?;
    let units = octets.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    let text: Result<String, _> = char::decode_utf16(units).collect();
    let whole = octets.len() % 2 == 0;
    text.ok().filter(|_| whole).map(Text::Chars).ok_or_else(|| input.fail("a text is not UTF-16"))
}
