//! What is said of values that several objects hold, object by object, and how it is applied.

use super::index::{KEYED, Key, key_of};
use super::proxy::{primary, promote, smtp};
use super::sheet::{Broken, MAIL, OTHERS_MAX, PROXY_ADDRESSES, Sheet, Slot};
use super::stream::{Blob, CheckError, Record, Sorted};
use super::{ObjectView, Severity};
use std::collections::BTreeSet;

/// No place in the notes.
pub(super) const NONE: u64 = u64::MAX;
const NOBODY: u32 = u32::MAX;

/// A rule about several objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cross {
    Proxy,
    OtherProxy,
    Mail,
    RepairedMail,
    Alias,
    Account,
    AccountBesideUpn,
    Target,
    Upn,
    MailAndProxy,
    UpnAndMail,
    UpnAndProxy,
    Anchor,
    AccountAndGroup,
    ContactAddress,
    ContactMail,
    OtherForest,
}

/// Id, severity and reason, in the order of [`Cross`].
const RULES: [(&str, Severity, &str); 17] = [
    ("PA26", Severity::Error, "another object has this address"),
    ("PA27", Severity::Error, "another object has this address"),
    ("ML01", Severity::Error, "another object has this mail"),
    ("ML02", Severity::Error, "another object has this mail"),
    ("MN09", Severity::Error, "another object has this alias"),
    ("SA08", Severity::Error, "another account has this sAMAccountName"),
    ("SA08", Severity::Warning, "another account has this sAMAccountName"),
    ("TA06", Severity::Error, "another object has this targetAddress"),
    ("UP18", Severity::Error, "another account has this userPrincipalName"),
    ("XD01", Severity::Error, "another object has this address in another attribute"),
    ("XD02", Severity::Error, "another object has this address in another attribute"),
    ("XD03", Severity::Error, "another object has this address in another attribute"),
    ("XD08", Severity::Error, "another object has this source anchor"),
    ("XD04", Severity::Error, "an account and a group have this address"),
    ("XD05", Severity::Error, "an account has this address: the contact may be one too many"),
    ("CO03", Severity::Error, "an account has this mail: the contact may be one too many"),
    ("XD06", Severity::Error, "an account of another forest has this address: one person, or two"),
];

/// What singles out the holder who should keep a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    AsItStands,
    Upn,
    Mail,
    OwnAddress,
    Primary,
    Enabled,
    Mailbox,
    OwnAlias,
    Eldest,
    ObjectGuid,
}

/// In words, in the order of [`Why`].
const REASONS: [&str; 10] = [
    "the one who holds it as it stands should keep it",
    "the one whose userPrincipalName it is should keep it",
    "the one whose mail it is should keep it",
    "the one whose own address it is should keep it",
    "the one whose primary address it is should keep it",
    "the one who is enabled should keep it",
    "the one with a mailbox should keep it",
    "the one whose address begins with it should keep it",
    "the eldest should keep it",
    "the one whose objectGUID it is should keep it",
];

/// Who should keep a value, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) object: u32,
    pub(super) why: Why,
}

/// What becomes of the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Decision {
    /// A person has to decide who keeps it; a repair that would only make the duplicate is taken back.
    Open,
    /// This object keeps it.
    Keep,
    /// It goes; what takes its place follows from the object's other values.
    Drop,
    /// A new name takes its place.
    Replace,
    /// A repair had made the duplicate: another name is the repair. Nothing is reported.
    Rename,
    /// It stays, and a person has to decide.
    Left,
    /// It stays here, since another repair ends the conflict.
    Settled,
}

const DECISIONS: [Decision; 7] = [
    Decision::Open,
    Decision::Keep,
    Decision::Drop,
    Decision::Replace,
    Decision::Rename,
    Decision::Left,
    Decision::Settled,
];

/// What is said of one value of one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Verdict {
    pub(super) object: u32,
    /// Place of the attribute in [`KEYED`]; what is said of addresses is applied first.
    pub(super) phase: u8,
    pub(super) rule: u8,
    pub(super) decision: Decision,
    pub(super) key: Key,
    /// Where the holders are noted.
    pub(super) note: u64,
    /// Where the new name is noted.
    pub(super) value: u64,
}

