//! How an organisation puts names together: `{given}.{family}`, `{g}{family}`, `{f6}{g2}`.

use super::person::Called;

/// A part of a name, or what stands between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    /// As it is.
    Text(&'static str),
    /// The given name, or so many of its first letters.
    Given(usize),
    /// The family name, or so many of its first letters.
    Family(usize),
    /// The last two digits of the year in which somebody came.
    Year,
}

/// A rule by which names are put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

impl Template {
    /// From a cell of the table: `{given}` and `{family}` are whole names, `{g}`, `{g2}`, `{f}`, `{f6}` their
    /// first letters, `{yy}` is a year.
    pub(super) fn parse(text: &'static str) -> Template {
        let mut pieces = Vec::new();
        for part in text.split('{') {
            let (token, rest) = part.split_once('}').unwrap_or(("", part));
            pieces.extend(Template::token(token));
            if !rest.is_empty() {
                pieces.push(Piece::Text(rest));
            }
        }
        Template(pieces)
    }

    fn token(token: &str) -> Option<Piece> {
        let letters = |count: &str| if count.is_empty() { 1 } else { count.parse().unwrap_or(1) };
        match token {
            "" => None,
            "given" => Some(Piece::Given(usize::MAX)),
            "family" => Some(Piece::Family(usize::MAX)),
            "yy" => Some(Piece::Year),
            _ => match token.split_at(1) {
                ("g", count) => Some(Piece::Given(letters(count))),
                ("f", count) => Some(Piece::Family(letters(count))),
                _ => None,
            },
        }
    }

    /// The name of somebody who is called so.
    pub(super) fn fill(&self, called: &Called<'_>) -> String {
        let mut out = String::with_capacity(called.given.len() + called.family.len() + 1);
        for piece in &self.0 {
            match *piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Given(count) => out.push_str(first(called.given, count)),
                Piece::Family(count) => out.push_str(first(called.family, count)),
                Piece::Year => out.push_str(&format!("{:02}", called.year % 100)),
            }
        }
        out
    }
}

fn first(text: &str, count: usize) -> &str {
    text.char_indices().nth(count).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_puts_names_together() {
        let check = |template: &'static str, expected: &str| {
            let called = Called { given: "jan", family: "vandenberg", year: 2024 };
            assert_eq!(Template::parse(template).fill(&called), expected, "{template}");
        };
        check("{given}.{family}", "jan.vandenberg");
        check("{g}{family}", "jvandenberg");
        check("{f6}{g2}", "vandenja");
        check("ext-{g}.{f}", "ext-j.v");
        check("{yy}{g}{family}", "24jvandenberg");
        check("{f99}", "vandenberg");
        check("", "");
    }
}
