//! The client against all kinds of servers, over real sockets.

// A failure here is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod exact;
mod hostile;
mod properties;
mod secure;
mod server;
