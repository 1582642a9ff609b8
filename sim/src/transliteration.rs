//! Letters with marks to ASCII, as the people of a locale write them in addresses and account names.
//!
//! The table is `data/transliteration.tsv`; a letter that it does not name loses its marks. One text can have
//! several right results (`ü` is `ue` to a German and `u` to a Swede): [`variants`] names them all.

use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// The locale of a text of which nothing is known.
pub const ANY_LOCALE: &str = "*";

struct Letter {
    locale: &'static str,
    letter: char,
    ascii: &'static str,
}

fn table() -> &'static [Letter] {
    static TABLE: LazyLock<Vec<Letter>> = LazyLock::new(|| {
        include_str!("../data/transliteration.tsv").lines().skip(1).filter_map(letter).collect()
    });
    &TABLE
}

fn letter(line: &'static str) -> Option<Letter> {
    let mut cells = line.split('\t');
    Some(Letter { locale: cells.next()?, letter: cells.next()?.chars().next()?, ascii: cells.next()? })
}

/// The text in ASCII as the locale (`de`, `sv`... or [`ANY_LOCALE`]) writes it. Letters of other scripts
/// are romanized; what has no letters is dropped.
///
/// ```
/// use forestbed_sim::transliteration::transliterate;
/// assert_eq!(transliterate("de", "Jürgen Groß"), "Juergen Gross");
/// assert_eq!(transliterate("sv", "Åsa Öberg"), "Asa Oberg");
/// ```
pub fn transliterate(locale: &str, text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.nfc() {
        push_letter(locale, c, &mut out);
    }
    out
}

fn push_letter(locale: &str, c: char, out: &mut String) {
    if c.is_ascii() {
        return out.push(c);
    }
    let lower = c.to_lowercase().next().unwrap_or(c);
    let find = |locale: &str| table().iter().find(|l| l.locale == locale && l.letter == lower);
    if let Some(entry) = find(locale).or_else(|| find(ANY_LOCALE)) {
        let mut letters = entry.ascii.chars();
        let first = letters.next().map(|l| if c == lower { l } else { l.to_ascii_uppercase() });
        out.extend(first);
        out.extend(letters);
        return;
    }
    let bare: String = c.nfd().filter(|part| !is_combining_mark(*part)).collect();
    if bare.is_ascii() {
        out.push_str(&bare);
    } else {
        out.extend(deunicode::deunicode(&bare).chars().filter(char::is_ascii_alphanumeric));
    }
}

/// Every right result over all locales, each once, the one without a known locale first.
///
/// ```
/// use forestbed_sim::transliteration::variants;
/// assert_eq!(variants("müller"), ["muller", "mueller"]);
/// ```
pub fn variants(text: &str) -> Vec<String> {
    let mut found = vec![transliterate(ANY_LOCALE, text)];
    for entry in table() {
        let variant = transliterate(entry.locale, text);
        if !found.contains(&variant) {
            found.push(variant);
        }
    }
    found
}

/// Whether this is an ASCII character or a Latin letter with marks (or a mark itself): what transliteration
/// can be trusted with. A Cyrillic letter that looks Latin is not.
pub fn is_latin(c: char) -> bool {
    c.is_ascii()
        || is_combining_mark(c)
        || c.is_alphabetic() && matches!(u32::from(c), 0xaa..=0x24f | 0x1e00..=0x1eff | 0xfb00..=0xfb06)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_locale_writes_its_letters_its_own_way() {
        // data/transliteration.tsv and DESIGN section 1 (ü->ue, å->a, ł->l, é->e, ø->oe)
        let check = |locale: &str, text: &str, expected: &str| {
            assert_eq!(transliterate(locale, text), expected, "{locale} {text}");
        };
        check("de", "Müller", "Mueller");
        check("de", "Ärztin Weiß", "Aerztin Weiss");
        check("de", "André", "Andre");
        check("sv", "Björn Åkerström", "Bjorn Akerstrom");
        check("sv", "Göran", "Goran");
        check("da", "Søren Kjær Ågård", "Soeren Kjaer Aagaard");
        check("pl", "Łukasz Wójcik", "Lukasz Wojcik");
        check("pl", "Żółć", "Zolc");
        check("fr", "François Lefèvre", "Francois Lefevre");
        check("fr", "Sœur", "Soeur");
        check("nl", "Daniël", "Daniel");
        // ICAO Doc 9303 part 3: Å AA, Ø OE, Æ AE; Ş S, Ğ G, İ I, ı I; Ő O, Ű U; Ř R, Ů U; Ñ N
        check("nb", "Håkon Ødegård Sæther", "Haakon Oedegaard Saether");
        check("tr", "Çağlar Işık", "Caglar Isik");
        check("tr", "İbrahim Öztürk Şahin", "Ibrahim Ozturk Sahin");
        check("hu", "Győző Szűcs", "Gyozo Szucs");
        check("cs", "Růžena Dvořáková", "Ruzena Dvorakova");
        check("es", "Íñigo Núñez", "Inigo Nunez");
        check("pt", "João Conceição", "Joao Conceicao");
        check("fi", "Väinö Hämäläinen", "Vaino Hamalainen");
        check("*", "Þór", "Thor");
        check("*", "u\u{308}", "u");
        check("en", "O'Brien", "O'Brien");
    }

    #[test]
    fn a_letter_may_have_several_right_results() {
        assert_eq!(variants("jürgen"), ["jurgen", "juergen"]);
        assert_eq!(variants("andré"), ["andre"]);
        assert_eq!(variants("søren"), ["soren", "soeren"]);
    }

    #[test]
    fn a_cyrillic_look_alike_is_not_latin() {
        assert!("Jürgenß é".chars().all(is_latin));
        assert!(!is_latin('\u{430}') && !is_latin('山') && !is_latin('\u{200b}'));
    }
}
