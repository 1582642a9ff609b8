//! Time as a value: instants of the simulated world and the clock that every lifetime, window and lag reads.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use std::time::Duration;

/// Seconds between 1601-01-01 (FILETIME's epoch) and 1970-01-01.
const FILETIME_EPOCH_SECONDS: i64 = 11_644_473_600;
/// Seconds from 1970 to some day in 2954: instants in between are taken apart by arithmetic alone.
const MANY_YEARS: u64 = 31_536_000 * 985;
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

    /// Appends [`SimTime::generalized`].
    pub fn write_generalized(self, out: &mut Vec<u8>) {
        match self.generalized_octets() {
            Some(octets) => out.extend_from_slice(&octets),
            None => out.extend_from_slice(self.generalized().as_bytes()),
        }
    }

    /// The octets of [`SimTime::generalized`]; none for a year that has not four digits.
    #[inline]
    pub(crate) fn generalized_octets(self) -> Option<[u8; 17]> {
        let (year, month, day, hour, minute, second) = self.civil();
        let year = u16::try_from(year).ok().filter(|year| *year <= 9999)?;
        let mut text = *b"00000000000000.0Z";
        let parts = [(year / 100) as i8, (year % 100) as i8, month, day, hour, minute, second];
        for (place, part) in text.chunks_exact_mut(2).zip(parts) {
            place[0] += part.unsigned_abs() / 10;
            place[1] += part.unsigned_abs() % 10;
        }
        Some(text)
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
        if let Ok(seconds @ 0..MANY_YEARS) = u64::try_from(self.seconds()) {
            return civil_since_1970(seconds);
        }
        let stamp = jiff::Timestamp::from_second(self.seconds()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let c = stamp.to_zoned(jiff::tz::TimeZone::UTC).datetime();
        (c.year(), c.month(), c.day(), c.hour(), c.minute(), c.second())
    }
}

/// Year, month, day, hour, minute, second, counted from 1970-01-01 in years that begin in March, so that the
/// leap day is the last of its year.
fn civil_since_1970(seconds: u64) -> (i16, i8, i8, i8, i8, i8) {
    const DAYS_TO_1970: u64 = 719_468;
    const FOUR_CENTURIES: u64 = 146_097;
    let (day, second) = (seconds / 86_400 + DAYS_TO_1970, seconds % 86_400);
    let (era, day) = (day / FOUR_CENTURIES, day % FOUR_CENTURIES);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    (year as i16, month as i8, day as i8, hour as i8, minute as i8, second as i8)
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

    proptest::proptest! {
        #[test]
        fn an_instant_is_taken_apart_as_jiff_does(seconds in 0..2 * MANY_YEARS as i64) {
            let c = jiff::Timestamp::from_second(seconds).unwrap().to_zoned(jiff::tz::TimeZone::UTC).datetime();
            let time = SimTime::from_millis(seconds * 1000);
            let parts = (c.year(), c.month(), c.day(), c.hour(), c.minute(), c.second());
            proptest::prop_assert_eq!(time.civil(), parts);
            let mut text = Vec::new();
            time.write_generalized(&mut text);
            proptest::prop_assert_eq!(String::from_utf8(text).unwrap(), time.generalized());
            proptest::prop_assert_eq!(time.generalized(), c.strftime("%Y%m%d%H%M%S.0Z").to_string());
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
