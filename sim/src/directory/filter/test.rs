//! Single tests of a filter: what an attribute is compared with, and how.

use super::Filter;
use super::ambiguous::Ambiguous;
use super::compile::Truth;
use super::data::WithData;
use crate::clock::SimTime;
use crate::directory::resolve::guid_of;
use crate::directory::store::{fold, same_folded};
use crate::directory::{AttrId, ClassId, Directory, Entry, ObjectId, Port, Syntax, Value, attr, store};
use crate::ids::{Guid, Sid};
use std::cmp::Ordering;
use std::sync::Arc;

/// Bitwise AND: every bit of the mask is set.
const BIT_AND: &str = "1.2.840.113556.1.4.803";
/// Bitwise OR: some bit of the mask is set.
const BIT_OR: &str = "1.2.840.113556.1.4.804";
/// The chain of links from an object leads to another.
const IN_CHAIN: &str = "1.2.840.113556.1.4.1941";

/// The data of a value that carries data beside a name is this.
const DN_WITH_DATA: &str = "1.2.840.113556.1.4.2253";

/// What values are compared with, in the attribute's own terms.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    Folded(String),
    Exact(String),
    Bytes(Vec<u8>),
    Int(i64),
    Bool(bool),
    Time(SimTime),
    Object(ObjectId),
    Guid(Guid),
    Sid(Sid),
}

/// See the module.
#[derive(Debug, Clone)]
pub(super) enum Test {
    Undefined,
    Never,
    Always,
    Class(ClassId),
    Present(AttrId),
    /// Present, in a naming context that the controller holds in full.
    PresentHere(AttrId),
    Equal(AttrId, Operand),
    AtLeast(AttrId, Operand),
    AtMost(AttrId, Operand),
    Substrings {
        attribute: AttrId,
        folded: bool,
        initial: String,
        any: Vec<String>,
        last: String,
    },
    BitAnd(AttrId, i64),
    BitOr(AttrId, i64),
    /// One of these objects, ascending.
    Among(Arc<Vec<u32>>),
    Ambiguous(Box<Ambiguous>),
    WithData(Box<WithData>),
}

impl Test {
    /// `confidential`: whether the reader sees confidential attributes.
    pub(super) fn compile(directory: &Directory, filter: &Filter, confidential: bool) -> Test {
        let schema = directory.schema();
        let asked = filter.attribute().and_then(|name| schema.attribute_id(name));
        if !confidential && asked.is_some_and(|id| schema.attribute(id).is_confidential()) {
            return Test::Undefined;
        }
        match filter {
            Filter::Equality { value, .. } if asked == Some(attr::ANR) => {
                let names = Ambiguous::compile(directory, value, confidential);
                names.map_or(Test::Undefined, |names| Test::Ambiguous(Box::new(names)))
            }
            Filter::Equality { attribute, value } | Filter::Approx { attribute, value } => {
                equality(directory, attribute, value)
            }
            Filter::GreaterOrEqual { attribute, value } => {
                ordering(directory, attribute, value, Test::AtLeast)
            }
            Filter::LessOrEqual { attribute, value } => ordering(directory, attribute, value, Test::AtMost),
            Filter::Present(attribute) => match stored(directory, attribute) {
                Some(attr::OBJECT_CLASS | attr::NT_SECURITY_DESCRIPTOR) => Test::Always,
                Some(id) => Test::Present(id),
                None => Test::Undefined,
            },
            Filter::Substrings { attribute, initial, any, last } => {
                substrings(directory, attribute, initial.as_deref(), any, last.as_deref())
            }
            Filter::Extensible { attribute, rule, value, .. } => {
                extensible(directory, attribute.as_deref(), rule.as_deref(), value)
            }
            Filter::And(_) | Filter::Or(_) | Filter::Not(_) => Test::Undefined,
        }
    }

    /// A domain controller's own port knows no holders of links in other domains.
    pub(super) fn seen_through(self, directory: &Directory, port: Port) -> Test {
        let partial = || directory.naming_contexts().iter().any(|context| !context.kind.is_full());
        let back = |id: AttrId| directory.schema().attribute(id).is_back_link();
        match self {
            Test::Present(id) if port == Port::Directory && back(id) && partial() => Test::PresentHere(id),
            Test::Equal(id, Operand::Object(holder))
                if port == Port::Directory && back(id) && directory.is_partial(holder) =>
            {
                Test::Never
            }
            test => test,
        }
    }

