//! The client against servers of all manners, over real sockets.

// A failure here is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "it/exact.rs"]
mod exact;
#[path = "it/hostile.rs"]
mod hostile;
#[path = "it/properties.rs"]
mod properties;
#[path = "it/secure.rs"]
mod secure;
#[path = "it/server.rs"]
mod server;
