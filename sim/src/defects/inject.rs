//! Injection: takes clean objects in a drawn order, each at most once, and writes the ledger.

use super::bench::{Bench, Class, Draft, READ, Subject};
use super::catalogue::{Detectable, Repair, Role, catalogue};
use super::decoys::{DECOYS, DecoySource, decoy};
use super::ledger::{Accepted, Holding, Ledger, LedgerRow, Outcome, Place};
use super::mix::{Plan, plan};
use super::units::{Maker, Pool, UNITS, Unit};
use crate::Error;
use crate::clock::SimTime;
use crate::directory::{Directory, ObjectId, UpdateContext};
use crate::population::{Population, Purpose, Taken};
use crate::seed::Seed;
use crate::spec::{ForestSpec, TenantSpec};

/// Second objects that are tried for one first object.
const PARTNERS_TRIED: usize = 200;

/// Injects the forest's defects and decoys into its clean population.
///
/// Every object carries at most one of them, so that rows of the ledger never meddle with each other.
///
/// # Errors
/// An id or a profile that is not known or cannot be injected yet (with those that can); more defects of a
/// kind than there are objects that suit (with how many there is room for).
pub fn inject(
    directory: &mut Directory,
    population: &Population,
    forest: &ForestSpec,
    tenant: &TenantSpec,
    seed: Seed,
    now: SimTime,
) -> Result<Ledger, Error> {
    let plan = plan(&forest.defects, forest.population.users)?;
    if plan.counts.is_empty() && forest.decoys == 0 {
        return Ok(Ledger::default());
    }
    let taken = names_in_use(directory, population);
    let bench = Bench::new(forest, tenant, &taken);
    let mut injector = Injector {
        objects: Objects::new(directory, population, seed),
        context: UpdateContext::lenient(now),
        directory,
        bench,
        ledger: Ledger::default(),
        seed,
    };
    injector.run(&plan, forest.decoys as usize)?;
    Ok(injector.ledger)
}

/// Every name that somebody has, each in its space.
fn names_in_use(directory: &Directory, population: &Population) -> Taken {
    let mut taken = Taken::default();
    let kinds = [
        &population.people,
        &population.groups,
        &population.contacts,
        &population.rooms,
        &population.services,
    ];
    for id in kinds.into_iter().flatten() {
        let Some(entry) = directory.entry(*id) else { continue };
        let spaces =
            [('a', "mail"), ('a', "userPrincipalName"), ('n', "mailNickname"), ('s', "sAMAccountName")];
        for (space, attribute) in spaces {
            if let Some(value) = entry.text(attribute) {
                taken.take(&format!("{space}:{value}"));
            }
        }
        for value in entry.texts("proxyAddresses") {
            if let Some((_, address)) = value.split_once(':') {
                taken.take(&format!("a:{address}"));
            }
        }
    }
    taken
}

/// The objects that can be spoilt, in a drawn order.
struct Objects {
    order: Vec<(ObjectId, Class)>,
    used: Vec<bool>,
}

impl Objects {
    fn new(directory: &Directory, population: &Population, seed: Seed) -> Objects {
        let kinds = [
            (&population.people, Class::User),
            (&population.contacts, Class::Contact),
            (&population.groups, Class::Group),
        ];
        let mut order: Vec<(ObjectId, Class)> =
            kinds.iter().flat_map(|(ids, class)| ids.iter().map(move |id| (*id, *class))).collect();
        let mut draw = Purpose::new(seed, "defects/order").of(0);
        for i in (1..order.len()).rev() {
            order.swap(i, draw.below(i + 1));
        }
        let _ = directory;
        Objects { used: vec![false; order.len()], order }
    }

    /// The next object after `from` that is unused and of a class of the pool.
    fn next(&self, from: usize, pool: Pool) -> Option<usize> {
        let fits = |class: Class| match pool {
            Pool::Person | Pool::Mailbox => class == Class::User,
            Pool::Contact => class == Class::Contact,
            Pool::MailGroup => class == Class::Group,
            Pool::Recipient => true,
        };
        (from..self.order.len()).find(|i| !self.used[*i] && fits(self.order[*i].1))
    }
}

