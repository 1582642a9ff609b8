//! Attribute values, and the three kinds of nothing.

mod attributes;
pub(crate) mod codec;
mod names;

pub use attributes::Attributes;
pub use names::{Name, Names};

use std::borrow::Cow;
use std::sync::Arc;

/// An object of a connector space: the connector's number in the order of creation, and the object's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CsKey {
    /// Number of the connector, from 0 in the order of its creation.
    pub connector: u8,
    /// Number of the object in its connector space.
    pub id: u32,
}

/// One value of an attribute; a copy shares its text or octets. Dates travel as FILETIME integers or as text, as their directory has them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// Unicode text.
    Text(Arc<str>),
    /// Octets.
    Octets(Arc<[u8]>),
    /// A whole number.
    Integer(i64),
    /// True or false.
    Boolean(bool),
    /// Another object, by its place and not by its name: a renamed object stays the same reference.
    Reference(CsKey),
}

/// What kind of values an attribute has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// [`Value::Text`].
    Text,
    /// [`Value::Octets`].
    Octets,
    /// [`Value::Integer`].
    Integer,
    /// [`Value::Boolean`].
    Boolean,
    /// [`Value::Reference`].
    Reference,
}

/// What a flow computes (directory-sync.md, section 1.1, item 13). The literal empty text is a third kind of
/// nothing: it is a value, so it wins over lower precedence, but it is never exported.
#[derive(Debug, Clone, PartialEq)]
pub enum Flowed<'a> {
    /// Contributes nothing: the next precedence may win; if none does, the attribute is cleared.
    Null,
    /// The target keeps what it has.
    Ignore,
    /// These values; never empty.
    Values(Cow<'a, [Value]>),
}

impl Value {
    /// A text.
    pub fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Text(_) => Kind::Text,
            Self::Octets(_) => Kind::Octets,
            Self::Integer(_) => Kind::Integer,
            Self::Boolean(_) => Kind::Boolean,
            Self::Reference(_) => Kind::Reference,
        }
    }

    /// The text of a text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The literal empty text.
    pub fn is_empty_text(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty())
    }

    /// As people read it: octets in hexadecimal, references as numbers.
    pub fn display(&self) -> String {
        match self {
            Self::Text(text) => text.to_string(),
            Self::Octets(octets) => {
                let half = |half: u8| char::from(b"0123456789ABCDEF"[usize::from(half & 15)]);
                octets.iter().flat_map(|octet| [half(octet >> 4), half(*octet)]).collect()
            }
            Self::Integer(number) => number.to_string(),
            Self::Boolean(true) => "True".to_owned(),
            Self::Boolean(false) => "False".to_owned(),
            Self::Reference(key) => format!("object {}/{}", key.connector, key.id),
        }
    }

    /// The form in which join criteria compare values: text without regard to case.
    pub(crate) fn join_key(&self) -> Vec<u8> {
        let mut key = Vec::with_capacity(48);
        key.push(self.kind() as u8);
        match self {
            Self::Text(text) if text.is_ascii() => key.extend(text.bytes().map(|b| b.to_ascii_lowercase())),
            Self::Text(text) => key.extend(text.to_lowercase().bytes()),
            Self::Octets(octets) => key.extend(octets.iter()),
            Self::Integer(number) => key.extend(number.to_be_bytes()),
            Self::Boolean(truth) => key.push(u8::from(*truth)),
            Self::Reference(target) => {
                key.push(target.connector);
                key.extend(target.id.to_be_bytes());
            }
        }
        // keys of the database are bounded; what is longer is compared by its beginning and then in full
        key.truncate(400);
        key
    }
}

impl Flowed<'_> {
    /// One value.
    pub fn one(value: Value) -> Self {
        Self::Values(Cow::Owned(vec![value]))
    }

    /// Any number of values; none is [`Flowed::Null`].
    pub fn of(values: Vec<Value>) -> Self {
        if values.is_empty() { Self::Null } else { Self::Values(Cow::Owned(values)) }
    }
}
