//! Values of attributes: as the store gives them out, as LDAP carries them, as they match.

use super::schema::{Attribute, ClassId, Syntax};
use super::store::{BackLink, Link, PackedValues, same_folded, varint};
use super::{Directory, ObjectId};
use crate::clock::SimTime;
use crate::ids::{Guid, Sid};

/// One value of an attribute, borrowed from the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// A string.
    Text(&'a str),
    /// Bytes: octet strings, security descriptors, SIDs of other domains.
    Bytes(&'a [u8]),
    /// An integer, 32 or 64 bits.
    Int(i64),
    /// TRUE or FALSE.
    Bool(bool),
    /// A GeneralizedTime.
    Time(SimTime),
    /// The distinguished name of an object.
    Dn(ObjectId),
    /// Bytes with a name: `B:32:A9D1...:CN=Users,...`.
    DnBinary(&'a [u8], ObjectId),
    /// Text with a name: `S:5:...:CN=...`.
    DnString(&'a str, ObjectId),
    /// A class, shown by its LDAP display name.
    Class(ClassId),
    /// A GUID, 16 bytes with the first fields little-endian on the wire.
    Guid(Guid),
    /// The SID of a principal of this domain, by its relative id.
    Rid(u32),
}

impl<'a> Value<'a> {
    /// Appends the value as LDAP carries it.
    pub fn write_ldap(&self, directory: &Directory, out: &mut Vec<u8>) {
        match self {
            Value::Text(text) => out.extend_from_slice(text.as_bytes()),
            Value::Bytes(bytes) => out.extend_from_slice(bytes),
            Value::Int(number) => write_number(*number, out),
            Value::Bool(value) => out.extend_from_slice(if *value { b"TRUE" } else { b"FALSE" }),
            Value::Time(time) => time.write_generalized(out),
            Value::Dn(id) => directory.write_dn(*id, out),
            Value::DnBinary(bytes, id) => {
                out.extend_from_slice(format!("B:{}:", bytes.len() * 2).as_bytes());
                bytes.iter().for_each(|byte| out.extend_from_slice(format!("{byte:02X}").as_bytes()));
                out.push(b':');
                directory.write_dn(*id, out);
            }
            Value::DnString(text, id) => {
                out.extend_from_slice(format!("S:{}:{text}:", text.len()).as_bytes());
                directory.write_dn(*id, out);
            }
            Value::Class(class) => out.extend_from_slice(directory.schema().class_name(*class).as_bytes()),
            Value::Guid(guid) => out.extend_from_slice(&guid.to_bytes_le()),
            Value::Rid(rid) => directory.info().sid.write_with_rid(*rid, out),
        }
    }

    /// The value as LDAP carries it, if it is one of those that are never long: a number, a time, a truth
    /// value, a GUID, a SID of this domain.
    #[inline]
    pub fn write_short<'b>(&self, directory: &Directory, buffer: &'b mut [u8; 32]) -> Option<&'b [u8]> {
        let length = match self {
            Value::Int(number) => return Some(digits_of(*number, buffer)),
            Value::Bool(true) => put(buffer, b"TRUE"),
            Value::Bool(false) => put(buffer, b"FALSE"),
            Value::Guid(guid) => put(buffer, &guid.to_bytes_le()),
            Value::Rid(rid) => directory.info().sid.write_with_rid_into(*rid, buffer)?,
            Value::Time(time) => put(buffer, &time.generalized_octets()?),
            _ => return None,
        };
        buffer.get(..length)
    }

    /// The packed form that [`unpack`] reads.
    #[inline]
    pub(crate) fn unpack(attribute: &Attribute, packed: &'a [u8]) -> Value<'a> {
        let mut rest = packed;
        match attribute.syntax {
            Syntax::Dn => Value::Dn(ObjectId(varint::take(&mut rest) as u32)),
            Syntax::DnBinary => {
                let id = ObjectId(varint::take(&mut rest) as u32);
                Value::DnBinary(rest, id)
            }
            Syntax::DnString => {
                let id = ObjectId(varint::take(&mut rest) as u32);
                Value::DnString(std::str::from_utf8(rest).unwrap_or_default(), id)
            }
            Syntax::Boolean => Value::Bool(packed.first() == Some(&1)),
            Syntax::Integer | Syntax::LargeInteger => Value::Int(varint::take_signed(&mut rest)),
            Syntax::Time => Value::Time(SimTime::from_millis(varint::take_signed(&mut rest) * 1000)),
            Syntax::OctetString | Syntax::SecurityDescriptor | Syntax::Sid => Value::Bytes(packed),
            Syntax::ObjectIdentifier
            | Syntax::CaseIgnoreString
            | Syntax::CaseExactString
            | Syntax::NumericString => match std::str::from_utf8(packed) {
                Ok(text) => Value::Text(text),
                Err(_) => Value::Bytes(packed),
            },
        }
    }
}

fn put(buffer: &mut [u8; 32], octets: &[u8]) -> usize {
    buffer[..octets.len()].copy_from_slice(octets);
    octets.len()
}

fn write_number(number: i64, out: &mut Vec<u8>) {
    let mut buffer = [0; 32];
    out.extend_from_slice(digits_of(number, &mut buffer));
}

/// A number in decimal, two digits at a time: numbers are most of what an entry has beside strings.
#[inline]
fn digits_of(number: i64, buffer: &mut [u8; 32]) -> &[u8] {
    let (mut at, mut rest) = (buffer.len(), number.unsigned_abs());
    while rest >= 10 {
        let pair = (rest % 100) as u8;
        rest /= 100;
        at -= 2;
        buffer[at] = b'0' + pair / 10;
        buffer[at + 1] = b'0' + pair % 10;
    }
    if rest > 0 || number == 0 {
        at -= 1;
        buffer[at] = b'0' + rest as u8;
    }
    if number < 0 {
        at -= 1;
        buffer[at] = b'-';
    }
    &buffer[at..]
}

/// Why a value cannot be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BadValue {
    /// It is not of the attribute's syntax.
    Syntax,
    /// It is not a distinguished name.
    DnSyntax,
    /// It names an object that does not exist.
    NoObject,
}

/// Reads a value as LDAP carries it into the packed form.
pub(crate) fn pack(directory: &Directory, attribute: &Attribute, value: &[u8]) -> Result<Vec<u8>, BadValue> {
    let mut out = Vec::new();
    pack_into(directory, attribute, value, &mut out)?;
    Ok(out)
}

/// Appends the packed form of a value; something of it may be there when it fails.
pub(crate) fn pack_into(
    directory: &Directory,
    attribute: &Attribute,
    value: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), BadValue> {
    if let Some(reference) = pack_reference(directory, attribute.syntax, value) {
        return reference.map(|packed| out.extend_from_slice(&packed));
    }
    let text = || std::str::from_utf8(value).map_err(|_| BadValue::Syntax);
    match attribute.syntax {
        Syntax::Boolean => match value {
            b"TRUE" => out.push(1),
            b"FALSE" => out.push(0),
            _ => return Err(BadValue::Syntax),
        },
        Syntax::Integer => {
            let number: i32 = text()?.parse().map_err(|_| BadValue::Syntax)?;
            varint::put_signed(out, i64::from(number));
        }
        Syntax::LargeInteger => {
            varint::put_signed(out, text()?.parse().map_err(|_| BadValue::Syntax)?);
        }
        Syntax::Time => {
            let time = SimTime::parse_generalized(text()?).ok_or(BadValue::Syntax)?;
            varint::put_signed(out, time.seconds());
        }
        Syntax::Sid => match Sid::from_bytes(value).or_else(|| Sid::parse(text().ok()?)) {
            Some(sid) => out.extend_from_slice(&sid.to_bytes()),
            None => return Err(BadValue::Syntax),
        },
        Syntax::CaseExactString if attribute.attribute_syntax == "2.5.5.5" && !value.is_ascii() => {
            return Err(BadValue::Syntax);
        }
        Syntax::NumericString if !value.iter().all(|b| b.is_ascii_digit() || *b == b' ') => {
            return Err(BadValue::Syntax);
        }
        Syntax::OctetString | Syntax::SecurityDescriptor => out.extend_from_slice(value),
        _ => out.extend_from_slice(text()?.as_bytes()),
    }
    Ok(())
}

fn pack_reference(directory: &Directory, syntax: Syntax, value: &[u8]) -> Option<Result<Vec<u8>, BadValue>> {
    if !syntax.is_reference() {
        return None;
    }
    let read = || {
        let text = std::str::from_utf8(value).map_err(|_| BadValue::DnSyntax)?;
        let (data, dn) = match syntax {
            Syntax::Dn => (Vec::new(), text),
            _ => split_data(syntax, text).ok_or(BadValue::Syntax)?,
        };
        let id = directory.resolve_value(dn).map_err(|error| {
            let bad_name = error.code == super::ResultCode::INVALID_DN_SYNTAX;
            if bad_name { BadValue::DnSyntax } else { BadValue::NoObject }
        })?;
        let mut out = Vec::new();
        varint::put(&mut out, u64::from(id.0));
        out.extend_from_slice(&data);
        Ok(out)
    };
    Some(read())
}

/// Splits `B:<digits>:<hex>:<dn>` or `S:<length>:<text>:<dn>`.
pub(super) fn split_data(syntax: Syntax, text: &str) -> Option<(Vec<u8>, &str)> {
    let rest = text.strip_prefix(if syntax == Syntax::DnBinary { "B:" } else { "S:" })?;
    let (length, rest) = rest.split_once(':')?;
    let length: usize = length.parse().ok()?;
    let (data, rest) = (rest.get(..length)?, rest.get(length..)?);
    let dn = rest.strip_prefix(':')?;
    if syntax == Syntax::DnString {
        return Some((data.as_bytes().to_vec(), dn));
    }
    let digits: Option<Vec<u32>> = data.chars().map(|c| c.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    Some((digits.chunks_exact(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect(), dn))
}

/// Whether two packed values of an attribute are the same value.
pub(crate) fn same_value(attribute: &Attribute, a: &[u8], b: &[u8]) -> bool {
    match attribute.syntax {
        Syntax::CaseIgnoreString | Syntax::ObjectIdentifier => {
            match (std::str::from_utf8(a), std::str::from_utf8(b)) {
                (Ok(a), Ok(b)) => same_folded(a, b),
                _ => a == b,
            }
        }
        _ => a == b,
    }
}

/// The values of one attribute of one object, in a stable order.
#[derive(Clone, Debug)]
pub struct Values<'a>(pub(crate) Source<'a>);

#[derive(Clone, Debug)]
pub(crate) enum Source<'a> {
    None,
    One(Value<'a>),
    Packed {
        attribute: &'static Attribute,
        values: PackedValues<'a>,
    },
    Interned {
        directory: &'a Directory,
        values: PackedValues<'a>,
    },
    Classes(std::slice::Iter<'static, ClassId>),
    /// A chain, then names of auxiliary classes.
    ClassesAnd(std::slice::Iter<'static, ClassId>, PackedValues<'a>),
    /// The flag says whether deactivated ones are shown too.
    Links(std::slice::Iter<'a, Link>, bool),
    BackLinks(std::slice::Iter<'a, BackLink>, bool),
}

#[inline]
fn is_shown(link: &Link, deactivated_too: bool) -> bool {
    link.is_present() || deactivated_too && link.is_deactivated()
}

impl<'a> Values<'a> {
    pub(crate) fn none() -> Values<'a> {
        Values(Source::None)
    }

    pub(crate) fn one(value: Value<'a>) -> Values<'a> {
        Values(Source::One(value))
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        match &self.0 {
            Source::None => true,
            Source::One(_) => false,
            Source::Packed { values, .. } | Source::Interned { values, .. } => values.is_empty(),
            Source::Classes(classes) => classes.as_slice().is_empty(),
            Source::ClassesAnd(classes, more) => classes.as_slice().is_empty() && more.is_empty(),
            Source::Links(links, all) => !links.as_slice().iter().any(|link| is_shown(link, *all)),
            Source::BackLinks(links, all) => !links.as_slice().iter().any(|link| *all || !link.deactivated),
        }
    }

    /// The one value, when there is no other and LDAP carries it as the store keeps it: a string, or bytes.
    #[inline(always)]
    pub fn single_as_stored(&self) -> Option<&'a [u8]> {
        match &self.0 {
            Source::Packed { attribute, values } if attribute.syntax.is_stored_as_carried() => {
                values.single()
            }
            Source::Interned { directory, values } => {
                let mut number = values.single()?;
                Some(directory.store.dictionary.get(varint::take(&mut number)).as_bytes())
            }
            _ => None,
        }
    }

    /// The one value, when there can be no other: what follows from the record.
    #[inline]
    pub fn only(&self) -> Option<Value<'a>> {
        match &self.0 {
            Source::One(value) => Some(*value),
            Source::Packed { attribute, values } => values.single().map(|v| Value::unpack(attribute, v)),
            _ => None,
        }
    }

    /// Calls `each` with every value and says true when LDAP carries the values as the store keeps them: as
    /// strings and bytes. Else does nothing and says false.
    #[inline]
    pub fn each_as_stored(&self, mut each: impl FnMut(&[u8])) -> bool {
        match &self.0 {
            Source::Packed { attribute, values } if attribute.syntax.is_stored_as_carried() => {
                match values.single() {
                    Some(value) => each(value),
                    None => values.clone().for_each(each),
                }
            }
            Source::Interned { directory, values } => values.clone().for_each(|mut number| {
                each(directory.store.dictionary.get(varint::take(&mut number)).as_bytes());
            }),
            _ => return false,
        }
        true
    }
}

impl<'a> Iterator for Values<'a> {
    type Item = Value<'a>;

    #[inline]
    fn next(&mut self) -> Option<Value<'a>> {
        match &mut self.0 {
            Source::None => None,
            Source::One(value) => {
                let value = *value;
                self.0 = Source::None;
                Some(value)
            }
            Source::Packed { attribute, values } => Some(Value::unpack(attribute, values.next()?)),
            Source::Interned { directory, values } => {
                let number = varint::take(&mut values.next()?);
                Some(Value::Text(directory.store.dictionary.get(number)))
            }
            Source::Classes(classes) => Some(Value::Class(*classes.next()?)),
            Source::ClassesAnd(classes, more) => match classes.next() {
                Some(class) => Some(Value::Class(*class)),
                None => Some(Value::Text(std::str::from_utf8(more.next()?).unwrap_or_default())),
            },
            Source::Links(links, all) => {
                let all = *all;
                links.find(|link| is_shown(link, all)).map(|link| Value::Dn(ObjectId(link.target)))
            }
            Source::BackLinks(links, all) => {
                let all = *all;
                links.find(|link| all || !link.deactivated).map(|link| Value::Dn(ObjectId(link.source)))
            }
        }
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = match &self.0 {
            Source::None => 0,
            Source::One(_) => 1,
            Source::Packed { values, .. } | Source::Interned { values, .. } => values.len(),
            Source::Classes(classes) => classes.len(),
            Source::ClassesAnd(classes, more) => classes.len() + more.len(),
            Source::Links(links, all) => links.clone().filter(|link| is_shown(link, *all)).count(),
            Source::BackLinks(links, all) => links.clone().filter(|link| *all || !link.deactivated).count(),
        };
        (left, Some(left))
    }
}

impl ExactSizeIterator for Values<'_> {}
