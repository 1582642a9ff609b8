//! When controllers of a forest learn from each other: a change is told to all partners a lag after it was made.
//!
//! Every controller pulls from every other one of its forest. What is behind is known by USN: how far a
//! destination has taken a source's changes. Time is the world's clock alone.

use crate::clock::SimTime;
use crate::directory::Directory;

/// Rounds after which controllers that do not come to agree are left: each round settles what the one before
/// brought up, so that a handful is enough.
const ROUNDS_MOST: usize = 64;

/// What the controllers of one forest have taken from each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Partners {
    /// By destination and source: the source's USN up to which the destination has taken its changes.
    taken: Vec<Vec<u64>>,
    /// By source: its USN up to which a change has been noticed.
    noticed: Vec<u64>,
    /// By source: when its partners pull.
    due: Vec<Option<SimTime>>,
}

impl Partners {
    pub(crate) fn new(controllers: usize) -> Partners {
        Partners {
            taken: vec![vec![0; controllers]; controllers],
            noticed: vec![0; controllers],
            due: vec![None; controllers],
        }
    }

    /// How many controllers there are.
    pub(crate) fn len(&self) -> usize {
        self.noticed.len()
    }

    /// Notes that a source has come to a USN at an instant; its partners learn of it at `due`.
    pub(crate) fn notice(&mut self, source: usize, usn: u64, due: SimTime) {
        if usn > self.noticed[source] {
            self.noticed[source] = usn;
            self.due[source].get_or_insert(due);
        }
    }

    /// The source whose partners pull next, if that is due.
    pub(crate) fn next_due(&self, now: SimTime) -> Option<(usize, SimTime)> {
        let due = self.due.iter().enumerate().filter_map(|(source, due)| Some((source, (*due)?)));
        due.filter(|(_, due)| *due <= now).min_by_key(|(source, due)| (*due, *source))
    }

    /// A source's partners pull now.
    pub(crate) fn pulled(&mut self, source: usize) {
        self.due[source] = None;
    }

    /// The USN of a source from which a destination has to go on.
    pub(crate) fn since(&self, destination: usize, source: usize) -> u64 {
        self.taken[destination][source]
    }

    pub(crate) fn took(&mut self, destination: usize, source: usize, upto: u64) {
        self.taken[destination][source] = upto;
    }

    /// Lets everything arrive that is on its way, and what arrives thereby, at once.
    pub(crate) fn settle(&mut self, directories: &mut [Directory], now: SimTime) {
        for _ in 0..ROUNDS_MOST {
            let mut quiet = true;
            for source in 0..directories.len() {
                for destination in 0..directories.len() {
                    let since = self.since(destination, source);
                    if source == destination || since >= directories[source].highest_usn() {
                        continue;
                    }
                    quiet = false;
                    let replica = directories[destination].replica();
                    let (changes, upto) = directories[source].changes_for(&replica, since);
                    directories[destination].apply(changes, now);
                    self.took(destination, source, upto);
                }
            }
            if quiet {
                break;
            }
        }
        for (source, directory) in directories.iter().enumerate() {
            self.noticed[source] = directory.highest_usn();
            self.due[source] = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::directory::{Modification, ModifyOp, UpdateContext};
    use crate::spec::{EstateSpec, ForestSpec, PopulationSpec};
    use crate::world::World;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, mpsc};
    use std::time::Duration;

    const LAG: Duration = Duration::from_secs(15);

    fn world() -> Arc<World> {
        let population = PopulationSpec::of_users(3);
        let forest = ForestSpec { controllers: 2, replication_lag: LAG, population, ..ForestSpec::default() };
        Arc::new(World::generate(EstateSpec { forests: vec![forest], ..EstateSpec::default() }, 1).unwrap())
    }

    fn describe(world: &World, text: &str) {
        let mut directory = world.controller_mut(0);
        let dn = directory.info().domain_dn.clone();
        let values = vec![text.as_bytes().to_vec()];
        let step = Modification { op: ModifyOp::Replace, attribute: "description".to_owned(), values };
        directory.modify(&UpdateContext::system(world.clock.now()), &dn, &[step]).unwrap();
    }

    fn described(world: &World, controller: usize) -> Option<String> {
        let directory = world.controller(controller);
        let head = directory.resolve(&directory.info().domain_dn).unwrap();
        directory.entry(head).unwrap().text("description").map(|text| text.into_owned())
    }

    #[test]
    fn a_change_arrives_a_lag_later_and_who_listens_may_look_at_the_world() {
        let world = world();
        let (tell, told) = mpsc::channel();
        let seen = Arc::downgrade(&world);
        let listen = move || tell.send(seen.upgrade().map(|world| world.snapshot().time)).unwrap();
        let _listener = world.on_change(1, Arc::new(listen));
        describe(&world, "first");
        let (done, advanced) = mpsc::channel();
        let shared = Arc::clone(&world);
        std::thread::spawn(move || {
            shared.advance(LAG - Duration::from_millis(1));
            done.send(described(&shared, 1)).unwrap();
            shared.advance(Duration::from_millis(1));
            done.send(described(&shared, 1)).unwrap();
        });
        let patience = Duration::from_secs(20);
        assert_eq!(advanced.recv_timeout(patience).unwrap(), None);
        assert_eq!(advanced.recv_timeout(patience).unwrap().as_deref(), Some("first"));
        assert!(told.recv_timeout(patience).unwrap().is_some());
    }

    #[test]
    fn a_state_taken_or_put_back_while_others_write_holds_what_it_says_was_taken() {
        let world = world();
        world.checkpoint("before");
        let stop = Arc::new(AtomicBool::new(false));
        let (shared, ended) = (Arc::clone(&world), Arc::clone(&stop));
        let writer = std::thread::spawn(move || {
            let mut nth = 0;
            while !ended.load(Ordering::Relaxed) {
                nth += 1;
                describe(&shared, &format!("change {nth}"));
                shared.advance(LAG);
            }
        });
        for nth in 0..400 {
            let state = world.snapshot();
            for (source, directory) in state.directories.iter().enumerate() {
                let taken = state.partners[0].since(1 - source, source);
                assert!(taken <= directory.highest_usn(), "{taken} of {source} in state {nth}");
            }
            if nth % 20 == 19 {
                assert!(world.restore("before"));
            }
        }
        stop.store(true, Ordering::Relaxed);
        writer.join().unwrap();
        // and what is written from then on arrives
        assert!(world.restore("before"));
        describe(&world, "last");
        world.advance(LAG);
        assert_eq!(described(&world, 1).as_deref(), Some("last"));
    }
}
