//! Tokens to a tree: precedence from loose to tight is `or`, `and`, comparisons (with `in` and `has`), sums,
//! products, `not` and minus, then literals, paths, calls, lambdas and parentheses.

use super::ast::{BinaryOp, Expr, Lambda, Literal};
use super::error::QueryError;
use super::lexer::{Token, tokens};
use forestbed_sim::clock::SimTime;
use forestbed_sim::ids::Guid;

/// The deepest nesting, so that no expression can exhaust the stack.
const MAX_DEPTH: usize = 64;

/// Reads a whole expression.
pub(crate) fn parse(text: &str) -> Result<Expr, QueryError> {
    let tokens = tokens(text)?;
    let mut parser = Parser { text, tokens, at: 0, depth: 0 };
    let expr = parser.expression()?;
    match parser.peek() {
        Token::End => Ok(expr),
        _ => Err(parser.error("filter-syntax-error")),
    }
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<super::lexer::Spanned>,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        &self.tokens[self.at.min(self.tokens.len() - 1)].token
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    /// An error at the end of the current token, as the OData library counts.
    fn error(&self, key: &'static str) -> QueryError {
        self.error_at(self.at, key)
    }

    /// An error at the end of one token: each copies the filter, so it is made only where it is said.
    fn error_at(&self, token: usize, key: &'static str) -> QueryError {
        let position = self.tokens[token.min(self.tokens.len() - 1)].span.end;
        QueryError::new(key).arg("position", position).arg("filter", self.text)
    }

    fn eat(&mut self, mark: char) -> bool {
        let found = *self.peek() == Token::Mark(mark);
        if found {
            self.next();
        }
        found
    }

    fn expect(&mut self, mark: char, key: &'static str) -> Result<(), QueryError> {
        if self.eat(mark) { Ok(()) } else { Err(self.error(key)) }
    }

    fn keyword(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Token::Name(name) if name.eq_ignore_ascii_case(word));
        if found {
            self.next();
        }
        found
    }

    fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T, QueryError>) -> Result<T, QueryError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(QueryError::new("filter-too-deep"));
        }
        let out = parse(self);
        self.depth -= 1;
        out
    }

    fn expression(&mut self) -> Result<Expr, QueryError> {
        self.deeper(|p| p.chain("or", |p| p.chain("and", Self::comparison, Expr::And), Expr::Or))
    }

    fn chain(
        &mut self,
        word: &str,
        operand: impl Fn(&mut Self) -> Result<Expr, QueryError>,
        make: impl Fn(Vec<Expr>) -> Expr,
    ) -> Result<Expr, QueryError> {
        let first = operand(self)?;
        let mut parts = vec![first];
        while self.keyword(word) {
            parts.push(operand(self)?);
        }
        match parts.len() {
            1 => parts.pop().ok_or_else(|| self.error("filter-expression-expected")),
            _ => Ok(make(parts)),
        }
    }

    fn comparison(&mut self) -> Result<Expr, QueryError> {
        let mut left = self.binary(1)?;
        for _ in 0..MAX_DEPTH {
            if self.keyword("in") {
                left = Expr::In(Box::new(left), self.list()?);
            } else if let Some(op) = self.operator(0) {
                let right = self.binary(1)?;
                left = Expr::Binary(op, Box::new(left), Box::new(right));
            } else {
                return Ok(left);
            }
        }
        Err(QueryError::new("filter-too-deep"))
    }

    fn binary(&mut self, level: u8) -> Result<Expr, QueryError> {
        let operand = |p: &mut Self| if level == 2 { p.unary() } else { p.binary(level + 1) };
        let mut left = operand(self)?;
        for _ in 0..MAX_DEPTH {
            let Some(op) = self.operator(level) else { return Ok(left) };
            left = Expr::Binary(op, Box::new(left), Box::new(operand(self)?));
        }
        Err(QueryError::new("filter-too-deep"))
    }

    fn operator(&mut self, level: u8) -> Option<BinaryOp> {
        let Token::Name(name) = self.peek() else { return None };
        let op = BinaryOp::of(name).filter(|op| op.level() == level)?;
        self.next();
        Some(op)
    }

    fn unary(&mut self) -> Result<Expr, QueryError> {
        if self.keyword("not") {
            return self.deeper(Self::unary).map(|inner| Expr::Not(Box::new(inner)));
        }
        if self.eat('-') {
            return self.deeper(Self::unary).map(|inner| Expr::Negate(Box::new(inner)));
        }
        self.primary()
    }

    fn primary(&mut self) -> Result<Expr, QueryError> {
        let at = self.at;
        match self.next() {
            Token::Text(text) => Ok(Expr::Literal(Literal::Text(text))),
            Token::Prefixed(prefix, text) => Ok(Expr::Literal(prefixed(prefix, text))),
            Token::Bare(text) => {
                bare(text).map(Expr::Literal).ok_or_else(|| self.error_at(at, "filter-syntax-error"))
            }
            Token::Mark('(') => {
                let inner = self.expression()?;
                self.expect(')', "filter-close-paren-or-operator-expected")?;
                Ok(inner)
            }
            Token::Name(name) => self.named(name),
            Token::Mark(_) | Token::End => Err(self.error_at(at, "filter-expression-expected")),
        }
    }

    fn named(&mut self, name: String) -> Result<Expr, QueryError> {
        match name.as_str() {
            "null" => return Ok(Expr::Literal(Literal::Null)),
            "INF" | "NaN" => return Ok(Expr::Literal(Literal::Decimal(name))),
            _ if name.eq_ignore_ascii_case("true") => return Ok(Expr::Literal(Literal::Bool(true))),
            _ if name.eq_ignore_ascii_case("false") => return Ok(Expr::Literal(Literal::Bool(false))),
            _ => {}
        }
        if *self.peek() == Token::Mark('(') {
            return self.list_or_empty().map(|args| Expr::Call(name, args));
        }
        let mut path = vec![name];
        while self.eat('/') {
            let at = self.at;
            let Token::Name(segment) = self.next() else {
                return Err(self.error_at(at, "filter-syntax-error"));
            };
            if *self.peek() == Token::Mark('(') {
                return self.lambda(path, &segment);
            }
            path.push(segment);
            if path.len() > MAX_DEPTH {
                return Err(QueryError::new("filter-too-deep"));
            }
        }
        Ok(Expr::Path(path))
    }

    fn lambda(&mut self, path: Vec<String>, word: &str) -> Result<Expr, QueryError> {
        let all = word.eq_ignore_ascii_case("all");
        if !all && !word.eq_ignore_ascii_case("any") {
            return Err(QueryError::new("filter-unknown-function")
                .arg("function", word)
                .unknown(format!("filter function {word}")));
        }
        self.expect('(', "filter-open-paren-expected")?;
        if !all && self.eat(')') {
            return Ok(Expr::Lambda(Box::new(Lambda { path, all, body: None })));
        }
        let at = self.at;
        let Token::Name(variable) = self.next() else {
            return Err(self.error_at(at, "filter-syntax-error"));
        };
        self.expect(':', "filter-syntax-error")?;
        let body = self.expression()?;
        self.expect(')', "filter-close-paren-or-operator-expected")?;
        Ok(Expr::Lambda(Box::new(Lambda { path, all, body: Some((variable, body)) })))
    }

    fn list(&mut self) -> Result<Vec<Expr>, QueryError> {
        let list = self.list_or_empty()?;
        if list.is_empty() { Err(self.error("filter-expression-expected")) } else { Ok(list) }
    }

    fn list_or_empty(&mut self) -> Result<Vec<Expr>, QueryError> {
        self.expect('(', "filter-open-paren-expected")?;
        let mut items = Vec::new();
        if self.eat(')') {
            return Ok(items);
        }
        loop {
            items.push(self.expression()?);
            if self.eat(')') {
                return Ok(items);
            }
            self.expect(',', "filter-close-paren-or-comma-expected")?;
        }
    }
}

