//! `cargo fuzz run --fuzz-dir tests/fuzz search` from the root; the body is in `src/search.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::search::run(data));
