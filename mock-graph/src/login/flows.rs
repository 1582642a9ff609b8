//! What the token service keeps between requests: device codes, and which authorization codes were used.

use forestbed_sim::clock::SimTime;
use forestbed_sim::ids::Guid;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a device code is good (microsoft-graph.md 1.5).
pub(crate) const DEVICE_CODE_LIFETIME: Duration = Duration::from_secs(900);
/// Most device codes that wait; the oldest one goes first.
const DEVICE_CODES_MAX: usize = 1024;
/// Most codes whose use is remembered; older codes than the oldest remembered one count as used.
const USED_MAX: usize = 4096;

/// What a user made of a device code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing yet.
    Pending,
    /// The user signed in.
    Approved { user: Guid, session: u32, methods: Vec<String> },
    /// The user declined.
    Declined,
}

/// A device that waits for its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Device {
    /// What the user types.
    pub(crate) user_code: String,
    /// The client.
    pub(crate) client: Guid,
    /// What it asked for, as it wrote it.
    pub(crate) scope: String,
    /// When.
    pub(crate) issued: SimTime,
    /// What the user made of it.
    pub(crate) verdict: Verdict,
}

impl Device {
    /// Whether it is too late.
    pub(crate) fn expired(&self, now: SimTime) -> bool {
        now >= self.issued.plus(DEVICE_CODE_LIFETIME)
    }
}

#[derive(Default)]
struct Kept {
    /// The state of the world that they belong to.
    generation: u64,
    serial: u64,
    /// By serial, which goes into the device code.
    devices: BTreeMap<u64, (String, Device)>,
    used: BTreeSet<u64>,
    /// Codes up to this one count as used.
    forgotten: u64,
}

/// The flows that take several requests.
#[derive(Default)]
pub(crate) struct Flows(Mutex<Kept>);

impl Flows {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what waited in a world that has been put back since.
    pub(crate) fn enter(&self, generation: u64) {
        let mut kept = self.lock();
        if kept.generation != generation {
            kept.generation = generation;
            kept.devices.clear();
        }
    }

    /// A number that nothing else has.
    pub(crate) fn serial(&self) -> u64 {
        let mut kept = self.lock();
        kept.serial += 1;
        kept.serial
    }

    /// Uses an authorization code up; false when it was used before.
    pub(crate) fn redeem(&self, serial: u64) -> bool {
        let mut kept = self.lock();
        if serial <= kept.forgotten || !kept.used.insert(serial) {
            return false;
        }
        if kept.used.len() > USED_MAX
            && let Some(oldest) = kept.used.pop_first()
        {
            kept.forgotten = oldest;
        }
        true
    }

    /// Lets a device wait under its device code.
    pub(crate) fn wait(&self, code: String, device: Device) {
        let mut kept = self.lock();
        kept.serial += 1;
        let serial = kept.serial;
        kept.devices.insert(serial, (code, device));
        if kept.devices.len() > DEVICE_CODES_MAX {
            kept.devices.pop_first();
        }
    }

    /// The device with this device code.
    pub(crate) fn device(&self, code: &str) -> Option<Device> {
        let kept = self.lock();
        kept.devices.values().find(|(known, _)| known == code).map(|(_, device)| device.clone())
    }

    /// The device whose user has this code (any case, hyphens and spaces aside).
    pub(crate) fn of_user_code(&self, user_code: &str) -> Option<Device> {
        let kept = self.lock();
        let plain = plain(user_code);
        kept.devices.values().find(|(_, device)| device.user_code == plain).map(|(_, device)| device.clone())
    }

    /// Says what the user made of a device; false when nobody waits for that, or it was said before.
    pub(crate) fn decide(&self, user_code: &str, verdict: Verdict) -> bool {
        let mut kept = self.lock();
        let plain = plain(user_code);
        let waiting = |device: &Device| device.user_code == plain && device.verdict == Verdict::Pending;
        let found = kept.devices.values_mut().map(|(_, device)| device).find(|device| waiting(device));
        found.is_some_and(|device| {
            device.verdict = verdict;
            true
        })
    }

    /// Forgets a device that has got its token, or never will; true when it was still there.
    pub(crate) fn finish(&self, code: &str) -> bool {
        let mut kept = self.lock();
        let before = kept.devices.len();
        kept.devices.retain(|_, (known, _)| known != code);
        kept.devices.len() < before
    }
}

fn plain(user_code: &str) -> String {
    let letters = user_code.chars().filter(char::is_ascii_alphanumeric).take(32);
    letters.map(|letter| letter.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use forestbed_sim::clock::DEFAULT_START;

    fn device(user_code: &str) -> Device {
        let issued = DEFAULT_START;
        let (client, scope) = (Guid::NIL, String::new());
        Device { user_code: user_code.to_owned(), client, scope, issued, verdict: Verdict::Pending }
    }

    #[test]
    fn a_code_is_good_once_even_when_its_use_is_forgotten() {
        let flows = Flows::default();
        let first = flows.serial();
        assert!(flows.redeem(first));
        assert!(!flows.redeem(first));
        (0..USED_MAX).for_each(|_| assert!(flows.redeem(flows.serial())));
        assert!(!flows.redeem(first));
    }

    #[test]
    fn a_device_waits_until_its_user_decides_once() {
        let flows = Flows::default();
        flows.wait("d".to_owned(), device("ABC123DEF"));
        assert_eq!(flows.device("d").unwrap().verdict, Verdict::Pending);
        assert!(flows.decide(" abc-123 def", Verdict::Declined));
        assert!(!flows.decide("ABC123DEF", Verdict::Declined));
        assert_eq!(flows.device("d").unwrap().verdict, Verdict::Declined);
        assert!(flows.finish("d") && !flows.finish("d") && flows.device("d").is_none());
    }

    #[test]
    fn only_so_many_devices_wait() {
        let flows = Flows::default();
        for nth in 0..=DEVICE_CODES_MAX {
            flows.wait(nth.to_string(), device("ABC123DEF"));
        }
        assert!(flows.device("0").is_none() && flows.device("1").is_some());
    }
}
