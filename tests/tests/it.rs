//! Journeys across the crates, without a window.

// A failure here is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "it/crash.rs"]
mod crash;
#[path = "it/emulator.rs"]
mod emulator;
#[path = "it/listen.rs"]
mod listen;
#[path = "it/sample.rs"]
mod sample;
#[path = "it/verify.rs"]
mod verify;
