#![no_main]

#[path = "../../mock-ldap/tests/it/fuzz/bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|input: &[u8]| bodies::filter(input));
