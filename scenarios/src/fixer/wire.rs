//! Requests that hold out: tried again when a server is busy or gone for a while, and looked up when it is not
//! known whether they were carried out.

use super::journal::AttributeRecord;
use super::octets::same_values;
use super::request::{Style, parts};
use super::target::{ObjectName, Stored, Target, Trouble};
use std::time::Duration;

/// How often a request is tried again before the server is given up. With the pauses between: about a minute.
const RETRIES: u32 = 6;
/// The first pause; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

const NO_SUCH_ATTRIBUTE: u32 = 16;
const INAPPROPRIATE_MATCHING: u32 = 18;
const ATTRIBUTE_OR_VALUE_EXISTS: u32 = 20;
const NO_SUCH_OBJECT: u32 = 32;
const ASSERTION_FAILED: u32 = 122;

/// How an object came out of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Passage {
    /// It holds what it shall hold.
    Done,
    /// The server refused: nothing was changed.
    Refused(String),
    /// Somebody else had changed it: nothing was changed.
    Conflict(String),
    /// The server is gone, and the change was not carried out.
    Down(String),
    /// The server is gone or somebody else changed the object too: it is not known whether it was carried out.
    Unknown(String),
}

/// How an object stands to a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// Every attribute is as it was before.
    Before,
    /// Every attribute is as it shall be.
    After,
    /// This attribute is neither, or some are before and some after.
    Neither(String),
}

/// A look at an object, of which the server may not be there.
#[derive(Debug)]
pub(super) enum Look {
    Found(Stored),
    Gone,
    Refused(String),
    Down(String),
}

/// One target with its patience.
pub(super) struct Wire<'a> {
    target: &'a mut dyn Target,
}

impl<'a> Wire<'a> {
    pub(super) fn new(target: &'a mut dyn Target) -> Wire<'a> {
        Wire { target }
    }

    /// Reads some attributes, however often it takes.
    pub(super) async fn look(&mut self, object: &ObjectName, attributes: &[String]) -> Look {
        let mut tries = 0;
        loop {
            match self.target.read(object, attributes).await {
                Ok(Some(stored)) => return Look::Found(stored),
                Ok(None) => return Look::Gone,
                Err(Trouble::Refused { code, text }) => {
                    return Look::Refused(Trouble::Refused { code, text }.to_string());
                }
                Err(trouble) if tries >= RETRIES => return Look::Down(trouble.to_string()),
                Err(_) => self.pause(&mut tries).await,
            }
        }
    }

    async fn pause(&mut self, tries: &mut u32) {
        self.target.wait(FIRST_PAUSE * 2u32.pow(*tries)).await;
        *tries += 1;
    }

    /// Brings an object from the values before to the values after, by one request that is carried out at most
    /// once. `stored` is how it was just seen, with all attributes as before.
    pub(super) async fn pass(
        &mut self,
        object: &ObjectName,
        attributes: &[AttributeRecord],
        stored: Stored,
    ) -> Passage {
        let names: Vec<String> = attributes.iter().map(|attribute| attribute.name.clone()).collect();
        let (mut stored, mut style, mut tries) = (stored, Style::Difference, 0);
        // a request whose answer never came may have been carried out
        let (mut lost, mut given_up) = (false, false);
        loop {
            let request: Vec<_> =
                attributes.iter().flat_map(|a| parts(&a.name, &a.before, &a.after, style)).collect();
            let version = stored.version.clone();
            let trouble = match self.target.modify(object, &stored.dn, &request, version.as_deref()).await {
                Ok(()) => return Passage::Done,
                Err(trouble) => trouble,
            };
            match &trouble {
                Trouble::Refused { code, .. } => {
                    match next_style(*code, style, version.is_some(), &mut tries) {
                        Some(next) => style = next,
                        None => return Passage::Refused(refusal(&trouble, *code, version.is_some())),
                    }
                }
                Trouble::Busy { .. } if tries >= RETRIES => given_up = true,
                Trouble::Lost(_) if tries >= RETRIES => return Passage::Unknown(trouble.to_string()),
                Trouble::Busy { .. } | Trouble::Lost(_) => self.pause(&mut tries).await,
            }
            // a server that calls itself busy may have done it all the same
            lost |= matches!(trouble, Trouble::Lost(_) | Trouble::Busy { .. });
            let (standing, seen) = match self.look(object, &names).await {
                Look::Found(seen) => (standing(attributes, &seen), seen),
                Look::Gone if lost => return Passage::Unknown("the object is gone".to_owned()),
                Look::Gone => return Passage::Conflict("the object is gone".to_owned()),
                Look::Refused(why) | Look::Down(why) if lost => return Passage::Unknown(why),
                Look::Refused(why) => return Passage::Refused(why),
                Look::Down(why) => return Passage::Down(why),
            };
            match standing {
                Standing::Before if given_up => return Passage::Down(trouble.to_string()),
                Standing::Before => stored = seen,
                Standing::After if lost => return Passage::Done,
                Standing::After => {
                    return Passage::Conflict("somebody else has just done the same".to_owned());
                }
                Standing::Neither(name) if lost => {
                    return Passage::Unknown(format!("{trouble}; somebody else changed {name} meanwhile"));
                }
                Standing::Neither(name) => {
                    return Passage::Conflict(format!("{name} has changed since it was read ({trouble})"));
                }
            }
        }
    }
}

/// What to try after a refusal, if the object turns out to be unchanged.
fn next_style(code: u32, style: Style, guarded: bool, tries: &mut u32) -> Option<Style> {
    match code {
        // the object changed, perhaps in attributes that are no concern of ours
        ASSERTION_FAILED if *tries < RETRIES => {
            *tries += 1;
            Some(style)
        }
        // the matching rule equates more than ours
        NO_SUCH_ATTRIBUTE | ATTRIBUTE_OR_VALUE_EXISTS if style == Style::Difference => Some(Style::Whole),
        NO_SUCH_OBJECT if *tries == 0 => {
            *tries += 1;
            Some(style)
        }
        INAPPROPRIATE_MATCHING if guarded && style != Style::Replacement => Some(Style::Replacement),
        _ => None,
    }
}

fn refusal(trouble: &Trouble, code: u32, guarded: bool) -> String {
    match code {
        INAPPROPRIATE_MATCHING if !guarded => format!(
            "{trouble} (the attribute has no equality rule, and the server takes no assertion: it cannot be changed \
             without the risk of losing what somebody else writes)"
        ),
        _ => trouble.to_string(),
    }
}

/// How an object stands to a change.
pub(super) fn standing(attributes: &[AttributeRecord], seen: &Stored) -> Standing {
    let is =
        |attribute: &AttributeRecord, side: &[super::Octets]| same_values(seen.of(&attribute.name), side);
    if attributes.iter().all(|attribute| is(attribute, &attribute.before)) {
        return Standing::Before;
    }
    if attributes.iter().all(|attribute| is(attribute, &attribute.after)) {
        return Standing::After;
    }
    let neither =
        |attribute: &&AttributeRecord| !is(attribute, &attribute.before) && !is(attribute, &attribute.after);
    let first = attributes.iter().find(neither).or(attributes.first());
    Standing::Neither(first.map(|attribute| attribute.name.clone()).unwrap_or_default())
}
