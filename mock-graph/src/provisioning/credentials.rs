//! `ProvisionCredentials`: password hashes of users, from elements to the tenant and back.

use super::CHANGE_2014;
use super::envelope::{Call, Fault, result};
use super::objects::text_or_nil;
use super::operations::{Ask, Outcome};
use crate::binary_xml::{Element, Text};
use forestbed_sim::tenant::{ProvisionRequest, SyncCredential, SyncCredentialResult};

pub(super) fn provision(ask: Ask<'_>, call: &Call<'_>) -> Result<Outcome, Fault> {
    let items = items(call)?;
    let results =
        ask.tenant.provision_credentials(&ask.context, &items).map_err(|fault| Fault::refused(fault.text))?;
    let taken = results.iter().filter(|result| result.result == 0).count();
    let list = results.iter().fold(Element::new("b", "Results"), |list, result| list.with(element(result)));
    let result = result(call.operation).with_namespace("b", CHANGE_2014).with(list);
    Ok(Outcome { result, count: u32::try_from(taken).unwrap_or(u32::MAX) })
}

/// The items of a call: clients put them under `request`, whose name is not looked at.
pub(super) fn items(call: &Call<'_>) -> Result<Vec<SyncCredential>, Fault> {
    let list = call.body.elements().find_map(|request| request.child("RequestItems"));
    let list = list.or_else(|| call.body.child("RequestItems"));
    let list = list.ok_or_else(|| Fault::malformed("the request has no RequestItems".to_owned()))?;
    let items = list.elements().filter(|item| &*item.name == "SyncCredentialsChangeItem");
    let items: Vec<SyncCredential> = items.map(item).collect();
    let most = ProvisionRequest::OBJECTS_MAX;
    match items.len() > most {
        true => Err(Fault::malformed(format!("{} credentials in one call, at most {most}", items.len()))),
        false => Ok(items),
    }
}

fn item(element: &Element) -> SyncCredential {
    let text = |name: &str| {
        let child = element.child(name)?;
        let is_nil = child.attribute("nil").map(Text::read).as_deref() == Some("true");
        Some(child.text()).filter(|text| !is_nil && !text.is_empty())
    };
    SyncCredential {
        source_anchor: text("SourceAnchor"),
        cloud_anchor: text("CloudAnchor"),
        data: text("CredentialData").unwrap_or_default(),
        change_date: text("ChangeDate"),
        force_change: text("ForcePasswordChangeOnLogon").is_some_and(|text| text == "true" || text == "1"),
    }
}

fn element(result: &SyncCredentialResult) -> Element {
    Element::new("b", "SyncCredentialsChangeResult")
        .with(text_or_nil("CloudAnchor", result.cloud_anchor.as_deref()))
        .with(text_or_nil("ExtendedErrorInformation", result.error_description.as_deref()))
        .with(Element::new("b", "Result").with_text(Text::Int(i64::from(result.result))))
        .with(text_or_nil("SourceAnchor", result.source_anchor.as_deref()))
}
