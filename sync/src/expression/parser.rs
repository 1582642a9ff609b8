//! From words to expressions, by precedence climbing.

use super::lexer::{Place, Problem, Word, words};
use super::{Expression, Function, Operator, Parameter};
use crate::value::{Name, Names, Value};
use std::collections::BTreeMap;

/// Longest expression, in characters.
pub const MAX_LENGTH: usize = 8_192;
/// Deepest nesting of an expression.
pub const MAX_DEPTH: usize = 48;

/// Expressions that the configuration gives a name: `$anchor`.
pub(crate) type Macros = BTreeMap<String, String>;

struct Parser<'a> {
    words: Vec<(Word, Place)>,
    at: usize,
    depth: usize,
    names: &'a mut Names,
    macros: &'a Macros,
    inside_macro: bool,
}

/// Parses an expression; names of attributes become numbers.
///
/// # Errors
/// A [`Problem`] with its place.
pub fn parse(
    text: &str,
    names: &mut Names,
    macros: &BTreeMap<String, String>,
) -> Result<Expression, Problem> {
    parse_in(text, names, macros, false)
}

fn parse_in(
    text: &str,
    names: &mut Names,
    macros: &Macros,
    inside_macro: bool,
) -> Result<Expression, Problem> {
    let start = Place { line: 1, column: 1 };
    if text.chars().count() > MAX_LENGTH {
        return Err(start.problem(format!("longer than {MAX_LENGTH} characters")));
    }
    let mut parser = Parser { words: words(text)?, at: 0, depth: 0, names, macros, inside_macro };
    let expression = parser.expression(0)?;
    match parser.next() {
        (Word::End, _) => Ok(expression),
        (word, place) => Err(place.problem(format!("the expression should end before {}", show(&word)))),
    }
}

/// How tightly each operator binds.
const OPERATORS: &[(&str, Operator, u8)] = &[
    ("||", Operator::Or, 1),
    ("&&", Operator::And, 2),
    ("=", Operator::Equal, 3),
    ("<>", Operator::NotEqual, 3),
    ("<", Operator::Less, 3),
    ("<=", Operator::LessOrEqual, 3),
    (">", Operator::Greater, 3),
    (">=", Operator::GreaterOrEqual, 3),
    ("&", Operator::Join, 4),
    ("+", Operator::Add, 5),
    ("-", Operator::Subtract, 5),
    ("*", Operator::Multiply, 6),
    ("/", Operator::Divide, 6),
];

