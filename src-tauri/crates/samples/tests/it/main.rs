//! The crate from outside: what it composes is what a receiver then finds.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod promises;