    pub(super) fn evaluate(&self, entry: &Entry<'_>) -> Truth {
        let any = |id: AttrId, test: &dyn Fn(Value<'_>) -> bool| entry.values(id).any(test);
        Truth::from(match self {
            Test::Undefined => return Truth::Undefined,
            Test::Never => false,
            Test::Always => true,
            Test::Class(class) => {
                let schema = entry.directory.schema();
                schema.class(entry.class()).chain.contains(class)
                    || entry.auxiliary_classes().iter().any(|own| schema.class(*own).chain.contains(class))
            }
            Test::Present(id) => !entry.values(*id).is_empty(),
            Test::PresentHere(id) => {
                any(*id, &|v| matches!(v, Value::Dn(id) if !entry.directory.is_partial(id)))
            }
            Test::Equal(id, operand) => any(*id, &|value| operand.equals(entry, value)),
            Test::AtLeast(id, operand) => any(*id, &|v| operand.compare(v).is_some_and(Ordering::is_ge)),
            Test::AtMost(id, operand) => any(*id, &|v| operand.compare(v).is_some_and(Ordering::is_le)),
            Test::Substrings { attribute, folded, initial, any: parts, last } => {
                any(*attribute, &|value| match value {
                    Value::Text(text) if *folded => has_parts(&fold(text), initial, parts, last),
                    Value::Text(text) => has_parts(text, initial, parts, last),
                    _ => false,
                })
            }
            Test::BitAnd(id, mask) => any(*id, &|v| matches!(v, Value::Int(n) if n & mask == *mask)),
            Test::BitOr(id, mask) => any(*id, &|v| matches!(v, Value::Int(n) if n & mask != 0)),
            Test::Among(ids) => ids.binary_search(&entry.id.0).is_ok(),
            Test::Ambiguous(names) => names.evaluate(entry),
            Test::WithData(wanted) => wanted.evaluate(entry),
        })
    }
}

/// The attribute, unless it is unknown or constructed: those never match (active-directory.md 3.1, 6.1).
fn stored(directory: &Directory, name: &str) -> Option<AttrId> {
    let id = directory.schema().attribute_id(name)?;
    (!directory.schema().attribute(id).constructed).then_some(id)
}

fn equality(directory: &Directory, name: &str, value: &[u8]) -> Test {
    let schema = directory.schema();
    let Some(id) = stored(directory, name) else { return Test::Undefined };
    let text = std::str::from_utf8(value).unwrap_or_default();
    match id {
        attr::OBJECT_CLASS => schema.class_id(text).map_or(Test::Undefined, Test::Class),
        attr::OBJECT_CATEGORY if !text.contains('=') => {
            let class = schema.class_id(text).map(|class| schema.class(class).default_category);
            let object = class.and_then(|class| directory.category_object(class));
            object.map_or(Test::Never, |object| Test::Equal(id, Operand::Object(object)))
        }
        _ if schema.attribute(id).syntax.is_reference() && schema.attribute(id).syntax != Syntax::Dn => {
            match WithData::equal(directory, id, value) {
                Some(Some(wanted)) => Test::WithData(Box::new(wanted)),
                Some(None) => Test::Never,
                None => Test::Undefined,
            }
        }
        _ => match Operand::read(directory, id, value) {
            Some(Some(operand)) => Test::Equal(id, operand),
            Some(None) => Test::Never,
            None => Test::Undefined,
        },
    }
}

fn ordering(directory: &Directory, name: &str, value: &[u8], test: fn(AttrId, Operand) -> Test) -> Test {
    let Some(id) = stored(directory, name) else { return Test::Undefined };
    match Operand::read(directory, id, value) {
        Some(Some(operand)) if !matches!(operand, Operand::Object(_)) => test(id, operand),
        _ => Test::Undefined,
    }
}

fn substrings(
    directory: &Directory,
    name: &str,
    initial: Option<&[u8]>,
    any: &[Vec<u8>],
    last: Option<&[u8]>,
) -> Test {
    let Some(id) = stored(directory, name) else { return Test::Undefined };
    let syntax = directory.schema().attribute(id).syntax;
    if !syntax.is_string() {
        return Test::Undefined;
    }
    let folded = syntax == Syntax::CaseIgnoreString;
    let part = |bytes: &[u8]| {
        let text = std::str::from_utf8(bytes).ok()?;
        Some(if folded { fold(text) } else { text.to_owned() })
    };
    let parts: Option<Vec<String>> = any.iter().map(|bytes| part(bytes)).collect();
    match (part(initial.unwrap_or_default()), parts, part(last.unwrap_or_default())) {
        (Some(initial), Some(any), Some(last)) => {
            Test::Substrings { attribute: id, folded, initial, any, last }
        }
        _ => Test::Undefined,
    }
}

fn extensible(directory: &Directory, name: Option<&str>, rule: Option<&str>, value: &[u8]) -> Test {
    let Some(name) = name else { return Test::Undefined };
    let Some(rule) = rule else { return equality(directory, name, value) };
    let Some(id) = stored(directory, name) else { return Test::Undefined };
    let row = directory.schema().attribute(id);
    let is_number = matches!(row.syntax, Syntax::Integer | Syntax::LargeInteger);
    let mask = || {
        let number: i64 = std::str::from_utf8(value).ok()?.trim().parse().ok()?;
        // a 32-bit mask may come signed or unsigned (golden/05: 2147483648 matches -2147483646)
        let narrow = row.syntax == Syntax::Integer && number > i64::from(i32::MAX);
        Some(if narrow { i64::from(number as u32 as i32) } else { number })
    };
    match rule {
        BIT_AND if is_number => mask().map_or(Test::Undefined, |mask| Test::BitAnd(id, mask)),
        BIT_OR if is_number => mask().map_or(Test::Undefined, |mask| Test::BitOr(id, mask)),
        DN_WITH_DATA => WithData::data(directory, id, value)
            .map_or(Test::Undefined, |wanted| Test::WithData(Box::new(wanted))),
        IN_CHAIN if row.link_id.is_some() => {
            let target = std::str::from_utf8(value).ok().map(|dn| directory.resolve_value(dn));
            match target {
                Some(Ok(target)) => Test::Among(Arc::new(chain(directory, id, target))),
                Some(Err(_)) => Test::Never,
                None => Test::Undefined,
            }
        }
        _ => Test::Undefined,
    }
}

/// Every object from which following `attribute`, once or more, leads to `target`: found backwards.
fn chain(directory: &Directory, attribute: AttrId, target: ObjectId) -> Vec<u32> {
    let schema = directory.schema();
    let forward = schema.attribute(attribute).is_forward_link();
    let mut found = std::collections::BTreeSet::new();
    let mut todo = vec![target.0];
    while let Some(id) = todo.pop() {
        let Some(record) = directory.store.get(id) else { continue };
        let mut reach = |id: u32| {
            if found.insert(id) {
                todo.push(id);
            }
        };
        if forward {
            let links = store::of_forward(record.back_links(), attribute).iter();
            links.filter(|link| !link.deactivated).for_each(|link| reach(link.source));
        } else if let Some(pair) = schema.link_pair(attribute) {
            let links = store::of_attribute(record.links(), pair).iter();
            links.filter(|link| link.is_present()).for_each(|link| reach(link.target));
        }
    }
    found.into_iter().collect()
}

fn has_parts(text: &str, initial: &str, any: &[String], last: &str) -> bool {
    let Some(mut rest) = text.strip_prefix(initial) else { return false };
    for part in any {
        match rest.find(part.as_str()) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

impl Operand {
    /// Reads a value: the outer none says that it is not of the attribute's syntax, the inner one that it
    /// names an object that does not exist.
    fn read(directory: &Directory, id: AttrId, value: &[u8]) -> Option<Option<Operand>> {
        let text = std::str::from_utf8(value).ok();
        Some(Some(match directory.schema().attribute(id).syntax {
            _ if id == attr::OBJECT_GUID => {
                let bytes = <[u8; 16]>::try_from(value).ok().map(Guid::from_bytes_le);
                Operand::Guid(bytes.or_else(|| guid_of(text?))?)
            }
            Syntax::Sid => Operand::Sid(Sid::from_bytes(value).or_else(|| Sid::parse(text?))?),
            Syntax::Dn => match directory.resolve_value(text?) {
                Ok(object) => Operand::Object(object),
                Err(error) if error.code == crate::directory::ResultCode::INVALID_DN_SYNTAX => return None,
                Err(_) => return Some(None),
            },
            Syntax::DnBinary | Syntax::DnString | Syntax::SecurityDescriptor => return None,
            Syntax::CaseIgnoreString | Syntax::ObjectIdentifier => Operand::Folded(fold(text?)),
            Syntax::CaseExactString | Syntax::NumericString => Operand::Exact(text?.to_owned()),
            Syntax::Boolean => match value {
                b"TRUE" => Operand::Bool(true),
                b"FALSE" => Operand::Bool(false),
                _ => return None,
            },
            Syntax::Integer | Syntax::LargeInteger => Operand::Int(text?.trim().parse().ok()?),
            Syntax::Time => {
                Operand::Time(SimTime::from_millis(SimTime::parse_generalized(text?)?.seconds() * 1000))
            }
            Syntax::OctetString => Operand::Bytes(value.to_vec()),
        }))
    }

    fn equals(&self, entry: &Entry<'_>, value: Value<'_>) -> bool {
        match (self, value) {
            (Operand::Folded(operand), Value::Text(text)) => same_folded(operand, text),
            (Operand::Object(operand), Value::Dn(id)) => *operand == id,
            (Operand::Guid(operand), Value::Guid(guid)) => *operand == guid,
            (Operand::Sid(operand), Value::Rid(rid)) => *operand == entry.directory.info().sid.with_rid(rid),
            (Operand::Sid(operand), Value::Bytes(bytes)) => operand.to_bytes() == bytes,
            (operand, value) => operand.compare(value) == Some(Ordering::Equal),
        }
    }

    /// How a value lies to the operand, when they can be ordered.
    fn compare(&self, value: Value<'_>) -> Option<Ordering> {
        Some(match (self, value) {
            (Operand::Folded(operand), Value::Text(text)) => fold(text).as_str().cmp(operand),
            (Operand::Exact(operand), Value::Text(text)) => text.cmp(operand),
            (Operand::Bytes(operand), Value::Bytes(bytes)) => bytes.cmp(operand),
            (Operand::Int(operand), Value::Int(number)) => number.cmp(operand),
            (Operand::Bool(operand), Value::Bool(flag)) => flag.cmp(operand),
            (Operand::Time(operand), Value::Time(time)) => time.seconds().cmp(&operand.seconds()),
            _ => return None,
        })
    }
}
