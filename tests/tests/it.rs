//! Journeys across the crates, without a window.

#[path = "it/crash.rs"]
mod crash;
#[path = "it/listen.rs"]
mod listen;
#[path = "it/sample.rs"]
mod sample;
#[path = "it/verify.rs"]
mod verify;
