//! Carrying a plan out, object by object.

use super::journal::{AttributeRecord, ChangeRecord, Journal, Outcome};
use super::plan::Change;
use super::target::{ObjectName, Stored, Target};
use super::values;
use super::wire::{Look, Passage, Standing, Wire, standing};
use serde::Serialize;
use std::collections::BTreeSet;
use std::io;

/// What became of one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Applied {
    /// Which server or file.
    pub forest: usize,
    /// The object's name.
    pub dn: String,
    /// How it ended.
    pub state: State,
    /// Why, in words; empty where nothing needs to be said.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
}

/// How an object ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It was changed.
    Done,
    /// It holds already what it should: nothing was sent.
    Already,
    /// Somebody else had changed it since it was read: nothing was changed.
    Conflict,
    /// The server refused: nothing was changed.
    Refused,
    /// The server was gone before it was asked, or a file could not be written: nothing was changed.
    NotTried,
    /// The server was gone before it answered: look at it, or run again with the same journal.
    Unknown,
}

impl State {
    /// As the reports write it.
    pub const fn name(self) -> &'static str {
        match self {
            State::Done => "done",
            State::Already => "already",
            State::Conflict => "conflict",
            State::Refused => "refused",
            State::NotTried => "not tried",
            State::Unknown => "unknown",
        }
    }
}

/// Carries changes out. It stops for a server that is gone (the others go on) and when the journal cannot be
/// written (nothing more is sent anywhere).
pub struct Machine<'a, 't> {
    targets: &'a mut [Box<dyn Target + 't>],
    journal: Option<&'a mut Journal>,
    down: BTreeSet<usize>,
    stopped: Option<String>,
}

impl<'a, 't> Machine<'a, 't> {
    /// A machine over these servers, in the order of [`ObjectName::forest`].
    pub fn new(targets: &'a mut [Box<dyn Target + 't>], journal: Option<&'a mut Journal>) -> Machine<'a, 't> {
        Machine { targets, journal, down: BTreeSet::new(), stopped: None }
    }

    /// Looks up what an earlier run with this journal left open; gives the objects of which it stays unknown.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub async fn resolve(&mut self) -> io::Result<Vec<(ObjectName, Applied)>> {
        let Some(journal) = self.journal.as_deref_mut() else { return Ok(Vec::new()) };
        let open = journal.contents().changes.iter().filter(|(_, outcome)| outcome.is_none());
        let open: Vec<ChangeRecord> = open.map(|(change, _)| change.clone()).collect();
        let mut unknown = Vec::new();
        for change in open {
            let object = change.object();
            let names: Vec<String> = change.attributes.iter().map(|a| a.name.clone()).collect();
            let Some(target) = self.targets.get_mut(object.forest) else { continue };
            let text = match Wire::new(target.as_mut()).look(&object, &names).await {
                Look::Found(seen) => match standing(&change.attributes, &seen) {
                    Standing::After => {
                        journal.outcome(change.number, Outcome::Done, "found done")?;
                        continue;
                    }
                    Standing::Before => {
                        journal.outcome(change.number, Outcome::NotSent, "found as before")?;
                        continue;
                    }
                    Standing::Neither(name) => {
                        format!("an earlier run ended at it; {name} has changed since")
                    }
                },
                Look::Gone => "an earlier run ended at it, and it is gone".to_owned(),
                Look::Refused(why) | Look::Down(why) => why,
            };
            let known = applied(&object, State::Unknown, text);
            unknown.push((object, known));
        }
        Ok(unknown)
    }

    /// Carries out one change after the other.
    pub async fn apply(&mut self, changes: &[Change]) -> Vec<Applied> {
        let mut all = Vec::with_capacity(changes.len());
        for change in changes {
            all.push(self.one(change).await);
        }
        all
    }

    async fn one(&mut self, change: &Change) -> Applied {
        let object = &change.object;
        let done = |state, text: String| applied(object, state, text);
        if let Some(why) = &self.stopped {
            return done(State::NotTried, why.clone());
        }
        if self.down.contains(&object.forest) {
            return done(State::NotTried, "the server was given up".to_owned());
        }
        let Some(target) = self.targets.get_mut(object.forest) else {
            return done(State::NotTried, "no server for it".to_owned());
        };
        let names: Vec<String> = change.edits.iter().map(|edit| edit.attribute.clone()).collect();
        let mut wire = Wire::new(target.as_mut());
        let stored = match wire.look(object, &names).await {
            Look::Found(stored) => stored,
            Look::Gone => return done(State::Conflict, "the object is gone".to_owned()),
            Look::Refused(why) => return done(State::Refused, why),
            Look::Down(why) => {
                self.down.insert(object.forest);
                return done(State::NotTried, why);
            }
        };
        let record = match prepare(change, &stored) {
            Prepared::Ready(record) => record,
            Prepared::Already => return done(State::Already, String::new()),
            Prepared::Conflict(why) => return done(State::Conflict, why),
            Prepared::Wrong(why) => return done(State::Refused, why),
        };
        let number =
            match self.journal.as_deref_mut().map(|journal| journal.change(record.clone())).transpose() {
                Ok(number) => number,
                Err(error) => return done(State::NotTried, self.stop(&error)),
            };
        let passage = wire.pass(object, &record.attributes, stored).await;
        self.close(object, number, passage)
    }

    /// Notes how a change ended.
    fn close(&mut self, object: &ObjectName, number: Option<u64>, passage: Passage) -> Applied {
        let (state, outcome, text) = match passage {
            Passage::Done => (State::Done, Some(Outcome::Done), String::new()),
            Passage::Refused(why) => (State::Refused, Some(Outcome::Refused), why),
            Passage::Conflict(why) => (State::Conflict, Some(Outcome::Conflict), why),
            Passage::Down(why) => {
                self.down.insert(object.forest);
                (State::NotTried, Some(Outcome::NotSent), why)
            }
            Passage::Unknown(why) => {
                self.down.insert(object.forest);
                (State::Unknown, None, why)
            }
        };
        if let (Some(journal), Some(number), Some(outcome)) = (self.journal.as_deref_mut(), number, outcome)
            && let Err(error) = journal.outcome(number, outcome, &text)
        {
            // the change itself is in the journal: whoever reads it looks the object up
            self.stop(&error);
        }
        applied(object, state, text)
    }

    fn stop(&mut self, error: &io::Error) -> String {
        let why = format!("the journal cannot be written: {error}");
        self.stopped = Some(why.clone());
        why
    }

    /// Why nothing more is sent, if that is so.
    pub fn stopped(&self) -> Option<&str> {
        self.stopped.as_deref()
    }
}