impl Record for Verdict {
    const OCTETS: usize = 39;

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.object.to_le_bytes());
        out.extend_from_slice(&[self.phase, self.rule, self.decision as u8]);
        for part in [self.key.0, self.key.1, self.note, self.value] {
            out.extend_from_slice(&part.to_le_bytes());
        }
    }

    fn read(octets: &[u8]) -> Verdict {
        let number = |at: usize, octets_of: usize| {
            octets[at..at + octets_of].iter().rev().fold(0u64, |sum, b| sum << 8 | u64::from(*b))
        };
        Verdict {
            object: number(0, 4) as u32,
            phase: octets[4],
            rule: octets[5],
            decision: DECISIONS[usize::from(octets[6]) % DECISIONS.len()],
            key: Key(number(7, 8), number(15, 8)),
            note: number(23, 8),
            value: number(31, 8),
        }
    }
}

/// Everything that is said, by object.
pub(super) struct Verdicts {
    pub(super) sorted: Sorted<Verdict>,
    pub(super) notes: Notes,
}

/// Lists of holders and new names.
pub(super) struct Notes(pub(super) Blob);

impl Notes {
    /// Notes who holds a value: as many as a finding names, how many there are, and who should keep it.
    pub(super) fn holders(
        &mut self,
        holders: impl Iterator<Item = u32>,
        owner: Option<Owner>,
    ) -> Result<u64, CheckError> {
        let mut note = owner.map_or(NOBODY, |owner| owner.object).to_le_bytes().to_vec();
        note.extend_from_slice(&[0; 8]);
        let mut count = 0u32;
        for holder in holders {
            // one more than are named: the object itself is left out
            if count as usize <= OTHERS_MAX {
                note.extend_from_slice(&holder.to_le_bytes());
            }
            count += 1;
        }
        let named = (note.len() as u32 - 12) / 4;
        note[4..8].copy_from_slice(&count.to_le_bytes());
        let why = owner.map_or(0, |owner| owner.why as u32);
        note[8..12].copy_from_slice(&(named | why << 8).to_le_bytes());
        self.0.append(&note)
    }

    pub(super) fn text(&mut self, text: &str) -> Result<u64, CheckError> {
        let at = self.0.append(&(text.len() as u32).to_le_bytes())?;
        self.0.append(text.as_bytes())?;
        Ok(at)
    }

    fn number(&self, at: u64) -> Result<u32, CheckError> {
        let mut octets = [0; 4];
        self.0.read(at, &mut octets)?;
        Ok(u32::from_le_bytes(octets))
    }

    fn read_text(&self, at: u64) -> Result<String, CheckError> {
        let mut octets = vec![0; self.number(at)? as usize];
        self.0.read(at + 4, &mut octets)?;
        String::from_utf8(octets).map_err(|_| CheckError::damaged())
    }

    /// The other holders that are named, how many there are, and who should keep the value for which reason.
    fn read_holders(&self, at: u64, object: u32) -> Result<Holders, CheckError> {
        let mut head = [0; 12];
        self.0.read(at, &mut head)?;
        let number = |octets: &[u8]| octets.iter().rev().fold(0u32, |sum, b| sum << 8 | u32::from(*b));
        let (named, why) = (number(&head[8..12]) & 0xff, number(&head[8..12]) >> 8);
        let mut list = vec![0; (named as usize).min(OTHERS_MAX + 1) * 4];
        self.0.read(at + 12, &mut list)?;
        let mut others: Vec<u32> = list.chunks_exact(4).map(number).collect();
        others.retain(|other| *other != object);
        others.truncate(OTHERS_MAX);
        let owner = Some(number(&head[0..4])).filter(|owner| *owner != NOBODY);
        let why = owner.map(|_| REASONS[why as usize % REASONS.len()]);
        Ok(Holders { others, count: number(&head[4..8]), owner, why })
    }
}

/// Holders of a value, as they were noted.
struct Holders {
    others: Vec<u32>,
    count: u32,
    owner: Option<u32>,
    why: Option<&'static str>,
}

