//! `cargo fuzz run --fuzz-dir tests/fuzz files` from the root; the body is in `src/files.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::files::run(data));
