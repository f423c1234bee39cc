//! `cargo fuzz run --fuzz-dir tests/fuzz payloads` from the root; the body is in `src/payloads.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::payloads::run(data));
