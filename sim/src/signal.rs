//! Telling who listens that a directory changed.
//!
//! What it is: a bell. It says that something changed, not what: a listener keeps a position in the order of
//! changes and looks for itself, so that nothing has to be kept for one that is slow.

use crate::directory::Directory;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLockWriteGuard};

type Listener = Arc<dyn Fn() + Send + Sync>;

#[derive(Default)]
struct Listeners {
    /// In the order in which they came; how many there are stands beside it, to be read without the lock.
    list: Mutex<Vec<(u64, Listener)>>,
    count: AtomicUsize,
}

impl Listeners {
    fn lock(&self) -> MutexGuard<'_, Vec<(u64, Listener)>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The bell of one directory.
#[derive(Clone, Default)]
pub(crate) struct ChangeSignal {
    listeners: Arc<Listeners>,
}

impl fmt::Debug for ChangeSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChangeSignal({} listeners)", self.listeners.count.load(Ordering::Relaxed))
    }
}

impl ChangeSignal {
    pub(crate) fn listen(&self, listener: Listener) -> ChangeListener {
        let mut list = self.listeners.lock();
        let id = list.last().map_or(0, |(last, _)| last + 1);
        list.push((id, listener));
        self.listeners.count.store(list.len(), Ordering::Release);
        ChangeListener { id, listeners: Arc::clone(&self.listeners) }
    }

    pub(crate) fn ring(&self) {
        if self.listeners.count.load(Ordering::Acquire) > 0 {
            let listeners: Vec<Listener> =
                self.listeners.lock().iter().map(|(_, listener)| Arc::clone(listener)).collect();
            listeners.iter().for_each(|listener| listener());
        }
    }
}

/// Somebody who listens, until this is dropped.
#[must_use]
pub struct ChangeListener {
    id: u64,
    listeners: Arc<Listeners>,
}

impl fmt::Debug for ChangeListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChangeListener({})", self.id)
    }
}

impl Drop for ChangeListener {
    fn drop(&mut self) {
        let mut list = self.listeners.lock();
        list.retain(|(id, _)| *id != self.id);
        self.listeners.count.store(list.len(), Ordering::Release);
    }
}

/// A directory, locked to be changed. Those who listen are told once the lock is given back, if anything was
/// changed.
#[derive(Debug)]
pub struct DirectoryMut<'a> {
    /// None only while it is dropped.
    guard: Option<RwLockWriteGuard<'a, Directory>>,
    signal: &'a ChangeSignal,
    before: u64,
}

impl<'a> DirectoryMut<'a> {
    pub(crate) fn new(guard: RwLockWriteGuard<'a, Directory>, signal: &'a ChangeSignal) -> DirectoryMut<'a> {
        DirectoryMut { before: guard.highest_usn(), guard: Some(guard), signal }
    }
}

impl Deref for DirectoryMut<'_> {
    type Target = Directory;

    #[expect(clippy::expect_used, reason = "the guard is there until this is dropped")]
    fn deref(&self) -> &Directory {
        self.guard.as_ref().expect("held")
    }
}

impl DerefMut for DirectoryMut<'_> {
    #[expect(clippy::expect_used, reason = "the guard is there until this is dropped")]
    fn deref_mut(&mut self) -> &mut Directory {
        self.guard.as_mut().expect("held")
    }
}

impl Drop for DirectoryMut<'_> {
    fn drop(&mut self) {
        let after = self.guard.take().map(|guard| guard.highest_usn());
        if after != Some(self.before) {
            self.signal.ring();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::{Modification, ModifyOp, UpdateContext};
    use crate::spec::EstateSpec;
    use crate::world::World;

    #[test]
    fn a_listener_is_told_of_changes_once_the_lock_is_free_until_it_leaves() {
        let spec = EstateSpec::default();
        let world = Arc::new(World::generate(spec, 1).unwrap());
        let heard = Arc::new(AtomicUsize::new(0));
        let listener = {
            let (heard, world) = (Arc::clone(&heard), Arc::downgrade(&world));
            world.upgrade().unwrap().on_change(
                0,
                Arc::new(move || {
                    // it may look at once
                    let _ = world.upgrade().unwrap().controller(0).highest_usn();
                    heard.fetch_add(1, Ordering::Relaxed);
                }),
            )
        };
        let change = |text: &str| {
            let mut directory = world.controller_mut(0);
            let dn = directory.info().domain_dn.clone();
            let attribute = "description".to_owned();
            let step =
                Modification { op: ModifyOp::Replace, attribute, values: vec![text.as_bytes().to_vec()] };
            directory.modify(&UpdateContext::system(world.clock.now()), &dn, &[step]).unwrap();
        };
        change("a");
        assert_eq!(heard.load(Ordering::Relaxed), 1);
        // nothing differs
        change("a");
        drop(world.controller_mut(0));
        assert_eq!(heard.load(Ordering::Relaxed), 1);
        change("b");
        world.reset();
        assert_eq!(heard.load(Ordering::Relaxed), 3);
        drop(listener);
        change("c");
        assert_eq!(heard.load(Ordering::Relaxed), 3);
    }
}
