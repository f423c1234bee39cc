//! Journeys across the crates, without a window.

// A failure here is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "it/check.rs"]
mod check;
#[path = "it/crash.rs"]
mod crash;
#[path = "it/dumps.rs"]
mod dumps;
#[path = "it/emulator.rs"]
mod emulator;
#[cfg(unix)]
#[path = "it/endings.rs"]
mod endings;
#[path = "it/handlers.rs"]
mod handlers;
#[path = "it/listen.rs"]
mod listen;
#[path = "it/listen_hostile.rs"]
mod listen_hostile;
#[path = "it/project.rs"]
mod project;
#[path = "it/replay.rs"]
mod replay;
#[path = "it/sample.rs"]
mod sample;
#[path = "it/sdk.rs"]
mod sdk;
#[path = "it/sdk_contract.rs"]
mod sdk_contract;
#[path = "it/sdk_receivers.rs"]
mod sdk_receivers;
#[path = "it/sdk_retries.rs"]
mod sdk_retries;
#[path = "it/tunnel.rs"]
mod tunnel;
#[path = "it/verify.rs"]
mod verify;
#[path = "it/webhooks.rs"]
mod webhooks;
#[path = "it/without_window.rs"]
mod without_window;
