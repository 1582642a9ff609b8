//! Relative names side by side: what a distinguished name is made of, without a look at the records it goes
//! through. A group's members lie all over memory, and to fetch a record is most of what naming one costs.

use super::super::schema::ClassId;
use super::PAGE;
use std::ops::Range;
use std::sync::Arc;

/// Octets of the longest name that lies here.
const LONGEST: usize = (u16::MAX >> 1) as usize;

/// The relative name of one object and what it hangs on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RelativeName<'a> {
    pub(crate) parent: u32,
    pub(crate) class: ClassId,
    /// Not escaped.
    pub(crate) value: &'a [u8],
    /// Nothing in it needs to be escaped.
    pub(crate) plain: bool,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    parent: u32,
    at: u32,
    /// In octets; twice that, and one more when the name is plain.
    length: u16,
    class: ClassId,
}

impl Place {
    #[inline]
    fn octets(self) -> Range<usize> {
        self.at as usize..self.at as usize + usize::from(self.length >> 1)
    }
}

#[derive(Debug, Clone, Default)]
struct Page {
    places: Vec<Place>,
    text: Vec<u8>,
    /// Octets of the text that no place uses.
    unused: usize,
}

/// The names of all objects, by id.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    pages: Vec<Arc<Page>>,
}

impl Names {
    /// The name of an object; none for one without a name, or with one that is too long to lie here.
    #[inline]
    pub(crate) fn get(&self, id: u32) -> Option<RelativeName<'_>> {
        let page = self.pages.get(id as usize / PAGE)?;
        let place = *page.places.get(id as usize % PAGE)?;
        let (Place { parent, class, .. }, plain) = (place, place.length & 1 == 1);
        let value = page.text.get(place.octets())?;
        (place.length > 1).then_some(RelativeName { parent, class, value, plain })
    }

    /// Names an object that is there, or the next one.
    pub(crate) fn set(&mut self, id: u32, name: RelativeName<'_>) {
        let number = id as usize / PAGE;
        if number == self.pages.len() {
            let places = Vec::with_capacity(PAGE);
            self.pages.push(Arc::new(Page { places, ..Page::default() }));
        }
        let Some(page) = self.pages.get_mut(number) else { return };
        Arc::make_mut(page).set(id as usize % PAGE, name);
    }

    /// Fetches names that are about to be read, all at once: one alone is waited for.
    #[inline]
    pub(crate) fn fetch(&self, ids: impl Iterator<Item = u32>) {
        let first =
            |id| self.get(id).and_then(|name| name.value.first()).map_or(0, |octet| u32::from(*octet));
        std::hint::black_box(ids.fold(0, |sum, id| sum + first(id)));
    }

    /// Bytes held.
    pub(crate) fn heap_bytes(&self) -> usize {
        let page = |page: &Arc<Page>| page.places.capacity() * size_of::<Place>() + page.text.capacity() + 96;
        self.pages.iter().map(page).sum()
    }
}

impl Page {
    fn set(&mut self, index: usize, name: RelativeName<'_>) {
        let value = if name.value.len() > LONGEST { &[] } else { name.value };
        let length = (value.len() as u16) << 1 | u16::from(name.plain);
        let mut place = Place { parent: name.parent, at: 0, length, class: name.class };
        match self.places.get_mut(index) {
            Some(old) if self.text[old.octets()] == *value => {
                place.at = old.at;
                *old = place;
            }
            Some(old) => {
                self.unused += old.octets().len();
                place.at = self.text.len() as u32;
                *old = place;
                self.text.extend_from_slice(value);
                if self.unused > self.text.len() / 2 {
                    self.compact();
                }
            }
            None => {
                place.at = self.text.len() as u32;
                self.places.push(place);
                self.text.extend_from_slice(value);
                if self.places.len() == PAGE {
                    self.text.shrink_to_fit();
                }
            }
        }
    }

    fn compact(&mut self) {
        let mut text = Vec::with_capacity(self.text.len() - self.unused);
        for place in &mut self.places {
            let at = text.len() as u32;
            text.extend_from_slice(&self.text[place.octets()]);
            place.at = at;
        }
        (self.text, self.unused) = (text, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(parent: u32, value: &str) -> RelativeName<'_> {
        RelativeName {
            parent,
            class: ClassId::from_index(3),
            value: value.as_bytes(),
            plain: parent.is_multiple_of(2),
        }
    }

    #[test]
    fn names_are_read_as_they_were_set_last_however_often_they_change() {
        let mut names = Names::default();
        let mut expected = Vec::new();
        for id in 0..3 * PAGE as u32 / 2 {
            let name = format!("Person {id}");
            names.set(id, named(id / 7, &name));
            expected.push((id / 7, name));
        }
        let before = names.clone();
        for round in 0..40u32 {
            for id in (0..expected.len() as u32).step_by(3) {
                let name = format!("{round} Renamed {id} {}", "x".repeat((id * 7 % 50) as usize));
                names.set(id, named(round, &name));
                expected[id as usize] = (round, name);
            }
        }
        for (id, (parent, value)) in expected.iter().enumerate() {
            let name = names.get(id as u32).unwrap();
            assert_eq!(
                (name.parent, name.value, name.plain),
                (*parent, value.as_bytes(), parent.is_multiple_of(2))
            );
            assert_eq!(before.get(id as u32).unwrap().value, format!("Person {id}").as_bytes());
        }
        let longest = expected.iter().map(|(_, name)| name.len()).sum::<usize>();
        assert!(names.heap_bytes() < 6 * longest + 2 * PAGE * size_of::<Place>());
        assert!(names.get(expected.len() as u32).is_none());
    }

    #[test]
    fn a_name_that_is_too_long_is_not_there() {
        let mut names = Names::default();
        names.set(0, named(1, &"x".repeat(70_000)));
        assert!(names.get(0).is_none());
        names.set(0, named(1, "x"));
        assert_eq!(names.get(0).unwrap().value, b"x");
    }
}
