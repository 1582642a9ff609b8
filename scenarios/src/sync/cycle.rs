//! A cycle: imports, synchronization, exports to the forests, export to the tenant.

use super::bridge::Bridge;
use super::cloud::{CloudSource, CloudTarget, Service};
use super::forest::{BUSY, ForestSource, ForestTarget};
use super::setup::SyncSetup;
use crate::tool::{Cycle, ToolEnv, ToolError};
use crate::tools::GraphClient;
use forestbed_sim::clock::DEFAULT_START;
use forestbed_sync::rules::DEFAULT_RULES;
use forestbed_sync::{
    Database, Engine, ExportOutcome, ExportReport, Fault, ImportKind, ImportReport, Mistake, Mistakes,
    Source, Storage, SyncKind, Target,
};
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How often something is asked again that said "later".
const PATIENCE: u32 = 20;
/// How often a lost connection is made anew.
pub(super) const RECONNECTS: u32 = 3;
/// What is waited when a server says "later" without saying when.
const DEFAULT_WAIT: u64 = 5;
/// Lies in the engine's folder once it has seen synchronization switched on: from then on it is an administrator who
/// switches it off.
const ACTIVATED: &str = "activated";
/// The engine's database in its folder.
const FILE: &str = "sync.redb";

/// How the engine's database is opened, by its path.
#[derive(Clone)]
pub(super) struct OpenStorage(Arc<Open>);

type Open = dyn Fn(&Path) -> forestbed_sync::Result<Box<dyn Storage>> + Send + Sync;

impl OpenStorage {
    /// By a function.
    #[cfg(test)]
    pub(super) fn by(
        open: impl Fn(&Path) -> forestbed_sync::Result<Box<dyn Storage>> + Send + Sync + 'static,
    ) -> OpenStorage {
        OpenStorage(Arc::new(open))
    }
}

impl Default for OpenStorage {
    fn default() -> OpenStorage {
        OpenStorage(Arc::new(|path| Ok(Box::new(Database::open(path)?))))
    }
}

impl fmt::Debug for OpenStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpenStorage")
    }
}

/// What a cycle did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Imported objects that were new, changed or gone.
    pub(super) imported: u64,
    pub(super) full_imports: u64,
    /// Objects looked at by the synchronization.
    pub(super) synchronized: u64,
    pub(super) written_back: u64,
    pub(super) set: u64,
    pub(super) deleted: u64,
    pub(super) set_aside: u64,
    pub(super) failed: u64,
    pub(super) waits: u64,
    pub(super) requests: u64,
    pub(super) ldap_requests: u64,
    /// Exports that ended before their end, and what was told of single objects.
    pub(super) lines: Vec<String>,
    pub(super) stopped: Option<String>,
    pub(super) staging: bool,
}

/// Lines about single objects that a report holds.
const LINES: usize = 20;

/// An engine with its clients.
pub(super) struct Run {
    engine: Engine,
    bridge: Bridge,
    setup: SyncSetup,
    service: Service,
    clock: GraphClient,
    /// It takes the mail that the service calculated for the one of on-premises: another such mistake.
    repairs_mail: bool,
    pub(super) tally: Tally,
}

/// What a run is asked for beyond the estate.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// Most deletions of one export; none: as the tenant is set.
    pub(super) threshold: Option<Option<u32>>,
    /// What the engine does wrong.
    pub(super) mistake: Option<Mistake>,
    /// Where synchronization was never on, it is switched on.
    pub(super) activates: bool,
}

