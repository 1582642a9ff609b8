//! A growing list in pages behind `Arc`: a clone copies the page table, a write copies one page.

use std::sync::Arc;

/// Items of a page.
const PAGE: usize = 256;

#[derive(Debug, Clone)]
pub(crate) struct Pages<T> {
    pages: Arc<Vec<Arc<Vec<T>>>>,
    /// Items that were dropped from the front: whole pages.
    dropped: usize,
    len: usize,
}

impl<T: Clone> Pages<T> {
    pub(crate) fn new() -> Pages<T> {
        Pages { pages: Arc::new(Vec::new()), dropped: 0, len: 0 }
    }

    /// How many items there ever were: the index that the next one gets.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The first index that is still there, or could be.
    pub(crate) fn first(&self) -> usize {
        self.dropped
    }

    /// Drops whole pages from the front, as long as all their items lie before an index.
    pub(crate) fn drop_before(&mut self, at: usize) {
        let over = at.min(self.len).saturating_sub(self.dropped) / PAGE;
        if over > 0 {
            Arc::make_mut(&mut self.pages).drain(..over);
            self.dropped += over * PAGE;
        }
    }

    pub(crate) fn get(&self, at: usize) -> Option<&T> {
        let at = at.checked_sub(self.dropped)?;
        self.pages.get(at / PAGE)?.get(at % PAGE)
    }

    pub(crate) fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        let at = at.checked_sub(self.dropped)?;
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
        let from = from.saturating_sub(self.dropped);
        let skip = from % PAGE;
        self.pages.iter().skip(from / PAGE).flat_map(|page| page.iter()).skip(skip)
    }
}
