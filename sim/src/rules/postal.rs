//! Postal codes by the format of the country.

use super::countries::Country;

/// Whether the code is as the country writes it; a country without a format takes everything.
pub(super) fn is_good(code: &str, country: &Country) -> bool {
    country.postal_codes.is_empty() || country.postal_codes.iter().any(|format| fits(code, format))
}

fn fits(code: &str, format: &str) -> bool {
    code.len() == format.len() && code.bytes().zip(format.bytes()).all(|(c, f)| is_of(c, f))
}

fn is_of(c: u8, format: u8) -> bool {
    match format {
        b'#' => c.is_ascii_digit(),
        b'@' => c.is_ascii_uppercase(),
        b'*' => c.is_ascii_digit() || c.is_ascii_uppercase(),
        _ => c == format,
    }
}

/// The same letters and digits as the country writes them; none when they are no code of it.
pub(super) fn repair(code: &str, country: &Country) -> Option<String> {
    let bare = |text: &str| -> Option<Vec<u8>> {
        let separator = |c: char| c.is_whitespace() || matches!(c, '-' | '.' | '\u{2013}');
        let kept: String = text.chars().filter(|c| !separator(*c)).collect();
        kept.bytes().all(|b| b.is_ascii_alphanumeric()).then(|| kept.to_ascii_uppercase().into_bytes())
    };
    let whole = bare(code)?;
    // NL-1016 GC, D-10117: the country before the code
    let after = code.split_once('-').filter(|(prefix, _)| {
        let prefix = prefix.trim();
        prefix.eq_ignore_ascii_case(country.alpha2)
            || prefix.len() == 1 && prefix.eq_ignore_ascii_case(&country.alpha2[..1])
    });
    let without_country = after.and_then(|(_, rest)| bare(rest));
    [Some(whole), without_country]
        .into_iter()
        .flatten()
        .find_map(|signs| country.postal_codes.iter().find_map(|format| written(&signs, format)))
}

fn written(signs: &[u8], format: &str) -> Option<String> {
    let mut left = signs.iter();
    let mut out = String::with_capacity(format.len());
    for f in format.bytes() {
        if matches!(f, b' ' | b'-') {
            out.push(char::from(f));
            continue;
        }
        let sign = *left.next()?;
        if !is_of(sign, f) {
            return None;
        }
        out.push(char::from(sign));
    }
    left.next().is_none().then_some(out)
}

#[cfg(test)]
mod tests {
    use super::super::countries::by_alpha2;
    use super::*;

    #[test]
    fn codes_are_judged_by_their_country() {
        let check = |country: &str, code: &str, good: bool, repaired: Option<&str>| {
            let country = by_alpha2(country).unwrap();
            assert_eq!(is_good(code, country), good, "{code}");
            assert_eq!(repair(code, country).as_deref(), repaired, "{code}");
        };
        // formats: UPU addressing systems
        check("NL", "1016 GC", true, Some("1016 GC"));
        check("NL", "1016gc", false, Some("1016 GC"));
        check("NL", "NL-1016 GC", false, Some("1016 GC"));
        check("NL", "1016", false, None);
        check("DE", "10117", true, Some("10117"));
        check("DE", "D-10117", false, Some("10117"));
        check("DE", "1011", false, None);
        check("SE", "11120", false, Some("111 20"));
        check("PL", "00116", false, Some("00-116"));
        check("GB", "SW1A1AA", false, Some("SW1A 1AA"));
        check("GB", "M3 1AZ", true, Some("M3 1AZ"));
        check("GB", "ec4y 1ae", false, Some("EC4Y 1AE"));
        check("US", "10017", true, Some("10017"));
        check("US", "100170001", false, Some("10017-0001"));
        check("CA", "k1a0b1", false, Some("K1A 0B1"));
        check("IE", "D02 AF30", true, Some("D02 AF30"));
        check("LV", "LV1010", false, Some("LV-1010"));
        check("AE", "anything", true, None);
    }

    #[test]
    fn offices_of_the_population_have_good_codes() {
        let lines = include_str!("../../data/offices.tsv").lines();
        let mut lines = lines.skip_while(|line| line.starts_with('#'));
        let head: Vec<&str> = lines.next().unwrap().split('\t').collect();
        let column = |name: &str| head.iter().position(|cell| *cell == name).unwrap();
        let (c, code) = (column("c"), column("postalCode"));
        for cells in lines.map(|line| line.split('\t').collect::<Vec<&str>>()) {
            assert!(is_good(cells[code], by_alpha2(cells[c]).unwrap()), "{}", cells[code]);
        }
    }
}