/// Applies what is said of one object to its sheet.
pub(super) fn apply(
    sheet: &mut Sheet<'_>,
    object: u32,
    view: &ObjectView,
    verdicts: &[Verdict],
    notes: &Notes,
) -> Result<(), CheckError> {
    for of_attribute in verdicts.chunk_by(|a, b| a.phase == b.phase) {
        let slot = KEYED[usize::from(of_attribute[0].phase) % KEYED.len()];
        apply_to(sheet, object, view, slot, of_attribute, notes)?;
    }
    Ok(())
}

fn apply_to(
    sheet: &mut Sheet<'_>,
    object: u32,
    view: &ObjectView,
    slot: Slot,
    verdicts: &[Verdict],
    notes: &Notes,
) -> Result<(), CheckError> {
    let originals = sheet.original(object, slot);
    let mut places: Vec<(Key, usize)> =
        originals.iter().enumerate().map(|(place, value)| (key_of(slot, value), place)).collect();
    places.sort_unstable();
    let mut dropped = BTreeSet::new();
    // how many findings stand there whose repair is taken back already, none when it is not
    let mut taken_back: Option<usize> = None;
    for verdict in verdicts {
        if verdict.decision == Decision::Rename {
            taken_back = None;
            sheet.row(object, slot).repaired = vec![notes.read_text(verdict.value)?];
            continue;
        }
        let place = places.partition_point(|(key, _)| *key < verdict.key);
        let raw = places.get(place).filter(|(key, _)| *key == verdict.key).map(|(_, place)| *place);
        let (rule, severity, reason) = RULES[usize::from(verdict.rule) % RULES.len()];
        let Holders { others, count, owner, why } = notes.read_holders(verdict.note, object)?;
        let named = others.len() as u32 + 1;
        let mut reason = match count > named {
            true => format!("{reason}: {count} have it, of whom {} are named", others.len()),
            false => reason.to_owned(),
        };
        if let Some(why) = why {
            reason.push_str("; ");
            reason.push_str(why);
        }
        if verdict.decision == Decision::Open && raw.is_none() {
            // its own repair is what makes the duplicate: not to be applied as it stands
            match taken_back {
                None => sheet.withdraw(object, slot),
                Some(from) => {
                    sheet.row(object, slot).broken[from..].iter_mut().for_each(|b| b.decided = false)
                }
            }
            taken_back = Some(sheet.row(object, slot).broken.len());
        }
        let decided = !matches!(verdict.decision, Decision::Open | Decision::Left);
        let mut broken = Broken::new(rule, severity, reason).decided(decided);
        broken.value = raw.map(|place| &originals[place]).or(originals.first()).cloned();
        (broken.others, broken.owner) = (others, owner);
        let row = sheet.row(object, slot);
        row.broken.push(broken);
        match verdict.decision {
            Decision::Drop => drop(dropped.insert(verdict.key)),
            Decision::Replace => {
                row.repaired = vec![notes.read_text(verdict.value)?];
                taken_back = None;
            }
            _ => {}
        }
    }
    if !dropped.is_empty() {
        take_away(sheet, object, view, slot, &dropped);
    }
    Ok(())
}

/// Without these addresses: of the rest one becomes the primary one; a mail becomes the primary address, or
/// nothing where that is gone too.
fn take_away(sheet: &mut Sheet<'_>, object: u32, view: &ObjectView, slot: Slot, dropped: &BTreeSet<Key>) {
    let gone = |value: &str| dropped.contains(&key_of(slot, value));
    let values = match slot {
        MAIL => {
            let primary = primary(sheet.current(object, PROXY_ADDRESSES)).filter(|primary| !gone(primary));
            primary.map(str::to_owned).into_iter().collect()
        }
        _ => {
            let mut values = sheet.current(object, slot).to_vec();
            values.retain(|value| smtp(value).is_none() || !gone(value));
            if primary(&values).is_none() {
                promote(view, &mut values);
            }
            values
        }
    };
    sheet.row(object, slot).repaired = values;
}

#[cfg(test)]
mod tests;
