//! Values of a dirty directory on their way to a terminal.

use forestbed_sim::dump::is_unsafe;

/// The text with everything escaped that a terminal would obey or hide: control characters, escape sequences,
/// bidirectional and zero-width marks. Lines stay one line: a line feed is escaped too.
pub fn escape_terminal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unsafe(c) { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    out
}

/// The same for a text of several lines, which stay apart.
pub fn escape_lines(text: &str) -> String {
    text.lines().map(escape_terminal).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_gets_through() {
        for (text, expected) in [
            ("plain é 名", "plain é 名"),
            ("\u{1b}[31mred", "\\u{1b}[31mred"),
            ("a\u{202e}b", "a\\u{202e}b"),
            ("a\u{200b}b\n", "a\\u{200b}b\\u{a}"),
            ("\u{9b}2J", "\\u{9b}2J"),
        ] {
            assert_eq!(escape_terminal(text), expected);
        }
        assert_eq!(escape_lines("a\u{1b}\nb"), "a\\u{1b}\nb");
    }
}
