//! Spellings of one department, city or state: how often a directory writes each, and which of them it should
//! write. What one thing is called is in `data/spellings.tsv`.

use super::hash::quick;
use hashbrown::HashTable;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization as _;

/// Different spellings that are counted; what a directory holds beyond them is not compared.
const SPELLINGS_MAX: usize = 200_000;

/// What is spelt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Thing {
    Department,
    City,
    State,
}

/// Letters and digits in lower case, without marks: what spellings that differ in case, white space or
/// punctuation have in common.
pub(super) fn fold(text: &str) -> String {
    if text.is_ascii() {
        let kept = text.bytes().filter(u8::is_ascii_alphanumeric);
        return kept.map(|b| char::from(b.to_ascii_lowercase())).collect();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.to_lowercase().nfd() {
        match c {
            'ß' => out.push_str("ss"),
            'ø' => out.push('o'),
            'ł' => out.push('l'),
            'æ' => out.push_str("ae"),
            'ı' => out.push('i'),
            c if c.is_alphanumeric() && !('\u{300}'..='\u{36f}').contains(&c) => out.push(c),
            _ => {}
        }
    }
    out
}

/// One thing of the table.
struct Entry {
    usual: &'static str,
    accepted: Vec<&'static str>,
}

impl Entry {
    /// Somebody may write it so on purpose.
    fn allows(&self, text: &str) -> bool {
        self.usual == text || self.accepted.contains(&text)
    }
}

struct Table {
    entries: Vec<Entry>,
    /// By thing, country (empty for departments) and folded spelling.
    by_spelling: BTreeMap<(Thing, &'static str, String), usize>,
}

fn table() -> &'static Table {
    static TABLE: LazyLock<Table> = LazyLock::new(|| {
        let mut table = Table { entries: Vec::new(), by_spelling: BTreeMap::new() };
        for line in include_str!("../../data/spellings.tsv").lines().skip(2) {
            add(&mut table, line);
        }
        table
    });
    &TABLE
}

fn add(table: &mut Table, line: &'static str) -> Option<()> {
    let mut cells = line.split('\t').map(|cell| if cell == "-" { "" } else { cell });
    let thing = match cells.next()? {
        "department" => Thing::Department,
        "l" => Thing::City,
        _ => Thing::State,
    };
    let (country, usual) = (cells.next()?, cells.next()?);
    let list = |cell: &'static str| cell.split('|').filter(|part| !part.is_empty());
    let (accepted, slips) = (cells.next()?, cells.next()?);
    let place = table.entries.len();
    for name in [usual].into_iter().chain(list(accepted)).chain(list(slips)) {
        table.by_spelling.entry((thing, country, fold(name))).or_insert(place);
    }
    table.entries.push(Entry { usual, accepted: list(accepted).collect() });
    Some(())
}

fn entry(thing: Thing, country: &str, folded: &str) -> Option<usize> {
    // the table's own copy of the country's code, as the key holds it
    let country = match country {
        "" => "",
        code => super::countries::by_alpha2(code)?.alpha2,
    };
    table().by_spelling.get(&(thing, country, folded.to_owned())).copied()
}

/// How often each spelling occurs.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    /// Key (see [`key`]) and count, in the order in which the spellings came.
    counts: Vec<(String, u32)>,
    /// Where each key stands.
    places: HashTable<u32>,
    buffer: String,
}

/// Thing, country and text in one.
fn key(buffer: &mut String, thing: Thing, country: &str, text: &str) {
    buffer.clear();
    buffer.push(match thing {
        Thing::Department => 'd',
        Thing::City => 'l',
        Thing::State => 's',
    });
    buffer.push_str(country);
    buffer.push('\0');
    buffer.push_str(text);
}

fn unkey(key: &str) -> Option<(Thing, &str, &str)> {
    let thing = match key.as_bytes().first()? {
        b'd' => Thing::Department,
        b'l' => Thing::City,
        _ => Thing::State,
    };
    let (country, text) = key.get(1..)?.split_once('\0')?;
    Some((thing, country, text))
}

/// A spelling, and how many have it.
type Counted<'a> = (&'a str, u32);

impl Tally {
    /// Counts a value; `country` is an ISO 3166 alpha-2 code, or empty.
    pub(super) fn count(&mut self, thing: Thing, country: &str, text: &str) {
        let mut buffer = std::mem::take(&mut self.buffer);
        key(&mut buffer, thing, country, text);
        self.add(&buffer, 1);
        self.buffer = buffer;
    }

