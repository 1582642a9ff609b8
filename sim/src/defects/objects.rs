//! The objects that can be spoilt, in a drawn order.

use super::bench::{Class, Subject};
use super::units::Pool;
use crate::directory::ObjectId;
use crate::population::{Population, Purpose};
use crate::seed::Seed;

/// A list of the population.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum List {
    People,
    Contacts,
    Groups,
    Rooms,
    Services,
}

/// The objects, and which of them carry something already.
pub(super) struct Objects {
    order: Vec<(ObjectId, List)>,
    used: Vec<bool>,
}

impl Objects {
    pub(super) fn new(population: &Population, seed: Seed) -> Objects {
        let shuffled = |lists: &[(&Vec<ObjectId>, List)], purpose: &str| {
            let mut order: Vec<(ObjectId, List)> =
                lists.iter().flat_map(|(ids, list)| ids.iter().map(move |id| (*id, *list))).collect();
            let mut draw = Purpose::new(seed, purpose).of(0);
            for i in (1..order.len()).rev() {
                order.swap(i, draw.below(i + 1));
            }
            order
        };
        let first = [
            (&population.people, List::People),
            (&population.contacts, List::Contacts),
            (&population.groups, List::Groups),
        ];
        let others = [
            (&population.rooms, List::Rooms),
            (&population.shared, List::Rooms),
            (&population.services, List::Services),
        ];
        let mut order = shuffled(&first, "defects/order");
        order.extend(shuffled(&others, "defects/order-of-others"));
        Objects { used: vec![false; order.len()], order }
    }

    /// The next object after `from` that is unused and may suit the pool: see [`Objects::suits`].
    pub(super) fn next(&self, from: usize, pool: Pool) -> Option<usize> {
        (from..self.order.len()).find(|i| !self.used[*i] && self.fits(*i, pool))
    }

    /// Whether the object in a place is of a list that the pool draws from.
    pub(super) fn fits(&self, place: usize, pool: Pool) -> bool {
        let list = self.order[place].1;
        match pool {
            Pool::Person | Pool::Mailbox => list == List::People,
            Pool::Contact => list == List::Contacts,
            Pool::MailGroup | Pool::SecurityGroup | Pool::AnyGroup => list == List::Groups,
            Pool::Recipient => matches!(list, List::People | List::Contacts | List::Groups),
            Pool::Room | Pool::SharedMailbox => matches!(list, List::Rooms | List::People),
            Pool::Service => list == List::Services,
        }
    }

    /// Whether an object that was read belongs to the pool.
    pub(super) fn suits(subject: &Subject, pool: Pool) -> bool {
        match pool {
            Pool::Person | Pool::AnyGroup | Pool::Service => true,
            Pool::Mailbox | Pool::Contact | Pool::MailGroup | Pool::Recipient => {
                subject.has_mailbox_address()
            }
            Pool::SecurityGroup => !subject.distribution,
            Pool::Room => matches!(subject.recipient_type(), Some(16 | 32)),
            Pool::SharedMailbox => subject.recipient_type() == Some(4),
        }
    }

    pub(super) fn id(&self, place: usize) -> (ObjectId, Class) {
        let (id, list) = self.order[place];
        let class = match list {
            List::People | List::Rooms | List::Services => Class::User,
            List::Contacts => Class::Contact,
            List::Groups => Class::Group,
        };
        (id, class)
    }

    pub(super) fn mark(&mut self, place: usize) {
        self.used[place] = true;
    }
}
