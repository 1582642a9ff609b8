//! Whether a user or device meets a rule.

use super::rule::{Condition, Constant, Test};
use super::subject::{Form, Subject};
use crate::tenant::object::CloudObject;
use crate::tenant::property::{Property, PropertyValue};
use crate::tenant::{ObjectKind, Tenant};
use serde_json::Value;

/// An element of a collection.
#[derive(Debug, Clone, Copy)]
pub(super) enum Element<'a> {
    Text(&'a str),
    Object(&'a Value),
}

impl Condition {
    /// Whether an object (or the element of one of its collections) meets it.
    pub(super) fn holds(&self, tenant: &Tenant, object: &CloudObject, element: Option<Element<'_>>) -> bool {
        match self {
            Condition::All(parts) => parts.iter().all(|part| part.holds(tenant, object, element)),
            Condition::Any(parts) => parts.iter().any(|part| part.holds(tenant, object, element)),
            Condition::Not(inner) => !inner.holds(tenant, object, element),
            Condition::Test(subject, test) => test_value(tenant, object, element, *subject, test),
            Condition::Elements(subject, every, inner) => {
                let met = |element: Element<'_>| inner.holds(tenant, object, Some(element));
                let results: Vec<bool> = match collection(tenant, object, *subject) {
                    PropertyValue::Texts(texts) => {
                        texts.into_iter().map(|text| met(Element::Text(text))).collect()
                    }
                    PropertyValue::Json(Value::Array(items)) => {
                        items.iter().map(|item| met(Element::Object(item))).collect()
                    }
                    _ => Vec::new(),
                };
                if *every { results.iter().all(|met| *met) } else { results.contains(&true) }
            }
        }
    }

    /// Whether memberships decide: a change of any group can change the answer then.
    pub(super) fn looks_at_groups(&self) -> bool {
        match self {
            Condition::All(parts) | Condition::Any(parts) => parts.iter().any(Condition::looks_at_groups),
            Condition::Not(inner) => inner.looks_at_groups(),
            Condition::Test(..) => false,
            Condition::Elements(subject, ..) => subject.is_member_of(),
        }
    }
}

fn collection<'a>(tenant: &'a Tenant, object: &'a CloudObject, subject: Subject) -> PropertyValue<'a> {
    if subject.is_member_of() {
        let groups = tenant.member_of(object.id()).iter();
        let groups = groups.filter(|id| {
            tenant.object(**id).is_some_and(|group| {
                // a dynamic group is not looked at: rules would chase each other
                group.kind() == ObjectKind::Group && !super::is_dynamic(group)
            })
        });
        let one = |id: &crate::ids::Guid| serde_json::json!({ "objectId": id.to_string() });
        return PropertyValue::Json(groups.map(one).collect());
    }
    subject.property().map_or(PropertyValue::Null, |property| tenant.property(object, property))
}

fn test_value(
    tenant: &Tenant,
    object: &CloudObject,
    element: Option<Element<'_>>,
    subject: Subject,
    test: &Test,
) -> bool {
    match (subject, element) {
        (Subject::Element, Some(Element::Text(text))) => test.holds(&Scalar::Text(text)),
        (Subject::Member(name), Some(Element::Object(value))) => {
            test.holds(&value[name].as_str().map_or(Scalar::Null, Scalar::Text))
        }
        (Subject::Property { extension, .. }, _) => {
            let property = subject.property().unwrap_or(Property::Id);
            let value = tenant.property(object, property);
            match (subject.form(), &value) {
                (Form::First, PropertyValue::Texts(texts)) => {
                    test.holds(&texts.first().map_or(Scalar::Null, |text| Scalar::Text(text)))
                }
                (Form::Extension, PropertyValue::Json(json)) => {
                    let text = json[format!("extensionAttribute{extension}")].as_str();
                    test.holds(&text.map_or(Scalar::Null, Scalar::Text))
                }
                // a collection equals null when it is empty; else one of its elements decides
                (Form::Texts, PropertyValue::Texts(texts)) if texts.is_empty() => test.holds(&Scalar::Null),
                (Form::Texts, PropertyValue::Texts(texts)) => {
                    let (test, negated) = match test {
                        Test::Not(inner) => (&**inner, true),
                        other => (other, false),
                    };
                    texts.iter().any(|text| test.holds(&Scalar::Text(text))) != negated
                }
                (_, PropertyValue::Bool(value)) => test.holds(&Scalar::Bool(*value)),
                (_, PropertyValue::Text(text)) => test.holds(&Scalar::Text(text)),
                (_, PropertyValue::Guid(id)) => test.holds(&Scalar::Text(&id.to_string())),
                _ => test.holds(&Scalar::Null),
            }
        }
        _ => false,
    }
}

enum Scalar<'a> {
    Null,
    Bool(bool),
    Text(&'a str),
}

impl Scalar<'_> {
    fn equals(&self, constant: &Constant) -> bool {
        match (self, constant) {
            (Scalar::Null, Constant::Null) => true,
            (Scalar::Bool(own), Constant::Bool(other)) => own == other,
            // a truth value that was never set counts as false (onPremisesSyncEnabled of cloud users)
            (Scalar::Null, Constant::Bool(other)) => !other,
            (Scalar::Text(own), Constant::Text(other)) => own.to_lowercase() == *other,
            _ => false,
        }
    }
}

impl Test {
    fn holds(&self, value: &Scalar<'_>) -> bool {
        let text = |test: &dyn Fn(&str) -> bool| match value {
            Scalar::Text(text) => test(text),
            _ => false,
        };
        match self {
            Test::Equal(constant) => value.equals(constant),
            Test::In(constants) => constants.iter().any(|constant| value.equals(constant)),
            Test::StartsWith(start) => text(&|own| own.to_lowercase().starts_with(start)),
            Test::Contains(part) => text(&|own| own.to_lowercase().contains(part)),
            Test::Matches(pattern) => text(&|own| pattern.is_match(own)),
            Test::Not(inner) => !inner.holds(value),
        }
    }
}
