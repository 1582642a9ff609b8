//! The one place that reads the wall clock.

use crate::core::Reception;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// What the clocks say now.
#[expect(
    clippy::disallowed_methods,
    reason = "a shell tells the core the time by which clients judge tokens"
)]
pub(super) fn reception(secure: bool) -> Reception {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    let origin = *ORIGIN.get_or_init(Instant::now);
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Reception { wall_seconds: since_epoch.as_secs(), monotonic: origin.elapsed(), secure }
}