    fn add(&mut self, key: &str, more: u32) {
        let counts = &mut self.counts;
        let hash = quick(key.as_bytes());
        if let Some(place) = self.places.find(hash, |place| counts[*place as usize].0 == key) {
            counts[*place as usize].1 += more;
        } else if counts.len() < SPELLINGS_MAX {
            let place = counts.len() as u32;
            counts.push((key.to_owned(), more));
            self.places.insert_unique(hash, place, |place| quick(counts[*place as usize].0.as_bytes()));
        }
    }

    /// Adds what was counted of other objects.
    pub(super) fn merge(&mut self, other: Tally) {
        other.counts.iter().for_each(|(key, count)| self.add(key, *count));
    }

    /// Decides which spellings stay.
    pub(super) fn verdicts(self) -> Spellings {
        let mut classes: BTreeMap<(Thing, &str, String), Vec<Counted<'_>>> = BTreeMap::new();
        for (key, count) in &self.counts {
            let Some((thing, country, text)) = unkey(key) else { continue };
            let folded = fold(text);
            let class = match entry(thing, country, &folded) {
                Some(place) => format!("#{place}"),
                None => folded,
            };
            if !class.is_empty() {
                classes.entry((thing, country, class)).or_default().push((text, *count));
            }
        }
        let mut wrong = BTreeMap::new();
        let mut buffer = String::new();
        for ((thing, country, class), spellings) in classes {
            let known = class.strip_prefix('#').and_then(|place| place.parse::<usize>().ok());
            let right = chosen(&spellings, known.and_then(|place| table().entries.get(place)));
            for (text, _) in spellings.iter().filter(|(text, _)| *text != right) {
                key(&mut buffer, thing, country, text);
                wrong.insert(buffer.clone(), right.to_owned());
            }
        }
        Spellings { wrong }
    }
}

/// The most frequent spelling among those that somebody may write on purpose; of several the usual one.
fn chosen<'a>(spellings: &[(&'a str, u32)], known: Option<&Entry>) -> &'a str {
    let best = |allowed: &dyn Fn(&str) -> bool, usual: &str| {
        let able = spellings.iter().filter(|(text, _)| allowed(text));
        let rank = |(text, count): &&(&'a str, u32)| {
            (*count, *text == usual, has_case(text), std::cmp::Reverse(*text))
        };
        able.max_by_key(rank).map(|(text, _)| *text)
    };
    match known {
        Some(entry) => best(&|text| entry.allows(text), entry.usual).unwrap_or(entry.usual),
        None => best(&|_| true, "").unwrap_or_default(),
    }
}

/// Neither all in lower case nor all in capitals: how names are written.
fn has_case(text: &str) -> bool {
    text.chars().any(char::is_lowercase) && text.chars().any(char::is_uppercase)
}

/// The spellings that should be others.
#[derive(Debug, Clone, Default)]
pub(super) struct Spellings {
    wrong: BTreeMap<String, String>,
}

