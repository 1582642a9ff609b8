//! Relative names side by side: what a distinguished name is made of, without a look at the records it goes
//! through. A group's members lie all over memory, and to fetch a record is most of what naming one costs.

use super::super::schema::ClassId;
use super::PAGE;
use std::sync::Arc;

/// The relative name of one object and what it hangs on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RelativeName<'a> {
    pub(crate) parent: u32,
    pub(crate) class: ClassId,
    /// Not escaped.
    pub(crate) value: &'a [u8],
}

#[derive(Debug, Clone, Copy)]
struct Place {
    parent: u32,
    at: u32,
    length: u16,
    class: ClassId,
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
        let Place { parent, at, length, class } = *page.places.get(id as usize % PAGE)?;
        let value = page.text.get(at as usize..at as usize + usize::from(length))?;
        (length != 0).then_some(RelativeName { parent, class, value })
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

    /// Bytes held.
    pub(crate) fn heap_bytes(&self) -> usize {
        let page = |page: &Arc<Page>| page.places.capacity() * size_of::<Place>() + page.text.capacity() + 96;
        self.pages.iter().map(page).sum()
    }
}

impl Page {
    fn set(&mut self, index: usize, name: RelativeName<'_>) {
        let (length, value) = u16::try_from(name.value.len()).map_or((0, &[][..]), |len| (len, name.value));
        let mut place = Place { parent: name.parent, at: 0, length, class: name.class };
        match self.places.get_mut(index) {
            Some(old) if self.text[old.at as usize..][..usize::from(old.length)] == *value => {
                place.at = old.at;
                *old = place;
            }
            Some(old) => {
                self.unused += usize::from(old.length);
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
            text.extend_from_slice(&self.text[place.at as usize..][..usize::from(place.length)]);
            place.at = at;
        }
        (self.text, self.unused) = (text, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(parent: u32, value: &str) -> RelativeName<'_> {
        RelativeName { parent, class: ClassId::from_index(3), value: value.as_bytes() }
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
            assert_eq!((name.parent, name.value), (*parent, value.as_bytes()));
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
