//! What an expression comes to for one object.

use super::texts;
use super::{Expression, Function, Operator, Parameter};
use crate::value::{Attributes, CsKey, Flowed, Name, Value};
use std::borrow::Cow;

/// Why a flow has no result: the text of `Error`, or a value that does not fit. The object is left as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Failure(pub String);

/// What an expression may look at.
pub struct Environment<'a, 'b> {
    /// Of the object that the rule reads.
    pub attributes: &'a Attributes,
    /// What the directory of the rule last told of its object.
    pub imported: &'a Attributes,
    /// The distinguished name of the object that the rule reads.
    pub dn: &'a str,
    /// The value of a parameter.
    pub parameter: &'b dyn Fn(Parameter) -> Option<Value>,
    /// The object of a distinguished name, for `CRef`.
    pub object: &'b dyn Fn(&str) -> Option<CsKey>,
    /// The distinguished name of an object, for `CStr` and `DNComponent`.
    pub name: &'b dyn Fn(CsKey) -> Option<String>,
}

/// What a part of an expression comes to. Most come to one value, which needs no list.
enum Got<'a> {
    Null,
    Ignore,
    One(Value),
    Values(Cow<'a, [Value]>),
}

type Outcome<'a> = Result<Got<'a>, Failure>;

impl<'a> Got<'a> {
    fn values(&self) -> &[Value] {
        match self {
            Self::Null | Self::Ignore => &[],
            Self::One(value) => std::slice::from_ref(value),
            Self::Values(values) => values,
        }
    }

    fn first(self) -> Option<Cow<'a, Value>> {
        match self {
            Self::Null | Self::Ignore => None,
            Self::One(value) => Some(Cow::Owned(value)),
            Self::Values(Cow::Borrowed(values)) => values.first().map(Cow::Borrowed),
            Self::Values(Cow::Owned(values)) => values.into_iter().next().map(Cow::Owned),
        }
    }

    fn or_null(value: Option<Value>) -> Self {
        value.map_or(Self::Null, Self::One)
    }
}

impl<'a> From<Got<'a>> for Flowed<'a> {
    fn from(got: Got<'a>) -> Self {
        match got {
            Got::Null => Self::Null,
            Got::Ignore => Self::Ignore,
            Got::One(value) => Self::one(value),
            Got::Values(values) if values.is_empty() => Self::Null,
            Got::Values(values) => Self::Values(values),
        }
    }
}