impl Run {
    /// Opens the engine on its folder. The tenant is asked for its settings; where synchronization was never on, it is
    /// switched on, as the set-up of an engine does.
    pub(super) fn open(
        bridge: Bridge,
        env: &ToolEnv,
        mut setup: SyncSetup,
        (folder, storage): (&Path, &OpenStorage),
        wanted: Wanted,
    ) -> Result<Run, ToolError> {
        let clock = GraphClient::new(env)?;
        let mut service = Service::new(env)?;
        let mut waits = 0;
        let company = patiently(&bridge, &clock, &mut waits, || bridge.wait(service.company()))?;
        setup.config.delete_threshold = match wanted.threshold {
            Some(threshold) => threshold,
            None => company.deletion_threshold,
        };
        std::fs::create_dir_all(folder)?;
        let path = folder.join(FILE);
        let database = (storage.0)(&path).map_err(|error| failed(&error))?;
        let rules = [("default-rules.yaml", DEFAULT_RULES)];
        // the only mistake that looks at a clock takes an expired account for a disabled one
        let mistakes = Mistakes::new(wanted.mistake, DEFAULT_START.filetime());
        let engine = Engine::open_mistaken(database, setup.config.clone(), &rules, mistakes);
        let engine = engine.map_err(|error| failed(&error))?;
        if wanted.activates {
            activate(&bridge, &clock, env, company.is_syncing, &folder.join(ACTIVATED))?;
        }
        let tally = Tally { waits, ..Tally::default() };
        let repairs_mail = wanted.mistake == Some(Mistake::RepairsMail);
        Ok(Run { engine, bridge, setup, service, clock, repairs_mail, tally })
    }

    /// The engine, for a preview.
    pub(super) fn engine(&mut self) -> &mut Engine {
        &mut self.engine
    }

    /// A whole cycle. After a lost connection another one follows: its import tells what arrived.
    pub(super) fn cycle(&mut self, cycle: Cycle) -> Result<(), ToolError> {
        let mut kind = cycle;
        for _ in 0..=RECONNECTS {
            self.read(kind)?;
            let lost = self.write()?;
            let Some(text) = lost else { return Ok(()) };
            self.tally.stopped = Some(text);
            kind = Cycle::Delta;
            if self.bridge.is_ended() {
                break;
            }
        }
        let text = self.tally.stopped.take().unwrap_or_default();
        Err(ToolError::Failed(format!("the connection was lost again and again: {text}")))
    }

    /// Imports from everywhere.
    pub(super) fn import(&mut self, cycle: Cycle) -> Result<(), ToolError> {
        let kind = match cycle {
            Cycle::Initial => ImportKind::Full,
            Cycle::Delta => ImportKind::Delta,
        };
        for forest in self.setup.forests.clone() {
            let mut source = ForestSource::new(self.bridge.clone(), forest.clone());
            let name = &forest.connector;
            let Run { engine, bridge, clock, tally, .. } = self;
            import(engine, (bridge, clock), name, kind, &mut source, tally)?;
            self.tally.ldap_requests += source.answers;
        }
        let cloud = self.setup.cloud();
        let Run { engine, bridge, clock, service, tally, .. } = self;
        let mut source = CloudSource::new(bridge.clone(), service);
        if self.repairs_mail {
            let users = clock.list("/users?$select=mail,onPremisesImmutableId");
            let told = bridge.wait(async { users.await.map_err(|e| Fault::Refused(e.to_string())) });
            source = source.with_mail_of(&told.map_err(|fault| ToolError::Failed(text_of(&fault)))?);
        }
        import(engine, (bridge, clock), &cloud, kind, &mut source, tally)?;
        self.tally.requests = self.service.requests;
        Ok(())
    }

    /// Imports and synchronizes.
    fn read(&mut self, cycle: Cycle) -> Result<(), ToolError> {
        self.import(cycle)?;
        let sync = match cycle {
            Cycle::Initial => SyncKind::Full,
            Cycle::Delta => SyncKind::Delta,
        };
        let report = self.engine.sync(sync).map_err(|error| failed(&error))?;
        self.tally.synchronized += report.objects;
        self.tally.failed += report.errors.len() as u64 + report.more_errors;
        for (dn, why) in report.errors {
            self.tally.say(format!("{dn}: {why}"));
        }
        Ok(())
    }

