//! The export to the tenant: `ProvisionAzureADSyncObjects2`, in batches, a result for each object.

use super::client::Service;
use super::{soap, values};
use crate::sync::bridge::Bridge;
use crate::sync::kinds::Kinds;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use forestbed_mock_graph::binary_xml::Element;
use forestbed_sim::ids::Guid;
use forestbed_sync::{ExportItem, Fault, ItemResult, Operation, Target, source_anchor_of};

const OPERATION: &str = "ProvisionAzureADSyncObjects2";
/// Objects of one call.
const BATCH: usize = 250;
/// References of one call: `MaxLinksSupportedAcrossBatchInProvision2` of a real tenant (directory-sync.md, 2.6).
const REFERENCES: usize = 15_000;

/// Mistakes that a copy of the engine makes, for the judge's own tests.
#[derive(Debug, Clone, Copy)]
pub(in crate::sync) struct Quirks {
    /// Deletions are sent.
    pub(in crate::sync) deletes: bool,
    /// How a GUID becomes a source anchor.
    pub(in crate::sync) anchor_of: fn(Guid) -> String,
}

/// The tenant as the engine writes it.
pub(in crate::sync) struct CloudTarget<'a> {
    bridge: Bridge,
    service: &'a mut Service,
    kinds: Kinds,
    quirks: Quirks,
}

impl<'a> CloudTarget<'a> {
    pub(in crate::sync) fn new(bridge: Bridge, service: &'a mut Service, quirks: Quirks) -> CloudTarget<'a> {
        CloudTarget { bridge, service, kinds: Kinds::of('c'), quirks }
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
        let is_sent = |item: &&ExportItem| self.quirks.deletes || item.operation != Operation::Delete;
        let anchor = |item: &ExportItem| {
            let anchor = source_anchor_of(&item.dn).unwrap_or_default();
            own_anchor(&anchor, self.quirks.anchor_of)
        };
        let sent: Vec<&ExportItem> = items.iter().filter(is_sent).collect();
        if sent.is_empty() {
            return Ok(items.iter().map(|_| held_back()).collect());
        }
        let object = |item: &&ExportItem| values::object(item, &anchor(item), &self.kinds);
        let request = || vec![values::request(sent.iter().map(object))];
        let result = self.bridge.wait(self.service.call(OPERATION, request))?;
        let list = result.child("SyncObjectResults").into_iter().flat_map(Element::elements);
        let results: Vec<ItemResult> = list.map(result_of).collect();
        if results.len() != sent.len() {
            let text = format!("{OPERATION}: {} objects, {} results", sent.len(), results.len());
            return Err(Fault::Interrupted(text));
        }
        let mut results = results.into_iter();
        let of = |item: &ExportItem| if is_sent(&item) { results.next() } else { Some(held_back()) };
        Ok(items.iter().filter_map(of).collect())
    }
}

/// The source anchor of a GUID by the function that is given; what is no GUID stays.
fn own_anchor(anchor: &str, of: fn(Guid) -> String) -> String {
    let guid = STANDARD.decode(anchor).ok().and_then(|octets| <[u8; 16]>::try_from(octets).ok());
    guid.map_or_else(|| anchor.to_owned(), |octets| of(Guid::from_bytes_le(octets)))
}

/// A deletion that the mistake holds back stays pending.
fn held_back() -> ItemResult {
    ItemResult::Refused { code: "NotExported".to_owned(), text: "deletions are not exported".to_owned() }
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
