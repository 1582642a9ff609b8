//! Telephone numbers: E.164 (a plus sign, the country's code, the national number, digits only), and how other
//! ways of writing one become that.

use super::countries::{self, Country};
use std::sync::LazyLock;

/// Most digits of an international number (ITU-T E.164).
const DIGITS_MAX: usize = 15;
/// Fewest digits that are a number at all.
const DIGITS_MIN: usize = 7;
/// Codes of services that belong to no country: freephone, shared cost, satellites, networks (ITU-T E.164.1).
const GLOBAL: [&str; 9] = ["800", "808", "870", "878", "881", "882", "883", "888", "979"];
/// What people write before a number.
const LABELS: [&str; 14] = [
    "tel",
    "telephone",
    "telefoon",
    "telefon",
    "phone",
    "t",
    "fax",
    "f",
    "mobile",
    "mob",
    "mobiel",
    "gsm",
    "cell",
    "m",
];

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Number {
    /// E.164, perhaps with single spaces between groups (ITU-T E.123).
    Good,
    /// A number that is written otherwise: what it is in E.164.
    Other(String),
    /// Letters, an extension, too few or too many digits: nothing that E.164 can say.
    Unclear,
}

/// Fewest and most national digits, by place of the calling code.
fn codes() -> &'static [Option<(usize, usize)>] {
    static CODES: LazyLock<Vec<Option<(usize, usize)>>> = LazyLock::new(|| {
        let mut codes = vec![None; 10 + 100 + 1000];
        let is_number = |code: &str| code.bytes().all(|b| b.is_ascii_digit());
        for country in countries::all().iter().filter(|country| is_number(country.calling_code)) {
            let Some(place) = place_of(country.calling_code.as_bytes()) else { continue };
            let (least, most) = country.national_digits;
            let (fewest, highest) = codes[place].unwrap_or((least, most));
            codes[place] = Some((least.min(fewest), most.max(highest)));
        }
        codes
    });
    &CODES
}

/// Those of one digit come first, then those of two, then those of three.
fn place_of(code: &[u8]) -> Option<usize> {
    let number = code.iter().fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'));
    match code.len() {
        1 => Some(number),
        2 => Some(10 + number),
        3 => Some(110 + number),
        _ => None,
    }
}

/// The digits after the plus sign are a country's code and a national number of a length that it has.
fn is_international(digits: &str) -> bool {
    if !(DIGITS_MIN..=DIGITS_MAX).contains(&digits.len()) {
        return false;
    }
    if GLOBAL.iter().any(|code| digits.starts_with(code)) {
        return true;
    }
    (1..=3).any(|length| {
        let (code, national) = digits.split_at(length);
        let known = place_of(code.as_bytes()).and_then(|place| codes()[place]);
        known.is_some_and(|(least, most)| (least..=most).contains(&national.len()))
    })
}

/// Judges a value; `country` is where its holder is.
pub(super) fn judge(value: &str, country: Option<&Country>) -> Number {
    if let Some(digits) = value.strip_prefix('+') {
        let bytes = digits.as_bytes();
        let spaced = |i: usize| bytes[i] == b' ' && i > 0 && bytes.get(i + 1).is_some_and(u8::is_ascii_digit);
        if (0..bytes.len()).all(|i| bytes[i].is_ascii_digit() || spaced(i)) {
            let good = match digits.contains(' ') {
                true => is_international(&digits.replace(' ', "")),
                false => is_international(digits),
            };
            return if good { Number::Good } else { Number::Unclear };
        }
    }
    match international(value, country) {
        Some(digits) if is_international(&digits) => Number::Other(format!("+{digits}")),
        _ => Number::Unclear,
    }
}