    /// Exports; what was lost, if a connection was.
    fn write(&mut self) -> Result<Option<String>, ToolError> {
        for forest in self.setup.forests.clone() {
            let mut target = ForestTarget::new(self.bridge.clone(), forest.clone());
            let Run { engine, bridge, clock, tally, .. } = self;
            let report = export(engine, (bridge, clock), &forest.connector, &mut target, tally)?;
            self.tally.ldap_requests += target.requests;
            self.tally.written_back += report.accepted;
            if let Some(lost) = self.tally.note(&report)? {
                return Ok(Some(lost));
            }
        }
        let cloud = self.setup.cloud();
        let Run { engine, bridge, clock, service, tally, .. } = self;
        let mut target = CloudTarget::new(bridge.clone(), service);
        let report = export(engine, (bridge, clock), &cloud, &mut target, tally)?;
        let tally = &mut self.tally;
        tally.deleted += report.deleted;
        tally.set += report.accepted - report.deleted;
        tally.set_aside += report.noted;
        if report.sent > 0 && report.outcome == ExportOutcome::Done {
            let Run { bridge, clock, service, tally, .. } = self;
            let (sent, taken) = (report.sent, report.accepted);
            patiently(bridge, clock, &mut tally.waits, || bridge.wait(service.finalize(sent, taken)))?;
        }
        self.tally.requests = self.service.requests;
        self.tally.note(&report)
    }
}

/// Switches synchronization on, unless it was on before: then somebody wants it off.
fn activate(
    bridge: &Bridge,
    clock: &GraphClient,
    env: &ToolEnv,
    is_syncing: bool,
    seen: &Path,
) -> Result<(), ToolError> {
    if !is_syncing {
        if seen.exists() {
            let text = "synchronization was switched off in the tenant: switch it on again (PATCH /organization/{id} \
                        with onPremisesSyncEnabled), or begin with an empty folder of state";
            return Err(ToolError::Failed(text.to_owned()));
        }
        let path = format!("/organization/{}", env.tenant_id);
        let body = serde_json::json!({ "onPremisesSyncEnabled": true });
        let switched = bridge.wait(async {
            let done = clock.write(reqwest::Method::PATCH, &path, &body).await;
            done.map(drop).map_err(|refusal| Fault::Refused(refusal.to_string()))
        });
        switched.map_err(|fault| ToolError::Failed(text_of(&fault)))?;
    }
    Ok(std::fs::write(seen, "")?)
}

impl Tally {
    fn say(&mut self, line: String) {
        if self.lines.len() < LINES {
            self.lines.push(line);
        }
    }

    /// What an export told; what was lost, if a connection was.
    fn note(&mut self, report: &ExportReport) -> Result<Option<String>, ToolError> {
        self.failed += report.refused;
        for (dn, code, text) in &report.told {
            let name = forestbed_sync::source_anchor_of(dn).unwrap_or_else(|| dn.clone());
            self.say(format!("{name}: {code}: {text}"));
        }
        match &report.outcome {
            ExportOutcome::Done => Ok(None),
            ExportOutcome::Staging => {
                self.staging = true;
                Ok(None)
            }
            ExportOutcome::Interrupted(text) => Ok(Some(text.clone())),
            ExportOutcome::DeletionThresholdExceeded { text } => {
                Err(ToolError::Failed(format!("stopped-deletion-threshold-exceeded: {text}")))
            }
            ExportOutcome::Wait { text, .. } => {
                Err(ToolError::Failed(format!("given up after {PATIENCE} waits: {text}")))
            }
            ExportOutcome::Refused(text) => Err(ToolError::Failed(text.clone())),
            ExportOutcome::Stopped { code, text } => Err(ToolError::Failed(format!("{code}: {text}"))),
        }
    }
}

