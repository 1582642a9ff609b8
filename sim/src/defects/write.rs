//! From a draft to what is in the directory and in the ledger.

use super::bench::{Addition, Below, Draft, Subject};
use super::catalogue::{Detectable, Repair, Role, catalogue};
use super::ledger::{Accepted, Holding, LedgerRow, Outcome, Place};
use super::units::Unit;
use super::values;
use crate::directory::{Directory, NewObject, ObjectId, UpdateContext};
use crate::ids::Guid;

/// Adds an object and gives its objectGUID.
pub(super) fn add(
    directory: &mut Directory,
    context: &UpdateContext,
    addition: &Addition,
    subjects: &[&Subject],
) -> Guid {
    let domain = directory.info().domain;
    let parent = match &addition.below {
        Below::Beside(subject) => directory.entry(subjects[*subject].id).and_then(|entry| entry.parent()),
        Below::Container(name) => child(directory, domain, name),
    };
    let (links, others): (Vec<_>, Vec<_>) =
        addition.attributes.iter().partition(|(name, _)| values::is_link(directory, name));
    let known = |(name, texts): &(&'static str, Vec<String>)| {
        let octets = texts.iter().map(|text| values::octets_of(text)).collect();
        Some((directory.schema().attribute_id(name)?, octets))
    };
    let attributes = others.into_iter().filter_map(known).collect();
    let object = NewObject {
        parent: parent.unwrap_or_else(|| directory.info().users),
        rdn: addition.name.clone(),
        class: addition.class,
        attributes,
        guid: None,
        rid: None,
    };
    let id = directory.load(context, object);
    for (name, texts) in links {
        values::write(directory, context, id, name, texts);
    }
    directory.entry(id).map(|entry| entry.guid()).unwrap_or_default()
}

fn child(directory: &Directory, parent: ObjectId, name: &str) -> Option<ObjectId> {
    let named = |id: &ObjectId| {
        directory.entry(*id).is_some_and(|entry| entry.rdn_value().eq_ignore_ascii_case(name))
    };
    directory.children(parent).find(named)
}

/// The draft with the objectGUIDs of the objects that it adds in place of [`Draft::added`].
pub(super) fn resolved(draft: &Draft, added: &[Guid]) -> Draft {
    let mut draft = draft.clone();
    for text in draft.changes.iter_mut().flat_map(|(.., texts)| texts) {
        let number = text.strip_prefix("added:").and_then(|number| number.parse::<usize>().ok());
        if let Some(guid) = number.and_then(|number| added.get(number)) {
            *text = guid.to_string();
        }
    }
    draft
}

/// The row of a draft. `guids` are those of the subjects and of the added objects, in this order.
pub(super) fn row(
    unit: &Unit,
    number: u32,
    subjects: &[&Subject],
    guids: &[Guid],
    draft: &Draft,
) -> LedgerRow {
    let kind = catalogue().get(unit.id);
    let mut spanned: Vec<(usize, &'static str)> = Vec::new();
    let changed = draft.changes.iter().map(|(subject, attribute, _)| (*subject, *attribute));
    let added = draft.additions.iter().enumerate().flat_map(|(i, addition)| {
        addition.attributes.iter().map(move |(attribute, _)| (subjects.len() + i, *attribute))
    });
    let wanted = draft.outcomes.iter().flat_map(|right| &right.wanted).map(|w| (w.subject, w.attribute));
    for place in changed.chain(wanted).chain(draft.watched.iter().copied()).chain(added) {
        if !spanned.contains(&place) {
            spanned.push(place);
        }
    }
    let places = spanned.iter().map(|(subject, attribute)| {
        let added = subject.checked_sub(subjects.len()).map(|i| &draft.additions[i]);
        let before = if added.is_some() { Vec::new() } else { subjects[*subject].held(attribute) };
        let change = draft.changes.iter().find(|(s, a, _)| s == subject && a == attribute);
        let given = added.and_then(|added| added.attributes.iter().find(|(name, _)| name == attribute));
        let injected = change.map(|(_, _, values)| values).or(given.map(|(_, values)| values));
        Place {
            object: guids[*subject],
            attribute: (*attribute).to_owned(),
            injected: injected.cloned().unwrap_or_else(|| before.clone()),
            before,
            share: false,
        }
    });
    let outcomes = draft.outcomes.iter().map(|right| Outcome {
        holdings: right
            .wanted
            .iter()
            .map(|wanted| Holding {
                object: guids[wanted.subject],
                attribute: wanted.attribute.to_owned(),
                any_of: wanted.any_of.clone(),
                or_numbered: wanted.or_numbered.clone(),
            })
            .collect(),
        gone: right.gone.iter().map(|subject| guids[*subject]).collect(),
    });
    let outcomes: Vec<Outcome> = outcomes.collect();
    // the object that must change comes first
    let mut objects = guids.to_vec();
    if draft.owner == Some(0) {
        objects.reverse();
    }
    LedgerRow {
        number,
        defect: unit.id.to_owned(),
        severity: if kind.is_some_and(|k| k.role == Role::Warning) { "warning" } else { "defect" }.to_owned(),
        detectable: match kind.map(|k| k.detectable) {
            Some(Detectable::NeedsSettings) => "needs-settings",
            Some(Detectable::No) => "no",
            _ => "yes",
        }
        .to_owned(),
        attribute: spanned.first().map_or("", |(_, attribute)| *attribute).to_owned(),
        objects,
        places: places.collect(),
        accepted: match kind.map(|k| k.repair) {
            Some(Repair::Exact) if !draft.open => Accepted::Exact { outcomes },
            _ => Accepted::Decide { may_leave_and_report: true, outcomes },
        },
        owner: draft.owner.map(|owner| guids[owner]),
        lenient: unit.lenient || draft.refused,
        note: draft.note.clone(),
    }
}
