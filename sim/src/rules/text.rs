//! Characters that nobody sees, and others that rules speak of.

/// White space that is not one of ASCII's: a no-break space and its relatives.
pub(super) fn is_unicode_space(c: char) -> bool {
    !c.is_ascii() && c.is_whitespace()
}

/// Format and control characters that show as nothing: zero-width spaces and joiners, marks of writing
/// direction, the soft hyphen, the byte order mark, control characters other than white space.
pub(super) fn is_invisible(c: char) -> bool {
    c.is_control() && !c.is_whitespace()
        || matches!(
            u32::from(c),
            0xad | 0x61c | 0x180e | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f | 0xfeff | 0xfff9..=0xfffb
        )
}

/// Takes characters out; true if there were any.
pub(super) fn strip(text: &mut String, unwanted: impl Fn(char) -> bool) -> bool {
    let before = text.len();
    text.retain(|c| !unwanted(c));
    text.len() != before
}

/// The first so many characters.
pub(super) fn cut(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}

/// Without periods at its ends and with single ones inside.
pub(super) fn tidy_periods(text: &str) -> String {
    text.split('.').filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".")
}

/// Some text without periods at its ends and with single ones inside.
pub(super) fn is_tidy(text: &str) -> bool {
    let mut before = b'.';
    for byte in text.bytes() {
        if byte == b'.' && before == b'.' {
            return false;
        }
        before = byte;
    }
    before != b'.'
}

/// What RFC 5322 calls atext: the characters of a local part besides the period.
pub(super) fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(
            c,
            '!' | '#'
                | '$'
                | '%'
                | '&'
                | '\''
                | '*'
                | '+'
                | '-'
                | '/'
                | '='
                | '?'
                | '^'
                | '_'
                | '`'
                | '{'
                | '|'
                | '}'
                | '~'
        )
}
