//! The crate from outside.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod client;
mod event;
mod jwks;
mod large;
mod pointers;
mod rig;
