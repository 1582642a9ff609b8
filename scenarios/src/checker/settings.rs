//! What the rules are told beside the objects: the tenant's domains, what replaces a forest's own, and what
//! administrators have planned.

use super::source::ldap::LdapSource;
use crate::ControlClient;
use crate::error::Error;
use crate::tool::{EstatePlan, PlanAudience, ToolEnv, ToolError};
use crate::tools::GraphClient;
use forestbed_sim::clock::SimTime;
use forestbed_sim::rules::{Licensed, Settings};

/// The settings for an estate: the tenant's verified domains by Graph, the default domain first; a forest's own
/// domain is replaced by the first of its UPN suffixes that is verified, or by the default domain; scope, licences
/// and the most members of a group as the estate's plan has them.
///
/// # Errors
/// When the tenant or a server refuses, or the plan cannot be read.
pub async fn settings_of_estate(env: &ToolEnv, sources: &mut [LdapSource]) -> Result<Settings, ToolError> {
    let mut domains = GraphClient::new(env)?.list("/domains").await?;
    domains.retain(|domain| domain["isVerified"].as_bool() == Some(true));
    domains.sort_by_key(|domain| {
        let is = |name: &str| domain[name].as_bool() == Some(true);
        (is("isInitial"), !is("isDefault"))
    });
    let ids = domains.iter().filter_map(|domain| domain["id"].as_str().map(str::to_owned));
    let now = virtual_time(&env.control_url, &env.control_token).await.map_err(ToolError::failed)?;
    let mut settings = Settings { verified_domains: ids.collect(), now: Some(now), ..Settings::default() };
    for (forest, source) in env.forests.iter().zip(sources) {
        let suffixes = source.upn_suffixes().await.map_err(ToolError::failed)?;
        add_forest(&mut settings, &forest.domain, &suffixes);
    }
    add_plan(&mut settings, EstatePlan::read(&env.plan)?);
    Ok(settings)
}

/// Tells the rules what administrators have planned. Licences for a part of the people say nothing: which part,
/// only the order of assignment decides.
fn add_plan(settings: &mut Settings, plan: EstatePlan) {
    settings.scope.extend(plan.scope);
    settings.license_groups.extend(plan.license_groups);
    settings.max_group_members = plan.max_group_members.or(settings.max_group_members);
    settings.default_usage_location = plan.usage_location.or(settings.default_usage_location.take());
    if plan.licensed.contains(&PlanAudience::All) {
        settings.licensed = Licensed::All;
    }
}

/// The virtual time of a running estate, by its control API.
///
/// # Errors
/// When nothing answers there.
pub async fn virtual_time(control_url: &str, token: &str) -> Result<SimTime, Error> {
    let text = ControlClient::new(control_url, token).get("/api/clock").await?;
    let clock: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let now = clock["now"].as_str().and_then(SimTime::parse_rfc3339);
    now.ok_or_else(|| Error::harness(format!("{control_url}/api/clock tells no time")))
}

/// Tells the rules of a forest: its UPN suffixes, which include its domain, and what replaces its domain.
pub fn add_forest(settings: &mut Settings, domain: &str, upn_suffixes: &[String]) {
    for suffix in upn_suffixes.iter().map(String::as_str).chain([domain]) {
        if !settings.upn_suffixes.iter().any(|known| known.eq_ignore_ascii_case(suffix)) {
            settings.upn_suffixes.push(suffix.to_owned());
        }
    }
    replace_own_domain(settings, domain, upn_suffixes);
}

/// Maps a forest's own domain to what replaces it, unless it is verified, or mapped already, or nothing could
/// replace it.
pub fn replace_own_domain(settings: &mut Settings, own: &str, upn_suffixes: &[String]) {
    let is_verified =
        |name: &str| settings.verified_domains.iter().any(|known| known.eq_ignore_ascii_case(name));
    let suffix = upn_suffixes.iter().find(|suffix| is_verified(suffix));
    let Some(domain) = suffix.or(settings.verified_domains.first()).cloned() else { return };
    let is_mapped = settings.domain_map.keys().any(|mapped| mapped.eq_ignore_ascii_case(own));
    if !is_verified(own) && !is_mapped {
        settings.domain_map.insert(own.to_owned(), domain);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verified_suffix_replaces_the_forests_own_domain_before_the_default_domain_does() {
        let check = |verified: &[&str], suffixes: &[&str], own: &str, expected: Option<&str>| {
            let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
            let mut settings = Settings { verified_domains: texts(verified), ..Settings::default() };
            replace_own_domain(&mut settings, own, &texts(suffixes));
            assert_eq!(settings.domain_map.get(own).map(String::as_str), expected);
        };
        check(&["contoso.com", "fabrikam.com"], &["x.org", "Fabrikam.com"], "a.local", Some("Fabrikam.com"));
        check(&["contoso.com"], &["x.org"], "a.local", Some("contoso.com"));
        check(&["contoso.com"], &[], "CONTOSO.com", None);
        check(&[], &["x.org"], "a.local", None);
    }
}
