//! Who came first with which value.

use super::collation::compared;
use hashbrown::HashTable;

/// Stands for an attribute and a value.
type Key = [u64; 2];

/// The first holder of each value of each attribute. Memory: about 40 bytes a distinct value.
#[derive(Debug, Default)]
pub(super) struct Store {
    first: HashTable<(Key, u32)>,
}

impl Store {
    /// Enters a value; the object that came first with it, if another entry did.
    pub(super) fn enter(&mut self, attribute: &str, value: &str, object: u32) -> Option<u32> {
        let key = key(attribute, value);
        let entry = self.first.entry(spread(key), |held| held.0 == key, |held| spread(held.0));
        match entry {
            hashbrown::hash_table::Entry::Occupied(held) => Some(held.get().1),
            hashbrown::hash_table::Entry::Vacant(free) => {
                free.insert((key, object));
                None
            }
        }
    }

    /// The object that came first with this value.
    pub(super) fn first(&self, attribute: &str, value: &str) -> Option<u32> {
        let key = key(attribute, value);
        self.first.find(spread(key), |held| held.0 == key).map(|held| held.1)
    }
}

/// FNV-1a of 128 bits over what is compared: two values that meet by accident are out of reach.
fn key(attribute: &str, value: &str) -> Key {
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    let mut eat = |byte: u8| hash = (hash ^ u128::from(byte)).wrapping_mul(0x0100_0000_0000_0000_0000_013b);
    attribute.bytes().for_each(&mut eat);
    eat(0);
    if value.is_ascii() {
        value.bytes().for_each(|byte| eat(byte.to_ascii_lowercase()));
    } else {
        let mut buffer = [0; 4];
        compared(value).for_each(|c| c.encode_utf8(&mut buffer).bytes().for_each(&mut eat));
    }
    [hash as u64, (hash >> 64) as u64]
}

fn spread(key: Key) -> u64 {
    key[0] ^ key[1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_holder_of_a_value_stays_the_first() {
        let mut store = Store::default();
        assert_eq!(store.enter("mail", "a@contoso.com", 1), None);
        assert_eq!(store.enter("mail", "A@Contoso.com", 2), Some(1));
        assert_eq!(store.enter("mail", "a@contoso.com", 3), Some(1));
        // never across attributes
        assert_eq!(store.enter("userPrincipalName", "a@contoso.com", 4), None);
        assert_eq!(store.first("mail", "a@CONTOSO.com"), Some(1));
        assert_eq!(store.first("mail", "b@contoso.com"), None);
    }
}
