//! The listener over real sockets.

// A failure here is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod answers;
#[cfg(target_os = "linux")]
mod cloudflared;
#[cfg(target_os = "linux")]
mod cloudflared_ends;
mod delivery;
// Shared with the journeys and the bench.
#[allow(unreachable_pub)]
#[path = "../../../../../tests/src/edge.rs"]
mod edge;
mod flood;
mod gate;
mod keys;
mod limits;
mod nginx;
mod ngrok;
mod ngrok_proxy;
mod ngrok_reconnect;
mod ngrok_rig;
mod own;
mod probe;
mod reconnects;
mod rig;
mod room;
// Shared with `outbound` and `emulator`.
#[path = "../../../outbound/tests/it/seeds.rs"]
mod seeds;
mod turned_away;
mod web_page;
