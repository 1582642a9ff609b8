//! A directory in memory that keeps the promises of an LDAP server, and breaks connections when it is told to.

use crate::checker::source::Entry;
use crate::error::Error;
use crate::fixer::octets::same_values;
use crate::fixer::{ObjectName, Octets, Op, Part, Source, Stored, Target, Trouble};
use crate::tool::BoxFuture;
use forestbed_sim::rules::ObjectView;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

pub(super) type Values = BTreeMap<String, Vec<Octets>>;

/// What happens to a modify request, by its number from 0 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Accident {
    /// The server says that it is busy.
    Busy,
    /// It refuses.
    Refused(u32),
    /// The connection breaks before the request arrives.
    LostBefore,
    /// The connection breaks after it was carried out.
    LostAfter,
    /// Somebody puts a value of his own into this attribute first.
    Foreign(&'static str),
    /// The process is killed before the request arrives, or after it was carried out.
    Killed(bool),
}

#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) objects: BTreeMap<String, Values>,
    pub(super) accidents: BTreeMap<usize, Accident>,
    /// Every modify request that was carried out: whose, and how it stood afterwards.
    pub(super) writes: Vec<(String, Values)>,
    /// Where somebody else wrote: object and attribute.
    pub(super) foreign: BTreeSet<(String, &'static str)>,
    pub(super) requests: usize,
    pub(super) waited: Duration,
    /// The process is dead: nothing it asks is answered.
    pub(super) killed: bool,
}

/// A handle to it, as often as it is needed.
#[derive(Debug, Clone, Default)]
pub(super) struct Memory(Arc<Mutex<World>>);

impl Memory {
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    pub(super) fn add(&self, dn: &str, attributes: &[(&str, &[&str])]) {
        let values = |(name, values): &(&str, &[&str])| {
            (name.to_ascii_lowercase(), values.iter().map(|value| Octets::from(*value)).collect())
        };
        self.world().objects.insert(dn.to_owned(), attributes.iter().map(values).collect());
    }

    pub(super) fn objects(&self) -> BTreeMap<String, Values> {
        self.world().objects.clone()
    }
}

/// Equal as sets of values, attribute by attribute.
pub(super) fn same(a: &BTreeMap<String, Values>, b: &BTreeMap<String, Values>) -> bool {
    let alike = |a: &Values, b: &Values| {
        a.len() == b.len()
            && a.iter().all(|(name, values)| b.get(name).is_some_and(|b| same_values(values, b)))
    };
    a.len() == b.len() && a.iter().all(|(dn, a)| b.get(dn).is_some_and(|b| alike(a, b)))
}

/// caseIgnoreMatch, as far as the tests need it.
fn equal(a: &Octets, b: &Octets) -> bool {
    match (a.text(), b.text()) {
        (Some(a), Some(b)) => a.to_lowercase() == b.to_lowercase(),
        _ => a == b,
    }
}

impl World {
    fn modify(&mut self, dn: &str, parts: &[Part]) -> Result<(), Trouble> {
        let refused = |code: u32| Trouble::Refused { code, text: "refused".to_owned() };
        let mut object = self.objects.get(dn).ok_or_else(|| refused(32))?.clone();
        for part in parts {
            let held = object.entry(part.attribute.to_ascii_lowercase()).or_default();
            assert_ne!(part.op, Op::Replace, "a replacement without a condition can lose a value");
            for value in &part.values {
                match (part.op, held.iter().position(|known| equal(known, value))) {
                    (Op::Delete, Some(at)) => drop(held.remove(at)),
                    (Op::Delete, None) => return Err(refused(16)),
                    (_, Some(_)) => return Err(refused(20)),
                    (_, None) => held.push(value.clone()),
                }
            }
            object.retain(|_, values| !values.is_empty());
        }
        self.objects.insert(dn.to_owned(), object.clone());
        self.writes.push((dn.to_owned(), object));
        Ok(())
    }
}

impl Source for Memory {
    fn views(&mut self) -> BoxFuture<'_, Result<Vec<ObjectView>, Error>> {
        let world = self.world();
        let entry = |(dn, values): (&String, &Values)| {
            let mut entry = Entry::new(dn.clone());
            for (name, values) in values {
                values.iter().for_each(|value| entry.push(name, value.0.clone()));
            }
            entry.view(0)
        };
        let views = match world.killed {
            true => Err(Error::tool("dead")),
            false => Ok(world.objects.iter().filter_map(entry).collect()),
        };
        drop(world);
        Box::pin(async move { views })
    }
}

impl Target for Memory {
    fn read<'a>(
        &'a mut self,
        object: &'a ObjectName,
        _attributes: &'a [String],
    ) -> BoxFuture<'a, Result<Option<Stored>, Trouble>> {
        let world = self.world();
        let found = world.objects.get(&object.dn).map(|values| Stored {
            dn: object.dn.clone(),
            values: values.clone(),
            version: None,
        });
        let answer = if world.killed { Err(Trouble::Lost("dead".to_owned())) } else { Ok(found) };
        drop(world);
        Box::pin(async move { answer })
    }

    fn modify<'a>(
        &'a mut self,
        object: &'a ObjectName,
        _dn: &'a str,
        parts: &'a [Part],
        _version: Option<&'a str>,
    ) -> BoxFuture<'a, Result<(), Trouble>> {
        let mut world = self.world();
        let number = world.requests;
        world.requests += 1;
        let accident = world.accidents.get(&number).copied();
        let lost = || Err(Trouble::Lost("reset by peer".to_owned()));
        let answer = match accident {
            _ if world.killed => lost(),
            Some(Accident::Busy) => Err(Trouble::Busy { code: 51, text: String::new() }),
            Some(Accident::Refused(code)) => Err(Trouble::Refused { code, text: String::new() }),
            Some(Accident::LostBefore) => lost(),
            Some(Accident::LostAfter) => world.modify(&object.dn, parts).and_then(|()| lost()),
            Some(Accident::Foreign(attribute)) => {
                let values =
                    world.objects.get_mut(&object.dn).map(|o| o.entry(attribute.to_owned()).or_default());
                if let Some(values) = values {
                    *values = vec![Octets::from("foreign@contoso.com")];
                    world.foreign.insert((object.dn.clone(), attribute));
                }
                world.modify(&object.dn, parts)
            }
            Some(Accident::Killed(after)) => {
                if after {
                    drop(world.modify(&object.dn, parts));
                }
                world.killed = true;
                lost()
            }
            None => world.modify(&object.dn, parts),
        };
        drop(world);
        Box::pin(async move { answer })
    }

    fn wait(&mut self, span: Duration) -> BoxFuture<'_, ()> {
        self.world().waited += span;
        Box::pin(async {})
    }
}
