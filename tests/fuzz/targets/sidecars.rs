//! `cargo fuzz run --fuzz-dir tests/fuzz sidecars` from the root; the body is in `src/sidecars.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::sidecars::run(data));
