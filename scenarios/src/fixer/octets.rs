//! A value as a server holds it, and its form in JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// The bytes of one value. In JSON: a string when they are UTF-8, else `{"base64": "..."}`, so that every value
/// comes back as it was.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Octets(pub Vec<u8>);

impl Octets {
    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// The text, or `base64:...` for what is none: for people's eyes.
    pub fn shown(&self) -> String {
        self.text().map_or_else(|| format!("base64:{}", BASE64.encode(&self.0)), str::to_owned)
    }
}

impl From<&str> for Octets {
    fn from(text: &str) -> Octets {
        Octets(text.as_bytes().to_vec())
    }
}

impl Serialize for Octets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.text() {
            Some(text) => serializer.serialize_str(text),
            None => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("base64", &BASE64.encode(&self.0))?;
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Octets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Octets, D::Error> {
        deserializer.deserialize_any(OctetsVisitor)
    }
}

struct OctetsVisitor;

impl<'de> Visitor<'de> for OctetsVisitor {
    type Value = Octets;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or {\"base64\": \"...\"}")
    }

    fn visit_str<E>(self, text: &str) -> Result<Octets, E> {
        Ok(Octets(text.as_bytes().to_vec()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Octets, A::Error> {
        let entry: Option<(String, String)> = map.next_entry()?;
        match entry {
            Some((key, text)) if key == "base64" => {
                BASE64.decode(text).map(Octets).map_err(|error| A::Error::custom(format!("base64: {error}")))
            }
            _ => Err(A::Error::custom("an object here has the one key base64")),
        }
    }
}

/// Equal as sets of values: the order of values means nothing in a directory.
pub(super) fn same_values(a: &[Octets], b: &[Octets]) -> bool {
    let sorted = |values: &[Octets]| {
        let mut values = values.to_vec();
        values.sort();
        values
    };
    a.len() == b.len() && sorted(a) == sorted(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_comes_back_from_json_as_it_was() {
        for bytes in [
            &b""[..],
            b"plain",
            b" spaces ",
            b"a\0b",
            b"line\r\nfeed",
            "na\u{ef}ve".as_bytes(),
            b"\xff\xfe\x00",
            b"base64:AA==",
        ] {
            let value = Octets(bytes.to_vec());
            let json = serde_json::to_string(&value).unwrap();
            assert_eq!(serde_json::from_str::<Octets>(&json).unwrap(), value, "{json}");
        }
        for wrong in ["1", "{\"base64\":\"?\"}", "{\"other\":\"AA==\"}", "{}"] {
            assert!(serde_json::from_str::<Octets>(wrong).is_err(), "{wrong}");
        }
    }
}
