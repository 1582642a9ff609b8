//! The compact form of values in the database: a length or number takes as few octets as it needs.

use super::{Attributes, CsKey, Name, Value};
use crate::error::{Error, Result};

/// Writes a number, seven bits an octet.
pub(crate) fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number as u8) | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Writes octets with their length.
pub(crate) fn put_octets(out: &mut Vec<u8>, octets: &[u8]) {
    put_number(out, octets.len() as u64);
    out.extend_from_slice(octets);
}

/// Writes attributes.
pub(crate) fn put_attributes(out: &mut Vec<u8>, attributes: &Attributes) {
    put_number(out, attributes.len() as u64);
    for (name, values) in attributes.iter() {
        put_number(out, u64::from(name.0));
        put_number(out, values.len() as u64);
        values.iter().for_each(|value| put_value(out, value));
    }
}

fn put_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Text(text) => {
            out.push(0);
            put_octets(out, text.as_bytes());
        }
        Value::Octets(octets) => {
            out.push(1);
            put_octets(out, octets);
        }
        Value::Integer(number) => {
            out.push(2);
            put_number(out, ((number << 1) ^ (number >> 63)) as u64);
        }
        Value::Boolean(truth) => out.push(3 + u8::from(*truth)),
        Value::Reference(key) => {
            out.extend([5, key.connector]);
            put_number(out, u64::from(key.id));
        }
    }
}

/// Reads what the functions above wrote.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn octet(&mut self) -> Result<u8> {
        let (first, rest) = self.0.split_first().ok_or_else(short)?;
        self.0 = rest;
        Ok(*first)
    }

    pub(crate) fn number(&mut self) -> Result<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let octet = self.octet()?;
            number |= u64::from(octet & 0x7f) << shift;
            if octet < 0x80 {
                return Ok(number);
            }
        }
        Err(Error::corrupt("a number that does not end"))
    }

    pub(crate) fn octets(&mut self) -> Result<&'a [u8]> {
        let length = usize::try_from(self.number()?).map_err(|_| short())?;
        let (octets, rest) = self.0.split_at_checked(length).ok_or_else(short)?;
        self.0 = rest;
        Ok(octets)
    }

    pub(crate) fn text(&mut self) -> Result<&'a str> {
        std::str::from_utf8(self.octets()?).map_err(Error::corrupt)
    }

    pub(crate) fn attributes(&mut self) -> Result<Attributes> {
        let count = usize::try_from(self.number()?).map_err(|_| short())?;
        // a count may be damaged: no more is reserved than the octets could hold
        let mut names = Vec::with_capacity(count.min(self.0.len()));
        let mut values = Vec::with_capacity(count.min(self.0.len()));
        for _ in 0..count {
            let name = Name(u16::try_from(self.number()?).map_err(|_| short())?);
            for _ in 0..self.number()? {
                values.push(self.value()?);
            }
            names.push((name, u32::try_from(values.len()).map_err(|_| short())?));
        }
        Ok(Attributes::of(names, values))
    }

    fn value(&mut self) -> Result<Value> {
        Ok(match self.octet()? {
            0 => Value::Text(self.text()?.into()),
            1 => Value::Octets(self.octets()?.into()),
            2 => {
                let number = self.number()?;
                Value::Integer((number >> 1) as i64 ^ -((number & 1) as i64))
            }
            kind @ (3 | 4) => Value::Boolean(kind == 4),
            5 => Value::Reference(CsKey {
                connector: self.octet()?,
                id: u32::try_from(self.number()?).map_err(|_| short())?,
            }),
            other => return Err(Error::corrupt(format!("a value of kind {other}"))),
        })
    }
}

fn short() -> Error {
    Error::corrupt("a record is shorter than it says")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            ".{0,20}".prop_map(|text| Value::text(&text)),
            proptest::collection::vec(any::<u8>(), 0..20).prop_map(|octets| Value::Octets(octets.into())),
            any::<i64>().prop_map(Value::Integer),
            any::<bool>().prop_map(Value::Boolean),
            (any::<u8>(), any::<u32>()).prop_map(|(connector, id)| Value::Reference(CsKey { connector, id })),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: crate::plans(11), ..ProptestConfig::default() })]

        #[test]
        fn what_is_written_is_read_back(
            given in proptest::collection::btree_map(any::<u16>(), proptest::collection::vec(value(), 0..6), 0..12)
        ) {
            let mut attributes = Attributes::default();
            given.into_iter().for_each(|(name, values)| attributes.set(Name(name), values));
            let mut out = Vec::new();
            put_attributes(&mut out, &attributes);
            prop_assert_eq!(Reader(&out).attributes().expect("readable"), attributes);
        }

        #[test]
        fn damaged_octets_are_an_error_and_never_a_panic(octets in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = Reader(&octets).attributes();
        }
    }
}
