//! The words of a text, as `$search` cuts display names and descriptions.

use super::condition::fold;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Lower,
    /// Letters without a lower case count as small ones.
    Upper,
    Digit,
    Symbol,
    Space,
}

fn class(c: char) -> Class {
    match c {
        c if c.is_whitespace() => Class::Space,
        c if c.is_numeric() => Class::Digit,
        c if c.is_uppercase() => Class::Upper,
        c if c.is_alphabetic() => Class::Lower,
        _ => Class::Symbol,
    }
}

/// The words of a text, folded: cut at spaces and symbols, where a capital follows a small letter, and between
/// letters and digits. With `whole`, what stands between two spaces counts as a word too, its symbols left out:
/// `helloworld` finds `hello-world` and `HelloWorld`.
pub(crate) fn words(text: &str, whole: bool) -> Vec<String> {
    let mut out = Vec::new();
    for run in text.split_whitespace() {
        let (mut word, mut last) = (String::new(), Class::Space);
        let (mut all, before) = (String::new(), out.len());
        for c in run.chars() {
            let own = class(c);
            let digit = |class| class == Class::Digit;
            let cut = own == Class::Symbol
                || last == Class::Lower && own == Class::Upper
                || last != Class::Symbol && last != Class::Space && digit(last) != digit(own);
            if cut && !word.is_empty() {
                out.push(fold(&word));
                word.clear();
            }
            if own != Class::Symbol {
                word.push(c);
                all.push(c);
            }
            last = own;
        }
        if !word.is_empty() {
            out.push(fold(&word));
        }
        if whole && out.len() > before + 1 {
            out.push(fold(&all));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_as_the_documents_of_search_say() {
        // docs/decisions/0023: from memory of Microsoft's page on $search
        for (text, expected) in [
            ("hello world", "hello world"),
            ("HelloWorld", "hello world helloworld"),
            ("helloWORLD", "hello world helloworld"),
            ("HELLOworld", "helloworld"),
            ("hello.world", "hello world helloworld"),
            ("hello123world", "hello 123 world hello123world"),
            ("Søren O'Brien", "søren o brien obrien"),
            ("--- 李 ...", "李"),
            ("", ""),
        ] {
            assert_eq!(words(text, true).join(" "), expected, "{text}");
        }
        assert_eq!(words("HelloWorld", false).join(" "), "hello world");
    }
}
