//! Time as a value: instants of the simulated world and the clock that every lifetime, window and lag reads.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use std::time::Duration;

/// Seconds between 1601-01-01 (FILETIME's epoch) and 1970-01-01.
const FILETIME_EPOCH_SECONDS: i64 = 11_644_473_600;
/// What one request costs on a stepped clock.
pub const STEP: Duration = Duration::from_millis(10);
/// When a world starts, unless the scenario says otherwise: 2026-01-05T08:00:00Z, a Monday morning.
pub const DEFAULT_START: SimTime = SimTime(1_767_600_000_000);

/// An instant of the simulated world, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SimTime(i64);

impl SimTime {
    /// From milliseconds since 1970.
    pub const fn from_millis(millis: i64) -> SimTime {
        SimTime(millis)
    }

    /// Milliseconds since 1970.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// 100-nanosecond intervals since 1601, as `pwdLastSet` carries them.
    pub const fn filetime(self) -> i64 {
        self.0 * 10_000 + FILETIME_EPOCH_SECONDS * 10_000_000
    }

    /// From 100-nanosecond intervals since 1601 (to the millisecond).
    pub const fn from_filetime(filetime: i64) -> SimTime {
        SimTime(filetime.div_euclid(10_000) - FILETIME_EPOCH_SECONDS * 1000)
    }

    /// `20260105080000.0Z`, the form of `whenChanged`: whole seconds, always `.0Z`.
    pub fn generalized(self) -> String {
        let c = self.civil();
        format!("{:04}{:02}{:02}{:02}{:02}{:02}.0Z", c.0, c.1, c.2, c.3, c.4, c.5)
    }

    /// From GeneralizedTime: `YYYYMMDDhhmmss`, an optional fraction, then `Z` or `+hhmm`/`-hhmm`.
    pub fn parse_generalized(text: &str) -> Option<SimTime> {
        let digits = text.get(..14).filter(|d| d.bytes().all(|b| b.is_ascii_digit()))?;
        let part = |range: std::ops::Range<usize>| digits[range].parse::<i64>().ok();
        let rest = text[14..].trim_start_matches(|c: char| c == '.' || c == ',' || c.is_ascii_digit());
        let offset_minutes = match rest {
            "Z" | "z" => 0,
            zone if zone.len() == 5 && zone.is_ascii() && zone[1..].bytes().all(|b| b.is_ascii_digit()) => {
                let minutes = zone[1..3].parse::<i64>().ok()? * 60 + zone[3..].parse::<i64>().ok()?;
                match zone.as_bytes()[0] {
                    b'+' => minutes,
                    b'-' => -minutes,
                    _ => return None,
                }
            }
            _ => return None,
        };
        let date = jiff::civil::DateTime::new(
            part(0..4)? as i16,
            part(4..6)? as i8,
            part(6..8)? as i8,
            part(8..10)? as i8,
            part(10..12)? as i8,
            part(12..14)?.min(59) as i8,
            0,
        )
        .ok()?;
        let utc = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond();
        Some(SimTime(utc - offset_minutes * 60_000))
    }

    /// `2026-01-05T08:00:00Z`, the form of Graph: whole seconds.
    pub fn rfc3339(self) -> String {
        let c = self.civil();
        format!("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", c.0, c.1, c.2, c.3, c.4, c.5)
    }

    /// From RFC 3339 text.
    pub fn parse_rfc3339(text: &str) -> Option<SimTime> {
        jiff::Timestamp::from_str(text).ok().map(|t| SimTime(t.as_millisecond()))
    }

    /// The instant `span` later.
    pub fn plus(self, span: Duration) -> SimTime {
        SimTime(self.0.saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }

    /// The instant `span` earlier.
    pub fn minus(self, span: Duration) -> SimTime {
        SimTime(self.0.saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long after `earlier` this is; zero when it is not.
    pub fn since(self, earlier: SimTime) -> Duration {
        Duration::from_millis(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }

    /// Year, month, day, hour, minute, second, in UTC.
    pub fn civil(self) -> (i16, i8, i8, i8, i8, i8) {
        let stamp = jiff::Timestamp::from_second(self.seconds()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let c = stamp.to_zoned(jiff::tz::TimeZone::UTC).datetime();
        (c.year(), c.month(), c.day(), c.hour(), c.minute(), c.second())
    }
}

impl fmt::Display for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

/// How virtual time moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClockMode {
    /// Only when it is told to: for tests in process.
    #[default]
    Frozen,
    /// Each request costs [`STEP`], steps of a scenario advance it, and a kept Retry-After is honoured.
    Stepped,
    /// It follows the wall clock of the shell, which gives up byte identity.
    Realtime,
}

impl FromStr for ClockMode {
    type Err = String;
    fn from_str(text: &str) -> Result<ClockMode, String> {
        match text {
            "frozen" => Ok(ClockMode::Frozen),
            "stepped" => Ok(ClockMode::Stepped),
            "realtime" => Ok(ClockMode::Realtime),
            other => Err(format!("no clock mode '{other}': use frozen, stepped or realtime")),
        }
    }
}

impl fmt::Display for ClockMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ClockMode::Frozen => "frozen",
            ClockMode::Stepped => "stepped",
            ClockMode::Realtime => "realtime",
        })
    }
}