impl Parser<'_> {
    fn next(&mut self) -> (Word, Place) {
        let word = self.words[self.at].clone();
        // the last word is the end, and stays
        self.at = (self.at + 1).min(self.words.len() - 1);
        word
    }

    fn operator(&self) -> Option<(Operator, u8)> {
        let (Word::Sign(sign), _) = &self.words[self.at] else { return None };
        OPERATORS.iter().find(|(text, ..)| text == sign).map(|(_, operator, binds)| (*operator, *binds))
    }

    fn expression(&mut self, loosest: u8) -> Result<Expression, Problem> {
        let place = self.words[self.at].1;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(place.problem(format!("nested deeper than {MAX_DEPTH}")));
        }
        let mut left = self.operand()?;
        let mut chain = 0;
        while let Some((operator, binds)) = self.operator().filter(|(_, binds)| *binds > loosest) {
            // a long chain is a deep tree, even without brackets
            chain += 1;
            if self.depth + chain > MAX_DEPTH {
                return Err(self.words[self.at].1.problem(format!("nested deeper than {MAX_DEPTH}")));
            }
            self.next();
            let right = self.expression(binds)?;
            left = Expression::Binary(operator, Box::new(left), Box::new(right));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn operand(&mut self) -> Result<Expression, Problem> {
        let (word, place) = self.next();
        Ok(match word {
            Word::Text(text) => Expression::Constant(Value::Text(text.into())),
            Word::Number(number) => Expression::Constant(Value::Integer(number)),
            Word::Attribute(name) if name == "dn" => Expression::DistinguishedName,
            Word::Attribute(name) => Expression::Attribute(self.name(&name, place)?),
            Word::Parameter(name) => Expression::Parameter(
                Parameter::named(&name)
                    .ok_or_else(|| place.problem(format!("there is no parameter %{name}%")))?,
            ),
            Word::Macro(name) => self.expand(&name, place)?,
            Word::Sign("(") => {
                let inner = self.expression(0)?;
                self.expect(")")?;
                inner
            }
            Word::Sign("-") => Expression::Negative(Box::new(self.expression(6)?)),
            Word::Identifier(name) => self.identifier(&name, place)?,
            other => return Err(place.problem(format!("a value is missing before {}", show(&other)))),
        })
    }

    fn name(&mut self, name: &str, place: Place) -> Result<Name, Problem> {
        self.names.intern(name).map_err(|error| place.problem(error.to_string()))
    }

    fn expand(&mut self, name: &str, place: Place) -> Result<Expression, Problem> {
        let text = self.macros.get(name).filter(|_| !self.inside_macro);
        let text = text.ok_or_else(|| place.problem(format!("there is no ${name}")))?;
        parse_in(text, self.names, self.macros, true)
            .map_err(|problem| place.problem(format!("in ${name}, {problem}")))
    }

    fn identifier(&mut self, name: &str, place: Place) -> Result<Expression, Problem> {
        let constant = match name {
            "NULL" | "Null" => Some(Expression::Null),
            "IgnoreThisFlow" => Some(Expression::Ignore),
            "True" => Some(Expression::Constant(Value::Boolean(true))),
            "False" => Some(Expression::Constant(Value::Boolean(false))),
            "CaseSensitive" | "CaseInsensitive" | "vbTextCompare" | "vbBinaryCompare" => {
                Some(Expression::Constant(Value::text(name)))
            }
            _ => None,
        };
        if let Some(constant) = constant {
            return Ok(constant);
        }
        let function = Function::named(name).ok_or_else(|| {
            let other = Function::ALL.iter().find(|function| function.name().eq_ignore_ascii_case(name));
            let hint = other.map_or(String::new(), |f| format!(" (it is spelt {})", f.name()));
            place.problem(format!("there is no function {name}{hint}"))
        });
        if name != "ImportedValue" {
            let arguments = function.clone().map(|_| ()).and_then(|()| self.arguments())?;
            return call(function?, arguments, place);
        }
        match self.arguments()?.as_slice() {
            [Expression::Constant(Value::Text(attribute))] => {
                let attribute = attribute.to_string();
                Ok(Expression::Imported(self.name(&attribute, place)?))
            }
            _ => Err(place.problem("ImportedValue takes the name of an attribute in quotation marks")),
        }
    }

    fn arguments(&mut self) -> Result<Vec<Expression>, Problem> {
        self.expect("(")?;
        let mut arguments = Vec::new();
        loop {
            arguments.push(self.expression(0)?);
            match self.next() {
                (Word::Sign(","), _) => {}
                (Word::Sign(")"), _) => return Ok(arguments),
                (other, place) => {
                    return Err(place.problem(format!("\",\" or \")\" is missing before {}", show(&other))));
                }
            }
        }
    }

    fn expect(&mut self, sign: &str) -> Result<(), Problem> {
        match self.next() {
            (Word::Sign(found), _) if found == sign => Ok(()),
            (other, place) => Err(place.problem(format!("{sign:?} is missing before {}", show(&other)))),
        }
    }
}

fn call(function: Function, arguments: Vec<Expression>, place: Place) -> Result<Expression, Problem> {
    let (least, most) = function.arguments();
    if (least..=most).contains(&arguments.len()) {
        return Ok(Expression::Call(function, arguments));
    }
    let wanted = if least == most { least.to_string() } else { format!("{least} to {most}") };
    Err(place.problem(format!("{} takes {wanted} arguments, not {}", function.name(), arguments.len())))
}

fn show(word: &Word) -> String {
    match word {
        Word::Text(text) => format!("the text {text:?}"),
        Word::Number(number) => number.to_string(),
        Word::Attribute(name) => format!("[{name}]"),
        Word::Parameter(name) => format!("%{name}%"),
        Word::Macro(name) => format!("${name}"),
        Word::Identifier(name) => name.clone(),
        Word::Sign(sign) => format!("{sign:?}"),
        Word::End => "the end".to_owned(),
    }
}
