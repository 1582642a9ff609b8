//! The grammar of membership rules: from text to a condition.
//!
//! `-not` binds tighter than `-and`, `-and` tighter than `-or`; the hyphen of an operator may be left out.

use super::lexer::{Token, tokens};
use super::subject::{Kind, Subject};
use regex::{Regex, RegexBuilder};

/// Longest rule (Microsoft documents 3,072 characters).
const LENGTH_MAX: usize = 3072;
/// Deepest nesting of parentheses and negations.
const DEPTH_MAX: usize = 64;
/// Most memory that one pattern of `-match` may take once it is compiled, in bytes.
const PATTERN_MAX: usize = 1 << 20;

/// A condition on a user or a device.
#[derive(Debug, Clone)]
pub(super) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    /// A value compared with something.
    Test(Subject, Test),
    /// A condition on the elements of a collection: whether one (or, the flag says, every one) meets it.
    Elements(Subject, bool, Box<Condition>),
}

/// What a value is held against.
#[derive(Debug, Clone)]
pub(super) enum Test {
    Equal(Constant),
    StartsWith(String),
    Contains(String),
    Matches(Regex),
    In(Vec<Constant>),
    /// Not the test.
    Not(Box<Test>),
}

/// A constant. Texts are folded: case does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Constant {
    Null,
    Bool(bool),
    Text(String),
}

/// Whether a rule speaks of users or of devices.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) of: Kind,
    pub(super) condition: Condition,
}