/// The one clock of a world. Shared, never going back while the world runs (only `reset` and `restore` set
/// it back, through [`Clock::set`]).
#[derive(Debug)]
pub struct Clock {
    now: AtomicI64,
    mode: AtomicU8,
}

impl Clock {
    /// A clock that shows `start`.
    pub fn new(start: SimTime, mode: ClockMode) -> Clock {
        Clock { now: AtomicI64::new(start.0), mode: AtomicU8::new(mode as u8) }
    }

    /// The virtual instant.
    pub fn now(&self) -> SimTime {
        SimTime(self.now.load(Ordering::Acquire))
    }

    /// How it moves.
    pub fn mode(&self) -> ClockMode {
        match self.mode.load(Ordering::Relaxed) {
            0 => ClockMode::Frozen,
            1 => ClockMode::Stepped,
            _ => ClockMode::Realtime,
        }
    }

    /// Moves it on and returns the new instant. What falls due meanwhile is the world's business:
    /// call `World::advance`, not this, from a shell.
    pub fn advance(&self, span: Duration) -> SimTime {
        let step = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        let before = self
            .now
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |now| Some(now.saturating_add(step)))
            .unwrap_or_else(|now| now);
        SimTime(before.saturating_add(step))
    }

    /// Moves it on to `instant`, unless that has passed.
    pub fn advance_to(&self, instant: SimTime) -> SimTime {
        SimTime(self.now.fetch_max(instant.0, Ordering::AcqRel).max(instant.0))
    }

    /// Charges one request: [`STEP`] on a stepped clock, nothing on the others.
    pub fn charge_request(&self) -> SimTime {
        if self.mode() == ClockMode::Stepped { self.advance(STEP) } else { self.now() }
    }

    /// Sets it, backwards too: for reset and restore.
    pub fn set(&self, instant: SimTime) {
        self.now.store(instant.0, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_start_is_a_monday_morning() {
        assert_eq!(DEFAULT_START.rfc3339(), "2026-01-05T08:00:00Z");
        assert_eq!(DEFAULT_START.generalized(), "20260105080000.0Z");
        assert_eq!(SimTime::parse_rfc3339("2026-01-05T08:00:00Z"), Some(DEFAULT_START));
    }

    #[test]
    fn filetime_agrees_with_the_documented_vector() {
        // directory-sync.md 1.4: 132539328000000000 is 2021-01-01T00:00:00Z
        let time = SimTime::from_filetime(132_539_328_000_000_000);
        assert_eq!(time.generalized(), "20210101000000.0Z");
        assert_eq!(time.filetime(), 132_539_328_000_000_000);
    }

    #[test]
    fn generalized_time_is_read_with_fractions_and_zones() {
        let utc = SimTime::parse_generalized("20241103062934.0Z").unwrap();
        assert_eq!(utc.rfc3339(), "2024-11-03T06:29:34Z");
        assert_eq!(SimTime::parse_generalized("20241103072934+0100"), Some(utc));
        for bad in ["", "2024", "20241303062934Z", "20241103062934", "2024110306293éZ", "20241103062934é123"]
        {
            assert_eq!(SimTime::parse_generalized(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_a_stepped_clock_charges_requests() {
        let frozen = Clock::new(DEFAULT_START, ClockMode::Frozen);
        assert_eq!(frozen.charge_request(), DEFAULT_START);
        let stepped = Clock::new(DEFAULT_START, ClockMode::Stepped);
        assert_eq!(stepped.charge_request(), DEFAULT_START.plus(STEP));
        assert_eq!(stepped.advance_to(DEFAULT_START), DEFAULT_START.plus(STEP));
    }
}
