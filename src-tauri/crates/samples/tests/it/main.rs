//! The crate from outside: a receiver finds what it composed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod promises;
