//! The world: forests, tenant, clock, journal and faults behind one door.

use crate::clock::{Clock, SimTime};
use crate::defects::Ledger;
use crate::directory::{Directory, ImportReport};
use crate::fault::Faults;
use crate::journal::Journal;
use crate::limits::Limits;
use crate::replication::Partners;
use crate::seed::Seed;
use crate::signal::{ChangeListener, ChangeSignal, DirectoryMut};
use crate::spec::{EstateSpec, ForestSpec};
use crate::tenant::Tenant;
use crate::view::{Past, TenantView, View};
use crate::{Error, defects, growth};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

/// What a change that came by replication waits at least before it is told on.
const SHORTEST_LAG: Duration = Duration::from_millis(1);
/// Kind under which new invocation ids are drawn.
const INVOCATION: &str = "invocation";

/// One domain: what it was grown from, and the truth about its defects.
#[derive(Debug)]
pub struct DomainCell {
    /// The forest that it belongs to, counted from 0.
    pub forest: usize,
    /// What it was grown from.
    pub spec: ForestSpec,
    /// The password of its administrator.
    pub admin_password: String,
    /// What was made wrong in it.
    pub ledger: Arc<Ledger>,
    /// What became of the entries of the file that it started from.
    pub import: Option<ImportReport>,
    /// Its domain controllers, as indices into [`World::controllers`]; never empty.
    pub controllers: Range<usize>,
    /// How many people it has.
    pub(crate) people: u32,
}

/// One domain controller, with the directory as it holds it.
#[derive(Debug)]
pub struct ControllerCell {
    /// Its domain, as an index into [`World::domains`].
    pub domain: usize,
    /// Which of the domain's controllers it is, from 1.
    pub number: usize,
    directory: RwLock<Directory>,
}

/// A named state that can be gone back to. Cheap: pages are shared until one side writes.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    /// The directories, a domain controller each.
    pub directories: Vec<Directory>,
    /// The tenant.
    pub tenant: Tenant,
    /// The virtual instant.
    pub time: SimTime,
    /// What the controllers of each forest have taken from each other.
    pub(crate) partners: Vec<Partners>,
}

/// A whole estate as a value: everything that a request can read or change.
///
/// It is shared (`Arc<World>`) by the servers in front of it. Locks are taken for one request or one chunk of
/// a search and never held while something is written to a socket. Who holds a directory takes no second lock,
/// going back apart; what controllers have taken from each other is locked before any directory.
#[derive(Debug)]
pub struct World {
    /// What everything random is drawn from.
    pub seed: Seed,
    /// What the estate was grown from.
    pub spec: EstateSpec,
    /// Its limits.
    pub limits: Limits,
    /// Its time.
    pub clock: Clock,
    /// Every request that came in.
    pub journal: Journal,
    /// Scripted faults.
    pub faults: Faults,
    domains: Vec<DomainCell>,
    controllers: Vec<ControllerCell>,
    /// A bell for each controller.
    signals: Vec<ChangeSignal>,
    /// What the controllers of each forest have taken from each other.
    partners: Mutex<Vec<Partners>>,
    /// Where hosts are reached, by their names in lower case: `host:port`.
    authorities: RwLock<BTreeMap<String, String>>,
    /// Hosts beyond loopback that may be sent to, in lower case.
    allowed_hosts: RwLock<BTreeSet<String>>,
    tenant: RwLock<Tenant>,
    /// What the tenant was before; empty unless a view of it lags.
    past: Past,
    initial: Checkpoint,
    checkpoints: Mutex<BTreeMap<String, Checkpoint>>,
    generation: AtomicU64,
    nonces: AtomicU64,
}

