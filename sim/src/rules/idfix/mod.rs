//! IdFix 2.6.0.3 as it behaves, bugs included: for those who must compare with what it said.
//!
//! [`check`] reads the same [`ObjectView`]s as the documented rules and gives the rows that IdFix's grid would
//! show: what it misses is missing here, what it flags wrongly is flagged, and a suggestion that it makes
//! wrongly is made. Only its slowness is not reproduced: one hash table replaces its linear scans.
//! [`sort_rows`] and [`csv`] give the grid's order and its export, the latter quoted correctly.
//!
//! Two things differ on purpose, both told in docs/decisions/0030-idfix.md: the list of top-level domains is
//! made from the public suffix list, and values are compared by a key that equates what a linguistic
//! comparison was measured to equate, no more.
//!
//! ```
//! use forestbed_sim::rules::ObjectView;
//! use forestbed_sim::rules::idfix::{self, IdFixSettings};
//! let view = ObjectView::new("CN=Ada,DC=contoso,DC=local", "user")
//!     .with("cn", vec!["Ada".into()])
//!     .with("displayName", vec!["Ada".into()])
//!     .with("userPrincipalName", vec!["o'brien@contoso.com".into()]);
//! let report = idfix::check(&[view], &IdFixSettings::default());
//! assert_eq!(report.rows[0].error_text(), "Character");
//! assert_eq!(report.rows[0].update.as_deref(), Some("obrien@contoso.com"));
//! ```

mod address;
mod chain;
mod collation;
mod domains;
mod finding;
mod row;
mod run;
mod settings;
mod skip;
mod store;
mod table;
mod text;

pub use row::{Action, ErrorType, IdFixRow, RowKind};
pub use run::{IdFix, IdFixReport};
pub use settings::IdFixSettings;
pub use table::{CSV_HEADER, csv, csv_fields, sort_rows};

use super::ObjectView;

/// What IdFix would report of these objects, in the order in which it met them: the first of several holders
/// of a value is the one that comes first.
///
/// Objects that IdFix's default filter does not ask for are passed over: classes other than user,
/// inetOrgPerson, contact and group, and in [`IdFixMode::Dedicated`](super::IdFixMode) whoever has no mail.
pub fn check(objects: &[ObjectView], settings: &IdFixSettings) -> IdFixReport {
    let mut run = IdFix::new(settings);
    objects.iter().for_each(|view| run.add(view));
    run.finish()
}

#[cfg(test)]
mod naive;
#[cfg(test)]
mod page;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
