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
mod domains;
mod duplicates;
mod encoding;
mod facts;
mod finding;
pub mod idfix;
mod index;
mod mail;
mod names;
mod octets;
mod proxy;
mod settings;
mod sheet;
mod skip;
mod target;
mod text;
mod upn;
mod view;

pub use attributes::ATTRIBUTES;
pub use facts::{Facts, TargetClass, TargetFacts};
pub use finding::{Finding, Severity};
pub use octets::{OctetKind, OctetSummary};
pub use settings::{IdFixMode, Licensed, RuleSet, Settings};
pub use view::{ObjectView, view_of};

use address::AddressContext;
use domains::Domains;
use sheet::Sheet;

/// Checks a whole directory (or several: duplicates are looked for among everything that is handed in).
///
/// The system's own objects (built-in accounts, system mailboxes, replication victims) are left out, and so
/// are classes other than user, inetOrgPerson, contact and group. The findings come in the order of the
/// objects, then of the attributes in [`ATTRIBUTES`]; those of [`RuleSet::IdFix`] in the order in which IdFix
/// makes its rows.
pub fn check(objects: &[ObjectView], settings: &Settings) -> Vec<Finding> {
    if settings.rules == RuleSet::IdFix {
        return idfix::check(objects, &settings.into()).findings(objects);
    }
    let mut sheet = Sheet::new(objects);
    let mut domains = Domains::new(settings);
    let skipped: Vec<bool> = objects.iter().map(skip::is_skipped).collect();
    for (i, view) in objects.iter().enumerate().filter(|(i, _)| !skipped[*i]) {
        check_object(&mut sheet, i as u32, view, &mut domains);
    }
    duplicates::check_duplicates(&mut sheet, &skipped);
    sheet.into_findings()
}

/// The order matters: an attribute is checked after those that its repair leans on.
fn check_object(sheet: &mut Sheet<'_>, object: u32, view: &ObjectView, domains: &mut Domains<'_>) {
    let home = home_domain(view, domains);
    let habits = habits(view);
    let external = view.class == "contact";
    let context = AddressContext { external, home: home.as_deref(), habits: &habits };
    proxy::check_proxy_addresses(sheet, object, view, domains, context);
    names::check_display_name(sheet, object, view);
    names::check_person_names(sheet, object, view);
    mail::check_mail(sheet, object, view, domains, context);
    account::check_alias(sheet, object, view);
    if view.class != "contact" {
        account::check_account_name(sheet, object, view);
    }
    if matches!(view.class.as_str(), "user" | "inetOrgPerson") {
        upn::check_upn(sheet, object, view, domains, home.as_deref(), &habits);
        account::soften_account_name(sheet, object);
    }
    if view.class != "group" {
        target::check_target(sheet, object, view, domains);
    }
    encoding::check_encoding(sheet, object, view);
}

/// The first verified domain among the object's own addresses.
fn home_domain(view: &ObjectView, domains: &Domains<'_>) -> Option<String> {
    let proxies =
        view.all("proxyAddresses").iter().filter_map(|v| proxy::smtp(v)).map(|(address, _)| address);
    view.first("mail")
        .into_iter()
        .chain(proxies)
        .chain(view.first("userPrincipalName"))
        .filter_map(|address| address.rsplit_once('@'))
        .map(|(_, domain)| domain.trim())
        .find(|domain| domains.is_verified(domain))
        .map(str::to_owned)
}

/// Local parts and account names that the object uses.
fn habits(view: &ObjectView) -> Vec<&str> {
    let names = ["sAMAccountName", "mailNickname"].into_iter().filter_map(|name| view.first(name));
    let proxies =
        view.all("proxyAddresses").iter().filter_map(|v| proxy::smtp(v)).map(|(address, _)| address);
    let addresses = view.first("mail").into_iter().chain(view.first("userPrincipalName")).chain(proxies);
    names.chain(addresses.filter_map(|a| a.split_once('@')).map(|(local, _)| local)).collect()
}

#[cfg(test)]
mod tests;
