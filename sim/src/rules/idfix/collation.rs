//! Comparing texts as .NET's linguistic comparisons do, as far as that was measured.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{decompose_canonical, is_combining_mark};

/// The characters of a text that are compared: lower case, composed, ligatures taken apart.
///
/// Measured to be equal: letters that differ in case, composed and decomposed forms, `ß` and `ss`, `æ` and
/// `ae`. Measured to differ: zero-width space, soft hyphen, Cyrillic look-alikes, full-width forms, hyphens.
pub(super) fn compared(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase).nfc().flat_map(|c| {
        let (first, second) = match c {
            'ß' => ('s', Some('s')),
            'æ' => ('a', Some('e')),
            c => (c, None),
        };
        std::iter::once(first).chain(second)
    })
}

/// Whether the text starts so, in any case.
pub(super) fn starts_with(text: &str, prefix: &str) -> bool {
    let mut text = compared(text);
    compared(prefix).all(|c| text.next() == Some(c))
}

/// Whether this stands anywhere in the text, in any case.
pub(super) fn contains(text: &str, part: &str) -> bool {
    let text: String = compared(text).collect();
    text.contains(&compared(part).collect::<String>())
}

/// What a distinguished name is sorted by in IdFix's grid.
///
/// A word sort (Microsoft's remarks on CompareString): what is neither letter nor digit first, then digits,
/// then letters; hyphens and apostrophes count only where everything else is equal, accents before them;
/// case never.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SortKey {
    letters: Vec<(u8, char)>,
    accents: Vec<(u32, char)>,
    marks: Vec<(u32, char)>,
}

impl SortKey {
    pub(super) fn new(text: &str) -> SortKey {
        let mut key = SortKey { letters: Vec::new(), accents: Vec::new(), marks: Vec::new() };
        for c in compared(text) {
            decompose_canonical(c, |part| key.push(part));
        }
        key
    }

    fn push(&mut self, c: char) {
        let at = self.letters.len() as u32;
        match c {
            '-' | '\'' => self.marks.push((at, c)),
            c if is_combining_mark(c) => self.accents.push((at, c)),
            c if c.is_numeric() => self.letters.push((1, c)),
            c if c.is_alphabetic() => self.letters.push((2, c)),
            c => self.letters.push((0, c)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: &str, other: &str) -> bool {
        compared(one).eq(compared(other))
    }

    #[test]
    fn what_was_measured_equal_is_equal_and_nothing_else() {
        // preparation-rules.md section 2.4
        for (one, other) in [("strasse", "straße"), ("æ", "ae"), ("jürgen", "ju\u{308}rgen"), ("DUP", "dup")]
        {
            assert!(same(one, other), "{one} {other}");
        }
        for (one, other) in [
            ("dup", "du\u{200b}p"),
            ("dup", "du\u{ad}p"),
            ("jan", "j\u{430}n"),
            ("jan", "\u{ff4a}an"),
            ("co-op", "coop"),
            ("dup", "dup "),
        ] {
            assert!(!same(one, other), "{one} {other}");
        }
    }

    #[test]
    fn prefixes_and_parts_are_found_in_any_case() {
        assert!(starts_with("GUESThouse", "Guest"));
        assert!(!starts_with("Gues", "Guest"));
        assert!(contains("CN=Jan\\0ACNF:1f05a927,DC=contoso", "ACNF:"));
        assert!(!contains("CN=Jan CNF,DC=contoso", "ACNF:"));
    }

    #[test]
    fn a_word_sort_puts_signs_before_digits_before_letters_and_passes_over_hyphens() {
        let mut names =
            vec!["CN=b", "CN=Co-op", "CN=A1", "CN=coop", "CN=a", "CN=Ä", "CN=a b", "CN=a-b", "CN=1", "CN=_"];
        names.sort_by_key(|name| SortKey::new(name));
        assert_eq!(
            names,
            ["CN=_", "CN=1", "CN=a", "CN=Ä", "CN=a b", "CN=A1", "CN=a-b", "CN=b", "CN=coop", "CN=Co-op"]
        );
    }
}
