//! What the address list shows: one attribute of one person.

use super::super::bench::{Bench, Draft, Subject, Wanted};
use crate::population::Draw;

fn wanted(attribute: &'static str, any_of: Vec<Vec<String>>) -> Wanted {
    Wanted { subject: 0, attribute, any_of, or_numbered: None }
}

fn texts(values: &[&str]) -> Vec<Vec<String>> {
    values.iter().map(|value| vec![(*value).to_owned()]).collect()
}

/// Absent: only who knows the person can say what it was.
fn absent(subject: &Subject, attribute: &'static str) -> Option<Draft> {
    let value = subject.one(attribute)?;
    Some(Draft::values(attribute, Vec::new(), texts(&[value])).open().note("removed"))
}

/// Longer than the schema lets a client write.
fn too_long(subject: &Subject, attribute: &'static str, max: usize) -> Option<Draft> {
    let value = subject.one(attribute)?;
    let long = format!("{value} {}", "and more ".repeat(max / 9 + 1));
    let first: String = long.chars().take(max).collect();
    let draft = Draft::value(attribute, long.trim().to_owned(), vec![value.to_owned(), first]);
    Some(draft.open().refused().note(format!("more than {max} characters")))
}

fn absent_or_long(subject: &Subject, draw: &mut Draw, attribute: &'static str, max: usize) -> Option<Draft> {
    if draw.percent(75) { absent(subject, attribute) } else { too_long(subject, attribute, max) }
}

pub(super) fn title(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    absent_or_long(subject, draw, "title", 128)
}

pub(super) fn office(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    absent_or_long(subject, draw, "physicalDeliveryOfficeName", 128)
}

/// Fewer would make the odd spelling the usual one.
const WRITERS_MIN: u32 = 12;

/// The same in other case or with white space: wherever enough people write it right.
fn misspelt(
    bench: &Bench<'_>,
    subject: &Subject,
    draw: &mut Draw,
    attribute: &'static str,
    country: &str,
) -> Option<Draft> {
    let value = subject.one(attribute)?;
    let shared = bench.crowd.writers(attribute, country, value) >= WRITERS_MIN;
    let changed = match draw.below(3) {
        0 => value.to_lowercase(),
        1 => value.to_uppercase(),
        _ => format!("{value} "),
    };
    (shared && changed != value)
        .then(|| Draft::value(attribute, changed, vec![value.to_owned()]).note("a spelling of its own"))
}

pub(super) fn department(bench: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    match draw.below(8) {
        0 => absent(subject, "department"),
        1 => too_long(subject, "department", 64),
        _ => misspelt(bench, subject, draw, "department", subject.one("c").unwrap_or_default()),
    }
}

pub(super) fn city(bench: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    if draw.percent(20) {
        return absent(subject, "l");
    }
    misspelt(bench, subject, draw, "l", subject.one("c")?)
}

/// Abbreviations of states, or their long names where all others abbreviate.
const STATES: [(&str, &str, &str); 12] = [
    ("NL", "Noord-Holland", "NH"),
    ("NL", "Zuid-Holland", "ZH"),
    ("NL", "Utrecht", "UT"),
    ("NL", "Noord-Brabant", "NB"),
    ("DE", "Bayern", "BY"),
    ("DE", "Berlin", "BE"),
    ("DE", "Hamburg", "HH"),
    ("DE", "Hessen", "HE"),
    ("US", "NY", "New York"),
    ("US", "WA", "Washington"),
    ("US", "IL", "Illinois"),
    ("US", "CA", "California"),
];

pub(super) fn state(bench: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let (country, value) = (subject.one("c")?, subject.one("st")?);
    let other = STATES.iter().find(|(c, usual, _)| *c == country && *usual == value);
    if let Some((.., other)) = other.filter(|_| draw.percent(60))
        && bench.crowd.writers("st", country, value) >= WRITERS_MIN
    {
        let draft = Draft::value("st", (*other).to_owned(), vec![value.to_owned()]);
        return Some(draft.note("abbreviated where others are not, or the other way round"));
    }
    misspelt(bench, subject, draw, "st", country)
}

/// A number as people of that country write it among themselves.
fn national(number: &str) -> Option<(&str, &str)> {
    // calling code, what is dialled before the national number
    let codes = [
        ("+31", "0"),
        ("+49", "0"),
        ("+46", "0"),
        ("+33", "0"),
        ("+44", "0"),
        ("+45", ""),
        ("+48", ""),
        ("+39", ""),
        ("+34", ""),
        ("+1", ""),
    ];
    codes.iter().find_map(|(code, trunk)| Some((*trunk, number.strip_prefix(code)?)))
}

/// The number belongs to the country that the person's entry names.
fn is_of_country(number: &str, country: &str) -> bool {
    let codes = [
        ("NL", "+31"),
        ("DE", "+49"),
        ("SE", "+46"),
        ("FR", "+33"),
        ("GB", "+44"),
        ("DK", "+45"),
        ("PL", "+48"),
        ("IT", "+39"),
        ("ES", "+34"),
        ("US", "+1"),
    ];
    codes.iter().any(|(c, code)| *c == country && number.starts_with(code))
}

