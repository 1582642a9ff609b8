//! The changes that a scenario writes out, applied with the directory's own constraints.

use super::change::{ChangeReport, refused};
use crate::format::LdifChange;
use forestbed_sim::directory::{Directory, UpdateContext};

/// Applies changes in their order.
///
/// # Errors
/// In words, with what the directory answers to the first that it refuses.
pub(super) fn apply(
    directory: &mut Directory,
    context: &UpdateContext,
    changes: &[LdifChange],
    report: &mut ChangeReport,
) -> Result<(), String> {
    for change in changes {
        match change {
            LdifChange::Add(name, attributes) => {
                directory.add(context, name, attributes).map_err(|e| refused("create", name, &e))?;
                report.created.push(name.clone());
            }
            LdifChange::Delete(name) => {
                directory.delete(context, name).map_err(|e| refused("delete", name, &e))?;
                report.deleted.push(name.clone());
            }
            LdifChange::Modify(name, parts) => {
                directory.modify(context, name, parts).map_err(|e| refused("modify", name, &e))?;
                report.modified.push(name.clone());
            }
            LdifChange::Rename(name, rdn, delete_old, parent) => {
                directory
                    .modify_dn(context, name, rdn, *delete_old, parent.as_deref())
                    .map_err(|e| refused("rename", name, &e))?;
                let parent = parent.clone().unwrap_or_else(|| super::names::parent(name).to_owned());
                let moved = format!("{rdn},{parent}");
                report.renamed.push((name.clone(), moved));
            }
        }
    }
    Ok(())
}
