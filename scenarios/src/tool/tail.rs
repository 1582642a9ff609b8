//! The end of what a process prints.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::io::{AsyncRead, AsyncReadExt};

/// How much of a tool's output is kept, in bytes.
const KEPT: usize = 16 * 1024;

/// The newest 16 KiB of a process's output, both streams in the order of arrival.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tail(Arc<Mutex<VecDeque<u8>>>);

impl Tail {
    /// Reads a stream to its end, keeping what is newest.
    pub(crate) async fn follow(self, mut stream: impl AsyncRead + Unpin) {
        let mut chunk = [0u8; 4096];
        // a stream that fails has ended: there is nobody to tell, and the exit code says the rest
        while let Ok(read @ 1..) = stream.read(&mut chunk).await {
            let mut kept = self.lock();
            kept.extend(&chunk[..read]);
            let excess = kept.len().saturating_sub(KEPT);
            kept.drain(..excess);
        }
    }

    /// What is kept, with what is not UTF-8 replaced.
    pub(crate) fn text(&self) -> String {
        let kept: Vec<u8> = self.lock().iter().copied().collect();
        String::from_utf8_lossy(&kept).trim_end().to_owned()
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<u8>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
