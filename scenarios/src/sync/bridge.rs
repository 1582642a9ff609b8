//! From the engine's thread to the clients' runtime, and an end for both when the tool is dropped.

use forestbed_sync::Fault;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::runtime::Handle;

/// Waits for the clients' futures on a thread that may block.
#[derive(Clone)]
pub(super) struct Bridge {
    runtime: Handle,
    ended: Arc<AtomicBool>,
}

/// Ends the engine's waiting when it is dropped: a step that ran out of time must not go on in the dark.
pub(super) struct EndOnDrop(Arc<AtomicBool>);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Bridge {
    /// A bridge to the runtime of the caller.
    pub(super) fn new() -> (Bridge, EndOnDrop) {
        let ended = Arc::new(AtomicBool::new(false));
        (Bridge { runtime: Handle::current(), ended: Arc::clone(&ended) }, EndOnDrop(ended))
    }

    /// Waits for a client.
    pub(super) fn wait<T>(&self, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        if self.ended.load(Ordering::Relaxed) {
            return Err(Fault::Interrupted("the step was ended".to_owned()));
        }
        self.runtime.block_on(work)
    }

    /// Whether nobody waits for the engine any more.
    pub(super) fn is_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }
}