impl Spellings {
    /// What should be written instead, if this spelling is one of several or a slip.
    pub(super) fn instead_of(&self, thing: Thing, country: &str, text: &str) -> Option<&str> {
        if self.wrong.is_empty() {
            return None;
        }
        let mut buffer = String::new();
        key(&mut buffer, thing, country, text);
        self.wrong.get(&buffer).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_spellings_have_neither_marks_nor_case_nor_punctuation() {
        for (text, folded) in [
            ("'s-Gravenhage", "sgravenhage"),
            ("Straße 1", "strasse1"),
            ("Ørsted", "orsted"),
            ("ŁÓDŹ", "lodz"),
            ("Ærø", "aero"),
            ("Kızılay", "kizilay"),
            ("Zu\u{308}rich, \u{130}", "zurichi"),
            ("Москва", "москва"),
        ] {
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    #[test]
    fn names_have_small_letters_and_capitals() {
        assert_eq!(["Sales", "sales", "SALES", "", "12"].map(has_case), [true, false, false, false, false]);
    }

    fn check(thing: Thing, country: &str, counted: &[(&str, u32)], expected: &[(&str, Option<&str>)]) {
        let mut tally = Tally::default();
        for (text, count) in counted {
            (0..*count).for_each(|_| tally.count(thing, country, text));
        }
        let spellings = tally.verdicts();
        for (text, instead) in expected {
            assert_eq!(spellings.instead_of(thing, country, text), *instead, "{text} of {counted:?}");
        }
    }

    #[test]
    fn slips_are_wrong_even_alone_and_other_names_only_where_they_are_mixed() {
        check(Thing::City, "NL", &[("Den Haag", 1)], &[("Den Haag", None)]);
        check(Thing::City, "NL", &[("den haag", 1)], &[("den haag", Some("Den Haag"))]);
        check(Thing::City, "NL", &[("'s-Gravenhage", 3)], &[("'s-Gravenhage", None)]);
        check(
            Thing::City,
            "NL",
            &[("'s-Gravenhage", 1), ("Den Haag", 4), ("DEN HAAG", 2)],
            &[("'s-Gravenhage", Some("Den Haag")), ("Den Haag", None), ("DEN HAAG", Some("Den Haag"))],
        );
        check(Thing::City, "DE", &[("Muenchen", 1)], &[("Muenchen", Some("München"))]);
        check(
            Thing::City,
            "DE",
            &[("Munich", 9), ("munchen", 1)],
            &[("Munich", None), ("munchen", Some("Munich"))],
        );
        check(Thing::City, "SE", &[("Den haag", 1)], &[("Den haag", None)]);
    }

    #[test]
    fn states_are_written_one_way_in_a_directory() {
        check(Thing::State, "NL", &[("NH", 1)], &[("NH", None)]);
        check(Thing::State, "NL", &[("NH", 1), ("Noord-Holland", 8)], &[("NH", Some("Noord-Holland"))]);
        check(Thing::State, "NL", &[("noord holland", 1)], &[("noord holland", Some("Noord-Holland"))]);
        check(Thing::State, "US", &[("New York", 1), ("NY", 1)], &[("New York", Some("NY")), ("NY", None)]);
        check(Thing::State, "PL", &[("mazowieckie", 5)], &[("mazowieckie", None)]);
        check(Thing::State, "", &[("NH", 1), ("nh", 1)], &[("nh", Some("NH"))]);
    }

    #[test]
    fn departments_that_no_table_knows_are_compared_too() {
        check(
            Thing::Department,
            "",
            &[("Sales", 5), ("sales", 1), ("SALES ", 1)],
            &[("Sales", None), ("sales", Some("Sales")), ("SALES ", Some("Sales"))],
        );
        check(Thing::Department, "", &[("Ward 4", 9), ("ward-4", 2)], &[("ward-4", Some("Ward 4"))]);
        check(
            Thing::Department,
            "",
            &[("HR", 9), ("Human Resources", 1)],
            &[("Human Resources", Some("HR"))],
        );
        check(Thing::Department, "", &[("ward 4", 1), ("Ward 4", 1)], &[("ward 4", Some("Ward 4"))]);
        check(Thing::Department, "", &[("---", 1), ("***", 1)], &[("---", None), ("***", None)]);
    }

    #[test]
    fn the_order_of_objects_does_not_matter() {
        let verdict = |order: &[&str]| {
            let mut tally = Tally::default();
            order.iter().for_each(|text| tally.count(Thing::Department, "", text));
            tally.verdicts().wrong
        };
        assert_eq!(verdict(&["Ward A", "ward a", "WARD A"]), verdict(&["WARD A", "ward a", "Ward A"]));
    }

    #[test]
    fn offices_and_departments_of_the_population_are_spelt_as_the_table_has_them() {
        let column = |text: &'static str, name: &str| -> Vec<&'static str> {
            let mut lines = text.lines().skip_while(|line| line.starts_with('#'));
            let place = lines.next().unwrap().split('\t').position(|cell| cell == name).unwrap();
            lines.map(|line| line.split('\t').nth(place).unwrap()).collect()
        };
        let offices = include_str!("../../data/offices.tsv");
        let mut tally = Tally::default();
        for ((c, l), st) in
            column(offices, "c").into_iter().zip(column(offices, "l")).zip(column(offices, "st"))
        {
            tally.count(Thing::City, c, l);
            tally.count(Thing::State, c, st);
        }
        for department in column(include_str!("../../data/departments.tsv"), "department") {
            tally.count(Thing::Department, "", department);
        }
        assert_eq!(tally.verdicts().wrong, BTreeMap::new());
    }
}
