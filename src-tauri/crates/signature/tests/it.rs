//! The crate from outside: the verification vectors, other libraries, and properties.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "it/vectors.rs"]
mod vectors;
