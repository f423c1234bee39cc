//! The listener over real sockets.

// A failure here is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[cfg(target_os = "linux")]
#[path = "it/cloudflared.rs"]
mod cloudflared;
#[cfg(target_os = "linux")]
#[path = "it/cloudflared_ends.rs"]
mod cloudflared_ends;
#[path = "it/delivery.rs"]
mod delivery;
#[path = "it/keys.rs"]
mod keys;
#[path = "it/limits.rs"]
mod limits;
#[path = "it/rig.rs"]
mod rig;
