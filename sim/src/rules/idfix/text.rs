//! Texts as .NET counts and cuts them.

/// The first `max` UTF-16 code units, if there are more. Half of a surrogate pair becomes U+FFFD, which is
/// what .NET writes to a file or a wire in its place.
pub(super) fn cut(text: &str, max: usize) -> Option<String> {
    // a text has at most as many UTF-16 code units as bytes
    if text.len() <= max || text.encode_utf16().count() <= max {
        return None;
    }
    let units: Vec<u16> = text.encode_utf16().take(max).collect();
    Some(String::from_utf16_lossy(&units))
}

/// Where `smtp:` stands in the text, in any case, at any place.
pub(super) fn mentions_smtp(text: &str) -> bool {
    text.as_bytes().windows(5).any(|window| window.eq_ignore_ascii_case(b"smtp:"))
}

/// A boolean as .NET converts it; none where that throws.
pub(super) fn boolean(text: &str) -> Option<bool> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    if is("true") { Some(true) } else { is("false").then_some(false) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_utf_16_code_units() {
        assert_eq!(cut("abc", 3), None);
        assert_eq!(cut("abcd", 3).as_deref(), Some("abc"));
        assert_eq!(cut("äöüß", 4), None);
        // one emoji is two code units
        assert_eq!(cut("ab😀", 4), None);
        assert_eq!(cut("ab😀", 3).as_deref(), Some("ab\u{fffd}"));
    }

    #[test]
    fn booleans_are_what_dotnet_converts() {
        for (text, expected) in
            [("TRUE", Some(true)), (" false\0", Some(false)), ("True ", Some(true)), ("1", None), ("", None)]
        {
            assert_eq!(boolean(text), expected, "{text:?}");
        }
    }
}
