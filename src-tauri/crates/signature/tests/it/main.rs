//! The crate from outside: the verification vectors, other libraries, near misses, and properties.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod keyrings;
mod near_misses;
mod peers;
mod properties;
mod rig;
mod speed;
mod tokens;
mod unchecked;
mod vectors;
