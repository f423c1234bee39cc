//! `cargo fuzz run --fuzz-dir tests/fuzz segments` from the root; the body is in `src/segments.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::segments::run(data));
