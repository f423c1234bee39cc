//! `cargo fuzz run --fuzz-dir tests/fuzz blobs` from the root; the body is in `src/blobs.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::blobs::run(data));
