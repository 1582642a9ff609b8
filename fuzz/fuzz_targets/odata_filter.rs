#![no_main]

#[path = "../../mock-graph/tests/it/odata/bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|input: &[u8]| bodies::filter(input));
