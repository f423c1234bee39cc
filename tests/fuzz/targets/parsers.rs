//! `cargo fuzz run --fuzz-dir tests/fuzz parsers` from the root; the body is in `src/parsers.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::parsers::run(data));
