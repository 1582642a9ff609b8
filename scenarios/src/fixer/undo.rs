//! Taking a journal's changes back: every object gets what it held before the first of them, octet for octet.
//!
//! It needs no journal of its own: an object that holds what it held before is done, one that holds what the
//! changes left is taken back by one request, and one that holds anything else was changed by somebody and stays.
//! So it can be run again after a crash.

use super::apply::{Applied, State, applied};
use super::journal::{AttributeRecord, Journal, Touched};
use super::octets::same_values;
use super::target::{Stored, Target};
use super::wire::{Look, Passage, Wire};
use std::collections::BTreeSet;
use std::io;

/// What would be taken back, or was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undone {
    /// What became of it, or would.
    pub applied: Applied,
    /// From what to what, of an object that is or was to be changed.
    pub attributes: Vec<AttributeRecord>,
}

/// Takes everything back, objects of later changes first; `apply` false only looks.
///
/// What is refused is tried again as long as others succeed: a value may be free only when another object has given
/// it back.
///
/// # Errors
/// When the journal cannot be written: then nothing was taken back.
pub async fn undo(
    journal: &mut Journal,
    targets: &mut [Box<dyn Target + '_>],
    apply: bool,
) -> io::Result<Vec<Undone>> {
    let touched = journal.contents().touched();
    if apply {
        journal.begin_undo()?;
    }
    let mut done: Vec<Option<Undone>> = vec![None; touched.len()];
    let mut down = BTreeSet::new();
    loop {
        let (mut progress, mut refused) = (false, false);
        for (slot, object) in done.iter_mut().zip(&touched) {
            if !matches!(slot, None | Some(Undone { applied: Applied { state: State::Refused, .. }, .. })) {
                continue;
            }
            let outcome = one(object, targets, apply, &mut down).await;
            progress |= outcome.applied.state == State::Done;
            refused |= outcome.applied.state == State::Refused;
            *slot = Some(outcome);
        }
        if !(apply && progress && refused) {
            return Ok(done.into_iter().flatten().collect());
        }
    }
}

async fn one(
    touched: &Touched,
    targets: &mut [Box<dyn Target + '_>],
    apply: bool,
    down: &mut BTreeSet<usize>,
) -> Undone {
    let object = &touched.object;
    let end = |state, text: String, attributes| Undone { applied: applied(object, state, text), attributes };
    if let Some(name) = &touched.broken {
        let why = format!("somebody else changed {name} between two changes of this file");
        return end(State::Conflict, why, Vec::new());
    }
    let target = match targets.get_mut(object.forest) {
        Some(target) if !down.contains(&object.forest) => target,
        _ => return end(State::NotTried, "the server was given up".to_owned(), Vec::new()),
    };
    let names: Vec<String> = touched.states.keys().cloned().collect();
    let mut wire = Wire::new(target.as_mut());
    let stored = match wire.look(object, &names).await {
        Look::Found(stored) => stored,
        Look::Gone => return end(State::Conflict, "the object is gone".to_owned(), Vec::new()),
        Look::Refused(why) => return end(State::Refused, why, Vec::new()),
        Look::Down(why) => {
            down.insert(object.forest);
            return end(State::NotTried, why, Vec::new());
        }
    };
    let attributes = match way_back(touched, &stored) {
        Ok(attributes) if attributes.is_empty() => return end(State::Already, String::new(), attributes),
        Ok(attributes) => attributes,
        Err(name) => return end(State::Conflict, format!("{name} has changed since"), Vec::new()),
    };
    if !apply {
        return end(State::NotTried, String::new(), attributes);
    }
    match wire.pass(object, &attributes, stored).await {
        Passage::Done => end(State::Done, String::new(), attributes),
        Passage::Refused(why) => end(State::Refused, why, attributes),
        Passage::Conflict(why) => end(State::Conflict, why, attributes),
        Passage::Down(why) => {
            down.insert(object.forest);
            end(State::NotTried, why, attributes)
        }
        Passage::Unknown(why) => {
            down.insert(object.forest);
            end(State::Unknown, why, attributes)
        }
    }
}

/// What has to be changed to have it as it was; or the attribute that holds what none of the changes left there.
fn way_back(touched: &Touched, stored: &Stored) -> Result<Vec<AttributeRecord>, String> {
    let mut attributes = Vec::new();
    for (name, states) in &touched.states {
        let present = stored.of(name);
        let Some(first) = states.last() else { continue };
        if same_values(present, first) {
            continue;
        }
        // of the last change it may not be known whether it was carried out: then the state before it is ours too
        if !states.iter().any(|state| same_values(state, present)) {
            return Err(name.clone());
        }
        let (before, after) = (present.to_vec(), first.clone());
        attributes.push(AttributeRecord { name: name.clone(), before, after, rules: Vec::new() });
    }
    Ok(attributes)
}
