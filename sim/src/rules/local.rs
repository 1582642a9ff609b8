//! The rules that look at one object alone, in two rounds: names first, since duplicates are looked for among
//! the repaired ones, then the rest.

use super::ObjectView;
use super::Settings;
use super::address::AddressContext;
use super::domains::Domains;
use super::sheet::{
    MAIL, MAIL_NICKNAME, PROXY_ADDRESSES, Rows, SAM_ACCOUNT_NAME, Sheet, USER_PRINCIPAL_NAME,
};
use super::skip::is_skipped;
use super::{account, mail, names, proxy, target, upn};

/// Names of neighbouring objects, the first of which has this number.
pub(super) fn check_names_of(objects: &[ObjectView], first: u32, settings: &Settings) -> Rows {
    let mut sheet = Sheet::at(objects, first);
    let mut domains = Domains::new(settings);
    for (object, view) in (first..).zip(objects).filter(|(_, view)| !is_skipped(view)) {
        sheet.turn_to(object);
        check_names(&mut sheet, object, view, &mut domains);
    }
    sheet.into_rows()
}

/// The order matters: an attribute is checked after those that its repair leans on.
pub(super) fn check_names(sheet: &mut Sheet<'_>, object: u32, view: &ObjectView, domains: &mut Domains<'_>) {
    let home = home_domain(view, domains);
    domains.turn_to(&view.dn, home.as_deref());
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
        proxy::check_licensed(sheet, object, view, domains, context);
    }
    if view.class != "group" {
        target::check_target(sheet, object, view, domains);
    }
}

/// The first verified domain among the object's own addresses.
fn home_domain(view: &ObjectView, domains: &Domains<'_>) -> Option<String> {
    let proxies =
        view.slot(PROXY_ADDRESSES).iter().filter_map(|v| proxy::smtp(v)).map(|(address, _)| address);
    view.one(MAIL)
        .into_iter()
        .chain(proxies)
        .chain(view.one(USER_PRINCIPAL_NAME))
        .filter_map(|address| address.rsplit_once('@'))
        .map(|(_, domain)| domain.trim())
        .find(|domain| domains.is_verified(domain))
        .map(str::to_owned)
}

/// Local parts and account names that the object uses.
fn habits(view: &ObjectView) -> Vec<&str> {
    let names = [SAM_ACCOUNT_NAME, MAIL_NICKNAME].into_iter().filter_map(|slot| view.one(slot));
    let proxies =
        view.slot(PROXY_ADDRESSES).iter().filter_map(|v| proxy::smtp(v)).map(|(address, _)| address);
    let addresses = view.one(MAIL).into_iter().chain(view.one(USER_PRINCIPAL_NAME)).chain(proxies);
    names.chain(addresses.filter_map(|a| a.split_once('@')).map(|(local, _)| local)).collect()
}
