//! `cargo fuzz run --fuzz-dir tests/fuzz cloudflared` from the root; the body is in `src/cloudflared.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::cloudflared::run(data));
