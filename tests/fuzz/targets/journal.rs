//! `cargo fuzz run --fuzz-dir tests/fuzz journal` from the root; the body is in `src/journal.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::journal::run(data));