impl Rule {
    /// Reads a rule; the error says what is wrong and where.
    pub(super) fn parse(text: &str) -> Result<Rule, String> {
        if text.chars().count() > LENGTH_MAX {
            return Err(format!("a rule has at most {LENGTH_MAX} characters"));
        }
        let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0, of: None, element: false };
        if parser.tokens.is_empty() {
            return Err("the rule is empty".to_owned());
        }
        let condition = parser.any()?;
        if parser.at < parser.tokens.len() {
            return Err(parser.unexpected("the end of the rule"));
        }
        let of = parser.of.ok_or("the rule names no property")?;
        Ok(Rule { of, condition })
    }
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    at: usize,
    depth: usize,
    of: Option<Kind>,
    /// Whether the condition is one on an element.
    element: bool,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(_, token)| token)
    }

    fn unexpected(&self, wanted: &str) -> String {
        match self.tokens.get(self.at) {
            Some((place, _)) => format!("{wanted} is expected at character {place}"),
            None => format!("{wanted} is expected at the end"),
        }
    }

    /// Whether the next word is this operator, with or without its hyphen; it is taken then.
    fn takes(&mut self, name: &str) -> bool {
        let found = match self.peek() {
            Some(Token::Operator(own)) => own == name,
            Some(Token::Word(own)) => own.eq_ignore_ascii_case(name),
            _ => false,
        };
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, token: &Token, wanted: &str) -> Result<(), String> {
        if self.peek() != Some(token) {
            return Err(self.unexpected(wanted));
        }
        self.at += 1;
        Ok(())
    }

    fn any(&mut self) -> Result<Condition, String> {
        let mut parts = vec![self.all()?];
        while self.takes("or") {
            parts.push(self.all()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Condition::Any(parts) })
    }

    fn all(&mut self) -> Result<Condition, String> {
        let mut parts = vec![self.one()?];
        while self.takes("and") {
            parts.push(self.one()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Condition::All(parts) })
    }

    fn one(&mut self) -> Result<Condition, String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(format!("a rule nests at most {DEPTH_MAX} deep"));
        }
        let condition = if self.takes("not") {
            Condition::Not(Box::new(self.one()?))
        } else if self.peek() == Some(&Token::Open) {
            self.at += 1;
            let inner = self.any()?;
            self.expect(&Token::Close, "')'")?;
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(condition)
    }

    fn comparison(&mut self) -> Result<Condition, String> {
        let Some(Token::Word(name)) = self.peek().cloned() else {
            return Err(self.unexpected("a property"));
        };
        let subject = Subject::parse(&name, self.element)?;
        if let Some(kind) = subject.kind() {
            if self.of.is_some_and(|known| known != kind) {
                return Err("a rule is about users or about devices, not both".to_owned());
            }
            self.of = Some(kind);
        }
        self.at += 1;
        let operator = match self.peek().cloned() {
            Some(Token::Operator(name)) => name,
            Some(Token::Word(name)) => name.to_lowercase(),
            _ => return Err(self.unexpected("an operator")),
        };
        self.at += 1;
        if matches!(operator.as_str(), "any" | "all") {
            if self.element || !subject.is_collection() {
                return Err(format!("-{operator} needs a collection, which {name} is not"));
            }
            self.expect(&Token::Open, "'('")?;
            self.element = true;
            let inner = self.any()?;
            self.element = false;
            self.expect(&Token::Close, "')'")?;
            return Ok(Condition::Elements(subject, operator == "all", Box::new(inner)));
        }
        if subject.is_objects() {
            return Err(format!("{name} needs -any or -all"));
        }
        Ok(Condition::Test(subject, self.test(&operator, subject)?))
    }

    fn test(&mut self, operator: &str, subject: Subject) -> Result<Test, String> {
        let positive = operator.strip_prefix("not");
        let negate = |test: Test| if positive.is_some() { Test::Not(Box::new(test)) } else { test };
        Ok(match operator {
            "eq" => Test::Equal(self.constant(subject)?),
            "ne" => Test::Not(Box::new(Test::Equal(self.constant(subject)?))),
            "startswith" | "notstartswith" => negate(Test::StartsWith(self.text(operator)?)),
            "contains" | "notcontains" => negate(Test::Contains(self.text(operator)?)),
            "match" | "notmatch" => {
                let text = self.text(operator)?;
                let pattern = RegexBuilder::new(&text).case_insensitive(true).size_limit(PATTERN_MAX).build();
                negate(Test::Matches(pattern.map_err(|_| format!("'{text}' is no pattern"))?))
            }
            "in" | "notin" => negate(Test::In(self.list(subject)?)),
            other => return Err(format!("'-{other}' is no operator")),
        })
    }

    fn text(&mut self, operator: &str) -> Result<String, String> {
        match self.peek().cloned() {
            Some(Token::Text(text)) => {
                self.at += 1;
                let pattern = operator.ends_with("match");
                Ok(if pattern { text } else { text.to_lowercase() })
            }
            _ => Err(self.unexpected("a text in quotes")),
        }
    }

    fn constant(&mut self, subject: Subject) -> Result<Constant, String> {
        let constant = match self.peek() {
            Some(Token::Text(text)) => Constant::Text(text.to_lowercase()),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("null") => Constant::Null,
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("true") => Constant::Bool(true),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("false") => Constant::Bool(false),
            _ => return Err(self.unexpected("a value")),
        };
        let fits = match (&constant, subject.is_boolean()) {
            (Constant::Null, _) | (Constant::Bool(_), true) => true,
            // both forms of a truth value are documented
            (Constant::Text(text), true) => matches!(text.as_str(), "true" | "false"),
            (Constant::Text(_), false) => true,
            (Constant::Bool(_), false) => false,
        };
        if !fits {
            return Err(self.unexpected("a value of the property's type"));
        }
        self.at += 1;
        Ok(match constant {
            Constant::Text(text) if subject.is_boolean() => Constant::Bool(text == "true"),
            other => other,
        })
    }

    fn list(&mut self, subject: Subject) -> Result<Vec<Constant>, String> {
        self.expect(&Token::OpenList, "'['")?;
        let mut list = Vec::new();
        loop {
            list.push(self.constant(subject)?);
            if self.peek() != Some(&Token::Comma) {
                break;
            }
            self.at += 1;
        }
        self.expect(&Token::CloseList, "']'")?;
        Ok(list)
    }
}
