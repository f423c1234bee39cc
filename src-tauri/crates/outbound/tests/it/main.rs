//! The client against all kinds of servers, over real sockets, and the lane of a forward in random interleavings.

// A failure here is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod exact;
mod hostile;
mod lane;
mod properties;
mod secure;
mod seeds;
mod server;
