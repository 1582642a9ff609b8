//! Strings that many objects share, kept once.

use super::super::attr;
use super::super::schema::AttrId;
use super::hash::Hasher;
use hashbrown::HashTable;
use std::sync::Arc;

/// Above this many strings a new one is stored with its object: a client that writes a million different
/// titles must not make the dictionary grow for ever.
const CAPACITY: usize = 16_384;
/// Longer strings are seldom shared.
const LONGEST: usize = 128;

/// Attributes whose values repeat from object to object.
const SHARED: [AttrId; 14] = [
    attr::TITLE,
    attr::DEPARTMENT,
    attr::COMPANY,
    attr::DIVISION,
    attr::OFFICE,
    attr::STREET_ADDRESS,
    attr::L,
    attr::ST,
    attr::POSTAL_CODE,
    attr::C,
    attr::CO,
    attr::PREFERRED_LANGUAGE,
    attr::EMPLOYEE_TYPE,
    attr::OPERATING_SYSTEM,
];

#[derive(Debug, Clone, Default)]
struct Strings {
    strings: Vec<Arc<str>>,
    numbers: HashTable<u32>,
}

/// See the module.
#[derive(Debug, Clone, Default)]
pub(crate) struct Dictionary {
    inner: Arc<Strings>,
}

fn hash(text: &str) -> u64 {
    let mut hasher = Hasher::new(0);
    hasher.bytes(text.as_bytes());
    hasher.finish()
}

impl Dictionary {
    /// Whether values of an attribute are worth a place.
    pub(crate) fn wants(attribute: AttrId) -> bool {
        SHARED.contains(&attribute)
    }

    /// The string with a number.
    pub(crate) fn get(&self, number: u64) -> &str {
        self.inner.strings.get(number as usize).map_or("", |text| text)
    }

    /// The number of a string, given now when it has none; none when it should be stored plainly.
    pub(crate) fn intern(&mut self, text: &str) -> Option<u64> {
        let hash_of = hash(text);
        let found = self.inner.numbers.find(hash_of, |n| &*self.inner.strings[*n as usize] == text);
        if let Some(number) = found {
            return Some(u64::from(*number));
        }
        if self.inner.strings.len() >= CAPACITY || text.len() > LONGEST {
            return None;
        }
        let Strings { strings, numbers } = Arc::make_mut(&mut self.inner);
        let number = strings.len() as u32;
        strings.push(text.into());
        numbers.insert_unique(hash_of, number, |n| hash(&strings[*n as usize]));
        Some(u64::from(number))
    }

    /// Bytes held.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.inner.strings.iter().map(|text| text.len() + 32).sum::<usize>()
            + self.inner.numbers.capacity() * 6
    }
}
