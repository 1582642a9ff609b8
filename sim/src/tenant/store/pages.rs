//! A growing list in pages behind `Arc`: a clone copies the page table, a write copies one page.

use std::sync::Arc;

/// Items of a page.
const PAGE: usize = 256;

#[derive(Debug, Clone)]
pub(crate) struct Pages<T> {
    pages: Arc<Vec<Arc<Vec<T>>>>,
    len: usize,
}

impl<T: Clone> Pages<T> {
    pub(crate) fn new() -> Pages<T> {
        Pages { pages: Arc::new(Vec::new()), len: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn get(&self, at: usize) -> Option<&T> {
        self.pages.get(at / PAGE)?.get(at % PAGE)
    }

    pub(crate) fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        let pages = Arc::make_mut(&mut self.pages);
        Arc::make_mut(pages.get_mut(at / PAGE)?).get_mut(at % PAGE)
    }

    pub(crate) fn push(&mut self, item: T) {
        let pages = Arc::make_mut(&mut self.pages);
        if self.len.is_multiple_of(PAGE) {
            pages.push(Arc::new(Vec::with_capacity(PAGE)));
        }
        if let Some(page) = pages.last_mut() {
            Arc::make_mut(page).push(item);
        }
        self.len += 1;
    }

    /// From an index on, in order.
    pub(crate) fn iter_from(&self, from: usize) -> impl Iterator<Item = &T> {
        let skip = from % PAGE;
        self.pages.iter().skip(from / PAGE).flat_map(|page| page.iter()).skip(skip)
    }
}
