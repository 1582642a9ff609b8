//! Deleted objects that come back from the recycle bin.

use super::change::refused;
use super::names::{parent, relative};
use forestbed_sim::directory::{Directory, Modification, ModifyOp, UpdateContext};

/// Brings back the object that had this name when it was deleted; of several the one that was deleted last.
///
/// # Errors
/// In words, when nothing of this name lies in the bin, or with what the directory answers.
pub(super) fn restore(directory: &mut Directory, context: &UpdateContext, name: &str) -> Result<(), String> {
    let is = |own: Option<std::borrow::Cow<'_, str>>, wanted: &str| {
        own.is_some_and(|own| own.eq_ignore_ascii_case(wanted))
    };
    let value = relative(name).split_once('=').map_or("", |(_, value)| value).replace('\\', "");
    let entries = directory.ids().filter_map(|id| directory.entry(id)).filter(|entry| entry.is_deleted());
    let found = entries.filter(|entry| {
        is(entry.text("msDS-LastKnownRDN"), &value) && is(entry.text("lastKnownParent"), parent(name))
    });
    let newest = found.max_by_key(|entry| entry.text("uSNChanged").and_then(|text| text.parse::<u64>().ok()));
    let Some(deleted) = newest.map(|entry| entry.dn()) else {
        return Err(format!("cannot restore {name}: nothing of this name was deleted"));
    };
    let changes = [
        Modification { op: ModifyOp::Delete, attribute: "isDeleted".to_owned(), values: Vec::new() },
        Modification {
            op: ModifyOp::Replace,
            attribute: "distinguishedName".to_owned(),
            values: vec![name.as_bytes().to_vec()],
        },
    ];
    let context = UpdateContext { show_deleted: true, ..*context };
    let done = directory.modify(&context, &deleted, &changes);
    done.map(drop).map_err(|error| refused("restore", name, &error))
}