struct Injector<'a> {
    directory: &'a mut Directory,
    bench: Bench<'a>,
    objects: Objects,
    context: UpdateContext,
    ledger: Ledger,
    seed: Seed,
}

impl Injector<'_> {
    fn run(&mut self, plan: &Plan, decoys: usize) -> Result<(), Error> {
        let asked = |unit: &&Unit| plan.counts.contains_key(unit.id);
        for unit in UNITS.iter().filter(asked) {
            let wanted = plan.counts.get(unit.id).copied().unwrap_or(0);
            let made = self.inject_unit(unit, wanted);
            if made < wanted && plan.exact {
                let message =
                    format!("{wanted} defects {} are asked for, but there is room for {made}", unit.id);
                let help =
                    "each object carries one defect: ask for fewer, or for more people, groups and contacts";
                return Err(Error::invalid_spec(message).with_help(help));
            }
        }
        self.inject_decoys(decoys);
        Ok(())
    }

    /// Makes so many of one kind, or as many as there is room for; says how many.
    fn inject_unit(&mut self, unit: &Unit, wanted: usize) -> usize {
        let purpose = Purpose::new(self.seed, &format!("defects/{}", unit.id));
        let (mut made, mut from) = (0, 0);
        while made < wanted
            && let Some(place) = self.objects.next(from, unit.pool)
        {
            from = place + 1;
            let Some(subject) = self.subject(place, unit.pool) else { continue };
            let mut draw = purpose.of(made);
            let found = match unit.maker {
                Maker::One(make) => {
                    make(&self.bench, &subject, &mut draw).map(|draft| (vec![(place, subject)], draft))
                }
                Maker::Two(pool, make) => self.partners(place, pool).find_map(|(other, second)| {
                    let draft = make(&self.bench, [&subject, &second], &mut draw)?;
                    Some((vec![(place, subject.clone()), (other, second)], draft))
                }),
            };
            if let Some((subjects, draft)) = found {
                self.write(unit, &subjects, draft);
                made += 1;
            }
        }
        made
    }

    fn subject(&self, place: usize, pool: Pool) -> Option<Subject> {
        let (id, class) = self.objects.order[place];
        let subject = Subject::read(self.directory, id, class)?;
        let mailbox = subject.one("mail").is_some() && subject.primary().is_some();
        (mailbox || pool == Pool::Person).then_some(subject)
    }

    /// Second objects for the one at `place`: those that follow it, at most [`PARTNERS_TRIED`].
    fn partners(&self, place: usize, pool: Pool) -> impl Iterator<Item = (usize, Subject)> + '_ {
        let mut from = place + 1;
        std::iter::from_fn(move || {
            let next = self.objects.next(from, pool)?;
            from = next + 1;
            Some(next)
        })
        .take(PARTNERS_TRIED)
        .filter_map(move |other| Some((other, self.subject(other, pool)?)))
    }

    fn write(&mut self, unit: &Unit, subjects: &[(usize, Subject)], draft: Draft) {
        let row = self.row(unit, subjects, &draft);
        for (subject, attribute, values) in draft.changes {
            self.replace(subjects[subject].1.id, attribute, values);
        }
        subjects.iter().for_each(|(place, _)| self.objects.used[*place] = true);
        self.ledger.rows.push(row);
    }

    fn replace(&mut self, id: ObjectId, attribute: &str, values: Vec<String>) {
        if let Some(attribute) = self.directory.schema().attribute_id(attribute) {
            let values = values.into_iter().map(String::into_bytes).collect();
            self.directory.load_values(&self.context, id, attribute, values);
        }
    }

    fn row(&self, unit: &Unit, subjects: &[(usize, Subject)], draft: &Draft) -> LedgerRow {
        let kind = catalogue().get(unit.id);
        let changed = draft.changes.iter().map(|(subject, attribute, _)| (*subject, *attribute));
        let wanted = draft.outcomes.iter().flatten().map(|wanted| (wanted.subject, wanted.attribute));
        let mut spanned: Vec<(usize, &'static str)> = Vec::new();
        for place in changed.chain(wanted).chain(draft.watched.iter().copied()) {
            if !spanned.contains(&place) {
                spanned.push(place);
            }
        }
        let places = spanned
            .iter()
            .map(|(subject, attribute)| place(&subjects[*subject].1, *subject, attribute, draft));
        let outcomes = draft.outcomes.iter().map(|outcome| Outcome {
            holdings: outcome
                .iter()
                .map(|wanted| Holding {
                    object: subjects[wanted.subject].1.guid,
                    attribute: wanted.attribute.to_owned(),
                    any_of: wanted.any_of.clone(),
                    or_numbered: wanted.or_numbered.clone(),
                })
                .collect(),
        });
        let outcomes: Vec<Outcome> = outcomes.collect();
        // the object that must change comes first
        let mut objects: Vec<_> = subjects.iter().map(|(_, subject)| subject.guid).collect();
        if draft.owner == Some(0) {
            objects.reverse();
        }
        LedgerRow {
            number: self.ledger.rows.len() as u32 + 1,
            defect: unit.id.to_owned(),
            severity: if kind.is_some_and(|k| k.role == Role::Warning) { "warning" } else { "defect" }
                .to_owned(),
            detectable: match kind.map(|k| k.detectable) {
                Some(Detectable::NeedsSettings) => "needs-settings".to_owned(),
                _ => "yes".to_owned(),
            },
            attribute: spanned.first().map_or("", |(_, attribute)| *attribute).to_owned(),
            objects,
            places: places.collect(),
            accepted: match kind.map(|k| k.repair) {
                Some(Repair::Exact) => Accepted::Exact { outcomes },
                _ => Accepted::Decide { may_leave_and_report: true, outcomes },
            },
            owner: draft.owner.map(|owner| subjects[owner].1.guid),
            lenient: unit.lenient,
            note: draft.note.clone(),
        }
    }

    fn inject_decoys(&mut self, count: usize) {
        let mut from = vec![0; DECOYS.len()];
        let mut spent = vec![false; DECOYS.len()];
        let mut round = 0;
        let mut made = 0;
        while made < count && spent.contains(&false) {
            let kind = round % DECOYS.len();
            round += 1;
            if spent[kind] {
                continue;
            }
            match self.inject_decoy(kind, round, &mut from[kind]) {
                true => made += 1,
                false => spent[kind] = true,
            }
        }
    }

    fn inject_decoy(&mut self, kind: usize, round: usize, from: &mut usize) -> bool {
        let DecoySource::Change(class, make) = &DECOYS[kind].source else {
            return self.add_decoy(kind, round);
        };
        let pool = if *class == Class::Contact { Pool::Contact } else { Pool::Mailbox };
        let mut draw = Purpose::new(self.seed, &format!("decoys/{}", DECOYS[kind].id)).of(round);
        while let Some(place) = self.objects.next(*from, pool) {
            *from = place + 1;
            let Some(subject) = self.subject(place, pool) else { continue };
            let Some(changes) = make(&self.bench, &subject, &mut draw) else { continue };
            let looked_at = changes.first().map_or("", |(attribute, _)| *attribute);
            for (attribute, values) in changes {
                self.replace(subject.id, attribute, values);
            }
            self.objects.used[place] = true;
            self.ledger.decoys.extend(decoy(self.directory, subject.id, DECOYS[kind].id, looked_at));
            return true;
        }
        false
    }

    fn add_decoy(&mut self, kind: usize, round: usize) -> bool {
        let DecoySource::Extra(make) = &DECOYS[kind].source else { return false };
        let object = make(&self.bench, (round - 1) / DECOYS.len());
        let made = object.load(self.directory, &self.bench, self.context.now, DECOYS[kind].id);
        let done = made.is_some();
        self.ledger.decoys.extend(made);
        done
    }
}

fn place(subject: &Subject, number: usize, attribute: &str, draft: &Draft) -> Place {
    let before = if READ.contains(&attribute) { subject.all(attribute).to_vec() } else { Vec::new() };
    let change = draft.changes.iter().find(|(s, a, _)| *s == number && *a == attribute);
    let injected = change.map_or_else(|| before.clone(), |(_, _, values)| values.clone());
    Place { object: subject.guid, attribute: attribute.to_owned(), before, injected }
}
