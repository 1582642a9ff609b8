//! Writes the answers of a batch.

use super::Answered;
use super::read::Item;
use crate::resources::{JsonObject, is_json, json_string};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::CONTENT_TYPE;

/// The headers of an item's answer, as they are spelt: clients look them up in an object of JSON, where case
/// counts. Those that belong to the connection or to the batch are not among them.
const HEADERS: [&str; 13] = [
    "Location",
    "Retry-After",
    "Cache-Control",
    "x-ms-resource-unit",
    "x-ms-throttle-limit-percentage",
    "x-ms-throttle-scope",
    "x-ms-throttle-information",
    "ETag",
    "Preference-Applied",
    "Allow",
    "WWW-Authenticate",
    "OData-Version",
    "Content-Type",
];

/// Writes `{"responses":[...]}`. The answers come as they are done, which is no order to count on: what depends
/// on another comes after it, and within a level the seed decides.
pub(super) fn write(items: &[Item], answers: &[Answered], draw: impl Fn(&str, usize) -> u64) -> Vec<u8> {
    let mut order: Vec<(usize, u64, usize)> =
        items.iter().enumerate().map(|(place, item)| (item.level, draw(&item.id, place), place)).collect();
    order.sort_unstable();
    let mut out = Vec::new();
    let mut object = JsonObject::new(&mut out);
    object.array("responses", &order, |out, (_, _, place)| {
        if let (Some(item), Some(answer)) = (items.get(*place), answers.get(*place)) {
            one(out, &item.id, answer);
        }
    });
    object.end();
    out
}

fn one(out: &mut Vec<u8>, id: &str, answer: &Answered) {
    let (parts, body) = (answer.response.headers(), answer.response.body());
    let mut object = JsonObject::new(out);
    object.text("id", id);
    object.bare("status", answer.status);
    let mut headers = JsonObject::new(object.key("headers"));
    for name in HEADERS {
        if let Some(value) = parts.get(name).and_then(|value| value.to_str().ok()) {
            headers.text(name, value);
        }
    }
    headers.end();
    let json = parts.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(is_json);
    if !body.is_empty() {
        let place = object.key("body");
        // whatever is not JSON is base64 (microsoft-graph.md section 2.5)
        if json { place.extend_from_slice(body) } else { json_string(place, &STANDARD.encode(body)) }
    }
    object.end();
}
