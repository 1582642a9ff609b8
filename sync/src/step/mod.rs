//! The steps of a cycle: import, synchronization, export; and the preview of one object.

mod decided;
mod export;
mod import;
mod inbound;
mod outbound;
mod plan;
mod ports;
mod preview;
mod sync;
mod telling;
#[cfg(test)]
mod tests;

pub(crate) use export::Rest;
pub use export::{ExportOutcome, ExportReport};
pub use import::{ImportKind, ImportReport};
pub use inbound::Contribution;
pub use plan::PlanCounts;
pub use ports::{
    Entry, ExportItem, Fault, ImportRequest, ItemResult, News, Part, Patch, Sent, Source, Target, Told,
};
pub use preview::{Preview, PreviewedAttribute, PreviewedExport};
pub use sync::{SyncKind, SyncReport};
