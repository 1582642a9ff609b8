//! The static dictionary of [MC-NBFS]: nbfs-dictionary.tsv.

use std::collections::HashMap;
use std::sync::LazyLock;

static STRINGS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let rows = include_str!("../../data/nbfs-dictionary.tsv").lines().skip(2);
    rows.filter_map(|line| line.split('\t').nth(1)).collect()
});

static NUMBERS: LazyLock<HashMap<&'static str, u32>> = LazyLock::new(|| {
    // a string that is there twice goes by its first number
    let numbered = STRINGS.iter().enumerate().rev();
    numbered.map(|(place, text)| (*text, u32::try_from(place * 2).unwrap_or(u32::MAX))).collect()
});

/// The string of an even number; odd numbers belong to a session, which there is none of.
pub(super) fn string(number: u32) -> Option<&'static str> {
    number.is_multiple_of(2).then(|| STRINGS.get(number as usize / 2).copied()).flatten()
}

/// The number of a string.
pub(super) fn number(text: &str) -> Option<u32> {
    NUMBERS.get(text).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_are_the_even_numbers_in_order() {
        let rows = include_str!("../../data/nbfs-dictionary.tsv").lines().skip(2);
        for (place, line) in rows.enumerate() {
            let cells: Vec<&str> = line.split('\t').collect();
            assert_eq!(cells.len(), 4, "{line}");
            assert_eq!(cells[0].parse(), Ok(place * 2), "{line}");
        }
        // the first strings and the last one of [MC-NBFS] 2.2
        assert_eq!(
            [string(0), string(2), string(972)],
            [Some("mustUnderstand"), Some("Envelope"), Some("detail")]
        );
        assert_eq!([string(1), string(974)], [None, None]);
        assert_eq!(number("Envelope"), Some(2));
        assert_eq!(number("AzureADSyncObject"), None);
    }
}