impl<'a> Environment<'a, '_> {
    /// The result of an expression.
    ///
    /// # Errors
    /// See [`Failure`].
    pub fn evaluate(&self, expression: &Expression) -> Result<Flowed<'a>, Failure> {
        self.get(expression).map(Flowed::from)
    }

    fn get(&self, expression: &Expression) -> Outcome<'a> {
        Ok(match expression {
            Expression::Constant(value) => Got::One(value.clone()),
            Expression::Null => Got::Null,
            Expression::Ignore => Got::Ignore,
            Expression::Attribute(name) => present(self.attributes, *name),
            Expression::Imported(name) => present(self.imported, *name),
            Expression::DistinguishedName => Got::One(Value::text(self.dn)),
            Expression::Parameter(parameter) => Got::or_null((self.parameter)(*parameter)),
            Expression::Call(function, arguments) => return self.call(*function, arguments),
            Expression::Binary(operator, left, right) => return self.binary(*operator, left, right),
            Expression::Negative(inner) => {
                Got::or_null(self.number(inner)?.map(|number| Value::Integer(number.wrapping_neg())))
            }
        })
    }

    fn call(&self, function: Function, arguments: &[Expression]) -> Outcome<'a> {
        match function {
            Function::IIF => {
                let branch = if self.holds(&arguments[0])? { 1 } else { 2 };
                return self.get(&arguments[branch]);
            }
            Function::Error => {
                let text = self.text(&arguments[0])?.unwrap_or_default();
                return Err(Failure(text));
            }
            _ => {}
        }
        let got = self.get(&arguments[0])?;
        if matches!(got, Got::Ignore) {
            return Ok(got);
        }
        let values = got.values();
        if let Some(truth) = about_presence(function, values) {
            return Ok(Got::One(truth));
        }
        let Some(value) = values.first() else {
            return Ok(if matches!(function, Function::Contains | Function::InStr) {
                Got::One(Value::Integer(0))
            } else {
                Got::Null
            });
        };
        match function {
            Function::Trim => Ok(match got {
                Got::One(value) => Got::One(texts::trim(&value)),
                Got::Values(values) => Got::Values(texts::trimmed(values)),
                other => other,
            }),
            Function::RemoveDuplicates => Ok(Got::Values(Cow::Owned(texts::without_duplicates(values)))),
            Function::Item => {
                let at = self.number(&arguments[1])?.unwrap_or(0);
                let value = usize::try_from(at).ok().and_then(|at| values.get(at.checked_sub(1)?));
                Ok(Got::or_null(value.cloned()))
            }
            Function::Contains => {
                let sought = self.text(&arguments[1])?.unwrap_or_default();
                let exact = match arguments.get(2) {
                    Some(case) => self.text(case)?.as_deref() == Some("CaseSensitive"),
                    None => false,
                };
                let at = values.iter().position(|value| {
                    value.as_text().is_some_and(|text| texts::find(text, &sought, 0, !exact).is_some())
                });
                Ok(Got::One(Value::Integer(at.map_or(0, |at| at as i64 + 1))))
            }
            _ => self.scalar(function, value, &arguments[1..]),
        }
    }

    /// Functions of the first value of their first argument.
    fn scalar(&self, function: Function, value: &Value, more: &[Expression]) -> Outcome<'a> {
        let text = || self.text_of(value);
        let result = match function {
            Function::BitAnd => match self.number(&more[0])? {
                Some(mask) => Value::Integer(number_of(value)? & mask),
                None => return Ok(Got::Null),
            },
            Function::CBool => Value::Boolean(truth_of(value)?),
            Function::CBin => texts::octets_of(value)?,
            Function::CNum => Value::Integer(number_of(value)?),
            Function::CStr => Value::Text(text().into_owned().into()),
            Function::CRef => match value {
                Value::Reference(_) => value.clone(),
                other => {
                    return Ok(Got::or_null((self.object)(&self.text_of(other)).map(Value::Reference)));
                }
            },
            Function::ConvertToBase64 => texts::base64(value)?,
            Function::ConvertToUTF8Hex => texts::hex(&text()),
            Function::DNComponent => {
                let at = self.number(&more[0])?.unwrap_or(0);
                return Ok(Got::or_null(texts::dn_component(&text(), at)));
            }
            Function::DateFromNum => Value::Integer(number_of(value)?),
            Function::FormatDateTime => {
                let pattern = self.text(&more[0])?.unwrap_or_default();
                texts::formatted(number_of(value)?, &pattern)?
            }
            Function::InStr => return self.in_str(&text(), more),
            Function::Left => {
                let length = self.number(&more[0])?.unwrap_or(0);
                texts::slice(&text(), 1, length)
            }
            Function::Mid => {
                let start = self.number(&more[0])?.unwrap_or(1);
                texts::slice(&text(), start, self.number(&more[1])?.unwrap_or(0))
            }
            Function::StringFromSid => texts::sid(value)?,
            Function::Word => {
                let at = self.number(&more[0])?.unwrap_or(0);
                let cut = self.text(&more[1])?.unwrap_or_default();
                return Ok(Got::or_null(texts::word(&text(), at, &cut)));
            }
            other => return Err(Failure(format!("{} has no meaning here", other.name()))),
        };
        Ok(Got::One(result))
    }

    fn in_str(&self, text: &str, more: &[Expression]) -> Outcome<'a> {
        let sought = self.text(&more[0])?.unwrap_or_default();
        let start = match more.get(1) {
            Some(start) => self.number(start)?.unwrap_or(1),
            None => 1,
        };
        let folded = match more.get(2) {
            Some(mode) => self.text(mode)?.as_deref() == Some("vbTextCompare"),
            None => false,
        };
        let skip = usize::try_from(start.saturating_sub(1)).unwrap_or(0);
        let at = texts::find(text, &sought, skip, folded);
        Ok(Got::One(Value::Integer(at.map_or(0, |at| at as i64 + 1))))
    }

    fn binary(&self, operator: Operator, left: &Expression, right: &Expression) -> Outcome<'a> {
        match operator {
            Operator::And => {
                let truth = self.holds(left)? && self.holds(right)?;
                return Ok(Got::One(Value::Boolean(truth)));
            }
            Operator::Or => {
                let truth = self.holds(left)? || self.holds(right)?;
                return Ok(Got::One(Value::Boolean(truth)));
            }
            Operator::Join => {
                let mut joined = self.text(left)?.unwrap_or_default();
                joined.push_str(&self.text(right)?.unwrap_or_default());
                return Ok(Got::One(Value::Text(joined.into())));
            }
            Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide => {
                let (Some(a), Some(b)) = (self.number(left)?, self.number(right)?) else {
                    return Ok(Got::Null);
                };
                let result = match operator {
                    Operator::Add => a.checked_add(b),
                    Operator::Subtract => a.checked_sub(b),
                    Operator::Multiply => a.checked_mul(b),
                    _ => a.checked_div(b),
                };
                let failure = || Failure("the result of a calculation is no number of 64 bits".to_owned());
                return Ok(Got::One(Value::Integer(result.ok_or_else(failure)?)));
            }
            _ => {}
        }
        let (a, b) = (self.first(left)?, self.first(right)?);
        let truth = match (a, b) {
            (Some(a), Some(b)) => match operator {
                Operator::Equal => equal(&a, &b),
                Operator::NotEqual => !equal(&a, &b),
                Operator::Less => less(&a, &b),
                Operator::Greater => less(&b, &a),
                Operator::LessOrEqual => !less(&b, &a),
                _ => !less(&a, &b),
            },
            // nothing is equal to nothing, and to nothing else
            (a, b) => match operator {
                Operator::Equal => a == b,
                Operator::NotEqual => a != b,
                _ => false,
            },
        };
        Ok(Got::One(Value::Boolean(truth)))
    }

    /// The first value; constants and attributes are not copied.
    fn first<'e>(&self, expression: &'e Expression) -> Result<Option<Cow<'e, Value>>, Failure>
    where
        'a: 'e,
    {
        if let Expression::Constant(value) = expression {
            return Ok(Some(Cow::Borrowed(value)));
        }
        Ok(self.get(expression)?.first())
    }

    fn holds(&self, expression: &Expression) -> Result<bool, Failure> {
        self.first(expression)?.map_or(Ok(false), |value| truth_of(&value))
    }

    fn number(&self, expression: &Expression) -> Result<Option<i64>, Failure> {
        self.first(expression)?.map(|value| number_of(&value)).transpose()
    }

    fn text(&self, expression: &Expression) -> Result<Option<String>, Failure> {
        Ok(self.first(expression)?.map(|value| self.text_of(&value).into_owned()))
    }

    fn text_of<'v>(&self, value: &'v Value) -> Cow<'v, str> {
        match value {
            Value::Text(text) => Cow::Borrowed(text),
            Value::Reference(key) => Cow::Owned((self.name)(*key).unwrap_or_default()),
            other => Cow::Owned(other.display()),
        }
    }
}

