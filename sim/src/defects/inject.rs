//! Injection: takes clean objects in a drawn order and writes the ledger; within a domain, then across all.

use super::bench::{Bench, Class, Draft, Subject};
use super::crowd::Crowd;
use super::decoys::{DECOYS, DecoySource, decoy};
use super::ledger::Ledger;
use super::mix::{Plan, plan};
use super::objects::Objects;
use super::overlap::{self, Carried};
use super::units::{Maker, Pool, UNITS, Unit};
use super::{values, write};
use crate::Error;
use crate::clock::SimTime;
use crate::directory::{Directory, UpdateContext};
use crate::population::{Draw, Population, Purpose, Taken};
use crate::seed::Seed;
use crate::spec::{ForestSpec, TenantSpec};
use std::collections::BTreeMap;

/// Second objects that are tried for one first object.
const PARTNERS_TRIED: usize = 200;

/// Injects a domain's defects and decoys into its clean population.
///
/// # Errors
/// An id or a profile that is not known or cannot be injected yet (with those that can); a defect that spans
/// several domains; more defects of a kind than there are objects that suit (with how many there is room for).
pub fn inject(
    directory: &mut Directory,
    population: &Population,
    forest: &ForestSpec,
    tenant: &TenantSpec,
    seed: Seed,
    now: SimTime,
) -> Result<Ledger, Error> {
    let mut injection = Injection::within(directory, population, forest, tenant, seed, now, false)?;
    injection.refuse_what_spans_domains()?;
    inject_in_cloud(&mut [Ground { directory, forest, injection: &mut injection }], tenant, now)?;
    Ok(std::mem::take(&mut injection.ledger))
}

/// What is known of one domain after its own defects were injected.
pub(crate) struct Injection {
    pub(crate) ledger: Ledger,
    objects: Objects,
    /// By place in the order of the objects; those of decoys are not among them.
    carried: BTreeMap<usize, Carried>,
    taken: Taken,
    crowd: Crowd,
    plan: Plan,
    seed: Seed,
}

/// One domain of the pass across domains.
pub(crate) struct Ground<'a> {
    pub(crate) directory: &'a mut Directory,
    pub(crate) forest: &'a ForestSpec,
    pub(crate) injection: &'a mut Injection,
}

/// An object that was picked: of which ground, in which place of its order.
struct Picked {
    ground: usize,
    place: usize,
    subject: Subject,
}

impl Injection {
    /// Injects what lies within one domain; `more` when there are others.
    pub(crate) fn within(
        directory: &mut Directory,
        population: &Population,
        forest: &ForestSpec,
        tenant: &TenantSpec,
        seed: Seed,
        now: SimTime,
        more: bool,
    ) -> Result<Injection, Error> {
        let plan = plan(&forest.defects, forest.population.users, more)?;
        let idle = plan.counts.is_empty() && forest.decoys == 0 && !more;
        let nobody = Population::default();
        let mut injection = Injection {
            ledger: Ledger::default(),
            carried: BTreeMap::new(),
            objects: Objects::new(if idle { &nobody } else { population }, seed),
            crowd: if looks_around(&plan) { Crowd::of(directory, population) } else { Crowd::default() },
            taken: if idle { Taken::default() } else { names_in_use(directory, population) },
            plan,
            seed,
        };
        let ground = Ground { directory, forest, injection: &mut injection };
        let mut injector = Injector { grounds: &mut [ground], tenant, context: UpdateContext::lenient(now) };
        injector.run_within(forest.decoys as usize)?;
        Ok(injection)
    }

    /// Whether defects are asked for that span several domains.
    pub(crate) fn spans_domains(&self) -> bool {
        across().any(|unit| self.plan.counts.contains_key(unit.id))
    }

    fn refuse_what_spans_domains(&self) -> Result<(), Error> {
        match across().find(|unit| self.plan.counts.contains_key(unit.id)) {
            Some(unit) if self.plan.exact => {
                Err(Error::invalid_spec(format!("defect {} spans two domains, and there is one", unit.id))
                    .with_help("ask for a second forest or domain, or leave it out"))
            }
            _ => Ok(()),
        }
    }
}

