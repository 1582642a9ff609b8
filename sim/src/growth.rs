//! How a forest comes to be: its root domain, the domains below it, the further controllers of each, and then
//! replication until all of them know all.

use crate::clock::SimTime;
use crate::defects::{self, Ground, Injection};
use crate::directory::{Directory, DirectoryConfig, ImportReport, UpdateContext, controller_seed};
use crate::error::Error;
use crate::population::{self, Place, Population};
use crate::replication::Partners;
use crate::seed::Seed;
use crate::spec::{EstateSpec, ForestSpec, PopulationSpec};
use crate::topology;
use crate::world::DomainCell;
use std::sync::Arc;

/// Host name of a domain's first controller begins with it; the controllers are counted behind it.
const DC_NAME: &str = "DC";
/// Most domains of a forest and most controllers of a domain.
const MOST: usize = 32;

/// A forest as it grew.
pub(crate) struct Grown {
    /// The root domain, then the others in the order of the specification; `controllers` counts within the forest.
    pub(crate) domains: Vec<DomainCell>,
    /// The controllers, domain by domain.
    pub(crate) directories: Vec<Directory>,
    /// What each has taken from each.
    pub(crate) partners: Partners,
}

/// A forest with one controller a domain, before what spans forests has been injected.
pub(crate) struct Seedling {
    domains: Vec<DomainCell>,
    firsts: Vec<Directory>,
    injections: Vec<Injection>,
    seed: Seed,
}

/// Grows the forests of an estate, each from a seed of its own; what spans them comes when all are there.
///
/// # Errors
/// When the specification asks for what cannot be.
pub(crate) fn grow_forests(spec: &EstateSpec, seeds: &[Seed], threads: usize) -> Result<Vec<Grown>, Error> {
    let domains: usize = spec.forests.iter().map(|forest| 1 + forest.children.len()).sum();
    let sprout = |(index, seed): (usize, &Seed)| sprout(spec, index, *seed, threads, domains > 1);
    let mut seedlings = seeds.iter().enumerate().map(sprout).collect::<Result<Vec<_>, Error>>()?;
    let mut roots: Vec<&mut Directory> =
        seedlings.iter_mut().filter_map(|seedling| seedling.firsts.first_mut()).collect();
    topology::arrange(spec.topology, &mut roots, Seed::new(spec.seed), spec.start)?;
    let asked = |seedling: &Seedling| seedling.injections.iter().any(Injection::spans_domains);
    if seedlings.iter().any(asked) {
        let mut grounds: Vec<Ground<'_>> = seedlings.iter_mut().flat_map(Seedling::grounds).collect();
        defects::inject_across(&mut grounds, &spec.tenant, spec.start)?;
    }
    let mut grounds: Vec<Ground<'_>> = seedlings.iter_mut().flat_map(Seedling::grounds).collect();
    defects::inject_in_cloud(&mut grounds, &spec.tenant, spec.start)?;
    drop(grounds);
    Ok(seedlings.into_iter().map(|seedling| seedling.grow_up(spec.start)).collect())
}

impl Seedling {
    fn grounds(&mut self) -> impl Iterator<Item = Ground<'_>> {
        let parts = self.domains.iter().zip(&mut self.firsts).zip(&mut self.injections);
        parts.map(|((cell, directory), injection)| Ground { directory, forest: &cell.spec, injection })
    }

    fn grow_up(mut self, now: SimTime) -> Grown {
        for (cell, injection) in self.domains.iter_mut().zip(self.injections) {
            cell.ledger = Arc::new(injection.ledger);
        }
        trust_each_other(&mut self.firsts, now);
        let directories = add_controllers(&mut self.domains, self.firsts, self.seed, now);
        let (directories, partners) = agree(directories, now);
        Grown { domains: self.domains, directories, partners }
    }
}

/// Grows a forest's domains; `index` counts the forests of the estate from 0, `more` says that the estate has
/// several domains.
fn sprout(
    spec: &EstateSpec,
    index: usize,
    seed: Seed,
    threads: usize,
    more: bool,
) -> Result<Seedling, Error> {
    let forest = &spec.forests[index];
    let plans = plans(forest)?;
    let first = spec.forests.first().map(|first| &first.population);
    let mut domains: Vec<DomainCell> = Vec::new();
    let (mut firsts, mut injections) = (Vec::<Directory>::new(), Vec::new());
    for (number, plan) in plans.iter().enumerate() {
        let own = if number == 0 { seed } else { Seed::new(seed.hash("domain", &plan.domain, 0)) };
        let admin_password =
            format!("Fb-{:010x}!", own.hash("password", "Administrator", 0) & 0xff_ffff_ffff);
        let config = config(plan, number, 1, own, spec.start, &admin_password);
        let mut directory = match firsts.split_first_mut() {
            None => Directory::new(&config),
            Some((root, others)) => {
                let mut child = root.new_child(&config);
                for other in others {
                    other.learn_domain(&child, spec.start);
                    child.learn_domain(other, spec.start);
                }
                child
            }
        };
        directory.constraints = plan.constraints;
        if number == 0 && plan.recycle_bin {
            directory.enable_recycle_bin(spec.start);
        }
        if number == 0 {
            directory.seed_query_policy(&spec.limits, spec.start);
        }
        let place = Place { forest: index, domain: number, estate: Seed::new(spec.seed), first };
        let (plan, people, import) = settle(&mut directory, plan, (spec, place), own, threads);
        let injection =
            Injection::within(&mut directory, &people, &plan, &spec.tenant, own, spec.start, more)?;
        injections.push(injection);
        firsts.push(directory);
        domains.push(DomainCell {
            forest: index,
            people: plan.population.users,
            spec: plan,
            admin_password,
            ledger: Arc::default(),
            import,
            controllers: 0..0,
        });
    }
    Ok(Seedling { domains, firsts, injections, seed })
}

