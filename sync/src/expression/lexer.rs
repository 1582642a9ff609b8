//! Words of an expression, each with its place.

/// What is wrong with an expression, and where: line and column count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct Problem {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Word {
    Text(String),
    Number(i64),
    Attribute(String),
    Parameter(String),
    Macro(String),
    Identifier(String),
    Sign(&'static str),
    End,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Place {
    pub(super) fn problem(self, message: impl Into<String>) -> Problem {
        Problem { line: self.line, column: self.column, message: message.into() }
    }
}

const SIGNS: &[&str] = &["&&", "||", "<>", "<=", ">=", "(", ")", ",", "=", "<", ">", "&", "+", "-", "*", "/"];

struct Lexer<'a> {
    rest: &'a str,
    place: Place,
}

/// All words of a text, with `End` as the last.
pub(super) fn words(text: &str) -> Result<Vec<(Word, Place)>, Problem> {
    let mut lexer = Lexer { rest: text, place: Place { line: 1, column: 1 } };
    let mut words = Vec::new();
    loop {
        lexer.take_while(char::is_whitespace);
        let place = lexer.place;
        let word = lexer.word()?;
        let done = word == Word::End;
        words.push((word, place));
        if done {
            return Ok(words);
        }
    }
}

impl<'a> Lexer<'a> {
    fn next(&mut self) -> Option<char> {
        let next = self.rest.chars().next()?;
        self.rest = &self.rest[next.len_utf8()..];
        if next == '\n' {
            self.place = Place { line: self.place.line + 1, column: 1 };
        } else {
            self.place.column += 1;
        }
        Some(next)
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> &'a str {
        let all = self.rest;
        while self.rest.chars().next().is_some_and(&keep) {
            self.next();
        }
        &all[..all.len() - self.rest.len()]
    }

    fn word(&mut self) -> Result<Word, Problem> {
        let place = self.place;
        let Some(first) = self.rest.chars().next() else { return Ok(Word::End) };
        match first {
            '"' => self.quoted(place),
            '[' => self.closed(place, ']', "attribute").map(Word::Attribute),
            '%' => self.closed(place, '%', "parameter").map(Word::Parameter),
            '$' => {
                self.next();
                Ok(Word::Macro(self.take_while(|c| c.is_ascii_alphanumeric()).to_owned()))
            }
            '&' if self.rest.get(..2).is_some_and(|two| two.eq_ignore_ascii_case("&h")) => {
                self.next();
                self.next();
                let digits = self.take_while(|c| c.is_ascii_hexdigit());
                i64::from_str_radix(digits, 16)
                    .map(Word::Number)
                    .map_err(|_| place.problem("no hexadecimal number of 64 bits"))
            }
            '0'..='9' => {
                let digits = self.take_while(|c| c.is_ascii_digit());
                digits.parse().map(Word::Number).map_err(|_| place.problem("a number beyond 64 bits"))
            }
            c if c.is_ascii_alphabetic() => {
                Ok(Word::Identifier(self.take_while(|c| c.is_ascii_alphanumeric()).to_owned()))
            }
            other => {
                let sign = SIGNS.iter().find(|sign| self.rest.starts_with(**sign));
                let sign = sign.ok_or_else(|| place.problem(format!("{other:?} has no meaning here")))?;
                for _ in sign.chars() {
                    self.next();
                }
                Ok(Word::Sign(sign))
            }
        }
    }

    fn quoted(&mut self, place: Place) -> Result<Word, Problem> {
        self.next();
        let mut text = String::new();
        loop {
            match self.next() {
                Some('"') if self.rest.starts_with('"') => {
                    self.next();
                    text.push('"');
                }
                Some('"') => return Ok(Word::Text(text)),
                Some(c) => text.push(c),
                None => return Err(place.problem("the text that begins here does not end")),
            }
        }
    }

    fn closed(&mut self, place: Place, end: char, what: &str) -> Result<String, Problem> {
        self.next();
        let name = self.take_while(|c| c.is_ascii_alphanumeric() || "-_.;".contains(c)).to_owned();
        if self.next() == Some(end) && !name.is_empty() {
            Ok(name)
        } else {
            Err(place.problem(format!("the {what} that begins here has no name that ends with {end:?}")))
        }
    }
}
