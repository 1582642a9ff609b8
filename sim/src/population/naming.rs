//! Names that must be unique, given out in order as an administrator does: `jan.jansen`, `jan.jansen2`.

use hashbrown::HashTable;

/// Names that are given out in one space, without regard to case. Never iterated.
#[derive(Default)]
pub(crate) struct Taken {
    names: HashTable<u64>,
    /// The last number that was tried for a name.
    numbers: HashTable<(u64, u32)>,
}

impl Taken {
    /// Whether the name was free; it is not afterwards.
    pub(crate) fn take(&mut self, name: &str) -> bool {
        let hash = hash(name);
        let free = self.names.find(hash, |held| *held == hash).is_none();
        if free {
            self.names.insert_unique(hash, hash, |held| *held);
        }
        free
    }

    /// Whether the name was given out.
    pub(crate) fn has(&self, name: &str) -> bool {
        let hash = hash(name);
        self.names.find(hash, |held| *held == hash).is_some()
    }

    /// The name, or the name with the first free number from 2 on, cut so that it has at most `max` bytes.
    /// `name` must be ASCII.
    pub(super) fn assign(&mut self, name: &str, max: usize) -> String {
        let whole = tidy_end(name.get(..max.min(name.len())).unwrap_or(name));
        if self.take(whole) {
            return whole.to_owned();
        }
        let numbered = |number: u32| {
            let digits = number.to_string();
            let stem = tidy_end(whole.get(..whole.len().min(max - digits.len())).unwrap_or(whole));
            format!("{stem}{digits}")
        };
        numbered(self.next_number(whole, numbered))
    }

    /// 1 when the name was free, otherwise the first number from 2 on with which, a space between, it was.
    pub(super) fn number(&mut self, name: &str) -> u32 {
        if self.take(name) { 1 } else { self.next_number(name, |number| format!("{name} {number}")) }
    }

    /// Takes the first numbered name that is free. Names are never given back, so it goes on from where it was.
    fn next_number(&mut self, name: &str, numbered: impl Fn(u32) -> String) -> u32 {
        let key = hash(name);
        let mut number = self.numbers.find(key, |(held, _)| *held == key).map_or(1, |(_, n)| *n);
        loop {
            number += 1;
            if self.take(&numbered(number)) {
                break;
            }
        }
        match self.numbers.find_mut(key, |(held, _)| *held == key) {
            Some((_, held)) => *held = number,
            None => drop(self.numbers.insert_unique(key, (key, number), |(held, _)| *held)),
        }
        number
    }
}

fn tidy_end(name: &str) -> &str {
    name.trim_end_matches(['.', '-', ' '])
}

/// FNV-1a over the lower-case name. Two names that collide would merely cost one of them a number.
fn hash(name: &str) -> u64 {
    let eat = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let hash = name.bytes().map(|b| b.to_ascii_lowercase()).fold(0xcbf2_9ce4_8422_2325, eat);
    (hash ^ (hash >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

/// What an address or account name can hold of a name: ASCII letters, digits and hyphens, lower case.
pub(super) fn login_part(locale: &str, name: &str) -> String {
    crate::transliteration::transliterate(locale, name)
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_bearer_of_a_name_gets_a_number() {
        let mut taken = Taken::default();
        let mut check = |name: &str, max, expected: &str| assert_eq!(taken.assign(name, max), expected);
        check("jan.jansen", 64, "jan.jansen");
        check("Jan.Jansen", 64, "Jan.Jansen2");
        check("jan.jansen", 64, "jan.jansen3");
        check("jan.jansen4", 64, "jan.jansen4");
        check("jan.jansen", 64, "jan.jansen5");
        check("wilhelmina.van-schoonhoven", 20, "wilhelmina.van-schoo");
        check("wilhelmina.van-schoorl", 20, "wilhelmina.van-scho2");
        check("abcdefghijklmnopqrs.tuv", 20, "abcdefghijklmnopqrs");
    }

    #[test]
    fn names_become_logins_by_their_locale() {
        let check = |locale: &str, name: &str, expected: &str| assert_eq!(login_part(locale, name), expected);
        check("nl", "van den Berg", "vandenberg");
        check("en", "O'Brien", "obrien");
        check("de", "Müller-Lüdenscheidt", "mueller-luedenscheidt");
        check("pl", "Łukasz", "lukasz");
    }
}
