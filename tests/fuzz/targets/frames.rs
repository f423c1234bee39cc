//! `cargo fuzz run --fuzz-dir tests/fuzz frames` from the root; the body is in `src/frames.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::frames::run(data));
