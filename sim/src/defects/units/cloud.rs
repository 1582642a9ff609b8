//! What the directory does not show: the cloud holds somebody with the same names already.
//!
//! Nothing is changed on premises. The row names the values that the tenant gives to an account of its own: see
//! [`in_cloud`](crate::defects::in_cloud).

use super::super::bench::{Bench, Draft, Right, Subject, Wanted};
use crate::population::Draw;

/// Another person's account, made by hand in the cloud, has the primary address of this one.
pub(super) fn taken_address(bench: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let (_, address) = subject.primary()?;
    let (_, upn_domain) = subject.address("userPrincipalName")?;
    let (_, domain) = address.rsplit_once('@')?;
    if !has_cloud_people(bench, domain) || !is_verified(bench, upn_domain) {
        return None;
    }
    let draft = Draft { watched: vec![(0, "proxyAddresses")], ..Draft::default() };
    Some(draft.note("somebody else's cloud-only account has this address"))
}

/// An administrator's account in the cloud has the userPrincipalName of this person.
pub(super) fn taken_by_administrator(bench: &Bench<'_>, subject: &Subject, _: &mut Draw) -> Option<Draft> {
    let (local, domain) = subject.address("userPrincipalName")?;
    if !has_cloud_people(bench, domain) {
        return None;
    }
    let renamed = Wanted {
        subject: 0,
        attribute: "userPrincipalName",
        any_of: Vec::new(),
        or_numbered: Some(format!("{local}@{domain}")),
    };
    let outcomes = vec![Right { wanted: vec![renamed], gone: Vec::new() }];
    let draft = Draft { outcomes, ..Draft::default() };
    Some(draft.note("a cloud-only administrator has this name"))
}

/// The tenant has accounts of its own, and may have some in this domain.
fn has_cloud_people(bench: &Bench<'_>, domain: &str) -> bool {
    bench.tenant.cloud_users > 0 && is_verified(bench, domain)
}

fn is_verified(bench: &Bench<'_>, domain: &str) -> bool {
    bench.tenant.verified_domains.iter().any(|verified| verified.eq_ignore_ascii_case(domain))
}
