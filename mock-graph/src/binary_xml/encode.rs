//! From elements to octets, in the shortest records.

use super::dictionary;
use super::element::{Attribute, Element, Node, Text};

const END_ELEMENT: u8 = 0x01;

/// What is left to write.
enum Step<'a> {
    Open(&'a Element),
    /// A text; `true` when its element ends with it.
    Text(&'a Text, bool),
    Close,
}

impl Element {
    /// The record stream of this element.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut steps = vec![Step::Open(self)];
        while let Some(step) = steps.pop() {
            match step {
                Step::Close => out.push(END_ELEMENT),
                Step::Text(text, last) => write_text(&mut out, text, last),
                Step::Open(element) => {
                    open(&mut out, element);
                    let ends_with_text = match element.children.last() {
                        Some(Node::Text(text)) => !matches!(text, Text::List(_)),
                        _ => false,
                    };
                    if !ends_with_text {
                        steps.push(Step::Close);
                    }
                    let count = element.children.len();
                    for (place, node) in element.children.iter().enumerate().rev() {
                        steps.push(match node {
                            Node::Element(child) => Step::Open(child),
                            Node::Text(text) => Step::Text(text, ends_with_text && place + 1 == count),
                        });
                    }
                }
            }
        }
        out
    }
}

fn open(out: &mut Vec<u8>, element: &Element) {
    let known = dictionary::number(&element.name);
    match (letter(&element.prefix), known) {
        _ if element.prefix.is_empty() => out.push(if known.is_some() { 0x42 } else { 0x40 }),
        (Some(letter), Some(_)) => out.push(0x44 + letter),
        (Some(letter), None) => out.push(0x5E + letter),
        (None, _) => {
            out.push(if known.is_some() { 0x43 } else { 0x41 });
            string(out, &element.prefix);
        }
    }
    name(out, &element.name, known);
    for (prefix, address) in &element.namespaces {
        let known = dictionary::number(address);
        match (prefix.is_empty(), known.is_some()) {
            (true, false) => out.push(0x08),
            (false, false) => out.push(0x09),
            (true, true) => out.push(0x0A),
            (false, true) => out.push(0x0B),
        }
        if !prefix.is_empty() {
            string(out, prefix);
        }
        name(out, address, known);
    }
    element.attributes.iter().for_each(|attribute| write_attribute(out, attribute));
}

fn write_attribute(out: &mut Vec<u8>, attribute: &Attribute) {
    let known = dictionary::number(&attribute.name);
    match (letter(&attribute.prefix), known) {
        _ if attribute.prefix.is_empty() => out.push(if known.is_some() { 0x06 } else { 0x04 }),
        (Some(letter), Some(_)) => out.push(0x0C + letter),
        (Some(letter), None) => out.push(0x26 + letter),
        (None, _) => {
            out.push(if known.is_some() { 0x07 } else { 0x05 });
            string(out, &attribute.prefix);
        }
    }
    name(out, &attribute.name, known);
    write_text(out, &attribute.value, false);
}

/// The place in the alphabet of a prefix of one small letter.
fn letter(prefix: &str) -> Option<u8> {
    match prefix.as_bytes() {
        [letter @ b'a'..=b'z'] => Some(letter - b'a'),
        _ => None,
    }
}

fn name(out: &mut Vec<u8>, text: &str, known: Option<u32>) {
    match known {
        Some(number) => write_number(out, number),
        None => string(out, text),
    }
}

fn string(out: &mut Vec<u8>, text: &str) {
    // 31 bits: nothing longer is ever put into an answer
    write_number(out, u32::try_from(text.len()).unwrap_or(0));
    out.extend_from_slice(text.as_bytes());
}

fn write_number(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 & 0x7F | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// `last`: the record also ends the element.
fn write_text(out: &mut Vec<u8>, text: &Text, last: bool) {
    let end = u8::from(last);
    match text {
        Text::Chars(text) if text.is_empty() => out.push(0xA8 + end),
        Text::Chars(text) => counted(out, 0x98 + end, text.as_bytes()),
        Text::Bytes(octets) => counted(out, 0x9E + end, octets),
        Text::Bool(value) => out.push(if *value { 0x86 } else { 0x84 } + end),
        Text::Int(value) => write_int(out, *value, end),
        Text::UInt(value) => fixed(out, 0xB2 + end, &value.to_le_bytes()),
        Text::Float(value) => fixed(out, 0x92 + end, &value.to_le_bytes()),
        Text::Decimal(octets) => fixed(out, 0x94 + end, octets),
        Text::DateTime(value) => fixed(out, 0x96 + end, &value.to_le_bytes()),
        Text::TimeSpan(value) => fixed(out, 0xAE + end, &value.to_le_bytes()),
        Text::Guid(guid) => fixed(out, 0xB0 + end, &guid.to_bytes_le()),
        Text::UniqueId(guid) => fixed(out, 0xAC + end, &guid.to_bytes_le()),
        // as characters: they read the same
        Text::Name(name) => counted(out, 0x98 + end, name.as_bytes()),
        Text::List(texts) => {
            out.push(0xA4);
            texts.iter().for_each(|text| write_text(out, text, false));
            out.push(0xA6);
        }
    }
}

fn write_int(out: &mut Vec<u8>, value: i64, end: u8) {
    match value {
        0 => out.push(0x80 + end),
        1 => out.push(0x82 + end),
        _ => match (i8::try_from(value), i16::try_from(value), i32::try_from(value)) {
            (Ok(value), _, _) => fixed(out, 0x88 + end, &value.to_le_bytes()),
            (_, Ok(value), _) => fixed(out, 0x8A + end, &value.to_le_bytes()),
            (_, _, Ok(value)) => fixed(out, 0x8C + end, &value.to_le_bytes()),
            _ => fixed(out, 0x8E + end, &value.to_le_bytes()),
        },
    }
}

fn fixed(out: &mut Vec<u8>, kind: u8, octets: &[u8]) {
    out.push(kind);
    out.extend_from_slice(octets);
}

/// The record of three whose length has one, two or four octets.
fn counted(out: &mut Vec<u8>, kind: u8, octets: &[u8]) {
    match (u8::try_from(octets.len()), u16::try_from(octets.len())) {
        (Ok(length), _) => out.extend_from_slice(&[kind, length]),
        (_, Ok(length)) => fixed(out, kind + 2, &length.to_le_bytes()),
        _ => fixed(out, kind + 4, &u32::try_from(octets.len()).unwrap_or(0).to_le_bytes()),
    }
    out.extend_from_slice(octets);
}
