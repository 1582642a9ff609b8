//! Offices, departments, partners and names: the tables that people are drawn from.

use fake::locales::{DE_DE, Data, EN, FR_FR, IT_IT, NL_NL, PT_PT};
use std::sync::LazyLock;

/// A building.
pub(super) struct Office {
    pub(super) name: &'static str,
    pub(super) weight: usize,
    /// Whether only companies on several continents have it.
    pub(super) far: bool,
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

/// Who works or learns in a department.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Belonging {
    Staff,
    /// Staff who look after a class.
    Teacher,
    Pupil,
}

/// An operating system of computers.
pub(super) struct System {
    pub(super) server: bool,
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    pub(super) weight: usize,
}

/// A department.
pub(super) struct Department {
    /// The kind of organisation that has it.
    pub(super) set: &'static str,
    pub(super) belonging: Belonging,
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
    pub(super) systems: Vec<System>,
    pub(super) partners: Vec<Partner>,
    pub(super) locales: Vec<Locale>,
}

pub(super) fn tables() -> &'static Tables {
    static TABLES: LazyLock<Tables> = LazyLock::new(|| {
        let locales = locales();
        Tables {
            offices: rows(include_str!("../../data/offices.tsv")).map(|r| office(&r, &locales)).collect(),
            departments: rows(include_str!("../../data/departments.tsv")).map(|r| department(&r)).collect(),
            systems: rows(include_str!("../../data/computers.tsv")).map(|r| system(&r)).collect(),
            partners: rows(include_str!("../../data/partners.tsv"))
                .map(|r| Partner { company: r[0], domain: r[1] })
                .collect(),
            locales,
        }
    });
    &TABLES
}

pub(super) fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().skip(1).map(|line| line.split('\t').collect())
}

fn office(row: &[&'static str], locales: &[Locale]) -> Office {
    let number = |text: &str| text.parse().unwrap_or(7);
    let ascii = crate::transliteration::transliterate("*", row[0]);
    Office {
        name: row[0],
        weight: number(row[1]),
        far: row[2] == "world",
        c: row[3],
        co: row[4],
        country_code: row[5],
        l: row[6],
        st: row[7],
        street: row[8],
        postal_code: row[9],
        locale: locales.iter().position(|l| l.language == row[10] || l.code == row[10]).unwrap_or(0),
        phone: (format!("+{}{}", row[11], row[12]), number(row[13])),
        mobile: (format!("+{}{}", row[11], row[14]), number(row[15])),
        code: ascii.chars().filter(char::is_ascii_alphabetic).take(3).collect::<String>().to_uppercase(),
    }
}

fn department(row: &[&'static str]) -> Department {
    Department {
        set: row[0],
        belonging: match row[1] {
            "pupil" => Belonging::Pupil,
            "teacher" => Belonging::Teacher,
            _ => Belonging::Staff,
        },
        name: row[2],
        weight: row[3].parse().unwrap_or(1),
        code: row[4],
        titles: row[5].split('|').collect(),
        manager: row[6],
        director: row[7],
    }
}

fn system(row: &[&'static str]) -> System {
    System { server: row[0] == "server", name: row[1], version: row[2], weight: row[3].parse().unwrap_or(1) }
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
    let mut all = vec![
        faked("nl", "nl-NL", NL_NL),
        faked("de", "de-DE", DE_DE),
        own("sv", "sv-SE"),
        own("da", "da-DK"),
        own("pl", "pl-PL"),
        faked("fr", "fr-FR", FR_FR),
        faked("it", "it-IT", IT_IT),
        faked("en", "en-GB", EN),
        faked("en", "en-US", EN),
        own("nb", "nb-NO"),
        own("fi", "fi-FI"),
        own("es", "es-ES"),
        faked("pt", "pt-PT", PT_PT),
        own("cs", "cs-CZ"),
        own("hu", "hu-HU"),
        own("tr", "tr-TR"),
    ];
    for locale in &mut all {
        mix(&mut locale.given);
        mix(&mut locale.family);
    }
    all
}

/// Puts names in an order that has nothing to do with the alphabet: those at the beginning are drawn most.
fn mix(names: &mut [&'static str]) {
    let key =
        |name: &str| name.bytes().fold(7u32, |key, byte| (key ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    names.sort_unstable_by_key(|name| (key(name), *name));
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
    use std::collections::BTreeSet;

    #[test]
    fn the_tables_hold_twenty_countries_and_twelve_languages_at_least() {
        let tables = tables();
        let countries: BTreeSet<&str> = tables.offices.iter().map(|o| o.c).collect();
        let languages: BTreeSet<&str> = tables.locales.iter().map(|l| l.code).collect();
        assert!(countries.len() >= 20 && languages.len() >= 12, "{countries:?} {languages:?}");
        for locale in &tables.locales {
            assert!(locale.given.len() >= 30 && locale.family.len() >= 40, "{}", locale.language);
            assert!(
                locale.given.iter().chain(&locale.family).all(|name| is_name(name)),
                "{}",
                locale.language
            );
        }
        assert!(tables.offices.iter().all(|o| o.code.len() == 3 && o.phone.1 > 5 && o.mobile.1 > 6));
        assert!(tables.departments.iter().all(|d| !d.titles.is_empty() && d.weight > 0));
    }

    #[test]
    fn every_name_becomes_letters_that_an_address_holds() {
        for locale in &tables().locales {
            for name in locale.given.iter().chain(&locale.family) {
                let ascii = crate::transliteration::transliterate(locale.code, name);
                let login = super::super::naming::login_part(locale.code, name);
                assert!(ascii.is_ascii() && !login.is_empty(), "{name} {ascii}");
                assert!(ascii.len() >= name.chars().count(), "{name} lost letters: {ascii}");
            }
        }
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
