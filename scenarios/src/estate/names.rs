//! Distinguished names as text: as much of RFC 4514 as a change step needs.

/// Where the first relative name of a distinguished name ends: at its first comma that is not escaped.
fn first_comma(name: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in name.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b',' => return at,
            _ => {}
        }
    }
    name.len()
}

/// The name of the parent; empty when there is none.
pub(super) fn parent(name: &str) -> &str {
    name.get(first_comma(name) + 1..).unwrap_or_default()
}

/// The first relative name.
pub(super) fn relative(name: &str) -> &str {
    &name[..first_comma(name)]
}

/// A value as it stands in a distinguished name.
pub(super) fn escape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let last = value.chars().count().saturating_sub(1);
    for (at, c) in value.chars().enumerate() {
        let special = matches!(c, '"' | '+' | ',' | ';' | '<' | '>' | '\\' | '=')
            || (at == 0 && matches!(c, ' ' | '#'))
            || (at == last && c == ' ');
        match c {
            '\0' => out.push_str("\\00"),
            c if special => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_at_commas_that_are_not_escaped() {
        let name = r"CN=Jansen\, Jan\\,OU=Sales,DC=contoso";
        assert_eq!(relative(name), r"CN=Jansen\, Jan\\");
        assert_eq!(parent(name), "OU=Sales,DC=contoso");
        assert_eq!(parent("DC=local"), "");
    }

    #[test]
    fn values_are_escaped_as_rfc_4514_says() {
        for (value, expected) in
            [("Jansen, Jan", r"Jansen\, Jan"), (" a ", r"\ a\ "), ("#1", r"\#1"), (r"a\b", r"a\\b")]
        {
            assert_eq!(escape(value), expected);
        }
    }
}
