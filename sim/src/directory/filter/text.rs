//! The text form of filters (RFC 4515).

use super::{Filter, FilterError};
use std::fmt::{self, Display as _};

/// An open `&`, `|` or `!` and what it holds so far.
struct Open {
    kind: u8,
    children: Vec<Filter>,
}

impl Filter {
    /// Reads the text form of RFC 4515. Parentheses around the whole may be missing.
    ///
    /// # Errors
    /// [`FilterError`] says where reading stopped.
    pub fn parse(text: &str) -> Result<Filter, FilterError> {
        let text = text.trim();
        let wrapped;
        let text = if text.starts_with('(') {
            text
        } else {
            wrapped = format!("({text})");
            &wrapped
        };
        let bytes = text.as_bytes();
        let (mut at, mut open): (usize, Vec<Open>) = (0, Vec::new());
        loop {
            let mut done = match bytes.get(at) {
                Some(b'(') => match bytes.get(at + 1) {
                    Some(kind @ (b'&' | b'|' | b'!')) => {
                        open.push(Open { kind: *kind, children: Vec::new() });
                        at += 2;
                        continue;
                    }
                    _ => {
                        let end = bytes[at..].iter().position(|b| *b == b')').map(|length| at + length);
                        let end = end.ok_or(FilterError { at: bytes.len(), message: "')' is missing" })?;
                        let item = item(&text[at + 1..end], at + 1)?;
                        at = end + 1;
                        item
                    }
                },
                Some(b')') => {
                    let top = open.pop().ok_or(FilterError { at, message: "')' closes nothing" })?;
                    at += 1;
                    close(top, at)?
                }
                Some(b' ') => {
                    at += 1;
                    continue;
                }
                Some(_) => return Err(FilterError { at, message: "'(' expected" }),
                None => return Err(FilterError { at, message: "')' is missing" }),
            };
            match open.last_mut() {
                Some(parent) => parent.children.push(std::mem::replace(&mut done, Filter::And(Vec::new()))),
                None if at == bytes.len() => return Ok(done),
                None => return Err(FilterError { at, message: "nothing may follow the last ')'" }),
            }
        }
    }
}

fn close(open: Open, at: usize) -> Result<Filter, FilterError> {
    match open.kind {
        b'&' => Ok(Filter::And(open.children)),
        b'|' => Ok(Filter::Or(open.children)),
        _ => {
            let mut children = open.children;
            match (children.pop(), children.is_empty()) {
                (Some(child), true) => Ok(Filter::Not(Box::new(child))),
                _ => Err(FilterError { at, message: "'!' takes exactly one filter" }),
            }
        }
    }
}

fn unescape(text: &str, at: usize) -> Result<Vec<u8>, FilterError> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes().enumerate();
    while let Some((i, byte)) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let mut digit = || bytes.next().and_then(|(_, b)| (b as char).to_digit(16));
        match (digit(), digit()) {
            (Some(high), Some(low)) => out.push((high << 4 | low) as u8),
            _ => return Err(FilterError { at: at + i, message: "'\\' takes two hexadecimal digits" }),
        }
    }
    Ok(out)
}

/// Reads `attribute<operator>value`.
fn item(text: &str, at: usize) -> Result<Filter, FilterError> {
    let equals = text.find('=').ok_or(FilterError { at, message: "'=' is missing" })?;
    let (left, right) = (&text[..equals], &text[equals + 1..]);
    let value_at = at + equals + 1;
    let name = |text: &str| {
        let text = text.trim();
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ';' | '_');
        if text.is_empty() || !text.chars().all(fits) {
            return Err(FilterError { at, message: "an attribute name is expected" });
        }
        Ok(text.to_owned())
    };
    if let Some(left) = left.strip_suffix('>') {
        return Ok(Filter::GreaterOrEqual { attribute: name(left)?, value: unescape(right, value_at)? });
    }
    if let Some(left) = left.strip_suffix('<') {
        return Ok(Filter::LessOrEqual { attribute: name(left)?, value: unescape(right, value_at)? });
    }
    if let Some(left) = left.strip_suffix('~') {
        return Ok(Filter::Approx { attribute: name(left)?, value: unescape(right, value_at)? });
    }
    if let Some(left) = left.strip_suffix(':') {
        let mut parts = left.split(':');
        let attribute = parts.next().filter(|part| !part.is_empty()).map(name).transpose()?;
        let (mut dn_attributes, mut rule) = (false, None);
        for part in parts {
            if part.eq_ignore_ascii_case("dn") && !dn_attributes {
                dn_attributes = true;
            } else {
                rule = Some(name(part)?);
            }
        }
        if attribute.is_none() && rule.is_none() {
            return Err(FilterError { at, message: "an attribute or a matching rule is expected" });
        }
        return Ok(Filter::Extensible { attribute, rule, value: unescape(right, value_at)?, dn_attributes });
    }
    let attribute = name(left)?;
    if right == "*" {
        return Ok(Filter::Present(attribute));
    }
    if !right.contains('*') {
        return Ok(Filter::Equality { attribute, value: unescape(right, value_at)? });
    }
    let parts: Vec<Vec<u8>> =
        right.split('*').map(|part| unescape(part, value_at)).collect::<Result<_, _>>()?;
    let last = parts.len() - 1;
    let some = |part: &Vec<u8>| (!part.is_empty()).then(|| part.clone());
    Ok(Filter::Substrings {
        attribute,
        initial: some(&parts[0]),
        any: parts[1..last].iter().filter_map(some).collect(),
        last: some(&parts[last]),
    })
}

