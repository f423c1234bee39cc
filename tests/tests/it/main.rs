//! Journeys across the crates, without a window.

// A failure here is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod backup;
mod check;
mod crash;
mod diff;
mod dumps;
mod emulator;
#[cfg(unix)]
mod endings;
mod fuzz_corpus;
mod handlers;
mod history;
mod jobs;
mod listen;
mod listen_hostile;
mod project;
mod replay;
mod sample;
mod sdk;
mod sdk_contract;
mod sdk_receivers;
mod sdk_retries;
mod sdk_rows;
mod search;
mod snippets;
#[cfg(target_os = "linux")]
mod soak;
mod transfer;
mod tunnel;
mod verify;
mod webhooks;
mod without_window;
