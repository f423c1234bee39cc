//! The emulator from outside: REST, jobs, deliveries, and what survives a restart.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod delivery;
mod journal;
mod rest;
mod rig;
mod service;
