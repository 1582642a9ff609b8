//! `ReadBackAzureADSyncObjects`: what was synchronized, in pages.

use super::CHANGE_2014;
use super::envelope::{Call, Fault, result};
use super::objects;
use super::operations::{Outcome, parameter};
use crate::binary_xml::{Element, Text};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use forestbed_sim::tenant::{ReadBackCookie, Tenant};

/// Objects a page (assumed: no source names it). Larger ones cost both sides more: what they hold at once leaves
/// the processor's caches.
const PAGE: usize = 1_000;

pub(super) fn read_back(tenant: &Tenant, call: &Call<'_>) -> Result<Outcome, Fault> {
    let full = parameter(call, "isFullSync").is_some_and(|full| full.eq_ignore_ascii_case("true"));
    let cookie = match parameter(call, "inputCookie") {
        None => ReadBackCookie::default(),
        Some(text) => {
            let cookie = read(&text)
                .ok_or_else(|| Fault::malformed("inputCookie is none of this service".to_owned()))?;
            // a full read goes on through its own pages, and begins anew after the last one
            let goes_on = cookie.kind > 0 || cookie.place > 0;
            if full && !goes_on { ReadBackCookie::default() } else { cookie }
        }
    };
    let page = tenant.read_back(cookie, PAGE);
    let count = u32::try_from(page.objects.len()).unwrap_or(u32::MAX);
    let list = page
        .objects
        .iter()
        .fold(Element::new("b", "ResultObjects"), |list, object| list.with(objects::element_of(object)));
    let result = result(call.operation)
        .with_namespace("b", CHANGE_2014)
        .with(Element::new("b", "More").with_text(Text::Bool(page.more)))
        .with(Element::new("b", "OutputCookie").with_text(write(page.cookie).as_str()))
        .with(list);
    Ok(Outcome { result, count })
}

fn write(cookie: ReadBackCookie) -> String {
    let mut octets = Vec::with_capacity(28);
    for number in [cookie.since, cookie.round, cookie.place] {
        octets.extend(number.to_le_bytes());
    }
    octets.extend(cookie.kind.to_le_bytes());
    BASE64.encode(octets)
}

fn read(text: &str) -> Option<ReadBackCookie> {
    let octets: [u8; 28] = BASE64.decode(text).ok()?.try_into().ok()?;
    let number = |at: usize| octets[at..at + 8].try_into().map(u64::from_le_bytes).ok();
    Some(ReadBackCookie {
        since: number(0)?,
        round: number(8)?,
        place: number(16)?,
        kind: octets[24..].try_into().map(u32::from_le_bytes).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_reads_back_as_it_was() {
        let cookie = ReadBackCookie { since: 7, round: u64::MAX, kind: 2, place: 5_000 };
        assert_eq!(read(&write(cookie)), Some(cookie));
        assert_eq!([read(""), read("AAAA"), read("not base64")], [None, None, None]);
    }
}
