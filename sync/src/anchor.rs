//! What a source anchor may look like (directory-sync.md, section 1.4).

/// A source anchor is shorter than this; a character that is neither a letter nor a digit of ASCII counts 3.
const MAX_LENGTH: usize = 60;
/// Characters that an anchor of text must not have.
const FORBIDDEN: &str = "\\!#$%&*+/=?^`{}|~<>()';:,[]\"@_";

/// What is wrong with an anchor; `encoded` for one that is the base64 of octets, whose characters are not looked
/// at.
pub(crate) fn problem(anchor: &str, encoded: bool) -> Option<String> {
    let shown: String = anchor.chars().take(MAX_LENGTH).collect();
    if !encoded && let Some(wrong) = anchor.chars().find(|character| FORBIDDEN.contains(*character)) {
        return Some(format!("the source anchor {shown:?} has the character {wrong:?}"));
    }
    let weight = |character: char| if encoded || character.is_ascii_alphanumeric() { 1 } else { 3 };
    let length: usize = anchor.chars().map(weight).sum();
    (length >= MAX_LENGTH).then(|| {
        format!(
            "the source anchor {shown:?} counts {length} characters, and must count fewer than {MAX_LENGTH}"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_counts_fewer_than_sixty_characters_and_others_than_letters_and_digits_count_three() {
        assert_eq!(problem(&"a".repeat(59), false), None);
        assert!(problem(&"a".repeat(60), false).is_some_and(|text| text.contains("counts 60")));
        assert_eq!(problem(&"-".repeat(19), false), None, "57");
        assert!(problem(&"-".repeat(20), false).is_some(), "60");
        assert!(problem(&"é".repeat(20), false).is_some(), "no letter of ASCII");
    }

    #[test]
    fn an_anchor_of_text_has_none_of_the_forbidden_characters_and_base64_may() {
        // the list of directory-sync.md, section 1.4
        for wrong in r#"\ ! # $ % & * + / = ? ^ ` { } | ~ < > ( ) ' ; : , [ ] " @ _"#.split(' ') {
            assert!(problem(&format!("ab{wrong}c"), false).is_some_and(|text| text.contains("character")));
        }
        assert_eq!(problem("Z0UjAauJ780BI0VniavN7w==", true), None);
        assert_eq!(problem("ab-c.d e", false), None);
    }
}
