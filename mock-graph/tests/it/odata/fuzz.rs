//! The fuzz targets of `$filter` and `$search`, bounded, with inputs from a grammar; `fuzz` has the rest of it.

use super::bodies::TARGETS;
use crate::fuzz::run;
use proptest::prelude::*;

/// Words of the grammar in any order: mostly nonsense, sometimes a filter.
#[test]
fn words_of_the_grammar_in_any_order_are_stood() {
    let words = prop::sample::select(vec![
        "displayName",
        "accountEnabled",
        "proxyAddresses",
        "assignedLicenses",
        "createdDateTime",
        "skuId",
        "p",
        "p/skuId",
        "$it/",
        "/any(",
        "/all(",
        "p:",
        "/$count",
        " eq ",
        " ne ",
        " ge ",
        " in (",
        " and ",
        " or ",
        "not ",
        "not(",
        "startsWith(",
        "endsWith(",
        "isof(",
        "'x'",
        "''",
        "null",
        "true",
        "0",
        "-1",
        "1e9",
        "2026-01-05",
        "2026-01-05T08:00:00Z",
        "00000000-0000-0000-0000-000000000001",
        "duration'PT1H'",
        "(",
        ")",
        ",",
        "/",
        ":",
        " ",
        "\"",
        "\"displayName:a\"",
        " AND ",
        " OR ",
        "NOT ",
        "\\",
        "'",
        "İ",
        "\u{0}",
    ]);
    for (_, body) in TARGETS {
        let text = prop::collection::vec(words.clone(), 0..14).prop_map(|words| words.concat().into_bytes());
        run(*body, 800, text);
    }
}
