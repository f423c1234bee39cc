//! `cargo fuzz run --fuzz-dir tests/fuzz results` from the root; the body is in `src/results.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::results::run(data));