/// A value with everything escaped that is not plain text.
struct Escaped<'a>(&'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let special = |c: char| matches!(c, '*' | '(' | ')' | '\\') || c.is_ascii_control();
        for chunk in self.0.utf8_chunks() {
            // what needs no escape goes in one piece: every search is written so into the journal
            let mut rest = chunk.valid();
            while let Some(at) = rest.find(special) {
                let (plain, after) = rest.split_at(at);
                f.write_str(plain)?;
                write!(f, "\\{:02x}", after.as_bytes()[0])?;
                rest = &after[1..];
            }
            f.write_str(rest)?;
            chunk.invalid().iter().try_for_each(|byte| write!(f, "\\{byte:02x}"))?;
        }
        Ok(())
    }
}

/// What is still to be written.
enum Todo<'a> {
    Filter(&'a Filter),
    Close,
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.attribute().is_some() {
            return write_item(self, f);
        }
        let mut todo = vec![Todo::Filter(self)];
        while let Some(next) = todo.pop() {
            let (sign, children): (_, &[Filter]) = match next {
                Todo::Close => {
                    f.write_str(")")?;
                    continue;
                }
                Todo::Filter(Filter::And(list)) => ("(&", list),
                Todo::Filter(Filter::Or(list)) => ("(|", list),
                Todo::Filter(Filter::Not(inner)) => ("(!", std::slice::from_ref(inner)),
                Todo::Filter(item) => {
                    write_item(item, f)?;
                    continue;
                }
            };
            f.write_str(sign)?;
            todo.push(Todo::Close);
            todo.extend(children.iter().rev().map(Todo::Filter));
        }
        Ok(())
    }
}

fn write_item(filter: &Filter, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match filter {
        Filter::Equality { attribute, value } => {
            ["(", attribute, "="].into_iter().try_for_each(|part| f.write_str(part))?;
            Escaped(value).fmt(f)?;
            f.write_str(")")
        }
        Filter::GreaterOrEqual { attribute, value } => write!(f, "({attribute}>={})", Escaped(value)),
        Filter::LessOrEqual { attribute, value } => write!(f, "({attribute}<={})", Escaped(value)),
        Filter::Approx { attribute, value } => write!(f, "({attribute}~={})", Escaped(value)),
        Filter::Present(attribute) => write!(f, "({attribute}=*)"),
        Filter::Substrings { attribute, initial, any, last } => {
            write!(f, "({attribute}={}*", Escaped(initial.as_deref().unwrap_or_default()))?;
            any.iter().try_for_each(|part| write!(f, "{}*", Escaped(part)))?;
            write!(f, "{})", Escaped(last.as_deref().unwrap_or_default()))
        }
        Filter::Extensible { attribute, rule, value, dn_attributes } => {
            write!(f, "({}", attribute.as_deref().unwrap_or_default())?;
            write!(f, "{}", if *dn_attributes { ":dn" } else { "" })?;
            rule.iter().try_for_each(|rule| write!(f, ":{rule}"))?;
            write!(f, ":={})", Escaped(value))
        }
        Filter::And(_) | Filter::Or(_) | Filter::Not(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_read_and_write_as_rfc_4515_shows_them() {
        // the examples of RFC 4515 section 4
        for text in [
            "(cn=Babs Jensen)",
            "(!(cn=Tim Howes))",
            "(&(objectClass=Person)(|(sn=Jensen)(cn=Babs J*)))",
            "(o=univ*of*mich*)",
            "(seeAlso=)",
            "(cn:caseExactMatch:=Fred Flintstone)",
            "(cn:=Betty Rubble)",
            "(sn:dn:2.4.6.8.10:=Barney Rubble)",
            "(o:dn:=Ace Industry)",
            "(:1.2.3:=Wilma Flintstone)",
            "(:dn:2.4.6.8.10:=Dino)",
            r"(o=Parens R Us \28for all your parenthetical needs\29)",
            r"(cn=*\2a*)",
            r"(filename=C:\5cMyFile)",
            r"(bin=\00\00\00\04)",
            "(sn=Lučić)",
            "(a>=1)",
            "(a<=1)",
            "(a~=1)",
            "(a=*)",
            "(&)",
        ] {
            assert_eq!(Filter::parse(text).map(|f| f.to_string()), Ok(text.to_owned()));
        }
        assert_eq!(Filter::parse("cn=a").map(|f| f.to_string()), Ok("(cn=a)".to_owned()));
        for bad in [
            "",
            "(",
            "(cn=a",
            "(cn)",
            "(!(a=b)(c=d))",
            "(!)",
            "(a=b))",
            "(a=b)x",
            r"(a=\g0)",
            "(=a)",
            "(:=a)",
        ] {
            assert!(Filter::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn ten_thousand_levels_overflow_nothing() {
        let text = format!("{}(cn=a){}", "(!".repeat(10_000), ")".repeat(10_000));
        let filter = Filter::parse(&text).unwrap();
        assert_eq!(filter.to_string(), text);
    }

    proptest! {
        #[test]
        fn arbitrary_text_is_read_or_refused(text in "[()&|!=*a:<>~\\\\0 ]{0,24}") {
            if let Ok(filter) = Filter::parse(&text) {
                prop_assert_eq!(Filter::parse(&filter.to_string()), Ok(filter));
            }
        }
    }
}