fn number(subject: &Subject, draw: &mut Draw, attribute: &'static str, label: &str) -> Option<Draft> {
    let value = subject.one(attribute)?;
    let own = is_of_country(value, subject.one("c")?);
    let (trunk, rest) = national(value).filter(|(_, rest)| own && rest.len() > 6)?;
    let (area, line) = rest.split_at(2);
    let code = value.strip_suffix(rest)?;
    if draw.percent(12) {
        let extension = format!("{trunk}{area} {line} (ext. 12)");
        let draft = Draft::value(attribute, extension, vec![value.to_owned()]);
        return Some(draft.open().note("an extension, which E.164 cannot say"));
    }
    let changed = match draw.below(5) {
        0 => format!("{trunk}{area}-{line}"),
        1 => format!("({trunk}{area}) {line}"),
        2 if code != "+1" => format!("{}{area} {line}", code.replace('+', "00")),
        3 => format!("{code} ({trunk}){rest}").replace("()", ""),
        _ => format!("{label}{trunk}{rest}"),
    };
    // one space after the country's code is how E.123 writes a number
    let fine =
        changed.starts_with('+') && changed.bytes().all(|b| b == b'+' || b == b' ' || b.is_ascii_digit());
    (!fine).then(|| Draft::value(attribute, changed, vec![value.to_owned()]).note("not E.164"))
}

pub(super) fn telephone(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    number(subject, draw, "telephoneNumber", "Tel. ")
}

pub(super) fn mobile(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    number(subject, draw, "mobile", "mob: ")
}

pub(super) fn fax(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    number(subject, draw, "facsimileTelephoneNumber", "fax: ")
}

pub(super) fn street(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let value = subject.one("streetAddress")?;
    let mut accepted = vec![value.to_owned()];
    let changed = match value.rsplit_once(' ').filter(|_| draw.percent(50)) {
        Some((street, number)) => {
            accepted.push(format!("{street}, {number}"));
            format!("{street}\r\n{number}")
        }
        None => format!("{value}\r\n"),
    };
    Some(Draft::value("streetAddress", changed, accepted).note("a line break"))
}

pub(super) fn postal_code(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let (value, country) = (subject.one("postalCode")?, subject.one("c")?);
    let changed = match draw.below(3) {
        0 => format!("{country}-{value}"),
        1 => value.to_lowercase(),
        _ => value.replace([' ', '-'], ""),
    };
    let changed = if changed == value { format!("{country}-{value}") } else { changed };
    Some(Draft::value("postalCode", changed, vec![value.to_owned()]).note("not as the country writes it"))
}

pub(super) fn country_names(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let (c, co, code) = (subject.one("c")?, subject.one("co")?, subject.one("countryCode")?);
    let others = [("Belgium", "56", "BE"), ("Canada", "124", "CA"), ("Spain", "724", "ES")];
    let (name, number, _) = *draw.pick(&others);
    if others.iter().any(|(.., own)| *own == c) {
        return None;
    }
    let draft = match draw.below(3) {
        0 => Draft::default().change(0, "co", vec![name.to_owned()]),
        1 => Draft::default().change(0, "countryCode", vec![number.to_owned()]),
        _ => Draft::default().change(0, "co", vec![name.to_owned()]).change(
            0,
            "countryCode",
            vec![number.to_owned()],
        ),
    };
    let right = vec![wanted("co", texts(&[co])), wanted("countryCode", texts(&[code]))];
    Some(draft.accept_all(right).note("c, co and countryCode name different countries"))
}

pub(super) fn country_code(_: &Bench<'_>, subject: &Subject, draw: &mut Draw) -> Option<Draft> {
    let c = subject.one("c").filter(|c| c.len() == 2)?;
    subject.one("co").zip(subject.one("countryCode"))?;
    let changed = match draw.below(3) {
        _ if c == "GB" => "UK".to_owned(),
        0 => "XX".to_owned(),
        _ => c.to_lowercase(),
    };
    Some(Draft::value("c", changed, vec![c.to_owned()]).note("not a code of ISO 3166"))
}

pub(super) fn no_location(bench: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let (c, co, code) = (subject.one("c")?, subject.one("co")?, subject.one("countryCode")?);
    if !subject.is_enabled() || subject.one("msExchUsageLocation").is_some() {
        return None;
    }
    let zero = vec!["0".to_owned()];
    let places = texts(&[c, &bench.tenant.country]);
    let draft = Draft::default()
        .change(0, "c", Vec::new())
        .change(0, "co", Vec::new())
        .change(0, "countryCode", zero.clone())
        .accept_all(vec![
            wanted("c", places.clone()),
            wanted("co", vec![Vec::new(), vec![co.to_owned()]]),
            wanted("countryCode", vec![zero, vec![code.to_owned()]]),
        ])
        .accept(0, "msExchUsageLocation", places);
    Some(draft.note("nothing says where the person is"))
}
