//! Attribute scoped queries (MS-ADTS 3.1.1.3.4.1.18): a search among the objects that an attribute names.

use crate::ber::{Writer, tag};
use forestbed_sim::directory::{Directory, ObjectId, Scope, SearchOptions, Syntax, Value};

/// Results of such a query.
const SUCCESS: u32 = 0;
const INVALID_ATTRIBUTE_SYNTAX: u32 = 21;
const UNWILLING_TO_PERFORM: u32 = 53;

/// The objects that an attribute of the base names, ascending, and the result of the query.
pub(super) fn candidates(
    directory: &Directory,
    base: ObjectId,
    scope: Scope,
    attribute: &str,
    options: SearchOptions,
) -> (Vec<ObjectId>, u32) {
    if scope != Scope::Base {
        return (Vec::new(), UNWILLING_TO_PERFORM);
    }
    let schema = directory.schema();
    let id = schema.attribute_id(attribute).filter(|id| schema.attribute(*id).syntax == Syntax::Dn);
    let Some(id) = id else { return (Vec::new(), INVALID_ATTRIBUTE_SYNTAX) };
    let Some(entry) = directory.entry(base) else { return (Vec::new(), SUCCESS) };
    let named = entry.values(id).filter_map(|value| match value {
        Value::Dn(id) => Some(id),
        _ => None,
    });
    let mut ids: Vec<ObjectId> =
        named.chain(entry.constructed_references(id).into_iter().flatten()).collect();
    ids.retain(|id| directory.is_visible(*id, options));
    ids.sort_unstable();
    ids.dedup();
    (ids, SUCCESS)
}

/// The value of the control that goes with the answer: `SEQUENCE { result }`.
pub(super) fn answer(result: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out);
    let value = writer.begin(tag::SEQUENCE);
    writer.enumerated(result);
    writer.end(value);
    out
}
