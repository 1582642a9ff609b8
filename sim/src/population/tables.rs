//! Offices, departments, partners and names: the tables that people are drawn from.

use fake::locales::{DE_DE, Data, EN, FR_FR, IT_IT, NL_NL};
use std::sync::LazyLock;

/// A building.
pub(super) struct Office {
    pub(super) name: &'static str,
    pub(super) weight: usize,
    pub(super) c: &'static str,
    pub(super) co: &'static str,
    pub(super) country_code: &'static str,
    pub(super) l: &'static str,
    pub(super) st: &'static str,
    pub(super) street: &'static str,
    pub(super) postal_code: &'static str,
    /// Index into [`Tables::locales`].
    pub(super) locale: usize,
    /// `+31` and the area, and how many digits follow.
    pub(super) phone: (String, usize),
    /// `+316`, and how many digits follow.
    pub(super) mobile: (String, usize),
    /// Three letters of the name, ASCII, upper case.
    pub(super) code: String,
}

/// A department.
pub(super) struct Department {
    pub(super) name: &'static str,
    pub(super) weight: usize,
    pub(super) code: &'static str,
    pub(super) titles: Vec<&'static str>,
    pub(super) manager: &'static str,
    pub(super) director: &'static str,
}

/// A company that contacts work for.
pub(super) struct Partner {
    pub(super) company: &'static str,
    pub(super) domain: &'static str,
}

/// Names of a language, and how it writes them in ASCII.
pub(super) struct Locale {
    pub(super) code: &'static str,
    pub(super) language: &'static str,
    pub(super) given: Vec<&'static str>,
    pub(super) family: Vec<&'static str>,
}

pub(super) struct Tables {
    pub(super) offices: Vec<Office>,
    pub(super) departments: Vec<Department>,
    pub(super) partners: Vec<Partner>,
    pub(super) locales: Vec<Locale>,
}

pub(super) fn tables() -> &'static Tables {
    static TABLES: LazyLock<Tables> = LazyLock::new(|| {
        let locales = locales();
        Tables {
            offices: rows(include_str!("../../data/offices.tsv")).map(|r| office(&r, &locales)).collect(),
            departments: rows(include_str!("../../data/departments.tsv")).map(|r| department(&r)).collect(),
            partners: rows(include_str!("../../data/partners.tsv"))
                .map(|r| Partner { company: r[0], domain: r[1] })
                .collect(),
            locales,
        }
    });
    &TABLES
}

fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().skip(1).map(|line| line.split('\t').collect())
}

fn office(row: &[&'static str], locales: &[Locale]) -> Office {
    let number = |text: &str| text.parse().unwrap_or(7);
    let ascii = crate::transliteration::transliterate("*", row[0]);
    Office {
        name: row[0],
        weight: number(row[1]),
        c: row[2],
        co: row[3],
        country_code: row[4],
        l: row[5],
        st: row[6],
        street: row[7],
        postal_code: row[8],
        locale: locales.iter().position(|l| l.language == row[9] || l.code == row[9]).unwrap_or(0),
        phone: (format!("+{}{}", row[10], row[11]), number(row[12])),
        mobile: (format!("+{}{}", row[10], row[13]), number(row[14])),
        code: ascii.chars().filter(char::is_ascii_alphabetic).take(3).collect::<String>().to_uppercase(),
    }
}

fn department(row: &[&'static str]) -> Department {
    Department {
        name: row[0],
        weight: row[1].parse().unwrap_or(1),
        code: row[2],
        titles: row[3].split('|').collect(),
        manager: row[4],
        director: row[5],
    }
}

fn locales() -> Vec<Locale> {
    fn faked<L: Data>(code: &'static str, language: &'static str, _: L) -> Locale {
        Locale { code, language, given: clean(L::NAME_FIRST_NAME), family: clean(L::NAME_LAST_NAME) }
    }
    fn own(code: &'static str, language: &'static str) -> Locale {
        let part = |part: &str| {
            rows(include_str!("../../data/names.tsv"))
                .filter(|r| r[0] == code && r[1] == part)
                .map(|r| r[2])
                .collect()
        };
        Locale { code, language, given: part("given"), family: part("family") }
    }
    vec![
        faked("nl", "nl-NL", NL_NL),
        faked("de", "de-DE", DE_DE),
        own("sv", "sv-SE"),
        own("da", "da-DK"),
        own("pl", "pl-PL"),
        faked("fr", "fr-FR", FR_FR),
        faked("it", "it-IT", IT_IT),
        faked("en", "en-GB", EN),
        faked("en", "en-US", EN),
    ]
}

/// The names of a list that are written as names are: a capital at the start of each part and nowhere else
/// but after `Mc`, letters of the Latin script, nothing but spaces, hyphens and apostrophes between.
fn clean(names: &[&'static str]) -> Vec<&'static str> {
    let mut found: Vec<&'static str> = names.iter().copied().filter(|name| is_name(name)).collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn is_name(name: &str) -> bool {
    let mut previous = ' ';
    let mut capitals = 0;
    let fits = name.chars().all(|c| {
        let after_break = matches!(previous, ' ' | '-' | '\'' | 'c');
        previous = c;
        capitals += usize::from(c.is_uppercase());
        let letter = c.is_alphabetic() && (!c.is_uppercase() || after_break);
        crate::transliteration::is_latin(c) && (letter || matches!(c, ' ' | '-' | '\''))
    });
    fits && capitals > 0 && !previous.is_uppercase() && name.chars().count() > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_hold_seven_countries_and_six_locales_at_least() {
        let tables = tables();
        let mut countries: Vec<&str> = tables.offices.iter().map(|o| o.c).collect();
        countries.dedup();
        for country in ["NL", "DE", "SE", "PL", "FR", "US", "GB"] {
            assert!(countries.contains(&country), "{country}");
        }
        for locale in &tables.locales {
            assert!(locale.given.len() >= 30 && locale.family.len() >= 40, "{}", locale.language);
        }
        assert!(tables.offices.iter().all(|o| o.code.len() == 3 && o.phone.1 > 5));
    }

    #[test]
    fn slips_in_a_list_of_names_are_left_out() {
        let check = |name: &str, expected: bool| assert_eq!(is_name(name), expected, "{name}");
        check("Jan", true);
        check("van den Berg", true);
        check("Müller-Schwarzenberg", true);
        check("O'Connell", true);
        check("McLaughlin", true);
        check("FAnke", false);
        check("Floris,", false);
        check("LÉNA", false);
        check("Özm̂en2", false);
    }
}
