//! Countries: ISO 3166 codes, names, telephone numbering and postal codes, from `data/countries.tsv`.

use super::spellings::fold;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// One country or area of ISO 3166-1.
#[derive(Debug)]
pub(super) struct Country {
    pub(super) alpha2: &'static str,
    alpha3: &'static str,
    /// Codes that people use for it and that ISO 3166 gives to nobody.
    other_codes: Vec<&'static str>,
    pub(super) numeric: u32,
    /// As the address book shows it.
    pub(super) name: &'static str,
    other_names: Vec<&'static str>,
    pub(super) calling_code: &'static str,
    /// What is dialled before a national number inside the country, and left out from abroad.
    pub(super) trunk_prefix: &'static str,
    /// How many digits a national number has.
    pub(super) national_digits: (usize, usize),
    /// `#` a digit, `@` a letter, `*` either; everything else stands for itself.
    pub(super) postal_codes: Vec<&'static str>,
    /// An address without a state or province is not complete.
    pub(super) needs_state: bool,
}

struct Countries {
    rows: Vec<Country>,
    by_code: BTreeMap<&'static str, usize>,
    /// By the two letters of alpha-2: see [`place_of`].
    by_letters: Vec<Option<usize>>,
    by_name: BTreeMap<String, usize>,
}

fn cell(cell: &'static str) -> &'static str {
    if cell == "-" { "" } else { cell }
}

fn list(text: &'static str) -> Vec<&'static str> {
    cell(text).split('|').filter(|part| !part.is_empty()).collect()
}

fn row(line: &'static str) -> Option<Country> {
    let cells: Vec<&'static str> = line.split('\t').collect();
    let digits = |place: usize| cells.get(place).and_then(|cell| cell.parse().ok()).unwrap_or(0);
    Some(Country {
        alpha2: cells.first().filter(|code| code.len() == 2)?,
        alpha3: cells.get(1)?,
        other_codes: list(cells.get(2)?),
        numeric: cells.get(3)?.parse().ok()?,
        name: cells.get(4)?,
        other_names: list(cells.get(5)?),
        calling_code: cell(cells.get(6)?),
        trunk_prefix: cell(cells.get(7)?),
        national_digits: (digits(8), digits(9)),
        postal_codes: list(cells.get(10)?),
        needs_state: *cells.get(11)? == "required",
    })
}

fn countries() -> &'static Countries {
    static TABLE: LazyLock<Countries> = LazyLock::new(|| {
        let rows: Vec<Country> =
            include_str!("../../data/countries.tsv").lines().skip(2).filter_map(row).collect();
        let (mut by_code, mut by_name) = (BTreeMap::new(), BTreeMap::new());
        let mut by_letters = vec![None; LETTERS * LETTERS];
        for (i, country) in rows.iter().enumerate() {
            by_code.insert(country.alpha2, i);
            if let Some(place) = place_of(country.alpha2) {
                by_letters[place] = Some(i);
            }
            by_name.insert(fold(country.name), i);
        }
        // what one country is called officially never hides another one's own name
        for (i, country) in rows.iter().enumerate() {
            for code in country.other_codes.iter().chain([&country.alpha3]) {
                by_code.entry(code).or_insert(i);
            }
            for name in &country.other_names {
                by_name.entry(fold(name)).or_insert(i);
            }
        }
        Countries { rows, by_code, by_letters, by_name }
    });
    &TABLE
}

/// Every country.
pub(super) fn all() -> &'static [Country] {
    &countries().rows
}

/// The country of an ISO 3166 alpha-2 code as it is written: `NL`.
pub(super) fn by_alpha2(code: &str) -> Option<&'static Country> {
    countries().by_letters[place_of(code)?].map(|i| &countries().rows[i])
}

const LETTERS: usize = 26;

/// The place of two capitals among all pairs of them.
fn place_of(code: &str) -> Option<usize> {
    match code.as_bytes() {
        [one @ b'A'..=b'Z', other @ b'A'..=b'Z'] => {
            Some(usize::from(one - b'A') * LETTERS + usize::from(other - b'A'))
        }
        _ => None,
    }
}

/// The country that somebody means with a code: in any case, of two letters, of three, or one in common use
/// (`UK`).
pub(super) fn meant_by_code(code: &str) -> Option<&'static Country> {
    let code = code.trim().to_ascii_uppercase();
    countries().by_code.get(code.as_str()).map(|i| &countries().rows[*i])
}

/// The country of a name, in English or in the country's own language.
pub(super) fn by_name(name: &str) -> Option<&'static Country> {
    countries().by_name.get(&fold(name)).map(|i| &countries().rows[*i])
}

/// The country of an ISO 3166 numeric code.
pub(super) fn by_number(number: u32) -> Option<&'static Country> {
    all().iter().find(|country| country.numeric == number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_every_code_that_a_usage_location_may_be() {
        let locations = include_str!("../../data/usage-locations.tsv").lines().skip(2);
        let codes: Vec<&str> = locations.filter_map(|line| line.split('\t').next()).collect();
        assert!(codes.len() > 240);
        for code in codes {
            assert!(by_alpha2(code).is_some(), "{code}");
        }
        // ISO 3166-1: 249 countries and areas
        assert_eq!(all().len(), 249);
    }

    #[test]
    fn codes_and_names_lead_to_their_country() {
        let check = |found: Option<&Country>, expected: &str| {
            assert_eq!(found.map_or("", |country| country.alpha2), expected);
        };
        check(by_alpha2("GB"), "GB");
        check(by_alpha2("UK"), "");
        check(by_alpha2("nl"), "");
        check(by_alpha2("NLD"), "");
        check(meant_by_code("uk"), "GB");
        check(meant_by_code(" nl "), "NL");
        check(meant_by_code("DEU"), "DE");
        check(meant_by_code("XX"), "");
        check(by_name("Netherlands"), "NL");
        check(by_name("the netherlands"), "NL");
        check(by_name("Nederland"), "NL");
        check(by_name("United States"), "US");
        check(by_name("Österreich"), "AT");
        check(by_name("Atlantis"), "");
        check(by_number(528), "NL");
        check(by_number(0), "");
    }

    #[test]
    fn offices_of_the_population_are_written_as_the_table_has_them() {
        let lines = include_str!("../../data/offices.tsv").lines();
        let mut lines = lines.skip_while(|line| line.starts_with('#'));
        let head: Vec<&str> = lines.next().unwrap().split('\t').collect();
        let column = |name: &str| head.iter().position(|cell| *cell == name).unwrap();
        let (c, co, code) = (column("c"), column("co"), column("countryCode"));
        for line in lines {
            let cells: Vec<&str> = line.split('\t').collect();
            let country = by_alpha2(cells[c]).unwrap();
            assert_eq!((country.name, country.numeric.to_string().as_str()), (cells[co], cells[code]));
        }
    }
}