fn present(attributes: &Attributes, name: Name) -> Got<'_> {
    match attributes.get(name) {
        [] => Got::Null,
        values => Got::Values(Cow::Borrowed(values)),
    }
}

/// The functions that have an answer for no value too.
fn about_presence(function: Function, values: &[Value]) -> Option<Value> {
    let empty = values.iter().all(Value::is_empty_text);
    Some(match function {
        Function::IsNull => Value::Boolean(values.is_empty()),
        Function::IsNullOrEmpty => Value::Boolean(empty),
        Function::IsPresent => Value::Boolean(!empty),
        Function::IsString => Value::Boolean(matches!(values.first(), Some(Value::Text(_)))),
        Function::ValueCount => Value::Integer(values.len() as i64),
        _ => return None,
    })
}

pub(super) fn number_of(value: &Value) -> Result<i64, Failure> {
    match value {
        Value::Integer(number) => Ok(*number),
        Value::Boolean(truth) => Ok(i64::from(*truth)),
        Value::Text(text) => {
            text.trim().parse().map_err(|_| Failure(format!("{:?} is no number", texts::shown(text))))
        }
        other => Err(Failure(format!("{} is no number", texts::shown(&other.display())))),
    }
}

fn truth_of(value: &Value) -> Result<bool, Failure> {
    match value {
        Value::Boolean(truth) => Ok(*truth),
        Value::Integer(number) => Ok(*number != 0),
        Value::Text(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Value::Text(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        other => Err(Failure(format!("{} is neither True nor False", texts::shown(&other.display())))),
    }
}

/// Equality of the dialect: texts without regard to case, numbers also with texts that say them.
pub(crate) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => {
            a == b
                || (!(a.is_ascii() && b.is_ascii()) && a.to_lowercase() == b.to_lowercase())
                || a.eq_ignore_ascii_case(b)
        }
        (Value::Integer(_) | Value::Boolean(_), _) | (_, Value::Integer(_) | Value::Boolean(_)) => {
            let truths = matches!(a, Value::Boolean(_)) || matches!(b, Value::Boolean(_));
            if truths {
                return matches!((truth_of(a), truth_of(b)), (Ok(a), Ok(b)) if a == b);
            }
            matches!((number_of(a), number_of(b)), (Ok(a), Ok(b)) if a == b)
        }
        (a, b) => a == b,
    }
}

pub(crate) fn less(a: &Value, b: &Value) -> bool {
    match (number_of(a), number_of(b)) {
        (Ok(a), Ok(b)) => a < b,
        _ => a.display().to_lowercase() < b.display().to_lowercase(),
    }
}
