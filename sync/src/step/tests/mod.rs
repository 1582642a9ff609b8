//! The steps against fakes; expected values come from directory-sync.md.

mod batches;
mod crashes;
mod cycles;
mod fakes;
mod forests;
mod guide;
mod hybrid;
mod mistakes;
mod options;
mod random;
mod told;

use crate::{Engine, ExportOutcome, ExportReport, ImportKind, ImportReport, Result, SyncKind, SyncReport};
use fakes::World;

/// What one cycle did.
#[derive(Debug)]
struct Cycle {
    imports: Vec<ImportReport>,
    sync: SyncReport,
    back: Vec<ExportReport>,
    export: ExportReport,
}

/// Imports of everything, synchronization, write-back, export: the order of the scheduler, but for the
/// write-back, which comes before the cloud (directory-sync.md, section 1.1, item 5).
fn cycle(world: &mut World, engine: &mut Engine, kind: ImportKind) -> Result<Cycle> {
    let mut imports = Vec::new();
    for (number, forest) in world.forests.iter_mut().enumerate() {
        imports.push(import(engine, &format!("forest{number}"), kind, forest)?);
    }
    imports.push(import(engine, "cloud", kind, &mut world.cloud)?);
    let sync = engine.sync(if kind == ImportKind::Full { SyncKind::Full } else { SyncKind::Delta })?;
    let mut back = Vec::new();
    for (number, forest) in world.forests.iter_mut().enumerate() {
        back.push(engine.export(&format!("forest{number}"), forest)?);
    }
    let export = engine.export("cloud", &mut world.cloud)?;
    Ok(Cycle { imports, sync, back, export })
}

/// A delta import that has nothing to begin from becomes a full one, as a shell would do it.
fn import(
    engine: &mut Engine,
    connector: &str,
    kind: ImportKind,
    source: &mut dyn crate::Source,
) -> Result<ImportReport> {
    match engine.import(connector, kind, source) {
        Err(error) if error.is_out_of_order() => engine.import(connector, ImportKind::Full, source),
        other => other,
    }
}

fn quiet(cycle: &Cycle) -> bool {
    cycle.export.outcome == ExportOutcome::Done
        && cycle.export.sent == 0
        && cycle.back.iter().all(|b| b.sent == 0)
}