pub(super) fn applied(object: &ObjectName, state: State, text: String) -> Applied {
    Applied { forest: object.forest, dn: object.dn.clone(), state, text }
}

/// A change against what the server holds.
pub(super) enum Prepared {
    /// In octets, ready to be sent.
    Ready(ChangeRecord),
    /// Nothing is to be done.
    Already,
    /// It is not what the plan was made from.
    Conflict(String),
    /// The plan wants a value that cannot be written.
    Wrong(String),
}

/// Holds a change against the object as it is now, and puts octets in the place of texts.
pub(super) fn prepare(change: &Change, stored: &Stored) -> Prepared {
    let mut attributes = Vec::with_capacity(change.edits.len());
    let (mut before, mut after) = (0, 0);
    for edit in &change.edits {
        let present = stored.of(&edit.attribute);
        let mut shown = values::texts(&edit.attribute, present);
        let is = |shown: &mut Vec<String>, side: &[String]| {
            let mut side = side.to_vec();
            side.sort();
            shown.sort();
            *shown == side
        };
        let (is_before, is_after) = (is(&mut shown, &edit.before), is(&mut shown, &edit.after));
        if !is_before && !is_after {
            return Prepared::Conflict(format!("{} has changed since it was read", edit.attribute));
        }
        (before, after) = (before + usize::from(is_before), after + usize::from(is_after));
        let wanted = match values::octets(&edit.attribute, &edit.after, present) {
            Ok(wanted) => wanted,
            Err(why) => return Prepared::Wrong(why),
        };
        let mut rules: Vec<String> = edit.why.iter().map(|why| why.rule.clone()).collect();
        rules.dedup();
        let (name, before) = (edit.attribute.clone(), present.to_vec());
        attributes.push(AttributeRecord { name, before, after: wanted, rules });
    }
    match () {
        () if before == change.edits.len() => Prepared::Ready(ChangeRecord {
            number: 0,
            forest: change.object.forest,
            dn: stored.dn.clone(),
            guid: change.object.guid.map(|guid| guid.to_string()),
            attributes,
        }),
        () if after == change.edits.len() => Prepared::Already,
        () => Prepared::Conflict("somebody else has made a part of the change".to_owned()),
    }
}
