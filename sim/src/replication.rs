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
