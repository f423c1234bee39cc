//! The listener over real sockets.

// A failure here is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "it/answers.rs"]
mod answers;
#[cfg(target_os = "linux")]
#[path = "it/cloudflared.rs"]
mod cloudflared;
#[cfg(target_os = "linux")]
#[path = "it/cloudflared_ends.rs"]
mod cloudflared_ends;
#[path = "it/delivery.rs"]
mod delivery;
// Shared with the journeys and the bench.
#[allow(unreachable_pub)]
#[path = "../../../../tests/src/edge.rs"]
mod edge;
#[path = "it/flood.rs"]
mod flood;
#[path = "it/gate.rs"]
mod gate;
#[path = "it/keys.rs"]
mod keys;
#[path = "it/limits.rs"]
mod limits;
#[path = "it/nginx.rs"]
mod nginx;
#[path = "it/ngrok.rs"]
mod ngrok;
#[path = "it/ngrok_proxy.rs"]
mod ngrok_proxy;
#[path = "it/ngrok_reconnect.rs"]
mod ngrok_reconnect;
#[path = "it/ngrok_rig.rs"]
mod ngrok_rig;
#[path = "it/own.rs"]
mod own;
#[path = "it/probe.rs"]
mod probe;
#[path = "it/rig.rs"]
mod rig;
#[path = "it/room.rs"]
mod room;
#[path = "it/turned_away.rs"]
mod turned_away;
#[path = "it/web_page.rs"]
mod web_page;