/// Injects what spans domains, of one forest or of several, once all of them have grown.
///
/// # Errors
/// As [`inject`].
pub(crate) fn inject_across(
    grounds: &mut [Ground<'_>],
    tenant: &TenantSpec,
    now: SimTime,
) -> Result<(), Error> {
    if grounds.len() < 2 {
        return grounds.iter().try_for_each(|ground| ground.injection.refuse_what_spans_domains());
    }
    let mut injector = Injector { grounds, tenant, context: UpdateContext::lenient(now) };
    for first in 0..injector.grounds.len() {
        injector.run_across(first)?;
    }
    Ok(())
}

/// Picks people for what lies in the cloud alone. It comes after everything else: no other object is picked, and no
/// value drawn, otherwise than without it.
///
/// # Errors
/// As [`inject`].
pub(crate) fn inject_in_cloud(
    grounds: &mut [Ground<'_>],
    tenant: &TenantSpec,
    now: SimTime,
) -> Result<(), Error> {
    let mut injector = Injector { grounds, tenant, context: UpdateContext::lenient(now) };
    for ground in 0..injector.grounds.len() {
        let units = UNITS.iter().filter(|unit| matches!(unit.maker, Maker::InCloud(_)));
        units.into_iter().try_for_each(|unit| injector.run_unit(ground, unit))?;
    }
    Ok(())
}

fn across() -> impl Iterator<Item = &'static Unit> {
    UNITS.iter().filter(|unit| matches!(unit.maker, Maker::AcrossForests(..)))
}

/// Whether a defect that is asked for looks at the crowd: see [`Crowd`].
fn looks_around(plan: &Plan) -> bool {
    ["AC03", "GA02", "GA08", "GA09", "GA14", "GR01", "GR02", "GR11"]
        .iter()
        .any(|id| plan.counts.contains_key(id))
}

/// Every name that somebody has, each in its space.
fn names_in_use(directory: &Directory, population: &Population) -> Taken {
    let mut taken = Taken::default();
    let kinds = [
        &population.people,
        &population.groups,
        &population.contacts,
        &population.rooms,
        &population.shared,
        &population.services,
        &population.admins,
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

struct Injector<'a, 'g> {
    grounds: &'g mut [Ground<'a>],
    tenant: &'g TenantSpec,
    context: UpdateContext,
}

impl Injector<'_, '_> {
    fn run_within(&mut self, decoys: usize) -> Result<(), Error> {
        for unit in UNITS.iter().filter(|unit| matches!(unit.maker, Maker::One(_) | Maker::Two(..))) {
            self.run_unit(0, unit)?;
        }
        self.inject_decoys(decoys);
        Ok(())
    }

    fn run_across(&mut self, first: usize) -> Result<(), Error> {
        across().try_for_each(|unit| self.run_unit(first, unit))
    }

    fn run_unit(&mut self, ground: usize, unit: &Unit) -> Result<(), Error> {
        let plan = &self.grounds[ground].injection.plan;
        let (wanted, exact) = (plan.counts.get(unit.id).copied().unwrap_or(0), plan.exact);
        if wanted == 0 {
            return Ok(());
        }
        let made = self.inject_unit(ground, unit, wanted);
        if made < wanted && exact {
            let message = format!("{wanted} defects {} are asked for, but there is room for {made}", unit.id);
            let help = match unit.maker {
                Maker::InCloud(_) => {
                    "the tenant must have cloud-only users and people's domain among its own"
                }
                _ => "each object carries one defect: ask for fewer, or for more people, groups and contacts",
            };
            return Err(Error::invalid_spec(message).with_help(help));
        }
        Ok(())
    }

    fn bench(&self, grounds: &[usize]) -> Bench<'_> {
        let taken = grounds.iter().map(|ground| &self.grounds[*ground].injection.taken).collect();
        let first = &self.grounds[grounds[0]];
        Bench::new(first.forest, self.tenant, taken, &first.injection.crowd, self.context.now)
    }

    /// Makes so many of one kind, or as many as there is room for; says how many.
    fn inject_unit(&mut self, ground: usize, unit: &Unit, wanted: usize) -> usize {
        let purpose = Purpose::new(self.grounds[ground].injection.seed, &format!("defects/{}", unit.id));
        let beside = Purpose::new(self.grounds[ground].injection.seed, &format!("overlap/{}", unit.id));
        let overlap = usize::from(self.grounds[ground].forest.overlap);
        let (mut made, mut from) = (0, 0);
        while made < wanted
            && let Some(place) = self.grounds[ground].injection.objects.next(from, unit.pool)
        {
            let mut draw = beside.of(made);
            if overlap > 0 && draw.percent(overlap) && self.inject_beside(ground, unit, &mut draw) {
                made += 1;
                continue;
            }
            from = place + 1;
            let Some(subject) = self.subject(ground, place, unit.pool) else { continue };
            let mut draw = purpose.of(made);
            let first = Picked { ground, place, subject };
            let found = match unit.maker {
                Maker::One(make) | Maker::InCloud(make) => {
                    make(&self.bench(&[ground]), &first.subject, &mut draw).map(|draft| (vec![first], draft))
                }
                Maker::Two(pool, make) => {
                    let bench = self.bench(&[ground]);
                    let found = self.partners(ground, place + 1, pool).find_map(|second| {
                        Some((make(&bench, [&first.subject, &second.subject], &mut draw)?, second))
                    });
                    found.map(|(draft, second)| (vec![first, second], draft))
                }
                Maker::AcrossForests(pool, make) => {
                    let others = (0..self.grounds.len()).filter(|other| *other != ground);
                    let found = others.into_iter().find_map(|other| {
                        let bench = self.bench(&[ground, other]);
                        self.partners(other, 0, pool).find_map(|second| {
                            Some((make(&bench, [&first.subject, &second.subject], &mut draw)?, second))
                        })
                    });
                    found.map(|(draft, second)| (vec![first, second], draft))
                }
            };
            if let Some((picked, draft)) = found {
                self.write(unit, &picked, &draft);
                made += 1;
            }
        }
        made
    }

    /// Makes one defect on an object that carries one already; false when none admits it.
    fn inject_beside(&mut self, ground: usize, unit: &Unit, draw: &mut Draw) -> bool {
        let Maker::One(make) = unit.maker else { return false };
        let carriers: Vec<usize> = self.grounds[ground].injection.carried.keys().copied().collect();
        if carriers.is_empty() {
            return false;
        }
        let start = draw.below(carriers.len());
        for place in carriers.iter().cycle().skip(start).take(carriers.len().min(PARTNERS_TRIED)) {
            let injection = &self.grounds[ground].injection;
            if !injection.objects.fits(*place, unit.pool) {
                continue;
            }
            let (id, class) = injection.objects.id(*place);
            let Some(mut subject) = Subject::read(self.grounds[ground].directory, id, class) else {
                continue;
            };
            let carried = &injection.carried[place];
            carried.clean(&mut subject);
            if !Objects::suits(&subject, unit.pool) {
                continue;
            }
            let Some(draft) = make(&self.bench(&[ground]), &subject, draw) else { continue };
            if carried.admits(unit, &subject, &draft)
                && self.write_beside(unit, &Picked { ground, place: *place, subject }, &draft)
            {
                return true;
            }
        }
        false
    }

    /// Carries out a draft on an object that carries rows already: where they meet in an attribute, each row's
    /// place becomes its share of the values.
    fn write_beside(&mut self, unit: &Unit, picked: &Picked, draft: &Draft) -> bool {
        let ground = &mut self.grounds[picked.ground];
        let injection = &mut *ground.injection;
        let number = injection.ledger.rows.len() as u32 + 1;
        let mut row = write::row(unit, number, &[&picked.subject], &[picked.subject.guid], draft);
        let carried = &injection.carried[&picked.place];
        for (_, attribute, texts) in &draft.changes {
            let held: Vec<usize> = carried.rows().to_vec();
            let spans = |row: &usize| injection.ledger.rows[*row].spans(picked.subject.guid, attribute);
            let meet: Vec<usize> = held.into_iter().filter(spans).collect();
            if meet.is_empty() {
                values::write(ground.directory, &self.context, picked.subject.id, attribute, texts);
                continue;
            }
            let others: Option<Vec<_>> =
                meet.iter().map(|held| overlap::shared(&injection.ledger.rows[*held], attribute)).collect();
            let (Some(others), Some(own)) = (others, overlap::shared(&row, attribute)) else { return false };
            let Some(joined) = overlap::joined(ground.directory, &own, attribute) else { return false };
            values::write(ground.directory, &self.context, picked.subject.id, attribute, &joined);
            for (held, other) in meet.into_iter().zip(others) {
                injection.ledger.rows[held] = other;
            }
            row = own;
        }
        let index = injection.ledger.rows.len();
        injection.ledger.rows.push(row);
        if let Some(carried) = injection.carried.get_mut(&picked.place) {
            carried.note(unit, index, 0, &picked.subject, draft);
        }
        true
    }

    fn subject(&self, ground: usize, place: usize, pool: Pool) -> Option<Subject> {
        let ground = &self.grounds[ground];
        let (id, class) = ground.injection.objects.id(place);
        Subject::read(ground.directory, id, class).filter(|subject| Objects::suits(subject, pool))
    }

    /// Second objects of a domain from a place on, at most [`PARTNERS_TRIED`].
    fn partners(&self, ground: usize, from: usize, pool: Pool) -> impl Iterator<Item = Picked> + '_ {
        let mut from = from;
        std::iter::from_fn(move || {
            let next = self.grounds[ground].injection.objects.next(from, pool)?;
            from = next + 1;
            Some(next)
        })
        .take(PARTNERS_TRIED)
        .filter_map(move |place| Some(Picked { ground, place, subject: self.subject(ground, place, pool)? }))
    }

    /// Carries out a draft. Its row stands in the ledger of the first subject's domain.
    fn write(&mut self, unit: &Unit, picked: &[Picked], draft: &Draft) {
        let subjects: Vec<&Subject> = picked.iter().map(|picked| &picked.subject).collect();
        let mut guids: Vec<_> = subjects.iter().map(|subject| subject.guid).collect();
        let home = picked[0].ground;
        for addition in &draft.additions {
            let directory = &mut *self.grounds[home].directory;
            guids.push(write::add(directory, &self.context, addition, &subjects));
        }
        let draft = &write::resolved(draft, &guids[subjects.len()..]);
        for (subject, attribute, texts) in &draft.changes {
            let (ground, id) = match picked.get(*subject) {
                Some(picked) => (picked.ground, Some(picked.subject.id)),
                None => (home, self.grounds[home].directory.by_guid(guids[*subject])),
            };
            if let Some(id) = id {
                values::write(self.grounds[ground].directory, &self.context, id, attribute, texts);
            }
        }
        let index = self.grounds[home].injection.ledger.rows.len();
        for (number, one) in picked.iter().enumerate() {
            let injection = &mut *self.grounds[one.ground].injection;
            injection.objects.mark(one.place);
            let mut carried = Carried::default();
            // a row of another domain's ledger cannot be narrowed: nothing more is put on its object
            if one.ground == home {
                carried.note(unit, index, number, &one.subject, draft);
                if picked.len() > 1 {
                    carried.pair();
                }
                injection.carried.insert(one.place, carried);
            }
        }
        let ledger = &mut self.grounds[home].injection.ledger;
        let number = ledger.rows.len() as u32 + 1;
        ledger.rows.push(write::row(unit, number, &subjects, &guids, draft));
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
        let (pool, make) = match &DECOYS[kind].source {
            DecoySource::Change(Class::Contact, make) => (Pool::Contact, make),
            DecoySource::Change(_, make) => (Pool::Mailbox, make),
            DecoySource::Of(pool, make) => (*pool, make),
            DecoySource::Extra(_) => return self.add_decoy(kind, round),
        };
        let purpose = format!("decoys/{}", DECOYS[kind].id);
        let mut draw = Purpose::new(self.grounds[0].injection.seed, &purpose).of(round);
        while let Some(place) = self.grounds[0].injection.objects.next(*from, pool) {
            *from = place + 1;
            let Some(subject) = self.subject(0, place, pool) else { continue };
            let Some(changes) = make(&self.bench(&[0]), &subject, &mut draw) else { continue };
            let looked_at = changes.first().map_or("", |(attribute, _)| *attribute);
            let ground = &mut self.grounds[0];
            for (attribute, texts) in changes {
                values::write(ground.directory, &self.context, subject.id, attribute, &texts);
            }
            ground.injection.objects.mark(place);
            let made = decoy(ground.directory, subject.id, DECOYS[kind].id, looked_at);
            ground.injection.ledger.decoys.extend(made);
            return true;
        }
        false
    }

    fn add_decoy(&mut self, kind: usize, round: usize) -> bool {
        let DecoySource::Extra(make) = &DECOYS[kind].source else { return false };
        let bench = self.bench(&[0]);
        let object = make(&bench, (round - 1) / DECOYS.len());
        let upn = object.upn(&bench);
        let ground = &mut self.grounds[0];
        let made = object.load(ground.directory, &upn, self.context.now, DECOYS[kind].id);
        let done = made.is_some();
        ground.injection.ledger.decoys.extend(made);
        done
    }
}
