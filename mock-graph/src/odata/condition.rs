//! What a `$filter` or `$search` demands of an object, checked and ready to be held against values.

use super::ast::BinaryOp;
use super::words::words;
use forestbed_sim::clock::SimTime;
use forestbed_sim::ids::Guid;
use forestbed_sim::tenant::{ObjectKind, Property, PropertyValue};
use serde_json::Value;
use std::borrow::Cow;
use std::cmp::Ordering;

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Condition {
    /// All of them.
    All(Vec<Condition>),
    /// At least one of them.
    Any(Vec<Condition>),
    /// The opposite.
    Not(Box<Condition>),
    /// A single value stands the test.
    Test(Source, Test),
    /// Some element of a collection does; no condition means that there is an element.
    Exists(Source, Option<Box<Condition>>),
    /// The size of a collection compares so.
    Count(Source, BinaryOp, i64),
    /// The object is of this kind.
    IsKind(ObjectKind),
    /// Always.
    Always,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// A property of the object and a member below it; a property that the tenant does not keep is none.
    Property(Option<Property>, Option<&'static str>),
    /// The element that a lambda looks at, or a member of it.
    Item(Option<&'static str>),
}

/// A test of a single value. Texts are folded (case does not count).
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Test {
    /// `eq ne gt ge lt le`.
    Compare(BinaryOp, Constant),
    /// `in`.
    OneOf(Vec<Constant>),
    /// `startsWith`.
    StartsWith(String),
    /// `endsWith`.
    EndsWith(String),
    /// Each of these begins a word of the text (`$search`).
    Words(Vec<String>),
}

/// What a value is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Constant {
    Null,
    Bool(bool),
    Int(i64),
    Time(SimTime),
    Guid(Guid),
    /// A folded text.
    Text(String),
    /// A text whose case counts.
    Exact(String),
}

/// An object that conditions are held against.
pub(crate) trait Record {
    /// What it is.
    fn kind(&self) -> ObjectKind;
    /// A value of it.
    fn value(&self, property: Property) -> PropertyValue<'_>;
}

/// A text in the form in which texts are compared.
pub(crate) fn fold(text: &str) -> String {
    text.to_lowercase()
}

fn folded(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase()) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(fold(text))
    }
}

#[derive(Clone, Copy)]
enum Scalar<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Time(SimTime),
    Guid(Guid),
    Text(&'a str),
}

