//! The documented rules: what a directory must look like before it is synchronized, as pure functions.
//!
//! [`check`] takes views of objects (what any LDAP client can read) and [`Settings`], and gives
//! [`Finding`]s with suggestions. It knows neither the world nor the ledger, takes time linear in the number
//! of values (apart from one sort), and compares across objects and across attributes.
//!
//! The rules are the mission's documents first and Microsoft's current ones second; ids and meaning are the
//! rows of the catalogue (`data/defects.tsv`).
//!
//! ```
//! use forestbed_sim::rules::{ObjectView, Settings, check};
//! let ada = ObjectView::new("CN=Ada,DC=contoso,DC=local", "user")
//!     .with("userPrincipalName", vec!["ada@contoso.local".into()]);
//! let settings = Settings { verified_domains: vec!["contoso.com".into()], ..Settings::default() };
//! let findings = check(&[ada], &settings);
//! let upn = findings.iter().find(|f| f.rule == "UP15").unwrap();
//! assert_eq!(upn.suggestion, Some(vec!["ada@contoso.com".to_owned()]));
//! ```

mod account;
mod address;
mod attributes;
mod census;
mod certificates;
mod circles;
mod countries;
mod domains;
mod duplicates;
mod encoding;
mod facts;
mod finding;
mod gal;
mod groups;
mod hash;
pub mod idfix;
mod index;
mod ldif;
mod links;
mod local;
mod mail;
mod names;
mod octets;
mod person;
mod phone;
mod postal;
mod proxy;
mod recipients;
mod settings;
mod sheet;
mod skip;
mod spellings;
mod stream;
mod target;
mod text;
mod upn;
mod verdicts;
mod view;
mod whole;

pub use attributes::ATTRIBUTES;
pub use facts::{Facts, TargetClass, TargetFacts};
pub use finding::{Finding, Severity};
pub use ldif::LdifViews;
pub use octets::{OctetKind, OctetSummary};
pub use settings::{IdFixMode, Licensed, RuleSet, Settings};
pub use stream::{CheckError, Checker};
pub use view::{ObjectView, view_of};
pub use whole::check;

#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod by_hand_tests;
#[cfg(test)]
mod examples_tests;
#[cfg(test)]
mod tests;
