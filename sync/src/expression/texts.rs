//! What the functions do with single values.

use super::evaluate::Failure;
use crate::value::Value;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::borrow::Cow;
use std::collections::BTreeSet;

pub(super) fn trim(value: &Value) -> Value {
    match value {
        Value::Text(text) => Value::text(text.trim()),
        other => other.clone(),
    }
}

pub(super) fn trimmed(values: Cow<'_, [Value]>) -> Cow<'_, [Value]> {
    let clean = |value: &Value| match value {
        Value::Text(text) => text.trim().len() == text.len(),
        _ => true,
    };
    if values.iter().all(clean) {
        return values;
    }
    Cow::Owned(values.iter().map(trim).collect())
}

pub(super) fn without_duplicates(values: &[Value]) -> Vec<Value> {
    let mut seen = BTreeSet::new();
    values.iter().filter(|value| seen.insert(value.join_key())).cloned().collect()
}

/// Where a text stands in another, in characters; `skip` characters are passed over.
pub(super) fn find(text: &str, sought: &str, skip: usize, folded: bool) -> Option<usize> {
    let (mut text, mut sought) = (Cow::Borrowed(text), Cow::Borrowed(sought));
    if folded {
        (text, sought) = (Cow::Owned(text.to_lowercase()), Cow::Owned(sought.to_lowercase()));
    }
    let start = text.char_indices().nth(skip).map_or(text.len(), |(at, _)| at);
    let found = text[start..].find(sought.as_ref())?;
    Some(skip + text[start..start + found].chars().count())
}

/// Characters from a place counted from 1.
pub(super) fn slice(text: &str, start: i64, length: i64) -> Value {
    let skip = usize::try_from(start.saturating_sub(1)).unwrap_or(0);
    let take = usize::try_from(length).unwrap_or(0);
    Value::Text(text.chars().skip(skip).take(take).collect::<String>().into())
}

pub(super) fn octets_of(value: &Value) -> Result<Value, Failure> {
    match value {
        Value::Octets(_) => Ok(value.clone()),
        Value::Text(text) => BASE64
            .decode(text.as_bytes())
            .map(|octets| Value::Octets(octets.into()))
            .map_err(|_| Failure(format!("{:?} is no base64", shown(text)))),
        other => Err(Failure(format!("{} is neither octets nor base64", other.display()))),
    }
}

pub(super) fn base64(value: &Value) -> Result<Value, Failure> {
    let octets = match value {
        Value::Octets(octets) => octets.to_vec(),
        Value::Text(text) => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        Value::Integer(number) => number.to_le_bytes().to_vec(),
        other => return Err(Failure(format!("{} has no base64", other.display()))),
    };
    Ok(Value::Text(BASE64.encode(octets).into()))
}

pub(super) fn hex(text: &str) -> Value {
    let half = |half: u8| char::from(b"0123456789ABCDEF"[usize::from(half & 15)]);
    let mut out = String::with_capacity(2 * text.len());
    text.bytes().for_each(|octet| out.extend([half(octet >> 4), half(octet)]));
    Value::Text(out.into())
}

/// The value of a component of a distinguished name; escapes are undone.
pub(super) fn dn_component(dn: &str, at: i64) -> Option<Value> {
    let skip = usize::try_from(at.checked_sub(1)?).ok()?;
    let component = components(dn).nth(skip)?;
    let (_, value) = component.split_once('=')?;
    let mut octets = Vec::new();
    let mut rest = value.trim().bytes();
    while let Some(octet) = rest.next() {
        if octet != b'\\' {
            octets.push(octet);
            continue;
        }
        let escaped = rest.next()?;
        match (hex_digit(escaped), rest.clone().next().and_then(hex_digit)) {
            (Some(high), Some(low)) => {
                rest.next();
                octets.push(high << 4 | low);
            }
            _ => octets.push(escaped),
        }
    }
    Some(Value::text(&String::from_utf8_lossy(&octets)))
}

fn hex_digit(octet: u8) -> Option<u8> {
    char::from(octet).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// The components of a distinguished name, escapes left as they are.
pub(crate) fn components(dn: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(dn);
    std::iter::from_fn(move || {
        let text = rest?;
        let mut escaped = false;
        let end = text.bytes().position(|octet| {
            let ends = octet == b',' && !escaped;
            escaped = octet == b'\\' && !escaped;
            ends
        });
        match end {
            Some(end) => rest = Some(&text[end + 1..]),
            None => rest = None,
        }
        Some(&text[..end.unwrap_or(text.len())])
    })
}

/// FILETIME ticks in a second.
const TICKS: i64 = 10_000_000;
/// Days from 1601-01-01 to 0000-03-01, from which the civil calendar is counted.
const DAYS_TO_MARCH_0: i64 = 584_694;

/// The first FILETIME after the year 9999: four digits hold no later year, and .NET knows none.
const AFTER_9999: i64 = 2_650_467_744_000_000_000;

/// A FILETIME in a pattern of `yyyy MM dd HH mm ss`; other characters stand for themselves.
pub(super) fn formatted(filetime: i64, pattern: &str) -> Result<Value, Failure> {
    if !(0..AFTER_9999).contains(&filetime) {
        return Err(Failure(format!("{filetime} is no date")));
    }
    let seconds = filetime / TICKS;
    let (days, of_day) = (seconds / 86_400, seconds % 86_400);
    // the calendar of 400 years, begun in March so that the leap day is the last
    let z = days + DAYS_TO_MARCH_0;
    let (era, of_era) = (z / 146_097, z % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let fields: [(&str, i64); 6] = [
        ("yyyy", year),
        ("MM", month),
        ("dd", day),
        ("HH", of_day / 3_600),
        ("mm", of_day / 60 % 60),
        ("ss", of_day % 60),
    ];
    let mut out = String::new();
    let mut rest = pattern;
    'pattern: while let Some(next) = rest.chars().next() {
        for (field, number) in fields {
            if let Some(after) = rest.strip_prefix(field) {
                let mut power = 10i64.pow(field.len() as u32 - 1);
                while power > 0 {
                    out.extend(char::from_digit((number / power % 10) as u32, 10));
                    power /= 10;
                }
                rest = after;
                continue 'pattern;
            }
        }
        out.push(next);
        rest = &rest[next.len_utf8()..];
    }
    Ok(Value::Text(out.into()))
}

/// A security identifier as text: `S-1-5-21-...`.
pub(super) fn sid(value: &Value) -> Result<Value, Failure> {
    let wrong = || Failure(format!("{} is no security identifier", shown(&value.display())));
    let Value::Octets(octets) = value else { return Err(wrong()) };
    let (head, rest) = octets.split_at_checked(8).ok_or_else(wrong)?;
    if rest.len() != usize::from(head[1]) * 4 {
        return Err(wrong());
    }
    let authority = head[2..8].iter().fold(0u64, |number, octet| number << 8 | u64::from(*octet));
    let mut text = format!("S-{}-{authority}", head[0]);
    for part in rest.chunks_exact(4) {
        text.push('-');
        text += &u32::from_le_bytes([part[0], part[1], part[2], part[3]]).to_string();
    }
    Ok(Value::Text(text.into()))
}

/// The word of a number from 1.
pub(super) fn word(text: &str, at: i64, cut: &str) -> Option<Value> {
    let skip = usize::try_from(at.checked_sub(1)?).ok()?;
    text.split(|c| cut.contains(c)).filter(|word| !word.is_empty()).nth(skip).map(Value::text)
}

/// A value in a message: values of a directory can be long.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}