impl World {
    /// Grows an estate from its specification, on so many threads (the result does not depend on them).
    ///
    /// # Errors
    /// When the specification asks for what cannot be: an unknown SKU, defect or switch, more defects than
    /// there are objects, a domain name that is none.
    pub fn generate(spec: EstateSpec, threads: usize) -> Result<World, Error> {
        let seed = Seed::new(spec.seed);
        let (mut domains, mut controllers) = (Vec::<DomainCell>::new(), Vec::new());
        let mut partners = Vec::new();
        let seeds: Vec<Seed> = (0..spec.forests.len()).map(|index| forest_seed(seed, index)).collect();
        for grown in growth::grow_forests(&spec, &seeds, threads.max(1))? {
            let first = controllers.len();
            for cell in grown.domains {
                let cell = DomainCell {
                    controllers: first + cell.controllers.start..first + cell.controllers.end,
                    ..cell
                };
                domains.push(cell);
            }
            controllers.extend(grown.directories);
            partners.push(grown.partners);
        }
        let controllers = controller_cells(&domains, controllers);
        let users = domains.iter().map(|domain: &DomainCell| domain.people).sum();
        let accounts: Vec<_> = domains.iter().flat_map(|domain| defects::in_cloud(&domain.ledger)).collect();
        let tenant = Tenant::with_accounts(&spec.tenant, &accounts, users, seed, spec.start)?;
        let initial = Checkpoint {
            directories: controllers.iter().map(|cell| read(&cell.directory).clone()).collect(),
            tenant: tenant.clone(),
            time: spec.start,
            partners: partners.clone(),
        };
        Ok(World {
            seed,
            limits: spec.limits.clone(),
            clock: Clock::new(spec.start, spec.clock),
            journal: Journal::new(spec.limits.journal_entries_max),
            faults: Faults::new(seed),
            domains,
            signals: controllers.iter().map(|_| ChangeSignal::default()).collect(),
            controllers,
            partners: Mutex::new(partners),
            authorities: RwLock::default(),
            allowed_hosts: RwLock::default(),
            tenant: RwLock::new(tenant),
            past: Past::default(),
            initial,
            checkpoints: Mutex::default(),
            generation: AtomicU64::new(0),
            nonces: AtomicU64::new(0),
            spec,
        })
    }

    /// The domains: each forest's root and then its children, in the order of the specification; never empty in
    /// a generated world.
    pub fn domains(&self) -> &[DomainCell] {
        &self.domains
    }

    /// The domain controllers, those of one domain beside each other, in the order of the domains.
    pub fn controllers(&self) -> &[ControllerCell] {
        &self.controllers
    }

