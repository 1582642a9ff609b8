//! The headers that every answer carries.

use forestbed_sim::clock::SimTime;
use forestbed_sim::ids::Guid;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ORIGIN};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, DATE, EXPIRES, HeaderName, PRAGMA, VARY};
use http::header::{STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue};

/// Which of Microsoft's gateways answered; the same one always (microsoft-graph.md section 4).
const DIAGNOSTIC: &str = r#"{"ServerInfo":{"DataCenter":"North Europe","Slice":"E","Ring":"2","ScaleUnit":"000","RoleInstance":"AGSFE_IN_33"}}"#;
/// What pages of other origins may read of an answer (from memory).
const EXPOSED: &str = "ETag, Location, Preference-Applied, request-id, client-request-id, Retry-After, \
                       WWW-Authenticate, x-ms-throttle-limit-percentage, x-ms-throttle-scope, x-ms-throttle-information";
/// The longest `client-request-id` that is sent back.
const ECHO_MAX: usize = 256;

/// Date in the form of RFC 9110: `Mon, 05 Jan 2026 08:00:00 GMT`.
pub(crate) fn http_date(time: SimTime) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (year, month, day, hour, minute, second) = time.civil();
    // 1970-01-01 was a Thursday
    let weekday = DAYS[time.seconds().div_euclid(86_400).rem_euclid(7) as usize];
    let month = MONTHS[(month as usize).saturating_sub(1) % 12];
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn common(headers: &mut HeaderMap, now: SimTime) {
    put(headers, DATE, &http_date(now));
    put(headers, STRICT_TRANSPORT_SECURITY, "max-age=31536000");
}

/// The id that the client gave the exchange, when it can be sent back.
fn echo(asked: &HeaderMap) -> Option<&HeaderValue> {
    asked.get("client-request-id").filter(|value| value.len() <= ECHO_MAX && !value.is_empty())
}

/// Graph's headers (microsoft-graph.md section 4). `units` is what the request cost.
pub(crate) fn graph(headers: &mut HeaderMap, asked: &HeaderMap, id: Guid, now: SimTime, units: u32) {
    common(headers, now);
    let id = id.to_string();
    put(headers, HeaderName::from_static("request-id"), &id);
    let echoed = echo(asked).cloned();
    let name = HeaderName::from_static("client-request-id");
    match echoed {
        Some(value) => drop(headers.insert(name, value)),
        None => put(headers, name, &id),
    }
    put(headers, HeaderName::from_static("x-ms-ags-diagnostic"), DIAGNOSTIC);
    put(headers, HeaderName::from_static("x-ms-resource-unit"), &units.to_string());
    put(headers, CACHE_CONTROL, "no-cache");
    put(headers, VARY, "Accept-Encoding");
    if asked.contains_key(ORIGIN) {
        put(headers, ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        put(headers, ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
    if headers.contains_key(CONTENT_TYPE) {
        put(headers, HeaderName::from_static("odata-version"), "4.0");
    }
}

/// The token service's headers. Discovery documents may be kept for a day.
pub(crate) fn login(headers: &mut HeaderMap, asked: &HeaderMap, id: Guid, now: SimTime, cacheable: bool) {
    common(headers, now);
    put(headers, X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(headers, HeaderName::from_static("x-ms-request-id"), &id.to_string());
    if let Some(value) = echo(asked).cloned() {
        headers.insert(HeaderName::from_static("client-request-id"), value);
    }
    if cacheable {
        put(headers, CACHE_CONTROL, "max-age=86400, private");
    } else {
        put(headers, CACHE_CONTROL, "no-store, no-cache");
        put(headers, PRAGMA, "no-cache");
        put(headers, EXPIRES, "-1");
    }
}

/// Resource Manager's headers (issue azure-powershell#12278 shows those of a refusal).
pub(crate) fn arm(headers: &mut HeaderMap, id: Guid, now: SimTime, success: bool) {
    common(headers, now);
    put(headers, X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(headers, CACHE_CONTROL, "no-cache");
    put(headers, PRAGMA, "no-cache");
    put(headers, EXPIRES, "-1");
    let id = id.to_string();
    put(headers, HeaderName::from_static("x-ms-request-id"), &id);
    put(headers, HeaderName::from_static("x-ms-correlation-request-id"), &id);
    let stamp: String = now.rfc3339().chars().filter(|c| !matches!(c, '-' | ':')).collect();
    let routing = format!("NORTHEUROPE:{stamp}:{id}");
    put(headers, HeaderName::from_static("x-ms-routing-request-id"), &routing);
    if !success {
        put(headers, HeaderName::from_static("x-ms-failure-cause"), "gateway");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_written_as_http_wants_it() {
        for (time, expected) in [
            ("2026-01-05T08:00:00Z", "Mon, 05 Jan 2026 08:00:00 GMT"),
            // the example of RFC 9110 section 5.6.7
            ("1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ] {
            assert_eq!(http_date(SimTime::parse_rfc3339(time).unwrap()), expected);
        }
    }
}
