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

type Outcome<'a> = Result<Flowed<'a>, Failure>;

impl<'a> Environment<'a, '_> {
    /// The result of an expression.
    ///
    /// # Errors
    /// See [`Failure`].
    pub fn evaluate(&self, expression: &Expression) -> Outcome<'a> {
        Ok(match expression {
            Expression::Constant(value) => Flowed::one(value.clone()),
            Expression::Null => Flowed::Null,
            Expression::Ignore => Flowed::Ignore,
            Expression::Attribute(name) => present(self.attributes, *name),
            Expression::Imported(name) => present(self.imported, *name),
            Expression::DistinguishedName => Flowed::one(Value::text(self.dn)),
            Expression::Parameter(parameter) => {
                (self.parameter)(*parameter).map_or(Flowed::Null, Flowed::one)
            }
            Expression::Call(function, arguments) => return self.call(*function, arguments),
            Expression::Binary(operator, left, right) => return self.binary(*operator, left, right),
            Expression::Negative(inner) => match self.number(inner)? {
                Some(number) => Flowed::one(Value::Integer(number.wrapping_neg())),
                None => Flowed::Null,
            },
        })
    }

    fn call(&self, function: Function, arguments: &[Expression]) -> Outcome<'a> {
        match function {
            Function::IIF => {
                let branch = if self.holds(&arguments[0])? { 1 } else { 2 };
                return self.evaluate(&arguments[branch]);
            }
            Function::Error => {
                let text = self.text(&arguments[0])?.unwrap_or_default();
                return Err(Failure(text));
            }
            _ => {}
        }
        let first = self.evaluate(&arguments[0])?;
        if first == Flowed::Ignore {
            return Ok(Flowed::Ignore);
        }
        let values: Cow<'a, [Value]> = match first {
            Flowed::Values(values) => values,
            _ => Cow::Borrowed(&[]),
        };
        if let Some(truth) = about_presence(function, &values) {
            return Ok(Flowed::one(truth));
        }
        let Some(value) = values.first() else {
            return Ok(if matches!(function, Function::Contains | Function::InStr) {
                Flowed::one(Value::Integer(0))
            } else {
                Flowed::Null
            });
        };
        match function {
            Function::Trim => Ok(texts::trimmed(values)),
            Function::RemoveDuplicates => Ok(texts::without_duplicates(&values)),
            Function::Item => {
                let at = self.number(&arguments[1])?.unwrap_or(0);
                let value = usize::try_from(at).ok().and_then(|at| values.get(at.checked_sub(1)?));
                Ok(value.cloned().map_or(Flowed::Null, Flowed::one))
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
                Ok(Flowed::one(Value::Integer(at.map_or(0, |at| at as i64 + 1))))
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
                None => return Ok(Flowed::Null),
            },
            Function::CBool => Value::Boolean(truth_of(value)?),
            Function::CBin => texts::octets_of(value)?,
            Function::CNum => Value::Integer(number_of(value)?),
            Function::CStr => Value::Text(text().into()),
            Function::CRef => match value {
                Value::Reference(_) => value.clone(),
                other => return Ok((self.object)(&self.text_of(other)).map_or(Flowed::Null, reference)),
            },
            Function::ConvertToBase64 => texts::base64(value)?,
            Function::ConvertToUTF8Hex => texts::hex(&text()),
            Function::DNComponent => {
                let at = self.number(&more[0])?.unwrap_or(0);
                return Ok(texts::dn_component(&text(), at).map_or(Flowed::Null, Flowed::one));
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
                return Ok(texts::word(&text(), at, &cut).map_or(Flowed::Null, Flowed::one));
            }
            other => return Err(Failure(format!("{} has no meaning here", other.name()))),
        };
        Ok(Flowed::one(result))
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
        Ok(Flowed::one(Value::Integer(at.map_or(0, |at| at as i64 + 1))))
    }

    fn binary(&self, operator: Operator, left: &Expression, right: &Expression) -> Outcome<'a> {
        match operator {
            Operator::And => {
                let truth = self.holds(left)? && self.holds(right)?;
                return Ok(Flowed::one(Value::Boolean(truth)));
            }
            Operator::Or => {
                let truth = self.holds(left)? || self.holds(right)?;
                return Ok(Flowed::one(Value::Boolean(truth)));
            }
            Operator::Join => {
                let joined = self.text(left)?.unwrap_or_default() + &self.text(right)?.unwrap_or_default();
                return Ok(Flowed::one(Value::Text(joined.into())));
            }
            Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide => {
                let (Some(a), Some(b)) = (self.number(left)?, self.number(right)?) else {
                    return Ok(Flowed::Null);
                };
                let result = match operator {
                    Operator::Add => a.checked_add(b),
                    Operator::Subtract => a.checked_sub(b),
                    Operator::Multiply => a.checked_mul(b),
                    _ => a.checked_div(b),
                };
                let failure = || Failure("the result of a calculation is no number of 64 bits".to_owned());
                return Ok(Flowed::one(Value::Integer(result.ok_or_else(failure)?)));
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
        Ok(Flowed::one(Value::Boolean(truth)))
    }

    fn first(&self, expression: &Expression) -> Result<Option<Value>, Failure> {
        Ok(match self.evaluate(expression)? {
            Flowed::Values(values) => values.first().cloned(),
            _ => None,
        })
    }

    fn holds(&self, expression: &Expression) -> Result<bool, Failure> {
        self.first(expression)?.as_ref().map_or(Ok(false), truth_of)
    }

    fn number(&self, expression: &Expression) -> Result<Option<i64>, Failure> {
        self.first(expression)?.as_ref().map(number_of).transpose()
    }

    fn text(&self, expression: &Expression) -> Result<Option<String>, Failure> {
        Ok(self.first(expression)?.map(|value| self.text_of(&value)))
    }

    fn text_of(&self, value: &Value) -> String {
        match value {
            Value::Reference(key) => (self.name)(*key).unwrap_or_default(),
            other => other.display(),
        }
    }
}

fn reference<'a>(key: CsKey) -> Flowed<'a> {
    Flowed::one(Value::Reference(key))
}

fn present(attributes: &Attributes, name: Name) -> Flowed<'_> {
    match attributes.get(name) {
        [] => Flowed::Null,
        values => Flowed::Values(Cow::Borrowed(values)),
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
