//! Values of a dirty directory reach a terminal or a file with their tricks made visible.

/// Whether a character may change how the text around it is shown: control characters, bidirectional marks,
/// invisible ones.
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The text with each [unsafe](is_unsafe) character and each backslash written as an escape: `\u{202e}`, `\\`.
///
/// ```
/// use forestbed_sim::dump::escape_text;
/// assert_eq!(escape_text("a\u{1b}[31mb"), "a\\u{1b}[31mb");
/// assert_eq!(escape_text(r"CONTOSO\ada"), r"CONTOSO\\ada");
/// ```
pub fn escape_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            c if is_unsafe(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}