fn prefixed(prefix: String, text: String) -> Literal {
    // `guid'...'` and `datetime'...'` are OData 3, which some clients still write
    match prefix.to_ascii_lowercase().as_str() {
        "guid" => Guid::parse(&text).map_or(Literal::Prefixed(prefix, text), Literal::Guid),
        _ => Literal::Prefixed(prefix, text),
    }
}

fn bare(text: String) -> Option<Literal> {
    if text.len() == 36
        && let Some(guid) = Guid::parse(&text)
    {
        return Some(Literal::Guid(guid));
    }
    if let Ok(number) = text.parse::<i64>() {
        return Some(Literal::Integer(number));
    }
    let digits = |range: std::ops::Range<usize>| {
        text.get(range).is_some_and(|part| part.bytes().all(|b| b.is_ascii_digit()))
    };
    if text.len() >= 10 && digits(0..4) && &text[4..5] == "-" {
        let midnight = SimTime::parse_rfc3339(&format!("{text}T00:00:00Z"));
        if text.len() == 10 {
            return midnight.map(|_| Literal::Date(text));
        }
        return SimTime::parse_rfc3339(&text).map(|time| Literal::Instant(time, text));
    }
    if text.len() >= 5 && digits(0..2) && &text[2..3] == ":" {
        let whole = SimTime::parse_rfc3339(&format!(
            "2000-01-01T{text}{}Z",
            &":00"[..3 * usize::from(text.len() == 5)]
        ));
        return whole.map(|_| Literal::TimeOfDay(text));
    }
    let number = text.trim_end_matches(['f', 'F', 'd', 'D', 'm', 'M', 'l', 'L']);
    let suffixed = text.len() - number.len() <= 1;
    let finite = number.parse::<f64>().is_ok_and(f64::is_finite);
    (suffixed && finite).then_some(Literal::Decimal(text))
}
