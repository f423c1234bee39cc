//! `cargo fuzz run --fuzz-dir tests/fuzz ngrok` from the root; the body is in `src/ngrok.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::ngrok::run(data));
