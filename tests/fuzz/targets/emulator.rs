//! `cargo fuzz run --fuzz-dir tests/fuzz emulator` from the root; the body is in `src/emulator.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::emulator::run(data));
