//! What the engine remembers between cycles: which objects it exported, and a fingerprint of each.

use crate::tool::ToolError;
use forestbed_sim::tenant::SyncType;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

const FILE: &str = "sync-state.json";

/// The exported objects by source anchor.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    format: u32,
    pub(super) exported: BTreeMap<String, Exported>,
}

/// One exported object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Exported {
    pub(super) kind: SyncType,
    /// Of everything that was sent.
    pub(super) fingerprint: u64,
}

impl State {
    /// Reads the file of the last cycle; empty when there was none.
    pub(super) fn read(folder: &Path) -> Result<State, ToolError> {
        let path = folder.join(FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Ok(State { format: 1, ..State::default() });
            }
            Err(e) => return Err(ToolError::CannotStart(format!("{}: {e}", path.display()))),
        };
        // a state that cannot be read must never look like an empty one: that would forget every deletion
        serde_json::from_str(&text).map_err(|e| ToolError::CannotStart(format!("{}: {e}", path.display())))
    }

    /// Writes the file beside the old one and then puts it in its place.
    pub(super) fn write(&self, folder: &Path) -> Result<(), ToolError> {
        let path = folder.join(FILE);
        let next = folder.join(format!("{FILE}.next"));
        let text = serde_json::to_vec(self).map_err(ToolError::failed)?;
        std::fs::write(&next, text).and_then(|()| std::fs::rename(&next, &path))?;
        Ok(())
    }
}
