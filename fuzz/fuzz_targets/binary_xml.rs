#![no_main]

#[path = "../../mock-graph/tests/it/fuzz/bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|input: &[u8]| bodies::binary_xml(input));
