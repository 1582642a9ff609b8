//! Characters to tokens.

use super::error::QueryError;
use std::ops::Range;

/// The longest expression that is looked at, in bytes.
pub(crate) const MAX_LENGTH: usize = 16 * 1024;

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// A name: property, keyword, function, `$count`, `$it`, `microsoft.graph.user`.
    Name(String),
    /// `'it''s'`, unescaped.
    Text(String),
    /// `duration'PT1H'`, `microsoft.graph.x'y'`: the prefix and the text.
    Prefixed(String, String),
    /// A number, a GUID, a date, as it stands.
    Bare(String),
    /// One of `( ) , / :`, or a minus before something that is no digit.
    Mark(char),
    /// The end.
    End,
}

/// A token and where it stands, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spanned {
    /// What.
    pub(crate) token: Token,
    /// Where.
    pub(crate) span: Range<usize>,
}

/// Splits an expression; the last token is [`Token::End`].
pub(crate) fn tokens(text: &str) -> Result<Vec<Spanned>, QueryError> {
    if text.len() > MAX_LENGTH {
        return Err(QueryError::new("filter-too-long").arg("max", MAX_LENGTH));
    }
    let mut lexer = Lexer { text, at: 0 };
    let mut out = Vec::new();
    loop {
        lexer.skip_spaces();
        let start = lexer.at;
        let token = lexer.token()?;
        let done = token == Token::End;
        out.push(Spanned { token, span: start..lexer.at });
        if done {
            return Ok(out);
        }
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_spaces(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|c| !keep(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn token(&mut self) -> Result<Token, QueryError> {
        let Some(c) = self.peek() else { return Ok(Token::End) };
        if let Some(guid) = guid_prefix(self.rest()) {
            self.at += guid.len();
            return Ok(Token::Bare(guid.to_owned()));
        }
        match c {
            '\'' => self.quoted().map(Token::Text),
            '(' | ')' | ',' | '/' | ':' => {
                self.at += 1;
                Ok(Token::Mark(c))
            }
            '-' if !self.rest()[1..].starts_with(|c: char| c.is_ascii_digit()) => {
                self.at += 1;
                Ok(Token::Mark('-'))
            }
            '-' | '0'..='9' => Ok(Token::Bare(self.number_or_date().to_owned())),
            c if c.is_alphabetic() || matches!(c, '_' | '$') => self.name(),
            c => Err(QueryError::new("filter-invalid-character")
                .arg("character", c)
                .arg("position", self.at)
                .arg("filter", self.text)),
        }
    }

    fn name(&mut self) -> Result<Token, QueryError> {
        self.at += self.peek().map_or(0, char::len_utf8);
        let start = self.at;
        self.take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
        let first = self.text[..start].chars().next_back().unwrap_or('_');
        let name = format!("{first}{}", &self.text[start..self.at]);
        if self.peek() == Some('\'') {
            return Ok(Token::Prefixed(name, self.quoted()?));
        }
        Ok(Token::Name(name))
    }

    fn quoted(&mut self) -> Result<String, QueryError> {
        let mut out = String::new();
        self.at += 1;
        loop {
            out.push_str(self.take_while(|c| c != '\''));
            if self.at >= self.text.len() {
                return Err(QueryError::new("filter-unterminated-string")
                    .arg("position", self.at)
                    .arg("filter", self.text));
            }
            self.at += 1;
            if self.peek() != Some('\'') {
                return Ok(out);
            }
            out.push('\'');
            self.at += 1;
        }
    }

    fn number_or_date(&mut self) -> &'t str {
        let start = self.at;
        self.at += usize::from(self.peek() == Some('-'));
        let digits = self.take_while(|c| c.is_ascii_digit());
        let date = digits.len() == 4 && self.peek() == Some('-');
        let time = digits.len() == 2 && self.peek() == Some(':');
        if date || time {
            self.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '.' | '+'));
        } else {
            self.take_while(|c| c.is_ascii_alphanumeric() || c == '.');
            // an exponent's sign belongs to the number
            if self.text[start..self.at].ends_with(['e', 'E']) && self.rest().starts_with(['+', '-']) {
                self.at += 1;
                self.take_while(|c| c.is_ascii_alphanumeric());
            }
        }
        &self.text[start..self.at]
    }
}

/// A GUID at the start of `text`, unless a name goes on behind it.
fn guid_prefix(text: &str) -> Option<&str> {
    let head = text.get(..36)?;
    let shaped = head.bytes().enumerate().all(|(i, b)| match i {
        8 | 13 | 18 | 23 => b == b'-',
        _ => b.is_ascii_hexdigit(),
    });
    let ends = !text[36..].starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    (shaped && ends).then_some(head)
}