    /// The directory of a domain controller, to read.
    ///
    /// # Panics
    /// When there is no such controller.
    pub fn controller(&self, controller: usize) -> RwLockReadGuard<'_, Directory> {
        read(&self.controllers[controller].directory)
    }

    /// The directory of a domain controller, to change.
    ///
    /// # Panics
    /// When there is no such controller.
    pub fn controller_mut(&self, controller: usize) -> DirectoryMut<'_> {
        DirectoryMut::new(write(&self.controllers[controller].directory), &self.signals[controller])
    }

    /// Calls `listener` after each change of what a domain controller holds, until the result is dropped. It is
    /// called by whoever made the change, with no lock held, and has to be quick.
    ///
    /// # Panics
    /// When there is no such controller.
    pub fn on_change(&self, controller: usize, listener: Arc<dyn Fn() + Send + Sync>) -> ChangeListener {
        self.signals[controller].listen(listener)
    }

    /// The directory of a domain as its first controller holds it, to read.
    ///
    /// # Panics
    /// When there is no such domain.
    pub fn directory(&self, domain: usize) -> RwLockReadGuard<'_, Directory> {
        self.controller(self.domains[domain].controllers.start)
    }

    /// The directory of a domain as its first controller holds it, to change.
    ///
    /// # Panics
    /// When there is no such domain.
    pub fn directory_mut(&self, domain: usize) -> DirectoryMut<'_> {
        self.controller_mut(self.domains[domain].controllers.start)
    }

    /// Says where a host is reached (`127.0.0.1:3890`), for those that refer to it: referrals name it so instead of
    /// by its name.
    pub fn set_authority(&self, host: &str, authority: String) {
        write(&self.authorities).insert(host.to_lowercase(), authority);
    }

    /// Where a host is reached; none when its name is enough.
    pub fn authority_of(&self, host: &str) -> Option<String> {
        read(&self.authorities).get(&host.to_lowercase()).cloned()
    }

    /// Lets webhooks be sent to a host beyond loopback.
    pub fn allow_host(&self, host: &str) {
        write(&self.allowed_hosts).insert(host.to_lowercase());
    }

    /// Whether anything may be sent to a host (a name, or an address without brackets): loopback, and what
    /// [`World::allow_host`] has named.
    pub fn is_host_allowed(&self, host: &str) -> bool {
        let loopback = host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        loopback
            || host.eq_ignore_ascii_case("localhost")
            || read(&self.allowed_hosts).contains(&host.to_lowercase())
    }

    /// The tenant, to read.
    pub fn tenant(&self) -> RwLockReadGuard<'_, Tenant> {
        read(&self.tenant)
    }

    /// The tenant as a view shows it: the live one, unless that view lags ([`EstateSpec::tenant`]'s `lag`).
    /// Whoever answers a client's read takes this; whoever writes, or judges, takes the live one.
    pub fn tenant_view(&self, view: View) -> TenantView<'_> {
        let live = self.tenant();
        let lag = &self.spec.tenant.lag;
        if lag.of(view).is_zero() {
            return TenantView::Live(live);
        }
        match self.past.shown(view, self.clock.now(), lag, self.seed) {
            Some(past) => TenantView::Past(past),
            None => TenantView::Live(live),
        }
    }

    /// The tenant, to change.
    pub fn tenant_mut(&self) -> RwLockWriteGuard<'_, Tenant> {
        let tenant = write(&self.tenant);
        let lag = &self.spec.tenant.lag;
        if lag.is_on() {
            self.past.keep(&tenant, self.clock.now(), lag);
        }
        tenant
    }

    /// Rises with each reset and restore: a search that began before one ends there.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// A number for one use on a wire: another with each call, from the seed. It is no secret, and the order of
    /// arrival decides who gets which.
    pub fn nonce(&self, purpose: &str) -> u64 {
        self.seed.hash(purpose, "", self.nonces.fetch_add(1, Ordering::Relaxed))
    }

    /// Moves the clock on and runs what falls due meanwhile.
    pub fn advance(&self, span: Duration) -> SimTime {
        // what was changed until now is told from now on
        self.notice_changes(self.clock.now());
        let now = self.clock.advance(span);
        self.tenant_mut().run_due(now);
        self.run_directories_due(now);
        now
    }

    /// What a request to a directory costs, and what falls due in directories meanwhile.
    pub fn charge_directory_request(&self) -> SimTime {
        let now = self.clock.charge_request();
        self.run_directories_due(now);
        now
    }

    fn run_directories_due(&self, now: SimTime) {
        self.replicate_due(now);
        for controller in 0..self.controllers.len() {
            // looked at with a lock that many may hold: hardly ever is something due
            if self.controller(controller).is_due(now) {
                self.controller_mut(controller).run_due(now);
            }
        }
    }

    /// Moves the clock on to an instant, unless that has passed, and runs what falls due meanwhile.
    pub fn advance_to(&self, instant: SimTime) -> SimTime {
        self.notice_changes(self.clock.now());
        let now = self.clock.advance_to(instant);
        self.tenant_mut().run_due(now);
        self.run_directories_due(now);
        now
    }

    /// The state right after generation.
    pub fn initial(&self) -> &Checkpoint {
        &self.initial
    }

    /// The domains right after generation, one directory a domain: as their first controllers held them.
    pub fn initial_directories(&self) -> Vec<Directory> {
        let first = |domain: &DomainCell| self.initial.directories[domain.controllers.start].clone();
        self.domains.iter().map(first).collect()
    }

    /// The state of this instant, as a value.
    pub fn snapshot(&self) -> Checkpoint {
        // held while the directories are read one by one: what is known to be taken is in what was read
        let partners = self.partners();
        Checkpoint {
            directories: (0..self.controllers.len()).map(|i| self.controller(i).clone()).collect(),
            tenant: self.tenant().clone(),
            time: self.clock.now(),
            partners: partners.clone(),
        }
    }

    /// Keeps the state of this instant under a name; an older one of that name is replaced.
    pub fn checkpoint(&self, name: &str) {
        let snapshot = self.snapshot();
        self.named().insert(name.to_owned(), snapshot);
    }

    /// Goes back to a named state; false when there is none of that name.
    pub fn restore(&self, name: &str) -> bool {
        let found = self.named().get(name).cloned();
        found.inspect(|checkpoint| self.go_to(checkpoint, false)).is_some()
    }

    /// The names of the kept states.
    pub fn checkpoints(&self) -> Vec<String> {
        self.named().keys().cloned().collect()
    }

    /// Goes back to the state right after generation.
    pub fn reset(&self) {
        self.go_to(&self.initial, false);
    }

    /// Puts a state in place. The invocation id of each directory changes, as a restored domain controller's
    /// does, unless the caller only rolls back an excursion of its own (`keep_invocation`).
    pub fn go_to(&self, checkpoint: &Checkpoint, keep_invocation: bool) {
        {
            // held until all are in place: nobody sees, and no controller pulls, what is half put back
            let mut partners = self.partners();
            let mut held: Vec<_> = self.controllers.iter().map(|cell| write(&cell.directory)).collect();
            // whoever reads the new number before it has a directory gets the new one
            let generation = self.generation.fetch_add(1, Ordering::AcqRel) + 1;
            for ((cell, held), directory) in
                self.controllers.iter().zip(&mut held).zip(&checkpoint.directories)
            {
                let mut restored = directory.clone();
                if !keep_invocation {
                    let name = match cell.number {
                        1 => restored.info().dns.clone(),
                        _ => restored.info().dc_dns_name.to_lowercase(),
                    };
                    restored.set_invocation_id(self.seed.guid(INVOCATION, &name, generation));
                }
                **held = restored;
            }
            partners.clone_from(&checkpoint.partners);
            self.clock.set(checkpoint.time);
        }
        {
            let mut tenant = write(&self.tenant);
            *tenant = checkpoint.tenant.clone();
            self.past.clear();
        }
        self.signals.iter().for_each(ChangeSignal::ring);
    }

    fn partners(&self) -> MutexGuard<'_, Vec<Partners>> {
        self.partners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The controllers of a forest, counted over the estate.
    fn controllers_of(&self, forest: usize) -> Range<usize> {
        let mut own = self.domains.iter().filter(|domain| domain.forest == forest);
        let first = own.next().map_or(0..0, |domain| domain.controllers.clone());
        first.start..own.next_back().map_or(first.end, |domain| domain.controllers.end)
    }

    /// Notes changes that controllers have made since the last look: their partners learn of them a lag later.
    fn notice_changes(&self, now: SimTime) {
        if self.controllers.len() == self.spec.forests.len() {
            return;
        }
        for (forest, partners) in self.partners().iter_mut().enumerate() {
            if partners.len() < 2 {
                continue;
            }
            let due = now.plus(self.spec.forests[forest].replication_lag);
            for (source, controller) in self.controllers_of(forest).enumerate() {
                partners.notice(source, self.controller(controller).highest_usn(), due);
            }
        }
    }

    /// Lets partners pull what falls due until an instant, in the order of the instants.
    fn replicate_due(&self, now: SimTime) {
        if self.controllers.len() == self.spec.forests.len() {
            return;
        }
        self.notice_changes(now);
        let mut changed = BTreeSet::new();
        for (forest, partners) in self.partners().iter_mut().enumerate() {
            let controllers = self.controllers_of(forest);
            let lag = self.spec.forests[forest].replication_lag;
            while let Some((source, at)) = partners.next_due(now) {
                partners.pulled(source);
                for destination in (0..partners.len()).filter(|destination| *destination != source) {
                    let to = controllers.start + destination;
                    if self.pull(partners, (destination, to), (source, controllers.start + source), at) {
                        changed.insert(to);
                    }
                    let usn = self.controller(to).highest_usn();
                    partners.notice(destination, usn, at.plus(lag.max(SHORTEST_LAG)));
                }
            }
        }
        // whoever listens may look at the world: no lock is held any more
        changed.into_iter().for_each(|controller| self.signals[controller].ring());
    }

    /// A destination takes what a source has for it; each by its number in its forest and in the estate. True
    /// when there was something.
    fn pull(
        &self,
        partners: &mut Partners,
        (destination, to): (usize, usize),
        (source, from): (usize, usize),
        at: SimTime,
    ) -> bool {
        let since = partners.since(destination, source);
        let replica = self.controller(to).replica();
        let (changes, upto) = self.controller(from).changes_for(&replica, since);
        let any = !changes.is_empty();
        if any {
            write(&self.controllers[to].directory).apply(changes, at);
        }
        partners.took(destination, source, upto);
        any
    }

    /// The domains as they will be once everything that is on its way between controllers has arrived, one
    /// directory a domain. The world itself stays as it is.
    pub fn converged(&self) -> Vec<Directory> {
        let checkpoint = self.snapshot();
        let mut directories = checkpoint.directories;
        for (forest, mut partners) in checkpoint.partners.into_iter().enumerate() {
            if partners.len() > 1 {
                partners.settle(&mut directories[self.controllers_of(forest)], checkpoint.time);
            }
        }
        self.domains.iter().map(|domain| directories[domain.controllers.start].clone()).collect()
    }

    fn named(&self) -> MutexGuard<'_, BTreeMap<String, Checkpoint>> {
        self.checkpoints.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn controller_cells(domains: &[DomainCell], directories: Vec<Directory>) -> Vec<ControllerCell> {
    let places = domains
        .iter()
        .enumerate()
        .flat_map(|(domain, cell)| (1..=cell.controllers.len()).map(move |number| (domain, number)));
    let cell =
        |((domain, number), directory)| ControllerCell { domain, number, directory: RwLock::new(directory) };
    places.zip(directories).map(cell).collect()
}

/// Forests draw from sources of their own, so that a second forest is no copy of the first.
fn forest_seed(seed: Seed, index: usize) -> Seed {
    if index == 0 { seed } else { Seed::new(seed.hash("forest", "", index as u64)) }
}

/// Whether a text can be the DNS name of a domain: at least two labels.
pub(crate) fn is_domain(domain: &str) -> bool {
    let label = |l: &str| {
        (1..=63).contains(&l.len())
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    domain.len() <= 255 && domain.contains('.') && domain.split('.').all(label)
}

pub(crate) fn check_domain(domain: &str) -> Result<(), Error> {
    if is_domain(domain) {
        return Ok(());
    }
    Err(Error::invalid_spec(format!("'{domain}' is no DNS name of a domain"))
        .with_help("letters, digits and hyphens in at least two labels, such as contoso.local"))
}

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
