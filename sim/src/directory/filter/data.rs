//! Values that carry data beside a name: `B:32:A9D1...:CN=Users,...` and `S:5:...:CN=...`.

use crate::directory::value::split_data;
use crate::directory::{AttrId, Directory, Entry, ObjectId, Syntax, Value};

/// What such values are compared with.
#[derive(Debug, Clone)]
pub(super) struct WithData {
    attribute: AttrId,
    /// Any of these is the data.
    data: Vec<Vec<u8>>,
    /// The name; none when only the data counts.
    object: Option<ObjectId>,
}

impl WithData {
    /// A whole value; the inner none is one that names an object that does not exist.
    pub(super) fn equal(directory: &Directory, id: AttrId, value: &[u8]) -> Option<Option<WithData>> {
        let syntax = directory.schema().attribute(id).syntax;
        let (data, dn) = split_data(syntax, std::str::from_utf8(value).ok()?)?;
        Some(match directory.resolve(dn) {
            Ok(object) => Some(WithData { attribute: id, data: vec![data], object: Some(object) }),
            Err(_) => None,
        })
    }

    /// The data alone (rule 1.2.840.113556.1.4.2253, MS-ADTS 3.1.1.3.4.4.4): octets, in a filter's own notation
    /// or as hexadecimal digits, or text.
    pub(super) fn data(directory: &Directory, id: AttrId, value: &[u8]) -> Option<WithData> {
        let mut data = vec![value.to_vec()];
        match directory.schema().attribute(id).syntax {
            Syntax::DnString => {}
            Syntax::DnBinary => {
                let digits: Option<Vec<u32>> =
                    value.iter().map(|digit| char::from(*digit).to_digit(16)).collect();
                let digits = digits.filter(|digits| digits.len().is_multiple_of(2)).unwrap_or_default();
                data.push(digits.chunks_exact(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect());
            }
            _ => return None,
        }
        Some(WithData { attribute: id, data, object: None })
    }

    pub(super) fn evaluate(&self, entry: &Entry<'_>) -> bool {
        let same = |data: &[u8], id: ObjectId| {
            self.object.is_none_or(|object| object == id) && self.data.iter().any(|wanted| wanted == data)
        };
        entry.values(self.attribute).any(|value| match value {
            Value::DnBinary(bytes, id) => same(bytes, id),
            Value::DnString(text, id) => same(text.as_bytes(), id),
            _ => false,
        })
    }
}
