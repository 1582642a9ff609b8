//! What has been found so far, attribute by attribute, and what the attributes would hold when repaired.

pub(super) use super::attributes::*;
use super::{Finding, ObjectView, Severity};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// One broken rule.
#[derive(Debug, Clone)]
pub(super) struct Broken {
    pub(super) rule: &'static str,
    pub(super) severity: Severity,
    pub(super) value: Option<String>,
    /// The repair is part of what the attribute would hold.
    pub(super) decided: bool,
    pub(super) reason: String,
    pub(super) others: Vec<u32>,
    pub(super) owner: Option<u32>,
}

impl Broken {
    pub(super) fn new(rule: &'static str, severity: Severity, reason: impl Into<String>) -> Broken {
        let reason = reason.into();
        Broken { rule, severity, value: None, decided: true, reason, others: Vec::new(), owner: None }
    }

    pub(super) fn error(rule: &'static str, reason: impl Into<String>) -> Broken {
        Broken::new(rule, Severity::Error, reason)
    }

    pub(super) fn warning(rule: &'static str, reason: impl Into<String>) -> Broken {
        Broken::new(rule, Severity::Warning, reason)
    }

    pub(super) fn of(mut self, value: &str) -> Broken {
        self.value = Some(value.to_owned());
        self
    }

    pub(super) fn decided(mut self, decided: bool) -> Broken {
        self.decided = decided;
        self
    }
}

/// One attribute of one object that something was found about.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    pub(super) broken: Vec<Broken>,
    pub(super) repaired: Vec<String>,
    /// What is compared with others in place of the repaired values.
    pub(super) compared: Option<Vec<String>>,
}

/// Most other holders that a finding names.
pub(super) const OTHERS_MAX: usize = 50;
/// Most values that the suggestions of one attribute's findings hold together: an object with very many values
/// of which very many are bad needs a person.
const SUGGESTED_MAX: usize = 100_000;

/// What was found, by object and attribute.
pub(super) type Rows = BTreeMap<(u32, Slot), Row>;

/// Everything found about some neighbouring objects.
pub(super) struct Sheet<'a> {
    objects: &'a [ObjectView],
    /// Number of the first of them.
    first: u32,
    rows: Rows,
    /// The object that is at hand, and a bit for each attribute that it has a row for.
    at_hand: (u32, u64),
    /// How many values were copied when repairs were taken back.
    #[cfg(test)]
    pub(super) taken_back: usize,
}

const _: () = assert!(ATTRIBUTES.len() <= u64::BITS as usize);

impl<'a> Sheet<'a> {
    /// Of objects with these numbers: the first one's and those that follow it.
    pub(super) fn at(objects: &'a [ObjectView], first: u32) -> Sheet<'a> {
        Sheet::with(objects, first, Rows::new())
    }

    /// With what was found before.
    pub(super) fn with(objects: &'a [ObjectView], first: u32, rows: Rows) -> Sheet<'a> {
        let mut sheet = Sheet {
            objects,
            first,
            rows,
            at_hand: (first, 0),
            #[cfg(test)]
            taken_back: 0,
        };
        sheet.turn_to(first);
        sheet
    }

    /// Says which object is looked at next: of that one it is known which attributes have rows.
    pub(super) fn turn_to(&mut self, object: u32) {
        let rows = self.rows.range((object, 0)..=(object, Slot::MAX));
        self.at_hand = (object, rows.fold(0, |held, ((_, slot), _)| held | 1 << slot));
    }

    fn held(&self, object: u32, slot: Slot) -> Option<&Row> {
        let none = self.at_hand.0 == object && self.at_hand.1 & 1 << slot == 0;
        if none { None } else { self.rows.get(&(object, slot)) }
    }

    pub(super) fn into_rows(self) -> Rows {
        self.rows
    }

    pub(super) fn original(&self, object: u32, slot: Slot) -> &'a [String] {
        self.objects[(object - self.first) as usize].slot(slot)
    }

    /// What the attribute would hold when everything that is decided so far were applied.
    pub(super) fn current(&self, object: u32, slot: Slot) -> &[String] {
        match self.held(object, slot) {
            Some(row) => &row.repaired,
            None => self.original(object, slot),
        }
    }

    /// What duplicates are looked for among: the repaired values, where the row names no others.
    pub(super) fn compared(&self, object: u32, slot: Slot) -> &[String] {
        let named = self.held(object, slot).and_then(|row| row.compared.as_deref());
        named.unwrap_or_else(|| self.current(object, slot))
    }

    pub(super) fn current_first(&self, object: u32, slot: Slot) -> Option<&str> {
        self.current(object, slot).first().map(String::as_str)
    }

    /// The row of an attribute, made when there is none.
    pub(super) fn row(&mut self, object: u32, slot: Slot) -> &mut Row {
        let original = self.original(object, slot);
        if self.at_hand.0 == object {
            self.at_hand.1 |= 1 << slot;
        }
        self.rows
            .entry((object, slot))
            .or_insert_with(|| Row { repaired: original.to_vec(), ..Row::default() })
    }

    /// Whether a rule of this severity or worse is broken there.
    pub(super) fn has(&self, object: u32, slot: Slot, severity: Severity) -> bool {
        self.held(object, slot).is_some_and(|row| row.broken.iter().any(|b| b.severity >= severity))
    }

    /// The repair of this attribute is not to be applied after all.
    pub(super) fn withdraw(&mut self, object: u32, slot: Slot) {
        let original = self.original(object, slot);
        #[cfg(test)]
        {
            self.taken_back += original.len();
        }
        let row = self.row(object, slot);
        row.repaired = original.to_vec();
        row.broken.iter_mut().for_each(|broken| broken.decided = false);
    }
}

/// Hands over what was found about one attribute of an object; `name` gives an object's name by its number.
pub(super) fn report<E>(
    object: u32,
    view: &ObjectView,
    slot: Slot,
    row: Row,
    name: &mut dyn FnMut(u32) -> Result<String, E>,
    each: &mut dyn FnMut(&ObjectView, Finding),
) -> Result<(), E> {
    let sane = row.repaired.len().saturating_mul(row.broken.len()) <= SUGGESTED_MAX;
    for broken in row.broken {
        let finding = Finding {
            object: object as usize,
            dn: view.dn.clone(),
            guid: view.guid.map(|guid| guid.to_string()),
            attribute: Cow::Borrowed(ATTRIBUTES[usize::from(slot)]),
            rule: Cow::Borrowed(broken.rule),
            severity: broken.severity,
            value: broken.value,
            suggestion: (broken.decided && sane).then(|| row.repaired.clone()),
            others: broken.others.iter().map(|other| name(*other)).collect::<Result<_, E>>()?,
            owner: broken.owner.map(&mut *name).transpose()?,
            reason: broken.reason,
        };
        each(view, finding);
    }
    Ok(())
}
