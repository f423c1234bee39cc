//! `cargo fuzz run --fuzz-dir tests/fuzz compare` from the root; the body is in `src/compare.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::compare::run(data));