/// The domains of a forest as if each were a forest of its own.
fn plans(forest: &ForestSpec) -> Result<Vec<ForestSpec>, Error> {
    let plans: Vec<ForestSpec> = std::iter::once(forest.root())
        .chain(forest.children.iter().map(|child| forest.child(child)))
        .collect();
    if plans.len() > MOST {
        return Err(Error::invalid_spec(format!("a forest of {} domains: {MOST} are the most", plans.len())));
    }
    for (number, plan) in plans.iter().enumerate() {
        crate::world::check_domain(&plan.domain)?;
        if plan.controllers == 0 || plan.controllers as usize > MOST {
            return Err(Error::invalid_spec(format!(
                "domain {} asks for {} controllers: 1 to {MOST} are possible",
                plan.domain, plan.controllers
            )));
        }
        for earlier in &plans[..number] {
            if earlier.domain.eq_ignore_ascii_case(&plan.domain) {
                return Err(Error::invalid_spec(format!("domain {} is asked for twice", plan.domain)));
            }
            if earlier.netbios().eq_ignore_ascii_case(&plan.netbios()) {
                return Err(Error::invalid_spec(format!(
                    "domains {} and {} have the same NetBIOS name {}",
                    earlier.domain,
                    plan.domain,
                    plan.netbios()
                ))
                .with_help("give one of them another with netbios"));
            }
        }
    }
    Ok(plans)
}

fn config(
    plan: &ForestSpec,
    domain: usize,
    number: usize,
    seed: Seed,
    time: SimTime,
    admin_password: &str,
) -> DirectoryConfig {
    // the servers of one site lie beside each other: their names must differ across domains
    let dc_name = match domain {
        0 => format!("{DC_NAME}{number}"),
        _ => format!("{}-{DC_NAME}{number}", plan.netbios()),
    };
    DirectoryConfig {
        domain: plan.domain.clone(),
        netbios: plan.netbios(),
        upn_suffixes: plan.upn_suffixes.clone(),
        extensions: plan.schema,
        seed: if number == 1 { seed } else { controller_seed(seed, &dc_name) },
        dc_name,
        admin_password: admin_password.to_owned(),
        time,
    }
}

/// Fills a new directory: with a population, or with the entries of a file.
fn settle(
    directory: &mut Directory,
    forest: &ForestSpec,
    (spec, place): (&EstateSpec, Place<'_>),
    seed: Seed,
    threads: usize,
) -> (ForestSpec, Population, Option<ImportReport>) {
    let Some(content) = &forest.ldif else {
        let people =
            population::populate_at(place, directory, forest, &spec.tenant, seed, (spec.start, threads));
        return (forest.clone(), people, None);
    };
    let report = directory.import(&UpdateContext::lenient(spec.start), content);
    let people = Population::of(directory);
    let users = u32::try_from(people.people.len()).unwrap_or(u32::MAX);
    let population = PopulationSpec { users, ..forest.population };
    (ForestSpec { population, ..forest.clone() }, people, Some(report))
}

/// A domain and the one above it (or the forest's root) trust each other.
fn trust_each_other(firsts: &mut [Directory], now: SimTime) {
    for child in 1..firsts.len() {
        let name = firsts[child].info().domain_dn.clone();
        let above = (0..child)
            .filter(|other| name.ends_with(&format!(",{}", firsts[*other].info().domain_dn)))
            .max_by_key(|other| firsts[*other].info().domain_dn.len())
            .unwrap_or(0);
        let (one, other) = (firsts[child].info().clone(), firsts[above].info().clone());
        firsts[above].trust(&one, now);
        firsts[child].trust(&other, now);
    }
}

/// Puts the further controllers of each domain behind its first.
fn add_controllers(
    domains: &mut [DomainCell],
    firsts: Vec<Directory>,
    seed: Seed,
    now: SimTime,
) -> Vec<Directory> {
    let mut directories = Vec::new();
    for (index, (cell, mut first)) in domains.iter_mut().zip(firsts).enumerate() {
        let count = cell.spec.controllers as usize;
        let own = if index == 0 { seed } else { Seed::new(seed.hash("domain", &cell.spec.domain, 0)) };
        let mut others: Vec<Directory> = (2..=count)
            .map(|number| first.promote(&config(&cell.spec, index, number, own, now, &cell.admin_password)))
            .collect();
        let from = first.next_rid();
        let begin = directories.len();
        if count > 1 {
            first.take_rid_blocks(1, count, from);
        }
        directories.push(first);
        for (at, mut other) in others.drain(..).enumerate() {
            other.take_rid_blocks(at + 2, count, from);
            directories.push(other);
        }
        cell.controllers = begin..directories.len();
    }
    directories
}

/// Replicates until every controller knows all that the others know.
fn agree(mut directories: Vec<Directory>, now: SimTime) -> (Vec<Directory>, Partners) {
    let mut partners = Partners::new(directories.len());
    if directories.len() > 1 {
        partners.settle(&mut directories, now);
    }
    (directories, partners)
}