/// The digits of the international number, if the text is nothing but a number with separators.
fn international(value: &str, country: Option<&Country>) -> Option<String> {
    let text = without_label(value.trim());
    let separator = |c: char| c.is_whitespace() || "-./()\u{2010}\u{2011}\u{2012}\u{2013}".contains(c);
    let (plus, text) = match text.strip_prefix('+').or_else(|| text.strip_prefix("(+")) {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    // the digit in brackets is dialled inside the country only
    let bracketed = text.replace("(0)", "");
    let foreign = plus && bracketed.len() != text.len();
    let text = if foreign { bracketed.as_str() } else { text };
    if !text.chars().all(|c| c.is_ascii_digit() || separator(c)) {
        return None;
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if plus {
        return Some(digits);
    }
    let country = country.filter(|country| !country.calling_code.is_empty())?;
    let abroad = if country.calling_code == "1" { "011" } else { "00" };
    if let Some(digits) = digits.strip_prefix(abroad) {
        return Some(digits.to_owned());
    }
    let (least, most) = country.national_digits;
    // where nobody dials a prefix, every number is written whole
    let national = digits.strip_prefix(country.trunk_prefix).unwrap_or(&digits);
    let leading_zero = national.starts_with('0') && !country.trunk_prefix.is_empty();
    let fits = (least..=most).contains(&national.len()) && !leading_zero;
    fits.then(|| format!("{}{national}", country.calling_code))
}

/// Without `fax:` or `Tel.` before the number.
fn without_label(text: &str) -> &str {
    let Some(start) = text.find(|c: char| c.is_ascii_digit() || matches!(c, '+' | '(')) else { return text };
    let (label, number) = text.split_at(start);
    let word = label.trim().trim_end_matches([':', '.']).trim().to_lowercase();
    if LABELS.contains(&word.as_str()) { number } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, country: &str, expected: Number) {
        assert_eq!(judge(value, countries::by_alpha2(country)), expected, "{value} in {country}");
    }

    fn other(number: &str) -> Number {
        Number::Other(number.to_owned())
    }

    #[test]
    fn numbers_in_e164_are_good_with_spaces_and_without() {
        // national lengths: ITU-T E.164 numbering plans of the countries
        check("+31201234567", "NL", Number::Good);
        check("+31 20 123 4567", "NL", Number::Good);
        check("+31201234567", "", Number::Good);
        check("+4533123456", "NL", Number::Good);
        check("+390212345678", "IT", Number::Good);
        check("+12125550123", "US", Number::Good);
        check("+80012345678", "NL", Number::Good);
        check("+3120123456", "NL", Number::Unclear);
        check("+999123456789", "NL", Number::Unclear);
        check("+1234567890123456", "NL", Number::Unclear);
        check("+31 20  1234567", "NL", other("+31201234567"));
        // a code of three digits: Portugal, nine national digits
        check("+351212345678", "NL", Number::Good);
        check("+35121234567", "NL", Number::Unclear);
        check("+", "NL", Number::Unclear);
        check("", "NL", Number::Unclear);
    }

    #[test]
    fn other_ways_of_writing_become_e164() {
        check("020-1234567", "NL", other("+31201234567"));
        check("(020) 123 45 67", "NL", other("+31201234567"));
        check("06 12345678", "NL", other("+31612345678"));
        check("0031 20 1234567", "NL", other("+31201234567"));
        check("+31 (0)20 1234567", "NL", other("+31201234567"));
        check("+31-20-1234567", "NL", other("+31201234567"));
        check("fax: 020-1234567", "NL", other("+31201234567"));
        check("Tel. 030/12345678", "DE", other("+493012345678"));
        check("(212) 555-0123", "US", other("+12125550123"));
        check("1-212-555-0123", "US", other("+12125550123"));
        check("011 31 20 1234567", "US", other("+31201234567"));
        check("02 12345678", "IT", other("+390212345678"));
        check("33 12 34 56", "DK", other("+4533123456"));
        // in Italy the zero belongs to the number, in brackets or not
        check("(0)2 12345678", "IT", other("+390212345678"));
        check("020 7946 0123", "GB", other("+442079460123"));
    }

    #[test]
    fn what_e164_cannot_say_stays_as_it_is() {
        for value in [
            "020-1234567 (toestel 12)",
            "+31201234567 x12",
            "by appointment",
            "12",
            "020-CALL-ME",
            "reception 020",
        ] {
            check(value, "NL", Number::Unclear);
        }
        check("020-1234567", "", Number::Unclear);
        check("+31-20-12345", "NL", Number::Unclear);
        // no area code of North America begins with a zero
        check("012-555-0123", "US", Number::Unclear);
        check("020-1234567 / 020-7654321", "NL", Number::Unclear);
    }
}