/// Imports until the source has told everything; a delta that cannot be becomes full.
fn import(
    engine: &mut Engine,
    (bridge, clock): (&Bridge, &GraphClient),
    connector: &str,
    mut kind: ImportKind,
    source: &mut dyn Source,
    tally: &mut Tally,
) -> Result<(), ToolError> {
    let (mut waits, mut losses) = (0, 0);
    loop {
        let report: ImportReport = match engine.import(connector, kind, source) {
            Ok(report) => report,
            Err(error) if error.is_out_of_order() && kind == ImportKind::Delta => {
                kind = ImportKind::Full;
                continue;
            }
            Err(error) => return Err(failed(&error)),
        };
        tally.imported += report.added + report.updated + report.deleted;
        let Some(fault) = report.fault else {
            tally.full_imports += u64::from(kind == ImportKind::Full);
            return Ok(());
        };
        let gives_up = || ToolError::Failed(format!("import from {connector}: {}", text_of(&fault)));
        match &fault {
            Fault::CookieRefused(_) if kind == ImportKind::Delta => kind = ImportKind::Full,
            Fault::Busy { retry_after, .. } if waits < PATIENCE => {
                waits += 1;
                pause(bridge, clock, *retry_after, &mut tally.waits)?;
            }
            Fault::Interrupted(_) if losses < RECONNECTS && !bridge.is_ended() => losses += 1,
            _ => return Err(gives_up()),
        }
    }
}

/// Exports, and waits where the target says so. The reports of all parts in one.
fn export(
    engine: &mut Engine,
    (bridge, clock): (&Bridge, &GraphClient),
    connector: &str,
    target: &mut dyn Target,
    tally: &mut Tally,
) -> Result<ExportReport, ToolError> {
    let mut all = ExportReport::default();
    for waited in 0..=PATIENCE {
        let report = engine.export(connector, target).map_err(|error| failed(&error))?;
        if waited == 0 {
            all.planned = report.planned;
        }
        let told = report.told.len();
        all.told.extend(report.told.into_iter().filter(|(_, code, _)| code != BUSY));
        // what a busy directory did not do is sent again
        let unsent = (told as u64).saturating_sub(all.told.len() as u64);
        all.sent += report.sent.saturating_sub(unsent);
        all.accepted += report.accepted;
        all.deleted += report.deleted;
        all.noted += report.noted;
        all.refused += report.refused.saturating_sub(unsent);
        all.outcome = match report.outcome {
            ExportOutcome::Done if unsent > 0 => ExportOutcome::Wait { seconds: None, text: BUSY.to_owned() },
            outcome => outcome,
        };
        match &all.outcome {
            ExportOutcome::Wait { seconds, .. } if waited < PATIENCE => {
                pause(bridge, clock, *seconds, &mut tally.waits)?;
            }
            _ => break,
        }
    }
    Ok(all)
}

/// Asks until there is an answer, or no hope of one.
fn patiently<T>(
    bridge: &Bridge,
    clock: &GraphClient,
    waits: &mut u64,
    mut ask: impl FnMut() -> Result<T, Fault>,
) -> Result<T, ToolError> {
    let mut losses = 0;
    for _ in 0..PATIENCE {
        match ask() {
            Ok(answer) => return Ok(answer),
            Err(Fault::Busy { retry_after, .. }) => pause(bridge, clock, retry_after, waits)?,
            Err(Fault::Interrupted(_)) if losses < RECONNECTS && !bridge.is_ended() => losses += 1,
            Err(fault) => return Err(ToolError::Failed(text_of(&fault))),
        }
    }
    Err(ToolError::Failed(format!("given up after {PATIENCE} waits")))
}

fn pause(
    bridge: &Bridge,
    clock: &GraphClient,
    seconds: Option<u64>,
    waits: &mut u64,
) -> Result<(), ToolError> {
    *waits += 1;
    let span = Duration::from_secs(seconds.unwrap_or(DEFAULT_WAIT).min(3600));
    let waited = bridge.wait(async { clock.wait(span).await.map_err(Fault::Refused) });
    waited.map_err(|fault| ToolError::Failed(text_of(&fault)))
}

fn text_of(fault: &Fault) -> String {
    match fault {
        Fault::Busy { text, .. }
        | Fault::Interrupted(text)
        | Fault::CookieRefused(text)
        | Fault::Refused(text) => text.clone(),
    }
}

fn failed(error: &forestbed_sync::Error) -> ToolError {
    let text = error.to_string();
    if error.is_configuration() { ToolError::CannotStart(text) } else { ToolError::Failed(text) }
}
