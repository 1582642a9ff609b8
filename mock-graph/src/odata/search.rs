//! `$search`: phrases in double quotes, `"property:text"` or plain text, with AND, OR, NOT and parentheses.
//!
//! displayName and description are searched word by word, other properties from their beginning
//! (microsoft-graph.md section 3).

use super::condition::{Condition, Source, Test, fold};
use super::error::QueryError;
use super::metadata::{Entity, Type};
use super::words::words;

/// The deepest nesting.
const MAX_DEPTH: usize = 32;
/// The longest search, in bytes: each phrase is held against every object.
const MAX_LENGTH: usize = 2048;

/// Reads a `$search` for objects of a type.
pub(crate) fn search(entity: Entity, text: &str) -> Result<Condition, QueryError> {
    if text.len() > MAX_LENGTH {
        return Err(QueryError::new("search-too-long").arg("max", MAX_LENGTH));
    }
    let mut reader = Reader { entity, text, at: 0, depth: 0 };
    let condition = reader.any()?;
    if reader.rest().is_empty() { Ok(condition) } else { Err(reader.error()) }
}

struct Reader<'t> {
    entity: Entity,
    text: &'t str,
    at: usize,
    depth: usize,
}

impl<'t> Reader<'t> {
    fn rest(&mut self) -> &'t str {
        let rest = &self.text[self.at..];
        let trimmed = rest.trim_start();
        self.at += rest.len() - trimmed.len();
        trimmed
    }

    fn error(&self) -> QueryError {
        QueryError::new("search-syntax").arg("position", self.at).arg("search", self.text)
    }

    fn word(&mut self, word: &str) -> bool {
        let rest = self.rest();
        let found = rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
            && !rest[word.len()..].starts_with(char::is_alphanumeric);
        self.at += if found { word.len() } else { 0 };
        found
    }

    fn any(&mut self) -> Result<Condition, QueryError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error());
        }
        let mut parts = vec![self.all()?];
        while self.word("OR") {
            parts.push(self.all()?);
        }
        self.depth -= 1;
        Ok(Condition::Any(parts))
    }

    fn all(&mut self) -> Result<Condition, QueryError> {
        let mut parts = vec![self.one()?];
        // two phrases side by side are joined by AND
        while self.word("AND") || self.rest().starts_with(['"', '(']) {
            parts.push(self.one()?);
        }
        Ok(Condition::All(parts))
    }

    fn one(&mut self) -> Result<Condition, QueryError> {
        if self.word("NOT") {
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                return Err(self.error());
            }
            let inner = self.one()?;
            self.depth -= 1;
            return Ok(Condition::Not(Box::new(inner)));
        }
        match self.rest().chars().next() {
            Some('(') => {
                self.at += 1;
                let inner = self.any()?;
                if !self.rest().starts_with(')') {
                    return Err(self.error());
                }
                self.at += 1;
                Ok(inner)
            }
            Some('"') => {
                self.at += 1;
                let phrase = self.quoted()?;
                self.phrase(&phrase)
            }
            _ => Err(self.error()),
        }
    }

    /// The rest of a phrase to its closing quote; a backslash stands before a quote or a backslash that is meant.
    fn quoted(&mut self) -> Result<String, QueryError> {
        let mut out = String::new();
        let mut letters = self.text[self.at..].char_indices();
        while let Some((at, c)) = letters.next() {
            match c {
                '"' => {
                    self.at += at + 1;
                    return Ok(out);
                }
                '\\' => out.extend(letters.next().map(|(_, escaped)| escaped)),
                c => out.push(c),
            }
        }
        Err(self.error())
    }

    fn phrase(&self, phrase: &str) -> Result<Condition, QueryError> {
        let Some((name, value)) = phrase.split_once(':') else {
            // without a property the two that are split into words are meant
            let both = ["displayName", "description"];
            let parts = both.iter().filter_map(|name| self.condition(name, phrase)).collect();
            return Ok(Condition::Any(parts));
        };
        self.condition(name.trim(), value).ok_or_else(|| {
            QueryError::new("search-property")
                .arg("property", name.trim())
                .arg("resource", self.entity.resource())
                .unknown(format!("$search on {}", name.trim()))
        })
    }

    fn condition(&self, name: &str, value: &str) -> Option<Condition> {
        let info = self.entity.property(name).filter(|info| info.ty == Type::String)?;
        let source = Source::Property(info.id, None);
        let text = fold(value.trim());
        if info.collection {
            let inner = Condition::Test(Source::Item(None), Test::StartsWith(text));
            return Some(Condition::Exists(source, Some(Box::new(inner))));
        }
        let cut = matches!(info.name, "displayName" | "description");
        let test = if cut { Test::Words(words(value, false)) } else { Test::StartsWith(text) };
        Some(Condition::Test(source, test))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_and_their_connections_are_read() {
        let key = |text: &str| search(Entity::User, text).map_err(|error| error.key).err();
        for (text, expected) in [
            ("\"displayName:ada\"", None),
            ("\"displayName:ada\" OR \"mail:ada\"", None),
            ("\"displayName:ada\" AND (\"mail:a\" OR NOT \"mail:b\")", None),
            ("\"ada\"", None),
            ("displayName:ada", Some("search-syntax")),
            ("\"displayName:ada", Some("search-syntax")),
            ("", Some("search-syntax")),
            ("\"accountEnabled:true\"", Some("search-property")),
        ] {
            assert_eq!(key(text), expected, "{text}");
        }
        assert_eq!(key(&"(".repeat(2000)), Some("search-syntax"));
        assert_eq!(key(&"NOT ".repeat(500)), Some("search-syntax"));
        assert_eq!(key(&"\"a\" ".repeat(5000)), Some("search-too-long"));
    }
}
