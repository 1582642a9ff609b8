//! The export to the tenant: `ProvisionAzureADSyncObjects2`, in batches, a result for each object.

use super::client::Service;
use super::{soap, values};
use crate::sync::bridge::Bridge;
use crate::sync::kinds::Kinds;
use forestbed_mock_graph::binary_xml::Element;
use forestbed_sync::{ExportItem, Fault, ItemResult, Target, source_anchor_of};

const OPERATION: &str = "ProvisionAzureADSyncObjects2";
/// Objects of one call.
const BATCH: usize = 250;
/// References of one call: `MaxLinksSupportedAcrossBatchInProvision2` of a real tenant (directory-sync.md, 2.6).
const REFERENCES: usize = 15_000;

/// The tenant as the engine writes it.
pub(in crate::sync) struct CloudTarget<'a> {
    bridge: Bridge,
    service: &'a mut Service,
    kinds: Kinds,
}

impl<'a> CloudTarget<'a> {
    pub(in crate::sync) fn new(bridge: Bridge, service: &'a mut Service) -> CloudTarget<'a> {
        CloudTarget { bridge, service, kinds: Kinds::of('c') }
    }
}

impl Target for CloudTarget<'_> {
    fn batch(&self) -> usize {
        BATCH
    }

    fn references(&self) -> usize {
        REFERENCES
    }

    fn export(&mut self, items: &[ExportItem]) -> Result<Vec<ItemResult>, Fault> {
        let anchor = |item: &ExportItem| source_anchor_of(&item.dn).unwrap_or_default();
        let object = |item: &ExportItem| values::object(item, &anchor(item), &self.kinds);
        let request = || vec![values::request(items.iter().map(object))];
        let result = self.bridge.wait(self.service.call(OPERATION, request))?;
        let list = result.child("SyncObjectResults").into_iter().flat_map(Element::elements);
        let results: Vec<ItemResult> = list.map(result_of).collect();
        if results.len() != items.len() {
            let text = format!("{OPERATION}: {} objects, {} results", items.len(), results.len());
            return Err(Fault::Interrupted(text));
        }
        Ok(results)
    }
}

fn result_of(element: &Element) -> ItemResult {
    let text = |name: &str| soap::text_of(element, name);
    let code = text("ResultErrorCode");
    let words = text("ResultErrorDescription").unwrap_or_default();
    match text("ResultCode").as_deref() {
        Some("Success") => ItemResult::Accepted {
            anchor: text("CloudAnchor").map(String::into_bytes),
            note: code.map(|code| (code, words)),
        },
        _ => ItemResult::Refused { code: code.unwrap_or_else(|| "Failure".to_owned()), text: words },
    }
}