impl<'a> Scalar<'a> {
    fn of(value: &'a Value) -> Scalar<'a> {
        match value {
            Value::Bool(value) => Scalar::Bool(*value),
            Value::Number(value) => value.as_i64().map_or(Scalar::Null, Scalar::Int),
            Value::String(value) => Scalar::Text(value),
            _ => Scalar::Null,
        }
    }

    fn member(value: &'a Value, member: Option<&str>) -> Scalar<'a> {
        match member {
            Some(name) => value.get(name).map_or(Scalar::Null, Scalar::of),
            None => Scalar::of(value),
        }
    }
}

#[derive(Clone, Copy)]
enum Item<'a> {
    Text(&'a str),
    Json(&'a Value),
}

impl Condition {
    /// Whether an object meets the condition.
    pub(crate) fn holds(&self, record: &impl Record) -> bool {
        self.check(record, None)
    }

    fn check(&self, record: &impl Record, item: Option<Item<'_>>) -> bool {
        match self {
            Condition::All(parts) => parts.iter().all(|part| part.check(record, item)),
            Condition::Any(parts) => parts.iter().any(|part| part.check(record, item)),
            Condition::Not(inner) => !inner.check(record, item),
            Condition::Test(source, test) => source.scalar(record, item, |value| test.holds(value)),
            Condition::Exists(source, inner) => source.elements(record, |element| {
                inner.as_ref().is_none_or(|inner| inner.check(record, Some(element)))
            }),
            Condition::Count(source, op, wanted) => {
                let mut count = 0i64;
                source.elements(record, |_| {
                    count += 1;
                    false
                });
                ordered(*op, count.cmp(wanted))
            }
            Condition::IsKind(kind) => record.kind() == *kind,
            Condition::Always => true,
        }
    }
}

impl Source {
    fn scalar(
        &self,
        record: &impl Record,
        item: Option<Item<'_>>,
        test: impl Fn(Scalar<'_>) -> bool,
    ) -> bool {
        match self {
            Source::Item(member) => match item {
                Some(Item::Text(text)) => test(Scalar::Text(text)),
                Some(Item::Json(value)) => test(Scalar::member(value, *member)),
                None => test(Scalar::Null),
            },
            Source::Property(None, _) => test(Scalar::Null),
            Source::Property(Some(property), member) => match record.value(*property) {
                PropertyValue::Bool(value) => test(Scalar::Bool(value)),
                PropertyValue::Int(value) => test(Scalar::Int(value)),
                PropertyValue::Text(value) => test(Scalar::Text(value)),
                PropertyValue::Time(value) => test(Scalar::Time(value)),
                PropertyValue::Guid(value) => test(Scalar::Guid(value)),
                PropertyValue::Json(value) => test(Scalar::member(&value, *member)),
                PropertyValue::Null | PropertyValue::Texts(_) => test(Scalar::Null),
            },
        }
    }

    /// Whether `look` says yes to an element; it is asked of one after the other until it does.
    fn elements(&self, record: &impl Record, mut look: impl FnMut(Item<'_>) -> bool) -> bool {
        let Source::Property(Some(property), _) = self else { return false };
        match record.value(*property) {
            PropertyValue::Texts(texts) => texts.into_iter().any(|text| look(Item::Text(text))),
            PropertyValue::Json(Value::Array(values)) => values.iter().any(|value| look(Item::Json(value))),
            _ => false,
        }
    }
}

impl Test {
    fn holds(&self, value: Scalar<'_>) -> bool {
        match self {
            Test::Compare(BinaryOp::Eq, constant) => order(value, constant) == Some(Ordering::Equal),
            // what has no value differs from every value
            Test::Compare(BinaryOp::Ne, constant) => order(value, constant) != Some(Ordering::Equal),
            Test::Compare(op, constant) => {
                order(value, constant).is_some_and(|found| ordered(*op, found)) && *constant != Constant::Null
            }
            Test::OneOf(constants) => {
                constants.iter().any(|constant| order(value, constant) == Some(Ordering::Equal))
            }
            Test::StartsWith(text) => {
                matches!(value, Scalar::Text(own) if folded(own).starts_with(text.as_str()))
            }
            Test::EndsWith(text) => {
                matches!(value, Scalar::Text(own) if folded(own).ends_with(text.as_str()))
            }
            Test::Words(wanted) => {
                let Scalar::Text(own) = value else { return false };
                let words = words(own, true);
                !wanted.is_empty()
                    && wanted.iter().all(|start| words.iter().any(|word| word.starts_with(start)))
            }
        }
    }
}

fn ordered(op: BinaryOp, found: Ordering) -> bool {
    match op {
        BinaryOp::Eq => found.is_eq(),
        BinaryOp::Ne => found.is_ne(),
        BinaryOp::Gt => found.is_gt(),
        BinaryOp::Ge => found.is_ge(),
        BinaryOp::Lt => found.is_lt(),
        BinaryOp::Le => found.is_le(),
        _ => false,
    }
}

fn order(value: Scalar<'_>, constant: &Constant) -> Option<Ordering> {
    match (value, constant) {
        (Scalar::Null, Constant::Null) => Some(Ordering::Equal),
        (Scalar::Bool(value), Constant::Bool(other)) => Some(value.cmp(other)),
        (Scalar::Int(value), Constant::Int(other)) => Some(value.cmp(other)),
        (Scalar::Time(value), Constant::Time(other)) => Some(value.cmp(other)),
        (Scalar::Text(value), Constant::Time(other)) => {
            SimTime::parse_rfc3339(value).map(|value| value.cmp(other))
        }
        (Scalar::Guid(value), Constant::Guid(other)) => Some(value.cmp(other)),
        (Scalar::Text(value), Constant::Guid(other)) => Guid::parse(value).map(|value| value.cmp(other)),
        (Scalar::Guid(value), Constant::Text(other)) => Some(value.to_string().as_str().cmp(other)),
        (Scalar::Text(value), Constant::Text(other)) => Some((*folded(value)).cmp(other.as_str())),
        (Scalar::Text(value), Constant::Exact(other)) => Some(value.cmp(other.as_str())),
        _ => None,
    }
}

/// The values of indexed properties of which an object must carry one to meet the condition; none when the
/// condition does not confine itself so. Texts are folded where case does not count, identifiers are texts.
pub(crate) fn lookups(condition: &Condition) -> Option<Vec<(Property, String)>> {
    match condition {
        Condition::All(parts) => parts.iter().find_map(lookups),
        Condition::Any(parts) => {
            let each: Option<Vec<_>> = parts.iter().map(lookups).collect();
            each.map(|parts| parts.concat())
        }
        Condition::Test(Source::Property(Some(property), None), test) if is_indexed(*property) => {
            constants(test)?.iter().map(|constant| Some((*property, text_of(constant)?))).collect()
        }
        Condition::Exists(Source::Property(Some(property), None), Some(inner)) => match &**inner {
            Condition::Test(Source::Item(None), test) if is_indexed(*property) => {
                constants(test)?.iter().map(|constant| Some((*property, text_of(constant)?))).collect()
            }
            _ => None,
        },
        _ => None,
    }
}

/// What the tenant finds objects by.
fn is_indexed(property: Property) -> bool {
    matches!(
        property,
        Property::Id
            | Property::UserPrincipalName
            | Property::Mail
            | Property::MailNickname
            | Property::ProxyAddresses
            | Property::OnPremisesImmutableId
            | Property::AppId
            | Property::DeviceId
            | Property::UniqueName
    )
}

fn constants(test: &Test) -> Option<&[Constant]> {
    match test {
        Test::Compare(BinaryOp::Eq, constant) => Some(std::slice::from_ref(constant)),
        Test::OneOf(constants) => Some(constants),
        _ => None,
    }
}

fn text_of(constant: &Constant) -> Option<String> {
    match constant {
        Constant::Text(text) | Constant::Exact(text) => Some(text.clone()),
        Constant::Guid(guid) => Some(guid.to_string()),
        _ => None,
    }
}
