//! The journal's line of one request.

use super::search::reachable;
use super::{Reply, Session};
use crate::reply::{Answer, Outcome, write_result};
use forestbed_sim::clock::SimTime;
use forestbed_sim::journal::{Explain, Line, Side};
use forestbed_sim::world::World;
use std::fmt::{self, Write};
use std::sync::Arc;

/// Longest target and longest list of unknown things that a line keeps, in bytes.
const MOST: usize = 240;
/// What a line shows of a request that ended without an answer: `canceled` of RFC 3909.
const CANCELED: u32 = 118;

/// A line that is written when the request is done; when it is dropped before that, as canceled.
pub(super) struct Record {
    world: Arc<World>,
    time: SimTime,
    client: Option<Arc<str>>,
    operation: &'static str,
    target: String,
    write: bool,
    fault: bool,
    unknown: Option<String>,
    written: bool,
    /// Entries returned so far.
    pub(super) returned: u32,
    /// How a search comes to its answer.
    pub(super) explain: Option<Explain>,
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record").field("operation", &self.operation).finish_non_exhaustive()
    }
}

impl Record {
    pub(super) fn new(
        session: &Session,
        operation: &'static str,
        target: impl fmt::Display,
        write: bool,
    ) -> Record {
        Record {
            world: Arc::clone(&session.world),
            time: session.world.clock.now(),
            client: session.bound.as_ref().map(|bound| Arc::clone(&bound.principal.netbios_name)),
            operation,
            target: short(target),
            write,
            fault: session.faulty,
            unknown: None,
            written: false,
            returned: 0,
            explain: None,
        }
    }

    /// Notes what the server did not know.
    pub(super) fn unknown<'n>(&mut self, names: impl IntoIterator<Item = &'n str>) {
        for name in names {
            let list = self.unknown.get_or_insert_default();
            if list.len() < MOST && !list.split(' ').any(|noted| noted == name) {
                let space = if list.is_empty() { "" } else { " " };
                let _ = write!(list, "{space}{}", short(name));
            }
        }
    }

    /// Writes the line.
    pub(super) fn finish(mut self, code: u32, returned: u32) {
        self.write(code, returned);
    }

    /// Writes the line of what goes by the entries that were returned meanwhile.
    pub(super) fn end(&mut self, code: u32) {
        self.write(code, self.returned);
    }

    /// Writes the line and the answer.
    pub(super) fn answer(self, id: i32, answer: u8, outcome: &Outcome) -> Reply {
        let mut out = Vec::new();
        let led = (!outcome.referrals.is_empty()).then(|| Outcome {
            referrals: outcome.referrals.iter().map(|url| reachable(&self.world, url.clone())).collect(),
            ..outcome.clone()
        });
        let outcome = led.as_ref().unwrap_or(outcome);
        write_result(&mut out, id, answer, outcome, &Answer::default());
        self.finish(outcome.code, 0);
        Reply::ready(out)
    }

    fn write(&mut self, code: u32, returned: u32) {
        if std::mem::replace(&mut self.written, true) {
            return;
        }
        let line = Line::new(self.time, Side::Ldap, self.operation, &self.target);
        self.world.journal.record_line(&Line {
            client: self.client.as_deref().unwrap_or_default(),
            status: u16::try_from(code).unwrap_or(u16::MAX),
            write: self.write,
            fault: self.fault,
            returned,
            unknown: self.unknown.as_deref(),
            explain: self.explain.as_ref(),
            ..line
        });
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.write(CANCELED, self.returned);
    }
}

/// Text of at most [`MOST`] bytes and a mark of what was left out, which is never formatted.
fn short(text: impl fmt::Display) -> String {
    struct Bounded(String);
    impl Write for Bounded {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            let room = MOST.saturating_sub(self.0.len());
            if text.len() <= room {
                self.0.push_str(text);
                return Ok(());
            }
            let end = (0..=room).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
            self.0.push_str(&text[..end]);
            self.0.push('…');
            Err(fmt::Error)
        }
    }
    let mut bounded = Bounded(String::with_capacity(96));
    let _ = write!(bounded, "{text}");
    bounded.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_target_is_cut_at_a_character() {
        assert_eq!(short("(cn=a)"), "(cn=a)");
        let long = short("é".repeat(1000));
        assert_eq!(long.trim_end_matches('…').len(), MOST);
        assert!(long.ends_with('…'));
    }
}
